//! What a frame shows where: the targets of the mouse, and what the next step starts from.

use ratatui::layout::{Position, Rect};

use super::painter::Link;
use crate::app::RowKey;

/// Something that can be clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A row of the contact list.
    Row(RowKey),
    /// The contact list, beside its rows.
    Roster,
    /// The messages.
    Messages,
    /// The text being written.
    Composer,
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
    /// Where links are shown, and where they lead.
    pub links: Vec<Link>,
    /// First row of the contact list that was shown.
    pub roster_top: usize,
    /// How far back the messages really were.
    pub back: usize,
}

impl Hits {
    /// Forgets the frame before.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.links.clear();
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
