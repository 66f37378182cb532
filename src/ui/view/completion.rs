//! What could be meant by what is being written: a list above it.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::Completion;
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Most rows of the list.
const MAX_ROWS: u16 = 8;

/// Draws the list at the lower end of `area`, over what is there.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, list: &Completion) {
    let mut room = area;
    let rows = cells(list.candidates.len()).min(MAX_ROWS).min(area.height);
    let place = layout::take_bottom(&mut room, rows);
    if place.is_empty() {
        return;
    }
    let height = usize::from(place.height);
    let top = list.marked.unwrap_or(0).saturating_sub(height - 1);
    let shown: Vec<(usize, String, String)> = list
        .candidates
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(at, one)| (at, text::line(&one.shown), text::line(&one.about)))
        .collect();
    let column = shown.iter().map(|(_, shown, _)| text::width(shown)).max().unwrap_or(0);
    let about = shown.iter().map(|(.., about)| text::width(about)).max().unwrap_or(0);
    let width = cells(column + about + 5).clamp(20.min(place.width), place.width);
    let place = Rect { width, ..place };
    for (row, (at, one, about)) in shown.iter().enumerate() {
        let line = Rect { y: place.y + cells(row), height: 1, ..place };
        canvas.put(line, 0, 0, &" ".repeat(usize::from(line.width)), Style::reset());
        canvas.put(line, 0, 0, canvas.theme.rules().0, canvas.theme.quiet());
        canvas.put(line, 2, 0, one, Style::reset());
        canvas.put(line, cells(column) + 4, 0, about, canvas.theme.quiet());
        if list.marked == Some(*at) {
            canvas.paint(line, 0, canvas.theme.selected(true));
        }
        canvas.hits.add(line, Target::Choice(*at));
    }
}
