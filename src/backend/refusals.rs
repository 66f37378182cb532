//! Passwords that servers refused, so that nobody locks the account by trying them again and again:
//! reconnecting, by a program that is started over and over, or at one server after the other.
//!
//! After [`MOST`] refusals of the same password it is not tried for [`HOLD`] after the last one. Another
//! password may be tried at once; one that is accepted wipes out what was before.

use std::time::Duration;

use crate::sip::auth::{Algorithm, Credentials};

/// Refusals of one password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusals {
    /// Tells the password from others, and is of no use for finding it: 16 bits of a hash.
    pub mark: u16,
    /// How often, one after the other.
    pub times: u32,
    /// When last, in seconds since 1970.
    pub last: u64,
}

impl Refusals {
    /// The mark of a password; `salt` is this installation's.
    #[must_use]
    pub fn mark(credentials: &Credentials, salt: &[u8]) -> u16 {
        let hash = Algorithm::Sha256.hash(&[salt, credentials.user.as_bytes(), &[0], credentials.password.as_bytes()]);
        hash.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }

    /// One more, at this time.
    #[must_use]
    pub fn another(before: Option<Self>, mark: u16, now: Duration) -> Self {
        let recent = before.filter(|known| known.mark == mark && known.is_recent(now));
        Self { mark, times: recent.map_or(0, |known| known.times).saturating_add(1), last: now.as_secs() }
    }

    /// How much longer a password is not to be tried.
    #[must_use]
    pub fn holds(&self, mark: u16, now: Duration) -> Option<Duration> {
        let held = self.mark == mark && self.times >= MOST && self.is_recent(now);
        held.then(|| Duration::from_secs(self.last.saturating_add(HOLD.as_secs()).saturating_sub(now.as_secs())))
    }

    /// A clock that was set back must not hold anybody out for longer.
    const fn is_recent(&self, now: Duration) -> bool {
        self.last <= now.as_secs() && now.as_secs().saturating_sub(self.last) < HOLD.as_secs()
    }
}

/// So often the same password is tried.
pub const MOST: u32 = 2;

/// So long it is left alone then: as long as administrators commonly count wrong passwords.
pub const HOLD: Duration = Duration::from_mins(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tries_in_half_an_hour_for_each_password() {
        let at = Duration::from_secs;
        let one = Refusals::another(None, 7, at(1_000));
        assert_eq!(one.holds(7, at(1_000)), None);
        let two = Refusals::another(Some(one), 7, at(1_100));
        assert_eq!(two, Refusals { mark: 7, times: 2, last: 1_100 });
        assert_eq!(two.holds(7, at(1_100)), Some(HOLD));
        assert_eq!(two.holds(7, at(1_100 + 1_799)), Some(at(1)));
        assert_eq!(two.holds(7, at(1_100 + 1_800)), None);
        assert_eq!(two.holds(8, at(1_100)), None, "another password");
        assert_eq!(two.holds(7, at(1_099)), None, "the clock was set back");
        assert_eq!(Refusals::another(Some(two), 8, at(1_200)).times, 1);
        assert_eq!(Refusals::another(Some(two), 7, at(3_000)).times, 1, "long ago");
    }

    #[test]
    fn marks_differ() {
        let mark = |user: &str, password: &str, salt: &[u8]| Refusals::mark(&Credentials::new(user, password), salt);
        assert_eq!(mark("alice", "secret", b"x"), mark("alice", "secret", b"x"));
        let all = [
            mark("alice", "secret", b"x"),
            mark("alice", "Secret", b"x"),
            mark("bob", "secret", b"x"),
            mark("alice", "secret", b"y"),
        ];
        assert_eq!(std::collections::BTreeSet::from(all).len(), 4);
    }
}
