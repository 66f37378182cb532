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

/// What the registrar told of itself with its 200, as far as the user lets that count. `signed`:
/// every message on this link is.
pub(super) fn traits(settings: &SipSettings, response: &Message, signed: bool) -> Traits {
    match settings.dialect {
        None => Traits::heard(response, signed),
        Some(Dialect::Simple) => Traits { events: Traits::heard(response, false).events, ..Traits::default() },
        Some(Dialect::Lcs) => Traits::believed(response),
    }
}

/// Ways to see many people at once, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListWay {
    /// Lists in the request that can be changed later ([MS-SIP] 3.3).
    Batch,
    /// A list in the request (RFC 5367).
    Adhoc,
    /// A list kept on the server (RFC 4662).
    Stored,
    /// One subscription for each person.
    Singles,
}

/// The ways this account can try, in order. The last one always works, as far as anything does.
pub(super) fn list_ways(settings: &SipSettings, traits: &Traits) -> Vec<ListWay> {
    let batch = traits.adhoclist.then_some(ListWay::Batch);
    let adhoc = settings.adhoc_list_uri.as_ref().map(|_| ListWay::Adhoc);
    let stored = settings.list_uri.as_ref().map(|_| ListWay::Stored);
    batch.into_iter().chain(adhoc).chain(stored).chain([ListWay::Singles]).collect()
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

/// What the refusal of a batch means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BatchStep {
    /// One of the addresses may be what it cannot stand: find out which.
    Divide,
    /// Shorter lists.
    Halve,
    /// We may not see anybody.
    Stop,
    /// It will not work here: try the next way.
    Next,
    /// It may work another time.
    Later,
}

/// What the refusal of a batch means, by its code and its words.
pub(super) fn after_batch(response: &Message) -> BatchStep {
    let words = response.headers.get_all("Warning").fold(response.reason().to_owned(), |all, warning| all + " " + &warning);
    let words = words.to_ascii_lowercase();
    let too_many = ["too many", "too large", "too long", "exceeds"].iter().any(|sign| words.contains(sign));
    batch_step(response.status().unwrap_or(0), too_many)
}

/// The same as a table. `too_many`: the server's words say so.
pub(super) const fn batch_step(code: u16, too_many: bool) -> BatchStep {
    match code {
        413 | 513 => BatchStep::Halve,
        414 | 420 | 421 => BatchStep::Next,
        400.. if too_many => BatchStep::Halve,
        400 => BatchStep::Divide,
        401 | 403 | 407 | 603 => BatchStep::Stop,
        300..=399 | 402 | 404..=406 | 410 | 412 | 415..=417 | 484 | 485 | 488 | 489 | 501 | 505 | 604 | 606 => BatchStep::Next,
        _ => BatchStep::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladder_of_batches() {
        let table = [
            (302, BatchStep::Next),
            (400, BatchStep::Divide),
            (401, BatchStep::Stop),
            (403, BatchStep::Stop),
            (404, BatchStep::Next),
            (405, BatchStep::Next),
            (406, BatchStep::Next),
            (408, BatchStep::Later),
            (413, BatchStep::Halve),
            (415, BatchStep::Next),
            (420, BatchStep::Next),
            (421, BatchStep::Next),
            (480, BatchStep::Later),
            (481, BatchStep::Later),
            (488, BatchStep::Next),
            (489, BatchStep::Next),
            (500, BatchStep::Later),
            (501, BatchStep::Next),
            (503, BatchStep::Later),
            (504, BatchStep::Later),
            (513, BatchStep::Halve),
            (603, BatchStep::Stop),
        ];
        for (code, step) in table {
            assert_eq!(batch_step(code, false), step, "{code}");
            let halved = !matches!(code, 302 | 420 | 421);
            assert_eq!(batch_step(code, true), if halved { BatchStep::Halve } else { step }, "{code}");
        }
    }

    #[test]
    fn a_limit_is_told_in_words() {
        let step = |headers: &[(&str, &str)]| {
            let mut response = Message::response(500);
            for (name, value) in headers {
                response.headers.push(name, value);
            }
            after_batch(&response)
        };
        assert_eq!(step(&[]), BatchStep::Later);
        assert_eq!(step(&[("Warning", "399 lcs \"Too Many contacts\"")]), BatchStep::Halve);
    }

    #[test]
    fn ways() {
        let mut settings = crate::backend::sip::tests::world::settings();
        let batch = Traits { adhoclist: true, ..Traits::default() };
        assert_eq!(list_ways(&settings, &Traits::default()), [ListWay::Singles]);
        assert_eq!(list_ways(&settings, &batch), [ListWay::Batch, ListWay::Singles]);
        settings.adhoc_list_uri = Some("sip:rls@example.test".into());
        settings.list_uri = Some("sip:list@example.test".into());
        assert_eq!(list_ways(&settings, &batch), [ListWay::Batch, ListWay::Adhoc, ListWay::Stored, ListWay::Singles]);
        assert_eq!(list_ways(&settings, &Traits::default()), [ListWay::Adhoc, ListWay::Stored, ListWay::Singles]);
    }

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
