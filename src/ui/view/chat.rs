//! The open conversation: who, what was said, who is writing, the draft.

use std::fmt::Write as _;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells, composer, welcome};
use crate::app::{AccountView, Composer, Focus, Peer, words};
use crate::model::{Conversation, Direction, Fate, Line, Presence};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Most rows the draft takes; longer ones scroll.
const MAX_DRAFT: u16 = 6;
/// Most cells of a name before a message.
const NAME: usize = 10;
/// Below this width a message begins behind the name and goes on below the time.
const NARROW: u16 = 44;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let open = app.screen.open.as_ref().and_then(|peer| app.accounts.get(&peer.account).map(|account| (account, peer)));
    let Some((account, peer)) = open else { return welcome::draw(canvas, area) };
    let mut rest = area;
    let roomy = area.height >= 10;
    if area.height >= 4 {
        header(canvas, layout::take_top(&mut rest, 1), account, peer);
        if roomy {
            let rule = layout::take_top(&mut rest, 1);
            canvas.rule_across(rule, 0, "", Style::new());
        }
    }
    let empty = Composer::default();
    let draft = app.screen.drafts.get(peer).unwrap_or(&empty);
    let rows = composer::rows(draft, area.width.saturating_sub(1)).clamp(1, MAX_DRAFT.min((area.height / 3).max(1)));
    let writing = layout::take_bottom(&mut rest, rows);
    if roomy {
        let rule = layout::take_bottom(&mut rest, 1);
        canvas.rule_across(rule, 0, "", Style::new());
    }
    // A blank column between the line and the text.
    let inset = |area: Rect| if area.width < NARROW { area } else { Rect { x: area.x + 1, width: area.width - 1, ..area } };
    let (mut rest, writing) = (inset(rest), inset(writing));
    canvas.hits.add(rest, Target::Messages);
    canvas.hits.add(writing, Target::Composer);
    let free = app.screen.overlay.is_none() && app.screen.answering.is_none();
    composer::draw(canvas, writing, draft, free && app.focus == Focus::Composer);
    let Some(talk) = account.conversations.get(&peer.who) else {
        if !rest.is_empty() && app.screen.overlay.is_none() {
            canvas.put(rest, 0, 0, "Nothing said yet. Write below, Enter sends.", canvas.theme.quiet());
        }
        return;
    };
    if talk.typing && rest.height > 2 {
        let line = layout::take_bottom(&mut rest, 1);
        let name = text::line(account.shown_name(&peer.who));
        canvas.put(line, 0, 0, &format!("{name} is writing…"), canvas.theme.quiet());
    }
    messages(canvas, rest, account, talk);
}

/// `Bob Stone  ● Online since 09:12  "on shift"`.
fn header(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, peer: &Peer) {
    let mut room = area;
    if canvas.app.screen.back > 0 {
        let said = match account.conversations.get(&peer.who).map_or(0, |talk| talk.unread) {
            0 => " older messages ".to_owned(),
            unread => format!(" {unread} new below "),
        };
        room.width = canvas.put_right(area, 0, &said, canvas.theme.unread());
    }
    let unknown = Presence::default();
    let presence = account.presence_of(&peer.who).unwrap_or(&unknown);
    let column = canvas.put(room, 1, 0, &text::line(account.shown_name(&peer.who)), canvas.theme.strong());
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

/// The time of day, and the day if it was another.
pub(super) fn since_words(since: crate::model::Stamp, now: crate::model::Stamp) -> String {
    if since.day() == now.day() { since.clock() } else { format!("{} {}", since.day(), since.clock()) }
}

/// One row of the messages.
enum Shown {
    /// A row of a message.
    Text { lead: bool, time: String, name: String, mine: bool, text: String, tick: Option<(&'static str, Style)> },
    /// What happened to the message above.
    Remark(String, Style),
    /// A line across: a day, or the mark of what is new.
    Rule(String, Style),
}

/// The messages, from the end backwards, until the area is full.
fn messages(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, talk: &Conversation) {
    if area.is_empty() {
        return;
    }
    let height = usize::from(area.height);
    let wanted = canvas.app.screen.back.saturating_add(height);
    let other = short_name(&text::line(account.shown_name(&talk.with)));
    // Rows from the last to the first.
    let mut rows: Vec<Shown> = Vec::new();
    let mark_at = talk.lines.len().checked_sub(canvas.app.screen.new_lines).filter(|_| canvas.app.screen.new_lines > 0);
    let lost = |line: &Line| matches!(line.fate, Some(Fate::Failed { .. } | Fate::Unconfirmed { .. }));
    let last_lost = talk.lines.iter().rposition(lost);
    for (at, line) in talk.lines.iter().enumerate().rev() {
        if rows.len() >= wanted {
            break;
        }
        let mut one = lay_out(canvas, line, &other, area.width, last_lost == Some(at));
        one.reverse();
        rows.append(&mut one);
        if mark_at == Some(at) {
            rows.push(Shown::Rule(format!("{} new", canvas.app.screen.new_lines), canvas.theme.unread()));
        }
        let day = line.at.day();
        let before = at.checked_sub(1).and_then(|before| talk.lines.get(before)).map(|before| before.at.day());
        if before.as_ref() != Some(&day) {
            rows.push(Shown::Rule(day, canvas.theme.quiet()));
        }
    }
    let back = canvas.app.screen.back.min(rows.len().saturating_sub(height));
    canvas.hits.back = back;
    let shown = rows.len().saturating_sub(back).min(height);
    for (up, row) in rows.iter().skip(back).take(height).enumerate() {
        draw_row(canvas, area, cells(shown - 1 - up), row, text_column(area.width, &other));
    }
}

/// The first word of a name, short enough for the column of names.
fn short_name(name: &str) -> String {
    let first = name.split([' ', '@']).find(|word| !word.is_empty()).unwrap_or(name);
    text::truncate(first, NAME)
}

/// The column where the text of a message begins.
fn text_column(width: u16, other: &str) -> u16 {
    if width < NARROW { 2 } else { 6 + cells(text::width(other).max(3)) + 2 }
}

/// One message as rows; `last_lost` = it is the last one of ours that may not have arrived.
fn lay_out(canvas: &Canvas<'_>, line: &Line, other: &str, width: u16, last_lost: bool) -> Vec<Shown> {
    let mine = line.direction == Direction::Outgoing;
    let name = if mine { "you".to_owned() } else { other.to_owned() };
    let time = line.at.clock();
    let narrow = width < NARROW;
    // Three cells at the right edge are for the tick.
    let room = usize::from(width.saturating_sub(text_column(width, other) + 3)).max(1);
    let safe = text::block(line.body.text.trim_end());
    let safe = if narrow { format!("{time} {name}  {safe}") } else { safe };
    let mut rows: Vec<Shown> = text::wrap(&safe, room)
        .into_iter()
        .enumerate()
        .map(|(at, text)| Shown::Text { lead: at == 0, time: String::new(), name: String::new(), mine, text, tick: None })
        .collect();
    if let Some(Shown::Text { time: at, name: who, .. }) = rows.first_mut().filter(|_| !narrow) {
        (*at, *who) = (time, name);
    }
    if let Some(Shown::Text { tick, .. }) = rows.last_mut().filter(|_| mine) {
        *tick = Some((canvas.theme.tick(line.fate.as_ref()), canvas.theme.fate(line.fate.as_ref())));
    }
    let mut remarks = Vec::new();
    if let Some(said) = line.fate.as_ref().and_then(words::fate) {
        remarks.push((text::line(&said), canvas.theme.fate(line.fate.as_ref())));
        if last_lost {
            remarks.push(("/resend sends it again".to_owned(), canvas.theme.quiet()));
        }
    }
    if line.delayed {
        remarks.push(("kept by the server while you were away".to_owned(), canvas.theme.quiet()));
    }
    for (said, style) in remarks {
        rows.extend(text::wrap(&said, room).into_iter().map(|row| Shown::Remark(row, style)));
    }
    rows
}

fn draw_row(canvas: &mut Canvas<'_>, area: Rect, at: u16, row: &Shown, column: u16) {
    match row {
        Shown::Rule(words, style) => canvas.rule_across(area, at, words, *style),
        Shown::Remark(words, style) => {
            canvas.put(area, column, at, words, *style);
        }
        Shown::Text { lead, time, name, mine, text, tick } => {
            if area.width < NARROW {
                canvas.put(area, if *lead { 0 } else { column }, at, text, Style::new());
            } else {
                canvas.put(area, 0, at, time, canvas.theme.quiet());
                let style = if *mine { canvas.theme.mine() } else { canvas.theme.theirs() };
                canvas.put(area, 6, at, name, style);
                canvas.put(area, column, at, text, Style::new());
            }
            if let Some((tick, style)) = tick {
                canvas.put_right(area, at, &format!("{tick} "), *style);
            }
        }
    }
}
