//! Title, status bar and the question that waits.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{Canvas, cells};
use crate::app::{AccountView, App, Focus, Overlay, Prompt, words};
use crate::model::{SignInPhase, Stamp, Transport};
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
    let mut column = 1;
    for account in canvas.app.accounts.values() {
        let said = own_line(canvas, account, false);
        column = canvas.put(room, column, 0, &said, bar) + 3;
    }
}

/// `● alice@example.test  Online  "on shift"`; `brief` leaves the domain out.
pub(super) fn own_line(canvas: &Canvas<'_>, account: &AccountView, brief: bool) -> String {
    let aor = text::line(if brief { account.aor.user() } else { account.aor.short() });
    if !account.is_online() {
        return format!("{} {aor}  {}", canvas.theme.mark(crate::model::Availability::Offline), phase_short(account));
    }
    let shown = account.own.effective();
    let word = if shown == crate::model::Availability::Offline { "Appearing offline" } else { words::availability(shown) };
    let note = text::line(&account.own.note);
    let note = if note.is_empty() { String::new() } else { format!("  \"{note}\"") };
    format!("{} {aor}  {word}{note}", canvas.theme.mark(shown))
}

const fn phase_short(account: &AccountView) -> &'static str {
    match account.phase {
        SignInPhase::Online => "Online",
        SignInPhase::Waiting { .. } => "waiting",
        SignInPhase::Offline { .. } => "signed out",
        _ => "signing in",
    }
}

/// How the connection is, or the last note; the keys that help most here.
pub(super) fn status(canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let note = app.notes.back().filter(|_| app.screen.note_shown);
    let (said, style) = match note {
        Some(note) => (text::line(&note.text), canvas.theme.note(note.level)),
        None => connection(app),
    };
    let hints = hints(app);
    let wide = cells(text::width(&hints));
    // A note is more urgent than hints: it gets the whole row if it needs it.
    let keep_hints = cells(text::width(&said)) + wide + 3 < area.width || (note.is_none() && area.width > wide + 12);
    let mut room = area;
    if keep_hints {
        let column = canvas.put_right(area, 0, &format!("{hints} "), canvas.theme.quiet());
        room.width = column.saturating_sub(1);
    }
    canvas.put(room, 1, 0, &said, style);
}

/// The state of every account in a few words; what is not signed in comes first.
fn connection(app: &App) -> (String, Style) {
    let mut parts: Vec<String> = Vec::new();
    for (id, account) in &app.accounts {
        let many = app.accounts.len() > 1;
        let said = match &account.phase {
            SignInPhase::Online if many => continue,
            SignInPhase::Online => {
                let way = account.transport.map_or("", way);
                let server = account.server.as_deref().map(text::line).unwrap_or_default();
                [way, &server].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<&str>>().join("  ")
            }
            other => waiting_words(other, app.now),
        };
        parts.push(if many { format!("{}: {said}", text::line(id.as_str())) } else { said });
    }
    if parts.is_empty() {
        parts.push(match app.accounts.len() {
            0 => "no account".to_owned(),
            n => format!("{n} accounts signed in"),
        });
    }
    let style =
        if app.accounts.values().all(AccountView::is_online) { Style::new() } else { Style::new().add_modifier(Modifier::BOLD) };
    (parts.join("   "), style)
}

/// A wait is told as it was announced; longer ones by the time of day, which stays true.
fn waiting_words(phase: &SignInPhase, since: Stamp) -> String {
    match phase {
        SignInPhase::Waiting { retry_in, why } if retry_in.as_secs() >= 90 => {
            let millis = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
            let when = Stamp::from_millis(since.as_millis().saturating_add(millis));
            format!("{}, next try {}", words::wait_reason_short(why), when.clock())
        }
        other => words::phase(other),
    }
}

/// The way in letters people know.
pub(super) const fn way(transport: Transport) -> &'static str {
    match transport {
        Transport::Tls => "TLS",
        Transport::Tcp => "TCP (not encrypted)",
        Transport::Udp => "UDP (not encrypted)",
    }
}

fn hints(app: &App) -> String {
    let narrow = app.size.0 < 60;
    let unread = app.unread();
    let mut parts: Vec<String> = vec!["F1 help".to_owned()];
    match app.focus {
        _ if app.screen.answering.is_some() => parts = vec!["a allow".to_owned(), "b block".to_owned(), "l later".to_owned()],
        _ if matches!(app.screen.overlay, Some(Overlay::Help(_))) => parts = vec!["Esc close".to_owned()],
        _ if app.screen.overlay.is_some() => parts = vec!["Enter accept".to_owned(), "Esc close".to_owned()],
        Focus::Roster if narrow => parts.push("Enter open".to_owned()),
        Focus::Roster => parts.extend(["Enter open".to_owned(), "Ctrl-K go to".to_owned()]),
        Focus::Messages | Focus::Composer if narrow => parts.push("Esc list".to_owned()),
        Focus::Messages | Focus::Composer => parts.push("Ctrl-K go to".to_owned()),
    }
    let waits = app.accounts.values().any(|a| matches!(a.phase, SignInPhase::Waiting { .. }));
    let out = app.accounts.values().any(|a| matches!(a.phase, SignInPhase::Offline { .. }));
    if waits || out {
        parts.truncate(1);
        parts.push(if waits { "Alt-R try now" } else { "Alt-R sign in" }.to_owned());
    }
    if unread > 0 && !narrow {
        parts.push(format!("Alt-A unread ({unread})"));
    }
    parts.join("  ")
}

/// May this person see us? Shown above the status bar; takes the keyboard only when asked to.
pub(super) fn question(canvas: &mut Canvas<'_>, area: Rect) {
    let Some(Prompt::Watcher { who, name, .. }) = canvas.app.prompts.front() else { return };
    if area.is_empty() {
        return;
    }
    let asked = text::line(&words::watcher_question(who, name.as_deref()));
    let more = canvas.app.prompts.len() - 1;
    let asked = if more > 0 { format!("{asked} (+{more})") } else { asked };
    let marked = canvas.app.screen.answering;
    let answers = ["[Allow]", "[Block]", "[Later]"];
    let hint = if marked.is_none() { "Alt-P " } else { "" };
    let wide = cells(answers.iter().map(|a| a.len() + 1).sum::<usize>() + hint.len());
    let row = area.height - 1;
    let mut column = area.width.saturating_sub(wide);
    let room = if row == 0 { Rect { width: column.saturating_sub(1), ..area } } else { area };
    canvas.put(room, 1, 0, &asked, canvas.theme.strong());
    column = canvas.put(area, column, row, hint, canvas.theme.quiet());
    for (at, answer) in answers.into_iter().enumerate() {
        let style = if marked == Some(at) { canvas.theme.selected(true) } else { canvas.theme.strong() };
        let end = canvas.put(area, column, row, answer, style);
        let place = Rect { x: area.x + column, y: area.y + row, width: end.saturating_sub(column), height: 1 };
        canvas.hits.add(place, Target::Answer(at));
        column = end + 1;
    }
}
