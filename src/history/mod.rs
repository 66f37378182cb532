//! What is kept on this machine of messages: those that wait to be sent, those whose fate is open, those
//! nobody has read, and, if the user wishes, everything that was said.
//!
//! [`words`](self::Keep) is what the core says of them, [`asks`](self::Ask) what it asks; [`store`](self::Store)
//! is the file; [`keeper`](self::Keeper) writes and reads it on a thread of its own, so that nobody waits
//! for a disk. [`vault`](self::Vault) has the key, and seals what lies beside the store: contacts, and what
//! is decided about them.

mod asks;
mod disk;
mod fold;
mod import;
mod keeper;
mod key;
mod past;
mod rekey;
mod rows;
mod search;
mod store;
mod vault;
mod words;

pub use asks::{Ask, Found, Hit, Hits, Mark, Page, Part, Place, Search, Talk, Ticket};
pub use disk::{at_end_of_links, beside, overwrite, put_aside, sweep};
pub use keeper::{Answer, Keeper, Opened, Told};
pub use key::{KeyFault, Unlock, is_sealed};
pub use rekey::{SEALED_FOLDERS, change_key, change_passphrase, sealed_name};
pub use store::{Store, StoreFault, exists, key_path, path};
pub use vault::{Content, SealFault, Vault};
pub use words::{Draft, Incoming, Keep, Kept, Outgoing, Remembered, With};

#[cfg(test)]
mod tests;
