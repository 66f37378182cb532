//! Go to anything: people and actions ranked by a few typed letters.

use crate::app::{Action, ActionSpec, App, CATALOGUE, Context, Peer};

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
    Person(Peer),
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
            for who in account.roster.contacts().map(|contact| &contact.address).chain(strangers) {
                let name = account.shown_name(who);
                let talk = account.conversations.get(who);
                let weight = 5 + talk.map_or(0, |talk| if talk.unread > 0 { 40 } else { 15 });
                let by_name = score(words, name);
                let best = by_name.or_else(|| score(words, who.short()).map(|(points, _)| (points - 4, Vec::new())));
                if let Some((points, matched)) = best {
                    let target = Target::Person(Peer::new(id, who));
                    let hint = who.short().to_owned();
                    found.push((points + weight, Choice { title: name.to_owned(), hint, matched, target }));
                }
            }
        }
    }
    if actions {
        for spec in CATALOGUE.iter().filter(|spec| is_offered(spec)) {
            let by_slash = spec.slash.iter().filter_map(|name| score(words, name)).map(|(points, _)| (points, Vec::new())).max();
            let best = score(words, spec.help).into_iter().chain(by_slash).max_by_key(|(points, _)| *points);
            if let Some((points, matched)) = best {
                let hint = spec.keys.first().map_or_else(String::new, |key| (*key).to_owned());
                let target = Target::Act(spec.action.clone());
                found.push((points, Choice { title: spec.help.to_owned(), hint, matched, target }));
            }
        }
    }
    found.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.title.cmp(&right.title)));
    let mut choices: Vec<Choice> = found.into_iter().map(|(_, choice)| choice).take(MAX_CHOICES).collect();
    if words.contains('@') {
        let target = Target::Address(words.to_owned());
        choices.push(Choice { title: format!("Write to {words}"), hint: String::new(), matched: Vec::new(), target });
    }
    choices
}

/// Actions that make sense from anywhere, and are not the palette itself.
fn is_offered(spec: &ActionSpec) -> bool {
    let everywhere = spec.context == Context::Everywhere && !matches!(spec.action, Action::Palette | Action::Chat(_));
    let asks = matches!(
        spec.action,
        Action::Add(_) | Action::Rename(_) | Action::Groups(_) | Action::Remove(_) | Action::Access(..) | Action::Resend
    );
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
