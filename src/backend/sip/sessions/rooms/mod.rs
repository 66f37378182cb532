//! Conversations of several people: every two of them have a session of their own, all with the
//! same Call-ID, and one of them, the roster manager, invites for all.
//!
//! ```text
//!   manager --INVITE: Roster-Manager, EndPoints--> new person
//!   new person --INVITE: TriggeredInvite--> everybody else in EndPoints
//!   anybody --REFER--> manager --202, INVITE as above, NOTIFY with the outcome--> anybody
//!   manager leaves; who wants to invite --INFO RequestRM--> everybody; nobody objects --INFO SetRM-->
//! ```
//!
//! No document of Microsoft's about this was found; it is done as pidgin-sipe does it. Our own
//! choices: the manager invites one person after the other, with everybody who is asked in
//! `EndPoints`, so that two new people seldom invite each other at once; when they do, both
//! sessions stand. A new manager is chosen only when somebody is to be invited. A conversation
//! that everybody else has left is over.
//!
//! `room.rs` is one conversation as a thing, `table.rs` all of them and the orders about them,
//! `mesh.rs` its sessions, `refer.rs` inviting through the manager, `manager.rs` with
//! `election.rs` who that is, `names.rs` the header fields.

mod election;
mod manager;
mod mesh;
mod names;
mod refer;
mod room;
mod table;

pub(super) use self::mesh::Entry;
pub(super) use self::names::manager;
pub(super) use self::table::{Desk, Landing, Rooms};
