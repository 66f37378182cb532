//! What is true: people, presence, conversations, accounts.
//!
//! Plain data. No input or output, no clock, no protocol words and no screen words. Every other
//! room of the house may use this one; it uses nobody.

mod access;
mod account;
mod address;
mod allowance;
mod certificate;
mod conversation;
mod directory;
mod file_rules;
mod files;
mod fingerprint;
mod ids;
mod invitation_rules;
mod kerberos;
mod letters;
mod look_alike;
mod nearest;
mod past;
mod picture;
mod presence;
mod quiet;
mod retention;
mod roster;
mod secret;
mod spoken;
mod strangers;
mod time;
mod transport_rules;

pub use access::{Access, AccessList, Rights, Sees, Subject, WatcherState};
pub use account::{Capabilities, Dialect, RosterHome, SignInPhase, Transport, WaitReason};
pub use address::{Address, AddressError};
pub use allowance::{Allowances, Rate};
pub use certificate::{Distrust, OwnCertificate, Pin, Unfit};
pub use conversation::{Author, Body, Conversation, Entry, Fate, Happening, Line, Room, TextStyle};
pub use directory::Listing;
pub use file_rules::{FileRules, Verdict};
pub use files::FileId;
pub use fingerprint::Fingerprint;
pub use ids::{AccountId, MessageRef, RoomId};
pub use invitation_rules::{InvitationRules, Invited, Objection, Secrecy};
pub use kerberos::KerberosFault;
pub use letters::{Letter, fold, fold_into, is_mark, letters};
pub use look_alike::{Doubts, Familiar, other_spelling};
pub use nearest::nearest;
pub use past::{Past, Side};
pub use picture::{Picture, Pixel};
pub use presence::{Automatic, Availability, Device, Multiplexer, OwnPresence, Presence};
pub use quiet::QuietHours;
pub use retention::Retention;
pub use roster::{Contact, Roster, RosterError};
pub use secret::Secret;
pub use spoken::{Spoken, TELLING};
pub use strangers::Strangers;
pub use time::Stamp;
pub use transport_rules::TransportRules;
