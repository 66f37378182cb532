//! A server that says what no server should: numbers at their ends, ids used twice.

use std::time::Duration;

use super::world::{World, roster, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event};
use crate::model::{Availability, OwnPresence, SignInPhase, WaitReason, WatcherState};
use crate::sip::message::Message;

/// A week in seconds: the longest lifetime a server can press on us.
const WEEK: &str = "Min-Expires: 604800";
const FOR_EVER: &str = "Retry-After: 18446744073709551615";

fn named(world: &mut World, method: &str) -> Message {
    for _ in 0..100_000 {
        match world.take() {
            Some(message) if message.method().is_some_and(|m| m.as_str() == method) => return message,
            Some(_) => {}
            None => world.seconds(1),
        }
    }
    panic!("no {method}");
}

#[test]
fn a_registrar_that_finds_the_longest_time_too_short() {
    let mut world = World::new(settings());
    world.connect();
    for _ in 0..2 {
        let register = world.expect("REGISTER");
        world.answer(&register, 423, &[WEEK]);
    }
    let third = world.expect("REGISTER");
    assert_eq!(third.header("Expires").unwrap(), "604800");
    world.answer(&third, 423, &[WEEK]);
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Protocol { .. }, .. }));
    // The wish is remembered; the next attempt begins where this one ended.
    world.seconds(4);
    world.link_up();
    let register = world.expect("REGISTER");
    world.answer(&register, 423, &["Min-Expires: 4294967295"]);
    assert_eq!(world.expect("REGISTER").header("Expires").unwrap(), "604800");
}

#[test]
fn a_notifier_that_finds_the_longest_time_too_short() {
    let mut world = World::online(SipSettings { roster: roster(&["bob"]), ..settings() });
    for _ in 0..2 {
        let subscribe = world.expect("SUBSCRIBE");
        world.answer(&subscribe, 423, &[WEEK]);
    }
    assert_eq!(world.expect("SUBSCRIBE").header("Expires").unwrap(), "604800");
}

#[test]
fn a_compositor_that_finds_the_longest_time_too_short() {
    let mut world = World::new(settings());
    world.publishes = true;
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    for _ in 0..2 {
        let publish = named(&mut world, "PUBLISH");
        world.answer(&publish, 423, &[WEEK]);
    }
    assert_eq!(named(&mut world, "PUBLISH").header("Expires").unwrap(), "604800");
}

#[test]
fn a_refresh_put_off_for_ever_comes_in_time() {
    let mut world = World::online(settings());
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 503, &[FOR_EVER]);
    let (again, after) = world.until("REGISTER");
    assert_eq!(again.call_id(), refresh.call_id());
    assert!(after <= 600, "{after}");
}

#[test]
fn a_subscription_put_off_for_ever_ends_in_time() {
    let mut world = World::online(SipSettings { roster: roster(&["bob"]), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    world.answer(&subscribe, 200, &["Expires: 100", "Contact: <sip:203.0.113.5:5061;transport=tls>"]);
    world.notify(&subscribe, "n", 1, "active;expires=100", None);
    world.expect_answer(200);
    let refresh = named(&mut world, "SUBSCRIBE");
    world.take_events();
    world.answer(&refresh, 503, &[FOR_EVER]);
    let anew = named(&mut world, "SUBSCRIBE");
    assert_ne!(anew.call_id(), subscribe.call_id());
    let stale = |e: &Event| matches!(e, Event::Presence { now, .. } if now.stale);
    assert!(world.events.iter().any(stale), "{:?}", world.events);
}

#[test]
fn lifetimes_at_their_ends() {
    for seconds in ["0", "1", "4294967295", "99999999999999999999", "-5", "x"] {
        let mut world = World::new(SipSettings { roster: roster(&["bob"]), ..settings() });
        world.connect();
        let register = world.expect("REGISTER");
        let expires = format!("Expires: {seconds}");
        let flow_timer = format!("Flow-Timer: {seconds}");
        world.answer(&register, 200, &[&expires, &flow_timer]);
        let winfo = world.expect("SUBSCRIBE");
        world.answer(&winfo, 200, &[&expires, "Contact: <sip:203.0.113.5:5061;transport=tls>"]);
        let subscribe = world.expect("SUBSCRIBE");
        world.answer(&subscribe, 200, &[&expires, "Contact: <sip:203.0.113.5:5061;transport=tls>"]);
        world.notify(&subscribe, "n", 1, &format!("active;expires={seconds};retry-after={seconds}"), None);
        world.expect_answer(200);
        world.notify(&subscribe, "n", 2, &format!("terminated;reason=giveup;retry-after={seconds}"), None);
        world.expect_answer(200);
        let before = world.sent.len();
        world.seconds(5);
        assert!(world.sent.len() - before < 20, "{seconds}: {}", world.sent.len());
        assert!(
            world.command(Command::SetPresence(OwnPresence { chosen: Availability::Busy, ..OwnPresence::default() })).is_ok()
        );
        world.pass(Duration::from_secs(2));
    }
}

#[test]
fn a_row_that_changes_hands_lets_the_first_person_go() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let subscribe = world.expect("SUBSCRIBE");
    world.answer(&subscribe, 200, &["Expires: 3600", "Contact: <sip:203.0.113.5:5061;transport=tls>"]);
    world.take_events();
    let mut told = Vec::new();
    for version in 0..3 {
        let state = if version == 0 { "full" } else { "partial" };
        let body = format!(
            "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"{version}\" state=\"{state}\">\
             <watcher-list resource=\"sip:alice@example.test\" package=\"presence\">\
             <watcher id=\"1\" event=\"subscribe\" status=\"active\">sip:u{version}@example.test</watcher></watcher-list></watcherinfo>"
        );
        let content = ("application/watcherinfo+xml", body.as_str());
        world.notify(&subscribe, "n", version + 1, "active;expires=3600", Some(content));
        world.expect_answer(200);
        for event in world.take_events() {
            if let Event::Watcher { who, state, .. } = event {
                told.push((who, state));
            }
        }
    }
    let expected = [
        (who("u0"), WatcherState::Active),
        (who("u0"), WatcherState::Terminated),
        (who("u1"), WatcherState::Active),
        (who("u1"), WatcherState::Terminated),
        (who("u2"), WatcherState::Active),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_subscription_that_ends_before_its_first_state() {
    let mut world = World::online(SipSettings { roster: roster(&["bob"]), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    world.answer(&subscribe, 200, &["Expires: 0", "Contact: <sip:203.0.113.5:5061;transport=tls>"]);
    world.seconds(31);
    world.nothing_sent();
    let anew = named(&mut world, "SUBSCRIBE");
    assert_ne!(anew.call_id(), subscribe.call_id());
}

#[test]
fn a_challenge_nobody_can_answer_is_not_a_wrong_password() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    let odd = "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\", algorithm=FOO-7";
    world.answer(&register, 401, &[odd, "WWW-Authenticate: NTLM realm=\"x\""]);
    let offered = "Digest FOO-7, NTLM".to_owned();
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: Some(WaitReason::NoCommonAuth { offered }) });
}

/// What `world` said last of why it waits.
fn said(world: &World) -> String {
    match world.last_phase() {
        SignInPhase::Waiting { why: WaitReason::Protocol { detail }, .. } => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_sip_is_told_by_its_first_octets() {
    let table: [(&[u8], &str); 5] = [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "but HTTP"),
        (b"<html><body>Bad Request</body></html>", "but HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "but SSH"),
        (b"220 mail.example.test ESMTP\r\n", "but as servers for mail or files do"),
        (b"\x15\x03\x03\x00\x02\x02\x32", "the server speaks TLS on this port"),
    ];
    for (greeting, words) in table {
        for octets in [greeting.len(), 5] {
            let mut world = World::new(settings());
            world.connect();
            world.expect("REGISTER");
            greeting.chunks(octets).for_each(|piece| world.feed(piece));
            assert!(said(&world).contains(words), "{}", said(&world));
            assert_eq!(world.closed.len(), 1, "{words}");
        }
    }
}

/// However short the life of each connection: the attempts of an hour are few, and none follows at once.
#[test]
fn a_server_that_closes_after_each_register_is_not_stormed() {
    let mut world = World::new(settings());
    world.connect();
    let end = world.now + Duration::from_hours(1);
    let mut attempts = 0;
    while world.now < end {
        world.expect("REGISTER");
        attempts += 1;
        world.cut();
        let before = world.opened.len();
        let closed = world.now;
        while world.opened.len() == before {
            world.pass(Duration::from_millis(100));
        }
        assert!(world.now > closed, "at once");
        world.link_up();
    }
    assert!((8..60).contains(&attempts), "{attempts}");
}

#[test]
fn trying_for_ever_is_no_answer() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    for _ in 0..40 {
        world.answer(&register, 100, &[]);
        world.seconds(1);
    }
    assert!(world.phases().contains(&"waiting"), "{:?}", world.phases());
    let waited = world
        .events
        .iter()
        .any(|event| matches!(event, Event::Phase { phase: SignInPhase::Waiting { why: WaitReason::Timeout { .. }, .. }, .. }));
    assert!(waited, "{:?}", world.events);
}

/// Each 401 with another nonce: the password goes once, or as often as a server may say that only the
/// nonce was too old.
#[test]
fn challenges_without_end_are_not_answered_without_end() {
    for (stale, most) in [("", 1), (", stale=true", 4)] {
        let mut world = World::new(settings());
        world.connect();
        let mut answered = 0;
        for n in 0..1_000 {
            let Some(register) = world.take() else { break };
            answered += usize::from(register.header("Authorization").is_some());
            let challenge = format!("WWW-Authenticate: Digest realm=\"r\", nonce=\"n{n}\", algorithm=MD5{stale}");
            world.answer(&register, 401, &[&challenge]);
        }
        assert!((1..=most).contains(&answered), "{answered} answers{stale}");
        assert_eq!(world.last_phase(), SignInPhase::Offline { why: Some(WaitReason::WrongPassword) });
        world.seconds(3_600);
        assert!(world.take().is_none(), "tried again");
    }
}

/// A server that names hundreds of places nobody answers at: few are tried, and the wait comes.
#[test]
fn a_thousand_places_to_go_to_are_not_all_tried() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    let places: Vec<String> =
        (0..100).map(|n| format!("Contact: <sip:s{n}.example.test:5061;transport=tls>, <sip:t{n}.example.test>")).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    world.answer(&register, 302, &places);
    let mut tried = 0;
    while !matches!(world.last_phase(), SignInPhase::Waiting { .. }) {
        world.cannot_open();
        tried += 1;
        assert!(tried < 50, "they are all tried");
    }
    assert!(tried > 0);
}

/// Lists and presence come only in subscriptions of ours: whoever else sends them changes nothing.
#[test]
fn t08_lists_and_presence_nobody_asked_for_change_nothing() {
    let contacts =
        "<contactList deltaNum=\"9\"><contact uri=\"evil@example.test\" name=\"Your boss\" groups=\"1\"/></contactList>";
    let presence = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.test\"><tuple id=\"a\"><status>\
                    <basic>open</basic></status></tuple></presence>";
    for method in ["NOTIFY", "BENOTIFY"] {
        for (event, kind, body) in [
            ("vnd-microsoft-roaming-contacts", "application/vnd-microsoft-roaming-contacts+xml", contacts),
            ("vnd-microsoft-roaming-ACL", "application/vnd-microsoft-roaming-acls+xml", "<ACLlist/>"),
            ("vnd-microsoft-provisioning", "application/vnd-microsoft-roaming-provisioning+xml", "<provision/>"),
            ("registration-notify", "text/registration-event", "unregistered;x"),
            ("presence.wpending", "text/xml+wpending", "<wpending/>"),
            ("presence.winfo", "application/watcherinfo+xml", "<watcherinfo/>"),
            ("presence", "application/pidf+xml", presence),
            ("presence", "text/xml+msrtc.pidf", presence),
            ("xcap-diff", "application/xcap-diff+xml", "<xcap-diff/>"),
        ] {
            let mut world = World::online(SipSettings { roster: roster(&["bob"]), ..settings() });
            world.take_events();
            for from in ["mallory", "bob", "alice"] {
                let message = format!(
                    "{method} sip:alice@192.0.2.10:49152;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bK{from}\r\n\
                     Max-Forwards: 70\r\nFrom: <sip:{from}@example.test>;tag=1\r\nTo: <sip:alice@example.test>;tag=2\r\nCall-ID: {from}\r\n\
                     CSeq: 1 {method}\r\nContact: <sip:203.0.113.9>\r\nEvent: {event}\r\nSubscription-State: active;expires=3600\r\n\
                     Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                world.feed(message.as_bytes());
            }
            let told = world.take_events();
            assert!(told.is_empty(), "{method} {event}: {told:?}");
        }
    }
}

/// Who a text is from is told by the request, whatever is written within it.
#[test]
fn t09_names_within_a_text_are_not_its_sender() {
    let wrapped = "From: Boss <sip:boss@example.test>\r\nTo: <sip:alice@example.test>\r\nSubject: x\r\n\r\n\
                   Content-Type: text/plain; charset=utf-8\r\n\r\nsend the password";
    let twice = format!("From: <sip:ceo@example.test>\r\n\r\nContent-Type: message/cpim\r\n\r\n{wrapped}");
    let whole = "MESSAGE sip:alice@example.test SIP/2.0\r\nFrom: <sip:boss@example.test>;tag=1\r\n\r\nsend the password";
    for (call, kind, body) in [
        ("1", "message/cpim", wrapped),
        ("2", "message/cpim", twice.as_str()),
        ("3", "message/sip", whole),
        ("4", "message/sipfrag", whole),
        ("5", "message/rfc822", whole),
        ("6", "text/plain", whole),
    ] {
        let mut world = World::online(settings());
        world.take_events();
        let forged =
            ["P-Asserted-Identity: <sip:boss@example.test>", "Reply-To: <sip:boss@example.test>", "Contact: <sip:boss@x>"];
        world.message("mallory", call, &forged, kind, body.as_bytes());
        for event in world.take_events() {
            let Event::Text { from, .. } = &event else { continue };
            assert_eq!(from, &who("mallory"), "{kind}");
        }
    }
}

/// Each order of answers that a registrar may give, and of those it may not.
#[test]
fn t15_answers_in_any_order_end_in_a_state_and_few_questions() {
    const ANSWERS: [(u16, &[&str]); 6] = [
        (100, &[]),
        (401, &["WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=MD5"]),
        (
            407,
            &[
                "Proxy-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"a\", opaque=\"1\", gssapi-data=\"TlRMTVNTUAACAAAA\"",
            ],
        ),
        (200, &["Authentication-Info: Digest rspauth=\"00\", nextnonce=\"\""]),
        (423, &["Min-Expires: 0"]),
        (494, &["Security-Server: x"]),
    ];
    fn orders(left: &[usize]) -> Vec<Vec<usize>> {
        if left.is_empty() {
            return vec![Vec::new()];
        }
        let with = |first: usize| {
            let rest: Vec<usize> = left.iter().copied().filter(|one| *one != first).collect();
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, first);
                order
            })
        };
        left.iter().copied().flat_map(with).collect()
    }
    for order in orders(&[0, 1, 2, 3, 4, 5]) {
        let mut world = World::new(settings());
        world.connect();
        let mut asked = 0;
        for answer in &order {
            let Some(register) = world.take() else { break };
            asked += 1;
            let (code, headers) = ANSWERS[*answer];
            world.answer(&register, code, headers);
            if code == 100 {
                // No answer yet: the next one is to the same request.
                let (code, headers) = ANSWERS[(*answer + 1) % ANSWERS.len()];
                world.answer(&register, code, headers);
            }
            // The same once more is no other answer.
            world.answer(&register, code, headers);
        }
        assert!(asked <= order.len(), "{order:?}");
        let _ = (world.last_phase(), world.phases());
    }
}
