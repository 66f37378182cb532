//! The contact list. Only the rows in view are laid out.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::{AccountView, ChatKey, Focus, GroupKey, Peer, Row, RowKey, words};
use crate::model::{Availability, Conversation, Presence, Room};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Header, rows, and the filter while there is one. `titled` = there is no title bar above.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, titled: bool) {
    if area.is_empty() {
        return;
    }
    let mut rest = area;
    canvas.hits.add(area, Target::Roster);
    if rest.height >= 6 {
        header(canvas, layout::take_top(&mut rest, 1), titled);
    }
    if canvas.app.screen.filtering || !canvas.app.screen.filter.is_empty() {
        filter(canvas, layout::take_bottom(&mut rest, 1));
    }
    rows(canvas, rest);
}

fn header(canvas: &mut Canvas<'_>, area: Rect, titled: bool) {
    let app = canvas.app;
    let contacts: usize = app.accounts.values().map(|account| account.roster.len()).sum();
    let reachable = app
        .accounts
        .values()
        .flat_map(|account| account.roster.contacts())
        .filter(|contact| contact.presence.availability.is_reachable() && !contact.presence.stale)
        .count();
    let old = app.accounts.values().any(|account| account.roster.contacts().any(|contact| contact.presence.stale));
    let unread = app.unread();
    let count = match (titled && unread > 0, old) {
        (true, _) => format!("{unread} unread "),
        (_, true) => "not current ".to_owned(),
        _ if contacts > 0 => format!("{reachable}/{contacts} "),
        _ => String::new(),
    };
    let column = canvas.put_right(area, 0, &count, canvas.theme.quiet());
    let room = Rect { width: column.saturating_sub(1), ..area };
    let said = match app.accounts.values().next() {
        Some(account) if titled => super::bars::own_line(canvas, account, true),
        _ => "Contacts".to_owned(),
    };
    canvas.put(room, 1, 0, &said, canvas.theme.strong());
}

fn filter(canvas: &mut Canvas<'_>, area: Rect) {
    let line = &canvas.app.screen.filter;
    let column = canvas.put(area, 0, 0, "/", canvas.theme.strong());
    let end = canvas.put(area, column, 0, &text::line(line.text()), canvas.theme.text());
    if canvas.app.screen.filtering && canvas.app.screen.overlay.is_none() && end < area.width {
        canvas.cursor = Some((area.x + end, area.y).into());
    }
}

fn rows(canvas: &mut Canvas<'_>, area: Rect) {
    let app = canvas.app;
    let all = app.rows();
    if all.is_empty() {
        let words = if app.screen.filter.is_empty() { "No contacts yet." } else { "Nobody matches." };
        canvas.put(area, 1, 0, words, canvas.theme.quiet());
        if app.screen.filter.is_empty() {
            canvas.put(area, 1, 1, "Press a to add one.", canvas.theme.quiet());
        }
        return;
    }
    let height = usize::from(area.height);
    let selected = app.selected_row();
    let top = top_of(app.screen.roster_top, selected, height, all.len());
    canvas.hits.roster_top = top;
    let active = app.focus == Focus::Roster && app.screen.overlay.is_none() && app.screen.answering.is_none();
    for (at, row) in all.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: area.y + cells(at - top), height: 1, ..area };
        one_row(canvas, place, row);
        if at == selected && (active || row.key.chat().is_some()) {
            canvas.paint(place, 0, canvas.theme.selected(active));
        }
        canvas.hits.add(place, Target::Row(row.key.clone()));
    }
}

/// The first row to show: where it was, moved no more than it must be to show the selection.
fn top_of(was: usize, selected: usize, height: usize, len: usize) -> usize {
    let least = selected.saturating_sub(height.saturating_sub(1));
    was.clamp(least, selected.max(least)).min(len.saturating_sub(height))
}

fn one_row(canvas: &mut Canvas<'_>, area: Rect, row: &Row) {
    match &row.key {
        RowKey::Account(id) => {
            canvas.put(area, 0, 0, &text::line(id.as_str()), canvas.theme.strong());
        }
        RowKey::Group(id, group) => {
            let folded = canvas.app.screen.folded.contains(&(id.clone(), group.clone()));
            let count = match group {
                GroupKey::Asking | GroupKey::Strangers | GroupKey::Rooms => format!("{} ", row.total),
                GroupKey::Named(_) | GroupKey::Ungrouped => format!("{}/{} ", row.reachable, row.total),
            };
            let column = canvas.put_right(area, 0, &count, canvas.theme.quiet());
            let room = Rect { width: column, ..area };
            let from = canvas.put(room, 0, 0, canvas.theme.fold(folded), canvas.theme.quiet());
            canvas.put(room, from + 1, 0, &text::line(group.title()), canvas.theme.strong());
        }
        RowKey::Room(key) => {
            if let Some((account, of)) = canvas.app.accounts.get(&key.account).zip(canvas.app.room(key)) {
                room(canvas, area, account, (&key.clone().into(), of));
            }
        }
        RowKey::Person(peer, _) => {
            if let Some(account) = canvas.app.accounts.get(&peer.account) {
                person(canvas, area, account, peer);
            }
        }
    }
}

/// `  ● Bob Stone  on shift      2 `; `~` before the mark says: was so when last heard of.
fn person(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, peer: &Peer) {
    let unknown = Presence::default();
    let presence = account.presence_of(&peer.who).unwrap_or(&unknown);
    let talk = account.conversations.get(&peer.who);
    let unread = talk.map_or(0, |talk| talk.unread);
    let room = badge(canvas, area, talk, &peer.clone().into());
    let quiet = presence.stale || !presence.availability.is_reachable();
    let indent = if area.width < 30 { 1 } else { 2 };
    if presence.stale {
        canvas.put(room, indent - 1, 0, "~", canvas.theme.quiet());
    }
    let style = if presence.stale { canvas.theme.quiet() } else { canvas.theme.presence(presence.availability) };
    canvas.put(room, indent, 0, canvas.theme.mark(presence.availability), style);
    let name_style = match (unread > 0, quiet) {
        (true, _) => canvas.theme.strong(),
        (false, true) => canvas.theme.quiet(),
        (false, false) => Style::new(),
    };
    let mut name = text::line(account.shown_name(&peer.who));
    if account.access.blocks(&peer.who) {
        name.push_str("  blocked");
    }
    let end = canvas.put(room, indent + 2, 0, &name, name_style);
    if let Some(remark) = remark(presence)
        && end + 4 < room.width
    {
        canvas.put(room, end + 2, 0, &remark, canvas.theme.quiet());
    }
}

/// `  # Bob, Carol (+1)       2 `.
fn room(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, (chat, of): (&ChatKey, &Room)) {
    let room = badge(canvas, area, Some(&of.talk), chat);
    let indent = if area.width < 30 { 1 } else { 2 };
    canvas.put(room, indent, 0, canvas.theme.room(), canvas.theme.quiet());
    let style = match (of.talk.unread > 0, of.over) {
        (true, _) => canvas.theme.strong(),
        (false, true) => canvas.theme.quiet(),
        (false, false) => Style::new(),
    };
    let end = canvas.put(room, indent + 2, 0, &text::line(&account.room_name(of)), style);
    if of.over {
        canvas.put(room, end + 2, 0, "over", canvas.theme.quiet());
    }
}

/// What is new in a conversation, at the right edge; gives the room left of it.
fn badge(canvas: &mut Canvas<'_>, area: Rect, talk: Option<&Conversation>, chat: &ChatKey) -> Rect {
    let screen = &canvas.app.screen;
    // What is before the user's eyes needs no mark.
    let draft = |chat| screen.open() != Some(chat) && screen.drafts.get(chat).is_some_and(|draft| !draft.is_empty());
    let (badge, style) = match talk {
        Some(talk) if talk.unread > 0 => (talk.unread.min(999).to_string(), canvas.theme.unread()),
        Some(talk) if talk.typing => (canvas.theme.pencil().to_owned(), canvas.theme.unread()),
        _ if draft(chat) => (canvas.theme.draft().to_owned(), canvas.theme.quiet()),
        _ => return area,
    };
    let column = canvas.put_right(area, 0, &format!(" {badge} "), style);
    Rect { width: column, ..area }
}

/// What is worth saying beside the name: the note, else the state where its mark is not obvious.
fn remark(presence: &Presence) -> Option<String> {
    let note = presence.note.as_deref().map(text::line).filter(|note| !note.trim().is_empty());
    note.or_else(|| match presence.availability {
        Availability::Online | Availability::Offline | Availability::Unknown => None,
        Availability::OnThePhone => Some("phone".to_owned()),
        Availability::BeRightBack => Some("brb".to_owned()),
        Availability::OutToLunch => Some("lunch".to_owned()),
        other => Some(words::availability(other).to_lowercase()),
    })
}
