//! What lies over the panes: help, palette, the menu of states, questions to the user.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{
    Canvas, cells, choices, composer, find, help, history, letter, menu, own, picture, policies, requests, settings, told,
};
use crate::app::{App, ChatKey, Composer, Doubt, Overlay, Peer, Purpose, palette, spelling};
use crate::model::AccountId;
use crate::ui::hit::Target;
use crate::ui::layout::{self, centered};
use crate::ui::text;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    match &canvas.app.screen.overlay {
        None => {}
        Some(Overlay::Help(line, top)) => help::draw(canvas, area, line, *top),
        Some(Overlay::Menu(menu)) => menu::draw(canvas, area, menu),
        Some(Overlay::Palette(line, marked)) => {
            let nothing = "Nothing matches. A whole address opens a conversation.";
            let hint = "a name, or what to do";
            choosing(canvas, area, "Go to", line, (canvas.app.choices(), *marked, nothing), hint);
        }
        Some(Overlay::Invite(chat, line, marked)) => {
            let title = match chat {
                ChatKey::Person(_) => "Begin a conversation of several people with",
                ChatKey::Room(_) => "Ask into the conversation",
            };
            choosing(
                canvas,
                area,
                title,
                line,
                (canvas.app.choices(), *marked, "Nobody matches. A whole address asks anybody in."),
                "a name or an address",
            );
        }
        Some(Overlay::Find(finder)) => find::draw(canvas, area, finder),
        Some(Overlay::Settings(page)) => settings::draw(canvas, area, page),
        Some(Overlay::Policies(page)) => policies::draw(canvas, area, page),
        Some(Overlay::Requests(page)) => requests::draw(canvas, area, page),
        Some(Overlay::Letter(chat, number, top)) => letter::draw(canvas, area, chat, *number, *top),
        Some(Overlay::History(found)) => history::draw(canvas, area, found),
        Some(Overlay::Status(menu)) => own::menu(canvas, area, menu),
        Some(Overlay::Alerts(marked)) => own::alerts(canvas, area, *marked),
        Some(Overlay::Sent(chat, line, marked)) => {
            let all = canvas.app.screen.sent_before(chat, line.text());
            let all: Vec<&str> = all.iter().map(|spoken| spoken.text.as_str()).collect();
            let rows = area.height.saturating_sub(4).clamp(3, 16);
            let mut inside = boxed(canvas, area, 60, rows, "Sent before");
            typing_line(canvas, layout::take_top(&mut inside, 1), line);
            let nothing = if line.is_empty() { "Nothing was sent here yet." } else { "Nothing sent here holds that." };
            plain(canvas, inside, &all, *marked, nothing);
        }
        Some(Overlay::Doubt(doubt, marked)) => {
            let said: Vec<&str> = doubt.choices().iter().map(|(_, said)| *said).collect();
            let mut inside = boxed(canvas, area, 50, cells(said.len()) + 3, "What now?");
            let line = layout::take_top(&mut inside, 1);
            canvas.put(line, 0, 0, &in_doubt(canvas, doubt), canvas.theme.strong());
            plain(canvas, inside, &said, *marked, "");
        }
        Some(Overlay::Ask(purpose, line)) => {
            let mut inside = boxed(canvas, area, 60, 4, asked_for(purpose).0);
            let hint = layout::take_top(&mut inside, 1);
            canvas.put(hint, 0, 0, &about(canvas.app, purpose), canvas.theme.quiet());
            typing_line(canvas, inside, line);
        }
        Some(Overlay::Password(id, line)) => {
            let mut inside = boxed(canvas, area, 60, 4, "Password");
            let hint = layout::take_top(&mut inside, 1);
            let words = on_account(canvas.app, Some(id), "It is kept until you leave, and written nowhere");
            canvas.put(hint, 0, 0, &words, canvas.theme.quiet());
            canvas.put(inside, 0, 0, "> ", canvas.theme.strong());
            let row = Rect { x: inside.x + 2, width: inside.width.saturating_sub(2), ..inside };
            composer::hidden(canvas, row, line.letters());
        }
        Some(Overlay::Told { title, lines, top }) => told::draw(canvas, area, title, lines, *top),
        Some(Overlay::Picture(viewed)) => picture::draw(canvas, area, viewed),
        Some(Overlay::Confirm(purpose)) => confirm(canvas, area, purpose),
    }
}

/// A line to type in, and what it finds.
fn choosing(
    canvas: &mut Canvas<'_>,
    area: Rect,
    title: &str,
    line: &Composer,
    (all, marked, nothing): (&[palette::Choice], usize, &str),
    hint: &str,
) {
    let rows = area.height.saturating_sub(4).clamp(3, 16);
    let mut inside = boxed(canvas, area, 60, rows, title);
    let typed = layout::take_top(&mut inside, 1);
    typing_line(canvas, typed, line);
    if line.is_empty() {
        canvas.put(typed, 3, 0, hint, canvas.theme.quiet());
    }
    choices::draw(canvas, inside, all, marked, nothing);
}

/// `> what is typed`.
pub(super) fn typing_line(canvas: &mut Canvas<'_>, row: Rect, line: &Composer) {
    canvas.put(row, 0, 0, "> ", canvas.theme.strong());
    composer::line(canvas, Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row }, line);
}

/// Clears a place in the middle and draws a frame with a title; gives what is inside.
pub(super) fn boxed(canvas: &mut Canvas<'_>, area: Rect, columns: u16, rows: u16, title: &str) -> Rect {
    // A column or two of what lies beneath, at each side, would say nothing.
    let columns = if columns + 4 >= area.width { area.width } else { columns };
    // The first and the last row go on saying who we are, and which keys help.
    let most = if area.height >= 8 { area.height - 2 } else { area.height };
    boxed_at(canvas, centered(area, columns, rows.min(most)), title)
}

/// Clears a place and draws a frame with a title; gives what is inside.
pub(super) fn boxed_at(canvas: &mut Canvas<'_>, place: Rect, title: &str) -> Rect {
    for row in 0..place.height {
        let blank = " ".repeat(usize::from(place.width));
        // A wide letter that would reach under the frame goes whole.
        if let Some(cell) = place.x.checked_sub(1).and_then(|x| canvas.buf.cell_mut((x, place.y + row)))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
        canvas.put(place, 0, row, &blank, canvas.theme.ground());
    }
    canvas.hits.add(place, Target::Overlay);
    // On the title, unless something within has the keyboard.
    canvas.cursor = Some((place.x, place.y).into());
    if place.height < 3 || place.width < 6 {
        return place;
    }
    let (down, across) = canvas.theme.rules();
    let corners = ["╭", "╮", "╰", "╯"];
    let dashes: String = std::iter::repeat_n(across, usize::from(place.width - 2)).collect();
    let quiet = canvas.theme.quiet();
    canvas.put(place, 0, 0, &format!("{}{dashes}{}", corners[0], corners[1]), quiet);
    canvas.put(place, 0, place.height - 1, &format!("{}{dashes}{}", corners[2], corners[3]), quiet);
    for row in 1..place.height - 1 {
        canvas.put(place, 0, row, down, quiet);
        canvas.put_right(place, row, down, quiet);
    }
    canvas.put(Rect { width: place.width - 2, ..place }, 2, 0, &format!(" {title} "), canvas.theme.strong());
    Rect { x: place.x + 2, y: place.y + 1, width: place.width - 4, height: place.height - 2 }
}

/// What is asked about a text.
fn in_doubt(canvas: &Canvas<'_>, doubt: &Doubt) -> String {
    match doubt {
        Doubt::Pasted(text) => {
            let lines = text.trim_end().lines().count();
            let size = if text.len() < 10 * 1024 {
                format!("{} characters", text.chars().count())
            } else {
                format!("{} KiB", text.len() / 1024)
            };
            format!("Pasted: {lines} {}, {size}", if lines == 1 { "line" } else { "lines" })
        }
        Doubt::Command => {
            let screen = &canvas.app.screen;
            let draft = screen.open().and_then(|chat| screen.drafts.get(chat)).map_or("", Composer::text);
            let word = draft.split_whitespace().next().unwrap_or("");
            format!("This looks like a command: {}", text::truncate(&text::line(word), 18))
        }
    }
}

/// Rows of text, one marked.
fn plain(canvas: &mut Canvas<'_>, area: Rect, all: &[&str], marked: usize, nothing: &str) {
    if all.is_empty() {
        canvas.put(area, 0, 0, nothing, canvas.theme.quiet());
        return;
    }
    let height = usize::from(area.height).max(1);
    let top = marked.saturating_sub(height - 1);
    for (at, one) in all.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: area.y + cells(at - top), height: 1, ..area };
        // A long text is cut off at the edge anyway.
        let begin = one.get(..one.floor_char_boundary(1_000.min(one.len()))).unwrap_or("");
        canvas.put(place, 0, 0, &text::line(begin), Style::new());
        if at == marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
        }
        canvas.hits.add(place, Target::Choice(at));
    }
}

fn confirm(canvas: &mut Canvas<'_>, area: Rect, purpose: &Purpose) {
    let who = |peer: &Peer| {
        let account = canvas.app.accounts.get(&peer.account);
        text::line(account.map_or(peer.who.short(), |account| account.shown_name(&peer.who)))
    };
    let question = match purpose {
        Purpose::Remove(peer) => format!("Take {} off the list?", who(peer)),
        Purpose::RemoveGroup(_, name) => format!("Remove the group {}? Its contacts stay.", text::line(name)),
        Purpose::Block(peer) => format!("Block {}? They see you offline and cannot write.", who(peer)),
        Purpose::Leave(key) => {
            let account = canvas.app.accounts.get(&key.account);
            let name = account.map_or_else(String::new, |account| text::line(&account.chat_name(&key.clone().into())));
            format!("Leave the conversation with {name}? What was said stays here.")
        }
        Purpose::Follow(url, doubts) => {
            let mut said: Vec<String> = doubts.iter().map(|doubt| doubt.words().to_owned()).collect();
            said.extend(spelling(url).map(|sentence| text::line(&sentence)));
            said.push(if said.is_empty() { "Open this link?" } else { "Open it?" }.to_owned());
            // One row of a safe text, so that nothing of it can look like a sentence of ours.
            format!("{}\n{}", said.join(" "), text::line(url))
        }
        Purpose::Quit => match canvas.app.unsent() {
            0 => "Something is written and not sent. Leave all the same?".to_owned(),
            1 => "A message still waits to be sent; it is lost if you leave. Leave all the same?".to_owned(),
            n => format!("{n} messages still wait to be sent; they are lost if you leave. Leave all the same?"),
        },
        Purpose::Add
        | Purpose::Rename(_)
        | Purpose::Groups(_)
        | Purpose::RenameGroup(..)
        | Purpose::NewGroup(_)
        | Purpose::Look
        | Purpose::Note => String::new(),
    };
    let columns = cells(text::width(&question)).clamp(30, 66);
    let room = usize::from(columns.min(area.width.saturating_sub(6)).max(1));
    // A link is shown whole, as far as the screen is high enough.
    let rows = cells(text::wrap(&question, room).len()).clamp(2, area.height.saturating_sub(4).max(2));
    let inside = boxed(canvas, area, columns + 4, rows + 3, "Sure?");
    for (at, row) in text::wrap(&question, usize::from(inside.width)).iter().take(usize::from(rows)).enumerate() {
        canvas.put(inside, 0, cells(at), row, Style::new());
    }
    let row = inside.height.saturating_sub(1);
    let mut column = 0;
    canvas.cursor = Some((inside.x, inside.y + row).into());
    let answers = if purpose.is_plain_link() { ["[Enter] open", "[Esc] leave it"] } else { ["[y] yes", "[n] no"] };
    for (at, answer) in answers.into_iter().enumerate() {
        let end = canvas.put(inside, column, row, answer, canvas.theme.strong());
        let place = Rect { x: inside.x + column, y: inside.y + row, width: end.saturating_sub(column), height: 1 };
        canvas.hits.add(place, Target::Choice(at));
        column = end + 3;
    }
}

/// Title and hint of a line to be typed.
const fn asked_for(purpose: &Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Add => ("Add a contact", "Address, then a name if you like"),
        Purpose::Rename(_) => ("Rename", "The name you want to see; empty for their own"),
        Purpose::Groups(_) => ("Groups", "With commas between; empty for none"),
        Purpose::RenameGroup(..) => ("Rename the group", "The name to be"),
        Purpose::NewGroup(_) => ("A new group", "Its name"),
        Purpose::Look => ("How your messages look", "bold italic underline strike color=red; none for plain"),
        Purpose::Note => ("Your note", "Others see it beside your presence; empty for none"),
        Purpose::Remove(_)
        | Purpose::RemoveGroup(..)
        | Purpose::Block(_)
        | Purpose::Leave(_)
        | Purpose::Follow(..)
        | Purpose::Quit => ("Sure?", ""),
    }
}

fn about(app: &App, purpose: &Purpose) -> String {
    let account = match purpose {
        Purpose::Add => app.place_to_add().map(|(id, _)| id),
        _ => purpose.account().cloned(),
    };
    let hint = on_account(app, account.as_ref(), asked_for(purpose).1);
    match purpose {
        Purpose::Rename(peer) | Purpose::Groups(peer) => format!("{}: {hint}", text::line(peer.who.short())),
        _ => hint,
    }
}

/// A hint; where there are several accounts it says which is meant.
fn on_account(app: &App, account: Option<&AccountId>, hint: &str) -> String {
    let account = account.filter(|_| app.accounts.len() > 1);
    account.map_or_else(|| hint.to_owned(), |id| format!("On {}: {hint}", text::line(id.as_str())))
}
