//! Header fields of security associations: challenges, credentials and signatures of NTLM and
//! Kerberos (MS-SIP section 2.2).
//!
//! Names in any case and any order, values with quotes or without. Within quotes nothing is
//! escaped, so a value is what stands there; signatures cover it as it stands.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::association::TextVersion;
use super::ntlm::{NtlmFault, SIGNATURE_OCTETS};
use super::scheme::Scheme;
use super::ticket::MAX_SIGNATURE;
use crate::sip::hex::octets;
use crate::sip::message::Message;

/// One field of a scheme that signs messages.
#[derive(Clone, PartialEq, Eq)]
pub struct SaHeader {
    /// The scheme.
    pub scheme: Scheme,
    params: Vec<(String, String)>,
}

impl fmt::Debug for SaHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Passwords can be guessed from what handshakes carry, so only names are shown.
        let names: Vec<&str> = self.params.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("SaHeader").field("scheme", &self.scheme).field("names", &names).finish_non_exhaustive()
    }
}

impl SaHeader {
    /// Reads a field value; `None` when it is of a scheme that does not sign messages.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        let (word, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        let scheme = Scheme::parse(word).filter(|s| *s != Scheme::Digest)?;
        let mut params = Vec::new();
        let mut rest = rest;
        while params.len() < MAX_PARAMS {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let Some((name, after)) = rest.split_once('=') else { break };
            let after = after.trim_start();
            let (value, tail) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_once(',').unwrap_or((after, "")),
            };
            params.push((name.trim().to_owned(), value.trim().to_owned()));
            // What stands between a closing quote and the next comma belongs to nothing.
            rest = if after.starts_with('"') { tail.trim_start_matches(|c| c != ',') } else { tail };
        }
        Some(Self { scheme, params })
    }

    /// All that a message carries under a name.
    pub fn all<'a>(message: &'a Message, name: &'a str) -> impl Iterator<Item = Self> + 'a {
        message.headers.get_all(name).take(MAX_LINES).filter_map(|value| Self::parse(&value))
    }

    /// A value; names compare without regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Which signature text the sender knows; without the parameter the oldest.
    #[must_use]
    pub fn version(&self) -> TextVersion {
        match self.get("version").map(str::parse::<u32>) {
            None | Some(Err(_) | Ok(0..=2)) => TextVersion::V2,
            Some(Ok(3)) => TextVersion::V3,
            Some(Ok(4..)) => TextVersion::V4,
        }
    }

    /// The message of a handshake; `None` without one, or with an empty one.
    ///
    /// # Errors
    /// When it is not base64. Blanks within it are forgiven: a folded line may leave them.
    pub fn data(&self) -> Option<Result<Vec<u8>, NtlmFault>> {
        let text = self.get("gssapi-data")?;
        if text.len() > MAX_DATA {
            return Some(Err(NtlmFault::Long));
        }
        let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        if text.is_empty() {
            return None;
        }
        Some(BASE64_STANDARD.decode(text).map_err(|_| NtlmFault::Base64))
    }

    /// A signature: `response` or `rspauth`, in hex of either case; `None` when it is none. Those of
    /// NTLM have one length, those of Kerberos depend on the cipher.
    #[must_use]
    pub fn signature(&self, name: &str) -> Option<Vec<u8>> {
        let right = |length: usize| match self.scheme {
            Scheme::Kerberos => (1..=MAX_SIGNATURE).contains(&length),
            Scheme::Ntlm | Scheme::Digest => length == SIGNATURE_OCTETS,
        };
        let digits = self.get(name).filter(|digits| right(digits.len() / 2))?;
        octets(digits)
    }
}

/// Parameters of one field; there are about ten.
const MAX_PARAMS: usize = 32;
/// Fields of one name looked at.
const MAX_LINES: usize = 16;
/// Characters of a handshake's message.
const MAX_DATA: usize = 24 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_or_not_in_any_case_and_order() {
        for text in [
            r#"NTLM realm="SIP Communications Service", targetname="lcs1.example.test", version=4, snum="1""#,
            r#"ntlm  VERSION="4",SNUM=1,TargetName=lcs1.example.test , Realm = "SIP Communications Service""#,
            "NTLM\tsnum=1 ,\trealm=\"SIP Communications Service\"  ,version=4,targetname=\"lcs1.example.test\",",
        ] {
            let header = SaHeader::parse(text).unwrap();
            assert_eq!(header.scheme, Scheme::Ntlm);
            assert_eq!(header.get("realm"), Some("SIP Communications Service"), "{text}");
            assert_eq!(header.get("targetname"), Some("lcs1.example.test"));
            assert_eq!(header.get("snum"), Some("1"));
            assert_eq!(header.version(), TextVersion::V4);
        }
        let odd = SaHeader::parse(r#"Kerberos realm="a\b, c=d", opaque="x" junk, qop=auth"#).unwrap();
        assert_eq!((odd.get("realm"), odd.get("opaque"), odd.get("qop")), (Some(r"a\b, c=d"), Some("x"), Some("auth")));
        assert_eq!(SaHeader::parse("Digest realm=\"a\""), None);
        assert_eq!(SaHeader::parse("Basic realm=\"a\""), None);
        assert_eq!(SaHeader::parse(""), None);
        assert_eq!(SaHeader::parse("NTLM").unwrap().get("realm"), None);
        assert_eq!(SaHeader::parse("NTLM realm=\"open").unwrap().get("realm"), Some("open"));
    }

    #[test]
    fn versions() {
        for (text, version) in [
            ("NTLM a=b", TextVersion::V2),
            ("NTLM version=1", TextVersion::V2),
            ("NTLM version=\"3\"", TextVersion::V3),
            ("NTLM version=4", TextVersion::V4),
            ("NTLM version=99", TextVersion::V4),
            ("NTLM version=-1", TextVersion::V2),
            ("NTLM version=4294967296", TextVersion::V2),
        ] {
            assert_eq!(SaHeader::parse(text).unwrap().version(), version, "{text}");
        }
    }

    #[test]
    fn data_and_signatures() {
        let read = |text: &str| SaHeader::parse(text).unwrap();
        assert_eq!(read("NTLM gssapi-data=\"\"").data(), None);
        assert_eq!(read("NTLM gssapi-data=").data(), None);
        assert_eq!(read("NTLM a=b").data(), None);
        assert_eq!(read("NTLM gssapi-data=\"AQ ID\"").data(), Some(Ok(vec![1, 2, 3])));
        assert_eq!(read("NTLM gssapi-data=AQI=, a=b").data(), Some(Ok(vec![1, 2])));
        for broken in ["AQI", "A===", "!!!!", "AQI=AQI="] {
            assert_eq!(read(&format!("NTLM gssapi-data=\"{broken}\"")).data(), Some(Err(NtlmFault::Base64)), "{broken}");
        }
        assert_eq!(read(&format!("NTLM gssapi-data=\"{}\"", "A".repeat(40_000))).data(), Some(Err(NtlmFault::Long)));
        let signature = read("NTLM response=\"01000000D1e8804f56b39ea664000000\"").signature("response").unwrap();
        assert_eq!(signature[..6], [1, 0, 0, 0, 0xd1, 0xe8]);
        for broken in [
            "",
            "01",
            "01000000D1e8804f56b39ea66400000",
            "01000000D1e8804f56b39ea66400000g",
            "01000000D1e8804f56b39ea664000000ff",
        ] {
            assert_eq!(read(&format!("NTLM response=\"{broken}\"")).signature("response"), None, "{broken}");
        }
        for (length, good) in [(0, false), (1, true), (28, true), (37, true), (256, true), (257, false), (4000, false)] {
            let header = read(&format!("Kerberos rspauth=\"{}\"", "0A".repeat(length)));
            assert_eq!(header.signature("rspauth").map(|s| s.len()), good.then_some(length));
        }
        assert_eq!(read("Kerberos rspauth=\"0A0\"").signature("rspauth"), None);
    }

    #[test]
    fn what_it_carries_is_not_shown() {
        let header = SaHeader::parse("NTLM realm=\"SIP\", gssapi-data=\"c2VjcmV0\", response=\"0123\"").unwrap();
        let shown = format!("{header:?}");
        assert!(shown.contains("gssapi-data") && !shown.contains("c2VjcmV0") && !shown.contains("0123"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(?i:ntlm|kerberos) .{0,200}") {
            if let Some(header) = SaHeader::parse(&text) {
                let _ = (header.version(), header.data(), header.signature("rspauth"));
            }
        }
    }
}
