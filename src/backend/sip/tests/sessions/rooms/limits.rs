//! How far others can go: strangers, blocked people, and who asks for more than there is room for.

use super::*;

#[test]
fn a_stranger_does_not_make_us_invite_others() {
    let headers = [
        "Roster-Manager: sip:mallory@example.test",
        "EndPoints: <sip:mallory@example.test>, <sip:victim@example.test>, <sip:alice@example.test>",
        "ms-text-format: text/plain;ms-body=SGVsbG8sIEJvYiE=",
    ];
    let mut talk = Talk::new();
    let mut leg = talk.invited("mallory", "c1", &headers);
    talk.hears(&mut leg, "come in");
    talk.expect_answer(200);
    talk.nothing();
    assert_eq!(told(&mut talk), ["opened mallory victim by mallory", "mallory says Hello, Bob!", "mallory says come in"]);
    // Who is left alone there is in no conversation.
    talk.request(&mut leg, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    talk.nothing();
    assert_eq!(told(&mut talk), ["left mallory", "closed: nobody else is in this conversation any more"]);
    // To say something is to take part.
    talk.invited("mallory", "c2", &headers);
    let room = talk.world.events.iter().find_map(|event| match event {
        Event::Room(RoomEvent::Opened { room, .. }) => Some(room.clone()),
        _ => None,
    });
    say(&mut talk, &room.unwrap(), "who is there?", 1);
    let (one, other) = (talk.take().unwrap(), talk.take().unwrap());
    let methods = [&one, &other].map(|message| message.method().unwrap().as_str().to_owned());
    assert_eq!(methods, ["INVITE", "MESSAGE"]);
    let victim = talk.yes(&one, "v");
    talk.expect("ACK");
    assert_eq!(victim.peer, "victim");
    assert_eq!(&talk.expect("MESSAGE").body[..], b"who is there?");
    // Of a contact it is taken for meant.
    let mut talk = Talk::new();
    talk.world.command(Command::PutContact { address: who("mallory"), name: String::new(), groups: Vec::new() }).unwrap();
    while talk.take().is_some() {}
    talk.invited("mallory", "c1", &headers);
    assert_eq!(talk.expect("INVITE").uri(), "sip:victim@example.test");
}

#[test]
fn a_member_cannot_make_us_invite_without_end() {
    let mut talk = Talk::new();
    let (_, mut legs) = opened(&mut talk, &["bob"]);
    let (mut invites, mut refused) = (0, 0);
    for n in 0..50 {
        talk.request(&mut legs[0], "REFER", &[&format!("Refer-to: <sip:victim{n}@example.test>")], ("", ""));
        while let Some(message) = talk.take() {
            if message.status() == Some(486) {
                refused += 1;
            } else if message.method().is_some_and(|m| m.as_str() == "INVITE") {
                invites += 1;
                talk.answer(&message, 480, "v", &[], ("", ""));
            }
        }
    }
    assert_eq!((invites, refused), (10, 40));
}

#[test]
fn who_invites_us_again_and_again_into_one_room_holds_two_sessions() {
    let mut talk = Talk::new();
    let (_, _, _) = asked_in(&mut talk);
    let mut ended = 0;
    for n in 0..8 {
        let mut leg = Leg { peer: "bob".into(), call: "c1".into(), ours: String::new(), theirs: format!("again{n}"), cseq: 0 };
        talk.request(&mut leg, "INVITE", &["TriggeredInvite: TRUE"], ("application/sdp", super::super::SDP));
        while let Some(message) = talk.take() {
            ended += usize::from(message.method().is_some_and(|m| m.as_str() == "BYE"));
        }
    }
    assert_eq!(ended, 7);
    assert!(!told(&mut talk).iter().any(|t| t.starts_with("left")));
}

#[test]
fn blocked_people_do_not_come_in_quietly() {
    let mut talk = Talk::new();
    talk.world.command(Command::SetAccess { who: who("carol"), access: Access::Block }).unwrap();
    while talk.take().is_some() {}
    told(&mut talk);
    let headers = [
        "Require: com.microsoft.rtc-multiparty",
        "EndPoints: <sip:bob@example.test>, <sip:carol@example.test>, <sip:alice@example.test>",
    ];
    talk.invited("bob", "c1", &headers);
    talk.nothing();
    assert_eq!(told(&mut talk), ["notice blocked-in-room", "opened bob by bob"]);
    talk.invite("carol", "c1", &["TriggeredInvite: TRUE"]);
    talk.expect_answer(480);
    assert_eq!(told(&mut talk), Vec::<String>::new());
    let mine = order(&mut talk, RoomCommand::Open(vec![who("carol")]));
    assert!(matches!(mine, Err(Refused::Unknown(why)) if why.contains("blocked")));
}

#[test]
fn blocking_somebody_in_it_ends_the_session_with_them() {
    let mut talk = Talk::new();
    let (_, mut bob, _) = asked_in(&mut talk);
    told(&mut talk);
    talk.world.command(Command::SetAccess { who: who("bob"), access: Access::Block }).unwrap();
    let left: Vec<Message> = std::iter::from_fn(|| talk.take()).collect();
    assert!(left.iter().any(|m| m.method().is_some_and(|m| m.as_str() == "BYE")), "at once: {left:?}");
    assert_eq!(told(&mut talk), ["notice blocked-locally", "left bob: you have blocked them"]);
    // And whatever comes of them meanwhile is not heard.
    talk.hears(&mut bob, "hear me");
    assert!(talk.take().is_some_and(|m| m.status().is_some_and(|code| code >= 400)));
    assert_eq!(told(&mut talk), Vec::<String>::new());
}

#[test]
fn bounds() {
    let mut talk = Talk::new();
    let many: String = (0..10_000).map(|n| format!("<sip:p{n}@x>,")).collect();
    talk.invite("mallory", "c1", &[&format!("EndPoints: {}", &many[..50_000])]);
    talk.expect_answer(603);
    let names: Vec<String> = (0..64).map(|n| format!("p{n}")).collect();
    let people = names.iter().map(|n| who(n)).collect();
    assert!(matches!(order(&mut talk, RoomCommand::Open(people)), Err(Refused::Unknown(_))));
    assert!(matches!(order(&mut talk, RoomCommand::Open(vec![who("alice")])), Err(Refused::Unknown(_))));
    for n in 0..32 {
        open(&mut talk, &["bob"]);
        talk.expect("INVITE");
        talk.world.take_events();
        let _ = n;
    }
    assert!(matches!(order(&mut talk, RoomCommand::Open(vec![who("bob")])), Err(Refused::Unknown(_))));
    talk.invite("carol", "c2", &["TriggeredInvite: TRUE"]);
    talk.expect_answer(486);
    talk.world.command(Command::ReportTraffic).unwrap();
    let Some(Event::Traffic(traffic)) = talk.world.events.last() else { panic!() };
    assert_eq!(traffic.faults.get("endpoints"), Some(&1));
}

#[test]
fn a_room_of_others_that_is_full_lets_nobody_in() {
    let mut talk = Talk::new();
    let many: Vec<String> = (0..62).map(|n| format!("<sip:p{n}@example.test>")).collect();
    let header = format!("EndPoints: <sip:alice@example.test>, <sip:bob@example.test>, {}", many.join(", "));
    talk.invited("bob", "c1", &[&header]);
    enter(&mut talk);
    let mut invites = 0;
    while talk.take().is_some() {
        invites += 1;
    }
    assert_eq!(invites, 62);
    talk.invite("mallory", "c1", &["TriggeredInvite: TRUE"]);
    talk.expect_answer(603);
}
