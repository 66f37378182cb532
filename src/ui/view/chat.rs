//! The open conversation: who is in it, who is writing, the draft; around what was said.

use std::fmt::Write as _;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, composer, messages, welcome};
use crate::app::{AccountView, ChatKey, Composer, Focus, Peer, look, words};
use crate::model::{Presence, Room, TextStyle};
use crate::ui::hit::Target;
use crate::ui::{layout, text};

/// Most rows the draft takes; longer ones scroll.
const MAX_DRAFT: u16 = 6;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let app = canvas.app;
    let Some((account, chat)) = app.open_chat() else { return welcome::draw(canvas, area) };
    let mut rest = area;
    let roomy = area.height >= 10;
    if area.height >= 4 {
        header(canvas, layout::take_top(&mut rest, 1), account, chat);
        if roomy {
            let rule = layout::take_top(&mut rest, 1);
            canvas.rule_across(rule, 0, "", Style::new());
        }
    }
    let empty = Composer::default();
    let draft = app.screen.drafts.get(chat).unwrap_or(&empty);
    let rows = composer::rows(draft, area.width.saturating_sub(1)).clamp(1, MAX_DRAFT.min((area.height / 3).max(1)));
    let writing = layout::take_bottom(&mut rest, rows);
    if roomy {
        let rule = layout::take_bottom(&mut rest, 1);
        canvas.rule_across(rule, 0, "", Style::new());
    }
    // A blank column between the line and the text.
    let inset =
        |area: Rect| if area.width < messages::NARROW { area } else { Rect { x: area.x + 1, width: area.width - 1, ..area } };
    let (mut rest, writing) = (inset(rest), inset(writing));
    canvas.hits.add(rest, Target::Messages);
    canvas.hits.add(writing, Target::Composer);
    let free = app.screen.overlay.is_none() && app.screen.answering.is_none();
    // What is written is shown as it will arrive, where looks arrive.
    let look = if account.can(|able| able.sessions) { app.look } else { TextStyle::default() };
    composer::draw(canvas, writing, draft, canvas.theme.look(&look), free && app.focus == Focus::Composer);
    if draft.is_empty() && look != TextStyle::default() {
        let said = format!("{} ", look::write(&look));
        canvas.put_right(writing, 0, &said, canvas.theme.look(&look).patch(canvas.theme.quiet()));
    }
    let Some(talk) = app.conversation(chat).filter(|talk| talk.shown().next().is_some() || talk.typing) else {
        if !rest.is_empty() && app.screen.overlay.is_none() {
            canvas.put(rest, 0, 0, "Nothing said yet. Write below, Enter sends.", canvas.theme.quiet());
        }
        return;
    };
    if talk.typing
        && rest.height > 2
        && let Some(peer) = chat.person()
    {
        let line = layout::take_bottom(&mut rest, 1);
        let name = text::line(account.shown_name(&peer.who));
        canvas.put(line, 0, 0, &format!("{name} is writing…"), canvas.theme.quiet());
    }
    messages::draw(canvas, rest, account, chat, talk);
}

/// Who it is with, and how they are; what is below, while scrolled back.
fn header(canvas: &mut Canvas<'_>, area: Rect, account: &AccountView, chat: &ChatKey) {
    let mut room = area;
    if canvas.app.screen.back > 0 {
        let said = match canvas.app.conversation(chat).map_or(0, |talk| talk.unread) {
            0 => " older messages ".to_owned(),
            unread => format!(" {unread} new below "),
        };
        room.width = canvas.put_right(area, 0, &said, canvas.theme.unread());
    }
    match chat {
        ChatKey::Person(peer) => person(canvas, room, account, peer),
        ChatKey::Room(key) => {
            if let Some(of) = account.rooms.get(&key.room) {
                several(canvas, room, account, of);
            }
        }
    }
}

/// `Bob Stone  ● Online since 09:12  "on shift"`.
fn person(canvas: &mut Canvas<'_>, room: Rect, account: &AccountView, peer: &Peer) {
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

/// `# Bob Stone, Carla Diaz, zoe@example.test`, or shorter where there is no room for all.
fn several(canvas: &mut Canvas<'_>, room: Rect, account: &AccountView, of: &Room) {
    let state = if of.over { "over: /close takes it off the list" } else { "" };
    let column = canvas.put(room, 1, 0, canvas.theme.room(), canvas.theme.quiet());
    let free = usize::from(room.width.saturating_sub(column + 2)).saturating_sub(text::width(state) + 2);
    // Nobody reads a longer list than fits; names are looked up only as far as that.
    let people = of.named_after();
    let names: Vec<String> = people.iter().take(free / 2 + 1).map(|who| text::line(account.shown_name(who))).collect();
    let whole = names.join(", ");
    let fits = names.len() == people.len() && text::width(&whole) <= free && !whole.is_empty();
    let said = if fits { whole } else { text::line(&account.room_name(of)) };
    let column = canvas.put(room, column + 1, 0, &said, canvas.theme.strong());
    canvas.put(room, column + 2, 0, state, canvas.theme.quiet());
}

/// The time of day, and the day if it was another.
pub(super) fn since_words(since: crate::model::Stamp, now: crate::model::Stamp) -> String {
    if since.day() == now.day() { since.clock() } else { format!("{} {}", since.day(), since.clock()) }
}
