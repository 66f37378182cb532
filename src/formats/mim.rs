//! Who manages a conversation of several people, `application/x-ms-mim` in an INFO and its answer:
//! the election held when the manager has left. Known from clients that do it, not from any
//! published text.

use super::lcs::{is_true, number_in, uri, with_scheme};
use super::xml::{self, Doctype, Element, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/x-ms-mim";

/// One step of the election. Addresses are with `sip:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// This person asks to be the manager; the higher bid wins.
    RequestRm {
        /// The person.
        uri: String,
        /// The bid.
        bid: u32,
    },
    /// The answer to that.
    RequestRmResponse {
        /// Who answers.
        uri: String,
        /// Whether they agree.
        allow: bool,
    },
    /// This person is the manager.
    SetRm {
        /// The person.
        uri: String,
    },
    /// The answer to that.
    SetRmResponse {
        /// Who answers.
        uri: String,
    },
}

/// Reads a body, with the element `action` around or without.
pub fn read(body: &[u8]) -> Result<Action, Fault> {
    let root = xml::read_any(body, Doctype::Refuse)?;
    if &*root.name != "action" {
        return action(&root);
    }
    action(root.children.first().ok_or(Offence::Missing.at(0))?)
}

fn action(element: &Element) -> Result<Action, Fault> {
    let uri = || uri(element, "uri").ok_or(Offence::Missing.at(0));
    Ok(match &*element.name {
        "RequestRM" => Action::RequestRm { uri: uri()?, bid: number_in(element, "bid").ok_or(Offence::Value.at(0))? },
        "RequestRMResponse" => Action::RequestRmResponse { uri: uri()?, allow: element.lcs("allow").is_some_and(is_true) },
        "SetRM" => Action::SetRm { uri: uri()? },
        "SetRMResponse" => Action::SetRmResponse { uri: uri()? },
        _ => return Err(Offence::WrongDocument.at(0)),
    })
}

/// Writes a body.
#[must_use]
pub fn write(action: &Action) -> String {
    let mut xml = Writer::bare();
    xml.raw("<?xml version=\"1.0\"?><action xmlns=\"http://schemas.microsoft.com/sip/multiparty/\"><");
    let (word, uri) = match action {
        Action::RequestRm { uri, .. } => ("RequestRM", uri),
        Action::RequestRmResponse { uri, .. } => ("RequestRMResponse", uri),
        Action::SetRm { uri } => ("SetRM", uri),
        Action::SetRmResponse { uri } => ("SetRMResponse", uri),
    };
    xml.raw(word).attribute("uri", &with_scheme(uri));
    match action {
        Action::RequestRm { bid, .. } => drop(xml.attribute("bid", &bid.to_string())),
        Action::RequestRmResponse { allow, .. } => drop(xml.attribute("allow", if *allow { "true" } else { "false" })),
        Action::SetRm { .. } | Action::SetRmResponse { .. } => {}
    }
    xml.raw("/></action>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_shape_and_back() {
        let (bob, carol) = ("sip:bob@example.test", "sip:carol@example.test");
        for (action, inner) in [
            (Action::RequestRm { uri: bob.into(), bid: 12345 }, "<RequestRM uri=\"sip:bob@example.test\" bid=\"12345\"/>"),
            (
                Action::RequestRmResponse { uri: carol.into(), allow: true },
                "<RequestRMResponse uri=\"sip:carol@example.test\" allow=\"true\"/>",
            ),
            (
                Action::RequestRmResponse { uri: carol.into(), allow: false },
                "<RequestRMResponse uri=\"sip:carol@example.test\" allow=\"false\"/>",
            ),
            (Action::SetRm { uri: bob.into() }, "<SetRM uri=\"sip:bob@example.test\"/>"),
            (Action::SetRmResponse { uri: carol.into() }, "<SetRMResponse uri=\"sip:carol@example.test\"/>"),
        ] {
            let body =
                format!("<?xml version=\"1.0\"?><action xmlns=\"http://schemas.microsoft.com/sip/multiparty/\">{inner}</action>");
            assert_eq!(write(&action), body);
            assert_eq!(read(body.as_bytes()).as_ref(), Ok(&action));
            assert_eq!(read(inner.as_bytes()), Ok(action));
        }
    }

    #[test]
    fn spellings_and_faults() {
        let bob = Action::RequestRm { uri: "sip:bob@example.test".into(), bid: 7 };
        for body in [
            "<?xml version=\"1.0\"?>\r\n<action xmlns='http://schemas.microsoft.com/sip/multiparty/'><RequestRM uri='bob@example.test' bid=' 7 '/></action>\r\n",
            "<a:action xmlns:a='u:v'><a:RequestRM uri=' SIP:bob@example.test' bid='7'/></a:action>",
        ] {
            assert_eq!(read(body.as_bytes()), Ok(bob.clone()), "{body}");
        }
        let no = Action::RequestRmResponse { uri: "sip:a@b".into(), allow: false };
        for body in ["<RequestRMResponse uri='a@b'/>", "<RequestRMResponse uri='a@b' allow='maybe'/>"] {
            assert_eq!(read(body.as_bytes()), Ok(no.clone()), "what is not plainly allowed is not");
        }
        for (body, what) in [
            ("<action/>", Offence::Missing),
            ("<action><SetRM/></action>", Offence::Missing),
            ("<action><SetRM uri='sip:'/></action>", Offence::Missing),
            ("<RequestRM uri='a@b'/>", Offence::Value),
            ("<action><Other uri='a@b'/></action>", Offence::WrongDocument),
        ] {
            assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{body}");
        }
    }
}
