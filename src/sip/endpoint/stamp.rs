//! Header fields an endpoint puts on messages, and answers that need no thought.

use super::vocabulary::FlowInfo;
use crate::sip::message::{Message, Method, Params, Via, split_commas};

/// Hops a request may take (RFC 3261 section 8.1.1.6).
const MAX_FORWARDS: &str = "70";

/// Puts on what every request needs: Via on top, Max-Forwards, User-Agent (unless it is another's
/// that is passed on, which shows in its Via).
pub(super) fn stamp_request(request: &mut Message, link: &FlowInfo, branch: &str, product: &str) {
    let is_own = !request.headers.has("Via");
    if !request.headers.has("Max-Forwards") {
        request.headers.push_front("Max-Forwards", MAX_FORWARDS);
    }
    let mut params = Params::default();
    params.set("branch", Some(branch));
    params.set("rport", None);
    let via = Via { transport: link.transport.to_owned(), sent_by: link.local.clone(), params };
    request.headers.push_front("Via", via.to_string());
    if is_own && !product.is_empty() && !request.headers.has("User-Agent") {
        request.headers.push("User-Agent", product);
    }
}

/// Says in our Via that we are willing to keep the link alive (RFC 6223 section 4.2).
pub(super) fn offer_keep(request: &mut Message) {
    if let Some(mut via) = request.top_via() {
        via.params.set("keep", None);
        request.headers.set_first("Via", via.to_string());
    }
}

/// Notes in the top Via where a request really came from (RFC 3261 section 18.2.1, RFC 3581
/// section 4). Everything else in the line stays as it is.
pub(super) fn note_source(request: &mut Message, link: &FlowInfo) {
    let Some(mut via) = request.top_via() else { return };
    let peer = link.peer_ip.trim_matches(['[', ']']);
    let wants_port = via.params.has("rport");
    if wants_port {
        via.params.set("rport", Some(&link.peer_port.to_string()));
    }
    if wants_port || !host_of(&via.sent_by).eq_ignore_ascii_case(peer) {
        via.params.set("received", Some(peer));
    }
    let Some(line) = request.header("Via") else { return };
    let mut line_with_source = via.to_string();
    for other in split_commas(&line).skip(1) {
        line_with_source.push_str(", ");
        line_with_source.push_str(other);
    }
    request.headers.set_first("Via", line_with_source);
}

fn host_of(sent_by: &str) -> &str {
    match sent_by.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => sent_by.split(':').next().unwrap_or(sent_by).trim(),
    }
}

/// Gives the To of a response a tag, where it has none.
pub(super) fn tag_response(response: &mut Message, tag: &str) {
    let Some(to) = response.header("To") else { return };
    if response.to().is_ok_and(|t| t.tag().is_none()) {
        response.headers.set("To", format!("{to};tag={tag}"));
    }
}

/// The ACK to a response other than 2xx (RFC 3261 section 17.1.1.3).
pub(super) fn ack_for(invite: &Message, response: &Message) -> Message {
    let mut ack = same_hop(invite, &Method::Ack);
    if let Some(to) = response.header("To") {
        ack.headers.set("To", to);
    }
    ack
}

/// The CANCEL of an INVITE (RFC 3261 section 9.1).
pub(super) fn cancel_for(invite: &Message) -> Message {
    same_hop(invite, &Method::Cancel)
}

fn same_hop(invite: &Message, method: &Method) -> Message {
    let mut message = Message::request(method.clone(), invite.uri());
    if let Some(via) = invite.top_via() {
        message.headers.push("Via", via.to_string());
    }
    message.headers.push("Max-Forwards", MAX_FORWARDS);
    for name in ["Route", "From", "To", "Call-ID"] {
        message.headers.copy_from(&invite.headers, name);
    }
    let number = invite.cseq().map_or(0, |c| c.number);
    message.headers.push("CSeq", format!("{number} {method}"));
    message
}

/// The 420 for a request that requires extensions not in `supported`; `None` if it requires none
/// (RFC 3261 section 8.2.2.3). Not for ACK and CANCEL, which have no say in the matter.
#[must_use]
pub fn refuse_extensions(request: &Message, supported: &[&str]) -> Option<Message> {
    if matches!(request.method(), Some(Method::Ack | Method::Cancel) | None) {
        return None;
    }
    let unknown: Vec<String> = request
        .headers
        .list("Require")
        .into_iter()
        .filter(|tag| !supported.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        .collect();
    if unknown.is_empty() {
        return None;
    }
    let mut response = Message::response_to(request, 420);
    response.headers.push("Unsupported", unknown.join(", "));
    Some(response)
}
