//! Which parts of the screen there are at a size, and where.

use ratatui::layout::Rect;

use super::text;
use crate::app::{App, Focus};

/// Below this many columns the list and the conversation take turns.
const TWO_PANES: u16 = 50;
/// From this many columns on there is room for the details.
const THREE_PANES: u16 = 100;
/// Below this many rows the title goes.
const TITLE: u16 = 14;
/// Below this many rows the status bar goes.
const STATUS: u16 = 6;
/// Most rows a note takes.
const MAX_NOTE: u16 = 3;
/// Below this many columns or rows nothing but a line of text is shown.
pub const TINY: (u16, u16) = (10, 3);

/// The parts of one frame; an empty one is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// Accounts and own presence.
    pub title: Rect,
    /// The contact list.
    pub roster: Rect,
    /// The line right of it.
    pub roster_rule: Rect,
    /// The open conversation.
    pub chat: Rect,
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
    /// The parts for the state of the program and an area.
    #[must_use]
    pub fn new(app: &App, area: Rect) -> Self {
        let mut plan = Self::default();
        let mut rest = area;
        if area.height >= TITLE {
            plan.title = take_top(&mut rest, 1);
        }
        if area.height >= STATUS {
            plan.status = take_bottom(&mut rest, if area.height >= TITLE { note_rows(app, area.width) } else { 1 });
        }
        if !app.prompts.is_empty() && rest.height > 4 {
            let rows = if area.width < THREE_PANES { 2 } else { 1 };
            plan.question = take_bottom(&mut rest, rows);
        }
        if area.width < TWO_PANES {
            if app.focus == Focus::Roster || app.screen.open.is_none() {
                plan.roster = rest;
            } else {
                plan.chat = rest;
            }
            return plan;
        }
        if !app.screen.roster_hidden || app.screen.open.is_none() {
            let columns = (area.width * 3 / 10).clamp(22, 32);
            plan.roster = take_left(&mut rest, columns);
            plan.roster_rule = take_left(&mut rest, 1);
        }
        if area.width >= THREE_PANES && !app.screen.details_hidden && app.screen.open.is_some() {
            plan.details = take_right(&mut rest, 28);
            plan.details_rule = take_right(&mut rest, 1);
        }
        plan.chat = rest;
        plan
    }
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
