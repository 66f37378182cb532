//! Digest on the server's side: challenges, and the check of what comes back (RFC 7616, RFC 8760).
//!
//! A nonce carries its own age and a mark that only this server can make, so challenges that
//! nobody answers take no memory. What is remembered is which counts of a nonce were used, for
//! nonces that were answered well, and no more of them than the limit; a nonce older than the
//! oldest forgotten one is stale.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::accounts::Accounts;
use crate::model::Address;
use crate::sip::auth::digest::Signed;
use crate::sip::auth::{Algorithm, Presented, Qop};
use crate::sip::message::{AuthParams, Message};
use crate::sip::tokens::Tokens;

/// What came of looking at a request's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They are this user's.
    Known(Address),
    /// There are none, or they are wrong: ask (again).
    Ask {
        /// The nonce is too old or was used before; the password was right (RFC 7616 section 3.3).
        stale: bool,
    },
    /// They cannot be read: 400.
    Malformed,
}

/// Checks credentials.
#[derive(Debug)]
pub struct Authenticator {
    realm: String,
    domain: String,
    algorithms: Vec<Algorithm>,
    tokens: Tokens,
    key: String,
    born: Instant,
    lifetime: Duration,
    capacity: usize,
    used: BTreeMap<String, Used>,
    order: VecDeque<String>,
    forgotten_until: u128,
}

/// Which counts of a nonce were used: the highest, and one bit for each of the 64 below it.
#[derive(Debug, Clone, Copy)]
struct Used {
    highest: u32,
    below: u64,
}

impl Used {
    /// Takes note of a count; `false` if it was used before or is too far behind to tell.
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let step = count - self.highest;
            self.below = if step >= 64 { 0 } else { (self.below << step) | (1 << (step - 1)) };
            if step == 64 {
                self.below = 1 << 63;
            }
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        if behind == 0 || behind > 64 {
            return false;
        }
        let bit = 1_u64 << (behind - 1);
        let fresh = self.below & bit == 0;
        self.below |= bit;
        fresh
    }
}

impl Authenticator {
    /// An authenticator for a realm; `domain` completes user names to addresses.
    #[must_use]
    pub fn new(domain: &str, offer_md5: bool, mut tokens: Tokens, born: Instant, lifetime: Duration, capacity: usize) -> Self {
        let mut algorithms = vec![Algorithm::Sha256];
        if offer_md5 {
            algorithms.push(Algorithm::Md5);
        }
        let key = tokens.hex(32);
        Self {
            realm: domain.to_owned(),
            domain: domain.to_owned(),
            algorithms,
            tokens,
            key,
            born,
            lifetime,
            capacity,
            used: BTreeMap::new(),
            order: VecDeque::new(),
            forgotten_until: 0,
        }
    }

    /// The challenges of a 401 or 407, the one liked best first (RFC 8760 section 2.3).
    pub fn challenges(&mut self, stale: bool, now: Instant) -> Vec<String> {
        let nonce = self.fresh_nonce(now);
        let stale = if stale { ", stale=true" } else { "" };
        self.algorithms
            .iter()
            .map(|a| format!("Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}", self.realm, a.as_str()))
            .collect()
    }

    /// Looks at the credentials of a request.
    pub fn check(&mut self, request: &Message, accounts: &Accounts, now: Instant) -> Verdict {
        let Some(method) = request.method() else { return Verdict::Malformed };
        let values = ["Authorization", "Proxy-Authorization"].into_iter().flat_map(|name| request.headers.get_all(name));
        let params = self.ours(values);
        let signed = Signed { method, uri: request.uri(), body: &request.body };
        self.check_params(params.as_ref(), &signed, accounts, now)
    }

    /// Looks at the values of the `Authorization` fields of an HTTP request.
    pub fn check_values<'v>(
        &mut self,
        values: impl Iterator<Item = &'v str>,
        signed: &Signed<'_>,
        accounts: &Accounts,
        now: Instant,
    ) -> Verdict {
        let params = self.ours(values);
        self.check_params(params.as_ref(), signed, accounts, now)
    }

    fn check_params(&mut self, params: Option<&AuthParams>, signed: &Signed<'_>, accounts: &Accounts, now: Instant) -> Verdict {
        let ask = |stale| Verdict::Ask { stale };
        let Some(params) = params else { return ask(false) };
        let Some(presented) = Presented::parse(params) else { return Verdict::Malformed };
        if presented.uri != signed.uri {
            return Verdict::Malformed;
        }
        if presented.qop != Some(Qop::Auth) || presented.userhash || !self.algorithms.contains(&presented.algorithm) {
            return ask(false);
        }
        let Ok(address) = Address::complete(&presented.username, Some(&self.domain)) else { return ask(false) };
        let stored = accounts.of(&address).and_then(|a| a.secret.as_ref()).and_then(|s| s.hash(presented.algorithm));
        // The hash holds the name as it was registered: no other spelling of it will do.
        let Some(hash) = stored.filter(|_| address.user() == presented.username) else { return ask(false) };
        if !presented.verify(hash, signed.method, signed.body) {
            return ask(false);
        }
        if self.use_up(&presented.nonce, presented.count(), now) { Verdict::Known(address) } else { ask(true) }
    }

    /// The credentials for our realm among these values.
    fn ours(&self, values: impl Iterator<Item = impl AsRef<str>>) -> Option<AuthParams> {
        values
            .filter_map(|value| AuthParams::parse(value.as_ref()))
            .find(|p| p.scheme.eq_ignore_ascii_case("Digest") && p.get("realm") == Some(self.realm.as_str()))
    }

    fn fresh_nonce(&mut self, now: Instant) -> String {
        let at = self.age_of(now);
        let salt = self.tokens.hex(8);
        format!("{at:012x}{salt}{}", self.mark(at, &salt))
    }

    /// Takes note of the use of a nonce; `false` if it is not ours, too old, or used before.
    fn use_up(&mut self, nonce: &str, count: u32, now: Instant) -> bool {
        let parts = (nonce.get(..12), nonce.get(12..28), nonce.get(28..));
        let (Some(at), Some(salt), Some(mark)) = parts else { return false };
        let Ok(at) = u128::from_str_radix(at, 16) else { return false };
        if !same(&self.mark(at, salt), mark) || self.age_of(now).saturating_sub(at) > self.lifetime.as_millis() {
            return false;
        }
        if let Some(used) = self.used.get_mut(nonce) {
            return used.take(count);
        }
        if at < self.forgotten_until {
            return false;
        }
        if self.used.len() >= self.capacity {
            self.forget_oldest();
        }
        self.used.insert(nonce.to_owned(), Used { highest: count, below: 0 });
        self.order.push_back(nonce.to_owned());
        true
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        self.used.remove(&oldest);
        let at = oldest.get(..12).and_then(|t| u128::from_str_radix(t, 16).ok()).unwrap_or(0);
        self.forgotten_until = self.forgotten_until.max(at + 1);
    }

    fn age_of(&self, now: Instant) -> u128 {
        now.saturating_duration_since(self.born).as_millis()
    }

    /// What only this server can compute for a time and a salt.
    fn mark(&self, at: u128, salt: &str) -> String {
        let mut mark = Algorithm::Sha256.hash(&[self.key.as_bytes(), at.to_string().as_bytes(), salt.as_bytes()]);
        mark.truncate(32);
        mark
    }
}

/// Compares without telling by time where the difference is.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_good_once() {
        let mut used = Used { highest: 1, below: 0 };
        let answers: Vec<bool> = [1, 2, 2, 5, 4, 3, 4, 70, 69, 5, 134, 70, 200].iter().map(|c| used.take(*c)).collect();
        assert_eq!(answers, [false, true, false, true, true, true, false, true, true, false, true, false, true]);
    }
}
