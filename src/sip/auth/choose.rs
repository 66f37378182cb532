//! Which challenge to answer (RFC 3261 section 22, RFC 8760 section 2.4).
//!
//! RFC 8760 lets the client's policy decide among the challenges of one realm. Ours: the
//! strongest hash function wins, and the topmost line among equals; so a peer that puts MD5 on
//! top gains nothing. Only one challenge of a realm is ever answered.

use super::digest::{Algorithm, Challenge};
use crate::sip::message::{AuthParams, Message};

/// Who asks: decides the names of the header fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Asker {
    /// The user agent or registrar the request is for (401).
    Origin,
    /// A proxy on the way (407).
    Proxy,
}

impl Asker {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Origin, Self::Proxy];

    /// The header field with the challenge.
    #[must_use]
    pub const fn challenge_header(self) -> &'static str {
        match self {
            Self::Origin => "WWW-Authenticate",
            Self::Proxy => "Proxy-Authenticate",
        }
    }

    /// The header field with the answer.
    #[must_use]
    pub const fn credentials_header(self) -> &'static str {
        match self {
            Self::Origin => "Authorization",
            Self::Proxy => "Proxy-Authorization",
        }
    }

    /// The header field with the next nonce.
    #[must_use]
    pub const fn info_header(self) -> &'static str {
        match self {
            Self::Origin => "Authentication-Info",
            Self::Proxy => "Proxy-Authentication-Info",
        }
    }
}

/// One demand for credentials: the challenge chosen for one realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Who asks.
    pub asker: Asker,
    /// What.
    pub challenge: Challenge,
}

/// All demands in a 401 or 407 that can be answered, one for each realm. Both kinds are read from
/// either code, since forking proxies join them (RFC 3261 section 22.3).
#[must_use]
pub fn demands(response: &Message, refuse_md5: bool) -> Vec<Demand> {
    Asker::ALL
        .into_iter()
        .flat_map(|asker| {
            let offered: Vec<Challenge> = response
                .headers
                .get_all(asker.challenge_header())
                .take(MAX_CHALLENGES)
                .filter_map(|value| Challenge::parse(&AuthParams::parse(&value)?))
                .collect();
            choose(offered, refuse_md5).into_iter().map(move |challenge| Demand { asker, challenge })
        })
        .collect()
}

/// The strongest challenge of each realm, realms in order of their first appearance.
#[must_use]
pub fn choose(offered: Vec<Challenge>, refuse_md5: bool) -> Vec<Challenge> {
    let mut chosen: Vec<Challenge> = Vec::new();
    for challenge in offered {
        if refuse_md5 && challenge.algorithm.is_md5() {
            continue;
        }
        match chosen.iter_mut().find(|c| c.realm == challenge.realm) {
            Some(rival) if strength(challenge.algorithm) > strength(rival.algorithm) => *rival = challenge,
            Some(_) => {}
            None => chosen.push(challenge),
        }
    }
    chosen
}

/// The `-sess` forms count as strong as their hash function.
const fn strength(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Md5 | Algorithm::Md5Sess => 0,
        Algorithm::Sha256 | Algorithm::Sha256Sess => 1,
        Algorithm::Sha512T256 | Algorithm::Sha512T256Sess => 2,
    }
}

/// More challenge lines than this in one response are not read.
const MAX_CHALLENGES: usize = 16;

#[cfg(test)]
mod tests;
