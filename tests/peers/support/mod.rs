//! Starting peers and chinwag itself, reading what they print, stopping them by process id.

mod chance;
mod chinwag;
mod finch;
mod kamailio;
mod kdc;
mod lcs;
mod process;
mod shears;
mod site;
#[path = "../../../benches/support/tap.rs"]
mod tap;
mod terminal;
mod wire;

pub use chance::Chance;
pub use chinwag::{Chinwag, bare as chinwag_bare, command as chinwag_command};
pub use finch::Finch;
pub use kamailio::Kamailio;
pub use kdc::Kdc;
pub use lcs::Lcs;
pub use process::{Lines, free_ports, script, wait_until};
pub use shears::Shears;
pub use site::{Certificate, Kind, Site};
pub use tap::{Tap, Way};
pub use terminal::Terminal;
pub use wire::Wire;
