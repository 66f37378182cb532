//! The title, and the question that waits.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Canvas, accounts, cells};
use crate::app::{Prompt, keys, words};
use crate::ui::hit::Target;
use crate::ui::text;

/// Accounts with their presence, and the count of unread messages.
pub(super) fn title(canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let bar = canvas.theme.bar();
    canvas.paint(area, 0, bar);
    let unread = canvas.app.unread();
    let mut room = area;
    if unread > 0 {
        let column = canvas.put_right(area, 0, &format!(" {unread} unread "), bar.add_modifier(Modifier::BOLD));
        room.width = column;
    }
    let said = accounts::line(canvas, usize::from(room.width.saturating_sub(1)));
    canvas.put(room, 1, 0, &said, bar);
}

/// May this person see us? Shown above the status bar; takes the keyboard only when asked to.
pub(super) fn question(canvas: &mut Canvas<'_>, area: Rect) {
    let Some(Prompt::Watcher { who, name, .. }) = canvas.app.prompts.front() else { return };
    if area.is_empty() {
        return;
    }
    let asked = text::line(&words::watcher_question(who, name.as_deref()));
    let more = canvas.app.prompts.len() - 1;
    let asked = if text::width(&asked) + 6 > usize::from(area.width) {
        text::line(&words::watcher_question_short(who, name.as_deref()))
    } else {
        asked
    };
    let asked = if more > 0 { format!("{asked} (+{more})") } else { asked };
    let marked = canvas.app.screen.answering;
    let answers: Vec<String> = canvas.app.answers().iter().map(|answer| format!("[{}]", answer.word())).collect();
    let answer = canvas.app.keys.within(&keys::contexts(canvas.app), "request.answer").filter(|_| marked.is_none());
    let hint = answer.map_or_else(String::new, |keys| format!("{} ", keys.shown()));
    let wide = cells(answers.iter().map(|a| a.len() + 1).sum::<usize>() + hint.len());
    let row = area.height - 1;
    let mut column = area.width.saturating_sub(wide);
    let room = if row == 0 { Rect { width: column.saturating_sub(1), ..area } } else { area };
    canvas.put(room, 1, 0, &asked, canvas.theme.strong());
    column = canvas.put(area, column, row, &hint, canvas.theme.quiet());
    for (at, answer) in answers.into_iter().enumerate() {
        let style = if marked == Some(at) { canvas.theme.selected(true) } else { canvas.theme.strong() };
        let end = canvas.put(area, column, row, &answer, style);
        let place = Rect { x: area.x + column, y: area.y + row, width: end.saturating_sub(column), height: 1 };
        canvas.hits.add(place, Target::Answer(at));
        if marked == Some(at) {
            canvas.cursor = Some((place.x, place.y).into());
        }
        column = end + 1;
    }
}
