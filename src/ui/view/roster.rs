//! The contact list. Only the rows in view are laid out.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, accounts, cells};
use crate::app::{AccountView, App, ChatKey, Focus, GroupKey, Peer, RoomKey, Row, RowKey, top_of};
use crate::model::{AccountId, Availability, Conversation, Presence, Room, Stamp};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Most rows of a note below a name.
const MAX_NOTE: usize = 4;

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
    let all = app.rows().all();
    let unread = app.unread();
    let only = only(app);
    let count = match (titled && unread > 0, all.stale > 0) {
        (true, _) => format!("{unread} unread "),
        (_, true) => "not current ".to_owned(),
        _ if all.total() > 0 => format!("{}/{} ", all.current, all.total()),
        _ => String::new(),
    };
    let count = if titled && !only.is_empty() { format!("{only}, {count}") } else { count };
    let column = canvas.put_right(area, 0, &count, canvas.theme.quiet());
    let room = Rect { width: column.saturating_sub(1), ..area };
    let said = match only {
        _ if titled => accounts::line(canvas, usize::from(room.width.saturating_sub(1))),
        only if only.is_empty() => "Contacts".to_owned(),
        only => only,
    };
    canvas.put(room, 1, 0, &said, canvas.theme.strong());
}

/// What keeps people from being listed, besides what is typed: `work only`, `Online only`.
fn only(app: &App) -> String {
    let people = match (app.screen.online_only, app.screen.unread_only) {
        (_, true) => "Unread only",
        (true, false) => "Online only",
        (false, false) => "",
    };
    match &app.screen.account {
        None => people.to_owned(),
        Some(id) if people.is_empty() => format!("{} only", text::line(id.as_str())),
        Some(id) => format!("{}, {}", text::line(id.as_str()), people.to_lowercase()),
    }
}

/// The short names of accounts, where people of several stand in one list.
#[derive(Clone, Copy)]
struct Tags {
    /// Characters of the longest; none: they are not shown.
    most: usize,
}

impl Tags {
    fn new(app: &App, width: u16) -> Self {
        Self {
            most: if !app.is_mixed() {
                0
            } else if width < 22 {
                2
            } else {
                4
            },
        }
    }

    /// Cells they take of a row.
    fn cells(self) -> u16 {
        if self.most == 0 { 0 } else { cells(self.most) + 2 }
    }

    /// Writes one at the right edge; gives the room left of it.
    fn put(self, canvas: &mut Canvas<'_>, area: Rect, id: &AccountId) -> Rect {
        if self.most == 0 {
            return area;
        }
        let (tag, number) = canvas.app.tag(id, self.most);
        let tag = text::truncate(&text::line(&tag), self.most);
        let column = area.width.saturating_sub(self.cells());
        canvas.put(area, column + 1, 0, &tag, canvas.theme.account(number));
        Rect { width: column, ..area }
    }
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
        let [first, second] = match (app.screen.filter.is_empty(), app.screen.unread_only, app.screen.online_only) {
            (false, ..) => ["Nobody matches.", "Esc shows all."],
            (true, true, _) => ["Nothing is unread.", "u shows all."],
            (true, false, true) => ["Nobody is online.", "o shows all."],
            (true, false, false) => ["No contacts yet.", "Press a to add one."],
        };
        canvas.put(area, 1, 0, first, canvas.theme.quiet());
        canvas.put(area, 1, 1, second, canvas.theme.quiet());
        return;
    }
    let selected = app.selected_row();
    let active = app.focus == Focus::Roster && app.screen.overlay.is_none() && app.screen.answering.is_none();
    // What does not fit beside the name of the selected person gets rows of its own.
    let more = app.rows().get(selected).filter(|_| active).map(|row| cut_off(app, area, &row)).unwrap_or_default();
    let height = usize::from(area.height) - more.len();
    let top = top_of(app.screen.roster_top, selected, height, all.len());
    canvas.hits.roster_top = top;
    let mut place = Rect { height: 1, ..area };
    for (at, row) in all.from(top).take(height).enumerate() {
        one_row(canvas, place, &row);
        if at + top == selected && active && !canvas.app.screen.filtering {
            // Readers of screens follow the cursor.
            canvas.cursor = Some((place.x, place.y).into());
        }
        if at + top == selected && (active || row.key.chat().is_some()) {
            canvas.paint(place, 0, canvas.theme.selected(active));
        }
        let mut whole = place;
        for more in more.iter().filter(|_| at + top == selected) {
            place.y += 1;
            whole.height += 1;
            canvas.put(place, 4, 0, more, canvas.theme.quiet());
        }
        canvas.hits.add(whole, Target::Row(row.key));
        place.y += 1;
    }
}

/// The remark about a person, in rows, where it has no room beside the name: at most a third of the list.
fn cut_off(app: &App, area: Rect, row: &Row) -> Vec<String> {
    let RowKey::Person(peer, _) = &row.key else { return Vec::new() };
    let Some(account) = app.accounts.get(&peer.account) else { return Vec::new() };
    let Some(remark) = account.presence_of(&peer.who).and_then(|presence| remark(presence, app.now)) else { return Vec::new() };
    let talk = account.conversations.get(&peer.who);
    let badge = if talk.is_some_and(|talk| talk.unread > 0 || talk.typing) { 4 } else { 0 };
    let badge = badge + usize::from(Tags::new(app, area.width).cells());
    let name = text::width(&text::line(account.shown_name(&peer.who)));
    if indent(area) + 4 + name + text::width(&remark) + badge <= usize::from(area.width) {
        return Vec::new();
    }
    let rows = text::wrap(&remark, usize::from(area.width.saturating_sub(5)));
    rows.into_iter().take(usize::from(area.height / 3).min(MAX_NOTE)).collect()
}

const fn indent(area: Rect) -> usize {
    if area.width < 30 { 1 } else { 2 }
}

fn one_row(canvas: &mut Canvas<'_>, area: Rect, row: &Row) {
    match &row.key {
        RowKey::Account(id) => accounts::heading(canvas, area, id, row),
        RowKey::Group(_, GroupKey::Requests) => {
            let said = if row.total == 1 { "1 request".to_owned() } else { format!("{} requests", row.total) };
            canvas.put(area, 0, 0, "?", canvas.theme.quiet());
            canvas.put(area, 2, 0, &said, canvas.theme.strong());
        }
        RowKey::Group(_, group) => {
            let count = match group {
                GroupKey::Asking | GroupKey::Strangers | GroupKey::Rooms | GroupKey::Requests => format!("{} ", row.total),
                GroupKey::Named(_) | GroupKey::Ungrouped | GroupKey::Pinned => format!("{}/{} ", row.reachable, row.total),
            };
            let column = canvas.put_right(area, 0, &count, canvas.theme.quiet());
            let room = Rect { width: column, ..area };
            let from = canvas.put(room, 0, 0, canvas.theme.fold(row.folded), canvas.theme.quiet());
            canvas.put(room, from + 1, 0, &text::line(group.title()), canvas.theme.strong());
        }
        RowKey::Room(key) => {
            if let Some((account, of)) = canvas.app.accounts.get(&key.account).zip(canvas.app.room(key)) {
                room(canvas, area, account, key, of);
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
    let room = Tags::new(canvas.app, area.width).put(canvas, area, &peer.account);
    let room = badge(canvas, room, talk, &peer.clone().into());
    let room = muted(canvas, room, &peer.clone().into());
    let quiet = presence.stale || !presence.availability.is_reachable();
    let indent = cells(indent(area));
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
    if let Some(remark) = remark(presence, canvas.app.now)
        && end + 4 < room.width
    {
        canvas.put(room, end + 2, 0, &remark, canvas.theme.quiet());
    }
}

/// `  # Bob, Carol (+1)       2 `.
fn room(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, key: &RoomKey, of: &Room) {
    let room = Tags::new(canvas.app, area.width).put(canvas, area, &key.account);
    let room = badge(canvas, room, Some(&of.talk), &key.clone().into());
    let room = muted(canvas, room, &key.clone().into());
    let indent = cells(indent(area));
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

/// That nothing is told of a conversation, at the right edge; gives the room left of it.
fn muted(canvas: &mut Canvas<'_>, area: Rect, chat: &ChatKey) -> Rect {
    if !canvas.app.is_muted(chat) {
        return area;
    }
    let word = if area.width < 20 { " m " } else { " muted " };
    let column = canvas.put_right(area, 0, word, canvas.theme.quiet());
    Rect { width: column, ..area }
}

/// What is worth saying beside the name: the note, else the state where its mark is not obvious, and since
/// when today. The time of day stays true without anybody drawing it anew; an age would not.
fn remark(presence: &Presence, now: Stamp) -> Option<String> {
    let note = presence.note.as_deref().map(text::line).filter(|note| !note.trim().is_empty());
    if note.is_some() {
        return note;
    }
    let word = match presence.availability {
        Availability::Online | Availability::Unknown => return None,
        Availability::Offline => "since",
        Availability::OnThePhone => "phone",
        Availability::BeRightBack => "brb",
        Availability::OutToLunch => "lunch",
        Availability::Busy => "busy",
        Availability::Away => "away",
        Availability::Idle => "idle",
    };
    let (begin, end) = now.day_span();
    let today = presence.since.filter(|since| !presence.stale && (begin..end).contains(since));
    match today {
        Some(since) => Some(format!("{word} {}", since.clock())),
        None if presence.availability == Availability::Offline => None,
        None => Some(word.to_owned()),
    }
}
