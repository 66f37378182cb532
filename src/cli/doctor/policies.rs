//! What administrators decided of connections: whoever looks for a fault must know of it.

use crate::policy::Policy;
use crate::policy::catalogue::Category;

use super::report::Check;

/// The policies that shape the connection, and what is wrong with policies at all; nothing where none are set.
pub(super) fn shaping(policy: &Policy) -> Option<Check> {
    let table = policy.table();
    let shapes = table.in_force.iter().filter(|one| one.row.category == Category::Connection);
    let named: Vec<String> = shapes.map(|one| format!("{} = {} ({})", one.row.name, one.value.shown(), one.origin)).collect();
    let complaints = table.complaints();
    let said = if named.is_empty() { "none shapes the connection".to_owned() } else { named.join("; ") };
    match complaints.as_slice() {
        [] if named.is_empty() => None,
        [] => Some(Check::fine("policies", said)),
        [first, ..] => {
            let advice = format!("tell your administrator: {first}; `chinwag policy show` lists everything");
            Some(Check::odd("policies", &said, &advice))
        }
    }
}
