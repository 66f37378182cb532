//! Sessions that go wrong: links that are cut, requests of others, too many of them, garbage.

use super::*;
use crate::demo::accounts::Handling;
use crate::model::Address;

#[test]
fn the_callers_link_is_cut() {
    let (mut wire, alice, bob, carol) = three();
    // While it rings: cancelled, and a late yes is hung up on.
    wire.send(alice, &invite("alice", "bob", "c1"));
    let ringing = wire.take_one(bob);
    wire.answer(bob, &ringing, 180);
    wire.take(alice);
    // And in the middle of a conversation: the other side learns of it.
    wire.talk(("alice", alice), ("carol", carol), "c2");
    wire.send(alice, &within("MESSAGE", "alice", "carol", "c2", 7, "x"));
    wire.obey(carol);
    wire.cut(alice);
    assert_eq!(wire.take_one(bob).method(), Some(&Method::Cancel));
    wire.accept(bob, &ringing, "bob");
    let late: Vec<_> = wire.take(bob).iter().map(|m| m.method().unwrap().to_string()).collect();
    assert_eq!(late, ["ACK", "BYE"]);
    let bye = wire.take_one(carol);
    assert_eq!((bye.method(), bye.uri()), (Some(&Method::Bye), "sip:carol@client.test:5070;transport=tcp"));
    assert_eq!(bye.header("From").as_deref(), Some("<sip:alice@example.test>;tag=alice1"));
    assert_eq!(bye.header("To").as_deref(), Some("<sip:carol@example.test>;tag=carol1"));
    assert_eq!((bye.call_id().unwrap(), bye.header("CSeq").unwrap()), ("c2".to_owned(), "8 BYE".to_owned()));
    wire.answer(carol, &bye, 200);
    assert!(wire.server.sessions.is_empty());
    assert_eq!(wire.ask(carol, &within("MESSAGE", "carol", "alice", "c2", 1, "x")).status(), Some(481));
}

#[test]
fn the_callees_link_is_cut() {
    let (mut wire, alice, bob, carol) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    wire.send(alice, &within("MESSAGE", "alice", "bob", "c1", 2, "did you get this?"));
    wire.take_one(bob);
    wire.cut(bob);
    let bye = wire.take_one(alice);
    // No answer to the MESSAGE: nobody knows whether it arrived (RFC 4320 section 4.2).
    assert_eq!((bye.method(), bye.header("CSeq").as_deref()), (Some(&Method::Bye), Some("1 BYE")));
    assert_eq!(bye.header("From").as_deref(), Some("<sip:bob@example.test>;tag=bob1"));
    assert!(matches!(wire.logs.last(), Some(ServerLog::Message { fate: crate::demo::server::MessageFate::Unknown, .. })));
    wire.answer(alice, &bye, 200);
    wire.send(alice, &invite("alice", "carol", "c2"));
    wire.take_one(carol);
    wire.cut(carol);
    assert_eq!(wire.take(alice).last().unwrap().status(), Some(480), "rang, and is gone");
    assert!(wire.server.sessions.is_empty());
}

#[test]
fn only_the_two_of_a_session_speak_in_it() {
    let (mut wire, alice, bob, carol) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    // Carol knows all the tags, and even where Bob is.
    assert_eq!(wire.ask(carol, &within("MESSAGE", "alice", "bob", "c1", 9, "x")).status(), Some(481));
    assert_eq!(wire.ask(carol, &within("BYE", "carol", "bob", "c1", 9, "x")).status(), Some(481));
    wire.send(carol, &within("ACK", "alice", "bob", "c1", 1, "x"));
    for method in ["MESSAGE", "INFO", "BYE", "REFER", "NOTIFY", "UPDATE", "OPTIONS", "INVITE"] {
        let stranger = within(method, "alice", "bob", "other", 9, "x");
        let codes: Vec<_> = {
            wire.send(alice, &stranger);
            wire.take(alice).iter().map(|m| m.status().unwrap()).collect()
        };
        assert_eq!(codes, [481], "{method}");
        let without_tag = within(method, "alice", "bob", "c1", 9, "x").replace(";tag=bob1", "");
        if !matches!(method, "MESSAGE" | "OPTIONS" | "INVITE") {
            assert_eq!(wire.ask(alice, &without_tag).status(), Some(481), "{method} outside of any dialog");
        }
    }
    assert_eq!(wire.take(bob), []);
}

#[test]
fn what_is_not_ours_to_judge_passes() {
    let (mut wire, alice, bob, _) = three();
    // No message media, an extension we do not know, a body of any type.
    let call = with_header(&invite("alice", "bob", "c1"), "Require: com.microsoft.rtc-multiparty, x-unheard-of")
        .replace(BOBS_OFFER, "v=0\nm=audio 4000 RTP/AVP 0\n");
    wire.send(alice, &call);
    let got = wire.take_one(bob);
    assert_eq!(got.body, "v=0\nm=audio 4000 RTP/AVP 0\n");
    assert_eq!(got.header("Require").as_deref(), Some("com.microsoft.rtc-multiparty, x-unheard-of"));
    let mut refusal = Message::response_to(&got, 488);
    refusal.headers.set("To", "<sip:bob@example.test>;tag=bob1");
    refusal.headers.push("Warning", "304 client.test \"no audio\"");
    wire.answer_with(bob, &refusal);
    let answer = wire.take(alice).pop().unwrap();
    assert_eq!((answer.status(), answer.header("Warning").as_deref()), (Some(488), Some("304 client.test \"no audio\"")));
    // What is required of proxies is.
    let refused = wire.ask(alice, &with_header(&invite("alice", "bob", "c2"), "Proxy-Require: x-unheard-of"));
    assert_eq!((refused.status(), refused.header("Unsupported").as_deref()), (Some(420), Some("x-unheard-of")));
}

#[test]
fn refused_at_the_door() {
    let (mut wire, alice, _, _) = three();
    let codes = |wire: &mut Wire, text: &str| {
        wire.send(alice, text);
        wire.take(alice).iter().map(|m| m.status().unwrap()).collect::<Vec<_>>()
    };
    let call = invite("alice", "bob", "c1");
    assert_eq!(codes(&mut wire, &call.replace("sip:bob@", "sip:nobody@")), [404]);
    assert_eq!(codes(&mut wire, &with_header(&call, "Max-Forwards: 0")), [483]);
    assert_eq!(codes(&mut wire, &call.replace("tcp>", "tcp>;proxy=insert")), [400]);
    assert_eq!(codes(&mut wire, &call.replace(BOBS_OFFER, &"x".repeat(65 * 1024))), [513]);
    assert_eq!(codes(&mut wire, &call.replace(";tag=alice1", "")), [400], "nothing could be said in that dialog");
    assert_eq!(codes(&mut wire, &call.replace("Call-ID: c1", &format!("Call-ID: {}", "x".repeat(2000)))), [400]);
    // Nobody rings the device that calls.
    assert_eq!(codes(&mut wire, &invite("alice", "alice", "c2")), [480]);
    assert!(wire.server.sessions.is_empty());
}

#[test]
fn an_answer_with_which_there_is_no_dialog() {
    let (mut wire, alice, bob, _) = three();
    for (to, contact) in
        [("<sip:bob@example.test>", "<sip:b@c>"), ("<sip:bob@example.test>;tag=1", &format!("<sip:{}@c>", "x".repeat(2000)))]
    {
        wire.send(alice, &invite("alice", "bob", &format!("c{}", contact.len())));
        let got = wire.take_one(bob);
        let mut response = Message::response_to(&got, 200);
        response.headers.set("To", to);
        response.headers.push("Contact", contact);
        wire.answer_with(bob, &response);
        let codes: Vec<_> = wire.take(alice).iter().map(|m| m.status().unwrap()).collect();
        assert_eq!(codes, [100, 502]);
        let hung_up: Vec<_> = wire.take(bob).iter().map(|m| m.method().unwrap().to_string()).collect();
        assert_eq!(hung_up, ["ACK", "BYE"]);
    }
}

#[test]
fn too_many_calls_and_too_many_sessions() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.limits.invites_per_user = 2;
        config.limits.sessions_per_user = 2;
    });
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.register(alice, "alice");
    wire.register(bob, "bob");
    for call in ["r1", "r2"] {
        wire.send(alice, &invite("alice", "bob", call));
    }
    let ringing: Vec<_> = wire.take(bob);
    wire.take(alice);
    let refused = wire.ask(alice, &invite("alice", "bob", "r3"));
    assert_eq!((refused.status(), refused.headers.has("Retry-After")), (Some(503), true));
    for request in &ringing {
        wire.answer(bob, request, 486);
    }
    wire.take(alice);
    wire.take(bob);
    for call in ["c1", "c2"] {
        wire.talk(("alice", alice), ("bob", bob), call);
    }
    wire.send(alice, &within("INFO", "alice", "bob", "c1", 2, ""));
    wire.obey(bob);
    wire.take(alice);
    // The one used least makes room, and both learn of it.
    wire.send(alice, &invite("alice", "bob", "c3"));
    let got = wire.take_one(bob);
    wire.accept(bob, &got, "bob");
    for flow in [alice, bob] {
        let byes: Vec<_> = wire.take(flow).into_iter().filter(|m| m.method() == Some(&Method::Bye)).collect();
        assert_eq!(byes.len(), 1);
        assert_eq!(byes[0].call_id().as_deref(), Some("c2"));
    }
    assert_eq!(wire.server.sessions.len(), 2);
}

#[test]
fn another_invite_within_a_session() {
    let (mut wire, alice, bob, _) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    let again = within("INVITE", "alice", "bob", "c1", 2, "v=0\n").replace("Route:", "Contact: <sip:alice@new.test:1>\nRoute:");
    wire.send(alice, &again);
    let got = wire.take_one(bob);
    assert_eq!((got.headers.list("Via").len(), got.body.as_ref()), (2, &b"v=0\n"[..]));
    wire.answer(bob, &got, 200);
    let codes: Vec<_> = wire.take(alice).iter().map(|m| m.status().unwrap()).collect();
    assert_eq!(codes, [100, 200]);
    wire.send(alice, &within("ACK", "alice", "bob", "c1", 2, ""));
    assert_eq!(wire.take_one(bob).cseq().unwrap().to_string(), "2 ACK");
    wire.cut(alice);
    wire.cut(bob);
    assert!(wire.server.sessions.is_empty());
}

#[test]
fn a_strict_router_finds_the_way() {
    let (mut wire, alice, bob, _) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    let strict = within("MESSAGE", "alice", "bob", "c1", 2, "x")
        .replace("MESSAGE sip:bob@client.test:5070;transport=tcp", "MESSAGE sip:192.0.2.1:5060;transport=tcp;lr")
        .replace("Route: <sip:192.0.2.1:5060;transport=tcp;lr>", "Route: <sip:bob@client.test:5070;transport=tcp>");
    wire.send(alice, &strict);
    let got = wire.take_one(bob);
    assert_eq!((got.uri(), got.headers.has("Route")), ("sip:bob@client.test:5070;transport=tcp", false));
}

#[test]
fn garbage_in_every_field_of_a_session_is_survived() {
    let (mut wire, alice, bob, _) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    let long = "x".repeat(3000);
    for value in ["", "<>", ";;;", "<sip:[>", "\"", "sip:a@b?x=y", "*", long.as_str(), "<sip:192.0.2.1:5060;lr>;;lr;=,,,<"] {
        for field in ["Contact", "Route", "Record-Route", "Refer-To", "EndPoints", "Roster-Manager", "Require", "Via"] {
            let text = with_header(&within("INFO", "alice", "bob", "c1", 3, ""), &format!("{field}: {value}"));
            wire.send(alice, &text);
            for request in wire.take(bob) {
                assert!(parse_head(&request.to_bytes()).is_ok());
                wire.answer(bob, &request, 200);
            }
        }
    }
    wire.take(alice);
    wire.send(alice, &within("MESSAGE", "alice", "bob", "c1", 4, "still here"));
    assert_eq!(wire.obey(bob).body, "still here");
}

#[test]
fn who_may_not_write_does_not_ring() {
    let (mut wire, alice, bob, _) = three();
    let who = |name: &str| Address::parse(&format!("sip:{name}@example.test")).unwrap();
    for handling in [Handling::PoliteBlock, Handling::Block] {
        wire.server.decide(&who("bob"), who("alice"), Some(handling), wire.now).unwrap();
        wire.take(bob);
        wire.take(alice);
        let refused = wire.ask(alice, &invite("alice", "bob", &format!("{handling:?}")));
        assert_eq!(refused.status(), Some(480));
        assert_eq!(wire.take(bob), [], "bob hears nothing");
    }
    wire.server.decide(&who("bob"), who("alice"), None, wire.now).unwrap();
    wire.take(bob);
    wire.send(alice, &invite("alice", "bob", "again"));
    assert_eq!(wire.take_one(bob).method(), Some(&Method::Invite));
}
