//! How accounts begin: at once, or when the store of messages is open, since they must know what came before.

use std::sync::Arc;

use crate::backend::Backend;
use crate::backend::account::Account;
use crate::backend::sip::Acknowledge;
use crate::config::{AccountSettings, Resolved};
use crate::history::{Remembered, Vault};
use crate::net::driver::{self, Handle};
use crate::net::trace::Trace;
use crate::net::wires::Opener;
use crate::runtime::account_from::{Known, sip_settings};
use crate::runtime::installation::Installation;
use crate::runtime::messages::Messages;
use crate::runtime::shell::Front;

/// What an account needs of the world.
#[derive(Debug)]
pub struct Network {
    /// What it speaks.
    pub backend: Box<dyn Backend>,
    /// Opens its links.
    pub opener: Box<dyn Opener>,
    /// Writes down what goes over the wire.
    pub trace: Option<Trace>,
}

impl Network {
    /// Its task begins.
    pub(super) fn start(self) -> Handle {
        driver::start(self.backend, self.opener, self.trace)
    }
}

/// An account that has not begun.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) account: AccountSettings,
    pub(super) known: Known,
    pub(super) opener: Box<dyn Opener>,
    pub(super) trace: Option<Trace>,
}

impl Waiting {
    /// It can begin; `remembered` = what the store holds, where one is kept.
    pub(super) fn ready(self, remembered: Option<&Remembered>) -> Network {
        let Self { account, mut known, opener, trace } = self;
        if let Some(remembered) = remembered {
            let ours = remembered.received.iter().filter(|(aor, _)| *aor == account.aor);
            known.received = ours.map(|(_, id)| id.clone()).collect();
            known.ledger = true;
            known.acknowledge = Acknowledge::WhenKept;
        }
        Network { backend: Box::new(Account::new(sip_settings(&account, known))), opener, trace }
    }
}

/// Begins to open the store, where one is to be kept. A second program on the same data folder keeps none.
pub(super) fn open_messages(
    settings: &Resolved,
    vault: &Arc<Vault>,
    installation: &Installation,
    front: Front,
    troubles: &mut Vec<String>,
) -> Option<Messages> {
    if front != Front::Screen {
        return None;
    }
    if !installation.is_held() {
        let text = "messages that wait are lost when chinwag stops: another one runs with the same data folder, or this one cannot write to it";
        troubles.push(text.to_owned());
        return None;
    }
    let opening = Messages::open(Arc::clone(vault), settings.keep);
    opening.inspect_err(|why| troubles.push(not_kept(why))).ok()
}

/// Words for the user: no store is kept.
pub(super) fn not_kept(why: &str) -> String {
    format!("messages that wait are lost when chinwag stops, since they cannot be kept: {why}")
}
