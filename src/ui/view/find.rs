//! Whom to add, with the help of the server's directory.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::{boxed, typing_line};
use super::{Canvas, cells};
use crate::app::{Finder, FinderRow, Findings};
use crate::model::Listing;
use crate::ui::hit::Target;
use crate::ui::{layout, text};

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, finder: &Finder) {
    let all = finder.rows();
    let rows = cells(all.len()).clamp(1, area.height.saturating_sub(6).clamp(1, 12)) + 4;
    let mut inside = boxed(canvas, area, 66, rows, "Add a contact");
    typing_line(canvas, layout::take_top(&mut inside, 1), &finder.line);
    let said = layout::take_bottom(&mut inside, 1);
    canvas.put(said, 0, 0, &text::line(&state(finder)), canvas.theme.quiet());
    let height = usize::from(inside.height).max(1);
    let top = finder.marked.saturating_sub(height - 1);
    for (at, row) in all.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: inside.y + cells(at - top), height: 1, ..inside };
        one(canvas, place, finder, row);
        if at == finder.marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
        }
        canvas.hits.add(place, Target::Choice(at));
    }
}

/// `Bob Stone  bob@example.test  Example Ltd`.
fn one(canvas: &mut Canvas<'_>, place: Rect, finder: &Finder, row: &FinderRow) {
    let (who, name, more) = match row {
        FinderRow::Listed(listing) => (&listing.address, text::line(&listing.name), about(listing)),
        FinderRow::Typed { address, name } => (address, text::line(name), "as you typed it".to_owned()),
    };
    let account = canvas.app.accounts.get(&finder.account);
    let listed = account.is_some_and(|account| account.roster.contact(who).is_some());
    let more = if listed { "on your list".to_owned() } else { more };
    let more = text::truncate(&more, usize::from(place.width) / 3);
    let column = canvas.put_right(place, 0, &more, canvas.theme.quiet());
    let room = Rect { width: column.saturating_sub(1), ..place };
    let address = text::line(who.short());
    if name.trim().is_empty() {
        canvas.put(room, 0, 0, &address, canvas.theme.strong());
    } else {
        let name = text::truncate(&name, usize::from(room.width) * 3 / 5);
        let end = canvas.put(room, 0, 0, &name, Style::new());
        canvas.put(room, end + 2, 0, &address, canvas.theme.quiet());
    }
}

/// What else the directory says of somebody.
fn about(listing: &Listing) -> String {
    let parts = [&listing.company, &listing.country];
    parts.into_iter().map(|part| text::line(part)).filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(", ")
}

/// What is known and what Enter does, in a sentence.
fn state(finder: &Finder) -> String {
    match &finder.findings {
        Findings::Asked(words) if words == finder.words() => "The directory is being searched…".to_owned(),
        Findings::People { people, more, .. } if finder.is_answered() => match (people.len(), more) {
            (0, _) => "The directory knows nobody of that name.".to_owned(),
            (_, true) => "There are more; type more of the name to see fewer.".to_owned(),
            (1, false) => "One person found.".to_owned(),
            (n, false) => format!("{n} people found."),
        },
        Findings::Failed { why, .. } if finder.is_answered() => why.clone(),
        _ if finder.is_address() => "Enter adds this address; a name may follow it.".to_owned(),
        _ => "Enter looks a name up in the directory, or adds an address.".to_owned(),
    }
}
