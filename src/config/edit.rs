//! One change to the text of a configuration file; comments, order and everything else stay as they are.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, Value as Written};

use super::keys::{Kind, KnownKey, Section};
use super::raw::{RawFile, Value};
use super::resolve::check;

/// The value that typed words mean for a key.
///
/// # Errors
/// What is expected, in words for the user.
pub fn typed(key: &KnownKey, words: &str) -> Result<Value, String> {
    let words = words.trim();
    let text = || Value::Text(words.to_owned());
    let value = match key.kind {
        Kind::Flag => words.parse::<bool>().ok().map(Value::Flag),
        Kind::Count { .. } => words.parse::<u64>().ok().map(Value::Number),
        Kind::Seconds { .. } => Some(words.parse::<u64>().map_or_else(|_| text(), Value::Number)),
        Kind::Words => Some(Value::Words(words.split_whitespace().map(str::to_owned).collect())),
        Kind::Pins if words.contains(char::is_whitespace) => {
            Some(Value::Words(words.split_whitespace().map(str::to_owned).collect()))
        }
        _ => Some(text()),
    };
    value.and_then(|value| check(key.kind, value)).ok_or_else(|| format!("expected {}", key.kind.typed()))
}

/// The text with a key set, or, for no value, without it.
///
/// # Errors
/// Why the file cannot be changed, in words for the user; nothing was changed then.
pub fn edit(text: &str, account: Option<&str>, key: &KnownKey, value: Option<&Value>) -> Result<String, String> {
    let mut document = text.parse::<DocumentMut>().map_err(|fault| {
        let first = fault.to_string().lines().next().unwrap_or_default().to_owned();
        format!("the file has to be mended first: {first}")
    })?;
    let mut path = match (key.section, account) {
        (Section::Account, Some(account)) => vec!["accounts", account],
        (Section::Account, None) => return Err("it is not said of which account".to_owned()),
        (section, _) => vec![section.table()],
    };
    path.extend(key.name.split('.'));
    let last = path.pop().unwrap_or_default();
    let table = path.into_iter().try_fold(document.as_table_mut() as &mut dyn toml_edit::TableLike, |table, name| {
        let made = || {
            Item::Table({
                let mut table = Table::new();
                table.set_implicit(true);
                table
            })
        };
        table.entry(name).or_insert_with(made).as_table_like_mut()
    });
    let Some(table) = table else { return Err("something else stands in the file where it belongs".to_owned()) };
    match value {
        Some(value) => drop(table.insert(last, Item::Value(written(value)))),
        None => drop(table.remove(last)),
    }
    let changed = document.to_string();
    let (_, problems) = RawFile::parse(&changed, Path::new(""));
    let name = key.name;
    match problems.into_iter().find(|problem| problem.key.ends_with(name)) {
        Some(problem) => Err(problem.expected),
        None => Ok(changed),
    }
}

fn written(value: &Value) -> Written {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Words(words) => Written::Array(words.iter().map(String::as_str).collect::<Array>()),
        Value::Number(number) => i64::try_from(*number).unwrap_or(i64::MAX).into(),
        Value::Flag(flag) => (*flag).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::known;
    use super::*;

    const FILE: &str = "# mine\n[accounts.work] # the office\nuri = \"sip:a@example.test\"\n\n[ui]\nmouse = false # no\n";

    fn set(text: &str, section: Section, name: &str, words: Option<&str>) -> Result<String, String> {
        let key = known(section, name).unwrap();
        let value = words.map(|words| typed(key, words)).transpose()?;
        edit(text, (section == Section::Account).then_some("work"), key, value.as_ref())
    }

    #[test]
    fn one_line_changes_and_the_rest_stays() {
        let changed = set(FILE, Section::Ui, "mouse", Some("true")).unwrap();
        assert!(changed.contains("mouse = true") && changed.starts_with("# mine\n[accounts.work] # the office\n"), "{changed}");
        let changed = set(FILE, Section::Idle, "idle_after", Some("7m")).unwrap();
        assert!(changed.ends_with("[idle]\nidle_after = 420\n"), "{changed}");
        let changed = set(FILE, Section::Account, "password.command", Some("pass show sip")).unwrap();
        let (raw, problems) = RawFile::parse(&changed, Path::new("x"));
        assert!(problems.is_empty(), "{problems:?}\n{changed}");
        assert_eq!(raw.accounts[0].settings.len(), 2);
        let changed = set(FILE, Section::Ui, "mouse", None).unwrap();
        assert!(!changed.contains("mouse") && changed.contains("uri"), "{changed}");
        assert!(set("", Section::Ui, "mouse", Some("true")).unwrap().contains("[ui]\nmouse = true"));
    }

    #[test]
    fn nonsense_is_refused_and_says_what_is_expected() {
        assert!(set(FILE, Section::Ui, "mouse", Some("perhaps")).unwrap_err().contains("true or false"));
        assert!(set(FILE, Section::Idle, "idle_after", Some("soon")).unwrap_err().contains("seconds"));
        assert!(set("[ui\n", Section::Ui, "mouse", Some("true")).unwrap_err().contains("mended"));
        assert!(set("ui = 3\n", Section::Ui, "mouse", Some("true")).unwrap_err().contains("something else"));
    }
}
