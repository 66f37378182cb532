//! How an account is: sign-in, what its server can do, what it refused.

use super::waiting;
use crate::app::{App, Effects, NoteLevel, words};
use crate::backend::{NoticeLevel, Refused, Traffic};
use crate::model::{AccountId, Capabilities, Fate, SignInPhase, Stamp, Transport};

/// Characters kept of our own name.
const MAX_NAME: usize = 200;

/// Sign-in got further, or back.
pub(super) fn phase(
    app: &mut App,
    id: &AccountId,
    phase: SignInPhase,
    server: Option<String>,
    transport: Option<Transport>,
    effects: &mut Effects,
) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    let server = server.or_else(|| account.server.clone());
    let transport = transport.or(account.transport);
    let changed = account.phase != phase || account.server != server || account.transport != transport;
    // The reason of a final failure deserves its whole sentence once; a back-off only the status bar.
    let sentence = match &phase {
        SignInPhase::Offline { why: Some(why) } if account.phase != phase => Some(words::wait_reason(why)),
        _ => None,
    };
    if !matches!(phase, SignInPhase::Online) {
        for conversation in account.conversations.values_mut() {
            conversation.typing = false;
        }
    }
    let online = changed && matches!(phase, SignInPhase::Online);
    account.retry_at = match &phase {
        SignInPhase::Waiting { retry_in, .. } => {
            let millis = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
            Some(Stamp::from_millis(app.now.as_millis().saturating_add(millis)))
        }
        _ => None,
    };
    account.phase = phase;
    account.server = server;
    account.transport = transport;
    app.dirty |= changed;
    // What went wrong before is over now.
    if online && app.notes.back().is_some_and(|note| note.account.as_ref() == Some(id) && note.level == NoteLevel::Error) {
        app.screen.note_shown = false;
    }
    if let Some(sentence) = sentence {
        app.note(Some(id), NoticeLevel::Error, sentence, effects);
    }
    waiting::count_down(app, effects);
}

/// The server was found able to do this.
pub(super) fn capabilities(app: &mut App, id: &AccountId, capabilities: Capabilities) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    app.dirty |= account.capabilities.as_ref() != Some(&capabilities);
    account.capabilities = Some(capabilities);
}

/// The name the server has for us; kept within reason.
pub(super) fn own_name(app: &mut App, id: &AccountId, name: &str) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    let name: String = name.chars().take(MAX_NAME).collect();
    app.dirty |= account.listed_name != name;
    account.listed_name = name;
}

/// New counters; shown in the details only.
pub(super) fn traffic(app: &mut App, id: &AccountId, traffic: Traffic) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    account.traffic = traffic;
}

/// The account did not take an order.
///
/// The refusal does not say which order it was. Messages the account has not acknowledged by a
/// fate yet are marked as not delivered; one that was taken after all gets its true fate with the
/// next report.
pub(super) fn refused(app: &mut App, id: &AccountId, refused: &Refused, effects: &mut Effects) {
    if let Some(account) = app.accounts.get_mut(id) {
        let why = refused.to_string();
        for conversation in account.talks_mut() {
            // Only the newest lines can still wait; stop at the first with a fate.
            for line in conversation.lines_mut().rev().take(64) {
                if line.tag.is_some() && line.fate.is_none() {
                    line.fate = Some(Fate::Failed { why: why.clone() });
                }
            }
        }
    }
    app.screen.opening.take_if(|waits| waits == id);
    super::finding::refused(app, id, refused);
    app.note(Some(id), NoticeLevel::Warning, refused.to_string(), effects);
}
