//! One frame: which parts there are at this size, each drawn in its place.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::{Canvas, bars, board, chat, details, locked, overlay, pending, roster, status};
use crate::app::App;
use crate::ui::hit::{Hits, Target};
use crate::ui::layout::{self, Plan, TINY};
use crate::ui::theme::Theme;

/// Draws one frame, and notes in `hits` what is where.
pub fn view(app: &App, theme: &Theme, frame: &mut Frame<'_>, hits: &mut Hits) {
    if let Some(cursor) = paint(app, theme, frame.buffer_mut(), hits) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws one frame into an empty buffer of the terminal's size, and notes in `hits` what is where.
/// Gives the place of the cursor: it stands on what has the keyboard.
pub fn paint(app: &App, theme: &Theme, buf: &mut Buffer, hits: &mut Hits) -> Option<Position> {
    hits.clear();
    hits.roster_top = app.screen.roster_top;
    let area = buf.area;
    if area.is_empty() {
        return None;
    }
    buf.set_style(area, theme.text());
    let mut canvas = Canvas { app, theme, buf, hits, cursor: None };
    if app.is_locked() {
        locked::draw(&mut canvas, area);
        return canvas.cursor;
    }
    let mut area = area;
    let lasting = layout::take_lasting(app, &mut area);
    status::lasting(&mut canvas, lasting);
    if area.width < TINY.0 || area.height < TINY.1 {
        let unread = format!("chinwag: {} unread", app.unread());
        canvas.put(area, 0, 0, &unread, theme.text());
    } else if app.screen.board.shown {
        let plan = Plan::of_board(app, area);
        bars::title(&mut canvas, plan.title);
        board::draw(&mut canvas, plan.chat);
        bars::question(&mut canvas, plan.question);
        status::draw(&mut canvas, plan.status);
        overlay::draw(&mut canvas, area);
    } else {
        let plan = Plan::new(app, area);
        canvas.rule_down(plan.roster_rule);
        canvas.hits.add(plan.roster_rule, Target::RosterEdge);
        canvas.rule_down(plan.details_rule);
        bars::title(&mut canvas, plan.title);
        roster::draw(&mut canvas, plan.roster, plan.title.is_empty());
        chat::panes(&mut canvas, &plan);
        details::draw(&mut canvas, plan.details);
        bars::question(&mut canvas, plan.question);
        status::draw(&mut canvas, plan.status);
        overlay::draw(&mut canvas, area);
        pending::draw(&mut canvas, area);
    }
    let cursor = canvas.cursor;
    fit_marks(theme, buf);
    cursor
}

/// Puts what the terminal can show in the place of what it cannot.
fn fit_marks(theme: &Theme, buf: &mut Buffer) {
    let marks = theme.marks();
    for cell in &mut buf.content {
        if let Some(other) = marks.fit(cell.symbol()) {
            // The second cell of a wide letter is blank already.
            cell.set_symbol(other);
        }
    }
}
