//! A minimal HTTP/1.1 codec (RFC 9110, RFC 9112), both sides, sans-IO: bytes of a link in,
//! messages out, and messages to bytes. Bodies by `Content-Length`, in chunks, or until the link
//! closes. No pipelining by us, though a [`Reader`] takes what a peer pipelines; no upgrades.

use std::fmt::Write as _;

mod read;
pub use read::{Limits, Reader};

/// Header fields in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The value of the first field of that name, whatever its letter case.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The values of all fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Whether a field is a list with this word in it.
    fn lists(&self, name: &str, word: &str) -> bool {
        self.all(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    }
}

/// What stands in the first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A request.
    Request {
        /// `GET`, `PUT`, `DELETE` ...
        method: String,
        /// Path and query as written.
        target: String,
    },
    /// A response.
    Response {
        /// 100 to 599.
        status: u16,
        /// For people.
        reason: String,
    },
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its first line.
    pub start: Start,
    /// Header fields.
    pub fields: Fields,
    /// Its body; empty for none.
    pub body: Vec<u8>,
    /// Whether the link may carry another message after it.
    pub keep_alive: bool,
}

impl Message {
    /// A request without fields and body.
    #[must_use]
    pub fn request(method: &str, target: &str) -> Self {
        let start = Start::Request { method: method.to_owned(), target: target.to_owned() };
        Self { start, fields: Fields::default(), body: Vec::new(), keep_alive: true }
    }

    /// A response without fields and body.
    #[must_use]
    pub fn response(status: u16, reason: &str) -> Self {
        let start = Start::Response { status, reason: reason.to_owned() };
        Self { start, fields: Fields::default(), body: Vec::new(), keep_alive: true }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push(name, value);
        self
    }

    /// The same with a body and its type.
    #[must_use]
    pub fn with_body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("Content-Type", media_type)
    }

    /// The bytes. `Content-Length` is added where a body may stand, `Connection: close` where the
    /// link is not to be kept. Control characters in fields are left out: nothing can be smuggled.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut head = String::new();
        let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        let has_length = match &self.start {
            Start::Request { method, target } => {
                let _ = write!(head, "{} {} HTTP/1.1\r\n", clean(method), clean(target).replace(' ', "%20"));
                !self.body.is_empty() || matches!(method.as_str(), "PUT" | "POST")
            }
            Start::Response { status, reason } => {
                let _ = write!(head, "HTTP/1.1 {status} {}\r\n", clean(reason));
                read::may_have_body(*status)
            }
        };
        for (name, value) in &self.fields.0 {
            let _ = write!(head, "{}: {}\r\n", clean(name), clean(value));
        }
        if !self.keep_alive {
            head.push_str("Connection: close\r\n");
        }
        if has_length {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if has_length {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// The bytes are not HTTP/1.1, or not such that we can stand. After the first the link is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Neither a request line nor a status line, or not the one that was due.
    #[error("a broken first line")]
    StartLine,
    /// A version other than HTTP/1.0 and HTTP/1.1.
    #[error("an HTTP version that is not 1.x")]
    Version,
    /// A header line that is none.
    #[error("a broken header line")]
    Field,
    /// The head is longer than the limit.
    #[error("a head that is too long")]
    HeadTooLong,
    /// More header fields than the limit.
    #[error("too many header fields")]
    TooManyFields,
    /// A length that is no number, or several that differ, or one beside chunks.
    #[error("a wrong length")]
    Length,
    /// A transfer coding other than chunks.
    #[error("a transfer coding that is not known")]
    Coding,
    /// A chunk that does not follow its grammar.
    #[error("a broken chunk")]
    Chunk,
    /// The body is longer than the limit.
    #[error("a body that is too long")]
    BodyTooLong,
    /// The link closed in the middle of a message.
    #[error("a truncated message")]
    Truncated,
}

#[cfg(test)]
mod tests;
