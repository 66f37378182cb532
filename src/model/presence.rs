//! Whether a person can be reached, and how the devices of one person make one picture.

use std::time::Duration;

use super::Stamp;

/// What is shown of a person. The order is the order in the roster: most reachable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Availability {
    /// Here and ready to talk.
    Online,
    /// Here, asks not to be disturbed.
    Busy,
    /// Here, on the phone.
    OnThePhone,
    /// Signed in; no keyboard activity for a while (set by a program, not by the person).
    Idle,
    /// Will be right back.
    BeRightBack,
    /// Away from the keyboard.
    Away,
    /// Out to lunch.
    OutToLunch,
    /// Signed out, or appearing so.
    Offline,
    /// Not known: never told, not permitted to know, or unreadable.
    #[default]
    Unknown,
}

impl Availability {
    /// Every value, in roster order.
    pub const ALL: [Self; 9] = [
        Self::Online,
        Self::Busy,
        Self::OnThePhone,
        Self::Idle,
        Self::BeRightBack,
        Self::Away,
        Self::OutToLunch,
        Self::Offline,
        Self::Unknown,
    ];

    /// The word used in JSON events and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Busy => "busy",
            Self::BeRightBack => "brb",
            Self::Away => "away",
            Self::OnThePhone => "phone",
            Self::OutToLunch => "lunch",
            Self::Idle => "idle",
            Self::Offline => "offline",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a word a user may type, including the usual other names; `None` if it is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "online" | "available" => Self::Online,
            "busy" | "dnd" => Self::Busy,
            "brb" => Self::BeRightBack,
            "away" => Self::Away,
            "phone" => Self::OnThePhone,
            "lunch" => Self::OutToLunch,
            "idle" => Self::Idle,
            "offline" | "invisible" => Self::Offline,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }

    /// Whether a message would probably be read now or soon.
    #[must_use]
    pub const fn is_reachable(self) -> bool {
        !matches!(self, Self::Offline | Self::Unknown)
    }

    /// When devices of one person disagree, the higher value speaks for the person: what a
    /// person said about themselves outweighs what a program found out, and activity outweighs
    /// absence.
    const fn weight(self) -> u8 {
        match self {
            Self::OnThePhone => 8,
            Self::Busy => 7,
            Self::Online => 6,
            Self::OutToLunch => 5,
            Self::BeRightBack => 4,
            Self::Away => 3,
            Self::Idle => 2,
            Self::Offline => 1,
            Self::Unknown => 0,
        }
    }
}

/// One device (tuple, endpoint) a person is signed in with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// The network's name for it; stable while it is signed in.
    pub id: String,
    /// What this device says.
    pub availability: Availability,
    /// Its note, if it has one.
    pub note: Option<String>,
    /// When it last said so.
    pub updated: Option<Stamp>,
    /// How long before its coming here that was, where the network tells an age instead of a time.
    pub age: Option<Duration>,
    /// What the person calls it, if told.
    pub name: Option<String>,
}

/// What is known of a person now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presence {
    /// The aggregated state.
    pub availability: Availability,
    /// The note that goes with it.
    pub note: Option<String>,
    /// The devices it was made of; empty when the network does not tell.
    pub devices: Vec<Device>,
    /// Since when it has been so, as far as we were told or saw it.
    pub since: Option<Stamp>,
    /// True when the link it came by is gone and it has not been confirmed since.
    pub stale: bool,
    /// The name the person gives themselves, if the document carried one.
    pub display_name: Option<String>,
}

impl Presence {
    /// Makes one picture of several devices; the newest note of the speaking device wins.
    #[must_use]
    pub fn aggregate(devices: Vec<Device>) -> Self {
        let speaker = devices.iter().max_by_key(|d| (d.availability.weight(), d.updated));
        let availability = speaker.map_or(Availability::Unknown, |d| d.availability);
        let since = speaker.and_then(|d| d.updated);
        let note = speaker
            .and_then(|d| d.note.clone())
            .or_else(|| devices.iter().filter(|d| d.note.is_some()).max_by_key(|d| d.updated).and_then(|d| d.note.clone()));
        Self { availability, note, devices, since, stale: false, display_name: None }
    }

    /// The same with times in place of ages: what came at this time.
    #[must_use]
    pub fn came_at(mut self, at: Stamp) -> Self {
        for device in &mut self.devices {
            let Some(age) = device.age.take() else { continue };
            let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
            device.updated = Some(Stamp::from_millis(at.as_millis().saturating_sub(age)));
        }
        let speaks = |d: &&Device| d.availability == self.availability;
        self.since = self.since.or_else(|| self.devices.iter().filter(speaks).filter_map(|d| d.updated).max());
        self
    }
}

/// Why our own state is not what the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automatic {
    /// No keyboard activity for the first threshold.
    Idle,
    /// No keyboard activity for the second threshold.
    Away,
    /// The session we run in is before nobody's eyes.
    Detached(Multiplexer),
}

/// A program that keeps terminals running which nobody looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    /// tmux
    Tmux,
    /// GNU screen
    Screen,
}

impl Multiplexer {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tmux => "tmux",
            Self::Screen => "screen",
        }
    }
}

/// What we tell others about ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPresence {
    /// What the user chose. [`Availability::Offline`] means "appear offline".
    pub chosen: Availability,
    /// The user's note; empty for none.
    pub note: String,
    /// Set while nobody is there; only ever applied over [`Availability::Online`].
    pub automatic: Option<Automatic>,
    /// When this was decided.
    pub since: Stamp,
}

impl OwnPresence {
    /// What others are to see: the user's choice, unless it was Online and nobody is there.
    #[must_use]
    pub const fn effective(&self) -> Availability {
        match (self.chosen, self.automatic) {
            (Availability::Online, Some(Automatic::Idle)) => Availability::Idle,
            (Availability::Online, Some(Automatic::Away | Automatic::Detached(_))) => Availability::Away,
            (chosen, _) => chosen,
        }
    }
}

impl Default for OwnPresence {
    fn default() -> Self {
        Self { chosen: Availability::Online, note: String::new(), automatic: None, since: Stamp::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, availability: Availability, at: i64) -> Device {
        Device { id: id.to_owned(), availability, updated: Some(Stamp::from_millis(at)), ..Device::default() }
    }

    #[test]
    fn words_round_trip() {
        for value in Availability::ALL {
            assert_eq!(Availability::from_word(value.word()), Some(value));
        }
    }

    #[test]
    fn active_device_speaks_for_the_person() {
        let both = Presence::aggregate(vec![device("desk", Availability::Away, 2), device("lap", Availability::Online, 1)]);
        assert_eq!(both.availability, Availability::Online);
        assert_eq!(Presence::aggregate(vec![]).availability, Availability::Unknown);
    }

    #[test]
    fn ages_become_times() {
        let old = Device { updated: None, age: Some(Duration::from_mins(1)), ..device("desk", Availability::Busy, 0) };
        let other = device("lap", Availability::Online, 3_000);
        let picture = Presence { availability: Availability::Busy, devices: vec![old, other], ..Presence::default() };
        let dated = picture.came_at(Stamp::from_millis(100_000));
        let times: Vec<_> = dated.devices.iter().map(|d| (d.updated.unwrap().as_millis(), d.age)).collect();
        assert_eq!(times, [(40_000, None), (3_000, None)]);
        assert_eq!(dated.since, Some(Stamp::from_millis(40_000)));
        assert_eq!(Presence::default().came_at(Stamp::from_millis(1)).since, None);
    }

    #[test]
    fn automatic_never_overrides_a_choice() {
        let mut own = OwnPresence { automatic: Some(Automatic::Away), ..OwnPresence::default() };
        assert_eq!(own.effective(), Availability::Away);
        own.chosen = Availability::Busy;
        assert_eq!(own.effective(), Availability::Busy);
    }
}
