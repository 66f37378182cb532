//! How far an account is on its way to being signed in, and what its server can do.

use std::net::SocketAddr;
use std::time::Duration;

use super::certificate::{Distrust, OwnCertificate, Pin, Unfit};
use super::kerberos::KerberosFault;
use super::time::Stamp;

/// The way a connection travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TLS over TCP.
    Tls,
    /// Clear text over TCP.
    Tcp,
    /// Datagrams, clear text.
    Udp,
}

impl Transport {
    /// The word in JSON, configuration and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// Whether what is sent arrives or the connection ends: everything but datagrams.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// Steps of signing in, as the status bar and `phase` events show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInPhase {
    /// Looking up names.
    Resolving,
    /// Opening a connection.
    Connecting,
    /// TLS handshake.
    Securing,
    /// Registering; answering challenges.
    Authenticating,
    /// Asking for roster and presence.
    Subscribing,
    /// Signed in, everything asked for.
    Online,
    /// Will try again.
    Waiting {
        /// From now.
        retry_in: Duration,
        /// What ended the last attempt.
        why: WaitReason,
    },
    /// Signed out, or refused for good; will not try again by itself.
    Offline {
        /// Why, when it was not the user's wish.
        why: Option<WaitReason>,
    },
}

impl SignInPhase {
    /// The word in JSON events.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Connecting => "connecting",
            Self::Securing => "securing",
            Self::Authenticating => "authenticating",
            Self::Subscribing => "subscribing",
            Self::Online => "online",
            Self::Waiting { .. } => "waiting",
            Self::Offline { .. } => "offline",
        }
    }
}

/// What ended a connection or an attempt to sign in. Each has its own sentence and exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitReason {
    /// The name of the server is not known, or the name server did not answer.
    NameNotFound {
        /// The name asked for.
        name: String,
    },
    /// The server found for a domain has a name outside of it.
    ServerOutside {
        /// The server's name.
        server: String,
        /// The domain.
        domain: String,
    },
    /// Nobody listens there.
    Refused {
        /// Address and port tried.
        at: String,
    },
    /// No answer in time.
    Timeout {
        /// What was waited for: address and port, or the request.
        at: String,
    },
    /// The network cannot be reached, or another fault of the socket.
    Network {
        /// The system's words.
        detail: String,
    },
    /// The certificate does not name the server.
    TlsName {
        /// Name expected.
        expected: String,
        /// Names the certificate holds.
        found: Vec<String>,
    },
    /// The certificate is signed by nobody we trust.
    TlsUnknownCa {
        /// Where the chain ends.
        distrust: Distrust,
    },
    /// The certificate, or one it depends on, is out of date or not valid yet.
    TlsExpired {
        /// Whose it is, where it is not the server's own.
        whose: Option<String>,
        /// Begin of its time.
        from: Stamp,
        /// End of its time.
        until: Stamp,
        /// What this machine's clock showed.
        clock: Stamp,
    },
    /// The server's key is none of those that are pinned.
    TlsKeyChanged {
        /// The pinned ones.
        expected: Vec<Pin>,
        /// The server's.
        found: Pin,
    },
    /// The certificate is no good, whoever signed it.
    TlsUnfit {
        /// Why.
        unfit: Unfit,
    },
    /// The certificate we show, or should show, is the trouble.
    TlsOwn {
        /// What is wrong with it.
        fault: OwnCertificate,
    },
    /// Any other failure of the handshake.
    Tls {
        /// What went wrong.
        detail: String,
    },
    /// Policy forbids it.
    Policy {
        /// Which, as it is told to the user.
        whose: String,
    },
    /// Name or password is wrong.
    WrongPassword,
    /// The server does not know the account.
    UnknownUser,
    /// The server refuses sign-in.
    Forbidden {
        /// Status code.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// The server cannot serve now.
    Busy {
        /// Status code.
        code: u16,
        /// The server's words.
        reason: String,
    },
    /// None of the ways to authenticate that the server offers can be used.
    NoCommonAuth {
        /// What the server offered.
        offered: String,
    },
    /// Kerberos does not let us in.
    Kerberos(KerberosFault),
    /// There is no server left that was not tried just now, or did not ask to be left alone for now.
    NoOtherServer,
    /// The connection was closed by the other side.
    Closed,
    /// The server wants us to sign in anew: the account has moved to another server, or the server
    /// has lost what it knew of us.
    Moved,
    /// The server signed us out.
    SignedOutByServer {
        /// The server's words.
        reason: String,
    },
    /// The server's answer to signing in was not signed as it should be.
    WrongSignature,
    /// What the server sent cannot be understood.
    Protocol {
        /// What is wrong with it.
        detail: String,
    },
    /// What another chinwag told of its own connection.
    Told {
        /// Its word for scripts.
        why: &'static str,
        /// Its sentence.
        text: String,
    },
}

impl WaitReason {
    /// Whether trying again without a change by the user is pointless, or would lock the account.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Kerberos(fault) => fault.is_final(),
            _ => matches!(
                self,
                Self::WrongPassword
                    | Self::UnknownUser
                    | Self::Forbidden { .. }
                    | Self::NoCommonAuth { .. }
                    | Self::TlsName { .. }
                    | Self::TlsUnknownCa { .. }
                    | Self::TlsExpired { .. }
                    | Self::TlsKeyChanged { .. }
                    | Self::TlsUnfit { .. }
                    | Self::TlsOwn { .. }
                    | Self::SignedOutByServer { .. }
            ),
        }
    }
}

/// The two families of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Microsoft Live Communications Server 2005.
    Lcs,
    /// The IETF's SIMPLE.
    Simple,
}

impl Dialect {
    /// The word in JSON and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lcs => "lcs",
            Self::Simple => "simple",
        }
    }
}

/// Where the roster is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RosterHome {
    /// In a file of this machine.
    #[default]
    Local,
    /// On the server; other devices see changes.
    Server,
}

/// What the server was found able to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Which family.
    pub dialect: Dialect,
    /// One subscription for many people.
    pub batch: bool,
    /// Best-effort notifications.
    pub benotify: bool,
    /// First state within the answer to the subscription.
    pub piggyback: bool,
    /// Subscriptions extended without being asked.
    pub autoextend: bool,
    /// Interval of keep-alive, if one is used.
    pub keepalive: Option<Duration>,
    /// The server answers the pings.
    pub pongs: bool,
    /// What a ping is: `lines`, `stun`, `options`, or `none` where there are none.
    pub ping: &'static str,
    /// The server keeps our flow and sends everything over it (RFC 5626).
    pub outbound: bool,
    /// The server has a name for this device (RFC 5627).
    pub gruu: bool,
    /// Where the server sees us, if it says so.
    pub seen_at: Option<SocketAddr>,
    /// Scheme we are authenticated by: `digest`, `ntlm`, `kerberos` or `none`.
    pub auth: &'static str,
    /// Our presence can be published.
    pub publish: bool,
    /// The server tells who watches us.
    pub watchers: bool,
    /// Allow and block lists are enforced by the server.
    pub access_on_server: bool,
    /// Where the roster lives.
    pub roster_home: RosterHome,
    /// Messages travel in sessions: several people can talk at once, looks of texts are kept.
    pub sessions: bool,
    /// The server has a directory that can be searched.
    pub directory: bool,
    /// Every message in both directions carries a signature that is checked.
    pub signed: bool,
}
