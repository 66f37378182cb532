//! What people do: activities and keyboard use (RFC 4480), as parts of presence documents.

use super::pidf::Note;
use super::timestamp;
use super::xml::{Element, Space, Writer};

/// What a person does (RFC 4480 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Has an appointment.
    Appointment,
    /// Is away.
    Away,
    /// Has breakfast.
    Breakfast,
    /// Is busy.
    Busy,
    /// Has dinner.
    Dinner,
    /// It is a holiday.
    Holiday,
    /// Is on the way.
    InTransit,
    /// Looks for work.
    LookingForWork,
    /// Has a meal.
    Meal,
    /// Is in a meeting.
    Meeting,
    /// Is on the phone.
    OnThePhone,
    /// Is at a performance.
    Performance,
    /// Will not come back.
    PermanentAbsence,
    /// Plays.
    Playing,
    /// Gives a presentation.
    Presentation,
    /// Is shopping.
    Shopping,
    /// Sleeps.
    Sleeping,
    /// Watches.
    Spectator,
    /// Drives.
    Steering,
    /// Travels.
    Travel,
    /// Watches television.
    Tv,
    /// Not told.
    Unknown,
    /// Is on vacation.
    Vacation,
    /// Works.
    Working,
    /// Is at worship.
    Worship,
    /// Something else, in the person's words or a word of a newer standard.
    Other(String),
}

const WORDS: [(Activity, &str); 25] = [
    (Activity::Appointment, "appointment"),
    (Activity::Away, "away"),
    (Activity::Breakfast, "breakfast"),
    (Activity::Busy, "busy"),
    (Activity::Dinner, "dinner"),
    (Activity::Holiday, "holiday"),
    (Activity::InTransit, "in-transit"),
    (Activity::LookingForWork, "looking-for-work"),
    (Activity::Meal, "meal"),
    (Activity::Meeting, "meeting"),
    (Activity::OnThePhone, "on-the-phone"),
    (Activity::Performance, "performance"),
    (Activity::PermanentAbsence, "permanent-absence"),
    (Activity::Playing, "playing"),
    (Activity::Presentation, "presentation"),
    (Activity::Shopping, "shopping"),
    (Activity::Sleeping, "sleeping"),
    (Activity::Spectator, "spectator"),
    (Activity::Steering, "steering"),
    (Activity::Travel, "travel"),
    (Activity::Tv, "tv"),
    (Activity::Unknown, "unknown"),
    (Activity::Vacation, "vacation"),
    (Activity::Working, "working"),
    (Activity::Worship, "worship"),
];

impl Activity {
    /// The activity of an element's name or of an old document's word.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let known = WORDS.iter().find(|(_, w)| w.eq_ignore_ascii_case(word));
        known.map_or_else(|| Self::Other(word.to_owned()), |(activity, _)| activity.clone())
    }

    /// The name of its element; [`Activity::Other`] is `other`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        WORDS.iter().find(|(activity, _)| activity == self).map_or("other", |(_, word)| word)
    }
}

/// Whether somebody uses the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Lately.
    Active,
    /// Not for a while.
    Idle,
}

/// Keyboard use (RFC 4480 section 3.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserInput {
    /// Whether.
    pub state: Input,
    /// When last, in milliseconds since 1970 UTC.
    pub last_input: Option<i64>,
    /// After how many seconds without a key it counts as idle.
    pub idle_threshold: Option<u32>,
}

/// What [`super::pidf`] found of activities in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Found {
    pub activities: Vec<Activity>,
    pub notes: Vec<Note>,
}

/// Reads the activities directly within an element: `<activities>` with one element for each
/// activity, or in old documents with `<activity>WORD</activity>`, of whatever name space.
pub(super) fn activities(parent: &Element) -> Found {
    let mut found = Found::default();
    let lists = parent.children.iter().filter(|child| &*child.name == "activities");
    for item in lists.flat_map(|list| &list.children) {
        match &*item.name {
            "note" => found.notes.push(Note::of(item)),
            "activity" => found.activities.push(Activity::from_word(item.trimmed())),
            "other" => found.activities.push(Activity::Other(item.trimmed().to_owned())),
            word => found.activities.push(Activity::from_word(word)),
        }
    }
    found
}

/// Reads the keyboard use directly within an element; also the drafts' `<idle since="...">`.
pub(super) fn user_input(parent: &Element) -> Option<UserInput> {
    if let Some(element) = parent.child(Space::Rpid, "user-input") {
        let state = if element.trimmed().eq_ignore_ascii_case("idle") { Input::Idle } else { Input::Active };
        return Some(UserInput {
            state,
            last_input: element.attribute("last-input").and_then(timestamp::read),
            idle_threshold: element.attribute("idle-threshold").and_then(|text| text.trim().parse().ok()),
        });
    }
    let idle = parent.child(Space::Rpid, "idle")?;
    let last_input = idle.attribute("since").and_then(timestamp::read);
    Some(UserInput { state: Input::Idle, last_input, idle_threshold: None })
}

pub(super) fn write_activities(xml: &mut Writer, activities: &[Activity], notes: &[Note]) {
    if activities.is_empty() && notes.is_empty() {
        return;
    }
    xml.raw("<rpid:activities>");
    for note in notes {
        note.write(xml, "rpid:note");
    }
    for activity in activities {
        match activity {
            Activity::Other(text) => xml.element("rpid:other", text),
            known => xml.raw("<rpid:").raw(known.word()).raw("/>"),
        };
    }
    xml.raw("</rpid:activities>");
}

pub(super) fn write_user_input(xml: &mut Writer, input: &UserInput) {
    xml.raw("<rpid:user-input");
    if let Some(seconds) = input.idle_threshold {
        xml.attribute("idle-threshold", &seconds.to_string());
    }
    if let Some(at) = input.last_input {
        xml.attribute("last-input", &timestamp::write(at));
    }
    let word = match input.state {
        Input::Active => "active",
        Input::Idle => "idle",
    };
    xml.raw(">").raw(word).raw("</rpid:user-input>");
}
