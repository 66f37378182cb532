//! What was found for what is typed, one row for each.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::palette::Choice;
use crate::ui::hit::Target;
use crate::ui::text;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, all: &[Choice], marked: usize, nothing: &str) {
    if all.is_empty() {
        canvas.put(area, 0, 0, nothing, canvas.theme.quiet());
        return;
    }
    let height = usize::from(area.height).max(1);
    let top = marked.saturating_sub(height - 1);
    // Without people there are no marks, and no room is kept for them.
    let marks = all.iter().any(|choice| choice.mark.is_some());
    for (at, choice) in all.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: area.y + cells(at - top), height: 1, ..area };
        one(canvas, place, choice, marks);
        if at == marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
        }
        canvas.hits.add(place, Target::Choice(at));
    }
}

fn one(canvas: &mut Canvas<'_>, place: Rect, choice: &Choice, marks: bool) {
    let hint = text::truncate(&text::line(&choice.hint), usize::from(place.width) / 2);
    let mut end = canvas.put_right(place, 0, &hint, canvas.theme.quiet());
    if choice.unread > 0 {
        let said = format!("{} ", choice.unread);
        end = canvas.put_right(Rect { width: end, ..place }, 0, &said, canvas.theme.unread());
    }
    if let Some(state) = choice.mark {
        canvas.put(place, 0, 0, canvas.theme.mark(state), canvas.theme.presence(state));
    }
    let room = Rect { width: end.saturating_sub(1), ..place };
    let mut x = if marks { 2 } else { 0 };
    // Letter by letter, so that those found can be marked; each letter made safe by itself could lose
    // its marks, so a title with such letters is drawn whole.
    let safe = text::line(&choice.title);
    if safe == choice.title && safe.chars().count() == text::width(&safe) {
        for (n, letter) in safe.chars().enumerate() {
            let style = if choice.matched.contains(&n) { canvas.theme.found() } else { Style::new() };
            x = canvas.put(room, x, 0, letter.encode_utf8(&mut [0; 4]), style);
        }
    } else {
        canvas.put(room, x, 0, &safe, Style::new());
    }
}
