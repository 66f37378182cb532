//! What the values of Windows Messenger mean.
//!
//! They stand below [`KEY`], for all services, or below the key of one service. Such a value is a DWORD, and
//! restricts when it is exactly 1; another number restricts nothing, which is said aloud here, since there it
//! was a common mistake (Microsoft's knowledge base, article 328212, and the books on that version).

use super::catalogue::{self, NONE, Row};
use super::entry::Typed;
use super::value::Value;

/// Where the values stood, in both hives.
pub const KEY: &str = r"Software\Policies\Microsoft\Messenger\Client";

/// The service that is SIP, by the name of its key.
const SIP: &str = "{83D4679F-B6D7-11D2-BF36-00C04FB90A03}";

/// What a value means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This policy has this value.
    Row(&'static Row, Value),
    /// Nothing; says why.
    Nothing(&'static str),
    /// It is a number that restricts nothing.
    Range,
    /// It is no number.
    Type,
    /// Nobody knows it.
    Unknown,
}

/// What the value means, for all services or for one.
pub(super) fn row(value: &str, service: Option<&str>, typed: &Typed) -> Meaning {
    if service.is_some_and(|service| !service.eq_ignore_ascii_case(SIP)) {
        return Meaning::Nothing("it is for another service than SIP");
    }
    let Some(row) = catalogue::by_legacy(value) else {
        let known = NONE.iter().find(|nothing| nothing.name.eq_ignore_ascii_case(value));
        return known.map_or(Meaning::Unknown, |nothing| Meaning::Nothing(nothing.why));
    };
    match typed {
        Typed::Value(Value::Number(0)) => Meaning::Row(row, Value::Flag(false)),
        Typed::Value(Value::Number(1)) => Meaning::Row(row, Value::Flag(true)),
        Typed::Value(Value::Number(_)) => Meaning::Range,
        _ => Meaning::Type,
    }
}
