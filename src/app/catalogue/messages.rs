//! What can be done with what was said.

use super::Context::Messages;
use super::{ActionSpec, cmd, key};
use crate::app::{Action, Focus, Reading, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    cmd(
        Messages,
        "message.to",
        &[],
        (&["msg", "query"], "who [text]"),
        Action::Message(None),
        "Open a conversation, or send at once",
    ),
    key(Messages, "messages.up", &["up", "k"], Action::Reading(Reading::Step(Step::Up)), "The message before"),
    key(Messages, "messages.down", &["down", "j"], Action::Reading(Reading::Step(Step::Down)), "The next message"),
    key(Messages, "messages.page-up", &["pageup", "ctrl-b"], Action::Reading(Reading::Step(Step::PageUp)), "A page up"),
    key(Messages, "messages.page-down", &["pagedown", "space"], Action::Reading(Reading::Step(Step::PageDown)), "A page down"),
    key(Messages, "messages.top", &["home", "g"], Action::Reading(Reading::Step(Step::Top)), "To the first message"),
    key(Messages, "messages.bottom", &["end", "shift-g"], Action::Reading(Reading::Step(Step::Bottom)), "To the last message"),
    key(Messages, "messages.row-up", &["shift-up"], Action::Scroll(Step::Up), "Messages a row up"),
    key(Messages, "messages.row-down", &["shift-down"], Action::Scroll(Step::Down), "Messages a row down"),
    key(Messages, "message.accept", &["enter"], Action::Reading(Reading::Enter), "Open the link in it, else show all about it"),
    key(Messages, "message.copy", &["y"], Action::Reading(Reading::Copy), "Copy the message"),
    key(Messages, "message.copy-whole", &["shift-y"], Action::Reading(Reading::CopyWhole), "Copy it with name and time"),
    key(Messages, "message.reply", &["r"], Action::Reading(Reading::Reply), "Answer with a quote of it"),
    key(Messages, "message.open-link", &["o"], Action::Reading(Reading::OpenLink), "Open the link in it"),
    key(Messages, "message.details", &["i"], Action::Reading(Reading::Details), "Everything that is known of it"),
    key(Messages, "message.resend-this", &["shift-r"], Action::Reading(Reading::Resend), "Send it again"),
    key(Messages, "message.unread", &["u", "alt-u"], Action::Reading(Reading::Unread), "Unread from here on"),
    key(Messages, "messages.write", &["c"], Action::FocusOn(Focus::Composer), "Write"),
    key(Messages, "messages.search", &["/"], Action::Reading(Reading::Search), "Look for words in the conversation"),
    key(Messages, "search.next", &["n"], Action::Reading(Reading::NextHit(false)), "The next one found, further up"),
    key(Messages, "search.previous", &["shift-n"], Action::Reading(Reading::NextHit(true)), "The one found before, further down"),
    key(Messages, "message.pick-link", &["f"], Action::Reading(Reading::Links), "A letter at each link, to choose one by"),
    cmd(Messages, "message.resend", &[], (&["resend"], ""), Action::Resend, "Send the last lost message again"),
    key(Messages, "messages.help", &["?"], Action::Help, "Keys and commands"),
];
