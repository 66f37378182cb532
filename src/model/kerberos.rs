//! Why Kerberos does not let an account in.

/// What stands between an account and its service. Each has its own sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KerberosFault {
    /// There is no library for it on this machine.
    NoLibrary {
        /// What was looked for.
        detail: String,
    },
    /// This build of the program has it not.
    NotBuilt,
    /// Nobody has signed in to Kerberos here.
    NoTicket,
    /// The ticket is over.
    Expired,
    /// Kerberos knows no SIP service at the server's host.
    UnknownService {
        /// The host, as the server named it.
        host: String,
    },
    /// No server of Kerberos (KDC) answers, or none is known.
    Unreachable,
    /// This machine's clock is too far from that of Kerberos.
    ClockSkew,
    /// The server did not take the ticket.
    Refused {
        /// The host, as the server named it.
        host: String,
    },
    /// Anything else.
    Other {
        /// The library's words.
        detail: String,
    },
}

impl KerberosFault {
    /// Whether somebody must act who will then say so. A ticket comes by `kinit`, a clock is set, and
    /// neither says anything to this program, so these are looked for again, [rarely](Self::is_slow):
    /// nobody's account is locked by that, and Kerberos is not even asked without a ticket.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::NoLibrary { .. } | Self::NotBuilt | Self::UnknownService { .. } | Self::Refused { .. })
    }

    /// Whether it changes by the hand of a person at best: trying again soon helps nobody.
    #[must_use]
    pub const fn is_slow(&self) -> bool {
        matches!(self, Self::NoTicket | Self::Expired | Self::ClockSkew | Self::Other { .. })
    }
}
