//! Source of branches, tags and Call-IDs: random outside, repeatable in tests.

use sha2::{Digest as _, Sha256};

use crate::sip::hex::hex;

/// A seeded generator. Give it a seed from the operating system in the program and a constant in
/// tests; each value is a hash of seed and counter, so none can be told from the ones before.
#[derive(Clone)]
pub struct Tokens {
    seed: [u8; 32],
    counter: u64,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens([secret])")
    }
}

impl Tokens {
    /// A generator that yields the same values for the same seed.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0 }
    }

    /// A generator for tests and demonstrations.
    #[must_use]
    pub fn from_number(seed: u64) -> Self {
        Self::new(Sha256::digest(seed.to_be_bytes()).into())
    }

    /// 32 fresh octets.
    pub fn bytes(&mut self) -> [u8; 32] {
        self.counter += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.counter.to_be_bytes()).finalize().into()
    }

    /// A fresh number.
    pub fn number(&mut self) -> u64 {
        self.bytes().iter().take(8).fold(0, |number, octet| (number << 8) | u64::from(*octet))
    }

    /// A fresh number from `0` up to but not including `below`; 0 when `below` is 0.
    pub fn below(&mut self, below: u64) -> u64 {
        self.number().checked_rem(below).unwrap_or(0)
    }

    /// A branch with the cookie of RFC 3261 section 8.1.1.7.
    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{}", self.hex(10))
    }

    /// A From or To tag.
    pub fn tag(&mut self) -> String {
        self.hex(5)
    }

    /// A Call-ID.
    pub fn call_id(&mut self) -> String {
        self.hex(16)
    }

    /// `octets` fresh octets (at most 32) in lower-case hex.
    pub fn hex(&mut self, octets: usize) -> String {
        let bytes = self.bytes();
        hex(bytes.get(..octets).unwrap_or(&bytes))
    }
}

#[cfg(test)]
mod tests;
