//! How requests come to us over this link, as registrar and network have it: the names for us that the
//! registrar gives (RFC 5627), whether it keeps our flow (RFC 5626), the way out that it wants (RFC 3608), and
//! the address at which the server sees us (RFC 3581, RFC 8489).

use std::net::SocketAddr;

use uuid::Uuid;

use crate::model::Address;
use crate::sip::message::{Message, NameAddr, Uri};

/// All of that; of one link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The flow is kept: requests in dialogs are to come back on it.
    pub(super) outbound: bool,
    /// The public GRUU of this device: Contact of what makes a dialog.
    pub(super) gruu: Option<String>,
    /// Routes for requests outside dialogs.
    pub(super) routes: Vec<String>,
    /// In our Contact in place of this end of the link: where neither outbound nor GRUU helps behind a NAT.
    pub(super) public: Option<SocketAddr>,
    by_via: Option<SocketAddr>,
    by_stun: Option<SocketAddr>,
}

/// Who told where the server sees us. What is in between may change one's words and not the other's, so each is
/// compared with its own earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teller {
    /// `received` and `rport` in our Via.
    Via,
    /// The answer to a Binding request.
    Stun,
}

impl Reach {
    /// Reads the 200 to a REGISTER; what an earlier one gave and this one does not is over.
    pub(super) fn granted(&mut self, response: &Message, aor: &Address, instance: Uuid) {
        self.outbound = response.headers.lists_token("Require", "outbound");
        self.gruu = gruu(response, aor, instance);
        self.routes = routes(response);
    }

    /// Takes note of where the server sees us; `true` if that was elsewhere before.
    pub(super) fn learn(&mut self, teller: Teller, at: SocketAddr) -> bool {
        let known = match teller {
            Teller::Via => &mut self.by_via,
            Teller::Stun => &mut self.by_stun,
        };
        known.replace(at).is_some_and(|before| before != at)
    }

    /// Where the server sees us, if it ever said so.
    pub(super) fn seen(&self) -> Option<SocketAddr> {
        self.by_via.or(self.by_stun)
    }
}

/// Where the server saw a request of ours come from, by its answer (RFC 3581 section 4).
pub(super) fn seen_in(response: &Message) -> Option<SocketAddr> {
    let params = response.top_via()?.params;
    let ip = params.get("received")?.trim_matches(['[', ']']).parse().ok()?;
    let port = params.get("rport")?.parse().ok()?;
    believable(SocketAddr::new(ip, port))
}

/// Nobody is reached at some addresses.
pub(super) fn believable(at: SocketAddr) -> Option<SocketAddr> {
    let nowhere = at.ip().is_unspecified() || at.ip().is_multicast() || at.port() == 0;
    (!nowhere).then_some(at)
}

/// `pub-gruu` of our own binding, if it has the form of RFC 5627 section 3.2: our address of record with
/// `gr`, and nothing else. Whatever else a server gives would send other people's requests elsewhere.
fn gruu(response: &Message, aor: &Address, instance: Uuid) -> Option<String> {
    let instance = format!("<urn:uuid:{instance}>");
    let is_ours = |b: &NameAddr| b.params.get("+sip.instance").is_some_and(|i| i.eq_ignore_ascii_case(&instance));
    let own = response.name_addrs("Contact").into_iter().find(is_ours)?;
    let text = own.params.get("pub-gruu").filter(|text| text.len() <= LONGEST_URI)?;
    let uri = Uri::parse(&text).ok()?;
    let (base, rest) = text.split_once(";gr=")?;
    let is_bare = !base.contains([';', '?', '>']);
    let is_word = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:~+%".contains(&b));
    let same = uri.is_sip() && !uri.is_secure() && Address::parse(base).is_ok_and(|base| base == *aor);
    (is_bare && is_word && same && uri.port().is_none()).then_some(text)
}

/// `Service-Route`, as it stands; all of it or nothing, since a part leads elsewhere than the whole.
fn routes(response: &Message) -> Vec<String> {
    let routes = response.headers.list("Service-Route");
    let is_route = |text: &String| text.len() <= LONGEST_URI && NameAddr::parse(text).is_ok_and(|route| route.uri.is_sip());
    if routes.len() <= MOST_ROUTES && routes.iter().all(is_route) { routes } else { Vec::new() }
}

const LONGEST_URI: usize = 512;
const MOST_ROUTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: Uuid = Uuid::from_u128(0x0000_0000_0000_1000_8000_000A_95A0_E128);
    const OURS: &str = "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";

    fn response(headers: &[(&str, &str)]) -> Message {
        let mut response = Message::response(200);
        for (name, value) in headers {
            response.headers.push(name, value);
        }
        response
    }

    fn granted(headers: &[(&str, &str)]) -> Reach {
        let mut reach = Reach::default();
        reach.granted(&response(headers), &Address::parse("sip:alice@example.test").unwrap(), INSTANCE);
        reach
    }

    fn gruu_of(params: &str) -> Option<String> {
        granted(&[("Contact", &format!("<sip:alice@192.0.2.10>;{params}"))]).gruu
    }

    #[test]
    fn the_gruu_of_our_own_binding() {
        let gruu = "sip:alice@example.test;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128";
        assert_eq!(gruu_of(&format!("{OURS};reg-id=1;pub-gruu=\"{gruu}\";temp-gruu=\"sip:t@example.test;gr\"")).unwrap(), gruu);
        let others = "<sip:alice@192.0.2.9>;+sip.instance=\"<urn:uuid:1>\";pub-gruu=\"sip:alice@example.test;gr=x\"";
        let ours = format!("<sip:alice@192.0.2.10>;{OURS};pub-gruu=\"sip:alice@example.test;gr=y\"");
        assert_eq!(granted(&[("Contact", &format!("{others}, {ours}"))]).gruu.unwrap(), "sip:alice@example.test;gr=y");
        assert_eq!(granted(&[("Contact", others)]).gruu, None);
    }

    #[test]
    fn a_gruu_of_another_form_is_none() {
        let long = format!("sip:alice@example.test;gr={}", "x".repeat(600));
        let table = [
            "sip:bob@example.test;gr=x",
            "sip:alice@evil.test;gr=x",
            "sip:alice@example.test",
            "sip:alice@example.test;gr",
            "sip:alice@example.test;gr=",
            "sip:alice@example.test:5070;gr=x",
            "sip:alice@example.test;maddr=203.0.113.66;gr=x",
            "sip:alice@example.test;gr=x;maddr=203.0.113.66",
            "sip:alice@example.test;gr=x?Route=%3Csip:evil.test%3E",
            "sip:alice@example.test;gr=x>,<sip:evil.test",
            "sip:alice@example.test;gr=x y",
            "sip:alice@example.test;gr=\u{e9}",
            "sips:alice@example.test;gr=x",
            "tel:+15551234;gr=x",
            "sip:;gr=x",
            "",
            &long,
        ];
        for value in table {
            assert_eq!(gruu_of(&format!("{OURS};pub-gruu=\"{value}\"")), None, "{value}");
        }
        assert_eq!(gruu_of(OURS), None);
        assert_eq!(gruu_of(&format!("{OURS};pub-gruu")), None);
    }

    #[test]
    fn routes_are_taken_whole_or_not_at_all() {
        let routes = |value: &str| granted(&[("Service-Route", value)]).routes.len();
        assert_eq!(routes("<sip:edge.test;lr>, <sips:home.test;lr>"), 2);
        assert_eq!(routes("<sip:edge.test;lr>, <mailto:x@y.test>"), 0);
        assert_eq!(routes("<sip:edge.test;lr>, nonsense<"), 0);
        assert_eq!(routes(&vec!["<sip:edge.test;lr>"; 17].join(", ")), 0);
        assert_eq!(routes(&format!("<sip:{}.test;lr>", "x".repeat(600))), 0);
    }

    #[test]
    fn where_we_are_seen() {
        let seen = |params: &str| seen_in(&response(&[("Via", &format!("SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;{params}"))]));
        assert_eq!(seen("received=203.0.113.7;rport=40001"), Some("203.0.113.7:40001".parse().unwrap()));
        assert_eq!(seen("received=2001:db8::1;rport=40001"), Some("[2001:db8::1]:40001".parse().unwrap()));
        assert_eq!(seen("received=[2001:db8::1];rport=40001"), Some("[2001:db8::1]:40001".parse().unwrap()));
        let none = ["rport", "received=203.0.113.7;rport", "received=203.0.113.7", "received=203.0.113.7;rport=0"];
        let wrong = [
            "received=0.0.0.0;rport=1",
            "received=224.0.0.1;rport=1",
            "received=evil.test;rport=1",
            "received=203.0.113.7;rport=70000",
        ];
        for params in none.iter().chain(&wrong) {
            assert_eq!(seen(params), None, "{params}");
        }
    }

    #[test]
    fn each_teller_is_compared_with_itself() {
        let mut reach = Reach::default();
        let (here, there) = ("203.0.113.7:1".parse().unwrap(), "203.0.113.7:2".parse().unwrap());
        assert!(!reach.learn(Teller::Via, here));
        assert!(!reach.learn(Teller::Stun, there));
        assert!(!reach.learn(Teller::Via, here));
        assert!(reach.learn(Teller::Stun, here));
        assert_eq!(reach.seen(), Some(here));
    }
}
