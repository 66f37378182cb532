//! Presence documents of every kind to what is known of a person: PIDF by `presence.rs`, those of
//! the LCS family here ([MS-SIP] 2.2.1 and 2.2.2).
//!
//! A server of that family makes one picture of a person's devices itself, and its numbers are
//! taken as they are; note and devices come from the devices.

use std::time::Duration;

use super::{activity, presence};
use crate::formats::xpidf::{Status, Substatus};
use crate::formats::{Fault, msrtc, pidf, xpidf};
use crate::model::{Address, Availability, Device, Presence};

/// What one document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// Whom it is about, as it is written there; empty where it does not say.
    pub(super) about: String,
    /// How they are.
    pub(super) now: Presence,
}

/// Reads a document of a type in lower case; without one, or with one that is none of presence, it
/// is read as PIDF.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Read, Fault> {
    match content_type {
        msrtc::MEDIA_TYPE => msrtc::read(body).map(|document| Read { now: of_presentity(&document), about: document.uri }),
        xpidf::MEDIA_TYPE => xpidf::read(body).map(|document| Read { now: of_atom(&document), about: document.uri }),
        _ => pidf::read(body)
            .map(|document| Read { now: presence::picture(std::slice::from_ref(&document)), about: document.entity }),
    }
}

/// Whether a type is one of presence documents; no type at all may be.
pub(super) fn is_presence(content_type: &str) -> bool {
    matches!(content_type, msrtc::MEDIA_TYPE | xpidf::MEDIA_TYPE | pidf::MEDIA_TYPE | "")
}

/// Whether a document is about this person. Neither scheme nor case of letters matters: servers
/// write the address as the directory has it ([MS-SIP] 3.3.5.1, and `pres:` counts as `sip:`).
pub(super) fn is_about(about: &str, who: &Address) -> bool {
    key(about).is_some_and(|about| Some(about) == key(who.as_str()))
}

/// An address for comparing what a server wrote with what we asked for.
pub(super) fn key(uri: &str) -> Option<String> {
    let uri = uri.trim();
    let bare = uri.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("pres")).map_or(uri, |(_, rest)| rest);
    Address::parse(bare).ok().map(|address| address.short().to_lowercase())
}

/// Several documents of one person as one.
pub(super) fn together(mut all: Vec<Presence>) -> Presence {
    if all.len() <= 1 {
        return all.pop().unwrap_or_default();
    }
    let display_name = all.iter().find_map(|p| p.display_name.clone());
    let note = all.iter().find_map(|p| p.note.clone());
    let mut devices: Vec<Device> = all.into_iter().flat_map(|p| p.devices).take(MOST_DEVICES).collect();
    leave_out_who_left(&mut devices);
    let mut now = Presence::aggregate(devices);
    now.note = now.note.or(note);
    now.display_name = display_name;
    now
}

fn of_presentity(document: &msrtc::Presentity) -> Presence {
    let mut devices: Vec<Device> = document.devices.iter().map(device).collect();
    let speaker = |d: &&Device| !document.epid.is_empty() && d.id.eq_ignore_ascii_case(&document.epid);
    let own = devices.iter().find(speaker).and_then(|d| d.note.clone());
    let stored = || document.user_info.as_ref().and_then(|info| info.note.as_deref()).and_then(note);
    let any = || devices.iter().find_map(|d| d.note.clone());
    let note = own.or_else(stored).or_else(any);
    leave_out_who_left(&mut devices);
    Presence {
        availability: activity::shown(document.availability, document.activity),
        note,
        devices,
        display_name: document.display_name.as_deref().map(|name| name.chars().take(LONGEST_NAME).collect()),
        ..Presence::default()
    }
}

fn device(device: &msrtc::DevicePresence) -> Device {
    Device {
        id: device.epid.chars().take(LONGEST_ID).collect(),
        availability: activity::shown(device.availability, device.activity),
        note: device.note.as_deref().and_then(note),
        updated: None,
        age: device.age.map(|seconds| Duration::from_secs(u64::from(seconds))),
        name: device.name.as_deref().map(|name| name.chars().take(LONGEST_NAME).collect()),
    }
}

fn of_atom(document: &xpidf::Presence) -> Presence {
    let availability = match (document.status, document.substatus) {
        (Status::Closed, _) => Availability::Offline,
        (_, Substatus::Away) => Availability::Away,
        (_, Substatus::Idle) => Availability::Idle,
        (_, Substatus::BeRightBack) => Availability::BeRightBack,
        (_, Substatus::OnThePhone) => Availability::OnThePhone,
        (_, Substatus::OutToLunch) => Availability::OutToLunch,
        (_, Substatus::Busy) | (Status::InUse, Substatus::Online | Substatus::Unknown) => Availability::Busy,
        (Status::Open, Substatus::Online | Substatus::Unknown) => Availability::Online,
    };
    let display_name = document.display_name.as_deref().map(|name| name.chars().take(LONGEST_NAME).collect());
    let id = document.id.chars().take(LONGEST_ID).collect();
    Presence {
        availability,
        devices: vec![Device { id, availability, ..Device::default() }],
        display_name,
        ..Presence::default()
    }
}

/// A device that left is none of the devices while others are there.
fn leave_out_who_left(devices: &mut Vec<Device>) {
    if devices.iter().any(|d| d.availability != Availability::Offline) {
        devices.retain(|d| d.availability != Availability::Offline);
    }
}

fn note(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(LONGEST_NOTE).collect())
}

const MOST_DEVICES: usize = 64;
const LONGEST_NOTE: usize = 1000;
const LONGEST_NAME: usize = 200;
const LONGEST_ID: usize = 64;

#[cfg(test)]
mod tests;
