//! PUBLISH (RFC 3903): the checks of its section 6, in that order.

use std::time::Instant;

use super::Server;
use crate::demo::publications::{PublishContext, PublishFault, PublishWish};
use crate::demo::server::Incoming;
use crate::formats::pidf;
use crate::model::Address;
use crate::sip::message::Message;

impl Server {
    pub(in crate::demo) fn on_publish(&mut self, incoming: &Incoming, who: &Address, now: Instant) {
        let request = &incoming.request;
        let (wish, expires) = match self.read_publish(request, who) {
            Ok(wish) => wish,
            Err(refusal) => return self.reply(incoming.transaction, *refusal, now),
        };
        let fresh_tag = self.endpoint.tokens().hex(6);
        let context =
            PublishContext { flow: Some(incoming.flow), fresh_tag: fresh_tag.clone(), expires, at: self.stamp(now), now };
        let changed = match self.publications.apply(who, wish, context, &self.config.limits) {
            Ok(changed) => changed,
            Err(PublishFault::UnknownTag) => return self.reply_code(incoming, 412, now),
            Err(PublishFault::TooMany) => return self.reply_code(incoming, 503, now),
        };
        let mut response = Message::response_to(request, 200);
        response.headers.push("Expires", expires.to_string());
        response.headers.push("SIP-ETag", fresh_tag);
        self.reply(incoming.transaction, response, now);
        if changed {
            self.presence_changed(who);
        }
    }

    /// What a PUBLISH wants, and the lifetime granted; else the response to refuse it with.
    fn read_publish(&self, request: &Message, who: &Address) -> Result<(PublishWish, u32), Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let limits = &self.config.limits;
        // 1. Whose state: a user of ours, and nobody publishes for another.
        match Address::parse(request.uri()) {
            Ok(resource) if resource == *who => {}
            Ok(resource) if self.accounts.has(&resource) => return Err(refuse(403)),
            _ => return Err(refuse(404)),
        }
        // 2. Which package.
        if super::subscribe::package_name(request) != "presence" {
            let mut response = refuse(489);
            response.headers.push("Allow-Events", self.allow_events());
            return Err(response);
        }
        // 3. Which publication.
        let tags = request.headers.list("SIP-If-Match");
        let tag = match tags.as_slice() {
            [] => None,
            [tag] if self.publications.has(who, tag) => Some(tag.clone()),
            [_] => return Err(refuse(412)),
            _ => return Err(refuse(400)),
        };
        // 4. For how long.
        let asked = request.expires().unwrap_or(limits.max_expires);
        if asked != 0 && asked < limits.min_expires {
            let mut response = refuse(423);
            response.headers.push("Min-Expires", limits.min_expires.to_string());
            return Err(response);
        }
        let expires = asked.min(limits.max_expires);
        // 5. What.
        let document = if request.body.is_empty() {
            None
        } else {
            if request.content_type() != pidf::MEDIA_TYPE || request.headers.has("Content-Encoding") {
                let mut response = refuse(415);
                response.headers.push("Accept", pidf::MEDIA_TYPE);
                return Err(response);
            }
            if request.body.len() > limits.publication_size {
                return Err(refuse(413));
            }
            Some(pidf::read(&request.body).map_err(|_| refuse(400))?)
        };
        let wish = match (tag, document) {
            (None, None) => return Err(refuse(400)),
            (None, Some(document)) => PublishWish::Initial(document),
            (Some(tag), _) if expires == 0 => PublishWish::Remove(tag),
            (Some(tag), None) => PublishWish::Refresh(tag),
            (Some(tag), Some(document)) => PublishWish::Modify(tag, document),
        };
        Ok((wish, expires))
    }
}
