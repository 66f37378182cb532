//! What is being written, and lines of text in questions.

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::{Canvas, cells};
use crate::app::{Composer, WrittenRow, written_cells, written_place, written_rows};
use crate::ui::text;

/// The draft in rows, as the core lays it out, and where the cursor is.
pub(super) struct Written {
    rows: Vec<WrittenRow>,
    row: u16,
    column: u16,
}

impl Written {
    /// Lays a draft out in a number of columns, its sign included.
    pub(super) fn new(draft: &Composer, columns: u16) -> Self {
        let rows = written_rows(draft.text(), width(columns));
        let (row, column) = written_place(draft.text(), &rows, draft.cursor());
        Self { row: cells(row), column: cells(column), rows }
    }

    /// Rows it takes.
    pub(super) fn height(&self) -> u16 {
        cells(self.rows.len())
    }
}

/// Cells of a row of the draft in a number of columns: its sign takes two.
pub(super) fn width(columns: u16) -> usize {
    usize::from(columns.saturating_sub(2)).max(1)
}

/// A row of the draft made safe for the terminal: each grapheme in as many cells as the core says.
fn shown(text: &str) -> String {
    text.graphemes(true).map(|grapheme| text::fit(&text::line(grapheme), written_cells(grapheme))).collect()
}

/// Draws the draft in its look, scrolled so that the cursor is in view. `active` = it has the
/// keyboard; `label` stands at the end of the first row, where there is room.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (draft, written): (&Composer, &Written),
    (look, label): (Style, &str),
    active: bool,
) {
    if area.is_empty() {
        return;
    }
    let top = written.row.saturating_sub(area.height - 1);
    let sign = if active { canvas.theme.strong() } else { canvas.theme.quiet() };
    canvas.put(area, 0, 0, ">", sign);
    for (at, row) in written.rows.iter().skip(usize::from(top)).take(usize::from(area.height)).enumerate() {
        let line = shown(draft.text().get(row.start..row.end).unwrap_or(""));
        let end = canvas.put(area, 2, cells(at), &line, look);
        if at == 0 && usize::from(end) + text::width(label) + 1 < usize::from(area.width) {
            canvas.put_right(area, 0, label, look.patch(canvas.theme.quiet()));
        }
    }
    if active {
        let x = area.x + (2 + written.column).min(area.width.saturating_sub(1));
        canvas.cursor = Some((x, area.y + written.row - top).into());
    }
}

/// Draws a mark for each letter of a line that nobody may read.
pub(super) fn hidden(canvas: &mut Canvas<'_>, area: Rect, letters: usize) {
    if area.is_empty() {
        return;
    }
    let shown = "*".repeat(letters.min(usize::from(area.width - 1)));
    let column = canvas.put(area, 0, 0, &shown, canvas.theme.text());
    canvas.cursor = Some((area.x + column, area.y).into());
}

/// Draws a single line with its cursor, scrolled sideways so that the cursor is in view.
pub(super) fn line(canvas: &mut Canvas<'_>, area: Rect, line: &Composer) {
    if area.is_empty() {
        return;
    }
    let before = text::line(line.text().get(..line.cursor()).unwrap_or(""));
    let after = text::line(line.text().get(line.cursor()..).unwrap_or(""));
    let room = usize::from(area.width.saturating_sub(1));
    let column = canvas.put(area, 0, 0, text::tail(&before, room), canvas.theme.text());
    canvas.put(area, column, 0, &after, canvas.theme.text());
    canvas.cursor = Some((area.x + column.min(area.width - 1), area.y).into());
}
