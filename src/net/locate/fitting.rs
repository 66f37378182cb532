//! Which servers may speak for a domain: the certificate names that count for a server found in
//! DNS, and the servers that are passed over.
//!
//! DNS is not to be trusted: whoever can lie there can name any server. So a certificate must hold
//! the domain that was asked for (RFC 5922 section 4). Servers of the LCS family have certificates
//! for their own full name only; that counts too where the name lies within the domain. The clients
//! of that family were stricter when they found the server themselves: its name had to be the domain
//! or `sip.` and the domain. That is the strict rule, and an option.

use crate::backend::Target;
use crate::model::{Transport, WaitReason};

/// The certificate names that count for the server `host`, found for `to`.
///
/// # Errors
/// [`WaitReason::ServerOutside`] for a server that is not to be gone to.
pub fn fitting(
    to: &Target,
    host: &str,
    transport: Transport,
    strict: bool,
    also_named: Option<&str>,
) -> Result<Vec<String>, WaitReason> {
    let mut accepted = vec![to.tls_name.clone()];
    accepted.extend(also_named.map(str::to_owned));
    if !to.automatic {
        return Ok(accepted);
    }
    let (domain, host) = (plain(&to.host), plain(host));
    let outside = || WaitReason::ServerOutside { server: host.clone(), domain: domain.clone() };
    if strict && host != domain && host.strip_suffix(&domain) != Some("sip.") {
        return Err(outside());
    }
    let within = host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1);
    if within {
        accepted.push(host);
    } else if transport != Transport::Tls {
        // Nothing else would tell that this server is the domain's.
        return Err(outside());
    }
    accepted.dedup();
    Ok(accepted)
}

/// For comparing: names are the same whatever their case (RFC 4343), with the final dot or without.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, transport: Transport, strict: bool) -> Option<Vec<String>> {
        let domain = "Example.test".to_owned();
        let to = Target { tls_name: domain.clone(), host: domain, port: None, transport: None, automatic: true };
        match fitting(&to, host, transport, strict, None) {
            Ok(accepted) => Some(accepted),
            Err(why) => {
                let server = host.trim_end_matches('.').to_ascii_lowercase();
                assert_eq!(why, WaitReason::ServerOutside { server, domain: "example.test".into() });
                None
            }
        }
    }

    #[test]
    fn servers_found_must_fit_the_domain() {
        // Host, then what counts: by TLS, by TLS under the strict rule, in clear text.
        let domain = "Example.test";
        let table: &[(&str, Option<&[&str]>, bool, bool)] = &[
            ("example.test", Some(&["Example.test", "example.test"]), true, true),
            ("SIP.example.test.", Some(&["Example.test", "sip.example.test"]), true, true),
            ("pool.example.test", Some(&["Example.test", "pool.example.test"]), false, true),
            ("a.b.example.test", Some(&["Example.test", "a.b.example.test"]), false, true),
            // Only with a certificate for the domain.
            ("server.hoster.test", Some(&[domain]), false, false),
            ("evilexample.test", Some(&[domain]), false, false),
            ("sip.evilexample.test", Some(&[domain]), false, false),
            ("xsip.example.test.evil.test", Some(&[domain]), false, false),
            (".example.test", Some(&[domain]), false, false),
            ("192.0.2.1", Some(&[domain]), false, false),
            ("test", Some(&[domain]), false, false),
        ];
        for (host, tls, strict, clear) in table {
            let tls = tls.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
            assert_eq!(check(host, Transport::Tls, false), tls, "{host}");
            assert_eq!(check(host, Transport::Tls, true), tls.filter(|_| *strict), "{host}");
            assert_eq!(check(host, Transport::Tcp, false).is_some(), *clear, "{host}");
            assert_eq!(check(host, Transport::Udp, false).is_some(), *clear, "{host}");
        }
    }

    #[test]
    fn what_the_user_named_is_not_restricted() {
        let to = Target {
            host: "lcs.corp.test".into(),
            port: None,
            transport: None,
            tls_name: "lcs.corp.test".into(),
            automatic: false,
        };
        for strict in [false, true] {
            let accepted = fitting(&to, "elsewhere.test", Transport::Tls, strict, Some("example.test")).unwrap();
            assert_eq!(accepted, ["lcs.corp.test", "example.test"], "the server that was named, or the user's domain");
        }
    }
}
