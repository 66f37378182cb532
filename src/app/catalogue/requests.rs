//! What can be done with requests of people who are not known.

use super::Context::{Everywhere, Requests};
use super::{ActionSpec, cmd, key};
use crate::app::{Action, RequestAct};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    cmd(
        Everywhere,
        "requests",
        &["ctrl-x q"],
        (&["requests"], ""),
        Action::Requests(RequestAct::Page, None),
        "Who wrote to you, or asks to see you, and is not on your list",
    ),
    cmd(
        Requests,
        "requests.accept",
        &["a", "y"],
        (&["accept"], "[address]"),
        Action::Requests(RequestAct::Accept, None),
        "Accept: open the conversation, or let them see you",
    ),
    key(
        Requests,
        "requests.add",
        &["c", "+"],
        Action::Requests(RequestAct::AcceptAndAdd, None),
        "Accept, and add to your contacts",
    ),
    key(Requests, "requests.block", &["b"], Action::Requests(RequestAct::Block, None), "Block, and throw away what they wrote"),
    key(Requests, "requests.delete", &["d"], Action::Requests(RequestAct::Delete, None), "Throw away what they wrote"),
    cmd(
        Requests,
        "requests.report",
        &["r"],
        (&["report"], "[address]"),
        Action::Requests(RequestAct::Report, None),
        "Write what they wrote to a file, to report it",
    ),
];
