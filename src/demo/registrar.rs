//! Bindings of users to the links their devices came by (RFC 3261 section 10.3, RFC 5626 section 6).
//!
//! Pure bookkeeping: what a REGISTER wants is a [`RegisterWish`], what comes of it a
//! [`RegisterFault`] or the bindings there are. A device that names itself (`+sip.instance`, with
//! `reg-id` for each of its links) replaces its own old binding wherever it comes from; others
//! are told apart by their Contact. Requests to a user go down the link the REGISTER came on, so
//! a binding ends with its link.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::config::ServerLimits;
use crate::model::Address;
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, NameAddr, Uri};

/// Option tag of clients that do the presence of LCS (MS-SIP section 3.2.4.1).
const MSRTC_PRESENCE: &str = "com.microsoft.msrtc.presence";

/// What tells the devices of a user apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceKey {
    /// `+sip.instance`, and `reg-id` or 0 (RFC 5626 section 4.1).
    Instance(String, u32),
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
    call_id: String,
    cseq: u32,
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
    epid: Option<String>,
    is_lcs: bool,
    call_id: String,
    cseq: u32,
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
    Added(Flow),
    /// A device went.
    Removed(Flow),
}

impl RegisterWish {
    /// Reads a REGISTER that came without any proxy between (`direct`) or through one.
    ///
    /// # Errors
    /// [`RegisterFault::Malformed`] or [`RegisterFault::TooBrief`].
    pub fn read(request: &Message, limits: &ServerLimits) -> Result<Self, RegisterFault> {
        let call_id = request.call_id().ok_or(RegisterFault::Malformed)?;
        let cseq = request.cseq().ok_or(RegisterFault::Malformed)?.number;
        let contacts = request.headers.list("Contact");
        let header_expires = request.expires();
        let epid = request.from().ok().and_then(|from| from.params.get("epid")).filter(|e| is_epid(e));
        let is_lcs = request.headers.lists_token("Supported", MSRTC_PRESENCE);
        let wish = |kind| Self { kind, epid, is_lcs, call_id, cseq };
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
            let key = DeviceKey::of(&contact);
            let outbound = speaks_outbound && contact.params.has("reg-id") && matches!(key, DeviceKey::Instance(..));
            wishes.push(Wish { key, contact, expires: asked.min(limits.max_expires), outbound });
        }
        Ok(wish(WishKind::Change(wishes)))
    }
}

impl DeviceKey {
    fn of(contact: &NameAddr) -> Self {
        match contact.params.get("+sip.instance").filter(|i| !i.is_empty()) {
            Some(instance) => {
                let reg_id = contact.params.get("reg-id").and_then(|r| r.parse().ok()).unwrap_or(0);
                Self::Instance(instance, reg_id)
            }
            None => Self::Contact(comparable(&contact.uri)),
        }
    }
}

/// `epid` is hexadecimal text of at most 16 octets (MS-SIP section 2.2.1).
fn is_epid(text: &str) -> bool {
    !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
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
        self.expire(now);
        let mut bindings = self.bindings.get(who).cloned().unwrap_or_default();
        let mut changes = Vec::new();
        let stale = |b: &Binding| b.call_id == wish.call_id && wish.cseq <= b.cseq;
        match &wish.kind {
            WishKind::Query => return Ok(changes),
            WishKind::RemoveAll => {
                if bindings.iter().any(stale) {
                    return Err(RegisterFault::OutOfOrder);
                }
                changes.extend(bindings.drain(..).map(|b| RegisterChange::Removed(b.flow)));
            }
            WishKind::Change(wishes) => {
                for wanted in wishes {
                    let at = bindings.iter().position(|b| b.key == wanted.key);
                    if at.and_then(|at| bindings.get(at)).is_some_and(stale) {
                        return Err(RegisterFault::OutOfOrder);
                    }
                    let old = at.map(|at| bindings.remove(at));
                    if wanted.expires == 0 {
                        changes.extend(old.map(|b| RegisterChange::Removed(b.flow)));
                        continue;
                    }
                    if old.is_none() {
                        changes.push(RegisterChange::Added(flow));
                    }
                    bindings.push(Binding {
                        key: wanted.key.clone(),
                        contact: wanted.contact.clone(),
                        flow,
                        expires_at: now + Duration::from_secs(wanted.expires.into()),
                        outbound: wanted.outbound,
                        epid: wish.epid.clone(),
                        is_lcs: wish.is_lcs,
                        call_id: wish.call_id.clone(),
                        cseq: wish.cseq,
                    });
                }
                if bindings.len() > limits.bindings_per_user {
                    return Err(RegisterFault::TooMany);
                }
            }
        }
        if bindings.is_empty() {
            self.bindings.remove(who);
        } else {
            self.bindings.insert(who.clone(), bindings);
        }
        Ok(changes)
    }

    /// The devices of a user, oldest registration first.
    #[must_use]
    pub fn bindings(&self, who: &Address) -> &[Binding] {
        self.bindings.get(who).map_or(&[], Vec::as_slice)
    }

    /// Takes away what hangs on a link that is gone; says whose it was.
    pub fn flow_down(&mut self, flow: Flow) -> Vec<Address> {
        self.retain(|b| b.flow != flow)
    }

    /// Takes away what is out of time; says whose it was.
    pub fn expire(&mut self, now: Instant) -> Vec<Address> {
        self.retain(|b| b.expires_at > now)
    }

    /// When the next binding ends.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.bindings.values().flatten().map(|b| b.expires_at).min()
    }

    fn retain(&mut self, keep: impl Fn(&Binding) -> bool) -> Vec<Address> {
        let mut touched = Vec::new();
        self.bindings.retain(|who, list| {
            let before = list.len();
            list.retain(&keep);
            if list.len() != before {
                touched.push(who.clone());
            }
            !list.is_empty()
        });
        touched
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
