//! Contacts and groups as the account reports them.

use super::requests;
use crate::app::{App, Effect, Effects};
use crate::backend::{GroupChange, RosterChange};
use crate::model::{AccountId, Contact, Presence, Roster, RosterHome};

/// Contacts kept of one account; a server that sends more is cut off there.
const MAX_CONTACTS: usize = 50_000;

/// The whole roster anew. Presence already known stays with its person.
pub(super) fn reset(app: &mut App, id: &AccountId, mut roster: Roster, home: RosterHome, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    for old in account.roster.contacts() {
        if let Some(new) = roster.contact_mut(&old.address)
            && new.presence == Presence::default()
        {
            new.presence = old.presence.clone();
        }
    }
    if account.roster != roster {
        account.roster = roster;
        app.rows_changed();
        // What is the same as before is not written again: another program of ours may have changed
        // the file meanwhile.
        save_if_local(app, id, home, effects);
        requests::settle(app, id, effects);
    }
}

/// Single changes, in order. One that does not fit what is known is skipped: the account's next
/// full report puts it right.
pub(super) fn changed(app: &mut App, id: &AccountId, changes: Vec<RosterChange>, home: RosterHome, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    let roster = &mut account.roster;
    let mut changed = false;
    for change in changes {
        let fits = match change {
            RosterChange::Put { address, name, groups } => {
                let room = roster.len() < MAX_CONTACTS || roster.contact(&address).is_some();
                if room {
                    let subscribed = roster.contact(&address).is_none_or(|c| c.subscribed);
                    roster.put(Contact { name, groups, subscribed, ..Contact::new(address) });
                }
                room
            }
            RosterChange::Removed(address) => roster.remove(&address).is_ok(),
            RosterChange::Group(GroupChange::Add(name)) => roster.add_group(&name).is_ok(),
            RosterChange::Group(GroupChange::Rename { from, to }) => roster.rename_group(&from, &to).is_ok(),
            RosterChange::Group(GroupChange::Remove(name)) => roster.remove_group(&name).is_ok(),
        };
        changed |= fits;
    }
    if changed {
        app.rows_changed();
        requests::settle(app, id, effects);
    }
    save_if_local(app, id, home, effects);
}

/// Asks for the local file to be written, where the roster lives in one.
pub(super) fn save_if_local(app: &App, id: &AccountId, home: RosterHome, effects: &mut Effects) {
    if home == RosterHome::Local
        && let Some(account) = app.accounts.get(id)
    {
        effects.push(Effect::SaveRoster(id.clone(), account.roster.clone(), account.access.clone()));
    }
}
