//! Everything that is known of a message.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::boxed;
use super::{Canvas, cells};
use crate::app::{AccountView, ChatKey, look, words};
use crate::model::{Author, Conversation, Fate, Line, TextStyle};
use crate::ui::text;

/// Cells for the names of what is known.
const LABEL: u16 = 10;

/// Most columns of it.
const WIDE: u16 = 90;
const TITLE: &str = "Message";

/// Draws it, from row `top` on.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, chat: &ChatKey, number: i64, top: usize) {
    let app = canvas.app;
    let highest = area.height.saturating_sub(2).clamp(3, 24);
    let known = app.accounts.get(chat.account()).zip(app.conversation(chat));
    let Some((account, talk, line)) = known.and_then(|(account, talk)| Some((account, talk, talk.line(number)?))) else {
        let inside = boxed(canvas, area, WIDE, 3, TITLE);
        canvas.put(inside, 0, 0, "This message is not at hand any more.", canvas.theme.quiet());
        return;
    };
    // The frame, and a blank within it at each side.
    let wide = WIDE.min(area.width.saturating_sub(2)).saturating_sub(4);
    let column = if wide < 30 { 0 } else { LABEL };
    let room = usize::from(wide.saturating_sub(column)).max(1);
    let mut rows: Vec<(&str, String, Style)> = Vec::new();
    for (label, said) in facts(account, chat, talk, line) {
        for (n, row) in text::wrap(&text::line(&said), room).into_iter().enumerate() {
            rows.push((if n == 0 { label } else { "" }, row, Style::new()));
        }
    }
    rows.push(("", String::new(), Style::new()));
    let body = text::block(line.body.text.trim_end());
    let body = app.as_shown(&body);
    let label = if column == 0 { "" } else { "text" };
    for (n, row) in text::wrap(&body, room).into_iter().enumerate() {
        rows.push((if n == 0 { label } else { "" }, row, canvas.theme.look(&line.body.style)));
    }
    let inside = boxed(canvas, area, WIDE, cells(rows.len()).saturating_add(2).min(highest), TITLE);
    let height = usize::from(inside.height);
    let top = top.min(rows.len().saturating_sub(height));
    for (at, (label, row, style)) in rows.iter().skip(top).take(height).enumerate() {
        if column > 0 {
            canvas.put(inside, 0, cells(at), label, canvas.theme.quiet());
        }
        canvas.put(inside, column, cells(at), row, *style);
    }
    if top + height < rows.len() && inside.height > 1 {
        let below = format!(" {} more {} ", rows.len() - top - height, canvas.theme.below());
        let edge = Rect { y: inside.y + inside.height, height: 1, ..inside };
        canvas.put_right(edge, 0, &below, canvas.theme.quiet());
    }
}

/// What is known, each with its name; not yet made safe for a terminal.
fn facts(account: &AccountView, chat: &ChatKey, talk: &Conversation, line: &Line) -> Vec<(&'static str, String)> {
    let named = |who: &crate::model::Address| {
        let name = account.shown_name(who);
        if name == who.short() { who.as_str().to_owned() } else { format!("{name}, {}", who.as_str()) }
    };
    let there = match chat {
        ChatKey::Person(peer) => named(&peer.who),
        ChatKey::Room(_) => account.chat_name(chat),
    };
    let (from, to) = match &line.by {
        Author::Us => (named(&account.aor), there),
        Author::Them(who) if chat.person().is_some() => (named(who), named(&account.aor)),
        Author::Them(who) => (named(who), there),
    };
    let mut facts = vec![("from", from), ("to", to)];
    facts.push((if line.by == Author::Us { "written" } else { "came" }, line.at.full()));
    facts.push(("in UTC", line.at.to_rfc3339()));
    if line.delayed {
        facts.push(("way", "kept by the server while you were away; the time is when it was written".to_owned()));
    }
    if line.by == Author::Us {
        facts.push(("state", fate(line.fate.as_ref()).to_owned()));
        if let Some(said) = line.fate.as_ref().and_then(words::fate) {
            facts.push(("", said));
        }
        if let Some(heard) = line.tag.and_then(|tag| talk.heard.get(&tag)) {
            facts.push(("since", heard.full()));
        }
        if let Some(tag) = line.tag {
            facts.push(("number", tag.0.to_string()));
        }
    }
    let octets = line.body.text.len();
    facts.push(("kind", format!("{}, {octets} {}", line.body.content_type, if octets == 1 { "octet" } else { "octets" })));
    if line.body.style != TextStyle::default() {
        facts.push(("look", look::write(&line.body.style)));
    }
    facts
}

const fn fate(fate: Option<&Fate>) -> &'static str {
    match fate {
        None => "not handed over yet",
        Some(Fate::Queued) => "waits here to be sent",
        Some(Fate::Sent) => "sent; no answer yet",
        Some(Fate::Delivered) => "delivered: the other side took it",
        Some(Fate::Stored) => "sent: the server keeps it",
        Some(Fate::Failed { .. }) => "failed",
        Some(Fate::Unconfirmed { .. }) => "not certain",
    }
}
