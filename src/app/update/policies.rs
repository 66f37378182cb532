//! The page of policies, and policies that changed.

use super::{order, overlay};
use crate::app::policies::count;
use crate::app::{App, Effect, Effects, Overlay, PolicyPage, PolicyRow};
use crate::backend::{Command, NoticeLevel};
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

/// The server of an account told what its administrator arranged.
pub(super) fn arranged(app: &mut App, id: &AccountId, settings: Vec<(String, String)>, at: Stamp, effects: &mut Effects) {
    let new = app.policy.with_server(id.as_str(), settings);
    if let Some(said) = put_in_force(app, new, at, effects) {
        app.note(None, NoticeLevel::Warning, said, effects);
    }
}

/// The policies of this machine changed. Settings are read again after them; where the program may not run any
/// more, it ends.
pub(super) fn renewed(app: &mut App, new: &Policy, at: Stamp, effects: &mut Effects) {
    let new = app.policy.renewed(new);
    let Some(said) = put_in_force(app, new, at, effects) else { return };
    app.note(None, NoticeLevel::Warning, said, effects);
    match app.policy.run() {
        Ok(_) => effects.push(Effect::Reload),
        Err(denial) => {
            app.note(None, NoticeLevel::Error, denial.to_string(), effects);
            effects.push(Effect::Quit);
        }
    }
}

/// These policies are in force from now on; what is to be said of that, if anything changed.
pub(super) fn put_in_force(app: &mut App, new: Policy, at: Stamp, effects: &mut Effects) -> Option<String> {
    let changed = app.policy.table() != new.table();
    let before = std::mem::replace(&mut app.policy, new);
    if !changed {
        return None;
    }
    let rules = app.policy.table().invitations();
    if rules != before.table().invitations() {
        let ids: Vec<AccountId> = app.accounts.keys().cloned().collect();
        for id in ids {
            order(app, &id, Command::Obey(Box::new(rules.clone())), at, effects);
        }
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
    if app.policy.view().is_err() {
        app.screen.overlay.take_if(|overlay| matches!(overlay, Overlay::Picture(_)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{Msg, update};
    use crate::backend::Event;
    use crate::policy::{Entry, Level, Name, Origin, Rank, Read, Scope, Typed, Value};

    fn policy(name: &str) -> Policy {
        let rank = Rank { level: Level::Managed, scope: Scope::Machine };
        let (name, typed) = (Name::Own(name.to_owned()), Typed::Value(Value::Flag(true)));
        let origin = Origin::File { path: "p.toml".into(), line: 1 };
        Policy::of(Read { entries: vec![Entry { name, typed, loose: false, rank, origin }], faults: Vec::new() })
    }

    #[test]
    fn other_policies_of_the_machine_are_in_force_at_once() {
        let mut app = sample_app();
        let now = app.now;
        let id = app.accounts.keys().next().unwrap().clone();
        update(&mut app, Msg::Account(id, Event::Arranged(vec![("disableFileTransfer".into(), "1".into())])), now);
        let effects = update(&mut app, Msg::Policies(Box::new(policy("DisableSearch"))), now);
        assert!(effects.contains(&Effect::Reload), "{effects:?}");
        assert!(app.policy.table().get("DisableFileTransfer").is_some(), "what a server arranged stays");
        assert!(update(&mut app, Msg::Policies(Box::new(policy("DisableSearch"))), now).is_empty());
        let effects = update(&mut app, Msg::Policies(Box::new(policy("PreventRun"))), now);
        assert!(effects.contains(&Effect::Quit) && !effects.contains(&Effect::Reload), "{effects:?}");
    }

    #[test]
    fn what_a_server_arranges_is_obeyed_and_told() {
        let mut app = sample_app();
        let id = app.accounts.keys().next().unwrap().clone();
        let now = app.now;
        let settings = vec![("disableFileTransfer".to_owned(), "true".to_owned()), ("other".to_owned(), "1".to_owned())];
        let effects = update(&mut app, Msg::Account(id.clone(), Event::Arranged(settings.clone())), now);
        let obeys = |effect: &Effect| match effect {
            Effect::Account(_, order) => matches!(order.as_inner(), Command::Obey(rules) if rules.files.none.is_some()),
            _ => false,
        };
        assert!(effects.iter().any(obeys), "{effects:?}");
        assert!(app.notes.back().unwrap().text.contains("policies changed"), "{:?}", app.notes.back());
        let one = app.policy.table().get("DisableFileTransfer").unwrap();
        assert_eq!(one.origin.to_string(), format!("the server of {id}"));
        // The same again changes nothing.
        let effects = update(&mut app, Msg::Account(id, Event::Arranged(settings)), now);
        assert!(!effects.iter().any(obeys));
    }
}
