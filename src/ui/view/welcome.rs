//! The pane of the conversation while none is open: what is in the way of signing in, in whole
//! sentences, else the first steps.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::{Overlay, named, palette, words};
use crate::model::{SignInPhase, WaitReason};
use crate::ui::text;

/// Widest row of a sentence; longer ones are hard to read.
const MEASURE: usize = 56;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if matches!(canvas.app.screen.overlay, Some(Overlay::Help(..))) {
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
    let key = |name: &str| key_of(canvas, name);
    let lines = if app.accounts.is_empty() {
        ["No account yet.", "chinwag --aor sip:you@example.test signs in,", "chinwag demo shows how it works."]
            .map(str::to_owned)
            .to_vec()
    } else if app.rows().all().total() == 0 && app.rows().is_empty() && app.screen.filter.is_empty() {
        vec![format!("Add somebody to talk to: press {}.", key("contact.add")), format!("{} shows all keys.", key("help"))]
    } else {
        vec![
            format!("Choose a person and press {}.", key("contact.open")),
            format!("{} goes to anybody by name.", key("palette")),
            format!("{} shows all keys.", key("help")),
        ]
    };
    lines.into_iter().map(|line| (line, canvas.theme.quiet())).collect()
}

/// The keys of an action, else its command.
fn key_of(canvas: &Canvas<'_>, name: &str) -> String {
    named(name).map_or_else(String::new, |spec| palette::way_to(canvas.app, spec))
}

/// Why an account is not signed in, and what to do.
fn trouble(canvas: &Canvas<'_>, area: Rect) -> Vec<(String, Style)> {
    let app = canvas.app;
    let room = usize::from(area.width.saturating_sub(2)).min(MEASURE);
    let key = key_of(canvas, "account.retry");
    let mut rows = Vec::new();
    for (id, account) in &app.accounts {
        let (why, hint) = match &account.phase {
            SignInPhase::Waiting { why, .. } => (why, "tries again now."),
            SignInPhase::Offline { why: Some(why @ (WaitReason::WrongPassword | WaitReason::UnknownUser)) } => {
                (why, "asks for the password and signs in again.")
            }
            SignInPhase::Offline { why: Some(why @ WaitReason::SignedOutByServer { .. }) } => (why, "signs in here again."),
            SignInPhase::Offline { why: Some(why) } => (why, "signs in again."),
            _ => continue,
        };
        if !rows.is_empty() {
            rows.push((String::new(), canvas.theme.quiet()));
        }
        let who = if app.accounts.len() > 1 { format!("{id}: not signed in.") } else { "Not signed in.".to_owned() };
        rows.push((text::line(&who), canvas.theme.strong()));
        let sentence = text::line(&words::wait_reason(why));
        rows.extend(text::wrap(&sentence, room).into_iter().map(|row| (row, Style::new())));
        rows.push((format!("{key} {hint}"), canvas.theme.quiet()));
    }
    rows
}
