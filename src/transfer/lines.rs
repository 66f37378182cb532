//! Lines out of octets that come in any pieces.

/// Octets of a line, where nothing else is said. An address may be long; nothing else is.
const LONGEST: usize = 512;

/// A line that has not ended yet.
#[derive(Debug)]
pub(super) struct Lines {
    begun: Vec<u8>,
    longest: usize,
}

impl Default for Lines {
    fn default() -> Self {
        Self::up_to(LONGEST)
    }
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A line, without its end.
    Line(String),
    /// The octets are used up.
    Nothing,
    /// A line that is longer than any.
    TooLong,
}

impl Lines {
    /// Lines of so many octets.
    pub(super) const fn up_to(longest: usize) -> Self {
        Self { begun: Vec::new(), longest }
    }

    /// Whether no line has begun.
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// Takes what belongs to the line from the front of the octets.
    pub(super) fn take(&mut self, octets: &mut &[u8]) -> Found {
        let end = octets.iter().position(|octet| *octet == b'\n');
        let (piece, rest) = octets.split_at(end.map_or(octets.len(), |end| end + 1));
        *octets = rest;
        if self.begun.len() + piece.len() > self.longest {
            return Found::TooLong;
        }
        self.begun.extend_from_slice(piece);
        if end.is_none() {
            return Found::Nothing;
        }
        let line = String::from_utf8_lossy(&self.begun).trim_end_matches(['\r', '\n']).to_owned();
        self.begun.clear();
        Found::Line(line)
    }
}
