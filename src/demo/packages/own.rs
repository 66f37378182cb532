//! A user's own affairs in the packages of LCS (MS-SIP section 3.7): contacts, access list, people
//! who wait for a decision, what the administrator set up. All of it first; of contacts then each
//! change, of the others everything anew.

use std::collections::BTreeMap;

use super::{Notice, Standing, mark_of};
use crate::demo::accounts::{Account, Handling};
use crate::demo::config::DefaultHandling;
use crate::demo::server::Server;
use crate::demo::subscriptions::{OwnPackage, Subscription, Topic};
use crate::formats::acl::{self, Ace, Acl};
use crate::formats::provisioning::{self, Provisioning};
use crate::formats::roaming::{self, Document};
use crate::formats::wpending::{self, Pending};
use crate::model::{Address, Rights, Sees, Subject};

impl OwnPackage {
    /// The type of its documents.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Contacts => roaming::MEDIA_TYPE,
            Self::Access => acl::MEDIA_TYPE,
            Self::Pending => wpending::MEDIA_TYPE,
            Self::Provisioning => provisioning::MEDIA_TYPE,
        }
    }
}

impl Server {
    pub(super) fn own_notice(&self, subscription: &mut Subscription, full: bool) -> Option<Notice> {
        let Topic::Own { user, package, told } = &mut subscription.topic else { return None };
        let account = self.accounts.of(user)?;
        let known = *told;
        let (now, body) = match package {
            OwnPackage::Contacts => {
                let (number, document) = if full {
                    (account.roaming().number(), Document::List(account.roaming().list(account.roster())))
                } else {
                    account.contacts_since(u32::try_from(known).unwrap_or(0))?
                };
                (u64::from(number), roaming::write(&document))
            }
            OwnPackage::Access => {
                let list = access_list(account, self.config.default_handling);
                (u64::from(list.delta_num), acl::write(&list))
            }
            OwnPackage::Pending => {
                let body = wpending::write(&self.pending_watchers(user));
                (mark_of(&body), body)
            }
            OwnPackage::Provisioning => {
                let user = Some(user.as_str().to_owned());
                let body = provisioning::write(&Provisioning { user, ..Provisioning::default() });
                (mark_of(&body), body)
            }
        };
        if !full && now == known {
            return None;
        }
        *told = now;
        let more = *package == OwnPackage::Contacts && now != u64::from(account.roaming().number());
        let notice = Notice::one(Standing::Active, Some((package.media_type().to_owned(), body.into_bytes())));
        Some(Notice { more, ..notice })
    }

    /// Who watches a user and waits for the user's decision, each once.
    fn pending_watchers(&self, user: &Address) -> Vec<Pending> {
        let Some(account) = self.accounts.of(user) else { return Vec::new() };
        let mut waiting = BTreeMap::new();
        for watcher in self.subscriptions.watchers_of(user) {
            if watcher == *user || account.handling_of(&watcher, self.config.default_handling) != Handling::Confirm {
                continue;
            }
            let name = self.accounts.of(&watcher).map(|a| a.display.clone()).filter(|name| !name.is_empty());
            waiting.insert(watcher, name);
        }
        let people = waiting.into_iter().take(wpending::MAX_WATCHERS);
        people.map(|(who, display_name)| Pending { uri: who.as_str().to_owned(), display_name }).collect()
    }
}

/// The whole list. Where the user has said nothing of everybody, what the server does stands there.
fn access_list(account: &Account, default: DefaultHandling) -> Acl {
    let people = account.access().people().map(|(who, rights)| ace(acl::Subject::User(who.as_str().to_owned()), rights));
    let mut aces: Vec<Ace> = people.collect();
    let mut everybody = default.rights();
    for (subject, rights) in account.access().rules() {
        match subject {
            Subject::Domain(domain) => aces.push(ace(acl::Subject::Domain(domain), rights)),
            Subject::Everybody => everybody = rights,
            Subject::Person(_) => {}
        }
    }
    aces.push(ace(acl::Subject::All, everybody));
    Acl { delta_num: account.access_number(), aces }
}

const fn ace(subject: acl::Subject, rights: Rights) -> Ace {
    let sees = match rights.sees {
        Sees::Allow => acl::Sees::Allow,
        Sees::Deny => acl::Sees::Deny,
        Sees::Prompt => acl::Sees::Prompt,
        Sees::PoliteBlock => acl::Sees::PoliteBlock,
    };
    Ace { subject, sees, may_write: rights.may_write }
}
