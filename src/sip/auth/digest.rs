//! Digest access authentication (RFC 7616, RFC 8760; RFC 3261 section 22.4), both sides.

use std::fmt::{self, Write as _};

use md5::Md5;
use sha2::{Sha256, Sha512_256};
use zeroize::Zeroizing;

use super::Credentials;
use crate::sip::hex::hex;
use crate::sip::message::{AuthParams, Method, quote};

/// A hash algorithm, in rising order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `MD5`, also when a challenge names none.
    Md5,
    /// `MD5-sess`
    Md5Sess,
    /// `SHA-256`
    Sha256,
    /// `SHA-256-sess`
    Sha256Sess,
    /// `SHA-512-256`
    Sha512T256,
    /// `SHA-512-256-sess`
    Sha512T256Sess,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Md5, Self::Md5Sess, Self::Sha256, Self::Sha256Sess, Self::Sha512T256, Self::Sha512T256Sess];

    /// Reads the token of the `algorithm` parameter; `None` for one not known here.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str().eq_ignore_ascii_case(token.trim()))
    }

    /// The token on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
            Self::Sha512T256 => "SHA-512-256",
            Self::Sha512T256Sess => "SHA-512-256-sess",
        }
    }

    /// Whether the key depends on nonce and cnonce.
    #[must_use]
    pub const fn is_session(self) -> bool {
        matches!(self, Self::Md5Sess | Self::Sha256Sess | Self::Sha512T256Sess)
    }

    /// Whether it rests on MD5.
    #[must_use]
    pub const fn is_md5(self) -> bool {
        matches!(self, Self::Md5 | Self::Md5Sess)
    }

    /// The hash of the parts joined by colons, in lower-case hex.
    #[must_use]
    pub fn hash(self, parts: &[&[u8]]) -> String {
        fn run<D: md5::Digest>(parts: &[&[u8]]) -> String {
            let mut hasher = D::new();
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    hasher.update(b":");
                }
                hasher.update(part);
            }
            hex(&hasher.finalize())
        }
        match self {
            Self::Md5 | Self::Md5Sess => run::<Md5>(parts),
            Self::Sha256 | Self::Sha256Sess => run::<Sha256>(parts),
            Self::Sha512T256 | Self::Sha512T256Sess => run::<Sha512_256>(parts),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Quality of protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qop {
    /// Method and Request-URI are protected.
    Auth,
    /// The body too.
    AuthInt,
}

impl Qop {
    /// Reads one token; `None` for one not known here.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        [Self::Auth, Self::AuthInt].into_iter().find(|q| q.as_str().eq_ignore_ascii_case(token.trim()))
    }

    /// The token on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// `H(user:realm:password)` for one hash function: what a server may store in place of a
/// password. Worth as much as the password within its realm, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHash(Zeroizing<String>);

impl SecretHash {
    /// Computes it. The `-sess` form of an algorithm has the same one.
    #[must_use]
    pub fn new(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> Self {
        Self(Zeroizing::new(algorithm.hash(&[user.as_bytes(), realm.as_bytes(), password.as_bytes()])))
    }

    /// Takes one that was stored, in hex.
    #[must_use]
    pub fn from_hex(hex: &str) -> Self {
        Self(Zeroizing::new(hex.to_ascii_lowercase()))
    }

    /// The hex digits, for storing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash([secret])")
    }
}

/// The [`SecretHash`] of each hash function: what a server keeps of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHashes {
    md5: SecretHash,
    sha256: SecretHash,
    sha512_256: SecretHash,
}

impl SecretHashes {
    /// Computes them all.
    #[must_use]
    pub fn new(user: &str, realm: &str, password: &str) -> Self {
        let of = |algorithm| SecretHash::new(algorithm, user, realm, password);
        Self { md5: of(Algorithm::Md5), sha256: of(Algorithm::Sha256), sha512_256: of(Algorithm::Sha512T256) }
    }

    /// The one an algorithm needs.
    #[must_use]
    pub const fn of(&self, algorithm: Algorithm) -> &SecretHash {
        match algorithm {
            Algorithm::Md5 | Algorithm::Md5Sess => &self.md5,
            Algorithm::Sha256 | Algorithm::Sha256Sess => &self.sha256,
            Algorithm::Sha512T256 | Algorithm::Sha512T256Sess => &self.sha512_256,
        }
    }
}

/// What a server demands: one `WWW-Authenticate` or `Proxy-Authenticate` line of the Digest scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whose passwords are wanted.
    pub realm: String,
    /// The server's number.
    pub nonce: String,
    /// To be given back as it is.
    pub opaque: Option<String>,
    /// The hash function.
    pub algorithm: Algorithm,
    /// What is on offer; empty for RFC 2069 peers.
    pub qop: Vec<Qop>,
    /// The password was right, the nonce too old.
    pub stale: bool,
    /// The server would take a hashed user name.
    pub userhash: bool,
}

impl Challenge {
    /// Reads one; `None` when it is of another scheme, lacks realm or nonce, or wants an
    /// algorithm or only qualities of protection that are not known here.
    #[must_use]
    pub fn parse(params: &AuthParams) -> Option<Self> {
        if !params.scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let algorithm = params.get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::parse)?;
        let qop: Vec<Qop> = match params.get("qop") {
            None => Vec::new(),
            Some(list) => {
                let known: Vec<Qop> = list.split(',').filter_map(Qop::parse).collect();
                if known.is_empty() && !list.trim().is_empty() {
                    return None;
                }
                known
            }
        };
        let flag = |name| params.get(name).is_some_and(|v| v.eq_ignore_ascii_case("true"));
        Some(Self {
            realm: params.get("realm")?.to_owned(),
            nonce: params.get("nonce")?.to_owned(),
            opaque: params.get("opaque").map(str::to_owned),
            algorithm,
            qop,
            stale: flag("stale"),
            userhash: flag("userhash"),
        })
    }

    /// What we would choose of the qualities on offer: `auth` if it is there (RFC 3261 section
    /// 22.4: proxies may change bodies), else `auth-int`, else none.
    #[must_use]
    pub fn best_qop(&self) -> Option<Qop> {
        self.qop.iter().copied().min()
    }

    /// The answer: the value of an `Authorization` or `Proxy-Authorization` line.
    #[must_use]
    pub fn answer(&self, credentials: &Credentials, request: &Signed<'_>, cnonce: &str, count: u32) -> String {
        let secret = SecretHash::new(self.algorithm, &credentials.user, &self.realm, &credentials.password);
        let qop = self.best_qop();
        let response = Response {
            algorithm: self.algorithm,
            nonce: &self.nonce,
            cnonce,
            uri: request.uri,
            count: &format!("{count:08x}"),
            qop,
        }
        .compute(&secret, request.method.as_str(), request.body);
        let mut out = String::from("Digest ");
        if self.userhash {
            let hashed = self.algorithm.hash(&[credentials.user.as_bytes(), self.realm.as_bytes()]);
            let _ = write!(out, "username={}", quote(&hashed));
        } else {
            let _ = write!(out, "username={}", quote(&credentials.user));
        }
        let _ = write!(
            out,
            ", realm={}, nonce={}, uri={}, response=\"{response}\", algorithm={}",
            quote(&self.realm),
            quote(&self.nonce),
            quote(request.uri),
            self.algorithm
        );
        // The -sess forms need the cnonce even without qop.
        if qop.is_some() || self.algorithm.is_session() {
            let _ = write!(out, ", cnonce={}", quote(cnonce));
        }
        if let Some(qop) = qop {
            let _ = write!(out, ", qop={}, nc={count:08x}", qop.as_str());
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(out, ", opaque={}", quote(opaque));
        }
        if self.userhash {
            out.push_str(", userhash=true");
        }
        out
    }
}

/// What a client signed, to be compared with the proof the server gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The challenge it answered.
    pub challenge: Challenge,
    /// Request-URI as written.
    pub uri: String,
    /// Our number.
    pub cnonce: String,
    /// Nonce count.
    pub count: u32,
}

impl Signature {
    /// Whether `rspauth` shows that the server knows the password too (RFC 7616 section 3.5).
    /// `body` is that of the response.
    #[must_use]
    pub fn is_proven_by(&self, rspauth: &str, credentials: &Credentials, body: &[u8]) -> bool {
        let challenge = &self.challenge;
        let secret = SecretHash::new(challenge.algorithm, &credentials.user, &challenge.realm, &credentials.password);
        let expected = Response {
            algorithm: challenge.algorithm,
            nonce: &challenge.nonce,
            cnonce: &self.cnonce,
            uri: &self.uri,
            count: &format!("{:08x}", self.count),
            qop: challenge.best_qop(),
        }
        .compute(&secret, "", body);
        same(expected.as_bytes(), rspauth.to_ascii_lowercase().as_bytes())
    }
}

/// The challenge as a header field value.
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest realm={}, nonce={}", quote(&self.realm), quote(&self.nonce))?;
        if let Some(opaque) = &self.opaque {
            write!(f, ", opaque={}", quote(opaque))?;
        }
        write!(f, ", algorithm={}", self.algorithm)?;
        if !self.qop.is_empty() {
            let list: Vec<&str> = self.qop.iter().map(|q| q.as_str()).collect();
            write!(f, ", qop=\"{}\"", list.join(","))?;
        }
        if self.stale {
            f.write_str(", stale=true")?;
        }
        if self.userhash {
            f.write_str(", userhash=true")?;
        }
        Ok(())
    }
}

/// The parts of a request that credentials vouch for.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The method.
    pub method: &'a Method,
    /// Request-URI as written.
    pub uri: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// The credentials a client presents: one `Authorization` or `Proxy-Authorization` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The user, or [`Presented::user_hash`] of it when `userhash` is set.
    pub username: String,
    /// The realm.
    pub realm: String,
    /// The nonce it answers.
    pub nonce: String,
    /// Request-URI as the client signed it.
    pub uri: String,
    /// The proof, hex.
    pub response: String,
    /// The hash function.
    pub algorithm: Algorithm,
    /// The quality of protection, if any.
    pub qop: Option<Qop>,
    /// Nonce count as written.
    pub nc: String,
    /// The client's number.
    pub cnonce: String,
    /// Opaque as given back.
    pub opaque: Option<String>,
    /// Whether the user name is hashed.
    pub userhash: bool,
}

impl Presented {
    /// Reads one; `None` when it is of another scheme or lacks what must be there.
    #[must_use]
    pub fn parse(params: &AuthParams) -> Option<Self> {
        if !params.scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let owned = |name| params.get(name).map(str::to_owned);
        let qop = match params.get("qop") {
            None => None,
            Some(token) => Some(Qop::parse(token)?),
        };
        let algorithm = params.get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::parse)?;
        let (nc, cnonce) = (owned("nc").unwrap_or_default(), owned("cnonce").unwrap_or_default());
        let count_is_fine = nc.len() == 8 && nc.bytes().all(|b| b.is_ascii_hexdigit());
        if (qop.is_some() && (!count_is_fine || cnonce.is_empty())) || (algorithm.is_session() && cnonce.is_empty()) {
            return None;
        }
        Some(Self {
            username: owned("username")?,
            realm: owned("realm")?,
            nonce: owned("nonce")?,
            uri: owned("uri")?,
            response: owned("response")?,
            algorithm,
            qop,
            nc,
            cnonce,
            opaque: owned("opaque"),
            userhash: params.get("userhash").is_some_and(|v| v.eq_ignore_ascii_case("true")),
        })
    }

    /// The nonce count as a number; 0 without one.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::from_str_radix(&self.nc, 16).unwrap_or(0)
    }

    /// What stands for a user name when `userhash` is set.
    #[must_use]
    pub fn user_hash(algorithm: Algorithm, user: &str, realm: &str) -> String {
        algorithm.hash(&[user.as_bytes(), realm.as_bytes()])
    }

    /// Whether they prove knowledge of the password, in a time that does not depend on how much
    /// of the proof is right. That nonce, realm and `uri` are the expected ones is the caller's
    /// to check.
    #[must_use]
    pub fn verify(&self, secret: &SecretHash, method: &Method, body: &[u8]) -> bool {
        let expected = Response {
            algorithm: self.algorithm,
            nonce: &self.nonce,
            cnonce: &self.cnonce,
            uri: &self.uri,
            count: &self.nc,
            qop: self.qop,
        }
        .compute(secret, method.as_str(), body);
        same(expected.as_bytes(), self.response.to_ascii_lowercase().as_bytes())
    }
}

/// The inputs of RFC 7616 section 3.4.1, but for the secret ones.
struct Response<'a> {
    algorithm: Algorithm,
    nonce: &'a str,
    cnonce: &'a str,
    uri: &'a str,
    count: &'a str,
    qop: Option<Qop>,
}

impl Response<'_> {
    fn compute(&self, secret: &SecretHash, method: &str, body: &[u8]) -> String {
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let (nonce, cnonce, uri) = (self.nonce.as_bytes(), self.cnonce.as_bytes(), self.uri.as_bytes());
        let method = method.as_bytes();
        let a1 = if self.algorithm.is_session() {
            Zeroizing::new(hash(&[secret.0.as_bytes(), nonce, cnonce]))
        } else {
            secret.0.clone()
        };
        let a2 = match self.qop {
            Some(Qop::AuthInt) => hash(&[method, uri, hash(&[body]).as_bytes()]),
            Some(Qop::Auth) | None => hash(&[method, uri]),
        };
        match self.qop {
            Some(qop) => hash(&[a1.as_bytes(), nonce, self.count.as_bytes(), cnonce, qop.as_str().as_bytes(), a2.as_bytes()]),
            None => hash(&[a1.as_bytes(), nonce, a2.as_bytes()]),
        }
    }
}

/// Compares without leaving early.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

#[cfg(test)]
mod tests;
