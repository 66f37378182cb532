//! [`Message`] to bytes.

use std::fmt::Write as _;

use bytes::Bytes;

use super::{Message, StartLine};

impl Message {
    /// The message as it goes on the wire: header fields in order, each byte of their values as
    /// it was read, Content-Length always that of the body.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut head = String::with_capacity(512);
        let _ = match &self.start {
            StartLine::Request { method, uri } => write!(head, "{method} {uri} SIP/2.0\r\n"),
            StartLine::Status { code, reason } => write!(head, "SIP/2.0 {code} {reason}\r\n"),
        };
        for header in self.headers.iter() {
            if header.name().eq_ignore_ascii_case("Content-Length") || header.name().eq_ignore_ascii_case("l") {
                continue;
            }
            let _ = write!(head, "{}:{}\r\n", header.name(), header.raw());
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", self.body.len());
        let mut out = head.into_bytes();
        out.extend_from_slice(&self.body);
        Bytes::from(out)
    }
}
