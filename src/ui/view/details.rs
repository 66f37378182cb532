//! More about the open conversation: the person, or who is in; and the server it goes by.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, board, cells, chat, status};
use crate::app::{AccountView, ChatKey, Peer, RoomKey, words};
use crate::model::{Access, Presence, WatcherState};
use crate::ui::text;

/// Rows of text, each in its style.
type Rows = Vec<(String, Style)>;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (Some((account, open)), false) = (canvas.app.open_chat(), area.is_empty()) else { return };
    let mut rows = match open {
        ChatKey::Person(peer) => person(canvas, area, account, peer),
        ChatKey::Room(key) => room(canvas, area, account, key),
    };
    if canvas.app.accounts.len() > 1 {
        rows.push((format!("account {}", text::line(open.account().as_str())), canvas.theme.quiet()));
    }
    let place = Rect { width: area.width.saturating_sub(1), ..area };
    let server = server(canvas, account);
    let last = usize::from(area.height).saturating_sub(server.len());
    if rows.len() < last {
        for (at, (said, style)) in server.iter().enumerate() {
            canvas.put(place, 1, cells(last + at), said, *style);
        }
    }
    for (at, (said, style)) in rows.into_iter().enumerate() {
        canvas.put(place, 1, cells(at), &said, style);
    }
}

fn person(canvas: &Canvas<'_>, area: Rect, account: &AccountView, peer: &Peer) -> Rows {
    let app = canvas.app;
    let contact = account.roster.contact(&peer.who);
    let unknown = Presence::default();
    let presence = account.presence_of(&peer.who).unwrap_or(&unknown);
    let quiet = canvas.theme.quiet();
    let plain = Style::new();
    let mut rows: Rows = vec![
        (text::line(account.shown_name(&peer.who)), canvas.theme.strong()),
        (text::line(peer.who.as_str()), quiet),
        (String::new(), plain),
    ];
    let state = format!("{} {}", canvas.theme.mark(presence.availability), words::availability(presence.availability));
    rows.push((state, canvas.theme.presence(presence.availability)));
    if presence.stale {
        rows.push(("when last heard of".to_owned(), quiet));
    } else if let Some(since) = presence.since {
        rows.push((format!("since {}", chat::since_words(since, app.now)), quiet));
    }
    if let Some(note) = presence.note.as_deref().map(text::line).filter(|note| !note.trim().is_empty()) {
        let width = usize::from(area.width.saturating_sub(2));
        rows.extend(text::wrap(&format!("\"{note}\""), width).into_iter().take(4).map(|row| (row, plain)));
    }
    if app.today.last(peer, app.now).is_some() {
        rows.push((String::new(), plain));
        rows.push(("today".to_owned(), quiet));
        let width = usize::from(area.width.saturating_sub(2));
        let day = board::fitting_day(app, peer, width * 4);
        rows.extend(text::wrap(&day, width).into_iter().take(5).map(|row| (row, plain)));
    }
    if let Some(alert) = account.marks.alerts.get(&peer.who) {
        let said = format!("you are told {}", alert.words());
        rows.extend(text::wrap(&said, usize::from(area.width.saturating_sub(2))).into_iter().map(|row| (row, quiet)));
    }
    if presence.devices.len() > 1 {
        rows.push((String::new(), plain));
        rows.push((format!("{} devices", presence.devices.len()), quiet));
        for device in presence.devices.iter().take(6) {
            let note = device.note.as_deref().map(text::line).unwrap_or_default();
            let mark = canvas.theme.mark(device.availability);
            let line = format!("{mark} {}  {note}", words::availability(device.availability));
            rows.push((line.trim_end().to_owned(), canvas.theme.presence(device.availability)));
        }
    }
    rows.push((String::new(), plain));
    let groups = contact.map(|contact| text::line(&contact.groups.join(", ")));
    rows.push(match groups {
        Some(groups) if groups.is_empty() => ("in no group".to_owned(), quiet),
        Some(groups) => (format!("in {groups}"), plain),
        None => ("not on your list".to_owned(), quiet),
    });
    let watches = matches!(account.watchers.get(&peer.who), Some(WatcherState::Active));
    rows.push(match (account.access.of(&peer.who), watches) {
        (Some(Access::Block), _) => ("blocked".to_owned(), canvas.theme.strong()),
        (Some(Access::Allow), true) => ("may see you, and does".to_owned(), plain),
        (Some(Access::Allow), false) => ("may see you".to_owned(), plain),
        (None, true) => ("sees you".to_owned(), plain),
        (None, false) => ("not allowed, not blocked".to_owned(), quiet),
    });
    rows
}

/// Who is in, each with their presence.
fn room(canvas: &Canvas<'_>, area: Rect, account: &AccountView, key: &RoomKey) -> Rows {
    let (quiet, plain) = (canvas.theme.quiet(), Style::new());
    let Some(room) = account.rooms.get(&key.room) else { return Vec::new() };
    let mut rows: Rows = vec![(text::line(&account.room_name(room)), canvas.theme.strong())];
    let since = chat::since_words(room.since, canvas.app.now);
    rows.push(if room.over { ("over".to_owned(), quiet) } else { (format!("since {since}"), quiet) });
    rows.push((String::new(), plain));
    let people = room.named_after();
    let us = usize::from(!room.over);
    rows.push((format!("{} {}", people.len() + us, if room.over { "were in" } else { "are in" }), quiet));
    if !room.over {
        rows.push(("  you".to_owned(), plain));
    }
    let free = usize::from(area.height).saturating_sub(rows.len() + 4).max(1);
    let unknown = Presence::default();
    for who in people.iter().take(free) {
        let presence = account.presence_of(who).unwrap_or(&unknown);
        let style = if presence.stale { quiet } else { canvas.theme.presence(presence.availability) };
        let mark = canvas.theme.mark(presence.availability);
        rows.push((format!("{mark} {}", text::line(account.shown_name(who))), style));
    }
    if people.len() > free {
        rows.push((format!("  and {} more", people.len() - free), quiet));
    }
    if !room.over {
        rows.push((String::new(), plain));
        rows.push(("/invite asks somebody in".to_owned(), quiet));
        rows.push(("/leave".to_owned(), quiet));
    }
    rows
}

/// The server and what was agreed with it.
fn server(canvas: &Canvas<'_>, account: &AccountView) -> Rows {
    let quiet = canvas.theme.quiet();
    let Some(able) = account.capabilities.as_ref().filter(|_| account.is_online()) else { return Vec::new() };
    let mut rows = vec![(status::agreed(account), quiet)];
    if !matches!(able.auth, "" | "none") {
        rows.push((format!("signed in by {}", words::scheme(able.auth)), quiet));
    }
    rows.extend(words::keepalive(able).map(|text| (text, quiet)));
    rows
}
