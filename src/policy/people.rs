//! Who is meant by a list of addresses and domains, and where somebody is.

use crate::model::Address;

/// One line of such a list: `bob@example.test`, `example.test`, `*.example.test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct People(Vec<String>);

impl People {
    /// From values that were checked.
    pub(super) fn new(lines: &[String]) -> Self {
        Self(lines.iter().map(|line| line.to_lowercase()).collect())
    }

    /// Whether somebody is on the list.
    pub(super) fn have(&self, who: &Address) -> bool {
        let domain = domain(who);
        let whole = format!("{}@{domain}", plain(who.user()).to_lowercase());
        self.0.iter().any(|line| match line.strip_prefix('*') {
            Some(below) => domain.ends_with(below),
            None => *line == domain || *line == whole,
        })
    }
}

/// The domain as it is compared: in small letters, without the dot that ends it for name servers.
fn domain(who: &Address) -> String {
    who.domain().trim_end_matches('.').to_lowercase()
}

/// A name without the escapes of URIs, by which it could be written otherwise (RFC 3261 section 19.1.4).
fn plain(user: &str) -> String {
    let (mut octets, mut rest) = (Vec::new(), user.as_bytes());
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let octet = escaped.and_then(|two| std::str::from_utf8(two).ok()).and_then(|two| u8::from_str_radix(two, 16).ok());
        octets.push(octet.unwrap_or(*first));
        rest = if octet.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// Domains of the .NET Messenger Service.
const NET_SERVICE: [&str; 5] = ["hotmail.com", "live.com", "msn.com", "passport.com", "webtv.net"];

/// Whether somebody is there, also by way of a gateway, which writes `user(their.domain)@msn.com`.
pub(super) fn is_of_net_service(who: &Address) -> bool {
    let domain = domain(who);
    NET_SERVICE.iter().any(|wanted| domain == *wanted || domain.ends_with(&format!(".{wanted}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_people_and_domains() {
        let people = People::new(&["bob@x.test".into(), "y.test".into(), "*.z.test".into()]);
        for (who, on) in [
            ("sip:Bob@X.test", true),
            ("sips:bob@x.test", true),
            ("sip:eve@x.test", false),
            ("sip:eve@y.test", true),
            ("sip:eve@a.y.test", false),
            ("sip:eve@a.z.test", true),
            ("sip:eve@b.a.z.test", true),
            ("sip:eve@z.test", false),
            ("sip:eve@nz.test", false),
            ("sip:eve@y.test.", true),
            ("sip:%62ob@x.test", true),
            ("sip:bob%@x.test", false),
        ] {
            assert_eq!(people.have(&Address::parse(who).unwrap()), on, "{who}");
        }
    }

    #[test]
    fn the_net_service_is_its_domains_and_what_is_below() {
        for (who, there) in [
            ("sip:a@hotmail.com", true),
            ("sip:a@MSN.com", true),
            ("sip:a(x.test)@msn.com", true),
            ("sip:a@mail.live.com", true),
            ("sip:a@olive.com", false),
            ("sip:a@example.test", false),
        ] {
            assert_eq!(is_of_net_service(&Address::parse(who).unwrap()), there, "{who}");
        }
    }
}
