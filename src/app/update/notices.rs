//! Whether the user is told of something, by which rule not, and how the rules are changed.

use std::time::Duration;

use super::{navigate, overlay, requests, room};
use crate::app::action::NoticeAct;
use crate::app::mentions::mentions;
use crate::app::notices::{News, Notice, NoticeKind};
use crate::app::rules::{Level, Rule};
use crate::app::{AccountView, App, ChatKey, Effect, Effects, Overlay, Peer, RoomKey};
use crate::backend::NoticeLevel;
use crate::model::{AccountId, Author, Availability, Line, Stamp};

/// The timer after which what waits is told.
pub(super) const NOTICE_TIMER: &str = "notices";
/// The timer after which a rule that was set for a time ends.
pub const RULE_TIMER: &str = "rules";
/// Longest time a rule can be set for, and longest wait of a timer.
const LONGEST: Duration = Duration::from_hours(24 * 365);
/// So near, a time of day says which day.
const SAME_DAY: Duration = Duration::from_hours(20);
/// Letters a first name must have to count as the user's.
const SHORTEST_NAME: usize = 3;

/// Why something is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hush {
    /// It is being read.
    Read,
    /// The conversation is muted; until when, if not for ever.
    Muted(Option<Stamp>),
    /// Only what names the user is told of this conversation; until when, if not for ever.
    MentionsOnly(Option<Stamp>),
    /// Who wrote is not on the contact list.
    Stranger,
    /// No way to tell is set.
    Off,
    /// The hours are quiet, until then.
    Quiet(String),
    /// The user is busy or on the phone.
    Busy,
}

impl Hush {
    /// A sentence for the user.
    #[must_use]
    pub fn words(&self, now: Stamp) -> String {
        match self {
            Self::Read => "the conversation is before your eyes".to_owned(),
            Self::Muted(until) => format!("the conversation is muted {}", how_long(*until, now)),
            Self::MentionsOnly(until) => format!("only messages that name you are told of, {}", how_long(*until, now)),
            Self::Stranger => "who is not on your contact list is not heard; /notify all changes that".to_owned(),
            Self::Off => "notifications are off: [notify] via is empty".to_owned(),
            Self::Quiet(until) => format!("these are quiet hours, until {until}"),
            Self::Busy => "you are busy or on the phone".to_owned(),
        }
    }
}

/// Everything that would keep a message in this conversation from being told now.
#[must_use]
pub fn hushes(app: &App, chat: &ChatKey, mention: bool) -> Vec<Hush> {
    let mut all = Vec::new();
    let Some(account) = app.accounts.get(chat.account()) else { return all };
    if app.is_being_read(chat) && !app.notices.idle {
        all.push(Hush::Read);
    }
    match account.rules.of(chat).and_then(|rule| rule.at(app.now)) {
        Some((Level::None, until)) => all.push(Hush::Muted(until)),
        Some((Level::Mention, until)) if !mention => all.push(Hush::MentionsOnly(until)),
        None if !is_known(app, account, chat) => all.push(Hush::Stranger),
        Some((Level::All | Level::Mention, _)) | None => {}
    }
    all.extend(general(app, account));
    all
}

/// What holds whoever it is about.
fn general(app: &App, account: &AccountView) -> Vec<Hush> {
    let mut all: Vec<Hush> = app.notices.settings.quiet.until(app.now).map(Hush::Quiet).into_iter().collect();
    if app.notices.settings.via.is_empty() {
        all.push(Hush::Off);
    }
    let busy = matches!(account.own.chosen, Availability::Busy | Availability::OnThePhone);
    if busy && app.notices.settings.silent_when_busy {
        all.push(Hush::Busy);
    }
    all
}

/// Whether the user or somebody on the list has a part in it.
fn is_known(app: &App, account: &AccountView, chat: &ChatKey) -> bool {
    match chat {
        ChatKey::Person(peer) => account.roster.contact(&peer.who).is_some() || requests::is_accepted(app, peer),
        ChatKey::Room(key) => app.room(key).is_some_and(|of| room::is_known(account, of)),
    }
}

/// Tells the user of something, at once or soon, if no rule is against it. What they asked to be told of
/// (`NoticeKind::Presence`) is held back by quiet hours and by being busy only.
pub(super) fn notify(app: &mut App, news: News, effects: &mut Effects) {
    let hushed = match news.kind {
        NoticeKind::Presence => app.accounts.get(news.chat.account()).is_none_or(|account| !general(app, account).is_empty()),
        _ => !hushes(app, &news.chat, news.mention).is_empty(),
    };
    if !hushed && !app.notices.still {
        app.notices.push(news, app.now);
        tell(app, effects);
    }
}

/// Tells what is to be told now, and looks again when more is.
pub(super) fn tell(app: &mut App, effects: &mut Effects) {
    let (told, next) = app.notices.due(app.now);
    effects.extend(told.into_iter().map(Effect::Notify));
    effects.extend(next.map(|after| Effect::StartTimer(NOTICE_TIMER, after)));
}

/// Takes back what was read meanwhile.
pub(super) fn settle(app: &mut App, effects: &mut Effects) {
    effects.extend(app.notices.recalled().into_iter().map(Effect::Recall));
}

/// A message came; whether it names the user, and the news of it, before it is put into its conversation.
pub(super) fn of_message(app: &App, chat: &ChatKey, line: &Line) -> Option<News> {
    let account = app.accounts.get(chat.account())?;
    let Author::Them(who) = &line.by else { return None };
    let mention = !mentions(&line.body.text, &app.names(chat.account())).is_empty();
    let name = account.shown_name(who).to_owned();
    let (name, what) = match chat {
        ChatKey::Room(_) => (format!("{name} in {}", account.chat_name(chat)), "wrote".to_owned()),
        ChatKey::Person(_) => (name, "wrote to you".to_owned()),
    };
    let text = Some(app.as_shown(&line.body.text).into_owned());
    Some(News { kind: NoticeKind::Message, chat: chat.clone(), who: who.clone(), name, what, text, mention })
}

impl App {
    /// What counts as the user being named on this account: their names and the words they watch for.
    /// To be given to [`mentions`].
    #[must_use]
    pub fn names(&self, id: &AccountId) -> Vec<&str> {
        let mut all: Vec<&str> = self.notices.settings.words.iter().map(String::as_str).collect();
        let Some(account) = self.accounts.get(id) else { return all };
        for name in [account.chosen_name.as_str(), &account.listed_name, account.aor.user()] {
            let first = name.split_whitespace().next().unwrap_or_default();
            // `You`, as in the demonstration, is what everybody is called.
            let names = |name: &&str| name.chars().count() >= SHORTEST_NAME && !name.eq_ignore_ascii_case("you");
            all.extend([name, first].into_iter().filter(names));
        }
        all
    }

    /// Whether a conversation is muted now.
    #[must_use]
    pub fn is_muted(&self, chat: &ChatKey) -> bool {
        let rule = self.accounts.get(chat.account()).and_then(|account| account.rules.of(chat));
        matches!(rule.and_then(|rule| rule.at(self.now)), Some((Level::None, _)))
    }

    /// Unread messages that the title tells of, and how many of them name the user: all but those of
    /// muted conversations.
    pub(crate) fn to_be_told(&self) -> (usize, usize) {
        // After every message: a key is made only where something is unread.
        let unread = self.accounts.iter().flat_map(|(id, account)| {
            let people = account.conversations.iter().filter(|(_, talk)| talk.unread > 0);
            // What strangers begin among themselves is silent.
            let rooms = account.rooms.iter().filter(|(_, of)| of.talk.unread > 0 && room::is_known(account, of));
            let people = people.map(|(who, talk)| (ChatKey::from(Peer::new(id, who)), talk));
            people.chain(rooms.map(|(room, of)| (ChatKey::from(RoomKey::new(id, room)), &of.talk)))
        });
        let told = unread.filter(|(chat, _)| !self.is_muted(chat));
        told.fold((0, 0), |(unread, named), (_, talk)| (unread + talk.unread, named + talk.mentions.min(talk.unread)))
    }
}

/// What the user does about it.
pub(super) fn act(app: &mut App, act: NoticeAct, effects: &mut Effects) {
    match act {
        NoticeAct::Test => effects.push(Effect::Notify(Notice::test())),
        NoticeAct::Rule(Some(words)) if words.trim().eq_ignore_ascii_case("test") => {
            effects.push(Effect::Notify(Notice::test()));
        }
        NoticeAct::Rule(words) => rule(app, words.as_deref(), effects),
        NoticeAct::Mute(time) => {
            let words = format!("none {}", time.unwrap_or_default());
            rule(app, Some(&words), effects);
        }
        NoticeAct::Unmute => {
            if let Some(chat) = at_hand(app, effects) {
                change(app, &chat, None, effects);
            }
        }
        NoticeAct::Toggle => {
            if let Some(chat) = at_hand(app, effects) {
                let rule = (!app.is_muted(&chat)).then_some(Rule { always: Some(Level::None), passing: None });
                change(app, &chat, rule, effects);
            }
        }
    }
}

fn at_hand(app: &mut App, effects: &mut Effects) -> Option<ChatKey> {
    let chat = navigate::chat_at_hand(app);
    if chat.is_none() {
        let text = "select somebody, or open a conversation first".to_owned();
        app.note(None, NoticeLevel::Warning, text, effects);
    }
    chat
}

/// `/notify`, `/notify mention`, `/notify none 1h`.
fn rule(app: &mut App, words: Option<&str>, effects: &mut Effects) {
    let Some(chat) = at_hand(app, effects) else { return };
    let Some(words) = words else {
        let text = say_rule(app, &chat);
        return app.note(None, NoticeLevel::Info, text, effects);
    };
    let mut words = words.split_whitespace();
    let level = words.next().map(str::to_lowercase).and_then(|word| Level::from_word(&word));
    let time: String = words.collect();
    let span = if time.is_empty() { Some(None) } else { read_span(&time).map(Some) };
    let (Some(level), Some(span)) = (level, span) else {
        let text = "say /notify all, mention or none, then for how long if you like: 30m, 2h, 1d; or /notify test".to_owned();
        return app.note(None, NoticeLevel::Warning, text, effects);
    };
    let before = app.accounts.get(chat.account()).and_then(|account| account.rules.of(&chat)).copied().unwrap_or_default();
    let rule = match span {
        None => Rule { always: Some(level), passing: None },
        Some(span) => Rule { passing: Some((level, app.now.after(span))), ..before },
    };
    change(app, &chat, Some(rule), effects);
}

fn change(app: &mut App, chat: &ChatKey, rule: Option<Rule>, effects: &mut Effects) {
    let rooms = app.accounts.get(chat.account()).map(|account| account.rooms.keys().cloned().collect::<Vec<_>>());
    let Some(account) = app.accounts.get_mut(chat.account()) else { return };
    let rooms = rooms.unwrap_or_default();
    account.rules.keep_rooms(|room| rooms.contains(room));
    if !account.rules.set(chat, rule) {
        let text = "there are too many rules; /unmute somebody else first".to_owned();
        return app.note(None, NoticeLevel::Warning, text, effects);
    }
    app.dirty = true;
    save(app, chat.account(), effects);
    ending(app, effects);
    let text = say_rule(app, chat);
    app.note(None, NoticeLevel::Info, text, effects);
}

fn save(app: &App, id: &AccountId, effects: &mut Effects) {
    if let Some(account) = app.accounts.get(id) {
        effects.push(Effect::SaveRules(id.clone(), account.rules.clone()));
    }
}

/// Rules that were set for a time end.
pub(super) fn expire(app: &mut App, effects: &mut Effects) {
    let now = app.now;
    let changed: Vec<AccountId> =
        app.accounts.iter_mut().filter_map(|(id, account)| account.rules.expire(now).then(|| id.clone())).collect();
    for id in changed {
        app.dirty = true;
        save(app, &id, effects);
    }
    ending(app, effects);
}

/// Looks again when the next rule ends.
pub(super) fn ending(app: &App, effects: &mut Effects) {
    let next = app.accounts.values().filter_map(|account| account.rules.next_end()).min();
    let wait = next.map(|end| app.now.age(end).clamp(Duration::from_millis(1), LONGEST));
    effects.extend(wait.map(|wait| Effect::StartTimer(RULE_TIMER, wait)));
}

/// The rule of a conversation, and what else is against being told of it now.
fn say_rule(app: &App, chat: &ChatKey) -> String {
    let Some(account) = app.accounts.get(chat.account()) else { return String::new() };
    let name = account.chat_name(chat);
    let rule = match account.rules.of(chat).and_then(|rule| rule.at(app.now)) {
        Some((Level::All, until)) => format!("every message is told of, {}", how_long(until, app.now)),
        Some((Level::Mention, until)) => Hush::MentionsOnly(until).words(app.now),
        Some((Level::None, until)) => format!("muted {}", how_long(until, app.now)),
        None if !is_known(app, account, chat) => Hush::Stranger.words(app.now),
        None => "every message is told of".to_owned(),
    };
    let more: Vec<String> = general(app, account).iter().map(|hush| format!("; {}", hush.words(app.now))).collect();
    format!("{name}: {rule}{}", more.concat())
}

fn how_long(until: Option<Stamp>, now: Stamp) -> String {
    match until {
        None => "until you change it".to_owned(),
        Some(until) if now.age(until) < SAME_DAY => format!("until {}", until.clock()),
        Some(until) => format!("until {}, {}", until.clock(), until.day()),
    }
}

/// The front tried each way: its words, and what would keep a notice from being told now.
pub(super) fn tested(app: &mut App, mut lines: Vec<String>) {
    let mut against: Vec<String> = match navigate::chat_at_hand(app) {
        Some(chat) => hushes(app, &chat, false).iter().map(|hush| hush.words(app.now)).collect(),
        None => app.accounts.values().flat_map(|account| general(app, account)).map(|hush| hush.words(app.now)).collect(),
    };
    if app.attended && !app.notices.idle && !against.contains(&Hush::Read.words(app.now)) {
        against.push("this terminal has your attention: of the open conversation nothing is told".to_owned());
    }
    against.sort();
    against.dedup();
    lines.push(String::new());
    if against.is_empty() {
        lines.push("Nothing would keep a message from being told now.".to_owned());
    } else {
        lines.push("Now a message would not be told, or not always, because".to_owned());
        lines.extend(against.into_iter().map(|why| format!("- {why}")));
    }
    overlay::show(app, Overlay::Told { title: "Notifications", lines, top: 0 });
}

/// Reads `90s`, `30m`, `2h`, `1d`, `1h30m`; a bare number is minutes.
fn read_span(text: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit = rest.chars().next();
        let factor = match unit.map(|unit| unit.to_ascii_lowercase()) {
            Some('s') => 1,
            Some('m') | None => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some(_) => return None,
        };
        rest = rest.get(unit.map_or(0, char::len_utf8)..)?;
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
    }
    let span = Duration::from_secs(seconds);
    (!span.is_zero() && span <= LONGEST).then_some(span)
}
