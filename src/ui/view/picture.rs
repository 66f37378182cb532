//! A picture over the panes.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::boxed;
use super::{Canvas, cells};
use crate::app::{Showing, Sight, Viewed};
use crate::model::Picture;
use crate::ui::pictures::{Plate, Scaled};
use crate::ui::text;

/// A cell with two pixels: the letters' colour is the upper one.
const HALF: &str = "▀";

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, viewed: &Viewed) {
    let inside = boxed(canvas, area, area.width, area.height, &text::line(&viewed.name));
    let said = match &viewed.sight {
        Sight::Seen(picture) => {
            let (columns, rows) = picture.whole;
            let said = format!(" {}, {columns} by {rows} pixels ", picture.kind);
            let edge = Rect { y: inside.y + inside.height, height: 1, ..inside };
            if edge.bottom() <= area.bottom() {
                canvas.put_right(edge, 0, &said, canvas.theme.quiet());
            }
            return match canvas.app.showing {
                Showing::Blocks => blocks(canvas, inside, picture),
                Showing::Pixels => canvas.hits.plate = Some(Plate { room: inside, picture: picture.clone() }),
                Showing::Words => {}
            };
        }
        Sight::Reading => "The picture is being read.".to_owned(),
        Sight::Failed(why) => format!("{why} It lies at {}", viewed.place),
    };
    let rows = text::wrap(&text::line(&said), usize::from(inside.width).max(1));
    for (at, row) in rows.iter().take(usize::from(inside.height)).enumerate() {
        canvas.put(inside, 0, cells(at), row, Style::new());
    }
}

/// The picture in cells of two pixels, in the middle.
fn blocks(canvas: &mut Canvas<'_>, room: Rect, picture: &Picture) {
    let (columns, rows) = canvas.theme.fit(picture, (usize::from(room.width), usize::from(room.height) * 2));
    let size = (columns, rows);
    let before = canvas.hits.scaled_before.take().filter(|before| before.is(picture, size));
    let scaled = before.unwrap_or_else(|| Scaled::new(picture, size));
    let left = (usize::from(room.width).saturating_sub(columns)) / 2;
    let top = (usize::from(room.height).saturating_sub(rows.div_ceil(2))) / 2;
    let mut lines = scaled.pixels.chunks(columns.max(1));
    let mut y = 0;
    while let Some(above) = lines.next() {
        let below = lines.next().unwrap_or_default();
        for (x, pixel) in above.iter().enumerate() {
            let style = canvas.theme.pixels(*pixel, below.get(x).copied());
            canvas.put(room, cells(left + x), cells(top + y), HALF, style);
        }
        y += 1;
    }
    canvas.hits.scaled = Some(scaled);
}
