//! Contact lists kept on the server (MS-SIP sections 2.2.4.1 and 3.7),
//! `application/vnd-microsoft-roaming-contacts+xml`: the whole list, or what changed since a number.
//!
//! Addresses stand without `sip:` in a list and with it in a change; readers of these documents
//! insist on either, so `write` does it, and `read` always gives `sip:`.

use super::lcs::{number, number_in, text_in, uri, with_scheme, without_scheme};
use super::xml::{self, Element, Keep, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd-microsoft-roaming-contacts+xml";
/// Highest number of a group.
pub const MAX_GROUP_ID: u8 = 64;
/// Most groups of a list.
pub const MAX_GROUPS: usize = 64;
/// Most contacts, or changes, of one document.
pub const MAX_CONTACTS: usize = 4096;
/// Most octets of the name of a group or a contact. Longer names are cut when read.
pub const MAX_NAME: usize = 256;
/// Most octets of an external address. Longer ones are as if absent.
pub const MAX_EXTERNAL_URI: usize = 1024;
/// Number of the group for those in no other.
pub const DEFAULT_GROUP: u8 = 1;
/// Name of that group.
pub const DEFAULT_GROUP_NAME: &str = "~";

/// What clients add to a contact is kept as markup, for a place without name space.
pub(super) const KEPT: Keep = Keep { name: "contactExtension", spaces: &[""] };

/// A document of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// Everything.
    List(ContactList),
    /// What changed.
    Delta(ContactDelta),
}

/// The whole list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactList {
    /// Its version.
    pub delta_num: u32,
    /// Groups, the default group among them.
    pub groups: Vec<Group>,
    /// Contacts.
    pub contacts: Vec<Contact>,
}

/// Changes from one version to another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactDelta {
    /// The version after the changes.
    pub delta_num: u32,
    /// The version they were made to.
    pub prev_delta_num: u32,
    /// In order.
    pub changes: Vec<Change>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Its number, at most [`MAX_GROUP_ID`].
    pub id: u8,
    /// Its name; `~` for the default group.
    pub name: String,
    /// An address of a client's own, mostly empty.
    pub external_uri: String,
}

/// One contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// The address, with `sip:`.
    pub uri: String,
    /// The name given; empty for that of the directory.
    pub name: String,
    /// Numbers of the groups it is in; none for the default group.
    pub groups: Vec<u8>,
    /// Whether to watch it, or only to keep it.
    pub subscribed: bool,
    /// An address of a client's own, mostly empty.
    pub external_uri: String,
    /// Markup of a client's own.
    pub extension: Option<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new group.
    AddedGroup(Group),
    /// A group has another name.
    ModifiedGroup(Group),
    /// A group is gone.
    DeletedGroup(u8),
    /// A new contact.
    AddedContact(Contact),
    /// A contact is otherwise now; all its groups are named.
    ModifiedContact(Contact),
    /// A contact is gone.
    DeletedContact(String),
}

/// Reads a document of either kind. Groups without usable number and contacts without address
/// are left out.
pub fn read(body: &[u8]) -> Result<Document, Fault> {
    let root = xml::read_keeping(body, &[KEPT])?;
    let number = |attribute| {
        number_in(&root, attribute).ok_or(match root.lcs(attribute) {
            Some(_) => Offence::Value.at(0),
            None => Offence::Missing.at(0),
        })
    };
    match &*root.name {
        "contactList" => {
            let groups: Vec<_> = root.all_named("group").filter_map(group).collect();
            let contacts: Vec<_> = root.all_named("contact").filter_map(contact).collect();
            if groups.len() > MAX_GROUPS || contacts.len() > MAX_CONTACTS {
                return Err(Offence::TooMany.at(0));
            }
            Ok(Document::List(ContactList { delta_num: number("deltaNum")?, groups, contacts }))
        }
        "contactDelta" => {
            let changes: Vec<_> = root.children.iter().filter_map(change).collect();
            if changes.len() > MAX_CONTACTS {
                return Err(Offence::TooMany.at(0));
            }
            let (delta_num, prev_delta_num) = (number("deltaNum")?, number("prevDeltaNum")?);
            Ok(Document::Delta(ContactDelta { delta_num, prev_delta_num, changes }))
        }
        _ => Err(Offence::WrongDocument.at(0)),
    }
}

fn change(element: &Element) -> Option<Change> {
    Some(match &*element.name {
        "addedGroup" => Change::AddedGroup(group(element)?),
        "modifiedGroup" => Change::ModifiedGroup(group(element)?),
        "deletedGroup" => Change::DeletedGroup(group_id(element.lcs("id")?)?),
        "addedContact" => Change::AddedContact(contact(element)?),
        "modifiedContact" => Change::ModifiedContact(contact(element)?),
        "deletedContact" => Change::DeletedContact(uri(element, "uri")?),
        _ => return None,
    })
}

fn group(element: &Element) -> Option<Group> {
    Some(Group { id: group_id(element.lcs("id")?)?, name: name(element), external_uri: external_uri(element.lcs("externalURI")) })
}

fn contact(element: &Element) -> Option<Contact> {
    Some(Contact {
        uri: uri(element, "uri")?,
        name: name(element),
        groups: groups(element.lcs("groups").unwrap_or_default()),
        subscribed: element.lcs("subscribed").is_none_or(super::lcs::is_true),
        external_uri: external_uri(element.lcs("externalURI")),
        extension: element.child_named("contactExtension").and_then(|e| e.markup.as_deref()).map(str::to_owned),
    })
}

/// The number of a group.
pub(super) fn group_id(text: &str) -> Option<u8> {
    number(text).and_then(|id| u8::try_from(id).ok()).filter(|id| *id <= MAX_GROUP_ID)
}

/// Numbers of groups with blanks between them; what is none is left out, as is what came before.
pub(super) fn groups(text: &str) -> Vec<u8> {
    let mut groups = Vec::new();
    for id in text.split_ascii_whitespace().filter_map(group_id) {
        if !groups.contains(&id) {
            groups.push(id);
        }
    }
    groups
}

/// Numbers of groups as text. No blank follows the last: some readers would take it for one more.
pub(super) fn groups_text(groups: &[u8]) -> String {
    groups.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")
}

fn name(element: &Element) -> String {
    let name = text_in(element, "name").unwrap_or_default();
    let end = (0..=MAX_NAME).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    name.get(..end).unwrap_or(&name).trim_end().to_owned()
}

fn external_uri(text: Option<&str>) -> String {
    text.filter(|uri| uri.len() <= MAX_EXTERNAL_URI).unwrap_or_default().to_owned()
}

/// Writes a document.
#[must_use]
pub fn write(document: &Document) -> String {
    let mut xml = Writer::bare();
    match document {
        Document::List(list) => {
            xml.raw("<contactList").attribute("deltaNum", &list.delta_num.to_string()).raw(">\r\n");
            for group in &list.groups {
                write_group(&mut xml, "group", group);
                xml.raw("\r\n");
            }
            for contact in &list.contacts {
                write_contact(&mut xml, "contact", without_scheme(&contact.uri), contact);
                xml.raw("\r\n");
            }
            xml.raw("</contactList>");
        }
        Document::Delta(delta) => {
            xml.raw("<contactDelta").attribute("deltaNum", &delta.delta_num.to_string());
            xml.attribute("prevDeltaNum", &delta.prev_delta_num.to_string()).raw(">");
            for change in &delta.changes {
                write_change(&mut xml, change);
            }
            xml.raw("</contactDelta>");
        }
    }
    xml.finish()
}

fn write_change(xml: &mut Writer, change: &Change) {
    match change {
        Change::AddedGroup(group) => write_group(xml, "addedGroup", group),
        Change::ModifiedGroup(group) => write_group(xml, "modifiedGroup", group),
        Change::DeletedGroup(id) => drop(xml.raw("<deletedGroup").attribute("id", &id.to_string()).raw("/>")),
        Change::AddedContact(contact) => write_contact(xml, "addedContact", &with_scheme(&contact.uri), contact),
        Change::ModifiedContact(contact) => write_contact(xml, "modifiedContact", &with_scheme(&contact.uri), contact),
        Change::DeletedContact(uri) => drop(xml.raw("<deletedContact").attribute("uri", &with_scheme(uri)).raw("/>")),
    }
}

fn write_group(xml: &mut Writer, word: &str, group: &Group) {
    xml.raw("<").raw(word).attribute("id", &group.id.to_string()).attribute("name", &group.name);
    xml.attribute("externalURI", &group.external_uri).raw("/>");
}

fn write_contact(xml: &mut Writer, word: &str, uri: &str, contact: &Contact) {
    xml.raw("<").raw(word).attribute("uri", uri).attribute("name", &contact.name);
    xml.attribute("groups", &groups_text(&contact.groups));
    xml.attribute("subscribed", if contact.subscribed { "true" } else { "false" });
    xml.attribute("externalURI", &contact.external_uri);
    match contact.extension.as_deref().and_then(extension) {
        Some(inner) => xml.raw("><contactExtension>").raw(&inner).raw("</contactExtension></").raw(word).raw(">"),
        None => xml.raw("/>"),
    };
}

/// Markup of a client's own, read and written again; none if it is not well-formed or too long.
pub(super) fn extension(inner: &str) -> Option<String> {
    if inner.len() > xml::limits::MARKUP * 4 {
        return None;
    }
    let whole = format!("<contactExtension>{inner}</contactExtension>");
    let element = xml::read_keeping(whole.as_bytes(), &[KEPT]).ok()?;
    element.markup.map(String::from)
}

#[cfg(test)]
mod tests;
