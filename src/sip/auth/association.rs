//! A security association: what two neighbours agreed on, so that each message between them can
//! be signed and checked (MS-SIP sections 3.1.4.2 and 3.1.5).
//!
//! A signature covers some header fields and no body. Which fields, depends on the version both
//! sides named in the handshake; the texts of versions 3 and 4 are written as SIPE and a capture
//! of a later server have them.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::time::{Duration, Instant};

use super::choose::Asker;
use super::ntlm::{Flags, Keys, Sender, SessionKey, Weakening};
use super::prank::{Mischief, Prank};
use super::sa_header::SaHeader;
use super::scheme::Scheme;
use super::ticket::Mechanism;
use super::window::Window;
use crate::sip::hex::hex;
use crate::sip::message::{Message, split_commas};
use crate::sip::tokens::Tokens;

/// Which fields a signature covers. Version 4 differs from 3 only in that the last message of the
/// handshake is signed too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextVersion {
    /// LCS 2003 and 2005; names no version.
    V2,
    /// The URI in To and asserted identities too.
    V3,
    /// As 3.
    V4,
}

impl TextVersion {
    /// What is appended to a header field to name it.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::V2 => "",
            Self::V3 => ", version=3",
            Self::V4 => ", version=4",
        }
    }
}

/// What names an association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The scheme.
    pub scheme: Scheme,
    /// As the server wrote it.
    pub realm: String,
    /// As the server wrote it.
    pub target: String,
    /// The server's name for the association; empty until it gave one.
    pub opaque: String,
    /// Which fields signatures cover.
    pub version: TextVersion,
}

impl Terms {
    /// What a challenge says; `None` without realm or target.
    #[must_use]
    pub fn of(challenge: &SaHeader) -> Option<Self> {
        Some(Self {
            scheme: challenge.scheme,
            realm: challenge.get("realm")?.to_owned(),
            target: challenge.get("targetname")?.to_owned(),
            opaque: challenge.get("opaque").unwrap_or_default().to_owned(),
            version: challenge.version(),
        })
    }

    /// Whether a field of a message belongs to an association with these terms.
    #[must_use]
    pub fn are_named_by(&self, header: &SaHeader) -> bool {
        header.scheme == self.scheme
            && header.get("realm") == Some(self.realm.as_str())
            && header.get("targetname") == Some(self.target.as_str())
            && header.get("opaque").is_none_or(|opaque| self.opaque.is_empty() || opaque == self.opaque)
    }
}

/// What is wrong with a signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// The signature is not that of the message, or a part of it is missing.
    Signature,
    /// The number was used before, or is too old.
    Replay,
}

/// How long an association is good (MS-SIPAE section 3.2.2, as SIPE cites it).
pub const LIFETIME: Duration = Duration::from_hours(8);
/// A client makes a new one this long before.
pub const RENEW_BEFORE: Duration = Duration::from_mins(5);
/// No association is made anew sooner than this, however soon its ticket ends.
const RENEW_AFTER: Duration = Duration::from_mins(1);

/// One security association, from one side. Its keys are wiped when it is dropped, and never shown.
pub struct Association {
    terms: Terms,
    /// Which of the two we are.
    side: Sender,
    /// Whose challenge it came from, which decides where a client's signature stands.
    asker: Asker,
    seal: Seal,
    sent: u32,
    window: Window,
    made: Instant,
    ends: Instant,
    pranks: Vec<Prank>,
}

/// What makes and checks signatures.
enum Seal {
    /// The keys of NTLM; more than one until the first good signature tells which is right.
    Keys(Vec<Keys>),
    /// What a ticket gave.
    Mechanism(Box<dyn Mechanism>),
}

impl Seal {
    fn sign(&mut self, sender: Sender, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Keys(keys) => Some(keys.first()?.sign(sender, text).to_vec()),
            Self::Mechanism(mechanism) => mechanism.sign(text),
        }
    }

    fn verify(&mut self, sender: Sender, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Keys(keys) => {
                let Ok(signature) = signature.try_into() else { return false };
                let Some(right) = keys.iter().position(|keys| keys.verify(sender, text, signature)) else { return false };
                if keys.len() > 1 {
                    *keys = vec![keys.swap_remove(right)];
                }
                true
            }
            Self::Mechanism(mechanism) => mechanism.verify(text, signature),
        }
    }
}

impl fmt::Debug for Association {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Association")
            .field("terms", &self.terms)
            .field("side", &self.side)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

impl Association {
    /// The client's side, after it answered a challenge.
    #[must_use]
    pub fn client(terms: Terms, asker: Asker, key: &SessionKey, flags: Flags, now: Instant) -> Self {
        // Servers differ in how much of the key they use without extended session security.
        let weakenings: &[Weakening] = if flags.has(Flags::EXTENDED) { &[Weakening::None] } else { &Weakening::ALL };
        let keys = weakenings.iter().map(|w| Keys::new(key, flags, *w)).collect();
        Self::new(terms, Sender::Client, asker, Seal::Keys(keys), LIFETIME, now)
    }

    /// The server's side, after it accepted the answer.
    #[must_use]
    pub fn server(terms: Terms, key: &SessionKey, flags: Flags, weakening: Weakening, now: Instant) -> Self {
        let keys = vec![Keys::new(key, flags, weakening)];
        Self::new(terms, Sender::Server, Asker::Origin, Seal::Keys(keys), LIFETIME, now)
    }

    /// Either side of one that rests on a ticket of Kerberos; good for as long as the ticket, and
    /// [`LIFETIME`] at most.
    #[must_use]
    pub fn ticketed(
        terms: Terms,
        side: Sender,
        asker: Asker,
        mechanism: Box<dyn Mechanism>,
        life: Duration,
        now: Instant,
    ) -> Self {
        Self::new(terms, side, asker, Seal::Mechanism(mechanism), life.min(LIFETIME), now)
    }

    fn new(terms: Terms, side: Sender, asker: Asker, seal: Seal, life: Duration, now: Instant) -> Self {
        let (made, ends) = (now, now + life);
        Self { terms, side, asker, seal, sent: 0, window: Window::default(), made, ends, pranks: Vec::new() }
    }

    /// What names it.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Which of the two we are.
    #[must_use]
    pub const fn side(&self) -> Sender {
        self.side
    }

    /// Whose challenge it came from.
    #[must_use]
    pub const fn asker(&self) -> Asker {
        self.asker
    }

    /// When it is good no more.
    #[must_use]
    pub const fn ends(&self) -> Instant {
        self.ends
    }

    /// When the client makes a new one. A ticket that is nearly over may be all there is: then the
    /// new one comes after half its time, but never within a minute, so that nobody is asked without
    /// end for what will not get better.
    #[must_use]
    pub fn renew_at(&self) -> Instant {
        let early = self.ends.checked_sub(RENEW_BEFORE).unwrap_or(self.ends);
        let half = self.ends.saturating_duration_since(self.made) / 2;
        early.max(self.made + half.max(RENEW_AFTER)).min(self.ends)
    }

    /// Signs a message that is complete but for this.
    pub fn sign(&mut self, message: &mut Message, tokens: &mut Tokens) {
        let mischief = Prank::take(&mut self.pranks, message);
        match mischief {
            Some(Mischief::Unsigned) => return,
            Some(Mischief::Replayed) => self.sent = self.sent.saturating_sub(1),
            Some(Mischief::Jump(numbers)) => self.sent = self.sent.saturating_add(numbers),
            Some(Mischief::WrongSignature) | None => {}
        }
        let Some(mut signature) = self.signature(message, tokens) else { return };
        let Terms { scheme, realm, target, opaque, .. } = &self.terms;
        if mischief == Some(Mischief::WrongSignature) {
            signature = spoilt(&signature);
        }
        let opaque = if opaque.is_empty() { String::new() } else { format!("opaque=\"{opaque}\", ") };
        let (name, value) = match self.side {
            Sender::Client => (
                self.asker.credentials_header(),
                format!("{scheme} qop=\"auth\", {opaque}realm=\"{realm}\", targetname=\"{target}\", {signature}"),
            ),
            Sender::Server => (
                self.asker.info_header(),
                format!("{scheme} {signature}, {opaque}qop=\"auth\", targetname=\"{target}\", realm=\"{realm}\""),
            ),
        };
        message.headers.push(name, value);
    }

    /// The parameters of the next signature alone: what the last message of a handshake carries
    /// beside its data.
    pub fn signature(&mut self, message: &Message, tokens: &mut Tokens) -> Option<String> {
        self.sent = self.sent.checked_add(1)?;
        let (random, number) = (tokens.hex(4), self.sent.to_string());
        let text = self.text(message, &random, &number)?;
        let signature = hex(&self.seal.sign(self.side, text.bytes())?);
        Some(match self.side {
            Sender::Client => format!("crand=\"{random}\", cnum=\"{number}\", response=\"{signature}\""),
            Sender::Server => format!("rspauth=\"{signature}\", srand=\"{random}\", snum=\"{number}\""),
        })
    }

    /// Checks a message of the other side with the field that carries its signature.
    ///
    /// # Errors
    /// [`Wrong`]: then the message is nobody's word.
    pub fn verify(&mut self, message: &Message, header: &SaHeader) -> Result<(), Wrong> {
        let (sender, random, number, signature) = match self.side {
            Sender::Client => (Sender::Server, "srand", "snum", "rspauth"),
            Sender::Server => (Sender::Client, "crand", "cnum", "response"),
        };
        let (Some(random), Some(digits), Some(signature)) = (header.get(random), header.get(number), header.signature(signature))
        else {
            return Err(Wrong::Signature);
        };
        let number = digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        let (Some(number), Some(text)) = (number, self.text(message, random, digits)) else { return Err(Wrong::Signature) };
        if !self.seal.verify(sender, text.bytes(), &signature) {
            return Err(Wrong::Signature);
        }
        if !self.window.take(number) {
            return Err(Wrong::Replay);
        }
        self.learn_name(header);
        Ok(())
    }

    /// Challenges of Kerberos come without the server's name for the association: it can be told first
    /// with a signed message, and is given back from then on.
    fn learn_name(&mut self, header: &SaHeader) {
        if self.side == Sender::Client
            && self.terms.scheme == Scheme::Kerberos
            && self.terms.opaque.is_empty()
            && let Some(opaque) = header.get("opaque").filter(|opaque| opaque.len() <= LONGEST_OPAQUE)
        {
            opaque.clone_into(&mut self.terms.opaque);
        }
    }

    /// What is to go wrong on purpose.
    pub fn set_pranks(&mut self, pranks: Vec<Prank>) {
        self.pranks = pranks;
    }

    /// Sets the number of the next message.
    #[cfg(test)]
    fn skip_to(&mut self, number: u32) {
        self.sent = number.saturating_sub(1);
    }

    fn text(&self, message: &Message, random: &str, number: &str) -> Option<Text> {
        Text::of(&self.terms, message, random, number)
    }
}

/// What a signature is made over.
struct Text(Vec<u8>);

impl Text {
    fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` when a message lacks what every message has.
    fn of(terms: &Terms, message: &Message, random: &str, number: &str) -> Option<Self> {
        let field = |name| message.headers.first(name).map(crate::sip::message::Header::value_bytes);
        let (from, to, cseq) = (field("From")?, field("To")?, field("CSeq")?);
        let call_id = field("Call-ID")?;
        let mut cseq = cseq.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
        let mut text = Self(Vec::with_capacity(256));
        for part in [terms.scheme.as_str(), random, number, &terms.realm, &terms.target] {
            text.add(part.as_bytes());
        }
        text.add(&call_id);
        text.add(cseq.next()?);
        text.add(cseq.next()?);
        text.add(uri(&from));
        text.add(tag(&from));
        if terms.version >= TextVersion::V3 {
            text.add(uri(&to));
        }
        text.add(tag(&to));
        if terms.version >= TextVersion::V3 {
            let (sip, tel) = identities(message);
            text.add(sip.as_bytes());
            text.add(tel.as_bytes());
        }
        text.add(&field("Expires").unwrap_or(Cow::Borrowed(&[])));
        if let Some(code) = message.status() {
            text.add(code.to_string().as_bytes());
        }
        Some(text)
    }

    fn add(&mut self, part: &[u8]) {
        self.0.push(b'<');
        self.0.extend_from_slice(part);
        self.0.push(b'>');
    }
}

/// What stands in angle brackets, octet for octet; without them everything before the parameters.
fn uri(value: &[u8]) -> &[u8] {
    let (inside, _) = cut(value);
    inside
}

/// The tag, octet for octet; empty without one.
fn tag(value: &[u8]) -> &[u8] {
    let (_, params) = cut(value);
    let mut quoted = false;
    let pieces = params.split(|b| {
        quoted ^= *b == b'"';
        *b == b';' && !quoted
    });
    let tag = pieces.filter_map(|piece| {
        let at = piece.iter().position(|b| *b == b'=')?;
        let (name, value) = piece.split_at(at);
        name.trim_ascii().eq_ignore_ascii_case(b"tag").then(|| value.get(1..).unwrap_or_default().trim_ascii())
    });
    { tag }.next().unwrap_or_default()
}

/// URI and parameters of an address.
fn cut(value: &[u8]) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    let open = value.iter().position(|b| {
        let skip = std::mem::take(&mut escaped);
        match b {
            _ if skip => {}
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' => return !quoted,
            _ => {}
        }
        false
    });
    let until = |bytes: &[u8], end: u8| bytes.iter().position(|b| *b == end).unwrap_or(bytes.len());
    if let Some(open) = open {
        let inside = value.get(open + 1..).unwrap_or_default();
        let (uri, rest) = inside.split_at(until(inside, b'>'));
        return (uri, rest);
    }
    let (uri, rest) = value.split_at(until(value, b';'));
    (uri.trim_ascii(), rest)
}

/// The first `sip:` and the first `tel:` URI of the identity header fields (RFC 3325).
fn identities(message: &Message) -> (String, String) {
    let name =
        ["P-Asserted-Identity", "P-Preferred-Identity"].into_iter().find(|name| message.headers.has(name)).unwrap_or_default();
    let (mut sip, mut tel) = (String::new(), String::new());
    for line in message.headers.get_all(name).take(MAX_IDENTITIES) {
        for element in split_commas(&line).take(MAX_IDENTITIES) {
            let Ok(uri) = std::str::from_utf8(uri(element.as_bytes())) else { continue };
            let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let slot = match scheme.as_str() {
                "sip" | "sips" => &mut sip,
                "tel" => &mut tel,
                _ => continue,
            };
            if slot.is_empty() {
                let _ = slot.write_str(uri);
            }
        }
    }
    (sip, tel)
}

/// The same parameters with one bit of the signature turned.
fn spoilt(parameters: &str) -> String {
    let first = |name: &str| Some(parameters.find(name)? + name.len());
    let Some(at) = first("rspauth=\"").or_else(|| first("response=\"")) else { return parameters.to_owned() };
    let (head, tail) = parameters.split_at(at);
    let turned = tail.chars().next().and_then(|c| char::from_digit(c.to_digit(16)? ^ 8, 16));
    head.chars().chain(turned).chain(tail.chars().skip(1)).collect()
}

/// Octets of a server's name for an association.
const LONGEST_OPAQUE: usize = 128;
/// RFC 3325 knows two.
const MAX_IDENTITIES: usize = 8;

#[cfg(test)]
mod tests;
