//! What can be set: a line to find it, the settings with their values and who set them, and what the marked
//! one means.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::{boxed, typing_line};
use super::{Canvas, cells};
use crate::app::SettingsPage;
use crate::config::keys::Kind;
use crate::config::{Origin, SettingRow};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Rows of explanation.
const ABOUT: u16 = 4;
/// The same where there is little room, of a setting that is locked: where the policy stands is said to its end.
const WHY: u16 = 3;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, page: &SettingsPage) {
    let all = canvas.app.setting_rows(page.line.text());
    let mut inside = boxed(canvas, area, 100, area.height.saturating_sub(2).max(3), "Settings");
    let top = layout::take_top(&mut inside, 1);
    let roomy = area.height >= 14;
    let locked = all.get(page.marked).is_some_and(|row| row.origin == Origin::Managed);
    let about = layout::take_bottom(
        &mut inside,
        if roomy {
            ABOUT
        } else if locked {
            WHY
        } else {
            1
        },
    );
    match all.get(page.marked) {
        Some(row) => explain(canvas, about, row, roomy),
        None if page.line.is_empty() => {
            canvas.put(about, 0, 0, "The demonstration has no settings of its own.", canvas.theme.quiet());
        }
        None => drop(canvas.put(about, 0, 0, "No setting holds these words.", canvas.theme.quiet())),
    }
    let height = usize::from(inside.height).max(1);
    let first = page.marked.saturating_sub(height.saturating_sub(1));
    let mut typing = None;
    for (at, row) in all.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inside.y + cells(at - first), height: 1, ..inside };
        let value = one(canvas, place, row);
        if at == page.marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
            typing = Some(value);
        }
        canvas.hits.add(place, Target::Choice(at));
    }
    match (&page.editing, typing) {
        (Some(line), Some(place)) => {
            canvas.put(place, 0, 0, &" ".repeat(usize::from(place.width)), Style::reset());
            typing_line(canvas, place, line);
            canvas.put(top, 0, 0, &text::line(page.line.text()), canvas.theme.quiet());
        }
        _ => typing_line(canvas, top, &page.line),
    }
}

/// `ui.mouse  true  (file, line 12)`; gives the place of the value.
fn one(canvas: &mut Canvas<'_>, place: Rect, row: &SettingRow) -> Rect {
    let path = text::line(&row.path());
    let names = place.width / 2;
    canvas.put(Rect { width: names.saturating_sub(1), ..place }, 0, 0, &path, Style::new());
    let set = row.origin != Origin::Default;
    let shown = if row.value.is_none() { "not set".to_owned() } else { text::line(&row.shown()) };
    let who = if row.origin == Origin::Managed { format!("{} {}", canvas.theme.lock(), who(row)) } else { who(row) };
    let column = canvas.put_right(place, 0, &who, canvas.theme.quiet());
    let value = Rect { x: place.x + names, width: column.saturating_sub(names + 1), ..place };
    let style = if set { canvas.theme.strong() } else { canvas.theme.quiet() };
    canvas.put(value, 0, 0, &shown, style);
    value
}

fn who(row: &SettingRow) -> String {
    match (row.origin, row.place) {
        (Origin::Default, _) => String::new(),
        (Origin::File, Some(place)) => format!("line {}", place.line),
        (Origin::File, None) => "file".to_owned(),
        (Origin::Environment, _) => "environment".to_owned(),
        (Origin::Flag, _) => "option".to_owned(),
        (Origin::Recommended, _) => "recommended".to_owned(),
        (Origin::Managed, _) => "locked".to_owned(),
    }
}

/// What it does, what it takes, and what the keys do.
fn explain(canvas: &mut Canvas<'_>, about: Rect, row: &SettingRow, roomy: bool) {
    let mut rows = text::wrap(&text::line(row.key.doc), usize::from(about.width));
    let fixed = match (row.origin, row.fixed()) {
        (Origin::Managed, Some(why)) => Some(text::line(&why)),
        (_, Some(_)) => Some("set for this run; the file cannot change it".to_owned()),
        _ => None,
    };
    let advised = row.ruled.as_ref().filter(|_| fixed.is_none()).map(|by| text::line(&by.to_string()));
    let keys = match row.key.kind {
        _ if fixed.is_some() => fixed.as_deref().unwrap_or_default(),
        Kind::Flag | Kind::Choice(_) => "Enter changes it, Ctrl-X d takes it out of the file",
        _ => "Enter types another value, Ctrl-X d takes it out of the file",
    };
    let takes = match advised {
        Some(by) => format!("Takes {}; {by}.", row.key.kind.typed()),
        None => format!("Takes {}.", row.key.kind.typed()),
    };
    let height = usize::from(about.height);
    if roomy {
        // Why it cannot be changed is said to its end, if there is any room for that.
        let keys = text::wrap(keys, usize::from(about.width));
        rows.truncate(height.saturating_sub(1 + keys.len()).max(1));
        rows.push(takes);
        rows.extend(keys);
    } else if let Some(why) = fixed {
        rows = text::wrap(&why, usize::from(about.width));
    }
    for (at, said) in rows.iter().take(usize::from(about.height)).enumerate() {
        canvas.put(about, 0, cells(at), said, canvas.theme.quiet());
    }
}
