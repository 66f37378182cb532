//! Resource lists (RFC 4826 section 3), `application/resource-lists+xml`: people in named lists.
//!
//! A list within a subscription (RFC 5367) is one without a name. References to entries elsewhere
//! (`entry-ref`, `external`) are passed over.

use super::xml::{self, Element, Space, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/resource-lists+xml";
/// How deep lists may stand within lists.
pub const MAX_DEPTH: usize = 4;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The address as written.
    pub uri: String,
    /// The name given.
    pub display_name: Option<String>,
}

/// One list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// Names it among its neighbours.
    pub name: Option<String>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// People in it.
    pub entries: Vec<Entry>,
    /// Lists in it.
    pub lists: Vec<List>,
}

impl List {
    /// A nameless list of these addresses.
    #[must_use]
    pub fn of<'a>(uris: impl IntoIterator<Item = &'a str>) -> Self {
        let entries = uris.into_iter().map(|uri| Entry { uri: uri.to_owned(), display_name: None }).collect();
        Self { entries, ..Self::default() }
    }

    /// What people call it: its name for them, else the name among its neighbours.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.display_name.as_deref().or(self.name.as_deref()).map(str::trim).filter(|name| !name.is_empty())
    }

    /// Everybody in it and in the lists within, in order; the same person may come twice.
    pub fn everybody(&self) -> Vec<&Entry> {
        let mut all: Vec<_> = self.entries.iter().collect();
        all.extend(self.lists.iter().flat_map(List::everybody));
        all
    }
}

/// Reads the lists of a document.
pub fn read(body: &[u8]) -> Result<Vec<List>, Fault> {
    let root = xml::read(body, Space::ResourceLists, "resource-lists")?;
    root.all(Space::ResourceLists, "list").map(|element| list(element, 1)).collect()
}

pub(super) fn list(element: &Element, depth: usize) -> Result<List, Fault> {
    if depth > MAX_DEPTH {
        return Err(Offence::TooDeep.at(0));
    }
    let mut list = List {
        name: element.attribute("name").map(|name| name.trim().to_owned()),
        display_name: display_name(element),
        ..List::default()
    };
    for child in &element.children {
        if child.is(Space::ResourceLists, "entry") {
            if let Some(uri) = child.attribute("uri").map(str::trim).filter(|uri| !uri.is_empty()) {
                list.entries.push(Entry { uri: uri.to_owned(), display_name: display_name(child) });
            }
        } else if child.is(Space::ResourceLists, "list") {
            list.lists.push(self::list(child, depth + 1)?);
        }
    }
    Ok(list)
}

fn display_name(element: &Element) -> Option<String> {
    let name = element.child(Space::ResourceLists, "display-name")?.trimmed();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Writes the lists as a document.
#[must_use]
pub fn write(lists: &[List]) -> String {
    let mut xml = Writer::new();
    xml.raw("<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">");
    for list in lists {
        write_list(&mut xml, list, "");
    }
    xml.raw("</resource-lists>");
    xml.finish()
}

/// Writes a list; its content with this prefix.
pub(super) fn write_list(xml: &mut Writer, list: &List, prefix: &str) {
    xml.raw("<list");
    if let Some(name) = &list.name {
        xml.attribute("name", name);
    }
    xml.raw(">");
    write_content(xml, list, prefix);
    xml.raw("</list>");
}

fn write_content(xml: &mut Writer, list: &List, prefix: &str) {
    let display = format!("{prefix}display-name");
    if let Some(name) = &list.display_name {
        xml.element(&display, name);
    }
    for entry in &list.entries {
        xml.raw("<").raw(prefix).raw("entry").attribute("uri", &entry.uri);
        if let Some(name) = &entry.display_name {
            xml.raw(">").element(&display, name).raw("</").raw(prefix).raw("entry>");
        } else {
            xml.raw("/>");
        }
    }
    for inner in &list.lists {
        xml.raw("<").raw(prefix).raw("list");
        if let Some(name) = &inner.name {
            xml.attribute("name", name);
        }
        xml.raw(">");
        write_content(xml, inner, prefix);
        xml.raw("</").raw(prefix).raw("list>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of the list subscription in the message samples: 204 octets.
    #[test]
    fn subscription_in_its_exact_bytes() {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>\
            <entry uri=\"sip:bob@example.test\"/><entry uri=\"sip:carol@example.test\"/></list></resource-lists>";
        assert_eq!(body.len(), 204);
        let lists = [List::of(["sip:bob@example.test", "sip:carol@example.test"])];
        assert_eq!(write(&lists), body);
        assert_eq!(read(body.as_bytes()).unwrap(), lists);
    }

    #[test]
    fn roster_with_groups_and_back() {
        let entry = |uri: &str, name: Option<&str>| Entry { uri: uri.into(), display_name: name.map(Into::into) };
        let lists = [
            List { name: Some("g1".into()), display_name: Some("Friends & \"all\"".into()), ..List::of([]) },
            List {
                name: Some("g2".into()),
                entries: vec![entry("sip:bob@example.test", Some("Bob <b>")), entry("sip:dave@example.test", None)],
                lists: vec![List { name: Some("inner".into()), ..List::of(["sip:eve@example.test"]) }],
                ..List::default()
            },
        ];
        assert_eq!(read(write(&lists).as_bytes()).unwrap(), lists);
        let all: Vec<_> = lists[1].everybody().iter().map(|e| e.uri.as_str()).collect();
        assert_eq!(all, ["sip:bob@example.test", "sip:dave@example.test", "sip:eve@example.test"]);
    }

    #[test]
    fn foreign_things_are_passed_over_and_depth_is_limited() {
        let body = b"<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists' xmlns:x='y:z'><list name='a'><x:entry uri='q'/>\
            <entry/><entry-ref ref='r'/><external anchor='h'/><entry uri='sip:b@x'><display-name> B </display-name></entry></list></resource-lists>";
        let lists = read(body).unwrap();
        assert_eq!(lists[0].entries, [Entry { uri: "sip:b@x".into(), display_name: Some("B".into()) }]);
        let nested = |depth| format!("<resource-lists>{}{}</resource-lists>", "<list>".repeat(depth), "</list>".repeat(depth));
        assert!(read(nested(4).as_bytes()).is_ok());
        assert_eq!(read(nested(5).as_bytes()), Err(Offence::TooDeep.at(0)));
    }
}
