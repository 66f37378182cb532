//! A clock far from the server's: NTLM and Kerberos are refused then, with the words of a wrong
//! password. Servers tell their time with a challenge (RFC 3261 section 20.17).

use std::time::{Duration, Instant};

use super::ua::Ua;
use crate::backend::NoticeLevel;
use crate::model::Stamp;

/// Servers refuse NTLM from here on.
const MOST: Duration = Duration::from_mins(15);

/// Looks at the time a server told, and tells the user if ours is far from it; once, until it has
/// been right again.
pub(super) fn heard(date: &str, told: &mut bool, ua: &mut Ua, now: Instant) {
    let (Some(theirs), Some(clock)) = (Stamp::parse_rfc2822(date), ua.settings.clock) else { return };
    let ours = Stamp::from_millis(i64::try_from(clock.unix(now).as_millis()).unwrap_or(i64::MAX));
    let (apart, which) = match theirs.age(ours) {
        Duration::ZERO => (ours.age(theirs), "behind"),
        ahead => (ahead, "ahead of"),
    };
    if apart <= MOST {
        *told = false;
        return;
    }
    if std::mem::replace(told, true) {
        return;
    }
    let apart = spoken(apart);
    let text = format!(
        "This machine's clock is {apart} {which} the server's; signing in can fail because of it, as if the password \
         were wrong. Set the clock."
    );
    ua.notice(NoticeLevel::Warning, "clock-skew", text);
}

fn spoken(apart: Duration) -> String {
    let minutes = (apart.as_secs() + 30) / 60;
    let (number, unit) = match minutes {
        0..120 => (minutes, "minutes"),
        120..2880 => (minutes / 60, "hours"),
        _ => (minutes / 1440, "days"),
    };
    format!("{number} {unit}")
}
