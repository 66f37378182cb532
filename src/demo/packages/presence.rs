//! Package `presence` for one person (RFC 3856): what a watcher may see.

use super::{Notice, Standing};
use crate::demo::accounts::Handling;
use crate::demo::compose::{closed, compose};
use crate::demo::server::Server;
use crate::formats::pidf;
use crate::model::Address;

/// What a watcher sees of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// A document.
    Shown(pidf::Presence),
    /// Nothing yet: the person has not decided.
    Pending,
    /// Nothing: the person refuses.
    Rejected,
    /// There is no such person.
    NoResource,
}

impl Server {
    /// What a watcher may see of a person now. People always see themselves.
    pub(in crate::demo) fn view(&self, watcher: &Address, who: &Address) -> View {
        let Some(account) = self.accounts.of(who) else { return View::NoResource };
        let handling = if watcher == who { Handling::Allow } else { account.handling_of(watcher, self.config.default_handling) };
        match handling {
            Handling::Allow => View::Shown(compose(who, &account.display, self.publications.of(who))),
            Handling::PoliteBlock => View::Shown(closed(who, &account.display)),
            Handling::Confirm => View::Pending,
            Handling::Block => View::Rejected,
        }
    }

    pub(super) fn person_notice(&self, watcher: &Address, who: &Address) -> Notice {
        let (standing, document) = match self.view(watcher, who) {
            View::Shown(document) => (Standing::Active, Some(document)),
            View::Pending => (Standing::Pending, None),
            View::Rejected => (Standing::Terminated("rejected"), None),
            View::NoResource => (Standing::Terminated("noresource"), None),
        };
        let body = document.map(|d| (pidf::MEDIA_TYPE.to_owned(), pidf::write(&d).into_bytes()));
        Notice { standing, body, is_list: false }
    }
}
