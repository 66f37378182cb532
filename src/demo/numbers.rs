//! What devices say, in the numbers of LCS (MS-SIP section 2.2.1) and in the words of PIDF, both
//! ways; and one picture of a user in the form of LCS.
//!
//! | activity | PIDF says |
//! | --- | --- |
//! | 100 away, 150 out to lunch, 200 idle | `away`, `meal`, input idle |
//! | 300 be right back | `away` with a note beside it |
//! | 400 active, 500 on the phone, 600 busy | nothing, `on-the-phone`, `busy` |
//!
//! Availability is 300 for who is there, 0 for who is not: those are the numbers seen of clients.

use super::publications::Publication;
use crate::formats::msrtc::{DevicePresence, Presentity};
use crate::formats::pidf::{self, Basic, Note, Person, Tuple};
use crate::formats::rpid::{Activity, Input, UserInput};
use crate::formats::user_info::UserInfo;
use crate::formats::xpidf;
use crate::model::{Address, Stamp};

/// Below this nobody can be reached.
const REACHABLE: u32 = 100;

/// Rich presence has no word for it.
const BACK_SOON: &str = "Be right back";

/// What a device of LCS said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RtcState {
    /// Whether the user can be reached.
    pub availability: u32,
    /// What the user does.
    pub activity: u32,
    /// The availability in words.
    pub availability_text: String,
    /// The activity in words.
    pub activity_text: String,
    /// The user's remark.
    pub note: Option<String>,
    /// What the device is called.
    pub name: Option<String>,
    /// What it can do.
    pub data: Option<String>,
}

impl RtcState {
    /// Whether the user can be reached at all.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.availability >= REACHABLE
    }

    /// The same as a document for watchers of SIMPLE.
    #[must_use]
    pub fn document(&self, who: &Address, epid: &str) -> pidf::Presence {
        let is_there = self.is_there();
        let tuple = Tuple::new(&format!("t-{epid}"), if is_there { Basic::Open } else { Basic::Closed });
        let mut person = Person::new(&format!("p-{epid}"));
        if is_there {
            person.activities.extend(match self.activity {
                100..150 | 300..400 | 700..800 => Some(Activity::Away),
                150..200 => Some(Activity::Meal),
                500..600 => Some(Activity::OnThePhone),
                600..700 => Some(Activity::Busy),
                _ => None,
            });
            if (300..400).contains(&self.activity) {
                person.activity_notes.push(Note::new(BACK_SOON));
            }
            let state = if (200..300).contains(&self.activity) { Input::Idle } else { Input::Active };
            person.user_input = Some(UserInput { state, last_input: None, idle_threshold: None });
        }
        person.notes.extend(self.note.as_deref().filter(|note| !note.trim().is_empty()).map(|note| Note::new(note.trim())));
        pidf::Presence {
            entity: who.as_str().to_owned(),
            tuples: vec![tuple],
            persons: vec![person],
            ..pidf::Presence::default()
        }
    }

    /// What a document of SIMPLE says, in numbers.
    #[must_use]
    pub fn of_document(document: &pidf::Presence) -> Self {
        let note = document.persons.iter().flat_map(|p| &p.notes).chain(document.tuples.iter().flat_map(|t| &t.notes));
        let note = note.chain(&document.notes).map(|note| note.text.clone()).find(|text| !text.is_empty());
        if !document.is_open() {
            return Self { note, ..Self::default() };
        }
        let said = |activity: &Activity| {
            document.persons.iter().any(|p| p.activities.contains(activity))
                || document.tuples.iter().any(|t| t.activities.contains(activity))
        };
        let back_soon = document.persons.iter().flat_map(|p| &p.activity_notes).any(|n| n.text.eq_ignore_ascii_case(BACK_SOON));
        let idle = |input: &Option<UserInput>| input.is_some_and(|input| input.state == Input::Idle);
        let is_idle = document.persons.iter().any(|p| idle(&p.user_input)) || document.tuples.iter().any(|t| idle(&t.user_input));
        let (activity, text) = match () {
            () if said(&Activity::OnThePhone) => (500, "In Call"),
            () if said(&Activity::Busy) || said(&Activity::Meeting) || said(&Activity::Presentation) => (600, "Busy"),
            () if said(&Activity::Meal) => (150, "Out to Lunch"),
            () if back_soon => (300, "Be Right Back"),
            () if said(&Activity::Away) => (100, "Away"),
            () if is_idle => (200, "Idle"),
            () => (400, "Active"),
        };
        let mut state = Self { availability: 300, activity, note, ..Self::default() };
        "online".clone_into(&mut state.availability_text);
        text.clone_into(&mut state.activity_text);
        state
    }

    /// Which of several devices speaks for the user: who can be reached, then who does most.
    #[must_use]
    pub const fn rank(&self) -> (u32, u32) {
        let activity = match self.activity {
            // Away once more, in numbers of its own.
            700..800 => 100,
            800..1000 => 400,
            // At the keyboard outranks any other word.
            400..500 => 900,
            other => other,
        };
        (self.availability, activity)
    }
}

/// A user as LCS shows them: every device, and on top the numbers of the most available one.
///
/// Devices nobody can reach are shown to the user alone (`is_self`): to others somebody who wants
/// to seem offline must look like somebody who is. What is stored with presence is shown while
/// the user is there, so that nothing changes in what an absent one looks like.
#[must_use]
pub fn presentity(
    who: &Address,
    display: &str,
    info: Option<&str>,
    publications: &[Publication],
    is_self: bool,
    now: Stamp,
) -> Presentity {
    let said = publications.iter().rev().map(|p| {
        let state = p.rtc.clone().unwrap_or_else(|| RtcState::of_document(&p.document));
        (p, state)
    });
    let shown: Vec<_> = said.filter(|(_, state)| is_self || state.is_there()).collect();
    let mut picture = Presentity {
        uri: who.as_str().to_owned(),
        display_name: Some(display.to_owned()).filter(|name| !name.is_empty()),
        ..Presentity::default()
    };
    // Of equals the latest, which stands first.
    if let Some((best, state)) = shown.iter().rev().max_by_key(|(_, state)| state.rank()) {
        picture.availability = state.availability;
        picture.activity = state.activity;
        picture.epid.clone_from(&best.device);
    }
    if is_self || !shown.is_empty() {
        picture.user_info = info.and_then(UserInfo::of);
    }
    picture.devices = shown.into_iter().map(|(publication, state)| device(publication, state, now)).collect();
    picture
}

fn device(publication: &Publication, state: RtcState, now: Stamp) -> DevicePresence {
    let age = now.as_millis().saturating_sub(publication.at.as_millis()).max(0) / 1000;
    DevicePresence {
        epid: publication.device.clone(),
        age: Some(u32::try_from(age).unwrap_or(u32::MAX)),
        availability: state.availability,
        availability_description: state.availability_text,
        activity: state.activity,
        description: state.activity_text,
        note: state.note,
        name: state.name,
        data: state.data,
    }
}

/// The same for peers that know nothing else (MS-SIP section 2.2.2).
#[must_use]
pub fn as_xpidf(picture: &Presentity) -> xpidf::Presence {
    use xpidf::{Status, Substatus};
    let (status, substatus) = match (picture.availability, picture.activity) {
        (..REACHABLE, _) => (Status::Closed, Substatus::Unknown),
        (_, 100..150 | 700..800) => (Status::Open, Substatus::Away),
        (_, 150..200) => (Status::Open, Substatus::OutToLunch),
        (_, 200..300) => (Status::Open, Substatus::Idle),
        (_, 300..400) => (Status::Open, Substatus::BeRightBack),
        (_, 500..600) => (Status::InUse, Substatus::OnThePhone),
        (_, 600..700) => (Status::InUse, Substatus::Busy),
        _ => (Status::Open, Substatus::Online),
    };
    xpidf::Presence {
        uri: picture.uri.clone(),
        id: "1".to_owned(),
        address: picture.uri.clone(),
        status,
        substatus,
        display_name: picture.display_name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_the_words_of_pidf() {
        let who = Address::parse("bob@example.test").unwrap();
        for (availability, activity) in
            [(300, 400), (300, 600), (300, 300), (300, 100), (300, 500), (300, 150), (300, 200), (0, 0)]
        {
            let state = RtcState { availability, activity, note: Some("a note".into()), ..RtcState::default() };
            let back = RtcState::of_document(&state.document(&who, "1f18002c0c"));
            assert_eq!((back.availability, back.activity, back.note.as_deref()), (availability, activity, Some("a note")));
        }
    }
}
