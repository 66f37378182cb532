//! The door of the server: what links bring goes to usages, what usages want goes to links.
//!
//! Every entry works the same way: the endpoint takes the input, each of its events runs through
//! the checks below to a usage, and what became due is done; nothing waits for a second call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::accounts::{Account, AccountFault, Accounts, Handling};
use super::auth::Authenticator;
use super::config::ServerConfig;
use super::features::Feature;
use super::kerberos::Kerberos;
use super::ntlm::{self, Ntlm};
use super::oddities::Oddities;
use super::passing;
use super::personas::Cast;
use super::pledges::Pledges;
use super::publications::Publications;
use super::registrar::Registrar;
use super::relay::Relays;
use super::sessions::Sessions;
use super::silence::Silence;
use super::snapshot::Record;
use super::store::Store;
use super::strangers::Strangers;
use super::subscriptions::{SubscriptionId, Subscriptions};
use super::talks::{TalkId, Talks};
use super::xcap::{Sorted, Xcap};
use crate::formats::winfo::Cause;
use crate::model::{Address, Roster, Stamp};
use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Clock, Doubt, Proof, Rejected, Scheme, Schemes, TicketTaker};
use crate::sip::endpoint::{
    Endpoint, EndpointConfig, EndpointEvent, EndpointOutput, Failure, Flow, FlowInfo, RequestId, ServerTransactionId,
};
use crate::sip::fault::Malformed;
use crate::sip::framing::Limits;
use crate::sip::message::{Message, Method};
use crate::sip::tokens::Tokens;

/// What the server wants done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerOutput {
    /// Send these bytes (for datagrams: exactly one).
    Transmit {
        /// On this link.
        flow: Flow,
        /// The bytes.
        bytes: Bytes,
    },
    /// Close the link after what was sent on it.
    Close {
        /// Which.
        flow: Flow,
    },
    /// Something worth a line in the log.
    Log(ServerLog),
}

/// Something worth a line in the log. Never holds what people wrote, nor a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerLog {
    /// A device of a user is there.
    SignedIn {
        /// Whose.
        who: Address,
        /// By which link.
        flow: Flow,
    },
    /// A device of a user went.
    SignedOut {
        /// Whose.
        who: Address,
        /// By which link it had come.
        flow: Flow,
    },
    /// Credentials were wrong.
    WrongCredentials {
        /// Where they came from.
        flow: Flow,
    },
    /// A handshake of NTLM or Kerberos came to nothing; the client may begin anew.
    HandshakeRejected {
        /// Where it came from.
        flow: Flow,
        /// Why.
        why: Rejected,
    },
    /// A message was passed on, kept or refused.
    Message {
        /// Who wrote it.
        from: Address,
        /// For whom.
        to: Address,
        /// What became of it.
        fate: MessageFate,
    },
    /// A message was not signed as it should be.
    Doubted {
        /// Which link.
        flow: Flow,
        /// Why it is not believed.
        doubt: Doubt,
    },
    /// A client sent what cannot be stood.
    Fault {
        /// Which link.
        flow: Flow,
        /// What.
        fault: Malformed,
    },
    /// A link was turned away: there are too many, and users have them all.
    TooManyFlows {
        /// Which.
        flow: Flow,
    },
    /// A link that had not said whose it is gave way to a new one.
    Displaced {
        /// Which.
        flow: Flow,
    },
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageFate {
    /// A device took it.
    Delivered,
    /// It waits for the recipient.
    Kept,
    /// A device refused it.
    Refused,
    /// The recipient is away and it could not be kept.
    Away,
    /// No device answered.
    Unknown,
}

/// A request that came, with the ways to answer it.
#[derive(Debug)]
pub(in crate::demo) struct Incoming {
    pub transaction: ServerTransactionId,
    pub flow: Flow,
    pub request: Box<Message>,
    /// What vouches for it.
    pub proof: Proof,
}

/// Why the server sent a request of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) enum Purpose {
    /// A message that had waited for this user.
    Waiting(Address),
    /// A notification of this subscription.
    Notify(SubscriptionId),
    /// The last notification of a subscription that is gone already.
    LastNotify,
    /// Something a persona does in a session.
    Talk(TalkId),
}

/// The embedded server. See the module's words.
#[derive(Debug)]
pub struct Server {
    pub(in crate::demo) config: ServerConfig,
    pub(in crate::demo) endpoint: Endpoint,
    pub(in crate::demo) authenticator: Authenticator,
    /// NTLM, where it is on.
    pub(in crate::demo) ntlm: Ntlm,
    /// Kerberos, where it is on and there is a key for it.
    pub(in crate::demo) kerberos: Option<Kerberos>,
    pub(in crate::demo) accounts: Accounts,
    /// Kept of users who are not known (any more).
    pub(in crate::demo) unknown: BTreeMap<String, Record>,
    pub(in crate::demo) registrar: Registrar,
    pub(in crate::demo) publications: Publications,
    pub(in crate::demo) pledges: Pledges,
    pub(in crate::demo) subscriptions: Subscriptions,
    pub(in crate::demo) cast: Cast,
    pub(in crate::demo) relays: Relays,
    pub(in crate::demo) sessions: Sessions,
    pub(in crate::demo) talks: Talks,
    pub(in crate::demo) store: Store,
    pub(in crate::demo) xcap: Xcap,
    pub(in crate::demo) delivering: BTreeSet<Address>,
    /// How many of somebody's waiting messages were not taken in this round.
    pub(in crate::demo) passed_over: BTreeMap<Address, usize>,
    pub(in crate::demo) purposes: BTreeMap<RequestId, Purpose>,
    pub(in crate::demo) cseq: u32,
    /// The latest moment heard of.
    pub(in crate::demo) clock: Instant,
    /// Counts the changes to what is kept of users.
    changes: u64,
    flows: BTreeSet<Flow>,
    /// Links whose user is not known yet, and when they are sent away.
    pub(in crate::demo) strangers: Strangers,
    /// Links that promised to keep alive.
    pub(in crate::demo) silence: Silence,
    outputs: VecDeque<ServerOutput>,
}

impl Server {
    /// A server that nobody is connected to.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        let mut tokens = Tokens::new(config.seed);
        let own = Tokens::new(tokens.bytes());
        let chance = Tokens::new(tokens.bytes());
        let authenticator = Authenticator::new(
            &config.domain,
            config.offer_md5,
            own,
            config.started.0,
            config.limits.nonce_lifetime,
            config.limits.nonces,
        );
        let (at, stamp) = config.started;
        let clock = u64::try_from(stamp.as_millis()).ok().map(|showed| Clock::new(at, Duration::from_millis(showed)));
        let ntlm = Ntlm::new(&config, Tokens::new(tokens.bytes()), clock);
        let mut accounts = Accounts::default();
        for user in &config.users {
            if let Ok(address) = Address::complete(&user.name, Some(&config.domain)) {
                accounts.insert(address, Account::new(&user.display, Some(user.secret.clone())));
            }
        }
        let signs = config.features.has(Feature::Ntlm) || config.features.has(Feature::Kerberos);
        let mut endpoint = Endpoint::new(EndpointConfig {
            product: concat!("chinwag/", env!("CARGO_PKG_VERSION")).to_owned(),
            tokens,
            side: Sender::Server,
            credentials: None,
            schemes: if signs { Schemes::ANY } else { Schemes::only(Scheme::Digest) },
            clock,
            limits: Limits { body: 256 * 1024, ..Limits::default() },
            refuse_md5: false,
            max_server_transactions: 256,
        });
        endpoint.let_under_way(config.limits.under_way());
        let cast = if config.personas { Cast::new(&config.domain, chance) } else { Cast::empty() };
        let start = config.started.0;
        let mut server = Self {
            clock: start,
            config,
            endpoint,
            authenticator,
            ntlm,
            kerberos: None,
            accounts,
            unknown: BTreeMap::new(),
            registrar: Registrar::default(),
            publications: Publications::default(),
            pledges: Pledges::default(),
            subscriptions: Subscriptions::default(),
            cast,
            relays: Relays::default(),
            sessions: Sessions::default(),
            talks: Talks::default(),
            store: Store::default(),
            xcap: Xcap::default(),
            delivering: BTreeSet::new(),
            passed_over: BTreeMap::new(),
            purposes: BTreeMap::new(),
            cseq: 0,
            changes: 0,
            flows: BTreeSet::new(),
            strangers: Strangers::default(),
            silence: Silence::default(),
            outputs: VecDeque::new(),
        };
        if server.config.personas {
            server.move_in(start);
        }
        server
    }

    /// Lets users in with tickets of Kerberos too, where that is not switched off.
    pub fn take_tickets(&mut self, taker: Box<dyn TicketTaker>) {
        if self.config.features.has(Feature::Kerberos) {
            let (version, tokens) = (self.config.ntlm.version, Tokens::new(self.endpoint.tokens().bytes()));
            self.kerberos = Some(Kerberos::new(&self.config.domain, version, taker, tokens));
        }
    }

    /// Whether whoever connects must show who they are.
    pub(in crate::demo) fn authenticates(&self) -> bool {
        self.config.features.authenticate() || self.kerberos.is_some()
    }

    /// A link came up. With too many open, the one goes that has been there longest without saying
    /// whose it is, else one without a device; if all have one, the new one is closed at once.
    pub fn flow_up(&mut self, flow: Flow, info: FlowInfo, now: Instant) {
        if self.flows.len() >= self.config.limits.flows && !self.make_room(now) {
            self.outputs.push_back(ServerOutput::Log(ServerLog::TooManyFlows { flow }));
            self.outputs.push_back(ServerOutput::Close { flow });
            return;
        }
        self.flows.insert(flow);
        if info.reliable {
            let until = self.authenticates().then(|| now + self.config.limits.introduction);
            self.strangers.came(flow, now, until);
            self.xcap.up(flow);
        }
        self.endpoint.flow_up(flow, info);
        self.pump(now);
    }

    /// Gives up the oldest link without a user, else one by which no device is reached: who has a password
    /// must not keep everybody else out with it. `false` if there is none.
    fn make_room(&mut self, now: Instant) -> bool {
        let idle = || {
            let reached = self.registrar.flows();
            self.flows.iter().find(|flow| !reached.contains(flow)).copied()
        };
        let Some(flow) = self.strangers.oldest().or_else(idle) else { return false };
        self.log(ServerLog::Displaced { flow });
        self.close_flow(flow);
        self.flow_down(flow, now);
        true
    }

    /// Whether a device may be sent another user's request now, or has enough to answer.
    pub(in crate::demo) fn has_room(&self, flow: Flow, request: &Message) -> bool {
        let size = request.head_len() + request.body.len();
        self.endpoint.unanswered(flow) + size <= self.config.limits.unanswered
    }

    /// How many links may be open at a time.
    #[must_use]
    pub const fn most_flows(&self) -> usize {
        self.config.limits.flows
    }

    /// A link is gone, and with it the devices that came by it.
    pub fn flow_down(&mut self, flow: Flow, now: Instant) {
        if !self.flows.remove(&flow) {
            return;
        }
        for (who, _) in self.registrar.flow_down(flow) {
            self.audience_changed(&who, now);
            self.log(ServerLog::SignedOut { who, flow });
        }
        self.publications.flow_down(flow, now + self.config.limits.publication_grace);
        for id in self.subscriptions.on_flow(flow) {
            self.forget_subscription(id, Cause::Timeout);
        }
        self.strangers.known(flow);
        self.silence.gone(flow);
        self.vouch_no_more(flow);
        self.xcap.down(flow);
        self.sessions_down(flow, now);
        self.talks_down(flow);
        self.endpoint.flow_down(flow);
        self.pump(now);
    }

    /// Bytes came (for datagrams: exactly one). Never fails.
    pub fn handle_bytes(&mut self, flow: Flow, data: &[u8], now: Instant) {
        if !self.flows.contains(&flow) {
            return;
        }
        self.silence.heard(flow, now);
        match self.xcap.sort(flow, data) {
            Sorted::Sip(data) => self.endpoint.handle_bytes(flow, &data, now),
            Sorted::Http(data) => self.on_http(flow, &data, now),
            Sorted::Wait => {}
        }
        self.pump(now);
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        while let Some(flow) = self.strangers.overdue(now).or_else(|| self.silence.overdue(now)) {
            self.endpoint.close(flow);
        }
        self.sessions_due(now);
        self.talks_due(now);
        self.expire_bindings(now);
        self.collect_pledges(now);
        for who in self.publications.expire(now) {
            self.presence_changed(&who);
        }
        self.pump(now);
    }

    /// When [`Server::handle_timeout`] is wanted next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        [
            self.endpoint.next_timeout(),
            self.strangers.next_timeout(),
            self.silence.next_timeout(),
            self.registrar.next_timeout(),
            self.publications.next_timeout(),
            self.pledges.next_timeout(),
            self.cast.next_timeout(),
            self.sessions.next_timeout(),
            self.talks.next_timeout(self.config.limits.talk_idle),
            self.subscriptions.next_timeout(self.config.limits.notify_interval, self.clock),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<ServerOutput> {
        self.outputs.pop_front()
    }

    /// What goes wrong on purpose, to be changed while the server runs.
    pub const fn oddities(&mut self) -> &mut Oddities {
        &mut self.config.oddities
    }

    /// What is kept for a user: roster, decisions on watchers, name.
    #[must_use]
    pub fn account(&self, who: &Address) -> Option<&Account> {
        self.accounts.of(who)
    }

    /// Replaces a user's contacts and groups; who watches the list, or may now see the user, is told.
    ///
    /// # Errors
    /// [`AccountFault`]: nothing has changed then.
    pub fn set_roster(&mut self, who: &Address, roster: Roster, now: Instant) -> Result<(), AccountFault> {
        let account = self.accounts.of_mut(who).ok_or(AccountFault::NoSuchUser)?;
        account.set_roster(roster, &self.config.limits)?;
        self.account_changed();
        self.roster_changed(who);
        self.pump(now);
        Ok(())
    }

    /// Records a user's decision on a watcher, or forgets it; who sees something else now is told.
    ///
    /// # Errors
    /// [`AccountFault`]: nothing has changed then.
    pub fn decide(&mut self, user: &Address, who: Address, handling: Option<Handling>, now: Instant) -> Result<(), AccountFault> {
        let account = self.accounts.of_mut(user).ok_or(AccountFault::NoSuchUser)?;
        account.decide(who, handling, &self.config.limits)?;
        self.account_changed();
        self.access_changed(user);
        self.personas_let_in(user, now);
        self.pump(now);
        Ok(())
    }

    /// Replaces all of a user's decisions on watchers; who sees something else now is told.
    ///
    /// # Errors
    /// [`AccountFault`]: nothing has changed then.
    pub fn set_decisions(
        &mut self,
        user: &Address,
        decisions: BTreeMap<Address, Handling>,
        now: Instant,
    ) -> Result<(), AccountFault> {
        let account = self.accounts.of_mut(user).ok_or(AccountFault::NoSuchUser)?;
        account.set_decisions(decisions, &self.config.limits)?;
        self.account_changed();
        self.access_changed(user);
        self.personas_let_in(user, now);
        self.pump(now);
        Ok(())
    }

    /// Counts the changes to what is kept of users: what was saved at another number is old.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Something of what is kept of a user is different now.
    pub(in crate::demo) const fn account_changed(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    /// Handles everything the endpoint has to say and sends what is due, until all are silent.
    pub(in crate::demo) fn pump(&mut self, now: Instant) {
        self.clock = self.clock.max(now);
        self.drain(now);
        while self.play(now) | self.settle(now) {
            self.drain(now);
        }
    }

    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                EndpointOutput::Transmit { flow, bytes } => {
                    let bytes = if self.config.oddities.signing.folded { ntlm::folded(bytes) } else { bytes };
                    self.outputs.push_back(ServerOutput::Transmit { flow, bytes });
                }
                EndpointOutput::Close { flow } => self.outputs.push_back(ServerOutput::Close { flow }),
                EndpointOutput::Event(event) => self.on_event(event, now),
            }
        }
    }

    fn on_event(&mut self, event: EndpointEvent, now: Instant) {
        match event {
            EndpointEvent::Request { transaction: Some(transaction), flow, mut request, proof } => {
                let hop = self.first_hop(flow, &mut request);
                let incoming = Incoming { transaction, flow, request, proof };
                match hop {
                    Ok(()) => self.on_request(incoming, now),
                    Err(_) => self.reply_code(&incoming, 400, now),
                }
            }
            EndpointEvent::Response { request, response } => self.on_response(request, response, now),
            EndpointEvent::Failed { request, why } => self.on_failure(request, why, now),
            EndpointEvent::Fault { flow, fault, .. } => self.log(ServerLog::Fault { flow, fault }),
            EndpointEvent::Ack { flow, request } => self.on_ack(flow, *request),
            EndpointEvent::Cancelled { transaction } => self.on_cancelled(transaction, now),
            EndpointEvent::Doubted { flow, doubt } => self.log(ServerLog::Doubted { flow, doubt }),
            EndpointEvent::Request { transaction: None, .. }
            | EndpointEvent::Associated { .. }
            | EndpointEvent::AssociationLost { .. }
            | EndpointEvent::TicketWanted { .. }
            | EndpointEvent::ServerTime { .. }
            | EndpointEvent::Stun { .. }
            | EndpointEvent::Alive { .. } => {}
        }
    }

    fn on_request(&mut self, incoming: Incoming, now: Instant) {
        // What one user may send and another cannot take would cost the other the connection.
        if !passing::fits(&incoming.request) {
            return self.reply_code(&incoming, 513, now);
        }
        if let Some(refusal) = self.objection(&incoming.request) {
            return self.reply(incoming.transaction, refusal, now);
        }
        let method = incoming.request.method().cloned().unwrap_or(Method::Options);
        match method {
            Method::Options if !Self::is_in_dialog(&incoming.request) => return self.on_options(&incoming, now),
            _ => {}
        }
        let Some(who) = self.identify(&incoming, now) else { return };
        self.strangers.known(incoming.flow);
        match method {
            Method::Register => self.on_register(&incoming, &who, now),
            Method::Invite | Method::Message if Self::is_in_dialog(&incoming.request) => self.on_in_dialog(incoming, &who, now),
            Method::Invite => self.on_invite(incoming, &who, now),
            Method::Message => self.on_message(incoming, &who, now),
            Method::Publish => self.on_publish(&incoming, &who, now),
            Method::Subscribe => self.on_subscribe(&incoming, &who, now),
            Method::Bye | Method::Info | Method::Refer | Method::Notify | Method::Update | Method::Options => {
                self.on_in_dialog(incoming, &who, now);
            }
            Method::Service => self.on_service(&incoming, &who, now),
            _ => self.reply_code(&incoming, 405, now),
        }
    }

    fn on_response(&mut self, request: RequestId, response: Box<Message>, now: Instant) {
        let code = response.status().unwrap_or(500);
        if let Some(purpose) = self.purposes.get(&request).cloned() {
            if code >= 200 {
                self.purposes.remove(&request);
                self.on_own_request(&purpose, Ok(&response), now);
            }
        } else if !self.on_session_response(request, &response, now)
            && let Some(outcome) = self.relays.on_response(request, response)
        {
            self.on_relay(outcome, now);
        }
    }

    fn on_failure(&mut self, request: RequestId, why: Failure, now: Instant) {
        if let Some(purpose) = self.purposes.remove(&request) {
            self.on_own_request(&purpose, Err(why), now);
        } else if !self.on_session_failure(request, why, now)
            && let Some(outcome) = self.relays.on_failure(request, why)
        {
            self.on_relay(outcome, now);
        }
    }

    fn on_own_request(&mut self, purpose: &Purpose, result: Result<&Message, Failure>, now: Instant) {
        match purpose {
            Purpose::Waiting(to) => self.on_waiting(to, result.map(|r| r.status().unwrap_or(500)), now),
            Purpose::Notify(id) => self.on_notified(*id, result.ok()),
            Purpose::LastNotify => {}
            Purpose::Talk(id) => self.on_talk_answer(*id, result, now),
        }
    }

    pub(in crate::demo) fn reply(&mut self, transaction: ServerTransactionId, response: Message, now: Instant) {
        self.endpoint.respond(transaction, response, now);
    }

    pub(in crate::demo) fn reply_code(&mut self, incoming: &Incoming, code: u16, now: Instant) {
        // From the request as the first hop left it, not as the endpoint knows it.
        self.reply(incoming.transaction, Message::response_to(&incoming.request, code), now);
    }

    pub(in crate::demo) fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        self.outputs.push_back(ServerOutput::Transmit { flow, bytes });
    }

    pub(in crate::demo) fn close_flow(&mut self, flow: Flow) {
        self.outputs.push_back(ServerOutput::Close { flow });
    }

    pub(in crate::demo) fn log(&mut self, entry: ServerLog) {
        self.outputs.push_back(ServerOutput::Log(entry));
    }

    /// The time on the wall at a moment of the monotonic clock.
    pub(in crate::demo) fn stamp(&self, now: Instant) -> Stamp {
        let (at, stamp) = self.config.started;
        let since = i64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(i64::MAX);
        Stamp::from_millis(stamp.as_millis().saturating_add(since))
    }
}
