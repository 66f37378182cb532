//! Where the keyboard is, what is open, what is selected.

use super::{compose, listing, past, reading, requests, room};
use crate::app::rules::Level;
use crate::app::{App, ChatKey, Effects, Focus, GroupKey, Overlay, Peer, RequestAct, RowKey, Step, help};
use crate::backend::NoticeLevel;
use crate::model::{AccountId, Address, Stamp};

/// Opens a conversation and gives it the keyboard.
pub(super) fn open(app: &mut App, chat: &ChatKey, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    app.screen.overlay = None;
    app.screen.answering = None;
    if app.screen.board.shown {
        listing::show(app, false);
    }
    app.focus = Focus::Composer;
    if app.screen.open() == Some(chat) {
        app.screen.pane_mut().held = false;
        return;
    }
    compose::typing_over(app, at, effects);
    if let Some(before) = app.screen.open().cloned() {
        app.screen.visited.leave(before);
    }
    show(app, chat, effects);
}

/// Shows a conversation: where it is shown already, else in the focused pane.
fn show(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    app.screen.last = app.screen.open().cloned();
    if let Some(pane) = app.screen.panes.showing(chat) {
        app.screen.panes.focus(pane);
    } else {
        reading::leave(app);
        *app.screen.pane_mut() = reading::pane_for(app, chat);
    }
    past::opened(app, chat, effects);
    app.reshaped();
    if app.screen.unread_only {
        // What was read and is left now goes from the list.
        app.rows_changed();
    }
    select(app, chat);
}

/// Marks the conversation in the contact list.
pub(super) fn select(app: &mut App, chat: &ChatKey) {
    let key = match chat {
        // The group does not matter: a person is found wherever they stand.
        ChatKey::Person(peer) => RowKey::Person(peer.clone(), GroupKey::Ungrouped),
        ChatKey::Room(key) => RowKey::Room(key.clone()),
    };
    if let Some(row) = app.rows().position(&key).and_then(|at| app.rows().get(at)) {
        app.screen.selected = Some(row.key);
    }
}

/// Back to the conversation that was open before, or forward again.
pub(super) fn place(app: &mut App, backwards: bool, at: Stamp, effects: &mut Effects) {
    let here = app.screen.open().cloned();
    match app.screen.visited.go(here, backwards) {
        Some(chat) => {
            compose::typing_over(app, at, effects);
            app.focus = Focus::Composer;
            app.screen.overlay = None;
            app.dirty = true;
            show(app, &chat, effects);
        }
        None => app.note(None, NoticeLevel::Info, "there is no conversation to go to there".to_owned(), effects),
    }
}

/// Enter in the contact list: the conversation, or a group folded or opened.
pub(super) fn open_selected(app: &mut App, at: Stamp, effects: &mut Effects) {
    if app.screen.board.shown {
        app.screen.board.filtering = false;
        app.dirty = true;
        match listing::marked(app) {
            Some(RowKey::Person(peer, _)) => open(app, &peer.into(), at, effects),
            Some(key) => listing::fold(app, key),
            None => {}
        }
        return;
    }
    app.screen.filtering = false;
    match selected_key(app) {
        Some(key @ (RowKey::Person(..) | RowKey::Room(_))) => {
            if !app.screen.filter.is_empty() {
                app.screen.filter.take();
                app.rows_changed();
            }
            if let Some(chat) = key.chat() {
                open(app, &chat, at, effects);
            }
        }
        Some(RowKey::Group(_, GroupKey::Requests)) => requests::act(app, RequestAct::Page, None, at, effects),
        Some(key @ (RowKey::Group(..) | RowKey::Account(_))) => {
            let folded = is_folded(app, &key);
            app.screen.selected = Some(key);
            fold(app, !folded);
        }
        None => {}
    }
}

/// Closes the open conversation.
pub(super) fn close(app: &mut App, at: Stamp, effects: &mut Effects) {
    compose::typing_over(app, at, effects);
    let Some(chat) = std::mem::take(app.screen.pane_mut()).chat else { return };
    app.screen.panes.close();
    app.reshaped();
    app.screen.last = Some(chat.clone());
    app.focus = Focus::Roster;
    app.dirty = true;
    if let ChatKey::Room(key) = chat {
        room::put_away(app, &key);
    }
}

/// Folds the selected group or account, or the group of the selected person, up or open. A group that is
/// folded up already folds its account up.
pub(super) fn fold(app: &mut App, up: bool) {
    let header = match selected_key(app) {
        Some(RowKey::Group(_, GroupKey::Requests)) => return,
        Some(RowKey::Group(id, group)) => RowKey::Group(id, group),
        Some(RowKey::Account(id)) => RowKey::Account(id),
        Some(RowKey::Person(peer, group)) if up => RowKey::Group(peer.account, group),
        Some(RowKey::Room(key)) if up => RowKey::Group(key.account, GroupKey::Rooms),
        _ => return,
    };
    let Some(header) = app.rows().position(&header).and_then(|at| app.rows().get(at)).map(|row| row.key) else { return };
    let above = app.rows().heading_of(header.account()).filter(|_| up && is_folded(app, &header));
    let header = above.unwrap_or(header);
    for part in app.rows().parts_of(&header) {
        if up {
            app.screen.folded.insert(part);
        } else {
            app.screen.folded.remove(&part);
        }
    }
    if let Some(rows) = app.screen.rows.get_mut() {
        rows.fold(&header, up);
    }
    app.screen.selected = Some(header);
    app.reshaped();
}

/// Whether what is below a header is folded up, as the user wishes it.
fn is_folded(app: &App, header: &RowKey) -> bool {
    app.rows().parts_of(header).iter().all(|part| app.screen.folded.contains(part))
}

/// To a group of the contact list, opened.
pub(super) fn to_group(app: &mut App, id: AccountId, group: GroupKey) {
    // Whatever keeps it from being seen.
    app.screen.account.take_if(|only| *only != id);
    app.screen.folded.remove(&RowKey::Account(id.clone()));
    let header = RowKey::Group(id, group);
    app.screen.folded.remove(&header);
    app.screen.filter.take();
    app.screen.selected = Some(header);
    app.screen.roster_hidden = false;
    app.focus = Focus::Roster;
    app.rows_changed();
}

/// What is selected in the contact list.
pub(super) fn selected_key(app: &App) -> Option<RowKey> {
    app.rows().get(app.selected_row()).map(|row| row.key)
}

/// The person an action is about: the selected one in the list, else the open conversation's.
pub(super) fn subject(app: &App) -> Option<Peer> {
    if app.screen.board.shown {
        return match listing::marked(app) {
            Some(RowKey::Person(peer, _)) => Some(peer),
            _ => None,
        };
    }
    match (app.focus, selected_key(app)) {
        (Focus::Roster, Some(RowKey::Person(peer, _))) => Some(peer),
        (Focus::Roster, _) => None,
        _ => app.screen.open().and_then(ChatKey::person).cloned(),
    }
}

/// The conversation an action is about: the selected one in the list, else the open one.
pub(super) fn chat_at_hand(app: &App) -> Option<ChatKey> {
    match app.focus {
        Focus::Roster => selected_key(app).and_then(|key| key.chat()),
        Focus::Messages | Focus::Composer => app.screen.open().cloned(),
    }
}

/// A step within what has the keyboard.
pub(super) fn step(app: &mut App, step: Step) {
    app.dirty = true;
    let page = usize::from(app.size.1).saturating_sub(6).max(1);
    let answers = app.answers().len();
    if let Some(marked) = &mut app.screen.answering {
        *marked = moved(*marked, step, 1, answers);
        return;
    }
    let found = match &app.screen.overlay {
        Some(Overlay::Palette(..) | Overlay::Invite(..)) => app.choices().len(),
        // The last page is the end; frame, search line, status and what lasts are no part of it.
        Some(Overlay::Help(line, _)) => {
            let height = usize::from(app.size.1).saturating_sub(5 + usize::from(app.policies_are_broken()));
            (help::rows(app, line.text()).len() + 1).saturating_sub(height)
        }
        Some(Overlay::Menu(menu)) => menu.items().len(),
        Some(Overlay::Find(finder)) => finder.rows().len(),
        Some(Overlay::Settings(page)) => app.setting_rows(page.line.text()).len(),
        Some(Overlay::Policies(page)) => app.policy_rows(page).len(),
        Some(Overlay::Requests(_)) => app.request_rows().len(),
        Some(Overlay::History(history)) => history.hits.len(),
        Some(Overlay::Status(menu)) if menu.writing => super::overlay::STATES.len(),
        Some(Overlay::Status(menu)) => menu.len(),
        Some(Overlay::Alerts(_)) => super::alerts::all(app).len(),
        Some(Overlay::Sent(chat, line, _)) => app.screen.sent_before(chat, line.text()).len(),
        Some(Overlay::Doubt(doubt, _)) => doubt.choices().len(),
        _ => 0,
    };
    match &mut app.screen.overlay {
        Some(Overlay::Help(_, top)) => *top = moved(*top, step, page, found),
        Some(Overlay::Menu(menu)) => menu.marked = moved(menu.marked, step, page, found),
        Some(Overlay::Letter(_, _, top)) => *top = moved(*top, step, page, 1_000),
        Some(Overlay::Told { lines, top, .. }) => *top = moved(*top, step, page, lines.len()),
        Some(
            Overlay::Palette(_, marked)
            | Overlay::Invite(_, _, marked)
            | Overlay::Alerts(marked)
            | Overlay::Sent(_, _, marked)
            | Overlay::Doubt(_, marked),
        ) => {
            *marked = moved(*marked, step, page, found);
        }
        Some(Overlay::Status(menu)) => menu.marked = moved(menu.marked, step, page, found),
        Some(Overlay::Find(finder)) => finder.marked = moved(finder.marked, step, page, found),
        Some(Overlay::Settings(shown)) if shown.editing.is_none() => shown.marked = moved(shown.marked, step, page, found),
        Some(Overlay::Policies(shown)) => shown.marked = moved(shown.marked, step, page, found),
        Some(Overlay::Requests(_)) => {
            let rows = app.request_rows();
            if let Some(Overlay::Requests(shown)) = &mut app.screen.overlay {
                requests::mark(shown, &rows, moved(shown.marked, step, page / 2, found));
            }
        }
        Some(Overlay::History(history)) => history.marked = moved(history.marked, step, page / 2, found),
        Some(Overlay::Settings(_) | Overlay::Ask(..) | Overlay::Password(..) | Overlay::Confirm(_) | Overlay::Picture(_)) => {}
        None if app.screen.board.shown => listing::step(app, step),
        None => {
            let at = moved(app.selected_row(), step, page, app.rows().len());
            app.screen.selected = app.rows().get(at).map(|row| row.key);
        }
    }
}

/// Scrolls the messages. The next frame says where that leads; what is not at hand is looked up as the
/// user comes near it.
pub(super) fn scroll(app: &mut App, step: Step, effects: &mut Effects) {
    if step == Step::Bottom {
        let cursor = app.screen.pane().place.cursor;
        past::to_end(app);
        app.screen.pane_mut().place.cursor = cursor;
        return;
    }
    let oldest = app.screen.open().and_then(|chat| app.conversation(chat)).map_or(0, crate::model::Conversation::oldest);
    app.screen.pane_mut().place.scroll(step, oldest);
    past::near(app, effects);
    app.dirty = true;
}

pub(super) fn moved(at: usize, step: Step, page: usize, len: usize) -> usize {
    let to = match step {
        Step::Up => at.saturating_sub(1),
        Step::Down => at + 1,
        Step::PageUp => at.saturating_sub(page),
        Step::PageDown => at + page,
        Step::Top => 0,
        Step::Bottom => usize::MAX,
    };
    to.min(len.saturating_sub(1))
}

/// Rolls by rows, wherever the keyboard is.
pub(super) fn wheel(app: &mut App, over: Focus, down: i16, effects: &mut Effects) {
    let one = if down > 0 { Step::Down } else { Step::Up };
    for _ in 0..down.unsigned_abs() {
        match over {
            Focus::Roster if app.screen.board.shown => listing::step(app, one),
            Focus::Roster => {
                let at = moved(app.selected_row(), one, 1, app.rows().len());
                app.screen.selected = app.rows().get(at).map(|row| row.key);
            }
            Focus::Messages | Focus::Composer => scroll(app, one, effects),
        }
    }
    app.dirty = true;
}

/// The keyboard to the next part of the screen, or the one before.
pub(super) fn focus_next(app: &mut App, backwards: bool) {
    if app.screen.board.shown {
        return;
    }
    app.dirty = true;
    app.screen.filtering = false;
    let open = app.screen.open().is_some();
    app.focus = match (app.focus, backwards) {
        _ if !open => Focus::Roster,
        (Focus::Roster, false) | (Focus::Messages, true) => Focus::Composer,
        (Focus::Composer, false) | (Focus::Roster, true) => Focus::Messages,
        (Focus::Messages, false) | (Focus::Composer, true) => Focus::Roster,
    };
    if app.focus == Focus::Roster {
        app.screen.roster_hidden = false;
    }
}

/// The conversations in the order of the contact list.
pub(super) fn talks(app: &App) -> Vec<ChatKey> {
    let mut seen = std::collections::BTreeSet::new();
    let listed = app.rows().iter().filter_map(|row| row.key.chat());
    let begun = listed.filter(|chat| app.conversation(chat).is_some() || app.screen.open() == Some(chat));
    // Those in folded groups follow.
    let all = app.accounts.iter().flat_map(|(id, account)| account.chats(id).map(|(chat, _)| chat));
    begun.chain(all).filter(|chat| seen.insert(chat.clone())).collect()
}

/// The next or previous conversation, round the end.
pub(super) fn next_chat(app: &mut App, backwards: bool, at: Stamp, effects: &mut Effects) {
    let all = talks(app);
    let here = app.screen.open().and_then(|open| all.iter().position(|chat| chat == open));
    let to = match (here, backwards) {
        (Some(here), false) => (here + 1) % all.len().max(1),
        (Some(here), true) => (here + all.len().saturating_sub(1)) % all.len().max(1),
        (None, _) => 0,
    };
    if let Some(chat) = all.get(to) {
        open(app, chat, at, effects);
    }
}

/// The next conversation with unread messages, what matters most first; with none, back to where the user
/// was.
pub(super) fn next_unread(app: &mut App, at: Stamp, effects: &mut Effects) {
    let all = talks(app);
    let here = app.screen.open().and_then(|open| all.iter().position(|chat| chat == open)).map_or(0, |at| at + 1);
    let unread = all.iter().cycle().skip(here).take(all.len()).filter_map(|chat| Some((urgency(app, chat)?, chat)));
    // Of those that matter the same the next one in the list.
    let next = unread.min_by_key(|(urgency, _)| *urgency).map(|(_, chat)| chat.clone());
    match next.or_else(|| app.screen.last.clone()) {
        Some(chat) => open(app, &chat, at, effects),
        None => app.note(None, NoticeLevel::Info, "nothing is unread".to_owned(), effects),
    }
}

/// How soon what is unread somewhere is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// It names the user.
    Named,
    /// Somebody wrote to the user alone.
    Alone,
    /// It is in a conversation of several people.
    Several,
    /// The user does not want to be told of it.
    Muted,
}

/// `None` where nothing is unread.
fn urgency(app: &App, chat: &ChatKey) -> Option<Urgency> {
    let talk = app.conversation(chat).filter(|talk| talk.unread > 0)?;
    let rule = app.accounts.get(chat.account()).and_then(|account| account.rules.of(chat)?.at(app.now));
    Some(match chat {
        _ if matches!(rule, Some((Level::None, _))) => Urgency::Muted,
        _ if talk.mentions > 0 => Urgency::Named,
        ChatKey::Person(_) => Urgency::Alone,
        ChatKey::Room(_) => Urgency::Several,
    })
}

/// The person a user means by a word: an address, a name from the list, or the part before the `@`.
///
/// # Errors
/// Words for the user: nobody, or more than one, is called so.
pub(super) fn person(app: &App, word: &str) -> Result<Peer, String> {
    let home = app.screen.open().map(ChatKey::account).or(app.screen.account.as_ref()).or_else(|| app.accounts.keys().next());
    let Some(home) = home else { return Err("there is no account to write from".to_owned()) };
    if word.contains('@') {
        return Address::parse(word).map(|who| Peer::new(home, &who)).map_err(|why| why.to_string());
    }
    let wanted = word.to_lowercase();
    let mut exact = Vec::new();
    let mut begun = Vec::new();
    for (id, account) in &app.accounts {
        for contact in account.roster.contacts() {
            let name = contact.shown_name().to_lowercase();
            let user = contact.address.user().to_lowercase();
            if name == wanted || user == wanted {
                exact.push(Peer::new(id, &contact.address));
            } else if name.starts_with(&wanted) {
                begun.push(Peer::new(id, &contact.address));
            }
        }
    }
    let mut found = if exact.is_empty() { begun } else { exact };
    match (found.pop(), found.len()) {
        (Some(peer), 0) => Ok(peer),
        (Some(_), more) => Err(format!("{} contacts are called {word}; write the whole address", more + 1)),
        (None, _) => Err(format!("nobody on your list is called {word}; write the whole address, such as {word}@example.test")),
    }
}
