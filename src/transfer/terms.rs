//! What both sides agreed on before they connect.

use std::fmt;

use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

/// What the two sides of a transfer know of it before it begins.
#[derive(Clone, PartialEq, Eq)]
pub struct Terms {
    /// The **receiver** of the file, as `user@host`; a leading `sip:` is of no account.
    pub user: String,
    /// What the receiver has to say to be believed: `AuthCookie` of the invitation.
    pub auth_cookie: u32,
    /// Octets of the file, as announced.
    pub octets: u64,
    /// How it is protected.
    pub protection: Protection,
}

impl Terms {
    /// The receiver as it is said on the wire.
    pub(super) fn said_user(&self) -> String {
        bare(&self.user).chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect()
    }

    /// Whether somebody who says to be the receiver is.
    pub(super) fn is_receiver(&self, user: &str) -> bool {
        bare(user).to_lowercase() == self.said_user().to_lowercase()
    }

    /// Whether a number is the one that the receiver was told.
    pub(super) fn is_cookie(&self, cookie: u32) -> bool {
        self.auth_cookie.to_le_bytes().ct_eq(&cookie.to_le_bytes()).into()
    }
}

/// An address without its scheme.
fn bare(user: &str) -> &str {
    let scheme = user.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("sip:"));
    scheme.and_then(|scheme| user.get(scheme.len()..)).unwrap_or(user)
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, auth_cookie: _, octets, protection } = self;
        f.debug_struct("Terms")
            .field("user", user)
            .field("octets", octets)
            .field("protection", protection)
            .finish_non_exhaustive()
    }
}

/// How a file is protected on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Not at all (`MSNFTP`): only with the user's consent, and where policy permits it.
    Plain,
    /// Encrypted and authenticated (`MSN_SECURE_FTP`).
    Secure(Keys),
}

impl Protection {
    /// The name of the protocol.
    pub(super) const fn protocol(&self) -> &'static str {
        match self {
            Self::Plain => "MSNFTP",
            Self::Secure(_) => "MSN_SECURE_FTP",
        }
    }
}

/// What a file is encrypted and authenticated with. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub(super) cipher: Zeroizing<[u8; 16]>,
    pub(super) authentication: Zeroizing<[u8; 16]>,
}

impl Keys {
    /// From the keys of the invitation, which come from the receiver of the file.
    #[must_use]
    pub fn new(encryption_key: &[u8; 24], hash_key: &[u8; 24]) -> Self {
        Self { cipher: shortened(encryption_key), authentication: shortened(hash_key) }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([secret])")
    }
}

/// What is used of a key: the first octets of its hash.
fn shortened(key: &[u8; 24]) -> Zeroizing<[u8; 16]> {
    let mut hash: [u8; 20] = Sha1::digest(key).into();
    let mut short = Zeroizing::new([0; 16]);
    short.iter_mut().zip(&hash).for_each(|(octet, hashed)| *octet = *hashed);
    hash.zeroize();
    short
}
