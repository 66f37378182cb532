//! The locked screen: nothing of people and texts is shown until the passphrase that opens what is kept is
//! typed. Everything else goes on: messages come, are kept and answered for.

use std::time::Duration;

use super::{App, SecretLine};
use crate::model::{Secret, Stamp};

/// So long after a wrong one the next is not looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// What can be done about the lock.
#[derive(Clone, PartialEq, Eq)]
pub enum LockAct {
    /// Lock the screen.
    Now,
    /// Type this.
    Type(Secret),
    /// Take the last letter back.
    Erase,
    /// Take all of it back.
    Clear,
    /// See whether it is the right one.
    Try,
}

impl std::fmt::Debug for LockAct {
    /// What is typed is nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Now => "Now",
            Self::Type(_) => "Type",
            Self::Erase => "Erase",
            Self::Clear => "Clear",
            Self::Try => "Try",
        })
    }
}

/// Whether, when and how the screen is locked.
#[derive(Debug, Default)]
pub struct Lock {
    /// Somebody can unlock it: the user's own passphrase opens what is kept, and can be typed.
    pub possible: bool,
    /// There is such a passphrase, but it cannot be typed.
    pub untypable: bool,
    /// Lock it when nobody touched the keyboard for so long; zero = never.
    pub after: Duration,
    /// The user knows that it does not lock by itself now.
    pub(super) told: bool,
    shut: Option<Shut>,
}

/// What is typed at a locked screen.
#[derive(Default)]
struct Shut {
    typed: SecretLine,
    /// It is being looked at.
    tried: bool,
    /// How many were wrong, and when the last was.
    wrong: u32,
    at: Stamp,
}

impl std::fmt::Debug for Shut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shut").field("wrong", &self.wrong).finish_non_exhaustive()
    }
}

impl Lock {
    /// Learns which passphrase of the user's opens what is kept, if one does: that one is to open the screen.
    pub fn fit(&mut self, passphrase: Option<&Secret>) {
        let typed = passphrase.map(|secret| SecretLine::takes(secret.expose()));
        (self.possible, self.untypable) = (typed == Some(true), typed == Some(false));
    }

    pub(super) fn shut(&mut self) {
        self.shut = Some(Shut::default());
    }

    pub(super) fn open(&mut self) {
        self.shut = None;
    }

    pub(super) fn type_in(&mut self, text: &str) {
        if let Some(shut) = &mut self.shut {
            shut.typed.type_in(text);
        }
    }

    pub(super) fn erase(&mut self, all: bool) {
        let Some(shut) = &mut self.shut else { return };
        if all {
            shut.typed.clear();
        } else {
            shut.typed.erase();
        }
    }

    /// What is to be looked at now; none while nothing is typed, another is looked at, or the last was wrong a
    /// moment ago.
    pub(super) fn attempt(&mut self, now: Stamp) -> Option<Secret> {
        let shut = self.shut.as_mut()?;
        let rests = shut.wrong > 0 && shut.at <= now && shut.at.age(now) < PAUSE;
        if shut.typed.is_empty() || shut.tried || rests {
            return None;
        }
        shut.tried = true;
        Some(shut.typed.take())
    }

    pub(super) fn was_wrong(&mut self, now: Stamp) {
        if let Some(shut) = &mut self.shut {
            (shut.tried, shut.at) = (false, now);
            shut.wrong = shut.wrong.saturating_add(1);
        }
    }

    /// Letters typed.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.shut.as_ref().map_or(0, |shut| shut.typed.letters())
    }

    /// What is said below the line where one types; empty: nothing.
    #[must_use]
    pub fn said(&self) -> &'static str {
        match &self.shut {
            Some(shut) if shut.wrong > 0 && shut.typed.is_empty() && !shut.tried => {
                "That is not the passphrase. Try again in two seconds."
            }
            _ => "",
        }
    }
}

impl App {
    /// Whether the screen is locked.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.lock.shut.is_some()
    }
}
