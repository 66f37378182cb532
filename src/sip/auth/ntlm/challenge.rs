//! The CHALLENGE message (MS-NLMP section 2.2.1.2).

use super::flags::Flags;
use super::target::TargetInfo;
use super::wire::{NtlmFault, Reader, Writer};

/// What a server asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// What the server offers.
    pub flags: Flags,
    /// The number to answer.
    pub server_challenge: [u8; 8],
    /// `NetBIOS` name of the server or of its domain.
    pub target_name: String,
    /// What the server tells of itself.
    pub target_info: TargetInfo,
    /// The version field as it stands there.
    pub version: [u8; 8],
}

const KIND: u32 = 2;
const FIXED: usize = 56;

impl Challenge {
    /// Reads one.
    ///
    /// # Errors
    /// When it is no CHALLENGE, or a field points outside it.
    pub fn parse(bytes: &[u8]) -> Result<Self, NtlmFault> {
        let reader = Reader::new(bytes, KIND)?;
        let flags = Flags(reader.number(20)?);
        // Names in the machine's code page are of no use to us, and nothing depends on them.
        let target_name = if flags.has(Flags::UNICODE) { reader.text(12)? } else { String::new() };
        let target_info =
            if flags.has(Flags::TARGET_INFO) { TargetInfo::parse(reader.blob(40)?)? } else { TargetInfo::default() };
        let version = if flags.has(Flags::VERSION) { reader.array(48)? } else { [0; 8] };
        Ok(Self { flags, server_challenge: reader.array(24)?, target_name, target_info, version })
    }

    /// The message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND, FIXED);
        writer.put(20, &self.flags.0.to_le_bytes());
        writer.put(24, &self.server_challenge);
        writer.put(48, &self.version);
        writer.text(12, &self.target_name);
        let info = if self.flags.has(Flags::TARGET_INFO) { self.target_info.to_bytes() } else { Vec::new() };
        writer.blob(40, &info);
        writer.finish()
    }
}
