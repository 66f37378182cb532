//! Presence documents: PIDF (RFC 3863) with the data model (RFC 4479), rich presence (RFC 4480,
//! see [`super::rpid`]) and the display name of RFC 4482, `application/pidf+xml`.
//!
//! A document may be several devices' documents merged into one: several tuples, several persons.
//! What they mean together is for the reader of [`Presence`] to say, not for this room.

use super::rpid::{self, Activity, UserInput};
use super::xml::{self, Element, Space, Writer};
use super::{Fault, timestamp};

/// The media type.
pub const MEDIA_TYPE: &str = "application/pidf+xml";

/// Whether a device takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basic {
    /// It does.
    Open,
    /// It does not.
    Closed,
    /// Not told, or a word not in the standard.
    Unknown,
}

/// A remark for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Language tag (`xml:lang`).
    pub lang: Option<String>,
    /// The remark, without blanks around it.
    pub text: String,
}

/// How to reach a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Where.
    pub uri: String,
    /// Preference in thousandths, 0 to 1000.
    pub priority: Option<u16>,
}

/// One device or service (RFC 3863 section 4.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuple {
    /// Names it within the document.
    pub id: String,
    /// Whether it takes messages.
    pub basic: Basic,
    /// What the person does, where the document says so here instead of in a person.
    pub activities: Vec<Activity>,
    /// Keyboard use on this device.
    pub user_input: Option<UserInput>,
    /// The device it runs on (RFC 4479 section 3.6).
    pub device_id: Option<String>,
    /// How to reach it.
    pub contact: Option<Contact>,
    /// Remarks, those of its activities included.
    pub notes: Vec<Note>,
    /// When it was so, in milliseconds since 1970 UTC.
    pub timestamp: Option<i64>,
}

/// The person, as one device describes them (RFC 4479 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Names it within the document.
    pub id: String,
    /// What the person does.
    pub activities: Vec<Activity>,
    /// Remarks on the activities.
    pub activity_notes: Vec<Note>,
    /// Keyboard use.
    pub user_input: Option<UserInput>,
    /// The name the person gives themselves (RFC 4482).
    pub display_name: Option<String>,
    /// Remarks.
    pub notes: Vec<Note>,
    /// When it was so, in milliseconds since 1970 UTC.
    pub timestamp: Option<i64>,
}

/// A piece of equipment (RFC 4479 section 3.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Names it within the document.
    pub id: String,
    /// Names the equipment everywhere.
    pub device_id: Option<String>,
    /// Keyboard use.
    pub user_input: Option<UserInput>,
    /// Remarks.
    pub notes: Vec<Note>,
    /// When it was so, in milliseconds since 1970 UTC.
    pub timestamp: Option<i64>,
}

/// One presence document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presence {
    /// Whose, as written: `sip:` or `pres:` and an address.
    pub entity: String,
    /// Devices and services.
    pub tuples: Vec<Tuple>,
    /// The person, once for each merged document.
    pub persons: Vec<Person>,
    /// Equipment.
    pub devices: Vec<Device>,
    /// Remarks on the whole.
    pub notes: Vec<Note>,
    /// The name the person gives themselves, where it does not stand within a person.
    pub display_name: Option<String>,
}

impl Note {
    /// A remark without language.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { lang: None, text: text.to_owned() }
    }

    pub(super) fn of(element: &Element) -> Self {
        let lang = element.attribute("xml:lang").filter(|lang| !lang.is_empty()).map(str::to_owned);
        Self { lang, text: element.trimmed().to_owned() }
    }

    pub(super) fn write(&self, xml: &mut Writer, name: &str) {
        xml.raw("<").raw(name);
        if let Some(lang) = &self.lang {
            xml.attribute("xml:lang", lang);
        }
        xml.raw(">").text(&self.text).raw("</").raw(name).raw(">");
    }
}

impl Tuple {
    /// A device of which only this is said.
    #[must_use]
    pub fn new(id: &str, basic: Basic) -> Self {
        Self {
            id: id.to_owned(),
            basic,
            activities: Vec::new(),
            user_input: None,
            device_id: None,
            contact: None,
            notes: Vec::new(),
            timestamp: None,
        }
    }
}

impl Person {
    /// A person of whom nothing is said yet.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            activities: Vec::new(),
            activity_notes: Vec::new(),
            user_input: None,
            display_name: None,
            notes: Vec::new(),
            timestamp: None,
        }
    }
}

impl Presence {
    /// Whether anything in it takes messages.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.tuples.iter().any(|tuple| tuple.basic == Basic::Open)
    }

    /// The person described last: the latest timestamp; of those without one, the last in the
    /// document.
    #[must_use]
    pub fn latest_person(&self) -> Option<&Person> {
        self.persons.iter().max_by_key(|person| person.timestamp)
    }

    /// The name the person gives themselves, wherever it stands.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let person = self.persons.iter().find_map(|person| person.display_name.as_deref());
        person.or(self.display_name.as_deref())
    }
}

/// Reads a document. What is unknown is passed over; a value that cannot be read is as if absent.
pub fn read(body: &[u8]) -> Result<Presence, Fault> {
    let root = xml::read(body, Space::Pidf, "presence")?;
    let mut presence = Presence { entity: root.attribute("entity").unwrap_or_default().trim().to_owned(), ..Presence::default() };
    for child in &root.children {
        if child.is(Space::Pidf, "tuple") {
            presence.tuples.push(tuple(child, &mut presence.display_name));
        } else if child.is(Space::DataModel, "person") {
            presence.persons.push(person(child));
        } else if child.is(Space::DataModel, "device") {
            presence.devices.push(device(child));
        } else if child.is(Space::Pidf, "note") || child.is(Space::DataModel, "note") {
            presence.notes.push(Note::of(child));
        } else if child.is(Space::Cipid, "display-name") {
            presence.display_name = presence.display_name.take().or_else(|| display_name(&root));
        }
    }
    Ok(presence)
}

fn tuple(element: &Element, name: &mut Option<String>) -> Tuple {
    let status = element.child(Space::Pidf, "status");
    let basic = status.and_then(|status| status.child(Space::Pidf, "basic")).map(Element::trimmed);
    let basic = match basic {
        Some(word) if word.eq_ignore_ascii_case("open") => Basic::Open,
        Some(word) if word.eq_ignore_ascii_case("closed") => Basic::Closed,
        Some(_) | None => Basic::Unknown,
    };
    let mut found = rpid::activities(element);
    if let Some(old) = status.map(rpid::activities) {
        found.activities.extend(old.activities);
        found.notes.extend(old.notes);
    }
    if name.is_none() {
        *name = display_name(element);
    }
    let mut notes = notes(element, Space::Pidf);
    notes.extend(found.notes);
    Tuple {
        id: id(element),
        basic,
        activities: found.activities,
        user_input: rpid::user_input(element).or_else(|| status.and_then(rpid::user_input)),
        device_id: device_id(element),
        contact: element.child(Space::Pidf, "contact").and_then(contact),
        notes,
        timestamp: stamp(element, Space::Pidf),
    }
}

fn contact(element: &Element) -> Option<Contact> {
    let uri = element.trimmed();
    let priority = element.attribute("priority").and_then(thousandths);
    (!uri.is_empty()).then(|| Contact { uri: uri.to_owned(), priority })
}

/// `0.8` to 800; `None` if it is no decimal number from 0 to 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, b| sum * 10 + u16::from(b - b'0'));
    match whole {
        "" | "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

fn person(element: &Element) -> Person {
    let found = rpid::activities(element);
    Person {
        id: id(element),
        activities: found.activities,
        activity_notes: found.notes,
        user_input: rpid::user_input(element),
        display_name: display_name(element),
        notes: notes(element, Space::DataModel),
        timestamp: stamp(element, Space::DataModel),
    }
}

fn device(element: &Element) -> Device {
    Device {
        id: id(element),
        device_id: device_id(element),
        user_input: rpid::user_input(element),
        notes: notes(element, Space::DataModel),
        timestamp: stamp(element, Space::DataModel),
    }
}

fn id(element: &Element) -> String {
    element.attribute("id").unwrap_or_default().to_owned()
}

fn device_id(element: &Element) -> Option<String> {
    let found = element.child(Space::DataModel, "deviceID")?.trimmed();
    (!found.is_empty()).then(|| found.to_owned())
}

fn display_name(element: &Element) -> Option<String> {
    let found = element.child(Space::Cipid, "display-name")?.trimmed();
    (!found.is_empty()).then(|| found.to_owned())
}

/// Remarks of a part; some clients take the wrong one of the two name spaces.
fn notes(element: &Element, space: Space) -> Vec<Note> {
    let other = if space == Space::Pidf { Space::DataModel } else { Space::Pidf };
    let all = element.children.iter().filter(|child| child.is(space, "note") || child.is(other, "note"));
    all.map(Note::of).filter(|note| !note.text.is_empty()).collect()
}

fn stamp(element: &Element, space: Space) -> Option<i64> {
    let other = if space == Space::Pidf { Space::DataModel } else { Space::Pidf };
    let found = element.child(space, "timestamp").or_else(|| element.child(other, "timestamp"))?;
    timestamp::read(&found.text)
}

/// Writes a document: lines end with CR LF, none after the last; the name space of display names
/// only where there is one.
#[must_use]
pub fn write(presence: &Presence) -> String {
    let mut xml = Writer::new();
    xml.raw("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"");
    xml.raw(" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"");
    if presence.name().is_some() {
        xml.raw(" xmlns:c=\"urn:ietf:params:xml:ns:pidf:cipid\"");
    }
    xml.attribute("entity", &presence.entity).raw(">\r\n");
    for tuple in &presence.tuples {
        write_tuple(&mut xml, tuple);
    }
    for note in &presence.notes {
        note.write(&mut xml, "note");
        xml.raw("\r\n");
    }
    for person in &presence.persons {
        write_person(&mut xml, person);
    }
    for device in &presence.devices {
        write_device(&mut xml, device);
    }
    if let Some(name) = &presence.display_name {
        xml.element("c:display-name", name).raw("\r\n");
    }
    xml.raw("</presence>");
    xml.finish()
}

fn write_tuple(xml: &mut Writer, tuple: &Tuple) {
    xml.raw("<tuple").attribute("id", &tuple.id).raw("><status>");
    match tuple.basic {
        Basic::Open => xml.element("basic", "open"),
        Basic::Closed => xml.element("basic", "closed"),
        Basic::Unknown => xml,
    };
    xml.raw("</status>");
    rpid::write_activities(xml, &tuple.activities, &[]);
    if let Some(input) = &tuple.user_input {
        rpid::write_user_input(xml, input);
    }
    if let Some(device) = &tuple.device_id {
        xml.element("dm:deviceID", device);
    }
    if let Some(contact) = &tuple.contact {
        xml.raw("<contact");
        if let Some(priority) = contact.priority {
            xml.attribute("priority", &decimal(priority));
        }
        xml.raw(">").text(&contact.uri).raw("</contact>");
    }
    for note in &tuple.notes {
        note.write(xml, "note");
    }
    if let Some(at) = tuple.timestamp {
        xml.element("timestamp", &timestamp::write(at));
    }
    xml.raw("</tuple>\r\n");
}

/// 800 to `0.8`.
fn decimal(thousandths: u16) -> String {
    let digits = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn write_person(xml: &mut Writer, person: &Person) {
    xml.raw("<dm:person").attribute("id", &person.id).raw(">");
    rpid::write_activities(xml, &person.activities, &person.activity_notes);
    if let Some(input) = &person.user_input {
        rpid::write_user_input(xml, input);
    }
    if let Some(name) = &person.display_name {
        xml.element("c:display-name", name);
    }
    write_end(xml, &person.notes, person.timestamp);
    xml.raw("</dm:person>\r\n");
}

fn write_device(xml: &mut Writer, device: &Device) {
    xml.raw("<dm:device").attribute("id", &device.id).raw(">");
    if let Some(input) = &device.user_input {
        rpid::write_user_input(xml, input);
    }
    if let Some(id) = &device.device_id {
        xml.element("dm:deviceID", id);
    }
    write_end(xml, &device.notes, device.timestamp);
    xml.raw("</dm:device>\r\n");
}

fn write_end(xml: &mut Writer, notes: &[Note], at: Option<i64>) {
    for note in notes {
        note.write(xml, "dm:note");
    }
    if let Some(at) = at {
        xml.element("dm:timestamp", &timestamp::write(at));
    }
}

#[cfg(test)]
mod tests;
