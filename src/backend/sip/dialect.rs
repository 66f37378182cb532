//! What to try, in which order: the choices in which networks of one protocol differ.
//!
//! Other files ask for a choice here, or for what the server was found able to do
//! ([`super::capabilities`]); they never ask which family of servers it is.

use super::registration::Form;
use super::settings::SipSettings;
use super::traits::Traits;
use crate::model::Dialect;
use crate::sip::message::Message;

/// What a REGISTER says at first.
pub(super) fn register_form(settings: &SipSettings) -> Form {
    match settings.dialect {
        None => Form::new(true, true),
        Some(Dialect::Simple) => Form::new(true, false),
        Some(Dialect::Lcs) => Form::new(false, true),
    }
}

/// What we go by until the registrar has told of itself.
pub(super) fn expected(settings: &SipSettings) -> Traits {
    match settings.dialect {
        Some(Dialect::Simple) => Traits::default(),
        Some(Dialect::Lcs) | None => Traits { epid: true, ..Traits::default() },
    }
}

/// What the registrar told of itself with its 200, as far as the user lets that count.
pub(super) fn traits(settings: &SipSettings, response: &Message) -> Traits {
    let heard = Traits::heard(response);
    match settings.dialect {
        None => heard,
        Some(Dialect::Simple) => Traits { events: heard.events, ..Traits::default() },
        Some(Dialect::Lcs) => Traits { set_presence: true, sessions: true, epid: true, ..heard },
    }
}

/// Ways to see many people at once, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListWay {
    /// A list in the request (RFC 5367).
    Adhoc,
    /// A list kept on the server (RFC 4662).
    Stored,
    /// One subscription for each person.
    Singles,
}

/// The ways this account can try, in order. The last one always works, as far as anything does.
pub(super) fn list_ways(settings: &SipSettings) -> Vec<ListWay> {
    let adhoc = settings.adhoc_list_uri.as_ref().map(|_| ListWay::Adhoc);
    let stored = settings.list_uri.as_ref().map(|_| ListWay::Stored);
    adhoc.into_iter().chain(stored).chain([ListWay::Singles]).collect()
}

/// What the answer to the first SUBSCRIBE of a list means for the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It works, or may work later: stay.
    Stay,
    /// It will not work here: try the next way.
    Next,
}

/// The ladder as a table.
pub(super) const fn after_answer(code: u16) -> Step {
    match code {
        // Not a list, not this package, not this extension, not this body, not for us.
        300..=407 | 410 | 412..=416 | 420 | 421 | 484 | 485 | 488 | 489 | 501 | 505 | 513 | 603 | 604 | 606 => Step::Next,
        _ => Step::Stay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladder() {
        let table = [
            (200, Step::Stay),
            (202, Step::Stay),
            (302, Step::Next),
            (400, Step::Next),
            (403, Step::Next),
            (404, Step::Next),
            (405, Step::Next),
            (406, Step::Next),
            (408, Step::Stay),
            (415, Step::Next),
            (420, Step::Next),
            (421, Step::Next),
            (423, Step::Stay),
            (480, Step::Stay),
            (481, Step::Stay),
            (489, Step::Next),
            (500, Step::Stay),
            (501, Step::Next),
            (503, Step::Stay),
            (603, Step::Next),
        ];
        for (code, step) in table {
            assert_eq!(after_answer(code), step, "{code}");
        }
    }
}
