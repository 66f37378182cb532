//! The page of policies: what is in force, who set it, what lost against it, what is wrong with the sources.

use crate::app::{App, Composer};
use crate::policy::{Fault, Shown, Table};

/// What stands where it is always seen while administrators' settings cannot be read or used, in shorter and shorter
/// words.
pub const BROKEN: [&str; 3] =
    ["policies: broken, the strict values hold; /policies tells", "policies broken: see /policies", "policies broken"];

/// The state of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyPage {
    /// What is typed to find a policy.
    pub line: Composer,
    /// Which row is marked.
    pub marked: usize,
    /// Policies nobody has set are shown too.
    pub all: bool,
}

/// A row of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyRow {
    /// A source is wrong as a whole.
    Fault(String),
    /// A policy, or something somebody took for one.
    Policy(Box<Shown>),
    /// So many more are not set, and not shown.
    More(usize),
    /// All are shown; the way back.
    Fewer,
}

impl PolicyPage {
    /// The page, with words to find something by.
    #[must_use]
    pub fn about(words: &str) -> Self {
        Self { line: Composer::with(words), ..Self::default() }
    }
}

impl App {
    /// Whether administrators' settings cannot be read or used: something lasting to be said.
    #[must_use]
    pub fn policies_are_broken(&self) -> bool {
        self.policy.table().is_broken()
    }

    /// The line above every conversation, if there is one; not yet made safe for a terminal.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.policy.screen().warning.as_deref()
    }

    /// Whether no source says anything at all.
    #[must_use]
    pub fn nothing_is_set(&self) -> bool {
        self.policy.table().is_empty()
    }

    /// How many policies are in force, in words.
    #[must_use]
    pub fn policies_in_force(&self) -> String {
        count(self.policy.table())
    }

    /// The rows that fit what is typed: every word is somewhere in them.
    #[must_use]
    pub fn policy_rows(&self, page: &PolicyPage) -> Vec<PolicyRow> {
        let table = self.policy.table();
        let words: Vec<String> = page.line.text().split_whitespace().map(str::to_lowercase).collect();
        let holds = |said: String| {
            let said = said.to_lowercase();
            words.iter().all(|word| said.contains(word))
        };
        let faults = table.faults.iter().map(Fault::words);
        let mut rows: Vec<PolicyRow> = faults.filter(|fault| holds(fault.clone())).map(PolicyRow::Fault).collect();
        let (set, others): (Vec<Shown>, Vec<Shown>) =
            table.shown(true).into_iter().filter(|one| holds(said(one))).partition(|one| one.rank.is_some() || page.all);
        rows.extend(set.into_iter().map(|one| PolicyRow::Policy(Box::new(one))));
        match others.len() {
            0 if page.all && !rows.is_empty() => rows.push(PolicyRow::Fewer),
            0 => {}
            more => rows.push(PolicyRow::More(more)),
        }
        rows
    }
}

/// Everything by which a policy is found.
fn said(one: &Shown) -> String {
    let level = one.rank.map_or_else(String::new, |rank| format!("{} {}", rank.level.word(), rank.scope.word()));
    let origin = one.origin.as_deref().unwrap_or_default();
    let doc = one.row.map_or("", |row| row.doc);
    format!("{} {} {level} {origin} {} {doc}", one.name, one.value, one.words)
}

/// How many policies are in force, in words.
pub(super) fn count(table: &Table) -> String {
    match table.in_force.iter().filter(|one| !one.is_superseded()).count() {
        0 => "none in force".to_owned(),
        count => format!("{count} in force"),
    }
}
