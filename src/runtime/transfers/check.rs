//! Looks into a file that came, before it may leave quarantine.

use super::Facts;
use super::quarantine::Quarantined;
use super::scan::scan;
use crate::config::Scanner;
use crate::inspect::{self, Limits, Offer, SenderClass, Verdict};

/// What is to become of it.
pub(super) async fn check(
    file: &mut Quarantined,
    (name, octets, known): (&str, u64, bool),
    facts: &Facts,
    scanner: Option<&Scanner>,
) -> Verdict {
    let said = match scanner {
        Some(scanner) => {
            let path = file.path().to_owned();
            Some(scan(scanner, file.file(), &path).await)
        }
        None => None,
    };
    let sender = sender_class(facts, known);
    let offer = Offer { name, octets: Some(octets), sender };
    inspect::after(&offer, file.file(), &facts.rules, said.as_ref(), Limits::default())
}

fn sender_class(facts: &Facts, known: bool) -> SenderClass {
    match known {
        true => SenderClass::Contact,
        false if facts.peer.domain().eq_ignore_ascii_case(facts.own.domain()) => SenderClass::Known,
        false => SenderClass::Federated,
    }
}
