//! Alice's side of a link, without the rest of the account.

use std::time::{Duration, Instant};

use crate::backend::sip::services::exchange::{Outcome, Said};
use crate::backend::sip::tests::world::settings;
use crate::backend::sip::traits::Traits;
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, LinkId, Output, PeerInfo};
use crate::formats::soap::{self, Answer, Call};
use crate::model::Transport;
use crate::sip::message::{Message, parse_datagram};

/// A link to a server that has everything.
pub(in crate::backend::sip::services) fn ua() -> Ua {
    let mut ua = Ua::new(settings());
    let peer = PeerInfo {
        transport: Transport::Tls,
        local: "192.0.2.10:49152".parse().unwrap(),
        peer: "203.0.113.5:5061".parse().unwrap(),
        server: "lcs1.example.test:5061".into(),
        second_best: false,
    };
    ua.link_up(LinkId(1), &peer);
    let mut answer = Message::response(200);
    answer.headers.push("Supported", "com.microsoft.msrtc.presence");
    let events = "vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,presence,presence.wpending";
    answer.headers.push("Allow-Events", events);
    ua.traits = Traits::heard(&answer, false);
    ua
}

/// What was told since the last call; requests that left meanwhile are lost.
pub(in crate::backend::sip::services) fn events(ua: &mut Ua) -> Vec<Event> {
    drain(ua).1
}

/// Calls that left since the last call; events meanwhile are lost.
pub(in crate::backend::sip::services) fn calls(ua: &mut Ua) -> Vec<Call> {
    drain(ua).0.iter().map(|message| soap::read_call(&message.body).unwrap()).collect()
}

/// Requests that left, and events.
pub(in crate::backend::sip::services) fn drain(ua: &mut Ua) -> (Vec<Message>, Vec<Event>) {
    let (mut sent, mut events) = (Vec::new(), Vec::new());
    while let Some(output) = ua.next_output() {
        match output {
            Output::Transmit { bytes, .. } => sent.push(parse_datagram(&bytes).unwrap()),
            Output::Event(event) => events.push(event),
            Output::Open { .. } | Output::Close { .. } | Output::Ticket { .. } | Output::Idle(_) => {}
        }
    }
    (sent, events)
}

/// The notices among events.
pub(in crate::backend::sip::services) fn notices(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|event| if let Event::Notice { text, .. } = event { Some(text.as_str()) } else { None }).collect()
}

pub(in crate::backend::sip::services) const OK: Outcome = Outcome::Done(Said::Nothing);

pub(in crate::backend::sip::services) const fn refused(code: u16) -> Outcome {
    Outcome::Refused { code, again: None }
}

pub(in crate::backend::sip::services) const fn group(id: u8) -> Outcome {
    Outcome::Done(Said::Answer(Answer::GroupAdded(id)))
}

pub(in crate::backend::sip::services) fn later(now: Instant, seconds: u64) -> Instant {
    now + Duration::from_secs(seconds)
}
