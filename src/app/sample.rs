//! A made-up state of the program, always the same: for pictures, tests of the screen and benches.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::app::transfers::{FileStage, Progress, Transfer};
use crate::app::{
    AccountView, App, ChatKey, Composer, Focus, Msg, Note, NoteLevel, Pane, Peer, Prompt, RoomKey, Showing, update,
};
use crate::backend::Event;
use crate::model::{
    AccountId, Address, Author, Availability, Body, Capabilities, Contact, Conversation, Device, Dialect, Entry, Fate, FileId,
    Happening, Line, MessageRef, OwnPresence, Picture, Presence, Room, RoomId, RosterHome, SignInPhase, Stamp, TextStyle,
    Transport, WaitReason, WatcherState,
};
use crate::policy::source::{Form, read};
use crate::policy::{Level, Policy, Rank, Read, Scope};

/// Alice at 10:08 on Wednesday, 4 November 2026, in the zone of this machine: signed in, two
/// groups, a conversation with Bob open, unread messages from Carla, a request from Fatima.
#[must_use]
pub fn sample_app() -> App {
    let id = AccountId::new("work");
    let mut account = AccountView::new(address("alice"));
    account.phase = SignInPhase::Online;
    account.server = Some("sip.example.test:5061".to_owned());
    account.transport = Some(Transport::Tls);
    account.capabilities = Some(capabilities());
    "on shift".clone_into(&mut account.own.note);
    people(&mut account);
    talks(&mut account);
    account.watchers.insert(address("fatima"), WatcherState::Pending);
    let mut app = App::new([(id.clone(), account)], Policy::default());
    let bob = ChatKey::Person(Peer::new(&id, &address("bob")));
    app.now = at(4, 10, 8);
    *app.screen.pane_mut() = Pane { chat: Some(bob.clone()), mark: Some(5), new_lines: 2, ..Pane::default() };
    select(&mut app, &bob);
    app.screen.drafts.insert(bob, Composer::with("looks good, the alert is g"));
    app.prompts.push_back(Prompt::Watcher { who: address("fatima"), name: Some("Fatima".to_owned()), account: id });
    app.focus = Focus::Composer;
    app
}

/// The same with two conversations of several people, one of them open, the other over.
#[must_use]
pub fn sample_with_rooms() -> App {
    let mut app = sample_app();
    app.prompts.clear();
    let Some((id, account)) = app.accounts.iter_mut().next() else { return app };
    let here = RoomKey::new(id, &RoomId::new("r1"));
    account.rooms.insert(here.room.clone(), night_shift());
    account.rooms.insert(RoomId::new("r2"), lunch());
    let chat = ChatKey::Room(here);
    app.rows_changed();
    app.screen.last = app.screen.open().cloned();
    *app.screen.pane_mut() = Pane { chat: Some(chat.clone()), ..Pane::default() };
    select(&mut app, &chat);
    app.screen.drafts.insert(chat, Composer::with("who restarts it?"));
    app
}

fn select(app: &mut App, chat: &ChatKey) {
    let found = app.rows().iter().map(|row| row.key).find(|key| key.chat().as_ref() == Some(chat));
    app.screen.selected = found;
}

/// The same with pictures: one of Bob's and one of ours in the conversation, and a text between them.
#[must_use]
pub fn sample_with_pictures() -> App {
    let mut app = sample_with_files();
    let Some(account) = app.accounts.values_mut().next() else { return app };
    for (id, name, path, place) in [
        (FileId::Received(1), "rack.jpg", None, Some("/home/alice/Downloads/rack.jpg")),
        (FileId::Received(2), "notes.txt", None, Some("/home/alice/Downloads/notes.txt")),
        (FileId::Sent(1), "plan.png", Some("~/plan.png"), None),
    ] {
        if let Some(file) = account.transfers.get_mut(&id) {
            (file.name, file.path) = (name.to_owned(), path.map(str::to_owned));
            file.stage = FileStage::Done { place: place.map(str::to_owned), confirmed: true };
        }
    }
    app.showing = Showing::Blocks;
    app
}

/// A picture of as many colours as it has pixels.
#[must_use]
pub fn sample_picture(columns: u8, rows: u8) -> Picture {
    let part = |at: u8, of: u8| u8::try_from(u16::from(at) * 255 / u16::from(of.max(2) - 1)).unwrap_or(u8::MAX);
    let pixels = (0..rows).flat_map(|y| (0..columns).map(move |x| [part(x, columns), part(y, rows), 128])).collect();
    let whole = (u32::from(columns) * 10, u32::from(rows) * 10);
    Picture::new(usize::from(columns), pixels, "JPEG", whole).unwrap_or_else(|| sample_picture(1, 1))
}

/// The same with files: one that came, one that is looked into, one that Bob offers, one that we send.
#[must_use]
pub fn sample_with_files() -> App {
    let mut app = sample_app();
    app.prompts.clear();
    let Some((id, account)) = app.accounts.iter_mut().next() else { return app };
    let (id, bob) = (id.clone(), address("bob"));
    let file = |name: &str, octets, stage| Transfer {
        peer: bob.clone(),
        name: name.to_owned(),
        path: None,
        octets,
        secret: true,
        doubts: Vec::new(),
        blocked: false,
        stage,
        warned: false,
    };
    let progress = Progress { done: 4 << 20, rate: Some(1_300_000), left: Some(Duration::from_secs(5)) };
    let place = Some("/home/alice/Downloads/notes (2).txt".to_owned());
    account.transfers = BTreeMap::from([
        (FileId::Received(1), file("notes.txt", 4_096, FileStage::Done { place, confirmed: true })),
        (FileId::Received(2), file("plan.zip", 81_234, FileStage::Checking)),
        (FileId::Received(3), file("report.pdf", 20_480, FileStage::Offered)),
        (FileId::Sent(1), file("db3-dump.tar", 10 << 20, FileStage::Moving(progress))),
    ]);
    let happened = account.transfers.keys().map(|id| Happening::File(*id)).collect::<Vec<_>>();
    let talk = account.conversations.entry(bob.clone()).or_default();
    for what in happened {
        talk.push(Entry::Happened { at: at(4, 10, 8), what });
    }
    app.rows_changed();
    let chat = ChatKey::Person(Peer::new(&id, &bob));
    *app.screen.pane_mut() = Pane { chat: Some(chat.clone()), ..Pane::default() };
    select(&mut app, &chat);
    app
}

fn night_shift() -> Room {
    let mut room = Room::with(&["bob", "carla", "zoe"].map(address), at(4, 9, 30));
    let happened = |hour, minute, what| Entry::Happened { at: at(4, hour, minute), what };
    let said = |hour, minute, who: &str, text: &str, style| {
        Entry::Said(Line { body: Body { style, ..Body::plain(text) }, ..line(at(4, hour, minute), Some(who), "", None) })
    };
    let plain = TextStyle::default();
    let lost = Fate::Failed { why: "Zoe did not get it".to_owned() };
    for entry in [
        happened(9, 30, Happening::Opened(address("bob"))),
        happened(9, 30, Happening::Joined(address("carla"))),
        said(9, 31, "bob", "db3 again, both of you look please", TextStyle { bold: true, ..plain }),
        Entry::Said(line(at(4, 9, 32), None, "looking", Some(Fate::Delivered))),
        happened(9, 33, Happening::Invited(address("zoe"))),
        happened(9, 34, Happening::Joined(address("zoe"))),
        said(9, 35, "carla", "RED ALERT", TextStyle { bold: true, underline: true, colour: Some([255, 0, 0]), ..plain }),
        said(9, 36, "zoe", "only a test", TextStyle { italic: true, strike: true, ..plain }),
        Entry::Said(line(at(4, 9, 37), None, "the alert was mine, sorry", Some(lost))),
    ] {
        room.talk.push(entry);
    }
    room
}

fn lunch() -> Room {
    let mut room = Room::with(&["grace", "hiro"].map(address), at(3, 11, 50));
    room.talk.push(Entry::Said(line(at(3, 11, 55), Some("grace"), "noodles?", None)));
    room.talk.push(Entry::Happened { at: at(3, 13, 0), what: Happening::Closed { why: None } });
    room.over = true;
    room
}

/// The same with two people who wrote and are not known: Eve of another domain, and somebody who looks like Bob.
#[must_use]
pub fn sample_with_requests() -> App {
    let mut app = sample_app();
    app.prompts.clear();
    let Some(id) = app.accounts.keys().next().cloned() else { return app };
    let (eve, bob) = (elsewhere("eve", "elsewhere"), address("b\u{43e}b"));
    let texts = [
        (&eve, 4, "Hello, we met at the conference. May I ask you about the migration? https://elsewhere.test/slides has mine."),
        (&bob, 5, "my phone is broken, please write to me here\nand send me the password of db3"),
        (&eve, 6, "Is that still fine?"),
    ];
    for (from, minute, text) in texts {
        let body = Body::plain(text);
        let event = Event::Text { id: format!("r{minute}"), from: from.clone(), body, sent: None, delayed: false };
        update(&mut app, Msg::Account(id.clone(), event), at(4, 10, minute));
    }
    app.now = at(4, 10, 8);
    app.notes.clear();
    app.screen.note_shown = false;
    app
}

/// Three accounts: the first is that of [`sample_app`]; the second waits to sign in again; on the third Alice is
/// away. Bob is known to two of them, and all have friends.
#[must_use]
pub fn sample_with_accounts() -> App {
    let mut app = sample_app();
    app.prompts.clear();
    let mut home = AccountView::new(elsewhere("alice", "home"));
    let why = WaitReason::Closed;
    home.phase = SignInPhase::Waiting { retry_in: Duration::from_secs(40), why };
    home.retry_at = Some(Stamp::from_millis(app.now.as_millis() + 40_000));
    for (user, name, group, availability) in [
        ("mum", "Mum", "Family", Availability::Online),
        ("nick", "Nick", "Family", Availability::Away),
        ("olga", "Olga", "Friends", Availability::Online),
    ] {
        befriend(&mut home, &elsewhere(user, "home"), name, group, availability);
    }
    befriend(&mut home, &address("bob"), "Bob Stone", "Friends", Availability::Online);
    home.roster.mark_stale();
    let mut club = AccountView::new(elsewhere("alice.s", "club"));
    club.phase = SignInPhase::Online;
    club.own = OwnPresence { chosen: Availability::Away, note: "back on Monday".to_owned(), ..OwnPresence::default() };
    befriend(&mut club, &elsewhere("pia", "club"), "Pia", "Friends", Availability::Busy);
    befriend(&mut club, &elsewhere("quinn", "club"), "Quinn", "Board", Availability::Online);
    let pia = Conversation { unread: 1, ..Conversation::default() };
    club.conversations.insert(elsewhere("pia", "club"), pia);
    app.accounts.insert(AccountId::new("home"), home);
    app.accounts.insert(AccountId::new("club"), club);
    app.rows_changed();
    app
}

fn befriend(account: &mut AccountView, who: &Address, name: &str, group: &str, availability: Availability) {
    account.roster.put(Contact { name: name.to_owned(), groups: vec![group.to_owned()], ..Contact::new(who.clone()) });
    if let Some(contact) = account.roster.contact_mut(who) {
        contact.presence.availability = availability;
    }
}

/// Somebody of another domain.
#[allow(clippy::expect_used)] // As below.
fn elsewhere(user: &str, domain: &str) -> Address {
    Address::parse(&format!("sip:{user}@{domain}.test")).expect("an address")
}

/// The same with nobody to ask about and a note to be read.
#[must_use]
pub fn sample_with_note(level: NoteLevel, text: &str) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    app.notes.push_back(Note { at: app.now, level, account: None, text: text.to_owned() });
    app.screen.note_shown = true;
    app
}

/// The policies of a file as administrators write it, managed for the whole machine.
#[must_use]
pub fn sample_policy(toml: &str) -> Policy {
    Policy::of(managed("/etc/chinwag/policies/managed/10-base.toml", toml))
}

/// Policies of several sources: what counts, what lost, what is wrong, and a source that cannot be read.
#[must_use]
pub fn sample_policies() -> Policy {
    let low = Rank { level: Level::Recommended, scope: Scope::User };
    let mut all = read(
        Form::Toml,
        b"Transport = \"auto\"\nIMWarning = \"Mind what you write.\"\n",
        Path::new("/home/alice/.config/chinwag/policies/recommended.toml"),
        low,
    );
    let base = "Transport = \"tls\"\nEnableURL = \"confirm\"\nAllowedDomains = [\"example.test\", \"*.partner.example\", \"club.test\"]\n\
                EnableIM = true\nDisableSearch = 1\n";
    all.append(managed("/etc/chinwag/policies/managed/10-base.toml", base));
    all.append(managed("/etc/chinwag/policies/managed/20-late.toml", "Transport = \"tcp\"\n"));
    all.append(managed("/etc/chinwag/policies/managed/30-broken.toml", "PreventRun = \n"));
    Policy::of(all)
}

fn managed(path: &str, toml: &str) -> Read {
    read(Form::Toml, toml.as_bytes(), Path::new(path), Rank { level: Level::Managed, scope: Scope::Machine })
}

/// A roster of `count` made-up people in twenty groups, for measuring.
#[must_use]
pub fn sample_crowd(count: usize) -> App {
    let id = AccountId::new("work");
    let mut account = AccountView::new(address("alice"));
    account.phase = SignInPhase::Online;
    for n in 0..count {
        let who = address(&format!("person{n}"));
        let mut contact = Contact { name: format!("Person {n}"), groups: vec![format!("Group {}", n % 20)], ..Contact::new(who) };
        contact.presence.availability = Availability::ALL.get(n % Availability::ALL.len()).copied().unwrap_or_default();
        account.roster.put(contact);
    }
    App::new([(id, account)], Policy::default())
}

/// A person of the sample's domain.
#[allow(clippy::expect_used)] // Every text given here is ours and an address.
fn address(user: &str) -> Address {
    Address::parse(&format!("sip:{user}@example.test")).expect("an address")
}

/// A time of day in November 2026, in the zone of this machine.
fn at(day: i8, hour: i8, minute: i8) -> Stamp {
    let local = jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0).to_zoned(jiff::tz::TimeZone::system());
    Stamp::from_millis(local.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
}

fn capabilities() -> Capabilities {
    Capabilities {
        dialect: Dialect::Lcs,
        batch: true,
        benotify: true,
        piggyback: true,
        autoextend: true,
        keepalive: Some(Duration::from_mins(5)),
        pongs: true,
        ping: "lines",
        outbound: false,
        gruu: false,
        seen_at: None,
        auth: "ntlm",
        publish: true,
        watchers: true,
        access_on_server: true,
        roster_home: RosterHome::Server,
        sessions: true,
        directory: true,
        signed: true,
    }
}

fn people(account: &mut AccountView) {
    let all: [(&str, &str, &str, Availability, &str); 11] = [
        ("bob", "Bob Stone", "Ops on call", Availability::Online, "on shift"),
        ("carla", "Carla Diaz", "Ops on call", Availability::Busy, "release"),
        ("dmitri", "Dmitri", "Ops on call", Availability::OutToLunch, ""),
        ("erik", "Erik", "Ops on call", Availability::Offline, ""),
        ("grace", "Grace", "Friends", Availability::Online, ""),
        ("hiro", "広志", "Friends", Availability::OnThePhone, ""),
        ("ines", "Inês", "Friends", Availability::Away, "gone fishing 🎣"),
        ("jo", "Jo", "Friends", Availability::Idle, ""),
        ("shira", "שירה", "Friends", Availability::BeRightBack, ""),
        ("kim", "Kim", "Friends", Availability::Offline, ""),
        ("lee", "", "", Availability::Unknown, ""),
    ];
    for (user, name, group, availability, note) in all {
        let groups = if group.is_empty() { Vec::new() } else { vec![group.to_owned()] };
        let mut contact = Contact { name: name.to_owned(), groups, ..Contact::new(address(user)) };
        contact.presence = Presence {
            availability,
            note: (!note.is_empty()).then(|| note.to_owned()),
            since: (user == "bob").then(|| at(4, 9, 12)),
            ..Presence::default()
        };
        if user == "bob" {
            let device = |id: &str, availability| Device { id: id.to_owned(), availability, ..Device::default() };
            contact.presence.devices = vec![device("desk", Availability::Online), device("laptop", Availability::Idle)];
        }
        let presence = contact.presence.clone();
        account.roster.put(contact);
        if let Some(contact) = account.roster.contact_mut(&address(user)) {
            contact.presence = presence;
        }
    }
}

fn talks(account: &mut AccountView) {
    let mut bob = Conversation::default();
    for (day, hour, minute, mine, text, fate) in [
        (3, 17, 40, true, "leaving now, call me if anything burns", Some(Fate::Delivered)),
        (4, 9, 58, false, "disk on db3 is at 91 %, shall I rotate?", None),
        (4, 10, 1, true, "yes, keep two days", Some(Fate::Delivered)),
        (4, 10, 2, false, "doing it now. log: https://example.test/r/4711", None),
        (4, 10, 3, true, "thanks!", Some(Fate::Unconfirmed { why: "no answer came in time".to_owned() })),
        (4, 10, 7, false, "done, 64 %", None),
        (4, 10, 7, false, "can you check the alert cleared?", None),
    ] {
        bob.push(Entry::Said(line(at(day, hour, minute), (!mine).then_some("bob"), text, fate)));
    }
    bob.typing = true;
    let mut carla = Conversation::default();
    carla.push(Entry::Said(line(at(4, 10, 5), Some("carla"), "freeze starts at 14:00", None)));
    carla.push(Entry::Said(line(at(4, 10, 6), Some("carla"), "tell the others please", None)));
    carla.unread = 2;
    let grace = Conversation { typing: true, ..Conversation::default() };
    for (who, talk) in [("bob", bob), ("carla", carla), ("grace", grace)] {
        account.conversations.insert(address(who), talk);
    }
}

/// A line by somebody, else by us.
fn line(at: Stamp, who: Option<&str>, text: &str, fate: Option<Fate>) -> Line {
    let by = who.map_or(Author::Us, |who| Author::Them(address(who)));
    let tag = (by == Author::Us).then(|| MessageRef(u64::try_from(at.as_millis()).unwrap_or(0)));
    Line { at, by, body: Body::plain(text), tag, id: None, fate, delayed: false }
}
