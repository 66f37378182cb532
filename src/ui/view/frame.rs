//! One frame: which parts there are at this size, each drawn in its place.

use ratatui::Frame;

use super::{Canvas, bars, board, chat, details, overlay, roster, status};
use crate::app::App;
use crate::ui::hit::Hits;
use crate::ui::layout::{Plan, TINY};
use crate::ui::theme::Theme;

/// Draws one frame, and notes in `hits` what is where.
pub fn view(app: &App, theme: Theme, frame: &mut Frame<'_>, hits: &mut Hits) {
    hits.clear();
    hits.roster_top = app.screen.roster_top;
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let mut canvas = Canvas { app, theme, buf: frame.buffer_mut(), hits, cursor: None };
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
        canvas.rule_down(plan.details_rule);
        bars::title(&mut canvas, plan.title);
        roster::draw(&mut canvas, plan.roster, plan.title.is_empty());
        chat::panes(&mut canvas, &plan);
        details::draw(&mut canvas, plan.details);
        bars::question(&mut canvas, plan.question);
        status::draw(&mut canvas, plan.status);
        overlay::draw(&mut canvas, area);
    }
    if let Some(cursor) = canvas.cursor {
        frame.set_cursor_position(cursor);
    }
}
