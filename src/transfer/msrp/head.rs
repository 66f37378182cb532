//! What frames begin with: the first line and the header fields (RFC 4975, section 9).

use std::fmt;

use super::Path;

/// What a frame begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The transaction.
    pub(super) id: String,
    pub(super) start: Start,
    pub(super) to: Path,
    pub(super) from: Path,
    pub(super) fields: Fields,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    Send,
    Report,
    /// A request that we know nothing of.
    Other(String),
    /// A response, with its code.
    Answer(u16),
}

/// The header fields that are of account here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fields {
    pub(super) message: Option<String>,
    pub(super) range: Option<Range>,
    /// Nothing stands for no.
    pub(super) success: Option<bool>,
    /// Nothing stands for all.
    pub(super) failure: Option<Tell>,
    pub(super) status: Option<u16>,
    pub(super) media_type: Option<String>,
    /// One of them was not to be understood, or came twice.
    pub(super) broken: bool,
}

/// What the sender of a request wants to be told of it (`Failure-Report`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tell {
    /// That it came, or did not.
    All,
    /// That it did not.
    Faults,
    /// Nothing.
    Nothing,
}

/// Where a chunk stands in its message. The first octet has the number 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u64,
    /// None for one that may end earlier.
    pub(super) end: Option<u64>,
    /// None for one that nobody knows yet.
    pub(super) total: Option<u64>,
}

/// How a frame ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    /// The message ends.
    Last,
    /// More of the message will come.
    More,
    /// No more of the message will come, and it is not whole.
    Abort,
}

impl Flag {
    pub(super) const fn read(octet: u8) -> Option<Self> {
        match octet {
            b'$' => Some(Self::Last),
            b'+' => Some(Self::More),
            b'#' => Some(Self::Abort),
            _ => None,
        }
    }

    pub(super) const fn octet(self) -> u8 {
        match self {
            Self::Last => b'$',
            Self::More => b'+',
            Self::Abort => b'#',
        }
    }
}

impl Range {
    /// All of a message.
    pub(super) const fn whole(octets: u64) -> Self {
        Self { start: 1, end: Some(octets), total: Some(octets) }
    }

    fn read(text: &str) -> Option<Self> {
        let (start, rest) = text.split_once('-')?;
        let (end, total) = rest.split_once('/')?;
        let open = |text: &str| if text == "*" { Some(None) } else { number(text).map(Some) };
        let range = Self { start: number(start)?, end: open(end)?, total: open(total)? };
        (range.start > 0).then_some(range)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = |number: Option<u64>| number.map_or_else(|| "*".to_owned(), |number| number.to_string());
        write!(f, "{}-{}/{}", self.start, open(self.end), open(self.total))
    }
}

/// What says of codes what they mean, for those who read along.
const PHRASES: [(u16, &str); 8] = [
    (200, "OK"),
    (400, "Not understood"),
    (403, "Not allowed"),
    (408, "Too late"),
    (413, "Stop"),
    (415, "Not of this type"),
    (481, "No such session"),
    (501, "No such method"),
];

pub(super) fn phrase(code: u16) -> &'static str {
    PHRASES.iter().find(|(known, _)| *known == code).map_or("Other", |(_, phrase)| phrase)
}

impl Start {
    /// The transaction and what the frame is, from the first line.
    pub(super) fn read(line: &str) -> Option<(String, Self)> {
        let (id, rest) = line.strip_prefix("MSRP ")?.split_once(' ')?;
        let word = rest.split(' ').next()?;
        let start = match word {
            "SEND" => Self::Send,
            "REPORT" => Self::Report,
            code if code.len() == 3 && code.bytes().all(|octet| octet.is_ascii_digit()) => Self::Answer(code.parse().ok()?),
            other if !other.is_empty() && other.bytes().all(|octet| octet.is_ascii_uppercase()) => Self::Other(other.to_owned()),
            _ => return None,
        };
        let alone = matches!(start, Self::Answer(_)) || rest.trim_end() == word;
        (is_ident(id) && alone).then(|| (id.to_owned(), start))
    }
}

impl Fields {
    /// Reads one. False where no field stands.
    pub(super) fn read(&mut self, line: &str) -> bool {
        let Some((name, value)) = line.split_once(':') else { return false };
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        let sound = match name.as_str() {
            "message-id" => keep(&mut self.message, Some(value.to_owned()).filter(|id| is_ident(id))),
            "byte-range" => keep(&mut self.range, Range::read(value)),
            "success-report" => keep(&mut self.success, one_of(value, [("yes", true), ("no", false)])),
            "failure-report" => {
                let known = [("yes", Tell::All), ("partial", Tell::Faults), ("no", Tell::Nothing)];
                keep(&mut self.failure, one_of(value, known))
            }
            "status" => keep(&mut self.status, status(value)),
            "content-type" => keep(&mut self.media_type, Some(value.to_owned()).filter(|value| !value.is_empty())),
            // These come before, and once.
            "to-path" | "from-path" => false,
            _ => true,
        };
        self.broken |= !sound;
        is_token(&name)
    }
}

/// Keeps what was read, if it is the first. Whether it was, and could be read.
fn keep<T>(place: &mut Option<T>, read: Option<T>) -> bool {
    let sound = read.is_some() && place.is_none();
    if sound {
        *place = read;
    }
    sound
}

fn one_of<T, const N: usize>(value: &str, known: [(&str, T); N]) -> Option<T> {
    known.into_iter().find(|(name, _)| value.eq_ignore_ascii_case(name)).map(|(_, meaning)| meaning)
}

/// The code of a status; of namespaces there is one, 000.
fn status(value: &str) -> Option<u16> {
    let mut words = value.split_ascii_whitespace();
    let (namespace, code) = (words.next()?, words.next()?);
    (namespace == "000" && code.len() == 3).then(|| number(code)).flatten()
}

/// The value of a field of this name, where that is the line.
pub(super) fn value_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(':').filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Digits and nothing else.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// What transactions and messages are called: 4 to 32 letters, digits and a few signs, no sign first.
fn is_ident(text: &str) -> bool {
    let known = |octet: u8| octet.is_ascii_alphanumeric() || b".-+%=".contains(&octet);
    (4..=32).contains(&text.len()) && text.bytes().all(known) && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-.!%*_+`'~#$&^|{}".contains(&octet))
}

/// All of it but the empty line.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, start, to, from, fields } = self;
        match start {
            Start::Send => write!(f, "MSRP {id} SEND\r\n")?,
            Start::Report => write!(f, "MSRP {id} REPORT\r\n")?,
            Start::Other(method) => write!(f, "MSRP {id} {method}\r\n")?,
            Start::Answer(code) => write!(f, "MSRP {id} {code:03} {}\r\n", phrase(*code))?,
        }
        write!(f, "To-Path: {to}\r\nFrom-Path: {from}\r\n{fields}")
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, range, success, failure, status, media_type, broken: _ } = self;
        if let Some(message) = message {
            write!(f, "Message-ID: {message}\r\n")?;
        }
        if let Some(range) = range {
            write!(f, "Byte-Range: {range}\r\n")?;
        }
        if let Some(success) = success {
            write!(f, "Success-Report: {}\r\n", if *success { "yes" } else { "no" })?;
        }
        if let Some(failure) = failure {
            let said = match failure {
                Tell::All => "yes",
                Tell::Faults => "partial",
                Tell::Nothing => "no",
            };
            write!(f, "Failure-Report: {said}\r\n")?;
        }
        if let Some(code) = status {
            write!(f, "Status: 000 {code:03} {}\r\n", phrase(*code))?;
        }
        if let Some(media_type) = media_type {
            write!(f, "Content-Type: {media_type}\r\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        let read = |line: &str| Start::read(line).map(|(id, start)| format!("{id} {start:?}"));
        for (line, expected) in [
            ("MSRP d93kswow SEND", "d93kswow Send"),
            ("MSRP d93kswow REPORT", "d93kswow Report"),
            ("MSRP d93kswow AUTH", "d93kswow Other(\"AUTH\")"),
            ("MSRP d93kswow 200 OK", "d93kswow Answer(200)"),
            ("MSRP d93kswow 481", "d93kswow Answer(481)"),
            ("MSRP a.+%=-7 999 any words at all", "a.+%=-7 Answer(999)"),
        ] {
            assert_eq!(read(line).as_deref(), Some(expected));
        }
        let long = format!("MSRP {} SEND", "a".repeat(33));
        for line in [
            "",
            "MSRP",
            "MSRP ",
            "MSRP d93k",
            "MSRP d93k ",
            "MSRP d93k send",
            "MSRP d93k SEND more",
            "MSRP d93k 20 OK",
            "MSRP d93k 2000 OK",
            "msrp d93k SEND",
            "MSRP d93 SEND",
            "MSRP .93k SEND",
            "MSRP d93k/ SEND",
            "MSRP  d93k SEND",
            &long,
            "GET / HTTP/1.1",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn ranges() {
        for text in ["1-11/11", "1-*/*", "2049-*/18446744073709551615", "1-0/0", "5-3/*"] {
            assert_eq!(Range::read(text).map(|range| range.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "1",
            "1-",
            "1-2",
            "0-1/1",
            "*-1/1",
            "-1/1",
            "1-/1",
            "1-1/",
            "+1-1/1",
            "1 -1/1",
            "1-1/1/1",
            "1-18446744073709551616/*",
        ] {
            assert_eq!(Range::read(text), None, "{text}");
        }
    }

    #[test]
    fn fields() {
        let read = |lines: &[&str]| {
            let mut fields = Fields::default();
            assert!(lines.iter().all(|line| fields.read(line)), "{lines:?}");
            fields
        };
        let all = ["MESSAGE-id: 12339sdqwer", "Byte-Range:1-11/11", "Success-Report: YES", "failure-report: partial"];
        let fields = read(&all);
        assert_eq!(
            (fields.message.as_deref(), fields.range, fields.success),
            (Some("12339sdqwer"), Some(Range::whole(11)), Some(true))
        );
        assert_eq!((fields.failure, fields.broken), (Some(Tell::Faults), false));
        let fields = read(&["Status: 000 200 OK", "Content-Type: text/plain", "Content-Disposition: attachment"]);
        assert_eq!((fields.status, fields.media_type.as_deref(), fields.broken), (Some(200), Some("text/plain"), false));
        for line in [
            "Message-ID: x",
            "Byte-Range: all",
            "Success-Report: maybe",
            "Failure-Report:",
            "Status: 001 200 OK",
            "Status: 000 20",
            "Content-Type:",
            "To-Path: msrp://a:1/x;tcp",
        ] {
            assert!(read(&[line]).broken, "{line}");
        }
        assert!(read(&["Message-ID: abcd", "Message-ID: abcd"]).broken);
        for line in ["", "no field", ": x", "a b: x", "-------d93kswow$"] {
            assert!(!Fields::default().read(line), "{line}");
        }
    }
}
