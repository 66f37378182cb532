//! What a row of the catalogue is, and all rows together.

use std::fmt::Write as _;

use super::{board, composer, everywhere, messages, notices, overlay, panes, question, roster, settings, writing};
use crate::app::Action;

/// Where an action makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Anywhere.
    Everywhere,
    /// The contact list has the focus.
    Roster,
    /// The messages have the focus.
    Messages,
    /// The text being written has the focus.
    Composer,
    /// A menu or a line to be typed lies on top.
    Overlay,
    /// The question that waits has the keyboard.
    Question,
    /// The board covers the screen.
    Board,
    /// The menu of one's own presence lies on top.
    Status,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 8] = [
        Self::Everywhere,
        Self::Roster,
        Self::Messages,
        Self::Composer,
        Self::Board,
        Self::Overlay,
        Self::Status,
        Self::Question,
    ];

    /// The title in the help.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Roster => "Contact list",
            Self::Messages => "Messages",
            Self::Composer => "Writing",
            Self::Overlay => "Menus and questions",
            Self::Question => "Requests to see you",
            Self::Board => "Board",
            Self::Status => "Your own presence",
        }
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone)]
pub struct ActionSpec {
    /// Name in the configuration and the docs, such as `contact.open`.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Default keys.
    pub keys: &'static [&'static str],
    /// Where.
    pub context: Context,
    /// The action.
    pub action: Action,
    /// Names as a slash command, the usual one first.
    pub slash: &'static [&'static str],
    /// What may follow the slash command.
    pub args: &'static str,
}

pub(super) const fn key(
    context: Context,
    name: &'static str,
    keys: &'static [&'static str],
    action: Action,
    help: &'static str,
) -> ActionSpec {
    ActionSpec { name, help, keys, context, action, slash: &[], args: "" }
}

pub(super) const fn cmd(
    context: Context,
    name: &'static str,
    keys: &'static [&'static str],
    slash: (&'static [&'static str], &'static str),
    action: Action,
    help: &'static str,
) -> ActionSpec {
    ActionSpec { name, help, keys, context, action, slash: slash.0, args: slash.1 }
}

/// The topics, in the order of the help.
const TOPICS: &[&[ActionSpec]] = &[
    everywhere::ROWS,
    panes::ROWS,
    notices::ROWS,
    settings::ROWS,
    roster::ROWS,
    messages::ROWS,
    composer::ROWS,
    writing::ROWS,
    overlay::ROWS,
    question::ROWS,
    board::ROWS,
];

/// Every action with a name.
pub fn catalogue() -> impl Iterator<Item = &'static ActionSpec> {
    TOPICS.iter().copied().flatten()
}

/// The row with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static ActionSpec> {
    catalogue().find(|spec| spec.name == name)
}

/// The catalogue as the text of `docs/keys.md`.
#[must_use]
pub fn document() -> String {
    let mut out = String::from(
        "# Keys and commands\n\nWritten from the catalogue in `src/app/catalogue`; do not edit by hand.\n\
         Every name can be given other keys in the configuration:\n\n```toml\n[keys.everywhere]\n\"ctrl-g\" = \"palette\"   # bind\n\
         \"ctrl-l\" = \"\"          # unbind\n```\n",
    );
    for context in Context::ALL {
        let _ = write!(out, "\n## {}\n\n| keys | what | name |\n| --- | --- | --- |\n", context.title());
        for spec in catalogue().filter(|spec| spec.context == context && !spec.keys.is_empty()) {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(out, "| {} | {} | `{}` |", keys.join(" "), spec.help, spec.name);
        }
    }
    out.push_str("\n## Slash commands\n\nTyped as a message; `//` sends a text that begins with a slash.\n\n| command | what |\n| --- | --- |\n");
    for spec in catalogue().filter(|spec| !spec.slash.is_empty()) {
        let names: Vec<String> = spec.slash.iter().map(|name| format!("/{name}")).collect();
        let line = format!("{} {}", names.join(", "), spec.args);
        let _ = writeln!(out, "| `{}` | {} |", line.trim_end(), spec.help);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_keys_and_commands_are_unique() {
        let mut names = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let mut words = BTreeSet::new();
        for spec in catalogue() {
            assert!(names.insert(spec.name), "{}", spec.name);
            assert!(!spec.help.is_empty() && !spec.help.ends_with('.'), "{}", spec.name);
            for key in spec.keys {
                assert!(keys.insert((spec.context, *key)), "{key} twice in {:?}", spec.context);
            }
            for word in spec.slash {
                assert!(words.insert(*word), "/{word}");
            }
        }
    }

    #[test]
    fn document_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
        if std::env::var_os("CHINWAG_WRITE_DOCS").is_some() {
            std::fs::write(&path, document()).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == document(), "docs/keys.md is out of date: run this test with CHINWAG_WRITE_DOCS=1");
    }
}
