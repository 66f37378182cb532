//! What an answer to a MESSAGE means (RFC 3428 section 7), as a table; and to what makes or goes
//! within a session, where a few words differ.

use crate::model::Fate;
use crate::sip::endpoint::Failure;
use crate::sip::message::{Message, split_commas};

/// The fate of a message that was answered with `code`.
pub(super) fn of_code(code: u16, reason: &str) -> Fate {
    match code {
        202 => Fate::Stored,
        200..=299 => Fate::Delivered,
        _ => Fate::Failed { why: why(code, reason) },
    }
}

/// Why a message was not delivered, in words for the user.
fn why(code: u16, reason: &str) -> String {
    let words = match code {
        300..=399 => "the server points to another address, which chinwag does not follow",
        400 => "the server could not read the message",
        401 | 407 => "the server does not accept your name and password for messages",
        403 => "you are not allowed to write to this person, or they blocked you",
        404 => "there is no such person on this server",
        405 | 501 => "the other side cannot take messages",
        408 | 504 => "the server could not reach the person in time",
        410 | 604 => "this address is no longer in use",
        413 | 513 => "the message is too long for the server; send it in parts",
        415 => "the other person's program takes nothing of this kind",
        420 | 421 => "the other side asks for an extension that chinwag does not have",
        430 => "the server lost the connection to the person; try again when they are back",
        480 => "the person is not signed in",
        482 | 483 => "the message went in circles between servers",
        484 | 485 | 416 => "the server does not understand the address",
        486 | 600 => "the person does not want to be disturbed now",
        488 | 606 => "the other side does not accept this message",
        500 | 502 => "the server made a mistake; try again later",
        503 => "the server is too busy; try again later",
        603 => "the person declined the message",
        _ => {
            let reason: String = reason.chars().filter(|c| !c.is_control()).take(80).collect();
            return format!("it was refused ({code} {reason})");
        }
    };
    format!("{words} ({code})")
}

/// The fate of a message that stays without answer.
pub(super) fn of_failure(why: Failure) -> Fate {
    match why {
        Failure::Timeout => Fate::Unconfirmed { why: "no answer came in time; it may have arrived".to_owned() },
        Failure::LinkDown => {
            Fate::Unconfirmed { why: "the connection was lost before the answer came; it may have arrived".to_owned() }
        }
        Failure::Unreadable => Fate::Unconfirmed { why: "the answer could not be read; it may have arrived".to_owned() },
        Failure::NotSent => Fate::Failed { why: "the connection was lost before it was sent".to_owned() },
    }
}

/// The fate of a text within a session, by the answer to its MESSAGE.
pub(super) fn of_text(response: &Message) -> Fate {
    match response.status().unwrap_or(0) {
        // Somebody on the way waited in vain, perhaps for the answer only.
        408 => Fate::Unconfirmed { why: "the server got no answer from the person; it may have arrived (408)".to_owned() },
        200..300 => of_code(response.status().unwrap_or(0), response.reason()),
        _ => of_refusal(response),
    }
}

/// The fate of texts that were not sent, because their session was refused.
pub(super) fn of_refusal(response: &Message) -> Fate {
    let code = response.status().unwrap_or(0);
    let words = match (code, warning(response)) {
        (606, Some(309)) => "a policy of the network's administrator blocks it",
        (488, Some(308)) => "the two sides do not agree on encryption",
        (500 | 503 | 504 | 603, _) => "the person's service is not available now; try again later",
        _ => return Fate::Failed { why: why(code, response.reason()) },
    };
    Fate::Failed { why: format!("{words} ({code})") }
}

/// The code of the first Warning (RFC 3261 section 20.43): three digits, an agent, a text.
pub(super) fn warning(response: &Message) -> Option<u16> {
    let value = response.headers.get("Warning")?;
    let digits = split_commas(&value).next()?.split_ascii_whitespace().next()?;
    if digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_a_few_words_of_their_own() {
        let answer = |code, warning: &str| {
            let mut response = Message::response(code);
            if !warning.is_empty() {
                response.headers.push("Warning", warning);
            }
            response
        };
        let table = [
            (200, "", "", ""),
            (408, "", "the server could not reach the person in time (408)", "may have arrived (408)"),
            (480, "", "the person is not signed in (480)", ""),
            (486, "", "the person does not want to be disturbed now (486)", ""),
            (415, "", "the other person's program takes nothing of this kind (415)", ""),
            (488, "308 ms.com \"Encryption Levels Incompatible\"", "the two sides do not agree on encryption (488)", ""),
            (488, "", "the other side does not accept this message (488)", ""),
            (500, "", "the person's service is not available now; try again later (500)", ""),
            (503, "", "the person's service is not available now; try again later (503)", ""),
            (603, "", "the person's service is not available now; try again later (603)", ""),
            (606, "309 lcs1 \"contents, not allowed\"", "a policy of the network's administrator blocks it (606)", ""),
            (606, "310 lcs1 \"client version not recommended\"", "the other side does not accept this message (606)", ""),
        ];
        for (code, warning, refused, unconfirmed) in table {
            let response = answer(code, warning);
            if code != 200 {
                assert_eq!(of_refusal(&response), Fate::Failed { why: refused.to_owned() }, "{code}");
            }
            match of_text(&response) {
                Fate::Delivered => assert_eq!(code, 200),
                Fate::Failed { why } => assert_eq!(why, refused, "{code}"),
                Fate::Unconfirmed { why } => assert!(why.ends_with(unconfirmed) && code == 408, "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn warnings() {
        let table =
            [("309 a \"x\"", Some(309)), ("309 a \"x\", 399 b \"y\"", Some(309)), ("9 a", None), ("", None), ("+30 a", None)];
        for (value, code) in table {
            let mut response = Message::response(606);
            response.headers.push("Warning", value);
            assert_eq!(warning(&response), code, "{value}");
        }
    }

    #[test]
    fn every_code_has_its_fate() {
        let failed = |words: &str| Fate::Failed { why: words.to_owned() };
        let table = [
            (200, Fate::Delivered),
            (202, Fate::Stored),
            (204, Fate::Delivered),
            (302, failed("the server points to another address, which chinwag does not follow (302)")),
            (403, failed("you are not allowed to write to this person, or they blocked you (403)")),
            (404, failed("there is no such person on this server (404)")),
            (408, failed("the server could not reach the person in time (408)")),
            (413, failed("the message is too long for the server; send it in parts (413)")),
            (415, failed("the other person's program takes nothing of this kind (415)")),
            (430, failed("the server lost the connection to the person; try again when they are back (430)")),
            (480, failed("the person is not signed in (480)")),
            (486, failed("the person does not want to be disturbed now (486)")),
            (503, failed("the server is too busy; try again later (503)")),
            (603, failed("the person declined the message (603)")),
            (499, failed("it was refused (499 Odd)")),
            (699, failed("it was refused (699 Odd)")),
        ];
        for (code, fate) in table {
            assert_eq!(of_code(code, "Odd"), fate, "{code}");
        }
        for code in 100..700 {
            assert!(of_code(code, "").is_final(), "{code}");
        }
    }
}
