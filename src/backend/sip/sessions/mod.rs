//! Talks in sessions: an INVITE makes a dialog with one person, MESSAGE and INFO go within it,
//! BYE ends it; and conversations of several people made of such sessions.
//!
//! `state.rs` is the machine of one session, `call.rs` the session with its dialog, `calls.rs` all
//! of them, `offer.rs` what INVITEs are about. `pairs.rs` are the talks of two, `lane.rs` the order
//! of texts to one person, `people.rs` how they are spelt, `body.rs` and `rtf.rs` what bodies say,
//! `keys.rs` who is writing; `rooms` are the conversations of several. `book.rs` hands everything
//! to where it belongs, `invites.rs` decides about INVITEs of others and `gate.rs` how many of them
//! there may be.
//!
//! What no document settles, and how it is done here (our choices):
//!
//! - An INVITE is accepted at once, also while the user is signed in elsewhere. Waiting, so that
//!   the device in use may answer first, would make each first message late.
//! - Texts do not travel within the INVITE of ours, as not every program takes them there; texts
//!   that come so are shown, and the same text in the next MESSAGE is not shown again.
//! - When both sides invite each other at once, both sessions stand; texts are sent on the one
//!   with the lower Call-ID, and the other is closed after five seconds without a word.
//! - Any other INVITE of a person with whom a session stands replaces it: their program has
//!   forgotten the old one.

mod body;
mod book;
mod call;
mod calls;
mod gate;
mod invites;
mod keys;
mod lane;
mod offer;
mod pairs;
mod people;
mod refusal;
mod rooms;
mod rtf;
mod state;

pub(in crate::backend::sip) use self::body::{content_type, style_of};
pub(in crate::backend::sip) use self::book::Sessions;
pub(in crate::backend::sip) use self::calls::{CallId, Errand};
pub(in crate::backend::sip) use self::offer::ability;
pub(in crate::backend::sip) use self::people::{People, same};
pub(in crate::backend::sip) use self::refusal::{refusal, take_invitation};
