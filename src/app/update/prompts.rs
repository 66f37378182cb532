//! Who may see us: watchers, the question about each, the decisions.

use super::{contacts, requests, roster};
use crate::app::{Answer, App, Effects, Peer, Prompt};
use crate::model::{Access, AccessList, AccountId, Address, RosterHome, Stamp, WatcherState};

/// Watchers kept for one account.
const MAX_WATCHERS: usize = 10_000;
/// Questions that may wait for an answer at a time; further people stay in the list of watchers.
const MAX_PROMPTS: usize = 50;

/// Somebody watches us, wants to, or no longer does. Each pending person is asked about once.
pub(super) fn watcher(app: &mut App, id: &AccountId, who: Address, name: Option<String>, state: WatcherState) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    let before = account.watchers.get(&who).copied();
    let decided = account.access.of(&who).is_some();
    match state {
        WatcherState::Terminated => {
            account.watchers.remove(&who);
            account.asked.remove(&who);
            withdraw(app, |prompt| prompt.is_about(id, &who));
        }
        WatcherState::Active | WatcherState::Pending => {
            if before.is_none() && account.watchers.len() >= MAX_WATCHERS {
                return;
            }
            account.watchers.insert(who.clone(), state);
            if state == WatcherState::Active {
                withdraw(app, |prompt| prompt.is_about(id, &who));
            } else if !decided && app.prompts.len() < MAX_PROMPTS && account.asked.insert(who.clone()) {
                app.prompts.push_back(Prompt::Watcher { account: id.clone(), who, name });
                app.dirty = true;
            }
        }
    }
    if before != Some(state) {
        app.rows_changed();
        requests::reseat(app);
    }
}

/// Questions that need no answer any more go. Whoever was about to answer the one that was shown answers no other.
fn withdraw(app: &mut App, is_done: impl Fn(&Prompt) -> bool) {
    if app.prompts.front().is_some_and(&is_done) {
        app.screen.answering = None;
        app.dirty = true;
    }
    app.prompts.retain(|prompt| !is_done(prompt));
}

/// All decisions anew: questions already decided go.
pub(super) fn access_reset(app: &mut App, id: &AccountId, access: AccessList, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    if account.access == access {
        return;
    }
    account.access = access;
    let local = account.capabilities.as_ref().is_none_or(|can| !can.access_on_server);
    let decided = account.access.clone();
    withdraw(app, |prompt| match prompt {
        Prompt::Watcher { account, who, .. } => account == id && decided.of(who).is_some(),
    });
    app.rows_changed();
    requests::forget_blocked(app, id, effects);
    requests::reseat(app);
    if local {
        roster::save_if_local(app, id, RosterHome::Local, effects);
    }
}

/// The user answered the question that is shown.
pub(super) fn answer(app: &mut App, answer: Answer, at: Stamp, effects: &mut Effects) {
    if !app.answers().contains(&answer) {
        return;
    }
    let Some(Prompt::Watcher { account, who, name }) = app.prompts.pop_front() else { return };
    app.dirty = true;
    app.screen.answering = None;
    let access = match answer {
        Answer::Allow | Answer::AllowAndAdd => Access::Allow,
        Answer::Block => Access::Block,
        Answer::Later => return,
    };
    contacts::set_access(app, &Peer::new(&account, &who), access, at, effects);
    if answer == Answer::AllowAndAdd {
        let name = contacts::clean_name(name.as_deref().unwrap_or_default());
        contacts::put_new(app, &account, who, name, Vec::new(), at, effects);
    }
}
