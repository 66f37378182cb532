//! Documents over HTTP: the bytes of a client, and what they change.

use super::{Wire, open};
use crate::demo::ServerOutput;
use crate::demo::accounts::Handling;
use crate::formats::http1::{Limits, Message, Reader, Start};
use crate::model::Address;
use crate::sip::auth::digest::Signed;
use crate::sip::auth::{Challenge, Credentials};
use crate::sip::endpoint::Flow;
use crate::sip::message::{AuthParams, Method};

const RULES: &str = "/xcap-root/pres-rules/users/sip:alice@example.test/index";
const ROSTER: &str = "/xcap-root/resource-lists/users/sip:alice@example.test/index";
const LISTS: &str = "/xcap-root/rls-services/users/sip:alice@example.test/index";

fn address(user: &str) -> Address {
    Address::complete(user, Some("example.test")).unwrap()
}

impl Wire {
    /// Sends bytes of a stream and reads the answers; whether the stream was closed.
    fn http_bytes(&mut self, flow: Flow, bytes: &[u8]) -> (Vec<Message>, bool) {
        self.server.handle_bytes(flow, bytes, self.now);
        let mut reader = Reader::responses(Limits::default());
        let mut closed = false;
        let mut answers = Vec::new();
        while let Some(output) = self.server.poll() {
            match output {
                ServerOutput::Transmit { flow: to, bytes } if to == flow => reader.push(&bytes),
                ServerOutput::Transmit { .. } => {}
                ServerOutput::Close { flow: which } => closed |= which == flow,
                ServerOutput::Log(log) => self.logs.push(log),
            }
        }
        while let Some(message) = reader.next_message().unwrap() {
            answers.push(message);
        }
        (answers, closed)
    }

    fn http(&mut self, flow: Flow, request: &Message) -> (u16, Message) {
        let (mut answers, _) = self.http_bytes(flow, &request.encode());
        assert_eq!(answers.len(), 1, "{answers:?}");
        let answer = answers.remove(0);
        let Start::Response { status, .. } = answer.start else { panic!() };
        (status, answer)
    }
}

fn put(target: &str, media_type: &str, body: &str) -> Message {
    Message::request("PUT", target).with_body(media_type, body)
}

fn rules(handling: &str, who: &str) -> Message {
    let body = format!(
        "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' xmlns:p='urn:ietf:params:xml:ns:pres-rules'><rule id='a'><conditions><identity>\
         <one id='sip:{who}@example.test'/></identity></conditions><actions><p:sub-handling>{handling}</p:sub-handling></actions></rule></ruleset>"
    );
    put(RULES, "application/auth-policy+xml", &body)
}

fn roster(body: &str) -> Message {
    let body = format!("<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'>{body}</resource-lists>");
    put(ROSTER, "application/resource-lists+xml", &body)
}

#[test]
fn a_document_is_stored_read_changed_and_deleted_under_conditions() {
    let mut wire = open();
    let flow = wire.tcp(1);
    assert_eq!(wire.http(flow, &Message::request("GET", ROSTER)).0, 404);
    let first = roster("<list name='Ops'><entry uri='sip:bob@example.test'><display-name>Bob</display-name></entry></list>");
    assert_eq!(wire.http(flow, &first.clone().with("If-Match", "*")).0, 412);
    let (status, stored) = wire.http(flow, &first.clone().with("If-None-Match", "*"));
    assert_eq!(status, 201);
    let tag = stored.fields.value("ETag").unwrap().to_owned();
    let kept = wire.server.account(&address("alice")).unwrap().roster().clone();
    assert_eq!((kept.groups(), kept.contact(&address("bob")).unwrap().name.as_str()), (&["Ops".to_owned()][..], "Bob"));
    let (status, got) = wire.http(flow, &Message::request("GET", ROSTER));
    assert_eq!((status, &got.body, got.fields.value("ETag")), (200, &first.body, Some(tag.as_str())));
    assert_eq!(wire.http(flow, &Message::request("GET", ROSTER).with("If-None-Match", &tag)).0, 304);
    assert_eq!(wire.http(flow, &first.clone().with("If-None-Match", "*")).0, 412);
    assert_eq!(wire.http(flow, &roster("").with("If-Match", "\"other\"")).0, 412);
    assert_eq!(wire.http(flow, &roster("<list name='Home'/>").with("If-Match", &tag)).0, 200);
    // Changed by another way: the document follows, under another tag.
    wire.server.set_roster(&address("alice"), kept, wire.now).unwrap();
    let (status, made) = wire.http(flow, &Message::request("GET", ROSTER));
    assert_eq!((status, String::from_utf8_lossy(&made.body).contains("<list name=\"Ops\">")), (200, true));
    assert_eq!(wire.http(flow, &Message::request("DELETE", ROSTER).with("If-Match", &tag)).0, 412);
    assert_eq!(wire.http(flow, &Message::request("DELETE", ROSTER)).0, 200);
    assert_eq!(wire.http(flow, &Message::request("GET", ROSTER)).0, 404);
    assert!(wire.server.account(&address("alice")).unwrap().roster().is_empty());
}

#[test]
fn rules_decide_who_sees_presence() {
    let mut wire = open();
    let (web, bob) = (wire.tcp(1), wire.tcp(2));
    wire.register(bob, "bob");
    let subscribe = "SUBSCRIBE sip:alice@example.test SIP/2.0
        From: <sip:bob@example.test>;tag=s1
        To: <sip:alice@example.test>
        Contact: <sip:bob@client.test:5070;transport=tcp>
        Event: presence
        Expires: 600";
    wire.ask(bob, subscribe);
    let notify = wire.take_one(bob);
    assert!(notify.header("Subscription-State").unwrap().starts_with("active"));
    wire.answer(bob, &notify, 200);
    wire.wait(std::time::Duration::from_secs(2));
    wire.server.handle_bytes(web, &rules("block", "bob").encode(), wire.now);
    wire.collect_past(web);
    let last = wire.take_one(bob);
    assert_eq!(last.header("Subscription-State").unwrap(), "terminated;reason=rejected");
    assert_eq!(wire.ask(bob, &subscribe.replace("s1", "s2")).status(), Some(403));
    let account = wire.server.account(&address("alice")).unwrap();
    assert_eq!(account.decisions().get(&address("bob")), Some(&Handling::Block));
    assert_eq!(wire.http(web, &rules("allow", "bob")).0, 200);
    assert_eq!(wire.ask(bob, &subscribe.replace("s1", "s3")).status(), Some(200));
}

#[test]
fn a_list_service_can_be_subscribed_to_and_follows_its_document() {
    let mut wire = open();
    let (web, alice) = (wire.tcp(1), wire.tcp(2));
    wire.register(alice, "alice");
    let services = |people: &str| {
        let body = format!(
            "<rls-services xmlns='urn:ietf:params:xml:ns:rls-services' xmlns:rl='urn:ietf:params:xml:ns:resource-lists'>\
             <service uri='sip:alice-list@example.test'><list>{people}</list><packages><package>presence</package></packages></service></rls-services>"
        );
        put(LISTS, "application/rls-services+xml", &body)
    };
    assert_eq!(wire.http(web, &services("<rl:entry uri='sip:bob@example.test'/>")).0, 201);
    let subscribe = "SUBSCRIBE sip:alice-list@example.test SIP/2.0
        From: <sip:alice@example.test>;tag=l1
        To: <sip:alice-list@example.test>
        Contact: <sip:alice@client.test:5070;transport=tcp>
        Supported: eventlist
        Event: presence
        Expires: 600";
    assert_eq!(wire.ask(alice, subscribe).header("Require").as_deref(), Some("eventlist"));
    let notify = wire.take_one(alice);
    let text = String::from_utf8_lossy(&notify.body).into_owned();
    assert!(text.contains("uri=\"sip:bob@example.test\"") && !text.contains("carol"), "{text}");
    wire.answer(alice, &notify, 200);
    wire.wait(std::time::Duration::from_secs(2));
    let more = services("<rl:entry uri='sip:bob@example.test'/><rl:entry uri='sip:carol@example.test'/>");
    wire.server.handle_bytes(web, &more.encode(), wire.now);
    wire.collect_past(web);
    assert!(String::from_utf8_lossy(&wire.take_one(alice).body).contains("carol"));
    // The list of another is nobody's; a person is no list.
    let bob = wire.tcp(3);
    wire.register(bob, "bob");
    assert_eq!(wire.ask(bob, &subscribe.replace("sip:alice@example.test>;tag", "sip:bob@example.test>;tag")).status(), Some(404));
    let taken = put(
        LISTS,
        "application/rls-services+xml",
        "<rls-services><service uri='sip:bob@example.test'><list/></service></rls-services>",
    );
    let (status, answer) = wire.http(web, &taken);
    assert_eq!((status, String::from_utf8_lossy(&answer.body).contains("<uniqueness-failure/>")), (409, true));
}

#[test]
fn only_the_owner_with_the_password() {
    let mut wire = Wire::new(|_| {});
    let flow = wire.tcp(1);
    let (status, asked) = wire.http(flow, &Message::request("GET", ROSTER));
    let challenges: Vec<_> = asked.fields.all("WWW-Authenticate").map(str::to_owned).collect();
    assert_eq!((status, challenges.len()), (401, 2));
    let sign = |user: &str, password: &str, target: &str, challenge: &str| {
        let challenge = Challenge::parse(&AuthParams::parse(challenge).unwrap()).unwrap();
        let credentials = Credentials::new(user, password);
        let method = Method::parse("GET").unwrap();
        let signed = Signed { method: &method, uri: target, body: b"" };
        Message::request("GET", target).with("Authorization", &challenge.answer(&credentials, &signed, "c", 1))
    };
    assert_eq!(wire.http(flow, &sign("alice", "wrong", ROSTER, &challenges[0])).0, 401);
    assert_eq!(wire.http(flow, &sign("bob", "secret-b", ROSTER, &challenges[0])).0, 403);
    let good = sign("alice", "secret-a", ROSTER, &challenges[1]);
    let fresh = |wire: &mut Wire| {
        let (_, asked) = wire.http(flow, &Message::request("GET", ROSTER));
        sign("alice", "secret-a", ROSTER, asked.fields.value("WWW-Authenticate").unwrap())
    };
    let again = fresh(&mut wire);
    assert_eq!(wire.http(flow, &again).0, 404);
    // The same again is a replay: asked anew.
    let (status, answer) = wire.http(flow, &again);
    assert_eq!((status, answer.fields.value("WWW-Authenticate").unwrap().contains("stale=true")), (401, true));
    // Signed for another place.
    let mut moved = good;
    moved.start = Start::Request { method: "GET".into(), target: RULES.into() };
    assert_eq!(wire.http(flow, &moved).0, 400);
    assert_eq!(wire.logs.len(), 1);
}

#[test]
fn bad_requests_are_answered_and_do_no_harm() {
    let mut wire = open();
    let flow = wire.tcp(1);
    for (request, status) in [
        (Message::request("GET", "/"), 404),
        (Message::request("GET", "/xcap-root/xcap-caps/global/index"), 200),
        (Message::request("GET", &format!("{ROSTER}/~~/resource-lists")), 501),
        (Message::request("POST", ROSTER), 405),
        (Message::request("GET", &ROSTER.replace("alice", "nobody")), 403),
        (put(ROSTER, "text/plain", "x"), 415),
        (put(ROSTER, "application/resource-lists+xml", "<a"), 409),
        (put(ROSTER, "application/resource-lists+xml", "<!DOCTYPE a><resource-lists/>"), 409),
        (put(ROSTER, "application/resource-lists+xml", "<presence/>"), 409),
    ] {
        assert_eq!(wire.http(flow, &request).0, status, "{:?}", request.start);
    }
    let crowd = (0..1001).fold(String::new(), |all, n| all + &format!("<entry uri='sip:u{n}@example.test'/>"));
    assert_eq!(wire.http(flow, &roster(&format!("<list>{crowd}</list>"))).0, 409);
    assert!(wire.server.account(&address("alice")).unwrap().roster().is_empty());
    // Too many at once, and what is no HTTP after all: the link is closed, the rest unread.
    let many = "GET / HTTP/1.1\r\n\r\n".repeat(20);
    let (answers, closed) = wire.http_bytes(flow, many.as_bytes());
    assert_eq!((answers.len(), closed), (8, true));
    assert_eq!(wire.http_bytes(flow, b"GET / HTTP/1.1\r\n\r\n"), (vec![], false));
    let other = wire.tcp(2);
    let (answers, closed) = wire.http_bytes(other, b"GET / nonsense\r\n\r\n");
    assert_eq!((answers[0].start.clone(), closed), (Message::response(400, "Bad Request").start, true));
    let third = wire.tcp(3);
    let (answers, closed) = wire.http_bytes(third, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_eq!((answers.len(), closed), (1, true));
}

#[test]
fn sip_and_http_are_told_apart_octet_by_octet() {
    let mut wire = open();
    let (web, sip) = (wire.tcp(1), wire.tcp(2));
    let bytes = roster("<list name='Ops'/>").encode();
    for octet in &bytes[..bytes.len() - 1] {
        wire.server.handle_bytes(web, &[*octet], wire.now);
    }
    assert!(wire.server.poll().is_none());
    let (answers, _) = wire.http_bytes(web, &bytes[bytes.len() - 1..]);
    assert_eq!(answers[0].start, Message::response(201, "Created").start);
    // `P`, `PU` could be either; `PUB` is SIP.
    for octet in b"PUBLISH sip:alice@example.test SIP/2.0\r\nVia: SIP/2.0/TCP c.test;branch=z9hG4bKp1\r\nMax-Forwards: 70\r\n\
        From: <sip:alice@example.test>;tag=1\r\nTo: <sip:alice@example.test>\r\nCall-ID: p\r\nCSeq: 1 PUBLISH\r\nEvent: presence\r\nContent-Length: 0\r\n\r\n"
    {
        wire.server.handle_bytes(sip, &[*octet], wire.now);
    }
    let Some(ServerOutput::Transmit { bytes, .. }) = wire.server.poll() else { panic!() };
    assert!(bytes.starts_with(b"SIP/2.0 400"), "{bytes:?}");
}
