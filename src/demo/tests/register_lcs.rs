//! Signing in as clients of LCS do: endpoint identifiers, Contacts that are replaced, keep-alives,
//! users who live elsewhere, refusals.

use std::time::Duration;

use super::*;
use crate::demo::oddities::Refusal;
use crate::model::Address;

fn lines(message: &Message, name: &str) -> Vec<String> {
    message.headers.get_all(name).map(std::borrow::Cow::into_owned).collect()
}

/// Everything clients of that family need in the answer; finch compares `Supported` whole and
/// splits `Allow-Events` at commas without taking blanks off.
#[test]
fn the_answer_says_what_lcs_says() {
    let mut wire = lcs(&[]);
    let flow = wire.tcp(1);
    let ok = wire.ask(flow, &rtc_registration("alice", "1f18002c0c"));
    assert_eq!(ok.status(), Some(200));
    assert_eq!(ok.header("ms-keep-alive").as_deref(), Some("UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300"));
    assert_eq!(ok.header("From").as_deref(), Some("\"Alice\" <sip:alice@example.test>;tag=3e49177a52;epid=1f18002c0c"));
    assert!(ok.to().unwrap().tag().is_some());
    assert_eq!(
        ok.header("Via").as_deref(),
        Some("SIP/2.0/TCP 10.0.0.9:49152;received=192.0.2.11;ms-received-port=40000;ms-received-cid=100")
    );
    assert_eq!(lines(&ok, "Contact"), ["<sip:192.0.2.11:40000;transport=tcp;ms-received-cid=100>;expires=3600"]);
    assert_eq!(ok.header("Expires").as_deref(), Some("3600"));
    let events = "vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,\
                  presence,presence.wpending,presence.winfo";
    assert_eq!(lines(&ok, "Allow-Events"), [events]);
    let supported = lines(&ok, "Supported");
    assert!(supported.iter().any(|tag| tag == "adhoclist") && supported.iter().any(|tag| tag == "com.microsoft.msrtc.presence"));
    assert!(supported.iter().all(|tag| !tag.contains(',')), "{supported:?}");
    assert!(!supported.iter().any(|tag| tag == "msrtc-event-categories"));
    assert!(ok.header("Server").unwrap().starts_with("chinwag/"));
}

#[test]
fn who_did_not_ask_is_not_answered_so() {
    let mut wire = lcs(&[]);
    let flow = wire.tcp(1);
    let quiet = rtc_registration("alice", "1f18002c0c").replace("ms-keep-alive: UAC;hop-hop=yes", "X-Other: 1");
    assert!(!wire.ask(flow, &quiet).headers.has("ms-keep-alive"));
    let simple = wire.ask(flow, &registration("bob"));
    assert_eq!(simple.header("From").as_deref(), Some("<sip:bob@example.test>;tag=r1"));
    assert!(!simple.header("Via").unwrap().contains("ms-received"));
}

#[test]
fn without_lcs_it_is_a_plain_registrar() {
    let mut wire = Wire::new(|config| config.features = Features::without(&[Feature::Digest, Feature::Ntlm, Feature::Lcs]));
    let flow = wire.tcp(1);
    let ok = wire.ask(flow, &rtc_registration("alice", "1f18002c0c"));
    assert_eq!(ok.status(), Some(200));
    assert_eq!(lines(&ok, "Allow-Events"), ["presence, presence.winfo"]);
    assert_eq!(lines(&ok, "Supported"), ["outbound", "eventlist", "recipient-list-subscribe"]);
    assert!(!ok.headers.has("ms-keep-alive") && !ok.header("Via").unwrap().contains("ms-received"));
    assert!(ok.header("Contact").unwrap().starts_with("<sip:10.0.0.9:49152;transport=tcp>"));
}

#[test]
fn without_batch_there_is_no_adhoclist() {
    let mut wire = lcs(&[Feature::Batch]);
    let flow = wire.tcp(1);
    let ok = wire.ask(flow, &rtc_registration("alice", "1f18002c0c"));
    assert!(!ok.headers.lists_token("Supported", "adhoclist"));
    assert!(ok.headers.lists_token("Supported", "com.microsoft.msrtc.presence"));
}

#[test]
fn what_is_wrong_is_refused() {
    let mut wire = lcs(&[]);
    let flow = wire.tcp(1);
    let good = rtc_registration("alice", "1f18002c0c");
    let table = [
        ("Event: registration", "Event: weather", 489),
        ("Event: registration", "Event: registration\nEvent: registration", 400),
        (";epid=1f18002c0c", "", 400),
        ("epid=1f18002c0c", "epid=not-hex", 400),
        ("epid=1f18002c0c", "epid=0123456789abcdef0", 400),
        ("proxy=replace", "proxy=remove", 400),
        ("transport=tcp>", "transport=tls>", 400),
        ("Via: SIP/2.0/TCP 10.0.0.9:49152", "Via: SIP/2.0/TCP 10.0.0.9:49152, SIP/2.0/TCP other.test:5060", 400),
    ];
    for (from, to, code) in table {
        assert!(good.contains(from));
        assert_eq!(wire.ask(flow, &good.replace(from, to)).status(), Some(code), "{to}");
    }
    assert_eq!(wire.ask(flow, &good.replace("transport=tcp>", "transport=\"tcp\">")).status(), Some(200), "quoted, as seen");
}

#[test]
fn a_device_is_its_epid_wherever_it_comes_from() {
    let mut wire = lcs(&[]);
    let (old, new, other) = (wire.tcp(1), wire.tcp(2), wire.tcp(3));
    wire.ask(old, &rtc_registration("alice", "aaaaaaaaaa"));
    let ok = wire.ask(new, &rtc_registration("alice", "aaaaaaaaaa"));
    assert_eq!(lines(&ok, "Contact"), ["<sip:192.0.2.12:40000;transport=tcp;ms-received-cid=200>;expires=3600"]);
    let ok = wire.ask(other, &rtc_registration("alice", "bbbbbbbbbb"));
    assert_eq!(lines(&ok, "Contact").len(), 2, "all devices of the user");
}

#[test]
fn a_request_for_a_device_names_it() {
    let mut wire = lcs(&[]);
    let (alice, desk, phone) = (wire.tcp(1), wire.tcp(2), wire.tcp(3));
    wire.register(alice, "alice");
    wire.ask(desk, &rtc_registration("bob", "aaaaaaaaaa"));
    wire.ask(phone, &rtc_registration("bob", "bbbbbbbbbb"));
    let text = "MESSAGE sip:bob@example.test SIP/2.0
        From: <sip:alice@example.test>;tag=m1
        To: <sip:bob@example.test>TO
        Content-Type: text/plain\n\nhello";
    wire.send(alice, &text.replace("TO", ""));
    let (first, second) = (wire.take_one(desk), wire.take_one(phone));
    assert_eq!(first.uri(), "sip:192.0.2.12:40000;transport=tcp;ms-received-cid=200");
    assert_eq!(first.header("To").as_deref(), Some("<sip:bob@example.test>;epid=aaaaaaaaaa"));
    assert_eq!(second.header("To").as_deref(), Some("<sip:bob@example.test>;epid=bbbbbbbbbb"));
    wire.answer(desk, &first, 200);
    assert_eq!(wire.take_one(alice).to().unwrap().params.get("epid").as_deref(), Some("aaaaaaaaaa"), "so the sender knows it");
    wire.send(alice, &text.replace("TO", ";epid=bbbbbbbbbb"));
    assert_eq!(wire.take(desk), []);
    wire.take_one(phone);
}

#[test]
fn a_silent_link_is_closed_where_keep_alives_were_agreed() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.ask(alice, &rtc_registration("alice", "1f18002c0c"));
    wire.register(bob, "bob");
    wire.wait(Duration::from_secs(400));
    wire.server.handle_bytes(alice, b"\r\n\r\n", wire.now);
    wire.wait(Duration::from_secs(449));
    assert_eq!(wire.closed, []);
    wire.wait(Duration::from_secs(2));
    assert_eq!(wire.closed, [alice]);
}

#[test]
fn who_lives_elsewhere_is_sent_there() {
    let alice = Address::parse("alice@example.test").unwrap();
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[]).with(&[Feature::Lcs]);
        config.homes.insert(alice, "hs2.example.test:5061".into());
    });
    let flow = wire.tcp(1);
    let moved = wire.ask_signed(flow, &rtc_registration("alice", "1f18002c0c"), "alice", "secret-a");
    assert_eq!(
        (moved.status(), lines(&moved, "Contact")),
        (Some(301), vec!["<sip:hs2.example.test:5061;transport=tcp>".to_owned()])
    );
    let stranger = wire.ask_signed(flow, &rtc_registration("alice", "1f18002c0c"), "alice", "wrong");
    assert_eq!(stranger.status(), Some(401), "where a user lives is told to the user only");
    assert_eq!(wire.ask_signed(flow, &rtc_registration("bob", "1f18002c0d"), "bob", "secret-b").status(), Some(200));
}

#[test]
fn refusals_as_a_test_wants_them() {
    let mut wire = lcs(&[]);
    let flow = wire.tcp(1);
    let text = rtc_registration("alice", "1f18002c0c");
    let table: [(u16, Vec<(&'static str, String)>); 4] = [
        (403, vec![("Warning", "399 lcs1.example.test \"Your account is locked\"".into())]),
        (404, vec![]),
        (423, vec![("Min-Expires", "900".into())]),
        (503, vec![("Retry-After", "30".into())]),
    ];
    for (code, fields) in table {
        wire.server.oddities().register = Some(Refusal::Code(code, fields.clone()));
        let refused = wire.ask(flow, &text);
        assert_eq!(refused.status(), Some(code));
        for (name, value) in fields {
            assert_eq!(refused.header(name), Some(value));
        }
    }
    wire.server.oddities().register = Some(Refusal::Silent);
    wire.send(flow, &text);
    assert_eq!(wire.take(flow), []);
    wire.server.oddities().register = None;
    wire.server.oddities().registration = Some(60);
    wire.server.oddities().no_keepalive = true;
    let ok = wire.ask(flow, &text);
    assert_eq!((ok.header("Expires").as_deref(), ok.headers.has("ms-keep-alive")), (Some("60"), false));
    wire.server.oddities().refresh = Some(Refusal::Challenge);
    assert_eq!(wire.ask(flow, &text).status(), Some(401));
    assert_eq!(wire.ask(flow, &text).status(), Some(200), "once");
}
