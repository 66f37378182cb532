//! Connection ids: how others name a link of this server (MS-SIP section 3.7, "as LCS does").
//!
//! A client behind a firewall knows no address by which it can be reached. It asks with
//! `proxy=replace` behind its Contact that the server put one there which leads down the link it
//! came by: source address, source port and the number of the link, `ms-received-cid`.

use std::fmt::Write as _;

use crate::sip::endpoint::{Flow, FlowInfo};
use crate::sip::message::{NameAddr, Params, Uri};

/// The number of a link as it stands in Via and Contact.
#[must_use]
pub fn cid_of(flow: Flow) -> String {
    // The low octet is always zero in what was seen of such numbers; here it is only habit.
    format!("{:X}00", flow.0)
}

/// The URI that leads down a link.
#[must_use]
pub fn uri_of(flow: Flow, info: &FlowInfo) -> Option<Uri> {
    let ip = info.peer_ip.trim_matches(['[', ']']);
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    let mut text = format!("sip:{host}:{}", info.peer_port);
    let _ = write!(text, ";transport={};ms-received-cid={}", info.transport.to_ascii_lowercase(), cid_of(flow));
    Uri::parse(&text).ok()
}

/// A Contact asks with `proxy=` for something that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWish;

/// The Contact in place of one that asks to be replaced; `None` when it does not ask.
///
/// # Errors
/// [`UnknownWish`] for a value other than `replace`.
pub fn replaced(contact: &NameAddr, flow: Flow, info: &FlowInfo) -> Result<Option<NameAddr>, UnknownWish> {
    let Some(wish) = contact.params.get("proxy") else { return Ok(None) };
    if !wish.eq_ignore_ascii_case("replace") {
        return Err(UnknownWish);
    }
    let Some(uri) = uri_of(flow, info) else { return Ok(None) };
    let mut params: Params = contact.params.clone();
    params.remove("proxy");
    Ok(Some(NameAddr { display: String::new(), uri, params }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(ip: &str) -> FlowInfo {
        FlowInfo { transport: "TLS", reliable: true, local: "203.0.113.5:5061".into(), peer_ip: ip.into(), peer_port: 1677 }
    }

    #[test]
    fn numbers_of_links() {
        assert_eq!([cid_of(Flow(0)), cid_of(Flow(0x2A)), cid_of(Flow(0x1300))], ["000", "2A00", "130000"]);
    }

    #[test]
    fn contact_is_replaced_where_it_asks() {
        let contact =
            NameAddr::parse("\"B\" <sip:bob@example.test:49152;maddr=10.0.0.3;transport=tls>;proxy=replace;methods=\"INVITE\"")
                .unwrap();
        let new = replaced(&contact, Flow(0x2A), &info("198.51.100.9")).unwrap().unwrap();
        assert_eq!(new.to_string(), "<sip:198.51.100.9:1677;transport=tls;ms-received-cid=2A00>;methods=\"INVITE\"");
        let six = replaced(&contact, Flow(1), &info("2001:db8::1")).unwrap().unwrap();
        assert_eq!(six.uri.as_str(), "sip:[2001:db8::1]:1677;transport=tls;ms-received-cid=100");
        let plain = NameAddr::parse("<sip:bob@example.test>").unwrap();
        assert_eq!(replaced(&plain, Flow(1), &info("::1")), Ok(None));
        let odd = NameAddr::parse("<sip:bob@example.test>;proxy=insert").unwrap();
        assert_eq!(replaced(&odd, Flow(1), &info("::1")), Err(UnknownWish));
    }
}
