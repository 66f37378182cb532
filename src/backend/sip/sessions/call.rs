//! One session with its dialog, and the words to make one.

use std::time::{Duration, Instant};

use super::body::Fingerprint;
use super::state::{Machine, State};
use crate::backend::sip::ua::Leg;
use crate::formats::sdp::Media;
use crate::model::{Address, MessageRef, RoomId};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{RequestId, ServerTransactionId};
use crate::sip::message::Message;

/// Names a session among those of this account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::backend::sip) struct CallId(pub(super) u64);

/// What a request of ours was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip) enum Errand {
    /// Making the session.
    Invite,
    /// A text.
    Text {
        /// Which.
        tag: MessageRef,
        /// To whom.
        to: Address,
        /// In a conversation of several, which.
        room: Option<RoomId>,
    },
    /// Telling that the user is writing.
    Typing,
    /// Ending it.
    Bye,
    /// Asking the manager of a room to invite somebody.
    Refer(Address),
    /// Telling somebody what became of such a request.
    Report,
    /// Asking to become manager.
    Ballot,
    /// Telling that we are.
    Proclaim,
}

/// To whom a session belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// A talk of two.
    Pair,
    /// A conversation of several.
    Room(RoomId),
}

/// One session.
#[derive(Debug)]
pub(super) struct Call {
    /// The other person.
    pub(super) peer: Address,
    /// Whose it is.
    pub(super) owner: Owner,
    /// Where it stands.
    pub(super) machine: Machine,
    /// We invited.
    pub(super) ours: bool,
    /// When it was established, or begun.
    pub(super) since: Instant,
    /// When anything of the user's was last sent or received.
    pub(super) active: Instant,
    /// The other side does not want to know that we write.
    pub(super) deaf: bool,
    /// The text that came within the INVITE, until the first MESSAGE came.
    pub(super) first: Option<Fingerprint>,
    /// Names of our INVITE; Call-ID and our tag are those of the dialog.
    pub(super) leg: Leg,
    pub(super) invite: Option<RequestId>,
    pub(super) dialog: Option<Dialog>,
    /// Device of the other person we ask for.
    pub(super) epid: Option<String>,
    pub(super) conversation: u32,
    /// Who manages the conversation, as their INVITE says.
    pub(super) manager: Option<Address>,
    pub(super) extra: Vec<(&'static str, String)>,
}

impl Call {
    /// Call-ID.
    pub(super) fn call_id(&self) -> &str {
        &self.leg.call_id
    }

    /// `Ms-Conversation-ID`.
    pub(super) const fn conversation(&self) -> u32 {
        self.conversation
    }

    /// The dialog, once there is one.
    pub(super) fn dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref()
    }

    /// The device of the other person, as far as known.
    pub(super) fn peer_epid(&self) -> Option<String> {
        let named = self.dialog.as_ref().and_then(|d| d.remote().params.get("epid"));
        named.filter(|epid| is_epid(epid)).or_else(|| self.epid.clone())
    }

    /// When it is to be closed for want of words: talks of two only, as in a conversation of
    /// several that would mean leaving it.
    fn idle_at(&self) -> Option<Instant> {
        let stands = matches!((&self.owner, self.machine.state()), (Owner::Pair, State::Established { .. }));
        stands.then(|| self.active + IDLE)
    }

    /// Whether nothing was said for long.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        self.idle_at().is_some_and(|at| at <= now)
    }

    pub(super) fn is_live(&self) -> bool {
        self.machine.is_live()
    }

    pub(super) fn is_established(&self) -> bool {
        self.machine.is_established() && self.dialog.is_some()
    }
}

/// What to invite somebody with.
#[derive(Debug)]
pub(super) struct Invitation {
    /// Whom.
    pub(super) peer: Address,
    /// Which device, if it matters.
    pub(super) epid: Option<String>,
    /// For what.
    pub(super) owner: Owner,
    /// Call-ID, if it is given.
    pub(super) call_id: Option<String>,
    /// `Ms-Conversation-ID`, if it is given.
    pub(super) conversation: Option<u32>,
    /// Further header fields.
    pub(super) extra: Vec<(&'static str, String)>,
    /// Longest wait for an answer.
    pub(super) patience: Duration,
}

/// An INVITE to be accepted.
#[derive(Debug)]
pub(super) struct Invited<'a> {
    /// To answer with.
    pub(super) transaction: Option<ServerTransactionId>,
    /// The INVITE.
    pub(super) request: &'a Message,
    /// Who invites.
    pub(super) peer: Address,
    /// To what.
    pub(super) owner: Owner,
    /// The name of the medium in the offer.
    pub(super) media: Media,
    /// The text that came with it, if it was shown.
    pub(super) first: Option<Fingerprint>,
}

/// When a session wants to hear of the time: for its machine, or because nothing was said for long.
pub(super) fn deadline(call: &Call) -> Option<Instant> {
    [call.machine.deadline(), call.idle_at()].into_iter().flatten().min()
}

/// Whether a name of a device may be written into a header field of ours.
pub(super) fn is_epid(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A talk of two without a word for this long is closed.
const IDLE: Duration = Duration::from_mins(10);
