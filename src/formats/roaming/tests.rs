//! Contact lists in their exact bytes, in every spelling that was seen, and broken.

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
