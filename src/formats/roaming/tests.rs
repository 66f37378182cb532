//! Contact lists in their exact bytes, in every spelling that was seen, and broken.

use proptest::prelude::*;

use super::*;

/// The list of the message samples, but for a blank after the last group: 316 octets.
const LIST: &str = "<contactList deltaNum=\"12\">\r\n<group id=\"1\" name=\"~\" externalURI=\"\"/>\r\n\
    <group id=\"2\" name=\"Team\" externalURI=\"\"/>\r\n\
    <contact uri=\"bob@example.test\" name=\"\" groups=\"1 2\" subscribed=\"true\" externalURI=\"\"/>\r\n\
    <contact uri=\"carol@example.test\" name=\"Carol (ops)\" groups=\"2\" subscribed=\"true\" externalURI=\"\"/>\r\n</contactList>";

fn contact(uri: &str, name: &str, groups: &[u8]) -> Contact {
    Contact { uri: uri.into(), name: name.into(), groups: groups.into(), subscribed: true, ..Contact::default() }
}

fn list() -> Document {
    let group = |id, name: &str| Group { id, name: name.into(), external_uri: String::new() };
    Document::List(ContactList {
        delta_num: 12,
        groups: vec![group(1, "~"), group(2, "Team")],
        contacts: vec![contact("sip:bob@example.test", "", &[1, 2]), contact("sip:carol@example.test", "Carol (ops)", &[2])],
    })
}

#[test]
fn sample_list_in_its_exact_bytes() {
    assert_eq!(write(&list()), LIST);
    assert_eq!(read(LIST.as_bytes()), Ok(list()));
}

#[test]
fn sample_change_in_its_exact_bytes() {
    let delta = Document::Delta(ContactDelta {
        delta_num: 13,
        prev_delta_num: 12,
        changes: vec![Change::AddedContact(contact("sip:dave@example.test", "", &[1]))],
    });
    let written = "<contactDelta deltaNum=\"13\" prevDeltaNum=\"12\"><addedContact uri=\"sip:dave@example.test\" name=\"\" \
        groups=\"1\" subscribed=\"true\" externalURI=\"\"/></contactDelta>";
    assert_eq!(write(&delta), written);
    assert_eq!(read(written.as_bytes()), Ok(delta));
}

fn everything() -> Document {
    let group = |id, name: &str| Group { id, name: name.into(), external_uri: "http://x/?a=1&b".into() };
    let kept = Contact {
        subscribed: false,
        external_uri: "x".into(),
        extension: Some("<a xmlns=\"u:v\" b=\"1\"/>t".into()),
        ..contact("sip:eve@example.test", "Eve <\"&>", &[])
    };
    Document::Delta(ContactDelta {
        delta_num: u32::MAX,
        prev_delta_num: 0,
        changes: vec![
            Change::AddedGroup(group(3, "Friends")),
            Change::ModifiedGroup(group(64, "")),
            Change::DeletedGroup(2),
            Change::AddedContact(contact("sip:dave@example.test", "", &[1, 3])),
            Change::ModifiedContact(kept),
            Change::DeletedContact("sip:carol@example.test".into()),
        ],
    })
}

#[test]
fn every_change_in_its_exact_bytes() {
    let written = "<contactDelta deltaNum=\"4294967295\" prevDeltaNum=\"0\">\
        <addedGroup id=\"3\" name=\"Friends\" externalURI=\"http://x/?a=1&amp;b\"/><modifiedGroup id=\"64\" name=\"\" externalURI=\"http://x/?a=1&amp;b\"/>\
        <deletedGroup id=\"2\"/><addedContact uri=\"sip:dave@example.test\" name=\"\" groups=\"1 3\" subscribed=\"true\" externalURI=\"\"/>\
        <modifiedContact uri=\"sip:eve@example.test\" name=\"Eve &lt;&quot;&amp;&gt;\" groups=\"\" subscribed=\"false\" externalURI=\"x\">\
        <contactExtension><a xmlns=\"u:v\" b=\"1\"/>t</contactExtension></modifiedContact><deletedContact uri=\"sip:carol@example.test\"/></contactDelta>";
    assert_eq!(write(&everything()), written);
    assert_eq!(read(written.as_bytes()), Ok(everything()));
}

#[test]
fn every_spelling_means_the_same() {
    for body in [
        LIST.replace("\"1 2\"", "\"1 2 \"").replace("\"2\" sub", "\"2 \" sub"),
        LIST.replace("uri=\"", "uri=\" sip:").replace("test\"", "test \""),
        LIST.replace("uri=\"", "uri=\"SIP:"),
        LIST.replace("\"true\"", "\"TRUE\"").replacen("\"TRUE\"", "\"1\"", 1),
        LIST.replace("groups=\"1 2\"", "groups=\"1  2\t1 x -3 65 300\""),
        LIST.replace("\r\n", ""),
        LIST.replace(" externalURI=\"\"", "").replace(" subscribed=\"true\"", "").replace(" name=\"\"", ""),
        LIST.replace("<contactList", "<contactList xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\""),
        LIST.replace("<contactList", "<contactList xmlns=\"urn:anything\""),
        LIST.replace(
            "</contactList>",
            "<contact name=\"nobody\"/><contact uri=\"sip:\"/><group id=\"65\"/><group id=\"x\"/><new/></contactList>",
        ),
        format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{LIST}"),
    ] {
        assert_eq!(read(body.as_bytes()), Ok(list()), "{body}");
    }
}

#[test]
fn limits_hold() {
    let contacts = |count: usize| format!("<contactList deltaNum='1'>{}</contactList>", "<contact uri='a'/>".repeat(count));
    assert!(read(contacts(MAX_CONTACTS).as_bytes()).is_ok());
    assert_eq!(read(contacts(MAX_CONTACTS + 1).as_bytes()), Err(Offence::TooMany.at(0)));
    let groups = format!("<contactList deltaNum='1'>{}</contactList>", "<group id='1'/>".repeat(MAX_GROUPS + 1));
    assert_eq!(read(groups.as_bytes()), Err(Offence::TooMany.at(0)));
    let changes = format!(
        "<contactDelta deltaNum='1' prevDeltaNum='0'>{}</contactDelta>",
        "<deletedGroup id='1'/>".repeat(MAX_CONTACTS + 1)
    );
    assert_eq!(read(changes.as_bytes()), Err(Offence::TooMany.at(0)));
    let long = format!(
        "<contactList deltaNum='1'><contact uri='a' name='{}' externalURI='{}'><contactExtension>{}</contactExtension></contact></contactList>",
        "é".repeat(200),
        "x".repeat(MAX_EXTERNAL_URI + 1),
        "y".repeat(1025)
    );
    let Ok(Document::List(list)) = read(long.as_bytes()) else { panic!("not a list") };
    assert_eq!(list.contacts[0].name, "é".repeat(MAX_NAME / 2));
    assert_eq!((list.contacts[0].external_uri.as_str(), &list.contacts[0].extension), ("", &None));
}

#[test]
fn bad_documents_are_faults() {
    for (body, what) in [
        ("<contactList/>", Offence::Missing),
        ("<contactDelta deltaNum='1'/>", Offence::Missing),
        ("<contactDelta prevDeltaNum='1'/>", Offence::Missing),
        ("<contactlist deltaNum='1'/>", Offence::WrongDocument),
        ("<a><contactList deltaNum='1'/></a>", Offence::WrongDocument),
    ] {
        assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{body}");
    }
}

/// Markup that is not well-formed never goes out.
#[test]
fn broken_extensions_are_left_out() {
    for broken in ["<a>", "</contactExtension>", "&x;", "<a b='1' b='2'/>", "<p:a/>"] {
        let list = ContactList {
            contacts: vec![Contact { extension: Some(broken.into()), ..contact("sip:a@b", "", &[]) }],
            ..ContactList::default()
        };
        assert!(!write(&Document::List(list)).contains("contactExtension"), "{broken}");
    }
}

prop_compose! {
    fn group()(id in 0..=MAX_GROUP_ID, name in "[!-~é<&\"]{0,20}", external_uri in "[!-~]{0,20}") -> Group {
        Group { id, name, external_uri }
    }
}

prop_compose! {
    fn any_contact()(
        uri in "sip:[a-z.]{1,8}@[a-z.]{1,8}", name in "[!-~é<&\"]{0,20}", subscribed in any::<bool>(), external_uri in "[!-~]{0,20}",
        groups in proptest::collection::btree_set(0..=MAX_GROUP_ID, 0..5), extension in proptest::option::of("[a-z]{1,9}"),
    ) -> Contact {
        let extension = extension.map(|name| format!("<{name} b=\"&lt;\">text</{name}>"));
        Contact { uri, name, groups: groups.into_iter().collect(), subscribed, external_uri, extension }
    }
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        group().prop_map(Change::AddedGroup),
        group().prop_map(Change::ModifiedGroup),
        (0..=MAX_GROUP_ID).prop_map(Change::DeletedGroup),
        any_contact().prop_map(Change::AddedContact),
        any_contact().prop_map(Change::ModifiedContact),
        "sip:[a-z]{1,8}@[a-z]{1,8}".prop_map(Change::DeletedContact),
    ]
}

proptest! {
    #[test]
    fn round_trip(
        delta_num in any::<u32>(), prev_delta_num in any::<u32>(), groups in proptest::collection::vec(group(), 0..4),
        contacts in proptest::collection::vec(any_contact(), 0..4), changes in proptest::collection::vec(any_change(), 0..6),
    ) {
        for document in [
            Document::List(ContactList { delta_num, groups, contacts }),
            Document::Delta(ContactDelta { delta_num, prev_delta_num, changes }),
        ] {
            prop_assert_eq!(read(write(&document).as_bytes()), Ok(document));
        }
    }
}
