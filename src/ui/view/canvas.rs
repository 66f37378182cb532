//! What a part of the screen draws on: safe text into cells, rules, styles.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::App;
use crate::ui::hit::Hits;
use crate::ui::text;
use crate::ui::theme::Theme;

/// What a part of the screen draws on.
pub(super) struct Canvas<'a> {
    pub(super) app: &'a App,
    pub(super) theme: &'a Theme,
    pub(super) buf: &'a mut Buffer,
    pub(super) hits: &'a mut Hits,
    /// Where the cursor is to be, if anywhere.
    pub(super) cursor: Option<Position>,
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
        self.put(area, 0, row, &line, self.theme.border(false));
        if !words.is_empty() {
            let words = format!(" {words} ");
            let wide = u16::try_from(text::width(&words)).unwrap_or(u16::MAX);
            self.put(area, area.width.saturating_sub(wide) / 2, row, &words, self.theme.ground().patch(style));
        }
    }

    /// Says that what stands in `area` is a link to `url`, which may be of foreign making. The terminal
    /// can open it then; nothing is drawn. Rows of one link are one link if their address is the same.
    pub(super) fn link(&mut self, area: Rect, url: &str) {
        if let Some(url) = text::link(url)
            && !area.is_empty()
        {
            self.hits.leads.push((area, url));
        }
    }

    /// A line down the whole of `area`.
    pub(super) fn rule_down(&mut self, area: Rect) {
        for row in 0..area.height {
            self.put(area, 0, row, self.theme.rules().0, self.theme.border(false));
        }
    }
}

/// A number of cells or rows as the screen counts them.
pub(super) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
