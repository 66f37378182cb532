//! What is told of whom, kept over restarts: one file for each address of ours.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::rules::{Level, Rule, Rules};
use crate::model::{Address, Stamp};
use crate::net::link::plain;
use crate::runtime::roster_file::{file_name, sweep, write_whole};

/// Largest file read: far above what can be written.
const LARGEST: u64 = 4 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    rules: Vec<RuleOnDisk>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleOnDisk {
    who: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    always: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passing: Option<(String, String)>,
}

/// The file of one of our addresses.
#[must_use]
pub fn path(data_dir: &Path, aor: &Address) -> PathBuf {
    data_dir.join("rules").join(format!("{}.json", file_name(aor.short())))
}

/// What is kept. A missing file is no rule at all.
///
/// # Errors
/// A sentence, when there is a file that cannot be used; it stays as it is until a rule is changed.
pub fn load(path: &Path) -> Result<Rules, String> {
    sweep(path);
    let unusable = |why: String| format!("{} cannot be used, so nobody is muted: {why}", path.display());
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file.take(LARGEST).read_to_string(&mut text).map_err(|fault| unusable(plain(&fault)))?,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Rules::default()),
        Err(fault) => return Err(unusable(plain(&fault))),
    };
    read(&text).map_err(unusable)
}

fn read(text: &str) -> Result<Rules, String> {
    let disk: OnDisk = serde_json::from_str(text).map_err(|fault| fault.to_string())?;
    let level = |word: &str| Level::from_word(word).ok_or_else(|| format!("`{}` is no rule", word.escape_debug()));
    let mut rules = Rules::default();
    for one in disk.rules {
        let who = Address::parse(&one.who).map_err(|fault| fault.to_string())?;
        let always = one.always.as_deref().map(level).transpose()?;
        let passing = match one.passing {
            None => None,
            Some((word, until)) => {
                let until = Stamp::parse_rfc3339(&until).ok_or_else(|| format!("`{}` is no time", until.escape_debug()))?;
                Some((level(&word)?, until))
            }
        };
        if !rules.put_person(who, Rule { always, passing }) {
            return Err(format!("there are more than {} rules in it", Rules::MAX));
        }
    }
    Ok(rules)
}

/// Writes it down, or removes the file where there is nothing.
///
/// # Errors
/// What the system says.
pub fn save(path: &Path, rules: &Rules) -> io::Result<()> {
    let rules: Vec<RuleOnDisk> = rules
        .people()
        .map(|(who, rule)| RuleOnDisk {
            who: who.as_str().to_owned(),
            always: rule.always.map(|level| level.word().to_owned()),
            passing: rule.passing.map(|(level, until)| (level.word().to_owned(), until.to_rfc3339())),
        })
        .collect();
    if rules.is_empty() {
        return match std::fs::remove_file(path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
            _ => Ok(()),
        };
    }
    write_whole(path, format!("{}\n", serde_json::to_string_pretty(&OnDisk { rules })?).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let address = |user: &str| Address::parse(&format!("sip:{user}@example.test")).unwrap();
        let path = path(dir.path(), &address("alice"));
        assert_eq!(load(&path), Ok(Rules::default()));
        let mut rules = Rules::default();
        let until = Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap();
        rules.put_person(address("bob"), Rule { always: Some(Level::Mention), passing: Some((Level::None, until)) });
        rules.put_person(address("carla"), Rule { always: Some(Level::None), passing: None });
        save(&path, &rules).unwrap();
        assert_eq!(load(&path), Ok(rules));
        for broken in [
            "",
            "{",
            r#"{"rules":[{"who":"sip:bob@example.test","always":"loud"}]}"#,
            r#"{"rules":[{"who":"","always":"none"}]}"#,
            r#"{"rules":[{"who":"sip:bob@example.test","passing":["none","soon"]}]}"#,
            r#"{"rules":[],"more":1}"#,
        ] {
            std::fs::write(&path, broken).unwrap();
            assert!(load(&path).unwrap_err().contains("nobody is muted"), "{broken}");
        }
        save(&path, &Rules::default()).unwrap();
        save(&path, &Rules::default()).unwrap();
        assert!(!path.exists());
    }
}
