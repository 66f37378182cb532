//! What is kept on this machine of messages: those that wait to be sent, those whose fate is open, and
//! those nobody has read.
//!
//! [`words`](self::Keep) is what the core says of them; [`ledger`](self::Ledger) is the file; [`keeper`](self::Keeper)
//! writes it on a thread of its own, so that nobody waits for a disk.

mod keeper;
mod ledger;
mod rows;
mod words;

pub use keeper::{Answer, Keeper};
pub use ledger::{Ledger, LedgerFault, path};
pub use words::{Draft, Incoming, Keep, Kept, Outgoing, Remembered, With};

#[cfg(test)]
mod tests;
