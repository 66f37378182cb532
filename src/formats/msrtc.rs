//! Presence as Live Communications Server 2005 tells it to watchers (MS-SIP sections 2.2.1 and 6),
//! `text/xml+msrtc.pidf`: one person, the devices they are signed in on, two numbers for each.
//!
//! `availability` says whether calls get through, `activity` what the person does; the numbers of
//! the person are those of the most available device. Everything but the person's address may be
//! missing; a number that is none counts as 0, "no information".

use super::lcs::{number_in, text_in, uri, without_scheme};
use super::user_info::{self, UserInfo};
use super::xml::{self, CLIENT_PRESENCE_URI, Element, PRESENCE_URI, Space, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "text/xml+msrtc.pidf";
/// Highest number of availability and activity; higher ones are read as this.
pub const MAX_AGGREGATE: u32 = 999;
/// Most devices that are kept; those after them are passed over.
pub const MAX_DEVICES: usize = 64;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presentity {
    /// The address, with `sip:`. On the wire it stands without.
    pub uri: String,
    /// Whether calls get through, 0 to 999.
    pub availability: u32,
    /// What the person does, 0 to 999.
    pub activity: u32,
    /// The device whose numbers these are; empty if there is none.
    pub epid: String,
    /// The name in the directory.
    pub display_name: Option<String>,
    /// Mail address in the directory.
    pub email: Option<String>,
    /// Telephone number in the directory.
    pub phone: Option<String>,
    /// What the person stored.
    pub user_info: Option<UserInfo>,
    /// Devices signed in.
    pub devices: Vec<DevicePresence>,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DevicePresence {
    /// Names it among the person's devices.
    pub epid: String,
    /// Seconds since it last published.
    pub age: Option<u32>,
    /// Whether calls get through, 0 to 999.
    pub availability: u32,
    /// In words.
    pub availability_description: String,
    /// What the person does, 0 to 999.
    pub activity: u32,
    /// In words.
    pub description: String,
    /// The person's remark.
    pub note: Option<String>,
    /// What the device is called.
    pub name: Option<String>,
    /// What it can do, in XML of its own that is carried as text.
    pub data: Option<String>,
}

/// Reads a document.
pub fn read(body: &[u8]) -> Result<Presentity, Fault> {
    let root = xml::read_keeping(body, &[user_info::KEPT])?;
    if !root.is(Space::Lcs, "presentity") {
        return Err(Offence::WrongDocument.at(0));
    }
    let state = |name| root.child(Space::Lcs, name);
    let said = |name, attribute| state(name).and_then(|element| text_in(element, attribute));
    let devices = state("devices").into_iter().flat_map(|devices| devices.all(Space::Lcs, "devicePresence"));
    Ok(Presentity {
        uri: uri(&root, "uri").ok_or(Offence::Missing.at(0))?,
        availability: aggregate(&root, "availability"),
        activity: aggregate(&root, "activity"),
        epid: said("availability", "epid").or_else(|| said("activity", "epid")).unwrap_or_default(),
        display_name: said("displayName", "displayName"),
        email: said("email", "email"),
        phone: said("phoneNumber", "number"),
        user_info: state("userInfo").and_then(UserInfo::in_element),
        devices: devices.take(MAX_DEVICES).map(device).collect(),
    })
}

fn aggregate(element: &Element, name: &str) -> u32 {
    element.child(Space::Lcs, name).and_then(|state| number_in(state, "aggregate")).unwrap_or(0).min(MAX_AGGREGATE)
}

fn device(element: &Element) -> DevicePresence {
    let said = |name, attribute| element.child(Space::Lcs, name).and_then(|state| text_in(state, attribute));
    DevicePresence {
        epid: text_in(element, "epid").unwrap_or_default(),
        age: number_in(element, "ageOfPresence"),
        availability: aggregate(element, "availability"),
        availability_description: said("availability", "description").unwrap_or_default(),
        activity: aggregate(element, "activity"),
        description: said("activity", "description").unwrap_or_default(),
        note: said("activity", "note"),
        name: device_name(element),
        data: device_data(element),
    }
}

/// The name of a device, in a device of a document or in a setPresence.
pub(super) fn device_name(element: &Element) -> Option<String> {
    element.child(Space::Lcs, "deviceName").and_then(|name| text_in(name, "name"))
}

/// What a device says it can do, likewise.
pub(super) fn device_data(element: &Element) -> Option<String> {
    let data = element.child(Space::Lcs, "devicedata")?.trimmed();
    (!data.is_empty()).then(|| data.to_owned())
}

/// Writes a document.
#[must_use]
pub fn write(presentity: &Presentity) -> String {
    let mut xml = Writer::bare();
    xml.raw("<presentity").attribute("uri", without_scheme(&presentity.uri)).attribute("xmlns", PRESENCE_URI).raw(">");
    for (name, number) in [("availability", presentity.availability), ("activity", presentity.activity)] {
        xml.raw("<").raw(name).attribute("aggregate", &number.to_string());
        xml.attribute("description", "").attribute("epid", &presentity.epid).raw("/>");
    }
    if let Some(name) = &presentity.display_name {
        xml.raw("<displayName").attribute("displayName", name).raw("/>");
    }
    if let Some(email) = &presentity.email {
        xml.raw("<email").attribute("email", email).raw("/>");
    }
    if let Some(phone) = &presentity.phone {
        xml.raw("<phoneNumber label=\"\"").attribute("number", phone).raw("/>");
    }
    // Markup of others is read again before it goes out.
    if let Some(info) = presentity.user_info.as_ref().and_then(|info| UserInfo::of(&info.inner)) {
        xml.raw("<userInfo>").raw(&info.inner).raw("</userInfo>");
    }
    if !presentity.devices.is_empty() {
        xml.raw("<devices>");
        for device in &presentity.devices {
            write_device(&mut xml, device);
        }
        xml.raw("</devices>");
    }
    xml.raw("</presentity>");
    xml.finish()
}

fn write_device(xml: &mut Writer, device: &DevicePresence) {
    xml.raw("<devicePresence").attribute("epid", &device.epid);
    if let Some(age) = device.age {
        xml.attribute("ageOfPresence", &age.to_string());
    }
    xml.raw("><availability").attribute("aggregate", &device.availability.to_string());
    xml.attribute("description", &device.availability_description).raw("/>");
    xml.raw("<activity").attribute("aggregate", &device.activity.to_string());
    xml.attribute("description", &device.description);
    if let Some(note) = &device.note {
        xml.attribute("note", note);
    }
    xml.raw("/>");
    if let Some(name) = &device.name {
        xml.raw("<deviceName").attribute("name", name).attribute("xmlns", CLIENT_PRESENCE_URI).raw("/>");
    }
    if let Some(data) = &device.data {
        xml.raw("<rtc:devicedata namespace=\"rtcService\"").attribute("xmlns:rtc", CLIENT_PRESENCE_URI).raw(">");
        xml.cdata(data).raw("</rtc:devicedata>");
    }
    xml.raw("</devicePresence>");
}

#[cfg(test)]
mod tests;
