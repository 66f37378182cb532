//! The embedded server, sans-IO throughout: registrar, presence, lists, message relay and store.
//!
//! Bytes of links in, bytes out. [`crate::runtime`] joins it to sockets; tests join it to a
//! client in memory. [`Server`] is the only way in.
//!
//! | file | what it is for | read before changing it |
//! | --- | --- | --- |
//! | [`server`] | the door: events of the endpoint to usages, timers, outputs | RFC 3261 sections 8.2, 16.3 |
//! | `first_hop` | Via and Contact as LCS wants them of the first server | [MS-SIP] section 3.1.5 |
//! | [`config`] | settings and limits; every bound on what a client can make us hold | |
//! | [`features`] | what can be switched off | |
//! | [`users`] | the users file, stored secrets | RFC 7616 section 3.4 |
//! | `agenda` | when what is due | |
//! | [`accounts`] | what is kept for each user: roster, decisions on watchers | RFC 5025 |
//! | [`snapshot`] | what is kept of users over a restart | |
//! | `identity` | who sent a request | RFC 3261 section 22 |
//! | [`auth`] | challenges of Digest and the check of credentials | RFC 7616, RFC 8760 |
//! | [`ntlm`] | handshakes of NTLM and whose a link is | MS-SIP section 3.1.5 |
//! | [`oddities`] | what goes wrong on purpose, for tests of clients | |
//! | [`registrar`] | bindings of users to links | RFC 3261 section 10.3, RFC 5626 section 6 |
//! | [`cid`] | how others name a link: Contacts that lead down it | MS-SIP section 3.7 |
//! | [`sessions`], [`passing`] | sessions between two devices, and messages as a proxy passes them | RFC 3261 sections 12, 16 |
//! | [`relay`], [`store`] | messages to the devices of a user, and to users who are away | RFC 3428 |
//! | `numbers` | presence in the numbers of LCS, and as words of PIDF | MS-SIP section 2.2.1 |
//! | [`publications`], [`compose`] | what devices say of their user, and one picture of it | RFC 3903, RFC 4479 |
//! | [`subscriptions`], [`packages`] | who is to be told what, and what it says | RFC 6665, 3856, 3857, 4662, 5367 |
//! | `xcap` | users' documents over HTTP on the same listener | RFC 4825 |
//! | [`personas`], [`scripts`] | people who live in the server; who they are and what they say | |
//! | [`talks`] | their sessions with users, and conversations of several people | RFC 3261 section 12 |
//! | `usages` | one file for each thing a request can be for | |

pub mod accounts;
mod agenda;
pub mod auth;
pub mod cid;
pub mod compose;
pub mod config;
pub mod features;
mod first_hop;
mod identity;
mod inspection;
pub mod kerberos;
pub mod ntlm;
pub mod numbers;
pub mod oddities;
pub mod packages;
pub mod passing;
pub mod personas;
mod pledges;
pub mod publications;
pub mod registrar;
pub mod relay;
pub mod scripts;
pub mod server;
pub mod sessions;
mod silence;
pub mod snapshot;
pub mod store;
mod strangers;
pub mod subscriptions;
pub mod talks;
mod usages;
pub mod users;
mod xcap;

#[cfg(test)]
mod tests;

pub use config::{DefaultHandling, ServerConfig, ServerLimits};
pub use features::{Feature, Features, UnknownFeature};
pub use packages::list_uri_of;
pub use personas::prefilled_roster;
pub use server::{Server, ServerLog, ServerOutput};
pub use snapshot::{Snapshot, SnapshotFault};
pub use usages::Deregistration;
pub use users::{User, UsersFault, UsersFile, hash_secret, parse_users};
