//! What a peer speaks, told by the first octets it sends: for people who took the wrong port.

/// Octets that are enough to tell.
pub const TELLING: usize = 16;

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// SIP in clear (RFC 3261).
    Sip,
    /// TLS (RFC 8446 section 5.1).
    Tls,
    /// HTTP (RFC 9112).
    Http,
    /// SSH (RFC 4253 section 4.2).
    Ssh,
    /// XMPP, or other XML.
    Xml,
    /// The greeting of a server for mail or files.
    Greeting,
}

impl Spoken {
    /// What begins like this; `None` for what is not known.
    #[must_use]
    pub fn by(first: &[u8]) -> Option<Self> {
        let begins = |words: &[&str]| words.iter().any(|word| first.starts_with(word.as_bytes()));
        Some(match first {
            _ if begins(&["SIP/"]) => Self::Sip,
            // A record of a handshake, or an alert; nothing else here begins like that, so one octet tells.
            [0x15 | 0x16] | [0x15 | 0x16, 0x03] | [0x15 | 0x16, 0x03, 0..=4, ..] => Self::Tls,
            _ if begins(&["HTTP/", "<html", "<HTML", "<!DOC", "<!doc"]) => Self::Http,
            _ if begins(&["SSH-"]) => Self::Ssh,
            _ if begins(&["<?xml", "<stream"]) => Self::Xml,
            _ if begins(&["220 ", "220-", "* OK", "+OK", "421 ", "554 "]) => Self::Greeting,
            _ => return None,
        })
    }

    /// In words: completes "it speaks …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Sip => "SIP in clear",
            Self::Tls => "TLS",
            Self::Http => "HTTP",
            Self::Ssh => "SSH",
            Self::Xml => "XML, as XMPP does",
            Self::Greeting => "as servers for mail or files do",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_octets_tell() {
        let table: &[(&[u8], Option<Spoken>)] = &[
            (b"SIP/2.0 200 OK", Some(Spoken::Sip)),
            (b"\x15\x03\x01\0\x02\x02\x46", Some(Spoken::Tls)),
            (b"\x16\x03\x03", Some(Spoken::Tls)),
            (b"HTTP/1.1 400 Bad", Some(Spoken::Http)),
            (b"<html>", Some(Spoken::Http)),
            (b"SSH-2.0-OpenSSH", Some(Spoken::Ssh)),
            (b"<?xml version", Some(Spoken::Xml)),
            (b"220 mail.test ES", Some(Spoken::Greeting)),
            (b"", None),
            (b"\x15\x03", Some(Spoken::Tls)),
            (b"\x15\x15", None),
            (b"hello", None),
        ];
        for (first, spoken) in table {
            assert_eq!(Spoken::by(first), *spoken, "{first:?}");
        }
    }
}
