//! What both protocols offer to whoever moves the octets.

use std::fmt;
use std::time::Instant;

use crate::transfer::{Output, Receiver, Sender, StoreFault, msrp};

/// A machine that sends a file.
pub(super) trait Sends: fmt::Debug {
    fn poll_output(&mut self) -> Output;
    fn receive(&mut self, octets: &[u8], now: Instant);
    fn written(&mut self, octets: usize, now: Instant);
    fn file(&mut self, octets: &[u8], now: Instant);
    fn read_failed(&mut self);
    fn closed(&mut self, now: Instant);
    fn cancel(&mut self);
    fn tick(&mut self, now: Instant);
}

/// A machine that takes one.
pub(super) trait Takes: fmt::Debug {
    fn poll_output(&mut self) -> Output;
    fn receive(&mut self, octets: &[u8], now: Instant);
    /// Of no account where answers are a few octets at the end.
    fn written(&mut self, _octets: usize, _now: Instant) {}
    fn stored(&mut self, octets: u64, now: Instant);
    fn store_failed(&mut self, fault: StoreFault);
    fn closed(&mut self, now: Instant);
    fn cancel(&mut self);
    fn tick(&mut self, now: Instant);
}

macro_rules! sends {
    ($machine:ty) => {
        impl Sends for $machine {
            fn poll_output(&mut self) -> Output {
                Self::poll_output(self)
            }
            fn receive(&mut self, octets: &[u8], now: Instant) {
                Self::receive(self, octets, now);
            }
            fn written(&mut self, octets: usize, now: Instant) {
                Self::written(self, octets, now);
            }
            fn file(&mut self, octets: &[u8], now: Instant) {
                Self::file(self, octets, now);
            }
            fn read_failed(&mut self) {
                Self::read_failed(self);
            }
            fn closed(&mut self, _now: Instant) {
                Self::closed(self);
            }
            fn cancel(&mut self) {
                Self::cancel(self);
            }
            fn tick(&mut self, now: Instant) {
                Self::tick(self, now);
            }
        }
    };
}

macro_rules! takes {
    ($machine:ty $(, $more:item)?) => {
        impl Takes for $machine {
            fn poll_output(&mut self) -> Output {
                Self::poll_output(self)
            }
            fn receive(&mut self, octets: &[u8], now: Instant) {
                Self::receive(self, octets, now);
            }
            $($more)?
            fn stored(&mut self, octets: u64, now: Instant) {
                Self::stored(self, octets, now);
            }
            fn store_failed(&mut self, fault: StoreFault) {
                Self::store_failed(self, fault);
            }
            fn closed(&mut self, now: Instant) {
                Self::closed(self, now);
            }
            fn cancel(&mut self) {
                Self::cancel(self);
            }
            fn tick(&mut self, now: Instant) {
                Self::tick(self, now);
            }
        }
    };
}

sends!(Sender);
sends!(msrp::Sender);
takes!(Receiver);
takes!(
    msrp::Receiver,
    fn written(&mut self, octets: usize, now: Instant) {
        Self::written(self, octets, now);
    }
);
