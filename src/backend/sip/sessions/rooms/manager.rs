//! Who manages a conversation: what is said about it, and finding a new one.

use std::time::Duration;

use super::election::{self, Election, Stand};
use super::room::{Asked, Manager, Room};
use super::table::{Desk, Rooms};
use crate::backend::sip::sessions::calls::{CallId, Calls, Errand};
use crate::backend::sip::sessions::people::same;
use crate::formats::mim::{self, Action};
use crate::model::{Address, RoomId};
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::{Message, Method};

impl Rooms {
    /// Somebody says something about who manages: answers it.
    pub(in crate::backend::sip::sessions) fn on_action(
        &mut self,
        id: &RoomId,
        call: CallId,
        (transaction, request): (Option<ServerTransactionId>, &Message),
        desk: &mut Desk<'_>,
    ) {
        let sender = desk.calls.get(call).map(|c| c.peer.clone());
        let (Some(room), Some(from), Ok(action)) = (self.open.get_mut(id), sender, mim::read(&request.body)) else {
            desk.ua.fault("roster-manager");
            return desk.ua.respond_with(transaction, 200, desk.now);
        };
        let own = desk.ua.settings.aor.to_string();
        let mut manager = None;
        let answer = match action {
            Action::RequestRm { bid, .. } => {
                let allow = room.manager != Manager::Us && election::allows(room.election.as_ref(), bid);
                Some(Action::RequestRmResponse { uri: own, allow })
            }
            // Only the winner itself is believed.
            Action::SetRm { uri } if Address::parse(&uri).is_ok_and(|who| same(&who, &from)) => {
                manager = Some(from);
                Some(Action::SetRmResponse { uri: own })
            }
            Action::SetRm { .. } => {
                desk.ua.fault("roster-manager");
                Some(Action::SetRmResponse { uri: own })
            }
            Action::RequestRmResponse { .. } | Action::SetRmResponse { .. } => None,
        };
        let mut response = Message::response_to(request, 200);
        if let Some(answer) = answer {
            response.set_body(mim::MEDIA_TYPE, mim::write(&answer).into_bytes());
        }
        desk.ua.respond(transaction, response, desk.now);
        if let Some(manager) = manager {
            room.managed_by(manager, desk);
        }
        self.tidy(id, desk);
    }

    /// The answer to our bid; `None`: none will come.
    pub(in crate::backend::sip::sessions) fn ballot(
        &mut self,
        id: &RoomId,
        by: &Address,
        response: Option<&Message>,
        desk: &mut Desk<'_>,
    ) {
        let Some(room) = self.open.get_mut(id) else { return };
        let Some(bid) = &mut room.election else { return };
        let body = response.filter(|r| r.content_type() == mim::MEDIA_TYPE).map(|r| mim::read(&r.body));
        if matches!(body, Some(Err(_))) {
            desk.ua.fault("roster-manager");
        }
        // Only a plain no is an objection.
        let objects = matches!(body, Some(Ok(Action::RequestRmResponse { allow: false, .. })));
        let stand = if objects { bid.objected(by) } else { bid.allowed(by, desk.now) };
        room.stands(stand, desk);
        self.tidy(id, desk);
    }
}

impl Room {
    /// Somebody is to be invited: by us, by the manager, or as soon as there is one.
    pub(super) fn want(&mut self, who: Address, desk: &mut Desk<'_>) {
        match self.manager.clone() {
            Manager::Us => {
                self.ask(Asked { who, by: None });
                self.step(desk);
            }
            Manager::Other(manager) => self.refer(who, &manager, desk),
            Manager::Unknown => {
                self.wanted.push_back(who);
                self.elect(desk);
            }
        }
    }

    /// Bids for managing.
    pub(super) fn elect(&mut self, desk: &mut Desk<'_>) {
        if self.manager != Manager::Unknown || self.election.is_some() || self.lost_until.is_some() {
            return;
        }
        let people = self.present(desk.calls);
        let bid = u32::try_from(desk.ua.tokens.below(1 << 31)).unwrap_or(1).max(1);
        self.bids = self.bids.saturating_add(1);
        let election = Election::new(bid, people.iter().map(|(who, _)| who.clone()), desk.now);
        let stand = election.stand(desk.now);
        self.election = Some(election);
        let action = Action::RequestRm { uri: desk.ua.settings.aor.to_string(), bid };
        for (_, call) in people {
            tell(call, &action, Errand::Ballot, desk);
        }
        self.stands(stand, desk);
    }

    fn stands(&mut self, stand: Stand, desk: &mut Desk<'_>) {
        match stand {
            Stand::Open => {}
            Stand::Lost => {
                self.election = None;
                self.lost_until = Some(desk.now + election::PATIENCE + LOST_WAIT);
            }
            Stand::Won => {
                self.election = None;
                let action = Action::SetRm { uri: desk.ua.settings.aor.to_string() };
                for (_, call) in self.present(desk.calls) {
                    tell(call, &action, Errand::Proclaim, desk);
                }
                self.manager = Manager::Us;
                self.managed(desk);
            }
        }
    }

    /// Somebody else manages from now on.
    pub(super) fn managed_by(&mut self, manager: Address, desk: &mut Desk<'_>) {
        self.election = None;
        self.manager = Manager::Other(manager);
        // What we were asked to do as manager is the new one's to do.
        let queue = std::mem::take(&mut self.queue);
        for asked in queue {
            if asked.by.is_some() {
                super::refer::report(&asked, 500, desk);
            }
            let unsent = "somebody else manages this conversation now, and they were not there yet";
            self.drop_texts(&asked.who, unsent, desk.ua);
            self.members.remove(&asked.who);
            if asked.by.is_none() {
                self.wanted.push_back(asked.who);
            }
        }
        self.managed(desk);
    }

    /// There is a manager: those who waited for one are invited.
    fn managed(&mut self, desk: &mut Desk<'_>) {
        self.lost_until = None;
        self.bids = 0;
        for who in std::mem::take(&mut self.wanted) {
            if !self.members.contains_key(&who) {
                self.want(who, desk);
            }
        }
    }

    /// Somebody left; perhaps the one who managed, or one whose word was awaited.
    pub(super) fn manager_gone(&mut self, who: &Address, desk: &mut Desk<'_>) {
        if self.manager == Manager::Other(who.clone()) {
            self.manager = Manager::Unknown;
            let referred = std::mem::take(&mut self.referred);
            self.wanted.extend(referred.into_iter().map(|r| r.who));
        }
        if let Some(election) = &mut self.election {
            let stand = election.allowed(who, desk.now);
            self.stands(stand, desk);
        }
        if !self.wanted.is_empty() {
            self.elect(desk);
        }
    }

    /// Takes note that time passed.
    pub(super) fn election_due(&mut self, desk: &mut Desk<'_>) {
        if let Some(stand) = self.election.as_ref().map(|e| e.stand(desk.now)) {
            self.stands(stand, desk);
        }
        if self.lost_until.is_some_and(|until| until <= desk.now) {
            self.lost_until = None;
            if self.bids < MOST_BIDS {
                self.elect(desk);
            } else {
                self.bids = 0;
                for who in std::mem::take(&mut self.wanted) {
                    self.not_invited(who, "nobody in this conversation took it on to invite others", desk);
                }
            }
        }
    }
}

fn tell(call: CallId, action: &Action, errand: Errand, desk: &mut Desk<'_>) {
    let Some(mut request) = desk.calls.request(call, Method::Info, desk.ua) else { return };
    request.set_body(mim::MEDIA_TYPE, mim::write(action).into_bytes());
    Calls::send(call, request, errand, desk.ua, desk.now);
}

/// Added to the time the winner has to say so.
const LOST_WAIT: Duration = Duration::from_secs(5);
/// Bids before it is given up.
const MOST_BIDS: u8 = 3;
