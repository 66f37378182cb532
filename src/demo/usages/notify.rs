//! NOTIFY (RFC 6665 section 4.2.2): who is to be told, when, and what becomes of it.

use std::time::{Duration, Instant};

use super::Server;
use crate::demo::packages::{Notice, Standing};
use crate::demo::server::Purpose;
use crate::demo::subscriptions::{Due, Entry, Route, Subscription, SubscriptionId, Topic};
use crate::formats::winfo::Cause;
use crate::model::{Address, Roster};
use crate::sip::message::{Message, Method};

impl Server {
    /// What is said of a user changed: everybody who watches is to be told.
    pub(in crate::demo) fn presence_changed(&mut self, who: &Address) {
        for id in self.subscriptions.watching(who) {
            if let Some(subscription) = self.subscriptions.of_mut(id)
                && let Topic::List { entries, .. } = &mut subscription.topic
            {
                entries.iter_mut().filter(|e| e.address.as_ref() == Some(who)).for_each(|e| e.changed = true);
            }
            self.subscriptions.set_due(id, Due::Change);
        }
    }

    /// Somebody came to watch a user, or went, or stands otherwise; or anything else of the user's
    /// own changed.
    pub(in crate::demo) fn watchers_changed(&mut self, user: &Address) {
        for id in self.subscriptions.own_of(user) {
            self.subscriptions.set_due(id, Due::Change);
        }
    }

    /// A user decided on watchers, or changed the roster: everybody may see something else now.
    pub(in crate::demo) fn access_changed(&mut self, user: &Address) {
        self.presence_changed(user);
        self.watchers_changed(user);
    }

    /// A user's roster changed: it is a list, and people on it may see the user.
    pub(in crate::demo) fn roster_changed(&mut self, user: &Address) {
        self.access_changed(user);
        self.lists_changed(user);
    }

    /// Sends whatever is due; `true` if there was something.
    pub(in crate::demo) fn settle(&mut self, now: Instant) -> bool {
        let mut busy = false;
        while let Some(id) = self.subscriptions.next_ended(now) {
            busy = true;
            self.end_subscription(id, "timeout", Cause::Timeout, now);
        }
        let interval = self.config.limits.notify_interval;
        while let Some(id) = self.subscriptions.next_ready(interval, now) {
            busy = true;
            self.tell(id, now);
        }
        busy
    }

    fn tell(&mut self, id: SubscriptionId, now: Instant) {
        let Some(mut subscription) = self.subscriptions.lend(id) else { return };
        let full = subscription.due == Due::Full;
        let notice = match subscription.route {
            Route::Persona => None,
            Route::Wire { .. } => self.notice(&mut subscription, full),
        };
        let Some(notice) = notice else {
            self.subscriptions.give_back(subscription);
            return self.subscriptions.set_told(id);
        };
        if let Standing::Terminated(reason) = notice.standing {
            self.subscriptions.give_back(subscription);
            let cause = if reason == "rejected" { Cause::Rejected } else { Cause::NoResource };
            return self.end_subscription(id, reason, cause, now);
        }
        let left = if subscription.ways.autoextend {
            subscription.granted
        } else {
            subscription.expires_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
        };
        let word = if notice.standing == Standing::Pending { "pending" } else { "active" };
        let state = format!("{word};expires={}", left.as_secs());
        self.send_notice(&mut subscription, &state, Some(&notice), Purpose::Notify(id), now);
        let extended = subscription.ways.autoextend.then(|| now + subscription.granted);
        self.subscriptions.give_back(subscription);
        if let Some(until) = extended {
            self.subscriptions.extend(id, until);
        }
        self.subscriptions.set_told(id);
        if notice.more {
            self.subscriptions.set_due(id, Due::Change);
        }
    }

    /// Sends a notification in the way that was agreed upon.
    fn send_notice(
        &mut self,
        subscription: &mut Subscription,
        state: &str,
        notice: Option<&Notice>,
        purpose: Purpose,
        now: Instant,
    ) {
        subscription.last_sent = Some(now);
        let best_effort = subscription.ways.benotify;
        let Route::Wire { flow, dialog, event } = &mut subscription.route else { return };
        let method = if best_effort { Method::Benotify } else { Method::Notify };
        let mut request = dialog.request(method.clone());
        if self.config.oddities.disorder {
            // Every two change places.
            let number = request.cseq().map_or(0, |cseq| cseq.number);
            let other = if number % 2 == 0 { number + 1 } else { number.saturating_sub(1) };
            request.headers.set("CSeq", format!("{other} {method}"));
        }
        if !best_effort {
            request.headers.push("Contact", self.own_contact(*flow));
        }
        request.headers.push("Event", event);
        request.headers.push("Subscription-State", state);
        if notice.is_some_and(|n| n.is_list) {
            request.headers.push("Require", "eventlist");
        }
        if let Some((content_type, body)) = notice.and_then(|n| n.body.as_ref()) {
            request.set_body(content_type, body.clone());
        }
        if best_effort {
            return self.endpoint.send_stateless(*flow, request);
        }
        let request = self.endpoint.send_request(*flow, request, now);
        self.purposes.insert(request, purpose);
        subscription.in_flight = true;
    }

    /// Ends a subscription with a last word (RFC 6665 section 4.2.2).
    pub(in crate::demo) fn end_subscription(&mut self, id: SubscriptionId, reason: &str, cause: Cause, now: Instant) {
        let Some(mut subscription) = self.subscriptions.of(id).cloned() else { return };
        // The last word carries the state as well, so that asking once is answered by it.
        let notice = self.notice(&mut subscription, true);
        self.forget_subscription(id, cause);
        let state = format!("terminated;reason={reason}");
        self.send_notice(&mut subscription, &state, notice.as_ref(), Purpose::LastNotify, now);
    }

    /// Ends a subscription without a word: there is nobody to hear it.
    pub(in crate::demo) fn forget_subscription(&mut self, id: SubscriptionId, cause: Cause) {
        let Some(subscription) = self.subscriptions.close(id) else { return };
        for person in subscription.topic.persons() {
            for watcher in self.subscriptions.own_of(&person) {
                if let Some(row) = self.subscriptions.of_mut(watcher)
                    && let Topic::Watchers { told, departed, .. } = &mut row.topic
                    && told.contains_key(&id.to_string())
                {
                    departed.insert(id.to_string(), cause);
                }
            }
            self.watchers_changed(&person);
        }
    }

    /// The subscriber answered a notification, or will not. Anything but yes ends the
    /// subscription (RFC 6665 section 4.2.2).
    pub(in crate::demo) fn on_notified(&mut self, id: SubscriptionId, response: Option<&Message>) {
        let Some(subscription) = self.subscriptions.of_mut(id) else { return };
        subscription.in_flight = false;
        if let (Some(response), Route::Wire { dialog, .. }) = (response, &mut subscription.route) {
            dialog.on_response(response);
        }
        if !response.and_then(Message::status).is_some_and(|code| (200..300).contains(&code)) {
            self.forget_subscription(id, Cause::Timeout);
        }
    }
}

/// A roster as a list.
pub(in crate::demo) fn entries_of(roster: &Roster) -> Vec<Entry> {
    roster
        .contacts()
        .map(|contact| Entry::new(contact.address.as_str(), Some(contact.name.clone()).filter(|n| !n.is_empty())))
        .collect()
}
