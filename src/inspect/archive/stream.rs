//! Octets one after the other, from a file or unpacked from one.

use std::io;

use thiserror::Error;

use crate::inspect::content::Source;
use crate::inspect::limits::Budget;
use crate::inspect::reason::Finding;

/// Why a look ends before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(in crate::inspect) enum Halt {
    /// More would be unpacked than may be.
    #[error("too many octets")]
    Total,
    /// There are more members than are looked at.
    #[error("too many members")]
    Entries,
    /// Something unpacks to far more than it is.
    #[error("out of proportion")]
    Ratio,
    /// It cannot be read as what it is.
    #[error("damaged")]
    Damaged,
    /// The disk failed.
    #[error("not readable")]
    Unreadable,
}

impl Halt {
    /// What the user is told; `None`: that the file could not be read.
    pub(in crate::inspect) const fn finding(self) -> Option<Finding> {
        match self {
            Self::Total => Some(Finding::TooLarge),
            Self::Entries => Some(Finding::TooMany),
            Self::Ratio => Some(Finding::Bomb),
            Self::Damaged => Some(Finding::Damaged),
            Self::Unreadable => None,
        }
    }

    /// Whether it concerns one archive only, and others can be looked at further.
    pub(in crate::inspect) const fn is_local(self) -> bool {
        matches!(self, Self::Damaged)
    }
}

impl From<io::Error> for Halt {
    fn from(_: io::Error) -> Self {
        Self::Unreadable
    }
}

/// Octets in their order.
pub(in crate::inspect) trait Stream {
    /// Takes some; 0: that was all.
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt>;

    /// Takes as many as there are room for, fewer only at the end.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        let mut filled = 0;
        while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.pull(room)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    /// Passes over so many octets; fewer only at the end.
    fn skip(&mut self, octets: u64) -> Result<u64, Halt> {
        let mut passed = [0; 8192];
        let mut left = octets;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(passed.len());
            let count = self.pull(passed.get_mut(..most).unwrap_or_default())?;
            if count == 0 {
                break;
            }
            left -= count as u64;
        }
        Ok(octets - left)
    }
}

impl<S: Stream + ?Sized> Stream for &mut S {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        (**self).pull(out)
    }
}

/// Octets of a file as they are, from where it stands, and so many at most.
pub(in crate::inspect) struct Plain<'a> {
    source: &'a mut dyn Source,
    left: u64,
    budget: Option<&'a Budget>,
}

impl<'a> Plain<'a> {
    /// Octets that are unpacked further, and counted then.
    pub(in crate::inspect) fn new(source: &'a mut dyn Source, left: u64) -> Self {
        Self { source, left, budget: None }
    }

    /// Octets that are what is looked at, and count.
    pub(in crate::inspect) fn counted(source: &'a mut dyn Source, left: u64, budget: &'a Budget) -> Self {
        Self { source, left, budget: Some(budget) }
    }
}

impl Stream for Plain<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let count = self.source.read(out.get_mut(..most).unwrap_or_default())?;
        self.left -= count as u64;
        self.budget.map_or(Ok(()), |budget| budget.spend(count))?;
        Ok(count)
    }
}

/// So many octets of a stream.
pub(super) struct Window<'a> {
    pub(super) stream: &'a mut dyn Stream,
    pub(super) left: u64,
}

impl Stream for Window<'_> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let count = self.stream.pull(out.get_mut(..most).unwrap_or_default())?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// Octets that were read already, and then the stream they came from.
pub(super) struct Again<'a, S> {
    pub(super) first: &'a [u8],
    pub(super) rest: S,
}

impl<S: Stream> Stream for Again<'_, S> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        if self.first.is_empty() {
            return self.rest.pull(out);
        }
        let (now, later) = self.first.split_at(self.first.len().min(out.len()));
        out.get_mut(..now.len()).unwrap_or_default().copy_from_slice(now);
        self.first = later;
        Ok(now.len())
    }
}
