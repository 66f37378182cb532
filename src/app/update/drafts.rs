//! Drafts outlive the program: what is being written to a person is kept on this machine.
//!
//! At most so much is lost when the program is killed as was written in the last moments. A draft in
//! a conversation of several people goes with it: the conversation is not there at the next start.

use std::time::Duration;

use super::ledger;
use crate::app::{App, ChatKey, Composer, Effect, Effects, Peer};
use crate::history::{Draft, Keep, With};

/// The timer after which drafts are saved.
pub(super) const DRAFTS_TIMER: &str = "drafts";
/// So old what is not saved yet can be.
const UNSAVED: Duration = Duration::from_secs(2);

/// A draft was changed: it is saved soon.
pub(super) fn changed(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    if !app.ledger || chat.person().is_none() {
        return;
    }
    if app.screen.writing.unsaved.is_empty() {
        effects.push(Effect::StartTimer(DRAFTS_TIMER, UNSAVED));
    }
    app.screen.writing.unsaved.insert(chat.clone());
}

/// What was written has become a message: a copy of it must not come back at the next start.
pub(super) fn left(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    app.screen.writing.unsaved.remove(chat);
    save(app, chat, effects);
}

/// Saves everything that is not.
pub(super) fn save_all(app: &mut App, effects: &mut Effects) {
    for chat in std::mem::take(&mut app.screen.writing.unsaved) {
        save(app, &chat, effects);
    }
}

fn save(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    let Some(peer) = chat.person().filter(|_| app.ledger) else { return };
    let Some(account) = app.accounts.get(&peer.account).map(|account| account.aor.clone()) else { return };
    let text = app.screen.drafts.get(chat).map_or("", Composer::text).to_owned();
    let saved = &mut app.screen.writing.saved;
    let was_saved = if text.is_empty() { saved.remove(chat) } else { !saved.insert(chat.clone()) };
    if was_saved || !text.is_empty() {
        effects.push(Effect::Keep(Keep::Draft(Draft { account, with: With::Person(peer.who.clone()), text })));
    }
}

/// What an earlier run left half written is there again.
pub(super) fn remembered(app: &mut App, drafts: Vec<Draft>) {
    for Draft { account, with, text } in drafts {
        let (Some(id), With::Person(who)) = (ledger::account_of(app, &account), with) else { continue };
        let chat = ChatKey::from(Peer::new(&id, &who));
        app.screen.writing.saved.insert(chat.clone());
        let draft = app.screen.drafts.entry(chat.clone()).or_default();
        if draft.is_empty() {
            *draft = Composer::with(&text);
        } else {
            app.screen.writing.unsaved.insert(chat);
        }
    }
    app.rows_changed();
}

impl App {
    /// What is to be written down of drafts before the program ends.
    pub fn last_drafts(&mut self) -> Effects {
        let mut effects = Vec::new();
        save_all(self, &mut effects);
        effects
    }
}
