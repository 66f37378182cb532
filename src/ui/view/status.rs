//! The status bar: the last note, else how the connection is; the keys that help most here.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{Canvas, cells};
use crate::app::policies::BROKEN;
use crate::app::{AccountView, Answer, App, COUNTED, FinderRow, Focus, Mode, NoteLevel, Overlay, keys, words};
use crate::config::KeySet;
use crate::model::{SignInPhase, Transport, WaitReason};
use crate::ui::{layout, text};

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let mut area = area;
    if let Some(mode) = mode(app) {
        let end = canvas.put(area, 1, 0, &mode, canvas.theme.strong());
        let taken = end.min(area.width);
        layout::take_left(&mut area, taken);
    }
    let room = usize::from(area.width.saturating_sub(2));
    let hints = hints(app);
    let note = app.notes.back().filter(|_| app.screen.note_shown);
    let (said, hints, style) = if let Some(note) = note {
        // A note is more urgent than hints: it gets the whole bar if it needs it.
        let said = text::line(&note.text);
        let rows = text::wrap(&said, room);
        if area.height > 1 && rows.len() > 1 {
            for (at, row) in rows.iter().take(usize::from(area.height)).enumerate() {
                canvas.put(area, 1, cells(at), row, canvas.theme.note(note.level));
            }
            return;
        }
        let (said, hints) = fit(&[said], &hints, room, 0);
        (said, hints, canvas.theme.note(note.level))
    } else {
        let (ways, style) = connection(app);
        let (said, hints) = fit(&ways, &hints, room, usize::from(ways.len() > 1));
        (said, hints, style)
    };
    let mut left = area;
    if !hints.is_empty() {
        let column = canvas.put_right(area, 0, &format!("{hints} "), canvas.theme.quiet());
        left.width = column.saturating_sub(1);
    }
    canvas.put(left, 1, 0, &said, style);
}

/// That administrators' settings cannot be used stands here as long as it is so, whatever else is said.
pub(super) fn lasting(canvas: &mut Canvas<'_>, row: Rect) {
    let room = usize::from(row.width.saturating_sub(1));
    let said = BROKEN.into_iter().find(|said| text::width(said) <= room).or(BROKEN.last().copied());
    canvas.put(row, 1, 0, said.unwrap_or_default(), canvas.theme.note(NoteLevel::Error));
}

/// The fullest text and the most hints that fit a width: first the text gives way to its shorter
/// form, then hints go, but not below `least` of them.
fn fit(ways: &[String], hints: &[(u8, String)], room: usize, least: usize) -> (String, String) {
    let mut kept: Vec<&(u8, String)> = hints.iter().collect();
    let Some(shortest) = ways.last() else { return (String::new(), String::new()) };
    loop {
        let joined = kept.iter().map(|(_, hint)| hint.as_str()).collect::<Vec<_>>().join("  ");
        let taken = if joined.is_empty() { 0 } else { text::width(&joined) + 2 };
        // The last form is a makeshift: hints go before it is used.
        let last = kept.len() <= least;
        let usable = if last { ways } else { ways.get(..ways.len().saturating_sub(1).max(1)).unwrap_or(ways) };
        if let Some(way) = usable.iter().find(|way| text::width(way) + taken <= room) {
            return (way.clone(), joined);
        }
        let least_wanted = kept.iter().enumerate().max_by_key(|(_, (rank, _))| *rank).map(|(at, _)| at);
        match least_wanted.filter(|_| !last) {
            Some(at) => drop(kept.remove(at)),
            None => return (shortest.clone(), joined),
        }
    }
}

/// The state of every account, in shorter and shorter words; what is not signed in comes first.
fn connection(app: &App) -> (Vec<String>, Style) {
    let many = app.accounts.len() > 1;
    let mut parts: Vec<(String, String)> = Vec::new();
    for (id, account) in app.accounts.iter().filter(|(_, account)| !account.is_online()) {
        let named = |said: &str| if many { format!("{}: {said}", text::line(id.as_str())) } else { said.to_owned() };
        let (said, short) = absent_words(app, account);
        parts.push((named(&said), named(&short)));
    }
    if !parts.is_empty() {
        let (said, short): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
        return (vec![said.join("   "), short.join("   ")], Style::new().add_modifier(Modifier::BOLD));
    }
    let ways = match app.accounts.values().next() {
        None => vec!["no account".to_owned()],
        Some(_) if many => vec![format!("{} accounts signed in", app.accounts.len())],
        Some(account) => {
            let way = account.transport.map_or("", way);
            let server = account.server.as_deref().map(text::line).unwrap_or_default();
            let short = way.split(" (").next().unwrap_or_default();
            let (agreed, dialect) =
                (agreed(account), account.capabilities.as_ref().map_or("", |able| words::dialect(able.dialect)));
            let join = |parts: &[&str]| parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
            let pings = account.capabilities.as_ref().and_then(words::keepalive).unwrap_or_default();
            vec![
                join(&[&agreed, way, &server, &pings]),
                join(&[&agreed, way, &server]),
                join(&[&agreed, way]),
                join(&[dialect, way]),
                join(&[dialect, short]),
                short.to_owned(),
            ]
        }
    };
    (ways, Style::new())
}

/// What was agreed with the server: its dialect, and whether every message is signed.
pub(super) fn agreed(account: &AccountView) -> String {
    account.capabilities.as_ref().map_or_else(String::new, |able| {
        let dialect = words::dialect(able.dialect);
        if able.signed { format!("{dialect} signed") } else { dialect.to_owned() }
    })
}

/// Why an account is not signed in and what comes next, in more words and in fewer. A wait is
/// counted down while somebody looks; a long one is told by the time of day.
fn absent_words(app: &App, account: &AccountView) -> (String, String) {
    match (&account.phase, account.retry_at) {
        (SignInPhase::Waiting { why, retry_in }, Some(next)) => {
            let left = app.now.age(next);
            let next = if left > *retry_in {
                // The clock was set back since: it tells nothing of the wait.
                "next try soon".to_owned()
            } else if left >= COUNTED {
                format!("next try at {}", next.clock())
            } else if !app.attended || left.is_zero() {
                "next try soon".to_owned()
            } else {
                format!("next try in {} s", left.as_millis().div_ceil(1000))
            };
            (format!("{}, {next}", words::wait_reason_short(why)), next)
        }
        // What the server said of it tells more than that it did so.
        (SignInPhase::Offline { why: Some(WaitReason::SignedOutByServer { reason }) }, _) if !reason.trim().is_empty() => {
            (text::line(reason), "signed out".to_owned())
        }
        (phase @ SignInPhase::Offline { .. }, _) => (words::phase(phase), "signed out".to_owned()),
        (phase, _) => (words::phase(phase), words::phase(phase)),
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

/// The mode of writing, in the key set that has modes, and what was pressed of a command.
fn mode(app: &App) -> Option<String> {
    let writes = app.keys.set() == KeySet::Vim && app.focus == Focus::Composer && app.screen.overlay.is_none();
    writes.then(|| match app.screen.vim.mode {
        Mode::Normal => format!("NORMAL {}", app.screen.vim.begun()).trim_end().to_owned(),
        Mode::Insert => "INSERT".to_owned(),
    })
}

/// The keys that help here, in the order they are shown, each with its rank: those with the
/// highest go first where there is no room.
fn hints(app: &App) -> Vec<(u8, String)> {
    let hint = |rank: u8, said: &str| (rank, said.to_owned());
    // Only what works here and now is worth a place.
    let here = keys::contexts(app);
    let key =
        |rank: u8, name: &str, said: &str| app.keys.within(&here, name).map(|keys| (rank, format!("{} {said}", keys.shown())));
    if app.screen.answering.is_some() {
        let keys = app.answers().iter().filter_map(|answer| match answer {
            Answer::Allow => key(0, "request.allow", "allow"),
            Answer::AllowAndAdd => key(1, "request.add", "allow and add"),
            Answer::Block => key(0, "request.block", "block"),
            Answer::Later => key(2, "request.later", "later"),
        });
        return keys.collect();
    }
    match &app.screen.overlay {
        Some(Overlay::Help(..) | Overlay::Letter(..) | Overlay::Told { .. }) => {
            return [key(1, "menu.page-down", "more"), key(0, "back", "close")].into_iter().flatten().collect();
        }
        Some(Overlay::Picture(_)) => {
            let keys = [key(1, "menu.up", "before"), key(2, "menu.down", "after"), key(0, "back", "close")];
            return keys.into_iter().flatten().collect();
        }
        Some(Overlay::History(_)) => {
            return [key(0, "menu.accept", "go there"), key(1, "back", "close")].into_iter().flatten().collect();
        }
        Some(Overlay::Find(finder)) => {
            let account = app.accounts.get(&finder.account);
            let listed = |row: &FinderRow| account.is_some_and(|account| account.roster.contact(row.who()).is_some());
            let enter = match finder.rows().get(finder.marked) {
                None => "search",
                Some(row) if listed(row) => "open",
                Some(_) => "add",
            };
            return [key(0, "menu.accept", enter), key(1, "back", "close")].into_iter().flatten().collect();
        }
        Some(Overlay::Policies(page)) => {
            let more = if page.all { "only what is set" } else { "all" };
            return [key(1, "policies.all", more), key(0, "back", "close")].into_iter().flatten().collect();
        }
        Some(Overlay::Requests(_)) => {
            let keys = [
                key(0, "requests.accept", "accept"),
                key(3, "requests.add", "and add"),
                key(1, "requests.block", "block"),
                key(2, "requests.delete", "delete"),
                key(4, "requests.report", "report"),
                key(1, "back", "close"),
            ];
            return keys.into_iter().flatten().collect();
        }
        Some(Overlay::Confirm(purpose)) if purpose.is_plain_link() => {
            return vec![hint(0, "Enter open"), hint(0, "Esc leave it")];
        }
        Some(Overlay::Confirm(_)) => return vec![hint(0, "y yes"), hint(0, "n no")],
        Some(Overlay::Status(menu)) if !menu.writing => {
            return [Some(hint(0, &format!("{} choose", menu.digits()))), Some(hint(1, "n note")), key(2, "back", "close")]
                .into_iter()
                .flatten()
                .collect();
        }
        Some(Overlay::Alerts(_)) => {
            return [key(0, "menu.accept", "take off"), key(1, "back", "close")].into_iter().flatten().collect();
        }
        Some(Overlay::Status(_)) => {
            return [key(0, "menu.accept", "take it"), key(1, "back", "close")].into_iter().flatten().collect();
        }
        Some(_) => return [key(0, "menu.accept", "accept"), key(1, "back", "close")].into_iter().flatten().collect(),
        None => {}
    }
    if app.screen.board.shown {
        let keys = [(1, "board.sort", "sort"), (2, "board.filter", "filter"), (3, "board.open", "open"), (0, "back", "close")];
        return keys.into_iter().filter_map(|(rank, name, said)| key(rank, name, said)).collect();
    }
    if let Some(hinting) = &app.screen.hinting {
        let letter = if hinting.copies { "letter copies" } else { "letter opens" };
        return vec![hint(0, letter), hint(1, "Shift or y: copy"), hint(2, "Esc back")];
    }
    if app.types_search() {
        return vec![hint(0, "Enter keep"), hint(2, "Up/Down others"), hint(3, "Ctrl-F everywhere"), hint(1, "Esc back")];
    }
    let narrow = app.size.0 < 60;
    if app.screen.search.is_some() && app.focus == Focus::Messages {
        let keys = [(0, "search.next", "further up"), (2, "search.previous", "down"), (1, "back", "ends it")];
        return keys.into_iter().filter_map(|(rank, name, said)| key(rank, name, said)).collect();
    }
    let mut parts = vec![key(3, "help", "help")];
    let waits = app.accounts.values().any(|a| matches!(a.phase, SignInPhase::Waiting { .. }));
    let out = app.accounts.values().any(|a| matches!(a.phase, SignInPhase::Offline { .. }));
    if waits || out {
        let elsewhere = app.accounts.values().any(AccountView::was_signed_out);
        let said = match (waits, elsewhere) {
            (true, _) => "try now",
            (false, true) => "sign in here",
            (false, false) => "sign in",
        };
        parts.push(key(1, "account.retry", said));
    } else {
        match app.focus {
            Focus::Roster => parts.push(key(if narrow { 2 } else { 5 }, "contact.open", "open")),
            Focus::Messages | Focus::Composer if narrow => parts.push(key(2, "back", "list")),
            Focus::Messages => {
                let keys = [(6, "message.copy", "copy"), (7, "message.reply", "reply"), (8, "message.details", "details")];
                parts.extend(keys.map(|(rank, name, said)| key(rank, name, said)));
            }
            Focus::Composer if app.is_modal() => parts.push(key(6, "vim.insert", "write")),
            Focus::Composer => {}
        }
        if !narrow {
            parts.push(key(4, "palette", "go to"));
        }
    }
    let unread = app.unread();
    if unread > 0 {
        parts.push(key(0, "chat.next-unread", &format!("unread ({unread})")));
    }
    parts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn what_gives_way_when_there_is_no_room() {
        let ways = ["TCP (not encrypted)  sip.example.test:5060", "TCP (not encrypted)", "TCP"].map(str::to_owned);
        let hints = [(3, "F1 help".to_owned()), (5, "Enter open".to_owned()), (0, "Alt-A unread (2)".to_owned())];
        let at = |room: usize| {
            let (said, hints) = fit(&ways, &hints, room, 1);
            format!("{said}|{hints}")
        };
        assert_eq!(at(90), "TCP (not encrypted)  sip.example.test:5060|F1 help  Enter open  Alt-A unread (2)");
        assert_eq!(at(70), "TCP (not encrypted)|F1 help  Enter open  Alt-A unread (2)");
        assert_eq!(at(50), "TCP (not encrypted)|F1 help  Alt-A unread (2)");
        assert_eq!(at(38), "TCP (not encrypted)|Alt-A unread (2)");
        assert_eq!(at(25), "TCP|Alt-A unread (2)");
        let (said, hints) = fit(&["no answer, next try in 4 s".to_owned()], &[(1, "Alt-R try now".to_owned())], 30, 0);
        assert_eq!((said.as_str(), hints.as_str()), ("no answer, next try in 4 s", ""));
    }
}
