//! Which parts of the screen there are at a size, and where.

use ratatui::layout::Rect;

use super::text;
use crate::app::{App, Focus, Layout, PaneId, Panes, Way};

/// Below this many columns the list and the conversation take turns.
const TWO_PANES: u16 = 50;
/// From this many columns on a question and its answers stand in one row.
const WIDE: u16 = 100;
/// Below this many rows the title goes.
const TITLE: u16 = 14;
/// Below this many rows the status bar goes.
const STATUS: u16 = 6;
/// Below this many rows there is no room for what lasts.
const LASTING: u16 = 4;
/// Most rows a note takes.
const MAX_NOTE: u16 = 3;
/// Below this many columns or rows nothing but a line of text is shown.
pub const TINY: (u16, u16) = (10, 3);

/// Least columns and rows of a pane; where one had less, only the focused one is shown.
const LEAST_PANE: (u16, u16) = (30, 6);

/// Where a pane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub id: PaneId,
    /// Its cells.
    pub area: Rect,
}

/// The line between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Border {
    /// Its cells.
    pub area: Rect,
    /// The first pane behind it.
    pub behind: PaneId,
    /// How the parts lie.
    pub way: Way,
    /// Both parts and the line.
    pub whole: Rect,
}

/// The parts of one frame; an empty one is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Accounts and own presence.
    pub title: Rect,
    /// The contact list.
    pub roster: Rect,
    /// The line right of it.
    pub roster_rule: Rect,
    /// The open conversations.
    pub chat: Rect,
    /// Those that are shown, in the order of the screen.
    pub panes: Vec<Place>,
    /// The lines between them.
    pub borders: Vec<Border>,
    /// The line right of it.
    pub details_rule: Rect,
    /// More about the person.
    pub details: Rect,
    /// The question that waits.
    pub question: Rect,
    /// Status and hints.
    pub status: Rect,
}

impl Plan {
    /// The parts while the board is shown: it has the place of the conversations.
    #[must_use]
    pub fn of_board(app: &App, area: Rect) -> Self {
        let (mut plan, rest) = Self::framed(app, area);
        plan.chat = rest;
        plan
    }

    /// What is above and below everything, and what is left.
    fn framed(app: &App, area: Rect) -> (Self, Rect) {
        let mut plan = Self::default();
        let mut rest = area;
        if area.height >= TITLE {
            plan.title = take_top(&mut rest, 1);
        }
        if area.height >= STATUS {
            plan.status = take_bottom(&mut rest, if area.height >= TITLE { note_rows(app, area.width) } else { 1 });
        }
        if !app.prompts.is_empty() && rest.height > 4 {
            let rows = if area.width < WIDE { 2 } else { 1 };
            plan.question = take_bottom(&mut rest, rows);
        }
        (plan, rest)
    }

    /// The parts for the state of the program and an area.
    #[must_use]
    pub fn new(app: &App, area: Rect) -> Self {
        let (mut plan, mut rest) = Self::framed(app, area);
        if area.width < TWO_PANES {
            if app.focus == Focus::Roster || app.screen.open().is_none() {
                plan.roster = rest;
            } else {
                plan.chat = rest;
                plan.divide(&app.screen.panes);
            }
            return plan;
        }
        if !app.screen.roster_hidden || app.screen.open().is_none() {
            let usual = App::usual_roster_width(area.width);
            // However wide it was made, a conversation has room beside it.
            let columns = app.screen.roster_width.unwrap_or(usual).min(area.width.saturating_sub(LEAST_PANE.0 + 1));
            plan.roster = take_left(&mut rest, columns);
            plan.roster_rule = take_left(&mut rest, 1);
        }
        if area.width >= app.details_from() && !app.screen.details_hidden && app.screen.open().is_some() {
            plan.details = take_right(&mut rest, 28);
            plan.details_rule = take_right(&mut rest, 1);
        }
        plan.chat = rest;
        plan.divide(&app.screen.panes);
        plan
    }

    /// Shares the room for conversations out among the panes that fit.
    fn divide(&mut self, panes: &Panes) {
        if !panes.is_zoomed() {
            share_out(panes.layout(), self.chat, &mut self.panes, &mut self.borders);
        }
        let small = |place: &Place| place.area.width < LEAST_PANE.0 || place.area.height < LEAST_PANE.1;
        if self.panes.len() < 2 || self.panes.iter().any(small) {
            self.panes = vec![Place { id: panes.focused_id(), area: self.chat }];
            self.borders.clear();
        }
    }

    /// Of panes of which only one is shown: which that is, and how many there are.
    #[must_use]
    pub fn one_of(&self, panes: &Panes) -> Option<(usize, usize)> {
        let at = panes.layout().ids().iter().position(|id| *id == panes.focused_id())?;
        (self.panes.len() < panes.count()).then(|| (at + 1, panes.count()))
    }
}

fn share_out(layout: &Layout, area: Rect, places: &mut Vec<Place>, borders: &mut Vec<Border>) {
    match layout {
        Layout::Pane(id) => places.push(Place { id: *id, area }),
        Layout::Split(split) => {
            let share = |cells: u16| u16::try_from(u32::from(cells) * u32::from(split.share) / 1_000).unwrap_or(cells);
            let mut second = area;
            let (first, line) = match split.way {
                Way::Beside => (take_left(&mut second, share(area.width)), take_left(&mut second, 1)),
                Way::Below => (take_top(&mut second, share(area.height)), take_top(&mut second, 1)),
            };
            if let Some(behind) = split.second.ids().first() {
                borders.push(Border { area: line, behind: *behind, way: split.way, whole: area });
            }
            share_out(&split.first, first, places, borders);
            share_out(&split.second, second, places, borders);
        }
    }
}

/// Takes the row for what lasts off the bottom, while there is such a thing: nothing ever covers it.
pub fn take_lasting(app: &App, area: &mut Rect) -> Rect {
    take_bottom(area, u16::from(area.height >= LASTING && app.policies_are_broken()))
}

/// Rows the status bar needs so that a note can be read to its end.
fn note_rows(app: &App, width: u16) -> u16 {
    let Some(note) = app.notes.back().filter(|_| app.screen.note_shown) else { return 1 };
    let rows = text::wrap(&text::line(&note.text), usize::from(width.saturating_sub(2))).len();
    u16::try_from(rows).unwrap_or(MAX_NOTE).clamp(1, MAX_NOTE)
}

/// Cuts rows off the top of an area.
pub fn take_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let cut = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    cut
}

/// Cuts rows off the bottom of an area.
pub fn take_bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

/// Cuts columns off the left of an area.
pub fn take_left(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    let cut = Rect { width: columns, ..*area };
    area.x += columns;
    area.width -= columns;
    cut
}

/// Cuts columns off the right of an area.
pub fn take_right(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    area.width -= columns;
    Rect { x: area.x + area.width, width: columns, ..*area }
}

/// An area of at most this size in the middle of another.
#[must_use]
pub const fn centered(area: Rect, columns: u16, rows: u16) -> Rect {
    let columns = if columns < area.width { columns } else { area.width };
    let rows = if rows < area.height { rows } else { area.height };
    Rect { x: area.x + (area.width - columns) / 2, y: area.y + (area.height - rows) / 2, width: columns, height: rows }
}
