//! `send`: one message and its fate.

use std::io::Read as _;
use std::time::Duration;

use crate::backend::{Command, Event};
use crate::model::{Body, Fate};

use super::args;
use super::events::{self, JsonEvent};
use super::exit::{Exit, Failure};
use super::printer::{fate_sentence, now};
use super::session::{Session, Who, Woke, person};

/// Longest wait for its fate, if nothing else is said.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Longest message read from standard input.
const LONGEST: u64 = 256 * 1024;

/// The text of the message: the words, or standard input when there are none (or only `-`).
///
/// # Errors
/// Exit 2 when there is no text.
pub fn text(task: &args::Send) -> Result<String, Failure> {
    let text = match task.text.as_slice() {
        [] => from_stdin()?,
        [dash] if dash == "-" => from_stdin()?,
        words => words.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no text to send"));
    }
    Ok(text)
}

fn from_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::new(Exit::Usage, "the text is longer than 256 KiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(Exit::Usage, "the text is not UTF-8"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Sends it and waits for its fate.
///
/// # Errors
/// Exit 6 when it was not delivered or nobody knows.
pub async fn run(session: &mut Session, account: &Who, task: &args::Send, text: String) -> Result<Exit, Failure> {
    let to = person(&task.to, account)?;
    let tag = session.next_tag();
    let body = Body { style: task.format, ..Body::plain(text) };
    session.order(&account.id, Command::SendText { to: to.clone(), body, tag })?;
    let mut queued = false;
    let fate = loop {
        let woke = match session.next().await {
            Ok(woke) => woke,
            // The running program is gone, and nobody can tell any more.
            Err(failure) if failure.exit == Exit::Unreachable => break Fate::Unconfirmed { why: failure.text },
            Err(failure) => return Err(failure),
        };
        match woke {
            Woke::Report(_, Event::Delivery { tag: about, fate }) if about == tag && fate.is_final() => break fate,
            Woke::Report(_, Event::Delivery { tag: about, fate }) if about == tag => queued = fate == Fate::Queued,
            Woke::Report(id, Event::Phase { phase, .. }) => {
                if let Err(failure) = session.check_phase(&id, &phase, false) {
                    break Fate::Unconfirmed { why: failure.text };
                }
            }
            Woke::Refused(_, refused) => break Fate::Failed { why: refused.to_string() },
            Woke::Timeout if queued && session.is_attached() => {
                break Fate::Unconfirmed { why: "it waits in the running chinwag until there is a connection".to_owned() };
            }
            Woke::Timeout => {
                break Fate::Unconfirmed {
                    why: format!("no answer within {} s", task.timeout.unwrap_or(PATIENCE).as_secs_f64()),
                };
            }
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    };
    if session.printer.is_json() {
        let base = JsonEvent::new("delivery", now(), Some(&account.id)).with("to", to.as_str());
        session.printer.event(&events::delivery(base, tag, None, &fate))?;
    }
    match fate {
        Fate::Delivered => Ok(Exit::Done),
        // The server has it and will hand it over: the script is told, and need not send it again.
        Fate::Stored => {
            if !session.printer.is_json() {
                session.printer.line(&fate_sentence(&fate))?;
            }
            Ok(Exit::Done)
        }
        Fate::Failed { .. } | Fate::Unconfirmed { .. } | Fate::Queued | Fate::Sent => {
            Err(Failure::new(Exit::NotDelivered, format!("the message to {}: {}", to.short(), fate_sentence(&fate))))
        }
    }
}
