//! The AUTHENTICATE message (MS-NLMP section 2.2.1.3).

use std::fmt;

use super::flags::Flags;
use super::target::TargetInfo;
use super::wire::{NtlmFault, Reader, Writer};

/// What a client answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// What the client agrees to.
    pub flags: Flags,
    /// The domain of the account, or nothing.
    pub domain: String,
    /// The account.
    pub user: String,
    /// The client's machine, or nothing.
    pub workstation: String,
    /// Answer in the form of LM; not looked at.
    pub lm_response: Vec<u8>,
    /// Answer in the form of NTLM version 2.
    pub nt_response: Vec<u8>,
    /// The session key, enciphered.
    pub encrypted_key: Vec<u8>,
    /// The version field as it stands there.
    pub version: [u8; 8],
    /// Integrity code over both messages, if the client made one.
    pub mic: Option<[u8; 16]>,
}

impl fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A password can be guessed from the answers, so nobody sees them.
        f.debug_struct("Authenticate").field("flags", &self.flags).field("mic", &self.mic.is_some()).finish_non_exhaustive()
    }
}

const KIND: u32 = 3;
/// Fixed part with the version and without the integrity code.
const FIXED: usize = 72;
/// Where the integrity code stands, if there is one.
const MIC_AT: usize = 72;
const MIC_OCTETS: usize = 16;
/// Before the target information in an NTLM version 2 response: the proof, then the head of its input.
pub(super) const PROOF_OCTETS: usize = 16;
const TEMP_HEAD: usize = 28;

impl Authenticate {
    /// Reads one.
    ///
    /// # Errors
    /// When it is no AUTHENTICATE, or a field points outside it.
    pub fn parse(bytes: &[u8]) -> Result<Self, NtlmFault> {
        let reader = Reader::new(bytes, KIND)?;
        let flags = Flags(reader.number(60)?);
        if !flags.has(Flags::UNICODE) {
            return Err(NtlmFault::Text);
        }
        let nt_response = reader.blob(20)?.to_vec();
        let announced = Self::target_info(&nt_response).is_ok_and(|info| info.flags() & TargetInfo::HAS_MIC != 0);
        Ok(Self {
            flags,
            domain: reader.text(28)?,
            user: reader.text(36)?,
            workstation: reader.text(44)?,
            lm_response: reader.blob(12)?.to_vec(),
            encrypted_key: reader.blob(52)?.to_vec(),
            version: if flags.has(Flags::VERSION) { reader.array(64)? } else { [0; 8] },
            mic: if announced { Some(reader.array(MIC_AT)?) } else { None },
            nt_response,
        })
    }

    /// The message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(KIND, FIXED + self.mic.map_or(0, |mic| mic.len()));
        writer.put(60, &self.flags.0.to_le_bytes());
        writer.put(64, &self.version);
        if let Some(mic) = self.mic {
            writer.put(MIC_AT, &mic);
        }
        writer.text(28, &self.domain);
        writer.text(36, &self.user);
        writer.text(44, &self.workstation);
        writer.blob(12, &self.lm_response);
        writer.blob(20, &self.nt_response);
        writer.blob(52, &self.encrypted_key);
        writer.finish()
    }

    /// A message as received, with zeros for the integrity code: what that code is made over.
    pub(super) fn without_mic(bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        if let Some(place) = bytes.get_mut(MIC_AT..MIC_AT + MIC_OCTETS) {
            place.fill(0);
        }
        bytes
    }

    /// The target information within an NTLM version 2 response.
    pub(super) fn target_info(nt_response: &[u8]) -> Result<TargetInfo, NtlmFault> {
        TargetInfo::parse(nt_response.get(PROOF_OCTETS + TEMP_HEAD..).ok_or(NtlmFault::Short)?)
    }
}
