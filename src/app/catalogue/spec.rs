//! What a row of the catalogue is, and all rows together.

use super::args::{self, Arg};
use super::{board, composer, everywhere, messages, notices, overlay, panes, question, requests, roster, settings, vim, writing};
use crate::app::Action;
use crate::config::KeySet;

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
    /// The same in normal mode, in the key set that has modes.
    Normal,
    /// A menu or a line to be typed lies on top.
    Overlay,
    /// The question that waits has the keyboard.
    Question,
    /// The board covers the screen.
    Board,
    /// The menu of one's own presence lies on top.
    Status,
    /// The page of requests lies on top.
    Requests,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 10] = [
        Self::Everywhere,
        Self::Roster,
        Self::Messages,
        Self::Composer,
        Self::Normal,
        Self::Board,
        Self::Overlay,
        Self::Status,
        Self::Question,
        Self::Requests,
    ];

    /// The title in the help.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Roster => "Contact list",
            Self::Messages => "Messages",
            Self::Composer => "Writing",
            Self::Normal => "Writing, normal mode",
            Self::Overlay => "Menus and questions",
            Self::Question => "Requests to see you",
            Self::Board => "Board",
            Self::Status => "Your own presence",
            Self::Requests => "Requests",
        }
    }

    /// The name of its table in the configuration: `[keys.roster]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Roster => "roster",
            Self::Messages => "messages",
            Self::Composer => "composer",
            Self::Normal => "normal",
            Self::Overlay => "overlay",
            Self::Question => "question",
            Self::Board => "board",
            Self::Status => "status",
            Self::Requests => "requests",
        }
    }

    /// The context whose table is called so.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|context| context.name() == name)
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

impl ActionSpec {
    /// What may follow its slash command, word by word.
    #[must_use]
    pub fn arguments(&self) -> Vec<Arg> {
        args::read(self.args)
    }

    /// Whether it makes sense with a key set: modes are only in one of them.
    #[must_use]
    pub fn is_in(&self, set: KeySet) -> bool {
        set == KeySet::Vim || (self.context != Context::Normal && self.name != "vim.normal")
    }
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
    vim::ROWS,
    overlay::ROWS,
    question::ROWS,
    requests::ROWS,
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
}
