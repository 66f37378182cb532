//! The page of policies, and policies that changed.

use super::{order, overlay};
use crate::app::policies::count;
use crate::app::{App, Effects, Overlay, PolicyPage, PolicyRow};
use crate::backend::Command;
use crate::model::{AccountId, OwnPresence, Stamp};
use crate::policy::{LinkRule, Policy};

/// Shows the page.
pub(super) fn page(app: &mut App, words: Option<&str>) {
    overlay::show(app, Overlay::Policies(PolicyPage::about(words.unwrap_or_default())));
}

/// What nobody has set is shown too, or no longer.
pub(super) fn show_all(app: &mut App) {
    if let Some(Overlay::Policies(page)) = &mut app.screen.overlay {
        page.all = !page.all;
    }
    settle(app);
    app.dirty = true;
}

/// Enter on the page: nothing can be changed here, but more can be shown.
pub(super) fn accept(app: &mut App, page: PolicyPage) {
    let more = matches!(app.policy_rows(&page).get(page.marked), Some(PolicyRow::More(_) | PolicyRow::Fewer));
    app.screen.overlay = Some(Overlay::Policies(page));
    if more {
        show_all(app);
    }
}

/// The marked row is one there is.
fn settle(app: &mut App) {
    let Some(Overlay::Policies(page)) = &app.screen.overlay else { return };
    let last = app.policy_rows(page).len().saturating_sub(1);
    if let Some(Overlay::Policies(page)) = &mut app.screen.overlay {
        page.marked = page.marked.min(last);
    }
}

/// These policies are in force from now on; what is to be said of that, if anything changed.
pub(super) fn put_in_force(app: &mut App, new: Policy, at: Stamp, effects: &mut Effects) -> Option<String> {
    let changed = app.policy.table() != new.table();
    app.policy = new;
    if !changed {
        return None;
    }
    app.dirty = true;
    settle(app);
    let states = app.policy.screen().states.clone();
    if let Some(Overlay::Status(menu)) = &mut app.screen.overlay {
        menu.offer(&states);
    }
    if matches!(app.policy.screen().links, LinkRule::Defang | LinkRule::None) {
        app.screen.hinting = None;
    }
    take_notes_back(app, at, effects);
    Some(format!("policies changed: {}", count(app.policy.table())))
}

/// A note that may not be shown any more is taken off; else nothing could be told of us at all.
fn take_notes_back(app: &mut App, at: Stamp, effects: &mut Effects) {
    let forbidden =
        |(id, own): &(AccountId, OwnPresence)| !own.note.is_empty() && app.permit(id, Command::SetPresence(own.clone())).is_err();
    let all = app.accounts.iter().map(|(id, account)| (id.clone(), account.own.clone()));
    let wrong: Vec<(AccountId, OwnPresence)> = all.filter(forbidden).collect();
    for (id, own) in wrong {
        let own = OwnPresence { note: String::new(), since: at, ..own };
        order(app, &id, Command::SetPresence(own), at, effects);
    }
}
