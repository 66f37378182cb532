//! Deflate (RFC 1951), unpacked in a window of 32 KiB and counted against the limits.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::stream::{Halt, Stream};
use crate::inspect::limits::Budget;

const PIECE: usize = 8192;

/// A stream read in pieces, of which single octets can be taken.
pub(super) struct Pieces<S> {
    input: S,
    piece: Vec<u8>,
    at: usize,
    end: usize,
}

impl<S: Stream> Pieces<S> {
    fn new(input: S) -> Self {
        Self { input, piece: vec![0; PIECE], at: 0, end: 0 }
    }

    /// What has come and was not taken; nothing at the end only.
    fn some(&mut self) -> Result<&[u8], Halt> {
        if self.at == self.end {
            self.end = self.input.pull(&mut self.piece)?;
            self.at = 0;
        }
        Ok(self.piece.get(self.at..self.end).unwrap_or_default())
    }

    /// The next octet; `None` at the end.
    pub(super) fn octet(&mut self) -> Result<Option<u8>, Halt> {
        let first = self.some()?.first().copied();
        self.at += usize::from(first.is_some());
        Ok(first)
    }

    /// The next octets.
    pub(super) fn octets<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        let mut out = [0; N];
        for place in &mut out {
            *place = self.octet()?.ok_or(Halt::Damaged)?;
        }
        Ok(out)
    }
}

/// What unpacks a stream.
pub(in crate::inspect) struct Inflater<'b, S> {
    pub(super) pieces: Pieces<S>,
    state: Box<InflateState>,
    budget: &'b Budget,
    packed: u64,
    unpacked: u64,
    done: bool,
}

impl<'b, S: Stream> Inflater<'b, S> {
    /// Of the bare format.
    pub(in crate::inspect) fn raw(input: S, budget: &'b Budget) -> Self {
        Self::new(input, budget, DataFormat::Raw)
    }

    /// Of the format with a head (RFC 1950). Its checksum is not looked at.
    pub(in crate::inspect) fn zlib(input: S, budget: &'b Budget) -> Self {
        Self::new(input, budget, DataFormat::ZLibIgnoreChecksum)
    }

    fn new(input: S, budget: &'b Budget, format: DataFormat) -> Self {
        let state = InflateState::new_boxed(format);
        Self { pieces: Pieces::new(input), state, budget, packed: 0, unpacked: 0, done: false }
    }

    /// Begins anew with what follows in the input, which counts together with what was before.
    pub(super) fn again(&mut self) {
        self.state.reset(DataFormat::Raw);
        self.done = false;
    }

    /// Octets that were taken of the input.
    pub(in crate::inspect) const fn packed(&self) -> u64 {
        self.packed
    }

    /// Pays for more than what is unpacked.
    pub(super) fn spend(&self, octets: usize) -> Result<(), Halt> {
        self.budget.spend(octets)
    }

    /// Unpacks what fits; 0 where input was taken only.
    fn step(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        let input = self.pieces.some()?;
        let result = inflate(&mut self.state, input, out, MZFlush::None);
        self.pieces.at += result.bytes_consumed;
        self.packed += result.bytes_consumed as u64;
        self.unpacked += result.bytes_written as u64;
        let moved = result.bytes_consumed + result.bytes_written > 0;
        match result.status {
            Ok(MZStatus::StreamEnd) => self.done = true,
            Ok(_) | Err(MZError::Buf) if moved => {}
            // Nothing moves: it breaks off, or is no such stream.
            _ => return Err(Halt::Damaged),
        }
        self.budget.spend(result.bytes_written)?;
        self.budget.weigh(self.packed, self.unpacked)?;
        Ok(result.bytes_written)
    }
}

impl<S: Stream> Stream for Inflater<'_, S> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        while !self.done && !out.is_empty() {
            let count = self.step(out)?;
            if count > 0 {
                return Ok(count);
            }
        }
        Ok(0)
    }
}
