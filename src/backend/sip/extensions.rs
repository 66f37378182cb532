//! Three extensions of subscriptions, each asked for and granted for one dialog ([MS-SIP] 3.4, 3.5
//! and 3.6): first state within the answer, notifications nobody answers, and subscriptions that
//! every notification makes last anew.

use crate::sip::message::Message;

/// Which of the extensions are asked for, or granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Extensions {
    /// Notifications may come as BENOTIFY, which is never answered.
    pub(super) benotify: bool,
    /// The answer to SUBSCRIBE holds the first notification.
    pub(super) piggyback: bool,
    /// Each notification makes the subscription last for the time granted at first, from then.
    pub(super) autoextend: bool,
}

impl Extensions {
    /// All of them.
    pub(super) const ALL: Self = Self { benotify: true, piggyback: true, autoextend: true };

    /// Asks for them, one option tag a line as captures have it.
    pub(super) fn ask(self, request: &mut Message) {
        if self.autoextend {
            request.headers.push("Supported", AUTOEXTEND);
        }
        if self.benotify {
            request.headers.push("Supported", BENOTIFY);
            // Proxies on the way must let the method pass.
            request.headers.push("Proxy-Require", BENOTIFY);
        }
        if self.piggyback {
            request.headers.push("Supported", PIGGYBACK);
        }
    }

    /// What the answer to a SUBSCRIBE grants of what was asked for.
    pub(super) fn granted(self, response: &Message) -> Self {
        let says = |tag| response.headers.lists_token("Supported", tag);
        Self {
            benotify: self.benotify && says(BENOTIFY),
            piggyback: self.piggyback && says(PIGGYBACK),
            autoextend: self.autoextend && says(AUTOEXTEND),
        }
    }

    /// Gives up what a 420 names; a 420 that names nothing is put down to what proxies must know.
    /// `false` when there is nothing to give up.
    pub(super) fn give_up(&mut self, response: &Message) -> bool {
        let before = *self;
        let named = response.headers.list("Unsupported");
        for (on, tag) in [(&mut self.benotify, BENOTIFY), (&mut self.piggyback, PIGGYBACK), (&mut self.autoextend, AUTOEXTEND)] {
            *on &= !named.iter().any(|n| n.eq_ignore_ascii_case(tag));
        }
        if named.is_empty() {
            self.benotify = false;
        }
        *self != before
    }

    /// Both together.
    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            benotify: self.benotify || other.benotify,
            piggyback: self.piggyback || other.piggyback,
            autoextend: self.autoextend || other.autoextend,
        }
    }
}

const BENOTIFY: &str = "ms-benotify";
const PIGGYBACK: &str = "ms-piggyback-first-notify";
const AUTOEXTEND: &str = "com.microsoft.autoextend";

#[cfg(test)]
mod tests {
    use super::*;

    fn response(code: u16, headers: &[(&str, &str)]) -> Message {
        let mut response = Message::response(code);
        for (name, value) in headers {
            response.headers.push(name, value);
        }
        response
    }

    #[test]
    fn each_is_granted_by_itself_and_only_if_asked_for() {
        let ok = response(200, &[("Supported", "com.microsoft.autoextend, MS-benotify"), ("SUPPORTED", "other")]);
        assert_eq!(Extensions::ALL.granted(&ok), Extensions { piggyback: false, ..Extensions::ALL });
        assert_eq!(Extensions::default().granted(&ok), Extensions::default());
        assert_eq!(Extensions::ALL.granted(&response(200, &[])), Extensions::default());
    }

    #[test]
    fn a_420_takes_what_it_names() {
        let without = |headers: &[(&str, &str)]| {
            let mut asked = Extensions::ALL;
            asked.give_up(&response(420, headers)).then_some(asked)
        };
        assert_eq!(without(&[("Unsupported", "ms-benotify")]), Some(Extensions { benotify: false, ..Extensions::ALL }));
        assert_eq!(without(&[]), Some(Extensions { benotify: false, ..Extensions::ALL }));
        assert_eq!(without(&[("Unsupported", "adhoclist")]), None);
        let both = "com.microsoft.autoextend, ms-piggyback-first-notify";
        let left = Extensions { benotify: true, ..Extensions::default() };
        assert_eq!(without(&[("Unsupported", both)]), Some(left));
        let mut none = Extensions::default();
        assert!(!none.give_up(&response(420, &[])));
    }
}
