//! Kerberos as this room sees it (MS-SIP sections 3.1.4.2 and 4.1): somebody outside has got a
//! ticket, or takes one, and made a [`Mechanism`] of it. The protocol itself is a library's work
//! (GSS-API, RFC 2743 and RFC 4121); here are only its words.

use std::fmt;
use std::time::Duration;

use super::sa_header::SaHeader;
use super::scheme::Scheme;

/// Makes and checks signatures with the key that both sides of a ticket have (`GSS_GetMIC` and
/// `GSS_VerifyMIC`, RFC 2743 section 2.3). Pure computation: it asks nobody and waits for nothing.
/// The order of texts must not matter, since messages may be worked on in another order than that
/// in which they were signed.
pub trait Mechanism: fmt::Debug + Send {
    /// The signature of a text; `None` when there can be none any more.
    fn sign(&mut self, text: &[u8]) -> Option<Vec<u8>>;

    /// Whether the other side has made this signature for this text.
    fn verify(&mut self, text: &[u8], signature: &[u8]) -> bool;
}

/// What a client got for a service.
pub struct Ticket {
    /// What the service is to be shown.
    pub token: Vec<u8>,
    /// Signs for this side and checks for the other.
    pub mechanism: Box<dyn Mechanism>,
    /// How long it is good, from now.
    pub life: Duration,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("octets", &self.token.len()).field("life", &self.life).finish_non_exhaustive()
    }
}

/// Whom a service let in.
#[derive(Debug)]
pub struct Admitted {
    /// The client as Kerberos names it: `alice@EXAMPLE.TEST`.
    pub principal: String,
    /// Signs for this side and checks for the other.
    pub mechanism: Box<dyn Mechanism>,
    /// How long the client's ticket is good, from now.
    pub life: Duration,
}

/// Looks at the tickets clients show to a service. It may read the service's key and write down
/// what it has seen, on this machine, and asks nobody over the network.
pub trait TicketTaker: fmt::Debug + Send {
    /// Lets in who has shown a ticket for this service; `None` for everybody else.
    fn take(&mut self, token: &[u8]) -> Option<Admitted>;
}

/// The host of the service a challenge names: `lcs.example.test` of
/// `targetname="sip/lcs.example.test"`. `None` for names of anything else: no server may have us get
/// tickets for whatever service it likes.
#[must_use]
pub fn service_host(challenge: &SaHeader) -> Option<&str> {
    let (class, host) = challenge.get("targetname")?.split_once('/')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let fine = challenge.scheme == Scheme::Kerberos
        && class.eq_ignore_ascii_case(CLASS)
        && (1..=LONGEST_HOST).contains(&host.len())
        && host.bytes().all(plain)
        && !host.starts_with(['.', '-']);
    fine.then_some(host)
}

/// Octets of a signature that are looked at; those of the usual ciphers have 28 to 37.
pub const MAX_SIGNATURE: usize = 256;
/// The service class of SIP servers.
const CLASS: &str = "sip";
/// RFC 1035 section 2.3.4.
const LONGEST_HOST: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_sip_services_count() {
        let host = |target: &str| {
            let header = SaHeader::parse(&format!("Kerberos realm=\"r\", targetname=\"{target}\"")).unwrap();
            service_host(&header).map(str::to_owned)
        };
        assert_eq!(host("sip/lcs.example.test").as_deref(), Some("lcs.example.test"));
        assert_eq!(host("SIP/Lcs-1.example.test").as_deref(), Some("Lcs-1.example.test"));
        let long = format!("sip/{}", "a".repeat(256));
        for absurd in [
            "",
            "sip",
            "sip/",
            "lcs.example.test",
            "host/lcs.example.test",
            "sip/lcs.example.test/x",
            "sip/a@OTHER.TEST",
            "sip/a b",
            "sip/-a",
            "sip/.a",
            "sip/../../etc",
            "sip/\u{e9}",
            long.as_str(),
        ] {
            assert_eq!(host(absurd), None, "{absurd}");
        }
        let ntlm = SaHeader::parse("NTLM realm=\"r\", targetname=\"sip/lcs.example.test\"").unwrap();
        assert_eq!(service_host(&ntlm), None);
        assert_eq!(service_host(&SaHeader::parse("Kerberos realm=\"r\"").unwrap()), None);
    }
}
