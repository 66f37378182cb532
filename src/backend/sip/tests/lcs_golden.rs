//! The exchanges of the protocol document's appendix A and of its section 3, byte by byte: what we
//! send beside them, and what we make of what they bring.

use super::golden::assert_bytes;
use super::world::{World, who};
use crate::backend::sip::SipSettings;
use crate::backend::sip::tests::lcs_presence::{lcs, seen, sign_in};
use crate::backend::{Command, Event, GroupChange, NoticeLevel};
use crate::model::{Access, Address, Availability, Body, Dialect, MessageRef, Presence};
use crate::sip::message::{Message, Method, parse_datagram};

/// The device of the fixtures.
pub(super) fn alice(roster: &[&str]) -> SipSettings {
    SipSettings { instance: uuid::Uuid::from_u128(0x1f18_002c_0c00_4000_8000_000a_95a0_e128), ..lcs(roster) }
}

/// A message of the fixtures with the names of our dialog in place of its own: Call-ID, our tag,
/// and the branch of the request it answers.
pub(super) fn fixture(text: &str, ours: &Message) -> Vec<u8> {
    let theirs = parse_datagram(text.as_bytes()).unwrap();
    let is_answer = theirs.status().is_some();
    let own = if is_answer { theirs.from() } else { theirs.to() };
    let mut text = text.replace(&theirs.call_id().unwrap(), &ours.call_id().unwrap());
    if is_answer {
        // Before the tag, which may be a part of it.
        text = text.replace(&theirs.top_via().unwrap().branch().unwrap(), &ours.top_via().unwrap().branch().unwrap());
    }
    text = text.replace(&own.unwrap().tag().unwrap(), &ours.from().unwrap().tag().unwrap());
    if is_answer {
        let cseq = format!("CSeq: {}", theirs.header("CSeq").unwrap());
        text = text.replacen(&cseq, &format!("CSeq: {}", ours.header("CSeq").unwrap()), 1);
    }
    text.into_bytes()
}

macro_rules! wire {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/wire/", $name, ".sip"))
    };
}

/// What must be the same in our request as in the fixture's.
pub(super) fn assert_like(ours: &Message, fixture: &str, names: &[&str]) {
    let theirs = parse_datagram(fixture.as_bytes()).unwrap();
    for name in names {
        let all = |m: &Message| m.headers.get_all(name).map(std::borrow::Cow::into_owned).collect::<Vec<_>>();
        assert_eq!(all(ours), all(&theirs), "{name}");
    }
    assert_eq!(ours.uri(), theirs.uri());
}

/// Appendix A.3 and A.4: what we ask of our lists, and the answers to it.
#[test]
fn a_contact_a_group_and_an_entry_of_the_access_list() {
    let mut world = World::new(alice(&[]));
    let offered = "Allow-Events: vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,presence";
    sign_in(&mut world, &[offered, "Supported: adhoclist"]);
    let (access, contacts) = (world.expect("SUBSCRIBE"), world.expect("SUBSCRIBE"));
    // Dave may see us already; else adding him would ask for that as well.
    let rules =
        "<ACLlist deltaNum=\"5\"><userACL><ace type=\"USER\" mask=\"sip:dave@example.test\" rights=\"AA\"/></userACL></ACLlist>";
    world.piggyback(&access, super::world::GRANTS, "application/vnd-microsoft-roaming-acls+xml", rules);
    let list = parse_datagram(&fixture(wire!("a01-2-200"), &contacts)).unwrap();
    let list = String::from_utf8(list.body.to_vec()).unwrap().replace("deltaNum=\"12\"", "deltaNum=\"13\"");
    world.piggyback(&contacts, super::world::GRANTS, "application/vnd-microsoft-roaming-contacts+xml", &list);
    world.answer_about_ourselves();
    world.take_events();
    let ask = |world: &mut World, command: Command, sample: &str, answer: &str| {
        world.command(command).unwrap();
        let all: Vec<Message> = std::iter::from_fn(|| world.take()).collect();
        let asked = all.iter().find(|m| m.method() == Some(&Method::Service)).unwrap_or_else(|| panic!("{sample}\n{all:?}"));
        let golden = parse_datagram(sample.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(&asked.body), String::from_utf8_lossy(&golden.body));
        assert_like(asked, sample, &["To", "CSeq", "Contact", "Content-Type", "Content-Length"]);
        world.feed(&fixture(answer, asked));
    };
    let dave = Command::PutContact { address: who("dave"), name: "Dave".into(), groups: vec!["Team".into()] };
    ask(&mut world, dave, wire!("a03-1-service"), wire!("a03-2-200"));
    let friends = Command::Group(GroupChange::Add("Friends".into()));
    ask(&mut world, friends, wire!("a03-3-service"), wire!("a03-4-200"));
    let eve = Address::parse("sip:eve@partner.test").unwrap();
    let allow = Command::SetAccess { who: eve.clone(), access: Access::Allow };
    ask(&mut world, allow, wire!("a04-1-service"), wire!("a04-2-200"));
    let refused = |e: &Event| matches!(e, Event::Notice { level: NoticeLevel::Warning | NoticeLevel::Error, .. });
    assert!(!world.events.iter().any(refused), "{:?}", world.events);
    let decided = |e: &Event| matches!(e, Event::AccessReset(list) if list.of(&eve) == Some(Access::Allow));
    assert!(world.events.iter().any(decided), "{:?}", world.events);
}

/// Signed in to a server that keeps contacts; the SUBSCRIBE for them.
fn asked_for_contacts() -> (World, Message) {
    let mut world = World::new(alice(&[]));
    sign_in(&mut world, &["Allow-Events: vnd-microsoft-roaming-contacts,presence", "Supported: adhoclist"]);
    let contacts = world.expect("SUBSCRIBE");
    (world, contacts)
}

/// Appendix A.1 and A.2.
#[test]
fn contacts_in_the_answer_and_a_change_by_another_device() {
    let (mut world, contacts) = asked_for_contacts();
    assert_like(
        &contacts,
        wire!("a01-1-subscribe"),
        &["To", "Contact", "Event", "Accept", "Supported", "Proxy-Require", "Expires"],
    );
    assert!(contacts.header("From").unwrap().ends_with(";epid=1f18002c0c"));
    world.nothing_sent();
    world.feed(&fixture(wire!("a01-2-200"), &contacts));
    let batch = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&batch), "create alice bob carol");
    world.piggyback(&batch, super::world::GRANTS, "multipart/related;type=\"application/rlmi+xml\";boundary=b", "--b--");
    world.take_events();
    world.feed(&fixture(wire!("a02-1-benotify"), &contacts));
    let add = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&add), "add dave");
    assert_eq!((add.call_id(), add.cseq().unwrap().number), (batch.call_id(), 2));
    assert_eq!(add.header("To").unwrap(), "<sip:alice@example.test>;tag=n");
    assert_eq!(add.uri(), "sip:lcs1.example.test:5061;transport=tls");
    world.nothing_sent();
    assert!(world.events.iter().any(|e| matches!(e, Event::RosterReset { .. } | Event::RosterChanged { .. })));
}

/// The change and the people of an `adrl` body.
pub(super) fn people_in(subscribe: &Message) -> String {
    let list = crate::formats::adrl::read(&subscribe.body).unwrap();
    let change = format!("{:?}", list.change).to_lowercase();
    let user = |uri: &String| crate::model::Address::parse(uri).unwrap().user().to_owned();
    list.resources.iter().map(user).fold(change, |all, user| all + " " + &user)
}

/// Section 3.2.
#[test]
fn batch_subscribe() {
    let mut world = World::new(alice(&["bob", "carol"]));
    sign_in(&mut world, &["Supported: adhoclist"]);
    assert_bytes(
        &world.expect("SUBSCRIBE"),
        "SUBSCRIBE sip:alice@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag};epid=1f18002c0c
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:alice@example.test:49152;maddr=192.0.2.10;transport=tls>;proxy=replace
Event: presence
Accept: application/rlmi+xml, text/xml+msrtc.pidf, multipart/related
Supported: com.microsoft.autoextend
Supported: ms-benotify
Proxy-Require: ms-benotify
Supported: ms-piggyback-first-notify
Require: adhoclist
Supported: eventlist
Content-Type: application/adrl+xml
User-Agent: chinwag/0.1
Content-Length: 268

<adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\" uri=\"sip:alice@example.test\" name=\"sip:alice@example.test\">{lf}
<create xmlns=\"\">{lf}
<resource uri=\"sip:alice@example.test\"/>{lf}
<resource uri=\"sip:bob@example.test\"/>{lf}
<resource uri=\"sip:carol@example.test\"/>{lf}
</create>{lf}
</adhoclist>",
    );
}

/// Section 3.7.
#[test]
fn individual_subscribe() {
    let mut world = World::new(alice(&["bob"]));
    sign_in(&mut world, &[]);
    let mut asked = [world.expect("SUBSCRIBE"), world.expect("SUBSCRIBE")];
    asked.sort_by_key(|m| m.uri().to_owned());
    assert_bytes(
        &asked[1],
        "SUBSCRIBE sip:bob@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag};epid=1f18002c0c
To: <sip:bob@example.test>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:alice@example.test:49152;maddr=192.0.2.10;transport=tls>;proxy=replace
Event: presence
Accept: text/xml+msrtc.pidf, application/xpidf+xml, application/pidf+xml, application/rlmi+xml, multipart/related
Supported: com.microsoft.autoextend
Supported: ms-benotify
Proxy-Require: ms-benotify
Supported: ms-piggyback-first-notify
User-Agent: chinwag/0.1
Content-Length: 0

",
    );
    assert_eq!(asked[0].uri(), "sip:alice@example.test", "our own tells what is stored with it");
}

/// Appendix A.5, and the second attempt it describes.
#[test]
fn a_proxy_without_benotify() {
    let mut world = World::new(alice(&["bob"]));
    sign_in(&mut world, &["Supported: adhoclist"]);
    let first = world.expect("SUBSCRIBE");
    world.feed(&fixture(wire!("a05-1-420"), &first));
    let second = world.expect("SUBSCRIBE");
    assert_eq!((second.call_id(), second.cseq().unwrap().number), (first.call_id(), 2));
    assert_eq!((second.header("From"), second.header("To")), (first.header("From"), first.header("To")));
    assert_ne!(second.top_via().unwrap().branch(), first.top_via().unwrap().branch());
    assert!(second.header("Proxy-Require").is_none() && !second.headers.lists_token("Supported", "ms-benotify"));
    assert!(second.headers.lists_token("Supported", "com.microsoft.autoextend"));
    assert_eq!(second.body, first.body);
    let granted = world.answer_bytes(&second, 200, &["Expires: 24767", "Supported: com.microsoft.autoextend"]);
    let granted = String::from_utf8(granted).unwrap().replace(";tag=n\r\n", ";tag=A53585F7\r\n");
    world.feed(granted.as_bytes());
    world.feed(&fixture(wire!("a05-2-notify"), &second));
    let answer = world.expect_answer(200);
    let expected = parse_datagram(wire!("a05-3-200").as_bytes()).unwrap();
    for name in ["From", "CSeq", "Content-Length"] {
        assert_eq!(answer.header(name), expected.header(name), "{name}");
    }
    assert_eq!(answer.call_id(), second.call_id());
    assert_eq!(answer.header("To").unwrap(), second.header("From").unwrap(), "with the epid it was sent with");
    assert_eq!(answer.top_via().unwrap().branch(), expected.top_via().unwrap().branch());
    let Some(Event::Presence { who: told, now }) = world.events.iter().find(|e| matches!(e, Event::Presence { .. })) else {
        panic!()
    };
    assert_eq!((told, now.availability, now.note.as_deref()), (&who("bob"), Availability::Busy, Some("in a review")));
    // It is remembered for the connection.
    world.command(Command::PutContact { address: who("dave"), name: String::new(), groups: vec![] }).unwrap();
    let add = world.expect("SUBSCRIBE");
    assert_eq!(people_in(&add), "add dave");
    assert!(add.header("Proxy-Require").is_none() && add.header("From").unwrap().contains(";epid=1f18002c0c"));
}

/// Sections 3.3 and 3.5, appendix A.6.
#[test]
fn state_in_the_answer_then_best_effort() {
    let mut world = World::new(alice(&["bob", "carol", "dave"]));
    sign_in(&mut world, &["Supported: adhoclist"]);
    let batch = world.expect("SUBSCRIBE");
    let presentity = |name: &str, activity: u32| {
        format!(
            "<presentity uri=\"{name}@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">\
             <availability aggregate=\"300\" description=\"\" epid=\"8bfb9f3f24\"/><activity aggregate=\"{activity}\" \
             description=\"\" epid=\"8bfb9f3f24\"/></presentity>"
        )
    };
    let part = |name: &str, activity: u32| {
        format!(
            "--e7904a528704417c9a90\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {name}@example.test\r\n\
             Content-Type: text/xml+msrtc.pidf\r\n\r\n{}\r\n\r\n",
            presentity(name, activity)
        )
    };
    let body = format!(
        "--e7904a528704417c9a90\r\nContent-Transfer-Encoding: binary\r\nContent-ID: resourceList\r\n\
         Content-Type: application/rlmi+xml\r\n\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:alice@example.test\" \
         version=\"0\" fullState=\"true\">\r\n<resource uri=\"sip:bob@example.test\"><instance id=\"0\" state=\"active\" \
         cid=\"bob@example.test\"/></resource>\r\n<resource uri=\"sip:carol@example.test\"><instance id=\"0\" state=\"active\" \
         cid=\"carol@example.test\"/></resource>\r\n</list>\r\n\r\n{}{}--e7904a528704417c9a90--\r\n",
        part("bob", 400),
        part("carol", 600)
    );
    let text = format!(
        "SIP/2.0 200 OK\r\nContact: <sip:lcs1.example.test:5061;transport=tls>\r\nVia: SIP/2.0/TLS 192.0.2.10:49152;branch={};\
         ms-received-port=49152;ms-received-cid=1E00\r\nFrom: {}\r\nTo: <sip:alice@example.test>;tag=A53585F7\r\nCall-ID: {}\r\n\
         CSeq: 1 SUBSCRIBE\r\nExpires: 24767\r\nRequire: eventlist\r\nContent-Type: multipart/related; \
         type=\"application/rlmi+xml\";start=resourceList;boundary=e7904a528704417c9a90\r\nEvent: presence\r\n\
         subscription-state: active;expires=24767\r\nms-piggyback-cseq: 1\r\nSupported: com.microsoft.autoextend, \
         ms-piggyback-first-notify, ms-benotify\r\nContent-Length: {}\r\n\r\n{body}",
        batch.top_via().unwrap().branch().unwrap(),
        batch.header("From").unwrap(),
        batch.call_id().unwrap(),
        body.len()
    );
    world.feed(text.as_bytes());
    assert_eq!(seen(&mut world), ["bob online", "carol busy"]);
    let bob = presentity("bob", 500);
    let text = format!(
        "BENOTIFY sip:192.0.2.10:49152;transport=tls;ms-received-cid=1E00 SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5:5061;\
         branch=z9hG4bK50867967.8D409A15;branched=FALSE\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=A53585F7\r\n\
         To: {}\r\nCall-ID: {}\r\nCSeq: 2 BENOTIFY\r\nRequire: eventlist\r\nContent-Type: text/xml+msrtc.pidf\r\nEvent: presence\r\n\
         subscription-state: active;expires=28367\r\nContent-Length: {}\r\n\r\n{bob}",
        batch.header("From").unwrap(),
        batch.call_id().unwrap(),
        bob.len()
    );
    world.feed(text.as_bytes());
    assert_eq!(seen(&mut world), ["bob phone"]);
    world.feed(&fixture(wire!("a06-1-benotify"), &batch));
    assert_eq!(seen(&mut world), ["carol unknown", "dave offline"]);
    world.nothing_sent();
}

/// Section 4.5.
#[test]
fn how_somebody_is_who_is_not_followed() {
    let mut world = World::new(alice(&[]));
    world.command(Command::Look(vec![who("bob")])).unwrap();
    sign_in(&mut world, &[]);
    let asked = std::iter::from_fn(|| world.take()).find(|m| m.method() == Some(&Method::Service)).unwrap();
    let body = "<m:getPresence xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><presentity uri=\"sip:bob@example.test\"/></m:getPresence>";
    assert_eq!((asked.uri(), asked.header("To").unwrap().as_ref()), ("sip:bob@example.test", "<sip:bob@example.test>"));
    assert!(asked.header("From").unwrap().starts_with("<sip:alice@example.test>;tag="));
    assert!(String::from_utf8_lossy(&asked.body).contains(body), "{asked:?}");
    let document = "<presentity xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\" uri=\"BOB@example.test\">\
        <availability aggregate=\"300\" description=\"\"/><activity aggregate=\"500\" description=\"\"/></presentity>";
    let answer = String::from_utf8(world.answer_bytes(&asked, 200, &["Content-Type: text/xml+msrtc.pidf"])).unwrap();
    let length = format!("Content-Length: {}\r\n\r\n{document}", document.len());
    world.feed(answer.replace("Content-Length: 0\r\n\r\n", &length).as_bytes());
    let told = |world: &World, name: &str| {
        let is = |e: &Event| matches!(e, Event::Presence { who: w, now } if *w == who(name)).then(|| e.clone());
        world.events.iter().filter_map(is).collect::<Vec<_>>()
    };
    assert!(
        matches!(told(&world, "bob").as_slice(), [Event::Presence { now, .. }] if now.availability == Availability::OnThePhone),
        "{:?}",
        world.events
    );
    // Refused: it is not known, and that is said. No such call at all: by a subscription.
    world.command(Command::Look(vec![who("carol"), who("dave")])).unwrap();
    let (carol, dave) = (world.expect("SERVICE"), world.expect("SERVICE"));
    world.answer(&carol, 403, &[]);
    assert!(matches!(told(&world, "carol").as_slice(), [Event::Presence { now, .. }] if *now == Presence::default()));
    world.answer(&dave, 501, &[]);
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:dave@example.test");
    world.command(Command::Look(vec![who("erin")])).unwrap();
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:erin@example.test");
}

/// Section 4.7.
#[test]
fn presence_from_machine_to_machine() {
    let mut world = World::new(alice(&["bob"]));
    sign_in(&mut world, &[]);
    let mut asked = [world.expect("SUBSCRIBE"), world.expect("SUBSCRIBE")];
    asked.sort_by_key(|m| m.uri().to_owned());
    world.answer(&asked[1], 200, &["Expires: 28800", "Contact: <sip:192.0.2.20>"]);
    let body = "<?xml version=\"1.0\"?>\r\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\r\n\
        <presence>\r\n<presentity uri=\"sip:bob@example.test;method=SUBSCRIBE\"/>\r\n<atom id=\"1002\"><address \
        uri=\"sip:bob@192.0.2.20\" priority=\"0.600000\"><status status=\"open\"/><msnsubstatus substatus=\"outtolunch\"/></address>\
        </atom>\r\n<display name=\"Bob\"/>\r\n</presence>";
    world.notify(&asked[1], "n", 1, "active;expires=28800", Some(("application/xpidf+xml", body)));
    world.expect_answer(200);
    let told = world.events.iter().find_map(|e| match e {
        Event::Presence { now: Presence { availability, display_name, .. }, .. } => Some((*availability, display_name.clone())),
        _ => None,
    });
    assert_eq!(told, Some((Availability::OutToLunch, Some("Bob".into()))));
}

/// Without knowing the server nothing of all this is sent where it is of no use.
#[test]
fn a_plain_server_sees_none_of_it() {
    let mut world = World::new(SipSettings { dialect: None, ..alice(&["bob"]) });
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Expires: 600"]);
    world.command(Command::SendText { to: who("bob"), body: Body::plain("hello"), tag: MessageRef(1) }).unwrap();
    while let Some(request) = world.take() {
        let text = String::from_utf8_lossy(&request.to_bytes()).to_ascii_lowercase();
        for word in ["epid", "ms-", "microsoft", "msrtc", "adhoclist", "proxy="] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let mut world = World::new(SipSettings { dialect: Some(Dialect::Simple), ..alice(&["bob"]) });
    world.connect();
    let register = world.expect("REGISTER");
    assert!(!String::from_utf8_lossy(&register.to_bytes()).contains("epid"));
    world.answer(
        &register,
        200,
        &["Supported: com.microsoft.msrtc.presence, adhoclist", "Allow-Events: vnd-microsoft-roaming-contacts"],
    );
    let winfo = world.expect("SUBSCRIBE");
    assert_eq!(winfo.header("Event").unwrap(), "presence.winfo", "what the user forces holds");
}
