//! [`Message`] to bytes.

use std::io::Write as _;

use bytes::Bytes;

use super::names::Name;
use super::parse::read_start;
use super::typed::read_length;
use super::{Message, StartLine};

impl Message {
    /// The message as it goes on the wire: header fields in order, each octet as it was read.
    ///
    /// A message that was read and not changed is written as it came. Content-Length is always
    /// right: a field with the true number stays, any other is left out, and without one left a
    /// new one is put at the end.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let fields = self.headers.fields();
        let right =
            |at: usize| fields.get(at).is_some_and(|f| read_length(self.headers.view(f).raw_bytes()) == Some(self.body.len()));
        let (mut lines, mut has_length) = (0, false);
        for (at, field) in fields.iter().enumerate() {
            lines += field.end - field.start + 2;
            has_length |= field.name == Name::CONTENT_LENGTH && right(at);
        }
        let mut out = Vec::with_capacity(self.start_len() + lines + self.body.len() + if has_length { 4 } else { 44 });
        self.write_start(&mut out);
        // Lines that stand together in a buffer are copied together, with the CR LFs between them.
        let mut run: Option<(bool, usize, usize)> = None;
        for (at, field) in fields.iter().enumerate() {
            if field.name == Name::CONTENT_LENGTH && !right(at) {
                continue;
            }
            run = match run {
                Some((own, from, to)) if own == field.own && to + 2 == field.start => Some((own, from, field.end)),
                before => {
                    self.write_run(&mut out, before);
                    Some((field.own, field.start, field.end))
                }
            };
        }
        self.write_run(&mut out, run);
        if !has_length {
            let _ = write!(out, "Content-Length: {}\r\n", self.body.len());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        Bytes::from(out)
    }

    /// Octets of first line and header fields, as [`Message::to_bytes`] writes them, but for a
    /// Content-Length that is not there yet.
    #[must_use]
    pub fn head_len(&self) -> usize {
        self.start_len() + 2 + self.headers.fields().iter().map(|field| field.end - field.start + 2).sum::<usize>()
    }

    fn write_run(&self, out: &mut Vec<u8>, run: Option<(bool, usize, usize)>) {
        if let Some((own, from, to)) = run {
            out.extend_from_slice(self.headers.source(own).get(from..to).unwrap_or(&[]));
            out.extend_from_slice(b"\r\n");
        }
    }

    fn start_len(&self) -> usize {
        let odd = self.headers.odd_start().map_or(0, <[u8]>::len);
        odd.max(match &self.start {
            StartLine::Request { method, uri } => method.as_str().len() + uri.len() + 9,
            StartLine::Status { reason, .. } => 12 + reason.len(),
        })
    }

    fn write_start(&self, out: &mut Vec<u8>) {
        let odd = self.headers.odd_start();
        match odd.filter(|line| read_start(line).is_ok_and(|(start, _)| start == self.start)) {
            Some(line) => out.extend_from_slice(line),
            None => match &self.start {
                StartLine::Request { method, uri } => {
                    out.extend_from_slice(method.as_str().as_bytes());
                    out.push(b' ');
                    out.extend(uri.bytes().filter(|b| *b > b' '));
                    out.extend_from_slice(b" SIP/2.0");
                }
                StartLine::Status { code, reason } => {
                    let _ = write!(out, "SIP/2.0 {code} ");
                    out.extend(reason.bytes().map(|b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { b }));
                }
            },
        }
        out.extend_from_slice(b"\r\n");
    }
}
