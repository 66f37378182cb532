//! A trace of the wire, made safe to hand to somebody else.
//!
//! Safe by construction: only what is on the list of `Kind` is written. Bodies, credentials and
//! names of people never are; the user part of an address becomes a short mark that is the same
//! within one trace and means nothing outside it.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use crate::backend::LinkId;

/// Longest line looked at; the rest of it is skipped.
const LINE_LIMIT: usize = 8 * 1024;

/// Octets after which the trace stops growing.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

/// Writes redacted messages.
pub struct Trace {
    to: Box<dyn Write + Send>,
    salt: RandomState,
    started: std::time::Instant,
    scans: BTreeMap<(LinkId, Direction), Scan>,
    written: u64,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("written", &self.written).finish_non_exhaustive()
    }
}

/// How far one direction of one link has been read.
#[derive(Debug, Default)]
struct Scan {
    line: Vec<u8>,
    inside: bool,
    /// What comes is the body of a message that did not say how long it is: nothing of it is written.
    lost: bool,
    /// Octets of body still to be skipped.
    body: usize,
    length: usize,
    out: String,
}

/// What of a header may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// All of it.
    Plain,
    /// Addresses without user part and name.
    Address,
    /// The name of the header only.
    Removed,
}

impl Trace {
    /// Starts a trace.
    #[must_use]
    pub fn new(to: Box<dyn Write + Send>) -> Self {
        Self { to, salt: RandomState::new(), started: std::time::Instant::now(), scans: BTreeMap::new(), written: 0 }
    }

    /// Takes bytes as they went over the wire.
    pub fn bytes(&mut self, link: LinkId, direction: Direction, data: &[u8]) {
        if self.written > FILE_LIMIT {
            return;
        }
        let mut scan = self.scans.remove(&(link, direction)).unwrap_or_default();
        scan.take(data, &self.salt);
        let text = std::mem::take(&mut scan.out);
        // A few links live at a time; what old ones left behind is worth nothing.
        while self.scans.len() >= 64 {
            self.scans.pop_first();
        }
        self.scans.insert((link, direction), scan);
        if text.is_empty() {
            return;
        }
        let mark = match direction {
            Direction::In => '<',
            Direction::Out => '>',
        };
        let at = self.started.elapsed().as_secs_f64();
        for line in text.lines() {
            let line = format!("{at:10.3} {link} {mark} {line}\n");
            self.written = self.written.saturating_add(line.len() as u64);
            if self.to.write_all(line.as_bytes()).is_err() {
                self.written = u64::MAX;
                return;
            }
        }
        let _ = self.to.flush();
    }
}

impl Scan {
    fn take(&mut self, mut data: &[u8], salt: &RandomState) {
        while !data.is_empty() {
            if self.body > 0 {
                let skip = self.body.min(data.len());
                self.body -= skip;
                data = data.get(skip..).unwrap_or(&[]);
                continue;
            }
            let end = memchr::memchr(b'\n', data);
            let (piece, rest) = data.split_at(end.map_or(data.len(), |at| at + 1));
            data = rest;
            let room = LINE_LIMIT.saturating_sub(self.line.len());
            self.line.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or(&[]));
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.line_done(String::from_utf8_lossy(&line).trim_end(), salt);
            }
        }
    }

    fn line_done(&mut self, line: &str, salt: &RandomState) {
        if line.is_empty() {
            if self.lost {
                return;
            }
            if self.inside {
                if self.length > 0 {
                    self.say(&format!("[{} octets of body removed]", self.length));
                }
                self.body = self.length;
                self.length = 0;
                self.inside = false;
            } else {
                self.say("[keep-alive]");
            }
            return;
        }
        if !self.inside {
            let Some(begin) = start_line(line, salt) else {
                if !self.lost {
                    self.say("[a body of unknown length removed]");
                }
                self.lost = true;
                return;
            };
            (self.inside, self.lost, self.length) = (true, false, 0);
            self.say(&begin);
            return;
        }
        // A folded line belongs to a header that was written without it.
        let Some((name, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) else { return };
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l") {
            self.length = value.parse().unwrap_or(0);
        }
        let shown = match kind(name) {
            Kind::Plain => value.to_owned(),
            Kind::Address => addresses(value, salt),
            Kind::Removed => "[removed]".to_owned(),
        };
        self.say(&format!("{name}: {shown}"));
    }

    fn say(&mut self, line: &str) {
        // A trace is looked at in terminals, and only what a peer made up needs other characters.
        self.out.extend(line.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }));
        self.out.push('\n');
    }
}

fn kind(name: &str) -> Kind {
    const PLAIN: &[&str] = &[
        "accept",
        "allow",
        "allow-events",
        "u",
        "call-id",
        "i",
        "content-length",
        "l",
        "content-type",
        "c",
        "cseq",
        "date",
        "event",
        "o",
        "expires",
        "max-forwards",
        "min-expires",
        "require",
        "retry-after",
        "server",
        "sip-etag",
        "sip-if-match",
        "subscription-state",
        "supported",
        "k",
        "unsupported",
        "user-agent",
        "proxy-require",
        "etag",
        "if-match",
    ];
    const ADDRESS: &[&str] = &[
        "from",
        "f",
        "to",
        "t",
        "contact",
        "m",
        "via",
        "v",
        "route",
        "record-route",
        "path",
        "service-route",
        "p-associated-uri",
    ];
    let name = name.to_ascii_lowercase();
    if PLAIN.contains(&name.as_str()) {
        Kind::Plain
    } else if ADDRESS.contains(&name.as_str()) {
        Kind::Address
    } else {
        Kind::Removed
    }
}

/// What may be written of a line that begins a message; `None` for any other.
fn start_line(line: &str, salt: &RandomState) -> Option<String> {
    let is_version = |word: &str| word.starts_with("SIP/") || word.starts_with("HTTP/");
    let mut words = line.split(' ');
    let (first, second) = (words.next()?, words.next()?);
    if is_version(first) {
        // A status line; the reason phrase is the peer's free text.
        let is_code = second.len() == 3 && second.bytes().all(|digit| digit.is_ascii_digit());
        return is_code.then(|| format!("{first} {second}"));
    }
    let is_method = !first.is_empty() && first.len() <= 32 && first.bytes().all(|letter| letter.is_ascii_uppercase());
    if !is_method || !words.next_back().is_some_and(is_version) {
        return None;
    }
    Some(if second.starts_with("sip") { format!("{first} {}", addresses(second, salt)) } else { first.to_owned() })
}

/// Keeps what is needed to follow a call: hosts, tags, branches. Quoted names and user parts go.
fn addresses(value: &str, salt: &RandomState) -> String {
    let mut shown = String::new();
    let bare = match value.find('<') {
        // All before the bracket is a name.
        Some(at) => value.get(at..).unwrap_or(""),
        None => value,
    };
    for part in parts(bare).into_iter().take(16) {
        if !shown.is_empty() {
            shown.push(',');
        }
        let part = part.find('<').map_or(part, |at| part.get(at..).unwrap_or(part));
        shown.push_str(&one_address(part, salt));
    }
    if shown.contains('"') { "[removed]".to_owned() } else { shown }
}

/// The addresses of a list. A comma within brackets belongs to one of them; so it does where there are no
/// brackets, but there is a user part.
fn parts(value: &str) -> Vec<&str> {
    if !value.contains('<') && value.contains('@') {
        return vec![value];
    }
    let (mut parts, mut from, mut within) = (Vec::new(), 0, false);
    for (at, c) in value.char_indices() {
        match c {
            '<' => within = true,
            '>' => within = false,
            ',' if !within => {
                parts.push(value.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(value.get(from..).unwrap_or_default());
    parts
}

fn one_address(part: &str, salt: &RandomState) -> String {
    let Some(at) = part.rfind('@') else {
        // Hosts only, as in Via and Route; any other scheme has its person behind the colon.
        let begin = part.trim_start_matches(['<', ' ']).to_ascii_lowercase();
        let hosts = begin.starts_with("sip:") || begin.starts_with("sips:") || begin.starts_with("sip/2.0/");
        return if hosts { part.to_owned() } else { "[removed]".to_owned() };
    };
    let (head, host) = part.split_at(at);
    let user = head.rsplit_once(':').map_or(head, |(_, user)| user);
    let open = if head.starts_with('<') { "<" } else { "" };
    let scheme = if head.contains("sips:") { "sips" } else { "sip" };
    let mark = salt.hash_one(user) & 0xff_ffff;
    format!("{open}{scheme}:~{mark:06x}{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(data);
            Ok(data.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    const SAMPLE: &str = "MESSAGE sip:bob@example.test SIP/2.0\r\n\
        Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKabc\r\n\
        From: \"Alice Liddell\" <sip:alice@example.test>;tag=a1\r\n\
        To: Robert Marley <sip:bob:pass@example.test>\r\n\
        Authorization: Digest username=\"alice\",\r\n response=\"deadbeef\"\r\n\
        Subject: secret plan\r\n\
        CSeq: 2 MESSAGE\r\n\
        Content-Length: 18\r\n\r\n\
        meet me at\r\n\r\nten!SIP/2.0 401 Dear Alice\r\n\
        WWW-Authenticate: Digest nonce=\"n0nce\"\r\nl: 0\r\n\r\n\
        GET /xcap-root/users/sip:alice@example.test/index HTTP/1.1\r\nHost: x\r\n\r\n";

    #[test]
    fn nothing_private_is_written_at_any_split() {
        for split in 0..SAMPLE.len() {
            let sink = Shared::default();
            let mut trace = Trace::new(Box::new(sink.clone()));
            let (a, b) = SAMPLE.as_bytes().split_at(split);
            trace.bytes(LinkId(1), Direction::In, a);
            trace.bytes(LinkId(1), Direction::In, b);
            let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
            for word in
                ["Alice", "Liddell", "Robert", "alice@", "bob@", "pass", "deadbeef", "secret", "meet", "ten!", "n0nce", "Dear"]
            {
                assert!(!text.contains(word), "{word} at split {split} in\n{text}");
            }
            for word in ["MESSAGE sip:~", "tag=a1", "branch=z9hG4bKabc", "[18 octets of body removed]", "SIP/2.0 401", "GET\n"] {
                assert!(text.contains(word), "{word} missing at split {split} in\n{text}");
            }
        }
    }

    #[test]
    fn one_person_has_one_mark() {
        let salt = RandomState::new();
        let named = addresses("\"Bob, the \\\" @builder\" <sip:bob@a.test>;tag=1", &salt);
        assert_eq!(named.replace(['<', '>'], ""), format!("{};tag=1", addresses("sip:bob@a.test", &salt)));
    }

    /// A datagram needs no Content-Length, a body in chunks has none, and a peer may lie.
    #[test]
    fn bodies_of_unknown_length_are_not_written() {
        let next = "MESSAGE sip:bob@a.test SIP/2.0\r\nCall-ID: next\r\nl: 0\r\n\r\n";
        let body = "Meet me\r\nServer: planted\r\n\r\nmeet planted at\r\nMEET sip:planted@x at\r\nSIP/2.0 planted x\r\n";
        for length in ["", "l: 0\r\n", "l: 3\r\n", "l: x\r\n", "Transfer-Encoding: chunked\r\n"] {
            let sink = Shared::default();
            let mut trace = Trace::new(Box::new(sink.clone()));
            trace.bytes(LinkId(1), Direction::In, format!("MESSAGE sip:bob@a.test SIP/2.0\r\n{length}\r\n{body}").as_bytes());
            trace.bytes(LinkId(1), Direction::In, next.as_bytes());
            let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
            for word in ["Meet", "meet", "planted", "MEET"] {
                assert!(!text.contains(word), "{length:?}: {word} in\n{text}");
            }
            assert!(text.contains("Call-ID: next"), "{length:?}:\n{text}");
        }
    }

    #[test]
    fn odd_addresses_name_nobody() {
        let salt = RandomState::new();
        for value in [
            "<tel:+15550123>;tag=1",
            "tel:+15550123",
            "<sip:+15550123,phone-context=x@a.test>",
            "sip:+15550123,more@a.test",
            "\"A, B\" <im:+15550123>",
            "<sip:x@a.test>, +15550123 <pres:+15550123>",
        ] {
            let shown = addresses(value, &salt);
            assert!(!shown.contains("15550123") && !shown.contains("more"), "{value}: {shown}");
        }
        for kept in ["SIP/2.0/TLS h.test:5061;branch=z9hG4bK1, SIP/2.0/TCP i.test", "<sip:p.test;lr>,<sips:q.test>"] {
            assert_eq!(addresses(kept, &salt).replace(", ", ","), kept.replace(", ", ","));
        }
    }
}
