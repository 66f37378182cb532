//! What a frame shows where: the targets of the mouse, and what the next step starts from.

use ratatui::layout::{Position, Rect};

use crate::app::{PaneId, RowKey, Way};

/// Something that can be clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A row of the contact list.
    Row(RowKey),
    /// The contact list, beside its rows.
    Roster,
    /// The messages of a pane.
    Messages(PaneId),
    /// The text being written in a pane.
    Composer(PaneId),
    /// The line with the name of a pane's conversation.
    Header(PaneId),
    /// The line before this pane, which can be dragged.
    Border(PaneId, Way),
    /// A row of what lies on top.
    Choice(usize),
    /// What lies on top, beside its rows.
    Overlay,
    /// An answer to the question that waits.
    Answer(usize),
}

/// The targets of one frame; later ones lie above earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Hits {
    targets: Vec<(Rect, Target)>,
    /// First row of the contact list that was shown.
    pub roster_top: usize,
    /// Cells of a row of the draft in the focused pane.
    pub columns: Option<usize>,
    /// How far back the messages really were, in each pane that was shown.
    pub back: Vec<(PaneId, usize)>,
    /// What a border divides: the pane behind it, how, and the whole of both parts.
    pub divided: Vec<(PaneId, Way, Rect)>,
}

impl Hits {
    /// Forgets the frame before.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.back.clear();
        self.columns = None;
        self.divided.clear();
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

    /// Where a target is shown.
    #[must_use]
    pub fn area_of(&self, wanted: &Target) -> Option<Rect> {
        self.targets.iter().rev().find(|(_, target)| target == wanted).map(|(area, _)| *area)
    }
}
