//! Ways to authenticate, and which of them may be used.

use std::fmt;

/// A way to authenticate, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Kerberos with signed messages (MS-SIP).
    Kerberos,
    /// NTLM with signed messages (MS-SIP).
    Ntlm,
    /// Digest (RFC 7616).
    Digest,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kerberos, Self::Ntlm, Self::Digest];

    /// Reads the first word of a challenge or of credentials; `None` for one we refuse, such as
    /// `Basic`.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str().eq_ignore_ascii_case(token.trim()))
    }

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kerberos => "Kerberos",
            Self::Ntlm => "NTLM",
            Self::Digest => "Digest",
        }
    }

    /// The word in events and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kerberos => "kerberos",
            Self::Ntlm => "ntlm",
            Self::Digest => "digest",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The schemes that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Schemes {
    kerberos: bool,
    ntlm: bool,
    digest: bool,
}

impl Schemes {
    /// Everything we can do; the best that is offered wins.
    pub const ANY: Self = Self { kerberos: true, ntlm: true, digest: true };

    /// One alone.
    #[must_use]
    pub const fn only(scheme: Scheme) -> Self {
        Self {
            kerberos: matches!(scheme, Scheme::Kerberos),
            ntlm: matches!(scheme, Scheme::Ntlm),
            digest: matches!(scheme, Scheme::Digest),
        }
    }

    /// These.
    #[must_use]
    pub fn of(schemes: impl IntoIterator<Item = Scheme>) -> Self {
        let mut all = Self { kerberos: false, ntlm: false, digest: false };
        for scheme in schemes {
            match scheme {
                Scheme::Kerberos => all.kerberos = true,
                Scheme::Ntlm => all.ntlm = true,
                Scheme::Digest => all.digest = true,
            }
        }
        all
    }

    /// Those of them that need no password.
    #[must_use]
    pub const fn without_password(self) -> Self {
        Self { ntlm: false, digest: false, ..self }
    }

    /// Whether one of them signs messages.
    #[must_use]
    pub const fn sign(self) -> bool {
        self.kerberos || self.ntlm
    }

    /// Whether a scheme may be used.
    #[must_use]
    pub const fn has(self, scheme: Scheme) -> bool {
        match scheme {
            Scheme::Kerberos => self.kerberos,
            Scheme::Ntlm => self.ntlm,
            Scheme::Digest => self.digest,
        }
    }
}

impl Default for Schemes {
    fn default() -> Self {
        Self::ANY
    }
}
