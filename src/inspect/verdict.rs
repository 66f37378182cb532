//! What becomes of a file: before it is accepted, from what is said of it, and again before it leaves quarantine,
//! from what it is.
//!
//! What is allowed is allowed from strangers too; what is asked about is asked about from contacts too; what is blocked
//! is blocked for everybody. Who sends it is told where the user is asked.

use std::fmt;

use super::content::Source;
use super::kinds::Class;
use super::limits::{Budget, Limits};
use super::look::{Look, Place};
use super::name::SafeName;
use super::reason::{Reason, Reasons, Why};
use super::scanner::Scan;
use crate::model::{FileRules, Verdict as Ruling};

/// Who sends a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderClass {
    /// Somebody on the contact list.
    Contact,
    /// Somebody of the own organisation who is not on it.
    Known,
    /// Somebody of another organisation.
    Federated,
}

impl fmt::Display for SenderClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "The sender is on your contact list",
            Self::Known => "The sender is not on your contact list",
            Self::Federated => "The sender is of another organisation",
        })
    }
}

/// What is said of a file before it comes.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The name its sender gave it.
    pub name: &'a str,
    /// How many octets it is said to have.
    pub octets: Option<u64>,
    /// Who sends it.
    pub sender: SenderClass,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Allow,
    /// The user decides.
    Ask {
        /// Why, the first the most telling.
        reasons: Vec<Reason>,
    },
    /// It is not taken, or does not leave quarantine.
    Block {
        /// Why.
        reasons: Vec<Reason>,
    },
}

impl Verdict {
    /// The reasons; none where it is allowed.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Allow => &[],
            Self::Ask { reasons } | Self::Block { reasons } => reasons,
        }
    }

    fn new(reasons: Reasons, sender: SenderClass) -> Self {
        let (class, mut reasons) = reasons.worst();
        match class {
            Class::Allowed => Self::Allow,
            Class::Asked => {
                if sender != SenderClass::Contact {
                    reasons.push(Reason { member: None, why: Why::Sender(sender) });
                }
                Self::Ask { reasons }
            }
            Class::Blocked => Self::Block { reasons },
        }
    }
}

/// What becomes of an offer. `has_scanner`: whether something can look at the file once it is here.
#[must_use]
pub fn before(offer: &Offer<'_>, rules: &FileRules, has_scanner: bool) -> Verdict {
    let budget = Budget::new(Limits::default());
    let mut look = Look::new(rules, &budget);
    for ruling in [rules.of_any(), rules.of_size(offer.octets), rules.of_scanner(has_scanner)] {
        ruled(&mut look.reasons, ruling);
    }
    look.weigh_name(Place::whole(&SafeName::of(offer.name)));
    Verdict::new(look.reasons, offer.sender)
}

/// What becomes of a file that is here, in quarantine. `scan`: what the scanner says of it; `None`: there is none.
///
/// The file is read, nothing is written; a file that cannot be read is blocked.
#[must_use]
pub fn after(offer: &Offer<'_>, source: &mut dyn Source, rules: &FileRules, scan: Option<&Scan>, limits: Limits) -> Verdict {
    let budget = Budget::new(limits);
    let mut look = Look::new(rules, &budget);
    ruled(&mut look.reasons, rules.of_any());
    scanned(&mut look.reasons, rules, scan);
    let name = SafeName::of(offer.name);
    let place = Place::whole(&name);
    match source.seek(std::io::SeekFrom::End(0)) {
        Ok(actual) => {
            ruled(&mut look.reasons, rules.of_size(Some(actual)));
            let declared = offer.octets.unwrap_or(actual);
            if declared != actual {
                look.reasons.add(None, Class::Blocked, Why::Size { declared, actual });
            }
        }
        Err(_) => look.reasons.add(None, Class::Blocked, Why::Unreadable),
    }
    look.weigh_name(place);
    if let Err(halt) = look.file(source, place) {
        match halt.finding() {
            Some(finding) => look.found(place, finding),
            None => look.reasons.add(None, Class::Blocked, Why::Unreadable),
        }
    }
    Verdict::new(look.reasons, offer.sender)
}

fn ruled(reasons: &mut Reasons, ruling: Ruling) {
    match ruling {
        Ruling::Allow => {}
        Ruling::Ask { why, whose } => reasons.add(None, Class::Asked, Why::Policy { why, whose }),
        Ruling::Block { why, whose } => reasons.add(None, Class::Blocked, Why::Policy { why, whose }),
    }
}

/// Where a scanner is required, whatever it did not look at is blocked; else it is asked about, if there is one.
fn scanned(reasons: &mut Reasons, rules: &FileRules, scan: Option<&Scan>) {
    match scan {
        Some(Scan::Clean) => {}
        Some(Scan::Found(word)) => reasons.add(None, Class::Blocked, Why::Scanner(word.clone())),
        Some(Scan::NotLooked(why)) => {
            let class = if rules.scanned.is_some() { Class::Blocked } else { Class::Asked };
            reasons.add(None, class, Why::Unscanned(why.clone()));
            if let Some(whose) = &rules.scanned {
                let why = "a scanner must look at each file".to_owned();
                reasons.add(None, class, Why::Policy { why, whose: whose.clone() });
            }
        }
        None => ruled(reasons, rules.of_scanner(false)),
    }
}
