//! What policy says of files that others offer, before anything of them has come.

/// The rules. The default forbids nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRules {
    /// In whose name no file is taken at all.
    pub none: Option<String>,
    /// Extensions that are declined, in small letters, and in whose name.
    pub blocked: Option<(Vec<String>, String)>,
    /// The only extensions that are taken, and in whose name.
    pub allowed: Option<(Vec<String>, String)>,
    /// Extensions that are asked about whoever offers them, and in whose name.
    pub asked: Option<(Vec<String>, String)>,
    /// Most octets, and in whose name.
    pub most: Option<(u64, String)>,
    /// In whose name a scanner must look at each file.
    pub scanned: Option<String>,
}

/// What becomes of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Allow,
    /// The user is asked, whoever offers it.
    Ask {
        /// Why: a clause.
        why: String,
        /// In whose name.
        whose: String,
    },
    /// It is declined.
    Block {
        /// Why: a clause.
        why: String,
        /// In whose name.
        whose: String,
    },
}

impl FileRules {
    /// What becomes of a file of this name, with so many octets if they are known; `scanner`: something can look at it. Every
    /// extension counts, not the last only: `report.exe.txt` is one thing here and another elsewhere.
    #[must_use]
    pub fn judge(&self, name: &str, octets: Option<u64>, scanner: bool) -> Verdict {
        let types = self.of_types(&extensions(name));
        let steps = [self.of_any(), types.clone(), self.of_size(octets), self.of_scanner(scanner)];
        steps.into_iter().find(|verdict| matches!(verdict, Verdict::Block { .. })).unwrap_or(types)
    }

    /// Whether files are taken at all.
    #[must_use]
    pub fn of_any(&self) -> Verdict {
        self.none.as_deref().map_or(Verdict::Allow, |whose| block("files are not taken here".to_owned(), whose))
    }

    /// What becomes of a file whose name has these extensions, in small letters, the last one last.
    #[must_use]
    pub fn of_types(&self, extensions: &[String]) -> Verdict {
        if let Some((blocked, whose)) = &self.blocked
            && let Some(found) = extensions.iter().find(|extension| blocked.contains(extension))
        {
            return block(format!(".{found} files are not taken"), whose);
        }
        if let Some((allowed, whose)) = &self.allowed
            && !extensions.last().is_some_and(|last| allowed.contains(last))
        {
            let last = extensions.last().map_or_else(|| "files without an extension".to_owned(), |last| format!(".{last} files"));
            return block(format!("{last} are not taken"), whose);
        }
        match &self.asked {
            Some((asked, whose)) if extensions.iter().any(|extension| asked.contains(extension)) => {
                Verdict::Ask { why: "files of this type are asked about".to_owned(), whose: whose.clone() }
            }
            _ => Verdict::Allow,
        }
    }

    /// What becomes of a file of so many octets; `None`: nobody knows how many.
    #[must_use]
    pub fn of_size(&self, octets: Option<u64>) -> Verdict {
        match &self.most {
            Some((most, whose)) if octets.is_none_or(|octets| octets > *most) => {
                block(format!("it is larger than {most} octets, or does not say how large it is"), whose)
            }
            _ => Verdict::Allow,
        }
    }

    /// What becomes of a file, by whether there is a scanner.
    #[must_use]
    pub fn of_scanner(&self, present: bool) -> Verdict {
        match &self.scanned {
            Some(whose) if !present => block("there is no scanner that could look at it".to_owned(), whose),
            _ => Verdict::Allow,
        }
    }

    /// Whether an administrator named this extension among those that are taken.
    #[must_use]
    pub fn names(&self, extension: &str) -> bool {
        self.allowed.as_ref().is_some_and(|(allowed, _)| allowed.iter().any(|one| one == extension))
    }
}

fn block(why: String, whose: &str) -> Verdict {
    Verdict::Block { why, whose: whose.to_owned() }
}

/// All extensions of a name in small letters. Blanks and dots at the end are not part of it: Windows drops them.
fn extensions(name: &str) -> Vec<String> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = base.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    base.split('.').skip(1).map(|part| part.trim().to_lowercase()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(rules: &FileRules, name: &str, octets: Option<u64>) -> bool {
        matches!(rules.judge(name, octets, false), Verdict::Block { .. })
    }

    #[test]
    fn each_rule_declines_what_it_names() {
        let free = FileRules::default();
        assert_eq!(free.judge("a.exe", None, false), Verdict::Allow);
        let list = |texts: &[&str]| Some((texts.iter().map(|text| (*text).to_owned()).collect(), "P".to_owned()));
        let rules = FileRules { blocked: list(&["exe"]), ..free.clone() };
        for (name, no) in [
            ("a.exe", true),
            ("a.EXE . ", true),
            ("a.exe.txt", true),
            ("a.txt", false),
            ("exe", false),
            ("C:\\x.exe\\b.txt", false),
        ] {
            assert_eq!(blocked(&rules, name, None), no, "{name}");
        }
        let rules = FileRules { allowed: list(&["pdf"]), ..free.clone() };
        for (name, no) in [("a.pdf", false), ("a.pdf.exe", true), ("a", true)] {
            assert_eq!(blocked(&rules, name, None), no, "{name}");
        }
        let rules = FileRules { most: Some((10, "P".into())), ..free.clone() };
        for (octets, no) in [(Some(10), false), (Some(11), true), (None, true)] {
            assert_eq!(blocked(&rules, "a", octets), no, "{octets:?}");
        }
        assert!(blocked(&FileRules { scanned: Some("P".into()), ..free.clone() }, "a", Some(1)));
        assert!(blocked(&FileRules { none: Some("P".into()), ..free.clone() }, "a", Some(1)));
        let rules = FileRules { asked: list(&["zip"]), ..free };
        assert!(matches!(rules.judge("a.zip", None, false), Verdict::Ask { .. }));
    }
}
