//! Reading: where one is in a conversation, the message that is selected and what is done with it, links.

use std::fmt::Write as _;

use super::{compose, overlay, searching};
use crate::app::link_rules::may_open;
use crate::app::links::{doubts, person, plain};
use crate::app::{
    AccountView, Anchor, App, ChatKey, Clicked, Dragged, Effect, Effects, Focus, Hinting, LinkDoubt, Overlay, Pane, PaneId,
    Place, Pointed, Purpose, Reading, Step, links,
};
use crate::backend::NoticeLevel;
use crate::model::{Author, Conversation, Fate, Line, Stamp};
use crate::policy::{Denial, LinkRule};

/// Milliseconds between two clicks that are one wish.
const DOUBLE: u128 = 400;
/// Conversations of which it is remembered where one was.
const MAX_LEFT: usize = 500;
/// Lines of a message that are quoted, and messages looked through for links.
const MAX_QUOTE: usize = 20;
const LOOKED_AT: usize = 500;

/// Does what the user wants with what was said.
pub(super) fn act(app: &mut App, what: Reading, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    match what {
        Reading::Select => select(app),
        Reading::Step(step) => step_to(app, step),
        Reading::Copy => copy(app, false, effects),
        Reading::CopyWhole => copy(app, true, effects),
        Reading::Reply => reply(app, at, effects),
        Reading::Enter if selected_links(app) == 0 => details(app),
        Reading::Enter | Reading::OpenLink => choose_link(app, effects),
        Reading::Details => details(app),
        Reading::Resend => resend(app, at, effects),
        Reading::Unread => unread(app, effects),
        Reading::Links => hint(app, effects),
        Reading::Hint(letter) => {
            if let Some(hinting) = &mut app.screen.hinting {
                hinting.typed.push(letter);
            }
        }
        Reading::HintCopies => {
            if let Some(hinting) = &mut app.screen.hinting {
                hinting.copies = !hinting.copies;
            }
        }
        Reading::Follow(pointed) => follow(app, pointed, at, effects),
        Reading::Search => searching::begin(app, effects),
        Reading::NextHit(on) => searching::next(app, on, effects),
        Reading::History(words) => searching::everywhere(app, words.as_deref(), effects),
        Reading::Pick(pane, number) => pick(app, pane, number, at),
        Reading::Press(column, row) => app.screen.dragged = Some(Dragged { from: (column, row), to: (column, row) }),
        Reading::Drag(column, row) => {
            if let Some(dragged) = &mut app.screen.dragged {
                dragged.to = (column, row);
            }
        }
        Reading::Release(text) => {
            app.screen.dragged = None;
            if !text.is_empty() {
                to_clipboard(app, &text, "copied what was marked", effects);
            }
        }
    }
}

/// What the last frame showed of the places. One that has moved on since is left alone.
pub(super) fn shown(app: &mut App, places: Vec<(PaneId, Place, Place)>) {
    for (id, from, to) in places {
        if let Some(pane) = app.screen.panes.get_mut(id).filter(|pane| pane.place == from) {
            pane.place = to;
        }
    }
}

/// The conversation in the focused pane gives way to another.
pub(super) fn leave(app: &mut App) {
    let pane = app.screen.pane().clone();
    let Some(chat) = pane.chat else { return };
    match pane.place.anchor {
        Some(anchor) => {
            if app.screen.left_at.len() >= MAX_LEFT {
                app.screen.left_at.pop_first();
            }
            app.screen.left_at.insert(chat, anchor);
        }
        None => drop(app.screen.left_at.remove(&chat)),
    }
}

/// A pane that shows a conversation: from the first message that is not read, where those may not all
/// fit; else where one was when it was left.
pub(super) fn pane_for(app: &App, chat: &ChatKey) -> Pane {
    let empty = Pane { chat: Some(chat.clone()), ..Pane::default() };
    let Some(talk) = app.conversation(chat) else { return empty };
    match talk.number_from_end(talk.unread).filter(|_| talk.unread > 0) {
        Some(first) if !fits(app, talk, first) => {
            Pane { place: Place::from(first), mark: Some(first), new_lines: talk.unread, ..empty }
        }
        Some(_) => empty,
        None => {
            let known = |anchor: &&Anchor| talk.entry(anchor.entry).is_some();
            let anchor = app.screen.left_at.get(chat).filter(known).copied();
            Pane { place: Place { anchor, ..Place::END }, ..empty }
        }
    }
}

/// Whether everything from an entry on fits on the screen for certain. How high it really is, drawing knows.
fn fits(app: &App, talk: &Conversation, first: i64) -> bool {
    if app.screen.panes.count() > 1 && !app.screen.panes.is_zoomed() {
        return false;
    }
    let room = usize::from(app.size.0 / 3).max(8);
    let warning = if app.policy.screen().warning.is_some() { 2 } else { 0 };
    let free = usize::from(app.size.1).saturating_sub(9 + warning);
    let rows = |number: i64| match talk.line(number) {
        // Of two rows more than one is full; a day and a remark may stand with each.
        Some(line) => {
            2 * line.body.text.len() / room + line.body.text.matches(['\n', '\t']).count() + 2 + 2 * usize::from(line.delayed)
        }
        None => 3,
    };
    let mut used = 1;
    for number in first..talk.end() {
        used += rows(number);
        if used > free {
            return false;
        }
    }
    true
}

/// The keyboard to the messages. At the end the last one is selected, else one that is in view.
pub(super) fn select(app: &mut App) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let last = app.conversation(&chat).and_then(|talk| talk.number_from_end(1));
    app.focus = Focus::Messages;
    app.dirty = true;
    let place = &mut app.screen.pane_mut().place;
    (place.cursor, place.reveal) = (None, false);
    if let Some(last) = last.filter(|_| place.at_end()) {
        place.select(last);
    }
}

/// The selected message: its conversation and number. Where none is, the last.
pub(super) fn selected(app: &App) -> Option<(&ChatKey, i64)> {
    let chat = app.screen.open()?;
    let talk = app.conversation(chat)?;
    let cursor = app.screen.pane().place.cursor.filter(|number| app.focus == Focus::Messages && talk.line(*number).is_some());
    Some((chat, cursor.or_else(|| talk.number_from_end(1))?))
}

fn selected_line(app: &App) -> Option<&Line> {
    let (chat, number) = selected(app)?;
    app.conversation(chat)?.line(number)
}

/// The numbers of what was looked up of a conversation moved on by this much.
pub(super) fn renumbered(app: &mut App, chat: &ChatKey, by: i64) {
    let own = app.conversation(chat).map_or(0, |talk| talk.first);
    let moved = |number: &mut i64| {
        if *number + by < own {
            *number += by;
        }
    };
    for (_, pane) in app.screen.panes.iter_mut().filter(|(_, pane)| pane.chat.as_ref() == Some(chat)) {
        pane.place.anchor.iter_mut().for_each(|anchor| moved(&mut anchor.entry));
        pane.place.cursor.iter_mut().for_each(moved);
        pane.mark.iter_mut().for_each(moved);
    }
    if let Some(search) = app.screen.search.as_mut().filter(|search| search.chat == *chat) {
        search.hits.iter_mut().for_each(moved);
    }
    app.screen.left_at.get_mut(chat).into_iter().for_each(|anchor| moved(&mut anchor.entry));
}

fn step_to(app: &mut App, step: Step) {
    let Some((chat, number)) = selected(app) else {
        app.focus = if step == Step::Down { Focus::Composer } else { app.focus };
        return;
    };
    let Some(talk) = app.conversation(chat) else { return };
    let (oldest, end) = (talk.oldest(), talk.end());
    let next = match step {
        Step::Up => talk.numbers(oldest..number).next_back(),
        Step::Down => talk.numbers(number + 1..end).next(),
        Step::Top => talk.numbers(oldest..end).next(),
        Step::Bottom => talk.number_from_end(1),
        Step::PageUp | Step::PageDown => None,
    };
    let last = talk.number_from_end(1);
    let place = &mut app.screen.pane_mut().place;
    match step {
        // The rest of a long message first.
        Step::Up if place.cut.0 => place.scroll(step, oldest),
        Step::Down if place.cut.1 => place.scroll(step, oldest),
        Step::Up | Step::Down => match next {
            Some(next) => place.select(next),
            None if step == Step::Down && place.at_end() => app.focus = Focus::Composer,
            None => place.scroll(step, oldest),
        },
        Step::PageDown if place.at_end() => last.into_iter().for_each(|last| place.select(last)),
        Step::PageUp | Step::PageDown => place.scroll(step, oldest),
        Step::Top | Step::Bottom => {
            place.scroll(step, oldest);
            place.cursor = next;
        }
    }
}

/// A message, or a part of it, goes to the clipboard: as text, without anything a terminal would obey.
fn to_clipboard(app: &mut App, text: &str, said: &str, effects: &mut Effects) {
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    effects.push(Effect::Copy(text));
    app.note(None, NoticeLevel::Info, said.to_owned(), effects);
}

/// Copies the selected message; where none is selected, the last of somebody else before our own.
fn copy(app: &mut App, whole: bool, effects: &mut Effects) {
    let Some((chat, mut number)) = selected(app) else { return };
    if app.focus != Focus::Messages
        && let Some(talk) = app.conversation(chat)
    {
        let theirs = |number: &i64| talk.line(*number).is_some_and(|line| line.by != Author::Us);
        number = talk.numbers(talk.oldest()..talk.end()).rev().find(theirs).unwrap_or(number);
    }
    let Some(line) = app.conversation(chat).and_then(|talk| talk.line(number)) else { return };
    // What is copied is what is shown.
    let said = app.as_shown(&line.body.text);
    let text = if whole {
        let account = app.accounts.get(chat.account());
        let name = match &line.by {
            Author::Us => account.map_or("", AccountView::own_name),
            Author::Them(who) => account.map_or(who.short(), |account| account.shown_name(who)),
        };
        let name = if name.is_empty() { "me" } else { name };
        format!("{} {} {name}: {said}", line.at.day(), line.at.clock())
    } else {
        said.into_owned()
    };
    to_clipboard(app, &text, "copied", effects);
}

/// Quotes the selected message in the composer, before what is written there.
fn reply(app: &mut App, at: Stamp, effects: &mut Effects) {
    let Some((chat, text)) =
        selected(app).map(|(chat, _)| chat.clone()).zip(selected_line(app).map(|line| line.body.text.clone()))
    else {
        return;
    };
    let mut quote = String::new();
    for line in text.trim_end().lines().take(MAX_QUOTE) {
        let _ = writeln!(quote, "> {line}");
    }
    if text.trim_end().lines().count() > MAX_QUOTE {
        quote.push_str("> …\n");
    }
    let draft = compose::draft(app, &chat);
    let written = draft.take();
    draft.paste(&(quote + &written));
    app.focus = Focus::Composer;
    compose::tell_typing(app, &chat, true, at, effects);
}

/// Everything that is known of the selected message.
fn details(app: &mut App) {
    if let Some((chat, number)) = selected(app) {
        overlay::show(app, Overlay::Letter(chat.clone(), number, 0));
    }
}

/// Sends the selected message again, if it did not arrive or may not have.
fn resend(app: &mut App, at: Stamp, effects: &mut Effects) {
    let Some((chat, line)) = selected(app).map(|(chat, _)| chat.clone()).zip(selected_line(app).cloned()) else { return };
    let said = match line.fate {
        Some(Fate::Failed { .. } | Fate::Unconfirmed { .. }) => {
            compose::send_body(app, &chat, line.body, at, effects);
            return;
        }
        Some(Fate::Queued) => "this message still waits, and will be sent by itself",
        Some(_) => "this message was sent; y copies it if you want to say it again",
        None => "only messages of yours that did not arrive can be sent again",
    };
    app.note(None, NoticeLevel::Info, said.to_owned(), effects);
}

/// The selected message and what follows it count as unread until the conversation is opened again.
fn unread(app: &mut App, effects: &mut Effects) {
    let Some((chat, number)) = selected(app).map(|(chat, number)| (chat.clone(), number)) else { return };
    let Some(talk) = app.conversation_mut(&chat) else { return };
    let count = talk.numbers(number..talk.end()).count();
    talk.unread = count;
    let pane = app.screen.pane_mut();
    (pane.held, pane.mark, pane.new_lines) = (true, Some(number), count);
    app.rows_changed();
    let many = if count == 1 { "this message is unread again".to_owned() } else { format!("{count} messages are unread again") };
    app.note(None, NoticeLevel::Info, many, effects);
}

fn selected_links(app: &App) -> usize {
    selected_line(app).map_or(0, |line| app.links_in(&line.body.text).len())
}

/// Letters at the links of the selected message.
fn choose_link(app: &mut App, effects: &mut Effects) {
    let only = selected(app).map(|(_, number)| number);
    if selected_links(app) > 0 {
        app.screen.hinting = Some(Hinting { only, ..Hinting::default() });
    } else {
        let denial = selected_line(app).and_then(|line| taken_away(app, line));
        let said = denial.map_or_else(|| "there is no link in this message".to_owned(), |denial| denial.to_string());
        app.note(None, NoticeLevel::Info, said, effects);
    }
}

/// The policy that leaves no link in a message, where there is one else.
fn taken_away(app: &App, line: &Line) -> Option<Denial> {
    let text = &line.body.text;
    links(text).into_iter().find_map(|link| may_open(&app.policy, text.get(link)?).err())
}

/// Letters at all links in view.
fn hint(app: &mut App, effects: &mut Effects) {
    let none = matches!(app.policy.screen().links, LinkRule::Defang | LinkRule::None);
    let any = app.screen.open().and_then(|chat| app.conversation(chat)).is_some_and(|talk| {
        let holds = |line: &Line| !app.links_in(&line.body.text).is_empty();
        talk.lines().rev().take(LOOKED_AT).any(holds) || !none && !app.screen.pane().place.at_end()
    });
    if any {
        app.screen.hinting = Some(Hinting::default());
    } else {
        let talk = app.screen.open().and_then(|chat| app.conversation(chat));
        let denial = talk.and_then(|talk| talk.lines().rev().take(LOOKED_AT).find_map(|line| taken_away(app, line)));
        let said = denial.map_or_else(|| "there is no link here".to_owned(), |denial| denial.to_string());
        app.note(None, NoticeLevel::Info, said, effects);
    }
}

/// A link was chosen: it is copied, or opened after a question. There is none about somebody of this network, whose
/// conversation is all that opens, and none for who wants it only where something is odd.
fn follow(app: &mut App, pointed: Pointed, at: Stamp, effects: &mut Effects) {
    app.screen.hinting = None;
    let Pointed { url, stranger, copies } = pointed;
    if copies {
        return to_clipboard(app, &url, "copied the link", effects);
    }
    if let Err(denial) = may_open(&app.policy, &url) {
        return app.note(None, NoticeLevel::Warning, denial.to_string(), effects);
    }
    let mut doubts = doubts(&url);
    if stranger {
        doubts.insert(0, LinkDoubt::Stranger);
    }
    if app.policy.screen().links == LinkRule::Ask {
        doubts.insert(0, LinkDoubt::Rule);
    }
    let asks = app.asks_links && person(&url).is_none();
    if doubts.is_empty() && !asks {
        open(app, &url, at, effects);
    } else {
        overlay::show(app, Overlay::Confirm(Purpose::Follow(url, doubts)));
    }
}

/// Opens a link, if policy lets it be opened by now: of somebody of this network the conversation, anything else with
/// a program of this machine.
pub(super) fn open(app: &mut App, url: &str, at: Stamp, effects: &mut Effects) {
    if let Err(denial) = may_open(&app.policy, url) {
        app.note(None, NoticeLevel::Warning, denial.to_string(), effects);
    } else if let Some(address) = person(url) {
        overlay::message(app, Some(address.to_owned()), at, effects);
    } else {
        effects.push(Effect::Open(plain(url)));
        app.note(None, NoticeLevel::Info, format!("opening {url}"), effects);
    }
}

/// A message was clicked; twice in a row it is shown whole.
fn pick(app: &mut App, pane: PaneId, number: i64, at: Stamp) {
    let before = app.screen.clicked.replace(Clicked { pane, number, at });
    app.screen.panes.focus(pane);
    app.focus = Focus::Messages;
    app.screen.pane_mut().place.cursor = Some(number);
    let twice = |last: Clicked| (last.pane, last.number) == (pane, number) && last.at.age(at).as_millis() < DOUBLE;
    if before.is_some_and(twice) {
        app.screen.clicked = None;
        details(app);
    }
}
