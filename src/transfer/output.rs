//! What a transfer wants to be done.

use std::time::Instant;

use super::Failure;

/// What a transfer wants to be done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write octets to the connection, after those before. Tell a sender by `Sender::written` as they go; it waits
    /// for that before it asks for more of the file.
    Write(Vec<u8>),
    /// Add octets to the end of the file that is received. Tell by `Receiver::stored` once they are kept; until then
    /// read no more of the connection.
    Store(Vec<u8>),
    /// Give the next octets of the file by `Sender::file`: one to this many. Asked once, then waited for.
    Read(usize),
    /// Tell what happened.
    Event(Event),
    /// End the connection after what was to be written has gone, or cannot go. The last thing that is wanted. Shut
    /// down the writing side first, then read and forget what comes, until its end or for a few seconds: a system that
    /// closes a connection with octets nobody read may take back our last word from the other side.
    Close,
    /// Nothing more. Call `tick` at the deadline, if there is one.
    Idle(Option<Instant>),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The other side is who it should be; the file begins.
    Started,
    /// So many octets of the file have come, or gone to the connection. Several in a row are told as one.
    Progress(u64),
    /// It is over and went well.
    Done(Outcome),
    /// It is over and went wrong. Of a file that was received nothing is to be kept.
    Failed(Failure),
}

/// How a transfer that went well ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Received whole, and it is what the sender sent: its authentication code was right.
    Authenticated,
    /// Received as many octets as were announced; nothing tells whether they are the right ones.
    Unauthenticated,
    /// Sent, and the receiver said that it has it.
    Confirmed,
    /// Sent whole; the receiver said nothing. Some clients never do.
    Unconfirmed,
}

/// Why a file that is received could not be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreFault {
    /// There is no room.
    Full,
    /// Anything else.
    Broken,
}
