//! The page of settings: what can be set, what holds, who set it.

use crate::app::{App, Composer};
use crate::config::keys::{Kind, KnownKey};
use crate::config::{IdleSettings, MessageSettings, SettingRow, UiSettings, Value};
use crate::model::nearest;
use crate::policy::Policy;

/// The state of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsPage {
    /// What is typed to find a setting.
    pub line: Composer,
    /// Which row is marked.
    pub marked: usize,
    /// A new value being typed for the marked one.
    pub editing: Option<Composer>,
}

/// What Enter does to a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It gets this value at once.
    To(Value),
    /// A value is to be typed.
    Type,
    /// It cannot be changed here; says why.
    Fixed(String),
}

/// A change to the configuration file, wanted by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// Of which account, for keys of accounts.
    pub account: Option<String>,
    /// Which key.
    pub key: &'static KnownKey,
    /// The value it gets; `None` takes it out of the file.
    pub value: Option<Value>,
}

/// The settings as they were read anew.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSettings {
    /// Every setting, and who set it.
    pub rows: Vec<SettingRow>,
    /// What is not about accounts; `None` where the old settings go on because the new ones cannot be used.
    pub general: Option<(UiSettings, IdleSettings, MessageSettings)>,
    /// What is wrong with them.
    pub problems: Vec<String>,
    /// What is to be said.
    pub said: Option<String>,
    /// The policies, where they were read too: what the sources on this machine say.
    pub policy: Option<Policy>,
}

impl App {
    /// The rows that fit what is typed: every word is in the name or the explanation.
    #[must_use]
    pub fn setting_rows(&self, typed: &str) -> Vec<&SettingRow> {
        let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
        let fits = |row: &&SettingRow| {
            let said = format!("{} {}", row.path(), row.key.doc).to_lowercase();
            words.iter().all(|word| said.contains(word))
        };
        self.settings.iter().filter(fits).collect()
    }
}

/// What Enter does to a setting.
#[must_use]
pub fn turn(row: &SettingRow) -> Turn {
    if let Some(why) = row.fixed() {
        return Turn::Fixed(why);
    }
    match (row.key.kind, &row.value) {
        (Kind::Flag, Some(Value::Flag(flag))) => Turn::To(Value::Flag(!flag)),
        (Kind::Flag, _) => Turn::To(Value::Flag(true)),
        (Kind::Choice(words), value) => {
            let now = match value {
                Some(Value::Text(text)) => words.iter().position(|word| word == text),
                _ => None,
            };
            let next = now.map_or(0, |at| (at + 1) % words.len().max(1));
            words.get(next).map_or(Turn::Type, |word| Turn::To(Value::Text((*word).to_owned())))
        }
        _ => Turn::Type,
    }
}

/// The row a user means by a path such as `ui.mouse`.
///
/// # Errors
/// A sentence with the nearest name.
pub fn named<'a>(app: &'a App, path: &str) -> Result<&'a SettingRow, String> {
    app.settings.iter().find(|row| row.path() == path || row.key.name == path && row.account.is_none()).ok_or_else(|| {
        let paths: Vec<String> = app.settings.iter().map(SettingRow::path).collect();
        match nearest(path, paths.iter().map(String::as_str)) {
            Some(near) => format!("there is no setting {path}; did you mean {near}?"),
            None => format!("there is no setting {path}; /settings lists them"),
        }
    })
}
