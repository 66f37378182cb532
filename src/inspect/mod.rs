//! Whether a file may come in: by what is said of it before it is accepted, and by what it is before it leaves
//! quarantine. Octets in, a verdict with its reasons out; nothing is opened, unpacked to the disk or run.
//!
//! [`name`] makes a foreign name safe, [`kinds`] knows extensions, `content` octets, `archive` what is packed;
//! [`verdict`] puts it together with what an administrator wants ([`crate::model::FileRules`]). [`scanner`] has the
//! words of virus scanners. Whatever a file holds, a look at it ends within [`Limits`].

mod archive;
mod content;
pub mod kinds;
mod limits;
mod look;
pub mod name;
mod office;
pub mod reason;
pub mod scanner;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use content::{Sort, Source};
pub use kinds::Class;
pub use limits::Limits;
pub use name::{Oddity, SafeName};
pub use reason::{Finding, Reason, Why};
pub use scanner::Scan;
pub use verdict::{Offer, SenderClass, Verdict, after, before};
