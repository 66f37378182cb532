//! Messages of people the user does not know: held, shown on a page of their own, and answered there.
//!
//! Nothing is said of them to anybody: no sound, no count, no sign that they are read or that we write.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{contacts, conversation, ledger, ledger::Came, navigate, overlay, room};
use crate::app::marks::MAX_ACCEPTED;
use crate::app::requests::{Request, is_local, warnings};
use crate::app::{App, ChatKey, Effect, Effects, Overlay, Peer, RequestAct, RequestPage, RequestReport, RequestRow};
use crate::backend::files::{FileCommand, FileEvent};
use crate::backend::{Command, Event, NoticeLevel, RoomCommand, RoomEvent};
use crate::model::{Access, AccountId, Address, Author, Line, RoomId, Stamp, Strangers};

/// What becomes of a report of an account.
pub(super) enum Door {
    /// It goes on its way.
    Open,
    /// It is a message that is to be held.
    Held,
    /// It is not let in; what is owed to others for it.
    Shut(Option<Command>),
}

/// A report with its sender spelt as what is held of them has it.
pub(super) fn spelt(app: &App, id: &AccountId, event: Event) -> Event {
    match (event, app.accounts.get(id)) {
        (Event::Text { id, from, body, sent, delayed }, Some(account)) => {
            let from = if account.is_stranger(&from) { account.requests.spelling(&from) } else { from };
            Event::Text { id, from, body, sent, delayed }
        }
        (event, _) => event,
    }
}

/// Whether a report is of a conversation into which we were not let.
pub(super) fn is_shut(app: &App, id: &AccountId, event: &Event) -> bool {
    let Event::Room(told) = event else { return false };
    app.accounts.get(id).is_some_and(|account| account.requests.is_shut(told.room()))
}

/// We are not let into a conversation.
pub(super) fn shut(app: &mut App, id: &AccountId, room: RoomId) {
    if let Some(account) = app.accounts.get_mut(id) {
        account.requests.shut(room);
    }
}

/// Whether nobody in a conversation is known, so that what is said there counts as of strangers.
pub(super) fn is_strange(app: &App, id: &AccountId, room: &RoomId, from: &Address) -> bool {
    let Some(account) = app.accounts.get(id).filter(|_| app.strangers() != Strangers::Allow) else { return false };
    account.is_stranger(from) && account.rooms.get(room).is_none_or(|room| !room::is_known(account, room))
}

/// Looks at who a report is of. Policy has let it in.
pub(super) fn door(app: &mut App, id: &AccountId, event: &Event, at: Stamp) -> Door {
    let who = match event {
        Event::Text { from, .. } | Event::Typing { from, .. } => from,
        Event::Room(RoomEvent::Opened { by: Some(by), .. }) | Event::Notice { by: Some(by), .. } => by,
        Event::Room(RoomEvent::Text { room, from, .. }) if is_strange(app, id, room, from) => from,
        Event::File(FileEvent::Offered { from, .. }) if !app.asks_nobody => from,
        _ => return Door::Open,
    };
    let strangers = app.strangers();
    let Some(account) = app.accounts.get_mut(id).filter(|account| strangers != Strangers::Allow && account.is_stranger(who))
    else {
        return Door::Open;
    };
    match (event, strangers) {
        // As what a policy keeps out: who is blocked is told nothing of it.
        (Event::Text { id, .. } | Event::Room(RoomEvent::Text { id, .. }), Strangers::Block) => {
            Door::Shut(Some(Command::Received(id.clone())))
        }
        (Event::Room(RoomEvent::Opened { room, .. }), Strangers::Block) => {
            Door::Shut(Some(Command::Room(RoomCommand::Leave(room.clone()))))
        }
        (Event::File(offered), _) => {
            account.requests.refused = account.requests.refused.saturating_add(1);
            Door::Shut(Some(Command::File(FileCommand::Cancel(offered.id()))))
        }
        (Event::Notice { .. }, _) => {
            account.requests.refused = account.requests.refused.saturating_add(1);
            Door::Shut(None)
        }
        (Event::Typing { .. }, _) => Door::Shut(None),
        // It is silent, and listed among the others.
        (Event::Room(told), _) => {
            let (local, early) = (is_local(&account.aor, who), !account.is_online());
            if account.requests.lets(who, local, early, at) {
                return Door::Open;
            }
            account.requests.refused = account.requests.refused.saturating_add(1);
            Door::Shut(Some(match told {
                RoomEvent::Text { id, .. } => Command::Declined(id.clone()),
                told => Command::Room(RoomCommand::Leave(told.room().clone())),
            }))
        }
        (Event::Text { id, from, body, .. }, _) => {
            let (local, early) = (is_local(&account.aor, from), !account.is_online());
            if account.requests.has_room(from, body.text.len(), local, early, at) {
                return Door::Held;
            }
            account.requests.refused = account.requests.refused.saturating_add(1);
            app.dirty |= matches!(app.screen.overlay, Some(Overlay::Requests(_)));
            Door::Shut(Some(Command::Declined(id.clone())))
        }
        _ => Door::Open,
    }
}

/// Holds a message of somebody who is not known.
pub(super) fn came(app: &mut App, id: &AccountId, came: &Came<'_>, effects: &mut Effects) {
    for who in hold(app, id, came, effects) {
        ledger::discards(app, id, &who, effects);
    }
}

/// Keeps it in memory; whose messages gave way for it there.
fn hold(app: &mut App, id: &AccountId, came: &Came<'_>, effects: &mut Effects) -> Vec<Address> {
    let Some(account) = app.accounts.get_mut(id) else { return Vec::new() };
    let (own, count) = (account.aor.clone(), account.requests.len());
    let gone = account.requests.hold(came.from, came.line(), &own);
    let more = account.requests.len() != count || !gone.is_empty();
    let first = !account.requests.told && !app.notices.still && !matches!(app.screen.overlay, Some(Overlay::Requests(_)));
    account.requests.told |= first;
    if more {
        app.rows_changed();
    }
    reseat(app);
    if first {
        let text = "somebody who is not on your list wrote to you: /requests shows it".to_owned();
        app.note(Some(id), NoticeLevel::Info, text, effects);
    }
    gone.into_iter().map(|(who, _)| who).collect()
}

/// A message of an earlier run that nobody read: whether it is held.
pub(super) fn came_before(app: &mut App, id: &AccountId, message: &Came<'_>, effects: &mut Effects) -> bool {
    let may_be_held = app.strangers() != Strangers::Allow;
    let Some(account) = app.accounts.get_mut(id).filter(|account| may_be_held && account.is_stranger(message.from)) else {
        return false;
    };
    if account.requests.has_room(message.from, message.body.text.len(), true, true, message.at) {
        // Nobody read them, and the store has what gave way still.
        hold(app, id, message, effects);
    } else {
        account.requests.gave_way = account.requests.gave_way.saturating_add(1);
    }
    true
}

/// The user writes to somebody, or accepts them: from now on they are known.
pub(super) fn known(app: &mut App, peer: &Peer, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(&peer.account) else { return };
    if account.roster.contact(&peer.who).is_none() && !account.marks.accepted.contains(&peer.who) && peer.who != account.aor {
        if account.marks.accepted.len() >= MAX_ACCEPTED {
            let idle = account.marks.accepted.iter().find(|who| !account.conversations.contains_key(who)).cloned();
            let first = idle.or_else(|| account.marks.accepted.first().cloned());
            first.map(|who| account.marks.accepted.remove(&who));
        }
        account.marks.accepted.insert(peer.who.clone());
        effects.push(Effect::SaveMarks(peer.account.clone(), account.marks.clone()));
    }
    let still = std::mem::replace(&mut app.notices.still, true);
    release(app, peer, effects);
    app.notices.still = still;
}

/// The contact list changed: who is on it now is no stranger any more, and the user is told what they wrote.
pub(super) fn settle(app: &mut App, id: &AccountId, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    let known: Vec<Peer> =
        account.requests.senders().into_iter().filter(|who| !account.is_stranger(who)).map(|who| Peer::new(id, who)).collect();
    for peer in known {
        release(app, &peer, effects);
    }
    reseat(app);
}

/// What was held goes into the conversation with who wrote it.
fn release(app: &mut App, peer: &Peer, effects: &mut Effects) {
    let Some(request) = app.accounts.get_mut(&peer.account).and_then(|account| account.requests.take(&peer.who)) else { return };
    let chat = ChatKey::from(peer.clone());
    for who in spellings(&request, peer) {
        ledger::knows(app, &peer.account, who, effects);
    }
    conversation::open_talk(app, &peer.account, &peer.who, effects);
    app.rows_changed();
    let mut lines: Vec<Line> = request.lines.into();
    lines.sort_by_key(|line| line.at);
    for line in lines {
        conversation::arrived(app, &chat, line, effects);
    }
    reseat(app);
}

/// The addresses of somebody as they stand in what is held of them.
fn spellings<'a>(request: &'a Request, peer: &'a Peer) -> BTreeSet<&'a Address> {
    let spelt = request.lines.iter().filter_map(|line| if let Author::Them(who) = &line.by { Some(who) } else { None });
    spelt.chain([&peer.who]).collect()
}

/// The names of the messages that are held of the other side of a conversation.
pub(super) fn held(app: &App, chat: &ChatKey) -> BTreeSet<String> {
    let found = chat.person().zip(app.accounts.get(chat.account()));
    let request = found.and_then(|(peer, account)| account.requests.of(&account.requests.spelling(&peer.who)));
    request.into_iter().flat_map(|request| &request.lines).filter_map(|line| line.id.clone()).collect()
}

/// What was held of somebody is thrown away, here and on disk.
pub(super) fn forget(app: &mut App, peer: &Peer, effects: &mut Effects) {
    let gone = app.accounts.get_mut(&peer.account).and_then(|account| account.requests.take(&peer.who));
    if let Some(gone) = gone {
        for who in spellings(&gone, peer) {
            ledger::discards(app, &peer.account, who, effects);
        }
        app.rows_changed();
    }
    reseat(app);
}

/// People were blocked, here or elsewhere: nothing of theirs is held any more.
pub(super) fn forget_blocked(app: &mut App, id: &AccountId, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    let blocked = account.requests.senders().into_iter().filter(|who| !account.access.may_write(who));
    let blocked: Vec<Peer> = blocked.map(|who| Peer::new(id, who)).collect();
    for peer in blocked {
        forget(app, &peer, effects);
    }
}

/// Rows of the page came or went: the mark stays with who was marked.
pub(super) fn reseat(app: &mut App) {
    if !matches!(app.screen.overlay, Some(Overlay::Requests(_))) {
        return;
    }
    let rows = app.request_rows();
    app.dirty = true;
    if rows.is_empty() {
        app.screen.overlay = None;
        return;
    }
    if let Some(Overlay::Requests(page)) = &mut app.screen.overlay {
        let at = rows.iter().position(|row| page.at.as_ref() == Some(&row.peer));
        mark(page, &rows, at.unwrap_or(page.marked));
    }
}

/// Marks a row, or the last where there are not so many.
pub(super) fn mark(page: &mut RequestPage, rows: &[RequestRow], at: usize) {
    page.marked = at.min(rows.len().saturating_sub(1));
    page.at = rows.get(page.marked).map(|row| row.peer.clone());
}

/// What the user does about requests.
pub(super) fn act(app: &mut App, what: RequestAct, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    if what == RequestAct::Page {
        return show(app, effects);
    }
    let Some(row) = meant(app, words, effects) else { return };
    match what {
        RequestAct::Page => {}
        RequestAct::Accept => accept(app, &row, at, effects),
        RequestAct::AcceptAndAdd => {
            let who = row.peer.who.clone();
            contacts::put_new(app, &row.peer.account, who, String::new(), Vec::new(), at, effects);
            accept(app, &row, at, effects);
        }
        RequestAct::Block => contacts::set_access(app, &row.peer, Access::Block, at, effects),
        RequestAct::Delete if row.wrote => forget(app, &row.peer, effects),
        RequestAct::Report if row.wrote => report(app, &row.peer, at, effects),
        RequestAct::Delete | RequestAct::Report => {
            let text = format!("{} wrote nothing; they only ask to see how you are", row.peer.who.short());
            app.note(Some(&row.peer.account), NoticeLevel::Info, text, effects);
        }
    }
}

/// Opens the page.
fn show(app: &mut App, effects: &mut Effects) {
    let rows = app.request_rows();
    if rows.is_empty() {
        let text = "there are no requests: nobody who is not on your list waits for an answer".to_owned();
        return app.note(None, NoticeLevel::Info, text, effects);
    }
    let mut page = RequestPage::default();
    for (id, account) in &mut app.accounts {
        account.requests.told = false;
        page.familiar.insert(id.clone(), Arc::new(account.familiar()));
    }
    mark(&mut page, &rows, 0);
    overlay::show(app, Overlay::Requests(page));
}

/// Enter on a row of the page.
pub(super) fn chosen(app: &mut App, page: RequestPage, at: Stamp, effects: &mut Effects) {
    app.screen.overlay = Some(Overlay::Requests(page));
    act(app, RequestAct::Accept, None, at, effects);
}

/// The row that words mean: a whole address, or what stands before its `@`; without words the marked one, or
/// the only one.
fn meant(app: &mut App, words: Option<&str>, effects: &mut Effects) -> Option<RequestRow> {
    let rows = app.request_rows();
    let found: Vec<&RequestRow> = match (words.map(str::trim), &app.screen.overlay) {
        (Some(words), _) => {
            let is = |who: &Address| who.short() == words || who.as_str() == words || who.user() == words;
            rows.iter().filter(|row| is(&row.peer.who)).collect()
        }
        (None, Some(Overlay::Requests(page))) => rows.get(page.marked).into_iter().collect(),
        (None, _) => rows.iter().collect(),
    };
    let why = match (found.as_slice(), words) {
        ([one], _) => return Some((*one).clone()),
        ([], Some(words)) => format!("there is no request of {words}; /requests shows them all"),
        ([], None) => "there are no requests".to_owned(),
        (_, Some(words)) => format!("several requests are of {words}; write the whole address, or choose in /requests"),
        (_, None) => "there are several requests; choose one in /requests".to_owned(),
    };
    app.note(None, NoticeLevel::Info, why, effects);
    None
}

/// Who asks to see us may, and who wrote is answered.
fn accept(app: &mut App, row: &RequestRow, at: Stamp, effects: &mut Effects) {
    if row.asks {
        contacts::set_access(app, &row.peer, Access::Allow, at, effects);
    }
    if row.wrote {
        known(app, &row.peer, effects);
        navigate::open(app, &row.peer.clone().into(), at, effects);
    }
}

/// Writes a file with what somebody wrote.
fn report(app: &mut App, peer: &Peer, at: Stamp, effects: &mut Effects) {
    let account = app.accounts.get(&peer.account);
    if let Some(report) = account.and_then(|account| RequestReport::about(account, &peer.who, at)) {
        effects.push(Effect::WriteReport(Box::new(report)));
    }
}

/// Somebody is being added: what is odd about the address, if they are not on the list yet.
pub(super) fn oddities(app: &App, id: &AccountId, who: &Address) -> Option<String> {
    let account = app.accounts.get(id).filter(|account| account.roster.contact(who).is_none())?;
    let doubts = account.familiar().doubts(who);
    let all = warnings(&doubts);
    (!doubts.is_empty()).then(|| format!("be careful with {}. {}", who.short(), all.join(". ")))
}

/// Whether it is worth telling somebody that we write: who waits for an answer learns nothing by it.
pub(super) fn may_see_typing(app: &App, peer: &Peer) -> bool {
    app.accounts.get(&peer.account).is_none_or(|account| account.requests.of(&peer.who).is_none())
}

/// Whether somebody was accepted, or written to in an earlier run.
pub(super) fn is_accepted(app: &App, peer: &Peer) -> bool {
    app.accounts.get(&peer.account).is_some_and(|account| account.marks.accepted.contains(&peer.who))
}
