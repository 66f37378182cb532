//! Ad hoc lists of a batch SUBSCRIBE (MS-SIP section 3.3.4.1), `application/adrl+xml`: whose
//! presence one subscription asks for. The draft of the IETF with the same name is another format.

use super::lcs::{uri, with_scheme};
use super::xml::{self, Element, Space, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/adrl+xml";
/// Most people of one list that are read.
pub const MAX_RESOURCES: usize = 4096;

/// What becomes of the list of the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// These people are the list.
    Create,
    /// These people come to it.
    Add,
    /// These people leave it.
    Delete,
}

impl Change {
    const ALL: [(Self, &'static str); 3] = [(Self::Create, "create"), (Self::Add, "add"), (Self::Delete, "delete")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(change, _)| *change == self).map_or("create", |(_, word)| word)
    }
}

/// One list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adhoc {
    /// The watcher's address.
    pub uri: String,
    /// What the list is called, which is the watcher's address too.
    pub name: String,
    /// What becomes of the list.
    pub change: Change,
    /// The people, with `sip:`.
    pub resources: Vec<String>,
}

impl Adhoc {
    /// A new list of these people.
    #[must_use]
    pub fn create(watcher: &str, resources: Vec<String>) -> Self {
        let uri = with_scheme(watcher);
        Self { name: uri.clone(), uri, change: Change::Create, resources }
    }
}

/// Reads a list. People without address are left out.
pub fn read(body: &[u8]) -> Result<Adhoc, Fault> {
    let root = xml::read(body, Space::Adrl, "adhoclist")?;
    let mut changes = root.children.iter().filter_map(change);
    let (change, element) = changes.next().ok_or(Offence::Missing.at(0))?;
    if changes.next().is_some() {
        return Err(Offence::Value.at(0));
    }
    let mut resources = Vec::new();
    for resource in element.all_named("resource") {
        if resources.len() >= MAX_RESOURCES {
            return Err(Offence::TooMany.at(0));
        }
        resources.extend(uri(resource, "uri"));
    }
    let uri = uri(&root, "uri").ok_or(Offence::Missing.at(0))?;
    Ok(Adhoc { uri, name: root.lcs("name").unwrap_or_default().to_owned(), change, resources })
}

/// What a child of the list says. Captures have it without name space, the schema with.
fn change(element: &Element) -> Option<(Change, &Element)> {
    let known = Change::ALL.into_iter().find(|(_, word)| element.is(Space::Adrl, word));
    known.map(|(change, _)| (change, element))
}

/// Writes a list as captures have it: one person a line, the change without name space. Lines end
/// as those of SIPE do, which saves an octet for each person.
#[must_use]
pub fn write(list: &Adhoc) -> String {
    let mut xml = Writer::bare();
    xml.raw("<adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\"").attribute("uri", &with_scheme(&list.uri));
    xml.attribute("name", &list.name).raw(">\n<").raw(list.change.word()).raw(" xmlns=\"\">\n");
    for resource in &list.resources {
        xml.raw("<resource").attribute("uri", &with_scheme(resource)).raw("/>\n");
    }
    xml.raw("</").raw(list.change.word()).raw(">\n</adhoclist>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: &str = "<adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\" uri=\"sip:alice@example.test\" name=\"sip:alice@example.test\">\n\
        <create xmlns=\"\">\n<resource uri=\"sip:bob@example.test\"/>\n<resource uri=\"sip:carol@example.test\"/>\n</create>\n</adhoclist>";

    fn batch() -> Adhoc {
        Adhoc::create("sip:alice@example.test", vec!["sip:bob@example.test".into(), "sip:carol@example.test".into()])
    }

    #[test]
    fn sample_in_its_exact_bytes() {
        assert_eq!(write(&batch()), BATCH);
        assert_eq!(read(BATCH.as_bytes()), Ok(batch()));
    }

    #[test]
    fn spellings() {
        for body in [
            "<a:adhoclist xmlns:a='urn:ietf:params:xml:ns:adrl' uri='alice@example.test' name='sip:alice@example.test'><a:create>\
             <a:resource uri=' bob@example.test'/><resource/><a:resource uri='sip: '/><other uri='sip:x@y'/><a:resource uri='SIP:carol@example.test '/></a:create></a:adhoclist>",
            "\u{feff}<?xml version='1.0' encoding='utf-16'?><adhoclist uri='sip:alice@example.test' name='sip:alice@example.test'><create>\
             <resource uri='bob@example.test'/><resource uri='carol@example.test'/></create></adhoclist>",
        ] {
            assert_eq!(read(body.as_bytes()), Ok(batch()), "{body}");
        }
        for change in [Change::Create, Change::Add, Change::Delete] {
            let list = Adhoc { change, resources: vec![], ..batch() };
            assert_eq!(read(write(&list).as_bytes()), Ok(list));
        }
    }

    #[test]
    fn bad_documents_are_faults() {
        let many = format!("<adhoclist uri='a@b'><add>{}</add></adhoclist>", "<resource uri='c@d'/>".repeat(MAX_RESOURCES + 1));
        for (body, what) in [
            ("<adhoclist uri='a@b'/>", Offence::Missing),
            ("<adhoclist><create/></adhoclist>", Offence::Missing),
            ("<adhoclist uri=''><create/></adhoclist>", Offence::Missing),
            ("<adhoclist uri='a@b'><create/><delete/></adhoclist>", Offence::Value),
            ("<list/>", Offence::WrongDocument),
            (many.as_str(), Offence::TooMany),
        ] {
            assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{what}");
        }
    }
}
