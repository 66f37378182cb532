//! What policies decide of the settings of the program.

use super::entry::Level;
use super::gate::Denial;
use super::merge::{InForce, Table};
use super::value::Value;

/// A setting that a policy decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The whole name of the setting; `accounts.transport` is that of every account.
    pub key: &'static str,
    /// What it gets.
    pub value: Value,
    /// Which policy, and where it was set.
    pub denial: Denial,
}

impl Table {
    /// What policies of a level decide, each setting once: the policy of whoever counts most, and of those the one
    /// that stands first in the catalogue.
    #[must_use]
    pub fn decisions(&self, level: Level) -> Vec<Decision> {
        let mut decisions: Vec<Decision> = Vec::new();
        let mut deciding: Vec<&InForce> =
            self.in_force.iter().filter(|one| one.rank.level == level && !one.is_superseded()).collect();
        deciding.sort_by_key(|one| std::cmp::Reverse(one.rank));
        for one in deciding {
            for (key, value) in one.row.decides(&one.value) {
                if !decisions.iter().any(|decision| decision.key == key) {
                    decisions.push(Decision { key, value, denial: one.denial() });
                }
            }
        }
        decisions
    }
}
