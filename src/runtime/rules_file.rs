//! What is told of whom, kept over restarts: one file for each address of ours, sealed with the
//! key of the store.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::rules::{Level, Rule, Rules};
use crate::history::{Content, Vault};
use crate::model::{Address, Stamp};
use crate::runtime::roster_file::file_name;
use crate::runtime::sealed_file;

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
/// A sentence, when there is a file that cannot be used; it stays as it is.
pub fn load(path: &Path, vault: &Vault) -> Result<Rules, String> {
    let unusable = |why: String| {
        format!("{} cannot be used, so nobody is muted, and what you change of that is not kept: {why}", path.display())
    };
    let (bytes, clear) = match sealed_file::read(path, LARGEST, vault).map_err(|fault| unusable(fault.to_string()))? {
        None => return Ok(Rules::default()),
        Some(Content::Sealed(bytes)) => (bytes, false),
        Some(Content::Clear(bytes)) => (bytes, true),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| unusable("it is not text".to_owned()))?;
    let rules = read(text).map_err(unusable)?;
    if clear && let Err(why) = sealed_file::take_over(path, &bytes, vault) {
        tracing::warn!(%why, "a file is not as it should be");
    }
    Ok(rules)
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
/// A sentence.
pub fn save(path: &Path, rules: &Rules, vault: &Vault) -> Result<(), String> {
    let rules: Vec<RuleOnDisk> = rules
        .people()
        .map(|(who, rule)| RuleOnDisk {
            who: who.as_str().to_owned(),
            always: rule.always.map(|level| level.word().to_owned()),
            passing: rule.passing.map(|(level, until)| (level.word().to_owned(), until.to_rfc3339())),
        })
        .collect();
    if rules.is_empty() {
        return sealed_file::remove(path).map_err(|fault| fault.to_string());
    }
    let text = serde_json::to_string_pretty(&OnDisk { rules }).map_err(|fault| fault.to_string())?;
    sealed_file::write(path, format!("{text}\n").as_bytes(), vault).map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Unlock;

    #[test]
    fn they_come_back_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), Ok(Unlock::KeyFile));
        let address = |user: &str| Address::parse(&format!("sip:{user}@example.test")).unwrap();
        let path = path(dir.path(), &address("alice"));
        assert_eq!(load(&path, &vault), Ok(Rules::default()));
        let mut rules = Rules::default();
        let until = Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap();
        rules.put_person(address("bob"), Rule { always: Some(Level::Mention), passing: Some((Level::None, until)) });
        rules.put_person(address("carla"), Rule { always: Some(Level::None), passing: None });
        save(&path, &rules, &vault).unwrap();
        assert!(!String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains("bob"));
        assert_eq!(load(&path, &vault), Ok(rules));
        for broken in [
            "",
            "{",
            r#"{"rules":[{"who":"sip:bob@example.test","always":"loud"}]}"#,
            r#"{"rules":[{"who":"","always":"none"}]}"#,
            r#"{"rules":[{"who":"sip:bob@example.test","passing":["none","soon"]}]}"#,
            r#"{"rules":[],"more":1}"#,
        ] {
            std::fs::write(&path, broken).unwrap();
            assert!(load(&path, &vault).unwrap_err().contains("nobody is muted"), "{broken}");
        }
        save(&path, &Rules::default(), &vault).unwrap();
        save(&path, &Rules::default(), &vault).unwrap();
        assert!(!path.exists());
    }
}
