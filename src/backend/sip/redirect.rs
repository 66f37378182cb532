//! Where a registrar sends us with a 3xx (RFC 3261 sections 8.1.3.4 and 21.3).
//!
//! A place is the way to a server, never another identity: the same REGISTER goes there. From a
//! link under TLS no place leads into clear text, whatever the answer says.

use crate::backend::Target;
use crate::model::Transport;
use crate::sip::message::{Message, NameAddr};

/// The servers a 3xx names, best first, that may be reached from a link of this kind.
pub(super) fn places(response: &Message, from: Transport) -> Vec<Target> {
    let mut contacts = response.name_addrs("Contact");
    contacts.truncate(MOST_PLACES);
    contacts.sort_by_key(|contact| std::cmp::Reverse(preference(contact)));
    contacts.iter().filter_map(|contact| place(contact, from)).collect()
}

/// `q` in thousandths; 1000 without one.
fn preference(contact: &NameAddr) -> u16 {
    let Some(q) = contact.params.get("q") else { return 1000 };
    let (whole, part) = q.split_once('.').unwrap_or((&q, ""));
    let thousandths: String = part.chars().chain("000".chars()).take(3).collect();
    if whole.trim() == "1" { 1000 } else { thousandths.parse().unwrap_or(0) }
}

fn place(contact: &NameAddr, from: Transport) -> Option<Target> {
    let uri = &contact.uri;
    if !uri.is_sip() || uri.host().is_empty() {
        return None;
    }
    let named = uri.param("transport").map(|word| word.to_ascii_lowercase());
    let transport = match named.as_deref() {
        _ if uri.is_secure() => Transport::Tls,
        None => from,
        Some("tls") => Transport::Tls,
        // Within `sip:` and under TLS this names what TLS runs over.
        Some("tcp") if from == Transport::Tls => Transport::Tls,
        Some("tcp") => Transport::Tcp,
        Some("udp") if from != Transport::Tls => Transport::Udp,
        Some(_) => return None,
    };
    let host = uri.host().trim_matches(['[', ']']).to_ascii_lowercase();
    Some(Target { tls_name: host.clone(), host, port: uri.port(), transport: Some(transport), automatic: false })
}

const MOST_PLACES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(contacts: &str, from: Transport) -> Vec<String> {
        let mut response = Message::response(302);
        response.headers.push("Contact", contacts);
        let word = |t: Target| format!("{} {:?} {}", t.host, t.port, t.transport.unwrap().word());
        places(&response, from).into_iter().map(word).collect()
    }

    #[test]
    fn best_first_and_never_out_of_tls() {
        let contacts = "<sip:b.test:5071;transport=tcp>;q=0.5, <sip:a.test>, <sips:c.test>;q=0.25, <tel:+1555>, <sip:d.test;transport=udp>;q=0.1";
        assert_eq!(shown(contacts, Transport::Tls), ["a.test None tls", "b.test Some(5071) tls", "c.test None tls"]);
        assert_eq!(
            shown(contacts, Transport::Tcp),
            ["a.test None tcp", "b.test Some(5071) tcp", "c.test None tls", "d.test None udp"]
        );
        assert_eq!(shown("<sip:[2001:db8::1]:5061;transport=tls>", Transport::Udp), ["2001:db8::1 Some(5061) tls"]);
        assert_eq!(shown("*", Transport::Tls), Vec::<String>::new());
        assert_eq!(shown(&"<sip:x.test>,".repeat(10_000), Transport::Tls).len(), 16);
    }
}
