//! What was said in a conversation, and what happened in it: the rows from where one reads until the
//! place is full. What lies above and below is not laid out.

mod place;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::passage::{Inks, Kind, Passage};
use super::{Canvas, cells, pointing};
use crate::app::{AccountView, Anchor, App, ChatKey, Focus, Pane, PaneId, Query, words};
use crate::model::{AccountId, Address, Author, Conversation, Entry, Fate, Happening, Line, Room};
use crate::ui::hit::{Target, TextAt};
use crate::ui::layout;
use crate::ui::text;
use crate::ui::theme::Theme;

/// Most cells of a name before a message.
const NAME: usize = 10;
/// People looked at for the width of the column of names.
const LOOKED_AT: usize = 50;
/// Below this width a message begins behind the name and goes on below the time.
pub(super) const NARROW: u16 = 44;
/// Milliseconds within which messages of one person stand under one name.
const TOGETHER: u128 = 5 * 60 * 1_000;
/// Rows below which nothing is said of newer messages.
const ROOMY: u16 = 3;

/// One row of the messages.
enum Shown {
    /// A row of a message.
    Text(TextRow),
    /// What happened to the message above.
    Remark(String, Style),
    /// What happened in the conversation: when, what.
    Happened(String, String),
    /// A line across: a day, or the mark of what is new.
    Rule(String, Style),
}

/// A row of the text of a message.
struct TextRow {
    passage: Rc<Passage>,
    part: Range<usize>,
    kind: Kind,
    look: Style,
    /// In the first row: when, and by whom.
    head: Option<Head>,
    /// In the last row of one of ours: what became of it.
    tick: Option<(&'static str, Style)>,
}

/// What stands before a message.
struct Head {
    time: String,
    name: String,
    style: Style,
    /// The message above is by the same person: the name is not said again.
    again: bool,
}

/// An entry as rows, of which so many stand above it.
struct Block {
    rows: Vec<Shown>,
    above: usize,
}

/// What every row needs to know.
struct Sheet<'a> {
    app: &'a App,
    theme: &'a Theme,
    id: &'a AccountId,
    account: &'a AccountView,
    talk: &'a Conversation,
    pane: &'a Pane,
    width: u16,
    /// Where the text of a message begins.
    column: u16,
    /// Several people write here: they are told apart by colours too.
    several: bool,
    /// Names by which we are called, and words that are watched for.
    called: Vec<&'a str>,
    query: Option<Query>,
    /// The last message that may not have arrived, if it is near the end.
    lost: Option<i64>,
    /// Entries laid out for this frame.
    blocks: RefCell<BTreeMap<i64, Rc<Block>>>,
}

/// The messages from where one reads until the area is full.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (id, pane): (PaneId, &Pane),
    account: &AccountView,
    chat: &ChatKey,
    talk: &Conversation,
) {
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let focused = id == app.screen.panes.focused_id();
    let choosing = focused && app.focus == Focus::Messages;
    let search = app.screen.search.as_ref().filter(|search| focused && search.chat == *chat);
    let lost = |number: &i64| {
        matches!(talk.line(*number), Some(Line { fate: Some(Fate::Failed { .. } | Fate::Unconfirmed { .. }), .. }))
    };
    // What did not arrive in an earlier run, and was seen, is not offered to be sent again.
    let near = talk.end().saturating_sub(i64::from(area.height)).max(talk.first);
    let sheet = Sheet {
        app,
        theme: canvas.theme,
        id: chat.account(),
        account,
        talk,
        pane,
        width: area.width,
        column: text_column(area.width, names_width(account, chat)),
        several: matches!(chat, ChatKey::Room(_)),
        called: app.names(chat.account()),
        query: search.and_then(|search| Query::read(search.line.text())),
        lost: talk.numbers(near..talk.end()).rev().find(lost),
        blocks: RefCell::default(),
    };
    let (place, top) = sheet.resolve(pane.place, area.height, choosing);
    if place != pane.place {
        canvas.hits.places.push((id, pane.place, place));
    }
    let mut rest = area;
    if place.anchor.is_some() && area.height >= ROOMY {
        let line = layout::take_bottom(&mut rest, 1);
        let last = sheet.down(top, usize::from(rest.height.saturating_sub(1)));
        newer(canvas, line, id, talk.end().saturating_sub(1).saturating_sub(last.entry), talk.unread);
    }
    let selected = place.cursor.filter(|_| choosing);
    sheet.put_rows(canvas, rest, id, top, selected);
    canvas.hits.laid_out += sheet.blocks.borrow().len();
    pointing::mark_dragged(canvas, rest, id);
    if focused {
        pointing::hints(canvas, rest, id);
    }
}

/// `▼ 12 newer, 2 unread`, where the end is not in view.
fn newer(canvas: &mut Canvas<'_>, line: Rect, id: PaneId, newer: i64, unread: usize) {
    let sign = canvas.theme.below();
    let said = match (newer, unread) {
        (..=0, 0) => format!("{sign} more"),
        (..=0, unread) => format!("{sign} {unread} unread"),
        (newer, 0) => format!("{sign} {newer} newer"),
        (newer, unread) => format!("{sign} {newer} newer, {unread} unread"),
    };
    let style = if unread > 0 { canvas.theme.unread() } else { canvas.theme.quiet() };
    canvas.put(line, 0, 0, &said, style);
    let hint = if canvas.app.focus == Focus::Messages { "End goes there " } else { "Ctrl-End goes there " };
    if usize::from(line.width) > text::width(&said) + text::width(hint) + 2 {
        canvas.put_right(line, 0, hint, canvas.theme.quiet());
    }
    canvas.hits.add(line, Target::Newer(id));
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

/// Entries as rows.
impl Sheet<'_> {
    /// Cells for the text; three at the right edge are for the tick.
    fn room(&self) -> usize {
        usize::from(self.width.saturating_sub(self.column + 3)).max(1)
    }

    /// An entry with the lines that stand above it.
    fn lay_out(&self, number: i64) -> Block {
        let Some(entry) = self.talk.entry(number) else { return Block { rows: Vec::new(), above: 0 } };
        let before = number.checked_sub(1).and_then(|before| self.talk.entry(before));
        let day = entry.at().day();
        let mut rows = Vec::new();
        if before.map(|before| before.at().day()).as_ref() != Some(&day) {
            rows.push(Shown::Rule(day, self.theme.quiet()));
        }
        if self.pane.mark == Some(number) {
            rows.push(Shown::Rule(format!("{} new", self.pane.new_lines), self.theme.unread()));
        }
        let above = rows.len();
        match entry {
            Entry::Said(line) => {
                let again = above == 0 && before.and_then(Entry::said).is_some_and(|before| together(before, line));
                rows.extend(self.message(number, line, again));
            }
            Entry::Happened { at, what } => {
                let name = |who: &Address| self.account.shown_name(who).to_owned();
                let file = |id| words::file(self.account, id) + &self.app.how_to_view(self.id, id).unwrap_or_default();
                rows.extend(self.happened(&at.clock(), &text::line(&words::happening(what, name, file))));
            }
        }
        Block { rows, above }
    }

    /// One message as rows; `again` = the one above is by the same person.
    fn message(&self, number: i64, line: &Line, again: bool) -> Vec<Shown> {
        let (mine, name, style) = match &line.by {
            Author::Us => (true, "you".to_owned(), self.theme.mine()),
            Author::Them(who) => {
                let style = if self.several { self.theme.sender(who.as_str()) } else { self.theme.theirs() };
                (false, short_name(&text::line(self.account.shown_name(who))), style)
            }
        };
        let called: &[&str] = if mine { &[] } else { &self.called };
        let passage = Rc::new(Passage::of(self.app, &line.body.text, called, self.query.as_ref()));
        let head = Head { time: line.at.clock(), name: text::truncate(&name, self.name_room()), style, again };
        let look = self.theme.look(&line.body.style);
        let rows = passage.rows(self.lead(&head), self.room());
        let (count, mut head) = (rows.len(), Some(head));
        let tick = mine.then(|| (self.theme.tick(line.fate.as_ref()), self.theme.fate(line.fate.as_ref())));
        let text = rows.into_iter().enumerate().map(|(n, (part, kind))| {
            let tick = tick.filter(|_| n + 1 == count);
            Shown::Text(TextRow { passage: Rc::clone(&passage), part, kind, look, head: head.take(), tick })
        });
        let mut rows: Vec<Shown> = text.collect();
        let mut remarks = Vec::new();
        if let Some(said) = line.fate.as_ref().and_then(words::fate) {
            remarks.push((text::line(&said), self.theme.fate(line.fate.as_ref())));
            if self.lost == Some(number) {
                remarks.push(("/resend sends it again".to_owned(), self.theme.quiet()));
            }
        }
        if line.fate == Some(Fate::Queued) && !self.account.is_online() {
            remarks.push(("waits until you are signed in; /unsend takes it back".to_owned(), self.theme.quiet()));
        }
        if line.delayed {
            remarks.push(("kept by the server while you were away".to_owned(), self.theme.quiet()));
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

    fn is_narrow(&self) -> bool {
        self.width < NARROW
    }

    /// Cells for a name.
    fn name_room(&self) -> usize {
        if self.is_narrow() { self.room().saturating_sub(8).clamp(1, NAME) } else { usize::from(self.column).saturating_sub(8) }
    }

    /// Cells of the first row of a message before its text, where the text has no column of its own.
    fn lead(&self, head: &Head) -> usize {
        if !self.is_narrow() {
            0
        } else if head.again {
            6
        } else {
            6 + text::width(&head.name) + 2
        }
    }
}

/// Whether two messages, one after the other, stand under one name.
fn together(before: &Line, line: &Line) -> bool {
    before.by == line.by && before.at.age(line.at).as_millis() < TOGETHER && before.at <= line.at
}

/// Rows into cells.
impl Sheet<'_> {
    fn put_rows(&self, canvas: &mut Canvas<'_>, area: Rect, id: PaneId, top: Anchor, selected: Option<i64>) {
        let (mut at, mut y, mut named) = (top, 0, false);
        while y < area.height && at.entry < self.talk.end() {
            let block = self.block(at.entry);
            let from = y;
            for row in block.rows.iter().skip(at.row).take(usize::from(area.height - y)) {
                if let Shown::Text(row) = row {
                    let first = !std::mem::replace(&mut named, true);
                    self.put_text(canvas, area, y, row, (id, at.entry), (first, selected == Some(at.entry)));
                } else {
                    self.put_other(canvas, area, y, row);
                }
                y += 1;
            }
            let place = Rect { y: area.y + from, height: y - from, ..area };
            match self.talk.entry(at.entry) {
                Some(Entry::Said(_)) => canvas.hits.add(place, Target::Message(id, at.entry)),
                Some(Entry::Happened { what: Happening::File(file), .. }) if self.app.how_to_view(self.id, *file).is_some() => {
                    canvas.hits.add(place, Target::File(id, self.id.clone(), *file));
                }
                _ => {}
            }
            if selected == Some(at.entry) && canvas.app.screen.overlay.is_none() && !canvas.app.types_search() {
                let above = cells(block.above.saturating_sub(at.row)).min((y - from).saturating_sub(1));
                canvas.cursor = Some((area.x, area.y + from + above).into());
            }
            at = Anchor { entry: at.entry + 1, row: 0 };
        }
    }

    fn put_other(&self, canvas: &mut Canvas<'_>, area: Rect, y: u16, row: &Shown) {
        match row {
            Shown::Rule(words, style) => canvas.rule_across(area, y, words, *style),
            Shown::Remark(words, style) => {
                canvas.put(area, self.column, y, words, *style);
            }
            Shown::Happened(time, words) => {
                canvas.put(area, 0, y, time, canvas.theme.quiet());
                canvas.put(area, 6, y, words, canvas.theme.quiet());
            }
            Shown::Text(_) => {}
        }
    }

    /// A row of text; `first` = there is none above it on the screen.
    fn put_text(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        y: u16,
        row: &TextRow,
        (id, number): (PaneId, i64),
        (first, selected): (bool, bool),
    ) {
        let theme = canvas.theme;
        let mut x = self.column;
        if let Some(head) = &row.head {
            // The time of the selected message stands out; the cursor of the terminal stands there too.
            let time = if selected { theme.selected(true) } else { theme.quiet() };
            canvas.put(area, 0, y, &head.time, time);
            if self.is_narrow() {
                if !head.again {
                    canvas.put(area, 6, y, &head.name, head.style);
                }
                x = cells(self.lead(head));
            } else if !head.again || first {
                canvas.put(area, 6, y, &head.name, head.style);
            }
        }
        let base = match row.kind {
            Kind::Plain | Kind::Code => row.look,
            Kind::Quote => row.look.patch(theme.quiet()),
        };
        let inks = Inks { link: theme.link(), name: theme.mention(), hit: theme.found() };
        let begin = x;
        for (piece, style) in row.passage.pieces(row.part.clone(), base, &inks) {
            x = canvas.put(area, x, y, &text::narrowed(piece, self.room()), style);
        }
        let place = Rect { x: area.x + begin, y: area.y + y, width: x.saturating_sub(begin), height: 1 };
        let stranger = self.is_strange(number);
        pointing::note_links(canvas, place, (id, number), &row.passage, &row.part, stranger);
        canvas.hits.texts.push(TextAt { pane: id, number, place, safe: Rc::clone(&row.passage.safe), part: row.part.clone() });
        if let Some((tick, style)) = row.tick {
            canvas.put_right(area, y, &format!("{tick} "), style);
        }
    }

    /// Whether somebody who is not on the list wrote a message.
    fn is_strange(&self, number: i64) -> bool {
        self.talk.line(number).is_some_and(|line| match &line.by {
            Author::Us => false,
            Author::Them(who) => self.account.roster.contact(who).is_none(),
        })
    }
}
