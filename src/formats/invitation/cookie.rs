//! What tells invitations apart, and what keeps others out: numbers and keys, none of which is ever shown.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Clients of the family use numbers below this one.
const BELOW: u32 = 1_000_000_000;

/// The number of an invitation, or the one that a connection begins with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cookie(u32);

impl Cookie {
    /// As it came.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// One of ours: from random octets, in the range that clients of the family use.
    #[must_use]
    pub const fn from_random(octets: [u8; 4]) -> Self {
        Self(1 + u32::from_le_bytes(octets) % (BELOW - 1))
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie([secret])")
    }
}

/// A key as it is told. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; Key::OCTETS]>);

impl Key {
    /// Octets of a key.
    pub const OCTETS: usize = 24;

    /// From its octets, which are to be random.
    #[must_use]
    pub fn new(octets: [u8; Self::OCTETS]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets; only for computing with them.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::OCTETS] {
        &self.0
    }

    /// From Base64.
    pub(super) fn read(text: &str) -> Option<Self> {
        let octets = Zeroizing::new(STANDARD.decode(text).ok()?);
        octets.as_slice().try_into().ok().map(Self::new)
    }

    /// As Base64.
    pub(super) fn write(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.expose()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([secret])")
    }
}
