//! The locked screen: where the passphrase is typed, and nothing else.

use ratatui::layout::Rect;

use super::{Canvas, cells};
use crate::app::NoteLevel;
use crate::ui::text;

/// Stars shown at most: how long a passphrase is, is nobody's business either.
const STARS: usize = 24;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let lock = &canvas.app.lock;
    let (title, ask, said) = ("chinwag is locked", "Passphrase: ", lock.said());
    let stars = "*".repeat(lock.letters().min(STARS));
    let (strong, plain, quiet) = (canvas.theme.strong(), canvas.theme.text(), canvas.theme.quiet());
    let trouble = canvas.theme.note(NoteLevel::Warning);
    let hint = "Messages still come, and are kept.";
    let top = area.height.saturating_sub(5) / 2;
    let left = |words: &str| area.width.saturating_sub(cells(text::width(words))) / 2;
    canvas.put(area, left(title), top, title, strong);
    let column = area.width.saturating_sub(cells(text::width(ask) + STARS)) / 2;
    let row = if area.height > 2 { top + 2 } else { area.height - 1 };
    let column = canvas.put(area, column, row, ask, plain);
    let column = canvas.put(area, column, row, &stars, plain);
    canvas.cursor = Some((area.x + column.min(area.width - 1), area.y + row).into());
    let (below, style) = if said.is_empty() { (hint, quiet) } else { (said, trouble) };
    canvas.put(area, left(below), row + 2, below, style);
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{Action, LockAct, Msg, update};
    use crate::model::{Secret, Stamp};
    use crate::ui::hit::Hits;
    use crate::ui::theme::Theme;
    use crate::ui::view::paint;

    #[test]
    fn nothing_else_is_on_a_locked_screen() {
        let mut app = sample_app();
        (app.lock.possible, app.ledger) = (true, true);
        let act = |what| Msg::Action(Action::Lock(what));
        update(&mut app, act(LockAct::Now), Stamp::default());
        for letter in ["p", "w", "é"] {
            update(&mut app, act(LockAct::Type(Secret::new(letter.to_owned()))), Stamp::default());
        }
        for (columns, rows) in [(1, 1), (12, 2), (40, 12), (80, 24), (200, 50)] {
            let mut buf = Buffer::empty(Rect::new(0, 0, columns, rows));
            let mut hits = Hits::default();
            let cursor = paint(&app, &Theme::new(true, false), &mut buf, &mut hits).unwrap();
            assert!(cursor.x < columns && cursor.y < rows, "{columns}x{rows}");
            assert!(hits.at(0, 0).is_none() && hits.links.is_empty());
            let shown: String = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            if columns >= 40 {
                let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
                assert_eq!(words, "chinwag is locked Passphrase: *** Messages still come, and are kept.");
            }
        }
    }
}
