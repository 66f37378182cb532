//! What is written is read again, both ways.

use super::*;
use crate::model::OwnPresence;
use crate::runtime::script::acts::{Act, Deed, Ground};
use crate::runtime::script::events::{JsonEvent, name_of, of_report};

fn who(name: &str) -> Address {
    Address::complete(name, Some("example.test")).unwrap()
}

fn written(report: &Event, roster: &Roster, note: &str) -> String {
    let base = JsonEvent::new(name_of(report), Stamp::from_millis(1_000), Some(&AccountId::new("work")));
    of_report(base, report, &who("alice"), roster, note).unwrap().line()
}

fn roster() -> Roster {
    let mut roster = Roster::default();
    roster.add_group("Empty").unwrap();
    roster.put(Contact { name: "Bob \u{202e}".into(), groups: vec!["Ops".into()], subscribed: true, ..Contact::new(who("bob")) });
    roster.put(Contact::new(who("carol")));
    roster
}

fn all_kinds() -> Vec<Event> {
    let style = TextStyle { bold: true, right_to_left: true, colour: Some([1, 2, 3]), ..TextStyle::default() };
    let body = Body { style, ..Body::plain("hi\u{1b}[2J\n") };
    let room = RoomId::new("r1");
    let why = Some("no answer".to_owned());
    let mut access = AccessList::default();
    access.set(who("bob"), Some(Access::Block));
    access.set(who("carol"), Some(Access::Allow));
    access.put(Subject::Domain("partner.test".into()), Rights::ALL);
    access.put(Subject::Everybody, Rights { sees: Sees::Prompt, may_write: false });
    let able = Capabilities {
        dialect: Dialect::Lcs,
        batch: true,
        benotify: false,
        piggyback: true,
        autoextend: true,
        keepalive: Some(Duration::from_secs(30)),
        pongs: true,
        ping: "lines",
        outbound: true,
        gruu: false,
        seen_at: "[::1]:5060".parse().ok(),
        auth: "ntlm",
        publish: true,
        watchers: true,
        access_on_server: false,
        roster_home: RosterHome::Server,
        sessions: true,
        directory: true,
        signed: true,
    };
    let listing =
        Listing { address: who("bob"), name: "Bob".into(), mail: "b@x.test".into(), company: "X".into(), country: "SE".into() };
    let mut all = vec![
        Event::Phase { phase: SignInPhase::Online, server: Some("h:5061".into()), transport: Some(Transport::Tls) },
        Event::Phase {
            phase: SignInPhase::Waiting { retry_in: Duration::from_millis(1500), why: WaitReason::Closed },
            server: None,
            transport: None,
        },
        Event::Phase { phase: SignInPhase::Offline { why: Some(WaitReason::WrongPassword) }, server: None, transport: None },
        Event::Phase { phase: SignInPhase::Offline { why: None }, server: None, transport: Some(Transport::Udp) },
        Event::Capabilities(able),
        Event::RosterReset { roster: roster(), home: RosterHome::Local },
        Event::AccessReset(access),
        Event::ListsConfirmed,
        Event::OwnPresence(Availability::OutToLunch),
        Event::Presence {
            who: who("bob"),
            now: Presence {
                availability: Availability::OnThePhone,
                note: Some("call".into()),
                devices: vec![Device::default(); 3],
                since: Some(Stamp::from_millis(5_000)),
                stale: true,
                display_name: None,
            },
        },
        Event::Text { id: "0123456789abcdef".into(), from: who("bob"), body: body.clone(), sent: None, delayed: true },
        Event::Typing { from: who("bob"), active: true },
        Event::Watcher { who: who("bob"), name: Some("B".into()), state: WatcherState::Pending },
        Event::Notice { level: NoticeLevel::Warning, code: "list-unreadable", text: "…".into(), by: None },
        Event::Search { words: "b".into(), found: Ok(Found { people: vec![listing], more: true }) },
        Event::Search { words: "b".into(), found: Err("it does not answer".into()) },
        Event::OwnName("Alice".into()),
        Event::Room(RoomEvent::Opened { room: room.clone(), people: vec![who("bob")], by: None }),
        Event::Room(RoomEvent::Opened { room: room.clone(), people: vec![who("bob")], by: Some(who("bob")) }),
        Event::Room(RoomEvent::Joined { room: room.clone(), who: who("bob") }),
        Event::Room(RoomEvent::Left { room: room.clone(), who: who("bob"), why: why.clone() }),
        Event::Room(RoomEvent::Text { room: room.clone(), id: "0123456789abcdef".into(), from: who("bob"), body }),
        Event::Room(RoomEvent::Closed { room, why }),
        Event::Traffic(Traffic {
            sip_out: 1,
            by_method: [("MESSAGE".into(), 2)].into(),
            faults: [("bad_body", 2)].into(),
            ..Traffic::default()
        }),
    ];
    let phases = [SignInPhase::Resolving, SignInPhase::Connecting, SignInPhase::Securing, SignInPhase::Authenticating];
    all.extend(phases.map(|phase| Event::Phase { phase, server: None, transport: None }));
    all
}

#[test]
fn every_line_is_read_and_written_the_same_again() {
    for report in all_kinds() {
        let line = written(&report, &roster(), "a note");
        let Value::Object(fields) = serde_json::from_str(&line).unwrap() else { panic!("{line}") };
        let told = event(&fields).unwrap_or_else(|| panic!("not read: {line}"));
        assert_eq!(told.account, AccountId::new("work"));
        let known = if let Event::RosterReset { roster, .. } = &told.event { roster.clone() } else { roster() };
        let note = told.note.as_deref().unwrap_or("a note");
        assert_eq!(written(&told.event, &known, note), line);
    }
}

#[test]
fn how_far_a_file_is_is_read_and_written_the_same_again() {
    let stages = [
        FileStage::Opening,
        FileStage::Offered,
        FileStage::Agreeing,
        FileStage::Moving(Progress { done: 3, rate: Some(9), left: Some(Duration::from_secs(2)) }),
        FileStage::Moving(Progress::default()),
        FileStage::Checking,
        FileStage::Doubtful,
        FileStage::Done { place: Some("/x/y".into()), confirmed: true },
        FileStage::Done { place: None, confirmed: false },
        FileStage::Ended { why: "it was cancelled".into() },
    ];
    for (number, stage) in (1..).zip(stages) {
        let id = if number % 2 == 0 { FileId::Sent(number) } else { FileId::Received(number) };
        let transfer = Transfer {
            peer: who("bob"),
            name: "min\u{202e}utes.txt".into(),
            path: None,
            octets: 20,
            secret: number > 3,
            doubts: vec!["it is a program".into(); usize::from(number > 5)],
            blocked: number > 8,
            stage,
            warned: false,
        };
        let line = |transfer| {
            let base = JsonEvent::new("file", Stamp::default(), Some(&AccountId::new("work")));
            events::file(base, &who("alice"), id, transfer).line()
        };
        let written = line(&transfer);
        let Value::Object(fields) = serde_json::from_str(&written).unwrap() else { panic!("{written}") };
        let (account, read, again) = file(&fields).unwrap_or_else(|| panic!("not read: {written}"));
        assert_eq!((account, read, line(&again)), (AccountId::new("work"), id, written));
    }
}

#[test]
fn fates_come_back_by_the_number_of_the_message() {
    for fate in [
        Fate::Queued,
        Fate::Sent,
        Fate::Stored,
        Fate::Delivered,
        Fate::Failed { why: "x".into() },
        Fate::Unconfirmed { why: "y".into() },
    ] {
        let base = JsonEvent::new("delivery", Stamp::default(), Some(&AccountId::new("work")));
        let line = events::delivery(base, MessageRef(99), Some(7.into()), &fate).line();
        let told = event(serde_json::from_str::<Value>(&line).unwrap().as_object().unwrap()).unwrap();
        assert_eq!(told.event, Event::Delivery { tag: MessageRef(7), fate });
    }
}

#[test]
fn what_is_no_event_of_ours_is_passed_over() {
    let nested = "[".repeat(100_000);
    for line in [
        "{}",
        r#"{"event":"phase"}"#,
        r#"{"event":"phase","account":"a","phase":"dancing"}"#,
        r#"{"event":"waiting","account":"a","phase":"waiting"}"#,
        r#"{"event":"presence","account":"a","who":"b ob","availability":"online"}"#,
        r#"{"event":"presence","account":"a","who":"sip:b@x.test","availability":"sleepy"}"#,
        r#"{"event":"delivery","account":"a","id":"m1","fate":"sent"}"#,
        r#"{"event":"roster","account":"a","contacts":[7]}"#,
        r#"{"event":"future","account":"a"}"#,
        r#"{"event":7,"account":{}}"#,
        nested.as_str(),
    ] {
        let read = serde_json::from_str::<Map<String, Value>>(line).ok().and_then(|line| event(&line));
        assert_eq!(read, None, "{line:.80}");
    }
}

#[test]
fn every_order_that_is_passed_on_arrives_as_it_was() {
    let style = TextStyle { strike: true, colour: Some([9, 8, 7]), ..TextStyle::default() };
    let body = Body { style, ..Body::plain("hi \"there\"\n") };
    let room = RoomId::new("r1");
    let own = OwnPresence { chosen: Availability::Busy, note: "in a call".into(), automatic: None, since: Stamp::default() };
    let orders = [
        Command::Typing { to: who("bob"), active: false },
        Command::SetPresence(own),
        Command::PutContact { address: who("bob"), name: String::new(), groups: vec!["Ops".into()] },
        Command::RemoveContact(who("bob")),
        Command::Group(GroupChange::Add("Ops".into())),
        Command::Group(GroupChange::Rename { from: "Ops".into(), to: "Night".into() }),
        Command::Group(GroupChange::Remove("Night".into())),
        Command::SetAccess { who: who("bob"), access: Access::Allow },
        Command::SetAccess { who: who("bob"), access: Access::Block },
        Command::Watch(vec![who("bob"), who("carol")]),
        Command::Look(vec![who("bob")]),
        Command::Search { words: "bob".into() },
        Command::Room(RoomCommand::Open(vec![who("bob")])),
        Command::Room(RoomCommand::Invite { room: room.clone(), who: who("bob") }),
        Command::Room(RoomCommand::Leave(room.clone())),
        Command::ConfirmLists,
        Command::ReportTraffic,
    ];
    let read = |order: &Command| {
        let line = act(&AccountId::new("work"), order).unwrap();
        let ground = Ground { domain: "example.test", roster: &Roster::default(), now: Stamp::default() };
        Act::read(line.as_bytes(), ground).unwrap()
    };
    for order in orders {
        assert_eq!(read(&order).deed, Deed::Order(order));
    }
    let tag = MessageRef(12);
    let sent = read(&Command::SendText { to: who("bob"), body: body.clone(), tag });
    assert_eq!(sent, Act { id: Some(12.into()), deed: Deed::Send { to: who("bob"), body: body.clone() } });
    let said = read(&Command::Room(RoomCommand::Say { room: room.clone(), body: body.clone(), tag }));
    assert_eq!(said, Act { id: Some(12.into()), deed: Deed::Say { room, body } });
    assert_eq!(act(&AccountId::new("work"), &Command::SignOut), None, "that is the other program's own affair");
}
