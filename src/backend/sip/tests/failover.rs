//! The next server when one is no good (RFC 3263 section 4.3).

use std::time::{Duration, Instant};

use super::world::{World, peer, settings};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, Input};
use crate::model::{Secret, SignInPhase, WaitReason};
use crate::sip::auth::Clock;
use crate::sip::message::Message;

/// Servers `a`, `b` and so on, which are opened in their order by who opens links.
struct Servers {
    world: World,
}

impl Servers {
    fn new() -> Self {
        let mut world = World::new(settings());
        world.only_server = false;
        world.command(Command::SignIn).unwrap();
        Self { world }
    }

    /// The link asked for last comes up at a server; the REGISTER that follows.
    fn up(&mut self, server: &str, address: u8) -> Message {
        self.world.sent.clear();
        let link = *self.world.opened.last().unwrap();
        self.world.up(link, &peer(server, address));
        self.world.expect("REGISTER")
    }

    fn down(&mut self, why: WaitReason) {
        self.world.down(why);
    }

    /// The servers not to be gone to.
    fn shut(&self) -> Vec<&str> {
        self.world.known.last().unwrap().shut.iter().map(|met| met.server.as_str()).collect()
    }

    fn waits(&self) -> (Duration, WaitReason) {
        let SignInPhase::Waiting { retry_in, why } = self.world.last_phase() else { panic!("{:?}", self.world.events) };
        (retry_in, why)
    }
}

#[test]
fn busy_servers_are_asked_once_each_and_then_left_alone_as_long_as_they_wish() {
    let mut servers = Servers::new();
    let first = servers.up("a:5061", 1);
    servers.world.answer(&first, 503, &["Retry-After: 300"]);
    assert_eq!((servers.shut(), servers.world.opened.len()), (vec!["a:5061"], 2));
    let second = servers.up("b:5061", 2);
    assert_ne!(second.top_via().unwrap().branch(), first.top_via().unwrap().branch());
    servers.world.answer(&second, 503, &["Retry-After: 120"]);
    assert_eq!(servers.shut()[..2], ["a:5061", "b:5061"]);
    assert_eq!(servers.world.closed.len(), 2);
    servers.down(WaitReason::NoOtherServer);
    let (wait, why) = servers.waits();
    assert!((120..=144).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(why, WaitReason::Busy { code: 503, reason: "Service Unavailable".into() });
    let said = servers.world.phases();
    assert_eq!(said, ["resolving", "authenticating", "authenticating", "waiting"], "one attempt");
    servers.world.seconds(119);
    assert_eq!(servers.world.opened.len(), 3);
    servers.world.seconds(26);
    assert_eq!(servers.world.opened.len(), 4);
    assert_eq!(servers.shut(), ["a:5061"], "this one wished for more");
    let third = servers.up("b:5061", 2);
    servers.world.answer(&third, 200, &[]);
    assert_eq!(servers.world.phases().last(), Some(&"subscribing"));
}

#[test]
fn a_silent_server_and_one_that_hangs_up_are_followed_by_the_next_in_the_same_attempt() {
    let mut servers = Servers::new();
    servers.up("a:5061", 1);
    servers.world.seconds(31);
    assert_eq!(servers.world.opened.len(), 1);
    servers.world.seconds(1);
    assert_eq!(servers.shut(), ["a:5061"], "no answer for 64 T1");
    servers.up("b:5061", 2);
    servers.down(WaitReason::Closed);
    assert_eq!(servers.shut(), ["a:5061", "b:5061"]);
    servers.down(WaitReason::Refused { at: "c:5061".into() });
    let (wait, why) = servers.waits();
    assert!(wait <= Duration::from_secs(3), "{wait:?}");
    assert_eq!(why, WaitReason::Timeout { at: "a:5061".into() }, "what is wrong with the first one");
    servers.world.seconds(3);
    assert_eq!(servers.shut(), Vec::<&str>::new(), "a new attempt");
    let poor: Vec<_> = servers.world.known.last().unwrap().poor.iter().map(|met| met.server.as_str()).collect();
    assert_eq!(poor, ["a:5061", "b:5061"]);
}

#[test]
fn a_refusal_is_no_reason_to_ask_the_next_one() {
    for code in [401, 403, 404, 500, 504] {
        let mut servers = Servers::new();
        let register = servers.up("a:5061", 1);
        servers.world.answer(&register, code, &[]);
        assert_eq!(servers.world.opened.len(), 1, "{code}");
    }
}

#[test]
fn a_server_that_dies_later_goes_behind_and_one_that_wants_to_be_left_alone_is() {
    let mut servers = Servers::new();
    let register = servers.up("a:5061", 1);
    servers.world.answer(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=60"]);
    servers.down(WaitReason::Closed);
    servers.world.seconds(4);
    assert_eq!(servers.world.opened.len(), 2);
    let known = servers.world.known.last().unwrap();
    assert_eq!((known.shut.len(), known.poor.len(), known.goes_on), (0, 1, false));
    let register = servers.up("b:5061", 2);
    servers.world.answer(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=60"]);
    servers.world.sent.clear();
    // The binding ends while the server is too busy to refresh it.
    for _ in 0..100 {
        servers.world.seconds(1);
        while let Some(message) = servers.world.take() {
            if message.method().is_some_and(|m| m.as_str() == "REGISTER") {
                servers.world.answer(&message, 503, &["Retry-After: 600"]);
            }
        }
    }
    assert_eq!(servers.shut(), ["b:5061"], "{:?}", servers.world.events);
}

#[test]
fn who_wants_it_now_gets_it_whatever_servers_wished() {
    let mut servers = Servers::new();
    let register = servers.up("a:5061", 1);
    servers.world.answer(&register, 503, &["Retry-After: 3600"]);
    servers.down(WaitReason::NoOtherServer);
    assert!(servers.waits().0 >= Duration::from_hours(1));
    servers.world.command(Command::RetryNow).unwrap();
    assert_eq!(servers.shut(), Vec::<&str>::new());
    let register = servers.up("a:5061", 1);
    servers.world.answer(&register, 200, &[]);
    let shown = servers.world.events.iter().rev().find_map(|event| match event {
        Event::Phase { server, .. } => Some(server.clone()),
        _ => None,
    });
    assert_eq!(shown, Some(Some("a:5061".into())));
}

#[test]
fn the_next_attempt_comes_soon_when_the_network_is_there_again() {
    let mut servers = Servers::new();
    for _ in 0..4 {
        servers.down(WaitReason::Network { detail: "unreachable".into() });
        let (wait, _) = servers.waits();
        servers.world.pass(wait);
    }
    servers.down(WaitReason::Network { detail: "unreachable".into() });
    let opened = servers.world.opened.len();
    servers.world.input(Input::Disturbed);
    servers.world.seconds(2);
    assert_eq!(servers.world.opened.len(), opened + 1);
}

#[test]
fn a_password_is_refused_twice_at_most_and_then_left_alone() {
    const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n\", qop=\"auth\"";
    let clock = Some(Clock::new(Instant::now(), Duration::from_hours(500_000)));
    let mut world = World::new(SipSettings { clock, ..settings() });
    let mut remembered = None;
    let mut refused = |world: &mut World| {
        let before = world.opened.len();
        world.command(Command::SignIn).unwrap();
        if world.opened.len() > before {
            world.link_up();
            for nonce in ["a", "b"] {
                let register = world.expect("REGISTER");
                world.answer(&register, 401, &[&CHALLENGE.replace("\"n\"", &format!("\"{nonce}\""))]);
            }
        }
        assert_eq!(world.last_phase(), SignInPhase::Offline { why: Some(WaitReason::WrongPassword) });
        for event in world.take_events() {
            match event {
                Event::Refusals(told) => remembered = told,
                Event::Notice { code: "password-held-back", text, .. } => assert!(text.contains("30 min"), "{text}"),
                _ => {}
            }
        }
        (world.opened.len() - before, remembered)
    };
    assert_eq!(refused(&mut world).0, 1);
    assert_eq!(refused(&mut world).0, 1);
    let (tried, remembered) = refused(&mut world);
    assert_eq!((tried, remembered.unwrap().times), (0, 2));
    // Nor by the program when it is started anew.
    let mut again = World::new(SipSettings { clock, refusals: remembered, ..settings() });
    assert_eq!(refused(&mut again).0, 0);
    // Another password may be tried, and if it is right all is forgotten.
    again.command(Command::SetPassword(Secret::new("another".into()))).unwrap();
    again.connect();
    let register = again.expect("REGISTER");
    again.answer(&register, 200, &[]);
    assert!(again.events.contains(&Event::Refusals(None)));
    world.seconds(1801);
    assert_eq!(refused(&mut world).0, 1, "after half an hour");
}

#[test]
fn a_key_held_down_is_one_wish() {
    let mut servers = Servers::new();
    servers.down(WaitReason::Network { detail: "unreachable".into() });
    let opened = servers.world.opened.len();
    for _ in 0..30 {
        servers.world.command(Command::RetryNow).unwrap();
        if servers.world.opened.len() > opened {
            servers.down(WaitReason::Network { detail: "unreachable".into() });
        }
    }
    assert_eq!(servers.world.opened.len(), opened + 1);
}
