//! What the user is told of what they do not see, and how often: pure, and testable without the rest.
//!
//! The first message of somebody is told at once. What follows within seconds waits and becomes one notice,
//! and each further one waits longer. However many people write, there is a pause between two notices, which
//! grows as long as there is something to tell after each; what waits of many people becomes one sentence.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::{ChatKey, Peer};
use crate::config::{NotifySettings, Show};
use crate::model::{AccountId, Address, Stamp};

/// Between two notices about one conversation, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));
/// Between any two times at which something is told, at first and at most.
const BREATH: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// Notices at one time; more become one.
const AT_ONCE: usize = 3;
/// Conversations of which something waits; those beyond are only counted.
const MAX_STACKS: usize = 200;
/// Characters of a name, and of a text.
const MAX_NAME: usize = 60;
const MAX_TEXT: usize = 300;
/// The notice that stands for many.
const SUMMARY: u32 = 0;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// Messages came.
    Message,
    /// Somebody asks the user into a conversation.
    Invitation,
    /// Somebody is now as the user waited for.
    Presence,
    /// Several things of several people.
    Summary,
    /// The user wants to see whether it works.
    Test,
}

impl NoticeKind {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Invitation => "invitation",
            Self::Presence => "presence",
            Self::Summary => "summary",
            Self::Test => "test",
        }
    }
}

/// Something that happened and that the user may want to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What kind.
    pub kind: NoticeKind,
    /// In which conversation, or about whom.
    pub chat: ChatKey,
    /// The person behind it.
    pub who: Address,
    /// What the person or the conversation is called; not yet made safe.
    pub name: String,
    /// What happened, to follow the name: `wrote`, `is online`; ours.
    pub what: String,
    /// The text of a message; not yet made safe.
    pub text: Option<String>,
    /// It names the user.
    pub mention: bool,
}

impl News {
    /// Somebody is now as the user waited for: `Bob Stone is online`. `what` is ours.
    #[must_use]
    pub fn presence(peer: &Peer, name: &str, what: impl Into<String>) -> Self {
        Self {
            kind: NoticeKind::Presence,
            chat: peer.clone().into(),
            who: peer.who.clone(),
            name: name.to_owned(),
            what: what.into(),
            text: None,
            mention: false,
        }
    }
}

/// What the user is told. It holds no more than they want to be shown; its texts are not yet made safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A newer one of the same number takes the place of the older.
    pub id: u32,
    /// What kind.
    pub kind: NoticeKind,
    /// On which account, if on one.
    pub account: Option<AccountId>,
    /// Who is behind it, where that is shown.
    pub from: Option<Address>,
    /// First line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// Things it stands for.
    pub count: usize,
    /// One of them names the user.
    pub mention: bool,
}

impl Notice {
    /// One to try whether it works.
    #[must_use]
    pub fn test() -> Self {
        Self {
            id: u32::MAX,
            kind: NoticeKind::Test,
            account: None,
            from: None,
            title: "chinwag".to_owned(),
            body: "This is a test. You can read it, so it works.".to_owned(),
            count: 1,
            mention: false,
        }
    }
}

/// A conversation, and whether it is about messages in it or about how somebody is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: NoticeKind,
    chat: ChatKey,
}

/// What waits to be told.
#[derive(Debug, Clone)]
struct Waiting {
    last: News,
    count: usize,
    mention: bool,
}

/// One conversation.
#[derive(Debug, Clone)]
struct Stack {
    waiting: Option<Waiting>,
    /// Nothing is told of it before.
    until: Stamp,
    pause: Duration,
}

/// What waits, what was told, and how it is to be done.
#[derive(Debug)]
pub struct Notices {
    /// The user's wishes.
    pub settings: NotifySettings,
    /// How much is said.
    pub show: Show,
    /// Nobody is at the keyboard, whatever the terminal thinks.
    pub idle: bool,
    /// What came in earlier runs is taken in: it is there to be seen, and not told again.
    pub(super) still: bool,
    stacks: BTreeMap<Key, Stack>,
    /// Things of people beyond [`MAX_STACKS`].
    beyond: usize,
    /// Nothing is told before.
    until: Stamp,
    breath: Duration,
    /// What is still to be seen somewhere, by its number.
    shown: BTreeMap<Key, u32>,
    /// The screen is locked: nobody is named.
    locked: bool,
    next_id: u32,
    /// What need not be seen any more.
    recalled: Vec<u32>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            settings: NotifySettings::default(),
            show: Show::default(),
            idle: false,
            still: false,
            stacks: BTreeMap::new(),
            beyond: 0,
            until: Stamp::default(),
            breath: BREATH.0,
            shown: BTreeMap::new(),
            locked: false,
            next_id: SUMMARY + 1,
            recalled: Vec::new(),
        }
    }
}

impl Notices {
    /// Something is to be told, now or soon.
    pub(super) fn push(&mut self, news: News, now: Stamp) {
        let key = Key { kind: news.kind, chat: news.chat.clone() };
        if self.stacks.len() >= MAX_STACKS && !self.stacks.contains_key(&key) {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let stack = self.stacks.entry(key).or_insert(Stack { waiting: None, until: now, pause: PAUSE.0 });
        let (count, mention) = stack.waiting.as_ref().map_or((0, false), |waiting| (waiting.count, waiting.mention));
        stack.waiting = Some(Waiting { mention: mention || news.mention, count: count.saturating_add(1), last: news });
    }

    /// What is to be told now, and how long from now to look again.
    pub(super) fn due(&mut self, now: Stamp) -> (Vec<Notice>, Option<Duration>) {
        let ready = |stack: &Stack| stack.waiting.is_some() && has_come(stack.until, now, PAUSE.1);
        let keys: Vec<Key> = self.stacks.iter().filter(|(_, stack)| ready(stack)).map(|(key, _)| key.clone()).collect();
        let mut told = Vec::new();
        let anything = !keys.is_empty() || self.beyond > 0;
        if anything && has_come(self.until, now, BREATH.1) {
            // As long as there is something to tell after each pause, the pauses grow.
            let at_once = self.until.age(now) < self.breath;
            self.breath = if at_once { (self.breath * 2).min(BREATH.1) } else { BREATH.0 };
            self.until = now.after(self.breath);
            let waiting: Vec<(Key, Waiting)> = keys.into_iter().filter_map(|key| self.take(key, now)).collect();
            let beyond = std::mem::take(&mut self.beyond);
            if waiting.len() > AT_ONCE || beyond > 0 {
                told.push(summary(&waiting, beyond));
            } else {
                told.extend(waiting.into_iter().map(|(key, waiting)| self.tell(key, &waiting)));
            }
        }
        // Who said nothing for a whole pause begins anew.
        self.stacks.retain(|_, stack| stack.waiting.is_some() || !has_come(stack.until, now, PAUSE.1));
        let next = self.stacks.values().filter(|stack| stack.waiting.is_some()).map(|stack| stack.until).min();
        let next = if self.beyond > 0 { Some(now) } else { next };
        (told, next.map(|next| now.age(next.max(self.until)).min(PAUSE.1).max(Duration::from_millis(1))))
    }

    fn take(&mut self, key: Key, now: Stamp) -> Option<(Key, Waiting)> {
        let stack = self.stacks.get_mut(&key)?;
        let waiting = stack.waiting.take()?;
        stack.until = now.after(stack.pause);
        stack.pause = (stack.pause * 2).min(PAUSE.1);
        Some((key, waiting))
    }

    fn tell(&mut self, key: Key, waiting: &Waiting) -> Notice {
        let id = self.shown.get(&key).copied().unwrap_or(self.next_id);
        if id == self.next_id {
            self.next_id = self.next_id.wrapping_add(1).clamp(SUMMARY + 1, u32::MAX - 1);
        }
        let notice = words(waiting, if self.locked { Show::Count } else { self.show }, id);
        if self.shown.len() >= MAX_STACKS
            && let Some(oldest) = self.shown.iter().min_by_key(|(_, id)| **id).map(|(key, _)| key.clone())
        {
            self.shown.remove(&oldest);
        }
        self.shown.insert(key, id);
        notice
    }

    /// The screen is locked, or no longer: what is to be seen outside of it names nobody then.
    pub(super) fn lock(&mut self, locked: bool) {
        self.locked = locked;
        if locked {
            self.recalled.extend(std::mem::take(&mut self.shown).into_values());
        }
    }

    /// The conversation is before the user's eyes: nothing in it need be told any more.
    pub(super) fn read(&mut self, chat: &ChatKey) {
        if self.stacks.is_empty() && self.shown.is_empty() {
            return;
        }
        for stack in self.stacks.iter_mut().filter(|(key, _)| key.chat == *chat).map(|(_, stack)| stack) {
            stack.waiting = None;
        }
        let recalled = &mut self.recalled;
        self.shown.retain(|key, id| {
            let stays = key.chat != *chat;
            if !stays {
                recalled.push(*id);
            }
            stays
        });
    }

    /// The account is no more: nothing of it need be told any more.
    pub(super) fn forget(&mut self, id: &AccountId) {
        let chats: Vec<ChatKey> = self.stacks.keys().chain(self.shown.keys()).map(|key| key.chat.clone()).collect();
        for chat in chats.iter().filter(|chat| chat.account() == id) {
            self.read(chat);
        }
    }

    /// The numbers of what need not be seen any more.
    pub(super) fn recalled(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.recalled)
    }
}

/// Whether a time has come, or lies so far off that a clock must have been changed.
fn has_come(until: Stamp, now: Stamp, longest: Duration) -> bool {
    until <= now || now.age(until) > longest
}

fn words(waiting: &Waiting, show: Show, id: u32) -> Notice {
    let Waiting { last, count, mention } = waiting;
    let (count, message) = (*count, last.kind == NoticeKind::Message);
    let what = match (message && count > 1, *mention) {
        (true, false) => format!("{count} messages"),
        (true, true) => format!("{count} messages, you are named"),
        (false, true) => "names you".to_owned(),
        (false, false) => last.what.clone(),
    };
    let name = shortened(&last.name, MAX_NAME);
    let (title, body) = match (show, &last.text) {
        (Show::Full, Some(text)) if count > 1 => (format!("{name} ({count})"), shortened(text, MAX_TEXT)),
        (Show::Full, Some(text)) => (name, shortened(text, MAX_TEXT)),
        (Show::Full, None) | (Show::Sender, _) => (name, what),
        (Show::Count, _) => {
            let one = match last.kind {
                NoticeKind::Message => "a new message",
                NoticeKind::Invitation => "an invitation",
                _ => "news of somebody",
            };
            let body = if message && count > 1 { format!("{count} new messages") } else { one.to_owned() };
            ("chinwag".to_owned(), body)
        }
    };
    Notice {
        id,
        kind: last.kind,
        account: Some(last.chat.account().clone()),
        from: (show != Show::Count).then(|| last.who.clone()),
        title,
        body,
        count,
        mention: *mention,
    }
}

fn summary(all: &[(Key, Waiting)], beyond: usize) -> Notice {
    let count = all.iter().map(|(_, waiting)| waiting.count).fold(beyond, usize::saturating_add);
    let many = if beyond > 0 { format!("more than {MAX_STACKS}") } else { all.len().to_string() };
    Notice {
        id: SUMMARY,
        kind: NoticeKind::Summary,
        account: None,
        from: None,
        title: "chinwag".to_owned(),
        body: format!("{count} new in {many} conversations"),
        count,
        mention: all.iter().any(|(_, waiting)| waiting.mention),
    }
}

/// At most so many characters.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
