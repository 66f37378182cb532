//! The exchanges of Appendix A from the server's side: their requests in, octet for octet, and
//! what comes out beside their answers. Signatures are for other tests; our own product names
//! itself, option tags stand one a line, and tags, branches and lifetimes are our own.

use std::collections::BTreeSet;
use std::time::Duration;

use super::rtc::{Rtc, WAYS, read_list};
use super::*;
use crate::demo::accounts::{ContactMark, GroupMark, Roaming};
use crate::formats::roaming::{self, Document};
use crate::formats::soap::{Call, SetPresence};
use crate::model::{AccessList, Address, Contact, Rights, Roster, Sees, Subject};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/wire/", $name, ".sip"))
    };
}

mod simple;

/// The connection of the samples.
const LINK: Flow = Flow(0x1E);

fn read(bytes: &[u8]) -> Message {
    let mut framer = Framer::new(Limits::default());
    framer.push(bytes);
    match framer.next_frame().unwrap() {
        Some(Frame::Message(message)) => *message,
        other => panic!("{other:?}"),
    }
}

fn address(name: &str) -> Address {
    Address::complete(name, Some("example.test")).unwrap()
}

/// The server of the samples: alice's roster at version `contacts`, her access list at `access`.
fn server(contacts: u32, access: u32) -> Wire {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.users = [("alice", "Alice"), ("bob", "Bob Example"), ("carol", ""), ("dave", "")]
            .map(|(name, display)| User::with_password(name, display, "example.test", "x"))
            .to_vec();
    });
    let info = FlowInfo {
        transport: "TLS",
        reliable: true,
        local: "203.0.113.5:5061".into(),
        peer_ip: "198.51.100.7".into(),
        peer_port: 49152,
    };
    wire.server.flow_up(LINK, info, wire.now);
    let mut roster = Roster::default();
    let team = |name: &str, own: &str| Contact { name: own.into(), groups: vec!["Team".into()], ..Contact::new(address(name)) };
    roster.put(team("bob", ""));
    roster.put(team("carol", "Carol (ops)"));
    let groups = [("Team".to_owned(), GroupMark { id: 2, external_uri: String::new() })].into();
    let marks = [(address("bob"), ContactMark { also_in_default: true, ..ContactMark::default() })].into();
    let mut list = AccessList::default();
    list.put(Subject::Person(address("carol")), Rights { sees: Sees::PoliteBlock, may_write: false });
    list.put(Subject::Domain("partner.test".into()), Rights::ALL);
    list.put(Subject::Everybody, Rights { sees: Sees::Prompt, may_write: true });
    let account = wire.server.accounts.of_mut(&address("alice")).unwrap();
    account.restore(roster, Roaming::restored(contacts, groups, marks), (list, access), None);
    wire
}

/// Sends octets as they are, and gives what came of it.
fn exchange(wire: &mut Wire, bytes: &[u8]) -> Vec<Message> {
    wire.server.handle_bytes(LINK, bytes, wire.now);
    wire.collect();
    wire.take(LINK)
}

/// The same header fields, but for what the head of this file names.
fn assert_same_fields(ours: &Message, golden: &Message, more: &[&str]) {
    let except = ["authentication-info", "server", "user-agent"];
    let names = |message: &Message| -> BTreeSet<String> {
        let names = message.headers.iter().map(|h| h.name().to_ascii_lowercase());
        names.filter(|name| !except.contains(&name.as_str()) && !more.contains(&name.as_str())).collect()
    };
    assert_eq!(names(ours), names(golden));
    assert_eq!(ours.status(), golden.status());
    for name in ["Call-ID", "Event", "CSeq", "ms-piggyback-cseq", "Content-Type", "Require", "Unsupported"] {
        if name != "Content-Type" || !golden.content_type().starts_with("multipart/") {
            assert_eq!(ours.header(name), golden.header(name), "{name}");
        }
    }
    let tags = |message: &Message| message.headers.list("Supported").into_iter().collect::<BTreeSet<_>>();
    assert_eq!(tags(ours), tags(golden));
    if golden.status().is_some() {
        assert_eq!(ours.header("Via"), golden.header("Via"));
        assert_eq!(ours.header("From"), golden.header("From"));
        assert!(ours.to().unwrap().tag().is_some());
    } else {
        // The sample has the address the client knows, its answer to REGISTER the one it is seen by.
        let target = golden.uri().replace("192.0.2.10", "198.51.100.7");
        assert_eq!((ours.method(), ours.uri()), (golden.method(), target.as_str()));
        assert_eq!(ours.header("To"), golden.header("To"));
    }
}

/// A.1 and A.2: the list in the answer, and what another device changes.
#[test]
fn contacts_and_a_change_by_another_device() {
    let mut wire = server(12, 5);
    let ours = exchange(&mut wire, fixture!("a01-1-subscribe")).remove(0);
    let golden = read(fixture!("a01-2-200"));
    assert_same_fields(&ours, &golden, &[]);
    assert_eq!(ours.header("Contact").as_deref(), Some("<sip:203.0.113.5:5061;transport=tls>"));
    assert_eq!(roaming::read(&ours.body).unwrap(), roaming::read(&golden.body).unwrap());
    // One blank less than the sample: some clients take what follows the last one for a group.
    let sample = String::from_utf8(golden.body.to_vec()).unwrap();
    assert_eq!(String::from_utf8(ours.body.to_vec()).unwrap(), sample.replace("1 2 \"", "1 2\"").replace("\"2 \"", "\"2\""));

    let other = Rtc::new(&mut wire, 1, "alice", "ffffffffff");
    let call = Call::SetContact {
        display_name: String::new(),
        groups: vec![1],
        subscribed: true,
        uri: "sip:dave@example.test".into(),
        external_uri: String::new(),
        extension: None,
        delta_num: 12,
    };
    assert_eq!(wire.ask(other.flow, &other.service(&call)).status(), Some(200));
    let ours = wire.take_one(LINK);
    let golden = read(fixture!("a02-1-benotify"));
    assert_same_fields(&ours, &golden, &[]);
    let (Ok(Document::Delta(told)), Ok(Document::Delta(sample))) = (roaming::read(&ours.body), roaming::read(&golden.body))
    else {
        panic!("deltas")
    };
    assert_eq!(told, sample);
}

/// A.3: a contact and a group, and the answers.
#[test]
fn a_contact_and_a_group() {
    let mut wire = server(13, 5);
    let ours = exchange(&mut wire, fixture!("a03-1-service")).remove(0);
    assert_same_fields(&ours, &read(fixture!("a03-2-200")), &[]);
    let ours = exchange(&mut wire, fixture!("a03-3-service")).remove(0);
    let golden = read(fixture!("a03-4-200"));
    assert_same_fields(&ours, &golden, &[]);
    assert_eq!(ours.body, golden.body);
    let account = wire.server.account(&address("alice")).unwrap();
    let dave = account.roster().contact(&address("dave")).unwrap();
    assert_eq!((dave.name.as_str(), dave.groups.as_slice()), ("Dave", &["Team".to_owned()][..]));
    assert_eq!(account.roaming().number(), 15);
}

/// A.4: the access list, and an entry put into it.
#[test]
fn an_access_list_and_an_entry() {
    let mut wire = server(12, 5);
    let subscribe = String::from_utf8(fixture!("a01-1-subscribe").to_vec()).unwrap();
    let subscribe = subscribe.replace("roaming-contacts+xml", "roaming-acls+xml").replace("roaming-contacts", "roaming-ACL");
    let ours = exchange(&mut wire, subscribe.as_bytes()).remove(0);
    let sample = "<ACLlist deltaNum=\"5\"><userACL>\r\n<ace type=\"USER\" mask=\"sip:carol@example.test\" rights=\"BD\"/>\r\n\
        <ace type=\"DOMAIN\" mask=\"partner.test\" rights=\"AA\"/>\r\n<ace type=\"ALL\" rights=\"PA\"/>\r\n</userACL></ACLlist>";
    assert_eq!(ours.body, sample);
    let got = exchange(&mut wire, fixture!("a04-1-service"));
    assert_same_fields(&got[0], &read(fixture!("a04-2-200")), &[]);
    let told = String::from_utf8(got[1].body.to_vec()).unwrap();
    assert!(
        told.starts_with("<ACLlist deltaNum=\"6\">") && told.contains("mask=\"sip:eve@partner.test\" rights=\"AA\""),
        "{told}"
    );
}

/// The batch of section 3.2, as a client of the samples asks.
fn batch(wire: &mut Wire, ways: &str) -> Vec<Message> {
    let alice = Rtc { user: "alice", epid: "1f18002c0c", flow: LINK };
    let text = alice
        .batch("create", &["bob", "carol"], ways)
        .replace(";tag=talice", ";tag=4dcbf313b0")
        .replace("maddr=10.0.0.9;transport=tcp", "maddr=192.0.2.10;transport=tls");
    let text = with_header(
        &text,
        "Call-ID: dba8c92428b241ccb233e5d1a59135e2\nCSeq: 1 SUBSCRIBE\nVia: SIP/2.0/TLS 192.0.2.10:49152;branch=z9hG4bK5f0c0010",
    );
    wire.send(LINK, &text);
    wire.take(LINK)
}

/// A.5: refused without BENOTIFY, then told by NOTIFY.
#[test]
fn without_benotify() {
    let mut wire = server(12, 5);
    wire.server.config.features = lcs_without(&[Feature::Benotify]);
    let refused = batch(&mut wire, WAYS).remove(0);
    assert_same_fields(&refused_without_link(refused), &read(fixture!("a05-1-420")), &[]);
    let got = batch(&mut wire, "Supported: ms-piggyback-first-notify\nSupported: com.microsoft.autoextend");
    assert_eq!(got[0].header("ms-piggyback-cseq").as_deref(), Some("1"));
    let bob = Rtc::new(&mut wire, 1, "bob", "8bfb9f3f24");
    wire.wait(Duration::from_secs(2));
    let (availability_description, activity_description) = ("online".into(), "Busy".into());
    let note = Some("in a review".into());
    let said =
        SetPresence { availability: 300, activity: 600, availability_description, activity_description, note, ..bob.said() };
    bob.say(&mut wire, said);
    let ours = wire.take_one(LINK);
    let golden = read(fixture!("a05-2-notify"));
    // That server stands in the way of later requests by Record-Route; ours by its Contact.
    let cid = |message: &Message| message.uri().to_owned();
    assert_eq!(cid(&ours), cid(&golden).replace("192.0.2.10", "198.51.100.7"));
    assert_eq!(
        (ours.header("CSeq"), ours.header("To"), ours.header("Require")),
        (golden.header("CSeq"), golden.header("To"), golden.header("Require"))
    );
    assert_eq!(ours.body, golden.body, "to the octet");
}

/// That proxy knew nothing of connections.
fn refused_without_link(mut response: Message) -> Message {
    let via = response.header("Via").unwrap();
    response.headers.set("Via", via.replace(";ms-received-port=49152;ms-received-cid=1E00", ""));
    response
}

/// A.6: one refuses, one is not there.
#[test]
fn a_refusal_within_a_list() {
    let mut wire = server(12, 5);
    let alice = Rtc { user: "alice", epid: "1f18002c0c", flow: LINK };
    let text = alice.batch("create", &["carol", "dave"], WAYS).replace("transport=tcp", "transport=tls");
    let text = with_header(&text.replace(";tag=talice", ";tag=4dcbf313b0"), "Call-ID: dba8c92428b241ccb233e5d1a59135e2");
    wire.server.decide(&address("dave"), address("alice"), Some(crate::demo::accounts::Handling::Confirm), wire.now).unwrap();
    wire.send(LINK, &text);
    wire.take(LINK);
    wire.server.decide(&address("carol"), address("alice"), Some(crate::demo::accounts::Handling::Block), wire.now).unwrap();
    wire.server.decide(&address("dave"), address("alice"), Some(crate::demo::accounts::Handling::Allow), wire.now).unwrap();
    wire.wait(Duration::from_secs(2));
    let ours = wire.take_one(LINK);
    let golden = read(fixture!("a06-1-benotify"));
    assert_eq!(
        (ours.method(), ours.header("To"), ours.header("Require")),
        (golden.method(), golden.header("To"), golden.header("Require"))
    );
    assert_eq!(read_list(&ours), read_list(&golden));
}
