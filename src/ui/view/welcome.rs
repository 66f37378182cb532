//! The pane of the conversation while none is open: what is in the way of signing in, in whole
//! sentences, else the first steps.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::{Overlay, words};
use crate::model::{SignInPhase, WaitReason};
use crate::ui::text;

/// Widest row of a sentence; longer ones are hard to read.
const MEASURE: usize = 56;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if matches!(canvas.app.screen.overlay, Some(Overlay::Help(_))) {
        return;
    }
    let rows = trouble(canvas, area);
    let rows = if rows.is_empty() { first_steps(canvas) } else { rows };
    let top = area.height.saturating_sub(cells(rows.len())) / 2;
    let centred = rows.iter().all(|(_, style)| *style == canvas.theme.quiet());
    let widest = rows.iter().map(|(row, _)| text::width(row)).max().unwrap_or(0);
    for ((row, style), at) in rows.iter().zip(top..) {
        let wide = if centred { text::width(row) } else { widest };
        let column = area.width.saturating_sub(cells(wide)) / 2;
        canvas.put(area, column, at, row, *style);
    }
}

fn first_steps(canvas: &Canvas<'_>) -> Vec<(String, Style)> {
    let app = canvas.app;
    let lines: &[&str] = if app.accounts.is_empty() {
        &["No account yet.", "chinwag --aor sip:you@example.test signs in,", "chinwag demo shows how it works."]
    } else if app.rows().all().total() == 0 && app.rows().is_empty() && app.screen.filter.is_empty() {
        &["Add somebody to talk to: press a.", "F1 shows all keys."]
    } else {
        &["Choose a person and press Enter.", "Ctrl-K goes to anybody by name.", "F1 shows all keys."]
    };
    lines.iter().map(|line| ((*line).to_owned(), canvas.theme.quiet())).collect()
}

/// Why an account is not signed in, and what to do.
fn trouble(canvas: &Canvas<'_>, area: Rect) -> Vec<(String, Style)> {
    let app = canvas.app;
    let room = usize::from(area.width.saturating_sub(2)).min(MEASURE);
    let mut rows = Vec::new();
    for (id, account) in &app.accounts {
        let (why, hint) = match &account.phase {
            SignInPhase::Waiting { why, .. } => (why, "Alt-R tries again now."),
            SignInPhase::Offline { why: Some(why @ (WaitReason::WrongPassword | WaitReason::UnknownUser)) } => {
                (why, "Alt-R asks for the password and signs in again.")
            }
            SignInPhase::Offline { why: Some(why @ WaitReason::SignedOutByServer { .. }) } => (why, "Alt-R signs in here again."),
            SignInPhase::Offline { why: Some(why) } => (why, "Alt-R signs in again."),
            _ => continue,
        };
        if !rows.is_empty() {
            rows.push((String::new(), canvas.theme.quiet()));
        }
        let who = if app.accounts.len() > 1 { format!("{id}: not signed in.") } else { "Not signed in.".to_owned() };
        rows.push((text::line(&who), canvas.theme.strong()));
        let sentence = text::line(&words::wait_reason(why));
        rows.extend(text::wrap(&sentence, room).into_iter().map(|row| (row, Style::new())));
        rows.push((hint.to_owned(), canvas.theme.quiet()));
    }
    rows
}
