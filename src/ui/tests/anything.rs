//! Anything that may happen, in any order, on any state, at any size: nothing panics, every frame is
//! whole, nothing that was written is lost, what is selected is there.
//!
//! `CHINWAG_CASES=5000 cargo nextest run --lib any_sequence` plays more than the few of a usual run. What
//! fails is made as short as it can be and printed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crossterm::event::KeyEventKind;
use proptest::prelude::*;

use super::states::{address, found};
use super::*;
use crate::app::keys::script::chords;
use crate::app::{ChatKey, Composer, Context, Effect, KeyAct};
use crate::backend::{Event as Report, Found, GroupChange, NoticeLevel, RoomEvent, RosterChange};
use crate::config::KeySet;
use crate::model::{
    AccessList, Address, Availability, Body, Contact, Fate, MessageRef, Presence, RoomId, Roster, RosterHome, SignInPhase,
    TextStyle, WaitReason, WatcherState,
};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happens {
    /// A key.
    Key(Chord),
    /// A key, told again and again, and let go, as some terminals tell.
    KeyTold(Chord, KeyEventKind),
    /// A paste.
    Paste(String),
    /// Something with the mouse, at a share of the screen in thousandths, and a bit beyond.
    Mouse(MouseEventKind, u32, u32),
    /// Another size.
    Size(u16, u16),
    /// An account reports.
    Told(Box<Report>),
    /// Time passes, and the first timer that was asked for is due.
    Later(u64),
    /// Anything else there is.
    Else(Box<Msg>),
}

/// What people, servers and programs may write.
const HOSTILE: [&str; 16] = [
    "",
    " ",
    "hello",
    "\u{1b}[2J\u{1b}]0;pwned\u{7}\r\n\u{9b}31m\0\u{7f}",
    "\u{202e}evil\u{202c} \u{2066}x\u{2069}\u{200f}",
    "👨‍👩‍👧‍👦👩🏽‍🚀🏳️‍🌈❤️☎︎1️⃣🇩🇪🇸🇪",
    "漢字とかな한국어ｆｕｌｌ",
    "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}",
    "\u{300}\u{200d}\u{fe0f}\u{200b}\u{feff}",
    "שלום mixed العربية ไทย नमस्ते",
    "tab\there\n\nline\rline\u{2028}line\u{85}",
    "https://example.test@elsewhere.test/x?y=\u{202e} sip:bob@example.test mailto:a@b",
    "```\ncode\t漢\n> quoted\n    indented\n```\n> > deep",
    "/quit /away now",
    "\u{e0001}\u{e0041}\u{fff9}\u{ad}\u{115f}\u{3164}",
    "ﷺ𒐫꧅ … — wide",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        2 => prop::collection::vec(prop::sample::select(HOSTILE.to_vec()), 1..6).prop_map(|parts| parts.concat()),
        1 => (prop::sample::select(HOSTILE.to_vec()), 1..400_usize).prop_map(|(text, times)| text.repeat(times)),
        2 => "\\PC{0,40}",
    ]
}

fn person() -> impl Strategy<Value = Address> {
    prop::sample::select(vec!["bob", "carla", "grace", "hiro", "fatima", "zoe", "stranger", "person1", "person7"])
        .prop_map(address)
}

fn availability() -> impl Strategy<Value = Availability> {
    prop::sample::select(Availability::ALL.to_vec())
}

fn presence() -> impl Strategy<Value = Presence> {
    (availability(), text(), any::<bool>(), prop::option::of(0..2_000_000_000_000_i64)).prop_map(
        |(availability, note, stale, since)| {
            let display_name = Some(note.chars().rev().collect());
            Presence {
                availability,
                note: Some(note),
                display_name,
                stale,
                since: since.map(Stamp::from_millis),
                ..Presence::default()
            }
        },
    )
}

fn roster() -> impl Strategy<Value = Roster> {
    prop::collection::vec((person(), text(), prop::collection::vec(text(), 0..3), presence()), 0..6).prop_map(|people| {
        let mut roster = Roster::default();
        for (who, name, groups, presence) in people {
            roster.put(Contact { name, groups, presence, ..Contact::new(who) });
        }
        roster
    })
}

fn phase() -> impl Strategy<Value = SignInPhase> {
    let why = text().prop_map(|detail| WaitReason::Network { detail });
    prop_oneof![
        Just(SignInPhase::Online),
        Just(SignInPhase::Resolving),
        Just(SignInPhase::Authenticating),
        Just(SignInPhase::Subscribing),
        Just(SignInPhase::Offline { why: None }),
        Just(SignInPhase::Offline { why: Some(WaitReason::WrongPassword) }),
        (why, 0..600_u64).prop_map(|(why, seconds)| SignInPhase::Waiting { retry_in: Duration::from_secs(seconds), why }),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Queued),
        Just(Fate::Sent),
        Just(Fate::Delivered),
        Just(Fate::Stored),
        text().prop_map(|why| Fate::Failed { why }),
        text().prop_map(|why| Fate::Unconfirmed { why }),
    ]
}

fn styled() -> impl Strategy<Value = Body> {
    (text(), any::<[bool; 4]>(), prop::option::of(any::<[u8; 3]>())).prop_map(
        |(text, [bold, italic, underline, strike], colour)| Body {
            style: TextStyle { bold, italic, underline, strike, colour, ..TextStyle::default() },
            ..Body::plain(text)
        },
    )
}

fn in_a_room() -> impl Strategy<Value = RoomEvent> {
    let room = || prop::sample::select(vec!["r1", "r2", "r3"]).prop_map(RoomId::new);
    prop_oneof![
        (room(), prop::collection::vec(person(), 0..5), prop::option::of(person()))
            .prop_map(|(room, people, by)| RoomEvent::Opened { room, people, by }),
        (room(), person()).prop_map(|(room, who)| RoomEvent::Joined { room, who }),
        (room(), person(), prop::option::of(text())).prop_map(|(room, who, why)| RoomEvent::Left { room, who, why }),
        (room(), "[0-9a-f]{16}", person(), styled()).prop_map(|(room, id, from, body)| RoomEvent::Text { room, id, from, body }),
        (room(), prop::option::of(text())).prop_map(|(room, why)| RoomEvent::Closed { room, why }),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let changes = prop_oneof![
        (person(), text(), prop::collection::vec(text(), 0..3)).prop_map(|(address, name, groups)| RosterChange::Put {
            address,
            name,
            groups
        }),
        person().prop_map(RosterChange::Removed),
        text().prop_map(|name| RosterChange::Group(GroupChange::Add(name))),
        text().prop_map(|to| RosterChange::Group(GroupChange::Rename { from: "Friends".to_owned(), to })),
        Just(RosterChange::Group(GroupChange::Remove("Friends".to_owned()))),
    ];
    let watcher = prop::sample::select(vec![WatcherState::Pending, WatcherState::Active, WatcherState::Terminated]);
    let level = prop::sample::select(vec![NoticeLevel::Info, NoticeLevel::Warning, NoticeLevel::Error]);
    let people = prop_oneof![Just(Ok(Found { people: found(), more: true })), text().prop_map(Err)];
    prop_oneof![
        6 => ("[0-9a-f]{16}", person(), styled(), any::<bool>())
            .prop_map(|(id, from, body, delayed)| Report::Text { id, from, body, sent: None, delayed }),
        4 => (person(), presence()).prop_map(|(who, now)| Report::Presence { who, now }),
        3 => in_a_room().prop_map(Report::Room),
        2 => phase().prop_map(|phase| Report::Phase { phase, server: None, transport: None }),
        2 => (0..40_u64, fate()).prop_map(|(tag, fate)| Report::Delivery { tag: MessageRef(tag), fate }),
        1 => Just(Report::AllStale),
        2 => (roster(), any::<bool>()).prop_map(|(roster, here)| {
            Report::RosterReset { roster, home: if here { RosterHome::Local } else { RosterHome::Server } }
        }),
        2 => prop::collection::vec(changes, 1..3).prop_map(|changes| Report::RosterChanged { changes, home: RosterHome::Server }),
        1 => (person(), any::<bool>()).prop_map(|(from, active)| Report::Typing { from, active }),
        1 => (person(), prop::option::of(text()), watcher).prop_map(|(who, name, state)| Report::Watcher { who, name, state }),
        1 => (level, text(), prop::option::of(person()))
            .prop_map(|(level, text, by)| Report::Notice { level, code: "x", text, by }),
        1 => people.prop_map(|found| Report::Search { words: "bob".to_owned(), found }),
        1 => text().prop_map(Report::OwnName),
        1 => availability().prop_map(Report::OwnPresence),
        1 => Just(Report::AccessReset(AccessList::default())),
        1 => (0..40_u64).prop_map(|tag| Report::Leaving(MessageRef(tag))),
    ]
}

/// A key as a hand may press it: those of all sets, letters, anything.
fn key() -> impl Strategy<Value = Chord> {
    let of_sets = KeySet::ALL.into_iter().flat_map(|set| {
        let keys = states::with_keys(set).keys;
        let all = Context::ALL
            .into_iter()
            .flat_map(|context| keys.all(context).flat_map(|(keys, _)| keys.to_vec()).collect::<Vec<_>>());
        all.collect::<Vec<_>>()
    });
    let bound: BTreeSet<String> = of_sets.map(|chord| chord.to_string()).collect();
    let bound: Vec<Chord> = bound.iter().filter_map(|chord| Chord::parse(chord)).collect();
    let often = chords("<C-x><C-w><esc><esc><ret><ret><tab><up><down><C-k><C-s><C-f><C-o><f1><f2><f5><f7><f9><f10>");
    let letters = chords("abcdefghijklmnopqrstuvwxyz0123456789 ./@#:?<lt>éß字");
    prop_oneof![2 => prop::sample::select(bound), 2 => prop::sample::select(letters), 1 => prop::sample::select(often)]
}

fn happens() -> impl Strategy<Value = Happens> {
    let buttons = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ]);
    let size = prop_oneof![
        3 => (1..=250_u16, 1..=70_u16),
        2 => (1..=30_u16, 1..=12_u16),
        4 => prop::sample::select(vec![(1_u16, 1_u16), (10, 3), (20, 5), (40, 12), (80, 24), (120, 40)]),
    ];
    let other = prop_oneof![
        any::<bool>().prop_map(Msg::Attention),
        (0..3_u64).prop_map(|minutes| Msg::KeyboardIdle(Duration::from_mins(minutes * 5))),
        text().prop_map(|text| Msg::Edited(Ok(text))),
        text().prop_map(|text| Msg::Edited(Err(text))),
        text().prop_map(Msg::Trouble),
        prop::collection::vec(text(), 0..5).prop_map(Msg::Tested),
    ];
    let told = prop::sample::select(vec![KeyEventKind::Repeat, KeyEventKind::Release]);
    prop_oneof![
        24 => key().prop_map(Happens::Key),
        1 => (key(), told).prop_map(|(key, kind)| Happens::KeyTold(key, kind)),
        2 => text().prop_map(Happens::Paste),
        6 => (buttons, 0..1_050_u32, 0..1_050_u32).prop_map(|(kind, x, y)| Happens::Mouse(kind, x, y)),
        3 => size.prop_map(|(columns, rows)| Happens::Size(columns, rows)),
        8 => report().prop_map(|report| Happens::Told(Box::new(report))),
        2 => (0..200_u64).prop_map(Happens::Later),
        1 => other.prop_map(|msg| Happens::Else(Box::new(msg))),
    ]
}

/// The program as it would run: the core, what was drawn last, the timers that were asked for.
struct Running {
    app: App,
    theme: Theme,
    hits: Hits,
    timers: BTreeMap<&'static str, Duration>,
}

impl Running {
    fn new(mut app: App, set: KeySet, theme: Theme, ledger: bool) -> Self {
        states::give_keys(&mut app, set);
        app.ledger = ledger;
        app.size = (80, 24);
        Self { app, theme, hits: Hits::default(), timers: BTreeMap::new() }
    }

    /// It happens, and the next frame is drawn.
    fn goes_on(&mut self, what: Happens) {
        let (columns, rows) = self.app.size;
        let place = |share: u32, whole: u16| u16::try_from(u32::from(whole) * share / 1_000).unwrap();
        let event = match what {
            Happens::Key(chord) => Event::Key(event_of(chord)),
            Happens::KeyTold(chord, kind) => Event::Key(KeyEvent { kind, ..event_of(chord) }),
            Happens::Paste(text) => Event::Paste(text),
            Happens::Mouse(kind, x, y) => {
                let (column, row) = (place(x, columns), place(y, rows));
                Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
            }
            Happens::Size(columns, rows) => Event::Resize(columns, rows),
            Happens::Told(report) => {
                let Some(id) = self.app.accounts.keys().next().cloned() else { return };
                return self.take(Msg::Account(id, *report));
            }
            Happens::Later(seconds) => {
                self.app.now = Stamp::from_millis(self.app.now.as_millis() + i64::try_from(seconds * 1_000).unwrap());
                let Some((name, _)) = self.timers.pop_first() else { return };
                return self.take(Msg::Timer(name));
            }
            Happens::Else(msg) => return self.take(*msg),
        };
        let keys = self.app.keys.clone();
        for msg in translate(event, &self.app, &self.hits, &keys) {
            self.take(msg);
        }
    }

    /// A message is taken in, and nothing that was written is lost by it.
    fn take(&mut self, msg: Msg) {
        let before = self.app.screen.drafts.clone();
        let open = self.app.screen.open().cloned();
        let now = self.app.now;
        let edits = matches!(msg, Msg::Action(Action::Edit(_) | Action::Keys(KeyAct::Vim(_))) | Msg::Paste(_));
        let (edited, said) = (matches!(msg, Msg::Edited(_)), format!("{msg:?}"));
        for effect in update(&mut self.app, msg, now) {
            if let Effect::StartTimer(name, after) = effect {
                self.timers.insert(name, after);
            }
        }
        for (chat, draft) in before.iter().filter(|(_, draft)| !draft.text().trim().is_empty()) {
            // An editor outside may have the text of a conversation that was left since.
            let own = open.as_ref() == Some(chat) || edited;
            assert!(self.keeps(chat, draft, own, edits), "{chat:?} lost {:?} by {said}", draft.text());
        }
    }

    /// The rule of drafts. What is written in a conversation stays as it is while the conversation does
    /// not have the keyboard; a message that was taken back may come before it. Where it has, only keys that
    /// edit may change it; whatever else replaces it is undone by one step, or put it among what was sent,
    /// where it is found again.
    fn keeps(&self, chat: &ChatKey, was: &Composer, own: bool, edits: bool) -> bool {
        let now = self.app.screen.drafts.get(chat);
        let text = now.map_or("", Composer::text);
        if text == was.text() || text.ends_with(&format!("\n{}", was.text())) {
            return true;
        }
        let undone = || {
            let mut back = now.cloned().unwrap_or_default();
            back.apply(crate::app::Edit::Undo);
            back.text() == was.text()
        };
        let sent = || self.app.screen.sent_before(chat, "").iter().any(|spoken| spoken.text == was.text().trim_end());
        own && (edits || undone() || sent())
    }

    /// A frame, which must be whole; what it showed is told as the program tells it.
    fn draws(&mut self) {
        let (columns, rows) = self.app.size;
        let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, columns, rows));
        let cursor = paint(&self.app, &self.theme, &mut buffer, &mut self.hits);
        let area = buffer.area;
        assert!(cursor.is_none_or(|cursor| area.contains(cursor)), "the cursor is at {cursor:?} in {area:?}");
        let within = |place: &ratatui::layout::Rect| place.is_empty() || area.intersection(*place) == *place;
        assert!(self.hits.texts.iter().all(|text| within(&text.place)), "a text is shown outside of {area:?}");
        assert!(self.hits.links.iter().all(|link| within(&link.place)), "a link is shown outside of {area:?}");
        Drawn { buffer, hits: Hits::default() }.assert_sound(&(columns, rows));
        if let Some(msg) = shown(&self.app, &self.hits) {
            self.take(msg);
        }
    }

    /// What is selected, marked, focused and open is there.
    fn is_sound(&self) {
        let app = &self.app;
        assert!(app.rows_are_current(), "the rows are not those that would be built anew");
        assert!(app.rows().is_empty() || app.selected_row() < app.rows().len(), "the selection is beyond the rows");
        assert!(
            app.focus == Focus::Roster || app.screen.open().is_some(),
            "{:?} has the keyboard, and nothing is open",
            app.focus
        );
        if let Some(answer) = app.screen.answering {
            assert!(!app.prompts.is_empty() && answer < app.answers().len(), "answer {answer} of none");
        }
        for (id, pane) in app.screen.panes.iter() {
            let talk = pane.chat.as_ref().and_then(|chat| app.conversation(chat));
            let there = |number: i64| talk.is_some_and(|talk| talk.entry(number).is_some());
            let anchor = pane.place.anchor.is_none_or(|anchor| there(anchor.entry));
            assert!(anchor, "{id:?}: {:?} is not in the conversation", pane.place);
        }
        let (marked, rows) = match &app.screen.overlay {
            Some(Overlay::Palette(_, marked) | Overlay::Invite(_, _, marked)) => (*marked, app.choices().len()),
            Some(Overlay::Find(finder)) => (finder.marked, finder.rows().len()),
            Some(Overlay::Menu(menu)) => (menu.marked, menu.items().len()),
            Some(Overlay::Status(menu)) => (menu.marked, menu.len()),
            Some(Overlay::History(found)) => (found.marked, found.hits.len()),
            Some(Overlay::Sent(chat, line, marked)) => (*marked, app.screen.sent_before(chat, line.text()).len()),
            Some(Overlay::Settings(page)) => (page.marked, app.setting_rows(page.line.text()).len()),
            Some(Overlay::Policies(page)) => (page.marked, app.policy_rows(page).len()),
            Some(Overlay::Requests(page)) => (page.marked, app.request_rows().len()),
            Some(Overlay::Doubt(doubt, marked)) => (*marked, doubt.choices().len()),
            _ => (0, 0),
        };
        assert!(marked == 0 || marked < rows, "row {marked} of {rows} is marked in {:?}", app.screen.overlay);
    }
}

/// Cases of a usual run, or as many as are asked for.
fn cases() -> u32 {
    std::env::var("CHINWAG_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

#[test]
fn any_sequence_of_anything_on_any_state() {
    let state = 0..states::ALL.len();
    let set = prop::sample::select(KeySet::ALL.to_vec());
    let all = proptest::collection::vec(happens(), 1..40);
    let config = ProptestConfig { failure_persistence: None, max_shrink_iters: 3_000, ..ProptestConfig::with_cases(cases()) };
    proptest!(config, |(state in state, set in set, colour in any::<bool>(), ascii in any::<bool>(), ledger in any::<bool>(), all in all)| {
        let (_, make) = states::ALL[state];
        let mut running = Running::new(make(), set, Theme::new(colour, ascii), ledger);
        running.draws();
        for what in all {
            running.goes_on(what);
            running.draws();
            running.is_sound();
        }
    });
}
