//! What notifications say: one file for each event package or form of it.
//!
//! A [`Notice`] is what a package has to say now; how it travels (NOTIFY, BENOTIFY, or within the
//! answer to a SUBSCRIBE) is the usage's business.

mod list;
mod own;
mod presence;
mod winfo;

use std::hash::{DefaultHasher, Hash, Hasher};

pub use list::list_uri_of;
pub use presence::View;

use super::server::Server;
use super::subscriptions::{Subscription, Topic};

/// What is to be said to a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How the subscription stands.
    pub standing: Standing,
    /// Content-Type and body.
    pub body: Option<(String, Vec<u8>)>,
    /// The body is about a list (`Require: eventlist`).
    pub is_list: bool,
    /// There is more to say after this.
    pub more: bool,
}

impl Notice {
    /// Something to say of one person or thing.
    pub(super) fn one(standing: Standing, body: Option<(String, Vec<u8>)>) -> Self {
        Self { standing, body, is_list: false, more: false }
    }
}

/// How a subscription stands (RFC 6665 section 4.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Permitted.
    Active,
    /// Waits for a decision.
    Pending,
    /// Over, and why.
    Terminated(&'static str),
}

impl Server {
    /// What a subscription has to say; everything, or what changed since the last time. `None`
    /// when that is nothing.
    pub(in crate::demo) fn notice(&self, subscription: &mut Subscription, full: bool) -> Option<Notice> {
        match &subscription.topic {
            Topic::Person { .. } => self.person_notice(subscription, full),
            Topic::List { .. } => self.list_notice(subscription, full),
            Topic::Watchers { .. } => self.winfo_notice(subscription, full),
            Topic::Own { .. } => self.own_notice(subscription, full),
        }
    }
}

/// A mark by which the same is known again; never 0.
pub(super) fn mark_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish().max(1)
}
