//! Routing: every message to the file that takes it in, every order through the gate of policy.

use super::ledger::Came;
use super::{
    account, accounts, ages, completing, compose, contacts, conversation, drafts, files, finding, keys, ledger, listing, locking,
    navigate, notices, overlay, own, panes, past, pictures, policies, presence, prompts, reading, requests, requests::Door,
    resend, room, roster, searching, settings, waiting, writing,
};
use crate::app::{
    Action, App, ChatAct, ChatKey, ComposeAct, Composer, Effect, Effects, Focus, FrontNews, LockAct, Msg, Overlay, Part, Peer,
    Purpose, SignAct, Step, commands, state::NOTE_TIMER,
};
use crate::backend::files::{FileCommand, FileEvent};
use crate::backend::{Command, Event, NoticeLevel, RoomCommand, RoomEvent};
use crate::model::{Access, AccountId, Secret, SignInPhase, Stamp};

/// Takes in what happened and says what is to be done. `at` is the wall time of the message.
pub fn update(app: &mut App, msg: Msg, at: Stamp) -> Effects {
    let mut effects = Vec::new();
    app.now = at;
    app.screen.found.take();
    match msg {
        Msg::Account(id, event) => take_event(app, &id, event, at, &mut effects),
        Msg::Refused(id, refused) => account::refused(app, &id, &refused, &mut effects),
        Msg::Action(action) => {
            act(app, action, at, &mut effects);
            searching::settle(app);
            app.look();
        }
        Msg::Paste(text) if app.is_locked() => {
            locking::act(app, &LockAct::Type(Secret::new(text)), at, &mut effects);
        }
        Msg::Passphrase(right) => locking::tried(app, right, at, &mut effects),
        Msg::Paste(text) => compose::paste(app, text, at, &mut effects),
        Msg::Edited(outcome) => writing::edited(app, outcome, at, &mut effects),
        Msg::KeyboardIdle(quiet) => {
            app.notices.idle = !quiet.is_zero();
            presence::keyboard_idle(app, quiet, at, &mut effects);
            ages::count(app, &mut effects);
            locking::idle(app, quiet, &mut effects);
        }
        Msg::Detached(by) => presence::detached(app, by, at, &mut effects),
        Msg::Attention(there) => {
            app.attended = there;
            app.look();
            count(app, &mut effects);
            ages::count(app, &mut effects);
        }
        Msg::Remembered(remembered) => {
            ledger::remembered(app, remembered, at, &mut effects);
            past::begins(app, &mut effects);
        }
        Msg::Past(found) => past::found(app, found, &mut effects),
        Msg::Kept { kept, failed, why } => {
            ledger::kept(app, kept, at, &mut effects);
            ledger::not_kept(app, failed, why.as_deref(), at, &mut effects);
        }
        Msg::Accounts(news) => accounts::take(app, news, at, &mut effects),
        Msg::Policies(new) => policies::renewed(app, &new, at, &mut effects),
        Msg::Settings(new) => settings::changed(app, *new, &mut effects),
        Msg::Front(FrontNews::Theme(name)) => {
            app.note(None, NoticeLevel::Info, format!("theme {name}"), &mut effects);
            app.screen.theme = name;
        }
        Msg::Front(FrontNews::Words(words)) => app.note(None, NoticeLevel::Info, words, &mut effects),
        Msg::Trouble(words) => app.note(None, NoticeLevel::Error, words, &mut effects),
        Msg::Timer(NOTE_TIMER) => app.dirty |= std::mem::take(&mut app.screen.note_shown),
        Msg::Timer(compose::TYPING_TIMER) => compose::typing_over(app, at, &mut effects),
        Msg::Timer(waiting::RETRY_TIMER) => count(app, &mut effects),
        Msg::Timer(ages::AGES_TIMER) => ages::count(app, &mut effects),
        Msg::Timer(drafts::DRAFTS_TIMER) => drafts::save_all(app, &mut effects),
        Msg::Timer(ledger::SEEN_TIMER) => ledger::seen(app, &mut effects),
        Msg::Timer(ledger::SCREEN_TIMER) => ledger::write_shape(app, &mut effects),
        Msg::Timer(notices::NOTICE_TIMER) => notices::tell(app, &mut effects),
        Msg::Timer(notices::RULE_TIMER) => notices::expire(app, &mut effects),
        Msg::Timer(_) => {}
        Msg::File(id, file, news) => files::news(app, &id, file, news, at, &mut effects),
        Msg::Picture(id, file, read) => pictures::read(app, &id, file, read),
        Msg::Tested(lines) => notices::tested(app, lines),
        Msg::Resize(columns, rows) => {
            app.size = (columns, rows);
            app.dirty = true;
        }
    }
    ledger::seeing(app, &mut effects);
    ledger::shape(app, &mut effects);
    notices::settle(app, &mut effects);
    app.retitle(&mut effects);
    effects
}

pub(super) fn act(app: &mut App, action: Action, at: Stamp, effects: &mut Effects) {
    if app.is_locked() && !locking::takes(&action) {
        return;
    }
    let armed = std::mem::take(&mut app.screen.quit_armed);
    if !matches!(action, Action::Shown { .. } | Action::Compose(ComposeAct::Wide(_))) && !app.screen.pending.is_empty() {
        app.screen.pending.clear();
        app.dirty = true;
    }
    if !completing::lets_be(&action) {
        app.dirty |= app.screen.writing.list.take().is_some();
    }
    match action {
        Action::Order(id, command) => {
            order(app, &id, command, at, effects);
        }
        Action::Shown { roster_top, places } => {
            // What the last frame showed; changes nothing by itself.
            app.screen.roster_top = roster_top;
            reading::shown(app, places);
            app.screen.quit_armed = armed;
        }
        Action::Quit => quit(app, effects),
        Action::Interrupt => interrupt(app, armed, at, effects),
        Action::Lock(what) => locking::act(app, &what, at, effects),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Back => back(app),
        Action::Help => overlay::show(app, Overlay::Help(Composer::default(), 0)),
        Action::Palette => overlay::show(app, Overlay::Palette(Composer::default(), 0)),
        Action::Own(what) => own::act(app, what),
        Action::Toggle(Part::Details) if (1..app.details_from()).contains(&app.size.0) => {
            let said = format!("the details need {} columns, and there are {}", app.details_from(), app.size.0);
            app.note(None, NoticeLevel::Info, said, effects);
        }
        Action::Toggle(part) => toggle(app, |app| {
            let flag = match part {
                Part::Roster => &mut app.screen.roster_hidden,
                Part::Details => &mut app.screen.details_hidden,
                Part::Mouse => &mut app.screen.mouse,
            };
            *flag = !*flag;
            app.reshaped();
        }),
        Action::FocusNext(backwards) => navigate::focus_next(app, backwards),
        Action::FocusOn(Focus::Messages) => reading::select(app),
        Action::FocusOn(focus) => toggle(app, |app| app.focus = focus),
        Action::Chat(ChatAct::NextUnread) => navigate::next_unread(app, at, effects),
        Action::Chat(ChatAct::Last) => {
            if let Some(chat) = app.screen.last.clone() {
                navigate::open(app, &chat, at, effects);
            }
        }
        Action::Chat(ChatAct::Next(backwards)) => navigate::next_chat(app, backwards, at, effects),
        Action::Chat(ChatAct::Number(number)) => match navigate::talks(app).into_iter().nth(number.saturating_sub(1)) {
            Some(chat) => navigate::open(app, &chat, at, effects),
            None => app.note(None, NoticeLevel::Info, format!("there is no conversation {number}"), effects),
        },
        Action::Chat(ChatAct::Close) => navigate::close(app, at, effects),
        Action::Pane(what) => panes::act(app, what, at, effects),
        Action::Settings(what) => settings::act(app, what, effects),
        Action::Place(backwards) => navigate::place(app, backwards, at, effects),
        Action::Sign(SignAct::In | SignAct::Retry) if app.refused_password().is_some() => {
            overlay::ask_password(app, app.refused_password());
        }
        Action::Sign(SignAct::Password) => overlay::ask_password(app, app.refused_password().or_else(|| app.account_at_hand())),
        Action::Sign(how) => sign(app, how, at, effects),
        Action::Presence(value, note) => presence::choose(app, value, note, at, effects),
        Action::PresenceByWord(words) => presence::by_word(app, words.as_deref(), at, effects),
        Action::PresenceNote(Some(note)) => presence::set_note(app, &note, at, effects),
        Action::PresenceNote(None) => {
            let now = app.accounts.values().next().map_or("", |account| &account.own.note);
            let line = Composer::with(now);
            overlay::show(app, Overlay::Ask(Purpose::Note, line));
        }
        Action::Answer => toggle(app, |app| app.screen.answering = (!app.prompts.is_empty()).then_some(0)),
        Action::AnswerWith(answer) => prompts::answer(app, answer, at, effects),
        Action::Move(step) if app.types_search() => searching::next(app, step == Step::Down, effects),
        Action::Move(step) if matches!(app.screen.overlay, Some(Overlay::Picture(_))) => pictures::next(app, step, effects),
        Action::Move(step) => navigate::step(app, step),
        Action::Scroll(step) => navigate::scroll(app, step, effects),
        Action::Wheel(over, down) => navigate::wheel(app, over, down, effects),
        Action::Select(key) if app.screen.board.shown => toggle(app, |app| app.screen.board.selected = Some(key)),
        Action::Select(key) => toggle(app, |app| {
            app.focus = Focus::Roster;
            app.screen.selected = Some(key);
        }),
        Action::Choose(row) => overlay::choose(app, row, at, effects),
        Action::Open if app.screen.overlay.is_some() || app.screen.answering.is_some() => overlay::accept(app, at, effects),
        Action::Open if app.types_search() => searching::accept(app, effects),
        Action::Open => navigate::open_selected(app, at, effects),
        Action::Fold(up) => navigate::fold(app, up),
        Action::List(what) => {
            listing::act(app, what, effects);
            ages::count(app, effects);
        }
        Action::Contact(what, words) => contacts::act(app, what, words, at, effects),
        Action::File(what) => files::act(app, what, at, effects),
        Action::Requests(what, words) => requests::act(app, what, words.as_deref(), at, effects),
        Action::Invite(words) => room::invite(app, words.as_deref(), at, effects),
        Action::Chat(ChatAct::Who) => room::who(app, effects),
        Action::Leave => room::leave(app, at, effects),
        Action::Notices(act) => notices::act(app, act, effects),
        Action::Look(words) => compose::set_look(app, words.as_deref(), effects),
        Action::Message(words) => overlay::message(app, words, at, effects),
        Action::Resend => resend::resend_last(app, at, effects),
        Action::Reading(what) => reading::act(app, what, at, effects),
        Action::Compose(ComposeAct::Wide(columns)) => {
            app.screen.writing.columns = Some(columns);
            app.screen.quit_armed = armed;
        }
        Action::Compose(what) => writing::act(app, what, at, effects),
        Action::Theme(name) => effects.push(Effect::Theme(name)),
        Action::Edit(step) if app.asks_to_confirm() => overlay::typed(app, step, at, effects),
        Action::Edit(step) => compose::edit(app, step, at, effects),
        Action::Submit => compose::submit(app, at, effects),
        Action::Complete => completing::tab(app, at, effects),
        Action::Keys(what) => keys::act(app, what, at, effects),
    }
}

/// The countdown to the next try, if there is one, goes on.
fn count(app: &mut App, effects: &mut Effects) {
    app.dirty |= app.accounts.values().any(|account| account.retry_at.is_some());
    waiting::count_down(app, effects);
}

/// A change of the screen's state that needs no more than a frame.
fn toggle(app: &mut App, change: impl FnOnce(&mut App)) {
    change(app);
    app.dirty = true;
}

/// Leaves, but asks if something is written and not sent, or waits to be sent.
fn quit(app: &mut App, effects: &mut Effects) {
    // What is written down leaves another time.
    let kept = |chat: &ChatKey| app.ledger && chat.person().is_some();
    let lost = app.screen.drafts.iter().any(|(chat, draft)| !draft.text().trim().is_empty() && !kept(chat));
    let unsent = app.unkept() > 0 || lost;
    let sure = matches!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Quit)));
    if unsent && !sure {
        overlay::show(app, Overlay::Confirm(Purpose::Quit));
    } else {
        effects.push(Effect::Quit);
    }
}

/// Ctrl-C: closes what lies on top, else clears the input, else quits when pressed twice.
fn interrupt(app: &mut App, armed: bool, at: Stamp, effects: &mut Effects) {
    let search = app.screen.search.is_some() || app.screen.hinting.is_some();
    let listing = app.screen.filtering || app.screen.board.shown || app.screen.writing.list.is_some();
    if app.screen.overlay.is_some() || app.screen.answering.is_some() || listing || search {
        return back(app);
    }
    if let Some(chat) = app.screen.open().cloned()
        && !compose::draft(app, &chat).is_empty()
    {
        // Undoing brings it back.
        compose::draft(app, &chat).rewrite("", false);
        compose::touched(app, &chat, at, effects);
        return;
    }
    if armed {
        return quit(app, effects);
    }
    app.screen.quit_armed = true;
    app.note(None, NoticeLevel::Info, "press Ctrl-C again to sign out and leave".to_owned(), effects);
}

/// Esc: closes what lies on top, else one step back towards the contact list.
fn back(app: &mut App) {
    app.dirty = true;
    if let Some(Overlay::Settings(page)) = &mut app.screen.overlay
        && page.editing.take().is_some()
    {
        return;
    }
    if app.screen.overlay.take().is_some() || app.screen.answering.take().is_some() || app.screen.writing.list.take().is_some() {
        return;
    }
    if commands::close(app) || listing::back(app) || app.screen.hinting.take().is_some() || searching::cancel(app) {
        return;
    }
    if std::mem::take(&mut app.screen.filtering) || (app.focus == Focus::Roster && !app.screen.filter.is_empty()) {
        app.screen.filter.take();
        app.rows_changed();
    } else if std::mem::take(&mut app.screen.note_shown) {
    } else if !app.at_end() {
        past::to_end(app);
    } else {
        app.focus = if app.focus == Focus::Messages { Focus::Composer } else { Focus::Roster };
    }
}

/// Signs all accounts in or out, or hurries those that wait.
fn sign(app: &mut App, how: SignAct, at: Stamp, effects: &mut Effects) {
    let ids: Vec<(AccountId, bool, bool)> = app
        .accounts
        .iter()
        .map(|(id, account)| {
            let off = matches!(account.phase, SignInPhase::Offline { .. });
            (id.clone(), off, matches!(account.phase, SignInPhase::Waiting { .. }))
        })
        .collect();
    for (id, off, waits) in ids {
        let command = match how {
            SignAct::Out if !off => Command::SignOut,
            SignAct::In | SignAct::Retry if off => Command::SignIn,
            SignAct::In | SignAct::Retry if waits => Command::RetryNow,
            _ => continue,
        };
        order(app, &id, command, at, effects);
    }
}

/// Gives an order to an account, if policy permits, and notes what the user is to see of it at
/// once. `false` if policy forbids it; the user was told, but of what they did not wish themselves.
pub(super) fn order(app: &mut App, id: &AccountId, command: Command, at: Stamp, effects: &mut Effects) -> bool {
    let silent = matches!(command, Command::Typing { .. });
    let permitted = match app.permit(id, command) {
        Ok(permitted) => permitted,
        Err(denial) => {
            if !silent {
                app.note(Some(id), NoticeLevel::Warning, denial.to_string(), effects);
            }
            return false;
        }
    };
    match permitted.as_inner() {
        Command::SignIn if app.announces => presence::announce(app, id, at, effects),
        Command::SendText { to, body, tag } => {
            let (to, body, tag) = (to.clone(), body.clone(), *tag);
            let peer = Peer::new(id, &to);
            ledger::sends(app, &peer, &body, tag, at, effects);
            conversation::sent(app, &peer.into(), body, tag, at, effects);
        }
        Command::Room(command) => {
            let command = command.clone();
            room::ordered(app, id, command, at, effects);
        }
        Command::SetPresence(own) => {
            let own = own.clone();
            presence::own_set(app, id, own);
        }
        Command::SetAccess { who, access: Access::Block } => {
            let peer = Peer::new(id, who);
            requests::forget(app, &peer, effects);
        }
        _ => {}
    }
    effects.push(Effect::Account(id.clone(), permitted));
    true
}

/// What is owed to others for a report that policy does not let in: whoever writes does not wait for an answer, and
/// nobody believes us in a conversation we take no part in.
fn owed(event: &Event) -> Option<Command> {
    match event {
        Event::Text { id, .. } | Event::Room(RoomEvent::Text { id, .. }) => Some(Command::Received(id.clone())),
        Event::Room(RoomEvent::Opened { room, by: Some(_), .. }) => Some(Command::Room(RoomCommand::Leave(room.clone()))),
        Event::File(told @ FileEvent::Offered { .. }) => Some(Command::File(FileCommand::Cancel(told.id()))),
        _ => None,
    }
}

/// A report is not let in; what is owed for it is given.
fn dropped(app: &mut App, id: &AccountId, owed: Option<Command>, at: Stamp, effects: &mut Effects) {
    app.dropped = app.dropped.saturating_add(1);
    if let Some(command) = owed {
        order(app, id, command, at, effects);
    }
}

/// A report of an account: admitted or dropped, reported, taken in.
fn take_event(app: &mut App, id: &AccountId, event: Event, at: Stamp, effects: &mut Effects) {
    if !app.accounts.contains_key(id) {
        return;
    }
    // Some networks tell how old a state is; only here is it known what time it is.
    let event = match event {
        Event::Presence { who, now } => Event::Presence { who, now: now.came_at(at) },
        other => requests::spelt(app, id, other),
    };
    let owed = owed(&event);
    if requests::is_shut(app, id, &event) {
        return dropped(app, id, owed, at, effects);
    }
    let begun = match &event {
        Event::Room(RoomEvent::Opened { room, by: Some(_), .. }) => Some(room.clone()),
        _ => None,
    };
    let admitted = app.admit(id, event);
    let door = admitted.as_ref().map_or(Door::Shut(owed), |admitted| requests::door(app, id, admitted.as_inner(), at));
    let held = matches!(door, Door::Held);
    let admitted = match (admitted, door) {
        (Ok(admitted), Door::Open | Door::Held) => admitted,
        (_, door) => {
            if let Some(room) = begun {
                requests::shut(app, id, room);
            }
            let owed = if let Door::Shut(owed) = door { owed } else { None };
            return dropped(app, id, owed, at, effects);
        }
    };
    effects.push(Effect::Report(id.clone(), admitted.clone()));
    match admitted.into_inner() {
        Event::Phase { phase, server, transport } => account::phase(app, id, phase, server, transport, effects),
        Event::Capabilities(capabilities) => account::capabilities(app, id, capabilities),
        Event::Notice { level, text, .. } => app.note(Some(id), level, text, effects),
        Event::Arranged(settings) => policies::arranged(app, id, settings, at, effects),
        Event::Home(home) => effects.push(Effect::SaveHome(id.clone(), home)),
        Event::Refusals(refusals) => effects.push(Effect::SaveRefusals(id.clone(), refusals)),
        Event::Traffic(traffic) => account::traffic(app, id, traffic),
        Event::RosterReset { roster, home } => roster::reset(app, id, roster, home, effects),
        Event::RosterChanged { changes, home } => roster::changed(app, id, changes, home, effects),
        Event::AccessReset(access) => prompts::access_reset(app, id, access, effects),
        // Scripts wait for it; on the screen a change shows at once, and goes again if it was refused.
        Event::ListsConfirmed => {}
        Event::Watcher { who, name, state } => prompts::watcher(app, id, who, name, state),
        Event::Presence { who, now } => presence::of_person(app, id, &who, now, at, effects),
        Event::AllStale => presence::all_stale(app, id),
        Event::OwnPresence(shown) => presence::own_shown(app, id, shown),
        Event::Text { id: name, from, body, sent, delayed } => {
            let at = sent.unwrap_or(at);
            let came = Came { id: &name, room: None, from: &from, body: &body, at, delayed };
            ledger::came(app, id, &came, effects);
            if held {
                requests::came(app, id, &came, effects);
            } else {
                conversation::text(app, id, &came, effects);
            }
        }
        Event::Leaving(tag) => ledger::leaving(app, id, tag, effects),
        Event::Typing { from, active } => conversation::typing(app, id, &from, active, effects),
        Event::Delivery { tag, fate } => conversation::delivery(app, id, tag, &fate, effects),
        Event::Search { words, found } => finding::answered(app, id, &words, found),
        Event::OwnName(name) => account::own_name(app, id, &name),
        Event::Room(told) => room::take(app, id, told, at, effects),
        Event::File(told) => files::take(app, id, told, at, effects),
    }
}
