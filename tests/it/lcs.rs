//! The client against the embedded server as one of the LCS family: batch subscriptions and what
//! makes them cheap, each of it switched off, refused, or broken.

use std::time::Duration;

use chinwag::backend::sip::SipSettings;
use chinwag::backend::{Command, Event};
use chinwag::demo::Deregistration;
use chinwag::demo::features::{Feature, Features};
use chinwag::demo::{ServerConfig, User};
use chinwag::model::{Availability, Capabilities, Contact, Dialect, OwnPresence, Roster, SignInPhase, WaitReason};

use crate::support::pair::{ClientId, DOMAIN, HOME_PORT, Pair, Way, Wired, address};

const SWITCHES: [Feature; 4] = [Feature::Batch, Feature::Benotify, Feature::Piggyback, Feature::Autoextend];

/// A server of the LCS family with some of the switches off.
fn server(off: &[Feature], change: impl FnOnce(&mut ServerConfig)) -> Pair {
    let on: Vec<Feature> = SWITCHES.into_iter().filter(|f| !off.contains(f)).chain([Feature::Lcs]).collect();
    Pair::with_server(|config| {
        config.features = Features::without(off).with(&on);
        change(config);
    })
}

fn with_roster(settings: &mut SipSettings, names: &[&str]) {
    let mut roster = Roster::default();
    for name in names {
        roster.put(Contact::new(address(name)));
    }
    settings.roster = roster;
}

fn sees(pair: &Pair, client: ClientId, of: &str, wanted: Availability) -> bool {
    pair.presence(client, of).is_some_and(|p| p.availability == wanted && !p.stale)
}

fn choose(pair: &mut Pair, client: ClientId, chosen: Availability) {
    pair.order(client, Command::SetPresence(OwnPresence { chosen, ..OwnPresence::default() }));
}

fn found(pair: &Pair, client: ClientId) -> Capabilities {
    let told = |e: &Event| match e {
        Event::Capabilities(found) => Some(found.clone()),
        _ => None,
    };
    pair.events(client).iter().rev().find_map(told).unwrap()
}

/// SUBSCRIBEs for presence that a client sent.
fn subscribes(pair: &Pair, client: ClientId) -> Vec<Wired> {
    let all = pair.wired(client, Way::Up, "SUBSCRIBE");
    all.into_iter().filter(|w| w.header("Event").as_deref() == Some("presence")).cloned().collect()
}

/// Those that began a dialog and were not only to be challenged.
fn begun(pair: &Pair, client: ClientId) -> Vec<Wired> {
    let mut begun = subscribes(pair, client);
    begun.retain(|w| !w.header("To").unwrap().contains(";tag="));
    begun.dedup_by_key(|w| w.header("Call-ID"));
    begun
}

fn faults(pair: &mut Pair, client: ClientId) -> Vec<(&'static str, u64)> {
    pair.order(client, Command::ReportTraffic);
    let told = |e: &Event| match e {
        Event::Traffic(traffic) => Some(traffic.faults.iter().map(|(word, count)| (*word, *count)).collect()),
        _ => None,
    };
    pair.events(client).iter().rev().find_map(told).unwrap()
}

#[test]
fn everything_is_known_in_all_combinations() {
    for combination in 0..16_u8 {
        let off: Vec<Feature> =
            SWITCHES.into_iter().enumerate().filter(|(bit, _)| combination & (1 << bit) != 0).map(|(_, f)| f).collect();
        let on = |feature| !off.contains(&feature);
        let mut pair = server(&off, |_| {});
        let (bob, carol) = (pair.signed_in("bob"), pair.signed_in("carol"));
        choose(&mut pair, bob, Availability::Busy);
        pair.run_for(Duration::from_secs(5));
        let alice = pair.client_with("alice", |s| with_roster(s, &["bob", "carol", "dave"]));
        pair.sign_in(alice);
        pair.run_until("the whole roster", |p| {
            sees(p, alice, "bob", Availability::Busy)
                && sees(p, alice, "carol", Availability::Online)
                && sees(p, alice, "dave", Availability::Offline)
        });
        pair.run_for(Duration::from_secs(10));
        let seen = found(&pair, alice);
        assert_eq!(seen.dialect, Dialect::Lcs, "{off:?}");
        let wanted = SWITCHES.map(on);
        assert_eq!([seen.batch, seen.benotify, seen.piggyback, seen.autoextend], wanted, "{off:?}");
        let first = begun(&pair, alice);
        assert_eq!(first.len(), if on(Feature::Batch) { 1 } else { 4 }, "{off:?}\n{}", pair.transcript());
        let presence = |w: &&Wired| w.header("Event").as_deref() == Some("presence");
        let of_others = |w: &&Wired| presence(w) && (w.text.contains("bob@") || w.text.contains("carol@"));
        let count = |p: &Pair, kind| p.wired(alice, Way::Down, kind).into_iter().filter(of_others).count();
        let notified = count(&pair, "NOTIFY") + count(&pair, "BENOTIFY");
        assert_eq!(notified == 0, on(Feature::Piggyback), "{off:?}: nothing had changed since the answers");
        // A change comes by the way agreed upon, and only NOTIFY is answered.
        choose(&mut pair, bob, Availability::Away);
        pair.run_until("bob away", |p| sees(p, alice, "bob", Availability::Away));
        let count = |p: &Pair, kind| p.wired(alice, Way::Down, kind).len();
        let (plain, best) = (count(&pair, "NOTIFY"), count(&pair, "BENOTIFY"));
        assert_eq!((plain == 0, best == 0), (on(Feature::Benotify), !on(Feature::Benotify)), "{off:?}");
        pair.run_for(Duration::from_secs(1));
        let answers = pair.wired(alice, Way::Up, "200");
        assert_eq!(answers.len(), plain, "{off:?}: each NOTIFY is answered, and nothing else");
        // More than one lifetime later all is as it was.
        pair.take_events(alice);
        pair.run_for(Duration::from_mins(75));
        let troubled = |e: &Event| {
            matches!(e, Event::AllStale | Event::Notice { .. }) || matches!(e, Event::Presence { now, .. } if now.stale)
        };
        assert!(!pair.events(alice).iter().any(troubled), "{off:?}: {:?}", pair.events(alice));
        choose(&mut pair, carol, Availability::OutToLunch);
        pair.run_until("carol out to lunch", |p| sees(p, alice, "carol", Availability::OutToLunch));
        assert_eq!(faults(&mut pair, alice), [], "{off:?}");
        pair.order(alice, Command::SignOut);
        pair.run_until("signed out", |p| p.phase(alice) == Some(SignInPhase::Offline { why: None }));
    }
}

/// Adds users of these names, some of whom are online by way of a stored state.
fn crowd(config: &mut ServerConfig, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|n| format!("u{n:04}")).collect();
    config.users.extend(names.iter().map(|name| User::with_password(name, "", DOMAIN, "secret")));
    config.limits.roster_entries = config.limits.roster_entries.max(2 * count);
    config.limits.subscriptions_per_user = config.limits.subscriptions_per_user.max(2 * count);
    names
}

/// A client whose contacts the server keeps.
fn client_of_crowd(pair: &mut Pair, names: &[String]) -> ClientId {
    let mut roster = Roster::default();
    for name in names {
        roster.put(Contact::new(address(name)));
    }
    pair.with(|server, now| server.set_roster(&address("alice"), roster, now).unwrap());
    pair.client("alice")
}

fn all_known(pair: &Pair, client: ClientId, names: &[String], but: &[String]) -> bool {
    let told: std::collections::BTreeMap<_, _> = pair
        .events(client)
        .iter()
        .filter_map(|e| match e {
            Event::Presence { who, now } => Some((who.clone(), now.availability)),
            _ => None,
        })
        .collect();
    names.iter().all(|name| {
        let wanted = if but.contains(name) { Availability::Unknown } else { Availability::Offline };
        told.get(&address(name)) == Some(&wanted)
    })
}

#[test]
fn many_contacts_are_one_subscription() {
    for count in [250, 1000] {
        let mut names = Vec::new();
        let mut pair = server(&[], |config| {
            names = crowd(config, count);
            config.limits.list_entries = 2000;
        });
        let alice = client_of_crowd(&mut pair, &names);
        pair.sign_in(alice);
        pair.run_until("everybody", |p| all_known(p, alice, &names, &[]));
        assert_eq!(begun(&pair, alice).len(), 1, "{count}");
    }
}

#[test]
fn without_batch_everybody_is_asked_for_at_a_measured_pace() {
    let mut names = Vec::new();
    let mut pair = server(&[Feature::Batch], |config| names = crowd(config, 250));
    let alice = client_of_crowd(&mut pair, &names);
    pair.sign_in(alice);
    pair.run_for(Duration::from_secs(15));
    assert!(all_known(&pair, alice, &names, &[]));
    let sent = begun(&pair, alice);
    assert_eq!(sent.len(), 251, "and ourselves");
    let first = sent.first().unwrap().at;
    for second in 0..12 {
        let begin = first + Duration::from_secs(second);
        let within = sent.iter().filter(|w| w.at >= begin && w.at < begin + Duration::from_secs(1)).count();
        assert!(within <= 26, "{within} in one second");
    }
    let asked: Vec<String> = sent.iter().map(|w| w.text.split(' ').nth(1).unwrap().to_owned()).collect();
    let mut sorted = asked.clone();
    sorted.sort();
    assert_ne!(asked, sorted, "in random order");
}

#[test]
fn a_small_limit_splits_the_list() {
    let mut names = Vec::new();
    let mut pair = server(&[], |config| {
        names = crowd(config, 250);
        config.limits.list_entries = 50;
    });
    let alice = client_of_crowd(&mut pair, &names);
    pair.sign_in(alice);
    pair.run_until("everybody", |p| all_known(p, alice, &names, &[]));
    let sent = begun(&pair, alice).len();
    assert!((6..=14).contains(&sent), "{sent}");
    assert!(pair.wired(alice, Way::Down, "413").len() <= 4);
}

#[test]
fn addresses_the_server_cannot_stand_are_found_named_and_left_out() {
    for culprits in [&["u0007"][..], &["u0000", "u0123", "u0249"]] {
        let mut names = Vec::new();
        let mut pair = server(&[], |config| {
            names = crowd(config, 250);
            config.limits.list_entries = 2000;
            config.poison = culprits.iter().map(|name| address(name)).collect();
        });
        let alice = client_of_crowd(&mut pair, &names);
        pair.sign_in(alice);
        let but: Vec<String> = culprits.iter().map(|name| (*name).to_owned()).collect();
        pair.run_for(Duration::from_secs(5));
        pair.run_until("everybody else", |p| all_known(p, alice, &names, &but));
        let sent = begun(&pair, alice).len();
        assert!(sent <= 2 * 8 * culprits.len() + 4, "{sent} lists for {culprits:?}");
        let notice = pair.events(alice).iter().find_map(|e| match e {
            Event::Notice { code: "addresses-refused", text, .. } => Some(text.clone()),
            _ => None,
        });
        let notice = notice.expect("they are named");
        assert!(culprits.iter().all(|name| notice.contains(name)), "{notice}");
        // They are not asked for again, on the next connection either.
        pair.run_for(Duration::from_mins(1));
        pair.cut(alice);
        pair.take_events(alice);
        let before = begun(&pair, alice).len();
        pair.run_until("signed in again", |p| p.phase(alice) == Some(SignInPhase::Online));
        pair.run_for(Duration::from_secs(10));
        assert_eq!(begun(&pair, alice).len() - before, 1);
        assert_eq!(pair.presence(alice, "u0001").unwrap().availability, Availability::Offline);
    }
}

#[test]
fn contacts_come_and_go_in_the_dialog() {
    let mut pair = server(&[], |_| {});
    let bob = pair.signed_in("bob");
    let alice = pair.client_with("alice", |s| with_roster(s, &["carol"]));
    pair.sign_in(alice);
    pair.run_for(Duration::from_secs(5));
    pair.order(alice, Command::PutContact { address: address("bob"), name: String::new(), groups: vec![] });
    pair.run_until("bob", |p| sees(p, alice, "bob", Availability::Online));
    choose(&mut pair, bob, Availability::Busy);
    pair.run_until("bob busy", |p| sees(p, alice, "bob", Availability::Busy));
    assert_eq!(begun(&pair, alice).len(), 1, "no other dialog");
    pair.order(alice, Command::RemoveContact(address("bob")));
    pair.run_for(Duration::from_secs(5));
    pair.take_events(alice);
    let before = pair.wired(alice, Way::Down, "BENOTIFY").len();
    choose(&mut pair, bob, Availability::Away);
    pair.run_for(Duration::from_secs(5));
    assert_eq!(pair.wired(alice, Way::Down, "BENOTIFY").len(), before, "nothing is told of him");
    assert_eq!(pair.presence(alice, "bob"), None);
    assert_eq!(faults(&mut pair, alice), []);
}

#[test]
fn several_devices_of_one_person() {
    let mut pair = server(&[], |_| {});
    let (desk, lap) = (pair.signed_in("bob"), pair.signed_in("bob"));
    choose(&mut pair, desk, Availability::Away);
    let alice = pair.client_with("alice", |s| with_roster(s, &["bob"]));
    pair.sign_in(alice);
    pair.run_until("two devices", |p| p.presence(alice, "bob").is_some_and(|p| p.devices.len() == 2));
    assert!(sees(&pair, alice, "bob", Availability::Online));
    assert!(pair.presence(alice, "bob").unwrap().devices.iter().all(|d| d.age.is_some() && !d.id.is_empty()));
    pair.order(lap, Command::SignOut);
    pair.run_until("the other speaks", |p| sees(p, alice, "bob", Availability::Away));
    assert_eq!(pair.phase(desk), Some(SignInPhase::Online));
}

#[test]
fn disorder_gaps_and_odd_documents_change_nothing() {
    use chinwag::demo::oddities::DocumentOddity;
    for document in
        [DocumentOddity::None, DocumentOddity::WrongEncoding, DocumentOddity::NoNamespace, DocumentOddity::SwappedNamespace]
    {
        for (disorder, version_gap) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut pair = server(&[], |config| {
                config.oddities.disorder = disorder;
                config.oddities.version_gap = version_gap;
                config.oddities.document = document;
            });
            let (bob, carol) = (pair.signed_in("bob"), pair.signed_in("carol"));
            let alice = pair.client_with("alice", |s| with_roster(s, &["bob", "carol"]));
            pair.sign_in(alice);
            for availability in [Availability::Busy, Availability::Away, Availability::OnThePhone] {
                choose(&mut pair, bob, availability);
                choose(&mut pair, carol, availability);
                pair.run_until("both", |p| sees(p, alice, "bob", availability) && sees(p, alice, "carol", availability));
                pair.run_for(Duration::from_secs(2));
            }
            assert_eq!(begun(&pair, alice).len(), 1);
            let gaps = faults(&mut pair, alice);
            let gap = gaps.iter().any(|(word, _)| *word == "version-gap");
            assert!(gap == version_gap && (disorder || gaps.len() == usize::from(gap)), "{gaps:?}");
        }
    }
}

#[test]
fn the_home_server_is_found_and_gone_to_first() {
    let home = format!("{DOMAIN}:{HOME_PORT}");
    let mut pair = server(&[], |config| {
        config.homes.insert(address("alice"), home.clone());
    });
    let features = || Features::default().with(&[Feature::Lcs]).with(&SWITCHES);
    pair.add_home(|config| config.features = features());
    let alice = pair.client_with("alice", |s| with_roster(s, &["bob"]));
    pair.sign_in(alice);
    let redirects = |p: &Pair| p.wired(alice, Way::Down, "301").len();
    assert_eq!(redirects(&pair), 1);
    let last = pair.wired(alice, Way::Up, "REGISTER").last().copied().cloned().unwrap();
    assert!(last.header("From").unwrap().contains(";epid="));
    // Back at the home server, without asking the way.
    pair.cut(alice);
    pair.run_until("signed in again", |p| p.phase(alice) == Some(SignInPhase::Online));
    assert_eq!(redirects(&pair), 1);
    // A home that sends us back to where we came from leads nowhere.
    pair.add_home(|config| {
        config.features = features();
        config.homes.insert(address("alice"), format!("{DOMAIN}:5060"));
    });
    pair.cut(alice);
    pair.take_events(alice);
    pair.run_for(Duration::from_mins(1));
    let lost = |e: &Event| matches!(e, Event::Phase { phase: SignInPhase::Waiting { why: WaitReason::Protocol { .. }, .. }, .. });
    assert!(pair.events(alice).iter().any(lost), "{:?}", pair.events(alice));
}

#[test]
fn the_server_signs_a_device_out() {
    for (word, stays) in [("unregistered", false), ("rejected", false), ("deactivated", true)] {
        for off in [&[][..], &[Feature::Benotify]] {
            let mut pair = server(off, |_| {});
            let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
            pair.take_events(alice);
            pair.with(|server, now| {
                let ended = server.deregister(&address("alice"), None, Deregistration::parse(word).unwrap(), now);
                assert_eq!(ended, 1);
            });
            pair.run_for(Duration::from_mins(30));
            match pair.phase(alice) {
                Some(SignInPhase::Offline { why: Some(WaitReason::SignedOutByServer { .. }) }) => assert!(!stays, "{word}"),
                Some(SignInPhase::Online) => assert!(stays, "{word}"),
                other => panic!("{word}: {other:?}"),
            }
            assert_eq!(pair.phase(bob), Some(SignInPhase::Online), "nobody else is troubled");
            if !stays {
                pair.sign_in(alice);
            }
        }
    }
}

/// Messages and octets in both directions, and the time, until everybody is known.
fn cost(off: &[Feature], count: usize) -> (usize, usize, Duration) {
    let mut names = Vec::new();
    let off: Vec<Feature> = off.iter().copied().chain([Feature::Digest]).collect();
    let mut pair = server(&off, |config| {
        names = crowd(config, count);
        config.limits.list_entries = 2000;
    });
    pair.faults.latency = Duration::from_millis(25);
    let alice = client_of_crowd(&mut pair, &names);
    pair.order(alice, Command::SetPresence(OwnPresence::default()));
    pair.order(alice, Command::SignIn);
    let (mut last, mut known) = (Duration::ZERO, 0);
    for _ in 0..600 {
        let before = known;
        pair.run_for(Duration::from_millis(100));
        known = pair.events(alice).iter().filter(|e| matches!(e, Event::Presence { .. })).count();
        if known != before {
            last = pair.now.duration_since(pair.started());
        }
    }
    assert_eq!(known, count);
    let messages: Vec<&Wired> = pair.wire().iter().filter(|w| w.kind() != "ping").collect();
    (messages.len(), messages.iter().map(|w| w.text.len()).sum(), last)
}

#[test]
fn what_a_hundred_contacts_cost() {
    let (cheap, dear) = (cost(&[], 100), cost(&SWITCHES, 100));
    // The three REGISTERs of NTLM and their answers are not counted.
    assert!(cheap.0 - 6 <= 14, "{} messages", cheap.0 - 6);
    assert!(cheap.0 * 10 <= dear.0, "{cheap:?} {dear:?}");
    assert!(cheap.1 * 3 <= dear.1, "{cheap:?} {dear:?}");
    assert!(cheap.2 * 4 <= dear.2, "{cheap:?} {dear:?}");
}
