//! What the doors of policy know of accounts, and the way through them.

use crate::app::{AccountView, App};
use crate::backend::{Command, Event};
use crate::model::{AccountId, Address, Author};
use crate::policy::{Admitted, Denial, Facts, Permitted};

impl Facts for AccountView {
    fn own(&self) -> &Address {
        &self.aor
    }

    fn own_name(&self) -> &str {
        &self.chosen_name
    }

    fn contacts(&self) -> usize {
        self.roster.len()
    }

    fn is_contact(&self, who: &Address) -> bool {
        self.roster.contact(who).is_some()
    }

    fn wrote_to(&self, who: &Address) -> bool {
        // Of earlier runs it is known of whom this was said to be fine.
        self.marks.accepted.contains(who)
            || self.conversations.get(who).is_some_and(|talk| talk.lines().any(|line| line.by == Author::Us))
    }

    fn barred(&self) -> Option<&Denial> {
        self.barred.as_ref()
    }
}

impl App {
    /// May this order leave for an account?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub fn permit(&self, id: &AccountId, command: Command) -> Result<Permitted<Command>, Denial> {
        self.policy.permit(command, self.facts(id)?)
    }

    /// May a file be offered to this person?
    ///
    /// # Errors
    /// As [`App::permit`].
    pub fn may_offer_file(&self, id: &AccountId, to: &Address) -> Result<(), Denial> {
        self.policy.may_offer_file(to, self.facts(id)?)
    }

    /// May this report of an account enter?
    ///
    /// # Errors
    /// As [`App::permit`].
    pub fn admit(&self, id: &AccountId, event: Event) -> Result<Admitted<Event>, Denial> {
        self.policy.admit(event, self.facts(id)?)
    }

    /// Of an account that is gone nothing leaves, and nothing of it enters.
    fn facts(&self, id: &AccountId) -> Result<&AccountView, Denial> {
        let gone = || Denial { policy: "accounts", origin: format!("there is no account {id}"), managed: true };
        self.accounts.get(id).ok_or_else(gone)
    }
}
