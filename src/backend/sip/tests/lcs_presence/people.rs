//! What becomes of single people: within a list, in broken documents, asked for one by one.

use super::*;

// What becomes of single people.

/// A list that says this of bob and nothing of others.
fn says_of_bob(version: u32, instance: &str) -> String {
    lists(version, false, &format!("<resource uri=\"sip:bob@example.test\">{instance}</resource>"), "")
}

#[test]
fn a_subscription_within_the_list_that_ends_for_good() {
    for reason in ["rejected", "noresource"] {
        let (mut world, subscribe) = standing(&["bob", "carol"]);
        benotify(
            &mut world,
            &subscribe,
            2,
            (LIST, &says_of_bob(1, &format!("<instance id='0' state='terminated' reason='{reason}'/>"))),
        );
        assert_eq!(seen(&mut world), ["bob unknown"], "{reason}");
        put(&mut world, "dave");
        assert_eq!(people_in(&world.expect("SUBSCRIBE")), "add dave", "bob is not asked for again");
        // Unless the user wants it.
        world.command(Command::RemoveContact(who("bob"))).unwrap();
        assert!(sent_within(&mut world, 1).is_empty());
    }
}

#[test]
fn a_subscription_within_the_list_that_may_begin_again() {
    for reason in ["deactivated", "timeout"] {
        let (mut world, subscribe) = standing(&["bob", "carol"]);
        let ended = format!("<instance id='0' state='terminated' reason='{reason}'/>");
        for version in 1..=3 {
            benotify(&mut world, &subscribe, 1 + version, (LIST, &says_of_bob(version, &ended)));
            let add = world.expect("SUBSCRIBE");
            assert_eq!(people_in(&add), "add bob", "{reason}");
            world.answer(&add, 200, GRANTS);
        }
        benotify(&mut world, &subscribe, 5, (LIST, &says_of_bob(4, &ended)));
        world.nothing_sent();
        let sent = sent_within(&mut world, 3600);
        assert_eq!(people_in(&sent[0].1), "add bob");
        assert!(sent[0].0 >= 60, "not so fast: {}", sent[0].0);
    }
}

#[test]
fn a_subscription_within_the_list_that_may_begin_again_later() {
    for reason in ["reason='probation'", "reason='giveup'", "", "reason='of another kind'"] {
        let (mut world, subscribe) = standing(&["bob"]);
        benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, &format!("<instance id='0' state='terminated' {reason}/>"))));
        world.nothing_sent();
        let sent = sent_within(&mut world, 70);
        assert_eq!(people_in(&sent[0].1), "add bob", "{reason}");
        assert!(sent[0].0 >= 29, "{}", sent[0].0);
        world.piggyback(&sent[0].1, GRANTS, ONE, &presentity("bob", 400));
        assert!(seen(&mut world).contains(&"bob online".to_owned()));
    }
}

#[test]
fn a_person_to_be_asked_for_alone_or_at_another_server() {
    let (mut world, subscribe) = standing(&["bob", "carol"]);
    benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, "<instance id='0' state='resubscribe'/>")));
    let single = world.expect("SUBSCRIBE");
    assert_eq!((single.uri(), single.body.len()), ("sip:bob@example.test", 0));
    world.piggyback(&single, GRANTS, ONE, &presentity("bob", 600));
    assert!(seen(&mut world).contains(&"bob busy".to_owned()));
    world.nothing_sent();

    let (mut world, subscribe) = standing(&["bob", "carol"]);
    let there = "<instance id='0' state='resubscribe' poolFqdn='Pool2.example.test'/>";
    benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, there)));
    let at_pool = world.expect("SUBSCRIBE");
    assert_eq!((at_pool.uri(), people_in(&at_pool).as_str()), ("sip:pool2.example.test", "create bob"));
    assert_eq!(at_pool.to().unwrap().uri.as_str(), "sip:pool2.example.test");
    let again = lists(
        0,
        true,
        "<resource uri=\"sip:bob@example.test\"><instance id='0' state='resubscribe' poolFqdn='pool2.example.test'/></resource>",
        "",
    );
    world.piggyback(&at_pool, GRANTS, LIST, &again);
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:bob@example.test", "not in circles");

    let (mut world, subscribe) = standing(&["bob", "carol"]);
    benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, there)));
    let at_pool = world.expect("SUBSCRIBE");
    world.answer(&at_pool, 404, &[]);
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:bob@example.test");
    let (mut world, subscribe) = standing(&["bob", "carol"]);
    benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, "<instance id='0' state='resubscribe' poolFqdn='x;y=\"@evil'/>")));
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:bob@example.test", "that is no host");
}

#[test]
fn people_of_whom_nothing_is_told_yet() {
    for instance in ["", "<instance id='0' state='pending'/>", "<instance id='0' state='something'/>"] {
        let (mut world, subscribe) = standing(&["bob"]);
        benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, instance)));
        assert_eq!(seen(&mut world), ["bob unknown"], "{instance}");
        world.nothing_sent();
    }
    let (mut world, subscribe) = standing(&["bob"]);
    benotify(&mut world, &subscribe, 2, (LIST, &says_of_bob(1, "<instance id='0' state='active'/>")));
    assert_eq!(seen(&mut world), ["bob online"], "active without news");
}

// Broken documents.

#[test]
fn a_broken_document_disturbs_nobody_else() {
    let deep = "<a>".repeat(200_000);
    let laughs = "<!DOCTYPE p [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><presentity uri='bob@example.test'>&b;</presentity>";
    for broken in ["", "<presentity", "\u{0}", &deep, laughs, "<presence/>"] {
        let (mut world, subscribe) = standing(&["bob", "carol"]);
        let rows = "<resource uri=\"sip:bob@example.test\"><instance id=\"0\" state=\"active\" cid=\"bob\"/></resource>\
            <resource uri=\"sip:carol@example.test\"><instance id=\"0\" state=\"active\" cid=\"carol\"/></resource>";
        let parts = part("bob", broken) + &part("carol", &presentity("carol", 600));
        benotify(&mut world, &subscribe, 2, (LIST, &lists(1, false, rows, &parts)));
        assert_eq!(seen(&mut world), ["bob online", "carol busy"], "{broken:.20}: what was known stays");
        if !broken.is_empty() {
            benotify(&mut world, &subscribe, 3, (ONE, broken));
            assert_eq!(seen(&mut world), Vec::<String>::new());
            assert_eq!(faults(&mut world), [("presence-unreadable", 2)], "{broken:.20}");
        }
        benotify(&mut world, &subscribe, 4, (LIST, &list(2, false, &[("bob", 100)])));
        assert_eq!(seen(&mut world), ["bob away"]);
    }
}

#[test]
fn broken_lists_change_nothing() {
    let names = "x".repeat(1_000_000);
    let long = lists(1, false, &format!("<resource uri=\"sip:{names}@example.test\"/>"), "");
    let twice = lists(
        1,
        false,
        "<resource uri=\"sip:bob@example.test\"><instance id='0' state='active' cid='x'/></resource>\
         <resource uri=\"sip:carol@example.test\"><instance id='0' state='active' cid='x'/></resource>",
        &(part("x", &presentity("bob", 600)) + &part("x", &presentity("carol", 600))),
    );
    let missing =
        lists(1, false, "<resource uri=\"sip:bob@example.test\"><instance id='0' state='active' cid='gone'/></resource>", "");
    let stranger = list(1, false, &[("mallory", 600)]);
    let table: [(&str, &str, &str); 11] = [
        (LIST, "", "list-unreadable"),
        (LIST, "--b--", "list-unreadable"),
        ("multipart/related", "--b--", "list-unreadable"),
        ("multipart/related;boundary=other", &stranger, "list-unreadable"),
        (LIST, "--b\r\n\r\n<list", "list-unreadable"),
        (LIST, &list(1, false, &[("bob", 600)]).replace("version=\"1\"", "version=\"-1\""), "list-unreadable"),
        (LIST, &list(1, false, &[("bob", 600)]).replace("version=\"1\"", "version=\"99999999999\""), "list-unreadable"),
        ("application/rlmi+xml", "<list", "list-unreadable"),
        (LIST, &stranger, "list-stranger"),
        (LIST, &long, "list-stranger"),
        ("application/octet-stream", "x", "notification-type"),
    ];
    for (content_type, body, fault) in table {
        let (mut world, subscribe) = standing(&["bob", "carol"]);
        benotify(&mut world, &subscribe, 2, (content_type, body));
        assert_eq!(seen(&mut world), Vec::<String>::new(), "{body:.40}");
        let counted = faults(&mut world);
        assert_eq!(
            counted.iter().map(|(word, _)| *word).collect::<Vec<_>>(),
            if fault.is_empty() { vec![] } else { vec![fault] },
            "{body:.40}"
        );
        world.nothing_sent();
        benotify(&mut world, &subscribe, 3, (ONE, &presentity("bob", 100)));
        assert_eq!(seen(&mut world), ["bob away"], "the dialog lives on");
    }
    let (mut world, subscribe) = standing(&["bob", "carol"]);
    benotify(&mut world, &subscribe, 2, (LIST, &twice));
    assert_eq!(seen(&mut world), ["bob busy", "carol online"], "a part is read for one person");
    benotify(&mut world, &subscribe, 3, (LIST, &missing.replace("version=\"1\"", "version=\"2\"")));
    assert_eq!(seen(&mut world), ["bob busy"]);
    assert_eq!(faults(&mut world), [("presence-unreadable", 2)]);
    benotify(&mut world, &subscribe, 4, (ONE, &presentity("mallory", 400)));
    assert_eq!(seen(&mut world), Vec::<String>::new());
    assert!(faults(&mut world).contains(&("presence-stranger", 1)));
}

// One by one.

/// Signed in to a server without batches; the subscription to bob.
fn single() -> (World, Message) {
    let mut world = World::new(lcs(&["bob"]));
    sign_in(&mut world, &[]);
    let mut asked = [world.expect("SUBSCRIBE"), world.expect("SUBSCRIBE")];
    asked.sort_by_key(|m| m.uri().to_owned());
    let [own, bob] = asked;
    world.piggyback(&own, GRANTS, ONE, &presentity("alice", 0));
    (world, bob)
}

#[test]
fn silence_about_a_person_is_no_fault() {
    let (mut world, bob) = single();
    let accepted = world.answer_bytes(&bob, 200, &["Expires: 28800", "Contact: <sip:lcs1.example.test>"]);
    world.feed(&accepted);
    world.take_events();
    assert!(sent_within(&mut world, 31).is_empty());
    assert_eq!(seen(&mut world), Vec::<String>::new());
    assert!(sent_within(&mut world, 2).is_empty());
    assert_eq!(seen(&mut world), ["bob unknown"]);
    assert!(sent_within(&mut world, 3600).is_empty() && notices(&world).is_empty());
    assert_eq!(faults(&mut world), []);
    // Word may come hours later.
    benotify(&mut world, &bob, 2, (ONE, &presentity("bob", 400)));
    assert_eq!(seen(&mut world), ["bob online"]);
}

#[test]
fn people_of_public_networks() {
    let (mut world, bob) = single();
    let pidf = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"bob@example.test\"><tuple id=\"a\"><status><basic>open</basic>\
        </status></tuple></presence>";
    let bytes = world.answer_bytes(
        &bob,
        200,
        &["Expires: 3600", "Contact: <sip:lcs1.example.test>", "Content-Type: application/pidf+xml"],
    );
    let text = String::from_utf8(bytes).unwrap().replace("Content-Length: 0", &format!("Content-Length: {}", pidf.len()));
    assert!(!text.contains("Event:"));
    world.feed((text + pidf).as_bytes());
    assert_eq!(seen(&mut world), ["bob online"]);
    benotify(&mut world, &bob, 2, ("application/pidf+xml", &pidf.replace("open", "closed")));
    assert_eq!(seen(&mut world), ["bob offline"]);
    benotify(&mut world, &bob, 3, ("application/pidf+xml", &pidf.replace("bob@", "carol@")));
    benotify(&mut world, &bob, 4, ("application/pidf+xml", "<presence"));
    benotify(&mut world, &bob, 1, ("application/pidf+xml", pidf));
    assert_eq!(seen(&mut world), Vec::<String>::new());
    assert_eq!(
        faults(&mut world),
        [("benotify-unasked", 3), ("notification-order", 1), ("presence-stranger", 1), ("presence-unreadable", 1)]
    );
}

#[test]
fn our_own_document_is_wanted_even_of_a_server_without_lists() {
    let mut world = World::new(lcs(&[]));
    world.publishes = true;
    sign_in(&mut world, &[]);
    let own = world.expect("SUBSCRIBE");
    assert_eq!(own.uri(), "sip:alice@example.test");
    world.nothing_sent();
    world.piggyback(&own, GRANTS, ONE, &presentity("alice", 0));
    world.expect("SERVICE");
    assert_eq!(seen(&mut world), Vec::<String>::new(), "we are no contact of ours");
    // But may be one.
    put(&mut world, "alice");
    world.command(Command::RemoveContact(who("alice"))).unwrap();
    world.nothing_sent();
}

#[test]
fn who_subscribes_to_us_hears_yes_and_nothing_else() {
    let (mut world, _) = standing(&["bob"]);
    let text = "SUBSCRIBE sip:192.0.2.10:49152;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bKs1\r\n\
        Max-Forwards: 70\r\nFrom: <sip:bob@example.test>;tag=b;epid=8bfb9f3f24\r\nTo: <sip:alice@example.test>;epid=0000000000\r\n\
        Call-ID: s1\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:bob@192.0.2.11>\r\nEvent: presence\r\nContent-Length: 0\r\n\r\n";
    world.feed(text.as_bytes());
    let answer = world.expect_answer(200);
    assert!(answer.header("To").unwrap().contains("epid=0000000000"), "as it came");
    world.seconds(60);
    world.nothing_sent();
}

#[test]
fn signing_out_ends_few_subscriptions() {
    let names: Vec<String> = (0..200).map(|n| format!("u{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mut world, subscribe) = standing(&names);
    world.command(Command::SignOut).unwrap();
    let end = world.expect("SUBSCRIBE");
    assert_eq!((end.header("Expires").unwrap().as_str(), end.body.len(), end.call_id()), ("0", 0, subscribe.call_id()));
    assert!(end.header("Proxy-Require").is_none());
    assert_eq!(world.expect("REGISTER").header("Expires").unwrap(), "0");
}
