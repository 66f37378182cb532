//! Networks as messengers: protocol words in, messenger words out. Sans-IO throughout.
//!
//! [`Backend`] is the one seam between the program and a network. It is driven by bytes, commands
//! and time, and drained by [`Backend::poll_output`] until [`Output::Idle`]. It never reads a
//! clock, opens a socket or starts a task, so every behaviour of it is a plain unit test.

pub mod account;
pub mod fake;
pub mod files;
mod hurry;
pub mod outbox;
pub mod reconnect;
pub mod refusals;
pub mod servers;
pub mod sip;
mod vocabulary;

pub use vocabulary::{
    Backend, Command, DownCause, Event, Found, GroupChange, Input, LinkId, LinkStage, NoticeLevel, Output, PeerInfo, Refused,
    RoomCommand, RoomEvent, RosterChange, Target, TicketId, Traffic,
};
