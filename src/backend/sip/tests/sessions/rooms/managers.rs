//! Who manages a room when its manager has left: bids, votes and what goes wrong with them.

use super::*;

fn action(body: &str) -> String {
    format!("<?xml version=\"1.0\"?><action xmlns=\"http://schemas.microsoft.com/sip/multiparty/\"><{body}/></action>")
}

const MIM: &str = "application/x-ms-mim";

/// The manager leaves and the user invites: our bid is out.
fn bidding(talk: &mut Talk) -> (RoomId, Leg, Message) {
    let (room, mut bob, carol) = asked_in(talk);
    talk.request(&mut bob, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    told(talk);
    order(talk, RoomCommand::Invite { room: room.clone(), who: who("dave") }).unwrap();
    let bid = talk.expect("INFO");
    assert_eq!(bid.header("Content-Type").unwrap(), MIM);
    assert!(String::from_utf8_lossy(&bid.body).contains("<RequestRM uri=\"sip:alice@example.test\" bid=\""));
    talk.nothing();
    (room, carol, bid)
}

#[test]
fn a_new_manager_is_chosen_when_the_old_one_has_left() {
    let mut talk = Talk::new();
    let (_, _, bid) = bidding(&mut talk);
    talk.answer(&bid, 200, "", &[], (MIM, &action("RequestRMResponse uri=\"sip:carol@example.test\" allow=\"true\"")));
    let set = talk.expect("INFO");
    assert_eq!(String::from_utf8_lossy(&set.body), action("SetRM uri=\"sip:alice@example.test\""));
    talk.answer(&set, 200, "", &[], (MIM, &action("SetRMResponse uri=\"sip:carol@example.test\"")));
    let invite = talk.expect("INVITE");
    assert_eq!(
        (invite.uri(), invite.header("Roster-Manager").unwrap().as_str()),
        ("sip:dave@example.test", "sip:alice@example.test")
    );
    talk.nothing();
}

#[test]
fn nobody_objects_in_time() {
    for answered in [true, false] {
        let mut talk = Talk::new();
        let (_, _, bid) = bidding(&mut talk);
        if answered {
            talk.answer(&bid, 200, "", &[], ("", ""));
        } else {
            talk.seconds(14);
            talk.nothing();
            talk.seconds(1);
        }
        assert!(String::from_utf8_lossy(&talk.expect("INFO").body).contains("SetRM"));
        talk.expect("INVITE");
    }
}

#[test]
fn a_higher_bid_wins_and_the_winner_is_asked() {
    let mut talk = Talk::new();
    let (_, mut carol, bid) = bidding(&mut talk);
    let theirs = action("RequestRM uri=\"sip:carol@example.test\" bid=\"4294967295\"");
    talk.request(&mut carol, "INFO", &[], (MIM, &theirs));
    let allowed = talk.expect_answer(200);
    assert_eq!(String::from_utf8_lossy(&allowed.body), action("RequestRMResponse uri=\"sip:alice@example.test\" allow=\"true\""));
    talk.answer(&bid, 200, "", &[], (MIM, &action("RequestRMResponse uri=\"sip:carol@example.test\" allow=\"false\"")));
    talk.nothing();
    talk.request(&mut carol, "INFO", &[], (MIM, &action("SetRM uri=\"sip:carol@example.test\"")));
    let known = talk.expect_answer(200);
    assert_eq!(String::from_utf8_lossy(&known.body), action("SetRMResponse uri=\"sip:alice@example.test\""));
    let refer = talk.expect("REFER");
    assert_eq!(refer.to().unwrap().uri.user().unwrap(), "carol");
    talk.nothing();
}

#[test]
fn a_lower_bid_is_refused() {
    let mut talk = Talk::new();
    let (_, mut carol, _) = bidding(&mut talk);
    talk.request(&mut carol, "INFO", &[], (MIM, &action("RequestRM uri=\"sip:carol@example.test\" bid=\"0\"")));
    let refused = talk.expect_answer(200);
    assert!(String::from_utf8_lossy(&refused.body).contains("allow=\"false\""));
}

#[test]
fn a_winner_that_says_nothing_is_not_waited_for_for_ever() {
    let mut talk = Talk::new();
    let (_, _, mut bid) = bidding(&mut talk);
    let objection = action("RequestRMResponse uri=\"sip:carol@example.test\" allow=\"false\"");
    for round in 0..3 {
        talk.answer(&bid, 200, "", &[], (MIM, &objection));
        talk.nothing();
        talk.seconds(20);
        if round < 2 {
            bid = talk.expect("INFO");
        }
    }
    talk.nothing();
    assert_eq!(told(&mut talk), ["left dave: nobody in this conversation took it on to invite others"]);
}

#[test]
fn a_manager_that_no_longer_manages_leads_to_another() {
    let mut talk = Talk::new();
    let (room, _, _) = asked_in(&mut talk);
    order(&mut talk, RoomCommand::Invite { room, who: who("dave") }).unwrap();
    let refer = talk.expect("REFER");
    talk.world.answer(&refer, 500, &[]);
    for _ in 0..2 {
        let bid = talk.expect("INFO");
        assert!(String::from_utf8_lossy(&bid.body).contains("RequestRM"));
    }
}

#[test]
fn broken_words_about_the_manager_are_counted() {
    let mut talk = Talk::new();
    let (_, mut bob, mut carol) = asked_in(&mut talk);
    for body in ["", "<action", "<action/>", &action("SetRM uri=\"sip:mallory@example.test\""), &action("SetRM")] {
        talk.request(&mut carol, "INFO", &[], (MIM, body));
        talk.expect_answer(200);
    }
    talk.request(&mut bob, "NOTIFY", &["Event: refer", "Subscription-State: terminated"], ("message/sipfrag", "?"));
    talk.expect_answer(200);
    talk.request(&mut bob, "NOTIFY", &["Event: presence"], ("", ""));
    talk.expect_answer(489);
    talk.world.take_events();
    talk.world.command(Command::ReportTraffic).unwrap();
    let [Event::Traffic(traffic)] = &talk.world.events[..] else { panic!() };
    assert_eq!((traffic.faults.get("roster-manager"), traffic.faults.get("refer-outcome")), (Some(&5), Some(&1)));
}
