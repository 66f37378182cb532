//! Documents in their exact bytes, of old dialects, merged, and any at all.

use proptest::prelude::*;

use super::*;
use crate::formats::rpid::Input;
use crate::formats::{Offence, rpid};

/// The body of the publication in the message samples: 386 octets.
const PUBLISHED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
    xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:alice@example.test\">\r\n\
    <tuple id=\"t1f18002c0c\"><status><basic>open</basic></status></tuple>\r\n\
    <dm:person id=\"p1f18002c0c\"><rpid:activities><rpid:busy/></rpid:activities></dm:person>\r\n\
    </presence>";

fn published() -> Presence {
    Presence {
        entity: "sip:alice@example.test".into(),
        tuples: vec![Tuple::new("t1f18002c0c", Basic::Open)],
        persons: vec![Person { activities: vec![Activity::Busy], ..Person::new("p1f18002c0c") }],
        ..Presence::default()
    }
}

#[test]
fn publication_in_its_exact_bytes() {
    assert_eq!(PUBLISHED.len(), 386);
    assert_eq!(write(&published()), PUBLISHED);
    assert_eq!(read(PUBLISHED.as_bytes()), Ok(published()));
}

#[test]
fn reads_every_part_of_the_rich_example() {
    let body = br#"<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.test">
 <tuple id="t1f18002c0c"><status><basic>open</basic></status><contact priority="0.8">sip:alice@example.test</contact><note xml:lang="en">back at 3</note><timestamp>2026-11-22T19:40:00Z</timestamp></tuple>
 <dm:person id="p1"><rpid:activities><rpid:away/></rpid:activities><rpid:user-input idle-threshold="300" last-input="2026-11-22T19:30:00Z">idle</rpid:user-input><dm:note>back at 3</dm:note><dm:timestamp>2026-11-22T19:40:00Z</dm:timestamp></dm:person>
</presence>"#;
    let at = Some(1_795_376_400_000);
    let expected = Presence {
        entity: "sip:alice@example.test".into(),
        tuples: vec![Tuple {
            contact: Some(Contact { uri: "sip:alice@example.test".into(), priority: Some(800) }),
            notes: vec![Note { lang: Some("en".into()), text: "back at 3".into() }],
            timestamp: at,
            ..Tuple::new("t1f18002c0c", Basic::Open)
        }],
        persons: vec![Person {
            activities: vec![Activity::Away],
            user_input: Some(UserInput { state: Input::Idle, last_input: Some(1_795_375_800_000), idle_threshold: Some(300) }),
            notes: vec![Note::new("back at 3")],
            timestamp: at,
            ..Person::new("p1")
        }],
        ..Presence::default()
    };
    assert_eq!(read(body), Ok(expected.clone()));
    assert_eq!(read(write(&expected).as_bytes()), Ok(expected));
}

#[test]
fn reads_the_part_of_the_list_notification() {
    let body = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
        entity=\"sip:bob@example.test\"><tuple id=\"b1\"><status><basic>open</basic></status><note>hello</note></tuple></presence>";
    let presence = read(body).unwrap();
    assert!(presence.is_open());
    assert_eq!(presence.tuples, [Tuple { notes: vec![Note::new("hello")], ..Tuple::new("b1", Basic::Open) }]);
}

#[test]
fn old_dialects_are_understood() {
    // Activities within the status, as words.
    let old = b"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:es='urn:ietf:params:xml:ns:pidf:status:rpid-status' entity='pres:bob@example.test'>\
        <tuple id='x'><status><basic>open</basic><es:activities><es:activity>on-the-phone</es:activity></es:activities></status></tuple></presence>";
    let presence = read(old).unwrap();
    assert_eq!(presence.tuples[0].activities, [Activity::OnThePhone]);
    // No name space, upper case, a basic value that the standard does not know.
    let plain = b"<presence entity='sip:b@x'><tuple id='1'><status><basic> OPEN </basic></status></tuple>\
        <tuple id='2'><status><basic>unknown</basic></status></tuple><tuple/></presence>";
    let basics: Vec<_> = read(plain).unwrap().tuples.iter().map(|t| t.basic).collect();
    assert_eq!(basics, [Basic::Open, Basic::Unknown, Basic::Unknown]);
    // Notes and timestamps in the wrong one of the two name spaces, a note within the activities.
    let mixed = b"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' \
        xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:b@x'><d:person id='p'><r:activities><r:note>n1</r:note><r:unknown/>\
        <r:other>juggling</r:other><r:dancing/></r:activities><note>n2</note><timestamp>1970-01-01T00:00:01Z</timestamp></d:person></presence>";
    let person = read(mixed).unwrap().persons.remove(0);
    assert_eq!(person.activities, [Activity::Unknown, Activity::Other("juggling".into()), Activity::Other("dancing".into())]);
    assert_eq!((person.activity_notes, person.notes), (vec![Note::new("n1")], vec![Note::new("n2")]));
    assert_eq!(person.timestamp, Some(1000));
}

#[test]
fn merged_documents_keep_every_device() {
    let body = b"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' \
        xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:c='urn:ietf:params:xml:ns:pidf:cipid' entity='sip:b@x'>\
        <tuple id='desk'><status><basic>open</basic></status></tuple><d:person id='p1'><r:activities><r:busy/></r:activities>\
        <c:display-name>Bob</c:display-name><d:timestamp>2026-11-22T19:40:00Z</d:timestamp></d:person>\
        <tuple id='phone'><status><basic>closed</basic></status></tuple><d:person id='p2'>\
        <d:timestamp>2026-11-22T19:39:00Z</d:timestamp></d:person><d:device id='d1'><d:deviceID>urn:x:1</d:deviceID></d:device></presence>";
    let presence = read(body).unwrap();
    assert_eq!(
        presence.tuples.iter().map(|t| (t.id.as_str(), t.basic)).collect::<Vec<_>>(),
        [("desk", Basic::Open), ("phone", Basic::Closed)]
    );
    assert_eq!(presence.latest_person().map(|p| p.id.as_str()), Some("p1"));
    assert_eq!(presence.devices[0].device_id.as_deref(), Some("urn:x:1"));
    assert_eq!(presence.name(), Some("Bob"));
    assert!(presence.is_open());
}

#[test]
fn other_documents_are_faults() {
    assert_eq!(read(b"<list/>"), Err(Offence::WrongDocument.at(0)));
    assert_eq!(read(b"<presence xmlns='x:y'/>"), Err(Offence::WrongDocument.at(0)));
    assert_eq!(read(b""), Err(Offence::Truncated.at(0)));
}

#[test]
fn priorities() {
    for (text, value) in
        [("0.8", Some(800)), ("1", Some(1000)), ("1.000", Some(1000)), ("0", Some(0)), (".25", Some(250)), ("0.12345", Some(123))]
    {
        assert_eq!(thousandths(text), value, "{text}");
    }
    for text in ["1.1", "2", "-0.5", "high", "0.x"] {
        assert_eq!(thousandths(text), None, "{text}");
    }
    assert_eq!((decimal(1000), decimal(800), decimal(0), decimal(5)), ("1".into(), "0.8".into(), "0".into(), "0.005".into()));
}

fn text() -> impl Strategy<Value = String> {
    "[^\\p{Cc}\u{fffe}\u{ffff}]{1,12}".prop_map(|t| t.trim().to_owned()).prop_filter("empty", |t| !t.is_empty())
}

fn note() -> impl Strategy<Value = Note> {
    (proptest::option::of("[a-z]{2}"), text()).prop_map(|(lang, text)| Note { lang, text })
}

fn activity() -> impl Strategy<Value = Activity> {
    prop_oneof![
        text().prop_map(Activity::Other),
        proptest::sample::select(vec![Activity::Away, Activity::OnThePhone, Activity::Meal, Activity::PermanentAbsence]),
    ]
}

fn input() -> impl Strategy<Value = UserInput> {
    let state = proptest::sample::select(vec![rpid::Input::Active, rpid::Input::Idle]);
    (state, proptest::option::of(0i64..4_000_000_000_000), proptest::option::of(any::<u32>()))
        .prop_map(|(state, last_input, idle_threshold)| UserInput { state, last_input, idle_threshold })
}

prop_compose! {
    fn any_tuple()(
        id in text(), basic in proptest::sample::select(vec![Basic::Open, Basic::Closed, Basic::Unknown]),
        activities in proptest::collection::vec(activity(), 0..3), user_input in proptest::option::of(input()),
        device_id in proptest::option::of(text()), uri in proptest::option::of(text()), priority in proptest::option::of(0u16..=1000),
        notes in proptest::collection::vec(note(), 0..3), timestamp in proptest::option::of(0i64..4_000_000_000_000),
    ) -> Tuple {
        Tuple { id, basic, activities, user_input, device_id, contact: uri.map(|uri| Contact { uri, priority }), notes, timestamp }
    }
}

prop_compose! {
    fn any_person()(
        id in text(), activities in proptest::collection::vec(activity(), 0..3), activity_notes in proptest::collection::vec(note(), 0..2),
        user_input in proptest::option::of(input()), display_name in proptest::option::of(text()),
        notes in proptest::collection::vec(note(), 0..3), timestamp in proptest::option::of(0i64..4_000_000_000_000),
    ) -> Person {
        Person { id, activities, activity_notes, user_input, display_name, notes, timestamp }
    }
}

proptest! {
    #[test]
    fn round_trip(
        entity in text(), tuples in proptest::collection::vec(any_tuple(), 0..4), persons in proptest::collection::vec(any_person(), 0..3),
        notes in proptest::collection::vec(note(), 0..3), display_name in proptest::option::of(text()),
    ) {
        let presence = Presence { entity, tuples, persons, devices: Vec::new(), notes, display_name };
        prop_assert_eq!(read(write(&presence).as_bytes()), Ok(presence));
    }

    #[test]
    fn garbage_never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&body);
    }

    #[test]
    fn damaged_documents_never_panic(at in 0usize..386, byte: u8, cut in 0usize..386) {
        let mut body = PUBLISHED.as_bytes().to_vec();
        body[at] = byte;
        let _ = read(&body);
        let _ = read(&body[..cut]);
    }
}
