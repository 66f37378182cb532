//! What every usage needs to send a request: the endpoint, the link, who we are, and what an open
//! request was for. Keeps outputs in the order in which things happened.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::dialect;
use super::extensions::Extensions;
use super::files;
use super::reach::Reach;
use super::receipts::Receipts;
use super::services;
use super::sessions::{CallId, Errand};
use super::settings::SipSettings;
use super::subscription::SubscriptionId;
use super::tickets::Tickets;
use super::traffic::Counters;
use super::traits::Traits;
use crate::backend::servers::Known;
use crate::backend::{Event, LinkId, NoticeLevel, Output, PeerInfo, Target};
use crate::formats::file_description::FileDescription;
use crate::formats::invitation::Invitation;
use crate::model::{Address, FileId, MessageRef, Spoken, TELLING, Transport};
use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Doubt, Scheme};
use crate::sip::endpoint::{
    Endpoint, EndpointConfig, EndpointEvent, EndpointOutput, Flow, FlowInfo, RequestId, ServerTransactionId,
};
use crate::sip::framing::Limits;
use crate::sip::message::{Message, Method, NameAddr, Uri};
use crate::sip::stun::TransactionId;
use crate::sip::tokens::Tokens;

/// What a request of ours is for; tells where its answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Keeping or removing our binding.
    Register,
    /// Our own presence.
    Publish,
    /// Somebody's presence, a list, or our watchers.
    Subscribe(SubscriptionId),
    /// A message of the user.
    Text {
        /// To whom.
        to: Address,
        /// Which.
        tag: MessageRef,
    },
    /// A composing indication.
    Typing(Address),
    /// A request that makes a session, or goes within one.
    Session {
        /// Which session.
        call: CallId,
        /// What for.
        errand: Errand,
    },
    /// A call about a file.
    File {
        /// Which.
        id: FileId,
        /// What for.
        errand: files::Errand,
    },
    /// A SERVICE: something asked of the server.
    Service(services::Errand),
    /// Whether the server lives; any answer will do.
    Probe,
}

/// Something that came about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invited {
    /// From whom.
    pub(super) from: Address,
    /// What.
    pub(super) what: Invitation,
    /// The name of their program, as it gives it.
    pub(super) program: String,
}

/// An INVITE that offers a file, not answered yet.
#[derive(Debug)]
pub(super) struct FileCall {
    /// To answer with.
    pub(super) transaction: Option<ServerTransactionId>,
    /// It.
    pub(super) request: Message,
    /// From whom.
    pub(super) from: Address,
    /// What it offers.
    pub(super) description: FileDescription,
}

/// Our side of the link.
pub(super) struct Ua {
    /// The account's settings.
    pub(super) settings: SipSettings,
    /// Source of tags and Call-IDs, and of the spread of timers.
    pub(super) tokens: Tokens,
    /// Messages and octets counted.
    pub(super) traffic: Counters,
    /// What the registrar told of itself on this link.
    pub(super) traits: Traits,
    /// Extensions of subscriptions that this link was not found unable to carry.
    pub(super) extensions: Extensions,
    /// How requests come to us over this link.
    pub(super) reach: Reach,
    /// We have answered a challenge.
    pub(super) authenticated: bool,
    /// Every message on this link is signed and checked, by this scheme.
    pub(super) signed_by: Option<Scheme>,
    /// What was wrong with a challenge of this link's server.
    pub(super) distrust: Option<Doubt>,
    /// Messages that came and are not written down yet.
    pub(super) receipts: Receipts,
    /// Tickets of Kerberos that are wanted.
    pub(super) tickets: Tickets,
    /// What came about files, answered as messages; read at the end of each step.
    pub(super) invitations: Vec<Invited>,
    /// Calls that offer files, not answered; read at the end of each step.
    pub(super) file_calls: Vec<FileCall>,
    endpoint: Endpoint,
    link: Option<Link>,
    open: BTreeMap<RequestId, Purpose>,
    /// Of those the ones nothing was heard of yet, and when they were sent; numbered in that order.
    waits: BTreeMap<RequestId, Instant>,
    inbox: VecDeque<EndpointEvent>,
    outputs: VecDeque<Output>,
}

/// The link that is up.
#[derive(Debug)]
struct Link {
    id: LinkId,
    peer: PeerInfo,
    /// What came first, as far as it tells what the peer speaks.
    first: Vec<u8>,
}

impl fmt::Debug for Ua {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ua")
            .field("aor", &self.settings.aor)
            .field("link", &self.link)
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

impl Ua {
    pub(super) fn new(settings: SipSettings) -> Self {
        let mut tokens = Tokens::new(settings.seed);
        let endpoint = Endpoint::new(endpoint_config(&settings, &mut tokens));
        Self {
            settings,
            tokens,
            traffic: Counters::default(),
            traits: Traits::default(),
            extensions: Extensions::ALL,
            reach: Reach::default(),
            authenticated: false,
            signed_by: None,
            distrust: None,
            receipts: Receipts::default(),
            tickets: Tickets::default(),
            invitations: Vec::new(),
            file_calls: Vec::new(),
            endpoint,
            link: None,
            open: BTreeMap::new(),
            waits: BTreeMap::new(),
            inbox: VecDeque::new(),
            outputs: VecDeque::new(),
        }
    }

    /// A link came up: everything of the one before is void (nonces, transactions, routes).
    pub(super) fn link_up(&mut self, id: LinkId, peer: &PeerInfo) {
        self.endpoint = Endpoint::new(endpoint_config(&self.settings, &mut self.tokens));
        self.endpoint.flow_up(
            Flow(id.0),
            FlowInfo {
                transport: match peer.transport {
                    Transport::Tls => "TLS",
                    Transport::Tcp => "TCP",
                    Transport::Udp => "UDP",
                },
                reliable: peer.transport.is_reliable(),
                local: peer.local.to_string(),
                peer_ip: peer.peer.ip().to_string(),
                peer_port: peer.peer.port(),
            },
        );
        self.traits = dialect::expected(&self.settings);
        self.extensions = Extensions::ALL;
        self.reach = Reach::default();
        (self.signed_by, self.distrust) = (None, None);
        self.tickets.forget();
        self.open.clear();
        self.waits.clear();
        self.inbox.clear();
        self.link = Some(Link { id, peer: peer.clone(), first: Vec::new() });
    }

    /// The link is gone, or is to be closed after what was sent. What was asked on it stays
    /// without answer: hands out what that was for.
    pub(super) fn drop_link(&mut self, close: bool) -> Vec<Purpose> {
        if let Some(link) = self.link.take() {
            if close {
                self.endpoint.close(Flow(link.id.0));
            } else {
                self.endpoint.flow_down(Flow(link.id.0));
            }
            self.absorb();
        }
        self.inbox.clear();
        self.receipts.clear();
        self.waits.clear();
        std::mem::take(&mut self.open).into_values().collect()
    }

    /// From now on everything goes over the link of `other`, which takes ours in return. What is the
    /// account's stays.
    pub(super) fn change_over(&mut self, other: &mut Self) {
        std::mem::swap(self, other);
        std::mem::swap(&mut self.settings, &mut other.settings);
        std::mem::swap(&mut self.tokens, &mut other.tokens);
        std::mem::swap(&mut self.traffic, &mut other.traffic);
        std::mem::swap(&mut self.outputs, &mut other.outputs);
        self.traffic.absorb(&mut other.traffic);
    }

    /// Whether no request of ours is without its answer.
    pub(super) fn is_quiet(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the answer to a message of the user is awaited.
    pub(super) fn awaits_text(&self) -> bool {
        self.open.values().any(|p| matches!(p, Purpose::Text { .. }))
    }

    pub(super) fn link_id(&self) -> Option<LinkId> {
        self.link.as_ref().map(|l| l.id)
    }

    pub(super) fn peer(&self) -> Option<&PeerInfo> {
        self.link.as_ref().map(|l| &l.peer)
    }

    /// Whether what we send cannot be lost on the way to the server.
    pub(super) fn reliable(&self) -> bool {
        self.peer().is_some_and(|p| p.transport.is_reliable())
    }

    /// What the peer speaks, where its first octets tell that it is not SIP.
    pub(super) fn hears_other_than_sip(&mut self, data: &[u8]) -> Option<Spoken> {
        let first = &mut self.link.as_mut()?.first;
        let room = TELLING.saturating_sub(first.len());
        if room == 0 {
            return None;
        }
        first.extend(data.iter().take(room));
        Spoken::by(first).filter(|spoken| *spoken != Spoken::Sip)
    }

    pub(super) fn handle_bytes(&mut self, data: &[u8], now: Instant) {
        let Some(id) = self.link_id() else { return };
        self.traffic.bytes_in(data.len());
        self.endpoint.handle_bytes(Flow(id.0), data, now);
        self.absorb();
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.absorb();
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.endpoint.next_timeout()
    }

    /// What the endpoint has to tell, oldest first.
    pub(super) fn next_event(&mut self) -> Option<EndpointEvent> {
        self.inbox.pop_front()
    }

    pub(super) fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Passes on what a part with links of its own wants done.
    pub(super) fn pass(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Passes on what another link of the account wants done.
    pub(super) fn pass_all(&mut self, other: &mut Self) {
        self.outputs.append(&mut other.outputs);
        self.traffic.absorb(&mut other.traffic);
    }

    /// Tells the program.
    pub(super) fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Tells the user something that has no event of its own.
    pub(super) fn notice(&mut self, level: NoticeLevel, code: &'static str, text: impl Into<String>) {
        self.emit(Event::Notice { level, code, text: text.into(), by: None });
    }

    /// The same, where it is the doing of somebody else: whoever takes it in decides whether they are heard.
    pub(super) fn notice_of(&mut self, by: &Address, code: &'static str, text: String) {
        self.emit(Event::Notice { level: NoticeLevel::Info, code, text, by: Some(by.clone()) });
    }

    /// The other side did something against the rules, which does not end the connection. The
    /// word names the kind of offence in `traffic` events, the same for good.
    pub(super) fn fault(&mut self, word: &'static str) {
        self.traffic.fault(word);
    }

    /// A message or a challenge was not believed. It counts, and the connection lives on.
    pub(super) fn doubted(&mut self, doubt: Doubt) {
        self.fault(doubt.word());
        if matches!(doubt, Doubt::BrokenChallenge | Doubt::WeakChallenge) {
            self.distrust = Some(doubt);
        }
    }

    /// Asks for a link.
    pub(super) fn open_link(&mut self, link: LinkId, to: Target, known: Known) {
        self.outputs.push_back(Output::Open { link, to, known });
    }

    /// Closes a link that never came up.
    pub(super) fn abandon(&mut self, link: LinkId) {
        self.outputs.push_back(Output::Close { link });
    }

    /// A request outside any dialog, from us, with the account's routes.
    pub(super) fn request(&self, method: &Method, uri: &str, leg: &Leg) -> Message {
        let mut message = Message::request(method.clone(), uri);
        message.headers.push("From", self.own_from(&leg.tag));
        message.headers.push("To", format!("<{}>", leg.to));
        message.headers.push("Call-ID", &leg.call_id);
        message.headers.push("CSeq", format!("{} {method}", leg.cseq));
        // The way to the registrar is another (RFC 3608 section 6.1).
        for route in self.reach.routes.iter().filter(|_| *method != Method::Register) {
            message.headers.push("Route", route);
        }
        message
    }

    /// Sends a request; its answer comes back under `purpose`.
    pub(super) fn send(&mut self, request: Message, purpose: Purpose, now: Instant) -> bool {
        self.send_request(request, purpose, now).is_some()
    }

    /// The same for one that may be cancelled: its name; `None` without a link.
    pub(super) fn send_request(&mut self, request: Message, purpose: Purpose, now: Instant) -> Option<RequestId> {
        self.send_waiting(request, purpose, None, now)
    }

    /// The same; the answer may take this long, if that is not what it is for all requests.
    pub(super) fn send_waiting(
        &mut self,
        request: Message,
        purpose: Purpose,
        patience: Option<Duration>,
        now: Instant,
    ) -> Option<RequestId> {
        let id = self.link_id()?;
        let request = self.endpoint.send_waiting(Flow(id.0), request, patience, now);
        self.open.insert(request, purpose);
        self.waits.insert(request, now);
        self.absorb();
        Some(request)
    }

    /// Sends a CANCEL for an INVITE of ours.
    pub(super) fn cancel(&mut self, request: RequestId, now: Instant) {
        self.endpoint.cancel(request, now);
        self.absorb();
    }

    /// Sends what has no answer: the ACK to a 2xx.
    pub(super) fn send_stateless(&mut self, request: Message) {
        if let Some(id) = self.link_id() {
            self.endpoint.send_stateless(Flow(id.0), request);
            self.absorb();
        }
    }

    /// What an open request was for; it stays open.
    pub(super) fn purpose(&self, request: RequestId) -> Option<Purpose> {
        self.open.get(&request).cloned()
    }

    /// A first sign of an answer came.
    pub(super) fn answered(&mut self, request: RequestId) {
        self.waits.remove(&request);
    }

    /// When the oldest request was sent of which nothing was heard.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.waits.first_key_value().map(|(_, at)| *at)
    }

    /// Forgets a request that is answered.
    pub(super) fn closed(&mut self, request: RequestId) {
        self.open.remove(&request);
        self.waits.remove(&request);
    }

    /// Answers a request.
    pub(super) fn respond(&mut self, transaction: Option<ServerTransactionId>, response: Message, now: Instant) {
        if let Some(transaction) = transaction {
            self.endpoint.respond(transaction, response, now);
            self.absorb();
        }
    }

    /// Answers a request with nothing but a code.
    pub(super) fn respond_with(&mut self, transaction: Option<ServerTransactionId>, code: u16, now: Instant) {
        if let Some(transaction) = transaction {
            self.endpoint.respond_with(transaction, code, now);
            self.absorb();
        }
    }

    /// From now on REGISTERs say that we will keep this link alive (RFC 6223).
    pub(super) fn offer_keep(&mut self) {
        if let Some(id) = self.link_id() {
            self.endpoint.offer_keep(Flow(id.0));
        }
    }

    pub(super) fn ping(&mut self) {
        if let Some(id) = self.link_id() {
            self.endpoint.ping(Flow(id.0));
            self.absorb();
        }
    }

    /// Asks the server where it sees us, over a link of datagrams; repeating that is the caller's.
    pub(super) fn ask_binding(&mut self, id: Option<TransactionId>) -> TransactionId {
        let id = id.unwrap_or_else(|| {
            let mut id = [0; 12];
            id.iter_mut().zip(self.tokens.bytes()).for_each(|(to, from)| *to = from);
            TransactionId(id)
        });
        if let Some(link) = self.link_id() {
            self.endpoint.ask_binding(Flow(link.0), id);
            self.absorb();
        }
        id
    }

    /// Where requests to us are to go (RFC 3261 section 8.1.1.8): this end of this link, or what the network
    /// makes of it.
    pub(super) fn contact_uri(&self) -> String {
        let Some(peer) = self.peer() else { return self.settings.aor.to_string() };
        let transport = match peer.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        format!("sip:{}@{}{transport}", self.settings.aor.user(), self.reach.public.unwrap_or(peer.local))
    }

    /// The same without user: how a device is named where the server puts its own way to us in its
    /// place.
    pub(super) fn bare_contact_uri(&self) -> String {
        let Some(peer) = self.peer() else { return self.settings.aor.to_string() };
        format!("sip:{};transport={}", peer.local, peer.transport.word())
    }

    /// Contact of what makes a dialog (RFC 5627 section 4.4, RFC 5626 section 4.3); where devices have an
    /// `epid`, the one that asks the first server to put its own way to us in its place
    /// ([MS-SIP] 3.1.5.3).
    pub(super) fn dialog_contact(&self) -> String {
        if let Some(peer) = self.peer().filter(|_| self.traits.epid) {
            let (aor, port) = (&self.settings.aor, peer.local.port());
            let maddr = host_literal(peer.local.ip());
            return format!("<sip:{}:{port};maddr={maddr};transport={}>;proxy=replace", aor.short(), peer.transport.word());
        }
        if let Some(gruu) = &self.reach.gruu {
            return format!("<{gruu}>");
        }
        let ob = if self.reach.outbound { ";ob" } else { "" };
        format!("<{}{ob}>", self.contact_uri())
    }

    /// Names this device among ours, the same after every start: the `epid` of our From
    /// ([MS-SIP] 3.1.5.1). `None` where devices have none.
    pub(super) fn epid(&self) -> Option<String> {
        self.traits.epid.then(|| self.settings.instance.simple().to_string().chars().take(EPID_DIGITS).collect())
    }

    /// A share of `whole` milliseconds between two parts of a thousand, drawn anew each time.
    pub(super) fn share(&mut self, whole: Duration, least: u32, most: u32) -> Duration {
        let spread = u64::from(most.saturating_sub(least)).saturating_add(1);
        let part = least.saturating_add(u32::try_from(self.tokens.below(spread)).unwrap_or(0));
        whole.saturating_mul(part) / 1000
    }

    /// Our own From with a tag, the name others see, and the name of this device.
    fn own_from(&self, tag: &str) -> String {
        let Ok(uri) = Uri::parse(self.settings.aor.as_str()) else {
            return format!("<{}>;tag={tag}", self.settings.aor);
        };
        let epid = self.epid();
        let mut from = NameAddr::new(uri);
        from.display.clone_from(&self.settings.display_name);
        from.params.set("tag", Some(tag));
        if let Some(epid) = epid {
            from.params.set("epid", Some(&epid));
        }
        from.to_string()
    }

    /// The engine below; [`Ua::absorb`] is to follow.
    pub(super) fn endpoint(&mut self) -> &mut Endpoint {
        &mut self.endpoint
    }

    /// Moves what the endpoint produced into our queues, order kept.
    pub(super) fn absorb(&mut self) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                EndpointOutput::Transmit { flow, bytes } => {
                    self.traffic.sent(&bytes);
                    self.authenticated |= memchr::memmem::find(&bytes, b"uthorization: Digest").is_some();
                    self.outputs.push_back(Output::Transmit { link: LinkId(flow.0), bytes });
                }
                EndpointOutput::Close { flow } => self.outputs.push_back(Output::Close { link: LinkId(flow.0) }),
                EndpointOutput::Event(event) => {
                    self.traffic.received(&event);
                    self.inbox.push_back(event);
                }
            }
        }
    }
}

/// The names of one series of requests outside dialogs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leg {
    /// URI in To.
    pub(super) to: String,
    /// Tag in From.
    pub(super) tag: String,
    /// Call-ID.
    pub(super) call_id: String,
    /// CSeq used last.
    pub(super) cseq: u32,
}

impl Leg {
    /// Fresh names.
    pub(super) fn new(to: &str, tokens: &mut Tokens) -> Self {
        Self { to: to.to_owned(), tag: tokens.tag(), call_id: tokens.call_id(), cseq: 0 }
    }

    /// The next request of the series.
    pub(super) fn next(&mut self) -> &Self {
        self.cseq = self.cseq.saturating_add(1);
        self
    }

    /// Takes note of the number used last: answering a challenge raises it.
    pub(super) fn heard(&mut self, response: &Message) {
        if let Some(cseq) = response.cseq() {
            self.cseq = self.cseq.max(cseq.number);
        }
    }
}

/// An answer that makes a dialog: To with our tag (RFC 3261 section 12.1.1).
pub(super) fn tagged(mut response: Message, tag: &str) -> Message {
    if let Some(to) = response.header("To") {
        response.headers.set("To", format!("{to};tag={tag}"));
    }
    response
}

/// An address as it stands in a URI.
fn host_literal(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Hexadecimal digits of an `epid`; as many as in every capture of [MS-SIP].
const EPID_DIGITS: usize = 10;

fn endpoint_config(settings: &SipSettings, tokens: &mut Tokens) -> EndpointConfig {
    EndpointConfig {
        product: settings.product.clone(),
        tokens: Tokens::new(tokens.bytes()),
        side: Sender::Client,
        credentials: settings.credentials.clone(),
        schemes: settings.schemes,
        clock: settings.clock,
        limits: Limits::default(),
        refuse_md5: settings.refuse_md5,
        max_server_transactions: 4096,
    }
}
