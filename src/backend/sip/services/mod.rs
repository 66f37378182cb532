//! What is asked of the server by SERVICE, and what it keeps for us ([MS-SIP] 3.2, 3.7 to 3.10).
//!
//! [`Services`] hands documents and answers to the usage they are for: `publication.rs` our presence,
//! `contacts.rs` the contact list, `access.rs` the access list, `pending.rs` people who wait for a
//! decision, `provisioning.rs` what the administrator arranged, `directory.rs` searches, `looks.rs` how
//! somebody is who is not followed. Requests go out through `exchange.rs`. What they want of others is a
//! [`Wish`].

mod access;
mod contacts;
mod directory;
mod exchange;
mod looks;
mod pending;
mod provisioning;
mod publication;
mod resync;
mod usage;
mod wish;

pub(super) use exchange::Errand;
pub(super) use usage::Services;
pub(super) use wish::Wish;

#[cfg(test)]
mod tests;
