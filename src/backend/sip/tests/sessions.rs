//! Talks in sessions: alice is us, everybody else is text.

mod dangling;
mod file_calls;
mod files;
mod golden;
mod hostile;
mod invited;
mod inviting;
mod looks;
mod rooms;
mod typing;

use std::fmt::Write as _;

use super::world::{World, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, Refused};
use crate::model::{Body, Fate, MessageRef};
use crate::sip::message::{Message, parse_datagram};

/// Alice with a server that wants sessions, and what others send her.
pub(super) struct Talk {
    pub(super) world: World,
    branch: u32,
}

pub(super) const SDP: &str = "v=0\r\no=- 0 0 IN IP4 198.51.100.9\r\ns=session\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\n\
                              m=message 5060 sip sip:alice@example.test\r\n";

/// A dialog as the other side knows it.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    pub(super) peer: String,
    pub(super) call: String,
    pub(super) ours: String,
    pub(super) theirs: String,
    pub(super) cseq: u32,
}

impl Talk {
    pub(super) fn new() -> Self {
        Self::over(World::new(settings()))
    }

    pub(super) fn over(mut world: World) -> Self {
        world.connect();
        let register = world.expect("REGISTER");
        world.answer(&register, 200, &["Supported: com.microsoft.msrtc.presence", "Expires: 600"]);
        let mut talk = Self { world, branch: 0 };
        assert!(talk.take().is_none());
        talk.world.seconds(5);
        assert!(talk.take().is_none());
        talk.world.take_events();
        talk
    }

    /// Alice with a server that wants no sessions.
    pub(super) fn page(settings: SipSettings) -> Self {
        let mut talk = Self { world: World::online(settings), branch: 0 };
        assert!(talk.take().is_none());
        talk.world.take_events();
        talk
    }

    /// The next message that left; what has nothing to do with sessions is refused unseen.
    pub(super) fn take(&mut self) -> Option<Message> {
        loop {
            let message = self.world.take()?;
            match message.method().map(ToString::to_string).as_deref() {
                Some("SUBSCRIBE" | "SERVICE" | "PUBLISH" | "REGISTER") => self.world.answer(&message, 489, &[]),
                _ => return Some(message),
            }
        }
    }

    /// Lets time pass; the server answers pings and refreshes of the registration.
    pub(super) fn seconds(&mut self, seconds: u64) {
        for _ in 0..seconds {
            let pings = self.world.pings;
            self.world.seconds(1);
            if self.world.pings > pings {
                self.world.feed(b"\r\n");
            }
            while let Some(at) = self.world.sent.iter().position(|b| b.starts_with(b"REGISTER ")) {
                let register = parse_datagram(&self.world.sent.remove(at).unwrap()).unwrap();
                self.world.answer(&register, 200, &["Supported: com.microsoft.msrtc.presence", "Expires: 600"]);
            }
        }
    }

    #[track_caller]
    pub(super) fn expect(&mut self, method: &str) -> Message {
        let message = self.take().unwrap_or_else(|| panic!("nothing instead of {method}; events: {:?}", self.world.events));
        assert_eq!(message.method().map(ToString::to_string).as_deref(), Some(method), "{message:?}");
        message
    }

    #[track_caller]
    pub(super) fn expect_answer(&mut self, code: u16) -> Message {
        let message = self.take().unwrap_or_else(|| panic!("nothing instead of {code}; events: {:?}", self.world.events));
        assert_eq!(message.status(), Some(code), "{message:?}");
        message
    }

    #[track_caller]
    pub(super) fn nothing(&mut self) {
        let more = self.take();
        assert!(more.is_none(), "{more:?}");
    }

    pub(super) fn say(&mut self, to: &str, text: &str, tag: u64) {
        self.try_say(to, text, tag).unwrap();
    }

    pub(super) fn try_say(&mut self, to: &str, text: &str, tag: u64) -> Result<(), Refused> {
        self.world.command(Command::SendText { to: who(to), body: Body::plain(text), tag: MessageRef(tag) })
    }

    /// Fates told since the last call; all other events are forgotten.
    pub(super) fn fates(&mut self) -> Vec<(u64, Fate)> {
        let fate = |event| match event {
            Event::Delivery { tag, fate } => Some((tag.0, fate)),
            _ => None,
        };
        self.world.take_events().into_iter().filter_map(fate).collect()
    }

    /// The words of them.
    pub(super) fn words(&mut self) -> Vec<(u64, &'static str)> {
        self.fates().into_iter().map(|(tag, fate)| (tag, fate.word())).collect()
    }

    /// Texts that came since the last call; all other events are forgotten.
    pub(super) fn texts(&mut self) -> Vec<(String, String)> {
        let text = |event| match event {
            Event::Text { from, body, .. } => Some((from.user().to_owned(), body.text)),
            _ => None,
        };
        self.world.take_events().into_iter().filter_map(text).collect()
    }

    /// Answers a request with header fields and a body.
    pub(super) fn answer(&mut self, request: &Message, code: u16, tag: &str, headers: &[&str], body: (&str, &str)) {
        let mut out = format!("SIP/2.0 {code} {}\r\n", crate::sip::message::default_reason(code));
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let value = request.header(name).unwrap();
            let tag = if name == "To" && !value.contains(";tag=") { format!(";tag={tag}") } else { String::new() };
            let _ = write!(out, "{name}: {value}{tag}\r\n");
        }
        for header in headers {
            let _ = write!(out, "{header}\r\n");
        }
        if !body.0.is_empty() {
            let _ = write!(out, "Content-Type: {}\r\n", body.0);
        }
        let _ = write!(out, "Content-Length: {}\r\n\r\n{}", body.1.len(), body.1);
        self.world.feed(out.as_bytes());
    }

    /// Says yes to an INVITE of ours.
    pub(super) fn yes(&mut self, invite: &Message, tag: &str) -> Leg {
        let peer = invite.to().unwrap().uri.user().unwrap().to_owned();
        let contact = format!("Contact: <sip:{peer}@198.51.100.9:1677;transport=tls>");
        self.answer(invite, 200, tag, &[&contact], ("application/sdp", SDP));
        Leg {
            peer,
            call: invite.call_id().unwrap(),
            ours: invite.from().unwrap().tag().unwrap(),
            theirs: tag.to_owned(),
            cseq: 0,
        }
    }

    /// A session we made with somebody, with the first text answered.
    pub(super) fn established(&mut self, peer: &str) -> Leg {
        self.say(peer, "hello", 1000);
        let invite = self.expect("INVITE");
        let leg = self.yes(&invite, &format!("{peer}1"));
        self.expect("ACK");
        let message = self.expect("MESSAGE");
        self.world.answer(&message, 200, &[]);
        self.nothing();
        self.world.take_events();
        leg
    }

    /// Somebody sends a request; in a dialog if `leg` has our tag.
    pub(super) fn request(&mut self, leg: &mut Leg, method: &str, headers: &[&str], body: (&str, &str)) {
        leg.cseq += 1;
        let cseq = leg.cseq;
        self.request_numbered(leg, cseq, method, headers, body);
    }

    pub(super) fn request_numbered(&mut self, leg: &Leg, cseq: u32, method: &str, headers: &[&str], body: (&str, &str)) {
        self.branch += 1;
        let Leg { peer, call, ours, theirs, .. } = leg;
        let to_tag = if ours.is_empty() { String::new() } else { format!(";tag={ours}") };
        let mut out = format!(
            "{method} sip:alice@192.0.2.10:49152;transport=tls SIP/2.0\r\n\
             Via: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bKt{}\r\nMax-Forwards: 69\r\n\
             From: <sip:{peer}@example.test>;tag={theirs};epid=8bfb9f3f24\r\nTo: <sip:alice@example.test>{to_tag}\r\n\
             Call-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{peer}@198.51.100.9:1677;transport=tls>\r\n",
            self.branch
        );
        for header in headers {
            let _ = write!(out, "{header}\r\n");
        }
        if !body.0.is_empty() {
            let _ = write!(out, "Content-Type: {}\r\n", body.0);
        }
        let _ = write!(out, "Content-Length: {}\r\n\r\n{}", body.1.len(), body.1);
        self.world.feed(out.as_bytes());
    }

    /// Somebody invites us; nothing is answered yet.
    pub(super) fn invite(&mut self, peer: &str, call: &str, headers: &[&str]) -> Leg {
        let mut leg = Leg { peer: peer.into(), call: call.into(), ours: String::new(), theirs: format!("{peer}{call}"), cseq: 0 };
        self.request(&mut leg, "INVITE", headers, ("application/sdp", SDP));
        leg
    }

    /// Somebody invites us, we accept, they acknowledge.
    pub(super) fn invited(&mut self, peer: &str, call: &str, headers: &[&str]) -> Leg {
        let mut leg = self.invite(peer, call, headers);
        let ok = self.expect_answer(200);
        leg.ours = ok.to().unwrap().tag().unwrap();
        self.request_numbered(&leg, 1, "ACK", &[], ("", ""));
        leg
    }

    /// Somebody writes in a session.
    pub(super) fn hears(&mut self, leg: &mut Leg, text: &str) {
        self.request(leg, "MESSAGE", &[], ("text/plain; charset=UTF-8", text));
    }
}
