//! Files in words.

use crate::app::AccountView;
use crate::app::transfers::{FileStage, Progress, Transfer};
use crate::model::FileId;
use crate::transfer::{duration, octets};

/// A file as a line of the conversation. Names are as they came: not yet made safe for a terminal.
#[must_use]
pub fn file(account: &AccountView, id: FileId) -> String {
    account
        .transfers
        .get(&id)
        .map_or_else(|| "a file".to_owned(), |transfer| transfer_line(account.shown_name(&transfer.peer), id, transfer))
}

/// The same of the file itself; `peer` = how the other side is called.
#[must_use]
pub fn transfer_line(peer: &str, id: FileId, transfer: &Transfer) -> String {
    let what = if transfer.name.is_empty() { "a file".to_owned() } else { format!("the file {}", transfer.name) };
    let size = octets(transfer.octets);
    let doubts = if transfer.doubts.is_empty() { String::new() } else { format!(". {}", transfer.doubts.join(" ")) };
    match &transfer.stage {
        FileStage::Opening => format!("{what} is looked at"),
        FileStage::Offered if id.is_sent() => format!("you offer {what} ({size}); {peer} has not answered"),
        FileStage::Offered => {
            let clear = if transfer.secret { "" } else { "; it would travel unencrypted" };
            format!("{peer} offers {what} ({size}){clear}: /take {id} or /decline {id}{doubts}")
        }
        FileStage::Agreeing => format!("{what} ({size}): connecting"),
        FileStage::Moving(progress) => format!("{what}: {}", moving(*progress, transfer.octets)),
        FileStage::Checking => format!("{what} ({size}) came and is looked into"),
        FileStage::Doubtful => format!("{what} ({size}) came: /take {id} keeps it, /decline {id} deletes it{doubts}"),
        FileStage::Done { place: Some(place), .. } => format!("{what} ({size}) came: {place}"),
        FileStage::Done { place: None, confirmed: true } => format!("{what} ({size}) was sent"),
        FileStage::Done { place: None, confirmed: false } => {
            format!("{what} ({size}) was sent; their program did not confirm it")
        }
        FileStage::Ended { why } if id.is_sent() => format!("{what} was not sent: {why}"),
        FileStage::Ended { why } => format!("{what} was not taken: {why}"),
    }
}

fn moving(progress: Progress, whole: u64) -> String {
    let rate = progress.rate.map(|rate| format!(", {}/s", octets(rate))).unwrap_or_default();
    let left = progress.left.map(|left| format!(", {} left", duration(left))).unwrap_or_default();
    format!("{} of {}{rate}{left}", octets(progress.done), octets(whole))
}
