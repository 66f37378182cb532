//! The session key, the keys made from it, and signatures (MS-NLMP sections 3.4.4 and 3.4.5).
//!
//! SIP numbers every message 100 for NTLM, in both directions, and a datagram's cipher is keyed
//! anew for each message; so signatures do not depend on the order of messages.
//!
//! Without extended session security that has a price: the cipher gives the same octets for every
//! message of a session, so whoever sees one signature and its text can make others. Such signatures
//! find out mistakes, not attackers; against those there is TLS. The other form has no such weakness, and
//! is agreed on wherever the server offers it.

use std::fmt;

use md5::{Digest as _, Md5};
use rc4::{KeyInit as _, Rc4, StreamCipher as _};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::flags::Flags;
use super::proof::hmac_md5;

/// The key both sides share after the handshake. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(Zeroizing<[u8; 16]>);

impl SessionKey {
    /// From its octets.
    #[must_use]
    pub fn new(octets: [u8; 16]) -> Self {
        Self(Zeroizing::new(octets))
    }

    pub(super) fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([secret])")
    }
}

/// How much of the key is used without extended session security. Servers differ here, and the
/// first signature tells which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weakening {
    /// All of it.
    None,
    /// 56 bits and a fixed octet.
    Bits56,
    /// 40 bits and three fixed octets.
    Bits40,
}

impl Weakening {
    /// In the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::None, Self::Bits56, Self::Bits40];
}

/// Who makes a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The one that signed in.
    Client,
    /// The one it signed in to.
    Server,
}

/// Octets of a signature.
pub const SIGNATURE_OCTETS: usize = 16;
/// The number of every message.
const SEQUENCE: [u8; 4] = 100_u32.to_le_bytes();
/// First octets of a signature.
const VERSION: [u8; 4] = 1_u32.to_le_bytes();

/// What messages are signed with. Wiped when dropped, never shown.
#[derive(Clone)]
pub struct Keys(Form);

#[derive(Clone)]
enum Form {
    /// One key for both directions.
    Plain(Zeroizing<Vec<u8>>),
    Extended {
        client: Pair,
        server: Pair,
    },
}

#[derive(Clone)]
struct Pair {
    sign: Zeroizing<[u8; 16]>,
    /// The key of the cipher with the number of the message in it.
    cipher: Zeroizing<[u8; 16]>,
}

impl Keys {
    /// Makes the keys of a session. `weakening` is for the form without extended session security.
    #[must_use]
    pub fn new(key: &SessionKey, flags: Flags, weakening: Weakening) -> Self {
        if flags.has(Flags::EXTENDED) {
            let pair = |sign, seal| Pair::new(key, flags, sign, seal);
            return Self(Form::Extended { client: pair(CLIENT_SIGN, CLIENT_SEAL), server: pair(SERVER_SIGN, SERVER_SEAL) });
        }
        let octets = key.expose();
        let used = match weakening {
            Weakening::None => octets.to_vec(),
            Weakening::Bits56 => octets.iter().take(7).copied().chain([0xa0]).collect(),
            Weakening::Bits40 => octets.iter().take(5).copied().chain([0xe5, 0x38, 0xb0]).collect(),
        };
        Self(Form::Plain(Zeroizing::new(used)))
    }

    /// The signature of a text.
    #[must_use]
    pub fn sign(&self, sender: Sender, text: &[u8]) -> [u8; SIGNATURE_OCTETS] {
        match &self.0 {
            Form::Plain(key) => {
                let sum = crc32fast::hash(text).to_le_bytes();
                let mut words = rc4(key, &join([[0; 4], sum, SEQUENCE]));
                if let Some(pad) = words.first_chunk_mut::<4>() {
                    *pad = [0; 4];
                }
                join_tail(words)
            }
            Form::Extended { client, server } => {
                let pair = match sender {
                    Sender::Client => client,
                    Sender::Server => server,
                };
                pair.signature(text)
            }
        }
    }

    /// Whether a signature is that of a text, in a time that does not depend on how much of it is
    /// right.
    #[must_use]
    pub fn verify(&self, sender: Sender, text: &[u8], signature: &[u8; SIGNATURE_OCTETS]) -> bool {
        let mut found = *signature;
        if matches!(self.0, Form::Plain(_)) {
            // The sender may put anything here.
            for octet in found.iter_mut().skip(4).take(4) {
                *octet = 0;
            }
        }
        self.sign(sender, text).ct_eq(&found).into()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([secret])")
    }
}

impl Pair {
    fn new(key: &SessionKey, flags: Flags, sign: &[u8], seal: &[u8]) -> Self {
        let octets = key.expose();
        let used = if flags.has(Flags::BITS_128) {
            octets.len()
        } else if flags.has(Flags::BITS_56) {
            7
        } else {
            5
        };
        let seal = md5(&[octets.get(..used).unwrap_or(octets), seal]);
        Self { sign: md5(&[octets, sign]), cipher: md5(&[seal.as_slice(), &SEQUENCE]) }
    }

    fn signature(&self, text: &[u8]) -> [u8; SIGNATURE_OCTETS] {
        let sum = hmac_md5(self.sign.as_slice(), &[&SEQUENCE, text]);
        let mut half = [0; 8];
        half.iter_mut().zip(sum.iter()).for_each(|(to, from)| *to = *from);
        let half = rc4(self.cipher.as_slice(), &half);
        let mut signature = [0; SIGNATURE_OCTETS];
        signature.iter_mut().zip(VERSION.iter().chain(&half).chain(&SEQUENCE)).for_each(|(to, from)| *to = *from);
        signature
    }
}

fn join(words: [[u8; 4]; 3]) -> [u8; 12] {
    let mut out = [0; 12];
    out.iter_mut().zip(words.as_flattened()).for_each(|(to, from)| *to = *from);
    out
}

fn join_tail(words: [u8; 12]) -> [u8; SIGNATURE_OCTETS] {
    let mut signature = [0; SIGNATURE_OCTETS];
    signature.iter_mut().zip(VERSION.iter().chain(&words)).for_each(|(to, from)| *to = *from);
    signature
}

fn md5(parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    let mut hasher = Md5::new();
    for part in parts {
        hasher.update(part);
    }
    Zeroizing::new(hasher.finalize().into())
}

/// Enciphers, or deciphers, with a key of its own.
pub(super) fn rc4<const N: usize>(key: &[u8], octets: &[u8; N]) -> [u8; N] {
    let mut out = *octets;
    // No key of ours is empty or longer than 256 octets.
    if let Ok(mut cipher) = Rc4::new_from_slice(key) {
        cipher.apply_keystream(&mut out);
    }
    out
}

// The closing zero is part of each.
const CLIENT_SIGN: &[u8] = b"session key to client-to-server signing key magic constant\0";
const SERVER_SIGN: &[u8] = b"session key to server-to-client signing key magic constant\0";
const CLIENT_SEAL: &[u8] = b"session key to client-to-server sealing key magic constant\0";
const SERVER_SEAL: &[u8] = b"session key to server-to-client sealing key magic constant\0";

#[cfg(test)]
pub(super) mod inner {
    //! Keys that published vectors give.

    use super::{Form, Keys};

    /// Signing keys of client and server.
    pub(in crate::sip::auth::ntlm) fn signing(keys: &Keys) -> Option<([u8; 16], [u8; 16])> {
        match &keys.0 {
            Form::Plain(_) => None,
            Form::Extended { client, server } => Some((*client.sign, *server.sign)),
        }
    }

    /// Keys of the cipher.
    pub(in crate::sip::auth::ntlm) fn cipher(keys: &Keys) -> Option<([u8; 16], [u8; 16])> {
        match &keys.0 {
            Form::Plain(_) => None,
            Form::Extended { client, server } => Some((*client.cipher, *server.cipher)),
        }
    }
}
