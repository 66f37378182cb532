//! Commands typed as a message: `/away lunch`.

use crate::app::{Action, ComposeAct, FileAct, KeyAct, ListAct, Reading, SettingAct, catalogue};

/// What a text typed in the composer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    /// A message to be sent.
    Text(String),
    /// An action.
    Act(Action),
    /// A command nobody knows; words for the user.
    Unknown(String),
}

/// Reads what was typed. A slash begins a command, two slashes a text that begins with one.
#[must_use]
pub fn read(text: &str) -> Typed {
    let Some(rest) = text.strip_prefix('/') else { return Typed::Text(text.to_owned()) };
    if rest.starts_with('/') {
        return Typed::Text(rest.to_owned());
    }
    let (name, words) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = name.to_lowercase();
    let words = words.trim();
    match catalogue().find(|spec| spec.slash.contains(&name.as_str())) {
        Some(spec) => Typed::Act(with_words(&spec.action, words)),
        None => Typed::Unknown(unknown(&name)),
    }
}

/// The action with the words that followed its command.
fn with_words(action: &Action, words: &str) -> Action {
    let words = (!words.is_empty()).then(|| words.to_owned());
    match action {
        Action::Presence(value, _) => Action::Presence(*value, words),
        Action::PresenceByWord(_) => Action::PresenceByWord(words),
        Action::PresenceNote(_) => Action::PresenceNote(words),
        Action::Contact(act, _) => Action::Contact(*act, words),
        Action::Requests(act, _) => Action::Requests(*act, words),
        Action::Invite(_) => Action::Invite(words),
        Action::File(FileAct::Send(_)) => Action::File(FileAct::Send(words)),
        Action::File(FileAct::Accept(_)) => Action::File(FileAct::Accept(words)),
        Action::File(FileAct::Decline(_)) => Action::File(FileAct::Decline(words)),
        Action::File(FileAct::View(_)) => Action::File(FileAct::View(words)),
        Action::Notices(act) => Action::Notices(act.with_words(words)),
        Action::Look(_) => Action::Look(words),
        Action::Message(_) => Action::Message(words),
        Action::Help => words.map_or(Action::Help, |words| Action::Keys(KeyAct::Help(words))),
        Action::Settings(SettingAct::Page(_)) => Action::Settings(SettingAct::Page(words)),
        Action::Settings(SettingAct::Set(_)) => Action::Settings(SettingAct::Set(words)),
        Action::Settings(SettingAct::Policies(_)) => Action::Settings(SettingAct::Policies(words)),
        Action::Reading(Reading::History(_)) => Action::Reading(Reading::History(words)),
        Action::List(ListAct::Account(_)) => Action::List(ListAct::Account(words)),
        Action::Theme(_) => Action::Theme(words),
        Action::Compose(ComposeAct::Me(_)) => Action::Compose(ComposeAct::Me(words)),
        other => other.clone(),
    }
}

/// Whether a text looks like a command, wherever it comes from: `/away`, but not `/etc/hosts`.
#[must_use]
pub fn looks_like_command(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('/') else { return false };
    let name = rest.split(char::is_whitespace).next().unwrap_or("");
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-')
}

fn unknown(name: &str) -> String {
    let near = commands().find(|known| known.starts_with(name) || differ_by_one(known, name));
    match near {
        Some(near) => format!("there is no command /{name}; did you mean /{near}? Begin with // to send it as text"),
        None => format!("there is no command /{name}; /help lists them. Begin with // to send it as text"),
    }
}

fn commands() -> impl Iterator<Item = &'static str> {
    catalogue().flat_map(|spec| spec.slash.iter().copied())
}

/// Whether one letter more, less, other, or exchanged with its neighbour makes the same word.
fn differ_by_one(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count().min(a.len().min(b.len()) - head);
    let (left_a, left_b) = (a.len() - head - tail, b.len() - head - tail);
    let swapped = left_a == 2 && left_b == 2 && a.get(head) == b.get(head + 1) && a.get(head + 1) == b.get(head);
    left_a.max(left_b) <= 1 || swapped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Availability;

    #[test]
    fn commands_texts_and_slips() {
        assert_eq!(read("hi / there"), Typed::Text("hi / there".into()));
        assert_eq!(read("//etc/hosts"), Typed::Text("/etc/hosts".into()));
        assert_eq!(read("/AWAY  lunch until 1 "), Typed::Act(Action::Presence(Availability::Away, Some("lunch until 1".into()))));
        assert_eq!(read("/msg bob hi"), Typed::Act(Action::Message(Some("bob hi".into()))));
        assert_eq!(read("/quit"), Typed::Act(Action::Quit));
        let Typed::Unknown(words) = read("/qiut now") else { panic!("/qiut is no command") };
        assert!(words.contains("did you mean /quit?"), "{words}");
        assert!(matches!(read("/"), Typed::Unknown(_)));
    }
}
