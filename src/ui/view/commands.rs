//! Proposals for a command that is being typed, above the text.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::commands;
use crate::ui::hit::Target;
use crate::ui::text;

/// Most rows of proposals.
const MAX_ROWS: usize = 8;

/// Draws them over the lowest rows of `above`, which lies right above the text.
pub(super) fn draw(canvas: &mut Canvas<'_>, above: Rect) {
    let Some(proposed) = commands::proposed(canvas.app) else { return };
    let head = usize::from(proposed.about.is_some());
    let room = usize::from(above.height);
    let shown = proposed.rows.len().min(MAX_ROWS).min(room.saturating_sub(head));
    if room == 0 || shown + head == 0 {
        return;
    }
    let height = cells(shown + head).min(above.height);
    let place = Rect { y: above.bottom() - height, height, ..above };
    let blank = " ".repeat(usize::from(place.width));
    for row in 0..place.height {
        canvas.put(place, 0, row, &blank, Style::reset());
    }
    canvas.hits.add(place, Target::Overlay);
    let top = proposed.marked.map_or(0, |marked| (marked + 1).saturating_sub(shown));
    let rows = proposed.rows.iter().enumerate().skip(top).take(shown);
    let wide = rows.clone().map(|(_, row)| text::width(&text::line(&row.text))).max().unwrap_or(0);
    for (at, row) in rows {
        let line = cells(at - top);
        let column = cells(wide).min(place.width / 2);
        let named = Rect { width: column, ..place };
        canvas.put(named, 0, line, &text::line(&row.text), canvas.theme.theirs());
        canvas.put(place, column + 2, line, &text::line(&row.about), canvas.theme.quiet());
        if proposed.marked == Some(at) {
            canvas.paint(place, line, canvas.theme.selected(true));
        }
    }
    let more = proposed.rows.len().saturating_sub(top + shown);
    if more > 0 {
        canvas.put_right(place, cells(shown).saturating_sub(1), &format!(" {more} more "), canvas.theme.quiet());
    }
    if let Some((usage, help)) = &proposed.about {
        let end = canvas.put(place, 0, cells(shown), usage, canvas.theme.strong());
        canvas.put(place, end + 2, cells(shown), help, canvas.theme.quiet());
    }
}
