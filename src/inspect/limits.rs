//! How far a look into a file goes.

use std::cell::Cell;

use super::archive::Halt;

/// Bounds of the work on one file. Whatever a file says of itself, no more than this is unpacked, held and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Archives within archives that are followed; the file itself is the first.
    pub depth: usize,
    /// How many times as large as packed something may become.
    pub ratio: u64,
    /// Members of all archives together.
    pub entries: usize,
    /// Octets that are unpacked, of all archives together.
    pub total: u64,
    /// Octets of one member that are held in memory, at each depth.
    pub held: usize,
    /// Octets of one document that are searched for scripts.
    pub searched: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 3, ratio: 100, entries: 1000, total: 1 << 30, held: 32 << 20, searched: 64 << 20 }
    }
}

/// What unpacks to less than this is no bomb, whatever the ratio: a thousand blanks pack well.
const HARMLESS: u64 = 1 << 20;

/// What is left of the limits while a file is looked into.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    octets: Cell<u64>,
    entries: Cell<usize>,
}

impl Budget {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, octets: Cell::new(limits.total), entries: Cell::new(limits.entries) }
    }

    /// Pays for octets that were unpacked.
    pub(super) fn spend(&self, octets: usize) -> Result<(), Halt> {
        let left = self.octets.get().checked_sub(octets as u64);
        self.octets.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Halt::Total)
    }

    /// Pays for a member.
    pub(super) fn enter(&self) -> Result<(), Halt> {
        let left = self.entries.get().checked_sub(1).ok_or(Halt::Entries)?;
        self.entries.set(left);
        Ok(())
    }

    /// Whether what was unpacked is out of proportion.
    pub(super) fn weigh(&self, packed: u64, unpacked: u64) -> Result<(), Halt> {
        let bomb = unpacked > HARMLESS && unpacked > packed.saturating_mul(self.limits.ratio);
        if bomb { Err(Halt::Ratio) } else { Ok(()) }
    }
}
