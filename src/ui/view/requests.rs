//! Who wrote to the user, or asks to see them, and is not known: the people, and below them what is to be known
//! of the marked one. What they wrote is plain text: no links, no looks.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::boxed;
use super::{Canvas, cells};
use crate::app::requests::is_local;
use crate::app::{RequestPage, RequestRow};
use crate::model::{Address, Doubts};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Columns of the page, and those from which on a row says everything.
const COLUMNS: u16 = 100;
const WIDE: u16 = 60;
/// Rows of one message.
const MAX_ROWS: usize = 4;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, page: &RequestPage) {
    let rows = canvas.app.request_rows();
    let title = match rows.len() {
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    };
    let mut inside = boxed(canvas, area, COLUMNS, area.height.saturating_sub(2).max(3), &title);
    // The people have what they need, but never more than half.
    let most = (inside.height / 2).max(1);
    let people = layout::take_top(&mut inside, cells(rows.len()).clamp(1, most));
    list(canvas, people, page, &rows);
    if let Some(row) = rows.get(page.marked) {
        below(canvas, inside, page, row);
    }
}

fn list(canvas: &mut Canvas<'_>, area: Rect, page: &RequestPage, rows: &[RequestRow]) {
    let height = usize::from(area.height).max(1);
    let top = page.marked.saturating_sub(height - 1);
    for (at, row) in rows.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: area.y + cells(at - top), height: 1, ..area };
        one(canvas, place, row, &page.doubts(&row.peer));
        if at == page.marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
            canvas.cursor = Some((place.x, place.y).into());
        }
        canvas.hits.add(place, Target::Choice(at));
    }
}

/// `! eve@elsewhere.test   another domain, 2 messages  10:05`
fn one(canvas: &mut Canvas<'_>, place: Rect, row: &RequestRow, doubts: &Doubts) {
    let Some(account) = canvas.app.accounts.get(&row.peer.account) else { return };
    let request = account.requests.of(&row.peer.who);
    let origin = if is_local(&account.aor, &row.peer.who) { "your domain" } else { "another domain" };
    let what = match request.map_or(0, |request| request.lines.len()) {
        0 => "asks to see you".to_owned(),
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let time = request.map_or_else(String::new, |request| format!("  {}", request.last().clock()));
    let wide = place.width >= WIDE;
    let said = if wide { format!("{origin}, {what}{time}") } else { origin.to_owned() };
    let edge = canvas.put_right(place, 0, &said, canvas.theme.quiet());
    if !doubts.is_empty() {
        canvas.put(place, 0, 0, "!", canvas.theme.strong());
    }
    let room = Rect { width: edge.saturating_sub(1), ..place };
    let name = name(&row.peer.who, usize::from(room.width.saturating_sub(2)));
    canvas.put(room, 2, 0, &name, if row.wrote { canvas.theme.strong() } else { Style::new() });
}

/// An address in so many cells: its end tells more than its middle.
fn name(who: &Address, room: usize) -> String {
    let name = text::line(who.short());
    if text::width(&name) <= room {
        return name;
    }
    let end = text::tail(&name, room * 2 / 3).to_owned();
    format!("{}{end}", text::truncate(&name, room.saturating_sub(text::width(&end))))
}

/// Warnings and facts about the marked one, then what they wrote.
fn below(canvas: &mut Canvas<'_>, area: Rect, page: &RequestPage, row: &RequestRow) {
    let told = canvas.app.request_told(page, row);
    let width = usize::from(area.width).max(1);
    let mut lines: Vec<(String, Style)> = Vec::new();
    let (strong, quiet) = (canvas.theme.strong(), canvas.theme.quiet());
    if text::width(&text::line(row.peer.who.short())) + 20 > width {
        lines.extend(text::wrap(&text::line(row.peer.who.short()), width).into_iter().map(|said| (said, strong)));
    }
    for about in &told.about {
        lines.extend(text::wrap(&text::line(about), width).into_iter().map(|said| (said, strong)));
    }
    for (at, said) in &told.said {
        let said = format!("{} {}", at.clock(), text::line(said));
        let rows = text::hanging(&said, width, 6);
        let cut = rows.len() > MAX_ROWS;
        let rows = rows.into_iter().take(MAX_ROWS).map(|said| (said, Style::new()));
        lines.extend(rows);
        if cut {
            lines.push(("      …".to_owned(), quiet));
        }
    }
    if told.more > 0 {
        lines.push((format!("and {} more", told.more), quiet));
    }
    lines.extend(left_out(canvas).into_iter().map(|said| (said, quiet)));
    // A line apart from the people, where there is room for one.
    let blank = u16::from(usize::from(area.height) > lines.len());
    for (at, (said, style)) in lines.iter().take(usize::from(area.height)).enumerate() {
        canvas.put(area, 0, cells(at) + blank, said, *style);
    }
}

/// What is not there any more, or never was.
fn left_out(canvas: &Canvas<'_>) -> Option<String> {
    let sum = |of: fn(&crate::app::Requests) -> usize| canvas.app.accounts.values().map(|account| of(&account.requests)).sum();
    let (refused, gave_way): (usize, usize) = (sum(|all| all.refused), sum(|all| all.gave_way));
    match (refused, gave_way) {
        (0, 0) => None,
        (refused, 0) => Some(format!("{refused} more came too fast and were refused")),
        (0, gave_way) => Some(format!("{gave_way} older ones gave way to these")),
        (refused, gave_way) => {
            Some(format!("{refused} more came too fast and were refused; {gave_way} older ones gave way to these"))
        }
    }
}
