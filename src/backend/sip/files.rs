//! What is agreed with others about files: who offers, who says yes, who connects to whom, and with which keys.
//! The octets themselves travel on a connection of their own, which is the program's business.
//!
//! ```text
//!   we send     offer ---> Offered --- their yes, with an address --------------> Running
//!                             |  \---- their yes ---> Opening --- our address --> Running
//!   we receive  offer ---> Offered --- our yes -----> Called ---- their address -> Running
//!                                \---- we listen ---> Opening --- our yes, address -> Running
//! ```
//!
//! Whoever sends says whether it can be connected to; if it cannot, the receiver listens. The receiver makes the
//! keys, whoever listens makes the number that its caller must give. Everything travels as messages of the type
//! [`invitation::MEDIA_TYPE`] between the two programs, in a session where there is one. Where there are no sessions, a
//! file has a call of its own: `calls`.

mod calls;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

pub(super) use self::calls::Errand;
use self::calls::{Calls, Offered};
use super::sessions::{refusal, same};
use super::ua::{FileCall, Invited, Ua};
use crate::backend::files::{Carriage, FileCommand, FileEnd, FileEvent, FilePlan, FileWay};
use crate::backend::{Event, Refused};
use crate::formats::invitation::{self, Accept, CancelCode, Cookie, Encryption, Invitation, Key, Offer};
use crate::model::{Address, Body, Fate, FileId, MessageRef};
use crate::sip::endpoint::{self, ServerTransactionId};
use crate::sip::message::Message;
use crate::transfer::address::{may_connect, told};
use crate::transfer::{Keys, Protection, Terms};

/// All files of an account that are not through.
#[derive(Debug, Default)]
pub(super) struct Files {
    deals: BTreeMap<FileId, Deal>,
    calls: Calls,
    /// Messages of ours whose fate is open, and what they are about.
    tags: BTreeMap<MessageRef, FileId>,
    letters: VecDeque<Letter>,
    /// The number of the last offer that came.
    came: u64,
    /// Messages written so far.
    written: u64,
}

/// A message to somebody's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// To whom.
    pub(super) to: Address,
    /// What.
    pub(super) body: Body,
    /// Comes back with its fate; see [`Files::owns`].
    pub(super) tag: MessageRef,
}

/// What stands between two people about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Deal {
    peer: Address,
    /// Names it in all messages about it.
    cookie: Cookie,
    octets: u64,
    secret: bool,
    /// Who sends cannot be connected to.
    unreachable: bool,
    /// The one for the cipher, and the one for the proof.
    keys: Option<(Key, Key)>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// One side has offered; the other has not answered.
    Offered { until: Instant },
    /// We said yes, and wait for their address.
    Called { until: Instant },
    /// We open a port, at which this number is to be given.
    Opening { until: Instant, number: Cookie },
    /// The octets are under way.
    Running,
}

impl Deal {
    fn plan(&self, receiver: &Address, number: Cookie, way: FileWay) -> FilePlan {
        let protection = self
            .keys
            .as_ref()
            .map_or(Protection::Plain, |(encryption, hash)| Protection::Secure(Keys::new(encryption.expose(), hash.expose())));
        let (user, auth_cookie) = (receiver.short().to_owned(), number.number());
        let carriage = Carriage::Messenger(Terms { user, auth_cookie, octets: self.octets, protection });
        FilePlan { carriage, way }
    }
}

impl Files {
    /// None yet; `before` = the number of the last one that came to an earlier core of the account.
    pub(super) fn new(before: u64) -> Self {
        Self { came: before, ..Self::default() }
    }

    /// Whether a message is one of ours, whose fate is to be told to [`Files::on_fate`].
    pub(super) const fn owns(tag: MessageRef) -> bool {
        tag.0 & OURS != 0
    }

    /// Carries out an order. One that cannot be is the end of its file. `letters`: what is said to the person goes
    /// within a session, so a file is offered there.
    pub(super) fn order(&mut self, order: FileCommand, connected: bool, letters: bool, ua: &mut Ua, now: Instant) {
        let begins = match &order {
            FileCommand::Offer { id, .. } | FileCommand::Accept(id) => Some(*id),
            _ => None,
        };
        let done = match order {
            _ if begins.is_some() && !connected => Err(Refused::Offline),
            FileCommand::Offer { .. } if self.count() >= MOST_DEALS => Err(Refused::Busy),
            FileCommand::Offer { id, to, name, octets, fingerprint } => {
                // The other side need not know where it lies here.
                let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                if letters {
                    self.offer(id, to, name, octets, ua, now);
                    Ok(())
                } else {
                    self.calls.offer(id, Offered { to, name, octets, fingerprint }, ua, now)
                }
            }
            FileCommand::Accept(id) if self.calls.has(id) => self.calls.accept(id, ua, now),
            FileCommand::Accept(id) => self.accept(id, ua, now),
            FileCommand::Listening { id, port, fingerprint } => {
                if self.calls.has(id) {
                    self.calls.listening(id, port, fingerprint, ua, now);
                } else {
                    self.listening(id, port, ua);
                }
                Ok(())
            }
            FileCommand::Cancel(id) => {
                self.calls.cancel(id, ua, now);
                self.cancel(id, ua);
                Ok(())
            }
            FileCommand::Done(id) => {
                self.calls.done(id, ua, now);
                self.deals.remove(&id);
                Ok(())
            }
        };
        if let (Err(why), Some(id)) = (done, begins) {
            self.deals.remove(&id);
            self.calls.fail(id, ua, now);
            end(id, FileEnd::Failed(why.to_string()), ua);
        }
    }

    /// Files that are not through.
    fn count(&self) -> usize {
        self.deals.len() + self.calls.len()
    }

    fn offer(&mut self, id: FileId, to: Address, name: String, octets: u64, ua: &mut Ua, now: Instant) {
        let cookie = number(ua);
        let unreachable = is_hidden(ua);
        let (encryption, connectivity) = (Encryption::Required, !unreachable);
        let offer = Offer { cookie: Some(cookie), name, octets: Some(octets), connectivity, encryption };
        self.write(id, &to, &Invitation::Offer(offer));
        let stage = Stage::Offered { until: now + PATIENCE };
        self.deals.insert(id, Deal { peer: to, cookie, octets, secret: true, unreachable, keys: None, stage });
    }

    fn accept(&mut self, id: FileId, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        let waits = |deal: &&mut Deal| !id.is_sent() && matches!(deal.stage, Stage::Offered { .. });
        let Some(deal) = self.deals.get_mut(&id).filter(waits) else {
            return Err(Refused::Unknown("that file is not offered any more".to_owned()));
        };
        let Some(local) = ua.peer().map(|peer| peer.local.ip()) else { return Err(Refused::Offline) };
        deal.keys = deal.secret.then(|| (key(ua), key(ua)));
        let (peer, cookie, until) = (deal.peer.clone(), deal.cookie, now + HURRY);
        if deal.unreachable {
            let number = number(ua);
            deal.stage = Stage::Opening { until, number };
            let plan = deal.plan(&ua.settings.aor, number, FileWay::Listen(local));
            ua.emit(Event::File(FileEvent::Agreed { id, plan }));
        } else {
            deal.stage = Stage::Called { until };
            let yes = Accept::taken(cookie, deal.keys.clone());
            self.write(id, &peer, &Invitation::Accept(yes));
        }
        Ok(())
    }

    /// A port of ours is open for a file.
    fn listening(&mut self, id: FileId, port: u16, ua: &mut Ua) {
        let Some(deal) = self.deals.get_mut(&id) else { return };
        let Stage::Opening { number, .. } = deal.stage else { return };
        let Some(place) = ua.peer().and_then(|peer| told(peer.local.ip())) else {
            return self.fail(id, "this machine has no address that others could connect to", ua);
        };
        deal.stage = Stage::Running;
        let (peer, cookie) = (deal.peer.clone(), deal.cookie);
        let yes = if id.is_sent() {
            Accept { request_data: false, ..Accept::taken(cookie, None) }
        } else {
            Accept::taken(cookie, deal.keys.clone()).sender_connects()
        };
        self.write(id, &peer, &Invitation::Accept(yes.listening(place, port, number)));
    }

    /// The user does not want it, or not any more.
    fn cancel(&mut self, id: FileId, ua: &mut Ua) {
        let Some(deal) = self.deals.remove(&id) else { return };
        let declines = !id.is_sent() && matches!(deal.stage, Stage::Offered { .. });
        let code = if declines { CancelCode::Reject } else { CancelCode::Timeout };
        self.write(id, &deal.peer, &Invitation::Cancel { cookie: deal.cookie, code });
        end(id, FileEnd::Withdrawn, ua);
    }

    /// An invitation came, and was answered as a message.
    pub(super) fn came(&mut self, came: Invited, ua: &mut Ua, now: Instant) {
        let Invited { from, what, program } = came;
        let from = &from;
        match what {
            Invitation::Offer(offer) => self.offered(from, offer, cannot_listen(&program), ua, now),
            Invitation::Accept(yes) => {
                if let Some(id) = self.find(from, yes.cookie) {
                    self.accepted(id, &yes, ua, now);
                }
            }
            Invitation::Cancel { cookie, code } => {
                let Some(id) = self.find(from, cookie) else { return };
                let open = self.deals.remove(&id).is_some_and(|deal| matches!(deal.stage, Stage::Offered { .. }));
                let why = match code {
                    CancelCode::Reject if id.is_sent() && open => FileEnd::Declined,
                    CancelCode::NotInstalled => FileEnd::Failed("their program takes no files".to_owned()),
                    CancelCode::TransferTimeout => FileEnd::TimedOut,
                    _ => FileEnd::Cancelled,
                };
                end(id, why, ua);
            }
            Invitation::Other(other) => {
                if let Some(no) = invitation::refusal(&other) {
                    self.letter(from, &no);
                }
            }
        }
    }

    fn offered(&mut self, from: &Address, offer: Offer, deaf: bool, ua: &mut Ua, now: Instant) {
        // Without a number nobody can answer it.
        let Some(cookie) = offer.cookie.filter(|cookie| self.find(from, *cookie).is_none()) else { return };
        let Some(octets) = offer.octets.filter(|_| self.has_room_for(from)) else {
            ua.fault(if offer.octets.is_none() { "file-size" } else { "file-flood" });
            self.letter(from, &Invitation::Cancel { cookie, code: CancelCode::Reject });
            return;
        };
        self.came = self.came.saturating_add(1);
        let id = FileId::Received(self.came);
        let secret = offer.encryption != Encryption::None;
        let deal = Deal {
            peer: from.clone(),
            cookie,
            octets,
            secret,
            unreachable: !offer.connectivity || deaf,
            keys: None,
            stage: Stage::Offered { until: now + PATIENCE },
        };
        self.deals.insert(id, deal);
        ua.emit(Event::File(FileEvent::Offered { id, from: from.clone(), name: offer.name, octets, secret }));
    }

    /// Whether somebody may offer one more.
    fn has_room_for(&self, from: &Address) -> bool {
        let theirs = self.deals.iter().filter(|(id, deal)| !id.is_sent() && same(&deal.peer, from)).count();
        theirs + self.calls.of(from) < MOST_OF_ONE && self.count() < MOST_DEALS
    }

    /// Somebody calls to offer one.
    pub(super) fn called(&mut self, came: FileCall, ua: &mut Ua, now: Instant) {
        if !self.has_room_for(&came.from) {
            ua.fault("file-flood");
            // Not 486: nobody asked not to be disturbed.
            return refusal(came.transaction, &came.request, 500, "399 chinwag \"too many files at once\"", ua, now);
        }
        let next = self.came.saturating_add(1);
        if self.calls.asked(FileId::Received(next), came, ua, now) {
            self.came = next;
        }
    }

    /// Takes a request within a call about a file; `false` if it is none.
    pub(super) fn on_request(
        &mut self,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        ua: &mut Ua,
        now: Instant,
    ) -> bool {
        self.calls.on_request(transaction, request, ua, now)
    }

    /// A call that nobody decided about was given up.
    pub(super) fn on_cancelled(&mut self, transaction: ServerTransactionId, ua: &mut Ua, now: Instant) {
        // It may have come together with its INVITE, of which nobody was told yet.
        if let Some(at) = ua.file_calls.iter().position(|came| came.transaction == Some(transaction)) {
            ua.file_calls.remove(at);
            return ua.respond_with(Some(transaction), 487, now);
        }
        self.calls.on_cancelled(transaction, ua, now);
    }

    /// Takes a final answer within a call about a file.
    pub(super) fn on_response(&mut self, id: FileId, errand: Errand, response: &Message, ua: &mut Ua, now: Instant) {
        if let Some(Offered { to, name, octets, .. }) = self.calls.on_response(id, errand, response, ua, now) {
            self.offer(id, to, name, octets, ua, now);
        }
    }

    /// No answer within a call about a file will come.
    pub(super) fn on_failure(&mut self, id: FileId, errand: Errand, why: endpoint::Failure, ua: &mut Ua) {
        self.calls.on_failure(id, errand, why, ua);
    }

    /// They say yes, or where they are.
    fn accepted(&mut self, id: FileId, yes: &Accept, ua: &mut Ua, now: Instant) {
        let Some(deal) = self.deals.get_mut(&id) else { return };
        let Some(local) = ua.peer().map(|peer| peer.local.ip()) else { return };
        let receiver = if id.is_sent() { deal.peer.clone() } else { ua.settings.aor.clone() };
        match deal.stage {
            Stage::Offered { .. } if id.is_sent() => {
                deal.keys = yes.keys().map(|(encryption, hash)| (encryption.clone(), hash.clone()));
            }
            Stage::Called { .. } => {}
            // An answer to nothing, or the second one.
            _ => return,
        }
        if deal.secret && deal.keys.is_none() {
            return self.fail(id, "their program would send it unencrypted", ua);
        }
        let they_listen = !id.is_sent() || yes.sender_connect;
        let place = yes.place().map(|(ip, port, number)| (SocketAddr::new(ip, port), number));
        match place.filter(|(place, _)| may_call(*place, local)) {
            Some((place, number)) if they_listen => {
                deal.stage = Stage::Running;
                let plan = deal.plan(&receiver, number, FileWay::Dial(place));
                ua.emit(Event::File(FileEvent::Agreed { id, plan }));
            }
            None if they_listen => self.fail(id, "their program names no place that may be connected to", ua),
            _ => {
                let number = number(ua);
                deal.stage = Stage::Opening { until: now + HURRY, number };
                let plan = deal.plan(&receiver, number, FileWay::Listen(local));
                ua.emit(Event::File(FileEvent::Agreed { id, plan }));
            }
        }
    }

    /// What became of a message of ours.
    pub(super) fn on_fate(&mut self, tag: MessageRef, fate: &Fate, ua: &mut Ua) {
        let why = match fate {
            Fate::Sent => return,
            Fate::Queued => LOST,
            Fate::Failed { why } => why,
            // Kept for later it is of no use: nobody will wait for the answer then.
            Fate::Stored => "they are not signed in",
            // It may have come; the answer tells.
            Fate::Delivered | Fate::Unconfirmed { .. } => {
                self.tags.remove(&tag);
                return;
            }
        };
        let Some(id) = self.tags.remove(&tag) else { return };
        if self.deals.get(&id).is_some_and(|deal| deal.stage != Stage::Running) {
            self.deals.remove(&id);
            end(id, FileEnd::Failed(why.to_owned()), ua);
        }
    }

    /// A message that is to be sent.
    pub(super) fn next_letter(&mut self) -> Option<Letter> {
        self.letters.pop_front()
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        self.calls.handle_timeout(ua, now);
        let over: Vec<FileId> =
            self.deals.iter().filter(|(_, deal)| due(deal).is_some_and(|at| at <= now)).map(|(id, _)| *id).collect();
        for id in over {
            let Some(deal) = self.deals.remove(&id) else { continue };
            self.write(id, &deal.peer, &Invitation::Cancel { cookie: deal.cookie, code: CancelCode::Timeout });
            end(id, FileEnd::TimedOut, ua);
        }
    }

    /// Whether there are calls that would be cut off if the link were changed.
    pub(super) fn is_engaged(&self) -> bool {
        self.calls.len() > 0
    }

    /// When [`Files::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.deals.values().filter_map(due).chain(self.calls.next_timeout()).min()
    }

    /// We sign out: nobody is to wait for us. What is under way is the program's to end.
    pub(super) fn leave(&mut self, ua: &mut Ua, now: Instant) {
        self.calls.leave(&FileEnd::Withdrawn, ua, now);
        let open: Vec<FileId> = self.deals.iter().filter(|(_, deal)| deal.stage != Stage::Running).map(|(id, _)| *id).collect();
        for id in open {
            self.cancel(id, ua);
        }
    }

    /// The link is left for another, and calls cannot move: those that nobody answered end, so that nobody waits.
    pub(super) fn move_over(&mut self, ua: &mut Ua, now: Instant) {
        self.calls.leave(&FileEnd::Failed(MOVED.to_owned()), ua, now);
    }

    /// The link is gone. What is under way goes on without it.
    pub(super) fn reset(&mut self, ua: &mut Ua) {
        self.calls.reset(ua);
        self.letters.clear();
        self.tags.clear();
        for (id, deal) in std::mem::take(&mut self.deals) {
            if deal.stage == Stage::Running {
                self.deals.insert(id, deal);
            } else {
                end(id, FileEnd::Failed(LOST.to_owned()), ua);
            }
        }
    }

    fn fail(&mut self, id: FileId, why: &str, ua: &mut Ua) {
        let Some(deal) = self.deals.remove(&id) else { return };
        self.write(id, &deal.peer, &Invitation::Cancel { cookie: deal.cookie, code: CancelCode::TransferTimeout });
        end(id, FileEnd::Failed(why.to_owned()), ua);
    }

    fn find(&self, from: &Address, cookie: Cookie) -> Option<FileId> {
        self.deals.iter().find(|(_, deal)| deal.cookie == cookie && same(&deal.peer, from)).map(|(id, _)| *id)
    }

    fn write(&mut self, id: FileId, to: &Address, what: &Invitation) {
        let tag = self.letter(to, what);
        self.tags.insert(tag, id);
    }

    fn letter(&mut self, to: &Address, what: &Invitation) -> MessageRef {
        let tag = MessageRef(OURS | self.written);
        self.written = (self.written + 1) & !OURS;
        let body = Body { text: invitation::write(what), content_type: invitation::CONTENT_TYPE.to_owned(), ..Body::plain("") };
        self.letters.push_back(Letter { to: to.clone(), body, tag });
        tag
    }
}

fn end(id: FileId, why: FileEnd, ua: &mut Ua) {
    ua.emit(Event::File(FileEvent::Ended { id, why }));
}

const fn due(deal: &Deal) -> Option<Instant> {
    match deal.stage {
        Stage::Offered { until } | Stage::Called { until } | Stage::Opening { until, .. } => Some(until),
        Stage::Running => None,
    }
}

/// Whether something between the server and us changes our address: then nobody can connect to the one we know.
fn is_hidden(ua: &Ua) -> bool {
    let local = ua.peer().map(|peer| peer.local.ip());
    ua.reach.seen().is_some_and(|seen| Some(seen.ip()) != local)
}

/// Whether somebody's program is known to hang where it listens for the receiver of a file (pidgin-sipe 1.25 reads
/// from a blocking socket then). We listen instead, which it takes.
fn cannot_listen(program: &str) -> bool {
    program.contains("Sipe/")
}

/// Whether a place that somebody names may be connected to: no port of the system's own services either.
fn may_call(place: SocketAddr, local: IpAddr) -> bool {
    may_connect(place.ip(), local) && place.port() >= LOWEST_PORT
}

fn number(ua: &mut Ua) -> Cookie {
    let [one, two, three, four, ..] = ua.tokens.bytes();
    Cookie::from_random([one, two, three, four])
}

fn key(ua: &mut Ua) -> Key {
    let mut key = [0; Key::OCTETS];
    key.iter_mut().zip(ua.tokens.bytes()).for_each(|(to, from)| *to = from);
    Key::new(key)
}

/// Marks messages of ours among those of the user.
const OURS: u64 = 1 << 62;
/// Files of an account at once, and offers of one person.
const MOST_DEALS: usize = 64;
const MOST_OF_ONE: usize = 8;
/// Longest wait for somebody's decision.
const PATIENCE: Duration = Duration::from_mins(10);
/// Longest wait for an answer of a program.
const HURRY: Duration = Duration::from_mins(1);
const LOWEST_PORT: u16 = 1024;
const LOST: &str = "the connection to the server was lost";
const MOVED: &str = "the connection moved to another server meanwhile";
