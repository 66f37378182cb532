//! The example file, written from the table of known keys.

use std::fmt::Write as _;

use super::keys::{KEY_CONTEXTS, KNOWN, Preset, Section};

/// The text of `config.example.toml`, which `config init` writes too.
///
/// Every key stands in it as `#key = value` behind its explanation: with its default, or with a
/// sample where it has none. Uncommenting lines of the first kind changes nothing.
#[must_use]
pub fn example() -> String {
    let mut out = String::from(HEAD);
    for section in Section::ALL {
        let name = if section == Section::Account { "accounts.NAME" } else { section.table() };
        let _ = writeln!(out, "\n# {}\n#[{name}]", title(section));
        for key in KNOWN.iter().filter(|key| key.section == section) {
            let note = if matches!(key.preset, Preset::Unset(_)) { " Not set; a sample:" } else { "" };
            let _ = writeln!(out, "\n# {}{note}\n#{} = {}", key.doc, key.name, key.preset.toml());
        }
    }
    let _ = writeln!(out, "\n# Keys: a table for each of {}.", KEY_CONTEXTS.join(", "));
    out.push_str(KEYS);
    out
}

const fn title(section: Section) -> &'static str {
    match section {
        Section::Account => "An account; as many as you like, each with a NAME of your own.",
        Section::Ui => "The screen.",
        Section::Idle => "What others see when nobody touches the keyboard.",
        Section::Notify => "How you are told of what you do not see.",
        Section::Timing => "How long everything may take, and how a dead connection is noticed.",
        Section::Messages => "Messages that wait to be sent, and messages of people you do not know.",
        Section::History => "What is kept of what was said.",
        Section::Store => "The encrypted file of all that is kept: what was said, what waits, what is not read.",
        Section::Files => "Files that others send.",
        Section::Control => "How other programs use this one.",
        Section::Log => "The log file.",
        Section::Policy => "What an administrator decides.",
    }
}

const HEAD: &str = "\
# Settings of chinwag: every key with its default, or with a sample where it has none.
# Copy what you need to ~/.config/chinwag/config.toml and take the # away.
# `chinwag config check` finds mistakes; `chinwag config path` says which file is read.
# Options on the command line win over this file.
# `/reload` in a running chinwag reads it again: accounts that are new in it sign in, those taken out sign out and leave
# the list, changed ones sign out and in anew, and all others are left alone. A file with a mistake changes nothing.
";

const KEYS: &str = "\
# A key, or keys one after the other, and the name of an action; an empty name takes the key away.
# `chinwag keys` lists keys and names in force, and says what is wrong with these lines.
#[keys.everywhere]
#\"ctrl-q\" = \"quit\"
#\"ctrl-x g\" = \"palette\"
";
