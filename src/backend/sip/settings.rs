//! What a SIP account must be told before it can sign in.

use std::time::Duration;

use crate::backend::Target;
use crate::backend::refusals::Refusals;
use crate::model::{Address, Dialect, InvitationRules, Roster, Secret};
use crate::sip::auth::{Clock, Credentials, Schemes};

/// Settings of one SIP account; complete, with every default filled in.
#[derive(Debug, Clone)]
pub struct SipSettings {
    /// Who we are.
    pub aor: Address,
    /// The name others see; empty for none.
    pub display_name: String,
    /// Answers challenges; `None` where no password was given.
    pub credentials: Option<Credentials>,
    /// Where to connect.
    pub target: Target,
    /// The home server of the last run: tried once before `target`.
    pub home: Option<Target>,
    /// What is remembered of a password that was refused, in an earlier run too.
    pub refusals: Option<Refusals>,
    /// Force a dialect; `None` finds out.
    pub dialect: Option<Dialect>,
    /// `urn:uuid:` of this installation, the same after every start (RFC 5626 section 4.1).
    pub instance: uuid::Uuid,
    /// Lifetime asked for registration, publication and subscriptions.
    pub expires: Expires,
    /// Address of the list kept for us on a list server (RFC 4662), if the user named one.
    pub list_uri: Option<String>,
    /// Address of a list server that takes lists in the request (RFC 5367), if named.
    pub adhoc_list_uri: Option<String>,
    /// Root of the XCAP server (RFC 4825), such as `http://127.0.0.1:5060/xcap-root`, if named.
    pub xcap_root: Option<String>,
    /// The roster known from the last time, or from the local file.
    pub roster: Roster,
    /// People blocked locally, where the server cannot do it.
    pub access: crate::model::AccessList,
    /// Individual subscriptions started each second.
    pub subscribe_rate: u32,
    /// How a dead connection is noticed.
    pub timing: Timing,
    /// Away from the preferred server: look after this long whether it is back; zero = never.
    pub return_after: Duration,
    /// Do not answer challenges of less than SHA-256.
    pub refuse_md5: bool,
    /// What challenges may be answered with; Kerberos goes before NTLM, and NTLM before Digest.
    pub schemes: Schemes,
    /// What policy says of invitations.
    pub invitations: InvitationRules,
    /// The time on the wall, if known: NTLM tells it to the server.
    pub clock: Option<Clock>,
    /// For `User-Agent`.
    pub product: String,
    /// The front writes messages down: ours leave after [`crate::backend::Command::Release`].
    pub ledger: bool,
    /// When others are told that a message arrived.
    pub acknowledge: Acknowledge,
    /// The front takes and sends files.
    pub files: bool,
    /// The number of the last file that was offered to us before: numbers are not given twice.
    pub files_before: u64,
    /// Ids of messages that were written down in earlier runs: they are not shown again.
    pub received: Vec<String>,
    /// Seed of branches, tags and Call-IDs: random in the program, a constant in tests.
    pub seed: [u8; 32],
}

impl SipSettings {
    /// Whether the list to subscribe to is ours to make: documents are kept on a server, and the
    /// user named no list.
    #[must_use]
    pub fn makes_own_list(&self) -> bool {
        self.xcap_root.is_some() && self.list_uri.is_none() && self.adhoc_list_uri.is_none()
    }

    /// Answers challenges with another password from now on; the name stays.
    pub(super) fn set_password(&mut self, secret: &Secret) -> Credentials {
        let user = self.credentials.as_ref().map_or_else(|| self.aor.user().to_owned(), |known| known.user.clone());
        let domain = self.credentials.as_ref().map(|known| known.domain.clone());
        let credentials = Credentials::new(&user, secret.expose()).with_domain(domain.as_deref());
        self.credentials = Some(credentials.clone());
        credentials
    }

    /// The address of such a list: one that nobody else of this user's programs would take.
    #[must_use]
    pub fn own_list_uri(&self) -> String {
        format!("sip:{}-chinwag-contacts@{}", self.aor.user(), self.aor.domain())
    }
}

/// When the sender of a message is told that it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Acknowledge {
    /// As it comes.
    #[default]
    AtOnce,
    /// After [`crate::backend::Command::Received`]: it is written down, or printed.
    WhenKept,
    /// Never: nobody here reads messages. They are refused, and the server keeps them or tries another device.
    Never,
}

/// How a dead connection is noticed. *Attended*: somebody was at the keyboard lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between two pings on a stream, if the server does not wish them more often; zero: none.
    pub ping: Duration,
    /// Between two keep-alives over UDP, if the server does not wish them more often; zero: none. Each comes up
    /// to 17 % sooner.
    pub datagram_ping: Duration,
    /// Attended: silence of the server before it is pinged.
    pub attended_ping: Duration,
    /// Longest wait for the answer to a ping, where answers are known to come (RFC 5626 section 4.4.1).
    pub pong: Duration,
    /// The same, attended.
    pub attended_pong: Duration,
    /// A request without answer, and silence otherwise, before the server is asked whether it lives.
    pub request: Duration,
    /// The same, attended.
    pub attended_request: Duration,
    /// Longest wait for a sign of life after the machine slept or the network changed.
    pub probe: Duration,
    /// So long after each [`Command::Attend`](crate::backend::Command::Attend) somebody is there.
    pub attended_for: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping: Duration::from_mins(1),
            datagram_ping: Duration::from_secs(29),
            attended_ping: Duration::from_secs(5),
            pong: Duration::from_secs(10),
            attended_pong: Duration::from_secs(9),
            request: Duration::from_secs(32),
            attended_request: Duration::from_secs(10),
            probe: Duration::from_secs(5),
            attended_for: Duration::from_secs(30),
        }
    }
}

/// Lifetimes asked for, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expires {
    /// REGISTER.
    pub registration: u32,
    /// PUBLISH.
    pub publication: u32,
    /// SUBSCRIBE.
    pub subscription: u32,
}

impl Default for Expires {
    fn default() -> Self {
        Self { registration: 600, publication: 3600, subscription: 3600 }
    }
}
