//! `update`: routing only. Each kind of message has its file.
//!
//! Everything that enters from a network passes [`crate::policy::Policy::admit`] here; everything
//! that leaves passes [`crate::policy::Policy::permit`] in [`order`].

mod account;
mod conversation;
mod presence;
mod prompts;
mod roster;

use crate::app::{Action, App, Effect, Effects, Msg};
use crate::backend::{Command, Event, NoticeLevel};
use crate::model::{AccountId, Stamp};

/// Takes in what happened and says what is to be done. `at` is the wall time of the message.
pub fn update(app: &mut App, msg: Msg, at: Stamp) -> Effects {
    let mut effects = Vec::new();
    app.now = at;
    match msg {
        Msg::Account(id, event) => take_event(app, &id, event, at, &mut effects),
        Msg::Refused(id, refused) => account::refused(app, &id, &refused, &mut effects),
        Msg::Action(action) => act(app, action, at, &mut effects),
        Msg::KeyboardIdle(quiet) => presence::keyboard_idle(app, quiet, at, &mut effects),
        Msg::Trouble(words) => app.note(None, NoticeLevel::Error, words, &mut effects),
        Msg::Resize(columns, rows) => {
            app.size = (columns, rows);
            app.dirty = true;
        }
        Msg::Paste(_) | Msg::Timer(_) => {}
    }
    effects
}

fn act(app: &mut App, action: Action, at: Stamp, effects: &mut Effects) {
    match action {
        Action::Quit => effects.push(Effect::Quit),
        Action::Order(id, command) => order(app, &id, command, at, effects),
    }
}

/// Gives an order to an account, if policy permits, and notes what the user is to see of it at once.
fn order(app: &mut App, id: &AccountId, command: Command, at: Stamp, effects: &mut Effects) {
    let permitted = match app.policy.permit(command) {
        Ok(permitted) => permitted,
        Err(denial) => return app.note(Some(id), NoticeLevel::Warning, denial.to_string(), effects),
    };
    match permitted.as_inner() {
        Command::SendText { to, body, tag } => {
            let (to, body, tag) = (to.clone(), body.clone(), *tag);
            conversation::sent(app, id, &to, body, tag, at);
        }
        Command::SetPresence(own) => {
            let own = own.clone();
            presence::own_set(app, id, own);
        }
        _ => {}
    }
    effects.push(Effect::Account(id.clone(), permitted));
}

/// A report of an account: admitted or dropped, reported, taken in.
fn take_event(app: &mut App, id: &AccountId, event: Event, at: Stamp, effects: &mut Effects) {
    if !app.accounts.contains_key(id) {
        return;
    }
    let Ok(admitted) = app.policy.admit(event) else {
        app.dropped = app.dropped.saturating_add(1);
        return;
    };
    effects.push(Effect::Report(id.clone(), admitted.clone()));
    match admitted.into_inner() {
        Event::Phase { phase, server, transport } => account::phase(app, id, phase, server, transport, effects),
        Event::Capabilities(capabilities) => account::capabilities(app, id, capabilities),
        Event::Notice { level, text, .. } => app.note(Some(id), level, text, effects),
        Event::Traffic(traffic) => account::traffic(app, id, traffic),
        Event::RosterReset { roster, home } => roster::reset(app, id, roster, home, effects),
        Event::RosterChanged { changes, home } => roster::changed(app, id, changes, home, effects),
        Event::AccessReset(access) => prompts::access_reset(app, id, access, effects),
        Event::Watcher { who, name, state } => prompts::watcher(app, id, who, name, state, effects),
        Event::Presence { who, now } => presence::of_person(app, id, &who, now),
        Event::AllStale => presence::all_stale(app, id),
        Event::OwnPresence(shown) => presence::own_shown(app, id, shown),
        Event::Text { from, body, sent, delayed } => {
            conversation::text(app, id, &from, body, sent.unwrap_or(at), delayed, effects)
        }
        Event::Typing { from, active } => conversation::typing(app, id, &from, active),
        Event::Delivery { tag, fate } => conversation::delivery(app, id, tag, fate),
    }
}

#[cfg(test)]
mod tests;
