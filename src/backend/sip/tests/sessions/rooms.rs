//! Conversations of several people.

use super::super::world::who;
use super::{Leg, Talk};
use crate::backend::{Command, Event, Refused, RoomCommand, RoomEvent};
use crate::model::{Access, Address, Body, Fate, MessageRef, RoomId};
use crate::sip::message::{Message, parse_datagram};

mod limits;
mod managers;

fn order(talk: &mut Talk, order: RoomCommand) -> Result<(), Refused> {
    talk.world.command(Command::Room(order))
}

fn open(talk: &mut Talk, names: &[&str]) -> RoomId {
    order(talk, RoomCommand::Open(names.iter().map(|n| who(n)).collect())).unwrap();
    let opened = |event: &Event| match event {
        Event::Room(RoomEvent::Opened { room, .. }) => Some(room.clone()),
        _ => None,
    };
    talk.world.events.iter().find_map(opened).unwrap()
}

/// What was told since the last call, in short.
fn told(talk: &mut Talk) -> Vec<String> {
    let names = |people: &[Address]| people.iter().map(Address::user).collect::<Vec<_>>().join(" ");
    let told = |event| match event {
        Event::Room(RoomEvent::Opened { people, by, .. }) => {
            Some(format!("opened {}{}", names(&people), by.map(|b| format!(" by {}", b.user())).unwrap_or_default()))
        }
        Event::Room(RoomEvent::Joined { who, .. }) => Some(format!("joined {}", who.user())),
        Event::Room(RoomEvent::Left { who, why, .. }) => {
            Some(format!("left {}{}", who.user(), why.map(|w| format!(": {w}")).unwrap_or_default()))
        }
        Event::Room(RoomEvent::Text { from, body, .. }) => Some(format!("{} says {}", from.user(), body.text)),
        Event::Room(RoomEvent::Closed { why, .. }) => {
            Some(format!("closed{}", why.map(|w| format!(": {w}")).unwrap_or_default()))
        }
        Event::Delivery { tag, fate } => Some(match fate {
            Fate::Failed { why } | Fate::Unconfirmed { why } => format!("{} {why}", tag.0),
            fate => format!("{} {}", tag.0, fate.word()),
        }),
        Event::Notice { code, .. } => Some(format!("notice {code}")),
        _ => None,
    };
    talk.world.take_events().into_iter().filter_map(told).collect()
}

fn say(talk: &mut Talk, room: &RoomId, text: &str, tag: u64) {
    order(talk, RoomCommand::Say { room: room.clone(), body: Body::plain(text), tag: MessageRef(tag) }).unwrap();
}

/// A room of ours with these people in it.
fn opened(talk: &mut Talk, names: &[&str]) -> (RoomId, Vec<Leg>) {
    let room = open(talk, names);
    let mut legs = Vec::new();
    for name in names {
        let invite = talk.expect("INVITE");
        legs.push(talk.yes(&invite, &format!("{name}-tag")));
        talk.expect("ACK");
    }
    talk.nothing();
    talk.world.take_events();
    (room, legs)
}

/// Whoever asked us in is heard, so we take part.
fn enter(talk: &mut Talk) -> RoomId {
    let opened = |event: &Event| match event {
        Event::Room(RoomEvent::Opened { room, .. }) => Some(room.clone()),
        _ => None,
    };
    let room = talk.world.events.iter().find_map(opened).unwrap();
    order(talk, RoomCommand::Enter(room.clone())).unwrap();
    room
}

/// Bob manages a room with carol and asks us in; carol says yes.
fn asked_in(talk: &mut Talk) -> (RoomId, Leg, Leg) {
    let headers = [
        "Require: com.microsoft.rtc-multiparty",
        "Roster-Manager: sip:bob@example.test",
        "EndPoints: \"Example, Bob\" <sip:bob@example.test>;epid=8bfb9f3f24, <sip:carol@example.test>;epid=ca401, <sip:alice@example.test>",
    ];
    let bob = talk.invited("bob", "c1", &headers);
    let room = enter(talk);
    let invite = talk.expect("INVITE");
    let carol = talk.yes(&invite, "carol-tag");
    talk.expect("ACK");
    talk.nothing();
    (room, bob, carol)
}

fn endpoints(invite: &Message) -> Vec<String> {
    invite.headers.list("EndPoints")
}

#[test]
fn people_are_asked_in_one_after_the_other_and_hear_everything() {
    let mut talk = Talk::new();
    let room = open(&mut talk, &["bob", "carol"]);
    let first = talk.expect("INVITE");
    talk.nothing();
    assert_eq!(first.uri(), "sip:bob@example.test");
    assert_eq!(first.header("Require").unwrap(), "com.microsoft.rtc-multiparty");
    assert_eq!(first.header("Roster-Manager").unwrap(), "sip:alice@example.test");
    assert_eq!(
        endpoints(&first),
        ["<sip:alice@example.test>;epid=0000000000", "<sip:bob@example.test>", "<sip:carol@example.test>"]
    );
    say(&mut talk, &room, "hello all", 1);
    assert_eq!(told(&mut talk), ["opened bob carol", "1 sent"]);
    let bob = talk.yes(&first, "b");
    talk.expect("ACK");
    let to_bob = talk.expect("MESSAGE");
    let second = talk.expect("INVITE");
    assert_eq!((second.uri(), second.call_id()), ("sip:carol@example.test", first.call_id()));
    assert_eq!(second.header("Ms-Conversation-ID"), first.header("Ms-Conversation-ID"));
    assert_ne!(second.from().unwrap().tag(), first.from().unwrap().tag());
    let mut carol = talk.yes(&second, "c");
    talk.expect("ACK");
    let to_carol = talk.expect("MESSAGE");
    assert_eq!((&to_bob.body[..], &to_carol.body[..]), (&b"hello all"[..], &b"hello all"[..]));
    talk.world.answer(&to_bob, 200, &[]);
    assert_eq!(told(&mut talk), ["joined bob", "joined carol"], "the fate is open until everybody has it");
    talk.world.answer(&to_carol, 200, &[]);
    talk.hears(&mut carol, "hi");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["1 delivered", "carol says hi"]);
    assert_eq!(room.as_str().len(), 16);
    let _ = bob;
}

#[test]
fn the_fate_names_who_did_not_get_it() {
    let mut talk = Talk::new();
    let (room, _) = opened(&mut talk, &["bob", "carol", "dave"]);
    say(&mut talk, &room, "x", 1);
    let messages: Vec<Message> = (0..3).map(|_| talk.expect("MESSAGE")).collect();
    talk.world.answer(&messages[0], 200, &[]);
    talk.world.answer(&messages[1], 415, &[]);
    talk.seconds(59);
    told(&mut talk);
    talk.seconds(1);
    assert_eq!(
        told(&mut talk),
        ["1 it did not reach carol@example.test: the other person's program takes nothing of this kind (415)"]
    );
    say(&mut talk, &room, "y", 2);
    for _ in 0..2 {
        let message = talk.expect("MESSAGE");
        talk.world.answer(&message, 200, &[]);
    }
    talk.expect("MESSAGE");
    told(&mut talk);
    talk.seconds(60);
    assert_eq!(told(&mut talk), ["2 it may not have reached dave@example.test: no answer came in time; it may have arrived"]);
}

#[test]
fn who_cannot_come_is_named_and_the_rest_goes_on() {
    let mut talk = Talk::new();
    let room = open(&mut talk, &["bob", "carol", "dave"]);
    say(&mut talk, &room, "x", 1);
    let bob = talk.expect("INVITE");
    talk.answer(&bob, 480, "b", &[], ("", ""));
    talk.expect("ACK");
    let carol = talk.expect("INVITE");
    assert_eq!(endpoints(&carol).len(), 3, "bob is not in it");
    talk.answer(&carol, 420, "c", &["Unsupported: com.microsoft.rtc-multiparty"], ("", ""));
    talk.expect("ACK");
    let dave = talk.expect("INVITE");
    talk.yes(&dave, "d");
    talk.expect("ACK");
    let message = talk.expect("MESSAGE");
    talk.world.answer(&message, 200, &[]);
    assert_eq!(
        told(&mut talk),
        [
            "opened bob carol dave",
            "1 sent",
            "left bob: the person is not signed in (480)",
            "left carol: their program does not know conversations of several people",
            "joined dave",
            "1 it did not reach bob@example.test: the person is not signed in (480); carol@example.test: their program does not \
             know conversations of several people",
        ]
    );
}

#[test]
fn a_conversation_nobody_comes_to_is_over() {
    let mut talk = Talk::new();
    let room = open(&mut talk, &["bob"]);
    let bob = talk.expect("INVITE");
    talk.answer(&bob, 180, "b", &[], ("", ""));
    talk.seconds(30);
    talk.expect("CANCEL");
    assert_eq!(
        told(&mut talk),
        ["opened bob", "left bob: their program did not answer", "closed: nobody else is in this conversation any more"]
    );
    let gone = order(&mut talk, RoomCommand::Leave(room));
    assert_eq!(gone, Err(Refused::Unknown("this conversation is over".into())));
}

#[test]
fn leaving_says_good_bye_to_everybody() {
    let mut talk = Talk::new();
    let (room, mut legs) = opened(&mut talk, &["bob", "carol"]);
    say(&mut talk, &room, "x", 1);
    talk.expect("MESSAGE");
    let message = talk.expect("MESSAGE");
    talk.world.answer(&message, 200, &[]);
    told(&mut talk);
    order(&mut talk, RoomCommand::Leave(room.clone())).unwrap();
    assert_eq!(talk.expect("BYE").to().unwrap().tag().unwrap(), "bob-tag");
    talk.expect("BYE");
    assert_eq!(
        told(&mut talk),
        ["1 it may not have reached bob@example.test: the conversation ended before the answer came", "closed"]
    );
    talk.hears(&mut legs[0], "too late");
    talk.expect_answer(481);
    let refused = order(&mut talk, RoomCommand::Say { room, body: Body::plain("x"), tag: MessageRef(2) });
    assert!(refused.is_err());
}

#[test]
fn the_others_leave_one_by_one() {
    let mut talk = Talk::new();
    let (_, mut legs) = opened(&mut talk, &["bob", "carol"]);
    talk.request(&mut legs[0], "BYE", &[], ("", ""));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["left bob"]);
    talk.request(&mut legs[1], "BYE", &[], ("", ""));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["left carol", "closed: nobody else is in this conversation any more"]);
}

#[test]
fn being_asked_in_makes_a_session_with_everybody_named() {
    let mut talk = Talk::new();
    let headers = [
        "Require: com.microsoft.rtc-multiparty",
        "Roster-Manager: sip:bob@example.test",
        "EndPoints: \"Example, Bob\" <sip:bob@example.test>;epid=8bfb9f3f24, <sip:carol@example.test>;epid=ca401, <sip:alice@example.test>",
        "ms-text-format: text/plain;ms-body=SGVsbG8sIEJvYiE=",
    ];
    let mut bob = talk.invited("bob", "c1", &headers);
    enter(&mut talk);
    let invite = talk.expect("INVITE");
    assert_eq!((invite.uri(), invite.call_id().unwrap().as_str()), ("sip:carol@example.test", "c1"));
    assert_eq!(invite.header("TriggeredInvite").unwrap(), "TRUE");
    assert_eq!(invite.header("Require").unwrap(), "com.microsoft.rtc-multiparty");
    assert_eq!(invite.header("To").unwrap(), "<sip:carol@example.test>;epid=ca401");
    assert!(!invite.headers.has("Roster-Manager") && !invite.headers.has("EndPoints"));
    assert_eq!(told(&mut talk), ["opened bob carol by bob", "bob says Hello, Bob!"]);
    talk.answer(&invite, 480, "c", &[], ("", ""));
    talk.expect("ACK");
    assert_eq!(told(&mut talk), ["left carol: the person is not signed in (480)"]);
    talk.hears(&mut bob, "only we two");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["bob says only we two"]);
}

#[test]
fn a_new_person_comes_in_by_an_invite_because_of_us() {
    let mut talk = Talk::new();
    let (room, _, _) = asked_in(&mut talk);
    told(&mut talk);
    let triggered = ["TriggeredInvite: TRUE", "Require: com.microsoft.rtc-multiparty"];
    let mut dave = talk.invited("dave", "c1", &triggered);
    assert_eq!(told(&mut talk), ["joined dave"]);
    say(&mut talk, &room, "welcome", 1);
    for _ in 0..3 {
        let message = talk.expect("MESSAGE");
        talk.world.answer(&message, 200, &[]);
    }
    talk.hears(&mut dave, "thanks");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["1 sent", "1 delivered", "dave says thanks"]);
}

#[test]
fn who_asked_us_in_is_told_though_another_was_faster() {
    let triggered = ["TriggeredInvite: TRUE", "Require: com.microsoft.rtc-multiparty"];
    let mut talk = Talk::new();
    let mut carol = talk.invited("carol", "c1", &triggered);
    talk.hears(&mut carol, "too fast");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), Vec::<String>::new());
    talk.seconds(1);
    let headers = [
        "Roster-Manager: sip:bob@example.test",
        "EndPoints: <sip:bob@example.test>, <sip:carol@example.test>, <sip:alice@example.test>",
    ];
    talk.invited("bob", "c1", &headers);
    talk.nothing();
    assert_eq!(told(&mut talk), ["opened bob carol by bob", "carol says too fast"]);
    let mut talk = Talk::new();
    let mut carol = talk.invited("carol", "c1", &triggered);
    talk.seconds(2);
    talk.hears(&mut carol, "nobody else?");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["opened carol by carol", "carol says nobody else?"]);
    let mut talk = Talk::new();
    let mut carol = talk.invited("carol", "c1", &triggered);
    talk.request(&mut carol, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    talk.seconds(5);
    assert_eq!(told(&mut talk), Vec::<String>::new(), "nothing happened");
}

#[test]
fn the_case_of_letters_makes_nobody_another() {
    let mut talk = Talk::new();
    let headers = [
        "Roster-Manager: sip:BOB@example.test",
        "EndPoints: <sip:Bob@Example.test>, <sip:Alice@example.test>, <sip:carol@example.test>",
    ];
    talk.world.command(Command::PutContact { address: who("Carol"), name: String::new(), groups: Vec::new() }).unwrap();
    while talk.take().is_some() {}
    talk.world.take_events();
    let mut bob = talk.invited("Bob", "c1", &headers);
    let room = enter(&mut talk);
    assert_eq!(talk.expect("INVITE").uri(), "sip:Carol@example.test");
    talk.nothing();
    assert_eq!(told(&mut talk), ["opened Bob Carol by Bob"]);
    order(&mut talk, RoomCommand::Invite { room, who: who("dave") }).unwrap();
    talk.expect("REFER");
    talk.hears(&mut bob, "x");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["Bob says x"]);
}

#[test]
fn a_talk_of_two_becomes_one_of_three() {
    let mut talk = Talk::new();
    let headers = ["Roster-Manager: sip:bob@example.test", "EndPoints: <sip:bob@example.test>, <sip:alice@example.test>"];
    let mut bob = talk.invited("bob", "c1", &headers);
    talk.hears(&mut bob, "just you");
    talk.expect_answer(200);
    assert_eq!(talk.texts(), [("bob".into(), "just you".into())]);
    talk.invited("carol", "c1", &["TriggeredInvite: TRUE", "Require: com.microsoft.rtc-multiparty"]);
    talk.hears(&mut bob, "and carol");
    talk.expect_answer(200);
    let opened = talk.world.events.iter().find_map(|e| match e {
        Event::Room(RoomEvent::Opened { room, .. }) => Some(room.clone()),
        _ => None,
    });
    assert_eq!(told(&mut talk), ["opened bob carol by bob", "bob says and carol"]);
    talk.say("bob", "between us", 1);
    let invite = talk.expect("INVITE");
    assert_ne!(invite.call_id().unwrap(), "c1", "a text to him alone takes a session of its own");
    order(&mut talk, RoomCommand::Invite { room: opened.unwrap(), who: who("dave") }).unwrap();
    let refer = talk.expect("REFER");
    assert_eq!(refer.to().unwrap().uri.user().unwrap(), "bob", "he manages");
}

#[test]
fn inviting_through_the_manager() {
    let mut talk = Talk::new();
    let (room, mut bob, _) = asked_in(&mut talk);
    told(&mut talk);
    order(&mut talk, RoomCommand::Invite { room: room.clone(), who: who("dave") }).unwrap();
    let refer = talk.expect("REFER");
    assert_eq!(refer.header("Refer-to").unwrap(), "<sip:dave@example.test>");
    let again = order(&mut talk, RoomCommand::Invite { room: room.clone(), who: who("dave") });
    assert!(matches!(again, Err(Refused::Unknown(_))));
    talk.world.answer(&refer, 202, &[]);
    let headers = ["Event: refer", "Subscription-State: active"];
    talk.request(&mut bob, "NOTIFY", &headers, ("message/sipfrag", "SIP/2.0 100 Trying"));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), Vec::<String>::new());
    let headers = ["Event: refer", "Subscription-State: terminated"];
    talk.request(&mut bob, "NOTIFY", &headers, ("message/sipfrag", "SIP/2.0 480 Temporarily Unavailable"));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["left dave: the person is not signed in (480)"]);
    order(&mut talk, RoomCommand::Invite { room: room.clone(), who: who("erin") }).unwrap();
    let refer = talk.expect("REFER");
    talk.world.answer(&refer, 603, &[]);
    assert_eq!(told(&mut talk).len(), 1);
    order(&mut talk, RoomCommand::Invite { room, who: who("frank") }).unwrap();
    let refer = talk.expect("REFER");
    talk.world.answer(&refer, 202, &[]);
    talk.seconds(90);
    assert_eq!(told(&mut talk), ["left frank: it was not told whether they could be invited"]);
}

#[test]
fn the_manager_invites_for_others_and_reports() {
    let mut talk = Talk::new();
    let (_, mut legs) = opened(&mut talk, &["bob"]);
    let headers = [
        "Refer-to: <sip:carol@example.test>",
        "Referred-By: <sip:bob@example.test>;tag=bob-tag;epid=8bfb9f3f24",
        "Require: com.microsoft.rtc-multiparty",
    ];
    talk.request(&mut legs[0], "REFER", &headers, ("", ""));
    talk.expect_answer(202);
    let invite = talk.expect("INVITE");
    assert_eq!(invite.uri(), "sip:carol@example.test");
    assert_eq!(invite.header("Referred-By").unwrap(), "<sip:bob@example.test>;tag=bob-tag;epid=8bfb9f3f24");
    assert_eq!(invite.header("Roster-Manager").unwrap(), "sip:alice@example.test");
    talk.yes(&invite, "c");
    talk.expect("ACK");
    let notify = talk.expect("NOTIFY");
    assert_eq!(notify.to().unwrap().tag().unwrap(), "bob-tag");
    assert_eq!(notify.header("Subscription-State").unwrap(), "terminated");
    assert_eq!(&notify.body[..], b"SIP/2.0 200 OK");
    talk.world.answer(&notify, 200, &[]);
    assert_eq!(told(&mut talk), ["joined carol"]);
    let headers = ["Refer-to: <sip:dave@example.test>", "Require: com.microsoft.rtc-multiparty"];
    talk.request(&mut legs[0], "REFER", &headers, ("", ""));
    talk.expect_answer(202);
    let invite = talk.expect("INVITE");
    talk.answer(&invite, 486, "d", &[], ("", ""));
    talk.expect("ACK");
    assert_eq!(&talk.expect("NOTIFY").body[..], b"SIP/2.0 486 Busy Here");
    assert_eq!(told(&mut talk), ["left dave: the person does not want to be disturbed now (486)"]);
    talk.request(&mut legs[0], "REFER", &["Refer-to: nonsense"], ("", ""));
    talk.expect_answer(400);
}

#[test]
fn who_does_not_manage_refuses_to_invite() {
    let mut talk = Talk::new();
    let (_, mut bob, _) = asked_in(&mut talk);
    talk.request(&mut bob, "REFER", &["Refer-to: <sip:dave@example.test>"], ("", ""));
    talk.expect_answer(500);
    let mut pair = talk.invited("erin", "c2", &[]);
    talk.request(&mut pair, "REFER", &["Refer-to: <sip:dave@example.test>"], ("", ""));
    talk.expect_answer(500);
}

#[test]
fn a_member_whose_program_forgot_is_gone() {
    let mut talk = Talk::new();
    let (room, _) = opened(&mut talk, &["bob", "carol"]);
    say(&mut talk, &room, "x", 1);
    let bob = talk.expect("MESSAGE");
    let carol = talk.expect("MESSAGE");
    told(&mut talk);
    talk.world.answer(&bob, 481, &[]);
    talk.expect("BYE");
    talk.world.answer(&carol, 200, &[]);
    let told = told(&mut talk);
    assert_eq!(told[0], "left bob: their program has forgotten the conversation");
    assert!(told[1].starts_with("1 it did not reach bob@example.test"), "{told:?}");
    talk.nothing();
}

#[test]
fn two_sessions_with_one_person_are_both_heard_and_one_is_enough() {
    let mut talk = Talk::new();
    let room = open(&mut talk, &["bob"]);
    let invite = talk.expect("INVITE");
    let call = invite.call_id().unwrap();
    let mut theirs = talk.invited("bob", &call, &["TriggeredInvite: TRUE"]);
    let mut ours = talk.yes(&invite, "b");
    talk.expect("ACK");
    for leg in [&mut theirs, &mut ours] {
        talk.hears(leg, "x");
        talk.expect_answer(200);
    }
    say(&mut talk, &room, "once", 1);
    let message = talk.expect("MESSAGE");
    talk.nothing();
    talk.world.answer(&message, 481, &[]);
    talk.expect("BYE");
    let again = talk.expect("MESSAGE");
    talk.world.answer(&again, 200, &[]);
    assert_eq!(told(&mut talk), ["opened bob", "joined bob", "bob says x", "bob says x", "1 sent", "1 delivered"]);
    let left = if again.to().unwrap().tag().unwrap() == "b" { &mut ours } else { &mut theirs };
    talk.request(left, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), ["left bob", "closed: nobody else is in this conversation any more"]);
}

#[test]
fn a_lost_link_closes_it() {
    let mut talk = Talk::new();
    let (room, _) = opened(&mut talk, &["bob"]);
    say(&mut talk, &room, "on its way", 1);
    say(&mut talk, &room, "not sent", 2);
    talk.expect("MESSAGE");
    told(&mut talk);
    talk.world.cut();
    let told = told(&mut talk);
    assert_eq!(
        told,
        [
            "1 it may not have reached bob@example.test: the conversation ended before the answer came",
            "2 it did not reach bob@example.test: the connection was lost before it was sent",
            "closed: the connection was lost",
        ]
    );
}

#[test]
fn sign_out_leaves() {
    let mut talk = Talk::new();
    opened(&mut talk, &["bob"]);
    talk.world.command(Command::SignOut).unwrap();
    talk.expect("BYE");
    assert_eq!(told(&mut talk), ["closed"]);
}

#[test]
fn the_same_call_again_is_another_conversation() {
    let mut talk = Talk::new();
    let mut ids = Vec::new();
    for round in 0..2 {
        let headers = ["EndPoints: <sip:bob@example.test>, <sip:carol@example.test>, <sip:alice@example.test>"];
        let mut leg = talk.invite("bob", "c1", &headers);
        let ok = talk.expect_answer(200);
        leg.ours = ok.to().unwrap().tag().unwrap();
        leg.theirs = format!("{}{round}", leg.theirs);
        let opened = |event: &Event| match event {
            Event::Room(RoomEvent::Opened { room, .. }) => Some(room.clone()),
            _ => None,
        };
        let room = talk.world.events.iter().find_map(opened).unwrap();
        order(&mut talk, RoomCommand::Leave(room.clone())).unwrap();
        while talk.take().is_some() {}
        talk.world.take_events();
        ids.push(room);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn on_other_networks_there_are_none_to_begin() {
    let mut talk = Talk { world: super::super::world::World::online(super::super::world::settings()), branch: 0 };
    let refused = order(&mut talk, RoomCommand::Open(vec![who("bob")]));
    assert_eq!(refused, Err(Refused::Unsupported("hold conversations of several people")));
}

/// Appendix A.8, read and written.
#[test]
fn golden() {
    let fixture =
        |name: &str| std::fs::read_to_string(format!("{}/tests/fixtures/wire/{name}.sip", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut talk = Talk::new();
    let invite = fixture("a07-1-invite").replace(
        "Content-Type: application/sdp",
        "EndPoints: <sip:bob@example.test>;epid=8bfb9f3f24, <sip:erin@example.test>, <sip:alice@example.test>\r\nRoster-Manager: \
         sip:bob@example.test\r\nContent-Type: application/sdp",
    );
    talk.world.feed(invite.as_bytes());
    let ok = talk.expect_answer(200);
    let tag = ok.to().unwrap().tag().unwrap();
    let room = enter(&mut talk);
    let triggered = talk.expect("INVITE");
    talk.yes(&triggered, "e");
    talk.expect("ACK");
    talk.world.take_events();
    order(&mut talk, RoomCommand::Invite { room, who: who("carol") }).unwrap();
    let refer = talk.expect("REFER");
    let wanted = parse_datagram(fixture("a08-1-refer").replace("a11ce00001", &tag).as_bytes()).unwrap();
    assert_eq!(refer.uri(), wanted.uri());
    for name in ["Route", "From", "To", "Call-ID", "Contact", "Refer-to", "Referred-By", "Require"] {
        let parts = |m: &Message| {
            let mut parts: Vec<String> = m.header(name).unwrap().split(';').map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(parts(&refer), parts(&wanted), "{name}");
    }
    talk.world.answer(&refer, 202, &[]);
    talk.world.feed(fixture("a08-2-notify").replace("a11ce00001", &tag).as_bytes());
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), Vec::<String>::new());
    let _ = Leg { peer: String::new(), call: String::new(), ours: String::new(), theirs: String::new(), cseq: 0 };
}
