//! The users file and the secrets in it.
//!
//! One user a line: `NAME:SECRET[:DISPLAY NAME]`. Lines that are empty or begin with `#` are
//! left out. NAME goes up to the first colon. SECRET is one of
//!
//! - `plain:PASSWORD`, where PASSWORD goes up to the next colon; `\:` stands for a colon and
//!   `\\` for a backslash. Accepted with a warning.
//! - what [`hash_secret`] gives: `v1$REALM$md5=HEX$sha256=HEX$sha512-256=HEX$nt=HEX`. The values
//!   are `H(NAME:REALM:PASSWORD)` (RFC 7616 section 3.4.2), so they serve for one name and one
//!   realm only; `nt` is the NT hash of the password alone (MS-NLMP section 3.3.1), and whoever
//!   has it can sign in by NTLM. Without a field its scheme is not offered to that user. Fields a
//!   reader does not know are left alone: later schemes add theirs. In REALM, `%`, `$` and `:`
//!   stand as `%25`, `%24` and `%3a`.
//!
//! DISPLAY NAME is all the rest and may hold colons.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Secret;
use crate::sip::auth::ntlm::NtHash;
use crate::sip::auth::{Algorithm, SecretHash};

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User part of the address, and authentication name.
    pub name: String,
    /// The name others see; empty for none.
    pub display: String,
    /// What the password is checked with.
    pub secret: StoredSecret,
}

impl User {
    /// A user with a password in clear, hashed at once.
    #[must_use]
    pub fn with_password(name: &str, display: &str, realm: &str, password: &str) -> Self {
        Self { name: name.to_owned(), display: display.to_owned(), secret: StoredSecret::of_password(name, realm, password) }
    }
}

/// `H(name:realm:password)` for each algorithm, enough to check Digest and useless elsewhere; and
/// the NT hash, enough to check NTLM.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret {
    realm: String,
    hashes: Vec<(Algorithm, SecretHash)>,
    nt: Option<NtHash>,
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredSecret([secret])")
    }
}

const ALGORITHMS: [(&str, Algorithm); 3] =
    [("md5", Algorithm::Md5), ("sha256", Algorithm::Sha256), ("sha512-256", Algorithm::Sha512T256)];

/// The field of the NT hash.
const NT: &str = "nt";

impl StoredSecret {
    /// Computes what is stored of a password.
    #[must_use]
    pub fn of_password(name: &str, realm: &str, password: &str) -> Self {
        let hashes = ALGORITHMS.iter().map(|(_, a)| (*a, SecretHash::new(*a, name, realm, password))).collect();
        Self { realm: realm.to_owned(), hashes, nt: Some(NtHash::new(password)) }
    }

    /// The NT hash; `None` when the file has none.
    #[must_use]
    pub const fn nt(&self) -> Option<&NtHash> {
        self.nt.as_ref()
    }

    /// The value for one algorithm; `None` when the file has none.
    #[must_use]
    pub fn hash(&self, algorithm: Algorithm) -> Option<&SecretHash> {
        self.hashes.iter().find(|(a, _)| *a == algorithm).map(|(_, h)| h)
    }

    /// The realm the values are for.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.strip_prefix("v1$")?.split('$');
        let realm = unescape_realm(fields.next()?);
        let (mut hashes, mut nt) = (Vec::new(), None);
        for field in fields {
            let (key, value) = field.split_once('=')?;
            if key == NT {
                nt = Some(NtHash::from_hex(value)?);
                continue;
            }
            let Some((_, algorithm)) = ALGORITHMS.iter().find(|(name, _)| *name == key) else { continue };
            let digits = if *algorithm == Algorithm::Md5 { 32 } else { 64 };
            if value.len() != digits || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            hashes.push((*algorithm, SecretHash::from_hex(value)));
        }
        (!hashes.is_empty() || nt.is_some()).then_some(Self { realm, hashes, nt })
    }
}

/// What stands in the users file in place of a password: see the module's words.
#[must_use]
pub fn hash_secret(name: &str, realm: &str, password: &str) -> String {
    let escaped = realm.replace('%', "%25").replace('$', "%24").replace(':', "%3a");
    let mut text = format!("v1${escaped}");
    for (key, algorithm) in ALGORITHMS {
        for part in ["$", key, "=", SecretHash::new(algorithm, name, realm, password).expose()] {
            text.push_str(part);
        }
    }
    for part in ["$", NT, "=", NtHash::new(password).expose().as_str()] {
        text.push_str(part);
    }
    text
}

fn unescape_realm(text: &str) -> String {
    text.replace("%3a", ":").replace("%3A", ":").replace("%24", "$").replace("%25", "%")
}

/// What a users file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsersFile {
    /// In the order of the file.
    pub users: Vec<User>,
    /// Lines whose password stands in clear.
    pub plain: Vec<usize>,
}

/// What is wrong with a line of a users file. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsersFault {
    /// There is no secret.
    #[error("line {line}: a user needs a name and a secret, such as alice:plain:PASSWORD:Alice Adams")]
    NoSecret {
        /// Counted from 1.
        line: usize,
    },
    /// The name cannot be part of an address.
    #[error("line {line}: the name may hold letters, digits and . - _ ~ + only")]
    BadName {
        /// Counted from 1.
        line: usize,
    },
    /// The secret is neither `plain:` nor what `chinwag serve --hash` prints.
    #[error("line {line}: the secret must be plain:PASSWORD or what `chinwag serve --hash` prints")]
    BadSecret {
        /// Counted from 1.
        line: usize,
    },
    /// The secret was made for another domain.
    #[error("line {line}: the secret was made for the domain {found}, this server serves {expected}")]
    OtherRealm {
        /// Counted from 1.
        line: usize,
        /// The realm in the file.
        found: String,
        /// The realm of the server.
        expected: String,
    },
    /// The name stands there twice.
    #[error("line {line}: there is a user {name} already, in line {first}")]
    Duplicate {
        /// Counted from 1.
        line: usize,
        /// Where the name stands first.
        first: usize,
        /// The name.
        name: String,
    },
    /// More users than a server of this kind is made for.
    #[error("line {line}: more than {} users", MAX_USERS)]
    TooMany {
        /// Counted from 1.
        line: usize,
    },
}

const MAX_USERS: usize = 10_000;

/// Reads a users file for a realm (the server's domain).
///
/// # Errors
/// Every [`UsersFault`] in the file, in its order.
pub fn parse_users(text: &str, realm: &str) -> Result<UsersFile, Vec<UsersFault>> {
    let mut file = UsersFile::default();
    let mut faults = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, raw) in text.lines().enumerate() {
        let line = index + 1;
        let content = raw.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if file.users.len() >= MAX_USERS {
            faults.push(UsersFault::TooMany { line });
            break;
        }
        match parse_line(content, line, realm) {
            Err(fault) => faults.push(fault),
            Ok((user, plain)) => {
                if let Some(first) = seen.get(&user.name) {
                    faults.push(UsersFault::Duplicate { line, first: *first, name: user.name });
                    continue;
                }
                seen.insert(user.name.clone(), line);
                if plain {
                    file.plain.push(line);
                }
                file.users.push(user);
            }
        }
    }
    if faults.is_empty() { Ok(file) } else { Err(faults) }
}

fn parse_line(content: &str, line: usize, realm: &str) -> Result<(User, bool), UsersFault> {
    let (name, rest) = content.split_once(':').ok_or(UsersFault::NoSecret { line })?;
    let name = name.trim();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_~+".contains(&b)) {
        return Err(UsersFault::BadName { line });
    }
    if let Some(rest) = rest.strip_prefix("plain:") {
        let (password, display) = take_password(rest);
        if password.expose().is_empty() {
            return Err(UsersFault::NoSecret { line });
        }
        return Ok((User::with_password(name, display.trim(), realm, password.expose()), true));
    }
    let (secret, display) = rest.split_once(':').unwrap_or((rest, ""));
    let secret = secret.trim();
    if secret.is_empty() {
        return Err(UsersFault::NoSecret { line });
    }
    let secret = StoredSecret::parse(secret).ok_or(UsersFault::BadSecret { line })?;
    if secret.realm() != realm {
        return Err(UsersFault::OtherRealm { line, found: secret.realm().to_owned(), expected: realm.to_owned() });
    }
    Ok((User { name: name.to_owned(), display: display.trim().to_owned(), secret }, false))
}

/// A password with its escapes undone, and what follows the colon that ends it.
fn take_password(text: &str) -> (Secret, &str) {
    let mut password = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => password.extend(chars.next().map(|(_, c)| c)),
            ':' => return (Secret::new(password), text.get(at + 1..).unwrap_or("")),
            c => password.push(c),
        }
    }
    (Secret::new(password), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REALM: &str = "example.test";

    #[test]
    fn reads_both_forms() {
        let hashed = hash_secret("bob", REALM, "pw:b");
        let text = format!("# people\n\nalice:plain:pw\\:a\\\\:Alice: the first\r\nbob:{hashed}:Bob\ncarol:plain:x\n");
        let file = parse_users(&text, REALM).unwrap();
        assert_eq!(file.plain, [3, 5]);
        let names: Vec<_> = file.users.iter().map(|u| (u.name.as_str(), u.display.as_str())).collect();
        assert_eq!(names, [("alice", "Alice: the first"), ("bob", "Bob"), ("carol", "")]);
        assert_eq!(file.users[0].secret, StoredSecret::of_password("alice", REALM, "pw:a\\"));
        assert_eq!(file.users[1].secret, StoredSecret::of_password("bob", REALM, "pw:b"));
    }

    #[test]
    fn hash_is_ha1() {
        // HA1 of user alice, realm example.test, password Passw0rd!, as in the Digest examples.
        let text = hash_secret("alice", REALM, "Passw0rd!");
        assert!(text.starts_with("v1$example.test$md5=66aac665e33874693170fe25aa8ed54a$sha256="), "{text}");
        assert!(!text.contains(':'));
    }

    #[test]
    fn unknown_fields_are_room_for_later() {
        let text = format!("alice:{}$scram=0123456789abcdef\n", hash_secret("alice", REALM, "x"));
        assert_eq!(parse_users(&text, REALM).unwrap().users.len(), 1);
        let odd = hash_secret("a", "[::1]$%", "x");
        assert_eq!(StoredSecret::parse(&odd).unwrap().realm(), "[::1]$%");
    }

    #[test]
    fn the_hash_of_ntlm_stands_beside_the_others() {
        let text = hash_secret("alice", REALM, "Passw0rd!");
        assert!(text.ends_with("$nt=fc525c9683e8fe067095ba2ddc971889"), "{text}");
        let without = text.split("$nt=").next().unwrap();
        let old = StoredSecret::parse(without).unwrap();
        assert!(old.nt().is_none() && old.hash(Algorithm::Md5).is_some(), "files from before NTLM");
        let only = StoredSecret::parse("v1$example.test$nt=FC525C9683E8FE067095BA2DDC971889").unwrap();
        assert_eq!(only.nt(), Some(&NtHash::new("Passw0rd!")));
        assert!(only.hash(Algorithm::Md5).is_none());
        assert_eq!(StoredSecret::parse("v1$example.test$nt=12"), None);
        assert_eq!(StoredSecret::parse("v1$example.test"), None);
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let other = hash_secret("d", "other.test", "x");
        let text = format!("alice\nb b:plain:x\nc:v1$example.test$md5=12\nd:{other}\ne:plain:x\ne:plain:y\nf:plain:\n");
        assert_eq!(
            parse_users(&text, REALM).unwrap_err(),
            [
                UsersFault::NoSecret { line: 1 },
                UsersFault::BadName { line: 2 },
                UsersFault::BadSecret { line: 3 },
                UsersFault::OtherRealm { line: 4, found: "other.test".into(), expected: REALM.into() },
                UsersFault::Duplicate { line: 6, first: 5, name: "e".into() },
                UsersFault::NoSecret { line: 7 },
            ]
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let user = User::with_password("alice", "", REALM, "pw");
        let hash = user.secret.hash(Algorithm::Md5).unwrap().expose().to_owned();
        assert!(!format!("{user:?}").contains(&hash));
        assert!(!format!("{user:?}").contains(user.secret.nt().unwrap().expose().as_str()));
    }
}
