//! What is done to each octet of the file: one cipher stream over all of it, and one authentication code.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rc4::{Rc4, StreamCipher as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Keys, Protection};

/// The protection of a file under way.
pub(super) enum Cipher {
    Plain,
    Secure(Box<State>),
}

pub(super) struct State {
    stream: Rc4,
    code: Hmac<Sha1>,
}

impl Cipher {
    pub(super) fn new(protection: &Protection) -> Self {
        let Protection::Secure(Keys { cipher, authentication }) = protection else { return Self::Plain };
        // Both take a key of another length as their own, in a way that cannot fail: the cipher repeats a short key,
        // the authentication code fills it up with zeros.
        let (mut repeated, mut filled) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 64]));
        repeated.iter_mut().zip(cipher.iter().cycle()).for_each(|(to, from)| *to = *from);
        filled.iter_mut().zip(authentication.iter()).for_each(|(to, from)| *to = *from);
        let (stream, code) = (Rc4::new(&(*repeated).into()), Hmac::new(&(*filled).into()));
        Self::Secure(Box::new(State { stream, code }))
    }

    pub(super) const fn is_secure(&self) -> bool {
        matches!(self, Self::Secure(_))
    }

    /// Octets of the file to octets for the wire.
    pub(super) fn seal(&mut self, data: &mut [u8]) {
        if let Self::Secure(state) = self {
            state.code.update(data);
            state.stream.apply_keystream(data);
        }
    }

    /// Octets of the wire to octets of the file.
    pub(super) fn open(&mut self, data: &mut [u8]) {
        if let Self::Secure(state) = self {
            state.stream.apply_keystream(data);
            state.code.update(data);
        }
    }

    /// The authentication code of all that went through, as Base64.
    pub(super) fn code(&self) -> Option<String> {
        match self {
            Self::Plain => None,
            Self::Secure(state) => Some(STANDARD.encode(state.code.clone().finalize().into_bytes())),
        }
    }

    /// Whether a code is that of all that went through. Takes the same time for all wrong ones of one length.
    pub(super) fn proves(&self, code: &str) -> bool {
        let (Self::Secure(state), Ok(code)) = (self, STANDARD.decode(code)) else { return false };
        state.code.clone().finalize().into_bytes().as_slice().ct_eq(&code).into()
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_secure() { "Secure([secret])" } else { "Plain" })
    }
}
