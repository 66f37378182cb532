//! Which links have associations, and what that means for every message on them, in both
//! directions (MS-SIP sections 3.1.4.2 and 3.1.5.1).
//!
//! ```text
//!   client                       handshake            200
//!    nothing ──────────► pending ────────► up ◄───────────────── renewing
//!       ▲                                  │ │ 7 h 55 min           ▲  │
//!       │ sign-in fails        401, twice  │ └──────────────────────┘  │ 8 h
//!       └────────────────────── waiting ◄──┴────────────────────────────┘
//!                               (requests wait in the endpoint)
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::association::{Association, Wrong};
use super::choose::Asker;
use super::ntlm::Sender;
use super::sa_header::SaHeader;
use super::scheme::Scheme;
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, Method};
use crate::sip::tokens::Tokens;

/// Why a message, or a server, is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The signature is not that of the message.
    WrongSignature,
    /// The number was used before, or is too old.
    Replayed,
    /// It should be signed and is not.
    Unsigned,
    /// It is signed with an association we do not have.
    UnknownAssociation,
    /// A challenge that cannot be read, or none where one was due.
    BrokenChallenge,
    /// A challenge that offers no signed messages.
    WeakChallenge,
}

impl Doubt {
    /// For counters and events.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WrongSignature => "wrong_signature",
            Self::Replayed => "replayed_signature",
            Self::Unsigned => "unsigned_message",
            Self::UnknownAssociation => "unknown_association",
            Self::BrokenChallenge => "broken_challenge",
            Self::WeakChallenge => "weak_challenge",
        }
    }
}

/// What vouches for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Nothing on this level: there is no association on the link, or this is the handshake.
    None,
    /// The signature of the link's association.
    Signed,
    /// Something should and does not. Only servers see this; for a client there is no such request.
    Doubtful(Doubt),
}

/// What follows from looking at a message that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// What vouches for it.
    pub proof: Proof,
    /// It must not be worked on.
    pub discard: bool,
}

/// Associations of all links.
#[derive(Debug)]
pub struct Signing {
    /// Which of the two we are on every link.
    side: Sender,
    /// Without this, signatures mean nothing to us.
    enabled: bool,
    links: BTreeMap<Flow, Link>,
    doubts: VecDeque<(Flow, Doubt)>,
    serial: u64,
    /// Nothing is to be done about any link before; kept so that a server of many links need not look
    /// at all of them whenever it is asked.
    next_due: Option<Instant>,
}

#[derive(Debug, Default)]
struct Link {
    /// One for each asker at most.
    up: Vec<Association>,
    /// Those whose handshake is not over.
    pending: Vec<Association>,
    /// Changes with every new association; 0 before the first.
    serial: u64,
    /// Requests must wait for an association.
    waiting: bool,
    /// The user knows that it is time for a new one.
    renewing: bool,
}

impl Link {
    /// When an association here ends or, for a client, is to be renewed.
    fn next_due(&self, side: Sender) -> Option<Instant> {
        let ends = self.up.iter().map(Association::ends);
        let renews = side == Sender::Client && !self.renewing;
        let renewals = self.up.iter().filter(|_| renews).map(Association::renew_at);
        ends.chain(renewals).min()
    }
}

impl Signing {
    /// Without any association. Where it is not `enabled`, signatures of others are passed over.
    #[must_use]
    pub const fn new(side: Sender, enabled: bool) -> Self {
        Self { side, enabled, links: BTreeMap::new(), doubts: VecDeque::new(), serial: 0, next_due: None }
    }

    /// A client answered a challenge; the association is not in force yet.
    pub fn propose(&mut self, flow: Flow, association: Association) {
        let link = self.links.entry(flow).or_default();
        link.pending.retain(|p| p.asker() != association.asker());
        link.pending.push(association);
    }

    /// The association whose handshake is under way.
    pub fn pending(&mut self, flow: Flow, asker: Asker) -> Option<&mut Association> {
        self.links.get_mut(&flow)?.pending.iter_mut().find(|p| p.asker() == asker)
    }

    /// The handshake is over and went well; tells the scheme if there was one.
    pub fn adopt(&mut self, flow: Flow) -> Option<Scheme> {
        let link = self.links.get_mut(&flow)?;
        let scheme = link.pending.first()?.terms().scheme;
        for association in std::mem::take(&mut link.pending) {
            link.up.retain(|a| a.asker() != association.asker());
            link.up.push(association);
        }
        self.serial += 1;
        link.serial = self.serial;
        (link.waiting, link.renewing) = (false, false);
        let due = link.next_due(self.side);
        self.next_due = self.next_due.into_iter().chain(due).min();
        Some(scheme)
    }

    /// The server did not take what it was shown; handshakes with others go on.
    pub fn withdraw(&mut self, flow: Flow, asker: Asker) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.pending.retain(|p| p.asker() != asker);
        }
    }

    /// The handshake is over and came to nothing.
    pub fn abandon(&mut self, flow: Flow) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.pending.clear();
        }
    }

    /// An association is in force at once, in place of the one before (server).
    pub fn accept(&mut self, flow: Flow, association: Association) {
        self.propose(flow, association);
        self.adopt(flow);
    }

    /// The other side has forgotten its associations: requests wait from now on. `false` when
    /// they waited before.
    pub fn lose(&mut self, flow: Flow) -> bool {
        let link = self.links.entry(flow).or_default();
        link.up.clear();
        link.renewing = false;
        !std::mem::replace(&mut link.waiting, true)
    }

    /// Nobody waits any more: sign-in failed, or needed no association.
    pub fn stop_waiting(&mut self, flow: Flow) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.waiting = false;
        }
    }

    /// A link is gone, or its associations are void.
    pub fn forget(&mut self, flow: Flow) {
        self.links.remove(&flow);
    }

    /// Whether messages on a link are signed.
    #[must_use]
    pub fn covers(&self, flow: Flow) -> bool {
        self.links.get(&flow).is_some_and(|link| !link.up.is_empty())
    }

    /// Whether requests must wait for an association.
    #[must_use]
    pub fn is_waiting(&self, flow: Flow) -> bool {
        self.links.get(&flow).is_some_and(|link| link.waiting)
    }

    /// Whether it is time for a new association, so that REGISTER begins without the old one.
    #[must_use]
    pub fn is_renewing(&self, flow: Flow) -> bool {
        self.links.get(&flow).is_some_and(|link| link.renewing)
    }

    /// Which association is in force; never the same number for two.
    #[must_use]
    pub fn serial(&self, flow: Flow) -> Option<u64> {
        self.links.get(&flow).filter(|link| !link.up.is_empty()).map(|link| link.serial)
    }

    /// Takes note of a doubt that came up elsewhere.
    pub fn note(&mut self, flow: Flow, doubt: Doubt) {
        self.doubts.push_back((flow, doubt));
    }

    /// Doubts not told yet, oldest first.
    pub fn next_doubt(&mut self) -> Option<(Flow, Doubt)> {
        self.doubts.pop_front()
    }

    /// Links of a client whose association is to be renewed now. What has ended is gone.
    pub fn due(&mut self, now: Instant) -> Vec<Flow> {
        let client = self.side == Sender::Client;
        let mut due = Vec::new();
        if self.next_due.is_none_or(|at| at > now) {
            return due;
        }
        for (flow, link) in &mut self.links {
            let old = link.up.iter().any(|a| a.renew_at() <= now);
            let had = !link.up.is_empty();
            link.up.retain(|a| a.ends() > now);
            link.waiting |= client && had && link.up.is_empty();
            if client && old && !std::mem::replace(&mut link.renewing, true) {
                due.push(*flow);
            }
        }
        self.next_due = self.links.values().filter_map(|link| link.next_due(self.side)).min();
        due
    }

    /// When [`Signing::due`] is wanted next, or earlier.
    #[must_use]
    pub const fn next_due(&self) -> Option<Instant> {
        self.next_due
    }

    /// Signs a message that is about to leave, if its link has an association.
    pub fn protect(&mut self, flow: Flow, message: &mut Message, tokens: &mut Tokens) {
        let Some(link) = self.links.get_mut(&flow) else { return };
        if self.side == Sender::Server {
            drop_signatures(message);
        }
        let begins_anew = link.renewing && message.method() == Some(&Method::Register);
        for association in &mut link.up {
            let skip = match association.side() {
                // A request that carries a handshake with this server needs nothing more.
                Sender::Client => {
                    let name = association.asker().credentials_header();
                    begins_anew || SaHeader::all(message, name).any(|h| same_place(association, &h))
                }
                // Whoever is challenged may have lost the association.
                Sender::Server => matches!(message.status(), Some(401 | 407)),
            };
            if !skip {
                association.sign(message, tokens);
            }
        }
    }

    /// Looks at a message that came.
    pub fn judge(&mut self, flow: Flow, message: &Message) -> Judgement {
        if !self.enabled {
            return Judgement { proof: Proof::None, discard: false };
        }
        let outcome = match self.side {
            Sender::Server => self.judge_as_server(flow, message),
            Sender::Client => self.judge_as_client(flow, message).map_err(|doubt| (doubt, true)),
        };
        match outcome {
            Ok(proof) => Judgement { proof, discard: false },
            Err((doubt, discard)) => {
                self.note(flow, doubt);
                Judgement { proof: Proof::Doubtful(doubt), discard }
            }
        }
    }

    fn judge_as_client(&mut self, flow: Flow, message: &Message) -> Result<Proof, Doubt> {
        let signatures = carried(message, Asker::info_header, "rspauth");
        let of_register = message.cseq().is_some_and(|c| c.method == Method::Register);
        let Some(link) = self.links.get_mut(&flow) else {
            return if signatures.is_empty() { Ok(Proof::None) } else { Err(Doubt::UnknownAssociation) };
        };
        let pending = if of_register && message.status().is_some() { link.pending.as_mut_slice() } else { &mut [] };
        for association in pending.iter_mut().chain(&mut link.up) {
            if let Some(header) = signatures.iter().find(|h| association.terms().are_named_by(h)) {
                return check(association, message, header);
            }
        }
        if !signatures.is_empty() {
            return Err(Doubt::UnknownAssociation);
        }
        let may_be_unsigned = match message.status() {
            Some(code) => code < 200 || matches!(code, 401 | 407) || of_register,
            None => false,
        };
        // While a lost association is made anew the link is still one on which requests are signed:
        // else a forged 401 would open it to everything.
        let open = link.up.is_empty() && (!link.waiting || message.status().is_some());
        if open || may_be_unsigned { Ok(Proof::None) } else { Err(Doubt::Unsigned) }
    }

    /// The flag of an error says that the message must not be worked on.
    fn judge_as_server(&mut self, flow: Flow, message: &Message) -> Result<Proof, (Doubt, bool)> {
        let unanswerable = matches!(message.method(), None | Some(Method::Ack | Method::Cancel | Method::Benotify));
        let doubt = |doubt| Err((doubt, unanswerable || doubt == Doubt::Replayed));
        let signatures = carried(message, Asker::credentials_header, "response");
        // The last message of a handshake may be signed; that is for whoever checks it to see. Only
        // REGISTER carries one: anything else must not get by with a field that looks like it.
        let shakes_hands = message.method() == Some(&Method::Register);
        if shakes_hands && signatures.iter().any(|h| h.get("gssapi-data").is_some()) {
            return Ok(Proof::None);
        }
        let association = self.links.get_mut(&flow).and_then(|link| link.up.first_mut());
        match (association, signatures.as_slice()) {
            (None, []) => Ok(Proof::None),
            (None, _) => doubt(Doubt::UnknownAssociation),
            (Some(association), signatures) => {
                if let Some(header) = signatures.iter().find(|h| association.terms().are_named_by(h)) {
                    return check(association, message, header).or_else(doubt);
                }
                if !signatures.is_empty() {
                    return doubt(Doubt::UnknownAssociation);
                }
                if message.status().is_some_and(|code| code < 200) { Ok(Proof::None) } else { doubt(Doubt::Unsigned) }
            }
        }
    }
}

/// The fields of one kind that carry a signature, as the names for both askers have them.
fn carried(message: &Message, name: fn(Asker) -> &'static str, parameter: &str) -> Vec<SaHeader> {
    let of = |asker| SaHeader::all(message, name(asker)).filter(|h| h.get(parameter).is_some());
    Asker::ALL.into_iter().flat_map(of).collect()
}

/// Takes away what was signed for another hop.
fn drop_signatures(message: &mut Message) {
    for asker in Asker::ALL {
        for name in [asker.info_header(), asker.credentials_header()] {
            if SaHeader::all(message, name).next().is_some() {
                message.headers.remove(name);
            }
        }
    }
}

fn check(association: &mut Association, message: &Message, header: &SaHeader) -> Result<Proof, Doubt> {
    match association.verify(message, header) {
        Ok(()) => Ok(Proof::Signed),
        Err(Wrong::Signature) => Err(Doubt::WrongSignature),
        Err(Wrong::Replay) => Err(Doubt::Replayed),
    }
}

fn same_place(association: &Association, header: &SaHeader) -> bool {
    let terms = association.terms();
    header.scheme == terms.scheme
        && header.get("realm") == Some(terms.realm.as_str())
        && header.get("targetname") == Some(terms.target.as_str())
}
