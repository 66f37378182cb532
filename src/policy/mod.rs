//! What is allowed: administrators' policies, from the sources to the doors where they are obeyed.
//!
//! ```text
//!   bytes ──▶ source ──▶ Read ──▶ merge ──▶ Table ──▶ Policy ──▶ gate      nothing leaves without Permitted,
//!              ▲                    ▲          │                           nothing enters without Admitted
//!              └──── catalogue ─────┘          ├──▶ locks of settings (`config`)
//!                  one row a policy            └──▶ `policy show`, the screen of policies
//! ```
//!
//! [`catalogue`] is the table of all policies, `source` reads the forms in which they are set, `merge` decides
//! what is in force and keeps every loser, [`gate`] obeys, `template` writes what administrators need. Nothing
//! here opens a file or asks a system: that is `runtime::policies`.

pub mod catalogue;
mod decisions;
mod entry;
pub mod gate;
mod legacy;
mod merge;
mod people;
mod report;
mod rules;
pub mod source;
pub mod template;
mod value;
mod values;

pub use decisions::Decision;
pub use entry::{Entry, Fault, Level, Name, Origin, Rank, Read, Scope, Typed};
pub use gate::{Admitted, Denial, Facts, MayRun, MayView, Permitted, Policy};
pub use legacy::KEY as LEGACY_KEY;
pub use merge::{InForce, Judged, Status, Table, merge};
pub use report::Shown;
pub use rules::Ruled;
pub use value::{Item, Kind, Value, Word};
pub use values::{LinkRule, ScreenRules};

#[cfg(test)]
mod tests;
