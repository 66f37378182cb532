//! Batch subscriptions against a server that does what it should, something else, or the opposite
//! of what it said.

use super::lcs_golden::people_in;
use super::world::{GRANTS, World, roster, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event};
use crate::model::{Capabilities, Dialect, Presence, SignInPhase};
use crate::sip::message::Message;

mod people;

const LIST: &str = "multipart/related;type=\"application/rlmi+xml\";start=resourceList;boundary=b";
const ONE: &str = "text/xml+msrtc.pidf";

pub(super) fn lcs(names: &[&str]) -> SipSettings {
    SipSettings { dialect: Some(Dialect::Lcs), roster: roster(names), ..settings() }
}

/// Signs in to a server that says this of itself.
pub(super) fn sign_in(world: &mut World, says: &[&str]) {
    world.connect();
    let register = world.expect("REGISTER");
    let mut headers = vec!["Expires: 900", "Supported: com.microsoft.msrtc.presence"];
    headers.extend(says);
    if !says.iter().any(|header| header.starts_with("Allow-Events")) {
        headers.push("Allow-Events: presence");
    }
    world.answer(&register, 200, &headers);
    world.take_events();
}

/// Signed in to a server with batch subscriptions; the first one.
fn batch(names: &[&str]) -> (World, Message) {
    let mut world = World::new(lcs(names));
    sign_in(&mut world, &["Supported: adhoclist"]);
    let subscribe = world.expect("SUBSCRIBE");
    assert!(people_in(&subscribe).starts_with("create ") && people_in(&subscribe).contains(" alice"));
    (world, subscribe)
}

/// The same, with everybody online but those named offline.
fn standing(names: &[&str]) -> (World, Message) {
    let (mut world, subscribe) = batch(names);
    let all: Vec<(&str, u32)> = names.iter().map(|name| (*name, 400)).chain([("alice", 0)]).collect();
    world.piggyback(&subscribe, GRANTS, LIST, &list(0, true, &all));
    assert_eq!(world.last_phase(), SignInPhase::Online);
    assert_eq!(seen(&mut world).len(), names.len());
    (world, subscribe)
}

fn presentity(name: &str, activity: u32) -> String {
    let availability = if activity == 0 { 0 } else { 300 };
    format!(
        "<presentity uri=\"{name}@example.test\"><availability aggregate=\"{availability}\"/><activity aggregate=\"{activity}\"/></presentity>"
    )
}

fn list(version: u32, full: bool, people: &[(&str, u32)]) -> String {
    let rows: String = people
        .iter()
        .map(|(name, _)| {
            format!("<resource uri=\"sip:{name}@example.test\"><instance id=\"0\" state=\"active\" cid=\"{name}\"/></resource>")
        })
        .collect();
    let parts: String = people.iter().map(|(name, activity)| part(name, &presentity(name, *activity))).collect();
    lists(version, full, &rows, &parts)
}

fn lists(version: u32, full: bool, rows: &str, parts: &str) -> String {
    format!(
        "--b\r\nContent-ID: resourceList\r\nContent-Type: application/rlmi+xml\r\n\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" \
         uri=\"sip:alice@example.test\" version=\"{version}\" fullState=\"{full}\">{rows}</list>\r\n\r\n{parts}--b--\r\n"
    )
}

fn part(name: &str, document: &str) -> String {
    format!("--b\r\nContent-ID: {name}\r\nContent-Type: {ONE}\r\n\r\n{document}\r\n\r\n")
}

/// Who was said to be how since the last call, in order of names; `~` where it is stale.
pub(super) fn seen(world: &mut World) -> Vec<String> {
    let presence = |event: Event| match event {
        Event::Presence { who, now: Presence { availability, stale, .. } } => {
            Some(format!("{} {}{}", who.user(), if stale { "~" } else { "" }, availability.word()))
        }
        _ => None,
    };
    let mut all: Vec<String> = world.take_events().into_iter().filter_map(presence).collect();
    all.sort();
    all
}

/// A notification in the dialog, never answered where it is BENOTIFY.
fn tell(world: &mut World, method: &str, subscribe: &Message, cseq: u32, state: &str, body: Option<(&str, &str)>) {
    let (content_type, text) = body.unwrap_or_default();
    let content_type = if content_type.is_empty() { String::new() } else { format!("Content-Type: {content_type}\r\n") };
    let message = format!(
        "{method} sip:192.0.2.10:49152;transport=tls;ms-received-cid=1E00 SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5:5061;\
         branch=z9hG4bK{cseq}.{}\r\nMax-Forwards: 70\r\nFrom: <{}>;tag=n\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n\
         Require: eventlist\r\nEvent: {}\r\nsubscription-state: {state}\r\n{content_type}Content-Length: {}\r\n\r\n{text}",
        subscribe.call_id().unwrap(),
        subscribe.to().unwrap().uri,
        subscribe.header("From").unwrap(),
        subscribe.call_id().unwrap(),
        subscribe.header("Event").unwrap(),
        text.len()
    );
    world.feed(message.as_bytes());
}

fn benotify(world: &mut World, subscribe: &Message, cseq: u32, body: (&str, &str)) {
    tell(world, "BENOTIFY", subscribe, cseq, "active;expires=28367", Some(body));
}

fn faults(world: &mut World) -> Vec<(&'static str, u64)> {
    world.command(Command::ReportTraffic).unwrap();
    let Some(Event::Traffic(traffic)) = world.events.pop() else { panic!() };
    traffic.faults.into_iter().collect()
}

fn found(world: &World) -> Capabilities {
    let told = |e: &Event| match e {
        Event::Capabilities(found) => Some(found.clone()),
        _ => None,
    };
    world.events.iter().rev().find_map(told).expect("capabilities are told")
}

fn notices(world: &World) -> Vec<&'static str> {
    let code = |e: &Event| match e {
        Event::Notice { code, .. } => Some(*code),
        _ => None,
    };
    world.events.iter().filter_map(code).collect()
}

fn put(world: &mut World, name: &str) {
    world.command(Command::PutContact { address: who(name), name: String::new(), groups: vec![] }).unwrap();
}

/// Lets time pass; everything sent meanwhile but what keeps the registration.
fn sent_within(world: &mut World, seconds: u64) -> Vec<(u64, Message)> {
    let mut out = Vec::new();
    for at in 1..=seconds {
        world.seconds(1);
        while let Some(message) = world.take() {
            match message.method().map(|m| m.as_str().to_owned()).as_deref() {
                Some("REGISTER") => world.answer(&message, 200, &["Expires: 900"]),
                _ => out.push((at, message)),
            }
        }
    }
    out
}

/// Lets time pass until something is sent, and tells how many seconds passed.
fn next_sent(world: &mut World, most: u64) -> (u64, Message) {
    for at in 1..=most {
        if let Some((_, message)) = sent_within(world, 1).pop() {
            return (at, message);
        }
    }
    panic!("nothing was sent within {most} s: {:?}", world.events);
}

// What is refused.

#[test]
fn the_ladder() {
    let table: [(u16, &[&str]); 10] = [
        (405, &[]),
        (406, &[]),
        (415, &[]),
        (420, &["Unsupported: adhoclist"]),
        (420, &["Unsupported: eventlist"]),
        (488, &[]),
        (489, &[]),
        (501, &[]),
        (404, &[]),
        (302, &["Contact: <sip:x.test>"]),
    ];
    for (code, headers) in table {
        let (mut world, subscribe) = batch(&["bob", "carol"]);
        world.answer(&subscribe, code, headers);
        let mut asked: Vec<String> = (0..3).map(|_| world.expect("SUBSCRIBE").uri().to_owned()).collect();
        asked.sort();
        assert_eq!(asked, ["sip:alice@example.test", "sip:bob@example.test", "sip:carol@example.test"], "{code}");
        world.nothing_sent();
        assert!(notices(&world).is_empty());
    }
}

#[test]
fn the_ladder_goes_over_the_lists_of_simple() {
    let mut world = World::new(SipSettings { adhoc_list_uri: Some("sip:rls@example.test".into()), ..lcs(&["bob"]) });
    sign_in(&mut world, &["Supported: adhoclist"]);
    let subscribe = world.expect("SUBSCRIBE");
    world.answer(&subscribe, 489, &[]);
    let mut asked = [world.expect("SUBSCRIBE"), world.expect("SUBSCRIBE")];
    asked.sort_by_key(|m| m.uri().to_owned());
    assert_eq!(asked[1].header("Require").unwrap(), "recipient-list-subscribe");
    assert_eq!(asked[0].uri(), "sip:alice@example.test", "ourselves");
    world.answer(&asked[1], 420, &["Unsupported: recipient-list-subscribe"]);
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:bob@example.test");
}

#[test]
fn who_may_see_nobody_is_told_so() {
    let (mut world, subscribe) = batch(&["bob"]);
    world.answer(&subscribe, 403, &["Warning: 399 lcs \"Ask your administrator\""]);
    assert_eq!(notices(&world), ["presence-refused"]);
    assert_eq!(seen(&mut world), ["bob unknown"]);
    put(&mut world, "carol");
    world.seconds(600);
    world.nothing_sent();
}

#[test]
fn a_server_that_cannot_now_is_asked_later_and_then_otherwise() {
    let (mut world, subscribe) = batch(&["bob"]);
    world.answer(&subscribe, 503, &["Retry-After: 100"]);
    world.nothing_sent();
    let (after, again) = next_sent(&mut world, 125);
    assert!((100..=121).contains(&after), "{after}");
    assert_eq!(people_in(&again), "create alice bob");
    assert_ne!(again.call_id(), subscribe.call_id());
    world.answer(&again, 500, &[]);
    let (_, again) = next_sent(&mut world, 200);
    world.answer(&again, 500, &[]);
    assert_eq!((world.expect("SUBSCRIBE").body.len(), world.expect("SUBSCRIBE").body.len()), (0, 0), "one by one");
}

#[test]
fn extensions_are_given_up_one_by_one() {
    let (mut world, first) = batch(&["bob"]);
    world.answer(&first, 420, &["Unsupported: ms-piggyback-first-notify"]);
    let second = world.expect("SUBSCRIBE");
    assert!(!second.headers.lists_token("Supported", "ms-piggyback-first-notify"));
    world.answer(&second, 420, &[]);
    let third = world.expect("SUBSCRIBE");
    assert!(third.header("Proxy-Require").is_none());
    world.answer(&third, 420, &["Unsupported: com.microsoft.autoextend"]);
    let fourth = world.expect("SUBSCRIBE");
    assert_eq!(fourth.headers.list("Supported"), ["eventlist"]);
    world.answer(&fourth, 420, &[]);
    assert!(world.expect("SUBSCRIBE").body.is_empty(), "nothing is left to give up");
}

// Changes.

#[test]
fn changes_are_gathered_and_none_overtakes_another() {
    let (mut world, subscribe) = standing(&["bob", "carol"]);
    put(&mut world, "dave");
    let first = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&first), "add dave");
    assert!(first.headers.lists_token("Require", "adhoclist") && first.headers.lists_token("Supported", "eventlist"));
    put(&mut world, "erin");
    put(&mut world, "frank");
    world.command(Command::RemoveContact(who("bob"))).unwrap();
    world.nothing_sent();
    world.piggyback(&first, GRANTS, ONE, &presentity("dave", 600));
    assert_eq!(seen(&mut world), ["dave busy"]);
    let second = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&second), "add erin frank");
    assert_eq!((second.call_id(), second.cseq().unwrap().number), (subscribe.call_id(), 3));
    // Even an answer that claims to be everything says nothing of the others.
    world.piggyback(&second, GRANTS, LIST, &list(0, true, &[("erin", 400), ("frank", 0)]));
    assert_eq!(seen(&mut world), ["erin online", "frank offline"]);
    let third = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&third), "delete bob");
    world.answer(&third, 200, GRANTS);
    world.nothing_sent();
}

#[test]
fn a_server_without_changes_gets_the_whole_list_and_one_without_this_is_asked_otherwise() {
    let (mut world, subscribe) = standing(&["bob"]);
    put(&mut world, "dave");
    let add = world.expect("SUBSCRIBE");
    world.answer(&add, 400, &[]);
    let whole = world.expect("SUBSCRIBE");
    assert_eq!((people_in(&whole).as_str(), whole.call_id()), ("create alice bob dave", subscribe.call_id()));
    world.piggyback(&whole, GRANTS, LIST, &list(1, true, &[("alice", 0), ("bob", 400), ("dave", 600)]));
    assert_eq!(seen(&mut world), ["bob online", "dave busy"]);
    put(&mut world, "erin");
    let whole = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&whole), "create alice bob dave erin", "it is remembered");
    world.answer(&whole, 488, &[]);
    let single = world.expect("SUBSCRIBE");
    assert_eq!((single.uri(), single.body.len()), ("sip:erin@example.test", 0));
    world.answer(&single, 200, GRANTS);
    benotify(&mut world, &subscribe, 9, (ONE, &presentity("bob", 500)));
    assert_eq!(seen(&mut world), ["bob phone"], "the list stands");
    put(&mut world, "frank");
    let other = world.expect("SUBSCRIBE");
    assert_eq!((people_in(&other).as_str(), other.call_id() == subscribe.call_id()), ("create frank", false));
}

#[test]
fn a_server_that_adds_and_says_nothing_is_asked_for_everybody() {
    let (mut world, subscribe) = standing(&["bob"]);
    put(&mut world, "dave");
    let add = world.expect("SUBSCRIBE");
    world.answer(&add, 200, GRANTS);
    let (after, whole) = next_sent(&mut world, 40);
    assert_eq!((after, people_in(&whole).as_str(), whole.call_id()), (32, "create alice bob dave", subscribe.call_id()));
    world.piggyback(&whole, GRANTS, LIST, &list(1, true, &[("alice", 0), ("bob", 400), ("dave", 0)]));
    assert!(seen(&mut world).contains(&"dave offline".to_owned()));
    // Who goes is not missed.
    world.command(Command::RemoveContact(who("bob"))).unwrap();
    let delete = world.expect("SUBSCRIBE");
    world.answer(&delete, 200, GRANTS);
    assert!(sent_within(&mut world, 600).is_empty());
}

#[test]
fn each_dialog_has_what_was_granted_for_it() {
    let mut world = World::new(lcs(&["bob"]));
    sign_in(&mut world, &[]);
    let mut asked = [world.expect("SUBSCRIBE"), world.expect("SUBSCRIBE")];
    asked.sort_by_key(|m| m.uri().to_owned());
    let [own, bob] = asked;
    world.piggyback(&own, GRANTS, ONE, &presentity("alice", 0));
    world.piggyback(&bob, &["Expires: 3600", "Supported: ms-piggyback-first-notify"], ONE, &presentity("bob", 400));
    world.take_events();
    benotify(&mut world, &own, 2, (ONE, &presentity("alice", 400)));
    assert_eq!(faults(&mut world), []);
    benotify(&mut world, &bob, 2, (ONE, &presentity("bob", 400)));
    assert_eq!(faults(&mut world), [("benotify-unasked", 1)]);
    // Ours lasts for hours, bob's is refreshed within its hour although he was told of.
    assert!(sent_within(&mut world, 1700).is_empty());
    tell(&mut world, "NOTIFY", &bob, 3, "active;expires=1900", Some((ONE, &presentity("bob", 600))));
    world.expect_answer(200);
    let (after, refresh) = next_sent(&mut world, 1900);
    assert_eq!(refresh.call_id(), bob.call_id());
    assert!((1602..=1780).contains(&after), "{after}");
}

// How long it lasts.

#[test]
fn notifications_extend_and_silence_is_ended_by_a_refresh() {
    let (mut world, subscribe) = standing(&["bob"]);
    // 24 hours with a notification every five.
    for n in 0..5 {
        assert!(sent_within(&mut world, 5 * 3600).is_empty());
        benotify(&mut world, &subscribe, 2 + n, (ONE, &presentity("bob", 400)));
    }
    let (after, refresh) = next_sent(&mut world, 28_367);
    assert!((25_422..=28_247).contains(&after), "{after}");
    assert_eq!((people_in(&refresh).as_str(), refresh.call_id()), ("create alice bob", subscribe.call_id()));
    assert!(refresh.header("Expires").is_none());
}

#[test]
fn without_extension_the_time_runs_on() {
    for (granted, least, most) in [(3600_u32, 3132, 3480), (240, 192, 192), (241, 108, 121), (60, 48, 48)] {
        let (mut world, subscribe) = batch(&["bob"]);
        let expires = format!("Expires: {granted}");
        world.piggyback(&subscribe, &[&expires, "Supported: ms-benotify"], LIST, &list(0, true, &[("alice", 0), ("bob", 400)]));
        let half = u64::from(granted / 2);
        assert!(sent_within(&mut world, half - 20).is_empty());
        let left = format!("active;expires={}", u64::from(granted) - (half - 20));
        tell(&mut world, "BENOTIFY", &subscribe, 2, &left, Some((ONE, &presentity("bob", 600))));
        let sent = sent_within(&mut world, u64::from(granted));
        let after = sent[0].0 + half - 20;
        // What is left counts anew; above twice two minutes it is refreshed two minutes before.
        assert!(after <= most.max(u64::from(granted)) && after >= half, "{granted}: {after}");
        let (mut world, subscribe) = batch(&["bob"]);
        world.piggyback(&subscribe, &[&expires], LIST, &list(0, true, &[("alice", 0), ("bob", 400)]));
        let sent = sent_within(&mut world, u64::from(granted));
        assert!((least..=most).contains(&sent[0].0), "{granted}: {}", sent[0].0);
    }
}

#[test]
fn a_dialog_the_server_forgot_is_begun_anew_at_once() {
    let (mut world, subscribe) = standing(&["bob"]);
    let (_, refresh) = next_sent(&mut world, 28_367);
    world.answer(&refresh, 481, &[]);
    let again = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&again), "create alice bob");
    assert_ne!(again.call_id(), subscribe.call_id());
    assert!(again.to().unwrap().tag().is_none());
    assert_eq!(seen(&mut world), Vec::<String>::new(), "nobody is in doubt");
    world.piggyback(&again, GRANTS, LIST, &list(0, true, &[("alice", 0), ("bob", 600)]));
    assert_eq!(seen(&mut world), ["bob busy"], "a new dialog counts from the beginning");
}

#[test]
fn a_server_that_will_not_hear_the_list_again_is_refreshed_without() {
    let (mut world, subscribe) = standing(&["bob"]);
    let (_, refresh) = next_sent(&mut world, 28_367);
    world.answer(&refresh, 415, &[]);
    assert_eq!(seen(&mut world), Vec::<String>::new());
    let (after, bare) = next_sent(&mut world, 61);
    assert!(after >= 15, "{after}");
    assert_eq!((bare.body.len(), bare.call_id()), (0, subscribe.call_id()));
    assert!(bare.header("Require").is_none() && bare.headers.lists_token("Supported", "eventlist"));
    world.answer(&bare, 200, GRANTS);
    let (_, bare) = next_sent(&mut world, 28_367);
    assert!(bare.body.is_empty(), "it is remembered");
}

#[test]
fn a_server_that_promised_to_extend_and_ends_it() {
    let (mut world, subscribe) = standing(&["bob"]);
    tell(&mut world, "BENOTIFY", &subscribe, 2, "terminated;reason=timeout", None);
    assert_eq!(seen(&mut world), ["bob ~online"]);
    let sent = sent_within(&mut world, 6);
    let [(_, again)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(people_in(again), "create alice bob");
    world.piggyback(again, GRANTS, LIST, &list(0, true, &[("alice", 0), ("bob", 400)]));
    assert_eq!(seen(&mut world), ["bob online"]);
    tell(&mut world, "BENOTIFY", again, 2, "terminated;reason=rejected", None);
    let mut asked: Vec<String> = (0..2).map(|_| world.expect("SUBSCRIBE").uri().to_owned()).collect();
    asked.sort();
    assert_eq!(asked, ["sip:alice@example.test", "sip:bob@example.test"], "one by one, as the last resort");
}

#[test]
fn an_answer_that_ends_what_it_accepts() {
    let (mut world, subscribe) = batch(&["bob"]);
    world.answer(&subscribe, 200, &["Expires: 0", "subscription-state: terminated;expires=0"]);
    let sent = sent_within(&mut world, 6);
    assert_eq!(people_in(&sent[0].1), "create alice bob");
}

// What is told otherwise than agreed upon.

#[test]
fn a_server_that_says_batch_and_sends_one_document_after_the_other() {
    let (mut world, subscribe) = batch(&["bob", "carol"]);
    world.answer(&subscribe, 200, &["Expires: 3600", "Contact: <sip:lcs1.example.test>"]);
    assert_eq!(world.phases(), Vec::<&str>::new(), "nothing is known yet");
    for (cseq, (name, activity)) in [("carol", 600), ("bob", 400), ("alice", 0)].into_iter().enumerate() {
        tell(
            &mut world,
            "NOTIFY",
            &subscribe,
            u32::try_from(cseq).unwrap() + 1,
            "active;expires=3600",
            Some((ONE, &presentity(name, activity))),
        );
        world.expect_answer(200);
    }
    let capabilities = found(&world);
    assert!(capabilities.batch && !capabilities.benotify && !capabilities.piggyback && !capabilities.autoextend);
    assert_eq!(seen(&mut world), ["bob online", "carol busy"]);
    assert_eq!(faults(&mut world), []);
}

#[test]
fn a_server_that_says_benotify_and_sends_notify() {
    let (mut world, subscribe) = standing(&["bob"]);
    tell(&mut world, "NOTIFY", &subscribe, 2, "active;expires=28367", Some((ONE, &presentity("bob", 600))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), ["bob busy"]);
    assert_eq!(faults(&mut world), []);
}

#[test]
fn a_server_that_sends_benotify_unasked() {
    let (mut world, subscribe) = batch(&["bob"]);
    world.piggyback(&subscribe, &["Expires: 3600"], LIST, &list(0, true, &[("alice", 0), ("bob", 400)]));
    world.take_events();
    benotify(&mut world, &subscribe, 2, (ONE, &presentity("bob", 600)));
    world.nothing_sent();
    assert_eq!(seen(&mut world), ["bob busy"]);
    assert_eq!(faults(&mut world), [("benotify-unasked", 1)]);
}

#[test]
fn an_answer_that_says_it_brings_the_state_and_does_not() {
    let (mut world, subscribe) = batch(&["bob"]);
    let mut headers = GRANTS.to_vec();
    headers.extend(["ms-piggyback-cseq: 1", "Contact: <sip:lcs1.example.test>"]);
    world.answer(&subscribe, 200, &headers);
    assert_eq!(faults(&mut world), [("piggyback-empty", 1)]);
    // It may still come.
    let (mut patient, asked) = batch(&["bob"]);
    patient.answer(&asked, 200, &headers);
    patient.seconds(2);
    tell(
        &mut patient,
        "BENOTIFY",
        &asked,
        2,
        "active;expires=28367",
        Some((LIST, &list(0, true, &[("alice", 0), ("bob", 400)]))),
    );
    assert_eq!(seen(&mut patient), ["bob online"]);
    assert!(sent_within(&mut patient, 60).is_empty());
    // Else it is asked for without.
    let sent = sent_within(&mut world, 4);
    let [(3, again)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((people_in(again).as_str(), again.call_id()), ("create alice bob", subscribe.call_id()));
    assert!(!again.headers.lists_token("Supported", "ms-piggyback-first-notify"));
    world.answer(again, 200, &["Expires: 3600"]);
    let sent = sent_within(&mut world, 33);
    assert_eq!(sent.len(), 2, "a server that never tells is asked for each: {sent:?}");
    assert!(sent.iter().all(|(after, single)| *after == 31 && single.body.is_empty()));
}

#[test]
fn best_effort_of_nothing_we_know() {
    let (mut world, subscribe) = standing(&["bob"]);
    let mut other = subscribe.clone();
    other.headers.set("Call-ID", "another");
    benotify(&mut world, &other, 2, (ONE, &presentity("bob", 600)));
    world.nothing_sent();
    tell(&mut world, "NOTIFY", &other, 2, "active", Some((ONE, &presentity("bob", 600))));
    world.expect_answer(481);
    let mut other = subscribe.clone();
    other.headers.set("From", "<sip:alice@example.test>;tag=another");
    benotify(&mut world, &other, 2, (ONE, &presentity("bob", 600)));
    world.nothing_sent();
    assert_eq!(seen(&mut world), Vec::<String>::new());
    assert_eq!(faults(&mut world), [("notification-unknown", 2)]);
}

// Versions and disorder.

#[test]
fn the_order_of_numbers_does_not_matter_but_versions_do() {
    let (mut world, subscribe) = standing(&["bob", "carol"]);
    benotify(&mut world, &subscribe, 7, (LIST, &list(1, false, &[("bob", 600)])));
    benotify(&mut world, &subscribe, 3, (LIST, &list(2, false, &[("carol", 600)])));
    assert_eq!(seen(&mut world), ["bob busy", "carol busy"]);
    benotify(&mut world, &subscribe, 8, (LIST, &list(2, false, &[("carol", 100)])));
    benotify(&mut world, &subscribe, 9, (LIST, &list(1, true, &[("carol", 100)])));
    assert_eq!(seen(&mut world), Vec::<String>::new(), "told before");
    world.nothing_sent();
    // A gap: what came counts, and the rest is asked for.
    benotify(&mut world, &subscribe, 10, (LIST, &list(5, false, &[("carol", 100)])));
    assert_eq!(seen(&mut world), ["carol away"]);
    let whole = world.expect("SUBSCRIBE");
    assert_eq!((people_in(&whole).as_str(), whole.call_id()), ("create alice bob carol", subscribe.call_id()));
    world.piggyback(&whole, GRANTS, LIST, &list(0, true, &[("alice", 0), ("bob", 300), ("carol", 100)]));
    assert_eq!(seen(&mut world), ["bob brb", "carol away"], "our question is answered, whatever its number");
    benotify(&mut world, &subscribe, 12, (LIST, &list(1, false, &[("bob", 400)])));
    assert_eq!(seen(&mut world), ["bob online"]);
    assert_eq!(faults(&mut world), [("version-gap", 1)]);
}

#[test]
fn names_in_any_spelling() {
    let (mut world, subscribe) = standing(&["bob", "Carol"]);
    for (spelling, name) in [
        ("bob@example.test", "bob"),
        ("sip:bob@EXAMPLE.TEST", "bob"),
        ("SIP:BOB@example.test", "bob"),
        ("carol@example.test", "Carol"),
    ] {
        let body =
            format!("<presentity uri=\"{spelling}\"><availability aggregate=\"300\"/><activity aggregate=\"600\"/></presentity>");
        benotify(&mut world, &subscribe, 2, (ONE, &body));
        assert_eq!(seen(&mut world), [format!("{name} busy")], "{spelling}");
    }
}
