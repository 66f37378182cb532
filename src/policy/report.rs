//! Everything there is to show of policies, line by line: what is in force, what lost, what counts for nothing.

use super::catalogue::{Levels, Row, rows};
use super::entry::{Fault, Level, Rank};
use super::merge::{Judged, Table};

/// One line of what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The policy, or the name somebody took for one.
    pub name: String,
    /// The row of the catalogue, where there is one.
    pub row: Option<&'static Row>,
    /// The value; of one that is not set what holds anyway.
    pub value: String,
    /// The same as TOML and JSON write it; none where nothing is set, or where it cannot be shown.
    pub literal: Option<String>,
    /// How much it counts; none where nothing is set.
    pub rank: Option<Rank>,
    /// Where it was set.
    pub origin: Option<String>,
    /// One word.
    pub status: &'static str,
    /// The same in a sentence.
    pub words: String,
    /// What was set elsewhere and does not count.
    pub losers: Vec<Self>,
}

impl Shown {
    fn judged(judged: &Judged, row: Option<&'static Row>) -> Self {
        Self {
            name: judged.name.clone(),
            row,
            value: judged.value.as_ref().map_or_else(String::new, super::Value::shown),
            literal: judged.value.as_ref().map(super::Value::toml),
            rank: Some(judged.rank),
            origin: Some(judged.origin.to_string()),
            status: judged.status.word(),
            words: judged.status.words(row),
            losers: Vec::new(),
        }
    }

    /// Who set it, and where: `managed, machine, /etc/chinwag/policies/managed/10.toml:3`; empty for what is not set.
    #[must_use]
    pub fn whose(&self) -> String {
        let (Some(rank), Some(origin)) = (self.rank, &self.origin) else { return String::new() };
        format!("{}, {}, {origin}", rank.level.word(), rank.scope.word())
    }
}

impl Table {
    /// What is in force, in the order of the catalogue, then what counts for nothing; with `all` also the policies
    /// nobody has set.
    #[must_use]
    pub fn shown(&self, all: bool) -> Vec<Shown> {
        let mut shown: Vec<Shown> = Vec::new();
        for row in rows() {
            if let Some(one) = self.get(row.name) {
                shown.push(Shown {
                    name: row.name.to_owned(),
                    row: Some(row),
                    value: one.value.shown(),
                    literal: Some(one.value.toml()),
                    rank: Some(one.rank),
                    origin: Some(one.origin.to_string()),
                    status: one.status.word(),
                    words: match &one.status {
                        // The value shown is the strict one, not the one that was written.
                        status if status.is_fault() => format!("{}; the strict value holds", status.words(Some(row))),
                        status => status.words(Some(row)),
                    },
                    losers: one.losers.iter().map(|loser| Shown::judged(loser, Some(row))).collect(),
                });
            } else if all {
                shown.push(Shown {
                    name: row.name.to_owned(),
                    row: Some(row),
                    value: row.preset.to_owned(),
                    literal: None,
                    rank: None,
                    origin: None,
                    status: "not set",
                    words: "not set".to_owned(),
                    losers: Vec::new(),
                });
            }
        }
        shown.extend(self.useless.iter().map(|one| Shown::judged(one, super::catalogue::find(&one.name))));
        shown
    }

    /// Sentences about what is wrong with what an administrator wrote, for who starts the program and for the log.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let faults = self.faults.iter().map(|fault| format!("policies: {}", fault.words()));
        let in_force = self.in_force.iter().filter(|one| one.status.is_fault());
        let in_force = in_force.map(|one| {
            format!("policies: {}: {}: {}; the strict value holds", one.origin, one.row.name, one.status.words(Some(one.row)))
        });
        let useless = self.useless.iter().filter(|one| one.status.is_fault());
        let useless = useless.map(|one| {
            let row = super::catalogue::find(&one.name);
            format!("policies: {}: {}: {}", one.origin, one.name, one.status.words(row))
        });
        let losers = self.in_force.iter().flat_map(|one| one.losers.iter().map(move |loser| (one.row, loser)));
        let losers = losers.filter(|(_, loser)| loser.status.is_fault());
        let losers =
            losers.map(|(row, loser)| format!("policies: {}: {}: {}", loser.origin, loser.name, loser.status.words(Some(row))));
        faults.chain(in_force).chain(useless).chain(losers).collect()
    }
}

impl Fault {
    /// Where it is, what is wrong, and what follows from that.
    #[must_use]
    pub fn words(&self) -> String {
        let strictly =
            if self.whole && self.rank.level == Level::Managed { "; the policies that guard most hold strictly" } else { "" };
        format!("{}: {}{strictly}", self.origin, self.what)
    }
}

/// The word for the levels at which a policy can be set.
impl Levels {
    /// In documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Either => "managed, recommended",
        }
    }
}
