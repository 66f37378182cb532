//! Sentences about a policy, which templates, schema and manual share.

use crate::policy::catalogue::{Category, Levels, Row, Scope, rows};
use crate::policy::entry::Level;
use crate::policy::value::{Kind, Value};

/// Every policy at every level at which it can be set: the managed ones, then the recommended ones.
pub(super) fn settings() -> impl Iterator<Item = (&'static Row, Level)> {
    let recommended = rows().filter(|row| row.levels == Levels::Either).map(|row| (row, Level::Recommended));
    rows().map(|row| (row, Level::Managed)).chain(recommended)
}

/// The policies of a category.
pub(super) fn of(category: Category) -> impl Iterator<Item = &'static Row> {
    rows().filter(move |row| row.category == category)
}

/// A word for a category where titles cannot stand.
pub(super) const fn id(category: Category) -> &'static str {
    match category {
        Category::Start => "Start",
        Category::Connection => "Connection",
        Category::People => "People",
        Category::Messages => "Messages",
        Category::Records => "Records",
        Category::Files => "Files",
        Category::Calls => "Calls",
    }
}

/// What a policy takes, without full stop.
pub(super) fn takes(kind: Kind) -> String {
    match kind {
        Kind::Flag => "true or false".to_owned(),
        other => other.expected(),
    }
}

/// What holds where nothing is set.
pub(super) fn preset(row: &Row) -> String {
    format!("Where nothing is set: {}.", row.preset)
}

/// What holds where a value cannot be used.
pub(super) fn strict(row: &Row) -> String {
    match row.strict {
        None => "A value that cannot be used counts as not set.".to_owned(),
        Some(strict) => {
            let guarded = if row.guarded { "; it also holds while a managed source that may set it cannot be read" } else { "" };
            format!("In place of a managed value that cannot be used, {} holds{guarded}.", shown(&strict.value()))
        }
    }
}

/// Of the computer, of the user: which of them counts.
pub(super) fn precedence(row: &Row) -> &'static str {
    match row.scope {
        Scope::Machine => "It can be set for the computer only.",
        Scope::Both => "It can be set for the computer and for the user. If both are set, the setting of the computer counts.",
    }
}

/// How the policy was called in Windows Messenger, if it was there.
pub(super) fn legacy(row: &Row) -> Option<String> {
    let legacy = row.legacy?;
    let known = if legacy.documented {
        "name and meaning are documented by its maker"
    } else {
        "the name was in use; that it meant this is taken from the name"
    };
    Some(format!("In Windows Messenger: {} ({known}).", legacy.value))
}

/// A value in a sentence.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::List(texts) if texts.is_empty() => "an empty list".to_owned(),
        Value::List(_) => format!("the list {}", value.shown()),
        value => value.shown(),
    }
}
