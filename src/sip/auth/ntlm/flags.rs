//! What both sides agree on (MS-NLMP section 2.2.2.5).

use std::fmt;

/// A set of flags as it stands in a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// Strings are UTF-16.
    pub const UNICODE: Self = Self(0x0000_0001);
    /// The challenge names its target.
    pub const REQUEST_TARGET: Self = Self(0x0000_0004);
    /// Messages are signed.
    pub const SIGN: Self = Self(0x0000_0010);
    /// Messages are sealed.
    pub const SEAL: Self = Self(0x0000_0020);
    /// No connection: no NEGOTIATE, and keys are made anew for each message.
    pub const DATAGRAM: Self = Self(0x0000_0040);
    /// NTLM is spoken.
    pub const NTLM: Self = Self(0x0000_0200);
    /// A session key is there even without signing.
    pub const ALWAYS_SIGN: Self = Self(0x0000_8000);
    /// Extended session security.
    pub const EXTENDED: Self = Self(0x0008_0000);
    /// The server may identify the client, no more.
    pub const IDENTIFY: Self = Self(0x0010_0000);
    /// The challenge has target information.
    pub const TARGET_INFO: Self = Self(0x0080_0000);
    /// The version field means something.
    pub const VERSION: Self = Self(0x0200_0000);
    /// Keys of 128 bits.
    pub const BITS_128: Self = Self(0x2000_0000);
    /// The client chooses the session key.
    pub const KEY_EXCHANGE: Self = Self(0x4000_0000);
    /// Keys of 56 bits.
    pub const BITS_56: Self = Self(0x8000_0000);

    /// What must be on offer: signing, and a session key of the client's.
    pub const NEEDED: Self = Self(Self::UNICODE.0 | Self::SIGN.0 | Self::DATAGRAM.0 | Self::NTLM.0 | Self::KEY_EXCHANGE.0);

    /// What a client of ours agrees to.
    pub const UNDERSTOOD: Self = Self(
        Self::NEEDED.0
            | Self::REQUEST_TARGET.0
            | Self::ALWAYS_SIGN.0
            | Self::EXTENDED.0
            | Self::IDENTIFY.0
            | Self::TARGET_INFO.0
            | Self::VERSION.0
            | Self::BITS_128.0
            | Self::BITS_56.0,
    );

    /// Whether all of `wanted` are set.
    #[must_use]
    pub const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Both sets.
    #[must_use]
    pub const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// This set without another.
    #[must_use]
    pub const fn without(self, less: Self) -> Self {
        Self(self.0 & !less.0)
    }

    /// What both sets have.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({:#010x})", self.0)
    }
}
