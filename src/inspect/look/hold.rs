//! What came of a stream.

use crate::inspect::archive::{Halt, Stream};

/// What came of a stream: the beginning, and the number and sum of all of it.
#[derive(Debug, Default)]
pub(super) struct Hold {
    pub(super) octets: Vec<u8>,
    pub(super) count: u64,
    pub(super) sum: crc32fast::Hasher,
}

impl Hold {
    /// Reads all of it and holds so many octets.
    pub(super) fn all(&mut self, stream: &mut dyn Stream, held: usize) -> Result<(), Halt> {
        let mut piece = vec![0; 16 << 10];
        loop {
            let count = stream.pull(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            let new = piece.get(..count).unwrap_or_default();
            self.count += count as u64;
            self.sum.update(new);
            let room = held.saturating_sub(self.octets.len()).min(count);
            self.octets.extend_from_slice(new.get(..room).unwrap_or_default());
        }
    }
}
