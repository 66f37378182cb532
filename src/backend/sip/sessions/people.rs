//! What is known of people beyond the sessions: who may write, and how their addresses are spelt.

use crate::model::{AccessList, Address, Roster};

/// What the account knows of people.
#[derive(Debug, Clone, Copy)]
pub(in crate::backend::sip) struct People<'a> {
    /// Who may write to us.
    pub(in crate::backend::sip) access: &'a AccessList,
    /// The contacts.
    pub(in crate::backend::sip) roster: &'a Roster,
}

impl People<'_> {
    /// Whether messages and calls of somebody come through.
    pub(super) fn may_write(&self, who: &Address) -> bool {
        self.access.may_write(who)
    }

    /// Whether somebody is on the contact list.
    pub(in crate::backend::sip) fn knows(&self, who: &Address) -> bool {
        self.roster.contact(who).is_some()
    }

    /// An address as the contact list spells it, or as we spell our own: servers and programs of
    /// this kind do not care for the case of letters, and one person is one talk.
    pub(in crate::backend::sip) fn spelling(&self, who: Address, own: &Address) -> Address {
        if same(&who, own) {
            return own.clone();
        }
        if self.roster.contact(&who).is_some() {
            return who;
        }
        let known = self.roster.contacts().find(|contact| same(&contact.address, &who));
        known.map_or(who, |contact| contact.address.clone())
    }
}

/// Whether two addresses differ in nothing but the case of letters.
pub(in crate::backend::sip) fn same(one: &Address, other: &Address) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}
