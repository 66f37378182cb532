//! What LCS does as the first hop of a client ([MS-SIP] sections 3.1.5.1 and 3.1.5.3): it notes in
//! Via where a request came from, and replaces a Contact with `proxy=replace` by one that leads
//! back over the same connection.

use super::cid::{cid_of, replaced};
use super::features::Feature;
use super::server::Server;
use crate::sip::endpoint::{Flow, FlowInfo};
use crate::sip::message::{Message, NameAddr, split_commas};

/// Longest `epid`, octets of hexadecimal text.
const MAX_EPID: usize = 16;

/// The Contact of a request cannot be replaced as it asks: 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) struct BadContact;

impl Server {
    /// Does to a request what the first hop must do.
    pub(in crate::demo) fn first_hop(&self, flow: Flow, request: &mut Message) -> Result<(), BadContact> {
        if !self.config.features.has(Feature::Lcs) {
            return Ok(());
        }
        let Some(info) = self.endpoint.flow_info(flow).filter(|info| info.reliable) else { return Ok(()) };
        let result = replace_contacts(request, flow, info);
        if request.from().is_ok_and(|from| epid_of(&from).is_some()) {
            note_connection(request, flow, info);
        }
        result
    }
}

/// The endpoint identifier in a From or To field; `None` for one that is not hexadecimal text.
pub(in crate::demo) fn epid_of(field: &NameAddr) -> Option<String> {
    let epid = field.params.get("epid")?;
    let fine = !epid.is_empty() && epid.len() <= MAX_EPID && epid.bytes().all(|b| b.is_ascii_hexdigit());
    fine.then_some(epid)
}

fn replace_contacts(request: &mut Message, flow: Flow, info: &FlowInfo) -> Result<(), BadContact> {
    let contacts = request.headers.list("Contact");
    if !contacts.iter().any(|c| c.contains("proxy")) {
        return Ok(());
    }
    let mut any = false;
    let mut all = Vec::with_capacity(contacts.len());
    for text in contacts {
        let new = match NameAddr::parse(&text) {
            Ok(contact) => replaced(&contact, flow, info).map_err(|_| BadContact)?.map(|new| (contact, new)),
            Err(_) => None,
        };
        let Some((old, new)) = new else {
            all.push(text);
            continue;
        };
        let other_way = old.uri.param("transport").is_some_and(|t| !t.trim_matches('"').eq_ignore_ascii_case(info.transport));
        if other_way || request.headers.list("Via").len() != 1 {
            return Err(BadContact);
        }
        any = true;
        all.push(new.to_string());
    }
    if any {
        request.headers.remove("Contact");
        for contact in all {
            request.headers.push("Contact", contact);
        }
    }
    Ok(())
}

/// `ms-received-port` and `ms-received-cid` in the top Via; what the client cannot know itself.
fn note_connection(request: &mut Message, flow: Flow, info: &FlowInfo) {
    let (Some(mut via), Some(line)) = (request.top_via(), request.header("Via")) else { return };
    via.params.set("ms-received-port", Some(&info.peer_port.to_string()));
    via.params.set("ms-received-cid", Some(&cid_of(flow)));
    let mut noted = via.to_string();
    for other in split_commas(&line).skip(1) {
        noted.push_str(", ");
        noted.push_str(other);
    }
    request.headers.set_first("Via", noted);
}
