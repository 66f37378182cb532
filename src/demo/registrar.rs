//! Bindings of users to the links their devices came by (RFC 3261 section 10.3, RFC 5626 section 6).
//!
//! Pure bookkeeping: what a REGISTER wants is a [`RegisterWish`], what comes of it a
//! [`RegisterFault`] or the bindings there are. A device that names itself (`+sip.instance`, with
//! `reg-id` for each of its links) replaces its own old binding wherever it comes from; others
//! are told apart by their Contact. Requests to a user go down the link the REGISTER came on, so
//! a binding ends with its link.
//!
//! A device of LCS is named by its `epid` ([MS-SIP] section 3.1.5.1). With more of them than a user
//! may have the oldest goes, as that server has it, while others are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::agenda::Agenda;
use super::config::ServerLimits;
use crate::model::Address;
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, NameAddr, Uri};

/// What tells the devices of a user apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceKey {
    /// `+sip.instance`, and `reg-id` or 0 (RFC 5626 section 4.1).
    Instance(String, u32),
    /// The endpoint identifier of LCS.
    Epid(String),
    /// The Contact URI, without what may differ (RFC 3261 section 19.1.4).
    Contact(String),
}

/// One device's place to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Which device.
    pub key: DeviceKey,
    /// Its Contact as given, with its parameters but without `expires`.
    pub contact: NameAddr,
    /// The link to it.
    pub flow: Flow,
    /// When it ends.
    pub expires_at: Instant,
    /// Registered as RFC 5626 has it.
    pub outbound: bool,
    /// `epid` of the From it registered with: how LCS clients tell their devices apart.
    pub epid: Option<String>,
    /// Said to do the presence of LCS (`com.microsoft.msrtc.presence`), and so sessions too.
    pub is_lcs: bool,
    /// Call-ID of its REGISTER.
    pub call_id: String,
    /// From tag of its REGISTER.
    pub from_tag: String,
    cseq: u32,
}

/// A device that speaks the dialect of LCS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtcDevice {
    /// Its endpoint identifier.
    pub epid: String,
    /// It says what its user does (`com.microsoft.msrtc.presence`).
    pub sets_presence: bool,
}

/// One Contact of a REGISTER.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    key: DeviceKey,
    contact: NameAddr,
    expires: u32,
    outbound: bool,
}

/// What a REGISTER wants, read and checked as far as it can be without state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterWish {
    kind: WishKind,
    call_id: String,
    from_tag: String,
    cseq: u32,
    rtc: Option<RtcDevice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum WishKind {
    Query,
    RemoveAll,
    Change(Vec<Wish>),
}

/// Why a REGISTER is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterFault {
    /// Contact, CSeq or Call-ID cannot be read, or `*` stands beside others: 400.
    Malformed,
    /// Shorter than we grant: 423 with Min-Expires.
    TooBrief,
    /// A REGISTER of the same Call-ID with a higher CSeq was there before: 500.
    OutOfOrder,
    /// More devices than a user may have: 503.
    TooMany,
}

/// Something that became of a device by a REGISTER, for the log and for presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterChange {
    /// A device is there that was not before.
    Added(Box<Binding>),
    /// A device went.
    Removed(Box<Binding>),
    /// A device had to go: there are too many.
    Evicted(Box<Binding>),
}

impl RegisterWish {
    /// Reads a REGISTER, whether it came directly or through proxies.
    ///
    /// # Errors
    /// [`RegisterFault::Malformed`] or [`RegisterFault::TooBrief`].
    pub fn read(request: &Message, rtc: Option<&RtcDevice>, limits: &ServerLimits) -> Result<Self, RegisterFault> {
        let call_id = request.call_id().ok_or(RegisterFault::Malformed)?;
        let cseq = request.cseq().ok_or(RegisterFault::Malformed)?.number;
        let from_tag = request.from().ok().and_then(|from| from.tag()).unwrap_or_default();
        let wish = |kind| Self { kind, call_id, from_tag, cseq, rtc: rtc.cloned() };
        let contacts = request.headers.list("Contact");
        let header_expires = request.expires();
        if contacts.is_empty() {
            return Ok(wish(WishKind::Query));
        }
        if contacts.iter().any(|c| c == "*") {
            if contacts.len() != 1 || header_expires != Some(0) {
                return Err(RegisterFault::Malformed);
            }
            return Ok(wish(WishKind::RemoveAll));
        }
        let direct = request.headers.list("Via").len() == 1;
        let speaks_outbound = direct
            && (request.headers.lists_token("Supported", "outbound") || request.headers.lists_token("Require", "outbound"));
        let mut wishes = Vec::with_capacity(contacts.len().min(limits.bindings_per_user));
        for text in contacts.iter().take(limits.bindings_per_user + 1) {
            let mut contact = NameAddr::parse(text).map_err(|_| RegisterFault::Malformed)?;
            let asked = match contact.params.get("expires") {
                Some(text) => text.trim().parse().unwrap_or(limits.max_expires),
                None => header_expires.unwrap_or(limits.max_expires),
            };
            if asked != 0 && asked < limits.min_expires {
                return Err(RegisterFault::TooBrief);
            }
            contact.params.remove("expires");
            // Told in every request and as long as all others together.
            contact.params.remove("methods");
            let key = DeviceKey::of(&contact, rtc);
            let outbound = speaks_outbound && contact.params.has("reg-id") && matches!(key, DeviceKey::Instance(..));
            wishes.push(Wish { key, contact, expires: asked.min(limits.max_expires), outbound });
        }
        Ok(wish(WishKind::Change(wishes)))
    }

    fn binding(&self, wanted: &Wish, flow: Flow, now: Instant) -> Binding {
        Binding {
            key: wanted.key.clone(),
            contact: wanted.contact.clone(),
            flow,
            expires_at: now + Duration::from_secs(wanted.expires.into()),
            outbound: wanted.outbound,
            epid: self.rtc.as_ref().map(|rtc| rtc.epid.clone()),
            is_lcs: self.rtc.as_ref().is_some_and(|rtc| rtc.sets_presence),
            call_id: self.call_id.clone(),
            from_tag: self.from_tag.clone(),
            cseq: self.cseq,
        }
    }
}

impl DeviceKey {
    fn of(contact: &NameAddr, rtc: Option<&RtcDevice>) -> Self {
        let reg_id = contact.params.get("reg-id").and_then(|r| r.parse().ok());
        let instance = contact.params.get("+sip.instance").filter(|i| !i.is_empty());
        match (instance, reg_id, rtc) {
            // Several links of one device are told apart by `reg-id` only.
            (Some(instance), Some(reg_id), _) => Self::Instance(instance, reg_id),
            (_, _, Some(rtc)) => Self::Epid(rtc.epid.clone()),
            (Some(instance), None, None) => Self::Instance(instance, 0),
            (None, _, None) => Self::Contact(comparable(&contact.uri)),
        }
    }
}

/// The parts of a Contact URI that count when two are compared: user, host, port, transport.
fn comparable(uri: &Uri) -> String {
    let port = uri.port().map_or_else(String::new, |p| format!(":{p}"));
    let transport = uri.param("transport").unwrap_or_default().to_ascii_lowercase();
    format!("{}{port};{transport}", uri.aor())
}

/// All bindings.
#[derive(Debug, Default)]
pub struct Registrar {
    bindings: BTreeMap<Address, Vec<Binding>>,
    /// Whose devices came by each link; some may have moved to another since.
    by_flow: BTreeMap<Flow, BTreeSet<Address>>,
    /// When the first binding of each user ends.
    ends: Agenda<Address>,
}

impl Registrar {
    /// Carries out a REGISTER that is permitted: all of it or nothing (RFC 3261 section 10.3).
    ///
    /// # Errors
    /// [`RegisterFault::OutOfOrder`] or [`RegisterFault::TooMany`].
    pub fn apply(
        &mut self,
        who: &Address,
        flow: Flow,
        wish: &RegisterWish,
        limits: &ServerLimits,
        now: Instant,
    ) -> Result<Vec<RegisterChange>, RegisterFault> {
        let mut bindings = self.bindings.get(who).cloned().unwrap_or_default();
        let mut changes = Vec::new();
        let stale = |b: &Binding| b.call_id == wish.call_id && wish.cseq <= b.cseq;
        match &wish.kind {
            WishKind::Query => return Ok(changes),
            WishKind::RemoveAll => {
                if bindings.iter().any(stale) {
                    return Err(RegisterFault::OutOfOrder);
                }
                changes.extend(bindings.drain(..).map(|b| RegisterChange::Removed(Box::new(b))));
            }
            WishKind::Change(wishes) => {
                for wanted in wishes {
                    let at = bindings.iter().position(|b| b.key == wanted.key);
                    if at.and_then(|at| bindings.get(at)).is_some_and(stale) {
                        return Err(RegisterFault::OutOfOrder);
                    }
                    let old = at.map(|at| bindings.remove(at));
                    if wanted.expires == 0 {
                        changes.extend(old.map(|b| RegisterChange::Removed(Box::new(b))));
                        continue;
                    }
                    let binding = wish.binding(wanted, flow, now);
                    if old.is_none() {
                        changes.push(RegisterChange::Added(Box::new(binding.clone())));
                    }
                    bindings.push(binding);
                }
                while bindings.len() > limits.bindings_per_user {
                    // Only devices of LCS can be told that they are signed out; the newest stays.
                    let last = bindings.len() - 1;
                    let oldest = bindings.iter().take(last).position(|b| b.epid.is_some()).filter(|_| wish.rtc.is_some());
                    let Some(at) = oldest else { return Err(RegisterFault::TooMany) };
                    changes.push(RegisterChange::Evicted(Box::new(bindings.remove(at))));
                }
            }
        }
        if !bindings.is_empty() {
            self.by_flow.entry(flow).or_default().insert(who.clone());
        }
        self.put(who, bindings);
        Ok(changes)
    }

    /// The devices of a user, oldest registration first.
    #[must_use]
    pub fn bindings(&self, who: &Address) -> &[Binding] {
        self.bindings.get(who).map_or(&[], Vec::as_slice)
    }

    /// Where a request for a user goes: to the device of that endpoint identifier if it is there,
    /// else to all.
    #[must_use]
    pub fn targets(&self, who: &Address, epid: Option<&str>) -> Vec<&Binding> {
        let all = self.bindings(who);
        let is_named = |b: &&Binding| epid.is_some_and(|epid| b.epid.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(epid)));
        let named: Vec<&Binding> = all.iter().filter(is_named).collect();
        if named.is_empty() { all.iter().collect() } else { named }
    }

    /// The links by which devices are reached.
    #[must_use]
    pub fn flows(&self) -> BTreeSet<Flow> {
        self.bindings.values().flatten().map(|binding| binding.flow).collect()
    }

    /// Takes away what hangs on a link that is gone; says what it was, and whose.
    pub fn flow_down(&mut self, flow: Flow) -> Vec<(Address, Binding)> {
        let whose = self.by_flow.remove(&flow).unwrap_or_default();
        whose.into_iter().flat_map(|who| self.extract(&who, |b| b.flow == flow)).collect()
    }

    /// Takes away what is out of time; says what it was, and whose.
    pub fn expire(&mut self, now: Instant) -> Vec<(Address, Binding)> {
        let mut gone = Vec::new();
        while let Some(who) = self.ends.overdue(now) {
            gone.extend(self.extract(&who, |b| b.expires_at <= now));
        }
        gone
    }

    /// Takes away devices of a user: one of LCS, or all.
    pub fn take(&mut self, who: &Address, epid: Option<&str>) -> Vec<Binding> {
        let goes = |b: &Binding| epid.is_none_or(|epid| b.epid.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(epid)));
        self.extract(who, goes).into_iter().map(|(_, binding)| binding).collect()
    }

    /// When the next binding ends.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.ends.next()
    }

    /// Takes away some of a user's bindings.
    fn extract(&mut self, who: &Address, goes: impl Fn(&Binding) -> bool) -> Vec<(Address, Binding)> {
        let (gone, stay): (Vec<_>, Vec<_>) = self.bindings.remove(who).unwrap_or_default().into_iter().partition(goes);
        self.put(who, stay);
        gone.into_iter().map(|binding| (who.clone(), binding)).collect()
    }

    /// These are the bindings of a user now.
    fn put(&mut self, who: &Address, bindings: Vec<Binding>) {
        self.ends.set(who, bindings.iter().map(|b| b.expires_at).min());
        if bindings.is_empty() {
            self.bindings.remove(who);
        } else {
            self.bindings.insert(who.clone(), bindings);
        }
    }
}

/// The Contact fields of the 200: every binding with what is left of its time.
#[must_use]
pub fn contacts_of(bindings: &[Binding], now: Instant) -> Vec<String> {
    bindings
        .iter()
        .map(|b| {
            let mut contact = b.contact.clone();
            let left = b.expires_at.saturating_duration_since(now).as_secs();
            contact.params.set("expires", Some(&left.to_string()));
            contact.to_string()
        })
        .collect()
}
