//! Who sent a request: asks, and checks the answers (RFC 3261 section 22, MS-SIP section 3.1.5).

use std::time::Instant;

use super::accounts::Account;
use super::auth::Verdict;
use super::features::Feature;
use super::ntlm::Handshake;
use super::server::{Incoming, Server, ServerLog};
use crate::model::{Address, Stamp};
use crate::sip::auth::{Association, Doubt, Proof};
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, Method};

/// What came of looking at a request.
enum Finding {
    Verdict(Verdict),
    /// A handshake goes on with this challenge.
    GoOn(String),
}

impl Server {
    /// Who sent a request. Without an answer to a challenge there is none yet, and one is sent.
    pub(in crate::demo) fn identify(&mut self, incoming: &Incoming, now: Instant) -> Option<Address> {
        let request = &incoming.request;
        let claimed = request.from().ok().and_then(|f| Address::parse(f.uri.as_str()).ok());
        let Some(claimed) = claimed else {
            self.reply_code(incoming, 400, now);
            return None;
        };
        if self.accounts.of(&claimed).is_some_and(Account::is_resident) {
            self.reply_code(incoming, 403, now);
            return None;
        }
        if !self.authenticates() {
            return if self.accounts.has(&claimed) {
                Some(claimed)
            } else {
                self.reply_code(incoming, 403, now);
                None
            };
        }
        match self.examine(incoming, now) {
            Finding::Verdict(Verdict::Known(who)) if who == claimed => return Some(who),
            Finding::Verdict(Verdict::Known(_)) => self.reply_code(incoming, 403, now),
            Finding::Verdict(Verdict::Malformed) => self.reply_code(incoming, 400, now),
            Finding::Verdict(Verdict::Ask { stale }) => {
                let had_some = request.headers.has("Authorization") || request.headers.has("Proxy-Authorization");
                // One that asks for a challenge, or whose association ended, has not guessed.
                let forgotten = matches!(incoming.proof, Proof::Doubtful(Doubt::UnknownAssociation));
                if had_some && !stale && !forgotten {
                    self.log(ServerLog::WrongCredentials { flow: incoming.flow });
                }
                self.challenge(incoming, stale, now);
            }
            Finding::GoOn(challenge) => {
                let mut response = self.demand(incoming, 401, now);
                response.headers.push("WWW-Authenticate", challenge);
                self.reply(incoming.transaction, response, now);
            }
        }
        None
    }

    fn examine(&mut self, incoming: &Incoming, now: Instant) -> Finding {
        let ask = Finding::Verdict(Verdict::Ask { stale: false });
        let (flow, request) = (incoming.flow, &incoming.request);
        let method = request.method();
        if let Some(at) = self.config.oddities.signing.forget_at.iter().position(|m| Some(m) == method) {
            self.config.oddities.signing.forget_at.remove(at);
            self.endpoint.dissociate(flow);
            self.vouch_no_more(flow);
            return ask;
        }
        if incoming.proof == Proof::Signed {
            return match self.vouched_for(flow) {
                Some(who) => Finding::Verdict(Verdict::Known(who.clone())),
                None => ask,
            };
        }
        if let Some(finding) = self.examine_ticket(incoming, now) {
            return finding;
        }
        let credentials = self.ntlm.credentials(request).filter(|_| self.offers_ntlm(incoming));
        if let Some(credentials) = credentials {
            if method != Some(&Method::Register) || credentials.get("gssapi-data").is_none() {
                return ask;
            }
            return match self.ntlm.shake(flow, request, &credentials, &self.accounts, now) {
                Handshake::Challenge(value) => Finding::GoOn(value),
                Handshake::Rejected(why) => {
                    self.log(ServerLog::HandshakeRejected { flow, why });
                    ask
                }
                Handshake::Done(who, association) => {
                    if let Some(kerberos) = &mut self.kerberos {
                        kerberos.gone(flow);
                    }
                    self.associate(flow, *association);
                    Finding::Verdict(Verdict::Known(who))
                }
            };
        }
        if self.config.features.has(Feature::Digest) {
            Finding::Verdict(self.authenticator.check(request, &self.accounts, now))
        } else {
            ask
        }
    }

    /// What a ticket of Kerberos says; `None` where there is none for this server.
    fn examine_ticket(&mut self, incoming: &Incoming, now: Instant) -> Option<Finding> {
        let (flow, request) = (incoming.flow, &incoming.request);
        let reliable = self.is_reliable(flow);
        let kerberos = self.kerberos.as_mut().filter(|_| reliable)?;
        let credentials = kerberos.credentials(request)?;
        if request.method() != Some(&Method::Register) || credentials.get("gssapi-data").is_none() {
            return Some(Finding::Verdict(Verdict::Ask { stale: false }));
        }
        Some(match kerberos.take(flow, request, &credentials, &self.accounts, now) {
            Ok((who, association)) => {
                self.ntlm.gone(flow);
                self.associate(flow, *association);
                Finding::Verdict(Verdict::Known(who))
            }
            Err(why) => {
                self.log(ServerLog::HandshakeRejected { flow, why });
                Finding::Verdict(Verdict::Ask { stale: false })
            }
        })
    }

    fn associate(&mut self, flow: Flow, mut association: Association) {
        association.set_pranks(std::mem::take(&mut self.config.oddities.signing.pranks));
        self.endpoint.associate(flow, association);
    }

    /// The user for whom the association of a link vouches.
    fn vouched_for(&self, flow: Flow) -> Option<&Address> {
        self.ntlm.user(flow).or_else(|| self.kerberos.as_ref()?.user(flow))
    }

    /// A link is gone, or its association is.
    pub(in crate::demo) fn vouch_no_more(&mut self, flow: Flow) {
        self.ntlm.gone(flow);
        if let Some(kerberos) = &mut self.kerberos {
            kerberos.gone(flow);
        }
    }

    /// 401 from the registrar, 407 for everything else: clients use what they know of a proxy for
    /// all requests through it, but what they know of a user agent for that one only
    /// (RFC 3261 section 22.3), so this saves a challenge for every person watched. Clients that
    /// sign their messages get 401 whatever they asked for.
    pub(in crate::demo) fn challenge(&mut self, incoming: &Incoming, stale: bool, now: Instant) {
        let offers_ntlm = self.offers_ntlm(incoming);
        let kerberos = self.kerberos.as_ref().filter(|_| self.is_reliable(incoming.flow));
        let signs = offers_ntlm && self.ntlm.credentials(&incoming.request).is_some()
            || kerberos.is_some_and(|kerberos| kerberos.credentials(&incoming.request).is_some());
        let proxied = !signs && incoming.request.method() != Some(&Method::Register);
        let (code, field) = if proxied { (407, "Proxy-Authenticate") } else { (401, "WWW-Authenticate") };
        let mut response = self.demand(incoming, code, now);
        if let Some(kerberos) = kerberos {
            response.headers.push(field, kerberos.offer());
        }
        if offers_ntlm {
            response.headers.push(field, self.ntlm.offer());
        }
        if self.config.features.has(Feature::Digest) {
            for challenge in self.authenticator.challenges(stale, now) {
                response.headers.push(field, challenge);
            }
        }
        self.reply(incoming.transaction, response, now);
    }

    /// A 401 or 407 without challenges. Clients of NTLM and Kerberos compare its clock with theirs.
    fn demand(&self, incoming: &Incoming, code: u16, now: Instant) -> Message {
        let mut response = Message::response_to(&incoming.request, code);
        if self.config.features.has(Feature::Ntlm) || self.kerberos.is_some() {
            let skew = self.config.oddities.signing.skew.saturating_mul(1000);
            let shown = Stamp::from_millis(self.stamp(now).as_millis().saturating_add(skew));
            response.headers.push("Date", shown.to_rfc1123());
        }
        response
    }

    /// Signatures want a link that keeps the order of messages.
    fn is_reliable(&self, flow: Flow) -> bool {
        self.endpoint.flow_info(flow).is_some_and(|info| info.reliable)
    }

    /// Whether NTLM can be done: signatures want a link that keeps the order of messages, and the
    /// users file must have what it is checked with. Nobody learns here who has an account.
    fn offers_ntlm(&self, incoming: &Incoming) -> bool {
        if !self.is_reliable(incoming.flow) || !self.config.features.has(Feature::Ntlm) {
            return false;
        }
        let claimed = incoming.request.from().ok().and_then(|f| Address::parse(f.uri.as_str()).ok());
        let secret = claimed.and_then(|who| self.accounts.of(&who)?.secret.as_ref());
        secret.is_none_or(|secret| secret.nt().is_some())
    }
}
