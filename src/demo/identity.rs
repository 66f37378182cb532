//! Who sent a request: asks, and checks the answers (RFC 3261 section 22, MS-SIP section 3.1.5).

use std::time::Instant;

use super::accounts::Account;
use super::auth::Verdict;
use super::features::Feature;
use super::ntlm::Handshake;
use super::server::{Incoming, Server, ServerLog};
use crate::model::{Address, Stamp};
use crate::sip::auth::{Doubt, Proof};
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
        if !self.config.features.authenticate() {
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
            self.ntlm.gone(flow);
            return ask;
        }
        if incoming.proof == Proof::Signed {
            return match self.ntlm.user(flow) {
                Some(who) => Finding::Verdict(Verdict::Known(who.clone())),
                None => ask,
            };
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
                Handshake::Done(who, mut association) => {
                    association.set_pranks(std::mem::take(&mut self.config.oddities.signing.pranks));
                    self.endpoint.associate(flow, *association);
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

    /// 401 from the registrar, 407 for everything else: clients use what they know of a proxy for
    /// all requests through it, but what they know of a user agent for that one only
    /// (RFC 3261 section 22.3), so this saves a challenge for every person watched. Clients that
    /// sign their messages get 401 whatever they asked for.
    pub(in crate::demo) fn challenge(&mut self, incoming: &Incoming, stale: bool, now: Instant) {
        let offers_ntlm = self.offers_ntlm(incoming);
        let signs = offers_ntlm && self.ntlm.credentials(&incoming.request).is_some();
        let proxied = !signs && incoming.request.method() != Some(&Method::Register);
        let (code, field) = if proxied { (407, "Proxy-Authenticate") } else { (401, "WWW-Authenticate") };
        let mut response = self.demand(incoming, code, now);
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

    /// A 401 or 407 without challenges. Clients of NTLM compare its clock with theirs.
    fn demand(&self, incoming: &Incoming, code: u16, now: Instant) -> Message {
        let mut response = Message::response_to(&incoming.request, code);
        if self.config.features.has(Feature::Ntlm) {
            let skew = self.config.oddities.signing.skew.saturating_mul(1000);
            let shown = Stamp::from_millis(self.stamp(now).as_millis().saturating_add(skew));
            response.headers.push("Date", shown.to_rfc1123());
        }
        response
    }

    /// Whether NTLM can be done: signatures want a link that keeps the order of messages, and the
    /// users file must have what it is checked with. Nobody learns here who has an account.
    fn offers_ntlm(&self, incoming: &Incoming) -> bool {
        let reliable = self.endpoint.flow_info(incoming.flow).is_some_and(|info| info.reliable);
        if !reliable || !self.config.features.has(Feature::Ntlm) {
            return false;
        }
        let claimed = incoming.request.from().ok().and_then(|f| Address::parse(f.uri.as_str()).ok());
        let secret = claimed.and_then(|who| self.accounts.of(&who)?.secret.as_ref());
        secret.is_none_or(|secret| secret.nt().is_some())
    }
}
