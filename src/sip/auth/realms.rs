//! What a client keeps of the challenges it met, so that later requests bring their credentials
//! along (RFC 3261 section 22.2 and 22.3, RFC 7616 section 3.6), and which scheme it answers with.
//!
//! Kerberos goes before NTLM, and NTLM before Digest, where one asker offers several; what comes of
//! the first two is in [`super::signing`]. Where no ticket can be had, or the server does not take
//! it, the next one that is offered has its turn. A proxy that asks for Digest and a registrar behind it that asks for NTLM
//! are two askers and do not meet.
//!
//! Credentials of a proxy go with every request on the same link. Those of an origin server go
//! only with requests to a Request-URI, or with a Call-ID, that the realm has challenged before:
//! anybody on the way could try passwords against them, so they are not strewn about.

use std::collections::{BTreeMap, BTreeSet};

use super::Credentials;
use super::choose::{Asker, Demand, demands};
use super::digest::{Challenge, Signature, Signed};
use super::handshake::{self, Attempt};
pub use super::handshake::{Next, Scene};
use super::sa_header::SaHeader;
use super::scheme::{Scheme, Schemes};
use super::ticket::Ticket;
use crate::sip::endpoint::Flow;
use crate::sip::message::{AuthParams, Message};

/// The challenges met so far, and how to answer them.
#[derive(Debug)]
pub struct Realms {
    credentials: Option<Credentials>,
    schemes: Schemes,
    refuse_md5: bool,
    known: BTreeMap<RealmKey, Known>,
    /// How often a realm refused the password, since it accepted it last.
    refused: BTreeMap<RealmKey, u32>,
}

/// A realm is what one side of one link calls so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RealmKey {
    flow: Flow,
    asker: Asker,
    realm: String,
}

#[derive(Debug)]
struct Known {
    challenge: Challenge,
    /// Nonce count used last.
    count: u32,
    /// Request-URIs and Call-IDs challenged before.
    places: BTreeSet<String>,
}

/// What one request has tried; lives as long as the request.
#[derive(Debug, Default)]
pub struct Tries {
    sent: Vec<Try>,
    /// How often the request was sent again.
    rounds: u32,
    attempt: Attempt,
}

impl Tries {
    /// Whether a challenge of a scheme that signs messages was answered, so that success means an
    /// association.
    #[must_use]
    pub fn shook_hands(&self) -> bool {
        self.attempt.has_answered()
    }

    /// The host of the service a ticket is wanted for.
    #[must_use]
    pub fn wanted_host(&self) -> Option<&str> {
        self.attempt.wanted_host()
    }

    /// The ticket that was wanted; `None`: there is none. What that means,
    /// [learning](Realms::learn) from the same response again tells.
    pub fn take_ticket(&mut self, ticket: Option<Ticket>) {
        self.attempt.take_ticket(ticket);
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Try {
    asker: Asker,
    realm: String,
    nonce: String,
    /// The credentials answered a challenge to this very request: refusing them means the
    /// password is wrong.
    answered: bool,
    /// What was signed last.
    signature: Option<Signature>,
}

impl Realms {
    /// Knows nobody yet. Without a name and a password only Kerberos can be done.
    #[must_use]
    pub const fn new(credentials: Option<Credentials>, schemes: Schemes, refuse_md5: bool) -> Self {
        let schemes = if credentials.is_some() { schemes } else { schemes.without_password() };
        Self { credentials, schemes, refuse_md5, known: BTreeMap::new(), refused: BTreeMap::new() }
    }

    /// Puts credentials on a request for the realms that would ask for them. Those the caller
    /// put there himself stay.
    pub fn sign(&mut self, scene: &mut Scene<'_>, request: &mut Message, tries: &mut Tries) {
        let flow = scene.flow;
        let own: Vec<Asker> = Asker::ALL.into_iter().filter(|asker| request.headers.has(asker.credentials_header())).collect();
        let call_id = request.call_id().unwrap_or_default();
        for (key, known) in &mut self.known {
            let wanted = match key.asker {
                Asker::Proxy => true,
                Asker::Origin => known.places.contains(request.uri()) || known.places.contains(&call_id),
            };
            if key.flow != flow || !wanted || own.contains(&key.asker) {
                continue;
            }
            known.count += 1;
            let Some(method) = request.method() else { return };
            let signed = Signed { method, uri: request.uri(), body: &request.body };
            let cnonce = scene.tokens.hex(8);
            let Some(credentials) = &self.credentials else { return };
            let value = known.challenge.answer(credentials, &signed, &cnonce, known.count);
            let challenge = known.challenge.clone();
            let (nonce, uri) = (challenge.nonce.clone(), request.uri().to_owned());
            let signature = Some(Signature { challenge, uri, cnonce, count: known.count });
            request.headers.push(key.asker.credentials_header(), value);
            match tries.sent.iter_mut().find(|t| t.asker == key.asker && t.realm == key.realm) {
                Some(seen) => (seen.nonce, seen.signature) = (nonce, signature),
                None => {
                    tries.sent.push(Try { asker: key.asker, realm: key.realm.clone(), nonce, answered: false, signature });
                }
            }
        }
        tries.attempt.write(request, &own, scene);
    }

    /// Learns from a 401 or 407 whether sending the request again can help.
    pub fn learn(&mut self, scene: &mut Scene<'_>, request: &Message, response: &Message, tries: &mut Tries) -> Next {
        if scene.reliable && self.lacks_ticket(scene, request, response, tries) {
            return Next::Ticket;
        }
        let mut asked = demands(response, self.refuse_md5);
        if !self.schemes.has(Scheme::Digest) {
            asked.clear();
        }
        let mut next = None;
        // Signatures depend on the order of messages, so they are for streams.
        if scene.reliable {
            for asker in Asker::ALL {
                let Some(challenge) = self.signed_offer(response, asker, tries) else { continue };
                asked.retain(|d| d.asker != asker);
                let step = tries.attempt.take(asker, &challenge, request, self.credentials.as_ref(), scene);
                next = next.max(Some(step));
            }
        }
        if next == Some(Next::GiveUp) || (asked.is_empty() && next.is_some()) {
            return next.unwrap_or(Next::GiveUp);
        }
        if self.learn_digest(scene.flow, request, asked, tries) { next.unwrap_or(Next::Again) } else { Next::GiveUp }
    }

    /// Whether a ticket must be there before anything else can be said to this response. Nothing else
    /// has been learned from it then, so that it can be learned from again.
    fn lacks_ticket(&self, scene: &mut Scene<'_>, request: &Message, response: &Message, tries: &mut Tries) -> bool {
        for asker in Asker::ALL {
            if response.headers.has(asker.challenge_header()) {
                tries.attempt.challenged_again(asker, scene);
            }
            let offer = self.signed_offer(response, asker, tries).filter(|offer| offer.scheme == Scheme::Kerberos);
            if offer.is_some_and(|offer| tries.attempt.lacks_ticket(asker, &offer, request)) {
                return true;
            }
        }
        false
    }

    /// The best challenge of one asker that wants signed messages.
    fn signed_offer(&self, response: &Message, asker: Asker, tries: &Tries) -> Option<SaHeader> {
        let possible = |scheme: &Scheme| match scheme {
            Scheme::Kerberos => !tries.attempt.goes_without_ticket(asker),
            Scheme::Ntlm => true,
            Scheme::Digest => false,
        };
        let schemes = Scheme::ALL.into_iter().filter(|scheme| self.schemes.has(*scheme)).filter(possible);
        { schemes }.find_map(|scheme| handshake::offered(response, asker, scheme))
    }

    /// True when there is a demand that was not answered before, or one whose nonce was only too
    /// old.
    fn learn_digest(&mut self, flow: Flow, request: &Message, demands: Vec<Demand>, tries: &mut Tries) -> bool {
        tries.rounds += 1;
        if tries.rounds > MAX_ROUNDS {
            return false;
        }
        let key = |d: &Demand| RealmKey { flow, asker: d.asker, realm: d.challenge.realm.clone() };
        for demand in demands.iter().filter(|d| is_refusal(d, tries)) {
            if self.refused.len() >= MAX_REALMS {
                self.refused.pop_first();
            }
            let count = self.refused.entry(key(demand)).or_default();
            *count = count.saturating_add(1);
        }
        // Whatever else is asked there: once more could lock the account.
        let hopeless = demands.iter().any(|d| self.refused.get(&key(d)).is_some_and(|count| *count >= MAX_REFUSALS));
        let refused = hopeless || demands.iter().any(|d| is_refusal(d, tries));
        if demands.is_empty() || refused {
            // The next request starts afresh instead of repeating what was refused.
            self.known.retain(|key, _| {
                key.flow != flow || !demands.iter().any(|d| d.asker == key.asker && d.challenge.realm == key.realm)
            });
            return false;
        }
        for Demand { asker, challenge } in demands {
            match tries.sent.iter_mut().find(|t| t.asker == asker && t.realm == challenge.realm) {
                Some(seen) => {
                    seen.answered = true;
                    seen.nonce.clone_from(&challenge.nonce);
                }
                None => {
                    tries.sent.push(Try {
                        asker,
                        realm: challenge.realm.clone(),
                        nonce: challenge.nonce.clone(),
                        answered: true,
                        signature: None,
                    });
                }
            }
            self.keep(flow, asker, challenge, request);
        }
        true
    }

    /// A 2xx came: the realms took the password.
    pub fn accepted(&mut self, flow: Flow, tries: &Tries) {
        self.refused
            .retain(|key, _| key.flow != flow || !tries.sent.iter().any(|t| t.asker == key.asker && t.realm == key.realm));
    }

    /// Takes the next nonce from a 2xx (RFC 7616 section 3.5), unless a proof that came with it is
    /// wrong: who does not know the password has no nonce for us. A missing proof means nothing,
    /// most servers give none.
    pub fn take_next_nonce(&mut self, flow: Flow, response: &Message, tries: &Tries) {
        for asker in Asker::ALL {
            let mut of_asker = tries.sent.iter().filter(|t| t.asker == asker);
            // The header field names no realm: with two it is anybody's guess.
            let (Some(only), None) = (of_asker.next(), of_asker.next()) else { continue };
            // AuthParams wants a scheme in front, which this header field does not have.
            let info = response.headers.get(asker.info_header()).and_then(|info| AuthParams::parse(&format!("Digest {info}")));
            let Some(info) = info else { continue };
            let Some(credentials) = &self.credentials else { return };
            let wrong = |proof: &str| {
                let by = |s: &Signature| s.is_proven_by(proof, credentials, &response.body);
                !only.signature.as_ref().is_some_and(by)
            };
            if info.get("rspauth").is_some_and(wrong) {
                continue;
            }
            let next = info.get("nextnonce").map(str::to_owned);
            let key = RealmKey { flow, asker, realm: only.realm.clone() };
            if let (Some(next), Some(known)) = (next, self.known.get_mut(&key))
                && known.challenge.nonce != next
            {
                known.challenge.nonce = next;
                known.count = 0;
            }
        }
    }

    /// A link is gone, and what its other end asked for with it.
    pub fn forget(&mut self, flow: Flow) {
        self.known.retain(|key, _| key.flow != flow);
        self.refused.retain(|key, _| key.flow != flow);
    }

    fn keep(&mut self, flow: Flow, asker: Asker, challenge: Challenge, request: &Message) {
        let key = RealmKey { flow, asker, realm: challenge.realm.clone() };
        if !self.known.contains_key(&key) && self.known.len() >= MAX_REALMS {
            self.known.pop_first();
        }
        let known =
            self.known.entry(key).or_insert_with(|| Known { challenge: challenge.clone(), count: 0, places: BTreeSet::new() });
        if known.challenge.nonce != challenge.nonce {
            known.count = 0;
        }
        known.challenge = challenge;
        for place in [request.uri().to_owned(), request.call_id().unwrap_or_default()] {
            if known.places.len() >= MAX_PLACES && !known.places.contains(&place) {
                known.places.pop_first();
            }
            known.places.insert(place);
        }
    }
}

/// Whether a demand says that our answer to the one before was wrong.
fn is_refusal(demand: &Demand, tries: &Tries) -> bool {
    let Demand { asker, challenge } = demand;
    !challenge.stale && tries.sent.iter().any(|t| t.answered && t.asker == *asker && t.realm == challenge.realm)
}

/// No request is sent again more often than this, whatever the other side answers.
const MAX_ROUNDS: u32 = 4;
/// A realm that refused the password so often is not told it again on the same link.
const MAX_REFUSALS: u32 = 2;
/// Realms remembered.
const MAX_REALMS: usize = 32;
/// Request-URIs and Call-IDs remembered for each realm.
const MAX_PLACES: usize = 512;
