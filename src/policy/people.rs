//! Who is meant by a list of addresses and domains, and where somebody is.

use crate::model::Address;

/// One line of such a list: `bob@example.test`, `example.test`, `*.example.test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct People(Vec<String>);

impl People {
    /// From values that were checked.
    pub(super) fn new(lines: &[String]) -> Self {
        Self(lines.iter().map(|line| line.to_ascii_lowercase()).collect())
    }

    /// Whether somebody is on the list.
    pub(super) fn have(&self, who: &Address) -> bool {
        let domain = who.domain().to_ascii_lowercase();
        let whole = bare(who);
        self.0.iter().any(|line| match line.strip_prefix('*') {
            Some(below) => domain.ends_with(below),
            None => *line == domain || *line == whole,
        })
    }
}

fn bare(who: &Address) -> String {
    let text = who.as_str().to_ascii_lowercase();
    text.strip_prefix("sips:").or_else(|| text.strip_prefix("sip:")).unwrap_or(&text).to_owned()
}

/// Domains of the .NET Messenger Service.
const NET_SERVICE: [&str; 5] = ["hotmail.com", "live.com", "msn.com", "passport.com", "webtv.net"];

/// Whether somebody is there, also by way of a gateway, which writes `user(their.domain)@msn.com`.
pub(super) fn is_of_net_service(who: &Address) -> bool {
    let domain = who.domain();
    NET_SERVICE
        .iter()
        .any(|wanted| domain.eq_ignore_ascii_case(wanted) || domain.to_ascii_lowercase().ends_with(&format!(".{wanted}")))
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
