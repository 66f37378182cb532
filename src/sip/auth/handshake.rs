//! The client's half of a handshake within one request (MS-SIP section 4.1, MS-NLMP section 3.1.5.2).
//!
//! ```text
//!   REGISTER ──► 401 NTLM ──► REGISTER, empty data ──► 401 CHALLENGE ──► REGISTER, AUTHENTICATE
//!                                                                          │            │
//!                                                    2xx: association ◄────┘    401: wrong password
//! ```
//!
//! ```text
//!   REGISTER ──► 401 Kerberos ──► (a ticket is got outside) ──► REGISTER, token ──► 2xx: association
//!                                        │ none                       │ 401: refused
//!                                        └──── NTLM, else Digest ◄────┘
//! ```
//!
//! Only REGISTER makes an association. Another request that is challenged is signed again, once;
//! after that it waits for an association that a new REGISTER makes.

use std::fmt;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::association::{Association, Terms, TextVersion};
use super::choose::Asker;
use super::clock::Clock;
use super::credentials::Credentials;
use super::ntlm::{self, Fresh, Login, Refusal, Sender, SessionKey};
use super::sa_header::SaHeader;
use super::scheme::Scheme;
use super::signing::{Doubt, Signing};
use super::ticket::{Ticket, service_host};
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, Method};
use crate::sip::tokens::Tokens;

/// Where and when a request is sent, and with what.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The link.
    pub flow: Flow,
    /// Whether it keeps the order of messages and loses none.
    pub reliable: bool,
    /// The time.
    pub now: Instant,
    /// The time on the wall, if known.
    pub clock: Option<Clock>,
    /// The associations.
    pub signing: &'a mut Signing,
    /// Chance.
    pub tokens: &'a mut Tokens,
}

/// What a challenge means for the request that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Next {
    /// Send it again.
    Again,
    /// Keep it until the ticket it needs is there, or known not to be.
    Ticket,
    /// Keep it until there is a new association.
    Park,
    /// It failed.
    GiveUp,
}

/// What one request has tried with schemes that sign messages.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    steps: Vec<(Asker, Step)>,
    passes: Vec<(Asker, Pass)>,
    /// The association it was sent with last.
    signed_by: Option<u64>,
    signed_again: bool,
    parked: bool,
    rounds: u32,
}

/// How far the ticket for one asker is. There is one try for each: what follows is another scheme.
#[derive(Debug)]
enum Pass {
    /// One for the service at this host is being got.
    Wanted(String),
    /// It is there.
    Here(Box<Ticket>),
    /// It is shown.
    Shown,
    /// There is none, or the server did not take it.
    Without,
}

enum Step {
    /// A challenge is asked for.
    Ask(Terms),
    /// It is answered.
    Answer { terms: Terms, data: String },
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ask(_) => "Ask",
            Self::Answer { .. } => "Answer",
        })
    }
}

impl Attempt {
    /// Whether a challenge was answered, so that a 2xx means an association.
    pub(super) fn has_answered(&self) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Step::Answer { .. }))
    }

    /// Whether a challenge of Kerberos cannot be answered before a ticket is there; takes note that it
    /// is wanted.
    pub(super) fn lacks_ticket(&mut self, asker: Asker, challenge: &SaHeader, request: &Message) -> bool {
        if request.method() != Some(&Method::Register) {
            return false;
        }
        if self.pass(asker).is_none() {
            let host = service_host(challenge).unwrap_or_default().to_owned();
            self.set_pass(asker, Pass::Wanted(host));
        }
        matches!(self.pass(asker), Some(Pass::Wanted(_)))
    }

    /// The host of the service a ticket is wanted for.
    pub(super) fn wanted_host(&self) -> Option<&str> {
        self.passes.iter().find_map(|(_, pass)| match pass {
            Pass::Wanted(host) => Some(host.as_str()),
            _ => None,
        })
    }

    /// The ticket that was wanted; `None`: there is none.
    pub(super) fn take_ticket(&mut self, ticket: Option<Ticket>) {
        if let Some((_, pass)) = self.passes.iter_mut().find(|(_, pass)| matches!(pass, Pass::Wanted(_))) {
            *pass = ticket.map_or(Pass::Without, |ticket| Pass::Here(Box::new(ticket)));
        }
    }

    /// An asker challenges again: if it was shown a ticket, it does not take it.
    pub(super) fn challenged_again(&mut self, asker: Asker, scene: &mut Scene<'_>) {
        if matches!(self.pass(asker), Some(Pass::Shown)) {
            self.set_pass(asker, Pass::Without);
            self.steps.retain(|(a, _)| *a != asker);
            scene.signing.withdraw(scene.flow, asker);
        }
    }

    /// Whether Kerberos is out of the question for an asker.
    pub(super) fn goes_without_ticket(&self, asker: Asker) -> bool {
        matches!(self.pass(asker), Some(Pass::Without))
    }

    fn pass(&self, asker: Asker) -> Option<&Pass> {
        self.passes.iter().find(|(a, _)| *a == asker).map(|(_, pass)| pass)
    }

    fn set_pass(&mut self, asker: Asker, pass: Pass) {
        self.passes.retain(|(a, _)| *a != asker);
        self.passes.push((asker, pass));
    }

    /// Shows the ticket that is there.
    fn show(&mut self, asker: Asker, terms: Terms, scene: &mut Scene<'_>) -> Next {
        let at = self.passes.iter().position(|(a, pass)| *a == asker && matches!(pass, Pass::Here(_)));
        let Some((_, Pass::Here(ticket))) = at.map(|at| self.passes.swap_remove(at)) else {
            return broken(Doubt::BrokenChallenge, scene);
        };
        let Ticket { token, mechanism, life } = *ticket;
        self.set_pass(asker, Pass::Shown);
        begin_anew(scene);
        let association = Association::ticketed(terms.clone(), Sender::Client, asker, mechanism, life, scene.now);
        scene.signing.propose(scene.flow, association);
        self.set(asker, Step::Answer { terms, data: BASE64_STANDARD.encode(token) });
        Next::Again
    }

    /// Takes a challenge for this request. `credentials` may be missing for Kerberos only.
    pub(super) fn take(
        &mut self,
        asker: Asker,
        challenge: &SaHeader,
        request: &Message,
        credentials: Option<&Credentials>,
        scene: &mut Scene<'_>,
    ) -> Next {
        self.rounds += 1;
        let terms = Terms::of(challenge).filter(|_| self.rounds <= MAX_ROUNDS);
        let Some(terms) = terms else { return broken(Doubt::BrokenChallenge, scene) };
        if request.method() != Some(&Method::Register) {
            return self.refused(scene);
        }
        if terms.scheme == Scheme::Kerberos {
            return self.show(asker, terms, scene);
        }
        let Some(credentials) = credentials else { return Next::GiveUp };
        let step = self.steps.iter().find(|(a, _)| *a == asker).map(|(_, step)| step);
        match (challenge.data(), step) {
            (_, Some(Step::Answer { .. })) => {
                scene.signing.abandon(scene.flow);
                Next::GiveUp
            }
            (None, Some(Step::Ask(_))) | (Some(Err(_)), _) => broken(Doubt::BrokenChallenge, scene),
            (None, None) => {
                begin_anew(scene);
                self.set(asker, Step::Ask(terms));
                Next::Again
            }
            (Some(Ok(data)), _) => self.answer(asker, terms, &data, credentials, scene),
        }
    }

    fn answer(&mut self, asker: Asker, terms: Terms, challenge: &[u8], credentials: &Credentials, scene: &mut Scene<'_>) -> Next {
        let key = SessionKey::new(octets(scene.tokens));
        let time = scene.clock.map_or(0, |clock| clock.filetime(scene.now));
        let fresh = Fresh { challenge: octets(scene.tokens), key, time };
        match ntlm::answer(challenge, &Login::of(credentials), &fresh) {
            Ok((message, flags)) => {
                let association = Association::client(terms.clone(), asker, &fresh.key, flags, scene.now);
                scene.signing.propose(scene.flow, association);
                self.set(asker, Step::Answer { terms, data: BASE64_STANDARD.encode(message) });
                Next::Again
            }
            Err(Refusal::Weak) => broken(Doubt::WeakChallenge, scene),
            Err(_) => broken(Doubt::BrokenChallenge, scene),
        }
    }

    /// A request that makes no association was challenged.
    fn refused(&mut self, scene: &Scene<'_>) -> Next {
        match scene.signing.serial(scene.flow) {
            // Since it was sent there is a newer one.
            Some(current) if self.signed_by != Some(current) => Next::Again,
            Some(_) if !self.signed_again => {
                self.signed_again = true;
                Next::Again
            }
            _ if !self.parked => {
                self.parked = true;
                Next::Park
            }
            _ => Next::GiveUp,
        }
    }

    /// Puts the handshake on a request that is complete but for it.
    pub(super) fn write(&mut self, request: &mut Message, own: &[Asker], scene: &mut Scene<'_>) {
        self.signed_by = scene.signing.serial(scene.flow);
        for (asker, step) in self.steps.iter().filter(|(asker, _)| !own.contains(asker)) {
            let value = match step {
                Step::Ask(Terms { scheme, realm, target, version, .. }) => format!(
                    "{scheme} qop=\"auth\", realm=\"{realm}\", targetname=\"{target}\", gssapi-data=\"\"{}",
                    version.parameter()
                ),
                Step::Answer { terms, data } => {
                    let Terms { scheme, realm, target, opaque, version } = terms;
                    let opaque = if opaque.is_empty() { String::new() } else { format!("opaque=\"{opaque}\", ") };
                    let mut value = format!(
                        "{scheme} qop=\"auth\", {opaque}realm=\"{realm}\", targetname=\"{target}\", gssapi-data=\"{data}\"{}",
                        version.parameter()
                    );
                    let pending = scene.signing.pending(scene.flow, *asker).filter(|_| *version == TextVersion::V4);
                    if let Some(signature) = pending.and_then(|p| p.signature(request, scene.tokens)) {
                        value.push_str(", ");
                        value.push_str(&signature);
                    }
                    value
                }
            };
            request.headers.push(asker.credentials_header(), value);
        }
    }

    fn set(&mut self, asker: Asker, step: Step) {
        self.steps.retain(|(a, _)| *a != asker);
        self.steps.push((asker, step));
    }
}

/// The first challenge of one asker for a scheme that signs messages. One without realm or target,
/// or for Kerberos with a target that is no SIP service, cannot be answered, so it is as good as none.
#[must_use]
pub fn offered(response: &Message, asker: Asker, scheme: Scheme) -> Option<SaHeader> {
    let usable = |h: &SaHeader| {
        let served = scheme != Scheme::Kerberos || service_host(h).is_some();
        h.scheme == scheme && served && Terms::of(h).is_some()
    };
    SaHeader::all(response, asker.challenge_header()).find(usable)
}

/// A handshake begins: if the request was refused though it was signed, what signed it is void.
fn begin_anew(scene: &mut Scene<'_>) {
    if scene.signing.covers(scene.flow) && !scene.signing.is_renewing(scene.flow) {
        scene.signing.lose(scene.flow);
    }
}

fn broken(doubt: Doubt, scene: &mut Scene<'_>) -> Next {
    scene.signing.note(scene.flow, doubt);
    scene.signing.abandon(scene.flow);
    Next::GiveUp
}

fn octets<const N: usize>(tokens: &mut Tokens) -> [u8; N] {
    let mut out = [0; N];
    out.iter_mut().zip(tokens.bytes()).for_each(|(to, from)| *to = from);
    out
}

/// No request is challenged more often than this.
const MAX_ROUNDS: u32 = 8;
