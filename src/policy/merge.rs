//! From what all sources say to what is in force.
//!
//! The order, highest first: managed for the machine, managed for the user, sent by the server; then the
//! user's own settings, which are not looked at here; then recommended for the machine, recommended for the
//! user; then what holds anyway. Among sources of one rank the last one wins: files come in the byte order of
//! their names. Every loser is kept, to be shown.

use super::catalogue::{self, Levels, Row, Scope as RowScope};
use super::entry::{Entry, Fault, Level, Name, Origin, Rank, Read, Scope, Typed};
use super::legacy;
use super::value::{Value, Wrong, check};
use crate::model::nearest;

/// How it stands with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It is in force.
    Ok,
    /// A policy of this name is known, and means nothing here; says why.
    NoEffect(&'static str),
    /// No policy has this name; the nearest that has one.
    Unknown(Option<&'static str>),
    /// The value is of another type than the policy takes.
    WrongType,
    /// The value is not one of those that can be set.
    OutOfRange,
    /// It cannot be set at this level or for single users; says why.
    Misplaced(&'static str),
    /// Another source counts more.
    Overridden,
    /// It is in force, and another policy leaves nothing of it; names that.
    Superseded(&'static str),
}

impl Status {
    /// The word in lists and JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoEffect(_) => "no effect",
            Self::Unknown(_) => "unknown",
            Self::WrongType => "wrong type",
            Self::OutOfRange => "out of range",
            Self::Misplaced(_) => "misplaced",
            Self::Overridden => "overridden",
            Self::Superseded(_) => "superseded",
        }
    }

    /// Whether an administrator has something to mend.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::WrongType | Self::OutOfRange | Self::Misplaced(_))
    }

    /// The whole sentence: what is the matter, and what was expected.
    #[must_use]
    pub fn words(&self, row: Option<&Row>) -> String {
        match self {
            Self::NoEffect(why) => format!("no effect: {why}"),
            Self::Unknown(Some(near)) => format!("unknown; did you mean {near}?"),
            Self::Unknown(None) => "unknown".to_owned(),
            Self::WrongType | Self::OutOfRange => match row {
                Some(row) => format!("{}: expected {}", self.word(), row.kind.expected()),
                None => self.word().to_owned(),
            },
            Self::Misplaced(why) => format!("misplaced: {why}"),
            Self::Superseded(by) => format!("superseded by {by}"),
            Self::Ok | Self::Overridden => self.word().to_owned(),
        }
    }
}

/// A setting, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The name it was set by.
    pub name: String,
    /// The value, where it can be shown.
    pub value: Option<Value>,
    /// How much it counts.
    pub rank: Rank,
    /// Where it stands.
    pub origin: Origin,
    /// How it stands with it.
    pub status: Status,
}

/// A policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Which.
    pub row: &'static Row,
    /// With which value.
    pub value: Value,
    /// How much it counts.
    pub rank: Rank,
    /// Where it was set.
    pub origin: Origin,
    /// [`Status::Ok`]; or why the strict value holds in place of the one that was set; or what supersedes it.
    pub status: Status,
    /// What was set elsewhere, and does not count.
    pub losers: Vec<Judged>,
}

impl InForce {
    /// Whether another policy leaves nothing of it.
    #[must_use]
    pub const fn is_superseded(&self) -> bool {
        matches!(self.status, Status::Superseded(_))
    }
}

/// What is in force, and everything there is to say about the sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Policies in force, in the order of the catalogue.
    pub in_force: Vec<InForce>,
    /// Settings that count for nothing: unknown, without effect, of the wrong type and without a strict value.
    pub useless: Vec<Judged>,
    /// What is wrong with sources as a whole.
    pub faults: Vec<Fault>,
}

impl Table {
    /// The policy of this name, if it is in force.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&InForce> {
        self.in_force.iter().find(|one| one.row.name == name)
    }

    /// Whether managed settings could not be read or used: something lasting to be said.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        let managed = |rank: &Rank| rank.level == Level::Managed;
        self.faults.iter().any(|fault| managed(&fault.rank))
            || self.in_force.iter().any(|one| managed(&one.rank) && one.status.is_fault())
            || self.useless.iter().any(|one| managed(&one.rank) && matches!(one.status, Status::WrongType | Status::OutOfRange))
    }

    /// Whether there is anything at all to be said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.in_force.is_empty() && self.useless.is_empty() && self.faults.is_empty()
    }
}

/// Puts what the sources say together.
#[must_use]
pub fn merge(read: Read) -> Table {
    let Read { entries, faults } = read;
    let mut table = Table { faults, ..Table::default() };
    let mut claims: Vec<Claim> = Vec::new();
    for (order, entry) in entries.into_iter().enumerate() {
        let own = matches!(entry.name, Name::Own(_));
        match judge(entry) {
            Verdict::Claim(row, value, judged) => claims.push(Claim { row, value, judged, own, order }),
            Verdict::Useless(judged) => table.useless.push(judged),
        }
    }
    for row in catalogue::rows() {
        let mut of_row: Vec<Claim> = claims.extract_if(.., |claim| claim.row.name == row.name).collect();
        // The winner last; of equal rank our own name before an old one, then the one that was read last.
        of_row.sort_by_key(|claim| (claim.judged.rank, claim.own, claim.order));
        of_row.extend(guard(row, &table.faults, of_row.last()));
        let Some(winner) = of_row.pop() else { continue };
        let overridden = |claim: Claim| Judged {
            status: if claim.judged.status == Status::Ok { Status::Overridden } else { claim.judged.status },
            ..claim.judged
        };
        let losers: Vec<Judged> = of_row.into_iter().rev().map(overridden).collect();
        let Judged { rank, origin, status, .. } = winner.judged;
        table.in_force.push(InForce { row, value: winner.value, rank, origin, status, losers });
    }
    supersede(&mut table);
    table
}

/// A value somebody wants for a policy.
struct Claim {
    row: &'static Row,
    /// What it comes to: the strict value in place of one that cannot be used.
    value: Value,
    judged: Judged,
    /// It was set by our name for it.
    own: bool,
    order: usize,
}

enum Verdict {
    Claim(&'static Row, Value, Judged),
    Useless(Judged),
}

fn judge(entry: Entry) -> Verdict {
    let Entry { name, typed, loose, rank, origin } = entry;
    let shown = match &name {
        Name::Own(name) | Name::Server(name) => name.clone(),
        Name::Legacy { value, .. } => value.clone(),
    };
    let value = match &typed {
        Typed::Value(value) => Some(value.clone()),
        Typed::Other(_) => None,
    };
    let useless =
        |status| Verdict::Useless(Judged { name: shown.clone(), value: value.clone(), rank, origin: origin.clone(), status });
    let row = match &name {
        Name::Own(name) => catalogue::find(name),
        Name::Server(name) => catalogue::by_server(name),
        Name::Legacy { value, service } => match legacy::row(value, service.as_deref(), &typed) {
            legacy::Meaning::Row(row, value) => {
                let judged =
                    Judged { name: shown.clone(), value: Some(value.clone()), rank, origin: origin.clone(), status: Status::Ok };
                return Verdict::Claim(row, value, judged);
            }
            legacy::Meaning::Nothing(why) => return useless(Status::NoEffect(why)),
            legacy::Meaning::Range => return useless(Status::OutOfRange),
            legacy::Meaning::Type => return useless(Status::WrongType),
            legacy::Meaning::Unknown => None,
        },
    };
    let Some(row) = row else {
        let nothing = catalogue::NONE.iter().find(|nothing| nothing.name.eq_ignore_ascii_case(&shown));
        return match (nothing, &name) {
            (Some(nothing), _) => useless(Status::NoEffect(nothing.why)),
            // A server tells many things that were never meant for us.
            (None, Name::Server(_)) => useless(Status::NoEffect("chinwag knows no policy for it")),
            (None, _) => useless(Status::Unknown(nearest(&shown, catalogue::rows().map(|row| row.name)))),
        };
    };
    if rank.level == Level::Recommended && row.levels == Levels::Managed {
        return useless(Status::Misplaced("it can only be managed, not recommended"));
    }
    if rank.scope != Scope::Machine && row.scope == RowScope::Machine {
        return useless(Status::Misplaced("it can only be set for the whole machine"));
    }
    let checked = match typed {
        Typed::Value(value) => check(row.kind, value, loose),
        Typed::Other(_) => Err(Wrong::Type),
    };
    let judged = |status| Judged { name: shown.clone(), value: value.clone(), rank, origin: origin.clone(), status };
    match checked {
        Ok(value) => Verdict::Claim(row, value, judged(Status::Ok)),
        Err(wrong) => {
            let status = match wrong {
                Wrong::Type => Status::WrongType,
                Wrong::Range => Status::OutOfRange,
            };
            // What cannot be used as it is meant holds as strictly as it could have been meant.
            match row.strict.filter(|_| rank.level == Level::Managed) {
                Some(strict) => Verdict::Claim(row, strict.value(), judged(status)),
                None => Verdict::Useless(judged(status)),
            }
        }
    }
}

/// The strict value of a policy that a source nobody can read may have set, unless a source that counts more
/// decides anyway.
fn guard(row: &'static Row, faults: &[Fault], best: Option<&Claim>) -> Option<Claim> {
    let strict = row.strict.filter(|_| row.guarded)?;
    let fault = faults
        .iter()
        .filter(|fault| fault.whole && fault.rank.level == Level::Managed)
        .filter(|fault| row.scope == RowScope::Both || fault.rank.scope == Scope::Machine)
        .max_by_key(|fault| fault.rank)?;
    if best.is_some_and(|best| best.judged.rank > fault.rank) {
        return None;
    }
    let path = match &fault.origin {
        Origin::File { path, .. } | Origin::Instruction { path, .. } | Origin::Unreadable(path) => path.clone(),
        Origin::Registry { key, .. } => key.into(),
        Origin::Server { account } => account.into(),
    };
    let judged = Judged {
        name: row.name.to_owned(),
        value: Some(strict.value()),
        rank: fault.rank,
        origin: Origin::Unreadable(path),
        status: Status::Ok,
    };
    Some(Claim { row, value: strict.value(), judged, own: true, order: usize::MAX })
}

/// Policies of which others leave nothing: where the first is in force, with this value if one stands here, the
/// second counts for nothing, unless who set it counts more.
const SUPERSEDES: [(&str, Option<Value>, &str); 6] = [
    ("EnableSIPHighSecurityMode", Some(Value::Flag(true)), "Transport"),
    ("DisableSavingIM", Some(Value::Flag(true)), "HistoryRetentionDays"),
    ("DisableSavingIM", Some(Value::Flag(true)), "RequireSavingIM"),
    ("HistoryRetentionDays", None, "RequireSavingIM"),
    ("DisableIdlePresence", Some(Value::Flag(true)), "IdleAfter"),
    ("DisableIdlePresence", Some(Value::Flag(true)), "AwayAfter"),
];

fn supersede(table: &mut Table) {
    for (by, value, what) in SUPERSEDES {
        let holds =
            |one: &&InForce| one.row.name == by && !one.is_superseded() && value.as_ref().is_none_or(|value| one.value == *value);
        let Some((by, rank)) = table.in_force.iter().find(holds).map(|one| (one.row.name, one.rank)) else { continue };
        for one in &mut table.in_force {
            if one.row.name == what && one.rank <= rank && one.status == Status::Ok {
                one.status = Status::Superseded(by);
            }
        }
    }
}

#[cfg(test)]
mod tests;
