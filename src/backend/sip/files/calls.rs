//! Files that are offered in a call of their own (RFC 5547): the INVITE says which file it is, its answer to where it
//! goes by MSRP. So it is done with people whose texts travel one by one; those with whom there are sessions are
//! offered files within them.
//!
//! ```text
//!   we send     INVITE ---> Inviting --- 2xx: where they listen ----------> Running --- through: BYE
//!                              \ 405 415 488 501 606: offered in the other way
//!   we receive  INVITE ---> Asked ---- our yes ---> Opening -- our port: 200 --> Running
//!                              \ our no: 603            \ no port: 500
//!                              \ nobody's word, or we sign out: 480
//! ```
//!
//! Who offers connects, as RFC 4975 has it where nothing else is said, and the other side listens: relays (RFC 4976)
//! are not used. Whoever hangs up while a file is under way is given time for its last octets. While the user is asked
//! the caller is told so each minute, or somebody on the way would give the call up.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{HURRY, LOST, PATIENCE, end, is_hidden, may_call};
use crate::backend::files::{Carriage, FileEnd, FileEvent, FilePlan, FileWay, Over};
use crate::backend::sip::fates;
use crate::backend::sip::sessions::{Sessions, refusal, same};
use crate::backend::sip::ua::{FileCall, Leg, Purpose, Ua, tagged};
use crate::backend::{Event, Refused};
use crate::formats::file_description::{self, Direction, FileDescription, FileMedium, Selector, Setup};
use crate::formats::sdp;
use crate::model::{Address, Fate, FileId, Fingerprint};
use crate::sip::dialog::{Dialog, DialogId, InDialog};
use crate::sip::endpoint::{Failure, RequestId, ServerTransactionId};
use crate::sip::message::{Message, Method};
use crate::transfer::address::told;
use crate::transfer::msrp::{Path, Terms, Uri};

/// What a request of ours was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::sip) enum Errand {
    /// Offering the file.
    Invite,
    /// Hanging up.
    Bye,
}

/// A file that we offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) to: Address,
    pub(super) name: String,
    pub(super) octets: u64,
    /// What our certificate is known by.
    pub(super) fingerprint: Fingerprint,
}

/// All calls about files.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: BTreeMap<FileId, Call>,
}

/// One of them.
#[derive(Debug)]
struct Call {
    peer: Address,
    octets: u64,
    /// What names our end in MSRP.
    session: String,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Our INVITE is out, with this description.
    Inviting { invite: RequestId, offered: Offered, ours: String, until: Instant },
    /// Theirs came, and nobody decided. They are told so once more at `again`.
    Asked { asked: Box<Asked>, until: Instant, again: Instant },
    /// We said yes, and open a port.
    Opening { asked: Box<Asked>, until: Instant },
    /// The octets are under way.
    Running(Box<Running>),
    /// They hung up; what is under way may still end well.
    HungUp { until: Instant },
}

/// An INVITE of somebody.
#[derive(Debug)]
struct Asked {
    transaction: ServerTransactionId,
    request: Message,
    /// The tag of ours.
    tag: String,
    description: FileDescription,
    theirs: Path,
    fingerprint: Option<Fingerprint>,
}

/// A call whose file is under way.
#[derive(Debug)]
struct Running {
    dialog: Dialog,
    /// How we described it, to say so again when they refresh the call.
    ours: String,
    /// How they did.
    theirs: FileMedium,
}

/// Why somebody's file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum No {
    /// The user, or a policy, does not want it.
    Unwanted,
    /// Nobody is there to decide.
    Away,
    /// It was wanted, and cannot be taken.
    Broken,
}

impl Calls {
    pub(super) fn has(&self, id: FileId) -> bool {
        self.all.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many files a person offers.
    pub(super) fn of(&self, who: &Address) -> usize {
        self.all.iter().filter(|(id, call)| !id.is_sent() && same(&call.peer, who)).count()
    }

    /// Offers a file.
    pub(super) fn offer(&mut self, id: FileId, offered: Offered, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        let Some(place) = ua.peer().and_then(|peer| told(peer.local.ip())) else { return Err(Refused::Offline) };
        let session = ua.tokens.hex(SESSION_OCTETS);
        let Some(ours) = path(true, place, NOWHERE, &session) else { return Err(Refused::Offline) };
        let medium = FileMedium {
            port: NOWHERE,
            secure: true,
            path: ours.to_string(),
            setup: Some(Setup::Active),
            fingerprint: Some(offered.fingerprint.to_string()),
            transfer_id: ua.tokens.hex(TRANSFER_ID_OCTETS),
            file: Selector { name: Some(offered.name.clone()), octets: Some(offered.octets), ..Selector::default() },
        };
        let mut leg = Leg::new(offered.to.as_str(), &mut ua.tokens);
        let mut request = ua.request(&Method::Invite, offered.to.as_str(), leg.next());
        request.headers.push("Contact", ua.dialog_contact());
        let ours = file_description::write(&medium, Direction::Send, place);
        request.set_body(sdp::MEDIA_TYPE, ours.clone().into_bytes());
        let purpose = Purpose::File { id, errand: Errand::Invite };
        let Some(invite) = ua.send_waiting(request, purpose, Some(PATIENCE + HURRY), now) else { return Err(Refused::Offline) };
        let (peer, octets) = (offered.to.clone(), offered.octets);
        let stage = Stage::Inviting { invite, offered, ours, until: now + PATIENCE };
        self.all.insert(id, Call { peer, octets, session, stage });
        Ok(())
    }

    /// Somebody offers a file. `false`: it was refused.
    pub(super) fn asked(&mut self, id: FileId, came: FileCall, ua: &mut Ua, now: Instant) -> bool {
        let FileCall { transaction: Some(transaction), request, from, description } = came else { return false };
        let medium = &description.medium;
        let fingerprint = medium.fingerprint.as_deref().and_then(Fingerprint::parse);
        let theirs = Path::parse(&medium.path);
        let (Some(theirs), Some(octets)) = (theirs, medium.file.octets) else {
            ua.fault("session-description");
            refusal(
                Some(transaction),
                &request,
                488,
                "399 chinwag \"the file's size or the place it comes from is missing\"",
                ua,
                now,
            );
            return false;
        };
        let place = ua.peer().and_then(|peer| told(peer.local.ip()));
        // Where they would have to be called, no place of theirs could be checked by what the user decides.
        let flaw = if medium.setup == Some(Setup::Passive) || is_hidden(ua) || place.is_none() {
            Some("399 chinwag \"this end cannot be connected to\"")
        } else if medium.secure && is_relayed(&theirs) {
            // A relay has a certificate of its own, of which the description says nothing.
            Some("399 chinwag \"a relay cannot be known by a fingerprint\"")
        } else {
            None
        };
        if let Some(flaw) = flaw {
            refusal(Some(transaction), &request, 488, flaw, ua, now);
            return false;
        }
        let tag = ua.tokens.tag();
        let name = medium.file.name.clone().unwrap_or_default();
        let secret = medium.secure && fingerprint.is_some();
        let session = ua.tokens.hex(SESSION_OCTETS);
        let asked = Box::new(Asked { transaction, request, tag, description, theirs, fingerprint });
        asked.ring(ua, now);
        let stage = Stage::Asked { asked, until: now + PATIENCE, again: now + RINGING };
        self.all.insert(id, Call { peer: from.clone(), octets, session, stage });
        ua.emit(Event::File(FileEvent::Offered { id, from, name, octets, secret }));
        true
    }

    /// The user wants a file. One that cannot be taken stays, for [`Calls::fail`].
    pub(super) fn accept(&mut self, id: FileId, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        let gone = || Refused::Unknown("that file is not offered any more".to_owned());
        let Some(local) = ua.peer().map(|peer| peer.local.ip()) else { return Err(Refused::Offline) };
        let place = told(local).ok_or_else(|| Refused::Unknown(NO_ADDRESS.to_owned()))?;
        let call = self.all.get(&id).ok_or_else(gone)?;
        let Stage::Asked { asked, .. } = &call.stage else { return Err(gone()) };
        let medium = &asked.description.medium;
        // The port is known to who opens it.
        let ours = path(medium.secure, place, NOWHERE, &call.session).ok_or_else(gone)?;
        let terms = Terms {
            ours,
            theirs: asked.theirs.clone(),
            octets: call.octets,
            media_type: medium.file.media_type.clone().unwrap_or_default(),
            sha1: medium.file.sha1,
            active: false,
            token: ua.tokens.hex(TOKEN_OCTETS),
        };
        let over = if medium.secure { Over::Tls(asked.fingerprint) } else { Over::Tcp };
        let carriage = Carriage::Msrp(Box::new(terms), over);
        ua.emit(Event::File(FileEvent::Agreed { id, plan: FilePlan { carriage, way: FileWay::Listen(local) } }));
        if let Some(Call { peer, octets, session, stage: Stage::Asked { asked, .. } }) = self.all.remove(&id) {
            let stage = Stage::Opening { asked, until: now + HURRY };
            self.all.insert(id, Call { peer, octets, session, stage });
        }
        Ok(())
    }

    /// A file that was wanted cannot be taken.
    pub(super) fn fail(&mut self, id: FileId, ua: &mut Ua, now: Instant) {
        if let Some(call) = self.all.remove(&id) {
            leave(id, call, No::Broken, ua, now);
        }
    }

    /// A port of ours is open for a file: now it is taken.
    pub(super) fn listening(&mut self, id: FileId, port: u16, fingerprint: Option<Fingerprint>, ua: &mut Ua, now: Instant) {
        let Some(call) = self.all.remove(&id) else { return };
        let Stage::Opening { asked, .. } = call.stage else {
            self.all.insert(id, call);
            return;
        };
        let Asked { transaction, request, tag, description, .. } = *asked;
        let offered = description.medium.clone();
        let place = ua.peer().and_then(|peer| told(peer.local.ip()));
        let path = place.and_then(|place| path(offered.secure, place, port, &call.session));
        let (Some(dialog), Some(place), Some(path)) = (Dialog::from_request(&request, &tag), place, path) else {
            refusal(Some(transaction), &request, 500, FAILED, ua, now);
            return end(id, FileEnd::Failed(NO_ADDRESS.to_owned()), ua);
        };
        let ours = FileMedium {
            port,
            path: path.to_string(),
            setup: Some(Setup::Passive),
            fingerprint: fingerprint.filter(|_| offered.secure).map(|fingerprint| fingerprint.to_string()),
            ..offered
        };
        let ours = description.answer(&ours, place);
        let mut response = Message::response_to(&request, 200);
        response.headers.copy_from(&request.headers, "Record-Route");
        response.headers.push("Contact", ua.dialog_contact());
        response.set_body(sdp::MEDIA_TYPE, ours.clone().into_bytes());
        ua.respond(Some(transaction), tagged(response, &tag), now);
        let running = Running { dialog, ours, theirs: description.medium };
        self.all.insert(id, Call { stage: Stage::Running(Box::new(running)), ..call });
    }

    /// The user does not want it, or not any more.
    pub(super) fn cancel(&mut self, id: FileId, ua: &mut Ua, now: Instant) {
        if let Some(call) = self.all.remove(&id) {
            // Who said yes does not decline: it is the port that could not be opened.
            let no = if matches!(call.stage, Stage::Asked { .. }) { No::Unwanted } else { No::Broken };
            leave(id, call, no, ua, now);
            end(id, FileEnd::Withdrawn, ua);
        }
    }

    /// The octets are through, or will not be.
    pub(super) fn done(&mut self, id: FileId, ua: &mut Ua, now: Instant) {
        if let Some(call) = self.all.remove(&id) {
            leave(id, call, No::Broken, ua, now);
        }
    }

    /// Takes a request within one of the calls; `false` if it is not.
    pub(super) fn on_request(
        &mut self,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        ua: &mut Ua,
        now: Instant,
    ) -> bool {
        let Some(name) = dialog_of(request).filter(|_| !self.all.is_empty()) else { return false };
        let method = request.method();
        // A caller may hang up before the answer, too (RFC 3261 section 15).
        if method == Some(&Method::Bye)
            && let Some(id) = self.asked_by(|asked| asked.dialog().as_ref() == Some(&name))
        {
            ua.respond_with(transaction, 200, now);
            self.withdrawn(id, ua, now);
            return true;
        }
        let belongs = |call: &mut Call| match &mut call.stage {
            Stage::Running(running) if *running.dialog.id() == name => Some(running.dialog.on_request(request)),
            _ => None,
        };
        let Some((id, turn)) = self.all.iter_mut().find_map(|(id, call)| belongs(call).map(|turn| (*id, turn))) else {
            return false;
        };
        let code = match (turn, method) {
            (InDialog::OutOfOrder, _) => 500,
            (_, Some(Method::Bye)) => {
                if let Some(call) = self.all.get_mut(&id) {
                    call.stage = Stage::HungUp { until: now + LAST_OCTETS };
                }
                200
            }
            (_, Some(Method::Invite | Method::Update)) => {
                self.refreshed(id, transaction, request, ua, now);
                return true;
            }
            (_, Some(Method::Info)) => 200,
            _ => 501,
        };
        ua.respond_with(transaction, code, now);
        true
    }

    /// They say again what a call is about, so that nobody on the way takes it for over (RFC 4028, RFC 5547 section
    /// 8.1): it stays as it is. Who wants another file in it is refused.
    fn refreshed(&self, id: FileId, transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
        let Some(Call { stage: Stage::Running(running), .. }) = self.all.get(&id) else { return };
        let offers = !request.body.is_empty();
        if offers && !running.is_about(&request.body) {
            return ua.respond_with(transaction, 488, now);
        }
        let mut response = Message::response_to(request, 200);
        response.headers.push("Contact", ua.dialog_contact());
        // An INVITE without an offer leaves it to us; an UPDATE without one wants none.
        if offers || request.method() == Some(&Method::Invite) {
            response.set_body(sdp::MEDIA_TYPE, running.ours.clone().into_bytes());
        }
        ua.respond(transaction, response, now);
    }

    /// The INVITE of an offer was cancelled.
    pub(super) fn on_cancelled(&mut self, transaction: ServerTransactionId, ua: &mut Ua, now: Instant) {
        if let Some(id) = self.asked_by(|asked| asked.transaction == transaction) {
            self.withdrawn(id, ua, now);
        }
    }

    /// The first offer of somebody, not answered yet, that is so.
    fn asked_by(&self, is_it: impl Fn(&Asked) -> bool) -> Option<FileId> {
        let fits = |call: &Call| match &call.stage {
            Stage::Asked { asked, .. } | Stage::Opening { asked, .. } => is_it(asked),
            _ => false,
        };
        self.all.iter().find(|(_, call)| fits(call)).map(|(id, _)| *id)
    }

    /// Somebody does not offer a file any more.
    fn withdrawn(&mut self, id: FileId, ua: &mut Ua, now: Instant) {
        let call = self.all.remove(&id);
        let Some(Call { stage: Stage::Asked { asked, .. } | Stage::Opening { asked, .. }, .. }) = call else { return };
        ua.respond_with(Some(asked.transaction), 487, now);
        end(id, FileEnd::Cancelled, ua);
    }

    /// Takes a final answer to a request of ours. What is to be offered in the other way comes back.
    pub(super) fn on_response(
        &mut self,
        id: FileId,
        errand: Errand,
        response: &Message,
        ua: &mut Ua,
        now: Instant,
    ) -> Option<Offered> {
        if errand == Errand::Bye {
            return None;
        }
        let Some(Call { peer, octets, session, stage: Stage::Inviting { offered, ours, .. } }) = self.take_inviting(id) else {
            // Given up already: a yes that comes all the same is ended at once.
            Sessions::on_stray(response, ua, now);
            return None;
        };
        let policy = fates::warning(response) == Some(309);
        match response.status().unwrap_or(0) {
            200..300 => {
                let Some(mut dialog) = Dialog::from_response(&Message::request(Method::Invite, peer.as_str()), response) else {
                    ua.fault("invite-answer");
                    end(id, FileEnd::Failed(UNREADABLE.to_owned()), ua);
                    return None;
                };
                if let Some(cseq) = response.cseq() {
                    ua.send_stateless(dialog.ack(cseq.number));
                }
                match agree(response, octets, &session, ua) {
                    Ok((plan, theirs)) => {
                        let stage = Stage::Running(Box::new(Running { dialog, ours, theirs }));
                        self.all.insert(id, Call { peer, octets, session, stage });
                        ua.emit(Event::File(FileEvent::Agreed { id, plan }));
                    }
                    Err(why) => {
                        hang_up(id, &mut dialog, ua, now);
                        end(id, FileEnd::Failed(why.to_owned()), ua);
                    }
                }
            }
            405 | 415 | 488 | 501 | 606 if !policy => return Some(offered),
            408 => end(id, FileEnd::TimedOut, ua),
            600 | 603 => end(id, FileEnd::Declined, ua),
            _ => end(id, FileEnd::Failed(words(fates::of_refusal(response))), ua),
        }
        None
    }

    /// No answer to a request of ours will come.
    pub(super) fn on_failure(&mut self, id: FileId, errand: Errand, why: Failure, ua: &mut Ua) {
        if errand == Errand::Invite && self.take_inviting(id).is_some() {
            let why = if why == Failure::Timeout { FileEnd::TimedOut } else { FileEnd::Failed(LOST.to_owned()) };
            end(id, why, ua);
        }
    }

    fn take_inviting(&mut self, id: FileId) -> Option<Call> {
        self.all.get(&id).filter(|call| matches!(call.stage, Stage::Inviting { .. }))?;
        self.all.remove(&id)
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        let over: Vec<FileId> =
            self.all.iter().filter(|(_, call)| due(call).is_some_and(|at| at <= now)).map(|(id, _)| *id).collect();
        for id in over {
            if self.all.get_mut(&id).is_some_and(|call| rings_on(call, ua, now)) {
                continue;
            }
            let Some(call) = self.all.remove(&id) else { continue };
            let why = if matches!(call.stage, Stage::HungUp { .. }) { FileEnd::Cancelled } else { FileEnd::TimedOut };
            let no = if matches!(call.stage, Stage::Asked { .. }) { No::Away } else { No::Broken };
            leave(id, call, no, ua, now);
            end(id, why, ua);
        }
    }

    /// When [`Calls::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.all.values().filter_map(due).min()
    }

    /// The link is left: nobody is to wait for us. What is under way goes on without its call, as hanging up would have
    /// the other side stop it.
    pub(super) fn leave(&mut self, why: &FileEnd, ua: &mut Ua, now: Instant) {
        for (id, call) in std::mem::take(&mut self.all) {
            if !matches!(call.stage, Stage::Running(_) | Stage::HungUp { .. }) {
                leave(id, call, No::Away, ua, now);
                end(id, why.clone(), ua);
            }
        }
    }

    /// The link is gone, and the calls with it. What is under way goes on without.
    pub(super) fn reset(&mut self, ua: &mut Ua) {
        for (id, call) in std::mem::take(&mut self.all) {
            if !matches!(call.stage, Stage::Running(_) | Stage::HungUp { .. }) {
                end(id, FileEnd::Failed(LOST.to_owned()), ua);
            }
        }
    }
}

impl Asked {
    /// Tells who offers that the user is asked.
    fn ring(&self, ua: &mut Ua, now: Instant) {
        let mut ringing = Message::response_to(&self.request, 180);
        ringing.headers.copy_from(&self.request.headers, "Record-Route");
        ringing.headers.push("Contact", ua.dialog_contact());
        ua.respond(Some(self.transaction), tagged(ringing, &self.tag), now);
    }

    /// The dialog that this began.
    fn dialog(&self) -> Option<DialogId> {
        let remote_tag = self.request.from().ok().and_then(|from| from.tag()).unwrap_or_default();
        Some(DialogId { call_id: self.request.call_id()?, local_tag: self.tag.clone(), remote_tag })
    }

    fn refuse(&self, no: No, ua: &mut Ua, now: Instant) {
        let transaction = Some(self.transaction);
        match no {
            No::Unwanted => ua.respond_with(transaction, 603, now),
            No::Away => ua.respond_with(transaction, 480, now),
            // Not 488, upon which it would be offered once more, in the other way.
            No::Broken => refusal(transaction, &self.request, 500, FAILED, ua, now),
        }
    }
}

impl Running {
    /// Whether a description of theirs is about this file. Who gave it no name is known by where it goes.
    fn is_about(&self, description: &[u8]) -> bool {
        let offered = file_description::read(description).ok().flatten().map(|offered| offered.medium);
        // What they take from us they describe like an answer.
        let said = offered.or_else(|| file_description::read_answer(description).ok().flatten());
        said.is_some_and(|said| {
            let named = !said.transfer_id.is_empty();
            said.transfer_id == self.theirs.transfer_id && (named || said.path == self.theirs.path)
        })
    }
}

/// What the answer to our offer says of the way; and how it describes the file.
fn agree(response: &Message, octets: u64, session: &str, ua: &mut Ua) -> Result<(FilePlan, FileMedium), &'static str> {
    let local = ua.peer().map(|peer| peer.local.ip()).ok_or(LOST)?;
    let place = told(local).ok_or(NO_ADDRESS)?;
    if response.content_type() != sdp::MEDIA_TYPE {
        return Err(UNREADABLE);
    }
    let medium = file_description::read_answer(&response.body).map_err(|_| UNREADABLE)?.ok_or("their program takes no files")?;
    let peer = medium.fingerprint.as_deref().and_then(Fingerprint::parse);
    if !medium.secure || peer.is_none() {
        return Err("their program does not say how to know that it is the right one that takes the file");
    }
    let theirs = Path::parse(&medium.path).ok_or(UNREADABLE)?;
    if is_relayed(&theirs) {
        return Err("their program wants it by way of a relay, of which nobody could know whether it is the right one");
    }
    let way = place_of(&theirs).filter(|place| may_call(*place, local)).filter(|_| medium.setup != Some(Setup::Active));
    let way = FileWay::Dial(way.ok_or("their program names no place that may be connected to")?);
    let terms = Terms {
        ours: path(true, place, NOWHERE, session).ok_or(NO_ADDRESS)?,
        theirs,
        octets,
        media_type: String::new(),
        sha1: None,
        active: true,
        token: ua.tokens.hex(TOKEN_OCTETS),
    };
    Ok((FilePlan { carriage: Carriage::Msrp(Box::new(terms), Over::Tls(peer)), way }, medium))
}

/// Ends a call from this side, whatever became of it. `no`: why, if it is an offer of somebody.
fn leave(id: FileId, call: Call, no: No, ua: &mut Ua, now: Instant) {
    match call.stage {
        Stage::Inviting { invite, .. } => ua.cancel(invite, now),
        Stage::Asked { asked, .. } | Stage::Opening { asked, .. } => asked.refuse(no, ua, now),
        Stage::Running(mut running) => hang_up(id, &mut running.dialog, ua, now),
        Stage::HungUp { .. } => {}
    }
}

fn hang_up(id: FileId, dialog: &mut Dialog, ua: &mut Ua, now: Instant) {
    let bye = dialog.request(Method::Bye);
    ua.send(bye, Purpose::File { id, errand: Errand::Bye }, now);
}

/// Tells somebody whose file nobody decided about that it is still so; `false`: it is something else that is due.
fn rings_on(call: &mut Call, ua: &mut Ua, now: Instant) -> bool {
    let Stage::Asked { asked, until, again } = &mut call.stage else { return false };
    if *until <= now {
        return false;
    }
    *again = now + RINGING;
    asked.ring(ua, now);
    true
}

/// The dialog that a request of the other side names, as we call it (RFC 3261 section 12.2.2); `None` if it names none.
fn dialog_of(request: &Message) -> Option<DialogId> {
    let local_tag = request.to().ok()?.tag()?;
    let remote_tag = request.from().ok().and_then(|from| from.tag()).unwrap_or_default();
    Some(DialogId { call_id: request.call_id()?, local_tag, remote_tag })
}

fn due(call: &Call) -> Option<Instant> {
    match call.stage {
        Stage::Asked { until, again, .. } => Some(until.min(again)),
        Stage::Inviting { until, .. } | Stage::Opening { until, .. } | Stage::HungUp { until } => Some(until),
        Stage::Running(_) => None,
    }
}

/// The way to us; `None` never, as both come from here.
fn path(secure: bool, place: IpAddr, port: u16, session: &str) -> Option<Path> {
    Uri::new(secure, &place.to_string(), port, session).map(Path::from)
}

/// Whether somebody else is to be connected to than who has the file, or wants it.
fn is_relayed(path: &Path) -> bool {
    path.first() != path.session()
}

/// Where a path begins, if that need not be looked up.
fn place_of(path: &Path) -> Option<SocketAddr> {
    Some(SocketAddr::new(path.first().address()?, path.first().port()?))
}

fn words(fate: Fate) -> String {
    match fate {
        Fate::Failed { why } => why,
        _ => UNREADABLE.to_owned(),
    }
}

/// The port of who connects (RFC 4145 section 4.1).
const NOWHERE: u16 = 9;
/// 80 bits at least (RFC 4975 section 14.1).
const SESSION_OCTETS: usize = 12;
const TRANSFER_ID_OCTETS: usize = 16;
const TOKEN_OCTETS: usize = 8;
/// How long what is under way may go on when the other side has hung up.
const LAST_OCTETS: Duration = Duration::from_secs(30);
/// So often an INVITE that waits for the user gets a sign of life (RFC 3261 section 13.3.1.1).
const RINGING: Duration = Duration::from_mins(1);
const UNREADABLE: &str = "the answer of their program was not to be understood";
const NO_ADDRESS: &str = "this machine has no address that others could connect to";
const FAILED: &str = "399 chinwag \"the file was wanted, but cannot be taken now\"";
