//! What an answer to a MESSAGE means (RFC 3428 section 7), as a table.

use crate::model::Fate;

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
        415 => "the other person's program cannot read this kind of message",
        420 | 421 => "the other side asks for an extension that chinwag does not have",
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

#[cfg(test)]
mod tests {
    use super::*;

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
            (415, failed("the other person's program cannot read this kind of message (415)")),
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
