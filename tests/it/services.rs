//! What a server of the LCS family keeps for us, against the embedded server: the contact list
//! changed by two devices at once, the access list, people who wait, the directory, what is stored
//! with our presence.

use std::time::{Duration, Instant};

use chinwag::backend::{Command, Event, GroupChange, NoticeLevel, RosterChange};
use chinwag::demo::{DefaultHandling, Feature, Features, Server, ServerConfig};
use chinwag::formats::soap::{self, Call, SetPresence};
use chinwag::model::{
    Access, AccessList, Availability, Capabilities, Contact, OwnPresence, Roster, RosterHome, Stamp, WatcherState,
};
use chinwag::sip::endpoint::{Flow, FlowInfo};
use chinwag::sip::tokens::Tokens;

use crate::support::pair::{ClientId, Faults, Pair, Way, address};

const LCS: [Feature; 5] = [Feature::Batch, Feature::Benotify, Feature::Piggyback, Feature::Autoextend, Feature::Lcs];

fn lcs(config: &mut ServerConfig) {
    config.features = Features::without(&[]).with(&LCS);
}

/// A device of a user, each with an `epid` of its own.
fn device(pair: &mut Pair, user: &str, number: u8) -> ClientId {
    pair.client_with(user, |settings| {
        settings.instance = uuid::Uuid::from_u128(u128::from(number) << 96 | 0x1000);
    })
}

fn signed_in(pair: &mut Pair, user: &str, number: u8) -> ClientId {
    let client = device(pair, user, number);
    pair.sign_in(client);
    client
}

/// The contact list as a program has it that listens to events.
fn roster(pair: &Pair, client: ClientId) -> Roster {
    let mut roster = Roster::default();
    for event in pair.events(client) {
        match event {
            Event::RosterReset { roster: all, .. } => roster = all.clone(),
            Event::RosterChanged { changes, .. } => changes.iter().for_each(|change| apply(&mut roster, change)),
            _ => {}
        }
    }
    roster
}

fn apply(roster: &mut Roster, change: &RosterChange) {
    let done = match change {
        RosterChange::Put { address, name, groups } => {
            roster.put(Contact { name: name.clone(), groups: groups.clone(), ..Contact::new(address.clone()) });
            Ok(())
        }
        RosterChange::Removed(who) => roster.remove(who).map(drop),
        RosterChange::Group(GroupChange::Add(name)) => roster.add_group(name),
        RosterChange::Group(GroupChange::Rename { from, to }) => roster.rename_group(from, to),
        RosterChange::Group(GroupChange::Remove(name)) => roster.remove_group(name),
    };
    assert_eq!(done, Ok(()), "a change that does not fit what was told before: {change:?}");
}

/// Address, name, groups.
type Person = (String, String, Vec<String>);

/// A roster without what two devices may order differently.
fn picture(roster: &Roster) -> (Vec<Person>, Vec<String>) {
    let people = roster.contacts().map(|contact| {
        let mut groups = contact.groups.clone();
        groups.sort();
        (contact.address.to_string(), contact.name.clone(), groups)
    });
    let mut groups = roster.groups().to_vec();
    groups.sort();
    (people.collect(), groups)
}

fn on_server(pair: &Pair, user: &str) -> Roster {
    pair.server.account(&address(user)).unwrap().roster().clone()
}

fn access(pair: &Pair, client: ClientId) -> AccessList {
    let list = |event: &Event| if let Event::AccessReset(list) = event { Some(list.clone()) } else { None };
    pair.events(client).iter().rev().find_map(list).unwrap_or_default()
}

fn capabilities(pair: &Pair, client: ClientId) -> Capabilities {
    let told = |event: &Event| if let Event::Capabilities(told) = event { Some(told.clone()) } else { None };
    pair.events(client).iter().rev().find_map(told).unwrap()
}

fn sees(pair: &Pair, client: ClientId, of: &str, wanted: Availability) -> bool {
    pair.presence(client, of).is_some_and(|presence| presence.availability == wanted && !presence.stale)
}

fn put(name: &str, shown: &str, groups: &[&str]) -> Command {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Command::PutContact { address: address(name), name: shown.to_owned(), groups }
}

fn notices(pair: &Pair, client: ClientId) -> Vec<&str> {
    let text = |event: &'_ Event| matches!(event, Event::Notice { level, .. } if *level >= NoticeLevel::Warning);
    let all = pair.events(client).iter().filter(|event| text(event));
    all.filter_map(|event| if let Event::Notice { text, .. } = event { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn every_change_of_the_list_reaches_the_server_and_the_other_device() {
    let mut pair = Pair::with_server(lcs);
    let bob = signed_in(&mut pair, "bob", 9);
    let desk = signed_in(&mut pair, "alice", 1);
    let lap = signed_in(&mut pair, "alice", 2);
    let able = capabilities(&pair, desk);
    assert_eq!(able.roster_home, RosterHome::Server);
    assert!(able.access_on_server && able.directory && able.publish && able.watchers);
    let steps: [(ClientId, Command); 9] = [
        (desk, put("bob", "", &[])),
        (lap, put("carol", "Carol (ops)", &["Team"])),
        (desk, put("bob", "Bob", &["Team", "Friends"])),
        (lap, Command::Group(GroupChange::Rename { from: "Team".into(), to: "Crew".into() })),
        (desk, put("bob", "Bob", &["Friends"])),
        (lap, Command::Group(GroupChange::Add("Empty".into()))),
        (desk, Command::Group(GroupChange::Remove("Crew".into()))),
        (lap, put("carol", "", &["Empty"])),
        (desk, Command::RemoveContact(address("carol"))),
    ];
    for (client, command) in steps {
        pair.order(client, command.clone());
        pair.run_for(Duration::from_secs(2));
        let server = on_server(&pair, "alice");
        for client in [desk, lap] {
            assert_eq!(picture(&roster(&pair, client)), picture(&server), "{command:?}\n{}", pair.transcript());
        }
    }
    assert_eq!(picture(&on_server(&pair, "alice")).1, ["Empty", "Friends"]);
    // Who was added is watched by both devices, and may see us.
    pair.run_until("bob on both", |p| sees(p, desk, "bob", Availability::Online) && sees(p, lap, "bob", Availability::Online));
    assert_eq!(access(&pair, lap).of(&address("bob")), Some(Access::Allow));
    assert_eq!(access(&pair, desk).of(&address("carol")), Some(Access::Allow));
    // It is there after the next sign-in, on a device that never saw it.
    let phone = signed_in(&mut pair, "alice", 3);
    assert_eq!(picture(&roster(&pair, phone)), picture(&on_server(&pair, "alice")));
    for client in [bob, desk, lap, phone] {
        assert_eq!(notices(&pair, client), Vec::<&str>::new());
    }
}

/// Two devices change the list at once, over links that are slow in different ways, with some
/// connections lost in between: at the end both have what the server has.
#[test]
fn two_devices_at_once() {
    for seed in 0..12 {
        let mut pair = Pair::with_server(lcs);
        pair.seed(seed);
        pair.faults = Faults { latency: Duration::from_millis(20), jitter: Duration::from_millis(60), ..Faults::default() };
        let devices = [signed_in(&mut pair, "alice", 1), signed_in(&mut pair, "alice", 2)];
        let mut chance = Tokens::from_number(seed);
        let mut draw = |below: u64| usize::try_from(chance.below(below)).unwrap();
        let (people, groups, names) = (["bob", "carol", "dave"], ["Team", "Ops", "Home"], ["", "One", "Two"]);
        for round in 0..60 {
            let client = devices[draw(2)];
            let (who, group, other) = (people[draw(3)], groups[draw(3)], groups[draw(3)]);
            let command = match draw(9) {
                0..=3 => put(who, names[draw(3)], &[group][..draw(2)]),
                4 => Command::RemoveContact(address(who)),
                5 => Command::Group(GroupChange::Add(group.into())),
                6 => Command::Group(GroupChange::Remove(group.into())),
                7 => Command::Group(GroupChange::Rename { from: group.into(), to: other.into() }),
                _ => Command::SetAccess { who: address(who), access: [Access::Allow, Access::Block][draw(2)] },
            };
            // What the list of the moment does not permit is refused at once.
            drop(pair.try_order(client, command));
            pair.run_for(Duration::from_millis([0, 15, 40, 90, 400][draw(5)]));
            if round % 25 == 24 {
                pair.cut(devices[draw(2)]);
            }
        }
        pair.run_for(Duration::from_mins(3));
        let server = on_server(&pair, "alice");
        let fresh = signed_in(&mut pair, "alice", 3);
        for client in [devices[0], devices[1], fresh] {
            assert_eq!(picture(&roster(&pair, client)), picture(&server), "seed {seed}\n{}", pair.transcript());
            assert_eq!(access(&pair, client), access(&pair, fresh), "seed {seed}");
        }
        assert!(pair.server.account(&address("alice")).unwrap().roaming().number() > 20, "seed {seed}: something happened");
    }
}

/// The server's version was raised behind our back: the change is made once more, on the fresh list.
#[test]
fn a_conflict_of_versions_is_overcome() {
    let mut pair = Pair::with_server(lcs);
    let alice = signed_in(&mut pair, "alice", 1);
    // Both at the same moment: the second to arrive names a version that is gone.
    let lap = signed_in(&mut pair, "alice", 2);
    pair.order(alice, put("bob", "Bob", &["Team"]));
    pair.order(lap, put("carol", "Carol", &["Team"]));
    pair.run_for(Duration::from_secs(10));
    let refused = [alice, lap].iter().flat_map(|client| pair.wired(*client, Way::Down, "200")).count();
    assert!(refused > 0);
    let conflicts: usize = [alice, lap]
        .iter()
        .map(|client| {
            let down = pair.wire().iter().filter(|w| w.client == *client && w.way == Way::Down);
            down.filter(|w| w.kind().starts_with('4') && w.header("CSeq").is_some_and(|c| c.ends_with("SERVICE"))).count()
        })
        .sum();
    assert!(conflicts >= 1, "{}", pair.transcript());
    let server = on_server(&pair, "alice");
    assert_eq!((server.len(), server.groups().len()), (2, 1), "{}", pair.transcript());
    for client in [alice, lap] {
        assert_eq!(picture(&roster(&pair, client)), picture(&server));
        assert_eq!(notices(&pair, client), Vec::<&str>::new());
    }
}

#[test]
fn a_local_list_is_given_to_a_server_that_has_none_once() {
    let mut local = Roster::default();
    for (name, group) in [("bob", "Team"), ("carol", "Ops"), ("dave", "Team")] {
        local.put(Contact { groups: vec![group.to_owned()], ..Contact::new(address(name)) });
    }
    let mut pair = Pair::with_server(lcs);
    let alice = pair.client_with("alice", |settings| settings.roster = local.clone());
    pair.sign_in(alice);
    pair.run_for(Duration::from_secs(5));
    assert_eq!(picture(&on_server(&pair, "alice")), picture(&local));
    // Another device with a list of its own takes the server's.
    let mut other = Roster::default();
    other.put(Contact::new(address("alice")));
    let lap = pair.client_with("alice", |settings| {
        settings.roster = other;
        settings.instance = uuid::Uuid::from_u128(5 << 96);
    });
    pair.sign_in(lap);
    pair.run_for(Duration::from_secs(5));
    assert_eq!(picture(&roster(&pair, lap)), picture(&local));
    assert_eq!(picture(&on_server(&pair, "alice")), picture(&local));
}

#[test]
fn refusals_are_told_and_undone() {
    let mut pair = Pair::with_server(|config| {
        lcs(config);
        config.limits.roster_entries = 2;
    });
    let alice = signed_in(&mut pair, "alice", 1);
    for name in ["bob", "carol", "dave"] {
        pair.order(alice, put(name, "", &[]));
        pair.run_for(Duration::from_secs(5));
    }
    assert_eq!(roster(&pair, alice).len(), 2, "{}", pair.transcript());
    let told = notices(&pair, alice);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("Adding dave@example.test to the contact list failed: "), "{told:?}");
}

#[test]
fn who_is_blocked_sees_us_offline_and_who_is_allowed_does_not() {
    let mut pair = Pair::with_server(lcs);
    let alice = signed_in(&mut pair, "alice", 1);
    let bob = signed_in(&mut pair, "bob", 2);
    pair.order(bob, put("alice", "", &[]));
    pair.run_until("alice online", |p| sees(p, bob, "alice", Availability::Online));
    pair.order(alice, Command::SetAccess { who: address("bob"), access: Access::Block });
    pair.run_until("alice offline", |p| sees(p, bob, "alice", Availability::Offline));
    let list = access(&pair, alice);
    assert_eq!(list.of(&address("bob")), Some(Access::Block));
    assert!(!list.may_write(&address("bob")) && list.may_write(&address("carol")));
    // Another device of ours holds to it as well, from its sign-in on and at once.
    let lap = signed_in(&mut pair, "alice", 3);
    assert!(!access(&pair, lap).may_write(&address("bob")));
    pair.order(lap, Command::SetAccess { who: address("bob"), access: Access::Allow });
    pair.run_until("alice online", |p| sees(p, bob, "alice", Availability::Online));
    pair.run_for(Duration::from_secs(1));
    assert!(access(&pair, alice).may_write(&address("bob")));
}

#[test]
fn how_somebody_is_can_be_asked_once() {
    for with_lcs in [true, false] {
        let mut pair = if with_lcs { Pair::with_server(lcs) } else { Pair::simple() };
        let alice = signed_in(&mut pair, "alice", 1);
        let bob = signed_in(&mut pair, "bob", 2);
        let own = OwnPresence { chosen: Availability::Busy, note: "in a review".into(), ..OwnPresence::default() };
        pair.order(bob, Command::SetPresence(own));
        pair.run_for(Duration::from_secs(5));
        pair.order(alice, Command::Look(vec![address("bob"), address("nobody")]));
        pair.run_until("bob busy", |p| sees(p, alice, "bob", Availability::Busy));
        pair.run_until("nobody known", |p| p.presence(alice, "nobody").is_some());
        assert_eq!(pair.presence(alice, "bob").unwrap().note.as_deref(), Some("in a review"));
        assert_eq!(pair.presence(alice, "nobody").unwrap().availability, Availability::Unknown);
        let followed = pair.wired(alice, Way::Up, "SUBSCRIBE").iter().any(|w| w.text.starts_with("SUBSCRIBE sip:bob@"));
        assert_eq!(followed, !with_lcs, "only where it cannot be asked otherwise");
        pair.order(bob, Command::SetPresence(OwnPresence::default()));
        pair.run_for(Duration::from_secs(5));
        assert_eq!(sees(&pair, alice, "bob", Availability::Busy), with_lcs);
        pair.order(bob, Command::SetAccess { who: address("alice"), access: Access::Block });
        pair.run_for(Duration::from_secs(5));
        if with_lcs {
            pair.order(alice, Command::Look(vec![address("bob")]));
            pair.run_until("politely blocked", |p| sees(p, alice, "bob", Availability::Offline));
        }
    }
}

#[test]
fn who_waits_is_asked_about_once() {
    let mut pair = Pair::with_server(|config| {
        lcs(config);
        config.default_handling = DefaultHandling::Confirm;
    });
    let alice = signed_in(&mut pair, "alice", 1);
    let carol = signed_in(&mut pair, "carol", 2);
    let bob = signed_in(&mut pair, "bob", 3);
    for client in [bob, carol] {
        pair.order(client, Command::Watch(vec![address("alice")]));
    }
    let pending = |p: &Pair, who: &str| {
        let is = |e: &&Event| matches!(e, Event::Watcher { who: w, state: WatcherState::Pending, .. } if *w == address(who));
        p.events(alice).iter().filter(is).count()
    };
    pair.run_until("both ask", |p| pending(p, "bob") == 1 && pending(p, "carol") == 1);
    let named =
        |e: &Event| matches!(e, Event::Watcher { who, name: Some(name), .. } if *who == address("bob") && name == "Bob Brown");
    assert!(pair.events(alice).iter().any(named));
    pair.order(alice, Command::SetAccess { who: address("bob"), access: Access::Allow });
    pair.run_until("bob sees", |p| sees(p, bob, "alice", Availability::Online));
    pair.order(alice, Command::SetAccess { who: address("carol"), access: Access::Block });
    pair.run_for(Duration::from_mins(10));
    assert!(!sees(&pair, carol, "alice", Availability::Online));
    assert_eq!((pending(&pair, "bob"), pending(&pair, "carol")), (1, 1), "once\n{}", pair.transcript());
    let gone = |e: &&Event| matches!(e, Event::Watcher { state: WatcherState::Terminated, .. });
    assert_eq!(pair.events(alice).iter().filter(gone).count(), 2);
}

#[test]
fn the_directory() {
    let mut pair = Pair::with_server(lcs);
    let alice = signed_in(&mut pair, "alice", 1);
    let mut find = |words: &str| {
        pair.order(alice, Command::Search { words: words.into() });
        let answered = |e: &Event| matches!(e, Event::Search { words: w, .. } if w == words);
        pair.until(alice, "the answer", answered);
        let found = pair.events(alice).iter().rev().find_map(|e| match e {
            Event::Search { words: w, found } if w == words => Some(found.clone()),
            _ => None,
        });
        let found = found.unwrap().unwrap();
        assert!(!found.more);
        found.people.iter().map(|person| (person.address.user().to_owned(), person.name.clone())).collect::<Vec<_>>()
    };
    let bob = vec![("bob".to_owned(), "Bob Brown".to_owned())];
    assert_eq!(find("bo"), bob);
    assert_eq!(find("Brown"), bob);
    assert_eq!(find("Bob Brown"), bob);
    assert_eq!(find("bob@example.test"), bob);
    assert_eq!(find("dav"), [("dave".to_owned(), String::new())], "by address where there is no name");
    assert_eq!(find("nobody"), []);
    let refused = pair.try_order(alice, Command::Search { words: " ".into() });
    assert!(refused.is_err());
    pair.order(alice, Command::SignOut);
    assert!(pair.try_order(alice, Command::Search { words: "bob".into() }).is_err());
    // A server that is none of the family has none.
    let mut pair = Pair::with_server(|config| config.features = Features::without(&[Feature::Lcs]));
    let alice = pair.signed_in("alice");
    assert!(pair.try_order(alice, Command::Search { words: "bob".into() }).is_err());
    assert!(!capabilities(&pair, alice).directory);
}

/// Another program of Alice's stores something with her presence, on a link of its own.
fn store(server: &mut Server, stored: &str, now: Instant) {
    let call = Call::SetPresence(SetPresence {
        uri: "sip:alice@example.test".into(),
        availability: 300,
        activity: 400,
        user_info: Some(stored.into()),
        ..SetPresence::default()
    });
    let body = soap::write_call(&call);
    let request = format!(
        "SERVICE sip:alice@example.test SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.77:5060;branch=z9hG4bKother\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@example.test>;tag=o1;epid=feedface00\r\nTo: <sip:alice@example.test>\r\nCall-ID: other\r\n\
         CSeq: 1 SERVICE\r\nContent-Type: application/SOAP+xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let info = FlowInfo {
        transport: "TCP",
        reliable: true,
        local: "203.0.113.5:5060".into(),
        peer_ip: "192.0.2.77".into(),
        peer_port: 5060,
    };
    server.flow_up(Flow(9999), info, now);
    server.handle_bytes(Flow(9999), request.as_bytes(), now);
}

/// What another program stored with our presence is there after everything we do.
#[test]
fn what_is_stored_with_our_presence_survives() {
    let stored = "<note>in the lab</note><states><state avail=\"3500\">token</state></states>";
    let mut pair = Pair::with_server(|config| config.features = Features::without(&[Feature::Digest, Feature::Ntlm]).with(&LCS));
    let desk = signed_in(&mut pair, "alice", 1);
    pair.run_for(Duration::from_secs(6));
    pair.with(|server, now| store(server, stored, now));
    let kept = |pair: &Pair| {
        let info = pair.server.account(&address("alice")).unwrap().user_info().unwrap_or_default().to_owned();
        assert!(info.contains("in the lab") && info.contains("3500"), "{info}\n{}", pair.transcript());
    };
    let choose = |pair: &mut Pair, client, chosen| {
        let own = OwnPresence { chosen, note: "back at 3".into(), automatic: None, since: Stamp::from_millis(1) };
        pair.order(client, Command::SetPresence(own));
        pair.run_for(Duration::from_secs(4));
    };
    choose(&mut pair, desk, Availability::Busy);
    kept(&pair);
    pair.order(desk, Command::SignOut);
    pair.run_for(Duration::from_secs(5));
    kept(&pair);
    let lap = signed_in(&mut pair, "alice", 2);
    choose(&mut pair, lap, Availability::Away);
    kept(&pair);
    let sent: Vec<_> = pair.wired(lap, Way::Up, "SERVICE").into_iter().filter(|w| w.text.contains("setPresence")).collect();
    assert!(sent.iter().all(|w| w.text.contains("in the lab")), "{}", pair.transcript());
    // Nothing was published before it was known.
    let first = pair.wire().iter().position(|w| w.client == lap && w.text.contains("m:setPresence")).unwrap();
    let told = pair.wire().iter().position(|w| w.client == lap && w.way == Way::Down && w.text.contains("in the lab")).unwrap();
    assert!(told < first);
}
