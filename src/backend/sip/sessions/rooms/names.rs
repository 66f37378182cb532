//! Header fields of conversations of several people: who is in, who manages, who is meant.

use crate::backend::sip::sessions::call::is_epid;
use crate::model::Address;
use crate::sip::message::{Message, NameAddr};

/// A person and perhaps the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Who.
    pub(super) who: Address,
    /// `epid` of the device.
    pub(super) epid: Option<String>,
}

/// The people in `EndPoints`, each once; `None` when there are more than `most`. Names that
/// cannot be read are left out.
pub(super) fn endpoints(message: &Message, most: usize) -> Option<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    for element in message.headers.list("EndPoints") {
        let Some(place) = NameAddr::parse(&element).ok().and_then(|named| place(&named)) else { continue };
        if places.iter().any(|known| known.who == place.who) {
            continue;
        }
        if places.len() >= most {
            return None;
        }
        places.push(place);
    }
    Some(places)
}

fn place(named: &NameAddr) -> Option<Place> {
    let who = Address::parse(named.uri.as_str()).ok()?;
    let epid = named.params.get("epid").filter(|epid| is_epid(epid));
    Some(Place { who, epid })
}

/// Writes `EndPoints`.
pub(super) fn write(places: &[Place]) -> String {
    let one = |place: &Place| match &place.epid {
        Some(epid) => format!("<{}>;epid={epid}", place.who),
        None => format!("<{}>", place.who),
    };
    places.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Whether an INVITE was made because its sender found us in `EndPoints`.
pub(super) fn is_triggered(message: &Message) -> bool {
    message.headers.get("TriggeredInvite").is_some_and(|value| value.eq_ignore_ascii_case("TRUE"))
}

/// The address in `Roster-Manager`, if it can be read.
pub(in crate::backend::sip::sessions) fn manager(message: &Message) -> Option<Address> {
    Address::parse(&message.headers.get("Roster-Manager")?).ok()
}

/// The person a REFER is about.
pub(super) fn referred(message: &Message) -> Option<Address> {
    Address::parse(message.name_addr("Refer-To").ok()?.uri.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::sip::message::Method;

    fn invite(headers: &[(&str, &str)]) -> Message {
        let mut message = Message::request(Method::Invite, "sip:carol@example.test");
        for (name, value) in headers {
            message.headers.push(name, value);
        }
        message
    }

    #[test]
    fn names_with_commas_and_devices() {
        let message = invite(&[
            (
                "EndPoints",
                "\"Example, \\\"A\\\" <alice>\" <sip:Alice@EXAMPLE.test>, <sip:bob@example.test>;epid=ebca82d94d, nonsense <",
            ),
            ("endpoints", "sip:carol@example.test;epid=x\u{e4}, <sip:bob@example.test>"),
        ]);
        let found = endpoints(&message, 8).unwrap();
        let names: Vec<_> = found.iter().map(|p| (p.who.as_str(), p.epid.as_deref())).collect();
        let wanted =
            [("sip:Alice@example.test", None), ("sip:bob@example.test", Some("ebca82d94d")), ("sip:carol@example.test", None)];
        assert_eq!(names, wanted);
        assert_eq!(write(&found), "<sip:Alice@example.test>, <sip:bob@example.test>;epid=ebca82d94d, <sip:carol@example.test>");
        assert_eq!(endpoints(&message, 2), None);
        assert_eq!(endpoints(&invite(&[]), 2), Some(Vec::new()));
    }

    #[test]
    fn ten_thousand_names_are_too_many_and_take_no_time() {
        let mut many = String::new();
        for n in 0..10_000 {
            let _ = write!(many, "<sip:p{n}@x>,");
        }
        assert_eq!(endpoints(&invite(&[("EndPoints", &many)]), 64), None);
        assert_eq!(endpoints(&invite(&[("EndPoints", &"<sip:p@x>,".repeat(10_000))]), 64).unwrap().len(), 1);
        assert_eq!(endpoints(&invite(&[("EndPoints", &"\"".repeat(50_000))]), 64).unwrap().len(), 0);
    }

    #[test]
    fn the_manager_and_the_trigger() {
        assert_eq!(manager(&invite(&[("Roster-Manager", "sip:bob@example.test")])).unwrap().short(), "bob@example.test");
        assert_eq!(manager(&invite(&[("Roster-Manager", "<sip:bob@example.test>")])).unwrap().short(), "bob@example.test");
        assert_eq!(manager(&invite(&[("Roster-Manager", "nobody")])), None);
        assert!(is_triggered(&invite(&[("TriggeredInvite", "true")])) && !is_triggered(&invite(&[("TriggeredInvite", "no")])));
        assert_eq!(referred(&invite(&[("Refer-to", "<sip:carol@example.test>")])).unwrap().user(), "carol");
        assert_eq!(referred(&invite(&[("r", "Carol <sip:carol@example.test?Replaces=x>")])).unwrap().user(), "carol");
    }
}
