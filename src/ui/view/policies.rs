//! What administrators have set: a line to find it, the policies with their values and who set them, what lost
//! below the marked one, and what that one does.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::{boxed, typing_line};
use super::{Canvas, cells};
use crate::app::{PolicyPage, PolicyRow};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Columns of the page, and those from which on all of a policy stands in its row.
const COLUMNS: u16 = 132;
const WIDE: u16 = 100;
/// Below this width names get no more than half of it.
const NARROW: u16 = 50;
/// Cells of the longest name; of a value, a level and a scope in a wide row.
const NAME: u16 = 38;
const VALUE: u16 = 22;
const LEVEL: u16 = 11;
const SCOPE: u16 = 7;
/// Letters of a value that are looked at, and rows of it where it does not fit into its own.
const LONG: usize = 1_000;
const VALUE_ROWS: usize = 4;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, page: &PolicyPage) {
    let rows = canvas.app.policy_rows(page);
    let broken = if canvas.app.policies_are_broken() { ", broken" } else { "" };
    let title = format!("Policies: {}{broken}", canvas.app.policies_in_force());
    let mut inside = boxed(canvas, area, COLUMNS, area.height.saturating_sub(2).max(3), &title);
    let top = layout::take_top(&mut inside, 1);
    let about = match area.height {
        30.. => 6,
        18.. => 5,
        12.. => 2,
        _ => 1,
    };
    let about = layout::take_bottom(&mut inside, about);
    typing_line(canvas, top, &page.line);
    if page.line.is_empty() {
        canvas.put(top, 3, 0, "type to search", canvas.theme.quiet());
    }
    explain(canvas, about, rows.get(page.marked));
    let height = usize::from(inside.height).max(1);
    let mut below = rows.get(page.marked).map(|row| details(row, inside.width)).unwrap_or_default();
    if below.len() >= height {
        let left = below.len() + 2 - height;
        below.truncate(height.saturating_sub(2));
        below.push(format!("… {left} more"));
        below.truncate(height - 1);
    }
    let first = page.marked.saturating_sub(height - 1 - below.len());
    let mut y = 0;
    for (at, row) in rows.iter().enumerate().skip(first) {
        if y >= inside.height {
            break;
        }
        let place = Rect { y: inside.y + y, height: 1, ..inside };
        one(canvas, place, row);
        canvas.hits.add(place, Target::Choice(at));
        y += 1;
        if at == page.marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
            for said in &below {
                canvas.put(inside, 2, y, said, canvas.theme.quiet());
                y += 1;
            }
        }
    }
}

/// `EnableURL  confirm  ok`; where there is room also who set it, and where.
fn one(canvas: &mut Canvas<'_>, place: Rect, row: &PolicyRow) {
    let said = match row {
        PolicyRow::Fault(said) => {
            canvas.put(place, 0, 0, &format!("! {}", text::line(said)), canvas.theme.strong());
            return;
        }
        PolicyRow::More(count) => format!("{count} more are not set: show them"),
        PolicyRow::Fewer => "Show only what is set".to_owned(),
        PolicyRow::Policy(one) => {
            let set = one.rank.is_some();
            let names = names(place.width);
            let style = if set { Style::new() } else { canvas.theme.quiet() };
            canvas.put(Rect { width: names, ..place }, 0, 0, &text::line(&one.name), style);
            let edge = canvas.put_right(place, 0, one.status, canvas.theme.quiet());
            let mut rest = Rect { x: place.x + names + 1, width: edge.saturating_sub(names + 3), ..place };
            if let (Some(rank), true) = (one.rank, place.width >= WIDE) {
                let value = layout::take_left(&mut rest, VALUE);
                canvas.put(value, 0, 0, &value_of(&one.value), canvas.theme.strong());
                canvas.put(rest, 1, 0, rank.level.word(), Style::new());
                canvas.put(rest, LEVEL + 2, 0, rank.scope.word(), Style::new());
                layout::take_left(&mut rest, LEVEL + SCOPE + 3);
                // The end of a path tells more than its beginning.
                let origin = text::line(one.origin.as_deref().unwrap_or_default());
                let room = usize::from(rest.width);
                let origin = if text::width(&origin) > room {
                    format!("…{}", text::tail(&origin, room.saturating_sub(1)))
                } else {
                    origin
                };
                canvas.put(rest, 0, 0, &origin, canvas.theme.quiet());
            } else {
                let style = if set { canvas.theme.strong() } else { canvas.theme.quiet() };
                canvas.put(rest, 0, 0, &value_of(&one.value), style);
            }
            return;
        }
    };
    canvas.put(place, 0, 0, &said, Style::new());
}

/// Cells for names in a row of this width.
fn names(width: u16) -> u16 {
    NAME.min(if width < NARROW { width / 2 } else { width * 3 / 5 })
}

/// A value as a safe text; of a very long one its beginning.
fn value_of(value: &str) -> String {
    text::line(value.get(..value.floor_char_boundary(LONG.min(value.len()))).unwrap_or_default())
}

/// What stands below the marked row: a value that is too long for it, who set it and where, and what lost.
fn details(row: &PolicyRow, width: u16) -> Vec<String> {
    let PolicyRow::Policy(one) = row else { return Vec::new() };
    let room = usize::from(width.saturating_sub(2).max(1));
    let mut said = Vec::new();
    let value = value_of(&one.value);
    let own = if width < WIDE { width.saturating_sub(names(width) + cells(text::width(one.status)) + 3) } else { VALUE };
    if text::width(&value) > usize::from(own) {
        let rows = text::wrap(&value, room);
        said.extend(rows.into_iter().take(VALUE_ROWS));
    }
    let own = one.whose();
    if !own.is_empty() {
        said.extend(text::wrap(&text::line(&own), room));
    }
    for loser in &one.losers {
        let lost = format!("not {}: {}; {}", loser.value, loser.whose(), loser.words);
        said.extend(text::wrap(&value_of(&lost), room));
    }
    said
}

/// What the marked row means.
fn explain(canvas: &mut Canvas<'_>, about: Rect, row: Option<&PolicyRow>) {
    let mut said = Vec::new();
    match row {
        None => said.push("No policy holds these words.".to_owned()),
        Some(PolicyRow::Fault(fault)) => said.push(fault.clone()),
        Some(PolicyRow::More(_)) if canvas.app.nothing_is_set() => {
            said.push("Your organisation has set nothing. Enter shows what it could set.".to_owned());
        }
        Some(PolicyRow::More(_)) => said.push("Enter shows them.".to_owned()),
        Some(PolicyRow::Fewer) => said.push("Enter hides the others.".to_owned()),
        Some(PolicyRow::Policy(one)) => {
            if !matches!(one.status, "ok" | "not set") {
                said.push(format!("Status: {}.", one.words));
            }
            if let Some(row) = one.row {
                said.push(row.doc.to_owned());
                said.push(format!("Takes {}. Where nothing is set: {}.", row.kind.expected(), row.preset));
            }
        }
    }
    let width = usize::from(about.width);
    let said = if about.height < 3 { vec![said.join(" ")] } else { said };
    let rows: Vec<String> = said.iter().flat_map(|said| text::wrap(&text::line(said), width)).collect();
    let height = usize::from(about.height);
    for (at, row) in rows.iter().take(height).enumerate() {
        let goes_on = at + 1 == height && rows.len() > height;
        let row = if goes_on {
            text::truncate(&format!("{row} {}", rows.get(height).map_or("", String::as_str)), width)
        } else {
            row.clone()
        };
        canvas.put(about, 0, cells(at), &row, canvas.theme.quiet());
    }
}
