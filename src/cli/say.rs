//! `say`: the scriptable session. Acts as JSON lines in, events as JSON lines out.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Read as _};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::app::transfers::{FileStage, Transfer};
use crate::backend::{Command, Event, NoticeLevel, RoomCommand};
use crate::model::MessageRef;
use crate::runtime::script::acts::{Act, Deed, Ground};
use crate::runtime::script::ids::Cause;

use super::events::{self, JsonEvent};
use super::exit::{Exit, Failure};
use super::printer::now;
use super::session::{Session, Who, Woke};

/// Longest line taken; the rest of a longer one is thrown away.
const LONGEST_LINE: usize = 256 * 1024;

/// Messages on their way at the same time; further lines wait.
const MAX_OPEN: usize = 32;

/// Longest wait, after the last act, for messages still on their way.
const LAST_FATES: Duration = Duration::from_secs(45);

/// Runs it.
///
/// # Errors
/// Exit 3 or 4 when the account is signed out for good.
pub async fn run(session: &mut Session, account: &Who) -> Result<Exit, Failure> {
    let mut lines = Some(read_lines());
    let mut open: BTreeSet<MessageRef> = BTreeSet::new();
    loop {
        // Lines wait while too much is on its way.
        let reading = lines.is_some() && open.len() < MAX_OPEN;
        if reading {
            session.lines = lines.take();
        }
        let woke = session.next().await?;
        if reading {
            lines = session.lines.take();
        }
        match woke {
            Woke::Line(Some(line)) => {
                if !obey(session, account, &line, &mut open)? {
                    lines = None;
                }
                // The account takes up the order before the next one is read.
                tokio::task::yield_now().await;
            }
            Woke::Line(None) => lines = None,
            Woke::Report(_, Event::Delivery { tag, fate }) if fate.is_final() => {
                open.remove(&tag);
            }
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Refused(id, refused) => session.printer.refusal(&id, &refused.to_string())?,
            Woke::Timeout => break,
            Woke::Report(..) | Woke::File(..) | Woke::Changed => {}
        }
        if lines.is_none() {
            match (open.is_empty(), files(session, account)) {
                (true, Files::None) => break,
                // However long it takes.
                (_, Files::Moving) => session.limit(None),
                _ => session.limit_once(LAST_FATES),
            }
        }
    }
    session.lists_confirmed(&account.id).await?;
    Ok(Exit::Done)
}

/// What of files is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Files {
    None,
    /// Some wait for an answer of the other side.
    Waiting,
    /// Some travel.
    Moving,
}

/// Offers of others that were not answered do not count.
fn files(session: &Session, account: &Who) -> Files {
    let Some(view) = session.view(&account.id) else { return Files::None };
    let open = || view.transfers.iter().filter(|(id, transfer)| !transfer.is_over() && !transfer.asks(**id));
    match open().any(|(_, transfer)| matches!(transfer.stage, FileStage::Moving(_) | FileStage::Checking)) {
        true => Files::Moving,
        false if session.awaits_files() || open().next().is_some() => Files::Waiting,
        false => Files::None,
    }
}

/// Carries out one line; `false` ends the session.
fn obey(session: &mut Session, account: &Who, line: &[u8], open: &mut BTreeSet<MessageRef>) -> Result<bool, Failure> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(true);
    }
    if is_too_long(line) {
        let text = "this line is too long (256 KiB at most)";
        session.printer.notice(Some(&account.id), NoticeLevel::Error, "malformed", text, None)?;
        return Ok(true);
    }
    let roster = session.view(&account.id).map(|view| view.roster.clone()).unwrap_or_default();
    let ground = Ground { domain: account.aor.domain(), roster: &roster, now: now() };
    let act = match Act::read(line, ground) {
        Ok(act) => act,
        Err(bad) => {
            session.printer.notice(Some(&account.id), NoticeLevel::Error, bad.code, &bad.text, bad.id)?;
            return Ok(true);
        }
    };
    match act.deed {
        Deed::Quit => return Ok(false),
        Deed::Send { to, body } => {
            let tag = next_message(session, act.id, open);
            session.order(&account.id, Command::SendText { to, body, tag })?;
        }
        Deed::Say { room, body } => {
            let tag = next_message(session, act.id, open);
            session.order(&account.id, Command::Room(RoomCommand::Say { room, body, tag }))?;
        }
        Deed::Roster => {
            let event = events::roster(JsonEvent::new("roster", now(), Some(&account.id)), &roster);
            session.printer.event(&event.with_some("id", act.id))?;
        }
        Deed::OfferFile { to, path } => {
            session.offer_file(&account.id, to, path, act.id)?;
        }
        Deed::Decide { file, yes } => {
            if session.view(&account.id).is_none_or(|view| view.transfers.get(&file).is_none_or(Transfer::is_over)) {
                let text = format!("there is no file {file}, or it is over");
                session.printer.notice(Some(&account.id), NoticeLevel::Error, "unknown_file", &text, None)?;
                return Ok(true);
            }
            session.decide_file(&account.id, file, yes)?;
        }
        Deed::Order(command) => {
            if let Some(cause) = Cause::of_order(&command) {
                session.printer.ids.name_cause(cause, act.id);
            }
            session.order(&account.id, command)?;
        }
    }
    Ok(true)
}

/// The number of the next message, with the script's id for it.
fn next_message(session: &mut Session, id: Option<serde_json::Value>, open: &mut BTreeSet<MessageRef>) -> MessageRef {
    let tag = session.next_tag();
    if let Some(id) = id {
        session.printer.ids.name_message(tag, id);
    }
    open.insert(tag);
    tag
}

/// Lines of standard input, read by a thread of their own: a read cannot be called off, and must
/// not keep the program from ending.
fn read_lines() -> mpsc::Receiver<Vec<u8>> {
    let (lines, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            // What is left of it would be read as lines of its own.
            if is_too_long(&line) && skip_line(&mut input).is_err() {
                return;
            }
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Whether more of the line came than is taken; its end does not count.
fn is_too_long(line: &[u8]) -> bool {
    line.len() > LONGEST_LINE && !line.ends_with(b"\n")
}

fn skip_line(input: &mut impl std::io::BufRead) -> std::io::Result<()> {
    loop {
        let (taken, done) = {
            let buffer = input.fill_buf()?;
            match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            }
        };
        input.consume(taken);
        if done {
            return Ok(());
        }
    }
}
