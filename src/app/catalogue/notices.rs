//! Being told of what one does not see.

use super::Context::{Everywhere, Roster};
use super::{ActionSpec, cmd, key};
use crate::app::{Action, NoticeAct};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    cmd(
        Everywhere,
        "notify.rule",
        &[],
        (&["notify"], "[all|mention|none [1h]] [test]"),
        Action::Notices(NoticeAct::Rule(None)),
        "What you are told of this conversation",
    ),
    cmd(
        Everywhere,
        "notify.mute",
        &[],
        (&["mute"], "[1h]"),
        Action::Notices(NoticeAct::Mute(None)),
        "Mute the conversation, for ever or for a time",
    ),
    cmd(Everywhere, "notify.unmute", &[], (&["unmute"], ""), Action::Notices(NoticeAct::Unmute), "Mute it no longer"),
    key(Everywhere, "notify.test", &[], Action::Notices(NoticeAct::Test), "Try how you are told of what you do not see"),
    key(Roster, "notify.toggle", &["m"], Action::Notices(NoticeAct::Toggle), "Mute the conversation, or no longer"),
];
