//! Target information: what a server tells of itself in attribute-value pairs (MS-NLMP section
//! 2.2.2.1).

use super::wire::{NtlmFault, to_utf16};

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvPair {
    /// Which attribute.
    pub id: u16,
    /// Its value as it stands there.
    pub value: Vec<u8>,
}

/// All attributes, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetInfo(pub Vec<AvPair>);

impl TargetInfo {
    /// `NetBIOS` name of the computer.
    pub const COMPUTER: u16 = 1;
    /// `NetBIOS` name of the domain.
    pub const DOMAIN: u16 = 2;
    /// DNS name of the computer.
    pub const DNS_COMPUTER: u16 = 3;
    /// DNS name of the domain.
    pub const DNS_DOMAIN: u16 = 4;
    /// Flags; see [`TargetInfo::HAS_MIC`].
    pub const FLAGS: u16 = 6;
    /// The server's clock.
    pub const TIMESTAMP: u16 = 7;
    /// In [`TargetInfo::FLAGS`]: the AUTHENTICATE carries an integrity code.
    pub const HAS_MIC: u32 = 2;

    /// Reads the pairs up to the mark of their end; what follows it is no part of them. No octets
    /// at all are no pairs.
    ///
    /// # Errors
    /// When a pair is cut off or the end is missing.
    pub fn parse(mut bytes: &[u8]) -> Result<Self, NtlmFault> {
        let mut pairs = Vec::new();
        if bytes.is_empty() {
            return Ok(Self(pairs));
        }
        loop {
            let (head, rest) = bytes.split_first_chunk::<4>().ok_or(NtlmFault::Target)?;
            let [id_low, id_high, len_low, len_high] = *head;
            let id = u16::from_le_bytes([id_low, id_high]);
            let len = usize::from(u16::from_le_bytes([len_low, len_high]));
            if id == 0 {
                return Ok(Self(pairs));
            }
            let (value, rest) = rest.split_at_checked(len).ok_or(NtlmFault::Target)?;
            if pairs.len() >= MAX_PAIRS {
                return Err(NtlmFault::Target);
            }
            pairs.push(AvPair { id, value: value.to_vec() });
            bytes = rest;
        }
    }

    /// The pairs with the mark of their end.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for AvPair { id, value } in &self.0 {
            let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
            out.extend(id.to_le_bytes());
            out.extend(len.to_le_bytes());
            out.extend(value.iter().take(usize::from(len)));
        }
        out.extend([0; 4]);
        out
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, id: u16) -> Option<&[u8]> {
        self.0.iter().find(|p| p.id == id).map(|p| p.value.as_slice())
    }

    /// The server's clock, in tenths of microseconds since 1601.
    #[must_use]
    pub fn timestamp(&self) -> Option<u64> {
        Some(u64::from_le_bytes(self.get(Self::TIMESTAMP)?.try_into().ok()?))
    }

    /// The flags; none without the attribute.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.get(Self::FLAGS).and_then(|value| value.try_into().ok()).map_or(0, u32::from_le_bytes)
    }

    /// Sets an attribute, in its place if it is there, else at the end.
    pub fn set(&mut self, id: u16, value: Vec<u8>) {
        match self.0.iter_mut().find(|p| p.id == id) {
            Some(pair) => pair.value = value,
            None => self.0.push(AvPair { id, value }),
        }
    }

    /// Sets an attribute that is a name.
    pub fn set_name(&mut self, id: u16, name: &str) {
        self.set(id, to_utf16(name));
    }
}

/// There are eleven attributes; a peer may invent some.
const MAX_PAIRS: usize = 64;
