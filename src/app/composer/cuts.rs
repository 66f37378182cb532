//! What was cut out of a text, to be put back: the last few pieces.

use std::collections::VecDeque;

/// Pieces kept, and octets of all together.
const MAX_PIECES: usize = 8;
const MAX_OCTETS: usize = 128 * 1024;

/// On which side of the cursor a piece was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// The pieces, the last one first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cuts {
    pieces: VecDeque<String>,
}

impl Cuts {
    /// Keeps a piece. Pieces cut one after the other are one piece: `grows` = nothing happened since.
    pub(super) fn put(&mut self, piece: String, side: Side, grows: bool) {
        match (self.pieces.front_mut().filter(|_| grows), side) {
            (Some(last), Side::After) => last.push_str(&piece),
            (Some(last), Side::Before) => last.insert_str(0, &piece),
            (None, _) => self.pieces.push_front(piece),
        }
        while self.pieces.len() > 1 && (self.pieces.len() > MAX_PIECES || self.octets() > MAX_OCTETS) {
            self.pieces.pop_back();
        }
    }

    /// The piece cut last.
    pub(super) fn last(&self) -> Option<&str> {
        self.pieces.front().map(String::as_str)
    }

    /// The piece before the last, which becomes the last; the last becomes the first.
    pub(super) fn turn(&mut self) -> Option<&str> {
        self.pieces.rotate_left(1.min(self.pieces.len()));
        self.last()
    }

    fn octets(&self) -> usize {
        self.pieces.iter().map(String::len).sum()
    }
}
