//! Signing in, staying signed in, losing the link, leaving.

use std::time::Duration;

use super::world::{World, roster, settings, who};
use crate::backend::{Command, Event, Refused};
use crate::model::{Secret, SignInPhase, Transport, WaitReason};
use crate::sip::auth::digest::{Presented, SecretHash};
use crate::sip::message::{AuthParams, Method, parse_datagram};

const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"abc\", qop=\"auth\", algorithm=SHA-256";

const LOST: &str = "the server sends us elsewhere (302), but names no place we have not been sent to already";

#[test]
fn a_registrar_may_send_us_elsewhere_but_not_in_circles() {
    let mut world = World::new(settings());
    world.connect();
    let mut register = world.expect("REGISTER");
    for (at, contact) in ["<sip:home.example.test:5071;transport=tls>", "<sip:other.example.test>;q=1"].into_iter().enumerate() {
        world.answer(&register, 302, &[&format!("Contact: {contact}")]);
        assert_eq!((world.closed.len(), world.opened.len()), (at + 1, at + 2), "one link at a time");
        world.link_up();
        register = world.expect("REGISTER");
        assert_eq!(register.uri(), "sip:example.test");
    }
    let went: Vec<_> = world.targets.iter().map(|t| (t.host.as_str(), t.port, t.transport, t.tls_name.as_str())).collect();
    let tls = Some(Transport::Tls);
    assert_eq!(
        went[1..],
        [("home.example.test", Some(5071), tls, "home.example.test"), ("other.example.test", None, tls, "other.example.test")]
    );
    let back = "Contact: <sip:home.example.test:5071;transport=tls>, <sip:example.test>, <sip:x.test;transport=udp>";
    world.answer(&register, 302, &[back]);
    let SignInPhase::Waiting { why, .. } = world.last_phase() else { panic!() };
    assert_eq!(why, WaitReason::Protocol { detail: LOST.into() });
    // The next attempt begins where the user wants to begin.
    world.seconds(600);
    assert_eq!(world.targets.last(), Some(&settings().target));
}

#[test]
fn every_step_is_told() {
    let mut world = World::new(settings());
    world.connect();
    let first = world.expect("REGISTER");
    world.answer(&first, 401, &[CHALLENGE]);
    let second = world.expect("REGISTER");
    assert_eq!(second.cseq().unwrap().number, 2);
    assert!(second.header("Authorization").unwrap().contains("username=\"alice\""));
    world.answer(&second, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    assert_eq!(world.phases(), ["resolving", "resolving", "connecting", "authenticating", "subscribing", "online"]);
    let Some(Event::Capabilities(found)) = world.events.iter().find(|e| matches!(e, Event::Capabilities(_))) else { panic!() };
    assert_eq!(found.auth, "digest");
    assert!(!found.watchers && !found.batch && found.publish);
}

#[test]
fn refresh_comes_between_three_quarters_and_nine_tenths_and_asks_for_the_configured_time() {
    let mut world = World::online(settings());
    let (refresh, after) = world.until("REGISTER");
    assert!((450..=541).contains(&after), "{after}");
    assert_eq!(refresh.header("Expires").unwrap(), "600");
    assert_eq!(refresh.cseq().unwrap().number, 2);
    world.answer(&refresh, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=60"]);
    let (again, after) = world.until("REGISTER");
    assert!((45..=55).contains(&after), "{after}");
    assert_eq!(again.header("Expires").unwrap(), "600");
}

#[test]
fn own_binding_is_found_by_instance() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    let others = "Contact: <sip:alice@198.51.100.1>;expires=30, <sip:alice@198.51.100.7:1>;expires=1000;\
                  +sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"";
    world.answer(&register, 200, &[others, "Expires: 20"]);
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    let (_, after) = world.until("REGISTER");
    assert!((750..=901).contains(&after), "{after}");
}

#[test]
fn too_brief_uses_the_servers_wish() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 423, &["Min-Expires: 1200"]);
    let again = world.expect("REGISTER");
    assert_eq!(again.header("Expires").unwrap(), "1200");
    assert_eq!(again.call_id(), register.call_id());
    assert_eq!(again.cseq().unwrap().number, 2);
    world.answer(&again, 423, &["Min-Expires: 1"]);
    let third = world.expect("REGISTER");
    assert_eq!(third.header("Expires").unwrap(), "1201");
    world.answer(&third, 423, &["Min-Expires: 99999999"]);
    world.nothing_sent();
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Protocol { .. }, .. }));
}

#[test]
fn wrong_password_is_tried_once_and_never_again() {
    let mut world = World::new(settings());
    world.connect();
    let first = world.expect("REGISTER");
    world.answer(&first, 401, &[CHALLENGE]);
    let second = world.expect("REGISTER");
    world.answer(&second, 401, &[&CHALLENGE.replace("abc", "def")]);
    let third = world.take();
    assert!(third.is_none(), "{third:?}");
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: Some(WaitReason::WrongPassword) });
    assert_eq!(world.closed, world.opened);
    world.seconds(100_000);
    world.nothing_sent();
    assert_eq!(world.opened.len(), 1);
    assert_eq!(world.command(Command::RetryNow), Err(Refused::Offline));
}

#[test]
fn another_password_signs_in_with_the_same_name() {
    let mut world = World::new(settings());
    world.connect();
    let first = world.expect("REGISTER");
    world.answer(&first, 401, &[CHALLENGE]);
    let second = world.expect("REGISTER");
    world.answer(&second, 401, &[&CHALLENGE.replace("abc", "def")]);
    world.command(Command::SetPassword(Secret::new("another".into()))).unwrap();
    world.nothing_sent();
    world.command(Command::SignIn).unwrap();
    world.link_up();
    let register = world.expect("REGISTER");
    world.answer(&register, 401, &[CHALLENGE]);
    let answered = world.expect("REGISTER");
    let proof = Presented::parse(&AuthParams::parse(&answered.header("Authorization").unwrap()).unwrap()).unwrap();
    let proves = |password| {
        let secret = SecretHash::new(proof.algorithm, "alice", "example.test", password);
        proof.verify(&secret, &Method::Register, b"")
    };
    assert!(proves("another") && !proves("pw-alice"));
}

#[test]
fn refusals_and_what_they_mean() {
    let forbidden = |code: u16, reason: &str| WaitReason::Forbidden { code, reason: reason.into() };
    let busy = |code: u16, reason: &str| WaitReason::Busy { code, reason: reason.into() };
    let at = || "sip.example.test:5061".to_owned();
    let table: [(u16, &[&str], WaitReason); 11] = [
        (403, &[], forbidden(403, "Forbidden")),
        (404, &[], WaitReason::UnknownUser),
        (405, &[], forbidden(405, "Method Not Allowed")),
        (603, &[], forbidden(603, "Decline")),
        (408, &[], WaitReason::Timeout { at: at() }),
        (480, &[], busy(480, "Temporarily Unavailable")),
        (500, &[], busy(500, "Server Internal Error")),
        (501, &[], forbidden(501, "Not Implemented")),
        (503, &[], busy(503, "Service Unavailable")),
        (401, &["WWW-Authenticate: NTLM realm=\"x\""], WaitReason::NoCommonAuth { offered: "NTLM".into() }),
        (302, &[], WaitReason::Protocol { detail: LOST.into() }),
    ];
    for (code, headers, why) in table {
        let mut world = World::new(settings());
        world.connect();
        let register = world.expect("REGISTER");
        world.answer(&register, code, headers);
        match world.last_phase() {
            SignInPhase::Offline { why: Some(told) } => {
                assert!(why.is_final());
                assert_eq!(told, why, "{code}");
            }
            SignInPhase::Waiting { why: told, .. } => {
                assert!(!why.is_final());
                assert_eq!(told, why, "{code}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[test]
fn retry_after_is_honoured() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 503, &["Retry-After: 120"]);
    let SignInPhase::Waiting { retry_in, .. } = world.last_phase() else { panic!() };
    assert!((120..=144).contains(&retry_in.as_secs()), "{retry_in:?}");
    world.seconds(119);
    assert_eq!(world.opened.len(), 1);
    world.seconds(26);
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn no_wish_of_a_server_is_longer_than_a_day() {
    for wish in ["86401", "18446744073709551615", "99999999999999999999999"] {
        let mut world = World::new(settings());
        world.connect();
        let register = world.expect("REGISTER");
        world.answer(&register, 503, &[&format!("Retry-After: {wish} (never)")]);
        let SignInPhase::Waiting { retry_in, .. } = world.last_phase() else { panic!() };
        assert!((86_400..=86_400 * 6 / 5).contains(&retry_in.as_secs()), "{wish}: {retry_in:?}");
    }
}

#[test]
fn a_lost_link_makes_all_stale_at_once_and_comes_back() {
    let mut world = World::online(settings());
    world.take_events();
    world.cut();
    assert_eq!(world.events[0], Event::AllStale);
    let SignInPhase::Waiting { retry_in, why: WaitReason::Closed } = world.last_phase() else { panic!("{:?}", world.events) };
    assert!((500..=3000).contains(&retry_in.as_millis()), "{retry_in:?}");
    world.pass(retry_in);
    assert_eq!(world.opened.len(), 2);
    world.link_up();
    let register = world.expect("REGISTER");
    assert_eq!(register.cseq().unwrap().number, 1, "a new link begins anew");
    world.answer(&register, 200, &[]);
    world.expect("SUBSCRIBE");
    world.seconds(4);
    assert_eq!(world.last_phase(), SignInPhase::Online, "an unanswered subscription does not keep us from being online");
}

#[test]
fn retry_now_does_not_wait() {
    let mut world = World::online(settings());
    world.cut();
    world.command(Command::RetryNow).unwrap();
    assert_eq!(world.opened.len(), 2);
    world.command(Command::RetryNow).unwrap();
    assert_eq!(world.opened.len(), 2, "an attempt is running already");
}

#[test]
fn silence_after_a_ping_is_death_only_when_pongs_are_known_to_come() {
    let mut world = World::online(settings());
    assert_eq!(world.pings, 1);
    world.seconds(200);
    assert!(world.pings >= 3);
    assert_eq!(world.last_phase(), SignInPhase::Online, "this server never answered a ping");
    world.feed(b"\r\n");
    let pings = world.pings;
    while world.pings == pings {
        world.seconds(1);
    }
    world.seconds(8);
    assert!(!world.timed_out());
    world.seconds(2);
    assert!(world.timed_out());
    assert_eq!(world.closed.len(), 1);
}

#[test]
fn flow_timer_is_followed() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Require: outbound", "Flow-Timer: 20"]);
    world.feed(b"\r\n");
    world.seconds(20);
    assert_eq!(world.pings, 2);
    world.seconds(11);
    assert!(world.timed_out(), "promised pongs did not come");
}

#[test]
fn a_refresh_that_fails_is_tried_again_until_the_binding_ends() {
    let mut world = World::online(settings());
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 503, &[]);
    assert_eq!(world.last_phase(), SignInPhase::Online);
    let (again, after) = world.until("REGISTER");
    assert!((15..=31).contains(&after), "{after}");
    world.answer(&again, 200, &[]);
    assert_eq!(world.last_phase(), SignInPhase::Online);
    world.until("REGISTER");
    world.seconds(31);
    assert!(!world.timed_out());
    world.seconds(2);
    assert!(world.timed_out(), "silence: the link is dead");
}

#[test]
fn signing_out_says_good_bye() {
    let mut world = World::new(settings());
    world.publishes = true;
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let publish = world.expect("PUBLISH");
    world.answer(&publish, 200, &["SIP-ETag: a.1", "Expires: 3600"]);
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 200, &["Expires: 3600", "Contact: <sip:203.0.113.5>"]);
    world.notify(&winfo, "n", 1, "active;expires=3600", None);
    world.expect_answer(200);
    assert_eq!(world.last_phase(), SignInPhase::Online);
    world.command(Command::SignOut).unwrap();
    let remove = world.expect("PUBLISH");
    assert_eq!(remove.header("Expires").unwrap(), "0");
    assert_eq!(remove.header("SIP-If-Match").unwrap(), "a.1");
    assert!(remove.body.is_empty());
    let end = world.expect("SUBSCRIBE");
    assert_eq!(end.header("Expires").unwrap(), "0");
    let bye = world.expect("REGISTER");
    assert_eq!(bye.header("Expires").unwrap(), "0");
    world.answer(&bye, 200, &[]);
    assert!(world.closed.is_empty(), "the publication is not removed yet");
    world.answer(&remove, 200, &[]);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
    assert_eq!(world.closed.len(), 1);
    world.seconds(10_000);
    assert_eq!(world.opened.len(), 1);
}

#[test]
fn signing_out_does_not_wait_for_ever() {
    let mut world = World::online(settings());
    world.command(Command::SignOut).unwrap();
    world.expect("REGISTER");
    world.pass(Duration::from_millis(2600));
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
    assert_eq!(world.closed.len(), 1);
}

#[test]
fn signing_in_again_while_leaving_happens_after_leaving() {
    let mut world = World::online(settings());
    world.command(Command::SignOut).unwrap();
    let bye = world.expect("REGISTER");
    world.command(Command::SignIn).unwrap();
    world.answer(&bye, 200, &[]);
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn broken_bytes_close_the_link_and_nothing_else() {
    let mut world = World::online(settings());
    world.feed(b"HTTP/1.1 200 OK\r\n\r\n");
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Protocol { .. }, .. }), "{:?}", world.events);
    assert_eq!(faults(&mut world), [("method", 1)]);
}

fn faults(world: &mut World) -> Vec<(&'static str, u64)> {
    world.command(Command::ReportTraffic).unwrap();
    let told = world.take_events();
    let Some(Event::Traffic(traffic)) = told.last() else { panic!("{told:?}") };
    traffic.faults.iter().map(|(word, count)| (*word, *count)).collect()
}

#[test]
fn broken_messages_with_a_plain_end_are_counted_and_the_link_lives_on() {
    let text = |start: &str, line: &str, length: usize| {
        format!(
            "{start}\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:bob@example.test>;tag=1\r\n\
            To: <sip:alice@example.test>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n{line}\r\nContent-Length: {length}\r\n\r\n{}",
            "x".repeat(length)
        )
    };
    let request = "MESSAGE sip:alice@example.test SIP/2.0";
    for (broken, word, code) in [
        (text(request, "no colon", 0), "header-line", Some(400)),
        (text(request, ": nameless", 0), "header-line", Some(400)),
        (text("MESSAGE sip:alice@example.test SIP/3.0", "X: y", 0), "sip-version", Some(505)),
        (text("SIP/2.0 999 Odd", "X: y", 0), "status-code", None),
        (text("SIP/2.0 099 Odd", "X: y", 0), "status-code", None),
        (text(request, "X: y\r\n".repeat(300).trim_end(), 0), "headers-too-many", Some(400)),
        (text(request, "X: y", 5_000_000), "body-too-long", Some(413)),
        (text(request, "From: <sip:carol@example.test>", 0), "header-twice", Some(400)),
    ] {
        let mut world = World::online(settings());
        world.sent.clear();
        world.events.clear();
        world.feed(broken.as_bytes());
        let answers: Vec<Option<u16>> = world.sent.drain(..).map(|sent| parse_datagram(&sent).unwrap().status()).collect();
        assert_eq!(answers, code.map(Some).into_iter().collect::<Vec<_>>(), "{word}");
        assert!(world.events.is_empty(), "nothing else is disturbed: {:?}", world.events);
        world.feed(text(request, "Content-Type: text/plain", 2).as_bytes());
        assert!(matches!(world.take_events().as_slice(), [Event::Text { .. }]), "{word}");
        assert_eq!(faults(&mut world), [(word, 1)]);
    }
}

#[test]
fn the_roster_is_told_and_changes_are_confirmed() {
    let mut world = World::new(crate::backend::sip::SipSettings { roster: roster(&["bob"]), ..settings() });
    world.command(Command::PutContact { address: who("carol"), name: "Carol".into(), groups: vec!["Ops".into()] }).unwrap();
    assert!(matches!(&world.take_events()[..], [Event::RosterChanged { .. }]));
    assert_eq!(
        world.command(Command::RemoveContact(who("dave"))),
        Err(Refused::Unknown("sip:dave@example.test is not on the contact list".into()))
    );
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let Some(Event::RosterReset { roster, .. }) = world.events.iter().find(|e| matches!(e, Event::RosterReset { .. })) else {
        panic!()
    };
    assert_eq!(roster.len(), 2);
}
