//! The NTLM version 2 computation (MS-NLMP section 3.3.2): a client's answer and a server's check of it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::{Digest as _, Md4};
use md5::Md5;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::authenticate::{Authenticate, PROOF_OCTETS};
use super::challenge::Challenge;
use super::flags::Flags;
use super::keys::{SessionKey, rc4};
use super::target::TargetInfo;
use super::wire::{NtlmFault, to_utf16, upper};
use crate::sip::auth::Credentials;
use crate::sip::hex::{hex, unhex};

/// `MD4(password)`: what a server may store in place of a password. Worth as much as the
/// password wherever NTLM is spoken, so it is never shown.
#[derive(Clone)]
pub struct NtHash(Zeroizing<[u8; 16]>);

impl NtHash {
    /// Computes it.
    #[must_use]
    pub fn new(password: &str) -> Self {
        let octets = Zeroizing::new(to_utf16(password));
        Self(Zeroizing::new(Md4::digest(octets.as_slice()).into()))
    }

    /// Takes one that was stored, in hex.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        unhex(hex).map(|octets| Self(Zeroizing::new(octets)))
    }

    /// The hex digits, for storing.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(self.0.as_slice()))
    }

    /// What answers are made with: bound to the account's name and domain.
    pub(super) fn bound_to(&self, user: &str, domain: &str) -> Zeroizing<[u8; 16]> {
        hmac_md5(self.0.as_slice(), &[&to_utf16(&upper(user)), &to_utf16(domain)])
    }
}

impl PartialEq for NtHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for NtHash {}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash([secret])")
    }
}

/// Who signs in, as NTLM names him.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub user: String,
    /// Its domain, or nothing.
    pub domain: String,
    /// What the password is worth.
    pub hash: NtHash,
}

impl Login {
    /// `DOMAIN\user` names both; anything else, `user@domain` too, is an account without a domain.
    #[must_use]
    pub fn of(credentials: &Credentials) -> Self {
        // A name with an @ names its domain itself.
        let domain = if credentials.user.contains('@') { "" } else { credentials.domain.as_str() };
        let (domain, user) = credentials.user.split_once('\\').unwrap_or((domain, &credentials.user));
        Self { user: user.to_owned(), domain: domain.to_owned(), hash: NtHash::new(&credentials.password) }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login([secret])")
    }
}

/// What a client must not choose twice.
#[derive(Clone)]
pub struct Fresh {
    /// The client's number.
    pub challenge: [u8; 8],
    /// The session key.
    pub key: SessionKey,
    /// The clock, in tenths of microseconds since 1601; the server's own goes before it.
    pub time: u64,
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh([secret])")
    }
}

/// Why an answer is not accepted, or a challenge not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// A message cannot be read.
    #[error(transparent)]
    Fault(#[from] NtlmFault),
    /// The other side does not offer, or agree to, signing with a session key.
    #[error("an NTLM peer that does not agree to signed messages")]
    Weak,
    /// The answer is of NTLM version 1 or LM.
    #[error("NTLM version 1, which is refused")]
    Version1,
    /// The proof is not that of the password.
    #[error("a wrong NTLM proof")]
    Proof,
    /// The integrity code is wrong: a message was changed on the way.
    #[error("a wrong NTLM integrity code")]
    Mic,
}

/// Answers a challenge (client). Gives the message and what was agreed on; the session key is the
/// one in `fresh`.
///
/// # Errors
/// When the challenge cannot be read or does not offer enough.
pub fn answer(challenge: &[u8], login: &Login, fresh: &Fresh) -> Result<(Vec<u8>, Flags), Refusal> {
    let asked = Challenge::parse(challenge)?;
    if !asked.flags.has(Flags::NEEDED) {
        return Err(Refusal::Weak);
    }
    let mut flags = asked.flags.common(Flags::UNDERSTOOD);
    if flags.has(Flags::BITS_128) {
        flags = flags.without(Flags::BITS_56);
    }
    let server_time = asked.target_info.timestamp();
    let mut info = asked.target_info.clone();
    // What a server says goes back to it, so one that speaks of an integrity code itself gets one too.
    let with_mic = server_time.is_some() || info.flags() & TargetInfo::HAS_MIC != 0;
    if with_mic {
        let av_flags = info.flags() | TargetInfo::HAS_MIC;
        info.set(TargetInfo::FLAGS, av_flags.to_le_bytes().to_vec());
    }
    let owf = login.hash.bound_to(&login.user, &login.domain);
    let temp = temp(server_time.unwrap_or(fresh.time), fresh.challenge, &info);
    let proof = hmac_md5(owf.as_slice(), &[&asked.server_challenge, &temp]);
    let base = hmac_md5(owf.as_slice(), &[proof.as_slice()]);
    let lm_response = if server_time.is_some() {
        vec![0; 24]
    } else {
        let lm = hmac_md5(owf.as_slice(), &[&asked.server_challenge, &fresh.challenge]);
        [lm.as_slice(), &fresh.challenge].concat()
    };
    let mut message = Authenticate {
        flags,
        domain: login.domain.clone(),
        user: login.user.clone(),
        workstation: String::new(),
        lm_response,
        nt_response: [proof.as_slice(), &temp].concat(),
        encrypted_key: rc4(base.as_slice(), fresh.key.expose()).to_vec(),
        version: if flags.has(Flags::VERSION) { VERSION } else { [0; 8] },
        mic: with_mic.then_some([0; 16]),
    };
    if message.mic.is_some() {
        message.mic = Some(*mic(&fresh.key, challenge, &message.to_bytes()));
    }
    Ok((message.to_bytes(), flags))
}

/// Checks an answer (server): `challenge` and `authenticate` as they were on the wire. Gives the
/// session key the client chose.
///
/// # Errors
/// When the answer cannot be read, is of an old version, or is not that of the account.
pub fn accept(challenge: &[u8], authenticate: &[u8], hash: &NtHash) -> Result<SessionKey, Refusal> {
    let asked = Challenge::parse(challenge)?;
    let message = Authenticate::parse(authenticate)?;
    if !message.flags.has(Flags::NEEDED) || asked.flags.common(message.flags) != message.flags {
        return Err(Refusal::Weak);
    }
    let Some((proof, temp)) = message.nt_response.split_at_checked(PROOF_OCTETS) else { return Err(Refusal::Version1) };
    // 24 octets are an answer of version 1; those of version 2 begin with the version, twice.
    if message.nt_response.len() <= 24 || !temp.starts_with(&[1, 1]) {
        return Err(Refusal::Version1);
    }
    let info = Authenticate::target_info(&message.nt_response)?;
    let owf = hash.bound_to(&message.user, &message.domain);
    let expected = hmac_md5(owf.as_slice(), &[&asked.server_challenge, temp]);
    if !bool::from(expected.ct_eq(proof)) {
        return Err(Refusal::Proof);
    }
    let base = hmac_md5(owf.as_slice(), &[proof]);
    let Ok(encrypted) = <[u8; 16]>::try_from(message.encrypted_key.as_slice()) else { return Err(Refusal::Weak) };
    let key = SessionKey::new(rc4(base.as_slice(), &encrypted));
    if info.flags() & TargetInfo::HAS_MIC != 0 {
        let expected = mic(&key, challenge, &Authenticate::without_mic(authenticate));
        if !message.mic.is_some_and(|found| expected.ct_eq(&found).into()) {
            return Err(Refusal::Mic);
        }
    }
    Ok(key)
}

/// The input of the proof beside the server's number.
fn temp(time: u64, client_challenge: [u8; 8], info: &TargetInfo) -> Vec<u8> {
    let mut temp = vec![1, 1, 0, 0, 0, 0, 0, 0];
    temp.extend(time.to_le_bytes());
    temp.extend(client_challenge);
    temp.extend([0; 4]);
    if !info.0.is_empty() {
        temp.extend(info.to_bytes());
    }
    temp.extend([0; 4]);
    temp
}

/// There is no NEGOTIATE, so it covers two messages.
fn mic(key: &SessionKey, challenge: &[u8], authenticate: &[u8]) -> Zeroizing<[u8; 16]> {
    hmac_md5(key.expose(), &[challenge, authenticate])
}

pub(super) fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    // HMAC takes keys of any length, so there is always one.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else { return Zeroizing::new([0; 16]) };
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Windows XP's, which nobody looks at (MS-NLMP section 2.2.2.10: for debugging only).
const VERSION: [u8; 8] = [5, 1, 0x28, 0x0a, 0, 0, 0, 0x0f];

#[cfg(test)]
pub(super) mod inner {
    //! Steps of the computation that published vectors give.

    use super::{TargetInfo, Zeroizing, hmac_md5, temp};

    pub(in crate::sip::auth::ntlm) fn proof(
        owf: &[u8],
        server_challenge: [u8; 8],
        client_challenge: [u8; 8],
        info: &TargetInfo,
    ) -> Zeroizing<[u8; 16]> {
        hmac_md5(owf, &[&server_challenge, &temp(0, client_challenge, info)])
    }
}
