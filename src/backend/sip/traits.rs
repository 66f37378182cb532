//! What the registrar told of itself when it accepted us ([MS-SIP] 3.2.4.1, [MS-SIPREGE] 2.2.1.5):
//! what may be tried on this connection beyond the least.
//!
//! Other files ask for a trait, never for a family of servers. What was found to work is
//! [`super::capabilities`].

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
    /// Reads the 200 to a REGISTER.
    pub(super) fn heard(response: &Message) -> Self {
        let mut events: Vec<String> =
            response.headers.list("Allow-Events").iter().take(MOST_EVENTS).map(|e| e.trim().to_ascii_lowercase()).collect();
        events.retain(|e| !e.is_empty());
        let presence = response.headers.lists_token("Supported", "com.microsoft.msrtc.presence");
        let roaming = events.iter().any(|e| e == "vnd-microsoft-roaming-contacts");
        let microsoft = presence || roaming;
        Self {
            set_presence: microsoft,
            adhoclist: microsoft && response.headers.lists_token("Supported", "adhoclist"),
            sessions: microsoft,
            epid: microsoft,
            events,
        }
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

    fn heard(headers: &[(&str, &str)]) -> Traits {
        let mut response = Message::response(200);
        for (name, value) in headers {
            response.headers.push(name, value);
        }
        Traits::heard(&response)
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
