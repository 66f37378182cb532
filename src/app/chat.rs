//! Which conversation is meant: one with a person, or one of several people; and what it is called.

use crate::app::transfers::Transfer;
use crate::app::{AccountView, App};
use crate::model::{AccountId, Address, Conversation, FileId, Room, RoomId};

/// A person on one of the accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// By which account we reach the person.
    pub account: AccountId,
    /// Who.
    pub who: Address,
}

impl Peer {
    /// The person `who`, as reached by `account`.
    #[must_use]
    pub fn new(account: &AccountId, who: &Address) -> Self {
        Self { account: account.clone(), who: who.clone() }
    }
}

/// A conversation of several people on one of the accounts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomKey {
    /// On which account.
    pub account: AccountId,
    /// Which.
    pub room: RoomId,
}

impl RoomKey {
    /// The conversation `room` of `account`.
    #[must_use]
    pub fn new(account: &AccountId, room: &RoomId) -> Self {
        Self { account: account.clone(), room: room.clone() }
    }
}

/// A conversation that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatKey {
    /// Of several people.
    Room(RoomKey),
    /// With one person.
    Person(Peer),
}

impl ChatKey {
    /// On which account.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        match self {
            Self::Room(room) => &room.account,
            Self::Person(peer) => &peer.account,
        }
    }

    /// The one other person, where there is one.
    #[must_use]
    pub const fn person(&self) -> Option<&Peer> {
        match self {
            Self::Person(peer) => Some(peer),
            Self::Room(_) => None,
        }
    }
}

impl From<Peer> for ChatKey {
    fn from(peer: Peer) -> Self {
        Self::Person(peer)
    }
}

impl From<RoomKey> for ChatKey {
    fn from(room: RoomKey) -> Self {
        Self::Room(room)
    }
}

/// People named in the name of a room; the others are counted.
const NAMED: usize = 2;
/// Characters of one of these names.
const NAME: usize = 24;

impl AccountView {
    /// Every conversation, without its key.
    pub fn talks(&self) -> impl Iterator<Item = &Conversation> {
        self.conversations.values().chain(self.rooms.values().map(|room| &room.talk))
    }

    /// Every conversation, to be changed.
    pub fn talks_mut(&mut self) -> impl Iterator<Item = &mut Conversation> {
        self.conversations.values_mut().chain(self.rooms.values_mut().map(|room| &mut room.talk))
    }

    /// Every conversation with its key; `id` is the account's own name.
    pub fn chats<'a>(&'a self, id: &'a AccountId) -> impl Iterator<Item = (ChatKey, &'a Conversation)> {
        let people = self.conversations.iter().map(|(who, talk)| (Peer::new(id, who).into(), talk));
        let rooms = self.rooms.iter().map(|(room, of)| (RoomKey::new(id, room).into(), &of.talk));
        people.chain(rooms)
    }

    /// What a room is called: `Bob, Carol (+1)`; not yet made safe for a terminal.
    #[must_use]
    pub fn room_name(&self, room: &Room) -> String {
        let people = room.named_after();
        let first = |who: &Address| -> String { first_word(self.shown_name(who)).chars().take(NAME).collect() };
        let mut names: Vec<String> = people.iter().take(NAMED).map(first).collect();
        if names.is_empty() {
            return "nobody else".to_owned();
        }
        // Two people of one first name need the rest of it.
        if let [one, other] = people
            && names.first() == names.last()
        {
            names = [one, other].map(|who| self.shown_name(who).chars().take(NAME).collect()).into();
        }
        let more = people.len().saturating_sub(NAMED);
        let joined = names.join(", ");
        if more > 0 { format!("{joined} (+{more})") } else { joined }
    }

    /// What a conversation is called, in a few words; not yet made safe for a terminal.
    #[must_use]
    pub fn chat_name(&self, chat: &ChatKey) -> String {
        match chat {
            ChatKey::Person(peer) => self.shown_name(&peer.who).to_owned(),
            ChatKey::Room(key) => self.rooms.get(&key.room).map_or_else(|| key.room.to_string(), |room| self.room_name(room)),
        }
    }
}

/// The first word of a name, or what stands before the `@` of an address.
fn first_word(name: &str) -> &str {
    name.split([' ', '@']).find(|word| !word.is_empty()).unwrap_or(name)
}

impl App {
    /// The conversation, if anything was said or happened in it.
    #[must_use]
    pub fn conversation(&self, chat: &ChatKey) -> Option<&Conversation> {
        let account = self.accounts.get(chat.account())?;
        match chat {
            ChatKey::Person(peer) => account.conversations.get(&peer.who),
            ChatKey::Room(key) => account.rooms.get(&key.room).map(|room| &room.talk),
        }
    }

    /// The conversation of several people, if it is known.
    #[must_use]
    pub fn room(&self, key: &RoomKey) -> Option<&Room> {
        self.accounts.get(&key.account)?.rooms.get(&key.room)
    }

    /// Whether a person is in a conversation besides us.
    #[must_use]
    pub fn is_in(&self, chat: &ChatKey, who: &Address) -> bool {
        match chat {
            ChatKey::Person(peer) => peer.who == *who,
            ChatKey::Room(key) => self.room(key).is_some_and(|room| room.people().contains(who)),
        }
    }

    /// The conversation that is open, with its account.
    #[must_use]
    pub fn open_chat(&self) -> Option<(&AccountView, &ChatKey)> {
        let open = self.screen.open()?;
        Some((self.accounts.get(open.account())?, open))
    }

    /// A file of an account.
    #[must_use]
    pub fn transfer(&self, account: &AccountId, id: FileId) -> Option<&Transfer> {
        self.accounts.get(account)?.transfers.get(&id)
    }

    /// The same, to be changed.
    pub(super) fn transfer_mut(&mut self, account: &AccountId, id: FileId) -> Option<&mut Transfer> {
        self.accounts.get_mut(account)?.transfers.get_mut(&id)
    }

    /// The conversation, to be changed.
    pub(super) fn conversation_mut(&mut self, chat: &ChatKey) -> Option<&mut Conversation> {
        let account = self.accounts.get_mut(chat.account())?;
        match chat {
            ChatKey::Person(peer) => account.conversations.get_mut(&peer.who),
            ChatKey::Room(key) => account.rooms.get_mut(&key.room).map(|room| &mut room.talk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contact, Stamp};

    #[test]
    fn rooms_are_called_after_who_is_in() {
        let address = |user: &str| Address::parse(&format!("{user}@example.test")).unwrap();
        let mut account = AccountView::new(address("alice"));
        for (user, name) in [("bob", "Bob Stone"), ("bob2", "Bob Smith"), ("carol", "Carol"), ("evil", &"x".repeat(10_000))] {
            account.roster.put(Contact { name: name.into(), ..Contact::new(address(user)) });
        }
        let name = |users: &[&str]| {
            let people: Vec<Address> = users.iter().map(|user| address(user)).collect();
            account.room_name(&Room::with(&people, Stamp::default()))
        };
        assert_eq!(name(&[]), "nobody else");
        assert_eq!(name(&["bob"]), "Bob");
        assert_eq!(name(&["bob", "carol"]), "Bob, Carol");
        assert_eq!(name(&["bob", "carol", "dave"]), "Bob, Carol (+1)");
        assert_eq!(name(&["dave", "bob"]), "dave, Bob");
        assert_eq!(name(&["bob", "bob2"]), "Bob Stone, Bob Smith");
        assert!(name(&["evil", "bob"]).len() < 40);
        let mut room = Room::with(&[address("bob"), address("carol")], Stamp::default());
        room.leave(&address("carol"));
        assert_eq!(account.room_name(&room), "Bob");
        room.leave(&address("bob"));
        assert_eq!(account.room_name(&room), "Bob, Carol", "after everybody left, after those who were in");
    }
}
