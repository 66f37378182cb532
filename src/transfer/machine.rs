//! What the machines of both protocols offer to whoever moves the octets.

use std::fmt;
use std::time::Instant;

use super::{Output, StoreFault};

/// One side of a transfer, whichever.
pub trait Machine: fmt::Debug {
    /// The next thing that is wanted.
    fn poll_output(&mut self) -> Output;

    /// Octets of the connection came.
    fn receive(&mut self, octets: &[u8], now: Instant);

    /// So many more octets of what was to be written have gone.
    fn written(&mut self, octets: usize, now: Instant);

    /// The connection ended, in whatever way.
    fn closed(&mut self, now: Instant);

    /// The user wants it no more.
    fn cancel(&mut self);

    /// Time passed.
    fn tick(&mut self, now: Instant);

    /// Whether it ended; what waits to be taken still counts.
    fn is_over(&self) -> bool;
}

/// The side that sends a file.
pub trait Sends: Machine {
    /// The next octets of the file, as they were asked for by [`Output::Read`]. None at all say that it has no more.
    fn file(&mut self, octets: &[u8], now: Instant);

    /// The file cannot be read.
    fn read_failed(&mut self);
}

/// The side that takes one.
pub trait Takes: Machine {
    /// So many more octets are kept.
    fn stored(&mut self, octets: u64, now: Instant);

    /// The file cannot be kept.
    fn store_failed(&mut self, fault: StoreFault);
}
