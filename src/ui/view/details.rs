//! More about the person of the open conversation.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells, chat};
use crate::app::words;
use crate::model::{Access, Presence, WatcherState};
use crate::ui::text;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let app = canvas.app;
    let open = app.screen.open.as_ref().and_then(|peer| app.accounts.get(&peer.account).map(|account| (account, peer)));
    let (Some((account, peer)), false) = (open, area.is_empty()) else { return };
    let contact = account.roster.contact(&peer.who);
    let unknown = Presence::default();
    let presence = account.presence_of(&peer.who).unwrap_or(&unknown);
    let quiet = canvas.theme.quiet();
    let plain = Style::new();
    let mut rows: Vec<(String, Style)> = vec![
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
        (None, false) => ("not decided who sees you".to_owned(), quiet),
    });
    if app.accounts.len() > 1 {
        rows.push((format!("account {}", text::line(peer.account.as_str())), quiet));
    }
    for (at, (said, style)) in rows.into_iter().enumerate() {
        canvas.put(Rect { width: area.width.saturating_sub(1), ..area }, 1, cells(at), &said, style);
    }
}
