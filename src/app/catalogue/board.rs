//! What can be done on the board, and in the menu of one's own presence.

use super::Context::{Board, Status};
use super::{ActionSpec, key};
use crate::app::{Action, ContactAct, ListAct, OwnAct, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(Board, "board.up", &["up", "k"], Action::Move(Step::Up), "Up"),
    key(Board, "board.down", &["down", "j"], Action::Move(Step::Down), "Down"),
    key(Board, "board.page-up", &["pageup"], Action::Move(Step::PageUp), "A page up"),
    key(Board, "board.page-down", &["pagedown", "space"], Action::Move(Step::PageDown), "A page down"),
    key(Board, "board.top", &["home", "g"], Action::Move(Step::Top), "To the first"),
    key(Board, "board.bottom", &["end", "shift-g"], Action::Move(Step::Bottom), "To the last"),
    key(Board, "board.open", &["enter"], Action::Open, "Open the conversation, or fold the group"),
    key(Board, "board.sort", &["s"], Action::List(ListAct::Sort), "Next order: group, change, state, name"),
    key(Board, "board.filter", &["/"], Action::List(ListAct::Filter), "List only people that match"),
    key(Board, "board.online", &["o"], Action::List(ListAct::OnlineOnly), "Only people who are online, or all again"),
    key(Board, "board.pin", &["p"], Action::Contact(ContactAct::Pin, None), "Pin the person on top, or no longer"),
    key(
        Board,
        "board.alert",
        &["w"],
        Action::Contact(ContactAct::Alert, None),
        "Tell when the person comes online, is free, changes",
    ),
    key(Board, "board.close", &["q"], Action::List(ListAct::Board), "Put the board away"),
    key(Status, "status.account", &["tab"], Action::Own(OwnAct::NextAccount), "The next account, after the last all of them"),
];
