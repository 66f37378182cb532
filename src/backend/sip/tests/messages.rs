//! Messages both ways, their fates, composing indications, and requests nobody wants.

use std::time::Duration;

use super::world::{World, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, NoticeLevel, Refused};
use crate::model::{Access, Body, Fate, MessageRef, Stamp, Transport};

fn send(world: &mut World, to: &str, text: &str, tag: u64) -> Result<(), Refused> {
    world.command(Command::SendText { to: who(to), body: Body::plain(text), tag: MessageRef(tag) })
}

fn fates(world: &mut World) -> Vec<(u64, &'static str)> {
    let fate = |event: &Event| match event {
        Event::Delivery { tag, fate } => Some((tag.0, fate.word())),
        _ => None,
    };
    let fates = world.events.iter().filter_map(fate).collect();
    world.take_events();
    fates
}

#[test]
fn one_after_the_other_and_each_with_its_fate() {
    let mut world = World::online(settings());
    world.take_events();
    send(&mut world, "bob", "one", 1).unwrap();
    send(&mut world, "bob", "two", 2).unwrap();
    send(&mut world, "carol", "three", 3).unwrap();
    let one = world.expect("MESSAGE");
    let three = world.expect("MESSAGE");
    world.nothing_sent();
    assert_eq!(fates(&mut world), [(1, "sent"), (2, "queued"), (3, "sent")]);
    world.answer(&one, 200, &[]);
    let two = world.expect("MESSAGE");
    assert_eq!(&two.body[..], b"two");
    assert_eq!(fates(&mut world), [(1, "delivered"), (2, "sent")]);
    world.answer(&two, 202, &[]);
    world.answer(&three, 404, &[]);
    let Event::Delivery { fate: Fate::Failed { why }, .. } = &world.events[1] else { panic!("{:?}", world.events) };
    assert_eq!(why, "there is no such person on this server (404)");
    assert!(matches!(world.events[0], Event::Delivery { tag: MessageRef(2), fate: Fate::Stored }));
}

#[test]
fn what_is_on_its_way_when_the_link_goes_is_unconfirmed_and_never_sent_again() {
    let mut world = World::online(settings());
    send(&mut world, "bob", "one", 1).unwrap();
    send(&mut world, "bob", "two", 2).unwrap();
    world.expect("MESSAGE");
    world.take_events();
    world.cut();
    assert_eq!(fates(&mut world), [(1, "unconfirmed")]);
    send(&mut world, "bob", "three", 3).unwrap();
    assert_eq!(fates(&mut world), [(3, "queued")]);
    world.seconds(3);
    world.link_up();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    world.expect("SUBSCRIBE");
    let two = world.expect("MESSAGE");
    assert_eq!(&two.body[..], b"two");
    world.answer(&two, 200, &[]);
    let three = world.expect("MESSAGE");
    assert_eq!(&three.body[..], b"three");
    world.answer(&three, 200, &[]);
    assert_eq!(fates(&mut world), [(2, "sent"), (2, "delivered"), (3, "sent"), (3, "delivered")]);
    world.nothing_sent();
}

#[test]
fn no_answer_in_time_is_unconfirmed() {
    let mut world = World::online(settings());
    send(&mut world, "bob", "one", 1).unwrap();
    world.expect("MESSAGE");
    world.take_events();
    world.seconds(33);
    assert_eq!(fates(&mut world), [(1, "unconfirmed")]);
}

#[test]
fn signed_out_is_refused_and_what_waited_fails() {
    let mut world = World::new(settings());
    assert_eq!(send(&mut world, "bob", "x", 1), Err(Refused::Offline));
    world.connect();
    world.expect("REGISTER");
    send(&mut world, "bob", "x", 2).unwrap();
    assert_eq!(fates(&mut world), [(2, "queued")]);
    world.command(Command::SignOut).unwrap();
    assert_eq!(fates(&mut world), [(2, "failed")]);
}

#[test]
fn too_long_for_datagrams() {
    let mut udp = settings();
    udp.target.transport = Some(Transport::Udp);
    let mut world = World::online(udp);
    world.take_events();
    send(&mut world, "bob", &"x".repeat(900), 1).unwrap();
    assert_eq!(fates(&mut world), [(1, "failed")]);
    world.nothing_sent();
    send(&mut world, "bob", &"x".repeat(100), 2).unwrap();
    world.expect("MESSAGE");
    assert_eq!(world.pings, 0, "no pings on datagrams");
    let mut tls = World::online(settings());
    tls.take_events();
    send(&mut tls, "bob", &"x".repeat(70_000), 1).unwrap();
    assert_eq!(fates(&mut tls), [(1, "failed")]);
}

fn texts(world: &mut World) -> Vec<(String, Option<Stamp>, bool)> {
    let text = |event: Event| match event {
        Event::Text { body, sent, delayed, .. } => Some((body.text, sent, delayed)),
        _ => None,
    };
    world.take_events().into_iter().filter_map(text).collect()
}

#[test]
fn incoming_is_answered_at_once_and_shown_once() {
    let mut world = World::online(settings());
    world.take_events();
    world.message("bob", "c1", &[], "text/plain;charset=utf-8", "Grüße".as_bytes());
    let ok = world.expect_answer(200);
    assert!(!ok.headers.has("Contact") && ok.body.is_empty());
    world.message("bob", "c1", &[], "text/plain;charset=utf-8", "Grüße".as_bytes());
    world.expect_answer(200);
    world.message("bob", "c2", &[], "text/html", b"<p>Hi <b>there</b></p>");
    world.expect_answer(200);
    assert_eq!(texts(&mut world), [("Grüße".into(), None, false), ("Hi there".into(), None, false)]);
}

#[test]
fn each_message_has_a_name_that_copies_of_it_share() {
    let mut ids = Vec::new();
    for device in 0..2 {
        let mut world = World::online(SipSettings { seed: [device; 32], ..settings() });
        world.take_events();
        for call in ["c1", "c2"] {
            world.message("bob", call, &[], "text/plain", b"same text");
            world.expect_answer(200);
        }
        let id = |event| match event {
            Event::Text { id, .. } => Some(id),
            _ => None,
        };
        ids.push(world.take_events().into_iter().filter_map(id).collect::<Vec<_>>());
    }
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0].len() == 2 && ids[0][0] != ids[0][1] && ids[0][0].len() == 16, "{ids:?}");
}

#[test]
fn what_the_server_kept_is_marked_delayed() {
    let mut world = World::online(settings());
    world.take_events();
    let date = "Date: Sat, 21 Nov 2026 10:00:00 GMT";
    world.message("bob", "c1", &[date], "text/plain", b"yesterday");
    world.expect_answer(200);
    let sent = Stamp::parse_rfc3339("2026-11-21T10:00:00Z");
    assert_eq!(texts(&mut world), [("yesterday".into(), sent, true)]);
    world.seconds(120);
    world.message("bob", "c2", &[date], "text/plain", b"live");
    world.expect_answer(200);
    assert_eq!(texts(&mut world), [("live".into(), sent, false)]);
}

#[test]
fn unreadable_types_are_refused_with_what_we_read() {
    let mut world = World::online(settings());
    world.take_events();
    world.message("bob", "c1", &[], "application/json", b"{}");
    let refused = world.expect_answer(415);
    assert!(refused.headers.lists_token("Accept", "text/plain"));
    world.message("bob", "c2", &["Content-Encoding: deflate"], "text/plain", b"x");
    world.expect_answer(415);
    // A picture alone has no words we could show, and is not said to have been read.
    world.message("bob", "c3", &[], "text/html", b"<p><img src=\"cid:1\"/></p>");
    world.expect_answer(415);
    world.message("bob", "c4", &[], "text/plain", b"");
    world.expect_answer(200);
    assert!(world.events.is_empty());
}

#[test]
fn a_wrapped_message_is_unwrapped() {
    let mut world = World::online(settings());
    world.take_events();
    let cpim = "From: Bob <sip:bob@example.test>\r\nTo: <sip:alice@example.test>\r\nDateTime: 2026-11-22T19:40:00Z\r\n\r\n\
                Content-Type: text/plain; charset=utf-8\r\n\r\nHello, Alice!";
    world.message("bob", "c1", &[], "message/cpim", cpim.as_bytes());
    world.expect_answer(200);
    assert_eq!(texts(&mut world), [("Hello, Alice!".into(), Stamp::parse_rfc3339("2026-11-22T19:40:00Z"), false)]);
    world.message("bob", "c2", &[], "message/cpim", b"From: x\r\n\r\nContent-Type: message/imdn+xml\r\n\r\n<imdn/>");
    world.expect_answer(415);
}

#[test]
fn blocked_people_are_refused() {
    let mut world = World::online(settings());
    world.command(Command::SetAccess { who: who("bob"), access: Access::Block }).unwrap();
    assert!(world.events.iter().any(|e| matches!(e, Event::Notice { code: "blocked-locally", level: NoticeLevel::Info, .. })));
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"x");
    world.expect_answer(480);
    world.message("bob", "c2", &[], "application/im-iscomposing+xml", b"<isComposing/>");
    world.expect_answer(480);
    assert!(world.events.is_empty());
}

#[test]
fn for_blocked_people_nobody_is_there_whatever_they_ask() {
    let mut world = World::online(settings());
    let request = |from: &str, method: &str, extra: &str| {
        let number = extra.len();
        format!(
            "{method} sip:alice@192.0.2.10:49152 SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bK{from}{method}{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{from}@example.test>;tag=1\r\nTo: <sip:alice@example.test>\r\n\
             Call-ID: {from}{method}{number}\r\nCSeq: 1 {method}\r\n{extra}Content-Length: 0\r\n\r\n"
        )
    };
    world.command(Command::SetAccess { who: who("bob"), access: Access::Block }).unwrap();
    world.take_events();
    let contact = "Contact: <sip:bob@203.0.113.9>\r\n";
    let asks = [
        ("OPTIONS", String::new()),
        ("SUBSCRIBE", format!("{contact}Event: presence\r\n")),
        ("NOTIFY", "Event: presence\r\nSubscription-State: active\r\n".to_owned()),
        ("NOTIFY", "Event: registration-notify\r\nSubscription-State: terminated\r\n".to_owned()),
        ("INVITE", contact.to_owned()),
        ("INVITE", format!("{contact}Require: nonsense\r\n")),
        ("REFER", contact.to_owned()),
        ("MESSAGE", String::new()),
        ("INFO", String::new()),
        ("BYE", String::new()),
        ("DANCE", String::new()),
    ];
    for (method, extra) in &asks {
        world.feed(request("bob", method, extra).as_bytes());
        let answer = world.expect_answer(480);
        assert!(!answer.headers.has("Allow") && !answer.headers.has("Unsupported"), "{method}");
        if *method == "INVITE" {
            let ack = request("bob", "ACK", extra).replace("z9hG4bKbobACK", "z9hG4bKbobINVITE");
            world.feed(ack.replace("bobACK", "bobINVITE").as_bytes());
        }
    }
    assert!(world.events.is_empty(), "{:?}", world.events);
    world.feed(request("carol", "OPTIONS", "").as_bytes());
    world.expect_answer(200);
}

#[test]
fn typing_out() {
    let mut world = World::online(settings());
    let typing = |world: &mut World, active| world.command(Command::Typing { to: who("bob"), active }).unwrap();
    typing(&mut world, true);
    let active = world.expect("MESSAGE");
    assert_eq!(active.content_type(), "application/im-iscomposing+xml");
    assert!(String::from_utf8_lossy(&active.body).contains("<state>active</state>"));
    world.answer(&active, 200, &[]);
    for _ in 0..6 {
        world.seconds(9);
        typing(&mut world, true);
        world.nothing_sent();
    }
    world.seconds(7);
    typing(&mut world, true);
    let again = world.expect("MESSAGE");
    world.answer(&again, 200, &[]);
    world.seconds(16);
    let idle = world.expect("MESSAGE");
    assert!(String::from_utf8_lossy(&idle.body).contains("<state>idle</state>"));
    world.answer(&idle, 200, &[]);
    typing(&mut world, true);
    let active = world.expect("MESSAGE");
    world.answer(&active, 200, &[]);
    send(&mut world, "bob", "done", 1).unwrap();
    let text = world.expect("MESSAGE");
    world.answer(&text, 200, &[]);
    world.seconds(60);
    world.nothing_sent();
    typing(&mut world, true);
    let refused = world.expect("MESSAGE");
    world.answer(&refused, 415, &[]);
    world.seconds(60);
    typing(&mut world, true);
    world.nothing_sent();
}

#[test]
fn typing_in() {
    let mut world = World::online(settings());
    world.take_events();
    let composing = |state: &str, refresh: &str| {
        format!("<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>{state}</state>{refresh}</isComposing>")
    };
    let kind = "application/im-iscomposing+xml";
    let typing = |active| Event::Typing { from: who("bob"), active };
    world.message("bob", "c1", &[], kind, composing("active", "").as_bytes());
    world.expect_answer(200);
    world.message("bob", "c2", &[], kind, composing("active", "").as_bytes());
    world.expect_answer(200);
    assert_eq!(world.take_events(), [typing(true)]);
    world.message("bob", "c3", &[], "text/plain", b"hi");
    world.expect_answer(200);
    assert_eq!(world.take_events()[0], typing(false));
    world.message("bob", "c4", &[], kind, composing("active", "").as_bytes());
    world.seconds(119);
    assert_eq!(world.take_events(), [typing(true)]);
    world.seconds(1);
    assert_eq!(world.take_events(), [typing(false)]);
    world.message("bob", "c5", &[], kind, composing("active", "<refresh>30</refresh>").as_bytes());
    world.pass(Duration::from_secs(30));
    assert_eq!(world.take_events(), [typing(true), typing(false)]);
}

#[test]
fn long_claims_to_be_writing_keep_nobody_out() {
    let mut world = World::online(settings());
    world.take_events();
    let composing = |refresh: u32| {
        format!(
            "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state><refresh>{refresh}</refresh>\
             </isComposing>"
        )
    };
    let kind = "application/im-iscomposing+xml";
    for number in 0..200 {
        world.message(&format!("eve{number}"), &format!("c{number}"), &[], kind, composing(600).as_bytes());
    }
    assert_eq!(world.take_events().len(), 200);
    world.message("mallory", "d1", &[], kind, composing(600).as_bytes());
    assert!(world.take_events().is_empty(), "one more of them finds no place");
    world.message("bob", "d2", &[], kind, composing(60).as_bytes());
    let told = world.take_events();
    assert!(matches!(told.as_slice(), [Event::Typing { active: false, .. }, Event::Typing { active: true, .. }]), "{told:?}");
    assert!(matches!(told.get(1), Some(Event::Typing { from, .. }) if *from == who("bob")));
}

#[test]
fn requests_nobody_wants() {
    let mut world = World::online(settings());
    world.take_events();
    let request = |method: &str, extra: &str| {
        format!(
            "{method} sip:alice@192.0.2.10:49152 SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bK{method}{}\r\nMax-Forwards: 70\r\n\
             From: <sip:bob@example.test>;tag=1\r\nTo: <sip:alice@example.test>\r\nCall-ID: {method}\r\nCSeq: 1 {method}\r\n{extra}\
             Content-Length: 0\r\n\r\n",
            extra.len()
        )
    };
    let contact = "Contact: <sip:bob@203.0.113.9>\r\n";
    world.feed(request("OPTIONS", "").as_bytes());
    let options = world.expect_answer(200);
    assert!(options.headers.lists_token("Allow", "MESSAGE") && options.headers.lists_token("Accept", "text/plain"));
    world.feed(request("INVITE", contact).as_bytes());
    world.expect_answer(488);
    let Event::Notice { code: "call-declined", text, .. } = &world.events[0] else { panic!("{:?}", world.events) };
    assert!(text.starts_with("bob@example.test tried to call you"));
    world.feed(request("INVITE", contact).replace("INVITE", "ACK").replace("z9hG4bKACK", "z9hG4bKINVITE").as_bytes());
    world.feed(request("NOTIFY", "Event: presence\r\nSubscription-State: active\r\n").as_bytes());
    world.expect_answer(481);
    world.feed(request("NOTIFY", "Event: kpml\r\nSubscription-State: active;x\r\n").as_bytes());
    world.expect_answer(489);
    world.feed(request("SUBSCRIBE", &format!("{contact}Event: presence\r\n")).as_bytes());
    world.expect_answer(489);
    world.feed(request("REFER", contact).as_bytes());
    world.expect_answer(405);
    world.feed(request("DANCE", "").as_bytes());
    world.expect_answer(501);
    world.nothing_sent();
}

#[test]
fn traffic_is_counted() {
    let mut world = World::online(settings());
    world.take_events();
    world.command(Command::ReportTraffic).unwrap();
    let [Event::Traffic(traffic)] = &world.events[..] else { panic!() };
    assert_eq!((traffic.sip_out, traffic.sip_in), (3, 3), "REGISTER, PUBLISH, SUBSCRIBE and their answers");
    assert_eq!(traffic.by_method.get("REGISTER"), Some(&2));
    assert!(traffic.bytes_in > 100 && traffic.bytes_out > 100);
}

#[test]
fn display_name_and_credentials_are_ours() {
    let mut world = World::online(SipSettings { display_name: "Alice \"A\" Liddell".into(), ..settings() });
    send(&mut world, "bob", "x", 1).unwrap();
    let message = world.expect("MESSAGE");
    assert!(message.header("From").unwrap().starts_with("\"Alice \\\"A\\\" Liddell\" <sip:alice@example.test>;tag="));
}
