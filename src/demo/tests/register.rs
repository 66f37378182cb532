//! Signing in: Digest, bindings, expiry, outbound.

use std::time::Duration;

use super::*;

#[test]
fn challenge_offers_sha256_first() {
    let mut wire = Wire::new(|_| {});
    let flow = wire.tcp(1);
    let response = wire.ask(flow, &registration("alice"));
    assert_eq!(response.status(), Some(401));
    let offered: Vec<_> = response.headers.get_all("WWW-Authenticate").map(std::borrow::Cow::into_owned).collect();
    assert_eq!(offered.len(), 3);
    assert!(offered[0].starts_with("NTLM realm=\"SIP Communications Service\", targetname=\"example.test\""), "{offered:?}");
    let offered = &offered[1..];
    assert!(offered[0].contains("algorithm=SHA-256") && offered[0].contains("realm=\"example.test\""), "{offered:?}");
    assert!(offered[1].contains("algorithm=MD5") && offered[1].contains("qop=\"auth\""), "{offered:?}");
}

#[test]
fn either_algorithm_signs_in() {
    for wanted in ["SHA-256", "MD5"] {
        let mut wire = Wire::new(|_| {});
        let flow = wire.tcp(1);
        let text = registration("alice");
        let first = wire.ask(flow, &text);
        let challenge =
            first.headers.get_all("WWW-Authenticate").find(|c| c.contains(&format!("algorithm={wanted}"))).unwrap().into_owned();
        let answer = sign(&challenge, &text, "alice", "secret-a", 1);
        let response = wire.ask(flow, &with_header(&text, &format!("Authorization: {answer}")));
        assert_eq!(response.status(), Some(200), "{wanted}");
        assert_eq!(response.header("Contact").unwrap(), "<sip:alice@client.test:5070;transport=tcp>;expires=600");
    }
}

#[test]
fn wrong_password_and_unknown_user_are_asked_again() {
    let mut wire = Wire::new(|_| {});
    let flow = wire.tcp(1);
    for (user, password) in [("alice", "secret-b"), ("mallory", "secret-m")] {
        let response = wire.ask_signed(flow, &registration(user), user, password);
        assert_eq!(response.status(), Some(401), "{user}");
        assert!(!digest_challenge(&response, "WWW-Authenticate").contains("stale"));
    }
    assert_eq!(wire.logs.iter().filter(|l| matches!(l, ServerLog::WrongCredentials { .. })).count(), 2);
}

#[test]
fn nobody_registers_for_another() {
    let mut wire = Wire::new(|_| {});
    let flow = wire.tcp(1);
    let other = registration("alice").replace("To: <sip:alice", "To: <sip:bob");
    assert_eq!(wire.ask_signed(flow, &other, "alice", "secret-a").status(), Some(403));
    assert_eq!(wire.ask_signed(flow, &registration("bob"), "alice", "secret-a").status(), Some(403));
    let nobody = registration("alice").replace("To: <sip:alice", "To: <sip:nobody");
    assert_eq!(wire.ask_signed(flow, &nobody, "alice", "secret-a").status(), Some(404));
}

#[test]
fn a_nonce_count_is_good_once_and_a_nonce_for_a_while() {
    let mut wire = Wire::new(|_| {});
    let flow = wire.tcp(1);
    let text = registration("alice");
    let challenge = digest_challenge(&wire.ask(flow, &text), "WWW-Authenticate");
    let signed = |count| with_header(&text, &format!("Authorization: {}", sign(&challenge, &text, "alice", "secret-a", count)));
    assert_eq!(wire.ask(flow, &signed(1)).status(), Some(200));
    assert_eq!(wire.ask(flow, &signed(2)).status(), Some(200));
    let replayed = wire.ask(flow, &signed(2));
    assert_eq!(replayed.status(), Some(401));
    assert!(digest_challenge(&replayed, "WWW-Authenticate").contains("stale=true"));
    wire.wait(Duration::from_mins(6));
    let late = wire.ask(flow, &signed(3));
    assert!(digest_challenge(&late, "WWW-Authenticate").contains("stale=true"));
}

#[test]
fn forgotten_nonces_cannot_be_replayed() {
    let mut wire = Wire::new(|config| config.limits.nonces = 1);
    let flow = wire.tcp(1);
    let text = registration("alice");
    let signed =
        |challenge: &str| with_header(&text, &format!("Authorization: {}", sign(challenge, &text, "alice", "secret-a", 1)));
    let first = digest_challenge(&wire.ask(flow, &text), "WWW-Authenticate");
    assert_eq!(wire.ask(flow, &signed(&first)).status(), Some(200));
    wire.wait(Duration::from_secs(1));
    let second = digest_challenge(&wire.ask(flow, &text), "WWW-Authenticate");
    assert_eq!(wire.ask(flow, &signed(&second)).status(), Some(200));
    assert_eq!(wire.ask(flow, &signed(&first)).status(), Some(401));
}

#[test]
fn devices_side_by_side() {
    let mut wire = open();
    let (desk, phone) = (wire.tcp(1), wire.tcp(2));
    wire.register(desk, "alice");
    let response = wire.ask(phone, &registration("alice").replace("client.test", "phone.test"));
    assert_eq!(response.headers.list("Contact").len(), 2);
    let query = "REGISTER sip:example.test SIP/2.0\nFrom: <sip:alice@example.test>;tag=q\nTo: <sip:alice@example.test>";
    wire.wait(Duration::from_secs(100));
    let contacts = wire.ask(desk, query).headers.list("Contact");
    assert_eq!(contacts[0], "<sip:alice@client.test:5070;transport=tcp>;expires=500");
    wire.cut(phone);
    assert_eq!(wire.ask(desk, query).headers.list("Contact").len(), 1);
    wire.wait(Duration::from_secs(501));
    assert_eq!(wire.ask(desk, query).headers.list("Contact").len(), 0);
}

#[test]
fn instance_replaces_itself_wherever_it_comes_from() {
    let mut wire = open();
    let (old, new) = (wire.tcp(1), wire.tcp(2));
    let text = "REGISTER sip:example.test SIP/2.0
        From: <sip:alice@example.test>;tag=r1
        To: <sip:alice@example.test>
        Supported: path, outbound
        Contact: <sip:alice@HOST:5070;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
    let response = wire.ask(old, &text.replace("HOST", "one.test"));
    assert_eq!(response.header("Require").as_deref(), Some("outbound"));
    assert_eq!(response.header("Flow-Timer").as_deref(), Some("120"));
    let response = wire.ask(new, &text.replace("HOST", "two.test"));
    let contacts = response.headers.list("Contact");
    assert_eq!(contacts.len(), 1);
    assert!(contacts[0].contains("two.test") && contacts[0].contains(";expires=3600"), "{contacts:?}");
}

#[test]
fn a_silent_stream_is_closed_where_outbound_was_agreed() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    let outbound = "REGISTER sip:example.test SIP/2.0
        From: <sip:alice@example.test>;tag=r1
        To: <sip:alice@example.test>
        Supported: path, outbound
        Contact: <sip:alice@one.test:5070;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
    assert_eq!(wire.ask(alice, outbound).header("Flow-Timer").as_deref(), Some("120"));
    // Bob promised nothing.
    wire.register(bob, "bob");
    for _ in 0..5 {
        wire.wait(Duration::from_secs(179));
        wire.server.handle_bytes(alice, b"\r\n\r\n", wire.now);
    }
    wire.wait(Duration::from_secs(179));
    assert_eq!(wire.closed, []);
    wire.wait(Duration::from_secs(2));
    assert_eq!(wire.closed, [alice]);
    wire.wait(Duration::from_mins(10));
    assert_eq!(wire.closed, [alice]);
}

#[test]
fn too_brief_and_the_star() {
    let mut wire = open();
    let flow = wire.tcp(1);
    let brief = wire.ask(flow, &registration("alice").replace("600", "5"));
    assert_eq!((brief.status(), brief.header("Min-Expires").as_deref()), (Some(423), Some("60")));
    wire.register(flow, "alice");
    let star =
        "REGISTER sip:example.test SIP/2.0\nFrom: <sip:alice@example.test>;tag=q\nTo: <sip:alice@example.test>\nContact: *";
    assert_eq!(wire.ask(flow, star).status(), Some(400));
    let response = wire.ask(flow, &with_header(star, "Expires: 0"));
    assert_eq!((response.status(), response.headers.has("Contact")), (Some(200), false));
}

#[test]
fn an_old_register_changes_nothing() {
    let mut wire = open();
    let flow = wire.tcp(1);
    let numbered = |n: u32| with_header(&registration("alice"), &format!("Call-ID: same\nCSeq: {n} REGISTER"));
    assert_eq!(wire.ask(flow, &numbered(5)).status(), Some(200));
    assert_eq!(wire.ask(flow, &numbered(4)).status(), Some(500));
    assert_eq!(wire.ask(flow, &numbered(6)).status(), Some(200));
}

#[test]
fn bounds_hold() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.limits.bindings_per_user = 2;
        config.limits.flows = 2;
    });
    let flow = wire.tcp(1);
    for (host, code) in [("a.test", 200), ("b.test", 200), ("c.test", 503)] {
        assert_eq!(wire.ask(flow, &registration("alice").replace("client.test", host)).status(), Some(code));
    }
    let bob = wire.tcp(2);
    wire.register(bob, "bob");
    assert_eq!(wire.closed, []);
    wire.tcp(3);
    assert_eq!(wire.closed, [Flow(3)]);
}

#[test]
fn who_does_not_say_who_they_are_is_sent_away() {
    let mut wire = Wire::new(|_| {});
    let (quiet, known, web) = (wire.tcp(1), wire.tcp(2), wire.tcp(3));
    assert_eq!(wire.ask_signed(known, &registration("alice"), "alice", "secret-a").status(), Some(200));
    wire.server.handle_bytes(web, b"GET /xcap-root/", wire.now);
    wire.wait(Duration::from_secs(20));
    wire.ask(quiet, &registration("bob"));
    wire.wait(Duration::from_secs(9));
    assert_eq!(wire.closed, []);
    wire.wait(Duration::from_secs(2));
    assert_eq!(wire.closed, [quiet, web]);
    wire.wait(Duration::from_mins(5));
    assert_eq!(wire.closed, [quiet, web]);
}

#[test]
fn options_methods_and_extensions() {
    let mut wire = open();
    let flow = wire.tcp(1);
    let from = "From: <sip:alice@example.test>;tag=1\nTo: <sip:example.test>";
    let options = wire.ask(flow, &format!("OPTIONS sip:example.test SIP/2.0\n{from}"));
    assert_eq!(options.status(), Some(200));
    assert!(options.headers.lists_token("Allow", "MESSAGE"));
    assert!(options.headers.lists_token("Supported", "recipient-list-subscribe"));
    assert_eq!(wire.ask(flow, &format!("INVITE sip:bob@example.test SIP/2.0\n{from}")).status(), Some(480));
    assert_eq!(wire.ask(flow, &format!("DANCE sip:example.test SIP/2.0\n{from}")).status(), Some(501));
    let prack = wire.ask(flow, &format!("PRACK sip:example.test SIP/2.0\n{from}"));
    assert_eq!((prack.status(), prack.headers.has("Allow")), (Some(405), true));
    let required = wire.ask(flow, &with_header(&registration("alice"), "Require: outbound, levitation"));
    assert_eq!((required.status(), required.header("Unsupported").as_deref()), (Some(420), Some("levitation")));
    assert_eq!(wire.ask(flow, &format!("OPTIONS tel:+15551 SIP/2.0\n{from}")).status(), Some(416));
}

#[test]
fn silent_links_give_way_to_new_ones_and_users_stay() {
    for authenticate in [true, false] {
        let mut wire = Wire::new(|config| {
            config.limits.flows = 4;
            if !authenticate {
                config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
            }
        });
        let alice = wire.tcp(1);
        assert_eq!(wire.ask_signed(alice, &registration("alice"), "alice", "secret-a").status(), Some(200));
        for silent in 2..=4 {
            wire.now += Duration::from_secs(1);
            wire.tcp(silent);
        }
        assert_eq!(wire.closed, []);
        // The oldest goes, whatever its number.
        let bob = wire.tcp(0);
        assert_eq!(wire.closed, [Flow(2)]);
        assert!(wire.logs.contains(&ServerLog::Displaced { flow: Flow(2) }));
        assert_eq!(wire.ask_signed(bob, &registration("bob"), "bob", "secret-b").status(), Some(200));
        wire.cut(Flow(2));
        for newcomer in 5..100 {
            wire.tcp(newcomer);
        }
        assert!(!wire.closed.contains(&alice) && !wire.closed.contains(&bob));
        assert_eq!(wire.closed.len(), 1 + 95);
        assert_eq!(wire.ask_signed(Flow(99), &registration("carol"), "carol", "secret-c").status(), Some(200));
        let carol = wire.tcp(100);
        assert_eq!(wire.ask_signed(carol, &registration("carol"), "carol", "secret-c").status(), Some(200));
        // Now all belong to users, but one of carol's leads to no device any more.
        let dave = wire.tcp(101);
        assert_eq!(wire.closed.last(), Some(&Flow(99)));
        wire.cut(Flow(99));
        assert_eq!(wire.ask_signed(dave, &registration("alice"), "alice", "secret-a").status(), Some(200));
        // With that alice's first link is without a device.
        let alices = wire.tcp(102);
        assert_eq!(wire.closed.last(), Some(&alice));
        wire.cut(alice);
        // A second device of hers: now all lead to devices, and the newcomer has to go.
        let second = registration("alice").replace("@client.test", "@second.test");
        assert_eq!(wire.ask_signed(alices, &second, "alice", "secret-a").status(), Some(200));
        wire.tcp(103);
        assert_eq!(wire.closed.last(), Some(&Flow(103)));
        assert_eq!(wire.logs.last(), Some(&ServerLog::TooManyFlows { flow: Flow(103) }));
    }
}
