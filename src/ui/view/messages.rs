//! What was said in a conversation, and what happened in it: rows from the end backwards, until the
//! place is full.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, cells};
use crate::app::{AccountView, ChatKey, words};
use crate::model::{Address, Author, Conversation, Entry, Fate, Line, Room};
use crate::ui::text;

/// Most cells of a name before a message.
const NAME: usize = 10;
/// People looked at for the width of the column of names.
const LOOKED_AT: usize = 50;
/// Below this width a message begins behind the name and goes on below the time.
pub(super) const NARROW: u16 = 44;

/// One row of the messages.
enum Shown {
    /// A row of a message; `before` = what stands before the text in the same row.
    Text {
        before: String,
        time: String,
        name: String,
        mine: bool,
        text: String,
        look: Style,
        tick: Option<(&'static str, Style)>,
    },
    /// What happened to the message above.
    Remark(String, Style),
    /// What happened in the conversation: when, what.
    Happened(String, String),
    /// A line across: a day, or the mark of what is new.
    Rule(String, Style),
}

/// What every row needs to know.
struct Sheet<'a> {
    account: &'a AccountView,
    width: u16,
    /// Where the text of a message begins.
    column: u16,
}

/// The messages, from the end backwards, until the area is full.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, chat: &ChatKey, talk: &Conversation) {
    if area.is_empty() {
        return;
    }
    let height = usize::from(area.height);
    let wanted = canvas.app.screen.back.saturating_add(height);
    let sheet = Sheet { account, width: area.width, column: text_column(area.width, names_width(account, chat)) };
    // Rows from the last to the first.
    let mut rows: Vec<Shown> = Vec::new();
    let lost = |line: &Line| matches!(line.fate, Some(Fate::Failed { .. } | Fate::Unconfirmed { .. }));
    let entries: Vec<&Entry> = talk.shown().collect();
    // What did not arrive in an earlier run, and was seen, is not offered to be sent again.
    let of_this_run = talk.past.entries().len();
    let last_lost = entries.iter().rposition(|entry| entry.said().is_some_and(lost)).filter(|at| *at >= of_this_run);
    let new = canvas.app.screen.new_lines;
    let mut messages = 0;
    for (at, entry) in entries.iter().enumerate().rev() {
        if rows.len() >= wanted {
            break;
        }
        let mut one = match entry {
            Entry::Said(line) => sheet.message(canvas, line, last_lost == Some(at)),
            Entry::Happened { at, what } => {
                let name = |who: &Address| account.shown_name(who).to_owned();
                sheet.happened(&at.clock(), &text::line(&words::happening(what, name)))
            }
        };
        one.reverse();
        rows.append(&mut one);
        messages += usize::from(entry.said().is_some());
        if new > 0 && messages == new && entry.said().is_some() {
            rows.push(Shown::Rule(format!("{new} new"), canvas.theme.unread()));
        }
        let day = entry.at().day();
        let before = at.checked_sub(1).and_then(|before| entries.get(before)).map(|before| before.at().day());
        if before.as_ref() != Some(&day) {
            rows.push(Shown::Rule(day, canvas.theme.quiet()));
        }
    }
    let back = canvas.app.screen.back.min(rows.len().saturating_sub(height));
    canvas.hits.back = back;
    let shown = rows.len().saturating_sub(back).min(height);
    for (up, row) in rows.iter().skip(back).take(height).enumerate() {
        sheet.draw(canvas, area, cells(shown - 1 - up), row);
    }
}

/// The first word of a name, short enough for the column of names.
fn short_name(name: &str) -> String {
    let first = name.split([' ', '@']).find(|word| !word.is_empty()).unwrap_or(name);
    text::truncate(first, NAME)
}

/// Cells for the names of those who write there.
fn names_width(account: &AccountView, chat: &ChatKey) -> usize {
    let wide = |who: &Address| text::width(&short_name(&text::line(account.shown_name(who))));
    match chat {
        ChatKey::Person(peer) => wide(&peer.who),
        ChatKey::Room(key) => {
            let people = account.rooms.get(&key.room).map(Room::named_after).unwrap_or_default();
            people.iter().take(LOOKED_AT).map(wide).max().unwrap_or(0)
        }
    }
}

/// The column where the text of a message begins.
fn text_column(width: u16, names: usize) -> u16 {
    if width < NARROW { 2 } else { 6 + cells(names.max(3)) + 2 }
}

impl Sheet<'_> {
    /// Cells for the text; three at the right edge are for the tick.
    fn room(&self) -> usize {
        usize::from(self.width.saturating_sub(self.column + 3)).max(1)
    }

    /// One message as rows; `last_lost` = it is the last one of ours that may not have arrived.
    fn message(&self, canvas: &Canvas<'_>, line: &Line, last_lost: bool) -> Vec<Shown> {
        let (mine, name) = match &line.by {
            Author::Us => (true, "you".to_owned()),
            Author::Them(who) => (false, short_name(&text::line(self.account.shown_name(who)))),
        };
        let time = line.at.clock();
        let narrow = self.width < NARROW;
        let look = canvas.theme.look(&line.body.style);
        let safe = text::block(line.body.text.trim_end());
        let before = if narrow { format!("{time} {name}  ") } else { String::new() };
        let safe = format!("{before}{safe}");
        let mut rows: Vec<Shown> = text::wrap(&safe, self.room())
            .into_iter()
            .map(|text| {
                let (before, time, name) = (String::new(), String::new(), String::new());
                Shown::Text { before, time, name, mine, text, look, tick: None }
            })
            .collect();
        match rows.first_mut() {
            // Where there is no room even for the name, it is broken like the text.
            Some(Shown::Text { before: head, text, .. }) if narrow => {
                let rest = text.strip_prefix(&before).map(str::to_owned);
                (*head, *text) = rest.map_or_else(|| (std::mem::take(text), String::new()), |rest| (before, rest));
            }
            Some(Shown::Text { time: at, name: who, .. }) => {
                (*at, *who) = (time, text::truncate(&name, usize::from(self.column).saturating_sub(8)));
            }
            _ => {}
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
            rows.extend(text::wrap(&said, self.room()).into_iter().map(|row| Shown::Remark(row, style)));
        }
        rows
    }

    /// Something that happened, as quiet rows.
    fn happened(&self, time: &str, said: &str) -> Vec<Shown> {
        let wrapped = text::wrap(said, usize::from(self.width).saturating_sub(9).max(1));
        let mut rows: Vec<Shown> = wrapped.into_iter().map(|row| Shown::Happened(String::new(), row)).collect();
        if let Some(Shown::Happened(at, _)) = rows.first_mut() {
            time.clone_into(at);
        }
        rows
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, at: u16, row: &Shown) {
        match row {
            Shown::Rule(words, style) => canvas.rule_across(area, at, words, *style),
            Shown::Remark(words, style) => {
                canvas.put(area, self.column, at, words, *style);
            }
            Shown::Happened(time, words) => {
                canvas.put(area, 0, at, time, canvas.theme.quiet());
                canvas.put(area, 6, at, words, canvas.theme.quiet());
            }
            Shown::Text { before, time, name, mine, text, look, tick } => {
                if area.width < NARROW {
                    let begin = if before.is_empty() { self.column } else { canvas.put(area, 0, at, before, Style::new()) };
                    canvas.put(area, begin, at, text, *look);
                } else {
                    canvas.put(area, 0, at, time, canvas.theme.quiet());
                    let style = if *mine { canvas.theme.mine() } else { canvas.theme.theirs() };
                    canvas.put(area, 6, at, name, style);
                    canvas.put(area, self.column, at, text, *look);
                }
                if let Some((tick, style)) = tick {
                    canvas.put_right(area, at, &format!("{tick} "), *style);
                }
            }
        }
    }
}
