//! Leaving: messages whose fate is open, and what is said of them afterwards.

use std::collections::BTreeMap;

use crate::app::{AccountView, App, ChatKey};
use crate::history::Keep;
use crate::model::{Author, Conversation, Fate, Line, MessageRef};

/// Messages that have not been sent yet, at most one for each line kept.
fn is_unsent(line: &Line) -> bool {
    line.by == Author::Us && matches!(line.fate, None | Some(Fate::Queued))
}

/// A message of ours of which it is not known yet what becomes of it.
pub(super) fn is_open(line: &Line) -> bool {
    line.by == Author::Us && line.fate.as_ref().is_none_or(|fate| !fate.is_final())
}

impl App {
    /// How many messages of ours still wait to be sent.
    #[must_use]
    pub fn unsent(&self) -> usize {
        let talks = self.accounts.values().flat_map(AccountView::talks);
        talks.flat_map(Conversation::lines).filter(|line| is_unsent(line)).count()
    }

    /// How many of these would be lost if the program ended: they are not written down.
    #[must_use]
    pub fn unkept(&self) -> usize {
        let talks = self.accounts.values().flat_map(AccountView::talks);
        talks.flat_map(Conversation::lines).filter(|line| is_unsent(line) && !self.is_kept(line.tag)).count()
    }

    /// Whether a message that waits is there again at the next start.
    fn is_kept(&self, tag: Option<MessageRef>) -> bool {
        self.ledger && tag.is_some_and(|tag| !self.unkept.contains_key(&tag))
    }

    /// How the screen is, if that is not written down yet.
    pub fn last_shape(&mut self) -> Option<Keep> {
        let wanted = self.ledger && self.screen.reshaped.take().is_some();
        wanted.then(|| Keep::Screen(self.memory()))
    }

    /// Remembers which messages have no fate yet. To be called before the accounts sign out.
    pub fn leave(&mut self) {
        let mut open: Vec<(ChatKey, MessageRef)> = Vec::new();
        for (id, account) in &self.accounts {
            for (chat, talk) in account.chats(id) {
                let tags = talk.lines().filter(|line| is_open(line)).filter_map(|line| line.tag);
                open.extend(tags.map(|tag| (chat.clone(), tag)));
            }
        }
        self.leaving = open;
    }

    /// What became of the messages that were open when the user left: a sentence for each conversation
    /// in which something did not arrive; not yet made safe for a terminal.
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        let mut lost: BTreeMap<&ChatKey, (usize, usize, usize)> = BTreeMap::new();
        for (chat, tag) in &self.leaving {
            let line = self.conversation(chat).and_then(|talk| talk.lines().rev().find(|line| line.tag == Some(*tag)));
            let (waiting, unsent, doubtful) = lost.entry(chat).or_default();
            match line.and_then(|line| line.fate.as_ref()) {
                Some(Fate::Delivered | Fate::Stored) => {}
                Some(Fate::Sent | Fate::Unconfirmed { .. }) => *doubtful += 1,
                None | Some(Fate::Queued) if chat.person().is_some() && self.is_kept(Some(*tag)) => *waiting += 1,
                None | Some(Fate::Queued | Fate::Failed { .. }) => *unsent += 1,
            }
        }
        let mut said = Vec::new();
        for (chat, (waiting, unsent, doubtful)) in lost {
            let who = self.addressee(chat);
            match waiting {
                0 => {}
                1 => said.push(format!("1 message to {who} waits, and is sent at the next start")),
                n => said.push(format!("{n} messages to {who} wait, and are sent at the next start")),
            }
            match unsent {
                0 => {}
                1 => said.push(format!("1 message to {who} was not sent")),
                n => said.push(format!("{n} messages to {who} were not sent")),
            }
            match doubtful {
                0 => {}
                1 => said.push(format!("1 message to {who} may not have arrived: nobody confirmed it")),
                n => said.push(format!("{n} messages to {who} may not have arrived: nobody confirmed them")),
            }
        }
        said
    }

    /// To whom what is said there goes.
    fn addressee(&self, chat: &ChatKey) -> String {
        match chat {
            ChatKey::Person(peer) => peer.who.short().to_owned(),
            ChatKey::Room(key) => {
                let name =
                    self.accounts.get(&key.account).map_or_else(|| key.room.to_string(), |account| account.chat_name(chat));
                format!("the room of {name}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::app::sample::sample_app;
    use crate::app::{Action, App, Effect, Msg, Overlay, Purpose, update};
    use crate::backend::Event;
    use crate::model::{Address, Fate, MessageRef};

    fn say(app: &mut App, action: Action) -> Vec<Effect> {
        let now = app.now;
        update(app, Msg::Action(action), now)
    }

    fn fate(app: &mut App, tag: MessageRef, fate: Fate) {
        let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
        update(app, Msg::Account(id, Event::Delivery { tag, fate }), now);
    }

    /// The sample with `count` messages to Bob that have only been ordered, and an empty draft.
    fn with_messages(count: usize) -> (App, Vec<MessageRef>) {
        let mut app = sample_app();
        app.screen.drafts.clear();
        let from = app.next_tag;
        for _ in 0..count {
            say(&mut app, Action::Message(Some("bob@example.test hello".into())));
        }
        let tags = (from..app.next_tag).map(MessageRef).collect();
        (app, tags)
    }

    #[test]
    fn leaving_with_messages_that_wait_is_asked_about() {
        let (mut app, tags) = with_messages(1);
        fate(&mut app, tags[0], Fate::Queued);
        assert_eq!(app.unsent(), 1);
        assert!(!say(&mut app, Action::Quit).contains(&Effect::Quit));
        assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Quit)));
        assert!(say(&mut app, Action::Quit).contains(&Effect::Quit), "who insists leaves");
        app.screen.overlay = None;
        say(&mut app, Action::Interrupt);
        assert!(!say(&mut app, Action::Interrupt).contains(&Effect::Quit), "Ctrl-C twice asks as well");
        assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Quit)));
        fate(&mut app, tags[0], Fate::Delivered);
        app.screen.overlay = None;
        assert!(say(&mut app, Action::Quit).contains(&Effect::Quit));
    }

    #[test]
    fn what_stayed_behind_is_said() {
        let (mut app, tags) = with_messages(5);
        fate(&mut app, tags[0], Fate::Delivered);
        app.leave();
        fate(&mut app, tags[1], Fate::Delivered);
        fate(&mut app, tags[2], Fate::Failed { why: "signed out".into() });
        fate(&mut app, tags[4], Fate::Sent);
        let who = Address::parse("sip:bob@example.test").unwrap();
        assert_eq!(
            app.left_behind(),
            [
                format!("2 messages to {} were not sent", who.short()),
                format!("1 message to {} may not have arrived: nobody confirmed it", who.short()),
            ]
        );
    }
}
