//! Files of all kinds, good and bad, made here: nothing harmful lies in the repository.

mod archives;
mod bounded;
mod builders;
mod contents;
mod deceits;
mod macros;
mod names;
mod verdicts;

use std::io::Cursor;

use super::{Class, Finding, Limits, Offer, SenderClass, Verdict, Why, after};
use crate::model::FileRules;

/// What becomes of a file of these octets that a contact sends, without rules and scanner.
fn judged(name: &str, octets: &[u8]) -> Verdict {
    judged_within(name, octets, Limits::default())
}

fn judged_within(name: &str, octets: &[u8], limits: Limits) -> Verdict {
    let offer = Offer { name, octets: Some(octets.len() as u64), sender: SenderClass::Contact };
    after(&offer, &mut Cursor::new(octets), &FileRules::default(), None, limits)
}

fn class(verdict: &Verdict) -> Class {
    match verdict {
        Verdict::Allow => Class::Allowed,
        Verdict::Ask { .. } => Class::Asked,
        Verdict::Block { .. } => Class::Blocked,
    }
}

/// What the user reads.
fn words(verdict: &Verdict) -> String {
    verdict.reasons().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Whether this was found, and in which member.
fn has(verdict: &Verdict, member: Option<&str>, finding: Finding) -> bool {
    verdict.reasons().iter().any(|reason| reason.member.as_deref() == member && reason.why == Why::Found(finding))
}
