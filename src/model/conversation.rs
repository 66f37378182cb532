//! What was said.

use std::collections::VecDeque;

use super::{Address, MessageRef, Stamp};

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Text as the person wrote it; not yet made safe for a terminal.
    pub text: String,
    /// How the sender wants all of it to look.
    pub style: TextStyle,
    /// Media type it came as, `text/plain` for what we write.
    pub content_type: String,
}

/// How a whole message is to look. A terminal shows what it can of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStyle {
    /// Heavy.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// With a line below.
    pub underline: bool,
    /// With a line through it.
    pub strike: bool,
    /// Red, green and blue of the letters.
    pub colour: Option<[u8; 3]>,
    /// Written from right to left.
    pub right_to_left: bool,
}

impl Body {
    /// Plain text.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: TextStyle::default(), content_type: "text/plain".to_owned() }
    }
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The other person.
    Incoming,
    /// This user.
    Outgoing,
}

/// What became of a message we sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not sent yet: waits for the connection or for the message before it.
    Queued,
    /// On its way; no answer yet.
    Sent,
    /// Accepted by the other person's program.
    Delivered,
    /// The server keeps it until the person signs in.
    Stored,
    /// Refused or impossible; says why.
    Failed {
        /// Why, in words for the user.
        why: String,
    },
    /// No answer came: it may have arrived or not. Never sent again without the user.
    Unconfirmed {
        /// What happened, in words for the user.
        why: String,
    },
}

impl Fate {
    /// The word in JSON events (`stored` counts as `sent`: the server has it, the person not yet).
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent | Self::Stored => "sent",
            Self::Delivered => "delivered",
            Self::Failed { .. } => "failed",
            Self::Unconfirmed { .. } => "unconfirmed",
        }
    }

    /// Whether nothing is left to wait for. What the server stores may still become delivered.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// One message in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was written, as far as known, else when it came.
    pub at: Stamp,
    /// By whom.
    pub direction: Direction,
    /// What.
    pub body: Body,
    /// For our own: which message; ties it to its fate.
    pub tag: Option<MessageRef>,
    /// For our own: what became of it.
    pub fate: Option<Fate>,
    /// It waited on the server while we were signed out.
    pub delayed: bool,
}

/// One talk with one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The other person.
    pub with: Address,
    /// What was said, oldest first; at most [`Conversation::MAX_LINES`].
    pub lines: VecDeque<Line>,
    /// How many of the last lines the user has not seen.
    pub unread: usize,
    /// The other person is writing.
    pub typing: bool,
}

impl Conversation {
    /// Lines kept in memory for one conversation; older ones are dropped.
    pub const MAX_LINES: usize = 5_000;

    /// An empty talk.
    #[must_use]
    pub const fn new(with: Address) -> Self {
        Self { with, lines: VecDeque::new(), unread: 0, typing: false }
    }

    /// Adds a line at the end, dropping the oldest when there are too many.
    pub fn push(&mut self, line: Line) {
        if self.lines.len() >= Self::MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.unread = self.unread.min(self.lines.len());
    }

    /// Records the fate of one of our messages; `false` if it is not here.
    pub fn set_fate(&mut self, tag: MessageRef, fate: Fate) -> bool {
        match self.lines.iter_mut().rev().find(|line| line.tag == Some(tag)) {
            Some(line) => {
                line.fate = Some(fate);
                true
            }
            None => false,
        }
    }
}
