//! What may follow a slash command, read from the words that say it to people: `who [text]`.

/// What a word of a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// A person: a name, or an address.
    Person,
    /// A group of the contact list.
    Group,
    /// A state to be seen in.
    State,
    /// The name of a slash command.
    Command,
    /// The name of an action.
    Action,
    /// Anything else.
    Text,
}

/// A word that may follow a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// As people read it.
    pub word: &'static str,
    /// What it is.
    pub kind: ArgKind,
    /// It can be left out.
    pub optional: bool,
    /// More may follow, with commas between.
    pub list: bool,
}

/// The words of `args` one by one. Between `[` and `]` stands what can be left out.
pub(super) fn read(args: &'static str) -> Vec<Arg> {
    let mut all: Vec<Arg> = Vec::new();
    for word in args.split_whitespace() {
        let optional = word.starts_with('[');
        let list = word.ends_with(',');
        let word = word.trim_matches(['[', ']', ',']);
        if all.last().is_some_and(|last| last.list) {
            continue;
        }
        let kind = match word {
            "who" | "address" | "person" => ArgKind::Person,
            "group" => ArgKind::Group,
            "state" => ArgKind::State,
            "command" => ArgKind::Command,
            "action" => ArgKind::Action,
            _ => ArgKind::Text,
        };
        all.push(Arg { word, kind, optional, list });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::catalogue;

    #[test]
    fn kinds_follow_from_the_words() {
        let of = |args| read(args).into_iter().map(|arg| (arg.kind, arg.optional, arg.list)).collect::<Vec<_>>();
        assert_eq!(of("who [text]"), [(ArgKind::Person, false, false), (ArgKind::Text, true, false)]);
        assert_eq!(of("group, group"), [(ArgKind::Group, false, true)]);
        assert_eq!(of("[address]"), [(ArgKind::Person, true, false)]);
        assert_eq!(of("state [note]")[0].0, ArgKind::State);
        assert_eq!(of(""), []);
        for spec in catalogue() {
            assert_eq!(spec.args.is_empty(), spec.arguments().is_empty(), "{}", spec.name);
        }
    }
}
