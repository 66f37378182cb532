//! What is typed to find people in a list: `bob`, `away`, `unread`, `group:ops`.

use crate::app::{AccountView, Condition, Peer};
use crate::model::{Address, Presence, WatcherState, fold};

/// What somebody must be to be listed. Words must all be found; of states one is enough.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Parts of the name or the address, folded.
    words: Vec<String>,
    states: Vec<Condition>,
    /// Parts of names of groups, folded.
    groups: Vec<String>,
    /// Parts of names of accounts, folded.
    accounts: Vec<String>,
    unread: bool,
    pending: bool,
    stale: bool,
}

impl Terms {
    /// Reads what was typed. Any text is fine: what is no term is a part of a name.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut terms = Self::default();
        for word in text.split_whitespace() {
            let folded = fold(word);
            match folded.split_once(':') {
                Some(("group", name)) => terms.groups.push(name.to_owned()),
                Some(("account", name)) => terms.accounts.push(name.to_owned()),
                _ => match folded.as_str() {
                    "unread" => terms.unread = true,
                    "pending" => terms.pending = true,
                    "stale" => terms.stale = true,
                    word => match Condition::from_word(word) {
                        Some(state) => terms.states.push(state),
                        None => terms.words.push(folded),
                    },
                },
            }
        }
        terms
    }

    /// Whether everybody is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether groups are asked for, and nothing of people.
    #[must_use]
    pub fn is_of_groups(&self) -> bool {
        !self.groups.is_empty() && *self == Self { groups: self.groups.clone(), ..Self::default() }
    }

    /// Whether it matters what is unread.
    #[must_use]
    pub const fn ask_for_unread(&self) -> bool {
        self.unread
    }

    /// Whether people of this account can be listed.
    #[must_use]
    pub fn admit_account(&self, id: &str) -> bool {
        let id = fold(id);
        self.accounts.iter().all(|part| id.contains(part))
    }

    /// Whether a group of this name can be listed.
    #[must_use]
    pub fn admit_group(&self, title: &str) -> bool {
        let title = fold(title);
        self.groups.iter().all(|part| title.contains(part))
    }

    /// Whether a conversation of several people is listed, with these people in it.
    pub fn admit_room<'a>(&self, account: &AccountView, people: impl IntoIterator<Item = &'a Address>, unread: bool) -> bool {
        if !self.states.is_empty() || self.pending || self.stale || (self.unread && !unread) {
            return false;
        }
        self.words.is_empty() || people.into_iter().any(|who| self.named(&fold(account.shown_name(who)), who))
    }

    /// Whether a person of this folded name is listed, as they are now. Of groups and accounts is asked elsewhere.
    #[must_use]
    pub fn admit(&self, account: &AccountView, peer: &Peer, name: &str, presence: &Presence) -> bool {
        let unread = || account.conversations.get(&peer.who).is_some_and(|talk| talk.unread > 0);
        self.named(name, &peer.who)
            && (self.states.is_empty() || self.states.iter().any(|state| state.holds(presence.availability)))
            && (!self.unread || unread())
            && (!self.stale || presence.stale)
            && (!self.pending || is_pending(account, &peer.who))
    }

    fn named(&self, name: &str, who: &Address) -> bool {
        self.words.is_empty() || {
            let address = fold(who.short());
            self.words.iter().all(|word| name.contains(word) || address.contains(word))
        }
    }
}

/// Whether this person asks to see us and was not answered.
fn is_pending(account: &AccountView, who: &Address) -> bool {
    account.watchers.get(who) == Some(&WatcherState::Pending) && account.access.of(who).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;

    fn found(text: &str) -> Vec<String> {
        let app = sample_app();
        let terms = Terms::read(text);
        let (id, account) = app.accounts.iter().next().unwrap();
        let people = account.roster.contacts().filter(|contact| {
            let name = fold(contact.shown_name());
            terms.admit(account, &Peer::new(id, &contact.address), &name, &contact.presence)
        });
        people.map(|contact| contact.address.user().to_owned()).collect()
    }

    #[test]
    fn words_states_and_marks() {
        assert_eq!(found("ines"), ["ines"]);
        assert_eq!(found("INÊS away"), ["ines"]);
        assert_eq!(found("ines busy"), Vec::<String>::new());
        assert_eq!(found("bob stone"), ["bob"]);
        assert_eq!(found("stone bob"), ["bob"]);
        assert_eq!(found("free"), ["bob", "grace"]);
        assert_eq!(found("busy phone"), ["carla", "hiro"]);
        assert_eq!(found("unread"), ["carla"]);
        assert_eq!(found("offline"), ["erik", "kim"]);
        assert_eq!(found("unknown"), ["lee"]);
        assert_eq!(found("stale"), Vec::<String>::new());
        assert!(Terms::read("  ").is_empty());
    }

    #[test]
    fn groups_and_accounts() {
        let terms = Terms::read("group:ops account:wörk");
        assert!(terms.admit_group("Ops on call") && !terms.admit_group("Friends"));
        assert!(terms.admit_account("work") && !terms.admit_account("home"));
        assert!(Terms::read("bob").admit_group("x"));
    }
}
