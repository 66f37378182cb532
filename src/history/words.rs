//! What is to be kept, and what was.

use crate::model::{Address, Body, Fate, MessageRef, RoomId, Stamp};

/// A message of ours that is not known to have arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Which; no two that are kept have the same.
    pub tag: MessageRef,
    /// Who we are there.
    pub account: Address,
    /// To whom.
    pub to: Address,
    /// What.
    pub body: Body,
    /// When it was written.
    pub at: Stamp,
    /// Queued, sent, failed or unconfirmed. What was kept as sent may have arrived.
    pub fate: Fate,
}

/// A message to us that nobody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its name among all messages to this account.
    pub id: String,
    /// Who we are there.
    pub account: Address,
    /// The conversation of several people it came in.
    pub room: Option<RoomId>,
    /// From whom.
    pub from: Address,
    /// What.
    pub body: Body,
    /// When it was written, as far as known, else when it came.
    pub at: Stamp,
    /// It waited on the server.
    pub delayed: bool,
    /// The user knows the person: strangers' messages give way first. What is not read of a stranger, and was said to
    /// the user alone, is held.
    pub known: bool,
}

/// With whom a conversation is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum With {
    /// One person.
    Person(Address),
    /// Several people.
    Room(RoomId),
}

/// What is half written in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who we are there.
    pub account: Address,
    /// Which conversation.
    pub with: With,
    /// What.
    pub text: String,
}

/// Something to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// A message was written and waits; answered by [`Kept::Outgoing`].
    Outgoing(Outgoing),
    /// It is about to leave, and may have arrived from now on; answered by [`Kept::Leaving`].
    Leaving {
        /// Who we are there.
        account: Address,
        /// Which.
        tag: MessageRef,
    },
    /// What became of it, as far as the user has to see it: queued again, failed or unconfirmed.
    Fate(MessageRef, Fate),
    /// It arrived, or lies with the server: nothing need wait for it any more.
    Settled(MessageRef, Fate),
    /// The user took it back before it left: nothing of it stays, in the history neither.
    TakenBack(MessageRef),
    /// We said something in a conversation of several people; only the history keeps it.
    Spoken {
        /// Who we are there.
        account: Address,
        /// Where.
        room: RoomId,
        /// Which.
        tag: MessageRef,
        /// What.
        body: Body,
        /// When.
        at: Stamp,
    },
    /// A message came; answered by [`Kept::Incoming`].
    Incoming(Incoming),
    /// How the screen is, as text; the newest counts.
    Screen(String),
    /// The user has seen everything in a conversation.
    Read {
        /// Who we are there.
        account: Address,
        /// Which conversation.
        with: With,
    },
    /// The user has seen what a person wrote while they were known; what is held of them stays unread.
    ReadKnown {
        /// Who we are there.
        account: Address,
        /// Who wrote.
        from: Address,
    },
    /// The user knows a person by now: what they wrote and nobody read is held no more.
    Known {
        /// Who we are there.
        account: Address,
        /// Who wrote.
        from: Address,
    },
    /// The user does not want what is held of a person: nothing of it stays, in the history neither.
    Discarded {
        /// Who we are there.
        account: Address,
        /// Who wrote.
        from: Address,
    },
    /// This is half written in a conversation; empty: nothing is.
    Draft(Draft),
}

/// What is on disk now: no loss of power undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// [`Keep::Outgoing`].
    Outgoing {
        /// Who we are there.
        account: Address,
        /// Which.
        tag: MessageRef,
    },
    /// [`Keep::Leaving`].
    Leaving {
        /// Who we are there.
        account: Address,
        /// Which.
        tag: MessageRef,
    },
    /// [`Keep::Incoming`].
    Incoming {
        /// Who we are there.
        account: Address,
        /// Which.
        id: String,
    },
}

/// What earlier runs left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remembered {
    /// In the order they were written.
    pub outgoing: Vec<Outgoing>,
    /// In the order they came.
    pub incoming: Vec<Incoming>,
    /// Account and id of all messages that came lately, read or not.
    pub received: Vec<(Address, String)>,
    /// How the screen was.
    pub screen: Option<String>,
    /// The greatest number a message of ours was given, those of the history included.
    pub last_tag: u64,
    /// A history is kept, and can be asked for.
    pub history: bool,
    /// What was half written, one for each conversation.
    pub drafts: Vec<Draft>,
}

impl Keep {
    /// The answer to it once it is on disk, if anybody waits for one.
    #[must_use]
    pub fn answer(&self) -> Option<Kept> {
        match self {
            Self::Outgoing(Outgoing { account, tag, .. }) => Some(Kept::Outgoing { account: account.clone(), tag: *tag }),
            Self::Leaving { account, tag } => Some(Kept::Leaving { account: account.clone(), tag: *tag }),
            Self::Incoming(incoming) => Some(Kept::Incoming { account: incoming.account.clone(), id: incoming.id.clone() }),
            Self::Fate(..)
            | Self::Settled(..)
            | Self::TakenBack(_)
            | Self::Spoken { .. }
            | Self::Read { .. }
            | Self::ReadKnown { .. }
            | Self::Known { .. }
            | Self::Discarded { .. }
            | Self::Screen(_)
            | Self::Draft(_) => None,
        }
    }
}

impl Kept {
    /// Who we are there.
    #[must_use]
    pub const fn account(&self) -> &Address {
        let (Self::Outgoing { account, .. } | Self::Leaving { account, .. } | Self::Incoming { account, .. }) = self;
        account
    }
}
