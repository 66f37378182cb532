//! Go to anything: people and actions ranked by a few typed letters.

use crate::app::{AccountView, Action, ActionSpec, App, ChatKey, Context, Peer, RoomKey, catalogue};
use crate::model::Conversation;

/// Something the palette can go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is shown; not yet made safe for a terminal.
    pub title: String,
    /// What else is known of it: an address, or the keys.
    pub hint: String,
    /// Where the typed letters are in the title, in characters.
    pub matched: Vec<usize>,
    /// What happens.
    pub target: Target,
}

/// Where a choice leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// To a conversation.
    Chat(ChatKey),
    /// An action.
    Act(Action),
    /// A person not known yet, by address.
    Address(String),
}

/// Choices kept; more would never be looked through.
const MAX_CHOICES: usize = 50;

/// What the palette offers for what is typed. `@` asks for people only, `/` for actions only.
#[must_use]
pub fn choices(app: &App, typed: &str) -> Vec<Choice> {
    let typed = typed.trim();
    let (people, actions, words) = match typed.strip_prefix('@') {
        Some(rest) => (true, false, rest),
        None => typed.strip_prefix('/').map_or((true, true, typed), |rest| (false, true, rest)),
    };
    let mut found: Vec<(i32, Choice)> = Vec::new();
    if people {
        for (id, account) in &app.accounts {
            let strangers = account.conversations.keys().filter(|who| account.roster.contact(who).is_none());
            let people = account.roster.contacts().map(|contact| &contact.address).chain(strangers);
            found.extend(people.filter_map(|who| person(account, &Peer::new(id, who), words)));
            found.extend(account.rooms.iter().filter_map(|(room, of)| {
                let title = account.room_name(of);
                let (points, matched) = score(words, &title)?;
                let hint = if of.over { "room, over" } else { "room" };
                let target = Target::Chat(RoomKey::new(id, room).into());
                Some((points + weight(Some(&of.talk)), Choice { title, hint: hint.to_owned(), matched, target }))
            }));
        }
    }
    if actions {
        for spec in catalogue().filter(|spec| is_offered(spec)) {
            let by_slash = spec.slash.iter().filter_map(|name| score(words, name)).map(|(points, _)| (points, Vec::new())).max();
            let best = score(words, spec.help).into_iter().chain(by_slash).max_by_key(|(points, _)| *points);
            if let Some((points, matched)) = best {
                let hint = spec.keys.first().map_or_else(String::new, |key| (*key).to_owned());
                let target = Target::Act(spec.action.clone());
                found.push((points, Choice { title: spec.help.to_owned(), hint, matched, target }));
            }
        }
    }
    let mut choices = best_first(found);
    if words.contains('@') {
        let target = Target::Address(words.to_owned());
        choices.push(Choice { title: format!("Write to {words}"), hint: String::new(), matched: Vec::new(), target });
    }
    choices
}

/// Whom a user could ask into a conversation, for what is typed: people of its account who are not
/// in it, else the address that was typed.
#[must_use]
pub fn guests(app: &App, chat: &ChatKey, typed: &str) -> Vec<Choice> {
    let Some(account) = app.accounts.get(chat.account()) else { return Vec::new() };
    let typed = typed.trim();
    let words = typed.strip_prefix('@').unwrap_or(typed);
    let strangers = account.conversations.keys().filter(|who| account.roster.contact(who).is_none());
    let people = account.roster.contacts().map(|contact| &contact.address).chain(strangers);
    let others = people.filter(|who| !app.is_in(chat, who) && **who != account.aor);
    let mut choices = best_first(others.filter_map(|who| person(account, &Peer::new(chat.account(), who), words)).collect());
    if words.contains('@') {
        let target = Target::Address(words.to_owned());
        choices.push(Choice { title: format!("Ask {words} in"), hint: String::new(), matched: Vec::new(), target });
    }
    choices
}

/// A person as a choice, if what is typed fits.
fn person(account: &AccountView, peer: &Peer, words: &str) -> Option<(i32, Choice)> {
    let name = account.shown_name(&peer.who);
    let by_name = score(words, name);
    let (points, matched) = by_name.or_else(|| score(words, peer.who.short()).map(|(points, _)| (points - 4, Vec::new())))?;
    let hint = peer.who.short().to_owned();
    let choice = Choice { title: name.to_owned(), hint, matched, target: Target::Chat(peer.clone().into()) };
    Some((points + weight(account.conversations.get(&peer.who)), choice))
}

/// What makes a conversation more likely to be meant.
fn weight(talk: Option<&Conversation>) -> i32 {
    5 + talk.map_or(0, |talk| if talk.unread > 0 { 40 } else { 15 })
}

fn best_first(mut found: Vec<(i32, Choice)>) -> Vec<Choice> {
    found.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.title.cmp(&right.title)));
    found.into_iter().map(|(_, choice)| choice).take(MAX_CHOICES).collect()
}

/// Actions that make sense from anywhere, and are not the palette itself.
fn is_offered(spec: &ActionSpec) -> bool {
    let everywhere = spec.context == Context::Everywhere && !matches!(spec.action, Action::Palette | Action::Chat(_));
    let asks = matches!(spec.action, Action::Contact(..) | Action::Resend);
    (everywhere && !matches!(spec.action, Action::Back | Action::Interrupt | Action::PresenceByWord(_))) || asks
}

/// How well the letters of `words` are found, in order, in `title`: points and their places.
/// Starts of words and neighbours count more; one letter may be missing from the fourth on.
#[must_use]
pub fn score(words: &str, title: &str) -> Option<(i32, Vec<usize>)> {
    let wanted: Vec<char> = words.to_lowercase().chars().filter(|c| !c.is_whitespace()).take(64).collect();
    let letters: Vec<char> = title.chars().take(256).map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
    let mut slack = usize::from(wanted.len() >= 4);
    let strict = wanted.len() < 4;
    let mut points = 0;
    let mut matched = Vec::with_capacity(wanted.len());
    let mut from = 0;
    for letter in wanted {
        let rest = letters.get(from..).unwrap_or(&[]);
        let starts = |at: usize| at == 0 || letters.get(at - 1).is_some_and(|c| !c.is_alphanumeric());
        let next = (rest.first() == Some(&letter)).then_some(from);
        let at_word = || (from..letters.len()).find(|at| letters.get(*at) == Some(&letter) && starts(*at));
        let anywhere = || rest.iter().position(|c| *c == letter).map(|at| from + at);
        // A few letters are found anywhere; they must be the beginnings of words, or go on from one.
        let loose = || if strict { None } else { anywhere() };
        match next.filter(|at| !strict || starts(*at) || matched.last().is_some()).or_else(at_word).or_else(loose) {
            Some(at) => {
                points += 10;
                points += if starts(at) { 8 } else { 0 };
                points += if matched.last().is_some_and(|last| last + 1 == at) { 6 } else { 0 };
                points -= i32::try_from(at - from).unwrap_or(64).min(5);
                matched.push(at);
                from = at + 1;
            }
            None if slack > 0 => {
                slack -= 1;
                points -= 12;
            }
            None => return None,
        }
    }
    Some((points, matched))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_with_one_slip() {
        assert_eq!(score("bst", "Bob Stone").unwrap().1, [0, 4, 5]);
        assert!(score("bob", "Bob Stone") > score("bob", "Jacob Bo"));
        assert!(score("stoen", "Bob Stone").is_some());
        assert_eq!(score("xyz", "Bob Stone"), None);
        assert_eq!(score("", "Bob").unwrap().0, 0);
    }
}
