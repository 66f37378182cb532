//! Drawing: a pure function of the state. One file for each part of the screen.

mod bars;
mod chat;
mod composer;
mod details;
mod overlay;
mod roster;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::hit::Hits;
use super::layout::{Plan, TINY};
use super::text;
use super::theme::Theme;
use crate::app::App;

/// What a part of the screen draws on.
pub(super) struct Canvas<'a> {
    pub(super) app: &'a App,
    pub(super) theme: Theme,
    pub(super) buf: &'a mut Buffer,
    pub(super) hits: &'a mut Hits,
    /// Where the cursor is to be, if anywhere.
    pub(super) cursor: Option<Position>,
}

/// Draws one frame, and notes in `hits` what is where.
pub fn view(app: &App, theme: Theme, frame: &mut Frame<'_>, hits: &mut Hits) {
    hits.clear();
    hits.roster_top = app.screen.roster_top;
    hits.back = app.screen.back;
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let mut canvas = Canvas { app, theme, buf: frame.buffer_mut(), hits, cursor: None };
    if area.width < TINY.0 || area.height < TINY.1 {
        let unread = format!("chinwag: {} unread", app.unread());
        canvas.put(area, 0, 0, &unread, theme.text());
    } else {
        let plan = Plan::new(app, area);
        canvas.rule_down(plan.roster_rule);
        canvas.rule_down(plan.details_rule);
        bars::title(&mut canvas, plan.title);
        roster::draw(&mut canvas, plan.roster, plan.title.is_empty());
        chat::draw(&mut canvas, plan.chat);
        details::draw(&mut canvas, plan.details);
        bars::question(&mut canvas, plan.question);
        bars::status(&mut canvas, plan.status);
        overlay::draw(&mut canvas, area);
    }
    if let Some(cursor) = canvas.cursor {
        frame.set_cursor_position(cursor);
    }
}

impl Canvas<'_> {
    /// Writes a safe text into row `row` of `area` from column `column` on, cut off at its edge.
    /// Gives the column after it.
    pub(super) fn put(&mut self, area: Rect, column: u16, row: u16, safe: &str, style: Style) -> u16 {
        let room = area.width.saturating_sub(column);
        if row >= area.height || room == 0 {
            return column;
        }
        let shown = text::truncate(safe, usize::from(room));
        let (end, _) = self.buf.set_stringn(area.x + column, area.y + row, &shown, usize::from(room), style);
        end.saturating_sub(area.x)
    }

    /// Writes a safe text so that it ends at the right edge; gives the column where it begins.
    pub(super) fn put_right(&mut self, area: Rect, row: u16, safe: &str, style: Style) -> u16 {
        let wide = u16::try_from(text::width(safe)).unwrap_or(u16::MAX);
        let column = area.width.saturating_sub(wide);
        self.put(area, column, row, safe, style);
        column
    }

    /// A row in one style, from edge to edge.
    pub(super) fn paint(&mut self, area: Rect, row: u16, style: Style) {
        if row < area.height {
            self.buf.set_style(Rect { y: area.y + row, height: 1, ..area }, style);
        }
    }

    /// A line across `area` at `row`, with words in its middle if there are any.
    pub(super) fn rule_across(&mut self, area: Rect, row: u16, words: &str, style: Style) {
        let dash = self.theme.rules().1;
        let line: String = std::iter::repeat_n(dash, usize::from(area.width)).collect();
        self.put(area, 0, row, &line, self.theme.quiet());
        if !words.is_empty() {
            let words = format!(" {words} ");
            let wide = u16::try_from(text::width(&words)).unwrap_or(u16::MAX);
            self.put(area, area.width.saturating_sub(wide) / 2, row, &words, style);
        }
    }

    fn rule_down(&mut self, area: Rect) {
        for row in 0..area.height {
            self.put(area, 0, row, self.theme.rules().0, self.theme.quiet());
        }
    }
}

/// A number of cells or rows as the screen counts them.
pub(super) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
