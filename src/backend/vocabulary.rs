//! The words spoken between the program and a network.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::files::{FileCommand, FileEvent};
use super::refusals::Refusals;
use super::servers::Known;
use crate::model::{
    Access, AccessList, Address, Availability, Body, Capabilities, Fate, InvitationRules, KerberosFault, Listing, MessageRef,
    OwnPresence, Presence, RoomId, Roster, RosterHome, Secret, SignInPhase, Stamp, Transport, WaitReason, WatcherState,
};
use crate::sip::auth::Ticket;

/// An order to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Connect, register, subscribe; keep it so until [`Command::SignOut`].
    SignIn,
    /// Leave: unpublish, unsubscribe, unregister, close.
    SignOut,
    /// Do not wait for the back-off; try now.
    RetryNow,
    /// Another password, for every sign-in from the next one on.
    SetPassword(Secret),
    /// Tell others how we are.
    SetPresence(OwnPresence),
    /// Send a message; its fate comes as [`Event::Delivery`] with the same tag.
    SendText {
        /// To whom.
        to: Address,
        /// What.
        body: Body,
        /// Comes back with the fate.
        tag: MessageRef,
    },
    /// The user is writing, or has stopped. Sent as often as the network allows.
    Typing {
        /// To whom.
        to: Address,
        /// Whether the user is writing.
        active: bool,
    },
    /// Add a person, or change name and groups of one who is there.
    PutContact {
        /// Who.
        address: Address,
        /// The user's name for the person; empty for none.
        name: String,
        /// All groups the contact is to be in.
        groups: Vec<String>,
    },
    /// Take a person off the roster.
    RemoveContact(Address),
    /// Change the groups themselves.
    Group(GroupChange),
    /// Decide who may see us and write to us.
    SetAccess {
        /// About whom.
        who: Address,
        /// The decision.
        access: Access,
    },
    /// See people's presence without having them on the roster (until sign-out).
    Watch(Vec<Address>),
    /// Learn how people are, once: comes as [`Event::Presence`]. Servers that cannot be asked so are
    /// asked as by [`Command::Watch`].
    Look(Vec<Address>),
    /// Search the directory; the answer comes as [`Event::Search`] with the same words.
    Search {
        /// What to look for.
        words: String,
    },
    /// Something about a conversation of several people.
    Room(RoomCommand),
    /// Something about a file.
    File(FileCommand),
    /// Say by [`Event::ListsConfirmed`] when the changes to the contact list and the access list ordered
    /// so far are where these lists live: changes show at once, but the server has them later.
    ConfirmLists,
    /// Report the counters as [`Event::Traffic`].
    ReportTraffic,
    /// The answer to [`Event::Leaving`]: it is written down that the message may have arrived from now on.
    Release(MessageRef),
    /// A message that waits is not to be sent any more; it fails. Without effect on one that left.
    Withdraw(MessageRef),
    /// The message that came with this id is written down: now its sender may be told that it arrived. Only
    /// where the front keeps a ledger; elsewhere the sender is told at once.
    Received(String),
    /// The message that came with this id is not taken: its sender is told that nobody is there for it now. As
    /// [`Command::Received`], only where a ledger is kept.
    Declined(String),
    /// What policy says of invitations from now on.
    Obey(Box<InvitationRules>),
    /// Somebody is at the keyboard: for a while a dead connection is to be noticed soon. Said every few
    /// seconds as long as it is so.
    Attend,
}

impl Command {
    /// Whether somebody waits for it: it must be given again if the account is too busy for it.
    #[must_use]
    pub const fn is_owed(&self) -> bool {
        matches!(self, Self::Release(_) | Self::Withdraw(_) | Self::Received(_) | Self::Declined(_))
    }

    /// The message it sends, if it sends one: what refuses it is told by the message's fate.
    #[must_use]
    pub const fn message(&self) -> Option<MessageRef> {
        match self {
            Self::SendText { tag, .. } | Self::Room(RoomCommand::Say { tag, .. }) => Some(*tag),
            _ => None,
        }
    }
}

/// An order about a conversation of several people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomCommand {
    /// Begin one with these people; its name comes with [`RoomEvent::Opened`].
    Open(Vec<Address>),
    /// Ask another person in.
    Invite {
        /// Where.
        room: RoomId,
        /// Whom.
        who: Address,
    },
    /// Send a message to everybody there; its fate comes as [`Event::Delivery`] with the same tag:
    /// delivered when everybody has it, else failed or unconfirmed, naming who did not get it.
    Say {
        /// Where.
        room: RoomId,
        /// What.
        body: Body,
        /// Comes back with the fate.
        tag: MessageRef,
    },
    /// Go.
    Leave(RoomId),
    /// Take part in one into which somebody asked us who is not on the contact list: nobody else is told of us before,
    /// unless we say something there.
    Enter(RoomId),
}

/// A change to the groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    /// A new, empty group.
    Add(String),
    /// Another name for a group.
    Rename {
        /// Present name.
        from: String,
        /// Name to be.
        to: String,
    },
    /// Away with the group; its contacts stay.
    Remove(String),
}

/// A report from an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// How far sign-in is. `server` and `transport` are known from `Connecting` on.
    Phase {
        /// The step.
        phase: SignInPhase,
        /// Host and port.
        server: Option<String>,
        /// The way.
        transport: Option<Transport>,
    },
    /// What the server can do, once known.
    Capabilities(Capabilities),
    /// The whole roster; replaces what was known. Presence in it is kept where known.
    RosterReset {
        /// Contacts and groups.
        roster: Roster,
        /// Where it lives: [`RosterHome::Local`] asks the program to save it.
        home: RosterHome,
    },
    /// Single changes to the roster, ours (confirmed) or by another device.
    RosterChanged {
        /// In order.
        changes: Vec<RosterChange>,
        /// Where it lives.
        home: RosterHome,
    },
    /// All decisions on access, replacing what was known.
    AccessReset(AccessList),
    /// The answer to [`Command::ConfirmLists`]: the server has all changes, but those that a notice said it
    /// refused.
    ListsConfirmed,
    /// What is known of a person now.
    Presence {
        /// Who.
        who: Address,
        /// The full picture.
        now: Presence,
    },
    /// The link is gone: everything known of others is stale from now on.
    AllStale,
    /// What the server shows others of us.
    OwnPresence(Availability),
    /// A message arrived.
    Text {
        /// Names it among all messages, on each device the same; 16 hexadecimal digits.
        id: String,
        /// From whom.
        from: Address,
        /// What.
        body: Body,
        /// When it was written, if the network told.
        sent: Option<Stamp>,
        /// It waited on the server.
        delayed: bool,
    },
    /// The other person is writing, or no longer.
    Typing {
        /// Who.
        from: Address,
        /// Whether.
        active: bool,
    },
    /// What became of a message of ours.
    Delivery {
        /// Which.
        tag: MessageRef,
        /// What.
        fate: Fate,
    },
    /// A message of ours is about to be handed to the network, and waits for [`Command::Release`]. Only where
    /// the front keeps a ledger.
    Leaving(MessageRef),
    /// Somebody watches us, wants to, or no longer does.
    Watcher {
        /// Who.
        who: Address,
        /// The name they give, if any.
        name: Option<String>,
        /// How it stands.
        state: WatcherState,
    },
    /// Something the user should know that has no event of its own.
    Notice {
        /// How bad.
        level: NoticeLevel,
        /// A stable word for scripts.
        code: &'static str,
        /// A plain sentence.
        text: String,
        /// Whose doing it is, where that is somebody else's.
        by: Option<Address>,
    },
    /// What a search of the directory found.
    Search {
        /// What was looked for.
        words: String,
        /// Whom it found; or, in a sentence, why nothing could be found out.
        found: Result<Found, String>,
    },
    /// The name the server's directory has for us.
    OwnName(String),
    /// Something happened in a conversation of several people.
    Room(RoomEvent),
    /// Something happened to a file.
    File(FileEvent),
    /// Where the next sign-in should begin: the home server registrars sent us to; `None`: where the
    /// settings say.
    Home(Option<Target>),
    /// What the administrator of the server arranged for us: names of settings and their values, as texts.
    Arranged(Vec<(String, String)>),
    /// What is to be remembered of a password that was refused; `None`: it was accepted.
    Refusals(Option<Refusals>),
    /// The counters.
    Traffic(Traffic),
}

/// The people a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// In the order of the server.
    pub people: Vec<Listing>,
    /// There are more, which the server did not name.
    pub more: bool,
}

/// Something that happened in a conversation of several people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomEvent {
    /// We are in one.
    Opened {
        /// Its name from now on.
        room: RoomId,
        /// Who else is in, or was asked in.
        people: Vec<Address>,
        /// Who asked us in; `None`: we began it.
        by: Option<Address>,
    },
    /// Somebody came in.
    Joined {
        /// Where.
        room: RoomId,
        /// Who.
        who: Address,
    },
    /// Somebody left, or could not be reached.
    Left {
        /// Where.
        room: RoomId,
        /// Who.
        who: Address,
        /// Why, in a sentence, if it was not their own wish.
        why: Option<String>,
    },
    /// A message arrived.
    Text {
        /// Where.
        room: RoomId,
        /// Names it among all messages.
        id: String,
        /// From whom.
        from: Address,
        /// What.
        body: Body,
    },
    /// It is over for us.
    Closed {
        /// Which.
        room: RoomId,
        /// Why, in a sentence; `None`: as we wished.
        why: Option<String>,
    },
}

impl RoomEvent {
    /// Which room it is about.
    #[must_use]
    pub const fn room(&self) -> &RoomId {
        match self {
            Self::Opened { room, .. }
            | Self::Joined { room, .. }
            | Self::Left { room, .. }
            | Self::Text { room, .. }
            | Self::Closed { room, .. } => room,
        }
    }
}

/// One change to the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterChange {
    /// A contact is new or has new name or groups.
    Put {
        /// Who.
        address: Address,
        /// The user's name for the person.
        name: String,
        /// All groups.
        groups: Vec<String>,
    },
    /// A contact is gone.
    Removed(Address),
    /// A group changed.
    Group(GroupChange),
}

/// How bad a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something does not work as it should.
    Warning,
    /// Something failed.
    Error,
}

impl NoticeLevel {
    /// The word in JSON events.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Counters since sign-in began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Messages sent.
    pub sip_out: u64,
    /// Messages received.
    pub sip_in: u64,
    /// Octets sent.
    pub bytes_out: u64,
    /// Octets received.
    pub bytes_in: u64,
    /// Messages in both directions by method; answers count for the method they answer.
    pub by_method: BTreeMap<String, u64>,
    /// What the other side did against the rules, by a stable word for the kind of offence.
    pub faults: BTreeMap<&'static str, u64>,
}

/// Why an order cannot be carried out now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not signed in.
    #[error("you are not signed in")]
    Offline,
    /// Too much is waiting already.
    #[error("too much is waiting to be sent; try again in a moment")]
    Busy,
    /// This network cannot do it.
    #[error("this server cannot do that: {0}")]
    Unsupported(&'static str),
    /// The person or group is not known.
    #[error("{0}")]
    Unknown(String),
}

/// One connection, or for datagrams one peer, for as long as it lasts. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link{}", self.0)
    }
}

/// One ticket of Kerberos that is wanted. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketId(pub u64);

/// Where a link is to go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Name or address literal to reach.
    pub host: String,
    /// Port; `None` asks DNS (SRV), else the transport's default.
    pub port: Option<u16>,
    /// The way; `None` = TLS, and only that, unless DNS offers TLS nowhere and clear text is permitted.
    pub transport: Option<Transport>,
    /// The name the certificate must hold (RFC 5922: the domain that was asked for).
    pub tls_name: String,
    /// The host is the domain of the sign-in address, and its server is to be found: by the names
    /// of the LCS family too, and only servers that fit the domain count.
    pub automatic: bool,
}

/// What the outside knows of a link that came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// The way.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// Host and port for people.
    pub server: String,
    /// A server of a better priority could not be reached, or was passed over.
    pub second_best: bool,
}

/// How far a link being opened is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStage {
    /// Names are looked up.
    Resolving,
    /// A socket is being connected.
    Connecting,
    /// TLS handshake.
    Securing,
}

/// Why a link ended or never came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownCause(pub WaitReason);

/// Something that happened outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// A link being opened got this far.
    Progress {
        /// Which.
        link: LinkId,
        /// How far.
        stage: LinkStage,
    },
    /// A link came up.
    Up {
        /// Which.
        link: LinkId,
        /// What it is.
        peer: &'a PeerInfo,
    },
    /// Bytes came (for datagrams: exactly one datagram).
    Bytes {
        /// On which link.
        link: LinkId,
        /// The bytes.
        data: &'a [u8],
    },
    /// A link ended or could not be opened.
    Down {
        /// Which.
        link: LinkId,
        /// Why.
        why: DownCause,
    },
    /// A ticket that was wanted came, or cannot be had.
    Ticket {
        /// Which.
        ticket: TicketId,
        /// The ticket, or what stands in the way.
        outcome: Result<Ticket, KerberosFault>,
    },
    /// The machine slept, or the network around it changed: links may be dead that look alive, and
    /// what could not be reached may be in reach.
    Disturbed,
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a link.
    Open {
        /// Its id from now on.
        link: LinkId,
        /// Where to.
        to: Target,
        /// What is known of the servers there.
        known: Known,
    },
    /// Send bytes (for datagrams: exactly one datagram).
    Transmit {
        /// On which link.
        link: LinkId,
        /// The bytes.
        bytes: Bytes,
    },
    /// Close a link after what was given to it has been sent.
    Close {
        /// Which.
        link: LinkId,
    },
    /// Get a ticket of Kerberos for the SIP service at a host; [`Input::Ticket`] is to follow.
    Ticket {
        /// Its number from now on.
        ticket: TicketId,
        /// The host.
        host: String,
    },
    /// Tell the program.
    Event(Event),
    /// Nothing more for now; call `handle_timeout` at this time if nothing happens before.
    Idle(Option<Instant>),
}

/// A network as a messenger.
///
/// After each `handle_` call drain [`Backend::poll_output`] until [`Output::Idle`] before the
/// next call: the order of outputs is the order in which things happened.
pub trait Backend: fmt::Debug + Send {
    /// Takes an order of the user.
    ///
    /// # Errors
    /// [`Refused`] when it cannot be carried out now; nothing has changed then.
    fn handle_command(&mut self, command: Command, now: Instant) -> Result<(), Refused>;

    /// Takes what happened outside. Never fails: bad bytes become outputs or are counted.
    fn handle_input(&mut self, input: Input<'_>, now: Instant);

    /// Takes note that time passed.
    fn handle_timeout(&mut self, now: Instant);

    /// The next thing to do; [`Output::Idle`] when there is nothing more for now.
    fn poll_output(&mut self) -> Output;

    /// The next message whose answer is so late that another to the same person may leave before
    /// it comes; each is told of once.
    fn take_late(&mut self) -> Option<MessageRef> {
        None
    }

    /// Whether messages had better wait for a moment: everything is about to move to another link.
    fn holds_texts(&self) -> bool {
        false
    }

    /// How long the program should wait for the last answers at sign-out.
    fn farewell(&self) -> Duration {
        Duration::from_secs(3)
    }
}
