//! Sessions through the server: INVITEs on their way and the dialogs that came of them
//! (RFC 3261 sections 12 and 16).
//!
//! Bookkeeping only; `usages/invite.rs` and `usages/dialog.rs` send and answer.
//!
//! ```text
//!   INVITE ──► attempt ──► device ─┬─ 2xx ──────────► session: requests pass between two links
//!                  ▲               ├─ 480, 408, … ──► next device, else answered with the best
//!                  └───────────────┴─ no answer ────► next device; the first is a stray now
//!   stray: nobody waits for its answer; should it say yes, it is thanked and hung up on
//! ```
//!
//! A session belongs to two links. When one goes, the other side is told with a BYE; a user who
//! leaves sessions lying about loses the one used least when there are too many of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::talks::TalkId;
use crate::model::Address;
use crate::sip::dialog::DialogId;
use crate::sip::endpoint::{Flow, RequestId, ServerTransactionId};
use crate::sip::message::{Message, NameAddr};

/// Most octets of a name, an address or a Call-ID in what is remembered of a session.
pub const MAX_NAME: usize = 1024;

/// Names a dialog whichever side speaks: Call-ID and both tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DialogKey {
    call_id: String,
    low: String,
    high: String,
}

impl DialogKey {
    /// The dialog a message belongs to; `None` without Call-ID or without one of the tags.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        Some(Self::new(message.call_id()?, message.from().ok()?.tag()?, message.to().ok()?.tag()?))
    }

    fn new(call_id: String, one: String, other: String) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        Self { call_id, low, high }
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }
}

impl From<&DialogId> for DialogKey {
    fn from(id: &DialogId) -> Self {
        Self::new(id.call_id.clone(), id.local_tag.clone(), id.remote_tag.clone())
    }
}

/// One of the two in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Whose device.
    pub who: Address,
    /// The link to it.
    pub flow: Flow,
    /// As From and To name it, tag and epid included.
    pub name: NameAddr,
    /// Where requests to it go: its Contact.
    pub target: String,
    /// The highest number it has used.
    pub cseq: u32,
}

impl Side {
    fn tag(&self) -> String {
        self.name.tag().unwrap_or_default()
    }
}

/// A dialog between two devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub key: DialogKey,
    /// Who called, and who answered.
    pub sides: [Side; 2],
    used: u64,
}

impl Session {
    /// The session an INVITE and its 2xx make, both as the two sides saw them; `None` when one of
    /// them lacks what is needed, or has too much of it.
    #[must_use]
    pub fn new(invite: &Message, accepted: &Message, caller: (Address, Flow), callee: (Address, Flow)) -> Option<Self> {
        let (from, to) = (invite.from().ok()?, accepted.to().ok()?);
        let contact = |message: &Message, name: &NameAddr| {
            message.name_addrs("Contact").first().map_or_else(|| name.uri.as_str().to_owned(), |c| c.uri.as_str().to_owned())
        };
        let (first, second) = (contact(invite, &from), contact(accepted, &to));
        if [&first, &second, &from.to_string(), &to.to_string()].iter().any(|text| text.len() > MAX_NAME) {
            return None;
        }
        Some(Self {
            key: DialogKey::of(accepted)?,
            sides: [
                Side { who: caller.0, flow: caller.1, name: from, target: first, cseq: invite.cseq()?.number },
                Side { who: callee.0, flow: callee.1, name: to, target: second, cseq: 0 },
            ],
            used: 0,
        })
    }

    /// Which side sent a request: 0 or 1.
    fn sender(&self, from_tag: &str, flow: Flow, who: &Address) -> Option<usize> {
        self.sides.iter().position(|side| side.flow == flow && side.who == *who && side.tag() == from_tag)
    }
}

/// A device that may be rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The link to it.
    pub flow: Flow,
    /// Its Contact.
    pub target: String,
    /// Its name among the user's devices.
    pub epid: Option<String>,
    /// A client of LCS.
    pub is_lcs: bool,
}

/// Who waits for the answer to an INVITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A client.
    Client {
        /// To answer it.
        transaction: ServerTransactionId,
        /// Its link.
        flow: Flow,
    },
    /// A persona.
    Persona(TalkId),
}

/// Names an [`Attempt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId(u64);

/// An INVITE that nobody has answered yet.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who waits.
    pub caller: Caller,
    /// Who calls.
    pub from: Address,
    /// Who is called.
    pub to: Address,
    /// The INVITE as it came, Contact replaced where that was asked for.
    pub request: Box<Message>,
    /// Devices not tried yet, the best first.
    pub waiting: VecDeque<Device>,
    /// The device that rings.
    pub ringing: Option<Ringing>,
    /// The best refusal so far.
    pub best: Option<Box<Message>>,
    /// Provisional answers that came.
    pub progress: u8,
    /// The caller thought better of it.
    pub cancelled: bool,
}

impl Attempt {
    /// An INVITE for these devices; none rings yet.
    #[must_use]
    pub const fn new(caller: Caller, from: Address, to: Address, request: Box<Message>, waiting: VecDeque<Device>) -> Self {
        Self { caller, from, to, request, waiting, ringing: None, best: None, progress: 0, cancelled: false }
    }
}

/// The device that rings now.
#[derive(Debug, Clone)]
pub struct Ringing {
    /// The INVITE that was sent to it.
    pub request: RequestId,
    /// Which.
    pub device: Device,
    /// That INVITE without its body.
    pub sent: Box<Message>,
    /// When the next device is tried, if there is one.
    pub patience: Instant,
}

/// An INVITE that was given up and may still be answered.
#[derive(Debug, Clone)]
pub struct Stray {
    /// The link it went out on.
    pub flow: Flow,
    /// As sent.
    pub sent: Box<Message>,
}

/// A request within a session on its way to the other side.
#[derive(Debug, Clone)]
pub struct Passing {
    /// To answer the sender.
    pub transaction: ServerTransactionId,
    /// The sender's link.
    pub flow: Flow,
    /// The other's.
    pub to: Flow,
    /// The request without its body.
    pub request: Box<Message>,
    /// The session.
    pub key: DialogKey,
}

/// What an answer to a request of the server's belongs to.
#[derive(Debug, Clone)]
pub enum Errand {
    /// The INVITE to a device of the called user.
    Attempt(AttemptId),
    /// Something given up.
    Stray(Box<Stray>),
    /// A request within a session.
    Passing(Box<Passing>),
}

/// All sessions, and what is on its way.
#[derive(Debug, Default)]
pub struct Sessions {
    attempts: BTreeMap<AttemptId, Attempt>,
    errands: BTreeMap<RequestId, Errand>,
    dialogs: BTreeMap<DialogKey, Session>,
    next: u64,
}

impl Sessions {
    /// How many INVITEs are open, of all and of one user.
    #[must_use]
    pub fn open(&self, from: &Address) -> (usize, usize) {
        (self.attempts.len(), self.attempts.values().filter(|a| a.from == *from).count())
    }

    /// How many sessions are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dialogs.len()
    }

    /// Whether there is nothing: no session, nothing on its way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dialogs.is_empty() && self.attempts.is_empty() && self.errands.is_empty()
    }

    /// An INVITE came.
    pub fn begin(&mut self, attempt: Attempt) -> AttemptId {
        let id = AttemptId(self.tick());
        self.attempts.insert(id, attempt);
        id
    }

    /// One attempt.
    #[must_use]
    pub fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.get(&id)
    }

    /// One attempt, to change it.
    pub fn attempt_mut(&mut self, id: AttemptId) -> Option<&mut Attempt> {
        self.attempts.get_mut(&id)
    }

    /// A device rings.
    pub fn rings(&mut self, id: AttemptId, ringing: Ringing) {
        if let Some(attempt) = self.attempts.get_mut(&id) {
            self.errands.insert(ringing.request, Errand::Attempt(id));
            attempt.ringing = Some(ringing);
        }
    }

    /// Stops waiting for the device that rings; should it answer, nobody is there any more.
    pub fn give_up_device(&mut self, id: AttemptId) -> Option<RequestId> {
        let ringing = self.attempts.get_mut(&id)?.ringing.take()?;
        let stray = Stray { flow: ringing.device.flow, sent: ringing.sent };
        self.errands.insert(ringing.request, Errand::Stray(Box::new(stray)));
        Some(ringing.request)
    }

    /// It is over: answered, refused, or nobody is left who waits.
    pub fn end(&mut self, id: AttemptId) -> Option<Attempt> {
        self.attempts.remove(&id)
    }

    /// The attempt of a caller's transaction.
    #[must_use]
    pub fn attempt_of(&self, wanted: ServerTransactionId) -> Option<AttemptId> {
        let is_it = |caller| matches!(caller, Caller::Client { transaction, .. } if transaction == wanted);
        self.attempts.iter().find(|(_, attempt)| is_it(attempt.caller)).map(|(id, _)| *id)
    }

    /// Attempts made from a link.
    #[must_use]
    pub fn attempts_from(&self, wanted: Flow) -> Vec<AttemptId> {
        let is_from = |caller| matches!(caller, Caller::Client { flow, .. } if flow == wanted);
        self.attempts.iter().filter(|(_, attempt)| is_from(attempt.caller)).map(|(id, _)| *id).collect()
    }

    /// Attempts whose device has rung long enough while another waits.
    #[must_use]
    pub fn impatient(&self, now: Instant) -> Option<AttemptId> {
        self.attempts.iter().find(|(_, attempt)| patience(attempt).is_some_and(|at| at <= now)).map(|(id, _)| *id)
    }

    /// When [`Sessions::impatient`] has something next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.attempts.values().filter_map(patience).min()
    }

    /// What a request of the server's was for.
    #[must_use]
    pub fn errand(&self, request: RequestId) -> Option<&Errand> {
        self.errands.get(&request)
    }

    /// A request of the server's has had its final answer.
    pub fn errand_done(&mut self, request: RequestId) {
        self.errands.remove(&request);
    }

    /// A request within a session was sent on.
    pub fn passes(&mut self, request: RequestId, passing: Passing) {
        self.errands.insert(request, Errand::Passing(Box::new(passing)));
    }

    /// The request that carries on what came in a transaction.
    #[must_use]
    pub fn passing_of(&self, transaction: ServerTransactionId) -> Option<RequestId> {
        self.errands.iter().find_map(|(request, errand)| match errand {
            Errand::Passing(passing) if passing.transaction == transaction => Some(*request),
            _ => None,
        })
    }

    /// Remembers a session. The one its caller has used least goes when the caller has `most`
    /// already; it is returned so that both sides can be told.
    pub fn remember(&mut self, mut session: Session, most: usize) -> Option<Session> {
        session.used = self.tick();
        let caller = session.sides[0].who.clone();
        self.dialogs.insert(session.key.clone(), session);
        let of_caller = self.dialogs.values().filter(|s| s.sides[0].who == caller);
        if of_caller.clone().count() <= most {
            return None;
        }
        let oldest = of_caller.min_by_key(|s| s.used).map(|s| s.key.clone())?;
        self.dialogs.remove(&oldest)
    }

    /// The session a request belongs to, and which side of it the sender is: the link, the user
    /// and the tag must all be that side's.
    pub fn sender(&mut self, request: &Message, flow: Flow, who: &Address) -> Option<(DialogKey, usize)> {
        let key = DialogKey::of(request)?;
        let used = self.tick();
        let session = self.dialogs.get_mut(&key)?;
        let at = session.sender(&request.from().ok()?.tag()?, flow, who)?;
        session.used = used;
        Some((key, at))
    }

    /// The session a message from a link belongs to, and the side, when who wrote it was not
    /// asked (ACK).
    #[must_use]
    pub fn sender_by_link(&self, message: &Message, flow: Flow) -> Option<(DialogKey, usize)> {
        let key = DialogKey::of(message)?;
        let tag = message.from().ok()?.tag()?;
        let at = self.dialogs.get(&key)?.sides.iter().position(|side| side.flow == flow && side.tag() == tag)?;
        Some((key, at))
    }

    /// One session.
    #[must_use]
    pub fn session(&self, key: &DialogKey) -> Option<&Session> {
        self.dialogs.get(key)
    }

    /// One session, to change it.
    pub fn session_mut(&mut self, key: &DialogKey) -> Option<&mut Session> {
        self.dialogs.get_mut(key)
    }

    /// Forgets a session.
    pub fn forget(&mut self, key: &DialogKey) -> Option<Session> {
        self.dialogs.remove(key)
    }

    /// Forgets the sessions of a link that is gone.
    pub fn flow_down(&mut self, flow: Flow) -> Vec<Session> {
        let gone: Vec<DialogKey> =
            self.dialogs.values().filter(|s| s.sides.iter().any(|side| side.flow == flow)).map(|s| s.key.clone()).collect();
        gone.iter().filter_map(|key| self.dialogs.remove(key)).collect()
    }

    const fn tick(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

fn patience(attempt: &Attempt) -> Option<Instant> {
    let waits = !attempt.waiting.is_empty() && !attempt.cancelled;
    attempt.ringing.as_ref().filter(|_| waits).map(|ringing| ringing.patience)
}
