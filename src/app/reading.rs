//! Where one reads in a conversation, what is selected, looked for and pointed at there.
//!
//! A place is told by the number of an entry, not by rows: rows are for drawing to know. What is wished in
//! rows and pages waits here until the next frame turns it into a place ([`crate::app::Action::Shown`]).

use crate::app::{ChatKey, Composer, Hit, PaneId, Step};
use crate::model::Stamp;

/// Most rows, and pages, that wait for a frame.
const MOST: (i32, i32) = (2_000, 50);

/// A row of the messages: of this entry, so many rows from its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Anchor {
    /// The number of the entry.
    pub entry: i64,
    /// Rows from its first; the rules above a message are rows of it.
    pub row: usize,
}

/// Where one reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The first row that is shown; `None` = the end is in view.
    pub anchor: Option<Anchor>,
    /// Rows to go on from there, below zero back, with the next frame.
    pub rows: i32,
    /// The same in pages.
    pub pages: i32,
    /// The message that is selected, by its number.
    pub cursor: Option<i64>,
    /// The next frame brings the selected message into view; else it selects one that is.
    pub reveal: bool,
    /// The selected message goes on above what is shown, and below.
    pub cut: (bool, bool),
}

impl Place {
    /// The end, and nothing selected.
    pub const END: Self = Self { anchor: None, rows: 0, pages: 0, cursor: None, reveal: false, cut: (false, false) };

    /// The end is in view, or will be with the next frame.
    #[must_use]
    pub const fn at_end(&self) -> bool {
        self.anchor.is_none() && self.rows >= 0 && self.pages >= 0
    }

    /// With this entry at the top.
    #[must_use]
    pub const fn from(entry: i64) -> Self {
        Self { anchor: Some(Anchor { entry, row: 0 }), ..Self::END }
    }

    /// Scrolls; `oldest` = the number of the oldest entry.
    pub fn scroll(&mut self, step: Step, oldest: i64) {
        match step {
            Step::Up => self.rows -= 1,
            Step::Down => self.rows += 1,
            Step::PageUp => self.pages -= 1,
            Step::PageDown => self.pages += 1,
            Step::Top => *self = Self { cursor: self.cursor, ..Self::from(oldest) },
            Step::Bottom => *self = Self { cursor: self.cursor, ..Self::END },
        }
        self.rows = self.rows.clamp(-MOST.0, MOST.0);
        self.pages = self.pages.clamp(-MOST.1, MOST.1);
        self.reveal = false;
    }

    /// Selects a message and brings it into view.
    pub const fn select(&mut self, number: i64) {
        self.cursor = Some(number);
        self.reveal = true;
    }
}

/// What can be done with what was said.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The keyboard to the messages, the last one in view selected.
    Select,
    /// Another message is selected.
    Step(Step),
    /// The text on the clipboard.
    Copy,
    /// The text on the clipboard, with who wrote it and when.
    CopyWhole,
    /// Quoted in the composer.
    Reply,
    /// The link in it is opened, or all that is known of it shown.
    Enter,
    /// The link in it is opened; of several one is chosen.
    OpenLink,
    /// Everything that is known of it.
    Details,
    /// Sent again.
    Resend,
    /// It and what follows it counts as unread.
    Unread,
    /// A letter at each link in view, to choose one by.
    Links,
    /// A letter of the two that choose a link.
    Hint(char),
    /// The link that is chosen is copied, not opened.
    HintCopies,
    /// A link was chosen.
    Follow(Pointed),
    /// Looks for words in this conversation; when it does already, in all of them.
    Search,
    /// The next message with them, further back; `true` = further on.
    NextHit(bool),
    /// Looks for words in all conversations.
    History(Option<String>),
    /// A message was clicked.
    Pick(PaneId, i64),
    /// The mouse was pressed there: column and row of the screen.
    Press(u16, u16),
    /// It was moved, held down, to there.
    Drag(u16, u16),
    /// It was let go, with this text between.
    Release(String),
}

/// A link that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// Where it leads, as it is shown.
    pub url: String,
    /// Somebody sent it who is not on the list.
    pub stranger: bool,
    /// It is to be copied, not opened.
    pub copies: bool,
}

/// Links are chosen by letters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hinting {
    /// Letters typed of those at the link.
    pub typed: String,
    /// The link is to be copied, not opened.
    pub copies: bool,
    /// Only links of this message.
    pub only: Option<i64>,
}

/// Words are looked for in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// In which.
    pub chat: ChatKey,
    /// What is typed.
    pub line: Composer,
    /// It is still being typed.
    pub typing: bool,
    /// Where one was before.
    pub from: Place,
    /// The messages that hold it, the newest first.
    pub hits: Vec<i64>,
    /// Which of them is selected.
    pub at: usize,
    /// What they were looked for with.
    pub words: String,
}

/// Words are looked for in all conversations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// What is typed.
    pub line: Composer,
    /// What was found, the newest first.
    pub hits: Vec<Hit>,
    /// There is more than that.
    pub more: bool,
    /// Which is marked.
    pub marked: usize,
}

/// The mouse is held down over messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dragged {
    /// Where it was pressed: column and row of the screen.
    pub from: (u16, u16),
    /// Where it is.
    pub to: (u16, u16),
}

impl Dragged {
    /// The earlier end and the later, in the order of reading: row, column.
    #[must_use]
    pub fn ends(&self) -> ((u16, u16), (u16, u16)) {
        let turn = |(column, row): (u16, u16)| (row, column);
        let (a, b) = (turn(self.from), turn(self.to));
        if a <= b { (a, b) } else { (b, a) }
    }
}

/// The message that was clicked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clicked {
    /// In which pane.
    pub pane: PaneId,
    /// Which message.
    pub number: i64,
    /// When.
    pub at: Stamp,
}
