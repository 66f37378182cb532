//! Conversations of several people: who comes and goes, what is said, asking somebody in, leaving.

use super::{conversation, crowd, ledger, navigate, notices, order, overlay, requests};
use crate::app::{AccountView, App, ChatKey, Composer, Effects, News, NoticeKind, Overlay, Peer, Purpose, RoomKey, RowKey};
use crate::backend::{Command, NoticeLevel, RoomCommand, RoomEvent};
use crate::model::{AccountId, Address, Author, Entry, Happening, Line, Room, Stamp, Strangers};

/// Rooms kept of one account. Those in which only strangers had a part give way before others, what was
/// read before what was not, what is over before what goes on, then the one silent for longest; what
/// the user has a hand in only if there is no other.
const MAX_ROOMS: usize = 200;
/// The same of those into which strangers asked us, and in which nobody is known.
const MAX_STRANGE: usize = 10;

/// People named at most when somebody asks who is in.
const TOLD: usize = 30;

/// An account reports something of a room.
pub(super) fn take(app: &mut App, id: &AccountId, told: RoomEvent, at: Stamp, effects: &mut Effects) {
    match told {
        RoomEvent::Opened { room, people, by } => opened(app, &RoomKey::new(id, &room), &people, by, at, effects),
        RoomEvent::Joined { room, who } => {
            change(app, &RoomKey::new(id, &room), at, Happening::Joined(who.clone()), |room| room.enter(&who));
        }
        RoomEvent::Left { room, who, why } => {
            change(app, &RoomKey::new(id, &room), at, Happening::Left { who: who.clone(), why }, |room| room.leave(&who));
        }
        RoomEvent::Text { room, id: name, from, body } => {
            let key = RoomKey::new(id, &room);
            let came = ledger::Came { id: &name, room: Some(&room), from: &from, body: &body, at, delayed: false };
            let strange = requests::is_strange(app, id, &room, &from);
            if strange {
                // Nothing is written down of where nobody is known.
                order(app, id, Command::Received(name.clone()), at, effects);
            } else {
                ledger::came(app, id, &came, effects);
            }
            // One that had to give way is there again: nothing that was said is dropped in silence.
            make(app, &key, std::slice::from_ref(&from), strange, at, effects);
            conversation::arrived(app, &key.into(), came.line(), effects);
        }
        RoomEvent::Closed { room, why } => {
            change(app, &RoomKey::new(id, &room), at, Happening::Closed { why }, |room| room.over = true);
        }
    }
}

fn opened(app: &mut App, key: &RoomKey, people: &[Address], by: Option<Address>, at: Stamp, effects: &mut Effects) {
    let strange = by.as_ref().is_some_and(|by| requests::is_strange(app, &key.account, &key.room, by));
    make(app, key, people, strange, at, effects);
    let Some(by) = by else {
        is_theirs(app, key);
        if app.screen.opening.take_if(|id| *id == key.account).is_some() {
            navigate::open(app, &key.clone().into(), at, effects);
        }
        return;
    };
    let name = app.accounts.get(&key.account).map_or(by.short(), |account| account.shown_name(&by)).to_owned();
    change(app, key, at, Happening::Opened(by.clone()), |_| {});
    if !strange {
        order(app, &key.account, Command::Room(RoomCommand::Enter(key.room.clone())), at, effects);
    }
    // What strangers begin is in the list, and nothing is said of it: their addresses are as they chose them.
    if strange || app.is_being_read(&key.clone().into()) {
        return;
    }
    let what = "asks you into a conversation".to_owned();
    let text = format!("{} {what}; it is in the list", conversation::printable(&name));
    app.note(Some(&key.account), NoticeLevel::Info, text, effects);
    let chat = ChatKey::from(key.clone());
    let news = News { kind: NoticeKind::Invitation, chat, who: by, name, what, text: None, mention: false };
    notices::notify(app, news, effects);
}

/// The room is there from now on, with these people in it. `strange`: nobody in it is known.
fn make(app: &mut App, key: &RoomKey, people: &[Address], strange: bool, at: Stamp, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(&key.account) else { return };
    if let Some(room) = account.rooms.get_mut(&key.room) {
        for who in people {
            room.enter(who);
        }
    } else {
        let unknown = || account.rooms.values().filter(|room| !is_known(account, room)).count();
        if account.rooms.len() >= MAX_ROOMS || strange && unknown() >= MAX_STRANGE {
            make_room(app, &key.account, effects);
        }
        if let Some(account) = app.accounts.get_mut(&key.account) {
            account.rooms.insert(key.room.clone(), Room::with(people, at));
        }
    }
    app.rows_changed();
}

/// The user has a part in it.
fn is_theirs(app: &mut App, key: &RoomKey) {
    if let Some(room) = app.accounts.get_mut(&key.account).and_then(|account| account.rooms.get_mut(&key.room)) {
        room.known = true;
    }
}

/// One room gives way to another.
fn make_room(app: &mut App, id: &AccountId, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    let rooms = account.rooms.iter().map(|(key, room)| {
        let last = room.talk.entries.back().map_or(room.since, Entry::at);
        ((is_known(account, room), room.talk.unread > 0, !room.over, last), RoomKey::new(id, key).into())
    });
    let Some(ChatKey::Room(key)) = crowd::least(app, rooms) else { return };
    let gone = app.accounts.get_mut(id).and_then(|account| account.rooms.remove(&key.room));
    crowd::dropped(app, id, gone.map_or(0, |room| room.talk.unread), effects);
}

/// Whether the user or somebody they know had a part in it. That somebody is named as being in says
/// nothing: anybody can name them.
pub(super) fn is_known(account: &AccountView, room: &Room) -> bool {
    let listed = |who: &Address| account.roster.contact(who).is_some() || account.marks.accepted.contains(who);
    room.known
        || room.talk.entries.iter().any(|entry| match entry {
            Entry::Said(Line { by: Author::Us, .. }) | Entry::Happened { what: Happening::Invited(_), .. } => true,
            Entry::Said(Line { by: Author::Them(who), .. }) | Entry::Happened { what: Happening::Opened(who), .. } => listed(who),
            Entry::Happened { .. } => false,
        })
}

impl App {
    /// Whether nobody in a conversation of several people is known, so that nothing of it is told before the user goes
    /// there.
    #[must_use]
    pub fn is_of_strangers(&self, key: &RoomKey) -> bool {
        let account = self.accounts.get(&key.account).filter(|_| self.strangers() != Strangers::Allow);
        account.is_some_and(|account| account.rooms.get(&key.room).is_some_and(|room| !is_known(account, room)))
    }
}

/// A room of an earlier run, which ended with it: something in it was not read.
pub(super) fn over_before(app: &mut App, key: &RoomKey, came: &ledger::Came<'_>, effects: &mut Effects) {
    let at = came.at;
    make(app, key, std::slice::from_ref(came.from), false, at, effects);
    is_theirs(app, key);
    conversation::arrived(app, &key.clone().into(), came.line(), effects);
    if app.room(key).is_some_and(|room| !room.over) {
        let why = Some("chinwag stopped while it went on".to_owned());
        change(app, key, at, Happening::Closed { why }, |room| room.over = true);
    }
}

/// A room of an earlier run, looked up because the user wishes to see it.
pub(super) fn of_past(app: &mut App, key: &RoomKey, people: &[Address], at: Stamp, effects: &mut Effects) {
    make(app, key, people, false, at, effects);
    is_theirs(app, key);
    if let Some(room) = app.accounts.get_mut(&key.account).and_then(|account| account.rooms.get_mut(&key.room)) {
        room.over = true;
    }
}

/// Something happened in a room that is known.
fn change(app: &mut App, key: &RoomKey, at: Stamp, what: Happening, how: impl FnOnce(&mut Room)) {
    let Some(room) = app.accounts.get_mut(&key.account).and_then(|account| account.rooms.get_mut(&key.room)) else { return };
    how(room);
    room.talk.push(Entry::Happened { at, what });
    app.rows_changed();
    app.added(&key.clone().into(), false);
}

/// An order about a room is on its way: what the user is to see of it at once.
pub(super) fn ordered(app: &mut App, id: &AccountId, command: RoomCommand, at: Stamp, effects: &mut Effects) {
    match command {
        RoomCommand::Say { room, body, tag } => {
            ledger::spoke(app, id, &room, &body, tag, at, effects);
            conversation::sent(app, &RoomKey::new(id, &room).into(), body, tag, at, effects);
        }
        RoomCommand::Invite { room, who } => change(app, &RoomKey::new(id, &room), at, Happening::Invited(who), |_| {}),
        RoomCommand::Open(_) | RoomCommand::Leave(_) | RoomCommand::Enter(_) => {}
    }
}

/// Asks somebody into the conversation at hand; whom, is asked for where it is not said.
pub(super) fn invite(app: &mut App, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let Some(chat) = navigate::chat_at_hand(app) else {
        return app.note(None, NoticeLevel::Info, "open a conversation first, then ask others into it".to_owned(), effects);
    };
    if let Err(why) = can_invite(app, &chat) {
        return app.note(None, NoticeLevel::Info, why, effects);
    }
    match words {
        None => overlay::show(app, Overlay::Invite(chat, Composer::default(), 0)),
        Some(words) => match navigate::person(app, words) {
            Ok(peer) => bring_in(app, &chat, &peer, at, effects),
            Err(why) => app.note(None, NoticeLevel::Warning, why, effects),
        },
    }
}

fn can_invite(app: &App, chat: &ChatKey) -> Result<(), String> {
    if let ChatKey::Room(key) = chat
        && app.room(key).is_none_or(|room| room.over)
    {
        return Err("this conversation is over; begin another by asking somebody into one with a single person".to_owned());
    }
    let account = app.accounts.get(chat.account());
    if account.is_some_and(|account| account.capabilities.is_some() && !account.can(|able| able.sessions)) {
        return Err("this server has no conversations of several people".to_owned());
    }
    Ok(())
}

/// Asks a person into a conversation; with a single person that makes one of several.
pub(super) fn bring_in(app: &mut App, chat: &ChatKey, guest: &Peer, at: Stamp, effects: &mut Effects) {
    let id = chat.account();
    let Some(account) = app.accounts.get(id) else { return };
    let refusal = if guest.account != *id {
        Some("they are on another account; people of two accounts cannot be in one conversation".to_owned())
    } else if guest.who == account.aor {
        Some("that is you, and you are in".to_owned())
    } else if app.is_in(chat, &guest.who) {
        Some(format!("{} is in this conversation already", account.shown_name(&guest.who)))
    } else {
        can_invite(app, chat).err()
    };
    if let Some(why) = refusal {
        return app.note(None, NoticeLevel::Info, why, effects);
    }
    let command = match chat {
        ChatKey::Room(key) => RoomCommand::Invite { room: key.room.clone(), who: guest.who.clone() },
        ChatKey::Person(peer) => {
            app.screen.opening = Some(id.clone());
            RoomCommand::Open(vec![peer.who.clone(), guest.who.clone()])
        }
    };
    if !order(app, id, Command::Room(command), at, effects) {
        app.screen.opening = None;
    }
}

/// Says who is in the conversation at hand.
pub(super) fn who(app: &mut App, effects: &mut Effects) {
    let chat = navigate::chat_at_hand(app);
    let Some((account, chat)) = chat.as_ref().and_then(|chat| Some((app.accounts.get(chat.account())?, chat))) else { return };
    let (people, over): (&[Address], bool) = match chat {
        ChatKey::Person(peer) => (std::slice::from_ref(&peer.who), false),
        ChatKey::Room(key) => app.room(key).map_or((&[], true), |room| (room.named_after(), room.over)),
    };
    let mut names: Vec<String> = people.iter().take(TOLD).map(|who| account.shown_name(who).to_owned()).collect();
    if people.len() > TOLD {
        names.push(format!("{} more", people.len() - TOLD));
    }
    let names = names.join(", ");
    let text = if over {
        format!("this conversation is over; in it were {names}")
    } else {
        format!("in this conversation: you, {names}")
    };
    app.note(None, NoticeLevel::Info, text, effects);
}

/// Leaves the room at hand. What is over is taken off the list.
pub(super) fn leave(app: &mut App, at: Stamp, effects: &mut Effects) {
    match navigate::chat_at_hand(app) {
        Some(ChatKey::Room(key)) if app.room(&key).is_some_and(|room| room.over) => forget(app, &key),
        Some(ChatKey::Room(key)) => {
            order(app, &key.account, Command::Room(RoomCommand::Leave(key.room.clone())), at, effects);
        }
        Some(ChatKey::Person(_)) | None => {
            let text = "this is no conversation of several people; /close closes it".to_owned();
            app.note(None, NoticeLevel::Info, text, effects);
        }
    }
}

/// `d` on a room of the list: leaves it after asking, or takes it off the list if it is over and nothing is
/// left to write.
pub(super) fn remove(app: &mut App, key: RoomKey, effects: &mut Effects) {
    if app.room(&key).is_none_or(|room| !room.over) {
        overlay::show(app, Overlay::Confirm(Purpose::Leave(key)));
    } else if crowd::has_words(app, &ChatKey::Room(key.clone())) {
        let text = "what you wrote there would be lost with it; open it and clear that first".to_owned();
        app.note(Some(&key.account), NoticeLevel::Warning, text, effects);
    } else {
        forget(app, &key);
    }
}

/// A room that was closed on the screen: if it is over and nothing is left to write, it goes.
pub(super) fn put_away(app: &mut App, key: &RoomKey) {
    if !crowd::has_words(app, &ChatKey::Room(key.clone())) && app.room(key).is_some_and(|room| room.over) {
        forget(app, key);
    }
}

fn forget(app: &mut App, key: &RoomKey) {
    let chat = ChatKey::Room(key.clone());
    if let Some(account) = app.accounts.get_mut(&key.account) {
        account.rooms.remove(&key.room);
    }
    app.screen.drafts.remove(&chat);
    app.screen.panes.forget(&chat);
    app.screen.visited.forget(&chat);
    app.screen.last.take_if(|last| *last == chat);
    if app.screen.open().is_none() {
        app.focus = crate::app::Focus::Roster;
    }
    app.screen.selected.take_if(|row| matches!(row, RowKey::Room(of) if of == key));
    app.rows_changed();
}
