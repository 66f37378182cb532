//! What devices say of their user: event state with entity-tags (RFC 3903 section 6).
//!
//! Pure bookkeeping. A tag names one publication and is new after every change, refreshes
//! included. A publication remembers the link it came by last: when that link is lost it stays a
//! little while, for the device to come back and refresh it, and then goes. So nobody is shown
//! as present for an hour because a cable was pulled.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::config::ServerLimits;
use crate::formats::pidf;
use crate::model::{Address, Stamp};
use crate::sip::endpoint::Flow;

/// What one device says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its name now.
    pub etag: String,
    /// The document.
    pub document: pidf::Presence,
    /// When the document came.
    pub at: Stamp,
    /// When it ends.
    pub expires_at: Instant,
    flow: Option<Flow>,
}

/// Why a PUBLISH is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishFault {
    /// No publication has that tag: 412.
    UnknownTag,
    /// More devices than a user may have: 503.
    TooMany,
}

/// What a PUBLISH wants (the table of RFC 3903 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishWish {
    /// A new publication.
    Initial(pidf::Presence),
    /// The same for longer.
    Refresh(String),
    /// Another document in place of the one of this tag.
    Modify(String, pidf::Presence),
    /// Away with it.
    Remove(String),
}

/// All publications.
#[derive(Debug, Default)]
pub struct Publications(BTreeMap<Address, Vec<Publication>>);

/// Where, when and for how long a PUBLISH came.
#[derive(Debug, Clone)]
pub struct PublishContext {
    /// The link; `None` for personas.
    pub flow: Option<Flow>,
    /// A tag nobody has.
    pub fresh_tag: String,
    /// Lifetime granted, seconds.
    pub expires: u32,
    /// Now on the wall.
    pub at: Stamp,
    /// Now.
    pub now: Instant,
}

impl Publication {
    /// The link it came by last; `None` for personas, and once that link is lost.
    #[must_use]
    pub const fn flow(&self) -> Option<Flow> {
        self.flow
    }
}

impl Publications {
    /// Whether a tag names a publication of a user.
    #[must_use]
    pub fn has(&self, who: &Address, etag: &str) -> bool {
        self.of(who).iter().any(|p| p.etag == etag)
    }

    /// What the devices of a user say, the latest word last.
    #[must_use]
    pub fn of(&self, who: &Address) -> &[Publication] {
        self.0.get(who).map_or(&[], Vec::as_slice)
    }

    /// Carries out a PUBLISH; `true` if what is said of the user may have changed.
    ///
    /// # Errors
    /// [`PublishFault`]: nothing has changed then.
    pub fn apply(
        &mut self,
        who: &Address,
        wish: PublishWish,
        context: PublishContext,
        limits: &ServerLimits,
    ) -> Result<bool, PublishFault> {
        let PublishContext { flow, fresh_tag, expires, at, now } = context;
        let list = self.0.entry(who.clone()).or_default();
        let position = |list: &[Publication], tag: &str| {
            list.iter().position(|p| p.etag == tag && p.expires_at > now).ok_or(PublishFault::UnknownTag)
        };
        let expires_at = now + Duration::from_secs(expires.into());
        let changed = match wish {
            PublishWish::Initial(document) => {
                if list.len() >= limits.publications_per_user {
                    return Err(PublishFault::TooMany);
                }
                list.push(Publication { etag: fresh_tag, document, at, expires_at, flow });
                true
            }
            PublishWish::Refresh(tag) => {
                let index = position(list, &tag)?;
                if let Some(publication) = list.get_mut(index) {
                    publication.etag = fresh_tag;
                    publication.expires_at = expires_at;
                    publication.flow = flow;
                }
                false
            }
            PublishWish::Modify(tag, document) => {
                let index = position(list, &tag)?;
                list.remove(index);
                list.push(Publication { etag: fresh_tag, document, at, expires_at, flow });
                true
            }
            PublishWish::Remove(tag) => {
                let index = position(list, &tag)?;
                list.remove(index);
                true
            }
        };
        if list.is_empty() {
            self.0.remove(who);
        }
        Ok(changed)
    }

    /// A link is gone: what came by it lives no longer than `until`.
    pub fn flow_down(&mut self, flow: Flow, until: Instant) {
        for publication in self.0.values_mut().flatten().filter(|p| p.flow == Some(flow)) {
            publication.flow = None;
            publication.expires_at = publication.expires_at.min(until);
        }
    }

    /// Takes away what is out of time; says of whom.
    pub fn expire(&mut self, now: Instant) -> Vec<Address> {
        let mut touched = Vec::new();
        self.0.retain(|who, list| {
            let before = list.len();
            list.retain(|p| p.expires_at > now);
            if list.len() != before {
                touched.push(who.clone());
            }
            !list.is_empty()
        });
        touched
    }

    /// When the next publication ends.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.0.values().flatten().map(|p| p.expires_at).min()
    }
}
