//! Other policies, and what becomes of what runs under them.

use crate::app::{App, Effect, Effects};
use crate::backend::{Command, NoticeLevel};
use crate::model::AccountId;
use crate::policy::Policy;

/// The server of an account told what its administrator arranged.
pub(super) fn arranged(app: &mut App, id: &AccountId, settings: Vec<(String, String)>, effects: &mut Effects) {
    let new = app.policy.with_server(id.as_str(), settings);
    in_force(app, new, effects);
}

/// The policies of this machine changed. Settings are read again after them; where the program may not run any
/// more, it ends.
pub(super) fn renewed(app: &mut App, new: &Policy, effects: &mut Effects) {
    let new = app.policy.renewed(new);
    if new == app.policy {
        return;
    }
    in_force(app, new, effects);
    match app.policy.run() {
        Ok(_) => effects.push(Effect::Reload),
        Err(denial) => {
            app.note(None, NoticeLevel::Error, denial.to_string(), effects);
            effects.push(Effect::Quit);
        }
    }
}

/// These policies hold from now on: accounts that run are told what they need, and the user what changed.
pub(super) fn in_force(app: &mut App, new: Policy, effects: &mut Effects) {
    if new == app.policy {
        return;
    }
    let before = std::mem::replace(&mut app.policy, new);
    let rules = app.policy.table().invitations();
    if rules != before.table().invitations() {
        let ids: Vec<AccountId> = app.accounts.keys().cloned().collect();
        for id in ids {
            if let Ok(order) = app.permit(&id, Command::Obey(Box::new(rules.clone()))) {
                effects.push(Effect::Account(id, order));
            }
        }
    }
    if app.policy.table() != before.table() {
        app.note(None, NoticeLevel::Warning, told(&app.policy), effects);
    }
    app.dirty = true;
}

/// What is said of policies that changed.
fn told(policy: &Policy) -> String {
    let table = policy.table();
    let many = table.in_force.len();
    let words = match many {
        0 => "your organisation sets nothing any more".to_owned(),
        1 => "1 policy of your organisation is in force".to_owned(),
        many => format!("{many} policies of your organisation are in force"),
    };
    if table.is_broken() { format!("{words}; some cannot be read or used, and the strict values hold") } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    use crate::app::sample::sample_app;
    use crate::app::{Msg, update};
    use crate::backend::Event;

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
        assert!(app.notes.back().unwrap().text.contains("1 policy"), "{:?}", app.notes.back());
        let one = app.policy.table().get("DisableFileTransfer").unwrap();
        assert_eq!(one.origin.to_string(), format!("the server of {id}"));
        // The same again changes nothing.
        let effects = update(&mut app, Msg::Account(id, Event::Arranged(settings)), now);
        assert!(!effects.iter().any(obeys));
    }
}
