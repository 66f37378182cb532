//! Exact bytes of what we send. Client and embedded server share code, so this is where a mistake
//! in common would show. Branches, tags and Call-IDs are taken from the message itself.

use super::world::{World, roster, settings, who};
use crate::backend::Command;
use crate::backend::sip::SipSettings;
use crate::model::{Availability, Body, Dialect, MessageRef, OwnPresence, Transport};
use crate::sip::message::Message;

/// Fills `{branch}`, `{tag}` and `{call}` in what is expected from what was sent. Every line ends
/// with CRLF but one that ends with `{lf}`.
#[track_caller]
pub(super) fn assert_bytes(sent: &Message, expected: &str) {
    let expected = expected
        .replace('\n', "\r\n")
        .replace("{lf}\r\n", "\n")
        .replace("{branch}", &sent.top_via().unwrap().branch().unwrap())
        .replace("{tag}", &sent.from().unwrap().tag().unwrap())
        .replace("{call}", &sent.call_id().unwrap());
    assert_eq!(String::from_utf8_lossy(&sent.to_bytes()), expected);
}

#[test]
fn register() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    assert_bytes(
        &register,
        "REGISTER sip:example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport;keep
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag};epid=0000000000
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 REGISTER
Contact: <sip:alice@192.0.2.10:49152;transport=tls>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\";methods=\"INVITE, MESSAGE, INFO, SUBSCRIBE, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY\";proxy=replace
Expires: 600
Supported: path, outbound, gruu
Supported: com.microsoft.msrtc.presence, adhoclist
ms-keep-alive: UAC;hop-hop=yes
Event: registration
Allow-Events: presence
Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY, INFO
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
    let mut twin = World::new(settings());
    twin.connect();
    assert_eq!(twin.expect("REGISTER").to_bytes(), register.to_bytes(), "the same seed gives the same bytes");
}

#[test]
fn register_in_one_dialect_only() {
    let mut world = World::new(SipSettings { dialect: Some(Dialect::Simple), ..settings() });
    world.connect();
    assert_bytes(
        &world.expect("REGISTER"),
        "REGISTER sip:example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport;keep
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 REGISTER
Contact: <sip:alice@192.0.2.10:49152;transport=tls>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"
Expires: 600
Supported: path, outbound, gruu
Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY, INFO
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
    // Protocol document section 1.2: the header fields of a REGISTER of LCS 2005, and no others.
    let instance = uuid::Uuid::from_u128(0x1f18_002c_0c00_4000_8000_000a_95a0_e128);
    let mut world = World::new(SipSettings { dialect: Some(Dialect::Lcs), instance, ..settings() });
    world.connect();
    let register = world.expect("REGISTER");
    assert_bytes(
        &register,
        "REGISTER sip:example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag};epid=1f18002c0c
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 REGISTER
Contact: <sip:192.0.2.10:49152;transport=tls>;methods=\"INVITE, MESSAGE, INFO, SUBSCRIBE, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY\";proxy=replace
Supported: com.microsoft.msrtc.presence, adhoclist
ms-keep-alive: UAC;hop-hop=yes
Event: registration
Allow-Events: presence
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
    let fixture =
        crate::sip::message::parse_datagram(include_bytes!("../../../../tests/fixtures/wire/s01-1-register.sip")).unwrap();
    for name in ["To", "Contact", "Supported", "ms-keep-alive", "Event", "Allow-Events", "Expires"] {
        assert_eq!(register.header(name), fixture.header(name), "{name}");
    }
}

#[test]
fn register_after_a_challenge_and_without_outbound() {
    let mut world = World::new(SipSettings { dialect: Some(Dialect::Simple), ..settings() });
    world.connect();
    let first = world.expect("REGISTER");
    world.answer(&first, 439, &[]);
    let second = world.expect("REGISTER");
    let contact = "<sip:alice@192.0.2.10:49152;transport=tls>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"";
    assert_eq!(second.header("Contact").unwrap(), contact);
    assert_eq!(second.header("Supported").unwrap(), "path, gruu");
    assert_eq!((second.call_id(), second.cseq().unwrap().number), (first.call_id(), 2));
}

#[test]
fn publish() {
    let mut world = World::new(settings());
    world.publishes = true;
    let own = OwnPresence { chosen: Availability::Busy, ..OwnPresence::default() };
    world.command(Command::SetPresence(own)).unwrap();
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let initial = world.expect("PUBLISH");
    assert_bytes(
        &initial,
        "PUBLISH sip:alice@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 PUBLISH
Event: presence
Expires: 3600
Content-Type: application/pidf+xml
User-Agent: chinwag/0.1
Content-Length: 468

<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:alice@example.test\">
<tuple id=\"t0000000000\"><status><basic>open</basic></status><contact>sip:alice@example.test</contact></tuple>
<dm:person id=\"p0000000000\"><rpid:activities><rpid:busy/></rpid:activities><rpid:user-input>active</rpid:user-input></dm:person>
</presence>",
    );
    world.expect("SUBSCRIBE");
    world.answer(&initial, 200, &["SIP-ETag: a.1", "Expires: 3600"]);
    world.command(Command::SignOut).unwrap();
    assert_bytes(
        &world.expect("PUBLISH"),
        "PUBLISH sip:alice@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 2 PUBLISH
Event: presence
Expires: 0
SIP-If-Match: a.1
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
}

#[test]
fn subscribe_with_a_list_in_the_request() {
    let with_list =
        SipSettings { roster: roster(&["bob", "carol"]), adhoc_list_uri: Some("sip:rls@example.test".into()), ..settings() };
    let mut world = World::online(with_list);
    assert_bytes(
        &world.expect("SUBSCRIBE"),
        "SUBSCRIBE sip:rls@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:rls@example.test>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:alice@192.0.2.10:49152;transport=tls>
Event: presence
Expires: 3600
Require: recipient-list-subscribe
Supported: eventlist
Accept: application/pidf+xml, application/rlmi+xml, multipart/related
Content-Disposition: recipient-list
Content-Type: application/resource-lists+xml
User-Agent: chinwag/0.1
Content-Length: 204

<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry uri=\"sip:bob@example.test\"/><entry uri=\"sip:carol@example.test\"/></list></resource-lists>",
    );
}

#[test]
fn subscribe_to_a_person() {
    let mut world = World::online(SipSettings { roster: roster(&["bob"]), ..settings() });
    assert_bytes(
        &world.expect("SUBSCRIBE"),
        "SUBSCRIBE sip:bob@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:bob@example.test>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:alice@192.0.2.10:49152;transport=tls>
Event: presence
Expires: 3600
Accept: application/pidf+xml
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
}

#[test]
fn message() {
    let mut world = World::online(settings());
    world.command(Command::SendText { to: who("bob"), body: Body::plain("Grüße, Bob!"), tag: MessageRef(1) }).unwrap();
    assert_bytes(
        &world.expect("MESSAGE"),
        "MESSAGE sip:bob@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:bob@example.test>
Call-ID: {call}
CSeq: 1 MESSAGE
Content-Type: text/plain;charset=UTF-8
User-Agent: chinwag/0.1
Content-Length: 13

Grüße, Bob!",
    );
}

#[test]
fn outbound_and_service_routes_are_used() {
    let mut world = World::new(SipSettings { roster: roster(&["bob"]), ..settings() });
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Require: outbound", "Service-Route: <sip:edge.example.test;lr>, <sip:home.example.test;lr>"]);
    world.expect("SUBSCRIBE");
    let subscribe = world.expect("SUBSCRIBE");
    assert_eq!(subscribe.header("Contact").unwrap(), "<sip:alice@192.0.2.10:49152;transport=tls;ob>");
    assert_eq!(subscribe.headers.list("Route"), ["<sip:edge.example.test;lr>", "<sip:home.example.test;lr>"]);
}

/// The 200 has the Contact of RFC 5627 section 9, with our names in it.
#[test]
fn subscribe_by_a_gruu() {
    let mut world = World::new(SipSettings { dialect: Some(Dialect::Simple), ..settings() });
    world.connect();
    let register = world.expect("REGISTER");
    let contact = "Contact: <sip:alice@192.0.2.10:49152;transport=tls>\
                   ;pub-gruu=\"sip:alice@example.test;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128\"\
                   ;temp-gruu=\"sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.test;gr\"\
                   ;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\";expires=3600";
    world.answer(&register, 200, &["Supported: path, gruu, outbound", "Require: outbound", contact]);
    assert_bytes(
        &world.expect("SUBSCRIBE"),
        "SUBSCRIBE sip:alice@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:alice@example.test;gr=urn:uuid:00000000-0000-1000-8000-000A95A0E128>
Event: presence.winfo
Expires: 3600
Accept: application/watcherinfo+xml
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
}

#[test]
fn register_again_behind_a_nat() {
    let mut settings = SipSettings { dialect: Some(Dialect::Simple), ..settings() };
    settings.target.transport = Some(Transport::Udp);
    let mut world = World::new(settings);
    world.connect();
    let register = world.expect("REGISTER");
    world.answer_from(&register, "203.0.113.7:40001", &[]);
    world.expect("SUBSCRIBE");
    assert_eq!(world.bindings.len(), 1);
    world.seconds(0);
    assert_bytes(
        &world.expect("REGISTER"),
        "REGISTER sip:example.test SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:49152;branch={branch};rport;keep
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag}
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 2 REGISTER
Contact: <sip:alice@192.0.2.10:49152>;expires=0
Contact: <sip:alice@203.0.113.7:40001>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"
Expires: 600
Supported: path, outbound, gruu
Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY, INFO
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
}
