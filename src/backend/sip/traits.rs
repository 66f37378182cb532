//! What the registrar told of itself when it accepted us ([MS-SIP] 3.2.4.1, [MS-SIPREGE] 2.2.1.5):
//! what may be tried on this connection beyond the least.
//!
//! Other files ask for a trait, never for a family of servers. What was found to work is
//! [`super::capabilities`].

use super::own::OwnEvent;
use crate::sip::message::Message;

/// What this connection may be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// Presence is told by SERVICE `setPresence` and comes in documents of several devices
    /// (`Supported: com.microsoft.msrtc.presence`); contacts, access and directory are asked for
    /// by SERVICE too.
    pub(super) set_presence: bool,
    /// One SUBSCRIBE may hold a list of people (`Supported: adhoclist`).
    pub(super) adhoclist: bool,
    /// Messages may travel in sessions (INVITE).
    pub(super) sessions: bool,
    /// The devices of one person are told apart by `epid` in From, and Contact asks for
    /// `proxy=replace`.
    pub(super) epid: bool,
    /// Event packages of `Allow-Events`, in lower case.
    pub(super) events: Vec<String>,
}

impl Traits {
    /// Reads the 200 to a REGISTER; any one sign of the LCS family is enough, and that the link is
    /// `signed` in its way is one.
    pub(super) fn heard(response: &Message, signed: bool) -> Self {
        let mut events: Vec<String> =
            response.headers.list("Allow-Events").iter().take(MOST_EVENTS).map(|e| e.trim().to_ascii_lowercase()).collect();
        events.retain(|e| !e.is_empty());
        let presence = response.headers.lists_token("Supported", "com.microsoft.msrtc.presence");
        let roaming = events.iter().any(|e| e == "vnd-microsoft-roaming-contacts");
        let microsoft = presence || roaming || signed;
        Self {
            set_presence: microsoft,
            adhoclist: microsoft && response.headers.lists_token("Supported", "adhoclist"),
            sessions: microsoft,
            epid: microsoft,
            events,
        }
    }

    /// The same of a server that is of the LCS family because the user says so: what it does not
    /// deny is tried.
    pub(super) fn believed(response: &Message) -> Self {
        let mut traits = Self::heard(response, true);
        if !response.headers.has("Allow-Events") {
            traits.events = OwnEvent::ALL.iter().map(|event| event.package().to_ascii_lowercase()).collect();
        }
        traits
    }

    /// Whether the server has an event package.
    pub(super) fn offers(&self, event: &str) -> bool {
        self.events.iter().any(|e| e.eq_ignore_ascii_case(event))
    }
}

/// Event packages remembered of one server.
const MOST_EVENTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn response(headers: &[(&str, &str)]) -> Message {
        let mut response = Message::response(200);
        for (name, value) in headers {
            response.headers.push(name, value);
        }
        response
    }

    fn heard(headers: &[(&str, &str)]) -> Traits {
        Traits::heard(&response(headers), false)
    }

    #[test]
    fn a_signed_link_and_the_users_word_are_signs_too() {
        assert!(Traits::heard(&response(&[]), true).set_presence);
        let believed = Traits::believed(&response(&[("Supported", "adhoclist")]));
        assert!(believed.set_presence && believed.adhoclist && believed.offers("vnd-microsoft-roaming-acl"));
        let believed = Traits::believed(&response(&[("Allow-Events", "presence")]));
        assert!(believed.set_presence && !believed.adhoclist && believed.events == ["presence"]);
    }

    #[test]
    fn the_200_of_the_protocol_document() {
        let traits = heard(&[
            ("ALLOW-EVENTS", "vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,presence"),
            ("Supported", "adhoclist"),
            ("Supported", "com.microsoft.msrtc.presence"),
        ]);
        assert!(traits.set_presence && traits.adhoclist && traits.sessions && traits.epid);
        assert!(traits.offers("vnd-microsoft-roaming-acl") && traits.offers("presence"));
        assert!(!traits.offers("presence.wpending"));
    }

    #[test]
    fn either_sign_is_enough_and_none_is_none() {
        assert!(heard(&[("Allow-Events", "presence, Vnd-Microsoft-Roaming-Contacts")]).set_presence);
        assert!(heard(&[("Supported", "path, COM.microsoft.msrtc.presence")]).set_presence);
        let plain = heard(&[("Supported", "path, outbound, adhoclist"), ("Allow-Events", "presence, presence.winfo")]);
        assert_eq!(plain, Traits { events: vec!["presence".into(), "presence.winfo".into()], ..Traits::default() });
        assert_eq!(heard(&[("Allow-Events", &"x,".repeat(10_000))]).events.len(), 64);
    }
}
