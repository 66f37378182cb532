//! Sessions between two devices: INVITE to BYE through the server.

use std::time::Duration;

use super::*;
use crate::sip::message::parse_head;

mod faults;
mod padded;

const BOBS_OFFER: &str = "v=0\no=- 0 0 IN IP4 198.51.100.9\ns=session\nc=IN IP4 198.51.100.9\nt=0 0\n\
                          m=message 5060 sip sip:alice@example.test\n";

/// A message of `tests/fixtures/wire`.
fn fixture(name: &str) -> Message {
    let path = format!("{}/tests/fixtures/wire/{name}.sip", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let mut framer = Framer::new(Limits::default());
    framer.push(&bytes);
    match framer.next_frame().unwrap() {
        Some(Frame::Message(message)) => *message,
        other => panic!("{name}: {other:?}"),
    }
}

impl Wire {
    /// A link of a client of LCS, over TLS.
    pub fn tls(&mut self, number: u64, peer: &str) -> Flow {
        let (ip, port) = peer.rsplit_once(':').unwrap();
        let info = FlowInfo {
            transport: "TLS",
            reliable: true,
            local: "lcs1.example.test:5061".into(),
            peer_ip: ip.into(),
            peer_port: port.parse().unwrap(),
        };
        self.server.flow_up(Flow(number), info, self.now);
        self.collect();
        Flow(number)
    }

    /// Registers a device of LCS with its epid.
    pub fn register_lcs(&mut self, flow: Flow, user: &str, epid: &str) {
        let at = self.server.endpoint.flow_info(flow).unwrap().clone();
        let response = self.ask(
            flow,
            &format!(
                "REGISTER sip:example.test SIP/2.0
                Via: SIP/2.0/{transport} {ip}:{port}
                From: <sip:{user}@example.test>;tag=r1;epid={epid}
                To: <sip:{user}@example.test>
                Contact: <sip:{ip}:{port};transport={lower}>;proxy=replace
                Supported: com.microsoft.msrtc.presence
                Expires: 600",
                transport = at.transport,
                lower = at.transport.to_ascii_lowercase(),
                ip = at.peer_ip,
                port = at.peer_port
            ),
        );
        assert_eq!(response.status(), Some(200));
    }

    /// Sends bytes as they are, in one piece.
    pub fn raw(&mut self, flow: Flow, message: &Message) {
        self.server.handle_bytes(flow, &message.to_bytes(), self.now);
        self.collect();
    }
}

/// Alice and Bob as in the samples: two devices of LCS, each with its link.
fn samples() -> (Wire, Flow, Flow) {
    let mut wire = lcs(&[]);
    let (alice, bob) = (wire.tls(0x1E, "192.0.2.10:49152"), wire.tls(0x2A, "198.51.100.9:1677"));
    wire.register_lcs(alice, "alice", "1f18002c0c");
    wire.register_lcs(bob, "bob", "8bfb9f3f24");
    (wire, alice, bob)
}

/// What Bob's client sends so that Alice's gets the sample.
fn bobs(name: &str) -> Message {
    let mut message = fixture(name);
    for field in ["Record-Route", "Via", "Authentication-Info"] {
        message.headers.remove(field);
    }
    message.headers.push_front("Via", "SIP/2.0/TLS 198.51.100.9:1677");
    message.headers.set("Max-Forwards", "70");
    message.headers.push("Authorization", "NTLM opaque=\"bob\", crand=\"1\", cnum=\"1\", response=\"secret of bob\"");
    if message.method() == Some(&Method::Invite) {
        message.headers.set("To", "<sip:alice@example.test>");
        message.headers.set("Contact", "<sip:bob@example.test:1677;maddr=198.51.100.9;transport=tls>;proxy=replace");
        message.start = Message::request(Method::Invite, "sip:alice@example.test").start;
    }
    message
}

/// Everything in a message but what the sample has of another server: names of Via and route, its
/// signature.
fn told(message: &Message) -> Vec<String> {
    let mut copy = message.clone();
    for field in ["Via", "Record-Route", "Route", "Authentication-Info", "Content-Length"] {
        copy.headers.remove(field);
    }
    let mut lines: Vec<String> = copy.headers.iter().map(|h| format!("{}: {}", h.name(), h.value())).collect();
    lines.sort();
    lines.push(String::from_utf8_lossy(&copy.body).into_owned());
    lines
}

const ROUTE: &str = "<sip:lcs1.example.test:5061;transport=tls;lr>";

/// Runs the sample up to the ACK; what Alice got of it.
fn established(wire: &mut Wire, alice: Flow, bob: Flow) -> (Message, Message, Message) {
    wire.raw(bob, &bobs("a07-1-invite"));
    let invite = wire.take_one(alice);
    assert_eq!(wire.take_one(bob).status(), Some(100), "at once");
    let mut answer = fixture("a07-2-200");
    answer.headers.remove("Via");
    answer.headers.remove("Record-Route");
    for via in invite.headers.get_all("Via").collect::<Vec<_>>().iter().rev() {
        answer.headers.push_front("Via", via);
    }
    answer.headers.push("Record-Route", invite.header("Record-Route").unwrap());
    wire.raw(alice, &answer);
    let accepted = wire.take_one(bob);
    let mut ack = bobs("a07-3-ack");
    ack.headers.push("Route", accepted.header("Record-Route").unwrap());
    wire.raw(bob, &ack);
    let acknowledged = wire.take_one(alice);
    (invite, accepted, acknowledged)
}

#[test]
fn the_sample_conversation_goes_through() {
    let (mut wire, alice, bob) = samples();
    let (invite, accepted, ack) = established(&mut wire, alice, bob);

    let sample = fixture("a07-1-invite");
    assert_eq!(invite.uri(), sample.uri());
    assert_eq!(told(&invite), told(&sample));
    assert_eq!(invite.headers.list("Record-Route"), [ROUTE]);
    let vias = invite.headers.list("Via");
    assert_eq!(vias.len(), 2);
    assert!(vias[0].starts_with("SIP/2.0/TLS lcs1.example.test:5061;branch=z9hG4bK"), "{vias:?}");
    assert_eq!(vias[1], "SIP/2.0/TLS 198.51.100.9:1677;ms-received-port=1677;ms-received-cid=2A00");
    assert!(!String::from_utf8_lossy(&invite.to_bytes()).contains("secret"));

    assert_eq!(accepted.status(), Some(200));
    assert_eq!(accepted.headers.list("Via").len(), 1);
    assert!(accepted.header("Via").unwrap().starts_with("SIP/2.0/TLS 198.51.100.9:1677"));
    assert_eq!(accepted.headers.list("Record-Route"), [ROUTE]);
    assert_eq!(accepted.header("Contact").as_deref(), Some("<sip:192.0.2.10:49152;transport=tls;ms-received-cid=1E00>"));
    assert!(!accepted.headers.has("Proxy-Authorization"), "Alice's signature is not for Bob");
    assert_eq!(accepted.body, fixture("a07-2-200").body);
    assert_eq!(accepted.header("Supported").as_deref(), Some("com.microsoft.rtc-multiparty"));
    assert!(!accepted.headers.has("Server"), "it is Alice's answer");

    let sample = fixture("a07-3-ack");
    assert_eq!((ack.uri(), told(&ack)), (sample.uri(), told(&sample)));
    assert_eq!((ack.headers.list("Via").len(), ack.headers.has("Route")), (2, false));

    for name in ["a07-4-info", "a07-5-message", "a07-6-bye"] {
        let mut sent = fixture(name);
        sent.headers.set("Route", ROUTE);
        wire.raw(alice, &sent);
        let got = wire.take_one(bob);
        assert_eq!(got.uri(), sent.uri(), "{name}");
        assert_eq!(got.body, sent.body, "{name}");
        assert_eq!(got.header("From"), sent.header("From"));
        assert_eq!(got.header("To"), sent.header("To"), "tag and epid are there already");
        assert_eq!(got.header("CSeq"), sent.header("CSeq"));
        assert_eq!(got.header("Content-Type"), sent.header("Content-Type"));
        assert_eq!((got.headers.list("Via").len(), got.header("Max-Forwards").as_deref()), (2, Some("69")));
        assert!(!got.headers.has("Route") && !got.headers.has("Proxy-Authorization"), "{name}");
        assert_eq!(got.header("Contact").as_deref(), Some("<sip:192.0.2.10:49152;transport=tls;ms-received-cid=1E00>"));
        wire.answer(bob, &got, 200);
        let answer = wire.take_one(alice);
        assert_eq!((answer.status(), answer.header("CSeq")), (Some(200), sent.header("CSeq")));
        assert_eq!(answer.headers.list("Via").len(), 1);
    }
    assert!(wire.server.sessions.is_empty(), "BYE ends it");
    wire.wait(Duration::from_mins(1));
    assert_eq!((wire.take(alice), wire.take(bob)), (vec![], vec![]), "nothing is repeated on streams");
}

#[test]
fn a_refused_message_comes_back_as_it_was_refused() {
    let (mut wire, alice, bob) = samples();
    established(&mut wire, alice, bob);
    wire.raw(alice, &fixture("a07-5-message"));
    let got = wire.take_one(bob);
    let mut refusal = Message::response_to(&got, 606);
    refusal.headers.push("Warning", fixture("a07-7-606").header("Warning").unwrap());
    wire.raw(bob, &refusal);
    let answer = wire.take_one(alice);
    let sample = fixture("a07-7-606");
    assert_eq!((answer.status(), answer.reason()), (sample.status(), sample.reason()));
    assert_eq!(told(&answer), told(&sample));
}

#[test]
fn a_third_person_is_asked_for_by_refer_and_reported_by_notify() {
    let (mut wire, alice, bob) = samples();
    established(&mut wire, alice, bob);
    let sent = fixture("a08-1-refer");
    wire.raw(alice, &sent);
    let got = wire.take_one(bob);
    for name in ["Refer-to", "Referred-By", "Require", "From", "To", "CSeq", "Call-ID"] {
        assert_eq!(got.header(name), sent.header(name), "{name}");
    }
    wire.answer(bob, &got, 202);
    assert_eq!(wire.take_one(alice).status(), Some(202));
    wire.raw(bob, &bobs("a08-2-notify"));
    let got = wire.take_one(alice);
    let sample = fixture("a08-2-notify");
    assert_eq!((got.uri(), told(&got)), (sample.uri(), told(&sample)));
    wire.answer(alice, &got, 200);
    assert_eq!(wire.take_one(bob).status(), Some(200));
}

/// An INVITE of a user, as lines.
fn invite(from: &str, to: &str, call: &str) -> String {
    format!(
        "INVITE sip:{to}@example.test SIP/2.0
        From: <sip:{from}@example.test>;tag={from}1
        To: <sip:{to}@example.test>
        Call-ID: {call}
        CSeq: 1 INVITE
        Contact: <sip:{from}@client.test:5070;transport=tcp>
        Content-Type: application/sdp\n\n{BOBS_OFFER}"
    )
}

/// A request in the dialog that [`talk`] made.
fn within(method: &str, from: &str, to: &str, call: &str, cseq: u32, body: &str) -> String {
    format!(
        "{method} sip:{to}@client.test:5070;transport=tcp SIP/2.0
        From: <sip:{from}@example.test>;tag={from}1
        To: <sip:{to}@example.test>;tag={to}1
        Call-ID: {call}
        CSeq: {cseq} {method}
        Route: <sip:192.0.2.1:5060;transport=tcp;lr>
        Content-Type: text/plain\n\n{body}"
    )
}

impl Wire {
    /// Accepts an INVITE with the tag of the one who is called.
    fn accept(&mut self, flow: Flow, invite: &Message, user: &str) {
        let mut response = Message::response_to(invite, 200);
        response.headers.set("To", format!("<sip:{user}@example.test>;tag={user}1"));
        response.headers.copy_from(&invite.headers, "Record-Route");
        response.headers.push("Contact", format!("<sip:{user}@client.test:5070;transport=tcp>"));
        self.answer_with(flow, &response);
    }

    /// A session between two users who are signed in.
    fn talk(&mut self, (from, caller): (&str, Flow), (to, callee): (&str, Flow), call: &str) {
        self.send(caller, &invite(from, to, call));
        let got = self.take_one(callee);
        self.accept(callee, &got, to);
        let answers: Vec<_> = self.take(caller).iter().map(|m| m.status().unwrap()).collect();
        assert_eq!(answers, [100, 200]);
        self.send(caller, &within("ACK", from, to, call, 1, "").replace("Content-Type: text/plain", "X: y"));
        assert_eq!(self.take_one(callee).method(), Some(&Method::Ack));
    }

    /// The one request that came, answered.
    fn obey(&mut self, flow: Flow) -> Message {
        let request = self.take_one(flow);
        self.answer(flow, &request, 200);
        request
    }
}

/// Alice, Bob and Carol, each with one plain device.
fn three() -> (Wire, Flow, Flow, Flow) {
    let mut wire = lcs(&[]);
    let flows = [(1, "alice"), (2, "bob"), (3, "carol")].map(|(number, user)| {
        let flow = wire.tcp(number);
        wire.register(flow, user);
        flow
    });
    (wire, flows[0], flows[1], flows[2])
}

#[test]
fn messages_keep_their_order_in_both_directions() {
    let (mut wire, alice, bob, _) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    for number in 2..30 {
        wire.send(alice, &within("MESSAGE", "alice", "bob", "c1", number, &format!("text {number}")));
    }
    let got = wire.take(bob);
    let texts: Vec<String> = got.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned()).collect();
    assert_eq!(texts, (2..30).map(|n| format!("text {n}")).collect::<Vec<_>>());
    for request in &got {
        wire.answer(bob, request, 200);
    }
    let answers: Vec<u32> = wire.take(alice).iter().map(|m| m.cseq().unwrap().number).collect();
    assert_eq!(answers, (2..30).collect::<Vec<_>>());
    wire.send(bob, &within("MESSAGE", "bob", "alice", "c1", 1, "and back"));
    assert_eq!(wire.obey(alice).body, "and back");
    assert_eq!(wire.take_one(bob).status(), Some(200));
    let logged = wire.logs.iter().filter(|l| matches!(l, ServerLog::Message { .. })).count();
    assert_eq!(logged, 29);
}

#[test]
fn cancelled_before_the_answer() {
    let (mut wire, alice, bob, _) = three();
    let via = "Via: SIP/2.0/TCP client.test;branch=z9hG4bKinvite";
    wire.send(alice, &with_header(&invite("alice", "bob", "c1"), via));
    let got = wire.take_one(bob);
    wire.answer(bob, &got, 180);
    let cancel = "CANCEL sip:bob@example.test SIP/2.0
        Via: SIP/2.0/TCP client.test;branch=z9hG4bKinvite
        From: <sip:alice@example.test>;tag=alice1
        To: <sip:bob@example.test>
        Call-ID: c1
        CSeq: 1 CANCEL";
    wire.send(alice, cancel);
    let cancelled = wire.take_one(bob);
    assert_eq!((cancelled.method(), cancelled.uri()), (Some(&Method::Cancel), got.uri()));
    assert_eq!(cancelled.top_via(), got.top_via());
    wire.answer(bob, &cancelled, 200);
    wire.answer(bob, &got, 487);
    assert_eq!(wire.take_one(bob).method(), Some(&Method::Ack));
    let answers: Vec<_> = wire.take(alice).iter().map(|m| (m.status().unwrap(), m.cseq().unwrap().to_string())).collect();
    let expected = [(100, "1 INVITE"), (180, "1 INVITE"), (200, "1 CANCEL"), (487, "1 INVITE")];
    assert_eq!(answers, expected.map(|(code, cseq)| (code, cseq.to_owned())));
    assert!(wire.server.sessions.is_empty());
}

#[test]
fn cancelled_and_accepted_at_once() {
    let (mut wire, alice, bob, _) = three();
    let via = "Via: SIP/2.0/TCP client.test";
    wire.send(alice, &with_header(&invite("alice", "bob", "c1"), via));
    let got = wire.take_one(bob);
    wire.answer(bob, &got, 180);
    // A client without branches cancels by Call-ID and number.
    wire.send(
        alice,
        &with_header(&within("CANCEL", "alice", "bob", "c1", 1, ""), via)
            .replace(";tag=bob1", "")
            .replace("bob@client.test:5070;transport=tcp", "bob@example.test"),
    );
    wire.accept(bob, &got, "bob");
    let seen: Vec<_> = wire.take(alice).iter().map(|m| m.status().unwrap()).collect();
    assert_eq!(seen, [100, 180, 200, 200], "the 2xx wins: the caller has to hang up");
    wire.take(bob);
    wire.send(alice, &within("ACK", "alice", "bob", "c1", 1, ""));
    wire.send(alice, &within("BYE", "alice", "bob", "c1", 2, ""));
    let got: Vec<_> = wire.take(bob).iter().map(|m| m.method().unwrap().to_string()).collect();
    assert_eq!(got, ["ACK", "BYE"]);
}

#[test]
fn both_call_at_once() {
    let (mut wire, alice, bob, _) = three();
    wire.send(alice, &invite("alice", "bob", "c1"));
    wire.send(bob, &invite("bob", "alice", "c2"));
    let at_bob: Vec<_> = wire.take(bob).into_iter().filter(|m| m.method().is_some()).collect();
    let at_alice: Vec<_> = wire.take(alice).into_iter().filter(|m| m.method().is_some()).collect();
    wire.accept(bob, &at_bob[0], "bob");
    wire.accept(alice, &at_alice[0], "alice");
    assert_eq!(wire.take_one(alice).status(), Some(200));
    assert_eq!(wire.take_one(bob).status(), Some(200));
    assert_eq!(wire.server.sessions.len(), 2);
    for (flow, from, to, call) in [(alice, "alice", "bob", "c1"), (bob, "bob", "alice", "c2")] {
        wire.send(flow, &within("MESSAGE", from, to, call, 2, call));
    }
    for (flow, call) in [(alice, "c2"), (bob, "c1")] {
        let got = wire.take(flow);
        assert_eq!((got.len(), got[0].body.as_ref()), (1, call.as_bytes()));
    }
}

#[test]
fn the_device_that_is_named_rings_and_no_other() {
    let (mut wire, alice, _, _) = three();
    let (desk, laptop) = (wire.tls(10, "192.0.2.50:1000"), wire.tls(11, "192.0.2.51:1000"));
    wire.register_lcs(desk, "bob", "aaaa000001");
    wire.register_lcs(laptop, "bob", "aaaa000002");
    for (epid, flow, other) in [("aaaa000001", desk, laptop), ("AAAA000002", laptop, desk)] {
        let to = format!("To: <sip:bob@example.test>;epid={epid}");
        wire.send(alice, &invite("alice", "bob", epid).replace("To: <sip:bob@example.test>", &to));
        let got = wire.take_one(flow);
        assert_eq!(got.header("To"), Some(to[4..].to_owned()));
        assert_eq!(wire.take(other), []);
        wire.answer(flow, &got, 486);
        let codes: Vec<_> = wire.take(alice).iter().map(|m| m.status().unwrap()).collect();
        assert_eq!(codes, [100, 486]);
        wire.take(flow);
    }
    // One that is gone does not keep the others from ringing.
    wire.send(
        alice,
        &invite("alice", "bob", "gone").replace("To: <sip:bob@example.test>", "To: <sip:bob@example.test>;epid=bbbb"),
    );
    assert_eq!(wire.take_one(laptop).header("To").as_deref(), Some("<sip:bob@example.test>;epid=bbbb"));
}

#[test]
fn the_most_available_device_rings() {
    let (mut wire, alice, _, _) = three();
    let desk = rtc::Rtc::new(&mut wire, 20, "bob", "aaaa000001");
    let laptop = rtc::Rtc::new(&mut wire, 21, "bob", "aaaa000002");
    for (number, (at_desk, at_laptop)) in
        [((300, 400), (300, 100)), ((300, 100), (300, 400)), ((0, 0), (300, 600))].into_iter().enumerate()
    {
        desk.set_presence(&mut wire, at_desk.0, at_desk.1);
        laptop.set_presence(&mut wire, at_laptop.0, at_laptop.1);
        wire.send(alice, &invite("alice", "bob", &format!("c{number}")));
        let best = if number == 0 { desk.flow } else { laptop.flow };
        let got = wire.take_one(best);
        assert_eq!(got.method(), Some(&Method::Invite), "{number}");
        wire.answer(best, &got, 486);
        wire.take(best);
    }
}

#[test]
fn the_next_device_when_one_is_away_or_silent() {
    let (mut wire, alice, plain, _) = three();
    let (desk, laptop) = (wire.tls(10, "192.0.2.50:1000"), wire.tls(11, "192.0.2.51:1000"));
    wire.register_lcs(desk, "bob", "aaaa000001");
    wire.register_lcs(laptop, "bob", "aaaa000002");
    wire.send(alice, &invite("alice", "bob", "c1"));
    // Devices of LCS first, the latest of them before the others.
    let first = wire.take_one(laptop);
    wire.answer(laptop, &first, 480);
    assert_eq!(wire.take_one(laptop).method(), Some(&Method::Ack));
    let second = wire.take_one(desk);
    assert!(second.header("To").unwrap().ends_with(";epid=aaaa000001"));
    assert_ne!(first.top_via(), second.top_via());
    wire.answer(desk, &second, 180);
    wire.wait(Duration::from_secs(16));
    // It rang long enough: cancelled, and the last one's turn.
    let cancel = wire.take_one(desk);
    assert_eq!(cancel.method(), Some(&Method::Cancel));
    let third = wire.take_one(plain);
    assert!(!third.header("To").unwrap().contains("epid"));
    // Too late: it is thanked and hung up on.
    wire.accept(desk, &second, "bob");
    let late: Vec<_> = wire.take(desk).iter().map(|m| (m.method().unwrap().to_string(), m.cseq().unwrap().number)).collect();
    assert_eq!(late, [("ACK".to_owned(), 1), ("BYE".to_owned(), 2)]);
    wire.accept(plain, &third, "bob");
    let codes: Vec<_> = wire.take(alice).iter().map(|m| m.status().unwrap()).collect();
    assert_eq!(codes, [100, 180, 200]);
}

#[test]
fn the_best_refusal_of_several_devices() {
    let (mut wire, alice, plain, _) = three();
    let desk = wire.tls(10, "192.0.2.50:1000");
    wire.register_lcs(desk, "bob", "aaaa000001");
    wire.send(alice, &invite("alice", "bob", "c1"));
    let got = wire.take_one(desk);
    wire.answer(desk, &got, 503);
    let got = wire.take_one(plain);
    wire.answer(plain, &got, 405);
    assert_eq!(wire.take(alice).last().unwrap().status(), Some(405));
    // A definite no ends it.
    wire.take(desk);
    wire.take(plain);
    wire.send(alice, &invite("alice", "bob", "c2"));
    let got = wire.take_one(desk);
    wire.answer(desk, &got, 603);
    assert_eq!(wire.take(alice).last().unwrap().status(), Some(603));
    assert_eq!(wire.take(plain), []);
}

#[test]
fn nobody_answers() {
    let (mut wire, alice, bob, _) = three();
    wire.send(alice, &invite("alice", "bob", "c1"));
    wire.take_one(bob);
    wire.wait(Duration::from_secs(33));
    assert_eq!(wire.take(alice).last().unwrap().status(), Some(408));
    assert!(wire.server.sessions.is_empty());
}

#[test]
fn three_people_each_with_each() {
    let (mut wire, alice, bob, carol) = three();
    // All with one Call-ID, as conversations of several people have it.
    wire.talk(("alice", alice), ("bob", bob), "room");
    wire.talk(("alice", alice), ("carol", carol), "room");
    wire.talk(("carol", carol), ("bob", bob), "room");
    assert_eq!(wire.server.sessions.len(), 3);
    let everybody = [("alice", alice), ("bob", bob), ("carol", carol)];
    for (number, (from, flow)) in everybody.into_iter().enumerate() {
        for (to, other) in everybody.into_iter().filter(|(to, _)| *to != from) {
            let cseq = 10 + u32::try_from(number).unwrap();
            // No branch, the same number to both: only the dialog tells them apart.
            wire.send(flow, &with_header(&within("MESSAGE", from, to, "room", cseq, from), "Via: SIP/2.0/TCP client.test"));
            let got = wire.obey(other);
            assert_eq!((got.body.as_ref(), got.from().unwrap().uri.user()), (from.as_bytes(), Some(from)));
            let answer = wire.take_one(flow);
            assert_eq!((answer.status(), answer.to().unwrap().uri.user()), (Some(200), Some(to)));
        }
    }
    wire.cut(carol);
    for flow in [alice, bob] {
        let bye = wire.obey(flow);
        assert_eq!((bye.method(), bye.from().unwrap().uri.user()), (Some(&Method::Bye), Some("carol")));
    }
    assert_eq!(wire.server.sessions.len(), 1);
}

#[test]
fn one_side_over_tls_the_other_without() {
    let (mut wire, alice, _, _) = three();
    let carol = wire.tls(10, "192.0.2.50:1000");
    wire.register_lcs(carol, "carol", "cccc000001");
    wire.send(alice, &invite("alice", "carol", "c1"));
    let got = wire.take_one(carol);
    assert_eq!(got.header("Record-Route").as_deref(), Some(ROUTE));
    wire.accept(carol, &got, "carol");
    let answer = wire.take(alice).pop().unwrap();
    assert_eq!(answer.headers.list("Record-Route"), ["<sip:192.0.2.1:5060;transport=tcp;lr>"]);
}
