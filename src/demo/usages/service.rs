//! SERVICE (MS-SIP sections 3.2.4, 3.7.4 and 9): presence of a device, contacts and groups, the
//! access list, the directory. Each call is a transaction of its own, in a dialog or without one.

use std::time::Instant;

use super::Server;
use crate::demo::accounts::CallFault;
use crate::demo::features::Feature;
use crate::demo::first_hop::epid_of;
use crate::demo::numbers::RtcState;
use crate::demo::packages::View;
use crate::demo::server::Incoming;
use crate::demo::subscriptions::Form;
use crate::formats::soap::{self, Answer, Call, SetPresence};
use crate::model::Address;
use crate::sip::message::Message;

impl Server {
    pub(in crate::demo) fn on_service(&mut self, incoming: &Incoming, who: &Address, now: Instant) {
        let response = match self.serve_call(incoming, who, now) {
            Ok(Some((media_type, body))) => {
                let mut response = Message::response_to(&incoming.request, 200);
                response.set_body(media_type, body.into_bytes());
                response
            }
            Ok(None) => Message::response_to(&incoming.request, 200),
            Err(code) => {
                let mut response = Message::response_to(&incoming.request, code);
                if code == 415 {
                    response.headers.push("Accept", soap::MEDIA_TYPE);
                }
                response
            }
        };
        self.reply(incoming.transaction, response, now);
    }

    /// Carries out a call; gives the body of the answer, or the code to refuse it with.
    fn serve_call(&mut self, incoming: &Incoming, who: &Address, now: Instant) -> Result<Option<(&'static str, String)>, u16> {
        let request = &incoming.request;
        if !request.content_type().eq_ignore_ascii_case(soap::MEDIA_TYPE) || request.headers.has("Content-Encoding") {
            return Err(415);
        }
        if request.body.len() > self.config.limits.message_size {
            return Err(413);
        }
        let call = soap::read_call(&request.body).map_err(|_| 400_u16)?;
        let to = request.to().map_err(|_| 400_u16)?;
        match &call {
            Call::DirectorySearch { rows, max_results } => {
                let answer = self.search(rows, *max_results);
                return Ok(Some((soap::MEDIA_TYPE, soap::write_answer(&answer))));
            }
            Call::GetPresence { uri } => {
                let target = Address::parse(uri).map_err(|_| 400_u16)?;
                return self.look_up(who, &target).map(Some);
            }
            _ => {}
        }
        // Nobody publishes or decides for another.
        if Address::parse(to.uri.as_str()).as_ref() != Ok(who) {
            return Err(403);
        }
        match call {
            Call::SetPresence(said) => self.set_presence(incoming, who, said, now).map(|()| None),
            Call::SetAce { ace, delta_num } => {
                let account = self.accounts.of_mut(who).ok_or(404_u16)?;
                account.change_access(&ace, delta_num, &self.config.limits).map_err(CallFault::code)?;
                self.account_changed();
                self.access_changed(who);
                self.personas_let_in(who, now);
                Ok(None)
            }
            call => {
                let account = self.accounts.of_mut(who).ok_or(404_u16)?;
                let added = account.change_contacts(&call, &self.config.limits).map_err(CallFault::code)?;
                self.account_changed();
                self.roster_changed(who);
                Ok(added.map(|id| (soap::MEDIA_TYPE, soap::write_answer(&Answer::GroupAdded(id)))))
            }
        }
    }

    /// What a device says of its user.
    fn set_presence(&mut self, incoming: &Incoming, who: &Address, said: SetPresence, now: Instant) -> Result<(), u16> {
        if Address::parse(&said.uri).as_ref() != Ok(who) {
            return Err(403);
        }
        if incoming.request.body.len() > self.config.limits.publication_size {
            return Err(413);
        }
        let epid = incoming.request.from().ok().and_then(|from| epid_of(&from)).ok_or(400_u16)?;
        let state = RtcState {
            availability: said.availability,
            activity: said.activity,
            availability_text: said.availability_description,
            activity_text: said.activity_description,
            note: said.note,
            name: said.device_name,
            data: said.device_data,
        };
        let by = (incoming.flow, self.stamp(now), now);
        self.publications.say(who, &epid, state, by, &self.config.limits).map_err(|_| 503_u16)?;
        self.pledges.settle(who, &epid);
        if let (Some(info), Some(account)) = (said.user_info, self.accounts.of_mut(who))
            && account.set_user_info(Some(info))
        {
            self.account_changed();
        }
        self.presence_changed(who);
        Ok(())
    }

    /// A person's presence once.
    fn look_up(&self, watcher: &Address, who: &Address) -> Result<(&'static str, String), u16> {
        let open = match self.view(watcher, who) {
            View::Open => true,
            View::Closed => false,
            View::Pending | View::Rejected => return Err(403),
            View::NoResource => return Err(404),
        };
        let picture = self.picture(watcher, who, open, Form::Msrtc);
        Ok((picture.media_type, picture.body))
    }

    /// Whether SERVICE is known here.
    pub(in crate::demo) fn takes_calls(&self) -> bool {
        self.config.features.has(Feature::Lcs)
    }
}
