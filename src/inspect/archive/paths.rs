//! Paths within archives.

use std::collections::{BTreeMap, BTreeSet};

/// The last part of a path, which is the name of the file.
pub(super) fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Whether a part of a path goes up. Systems pass over dots and blanks at its end.
fn is_up(part: &str) -> bool {
    part == ".." || (part.starts_with("..") && part.trim_end_matches(['.', ' ']).is_empty())
}

/// Whether unpacking to it would leave the folder: it begins at a root or a drive, or goes up.
pub(super) fn leads_out(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    drive || path.starts_with(['/', '\\']) || path.split(['/', '\\']).any(is_up)
}

/// Whether a link at a place leads out of the folder the archive is unpacked in, or might: what is above a part that is
/// a link itself is not the part before it.
pub(super) fn link_leads_out(place: &str, target: &str) -> bool {
    let drive = target.as_bytes().get(1) == Some(&b':');
    if drive || target.starts_with(['/', '\\']) {
        return true;
    }
    let mut folders = parts(place).count().saturating_sub(1);
    let mut is_down = false;
    for part in parts(target) {
        match is_up(part) {
            false => is_down = true,
            true if is_down || folders == 0 => return true,
            true => folders -= 1,
        }
    }
    false
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."))
}

/// Folders one within the other of which a link is known; one that is deeper counts as if it were not.
const DEEPEST: usize = 256;

/// The links of an archive. What is unpacked through one of them goes where it leads.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Each folder and link by its parent, which is 0 at the top, and its name.
    known: BTreeMap<(usize, String), usize>,
    links: BTreeSet<usize>,
}

impl Links {
    pub(super) fn add(&mut self, path: &str) {
        let mut at = 0;
        for part in parts(path).take(DEEPEST) {
            let next = self.known.len() + 1;
            at = *self.known.entry((at, folded(part))).or_insert(next);
        }
        self.links.insert(at);
    }

    /// Whether a path is one of them, or lies below one.
    pub(super) fn hold(&self, path: &str) -> bool {
        self.met(path, usize::MAX)
    }

    /// Whether a path lies below one of them.
    pub(super) fn carry(&self, path: &str) -> bool {
        self.met(path, parts(path).count().saturating_sub(1))
    }

    fn met(&self, path: &str, most: usize) -> bool {
        let mut at = 0;
        for part in parts(path).take(most) {
            let Some(next) = self.known.get(&(at, folded(part))) else { return false };
            at = *next;
            if self.links.contains(&at) {
                return true;
            }
        }
        false
    }
}

/// A part of a path as systems compare it that pass over more than others.
fn folded(part: &str) -> String {
    part.trim_end_matches(['.', ' ']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_known() {
        for path in ["/etc/x", "\\x", "C:\\x", "c:x", "../x", "a/../../x", "a\\..\\x", "a/.. /x", "..."] {
            assert!(leads_out(path), "{path}");
        }
        for path in ["a", "a/b", "..a", "a..", "a/...b", "./a"] {
            assert!(!leads_out(path), "{path}");
        }
        assert!(link_leads_out("a/b", "../../x") && link_leads_out("a", "/x") && link_leads_out("a", ".."));
        assert!(link_leads_out("a", "b/../c") && link_leads_out("a/b", ".../.../x"));
        assert!(!link_leads_out("a/b", "../x") && !link_leads_out("a", "./b/c"));
    }

    #[test]
    fn links_are_met_on_the_way() {
        let mut links = Links::default();
        links.add("./a/B");
        assert!(links.hold("a/b") && links.hold("A/b./c") && links.carry("a\\b\\c"));
        assert!(!links.carry("a/b") && !links.carry("a/c/b") && !links.carry("a/bb/c") && !links.hold("a"));
        links.add(&"x/".repeat(1000));
        assert!(links.carry(&"x/".repeat(1001)) && !links.carry(&"x/".repeat(200)));
    }
}
