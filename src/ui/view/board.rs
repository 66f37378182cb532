//! The board: who is what since when, over the whole screen. Only the rows in view are laid out.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, accounts, cells};
use crate::app::listing::Tally;
use crate::app::{AccountView, App, Peer, Row, RowKey, Sorting, top_of, words};
use crate::model::{Availability, Presence, Stamp};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Cells of the state: the longest word; with `was` before it where there is room.
const STATE: (u16, u16) = (14, 18);
/// Cells of a time of day or a date.
const SINCE: u16 = 6;
/// Cells of an age.
const AGE: u16 = 6;
/// Characters of the short name of an account.
const TAG: usize = 4;

/// Where the columns begin, from the left; what has no room has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    name: u16,
    state: u16,
    since: u16,
    age: Option<u16>,
    note: Option<u16>,
    devices: Option<u16>,
    group: Option<u16>,
    changed: Option<u16>,
    account: Option<u16>,
}

impl Columns {
    fn new(width: u16, accounts: bool) -> Self {
        let cells = if width < 70 { STATE.0 } else { STATE.1 };
        let name = if width < 60 { width.saturating_sub(cells + SINCE + 4) } else { (width / 5).clamp(18, 32) };
        let mut at = 3 + name;
        let mut next = |cells: u16, least: u16| {
            let here = at;
            (width >= least).then(|| {
                at += cells;
                here
            })
        };
        let state = next(cells, 0).unwrap_or(0);
        let since = next(SINCE, 0).unwrap_or(0);
        let age = next(AGE, 60);
        let devices = next(4, 110);
        let changed = next(21, 130);
        let group = next(16, 90);
        let account = next(10, if accounts { 120 } else { u16::MAX });
        let note = next(0, 70);
        Self { name: 3, state, since, age, note, devices, group, changed, account }
    }

    fn titles(self) -> [(Option<u16>, &'static str); 9] {
        [
            (Some(self.name), "Name"),
            (Some(self.state), "State"),
            (Some(self.since), "Since"),
            (self.age, "For"),
            (self.devices, "Dev"),
            (self.changed, "Before"),
            (self.group, "Group"),
            (self.account, "Account"),
            (self.note, "Note"),
        ]
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let mut rest = area;
    canvas.hits.add(area, Target::Roster);
    totals(canvas, layout::take_top(&mut rest, 1));
    let columns = Columns::new(area.width, app.accounts.len() > 1);
    if area.height >= 8 {
        let line = layout::take_top(&mut rest, 1);
        for (at, title) in columns.titles() {
            if let Some(at) = at {
                canvas.put(line, at, 0, title, canvas.theme.quiet());
            }
        }
    }
    if app.screen.board.filtering || !app.screen.board.filter.is_empty() {
        let line = layout::take_bottom(&mut rest, 1);
        let typed = &app.screen.board.filter;
        let column = canvas.put(line, 0, 0, "/", canvas.theme.strong());
        let end = canvas.put(line, column, 0, &text::line(typed.text()), canvas.theme.text());
        if app.screen.board.filtering && app.screen.overlay.is_none() && end < line.width {
            canvas.cursor = Some((line.x + end, line.y).into());
        }
    }
    let rows = app.board_rows();
    let marked = app.board_row();
    if area.height >= 10
        && let Some(row) = rows.get(marked)
    {
        day(canvas, layout::take_bottom(&mut rest, 1), &row);
    }
    if rows.is_empty() {
        let said = if app.screen.board.filter.is_empty() { "Nobody is on your list." } else { "Nobody matches." };
        canvas.put(rest, 1, 0, said, canvas.theme.quiet());
        return;
    }
    let height = usize::from(rest.height);
    let top = top_of(app.screen.board.top, marked, height, rows.len());
    for (at, row) in rows.from(top).take(height).enumerate() {
        let place = Rect { y: rest.y + cells(at), height: 1, ..rest };
        one_row(canvas, place, columns, &row);
        if at + top == marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
        }
        canvas.hits.add(place, Target::Row(row.key));
    }
}

/// `Board by group  5/14  ● 2 Online  ⊘ 1 Busy`: all contacts, listed or not.
fn totals(canvas: &mut Canvas<'_>, area: Rect) {
    let board = &canvas.app.screen.board;
    let all = canvas.app.board_rows().all();
    let only = if board.online_only { ", online only" } else { "" };
    let account = canvas.app.screen.account.as_ref().map_or_else(String::new, |id| format!(", {} only", text::line(id.as_str())));
    let said = format!("Board by {}{account}{only}  {}/{}", board.sorting.word(), all.current, all.total());
    let column = canvas.put(area, 1, 0, &said, canvas.theme.strong());
    tally(canvas, area, column + 3, all, area.width >= 110);
}

/// `● 2  ⊘ 1`: how many are what.
fn tally(canvas: &mut Canvas<'_>, area: Rect, from: u16, tally: &Tally, in_words: bool) {
    let mut column = from;
    for value in Availability::ALL {
        let count = tally.of(value);
        if count == 0 {
            continue;
        }
        let word = if in_words { format!(" {}", words::availability(value)) } else { String::new() };
        let said = format!("{} {count}{word}", canvas.theme.mark(value));
        if column + cells(text::width(&said)) > area.width {
            return;
        }
        column = canvas.put(area, column, 0, &said, canvas.theme.presence(value)) + 2;
    }
    if tally.stale > 0 {
        canvas.put(area, column, 0, &format!("~ {} not current", tally.stale), canvas.theme.quiet());
    }
}

fn one_row(canvas: &mut Canvas<'_>, area: Rect, columns: Columns, row: &Row) {
    match &row.key {
        RowKey::Account(id) => accounts::heading(canvas, area, id, row),
        RowKey::Group(_, group) => {
            let from = canvas.put(area, 0, 0, canvas.theme.fold(row.folded), canvas.theme.quiet());
            let room = Rect { width: columns.state.saturating_sub(1), ..area };
            canvas.put(room, from + 1, 0, &text::line(group.title()), canvas.theme.strong());
            let count = format!("{}/{}", row.reachable, row.total);
            let column = canvas.put(area, columns.state, 0, &count, canvas.theme.quiet());
            tally(canvas, area, column.max(columns.since.saturating_sub(4)) + 2, &row.tally, false);
        }
        RowKey::Person(peer, _) => {
            if let Some(account) = canvas.app.accounts.get(&peer.account) {
                person(canvas, area, columns, account, peer);
            }
        }
        RowKey::Room(_) => {}
    }
}

fn person(canvas: &mut Canvas<'_>, area: Rect, columns: Columns, account: &AccountView, peer: &Peer) {
    let app = canvas.app;
    let unknown = Presence::default();
    let presence = account.presence_of(&peer.who).unwrap_or(&unknown);
    let quiet = canvas.theme.quiet();
    let lively = if presence.stale { quiet } else { canvas.theme.presence(presence.availability) };
    let mark = canvas.theme.mark(presence.availability);
    let account_style = |number| canvas.theme.account(number);
    let mut put = |at: Option<u16>, cells: u16, said: &str, style: Style| {
        if let Some(at) = at {
            let room = Rect { width: (at + cells).min(area.width), ..area };
            canvas.put(room, at, 0, said, style);
        }
    };
    put(Some(1), 1, mark, lively);
    let name_style = if presence.stale || !presence.availability.is_reachable() { quiet } else { Style::new() };
    // Where there is no column for it, the account stands behind the name.
    let tag = (columns.account.is_none() && app.is_mixed()).then(|| app.tag(&peer.account, TAG));
    let cells = columns.state.saturating_sub(columns.name + 1);
    let taken = tag.as_ref().map_or(0, |(tag, _)| super::cells(text::width(&text::line(tag)) + 1));
    put(Some(columns.name), cells.saturating_sub(taken), &text::line(account.shown_name(&peer.who)), name_style);
    if let Some((tag, number)) = tag {
        put(Some((columns.name + cells + 1).saturating_sub(taken)), taken, &text::line(&tag), account_style(number));
    }
    // What is old, and what is not known, is said and not only shown.
    let word = words::availability(presence.availability);
    let known = presence.availability != Availability::Unknown;
    let word = if presence.stale && known { format!("was {word}") } else { word.to_owned() };
    put(Some(columns.state), columns.since.saturating_sub(columns.state + 1), &word, lively);
    if let Some(since) = presence.since {
        put(Some(columns.since), SINCE, &since_words(since, app.now), quiet);
        put(columns.age, AGE, &words::age(since, app.now), quiet);
    }
    if presence.devices.len() > 1 {
        put(columns.devices, 3, &presence.devices.len().to_string(), quiet);
    }
    if let Some(change) = app.today.last(peer, app.now).filter(|_| columns.changed.is_some()) {
        let said = format!("{} {}", change.at.clock(), words::availability(change.before));
        put(columns.changed, 20, &said, quiet);
    }
    let groups = account.roster.contact(&peer.who).map_or(&[][..], |contact| &contact.groups);
    if app.screen.board.sorting != Sorting::Group || groups.len() > 1 {
        put(columns.group, 15, &text::line(&groups.join(", ")), quiet);
    }
    put(columns.account, 9, &text::line(peer.account.as_str()), quiet);
    if let Some(note) = presence.note.as_deref() {
        put(columns.note, area.width, &text::line(note), Style::new());
    }
}

/// `Bob Stone today: Online  11:40 Away`; what happened last is what is seen.
fn day(canvas: &mut Canvas<'_>, area: Rect, row: &Row) {
    let RowKey::Person(peer, _) = &row.key else { return };
    let app = canvas.app;
    let Some(account) = app.accounts.get(&peer.account) else { return };
    let name = text::truncate(&text::line(account.shown_name(&peer.who)), usize::from(area.width) / 3);
    let column = canvas.put(area, 1, 0, &format!("{name} today: "), canvas.theme.strong());
    let room = usize::from(area.width.saturating_sub(column + 1));
    canvas.put(area, column, 0, &fitting_day(app, peer, room), canvas.theme.text());
}

/// The day of a person in so many cells: the last changes of it, `…` where there were more.
pub(super) fn fitting_day(app: &App, peer: &Peer, room: usize) -> String {
    let count = app.today.of(peer, app.now).count();
    for skip in 0..count {
        let Some(said) = words::day(app.today.of(peer, app.now).skip(skip)) else { break };
        let said = if skip > 0 { format!("… {said}") } else { said };
        if text::width(&said) <= room || skip + 1 == count {
            return said;
        }
    }
    "no change seen".to_owned()
}

/// The time of day, or the date of an earlier day.
fn since_words(since: Stamp, now: Stamp) -> String {
    let (begin, end) = now.day_span();
    if (begin..end).contains(&since) {
        return since.clock();
    }
    since.day().split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ")
}
