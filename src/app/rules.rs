//! What each conversation may notify of: everything, what names the user, nothing; for ever or for a time.

use std::collections::BTreeMap;

use crate::app::ChatKey;
use crate::model::{Address, RoomId, Stamp};

/// What a conversation may notify of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Every message.
    All,
    /// Messages that name the user or hold one of their words.
    Mention,
    /// Nothing: muted.
    None,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::All, Self::Mention, Self::None];

    /// Its word in commands and files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mention => "mention",
            Self::None => "none",
        }
    }

    /// The level of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }
}

/// The rule of one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rule {
    /// What holds for ever.
    pub always: Option<Level>,
    /// What holds instead until then.
    pub passing: Option<(Level, Stamp)>,
}

impl Rule {
    /// What holds now, and until when, if not for ever.
    #[must_use]
    pub fn at(&self, now: Stamp) -> Option<(Level, Option<Stamp>)> {
        let passing = self.passing.filter(|(_, until)| now < *until).map(|(level, until)| (level, Some(until)));
        passing.or_else(|| self.always.map(|level| (level, None)))
    }
}

/// The rules of one account. Those of rooms end with the rooms; those of people are kept in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    people: BTreeMap<Address, Rule>,
    rooms: BTreeMap<RoomId, Rule>,
}

impl Rules {
    /// Rules kept of one account.
    pub const MAX: usize = 2_000;

    /// The rule of a conversation.
    #[must_use]
    pub fn of(&self, chat: &ChatKey) -> Option<&Rule> {
        match chat {
            ChatKey::Person(peer) => self.people.get(&peer.who),
            ChatKey::Room(key) => self.rooms.get(&key.room),
        }
    }

    /// Changes the rule of a conversation; `None` takes it away. `false` if there are too many already.
    pub fn set(&mut self, chat: &ChatKey, rule: Option<Rule>) -> bool {
        match chat {
            ChatKey::Person(peer) => put(&mut self.people, peer.who.clone(), rule),
            ChatKey::Room(key) => put(&mut self.rooms, key.room.clone(), rule),
        }
    }

    /// Puts in the rule of a person, as a file has it. `false` if there are too many already.
    pub fn put_person(&mut self, who: Address, rule: Rule) -> bool {
        put(&mut self.people, who, Some(rule))
    }

    /// The rules of people, for a file.
    pub fn people(&self) -> impl Iterator<Item = (&Address, &Rule)> {
        self.people.iter()
    }

    /// Forgets what has passed; whether there was any.
    pub fn expire(&mut self, now: Stamp) -> bool {
        let mut changed = false;
        for rule in self.people.values_mut().chain(self.rooms.values_mut()) {
            changed |= rule.passing.take_if(|(_, until)| *until <= now).is_some();
        }
        self.people.retain(|_, rule| *rule != Rule::default());
        self.rooms.retain(|_, rule| *rule != Rule::default());
        changed
    }

    /// When the next one passes.
    #[must_use]
    pub fn next_end(&self) -> Option<Stamp> {
        self.people.values().chain(self.rooms.values()).filter_map(|rule| rule.passing.map(|(_, until)| until)).min()
    }

    /// Forgets the rules of rooms that are gone.
    pub fn keep_rooms(&mut self, there: impl Fn(&RoomId) -> bool) {
        self.rooms.retain(|room, _| there(room));
    }
}

fn put<K: Ord>(rules: &mut BTreeMap<K, Rule>, key: K, rule: Option<Rule>) -> bool {
    match rule.filter(|rule| *rule != Rule::default()) {
        None => {
            rules.remove(&key);
            true
        }
        Some(_) if rules.len() >= Rules::MAX && !rules.contains_key(&key) => false,
        Some(rule) => {
            rules.insert(key, rule);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Peer;
    use crate::model::AccountId;

    fn chat(user: &str) -> ChatKey {
        Peer::new(&AccountId::new("work"), &Address::parse(&format!("{user}@example.test")).unwrap()).into()
    }

    fn at(millis: i64) -> Stamp {
        Stamp::from_millis(millis)
    }

    #[test]
    fn what_passes_gives_way_to_what_stays() {
        let mut rules = Rules::default();
        let both = Rule { always: Some(Level::Mention), passing: Some((Level::None, at(100))) };
        assert!(rules.set(&chat("bob"), Some(both)));
        assert!(rules.set(&chat("carla"), Some(Rule { always: None, passing: Some((Level::None, at(50))) })));
        let now = |rules: &Rules, user: &str, millis| rules.of(&chat(user)).and_then(|rule| rule.at(at(millis)));
        assert_eq!(now(&rules, "bob", 99), Some((Level::None, Some(at(100)))));
        assert_eq!(now(&rules, "bob", 100), Some((Level::Mention, None)));
        assert_eq!(rules.next_end(), Some(at(50)));
        assert!(rules.expire(at(60)) && !rules.expire(at(60)));
        assert_eq!((rules.of(&chat("carla")), rules.next_end()), (None, Some(at(100))));
        assert!(rules.set(&chat("bob"), None) && rules == Rules::default());
    }

    #[test]
    fn there_is_an_end_to_them() {
        let mut rules = Rules::default();
        let mute = Rule { always: Some(Level::None), passing: None };
        for n in 0..Rules::MAX {
            assert!(rules.set(&chat(&format!("p{n}")), Some(mute)));
        }
        assert!(!rules.set(&chat("more"), Some(mute)) && rules.set(&chat("p1"), Some(mute)) && rules.set(&chat("p1"), None));
        assert!(rules.set(&chat("more"), Some(mute)));
    }
}
