//! Messages as they leave a proxy (RFC 3261 sections 16.6 and 16.7): what is taken off, put on, kept.
//!
//! Credentials and signatures end at this server: each side has an association of its own with
//! it, and what was made for one must not reach the other. Nobody but the server itself may ask
//! for a password, so a challenge from another client is a refusal and no more.

use super::cid::{UnknownWish, replaced};
use crate::sip::endpoint::{Flow, FlowInfo};
use crate::sip::message::{Message, Method, NameAddr, StartLine, default_reason};

/// Header fields that are between a client and this server only.
const OURS: [&str; 7] = [
    "Authorization",
    "Proxy-Authorization",
    "Authentication-Info",
    "Proxy-Authentication-Info",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Proxy-Require",
];

/// Header fields, and octets of head, of a message that is made of another's. Clients are known to
/// take 256 and 64 KiB (`sip/framing.rs`); the rest is for what is put on before it leaves: Via,
/// Record-Route, a signature.
const MOST_FIELDS: usize = 192;
const MOST_HEAD: usize = 48 * 1024;
/// Octets of body of an answer that is passed back.
const MOST_BODY: usize = 64 * 1024;

/// Hops of a request that does not say (RFC 3261 section 16.6 step 3).
const HOPS: u32 = 70;

/// Whether those it is for can take a message.
#[must_use]
pub fn fits(message: &Message) -> bool {
    message.headers.len() <= MOST_FIELDS && message.head_len() <= MOST_HEAD
}

/// An answer that those who wait for it can take: itself, or the news that it was too big.
#[must_use]
pub fn bounded(request: &Message, back: Message) -> Message {
    if fits(&back) && back.body.len() <= MOST_BODY { back } else { Message::response_to(request, 502) }
}

/// A request with a new target and one hop less, without what was meant for this server.
///
/// Route goes too: nobody stands between this server and a device it has a link to.
#[must_use]
pub fn forwarded(request: &Message, target: &str) -> Message {
    let mut copy = Message::request(request.method().cloned().unwrap_or(Method::Message), target);
    copy.headers = request.headers.clone();
    copy.body = request.body.clone();
    for name in OURS {
        copy.headers.remove(name);
    }
    copy.headers.remove("Route");
    let hops = request.header("Max-Forwards").and_then(|h| h.trim().parse().ok()).unwrap_or(HOPS);
    copy.headers.set("Max-Forwards", hops.saturating_sub(1).to_string());
    copy
}

/// An answer on its way back: our Via off, those below it and whatever names the request as the
/// one who asked wrote them.
#[must_use]
pub fn passed_back(request: &Message, mut response: Message) -> Message {
    for name in ["Via", "From", "Call-ID", "CSeq"].into_iter().chain(OURS) {
        response.headers.remove(name);
    }
    for name in ["CSeq", "Call-ID", "From"] {
        if let Some(value) = request.header(name) {
            response.headers.push_front(name, value);
        }
    }
    let vias: Vec<String> = request.headers.get_all("Via").map(std::borrow::Cow::into_owned).collect();
    for via in vias.iter().rev() {
        response.headers.push_front("Via", via);
    }
    keep_callee(request, &mut response);
    if let StartLine::Status { code: code @ (401 | 407), reason } = &mut response.start {
        *code = 403;
        default_reason(403).clone_into(reason);
    }
    response
}

/// Who answers adds a tag to To, and the name of the device; the person is who was called.
fn keep_callee(request: &Message, response: &mut Message) {
    let Ok(mut called) = request.to() else { return };
    let answered = response.to().ok();
    if answered.as_ref().is_some_and(|to| to.uri == called.uri) {
        return;
    }
    for name in ["tag", "epid"] {
        if let Some(value) = answered.as_ref().and_then(|to| to.params.get(name)).filter(|value| is_token(value)) {
            called.params.set(name, Some(&value));
        }
    }
    response.headers.set("To", called.to_string());
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b))
}

/// Puts Contacts that lead down the sender's link in place of those that ask for it.
///
/// # Errors
/// [`UnknownWish`]: a Contact asks for something else; the message is as it was.
pub fn replace_contacts(message: &mut Message, flow: Flow, info: &FlowInfo) -> Result<(), UnknownWish> {
    let contacts = message.name_addrs("Contact");
    let mut any = false;
    let mut new = Vec::with_capacity(contacts.len());
    for contact in contacts {
        let instead = replaced(&contact, flow, info)?;
        any |= instead.is_some();
        new.push(instead.unwrap_or(contact).to_string());
    }
    if any {
        message.headers.set("Contact", new.join(", "));
    }
    Ok(())
}

/// Names the device a request is for behind its To, where the sender has not.
pub fn name_device(request: &mut Message, epid: Option<&str>) {
    let (Some(epid), Ok(mut to)) = (epid, request.to()) else { return };
    if !to.params.has("epid") {
        to.params.set("epid", Some(epid));
        request.headers.set("To", to.to_string());
    }
}

/// The Record-Route by which requests in a dialog come back here, as one side reaches us.
#[must_use]
pub fn own_route(info: &FlowInfo) -> String {
    format!("<sip:{};transport={};lr>", info.local, info.transport.to_ascii_lowercase())
}

/// Puts another of our names in place of the one that was inserted on the way there
/// (RFC 3261 section 16.7 step 8): each side gets the one by which it reaches us.
pub fn rename_route(response: &mut Message, inserted: &str, instead: &str) {
    let routes = response.headers.list("Record-Route");
    if inserted == instead || !routes.iter().any(|route| route == inserted) {
        return;
    }
    let renamed: Vec<&str> = routes.iter().map(|route| if route == inserted { instead } else { route.as_str() }).collect();
    response.headers.set("Record-Route", renamed.join(", "));
}

/// Whether a Request-URI is our own Record-Route: a strict router put it there, and the real
/// target elsewhere (RFC 3261 section 16.4).
#[must_use]
pub fn is_own_route(uri: &str, info: &FlowInfo) -> bool {
    NameAddr::parse(&own_route(info)).is_ok_and(|own| own.uri.as_str().eq_ignore_ascii_case(uri))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::framing::Limits;
    use crate::sip::message::parse_head;

    fn info() -> FlowInfo {
        FlowInfo {
            transport: "TLS",
            reliable: true,
            local: "203.0.113.5:5061".into(),
            peer_ip: "198.51.100.9".into(),
            peer_port: 1677,
        }
    }

    fn request(lines: &str) -> Message {
        parse_head(format!("MESSAGE sip:bob@example.test SIP/2.0\r\n{lines}\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn secrets_stay_here_in_both_directions() {
        let mut asked = request("");
        for name in OURS {
            asked.headers.push(name, "secret");
        }
        let out = forwarded(&asked, "sip:bob@device.test");
        assert!(!String::from_utf8_lossy(&out.to_bytes()).contains("secret"));
        assert_eq!((out.uri(), out.header("Max-Forwards").as_deref()), ("sip:bob@device.test", Some("69")));
        let mut answer = Message::response(407);
        for name in OURS {
            answer.headers.push(name, "secret");
        }
        let back = passed_back(&request(""), answer);
        assert_eq!((back.status(), back.reason()), (Some(403), "Forbidden"), "a device asks nobody for passwords");
        assert!(!String::from_utf8_lossy(&back.to_bytes()).contains("secret"));
    }

    #[test]
    fn answers_bear_what_the_request_bore() {
        let asked =
            request("Via: SIP/2.0/TCP a\r\nVia: SIP/2.0/TCP b\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: x\r\nCSeq: 7 MESSAGE\r\n");
        let answer =
            parse_head(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP us\r\nFrom: <sip:evil@b>;tag=1\r\nCSeq: 8 INFO\r\n\r\n").unwrap();
        let back = passed_back(&asked, answer);
        assert_eq!(back.headers.list("Via"), ["SIP/2.0/TCP a", "SIP/2.0/TCP b"]);
        assert_eq!(back.header("From").as_deref(), Some("<sip:a@b>;tag=1"));
        assert_eq!(back.header("CSeq").as_deref(), Some("7 MESSAGE"));
    }

    #[test]
    fn what_fits_leaves_room_for_what_is_put_on_and_is_taken_by_clients() {
        let mut message = request("");
        while fits(&message) {
            message.headers.push("X", "y");
        }
        assert!(message.headers.len() + 32 < Limits::default().headers);
        let mut message = request("");
        message.headers.push("X", "y".repeat(40 * 1024));
        assert!(fits(&message));
        message.headers.push("X", "y".repeat(8 * 1024));
        assert!(!fits(&message));
        assert!(message.head_len() + 8 * 1024 < Limits::default().head);
        assert_eq!(message.head_len() + "Content-Length: 0\r\n\r\n".len(), message.to_bytes().len());
        assert_eq!(bounded(&request("Via: v\r\n"), message).status(), Some(502));
    }

    #[test]
    fn who_answers_does_not_change_who_was_called() {
        let asked = request("To: \"B\" <sip:bob@example.test>\r\n");
        for (answered, expected) in [
            ("<sip:bob@example.test>;tag=1;epid=ab", "<sip:bob@example.test>;tag=1;epid=ab"),
            ("<sip:boss@example.test>;tag=1;epid=ab", "\"B\" <sip:bob@example.test>;tag=1;epid=ab"),
            ("<sip:boss@example.test>;tag=\"a b\"", "\"B\" <sip:bob@example.test>"),
            ("garbage", "\"B\" <sip:bob@example.test>"),
        ] {
            let mut answer = Message::response(200);
            answer.headers.push("To", answered);
            assert_eq!(passed_back(&asked, answer).header("To").as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_device_is_named_once() {
        let mut message = request("To: <sip:bob@example.test>\r\n");
        name_device(&mut message, Some("8bfb9f3f24"));
        name_device(&mut message, Some("other"));
        assert_eq!(message.header("To").as_deref(), Some("<sip:bob@example.test>;epid=8bfb9f3f24"));
        name_device(&mut message, None);
    }

    #[test]
    fn each_side_sees_our_name_as_it_reaches_us() {
        let mut response = Message::response(200);
        response.headers.push("Record-Route", "<sip:a;lr>, <sip:other;lr>");
        rename_route(&mut response, "<sip:a;lr>", "<sip:b;lr>");
        assert_eq!(response.headers.list("Record-Route"), ["<sip:b;lr>", "<sip:other;lr>"]);
        assert!(is_own_route("sip:203.0.113.5:5061;transport=tls;lr", &info()));
        assert!(!is_own_route("sip:203.0.113.5:5061;transport=tls", &info()));
    }
}
