//! What devices say of their user: event state with entity-tags (RFC 3903 section 6), and what
//! devices of LCS say by SERVICE (MS-SIP section 3.2.4.2), side by side.
//!
//! Pure bookkeeping. A tag names one publication and is new after every change, refreshes
//! included. A publication remembers the link it came by last: when that link is lost it stays a
//! little while, for the device to come back and refresh it, and then goes. So nobody is shown
//! as present for an hour because a cable was pulled. What a device of LCS says lasts as long as its
//! registration does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::agenda::Agenda;
use super::config::ServerLimits;
use super::numbers::RtcState;
use crate::formats::pidf;
use crate::model::{Address, Stamp};
use crate::sip::endpoint::Flow;

/// As long as a registration lasts, which ends it.
const FOR_GOOD: Duration = Duration::from_secs(u32::MAX as u64);

/// What one device says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its name now; empty for a device of LCS.
    pub etag: String,
    /// The device, by the endpoint identifier of LCS; made up for others.
    pub device: String,
    /// The document; for a device of LCS, what it said in those words.
    pub document: pidf::Presence,
    /// What a device of LCS said.
    pub rtc: Option<RtcState>,
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
pub struct Publications {
    all: BTreeMap<Address, Vec<Publication>>,
    /// Whose publications came by each link; some may have come by another since.
    by_flow: BTreeMap<Flow, BTreeSet<Address>>,
    /// When the first publication of each user ends.
    ends: Agenda<Address>,
}

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
        self.of(who).iter().any(|p| p.rtc.is_none() && p.etag == etag)
    }

    /// What the devices of a user say, the latest word last.
    #[must_use]
    pub fn of(&self, who: &Address) -> &[Publication] {
        self.all.get(who).map_or(&[], Vec::as_slice)
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
        let list = self.all.entry(who.clone()).or_default();
        let position = |list: &[Publication], tag: &str| {
            list.iter().position(|p| p.rtc.is_none() && p.etag == tag && p.expires_at > now).ok_or(PublishFault::UnknownTag)
        };
        let expires_at = now + Duration::from_secs(expires.into());
        let changed = match wish {
            PublishWish::Initial(document) => {
                if list.len() >= limits.publications_per_user {
                    return Err(PublishFault::TooMany);
                }
                let device = device_of(&fresh_tag);
                list.push(Publication { etag: fresh_tag, device, document, rtc: None, at, expires_at, flow });
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
                let device = list.remove(index).device;
                list.push(Publication { etag: fresh_tag, device, document, rtc: None, at, expires_at, flow });
                true
            }
            PublishWish::Remove(tag) => {
                let index = position(list, &tag)?;
                list.remove(index);
                true
            }
        };
        self.touched(who, flow);
        Ok(changed)
    }

    /// What a device of LCS says, if it has said something.
    #[must_use]
    pub fn device(&self, who: &Address, epid: &str) -> Option<&Publication> {
        self.of(who).iter().find(|p| p.rtc.is_some() && p.device == epid)
    }

    /// A device of LCS says something, by a link.
    ///
    /// # Errors
    /// [`PublishFault::TooMany`]: nothing has changed then.
    pub fn say(
        &mut self,
        who: &Address,
        epid: &str,
        state: RtcState,
        by: (Flow, Stamp, Instant),
        limits: &ServerLimits,
    ) -> Result<(), PublishFault> {
        let list = self.all.entry(who.clone()).or_default();
        match list.iter().position(|p| p.rtc.is_some() && p.device == epid) {
            Some(at) => drop(list.remove(at)),
            None if list.len() >= limits.publications_per_user => return Err(PublishFault::TooMany),
            None => {}
        }
        let (flow, at, now) = by;
        list.push(Publication {
            etag: String::new(),
            device: epid.to_owned(),
            document: state.document(who, epid),
            rtc: Some(state),
            at,
            expires_at: now + FOR_GOOD,
            flow: Some(flow),
        });
        self.touched(who, Some(flow));
        Ok(())
    }

    /// A device of LCS is registered by this link now; `true` if it had been by another.
    pub fn moved(&mut self, who: &Address, epid: &str, flow: Flow, now: Instant) -> bool {
        let found = self.all.get_mut(who).into_iter().flatten().find(|p| p.rtc.is_some() && p.device == epid);
        let Some(publication) = found.filter(|p| p.flow != Some(flow)) else { return false };
        publication.flow = Some(flow);
        publication.expires_at = now + FOR_GOOD;
        self.touched(who, Some(flow));
        true
    }

    /// Forgets what a device of LCS said; `true` if it had said something.
    pub fn hush(&mut self, who: &Address, epid: &str) -> bool {
        let Some(list) = self.all.get_mut(who) else { return false };
        let before = list.len();
        list.retain(|p| p.rtc.is_none() || p.device != epid);
        let changed = list.len() != before;
        self.touched(who, None);
        changed
    }

    /// A link is gone: what came by it lives no longer than `until`.
    pub fn flow_down(&mut self, flow: Flow, until: Instant) {
        for who in self.by_flow.remove(&flow).unwrap_or_default() {
            for publication in self.all.get_mut(&who).into_iter().flatten().filter(|p| p.flow == Some(flow)) {
                publication.flow = None;
                publication.expires_at = publication.expires_at.min(until);
            }
            self.touched(&who, None);
        }
    }

    /// Takes away what is out of time; says of whom.
    pub fn expire(&mut self, now: Instant) -> Vec<Address> {
        let mut touched = Vec::new();
        while let Some(who) = self.ends.overdue(now) {
            if let Some(list) = self.all.get_mut(&who) {
                list.retain(|p| p.expires_at > now);
            }
            self.touched(&who, None);
            touched.push(who);
        }
        touched
    }

    /// When the next publication ends.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.ends.next()
    }

    /// Something of a user changed, by this link.
    fn touched(&mut self, who: &Address, flow: Option<Flow>) {
        let list = self.of(who);
        let (none, end) = (list.is_empty(), list.iter().map(|p| p.expires_at).min());
        self.ends.set(who, end);
        if none {
            self.all.remove(who);
        }
        if let Some(flow) = flow {
            self.by_flow.entry(flow).or_default().insert(who.clone());
        }
    }
}

/// A name in the syntax of LCS, which has hexadecimal digits only. Who has another tag, a persona,
/// has one publication.
fn device_of(tag: &str) -> String {
    if tag.bytes().all(|b| b.is_ascii_hexdigit()) { tag.to_owned() } else { "0".repeat(10) }
}
