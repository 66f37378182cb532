//! The server's half of NTLM handshakes (MS-SIP section 4.1, MS-NLMP section 3.2.5.2): challenges
//! with names that cannot be guessed, and the check of what comes back.
//!
//! One handshake at a time on each link; a new one takes the place of the one before. What is kept
//! for a link is one challenge, and it goes with the link.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::association::{Association, Terms, TextVersion};
use super::clock::Clock;
use super::ntlm::{Authenticate, Challenge, Flags, NtHash, Refusal, TargetInfo, Weakening, accept};
use super::sa_header::SaHeader;
use super::scheme::Scheme;
use crate::sip::endpoint::Flow;
use crate::sip::message::Message;
use crate::sip::tokens::Tokens;

/// The realm every server of the family uses unless told otherwise (MS-SIP section 3.1.5.1).
pub const DEFAULT_REALM: &str = "SIP Communications Service";

/// How a server does NTLM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptorSettings {
    /// Which fields signatures cover.
    pub version: TextVersion,
    /// Extended session security.
    pub extended: bool,
    /// How much of the key is used without it.
    pub weakening: Weakening,
    /// The challenge tells the server's time, so that the client protects the handshake as a whole.
    pub timestamp: bool,
}

impl Default for AcceptorSettings {
    fn default() -> Self {
        Self { version: TextVersion::V4, extended: true, weakening: Weakening::None, timestamp: false }
    }
}

/// Challenges clients and checks their answers.
#[derive(Debug)]
pub struct Acceptor {
    settings: AcceptorSettings,
    /// The server's full name.
    target: String,
    clock: Option<Clock>,
    open: BTreeMap<Flow, Open>,
}

/// A challenge that is not answered yet.
#[derive(Debug)]
struct Open {
    opaque: String,
    message: Vec<u8>,
    flags: Flags,
    until: Instant,
}

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// There is no challenge of that name, or not any more.
    NoChallenge,
    /// Nobody of that name.
    NoSuchUser,
    /// The answer cannot be read or is not right.
    Answer(Refusal),
    /// The ticket of Kerberos is not for this service, or not good any more.
    Ticket,
    /// The signature that goes with the answer is not right.
    Signature,
}

impl Acceptor {
    /// A server of this full name.
    #[must_use]
    pub fn new(target: &str, settings: AcceptorSettings, clock: Option<Clock>) -> Self {
        Self { settings, target: target.to_owned(), clock, open: BTreeMap::new() }
    }

    /// What a client without credentials is told: the scheme is on offer.
    #[must_use]
    pub fn offer(&self) -> String {
        format!("NTLM realm=\"{DEFAULT_REALM}\", targetname=\"{}\"{}", self.target, self.settings.version.parameter())
    }

    /// Whether credentials are for this server.
    #[must_use]
    pub fn is_named_by(&self, header: &SaHeader) -> bool {
        header.scheme == Scheme::Ntlm
            && header.get("realm") == Some(DEFAULT_REALM)
            && header.get("targetname") == Some(self.target.as_str())
    }

    /// A challenge for a client that asked for one.
    pub fn challenge(&mut self, flow: Flow, tokens: &mut Tokens, now: Instant) -> String {
        let mut server_challenge = [0; 8];
        server_challenge.iter_mut().zip(tokens.bytes()).for_each(|(to, from)| *to = from);
        let mut flags = FLAGS;
        if !self.settings.extended {
            flags = flags.without(Flags::EXTENDED);
        }
        let message = Challenge {
            flags,
            server_challenge,
            target_name: netbios(&self.target),
            target_info: self.target_info(now),
            version: VERSION,
        }
        .to_bytes();
        let opaque = tokens.hex(4).to_ascii_uppercase();
        let value = format!(
            "NTLM opaque=\"{opaque}\", gssapi-data=\"{}\", targetname=\"{}\", realm=\"{DEFAULT_REALM}\"{}",
            BASE64_STANDARD.encode(&message),
            self.target,
            self.settings.version.parameter()
        );
        self.open.insert(flow, Open { opaque, message, flags, until: now + PATIENCE });
        value
    }

    /// Checks the answer to a challenge. `hash_of` knows the accounts, by the names the client
    /// gives them. Each challenge is good for one answer.
    ///
    /// # Errors
    /// [`Rejected`]: the client is to be challenged anew, from the beginning.
    pub fn accept<Who>(
        &mut self,
        flow: Flow,
        request: &Message,
        header: &SaHeader,
        now: Instant,
        hash_of: impl FnOnce(&str) -> Option<(Who, NtHash)>,
    ) -> Result<(Who, Association), Rejected> {
        let open = self.open.remove(&flow).filter(|open| open.until > now).ok_or(Rejected::NoChallenge)?;
        if header.get("opaque") != Some(open.opaque.as_str()) {
            return Err(Rejected::NoChallenge);
        }
        let refused = |refusal: Refusal| Rejected::Answer(refusal);
        let data = header.data().ok_or(Rejected::NoChallenge)?.map_err(|fault| refused(fault.into()))?;
        let answer = Authenticate::parse(&data).map_err(|fault| refused(fault.into()))?;
        let (who, hash) = hash_of(&answer.user).ok_or(Rejected::NoSuchUser)?;
        let key = accept(&open.message, &data, &hash).map_err(refused)?;
        let terms = Terms {
            scheme: Scheme::Ntlm,
            realm: DEFAULT_REALM.to_owned(),
            target: self.target.clone(),
            opaque: open.opaque,
            // A client that names no version knows the oldest only.
            version: self.settings.version.min(header.version()),
        };
        let version = terms.version;
        let mut association = Association::server(terms, &key, open.flags.common(answer.flags), self.settings.weakening, now);
        if version == TextVersion::V4 && association.verify(request, header).is_err() {
            return Err(Rejected::Signature);
        }
        Ok((who, association))
    }

    /// A link is gone.
    pub fn forget(&mut self, flow: Flow) {
        self.open.remove(&flow);
    }

    fn target_info(&self, now: Instant) -> TargetInfo {
        let mut info = TargetInfo::default();
        info.set_name(TargetInfo::DOMAIN, &netbios(&self.target));
        info.set_name(TargetInfo::COMPUTER, COMPUTER);
        info.set_name(TargetInfo::DNS_DOMAIN, &self.target);
        info.set_name(TargetInfo::DNS_COMPUTER, &self.target);
        if let Some(clock) = self.clock.filter(|_| self.settings.timestamp) {
            info.set(TargetInfo::TIMESTAMP, clock.filetime(now).to_le_bytes().to_vec());
        }
        info
    }
}

/// The first label of a name, as such names were before DNS.
fn netbios(name: &str) -> String {
    name.split('.').next().unwrap_or_default().chars().take(15).collect::<String>().to_ascii_uppercase()
}

const COMPUTER: &str = "CHINWAG";
/// What SIPE and we accept; see MS-NLMP section 2.2.2.5.
const FLAGS: Flags = Flags(0xe29a_8255);
/// Windows Server 2003's, which nobody looks at.
const VERSION: [u8; 8] = [5, 2, 0xce, 0x0e, 0, 0, 0, 0x0f];
/// How long a challenge may stay unanswered.
const PATIENCE: Duration = Duration::from_mins(1);
