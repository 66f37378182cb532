//! Themes by name: the shipped ones, and those in files of the user.

use std::io::Read as _;
use std::path::Path;

use crate::config::{LooksFile, Problem};
use crate::model::nearest;
use crate::ui::{Abilities, Theme};

/// Longest file of a theme that is read, in octets.
const LONGEST: u64 = 256 * 1024;
/// Files that may inherit from one another in a row.
const MAX_CHAIN: usize = 8;

/// A theme that was found, and what is wrong in its files.
pub type Found = (Theme, Vec<Problem>);

/// The theme of this name, from a file in `folder` or shipped.
///
/// # Errors
/// There is none; words for the user, with the names of those there are.
pub fn load(name: &str, folder: Option<&Path>, abilities: &Abilities) -> Result<Found, String> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    let mut next = Some(name.to_owned());
    while let Some(name) = next.take().filter(|_| files.len() < MAX_CHAIN) {
        if files.iter().any(|(known, _)| *known == name) {
            break;
        }
        match read(&name, folder) {
            Some(Ok((file, mut wrong))) => {
                problems.append(&mut wrong);
                next = file.inherits.as_ref().map(|(base, _)| base.clone());
                files.push((name, file));
            }
            Some(Err(why)) => return Err(why),
            None if Theme::shipped(&name).is_some() => {}
            None => return Err(unknown(&name, folder)),
        }
    }
    Ok((Theme::of(name, &files, abilities), problems))
}

/// The names there are, as a sentence.
#[must_use]
pub fn listed(folder: Option<&Path>) -> String {
    format!("themes: {}", names(folder).join(", "))
}

fn unknown(name: &str, folder: Option<&Path>) -> String {
    let names = names(folder);
    let near = nearest(name, names.iter().map(String::as_str)).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    format!("there is no theme {}{near} ({})", name.escape_debug(), names.join(", "))
}

fn names(folder: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = Theme::names().map(str::to_owned).collect();
    let files = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let own = files.filter_map(|file| file.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let mut own: Vec<String> = own.filter(|name| is_name(name) && !names.contains(name)).take(100).collect();
    own.sort();
    names.append(&mut own);
    names
}

/// Names become names of files.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The user's file of this name, if there is one.
fn read(name: &str, folder: Option<&Path>) -> Option<Result<(LooksFile, Vec<Problem>), String>> {
    let path = folder.filter(|_| is_name(name))?.join(format!("{name}.toml"));
    let mut text = String::new();
    match std::fs::File::open(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text)) {
        Ok(_) => Some(Ok(LooksFile::parse(&text, &path))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(format!("{}: the theme cannot be read: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_user_beside_the_shipped_ones() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("night.toml", "inherits = \"dark\"\nunread = { fg = \"grene\" }\n");
        write("lost.toml", "inherits = \"nowhere\"\n");
        write("round.toml", "inherits = \"round\"\n");
        write("raw.toml", "\u{1}\u{2} = [[[");
        let load = |name: &str| load(name, Some(folder.path()), &Abilities::default());
        let (_, problems) = load("night").unwrap();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().contains("night.toml:2:17: warning: unread.fg"), "{}", problems[0]);
        assert!(load("dark").unwrap().1.is_empty());
        assert!(load("round").is_ok());
        assert!(!load("raw").unwrap().1.is_empty());
        let why = load("lost").unwrap_err();
        assert!(why.contains("there is no theme nowhere"), "{why}");
        let why = load("drak").unwrap_err();
        assert!(why.contains("did you mean dark?") && why.contains("mono, lost, night, raw, round)"), "{why}");
        for name in ["../night", "", ".", "a/b", "\u{1b}[2J"] {
            assert!(load(name).is_err(), "{name}");
        }
        assert!(listed(Some(folder.path())).starts_with("themes: terminal, dark, light, "));
    }
}
