//! Pieces of the file on the wire: three octets before each, a flag and the length (little end first).

/// Octets of the file in one chunk; more was never seen.
pub(super) const LARGEST: usize = 2045;
/// The end of the file, or of the transfer before it.
pub(super) const END: [u8; HEAD] = [1, 0, 0];
/// Octets of a head.
pub(super) const HEAD: usize = 3;

/// What the head of a chunk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// So many octets of the file follow.
    Data(u16),
    /// No more will come.
    End,
    /// There is no such head.
    Broken,
}

impl Head {
    pub(super) const fn read([flag, low, high]: [u8; HEAD]) -> Self {
        match (flag, u16::from_le_bytes([low, high])) {
            (0, octets) => Self::Data(octets),
            (1, 0) => Self::End,
            // The word for it may come where a head should be.
            (b'C', rest) if rest == u16::from_le_bytes(*b"CL") => Self::End,
            _ => Self::Broken,
        }
    }
}

/// Appends a chunk, of octets that are no more than [`LARGEST`], and seals them there.
pub(super) fn write(data: &[u8], wire: &mut Vec<u8>, seal: impl FnOnce(&mut [u8])) {
    let [low, high] = u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes();
    wire.extend_from_slice(&[0, low, high]);
    let before = wire.len();
    wire.extend_from_slice(data);
    seal(wire.get_mut(before..).unwrap_or_default());
}

/// Heads out of octets that come in any pieces.
#[derive(Debug, Default)]
pub(super) struct Heads {
    begun: [u8; HEAD],
    known: usize,
}

impl Heads {
    /// Takes what belongs to the head from the front of the octets; the head, if it is whole.
    pub(super) fn take(&mut self, octets: &mut &[u8]) -> Option<Head> {
        while let Some((octet, rest)) = octets.split_first() {
            if let Some(place) = self.begun.get_mut(self.known) {
                *place = *octet;
            }
            (self.known, *octets) = (self.known + 1, rest);
            if self.known == HEAD {
                self.known = 0;
                return Some(Head::read(self.begun));
            }
        }
        None
    }
}
