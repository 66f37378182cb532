//! Menus: what can be done with something, each with its key.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::{boxed, boxed_at};
use super::{Canvas, cells};
use crate::app::menu::Menu;
use crate::app::palette::way_to;
use crate::ui::hit::Target;
use crate::ui::text;

/// Widest menu.
const WIDEST: usize = 56;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, menu: &Menu) {
    let items: Vec<(&str, String)> = menu.items().into_iter().map(|spec| (spec.help, way_to(canvas.app, spec))).collect();
    let widest = items.iter().map(|(help, key)| text::width(help) + text::width(key) + 2).max().unwrap_or(0);
    let (columns, rows) = (cells(widest.min(WIDEST) + 4), cells(items.len() + 2));
    let inside = match menu.at {
        Some((x, y)) if columns <= area.width && area.height >= 3 => {
            let height = rows.min(area.height);
            let x = x.min(area.right().saturating_sub(columns)).max(area.x);
            let y = y.min(area.bottom().saturating_sub(height)).max(area.y);
            boxed_at(canvas, Rect { x, y, width: columns, height }, menu.about.title())
        }
        _ => boxed(canvas, area, columns, rows, menu.about.title()),
    };
    let height = usize::from(inside.height).max(1);
    let top = menu.marked.saturating_sub(height - 1);
    for (at, (help, key)) in items.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: inside.y + cells(at - top), height: 1, ..inside };
        let end = canvas.put_right(place, 0, key, canvas.theme.quiet());
        canvas.put(Rect { width: end.saturating_sub(1), ..place }, 0, 0, help, Style::new());
        if at == menu.marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
        }
        canvas.hits.add(place, Target::Choice(at));
    }
    let more = items.len().saturating_sub(top + height);
    if more > 0 && inside.height > 1 {
        let edge = Rect { y: inside.y + inside.height, height: 1, ..inside };
        canvas.put_right(edge, 0, &format!(" {more} more ▼ "), canvas.theme.quiet());
    }
}
