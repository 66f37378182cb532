//! What goes with the texts being written: lists to choose from, what was sent before, what is saved.

use std::collections::{BTreeMap, BTreeSet};

use super::{ChatKey, Completion, Sent};
use crate::model::MessageRef;

/// The part of the screen's state that is about writing, but for the drafts themselves.
#[derive(Debug, Clone)]
pub struct Writing {
    /// Cells of a row of the draft, as the last frame showed it.
    pub columns: Option<usize>,
    /// What could be meant by what is being written.
    pub list: Option<Completion>,
    /// The terminal shows ASCII only.
    pub ascii: bool,
    /// A paste of more lines than these is asked about.
    pub paste_lines: usize,
    /// What was sent in each conversation, in this run.
    pub(super) sent: BTreeMap<ChatKey, Sent>,
    /// The draft of this conversation is in an editor.
    pub(super) edited: Option<ChatKey>,
    /// Drafts that are other than what is saved of them.
    pub(super) unsaved: BTreeSet<ChatKey>,
    /// Drafts of which something is saved.
    pub(super) saved: BTreeSet<ChatKey>,
    /// A message that is being taken back.
    pub(super) taken_back: Option<(ChatKey, MessageRef)>,
}

/// Octets of a paste that is not asked about.
pub const MUCH: usize = 4 * 1024;

impl Default for Writing {
    fn default() -> Self {
        Self {
            columns: None,
            list: None,
            ascii: false,
            paste_lines: 5,
            sent: BTreeMap::new(),
            edited: None,
            unsaved: BTreeSet::new(),
            saved: BTreeSet::new(),
            taken_back: None,
        }
    }
}

impl Writing {
    /// Cells of a row of the draft; where nothing was drawn yet a line is a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.unwrap_or(usize::MAX)
    }

    /// Whether a paste is to be asked about.
    #[must_use]
    pub fn is_much(&self, text: &str) -> bool {
        text.len() > MUCH || text.trim_end().lines().count() > self.paste_lines
    }
}

/// What the user is asked about a text before anything is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Much was pasted.
    Pasted(String),
    /// What is to be sent looks like a command, and was not typed as one.
    Command,
}

/// What can be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolve {
    /// It goes into the text being written.
    Edit,
    /// It is sent as it stands.
    Send,
    /// It is a command.
    Command,
    /// It is forgotten.
    Drop,
}

impl Doubt {
    /// What can be done, the safe choice first.
    #[must_use]
    pub const fn choices(&self) -> &'static [(Resolve, &'static str)] {
        match self {
            Self::Pasted(_) => &[
                (Resolve::Edit, "Put it into the text, to look at"),
                (Resolve::Send, "Send it as one message"),
                (Resolve::Drop, "Forget it"),
            ],
            Self::Command => {
                &[(Resolve::Edit, "Go on writing"), (Resolve::Send, "Send it as a message"), (Resolve::Command, "Do the command")]
            }
        }
    }
}
