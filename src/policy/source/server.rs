//! What a server arranges at sign-in (in-band provisioning).

use crate::policy::entry::{Entry, Level, Name, Origin, Rank, Read, Scope, Typed};
use crate::policy::value::Value;

/// What settings a server sent come to: names and texts. Those that mean nothing to us are left out: most were
/// never meant for us.
#[must_use]
pub fn from_server(account: &str, settings: &[(String, String)]) -> Read {
    let rank = Rank { level: Level::Managed, scope: Scope::Server };
    let known = settings.iter().filter(|(name, _)| crate::policy::catalogue::by_server(name).is_some());
    let entries = known.map(|(name, text)| Entry {
        name: Name::Server(name.clone()),
        typed: Typed::Value(value(text.trim())),
        loose: true,
        rank,
        origin: Origin::Server { account: account.to_owned() },
    });
    Read { entries: entries.collect(), faults: Vec::new() }
}

/// A text of a server as the value it looks like.
fn value(text: &str) -> Value {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Value::Flag(true),
        _ if text.eq_ignore_ascii_case("false") => Value::Flag(false),
        _ => text.parse().map_or_else(|_| Value::Text(text.to_owned()), Value::Number),
    }
}
