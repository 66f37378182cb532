//! Personas in sessions, as clients of LCS meet them on the wire.

use std::time::Duration;

use super::*;
use crate::demo::DefaultHandling;
use crate::demo::personas::{Act, epid_of};
use crate::demo::server::MessageFate;
use crate::formats::keyboard::{self, KeyboardActivity};
use crate::formats::{mim, msgr, sdp, text_format};
use crate::model::{Address, Availability};

const OFFER: &str = "v=0\no=- 0 0 IN IP4 192.0.2.11\ns=session\nc=IN IP4 192.0.2.11\nt=0 0\nm=x-ms-message 5060 sip null\n";

fn address(user: &str) -> Address {
    Address::complete(user, Some("example.test")).unwrap()
}

/// Alice (and Zoe) at home, the personas around them.
fn house(seed: u8) -> (Wire, Flow) {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.users.truncate(1);
        config.users.push(User::with_password("zoe", "Zoe", "example.test", "secret-z"));
        config.seed = [seed; 32];
        config.personas = true;
        config.default_handling = DefaultHandling::Allow;
    });
    let alice = wire.tls(1, "192.0.2.11:49152");
    wire.register_lcs(alice, "alice", "1f18002c0c");
    (wire, alice)
}

/// As [`house`], after the first greeting, with nobody about to say anything soon.
fn quiet_house() -> (Wire, Flow) {
    let (mut wire, alice) = house(1);
    let greeting = wait_for(&mut wire, alice, "INVITE");
    wire.answer(alice, &greeting, 486);
    wire.take(alice);
    (wire, alice)
}

/// Lets time pass until a request of this method comes; other messages are answered or dropped.
fn wait_for(wire: &mut Wire, flow: Flow, method: &str) -> Message {
    for _ in 0..400 {
        let mut found = None;
        for message in wire.take(flow) {
            let is_wanted = found.is_none() && message.method().is_some_and(|m| m.as_str() == method);
            if is_wanted {
                found = Some(message);
            } else if message.method().is_some_and(|m| *m != Method::Ack) {
                wire.answer(flow, &message, 200);
            }
        }
        if let Some(found) = found {
            return found;
        }
        wire.wait(Duration::from_millis(50));
    }
    panic!("no {method} in 20 s");
}

/// An INVITE of a user, with header lines of its own.
fn call(user: &str, to: &str, call_id: &str, lines: &str) -> String {
    format!(
        "INVITE sip:{to}@example.test SIP/2.0
        Via: SIP/2.0/TLS 192.0.2.11:49152
        From: <sip:{user}@example.test>;tag={user}-{to}-{call_id}-{length};epid=1f18002c0c
        To: <sip:{to}@example.test>
        Call-ID: {call_id}
        CSeq: 1 INVITE
        Contact: <sip:{user}@example.test:49152;maddr=192.0.2.11;transport=tls>;proxy=replace
        Content-Type: application/sdp
        {lines}\n\n{OFFER}",
        length = lines.len()
    )
    .replace("        \n\n", "\n\n")
}

/// A dialog from the side of a user who called.
struct Side {
    flow: Flow,
    from: String,
    to: String,
    uri: String,
    call_id: String,
    cseq: u32,
}

impl Side {
    fn new(flow: Flow, accepted: &Message) -> Self {
        Self {
            flow,
            from: accepted.header("From").unwrap(),
            to: accepted.header("To").unwrap(),
            uri: accepted.name_addrs("Contact")[0].uri.as_str().to_owned(),
            call_id: accepted.call_id().unwrap(),
            cseq: 1,
        }
    }

    /// From the side of a user who was called and accepted.
    fn called(flow: Flow, invite: &Message, tag: &str) -> Self {
        Self {
            flow,
            from: format!("{};tag={tag}", invite.header("To").unwrap()),
            to: invite.header("From").unwrap(),
            uri: invite.name_addrs("Contact")[0].uri.as_str().to_owned(),
            call_id: invite.call_id().unwrap(),
            cseq: 0,
        }
    }

    fn request(&mut self, method: &str, lines: &str, body: &str) -> String {
        if method != "ACK" {
            self.cseq += 1;
        }
        let Self { from, to, uri, call_id, cseq, .. } = self;
        let head = format!("{method} {uri} SIP/2.0\nFrom: {from}\nTo: {to}\nCall-ID: {call_id}\nCSeq: {cseq} {method}\n{lines}");
        format!("{}\nVia: SIP/2.0/TLS 192.0.2.11:49152\n\n{body}", head.trim_end())
    }

    /// Sends a request; its answer.
    fn ask(&mut self, wire: &mut Wire, method: &str, lines: &str, body: &str) -> Message {
        let text = self.request(method, lines, body);
        wire.ask(self.flow, &text)
    }

    fn say(&mut self, wire: &mut Wire, text: &str) {
        assert_eq!(self.ask(wire, "MESSAGE", "Content-Type: text/plain; charset=UTF-8", text).status(), Some(200));
    }
}

/// Calls a persona and gets through.
fn talk(wire: &mut Wire, flow: Flow, user: &str, to: &str, call_id: &str, lines: &str) -> (Message, Side) {
    let accepted = wire.ask(flow, &call(user, to, call_id, lines));
    assert_eq!(accepted.status(), Some(200), "{accepted:?}");
    let mut side = Side::new(flow, &accepted);
    wire.send(flow, &side.request("ACK", "", ""));
    (accepted, side)
}

/// Accepts the call of a persona.
fn accept(wire: &mut Wire, flow: Flow, invite: &Message, tag: &str) -> Side {
    let mut response = Message::response_to(invite, 200);
    response.headers.set("To", format!("{};tag={tag}", invite.header("To").unwrap()));
    response.headers.push("Contact", "<sip:alice@example.test:49152;maddr=192.0.2.11;transport=tls>;proxy=replace");
    response.set_body(sdp::MEDIA_TYPE, OFFER);
    wire.answer_with(flow, &response);
    Side::called(flow, invite, tag)
}

/// Makes personas do something now.
fn act(wire: &mut Wire, act: Act) {
    wire.server.cast.plan_now(act, wire.now);
    wire.wait(Duration::from_millis(1));
}

#[test]
fn a_persona_takes_a_call_types_and_answers_in_the_dialog() {
    let (mut wire, alice) = quiet_house();
    let (accepted, mut side) = talk(&mut wire, alice, "alice", "frank", "c1", "");
    assert_eq!(accepted.headers.list("Supported"), ["com.microsoft.rtc-multiparty"]);
    assert_eq!(accepted.to().unwrap().params.get("epid"), Some(epid_of(&address("frank"))));
    let answer = sdp::read(&accepted.body).unwrap().message.unwrap();
    assert_eq!((answer.media, answer.target.as_deref()), (sdp::Media::XMsMessage, Some("sip:alice@example.test")));
    assert_eq!(answer.address, "lcs1.example.test");

    side.say(&mut wire, "hello Frank, coffee?");
    let info = wait_for(&mut wire, alice, "INFO");
    assert_eq!((info.content_type().as_str(), keyboard::read(&info.body)), ("application/xml", Ok(KeyboardActivity::Type)));
    assert_eq!((info.header("From").unwrap(), info.header("To").unwrap()), (side.to.clone(), side.from.clone()));
    assert_eq!(info.uri(), "sip:192.0.2.11:49152;transport=tls;ms-received-cid=100");
    wire.answer(alice, &info, 200);
    let text = wait_for(&mut wire, alice, "MESSAGE");
    assert_eq!((text.call_id().as_deref(), text.header("CSeq").as_deref()), (Some("c1"), Some("2 MESSAGE")));
    assert_eq!(text.header("Content-Type").as_deref(), Some("text/plain; charset=UTF-8"));
    wire.answer(alice, &text, 200);
    assert!(matches!(wire.logs.last(), Some(ServerLog::Message { fate: MessageFate::Delivered, .. })), "{:?}", wire.logs);
    assert_eq!(side.ask(&mut wire, "BYE", "", "").status(), Some(200));
    assert_eq!(side.ask(&mut wire, "MESSAGE", "Content-Type: text/plain", "still there?").status(), Some(481));
    assert_eq!(wire.server.talks.of_two(&address("frank"), &address("alice")), None);
}

#[test]
fn the_first_text_may_come_with_the_invite() {
    let (mut wire, alice) = quiet_house();
    let first = text_format::write(&text_format::TextFormat::plain("thanks for the pictures", None));
    let (accepted, mut side) = talk(&mut wire, alice, "alice", "frank", "c1", &format!("ms-text-format: {first}"));
    assert_eq!(accepted.headers.list("Supported"), ["com.microsoft.rtc-multiparty", "ms-text-format"]);
    // Who has not understood that sends it again; it is heard once.
    side.say(&mut wire, "thanks for the pictures");
    let text = wait_for(&mut wire, alice, "MESSAGE");
    wire.answer(alice, &text, 200);
    let end = wire.now + Duration::from_secs(6);
    while wire.now < end {
        assert!(!wire.take(alice).iter().any(|m| m.method() == Some(&Method::Message)));
        wire.wait(Duration::from_millis(200));
    }
    // One that cannot be read is none.
    let (accepted, _) = talk(&mut wire, alice, "alice", "grace", "c2", "ms-text-format: text/plain;ms-body=%%%");
    assert!(!accepted.headers.lists_token("Supported", "ms-text-format"));
}

#[test]
fn who_speaks_first_calls_devices_of_lcs_and_writes_to_others() {
    let (mut wire, alice) = house(1);
    let invite = wait_for(&mut wire, alice, "INVITE");
    let from = invite.from().unwrap();
    assert_eq!((from.display.as_str(), from.params.get("epid")), ("Bob Marlowe", Some(epid_of(&address("bob")))));
    assert_eq!(invite.header("To").as_deref(), Some("<sip:alice@example.test>;epid=1f18002c0c"));
    assert_eq!(invite.uri(), "sip:192.0.2.11:49152;transport=tls;ms-received-cid=100");
    assert!(invite.header("Ms-Conversation-ID").unwrap().parse::<u32>().is_ok());
    assert!(!invite.headers.has("Record-Route") && invite.headers.list("Via").len() == 1);
    let offer = sdp::read(&invite.body).unwrap().message.unwrap();
    assert_eq!((offer.media, offer.target.as_deref()), (sdp::Media::Message, Some("sip:alice@example.test")));
    wire.answer(alice, &invite, 180);
    let mut side = accept(&mut wire, alice, &invite, "a1");
    let got = wire.take(alice);
    assert_eq!(got.iter().map(|m| m.method().unwrap().as_str()).collect::<Vec<_>>(), ["ACK", "INFO"]);
    assert_eq!((got[0].cseq().unwrap().number, got[1].cseq().unwrap().number), (1, 2));
    assert_eq!(got[1].uri(), "sip:192.0.2.11:49152;transport=tls;ms-received-cid=100", "its Contact asked to be replaced");
    wire.answer(alice, &got[1], 200);
    let text = wait_for(&mut wire, alice, "MESSAGE");
    assert!(String::from_utf8_lossy(&text.body).contains("Alice"));
    wire.answer(alice, &text, 200);
    side.say(&mut wire, "hello Bob");
    assert_eq!(wait_for(&mut wire, alice, "MESSAGE").call_id(), invite.call_id(), "the answer comes in the same dialog");

    let zoe = wire.tcp(2);
    wire.register(zoe, "zoe");
    let typing = wait_for(&mut wire, zoe, "MESSAGE");
    assert_eq!(typing.content_type(), "application/im-iscomposing+xml");
}

#[test]
fn a_call_that_is_not_taken() {
    let (mut wire, alice) = house(1);
    let invite = wait_for(&mut wire, alice, "INVITE");
    wire.wait(Duration::from_secs(5));
    wire.take(alice);
    wire.answer(alice, &invite, 488);
    let got = wire.take(alice);
    assert_eq!(got[0].method(), Some(&Method::Ack));
    // It had waited, and comes without a session.
    assert_eq!((got[1].method(), got[1].content_type().as_str()), (Some(&Method::Message), "text/plain"));
    assert!(got[1].to().unwrap().tag().is_none());
    wire.answer(alice, &got[1], 200);

    let text = "I am on the train.".to_owned();
    act(&mut wire, Act::Say { who: address("judy"), to: address("alice"), text });
    let invite = wait_for(&mut wire, alice, "INVITE");
    wire.answer(alice, &invite, 486);
    wire.wait(Duration::from_secs(1));
    assert!(!wire.take(alice).iter().any(|m| m.method() == Some(&Method::Message)), "do not disturb means it");
    assert!(wire.server.talks.is_empty() && wire.server.sessions.is_empty());
}

#[test]
fn calls_a_persona_does_not_take() {
    let (mut wire, alice) = quiet_house();
    let audio = "v=0\no=- 0 0 IN IP4 192.0.2.11\ns=-\nc=IN IP4 192.0.2.11\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
    assert_eq!(wire.ask(alice, &call("alice", "bob", "c1", "").replace(OFFER, audio)).status(), Some(488));
    assert_eq!(wire.ask(alice, &call("alice", "bob", "c2", "").replace("application/sdp", "text/plain")).status(), Some(488));
    assert_eq!(wire.ask(alice, &call("alice", "ivan", "c1", "")).status(), Some(480), "not there");
    let strange = wire.ask(alice, &call("alice", "bob", "c1", "Require: com.microsoft.rtc-multiparty, levitation"));
    assert_eq!((strange.status(), strange.header("Unsupported").as_deref()), (Some(420), Some("levitation")));
    assert!(wire.server.talks.is_empty());
}

#[test]
fn what_a_persona_does_not_read() {
    let (mut wire, alice) = quiet_house();
    let (_, mut side) = talk(&mut wire, alice, "alice", "bob", "c1", "");
    let refused =
        side.ask(&mut wire, "MESSAGE", "Content-Type: text/x-msmsgsinvite; charset=UTF-8", "Invitation-Command: INVITE");
    assert_eq!((refused.status(), refused.header("Accept").as_deref()), (Some(415), Some("text/plain")));
    for body in ["", "<KeyboardActivity", "<x/>"] {
        let answer = side.ask(&mut wire, "INFO", "Content-Type: application/xml", body);
        assert_eq!((answer.status(), answer.body.len()), (Some(200), 0));
    }
    assert_eq!(side.ask(&mut wire, "REFER", "Refer-To: <sip:carol@example.test>", "").status(), Some(500), "manages nothing");
    assert_eq!(side.ask(&mut wire, "OPTIONS", "", "").status(), Some(200));
    side.cseq = 1;
    let late = side.ask(&mut wire, "INFO", "", "");
    assert_eq!(late.status(), Some(500), "numbers only rise");
    // Nobody else speaks in this dialog.
    let zoe = wire.tls(2, "192.0.2.12:49152");
    wire.register_lcs(zoe, "zoe", "2222222222");
    side.cseq = 20;
    assert_eq!(wire.ask(zoe, &side.request("MESSAGE", "", "x").replace("sip:alice@", "sip:zoe@")).status(), Some(481));
}

#[test]
fn a_persona_hangs_up_when_idle_when_called_anew_and_when_it_goes() {
    let (mut wire, alice) = quiet_house();
    talk(&mut wire, alice, "alice", "bob", "c1", "");
    talk(&mut wire, alice, "alice", "bob", "c2", "");
    let bye = wait_for(&mut wire, alice, "BYE");
    assert_eq!((bye.call_id().as_deref(), bye.header("CSeq").as_deref()), (Some("c1"), Some("1 BYE")));
    wire.answer(alice, &bye, 200);
    let mood = crate::demo::scripts::Mood { availability: Availability::Offline, note: "" };
    act(&mut wire, Act::Feel { who: address("bob"), mood });
    assert_eq!(wait_for(&mut wire, alice, "BYE").call_id().as_deref(), Some("c2"));
    // Nothing said for ten minutes; others live on meanwhile.
    talk(&mut wire, alice, "alice", "heidi", "c3", "");
    let start = wire.now;
    let bye = loop {
        match wire.take(alice).into_iter().find(|m| m.method() == Some(&Method::Bye) && m.call_id().as_deref() == Some("c3")) {
            Some(bye) => break bye,
            None => wire.wait(Duration::from_secs(1)),
        }
        assert!(wire.now < start + Duration::from_secs(1_400));
    };
    assert!(wire.now >= start + Duration::from_mins(10), "{bye:?}");
    wire.cut(alice);
    assert!(wire.server.talks.is_empty());
}

#[test]
fn the_link_goes_in_the_middle_of_a_call() {
    let (mut wire, alice) = house(1);
    wait_for(&mut wire, alice, "INVITE");
    wire.cut(alice);
    assert!(wire.server.talks.is_empty() && wire.server.sessions.is_empty());
    let (mut wire, alice) = house(1);
    let invite = wait_for(&mut wire, alice, "INVITE");
    let mood = crate::demo::scripts::Mood { availability: Availability::Offline, note: "" };
    wire.answer(alice, &invite, 180);
    act(&mut wire, Act::Feel { who: address("bob"), mood });
    assert_eq!(wait_for(&mut wire, alice, "CANCEL").call_id(), invite.call_id());
    accept(&mut wire, alice, &invite, "a1");
    let got: Vec<_> = wire.take(alice).iter().map(|m| m.method().unwrap().to_string()).collect();
    assert_eq!(got, ["ACK", "BYE"], "too late");
}

#[test]
fn a_writer_likes_a_look() {
    let (mut wire, alice) = quiet_house();
    talk(&mut wire, alice, "alice", "judy", "c1", "");
    let mut looks = Vec::new();
    for number in 0..12 {
        act(&mut wire, Act::Say { who: address("judy"), to: address("alice"), text: format!("line {number}") });
        let text = wait_for(&mut wire, alice, "MESSAGE");
        wire.answer(alice, &text, 200);
        let value = text.header("Content-Type").unwrap();
        looks.push(value.split_once(";msgr=").map(|(_, look)| msgr::read(look).unwrap()));
    }
    assert!(looks.iter().any(Option::is_none), "now and then");
    let look = looks.into_iter().flatten().next().unwrap();
    assert_eq!((look.italic, look.colour), (true, Some([128, 0, 128])));
}

/// Alice manages a room with Bob and Carol.
fn room(wire: &mut Wire, alice: Flow) -> (Side, Side) {
    let company = "Require: com.microsoft.rtc-multiparty\nRoster-Manager: sip:alice@example.test\nEndPoints:";
    let me = "<sip:alice@example.test>;epid=1f18002c0c";
    let (accepted, bob) = talk(wire, alice, "alice", "bob", "room", &format!("{company} {me}, <sip:bob@example.test>"));
    let bobs = accepted.to().unwrap().params.get("epid").unwrap();
    let people = format!("{company} {me}, \"Bob, the one\" <sip:bob@example.test>;epid={bobs}, <sip:carol@example.test>");
    let (_, carol) = talk(wire, alice, "alice", "carol", "room", &people);
    (bob, carol)
}

/// What comes within a time, everything answered: who says what.
fn listen(wire: &mut Wire, flow: Flow, time: Duration) -> Vec<(String, Message)> {
    let end = wire.now + time;
    let mut heard = Vec::new();
    while wire.now < end {
        for request in wire.take(flow).into_iter().filter(|m| m.method().is_some_and(|m| *m != Method::Ack)) {
            wire.answer(flow, &request, if request.method() == Some(&Method::Invite) { 486 } else { 200 });
            heard.push((request.from().unwrap().uri.user().unwrap().to_owned(), request));
        }
        wire.wait(Duration::from_millis(100));
    }
    heard
}

#[test]
fn in_a_room_one_of_them_answers_and_nobody_types() {
    let (mut wire, alice) = quiet_house();
    let (mut bob, mut carol) = room(&mut wire, alice);
    let mut who = Vec::new();
    for text in ["what do you two think", "and now", "carol, and you?", "Bob?"] {
        bob.say(&mut wire, text);
        carol.say(&mut wire, text);
        let heard = listen(&mut wire, alice, Duration::from_secs(4));
        let room: Vec<_> = heard.iter().filter(|(_, m)| m.call_id().as_deref() == Some("room")).collect();
        assert_eq!(room.len(), 1, "{text}: {room:?}");
        assert_eq!(room[0].1.method(), Some(&Method::Message));
        who.push(room[0].0.clone());
    }
    assert_ne!(who[0], who[1], "by turns");
    assert_eq!(who[2..], ["carol", "bob"], "who is named");
    // Carol goes: Bob is left.
    assert_eq!(carol.ask(&mut wire, "BYE", "", "").status(), Some(200));
    assert_eq!(wire.server.talks.crowd("room"), [address("bob")]);
    assert_eq!(bob.ask(&mut wire, "BYE", "", "").status(), Some(200));
    assert!(wire.server.talks.room("room", &address("bob")).is_none());
}

#[test]
fn who_is_invited_calls_everybody_else() {
    let (mut wire, alice) = quiet_house();
    let zoe = wire.tls(2, "192.0.2.12:49152");
    wire.register_lcs(zoe, "zoe", "2222222222");
    let people = "Require: com.microsoft.rtc-multiparty\nRoster-Manager: sip:alice@example.test\n\
                  EndPoints: <sip:alice@example.test>;epid=1f18002c0c, <sip:zoe@example.test>;epid=2222222222, \
                  <sip:grace@example.test>, <sip:frank@example.test>, <sip:nobody@example.test>, <sip:x@elsewhere.test>, garbage";
    talk(&mut wire, alice, "alice", "grace", "room", people);
    let invite = wire.take_one(zoe);
    assert_eq!((invite.method(), invite.call_id().as_deref()), (Some(&Method::Invite), Some("room")));
    assert_eq!(invite.header("TriggeredInvite").as_deref(), Some("TRUE"));
    assert_eq!(invite.header("Require").as_deref(), Some("com.microsoft.rtc-multiparty"));
    assert!(!invite.headers.has("EndPoints") && !invite.headers.has("Roster-Manager"));
    assert_eq!(invite.header("To").as_deref(), Some("<sip:zoe@example.test>;epid=2222222222"));
    assert_eq!(invite.from().unwrap().uri.user(), Some("grace"));
    let mut side = accept(&mut wire, zoe, &invite, "z1");
    assert_eq!(wire.take_one(zoe).method(), Some(&Method::Ack));
    // What Grace says is heard by both.
    side.say(&mut wire, "hello everybody");
    let at_zoe = wait_for(&mut wire, zoe, "MESSAGE");
    let at_alice = wait_for(&mut wire, alice, "MESSAGE");
    assert_eq!((at_zoe.call_id(), at_zoe.body), (at_alice.call_id(), at_alice.body));
}

#[test]
fn a_manager_of_the_house_invites_who_is_asked_for() {
    let (mut wire, alice) = quiet_house();
    let zoe = wire.tls(2, "192.0.2.12:49152");
    wire.register_lcs(zoe, "zoe", "2222222222");
    let text = "Shall we?".to_owned();
    let gather = Act::Gather { who: address("bob"), with: address("carol"), to: address("alice"), room: "room".into(), text };
    act(&mut wire, gather);
    let invite = wire.take_one(alice);
    let (bobs, carols) = (epid_of(&address("bob")), epid_of(&address("carol")));
    assert_eq!(invite.header("Roster-Manager").as_deref(), Some("sip:bob@example.test"));
    assert_eq!(
        invite.headers.list("EndPoints"),
        [
            format!("<sip:bob@example.test>;epid={bobs}"),
            format!("<sip:carol@example.test>;epid={carols}"),
            "<sip:alice@example.test>".to_owned()
        ]
    );
    let mut bob = accept(&mut wire, alice, &invite, "a1");
    let opener = wait_for(&mut wire, alice, "MESSAGE");
    assert_eq!((opener.body.as_ref(), opener.call_id().as_deref()), (&b"Shall we?"[..], Some("room")));
    wire.answer(alice, &opener, 200);
    // Alice's client calls the other one, as everybody does who is invited.
    let triggered = "Require: com.microsoft.rtc-multiparty\nTriggeredInvite: TRUE";
    let (_, _carol) = talk(&mut wire, alice, "alice", "carol", "room", triggered);
    act(&mut wire, Act::Tell { who: address("carol"), room: "room".into(), text: "Soup.".into() });
    let reply = wait_for(&mut wire, alice, "MESSAGE");
    assert_eq!((reply.from().unwrap().uri.user(), reply.body.as_ref()), (Some("carol"), &b"Soup."[..]));
    wire.answer(alice, &reply, 200);

    // Alice asks for Grace, who is of the house: she calls Alice.
    let refer = "Referred-By: <sip:alice@example.test>;tag=a1;epid=1f18002c0c\nRequire: com.microsoft.rtc-multiparty\nRefer-To:";
    assert_eq!(bob.ask(&mut wire, "REFER", &format!("{refer} <sip:grace@example.test>"), "").status(), Some(202));
    let got = wire.take(alice);
    let of = |method: &Method| got.iter().find(|m| m.method() == Some(method)).unwrap();
    let notify = of(&Method::Notify);
    assert_eq!(
        (notify.header("Event").as_deref(), notify.header("Subscription-State").as_deref()),
        (Some("refer"), Some("terminated"))
    );
    assert_eq!((notify.content_type().as_str(), notify.body.as_ref()), ("message/sipfrag", &b"SIP/2.0 200 OK"[..]));
    let grace = of(&Method::Invite);
    assert_eq!((grace.header("TriggeredInvite").as_deref(), grace.from().unwrap().uri.user()), (Some("TRUE"), Some("grace")));
    wire.answer(alice, notify, 200);
    accept(&mut wire, alice, grace, "a2");
    wire.take(alice);

    // And for Zoe, who is called by the manager; Alice learns that she came.
    assert_eq!(bob.ask(&mut wire, "REFER", &format!("{refer} <sip:zoe@example.test>"), "").status(), Some(202));
    let invite = wire.take_one(zoe);
    assert_eq!(invite.header("Roster-Manager").as_deref(), Some("sip:bob@example.test"));
    assert_eq!(invite.header("Referred-By").as_deref(), Some("<sip:alice@example.test>;tag=a1;epid=1f18002c0c"));
    let names: Vec<_> = invite.name_addrs("EndPoints").iter().map(|e| e.uri.user().unwrap().to_owned()).collect();
    assert_eq!(names, ["bob", "carol", "alice", "grace", "zoe"]);
    assert!(!wire.take(alice).iter().any(|m| m.method() == Some(&Method::Notify)), "not yet");
    accept(&mut wire, zoe, &invite, "z1");
    let notify = wait_for(&mut wire, alice, "NOTIFY");
    assert_eq!(notify.body.as_ref(), b"SIP/2.0 200 OK");
    wire.answer(alice, &notify, 200);

    for (who, line) in [("nobody", "SIP/2.0 404 Not Found"), ("ivan", "SIP/2.0 480 Temporarily Unavailable")] {
        assert_eq!(bob.ask(&mut wire, "REFER", &format!("{refer} <sip:{who}@example.test>"), "").status(), Some(202));
        let notify = wait_for(&mut wire, alice, "NOTIFY");
        assert_eq!(String::from_utf8_lossy(&notify.body), line);
        wire.answer(alice, &notify, 200);
    }
    assert_eq!(bob.ask(&mut wire, "REFER", "Refer-To: nonsense", "").status(), Some(400));
}

#[test]
fn when_the_manager_leaves_anybody_may_be_it() {
    let (mut wire, alice) = quiet_house();
    let zoe = wire.tls(2, "192.0.2.12:49152");
    wire.register_lcs(zoe, "zoe", "2222222222");
    let (mut bob, _) = room(&mut wire, alice);
    let triggered = "Require: com.microsoft.rtc-multiparty\nTriggeredInvite: TRUE";
    let (_, mut zoes) = talk(&mut wire, zoe, "zoe", "bob", "room", triggered);
    let manager = |wire: &Wire| wire.server.talks.room("room", &address("bob")).unwrap().manager.clone();
    assert_eq!(manager(&wire), Some(address("alice")));
    // Nobody takes it from her by inviting once more.
    let usurper = format!("{triggered}\nRoster-Manager: sip:zoe@example.test");
    let (_, mut again) = talk(&mut wire, zoe, "zoe", "bob", "room", &usurper);
    std::mem::swap(&mut zoes, &mut again);
    assert_eq!(manager(&wire), Some(address("alice")));
    assert_eq!(bob.ask(&mut wire, "BYE", "", "").status(), Some(200));
    assert_eq!(manager(&wire), None);
    wire.take(zoe);

    let mut step = |action: mim::Action| {
        let answer = zoes.ask(&mut wire, "INFO", "Content-Type: application/x-ms-mim", &mim::write(&action));
        assert_eq!((answer.status(), answer.content_type().as_str()), (Some(200), mim::MEDIA_TYPE));
        mim::read(&answer.body).unwrap()
    };
    let (zoe, bob) = ("sip:zoe@example.test".to_owned(), "sip:bob@example.test".to_owned());
    let allowed = step(mim::Action::RequestRm { uri: zoe.clone(), bid: 12345 });
    assert_eq!(allowed, mim::Action::RequestRmResponse { uri: bob.clone(), allow: true });
    assert_eq!(step(mim::Action::SetRm { uri: zoe }), mim::Action::SetRmResponse { uri: bob });
    assert_eq!(manager(&wire), Some(address("zoe")));
}

#[test]
fn now_and_then_two_of_the_house_gather_with_a_guest() {
    for seed in 1..9 {
        let (mut wire, alice) = house(seed);
        let heard = listen(&mut wire, alice, Duration::from_mins(20));
        if heard.iter().any(|(_, m)| m.headers.has("Roster-Manager")) {
            return;
        }
    }
    panic!("never");
}

#[test]
fn too_many_talks_are_refused() {
    let (mut wire, alice) = quiet_house();
    wire.server.config.limits.talks_per_user = 2;
    let company = "Roster-Manager: sip:alice@example.test";
    for call_id in ["r1", "r2"] {
        talk(&mut wire, alice, "alice", "bob", call_id, company);
    }
    assert_eq!(wire.ask(alice, &call("alice", "bob", "r3", company)).status(), Some(486));
    // A list as long as the header may be makes no storm.
    let list: Vec<String> = (0..500).map(|n| format!("<sip:u{n}@example.test>")).collect();
    wire.server.config.limits.talks_per_user = 64;
    talk(&mut wire, alice, "alice", "bob", "r4", &format!("{company}\nEndPoints: {}", list.join(", ")));
    assert!(wire.server.talks.room("r4", &address("bob")).unwrap().people.len() <= 32);
}
