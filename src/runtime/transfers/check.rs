//! Looks into a file that came, before it may leave quarantine.

use super::quarantine::Quarantined;
use super::scan::scan;
use crate::config::Scanner;
use crate::inspect::{self, Limits, Offer, Verdict};
use crate::model::FileRules;

/// What is to become of it.
pub(super) async fn check(file: &mut Quarantined, offer: &Offer<'_>, rules: &FileRules, scanner: Option<&Scanner>) -> Verdict {
    let said = match scanner {
        Some(scanner) => {
            let path = file.path().to_owned();
            Some(scan(scanner, file.file(), &path).await)
        }
        None => None,
    };
    inspect::after(offer, file.file(), rules, said.as_ref(), Limits::default())
}
