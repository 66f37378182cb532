//! Presence documents to what is known of a person and back (RFC 3863, RFC 4479, RFC 4480).
//!
//! | we show | basic | activity | keyboard |
//! | --- | --- | --- | --- |
//! | Online | open | (none) | active |
//! | Busy | open | busy | active |
//! | Be right back | open | away, with the note "Be right back" | |
//! | Away | open | away | |
//! | On the phone | open | on-the-phone | active |
//! | Out to lunch | open | meal | |
//! | Idle | open | (none) | idle |
//! | Offline | closed | | |
//!
//! A document may be those of several devices merged into one: each tuple is a device; it goes
//! with the person element made from the same name, else with the latest one.

use crate::formats::pidf::{self, Basic, Contact, Note, Person, Tuple};
use crate::formats::rpid::{Activity, Input, UserInput};
use crate::model::{Address, Availability, Device, OwnPresence, Presence, Stamp};

/// Writes our own document. `device` names this installation among ours, always the same.
pub(super) fn document(own: &OwnPresence, aor: &Address, display_name: &str, device: &str) -> String {
    let availability = own.effective();
    let stamp = Some(own.since.as_millis()).filter(|at| *at > 0);
    let open = !matches!(availability, Availability::Offline | Availability::Unknown);
    let mut tuple = Tuple::new(&format!("t{device}"), if open { Basic::Open } else { Basic::Closed });
    let mut document = pidf::Presence { entity: aor.to_string(), ..pidf::Presence::default() };
    if !open {
        document.tuples.push(tuple);
        return pidf::write(&document);
    }
    let mut person = Person::new(&format!("p{device}"));
    person.timestamp = stamp;
    person.display_name = Some(display_name.to_owned()).filter(|n| !n.is_empty());
    tuple.timestamp = stamp;
    tuple.contact = Some(Contact { uri: aor.to_string(), priority: None });
    if !own.note.is_empty() {
        tuple.notes.push(Note::new(&own.note));
        person.notes.push(Note::new(&own.note));
    }
    let (activity, keyboard) = match availability {
        Availability::Online | Availability::Offline | Availability::Unknown => (None, Some(Input::Active)),
        Availability::Busy => (Some(Activity::Busy), Some(Input::Active)),
        Availability::OnThePhone => (Some(Activity::OnThePhone), Some(Input::Active)),
        Availability::Idle => (None, Some(Input::Idle)),
        Availability::BeRightBack => {
            person.activity_notes.push(Note::new(BE_RIGHT_BACK));
            if own.note.is_empty() {
                tuple.notes.push(Note::new(BE_RIGHT_BACK));
                person.notes.push(Note::new(BE_RIGHT_BACK));
            }
            (Some(Activity::Away), None)
        }
        Availability::Away => (Some(Activity::Away), None),
        Availability::OutToLunch => (Some(Activity::Meal), None),
    };
    person.activities.extend(activity);
    person.user_input = keyboard.map(|state| UserInput { state, last_input: None, idle_threshold: None });
    document.tuples.push(tuple);
    document.persons.push(person);
    pidf::write(&document)
}

/// What documents of one person say together. A device that left (servers tell of it once more,
/// as closed) is none of the devices while others are there.
pub(super) fn picture(documents: &[pidf::Presence]) -> Presence {
    let mut devices: Vec<Device> = documents.iter().flat_map(devices).take(MOST_DEVICES).collect();
    if devices.iter().any(|d| d.availability != Availability::Offline) {
        devices.retain(|d| d.availability != Availability::Offline);
    }
    let mut presence = Presence::aggregate(devices);
    if presence.note.is_none() {
        presence.note = documents.iter().flat_map(|d| &d.notes).find_map(shown);
    }
    presence.display_name = documents.iter().find_map(|d| d.name().map(str::to_owned));
    presence
}

fn devices(document: &pidf::Presence) -> Vec<Device> {
    let latest = document.latest_person();
    if document.tuples.is_empty() {
        // A person element alone says what they do, but not whether they can be reached.
        return Vec::new();
    }
    document
        .tuples
        .iter()
        .map(|tuple| {
            let own = document.persons.iter().find(|p| same_device(&p.id, &tuple.id));
            device(tuple, own.or(latest))
        })
        .collect()
}

/// `t1f18` and `p1f18` are two elements of one device.
fn same_device(person: &str, tuple: &str) -> bool {
    let bare = |id: &str| id.char_indices().nth(1).and_then(|(at, _)| id.get(at..)).map(str::to_owned);
    bare(person).is_some_and(|p| !p.is_empty() && Some(p) == bare(tuple))
}

fn device(tuple: &Tuple, person: Option<&Person>) -> Device {
    let notes = || {
        let of_person = person.into_iter().flat_map(|p| p.notes.iter().chain(&p.activity_notes));
        tuple.notes.iter().chain(of_person)
    };
    let availability = match tuple.basic {
        Basic::Closed => Availability::Offline,
        Basic::Unknown => Availability::Unknown,
        Basic::Open => {
            let of_person = person.map(|p| p.activities.as_slice()).unwrap_or_default();
            let activities = if tuple.activities.is_empty() { of_person } else { &tuple.activities };
            let input = tuple.user_input.or(person.and_then(|p| p.user_input));
            doing(activities, input, notes().any(|n| n.text.eq_ignore_ascii_case(BE_RIGHT_BACK)))
        }
    };
    let note = if availability == Availability::Offline { tuple.notes.iter().find_map(shown) } else { notes().find_map(shown) };
    let updated = tuple.timestamp.max(person.and_then(|p| p.timestamp)).map(Stamp::from_millis);
    Device { id: tuple.id.chars().take(64).collect(), availability, note, updated, ..Device::default() }
}

/// Several activities at once: the one that matters most to who wants to write speaks.
fn doing(activities: &[Activity], input: Option<UserInput>, back_soon: bool) -> Availability {
    let rank = |activity: &Activity| match activity {
        Activity::OnThePhone => Some((4, Availability::OnThePhone)),
        Activity::Busy | Activity::Meeting | Activity::Presentation | Activity::Appointment | Activity::Performance => {
            Some((3, Availability::Busy))
        }
        Activity::Meal | Activity::Breakfast | Activity::Dinner => Some((2, Availability::OutToLunch)),
        Activity::Away
        | Activity::Vacation
        | Activity::Travel
        | Activity::Holiday
        | Activity::InTransit
        | Activity::PermanentAbsence
        | Activity::Shopping
        | Activity::Sleeping
        | Activity::Steering
        | Activity::Worship => Some((1, Availability::Away)),
        Activity::LookingForWork
        | Activity::Playing
        | Activity::Spectator
        | Activity::Tv
        | Activity::Unknown
        | Activity::Working
        | Activity::Other(_) => None,
    };
    let idle = input.is_some_and(|i| i.state == Input::Idle);
    match activities.iter().filter_map(rank).max_by_key(|(weight, _)| *weight) {
        Some((_, Availability::Away)) if back_soon => Availability::BeRightBack,
        Some((_, availability)) => availability,
        None if idle => Availability::Idle,
        None => Availability::Online,
    }
}

/// A note for people: not empty, not our own marker, and not endless.
fn shown(note: &Note) -> Option<String> {
    let text = note.text.trim();
    let fine = !text.is_empty() && !text.eq_ignore_ascii_case(BE_RIGHT_BACK);
    fine.then(|| text.chars().take(LONGEST_NOTE).collect())
}

const BE_RIGHT_BACK: &str = "Be right back";
const LONGEST_NOTE: usize = 1000;
const MOST_DEVICES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Address {
        Address::parse("sip:alice@example.test").unwrap()
    }

    fn own(chosen: Availability, note: &str) -> OwnPresence {
        OwnPresence { chosen, note: note.to_owned(), automatic: None, since: Stamp::from_millis(1_795_376_400_000) }
    }

    fn read(text: &str) -> Presence {
        picture(&[pidf::read(text.as_bytes()).unwrap()])
    }

    #[test]
    fn every_state_comes_back() {
        for availability in Availability::ALL {
            for note in ["", "back at 3"] {
                let presence = read(&document(&own(availability, note), &alice(), "Alice", "1f18002c0c"));
                if availability == Availability::Unknown {
                    assert_eq!(presence.availability, Availability::Offline);
                    continue;
                }
                assert_eq!(presence.availability, availability, "{note}");
                let told = !note.is_empty() && availability != Availability::Offline;
                assert_eq!(presence.note, told.then(|| note.to_owned()), "{availability:?}");
            }
        }
    }

    #[test]
    fn exact_document() {
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
            <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
            xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:alice@example.test\">\r\n\
            <tuple id=\"t1f18002c0c\"><status><basic>open</basic></status><contact>sip:alice@example.test</contact>\
            <note>back at 3</note><timestamp>2026-11-22T19:40:00Z</timestamp></tuple>\r\n\
            <dm:person id=\"p1f18002c0c\"><rpid:activities><rpid:busy/></rpid:activities>\
            <rpid:user-input>active</rpid:user-input><dm:note>back at 3</dm:note>\
            <dm:timestamp>2026-11-22T19:40:00Z</dm:timestamp></dm:person>\r\n</presence>";
        assert_eq!(document(&own(Availability::Busy, "back at 3"), &alice(), "", "1f18002c0c"), expected);
    }

    #[test]
    fn merged_documents_are_devices() {
        let presence = read(
            "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' \
             xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:bob@example.test'>\
             <tuple id='tdesk'><status><basic>open</basic></status></tuple>\
             <tuple id='tlap'><status><basic>open</basic></status></tuple>\
             <tuple id='old'><status><basic>closed</basic></status></tuple>\
             <dm:person id='pdesk'><rpid:activities><rpid:away/></rpid:activities></dm:person>\
             <dm:person id='plap'><rpid:activities><rpid:meeting/><rpid:away/></rpid:activities></dm:person></presence>",
        );
        let told: Vec<_> = presence.devices.iter().map(|d| (d.id.as_str(), d.availability)).collect();
        assert_eq!(told, [("tdesk", Availability::Away), ("tlap", Availability::Busy)]);
        assert_eq!(presence.availability, Availability::Busy);
    }

    #[test]
    fn who_left_is_no_device_while_others_are_there() {
        let tuple = |id: &str, basic: &str| format!("<tuple id=\"{id}\"><status><basic>{basic}</basic></status></tuple>");
        let of = |tuples: &str| {
            let ns = "urn:ietf:params:xml:ns:pidf";
            let seen = read(&format!("<presence xmlns=\"{ns}\" entity=\"sip:alice@example.test\">{tuples}</presence>"));
            (seen.availability, seen.devices.into_iter().map(|d| d.id).collect::<Vec<_>>())
        };
        let (one, other) = (tuple("one", "open"), tuple("two", "closed"));
        assert_eq!(of(&(other.clone() + &one)), (Availability::Online, vec!["one".to_owned()]));
        assert_eq!(of(&other), (Availability::Offline, vec!["two".to_owned()]));
    }

    #[test]
    fn a_word_that_is_none_is_unknown() {
        let presence = read(
            "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:bob@example.test'>\
             <tuple id='a'><status><basic>unknown</basic></status></tuple></presence>",
        );
        assert_eq!(presence.availability, Availability::Unknown);
        let empty = read("<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:bob@example.test'/>");
        assert_eq!(empty.availability, Availability::Unknown);
    }
}
