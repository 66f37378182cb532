//! The open conversation: who is in it, who is writing, the draft; around what was said.

use std::fmt::Write as _;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::composer::{self, Written};
use super::{Canvas, cells, commands, completion, messages, welcome};
use crate::app::{AccountView, ChatKey, Composer, Focus, NoteLevel, Pane, PaneId, Peer, Search, Way, keys, look, words};
use crate::model::{Presence, Room, TextStyle};
use crate::ui::hit::Target;
use crate::ui::layout::{self, Place, Plan};
use crate::ui::text;

/// Most rows the draft takes; longer ones scroll.
const MAX_DRAFT: u16 = 6;

/// Most rows of what stands above every conversation, and the rows of a pane below which it takes one.
const WARNING: u16 = 2;
const HIGH: u16 = 14;

/// All panes that are shown, and the lines between them.
pub(super) fn panes(canvas: &mut Canvas<'_>, plan: &Plan) {
    for border in &plan.borders {
        match border.way {
            Way::Beside => canvas.rule_down(border.area),
            Way::Below => canvas.rule_across(border.area, 0, "", Style::new()),
        }
        canvas.hits.add(border.area, Target::Border(border.behind, border.way));
        canvas.hits.divided.push((border.behind, border.way, border.whole));
    }
    let mark = hidden_panes(canvas, plan);
    for place in &plan.panes {
        draw(canvas, *place, plan.panes.len() > 1, &mark);
    }
    if let Some(above) = canvas.hits.area_of(&Target::Messages(canvas.app.screen.panes.focused_id())) {
        commands::draw(canvas, above);
    }
}

/// Of panes of which only one is shown: which that is, and the way to the next; empty if all are.
fn hidden_panes(canvas: &Canvas<'_>, plan: &Plan) -> String {
    let app = canvas.app;
    let Some((at, of)) = plan.one_of(&app.screen.panes) else { return String::new() };
    let roomy = plan.panes.first().is_some_and(|place| place.area.width >= 50);
    match app.keys.within(&keys::contexts(app), "pane.next").filter(|_| roomy) {
        Some(next) => format!("  pane {at} of {of}, {} next ", next.shown()),
        None => format!("  pane {at} of {of} "),
    }
}

/// One pane; `beside` = there are others, `mark` = what is said of those that are not shown.
fn draw(canvas: &mut Canvas<'_>, place: Place, beside: bool, mark: &str) {
    let Place { id, area } = place;
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let empty = Pane::default();
    let pane = app.screen.panes.get(id).unwrap_or(&empty);
    let focused = id == app.screen.panes.focused_id();
    let Some((account, chat)) = pane.chat.as_ref().and_then(|chat| Some((app.accounts.get(chat.account())?, chat))) else {
        canvas.hits.add(area, Target::Messages(id));
        return welcome::draw(canvas, area);
    };
    let mut rest = area;
    let roomy = area.height >= 10;
    if area.height >= 4 {
        let line = layout::take_top(&mut rest, 1);
        canvas.hits.add(line, Target::Header(id));
        let end = canvas.put_right(line, 0, mark, canvas.theme.quiet());
        header(canvas, Rect { width: end.min(line.width), ..line }, account, chat, focused || !beside);
        warning(canvas, &mut rest, area.height);
        if roomy {
            let rule = layout::take_top(&mut rest, 1);
            canvas.rule_across(rule, 0, "", Style::new());
        }
    }
    let empty = Composer::default();
    let draft = app.screen.drafts.get(chat).unwrap_or(&empty);
    let searching = app.screen.search.as_ref().is_some_and(|search| focused && search.chat == *chat);
    let empty_line = Composer::default();
    let columns = if area.width < messages::NARROW { area.width } else { area.width - 1 };
    let written = Written::new(if searching { &empty_line } else { draft }, columns);
    let writing = layout::take_bottom(&mut rest, written.height().clamp(1, MAX_DRAFT.min((area.height / 3).max(1))));
    if roomy {
        let rule = layout::take_bottom(&mut rest, 1);
        canvas.rule_across(rule, 0, "", Style::new());
    }
    // A blank column between the line and the text.
    let inset =
        |area: Rect| if area.width < messages::NARROW { area } else { Rect { x: area.x + 1, width: area.width - 1, ..area } };
    let (mut rest, writing) = (inset(rest), inset(writing));
    let above = rest;
    canvas.hits.add(rest, Target::Messages(id));
    canvas.hits.add(writing, Target::Composer(id));
    let free = app.screen.overlay.is_none() && app.screen.answering.is_none();
    // What is written is shown as it will arrive, where looks arrive.
    let look = if account.can(|able| able.sessions) { app.look } else { TextStyle::default() };
    let search = app.screen.search.as_ref().filter(|search| focused && search.chat == *chat);
    let label = if look == TextStyle::default() { String::new() } else { format!("{} ", look::write(&look)) };
    let style = canvas.theme.look(&look);
    let active = free && focused && app.focus == Focus::Composer;
    match search {
        Some(search) => searched(canvas, writing, search),
        None => composer::draw(canvas, writing, (draft, &written), (style, &label), active),
    }
    if focused {
        canvas.hits.columns = Some(composer::width(writing.width));
    }
    said(canvas, &mut rest, (id, pane), account, chat);
    if let Some(list) = app.screen.writing.list.as_ref().filter(|_| free && focused) {
        completion::draw(canvas, above, list);
    }
}

/// What administrators have stand above every conversation: two rows where there is room, else one.
fn warning(canvas: &mut Canvas<'_>, rest: &mut Rect, height: u16) {
    let Some(warning) = canvas.app.warning().filter(|_| height > 4) else { return };
    let safe = text::line(warning);
    let width = usize::from(rest.width.saturating_sub(2)).max(1);
    let rows = text::wrap(&safe, width);
    let most = if height < HIGH { 1 } else { WARNING };
    let place = layout::take_top(rest, cells(rows.len()).min(most));
    let style = canvas.theme.strong().patch(canvas.theme.note(NoteLevel::Warning));
    for at in 0..place.height {
        let last = at + 1 == place.height;
        // The last row goes on with all that is left, and is cut at the edge.
        let said =
            rows.iter().skip(usize::from(at)).take(if last { rows.len() } else { 1 }).cloned().collect::<Vec<_>>().join(" ");
        canvas.put(place, 1, at, &text::truncate(&said, width), style);
    }
}

/// What was said in a conversation, and who is writing.
fn said(canvas: &mut Canvas<'_>, rest: &mut Rect, (id, pane): (PaneId, &Pane), account: &AccountView, chat: &ChatKey) {
    let app = canvas.app;
    let Some(talk) = app.conversation(chat).filter(|talk| talk.shown().next().is_some() || talk.typing) else {
        if !rest.is_empty() && app.screen.overlay.is_none() {
            canvas.put(*rest, 0, 0, "Nothing said yet. Write below, Enter sends.", canvas.theme.quiet());
        }
        return;
    };
    if talk.typing
        && rest.height > 2
        && let Some(peer) = chat.person()
    {
        let line = layout::take_bottom(rest, 1);
        let name = text::line(account.shown_name(&peer.who));
        canvas.put(line, 0, 0, &format!("{name} is writing…"), canvas.theme.quiet());
    }
    messages::draw(canvas, *rest, (id, pane), account, chat, talk);
}

/// `/words  3/17`, where the draft else is.
fn searched(canvas: &mut Canvas<'_>, area: Rect, search: &Search) {
    let count = match (search.hits.len(), search.line.is_empty()) {
        (_, true) => String::new(),
        (0, false) => " nothing found".to_owned(),
        (count, false) => format!(" {}/{count}", search.at + 1),
    };
    let edge = canvas.put_right(area, 0, &count, canvas.theme.quiet());
    canvas.put(area, 0, 0, "/", canvas.theme.strong());
    let room = Rect { x: area.x + 1.min(area.width), width: edge.saturating_sub(1), height: area.height.min(1), ..area };
    if search.typing {
        composer::line(canvas, room, &search.line);
    } else {
        canvas.put(room, 0, 0, &text::line(search.line.text()), Style::new());
    }
}

/// Who it is with, and how they are; what is new, where the keyboard is not.
fn header(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, chat: &ChatKey, focused: bool) {
    let mut room = area;
    let unread = canvas.app.conversation(chat).map_or(0, |talk| talk.unread);
    if !focused && unread > 0 {
        room.width = canvas.put_right(area, 0, &format!(" {unread} new "), canvas.theme.unread());
    }
    if canvas.app.accounts.len() > 1 {
        // The same person may be known to another account too.
        let (tag, number) = canvas.app.tag(chat.account(), 8);
        room.width = canvas.put_right(room, 0, &format!(" {} ", text::line(&tag)), canvas.theme.account(number));
    }
    match chat {
        ChatKey::Person(peer) => person(canvas, room, account, peer, focused),
        ChatKey::Room(key) => {
            if let Some(of) = account.rooms.get(&key.room) {
                several(canvas, room, account, of, focused);
            }
        }
    }
}

/// The name of the conversation stands out where the keyboard is.
fn title(canvas: &Canvas<'_>, focused: bool) -> Style {
    if focused { canvas.theme.strong() } else { canvas.theme.quiet() }
}

/// `Bob Stone  ● Online since 09:12  "on shift"`.
fn person(canvas: &mut Canvas<'_>, room: Rect, account: &AccountView, peer: &Peer, focused: bool) {
    let unknown = Presence::default();
    let presence = account.presence_of(&peer.who).unwrap_or(&unknown);
    let column = canvas.put(room, 1, 0, &text::line(account.shown_name(&peer.who)), title(canvas, focused));
    let column =
        canvas.put(room, column + 2, 0, canvas.theme.mark(presence.availability), canvas.theme.presence(presence.availability));
    let mut said = words::availability(presence.availability).to_owned();
    if presence.stale {
        said.push_str(" when last heard of");
    } else if let Some(since) = presence.since {
        let _ = write!(said, " since {}", since_words(since, canvas.app.now));
    }
    if let Some(note) = presence.note.as_deref().map(text::line).filter(|note| !note.trim().is_empty()) {
        let _ = write!(said, "  \"{note}\"");
    }
    let column = canvas.put(room, column + 1, 0, &said, Style::new());
    if account.roster.contact(&peer.who).is_none() {
        canvas.put(room, column + 2, 0, "not on your list: /add", canvas.theme.quiet());
    }
}

/// `# Bob Stone, Carla Diaz, zoe@example.test`, or shorter where there is no room for all.
fn several(canvas: &mut Canvas<'_>, room: Rect, account: &AccountView, of: &Room, focused: bool) {
    let state = if of.over { "over: /close takes it off the list" } else { "" };
    let column = canvas.put(room, 1, 0, canvas.theme.room(), canvas.theme.quiet());
    let free = usize::from(room.width.saturating_sub(column + 2)).saturating_sub(text::width(state) + 2);
    // Nobody reads a longer list than fits; names are looked up only as far as that.
    let people = of.named_after();
    let names: Vec<String> = people.iter().take(free / 2 + 1).map(|who| text::line(account.shown_name(who))).collect();
    let whole = names.join(", ");
    let fits = names.len() == people.len() && text::width(&whole) <= free && !whole.is_empty();
    let said = if fits { whole } else { text::line(&account.room_name(of)) };
    let column = canvas.put(room, column + 1, 0, &said, title(canvas, focused));
    canvas.put(room, column + 2, 0, state, canvas.theme.quiet());
}

/// The time of day, and the day if it was another.
pub(super) fn since_words(since: crate::model::Stamp, now: crate::model::Stamp) -> String {
    if since.day() == now.day() { since.clock() } else { format!("{} {}", since.day(), since.clock()) }
}
