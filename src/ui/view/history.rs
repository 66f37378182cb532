//! Words looked for in all conversations: where, who, when, and what stands around them.

use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::overlay::{boxed, typing_line};
use super::{Canvas, cells};
use crate::app::{ChatKey, History, Hit};
use crate::model::Author;
use crate::ui::hit::Target;
use crate::ui::layout;
use crate::ui::text;

/// Rows of one message found.
const ROWS: u16 = 2;

/// Draws the line to type in and what was found.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, history: &History) {
    let height = area.height.saturating_sub(2).clamp(3, 30);
    let mut inside = boxed(canvas, area, 100, height, "Look for words everywhere");
    let line = layout::take_top(&mut inside, 1);
    let said = match (history.hits.len(), history.more) {
        (0, false) => String::new(),
        (count, more) => format!(" {}/{count}{}", history.marked + 1, if more { "+" } else { "" }),
    };
    let edge = canvas.put_right(line, 0, &said, canvas.theme.quiet());
    typing_line(canvas, Rect { width: edge, ..line }, &history.line);
    if history.hits.is_empty() {
        let said = if history.line.text().trim().is_empty() {
            "All words must be there; what stands in \"quotes\" as it is."
        } else {
            "No message at hand holds that."
        };
        canvas.put(inside, 0, 0, said, canvas.theme.quiet());
        return;
    }
    let fit = usize::from(inside.height / ROWS).max(1);
    let top = history.marked.saturating_sub(fit - 1);
    for (at, hit) in history.hits.iter().enumerate().skip(top).take(fit) {
        let place = Rect { y: inside.y + cells(at - top) * ROWS, height: ROWS, ..inside }.intersection(inside);
        found(canvas, place, hit, at == history.marked);
        canvas.hits.add(place, Target::Choice(at));
    }
}

fn found(canvas: &mut Canvas<'_>, place: Rect, hit: &Hit, marked: bool) {
    let account = canvas.app.accounts.get(hit.chat.account());
    let chat = account.map_or_else(String::new, |account| text::line(&account.chat_name(&hit.chat)));
    let by = match (&hit.by, &hit.chat) {
        (Author::Us, _) => "you".to_owned(),
        (Author::Them(_), ChatKey::Person(_)) => String::new(),
        (Author::Them(who), ChatKey::Room(_)) => text::line(account.map_or(who.short(), |account| account.shown_name(who))),
    };
    let when = if hit.at.day() == canvas.app.now.day() { hit.at.clock() } else { format!("{} {}", hit.at.day(), hit.at.clock()) };
    let edge = canvas.put_right(place, 0, &when, canvas.theme.quiet());
    let room = Rect { width: edge.saturating_sub(1), ..place };
    let mut x = 0;
    if let ChatKey::Room(_) = hit.chat {
        x = canvas.put(room, x, 0, canvas.theme.room(), canvas.theme.quiet()) + 1;
    }
    x = canvas.put(room, x, 0, &chat, canvas.theme.theirs());
    if !by.is_empty() {
        canvas.put(room, x + 2, 0, &by, canvas.theme.quiet());
    }
    if marked {
        canvas.paint(place, 0, canvas.theme.selected(true));
    }
    let mut x = 2;
    if hit.cut {
        x = canvas.put(place, x, 1, "…", canvas.theme.quiet());
    }
    let (excerpt, marks) = canvas.app.parts_as_shown(&hit.excerpt, &hit.marks);
    for (piece, found) in pieces(&excerpt, &marks) {
        let style = if found { canvas.theme.found() } else { Style::new() };
        x = canvas.put(place, x, 1, &text::line(piece), style);
    }
}

/// A text in pieces, those that were looked for known as such; broken between whole letters only.
fn pieces<'t>(text: &'t str, marks: &[Range<usize>]) -> Vec<(&'t str, bool)> {
    let mut pieces = Vec::new();
    let (mut from, mut now) = (0, false);
    for (at, _) in text.grapheme_indices(true) {
        let next = marks.iter().any(|mark| mark.contains(&at));
        if next != now {
            pieces.extend(text.get(from..at).map(|piece| (piece, now)));
            (from, now) = (at, next);
        }
    }
    pieces.extend(text.get(from..).map(|piece| (piece, now)));
    pieces
}
