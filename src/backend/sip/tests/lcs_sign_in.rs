//! Signing in to a server of the LCS family: what the registrar tells, where it sends us, how it
//! refuses us (protocol document section 1.7) and how it signs us out.

use super::world::{World, settings};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, Target};
use crate::model::{Dialect, SignInPhase, Transport, WaitReason};
use crate::sip::message::Message;

/// The 200 of protocol document section 1.2.
pub(super) const GRANTED: &[&str] = &[
    "ms-keep-alive: UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300",
    "Contact: <sip:198.51.100.7:49152;transport=tls;ms-received-cid=1E00>;expires=900",
    "Expires: 900",
    "Allow-Events: presence",
    "Supported: com.microsoft.msrtc.presence",
];

fn lcs() -> SipSettings {
    SipSettings { dialect: Some(Dialect::Lcs), ..settings() }
}

fn registering(settings: SipSettings) -> (World, Message) {
    let mut world = World::new(settings);
    world.connect();
    let register = world.expect("REGISTER");
    (world, register)
}

/// Signed in, and the REGISTER that was accepted.
fn signed_in() -> (World, Message) {
    let (mut world, register) = registering(lcs());
    world.answer(&register, 200, GRANTED);
    world.answer_about_ourselves();
    assert_eq!(world.last_phase(), SignInPhase::Online);
    world.take_events();
    (world, register)
}

fn asks_again(world: &mut World) -> Message {
    world.take().unwrap_or_else(|| panic!("{:?}", world.events))
}

#[test]
fn the_refresh_comes_thirty_seconds_early_with_the_same_names() {
    let (mut world, register) = signed_in();
    let (refresh, after) = world.until("REGISTER");
    assert_eq!(after, 870);
    assert_eq!(refresh.header("From"), register.header("From"));
    assert_eq!(refresh.call_id(), register.call_id());
    assert_eq!(refresh.cseq().unwrap().number, 2);
    assert!(refresh.header("Expires").is_none());
    // Never before half of the time.
    world.answer(&refresh, 200, &["Expires: 40"]);
    assert_eq!(world.until("REGISTER").1, 20);
}

#[test]
fn keep_alive_at_four_fifths_and_no_pong_is_missed() {
    let (mut world, _) = signed_in();
    assert_eq!(world.pings, 0);
    world.seconds(239);
    assert_eq!(world.pings, 0);
    world.seconds(1);
    assert_eq!(world.pings, 1);
    world.seconds(300);
    assert_eq!(world.phases(), Vec::<&str>::new());
    let (mut world, register) = registering(lcs());
    world.answer(&register, 200, &["Expires: 900", "Allow-Events: presence", "ms-keep-alive: UAS;hop-hop=yes;timeout=1"]);
    world.answer_about_ourselves();
    world.seconds(14);
    assert_eq!(world.pings, 0, "not more often than every 15 s");
    world.seconds(1);
    assert_eq!(world.pings, 1);
}

#[test]
fn the_servers_name_for_us_and_what_it_says() {
    let (mut world, register) = registering(lcs());
    let bytes = world.answer_bytes(
        &register,
        200,
        &["Expires: 900", "Allow-Events: presence", "Warning: 399 lcs1 \"A new version is at http://x.test\""],
    );
    let named = String::from_utf8(bytes).unwrap().replacen("From: <", "From: \"Alice \u{1b}Adams\" <", 1);
    world.feed(named.as_bytes());
    world.answer_about_ourselves();
    assert!(world.events.contains(&Event::OwnName("Alice Adams".into())), "{:?}", world.events);
    let text = "The server says: A new version is at http://x.test";
    assert!(world.events.iter().any(|e| matches!(e, Event::Notice { code: "server-says", text: t, .. } if t == text)));
    world.take_events();
    let (refresh, _) = world.until("REGISTER");
    world.take_events();
    let again = world.answer_bytes(&refresh, 200, &["Expires: 900", "Warning: 399 lcs1 \"A new version is at http://x.test\""]);
    world.feed(String::from_utf8(again).unwrap().replacen("From: <", "From: \"Alice Adams\" <", 1).as_bytes());
    assert_eq!(world.take_events(), [], "nothing is told twice");
}

/// The 200 of protocol document section 1.2, word by word.
#[test]
fn the_answer_of_the_protocol_document() {
    let instance = uuid::Uuid::from_u128(0x1f18_002c_0c00_4000_8000_000a_95a0_e128);
    let (mut world, register) = registering(SipSettings { instance, ..lcs() });
    let text = include_str!("../../../../tests/fixtures/wire/s01-2-200.sip");
    let theirs = crate::sip::message::parse_datagram(text.as_bytes()).unwrap();
    let text = text.replace(&theirs.call_id().unwrap(), &register.call_id().unwrap());
    let text = text.replace(&theirs.from().unwrap().tag().unwrap(), &register.from().unwrap().tag().unwrap());
    let text = text.replace(&theirs.top_via().unwrap().branch().unwrap(), &register.top_via().unwrap().branch().unwrap());
    world.feed(text.replace("CSeq: 3 ", "CSeq: 1 ").as_bytes());
    assert!(world.events.contains(&Event::OwnName("Alice".into())), "{:?}", world.events);
    let asked: Vec<String> = std::iter::from_fn(|| world.take()).map(|m| m.header("Event").unwrap()).collect();
    let order =
        ["presence.wpending", "vnd-microsoft-roaming-ACL", "vnd-microsoft-roaming-contacts", "vnd-microsoft-provisioning"];
    assert_eq!(asked, order);
    world.seconds(239);
    assert_eq!(world.pings, 0);
    world.seconds(1);
    assert_eq!(world.pings, 1, "300 s, less a fifth");
}

#[test]
fn an_unknown_event_and_unknown_extensions_are_left_out() {
    for dialect in [None, Some(Dialect::Lcs)] {
        let (mut world, register) = registering(SipSettings { dialect, ..settings() });
        world.answer(&register, 489, &["Allow-Events: presence"]);
        let eventless = asks_again(&mut world);
        assert!(register.header("Event").is_some() && eventless.header("Event").is_none());
        assert_eq!((eventless.call_id(), eventless.cseq().unwrap().number), (register.call_id(), 2));
        world.answer(&eventless, 420, &["Unsupported: adhoclist"]);
        let fewer = asks_again(&mut world);
        assert!(!fewer.headers.lists_token("Supported", "adhoclist"));
        assert!(fewer.headers.lists_token("Supported", "com.microsoft.msrtc.presence"));
        world.answer(&fewer, 421, &["Require: com.microsoft.msrtc.presence"]);
        let fewest = asks_again(&mut world);
        assert!(!fewest.headers.lists_token("Supported", "com.microsoft.msrtc.presence"));
        world.answer(&fewest, 489, &[]);
        assert_eq!(world.last_phase().word(), "offline", "once is enough");
    }
}

#[test]
fn who_cannot_stand_a_word_of_lcs_gets_none() {
    let (mut world, register) = registering(settings());
    world.answer(&register, 420, &["Unsupported: something-else"]);
    let plain = asks_again(&mut world);
    assert_eq!(plain.headers.list("Supported"), ["path", "outbound", "gruu"]);
    assert!(plain.header("ms-keep-alive").is_none() && !plain.header("Contact").unwrap().contains("proxy"));
    world.answer(&plain, 200, &[]);
    assert_eq!(world.last_phase().word(), "subscribing");
}

#[test]
fn other_servers_get_the_words_of_lcs_once() {
    let (mut world, register) = registering(settings());
    assert!(register.header("From").unwrap().contains(";epid=0000000000"));
    world.answer(&register, 200, &[]);
    let winfo = world.expect("SUBSCRIBE");
    assert!(!winfo.header("From").unwrap().contains("epid"));
    world.answer(&winfo, 489, &[]);
    let (refresh, _) = world.until("REGISTER");
    assert!(!refresh.header("From").unwrap().contains("epid"));
    assert_eq!(refresh.headers.list("Supported"), ["path", "outbound", "gruu"]);
    assert!(refresh.header("Event").is_none());
}

/// Protocol document section 1.7, for a first REGISTER.
#[test]
fn refusals_at_sign_in() {
    let forbidden = |code: u16, reason: &str| WaitReason::Forbidden { code, reason: reason.into() };
    let busy = |code: u16, reason: &str| WaitReason::Busy { code, reason: reason.into() };
    let table: [(u16, &[&str], WaitReason); 11] = [
        (400, &["ms-diagnostics: 4010;reason=\"no epid\""], forbidden(400, "no epid")),
        (401, &[], WaitReason::WrongPassword),
        (407, &[], WaitReason::WrongPassword),
        (403, &["Warning: 310 lcs \"You are not enabled\""], forbidden(403, "You are not enabled")),
        (403, &["ms-diagnostics-public: 4141;reason=\"User disabled\""], forbidden(403, "User disabled")),
        (404, &[], WaitReason::UnknownUser),
        (408, &[], WaitReason::Timeout { at: "sip.example.test:5061".into() }),
        (503, &["Retry-After: 300"], busy(503, "Service Unavailable")),
        (504, &[], busy(504, "Server Time-out")),
        (420, &["Unsupported: nothing-of-ours"], forbidden(420, "Bad Extension")),
        (500, &[], busy(500, "Server Internal Error")),
    ];
    for (code, headers, why) in table {
        let (mut world, register) = registering(lcs());
        world.answer(&register, code, headers);
        world.nothing_sent();
        match world.last_phase() {
            SignInPhase::Offline { why: Some(told) } => {
                assert!(told.is_final() && told == why, "{code}: {told:?}");
                world.seconds(100_000);
                assert_eq!(world.opened.len(), 1, "{code}: no stubborn sign-in");
            }
            SignInPhase::Waiting { why: told, retry_in } => {
                assert!(!told.is_final() && told == why, "{code}: {told:?}");
                let least = if code == 503 { 300 } else { 0 };
                assert!(retry_in.as_secs() >= least, "{code}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    let (mut world, register) = registering(lcs());
    world.answer(&register, 423, &["Min-Expires: 1800"]);
    assert_eq!(asks_again(&mut world).header("Expires").unwrap(), "1800");
    let (mut world, _) = registering(lcs());
    world.seconds(33);
    assert!(world.timed_out(), "no answer");
}

/// The same for a refresh.
#[test]
fn a_refresh_that_finds_the_server_out_of_reach() {
    for code in [408, 504] {
        let (mut world, _) = signed_in();
        let (mut refresh, _) = world.until("REGISTER");
        for lapse in 1..=5 {
            world.answer(&refresh, code, &[]);
            assert_eq!(world.phases(), Vec::<&str>::new(), "{code}, {lapse}");
            let after;
            (refresh, after) = world.until("REGISTER");
            assert!((60..=67).contains(&after), "{code}: {after}");
        }
        world.answer(&refresh, code, &[]);
        assert!(matches!(world.last_phase(), SignInPhase::Waiting { .. }), "{code}: five times are enough");
    }
    let (mut world, _) = signed_in();
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 504, &[]);
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 200, GRANTED);
    assert_eq!(world.until("REGISTER").1, 870, "all is well again");
}

#[test]
fn a_registrar_that_forgot_us_makes_us_begin_anew() {
    let (mut world, _) = signed_in();
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 200, &["Expires: 900", "presence-state: register-action=\"refreshed\""]);
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 200, &["Expires: 900", "presence-state: register-action=\"added\""]);
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Moved, .. }));
}

#[test]
fn the_next_place_of_a_redirection_is_tried_when_nobody_is_at_the_first() {
    let (mut world, register) = registering(lcs());
    let places = "Contact: <sip:hs2.example.test:5061;transport=tls>;q=0.9, <sip:hs3.example.test:5061;transport=tls>;q=0.5";
    world.answer(&register, 301, &[places]);
    assert_eq!(world.targets.last().map(|to| to.host.as_str()), Some("hs2.example.test"));
    world.cannot_open();
    assert_eq!(world.targets.last().map(|to| to.host.as_str()), Some("hs3.example.test"));
    world.cannot_open();
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Closed, .. }), "{:?}", world.events);
}

#[test]
fn a_redirect_is_followed_to_the_home_server_and_remembered() {
    let (mut world, register) = registering(lcs());
    world.answer(&register, 301, &["Contact: <sip:hs2.example.test:5061;transport=tls>"]);
    assert_eq!(world.closed.len(), 1);
    let home = Target {
        host: "hs2.example.test".into(),
        port: Some(5061),
        transport: Some(Transport::Tls),
        tls_name: "hs2.example.test".into(),
        automatic: false,
    };
    assert_eq!(world.targets.last(), Some(&home));
    world.link_up();
    let again = world.expect("REGISTER");
    assert!(!again.headers.has("Authorization"));
    assert_eq!(again.header("From").unwrap().split("epid=").nth(1), Some("0000000000"));
    world.answer(&again, 200, GRANTED);
    world.answer_about_ourselves();
    assert_eq!(world.last_phase(), SignInPhase::Online);
    assert!(world.events.contains(&Event::Home(Some(home.clone()))), "for the next run");
    world.cut();
    world.seconds(4);
    assert_eq!(world.targets.last(), Some(&home), "the home server first");
}

fn remembered() -> Target {
    Target { host: "old.example.test".into(), port: Some(5061), tls_name: "old.example.test".into(), ..settings().target }
}

#[test]
fn a_remembered_home_server_comes_first_and_is_told_only_when_it_changes() {
    let (mut world, register) = registering(SipSettings { home: Some(remembered()), ..lcs() });
    assert_eq!(world.targets, [remembered()]);
    world.answer(&register, 200, GRANTED);
    world.answer_about_ourselves();
    assert_eq!(world.last_phase(), SignInPhase::Online);
    assert!(!world.events.iter().any(|event| matches!(event, Event::Home(_))));
}

#[test]
fn a_remembered_home_server_that_does_not_want_us_is_left_at_once() {
    for code in [403, 404, 500] {
        let (mut world, register) = registering(SipSettings { home: Some(remembered()), ..lcs() });
        world.answer(&register, code, &[]);
        assert_eq!(world.targets, [remembered(), settings().target], "{code}");
        assert!(!world.phases().contains(&"waiting"), "{code}");
        world.link_up();
        let register = world.expect("REGISTER");
        world.answer(&register, 200, GRANTED);
        world.answer_about_ourselves();
        assert!(world.events.contains(&Event::Home(None)), "{code}: it is forgotten");
    }
    // A second wrong password could lock the account.
    let (mut world, register) = registering(SipSettings { home: Some(remembered()), credentials: None, ..lcs() });
    world.answer(&register, 401, &["WWW-Authenticate: Digest realm=\"r\", nonce=\"n\""]);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: Some(WaitReason::WrongPassword) });
    assert_eq!(world.targets, [remembered()]);
    assert!(world.events.contains(&Event::Home(None)), "the next run begins where the settings say");
}

#[test]
fn a_remembered_home_server_that_is_gone_is_left_at_once() {
    let mut world = World::new(SipSettings { home: Some(remembered()), ..lcs() });
    world.connect();
    world.cut();
    assert_eq!(world.targets, [remembered(), settings().target]);
    world.link_up();
    world.cut();
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { .. }), "from there as ever");
}

#[test]
fn redirects_end() {
    let (mut world, mut register) = registering(lcs());
    for hop in 1..=5 {
        world.answer(&register, 302, &[&format!("Contact: <sip:hs{hop}.example.test;transport=tls>")]);
        world.link_up();
        register = world.expect("REGISTER");
    }
    world.answer(&register, 301, &["Contact: <sip:hs6.example.test;transport=tls>"]);
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Protocol { .. }, .. }));
    assert_eq!(world.opened.len(), 6);
}

#[test]
fn a_redirect_never_leads_out_of_tls() {
    let (mut world, register) = registering(lcs());
    world.answer(&register, 301, &["Contact: <sip:hs2.example.test:5060;transport=udp>"]);
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { .. }));
    let (mut world, register) = registering(lcs());
    world.answer(&register, 301, &["Contact: <sip:hs2.example.test:5060;transport=tcp>"]);
    assert_eq!(world.targets.last().unwrap().transport, Some(Transport::Tls), "or nowhere");
}

#[test]
fn a_refresh_that_is_sent_elsewhere_signs_in_there() {
    let (mut world, _) = signed_in();
    let (refresh, _) = world.until("REGISTER");
    world.answer(&refresh, 301, &["Contact: <sip:hs2.example.test:5061;transport=tls>"]);
    assert!(world.events.contains(&Event::AllStale));
    assert!(matches!(world.last_phase(), SignInPhase::Waiting { why: WaitReason::Moved, .. }));
    world.seconds(4);
    assert_eq!(world.targets.last().unwrap().host, "hs2.example.test");
}

/// A notification outside any subscription, in the dialog of the REGISTER.
fn notice(world: &mut World, register: &Message, method: &str, body: &str, headers: &str) {
    let message = format!(
        "{method} sip:192.0.2.10:49152;transport=tls;ms-received-cid=1E00 SIP/2.0\r\n\
         Via: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bKD948963B.BFDD97BF;branched=FALSE\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@example.test>;tag=25498F39\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 {method}\r\n\
         Content-Type: text/registration-event\r\nEvent: registration-notify\r\nsubscription-state: terminated;expires=0\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        register.header("From").unwrap(),
        register.call_id().unwrap(),
        body.len()
    );
    world.feed(message.as_bytes());
}

/// Protocol document section 1.5.
#[test]
fn signed_out_by_the_server() {
    let said = "ms-diagnostics-public: 4141;reason=\"User disabled\"\r\n";
    let table = [
        ("deregistered;event=unregistered", "", Some("you signed in at another place")),
        ("deregistered;event=rejected", "", Some("the account is not allowed to sign in")),
        ("deregistered;event=rejected", said, Some("User disabled")),
        ("deregistered;event=deactivated", "", None),
        ("deregistered;event=preferred-registrar-change\r\n", "", None),
        ("Deregistered; event=Something", "", None),
    ];
    for method in ["BENOTIFY", "NOTIFY"] {
        for (body, headers, reason) in table {
            let (mut world, register) = signed_in();
            notice(&mut world, &register, method, body, headers);
            if method == "NOTIFY" {
                world.expect_answer(200);
            }
            world.nothing_sent();
            assert_eq!(world.closed.len(), 1, "{body}");
            assert!(world.events.contains(&Event::AllStale));
            if let Some(reason) = reason {
                let why = Some(WaitReason::SignedOutByServer { reason: reason.into() });
                assert_eq!(world.last_phase(), SignInPhase::Offline { why }, "{body}");
                world.seconds(100_000);
                assert_eq!(world.opened.len(), 1, "{body}: never again by itself");
                world.command(Command::SignIn).unwrap();
                assert_eq!(world.opened.len(), 2, "but when the user wants to");
            } else {
                let SignInPhase::Waiting { why: WaitReason::Moved, retry_in } = world.last_phase() else { panic!("{body}") };
                assert!(retry_in.as_secs() <= 5);
                world.seconds(6);
                assert_eq!(world.opened.len(), 2, "{body}");
            }
        }
    }
}

#[test]
fn only_our_own_registrar_signs_us_out() {
    let (mut world, register) = signed_in();
    let mut other = register.clone();
    other.headers.set("Call-ID", "somebody-elses");
    notice(&mut world, &other, "NOTIFY", "deregistered;event=rejected", "");
    world.expect_answer(481);
    notice(&mut world, &other, "BENOTIFY", "deregistered;event=rejected", "");
    world.nothing_sent();
    other = register.clone();
    other.headers.set("From", "<sip:alice@example.test>;tag=another");
    notice(&mut world, &other, "BENOTIFY", "deregistered;event=rejected", "");
    notice(&mut world, &register, "BENOTIFY", "registered", "");
    notice(&mut world, &register, "BENOTIFY", "", "");
    assert!(world.closed.is_empty());
    world.command(Command::ReportTraffic).unwrap();
    let Some(Event::Traffic(traffic)) = world.events.last() else { panic!() };
    assert_eq!(traffic.faults.get("notification-unknown"), Some(&5));
}
