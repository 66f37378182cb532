//! What the services want of the rest of the account.

use std::collections::VecDeque;

use crate::backend::sip::own::OwnEvent;
use crate::model::{AccessList, Address, Roster};

/// Something to be done for the services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip) enum Wish {
    /// A document is wanted anew: ask again, in the dialog if there is one.
    Resubscribe(OwnEvent),
    /// This is the contact list on the server, with the changes on their way to it.
    Roster(Roster),
    /// This is the access list on the server, with the changes on their way to it.
    Access(AccessList),
    /// How this person is cannot be asked for once: a subscription tells it.
    Watch(Address),
    /// The server does not take presence by SERVICE after all: the other way.
    PublishOtherwise,
}

/// Wishes, oldest first.
pub(super) type Wishes = VecDeque<Wish>;
