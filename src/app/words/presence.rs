//! Words for how people are, and since when.

use super::availability;
use crate::app::Change;
use crate::model::{Automatic, Availability, OwnPresence, Stamp};

/// Why others see us otherwise than we chose; nothing where they see what we chose.
#[must_use]
pub fn why_automatic(own: &OwnPresence) -> Option<String> {
    if own.chosen != Availability::Online {
        return None;
    }
    match own.automatic? {
        Automatic::Idle | Automatic::Away => Some("no key".to_owned()),
        Automatic::Detached(by) => Some(format!("{} detached", by.name())),
    }
}

/// How long something has been so: `now`, `12m`, `3h05`, `2d`.
#[must_use]
pub fn age(since: Stamp, now: Stamp) -> String {
    let minutes = since.age(now).as_secs() / 60;
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes}m"),
        60..1_440 => format!("{}h{:02}", minutes / 60, minutes % 60),
        _ => format!("{}d", minutes / 1_440),
    }
}

/// The day of a person: `Online  11:40 Away  12:55 Online`; nothing where nothing changed.
#[must_use]
pub fn day<'a>(changes: impl Iterator<Item = &'a Change>) -> Option<String> {
    let mut said = String::new();
    for change in changes {
        if said.is_empty() && change.before != Availability::Unknown {
            said.push_str(availability(change.before));
        }
        if !said.is_empty() {
            said.push_str("  ");
        }
        said.push_str(&change.at.clock());
        said.push(' ');
        said.push_str(availability(change.after));
    }
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Multiplexer;

    #[test]
    fn ages_are_short() {
        let at = |minutes: i64| Stamp::from_millis(minutes * 60_000);
        let said: Vec<_> = [0, 1, 59, 60, 185, 1_439, 1_440, 5_000].map(|minutes| age(at(0), at(minutes))).into();
        assert_eq!(said, ["now", "1m", "59m", "1h00", "3h05", "23h59", "1d", "3d"]);
        assert_eq!(age(at(5), at(0)), "now", "a clock that went back");
    }

    #[test]
    fn what_others_see_has_its_reason() {
        let mut own = OwnPresence { automatic: Some(Automatic::Detached(Multiplexer::Tmux)), ..OwnPresence::default() };
        assert_eq!(why_automatic(&own).as_deref(), Some("tmux detached"));
        own.chosen = Availability::Busy;
        assert_eq!(why_automatic(&own), None);
    }
}
