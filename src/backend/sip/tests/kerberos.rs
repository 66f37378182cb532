//! Kerberos against a server made of text, with tickets that come, do not come, or come too late.

use std::time::Duration;

use super::world::{World, settings};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, TicketId};
use crate::model::{KerberosFault, SignInPhase, WaitReason};
use crate::sip::auth::fake::{FakeMechanism, ticket};
use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Asker, Association, SaHeader, Scheme, Schemes, Terms, TextVersion};
use crate::sip::message::{Message, parse_datagram};
use crate::sip::tokens::Tokens;

const REALM: &str = "SIP Communications Service";
const HOST: &str = "lcs1.example.test";
const KERBEROS: &str =
    "WWW-Authenticate: Kerberos realm=\"SIP Communications Service\", targetname=\"sip/lcs1.example.test\", version=3";
const NTLM: &str = "WWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\", version=3";
const DIGEST: &str = "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"";
const LIFE: Duration = Duration::from_hours(10);

fn world(schemes: Schemes) -> World {
    let mut world = World::new(SipSettings { schemes, ..settings() });
    world.connect();
    world
}

fn only() -> World {
    world(Schemes::only(Scheme::Kerberos))
}

/// The first word of what a request authenticates with.
fn scheme(request: &Message) -> String {
    request.header("Authorization").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}

/// Challenges the first REGISTER and gives the number of the ticket that is wanted then.
fn wanted(world: &mut World, challenges: &[&str]) -> TicketId {
    let register = world.expect("REGISTER");
    assert!(!register.headers.has("Authorization"), "{register:?}");
    world.answer(&register, 401, challenges);
    world.nothing_sent();
    let (number, host) = world.tickets.pop_front().expect("no ticket is wanted");
    assert_eq!(host, HOST);
    assert!(world.tickets.is_empty());
    number
}

fn alices(life: Duration) -> crate::sip::auth::Ticket {
    ticket("alice@EXAMPLE.TEST", HOST, life)
}

/// The server's side of the association a REGISTER with a token asks for.
fn association(register: &Message, world: &World) -> Association {
    let header = SaHeader::all(register, "Authorization").next().unwrap();
    let token = header.data().unwrap().unwrap();
    let terms = Terms {
        scheme: Scheme::Kerberos,
        realm: REALM.into(),
        target: format!("sip/{HOST}"),
        opaque: "0A1B".into(),
        version: header.version(),
    };
    let mechanism = Box::new(FakeMechanism::new(&token, Sender::Server));
    Association::ticketed(terms, Sender::Server, Asker::Origin, mechanism, LIFE, world.now)
}

/// A 200 to a REGISTER, signed, `spoil`ed after that.
fn signed_ok(world: &mut World, register: &Message, by: &mut Association, spoil: impl FnOnce(&mut Message)) -> Vec<u8> {
    let bytes = world.answer_bytes(register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
    let mut ok = parse_datagram(&bytes).unwrap();
    by.sign(&mut ok, &mut Tokens::from_number(3));
    spoil(&mut ok);
    ok.to_bytes().to_vec()
}

fn end(world: &World) -> WaitReason {
    match world.last_phase() {
        SignInPhase::Waiting { why, .. } | SignInPhase::Offline { why: Some(why) } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_round_and_every_message_is_signed_over_the_same_text() {
    let mut world = only();
    let number = wanted(&mut world, &[NTLM, KERBEROS, DIGEST]);
    world.give(number, Ok(alices(LIFE)));
    let register = world.expect("REGISTER");
    assert_eq!(register.cseq().unwrap().number, 2);
    let header = SaHeader::all(&register, "Authorization").next().unwrap();
    assert_eq!(header.scheme, Scheme::Kerberos);
    let names: Vec<_> = ["qop", "realm", "targetname", "version"].iter().map(|n| header.get(n).unwrap()).collect();
    assert_eq!(names, ["auth", REALM, "sip/lcs1.example.test", "3"]);
    assert_eq!(header.data().unwrap().unwrap(), b"alice@EXAMPLE.TEST for lcs1.example.test");
    assert_eq!((header.get("response"), header.get("opaque")), (None, None), "before version 4 only what follows is signed");
    let mut server = association(&register, &world);
    let ok = signed_ok(&mut world, &register, &mut server, |_| {});
    world.feed(&ok);
    let next = world.take().unwrap();
    let header = SaHeader::all(&next, "Authorization").next().unwrap();
    assert_eq!((header.get("cnum"), header.get("opaque")), (Some("1"), Some("0A1B")), "the name the server gave comes back");
    assert_eq!(header.get("targetname"), Some("sip/lcs1.example.test"));
    assert_eq!(server.verify(&next, &header), Ok(()));
    assert_eq!(TextVersion::V3, header.version().max(TextVersion::V3));
}

#[test]
fn the_fourth_version_signs_the_token_too() {
    let mut world = only();
    let challenge = KERBEROS.replace("version=3", "version=4");
    let number = wanted(&mut world, &[&challenge]);
    world.give(number, Ok(alices(LIFE)));
    let register = world.expect("REGISTER");
    let header = SaHeader::all(&register, "Authorization").next().unwrap();
    assert_eq!(header.get("cnum"), Some("1"));
    assert_eq!(association(&register, &world).verify(&register, &header), Ok(()));
}

#[test]
fn without_a_ticket_the_next_best_has_its_turn() {
    for (offers, next) in [(&[DIGEST, KERBEROS, NTLM][..], "NTLM"), (&[DIGEST, KERBEROS], "Digest")] {
        let mut world = world(Schemes::ANY);
        let number = wanted(&mut world, offers);
        world.take_events();
        world.give(number, Err(KerberosFault::NoTicket));
        let register = world.expect("REGISTER");
        assert_eq!((scheme(&register).as_str(), register.cseq().unwrap().number), (next, 2));
        assert_eq!(world.take_events(), [], "quietly");
        assert!(world.tickets.is_empty());
    }
}

#[test]
fn a_ticket_that_is_refused_gives_way_to_the_next_best() {
    for (offers, next) in [(&[DIGEST, KERBEROS, NTLM][..], "NTLM"), (&[DIGEST, KERBEROS], "Digest")] {
        let mut world = world(Schemes::ANY);
        let number = wanted(&mut world, offers);
        world.give(number, Ok(alices(LIFE)));
        let register = world.expect("REGISTER");
        assert_eq!(scheme(&register), "Kerberos");
        world.answer(&register, 401, offers);
        let register = world.expect("REGISTER");
        assert_eq!(scheme(&register), next);
        assert!(world.tickets.is_empty(), "one ticket is enough for one request");
        if next == "Digest" {
            // The association that came to nothing is not put in force by another's success.
            world.answer(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
            assert_eq!(scheme(&world.take().unwrap()), "");
        }
    }
}

#[test]
fn what_stands_in_the_way_is_said_and_looked_for_again_only_where_that_can_help() {
    let refused = || KerberosFault::Refused { host: HOST.into() };
    for (fault, comes_back) in [
        (KerberosFault::NoTicket, true),
        (KerberosFault::Expired, true),
        (KerberosFault::ClockSkew, true),
        (KerberosFault::Unreachable, true),
        (KerberosFault::NoLibrary { detail: "x".into() }, false),
        (KerberosFault::UnknownService { host: HOST.into() }, false),
    ] {
        let mut world = only();
        let number = wanted(&mut world, &[KERBEROS, NTLM, DIGEST]);
        world.give(number, Err(fault.clone()));
        assert_eq!(end(&world), WaitReason::Kerberos(fault.clone()));
        let waits = matches!(world.last_phase(), SignInPhase::Waiting { .. });
        assert_eq!(waits, comes_back, "{fault:?}");
        if comes_back {
            // Somebody ran kinit: that is of use at once.
            world.command(Command::RetryNow).unwrap();
            world.link_up();
            let number = wanted(&mut world, &[KERBEROS]);
            world.give(number, Ok(alices(LIFE)));
            assert_eq!(scheme(&world.expect("REGISTER")), "Kerberos");
        }
    }
    let mut world = only();
    let number = wanted(&mut world, &[KERBEROS]);
    world.give(number, Ok(alices(LIFE)));
    let register = world.expect("REGISTER");
    world.answer(&register, 401, &[KERBEROS]);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: Some(WaitReason::Kerberos(refused())) });
    // Not offered at all.
    let mut world = only();
    let register = world.expect("REGISTER");
    world.answer(&register, 401, &[NTLM, DIGEST]);
    assert!(matches!(end(&world), WaitReason::NoCommonAuth { .. }));
}

#[test]
fn a_ticket_alone_is_enough_and_its_want_is_named_before_that_of_a_password() {
    let ticket_only = || {
        let mut world = World::new(SipSettings { schemes: Schemes::ANY, credentials: None, ..settings() });
        world.connect();
        world
    };
    let mut world = ticket_only();
    let number = wanted(&mut world, &[DIGEST, KERBEROS]);
    world.give(number, Ok(alices(LIFE)));
    assert_eq!(scheme(&world.expect("REGISTER")), "Kerberos");
    let mut world = ticket_only();
    let number = wanted(&mut world, &[DIGEST, KERBEROS]);
    world.give(number, Err(KerberosFault::Expired));
    assert_eq!(end(&world), WaitReason::Kerberos(KerberosFault::Expired));
    let mut world = ticket_only();
    let register = world.expect("REGISTER");
    world.answer(&register, 401, &[DIGEST]);
    assert_eq!(end(&world), WaitReason::WrongPassword);
}

#[test]
fn a_ticket_that_comes_too_late_is_dropped() {
    // After the link is gone.
    let mut world = only();
    let number = wanted(&mut world, &[KERBEROS]);
    world.cut();
    world.give(number, Ok(alices(LIFE)));
    world.nothing_sent();
    // On the next link the number means nothing.
    world.command(Command::RetryNow).unwrap();
    world.link_up();
    let next = wanted(&mut world, &[KERBEROS]);
    assert_ne!(next, number);
    world.give(number, Ok(alices(LIFE)));
    world.nothing_sent();
    world.give(next, Ok(alices(LIFE)));
    assert_eq!(scheme(&world.expect("REGISTER")), "Kerberos");
    world.give(next, Ok(alices(LIFE)));
    world.give(TicketId(4711), Err(KerberosFault::NoTicket));
    world.nothing_sent();
    // It never comes: nobody waits for ever.
    let mut world = only();
    let number = wanted(&mut world, &[KERBEROS]);
    world.seconds(31);
    assert_eq!(world.last_phase(), SignInPhase::Authenticating);
    world.seconds(2);
    assert_eq!(end(&world), WaitReason::Kerberos(KerberosFault::Unreachable));
    world.give(number, Ok(alices(LIFE)));
    world.nothing_sent();
}

#[test]
fn signing_out_does_not_wait_for_a_ticket() {
    let mut world = only();
    let number = wanted(&mut world, &[KERBEROS]);
    world.command(Command::SignOut).unwrap();
    world.seconds(10);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
    world.give(number, Ok(alices(LIFE)));
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
}

#[test]
fn hostile_challenges() {
    // Names of services that are none of ours are no challenges.
    let long = format!("sip/{}", "a".repeat(5_000));
    for target in ["host/dc.example.test", "sip/", "cifs/fs", "sip/a/b", "sip/x@EVIL.TEST", "", long.as_str()] {
        let absurd = format!("WWW-Authenticate: Kerberos realm=\"{REALM}\", targetname=\"{target}\"");
        let mut world = world(Schemes::ANY);
        let register = world.expect("REGISTER");
        world.answer(&register, 401, &[&absurd, DIGEST]);
        assert!(world.tickets.is_empty(), "{target}");
        assert_eq!(scheme(&world.expect("REGISTER")), "Digest", "{target}");
    }
    for none in [
        "WWW-Authenticate: Kerberos",
        "WWW-Authenticate: Kerberos realm=\"r\"",
        "WWW-Authenticate: Kerberos targetname=\"sip/a\"",
    ] {
        let mut world = only();
        let register = world.expect("REGISTER");
        world.answer(&register, 401, &[none]);
        assert!(world.tickets.is_empty());
        assert!(matches!(end(&world), WaitReason::NoCommonAuth { .. }), "{none}");
    }
    // However many there are, one ticket is got: that of the first.
    let others: Vec<String> = (0..200).map(|n| KERBEROS.replace("lcs1", &format!("x{n}"))).collect();
    let mut many = vec![KERBEROS];
    many.extend(others.iter().map(String::as_str));
    let mut world = only();
    let number = wanted(&mut world, &many);
    world.give(number, Ok(alices(LIFE)));
    // Nor does a server get more by asking again and again.
    let mut asked = 0;
    while let Some(register) = world.take() {
        asked += 1;
        assert!(asked < 10);
        world.answer(&register, 401, &many);
        assert!(world.tickets.is_empty());
    }
    assert_eq!(end(&world), WaitReason::Kerberos(KerberosFault::Refused { host: HOST.into() }));
}

#[test]
fn an_answer_signed_wrongly_is_nobodys_word() {
    let mut world = only();
    let number = wanted(&mut world, &[KERBEROS]);
    world.give(number, Ok(alices(LIFE)));
    let register = world.expect("REGISTER");
    let mut server = association(&register, &world);
    let forged = signed_ok(&mut world, &register, &mut server, |ok| {
        ok.headers.set("Expires", "7");
    });
    world.feed(&forged);
    world.nothing_sent();
    // The right one may still come.
    let ok = signed_ok(&mut world, &register, &mut server, |_| {});
    world.feed(&ok);
    assert!(world.take().is_some());
    world.take_events();
    world.command(Command::ReportTraffic).unwrap();
    let counted = world.take_events().into_iter().find_map(|e| match e {
        Event::Traffic(traffic) => traffic.faults.get("wrong_signature").copied(),
        _ => None,
    });
    assert_eq!(counted, Some(1));
}

#[test]
fn a_new_ticket_before_the_old_one_ends() {
    let mut world = only();
    let number = wanted(&mut world, &[KERBEROS]);
    let life = Duration::from_hours(1);
    world.give(number, Ok(alices(life)));
    let register = world.expect("REGISTER");
    let made = world.now;
    let mut server = association(&register, &world);
    let ok = signed_ok(&mut world, &register, &mut server, |_| {});
    world.feed(&ok);
    // Everything asked is answered until a REGISTER leaves unsigned.
    let anew = loop {
        while let Some(message) = world.take() {
            if message.method().is_some_and(|m| m.as_str() == "REGISTER") && !message.headers.has("Authorization") {
                break;
            }
            if message.method().is_some() {
                let bytes = world.answer_bytes(&message, 200, &["Expires: 3600"]);
                let mut answer = parse_datagram(&bytes).unwrap();
                server.sign(&mut answer, &mut Tokens::from_number(4));
                world.feed(&answer.to_bytes());
            }
        }
        if world.now.duration_since(made) >= life.saturating_sub(Duration::from_mins(5)) {
            break world.now;
        }
        world.seconds(1);
    };
    assert_eq!(anew.duration_since(made).as_secs(), 55 * 60);
}
