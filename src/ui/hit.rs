//! What a frame shows where: the targets of the mouse, and what the next step starts from.

use std::ops::Range;
use std::rc::Rc;

use super::painter::Link;
use super::pictures::{Plate, Scaled};
use super::text;
use crate::app::{Dragged, PaneId, Place, RowKey, Way};
use crate::model::{AccountId, FileId};
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

/// Something that can be clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A row of the contact list.
    Row(RowKey),
    /// The contact list, beside its rows.
    Roster,
    /// The messages of a pane.
    Messages(PaneId),
    /// One of them, by its number.
    Message(PaneId, i64),
    /// The line of a picture that can be looked at.
    File(PaneId, AccountId, FileId),
    /// The line that says what is newer than what is shown.
    Newer(PaneId),
    /// The text being written in a pane.
    Composer(PaneId),
    /// The line with the name of a pane's conversation.
    Header(PaneId),
    /// The line right of the contact list, which can be dragged.
    RosterEdge,
    /// The line before this pane, which can be dragged.
    Border(PaneId, Way),
    /// A row of what lies on top.
    Choice(usize),
    /// What lies on top, beside its rows.
    Overlay,
    /// An answer to the question that waits.
    Answer(usize),
}

/// A row of the text of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextAt {
    /// In which pane.
    pub pane: PaneId,
    /// Of which message.
    pub number: i64,
    /// Its cells.
    pub place: Rect,
    /// The whole text, safe to show.
    pub safe: Rc<str>,
    /// The part that is in this row, in octets.
    pub part: Range<usize>,
}

/// A link that is in view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAt {
    /// In which pane.
    pub pane: PaneId,
    /// In which message.
    pub number: i64,
    /// Where it begins in the text, in octets.
    pub at: usize,
    /// Where it leads.
    pub url: String,
    /// Somebody sent it who is not on the list.
    pub stranger: bool,
    /// The first of its cells in view.
    pub place: Rect,
    /// The letters by which it is chosen, while one is.
    pub letters: String,
}

impl TextAt {
    /// The columns of the screen that are marked in this row, if any.
    #[must_use]
    pub fn columns(&self, dragged: &Dragged) -> Range<u16> {
        let (from, to) = dragged.ends();
        let (left, right) = (self.place.x, self.place.right());
        if self.place.y < from.0 || self.place.y > to.0 {
            return left..left;
        }
        let start = if self.place.y == from.0 { from.1.clamp(left, right) } else { left };
        let end = if self.place.y == to.0 { to.1.saturating_add(1).clamp(left, right) } else { right };
        start..end.max(start)
    }

    /// The part of the text in these columns, in octets.
    fn within(&self, columns: &Range<u16>) -> Range<usize> {
        let row = self.safe.get(self.part.clone()).unwrap_or_default();
        let (mut column, mut start, mut end) = (usize::from(self.place.x), None, self.part.start);
        for (at, grapheme) in row.grapheme_indices(true) {
            let next = column + text::width(grapheme);
            if next > usize::from(columns.start) && column < usize::from(columns.end) {
                start.get_or_insert(self.part.start + at);
                end = self.part.start + at + grapheme.len();
            }
            column = next;
        }
        start.map_or(self.part.start..self.part.start, |start| start..end)
    }
}

/// The targets of one frame; later ones lie above earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    targets: Vec<(Rect, Target)>,
    /// Where links are shown, and where they lead.
    pub leads: Vec<Link>,
    /// First row of the contact list that was shown.
    pub roster_top: usize,
    /// Where one reads in each pane in which that became clear only with this frame: as it was to be, and
    /// as it is.
    pub places: Vec<(PaneId, Place, Place)>,
    /// The rows of text of messages.
    pub texts: Vec<TextAt>,
    /// The links among them.
    pub links: Vec<LinkAt>,
    /// Entries of conversations that were laid out.
    pub laid_out: usize,
    /// Cells of a row of the draft in the focused pane.
    pub columns: Option<usize>,
    /// Where the terminal is to draw a picture.
    pub plate: Option<Plate>,
    /// The picture that was made small for this frame, and the one for the frame before: often the same.
    pub(super) scaled: Option<Scaled>,
    pub(super) scaled_before: Option<Scaled>,
    /// What a border divides: the pane behind it, how, and the whole of both parts.
    pub divided: Vec<(PaneId, Way, Rect)>,
}

impl Hits {
    /// Forgets the frame before.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.places.clear();
        self.texts.clear();
        self.links.clear();
        self.leads.clear();
        self.laid_out = 0;
        self.columns = None;
        self.divided.clear();
        self.plate = None;
        self.scaled_before = self.scaled.take();
    }

    /// Notes what is shown in `area`.
    pub fn add(&mut self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.targets.push((area, target));
        }
    }

    /// What is shown at a place.
    #[must_use]
    pub fn at(&self, column: u16, row: u16) -> Option<&Target> {
        let place = Position::new(column, row);
        self.targets.iter().rev().find(|(area, _)| area.contains(place)).map(|(_, target)| target)
    }

    /// The text of messages between two places, of the pane where the first is: as it was written, not as
    /// it is broken into rows.
    #[must_use]
    pub fn text_between(&self, dragged: &Dragged) -> String {
        let pane = match self.at(dragged.from.0, dragged.from.1) {
            Some(Target::Messages(id) | Target::Message(id, _)) if dragged.from != dragged.to => *id,
            _ => return String::new(),
        };
        let mut parts: Vec<(i64, &str, Range<usize>)> = Vec::new();
        for row in self.texts.iter().filter(|row| row.pane == pane) {
            let columns = row.columns(dragged);
            let (from, to) = dragged.ends();
            // A row without text within counts too: it is a blank line.
            if columns.is_empty() && !(row.part.is_empty() && (from.0..=to.0).contains(&row.place.y)) {
                continue;
            }
            let part = row.within(&columns);
            match parts.last_mut().filter(|(number, ..)| *number == row.number) {
                Some((_, _, whole)) => whole.end = part.end.max(whole.end),
                None => parts.push((row.number, &row.safe, part)),
            }
        }
        let texts: Vec<&str> = parts.into_iter().filter_map(|(_, safe, part)| safe.get(part)).collect();
        texts.join("\n")
    }

    /// Where a target is shown.
    #[must_use]
    pub fn area_of(&self, wanted: &Target) -> Option<Rect> {
        self.targets.iter().rev().find(|(_, target)| target == wanted).map(|(area, _)| *area)
    }
}
