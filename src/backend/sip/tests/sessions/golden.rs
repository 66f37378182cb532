//! The exchange of Appendix A.7: what comes is the fixture, what leaves has its header fields and
//! its bodies.

use std::collections::BTreeSet;

use super::super::world::who;
use super::Talk;
use crate::backend::{Command, Event};
use crate::model::MessageRef;
use crate::sip::message::{Message, parse_datagram};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/wire/{name}.sip", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Names of header fields, but for those that depend on the server and on who signs.
fn names(message: &Message) -> BTreeSet<String> {
    let left_out = ["proxy-authorization", "user-agent", "server", "content-length", "via"];
    message.headers.iter().map(|h| h.name().to_ascii_lowercase()).filter(|n| !left_out.contains(&n.as_str())).collect()
}

#[track_caller]
fn assert_like(sent: &Message, name: &str, differ: &[(&str, &str)]) {
    let mut wanted = String::from_utf8(fixture(name)).unwrap();
    for (theirs, ours) in differ {
        wanted = wanted.replace(theirs, ours);
    }
    let wanted = parse_datagram(wanted.as_bytes()).unwrap();
    assert_eq!(names(sent), names(&wanted), "{name}");
    assert_eq!((sent.uri(), sent.status()), (wanted.uri(), wanted.status()), "{name}");
    for header in names(&wanted) {
        // Parameters may stand in another order.
        let value = |message: &Message| {
            let mut parts: Vec<String> =
                message.headers.list(&header).iter().flat_map(|v| v.split(';').map(str::to_owned).collect::<Vec<_>>()).collect();
            parts.sort();
            parts
        };
        assert_eq!(value(sent), value(&wanted), "{name}: {header}");
    }
    assert_eq!(String::from_utf8_lossy(&sent.body), String::from_utf8_lossy(&wanted.body), "{name}");
}

#[test]
fn an_incoming_conversation() {
    let mut talk = Talk::new();
    talk.world.feed(&fixture("a07-1-invite"));
    let ok = talk.expect_answer(200);
    let tag = ok.to().unwrap().tag().unwrap();
    let differ = [("a11ce00001", tag.as_str())];
    assert_like(&ok, "a07-2-200", &differ);
    let ack = String::from_utf8(fixture("a07-3-ack")).unwrap().replace("a11ce00001", &tag);
    talk.world.feed(ack.as_bytes());
    talk.seconds(40);
    talk.nothing();
    let differ = [("a11ce00001", tag.as_str()), ("1f18002c0c", "1f18002c0c")];
    talk.world.command(Command::Typing { to: who("bob"), active: true }).unwrap();
    let info = talk.expect("INFO");
    assert_like(&info, "a07-4-info", &differ);
    talk.world.answer(&info, 200, &[]);
    talk.say("bob", "Grüße, Bob!", 1);
    let message = talk.expect("MESSAGE");
    assert_like(&message, "a07-5-message", &differ);
    talk.world.take_events();
    let refused = String::from_utf8(fixture("a07-7-606"))
        .unwrap()
        .replace("a11ce00001", &tag)
        .replace("z9hG4bK5f0c0042", &message.top_via().unwrap().branch().unwrap());
    talk.world.feed(refused.as_bytes());
    let [Event::Delivery { tag: MessageRef(1), fate: crate::model::Fate::Failed { why } }] = &talk.world.events[..] else {
        panic!("{:?}", talk.world.events)
    };
    assert_eq!(why, "a policy of the network's administrator blocks it (606)");
    talk.seconds(600);
    let bye = talk.expect("BYE");
    assert_like(&bye, "a07-6-bye", &differ);
}

#[test]
fn an_invite_of_ours() {
    let mut talk = Talk::new();
    talk.say("bob", "x", 1);
    let invite = talk.expect("INVITE");
    let number = invite.header("Ms-Conversation-ID").unwrap();
    assert!(number.parse::<u32>().unwrap() > 0);
    let expected = format!(
        "INVITE sip:bob@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={};epid=0000000000
To: <sip:bob@example.test>
Call-ID: {}
CSeq: 1 INVITE
Contact: <sip:alice@example.test:49152;maddr=192.0.2.10;transport=tls>;proxy=replace
Supported: ms-sender
Ms-Conversation-ID: {number}
Content-Type: application/sdp
User-Agent: chinwag/0.1
Content-Length: 189

v=0
o=- 0 0 IN IP4 192.0.2.10
s=session
c=IN IP4 192.0.2.10
t=0 0
m=message 5060 sip sip:bob@example.test
a=accept-types:text/plain text/html text/rtf application/im-iscomposing+xml
",
        invite.top_via().unwrap().branch().unwrap(),
        invite.from().unwrap().tag().unwrap(),
        invite.call_id().unwrap()
    );
    assert_eq!(String::from_utf8_lossy(&invite.to_bytes()), expected.replace('\n', "\r\n"));
}
