//! The two numbers in which presence travels on servers that take it by SERVICE ([MS-SIP] 2.2.1),
//! to what a person shows and back.
//!
//! | we show | availability | activity | read from |
//! | --- | --- | --- | --- |
//! | Online | 300 | 400 | 400..499, 800..999, and below 100 |
//! | Busy | 300 | 600 | 600..699 |
//! | On the phone | 300 | 500 | 500..599 |
//! | Idle | 300 | 200 | 200..299 |
//! | Be right back | 300 | 300 | 300..399 |
//! | Away | 300 | 100 | 100..149, 700..799 |
//! | Out to lunch | 300 | 150 | 150..199 |
//! | Offline | 0 | 0 | availability below 100, whatever the activity |
//!
//! An activity that says nothing (below 100) of somebody who can be reached is read as Online; that
//! is our choice.

use crate::model::Availability;

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Whether calls get through.
    pub(super) availability: u32,
    /// What the person does.
    pub(super) activity: u32,
    /// The availability in words.
    pub(super) availability_words: &'static str,
    /// The activity in words: those of the captures where there are some, else ours.
    pub(super) activity_words: &'static str,
}

/// The numbers for what we show.
pub(super) const fn numbers(shown: Availability) -> Numbers {
    let (activity, activity_words) = match shown {
        Availability::Online => (400, "Active"),
        Availability::Busy => (600, "Busy"),
        Availability::OnThePhone => (500, "In Call"),
        Availability::Idle => (200, "Idle"),
        Availability::BeRightBack => (300, "Be Right Back"),
        Availability::Away => (100, "Away"),
        Availability::OutToLunch => (150, "Out to Lunch"),
        Availability::Offline | Availability::Unknown => {
            return Numbers { availability: 0, activity: 0, availability_words: "offline", activity_words: "" };
        }
    };
    Numbers { availability: 300, activity, availability_words: "online", activity_words }
}

/// What is shown for the numbers of a person or a device.
pub(super) const fn shown(availability: u32, activity: u32) -> Availability {
    if availability < 100 {
        return Availability::Offline;
    }
    match activity {
        100..=149 | 700..=799 => Availability::Away,
        150..=199 => Availability::OutToLunch,
        200..=299 => Availability::Idle,
        300..=399 => Availability::BeRightBack,
        500..=599 => Availability::OnThePhone,
        600..=699 => Availability::Busy,
        _ => Availability::Online,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_numbers() {
        let table = [
            (Availability::Online, 300, 400),
            (Availability::Busy, 300, 600),
            (Availability::OnThePhone, 300, 500),
            (Availability::Idle, 300, 200),
            (Availability::BeRightBack, 300, 300),
            (Availability::Away, 300, 100),
            (Availability::OutToLunch, 300, 150),
            (Availability::Offline, 0, 0),
            (Availability::Unknown, 0, 0),
        ];
        for (shown, availability, activity) in table {
            let numbers = numbers(shown);
            assert_eq!((numbers.availability, numbers.activity), (availability, activity), "{shown:?}");
        }
    }

    #[test]
    fn every_number_has_its_state() {
        let table = [
            (0, Availability::Online),
            (99, Availability::Online),
            (100, Availability::Away),
            (149, Availability::Away),
            (150, Availability::OutToLunch),
            (199, Availability::OutToLunch),
            (200, Availability::Idle),
            (299, Availability::Idle),
            (300, Availability::BeRightBack),
            (399, Availability::BeRightBack),
            (400, Availability::Online),
            (499, Availability::Online),
            (500, Availability::OnThePhone),
            (599, Availability::OnThePhone),
            (600, Availability::Busy),
            (699, Availability::Busy),
            (700, Availability::Away),
            (799, Availability::Away),
            (800, Availability::Online),
            (999, Availability::Online),
            (u32::MAX, Availability::Online),
        ];
        for (activity, availability) in table {
            for reachable in [100, 199, 200, 300, 999, u32::MAX] {
                assert_eq!(shown(reachable, activity), availability, "{reachable} {activity}");
            }
            for unreachable in [0, 99] {
                assert_eq!(shown(unreachable, activity), Availability::Offline);
            }
        }
    }

    #[test]
    fn what_is_published_is_read_as_meant() {
        for availability in Availability::ALL.into_iter().filter(|a| *a != Availability::Unknown) {
            let numbers = numbers(availability);
            assert_eq!(shown(numbers.availability, numbers.activity), availability);
        }
    }
}
