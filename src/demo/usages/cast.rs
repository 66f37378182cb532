//! The personas' acts become publications, messages and subscriptions like those of anybody else.

use std::time::Instant;

use super::Server;
use crate::demo::accounts::{Account, Handling};
use crate::demo::personas::{Act, prefilled_roster};
use crate::demo::publications::{PublishContext, PublishWish};
use crate::demo::relay::Origin;
use crate::demo::scripts::Mood;
use crate::demo::subscriptions::{Form, NewSubscription, Route, Topic, Ways};
use crate::demo::talks::Piece;
use crate::formats::iscomposing::{self, IsComposing};
use crate::formats::pidf::{Basic, Note, Person, Presence, Tuple};
use crate::formats::rpid::{Activity, Input, UserInput};
use crate::model::{Address, Availability};
use crate::sip::message::{Message, Method, quote};

/// Tag of a persona's only publication. No client can have it: theirs are hex digits.
const TAG: &str = "persona";

impl Server {
    /// The personas move in; every user finds them on the roster.
    pub(in crate::demo) fn move_in(&mut self, now: Instant) {
        let people: Vec<_> = self.cast.people().map(|(who, display, mood)| (who.clone(), display, mood)).collect();
        for (who, display, mood) in people {
            self.accounts.insert(who.clone(), Account::resident(display));
            self.feel(&who, mood, now);
        }
        let roster = prefilled_roster(&self.config.domain);
        let users: Vec<Address> = self.accounts.iter().map(|(who, _)| who.clone()).filter(|who| !self.cast.has(who)).collect();
        for user in users {
            if let Some(account) = self.accounts.of_mut(&user) {
                // A prefilled roster is far below the limit; if not, there is none.
                let _ = account.set_roster(roster.clone(), &self.config.limits);
            }
        }
    }

    /// A user signed in or out: the personas notice.
    pub(in crate::demo) fn audience_changed(&mut self, user: &Address, now: Instant) {
        if self.registrar.bindings(user).is_empty() {
            return self.cast.leaves(user);
        }
        let name = self.accounts.of(user).map(|a| a.display.clone()).unwrap_or_default();
        self.cast.arrives(user, &name, now);
        let watching: Vec<Address> = self.subscriptions.watchers_of(user);
        let people: Vec<Address> = self.cast.people().map(|(who, ..)| who.clone()).collect();
        for persona in people {
            if !watching.contains(&persona) {
                let new = NewSubscription {
                    watcher: persona,
                    route: Route::Persona,
                    topic: Topic::Person { who: user.clone(), told: None },
                    form: Form::default(),
                    ways: Ways::default(),
                    granted: None,
                };
                self.subscriptions.open(new, now);
                self.watchers_changed(user);
            }
        }
    }

    /// A user decided on watchers: a persona who had asked is glad.
    pub(in crate::demo) fn personas_let_in(&mut self, user: &Address, now: Instant) {
        let Some(account) = self.accounts.of(user) else { return };
        let allowed: Vec<Address> =
            account.decisions().into_iter().filter(|(_, h)| *h == Handling::Allow).map(|(who, _)| who).collect();
        for who in allowed {
            self.cast.is_let_in(&who, user, now);
        }
    }

    /// A message for a persona.
    pub(in crate::demo) fn persona_hears(&mut self, who: &Address, from: &Address, request: &Message, now: Instant) {
        if request.content_type() == "text/plain" {
            let text = String::from_utf8_lossy(&request.body).into_owned();
            self.cast.hears(who, from, &text, now);
        }
    }

    /// Carries out what the personas do now; `true` if they did something.
    pub(in crate::demo) fn play(&mut self, now: Instant) -> bool {
        let mut busy = false;
        while let Some(act) = self.cast.step(now) {
            busy = true;
            match act {
                Act::Feel { who, mood } => {
                    self.feel(&who, mood, now);
                    self.presence_changed(&who);
                    if mood.availability == Availability::Offline {
                        self.leave_all_talks(&who, now);
                    }
                }
                Act::Type { who, to, active } => self.persona_types(&who, &to, active, now),
                Act::Say { who, to, text } => self.persona_says(&who, &to, text, now),
                Act::Tell { who, room, text } => self.tells_room(&who, &room, &text, now),
                Act::Gather { who, with, to, room, text } => {
                    if self.may_write(&who, &to) && self.may_write(&with, &to) {
                        self.gathers((&who, &with), &to, &room, text, now);
                    }
                }
            }
        }
        busy
    }

    fn feel(&mut self, who: &Address, mood: Mood, now: Instant) {
        let is_there = self.publications.has(who, TAG);
        let wish = match (mood.availability, is_there) {
            (Availability::Offline, false) => return,
            (Availability::Offline, true) => PublishWish::Remove(TAG.to_owned()),
            (_, false) => PublishWish::Initial(document(who, mood)),
            (_, true) => PublishWish::Modify(TAG.to_owned(), document(who, mood)),
        };
        let context = PublishContext { flow: None, fresh_tag: TAG.to_owned(), expires: u32::MAX, at: self.stamp(now), now };
        // A persona has one publication, so there is always room for it.
        let _ = self.publications.apply(who, wish, context, &self.config.limits);
    }

    /// A persona begins or stops to write: in a session to a client of LCS, else as a message.
    fn persona_types(&mut self, who: &Address, to: &Address, active: bool, now: Instant) {
        if !self.may_write(who, to) || self.in_session(who, to, Piece::Keys(active), now) {
            return;
        }
        let document = if active { IsComposing::active(60) } else { IsComposing::idle() };
        self.persona_sends(who, to, iscomposing::MEDIA_TYPE, iscomposing::write(&document), now);
    }

    fn persona_says(&mut self, who: &Address, to: &Address, text: String, now: Instant) {
        if !self.may_write(who, to) {
            return;
        }
        let piece = self.worded(who, text.clone());
        if !self.in_session(who, to, piece, now) {
            self.persona_sends(who, to, "text/plain", text, now);
        }
    }

    pub(in crate::demo) fn may_write(&self, who: &Address, to: &Address) -> bool {
        self.accounts.of(to).is_some_and(|account| account.rights_of(who, self.config.default_handling).may_write)
    }

    /// A message outside of any session.
    pub(in crate::demo) fn persona_sends(&mut self, who: &Address, to: &Address, content_type: &str, body: String, now: Instant) {
        if !self.may_write(who, to) || self.relays.len() >= self.config.limits.relays {
            return;
        }
        let display = self.accounts.of(who).map(|a| quote(&a.display)).unwrap_or_default();
        self.cseq += 1;
        let mut request = Message::request(Method::Message, to.as_str());
        request.headers.push("Max-Forwards", "70");
        request.headers.push("From", format!("{display} <{who}>;tag={}", who.user()));
        request.headers.push("To", format!("<{to}>"));
        request.headers.push("Call-ID", format!("{}-{}@{}", who.user(), to.user(), self.config.domain));
        request.headers.push("CSeq", format!("{} MESSAGE", self.cseq));
        request.set_body(content_type, body.into_bytes());
        self.pass_on(Origin::Persona, to.clone(), Box::new(request), now);
    }
}

fn document(who: &Address, mood: Mood) -> Presence {
    let activity = match mood.availability {
        Availability::Busy => Some(Activity::Busy),
        Availability::OnThePhone => Some(Activity::OnThePhone),
        Availability::Away | Availability::BeRightBack => Some(Activity::Away),
        Availability::OutToLunch => Some(Activity::Meal),
        Availability::Online | Availability::Idle | Availability::Offline | Availability::Unknown => None,
    };
    let idle = mood.availability == Availability::Idle;
    let mut person = Person::new(&format!("p-{}", who.user()));
    person.activities.extend(activity);
    person.user_input =
        Some(UserInput { state: if idle { Input::Idle } else { Input::Active }, last_input: None, idle_threshold: None });
    // Rich presence has no word for it; the note beside the activity is what clients go by.
    if mood.availability == Availability::BeRightBack {
        person.activity_notes.push(Note::new("Be right back"));
    }
    if !mood.note.is_empty() {
        person.notes.push(Note::new(mood.note));
    }
    let tuple = Tuple::new(&format!("t-{}", who.user()), Basic::Open);
    Presence { entity: who.as_str().to_owned(), tuples: vec![tuple], persons: vec![person], ..Presence::default() }
}
