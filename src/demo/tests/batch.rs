//! Batch subscriptions of LCS, and how their notifications travel.

use std::time::Duration;

use super::presence::again;
use super::rtc::{Rtc, WAYS, outline, read_list};
use super::*;
use crate::demo::accounts::Handling;
use crate::demo::oddities::DocumentOddity;
use crate::formats::rlmi::State;
use crate::formats::soap::SetPresence;
use crate::formats::{Extent, msrtc};
use crate::model::Address;

fn address(name: &str) -> Address {
    Address::complete(name, Some("example.test")).unwrap()
}

#[test]
fn everybody_in_the_answer_then_each_change_alone() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "1f18002c0c"), Rtc::new(&mut wire, 2, "bob", "8bfb9f3f24"));
    bob.set_presence(&mut wire, 300, 400);
    let text = alice.batch("create", &["bob", "carol", "alice", "bob"], WAYS);
    let ok = wire.ask(alice.flow, &text);
    assert_eq!(ok.status(), Some(200));
    assert_eq!(ok.header("Require").as_deref(), Some("eventlist"));
    assert_eq!(ok.header("Event").as_deref(), Some("presence"));
    assert_eq!(ok.header("subscription-state").as_deref(), Some("active;expires=3600"));
    assert_eq!((ok.header("Expires").as_deref(), ok.header("ms-piggyback-cseq").as_deref()), (Some("3600"), Some("1")));
    assert_eq!(ok.header("Contact").as_deref(), Some("<sip:192.0.2.1:5060;transport=tcp>"));
    let tags: Vec<_> = ok.headers.get_all("Supported").map(std::borrow::Cow::into_owned).collect();
    assert_eq!(tags, ["com.microsoft.autoextend", "ms-piggyback-first-notify", "ms-benotify"], "one a line");
    let content_type = ok.header("Content-Type").unwrap();
    assert!(content_type.starts_with("multipart/related;type=\"application/rlmi+xml\";start=resourceList;boundary="));
    let (list, documents) = read_list(&ok);
    assert_eq!((list.uri.as_str(), outline(&list)), ("sip:alice@example.test", (0, Extent::Full, 3)));
    assert_eq!(list.resources[0].instances[0].cid.as_deref(), Some("bob@example.test"));
    let shown = msrtc::read(documents[0].1.as_bytes()).unwrap();
    assert_eq!((shown.availability, shown.activity, shown.epid.as_str()), (300, 400, "8bfb9f3f24"));
    assert_eq!((shown.uri.as_str(), shown.display_name.as_deref()), ("sip:bob@example.test", Some("Bob")));
    let text = String::from_utf8(ok.body.to_vec()).unwrap();
    assert!(text.contains("Content-ID: resourceList\r\n") && text.contains("<presentity uri=\"bob@example.test\""));
    let boundary = content_type.rsplit("boundary=").next().unwrap();
    let parts = text.matches(&format!("\r\n\r\n--{boundary}")).count();
    assert_eq!(parts, 4, "an empty line before each boundary but the first: some readers cut four octets off");

    wire.wait(Duration::from_secs(2));
    bob.set_presence(&mut wire, 300, 600);
    let told = wire.take_one(alice.flow);
    assert_eq!(told.method(), Some(&Method::Benotify));
    assert_eq!(told.uri(), "sip:192.0.2.11:40000;transport=tcp;ms-received-cid=100");
    assert_eq!(told.header("To").as_deref(), Some("<sip:alice@example.test>;tag=talice;epid=1f18002c0c"));
    assert_eq!(told.from().unwrap().tag(), ok.to().unwrap().tag());
    assert_eq!(told.header("CSeq").as_deref(), Some("2 BENOTIFY"), "the answer counted as the first");
    assert_eq!((told.header("Require").as_deref(), told.content_type().as_str()), (Some("eventlist"), msrtc::MEDIA_TYPE));
    assert_eq!(msrtc::read(&told.body).unwrap().activity, 600);

    // Nobody answers, and the next one comes all the same; what says nothing new does not.
    wire.wait(Duration::from_secs(40));
    bob.set_presence(&mut wire, 300, 600);
    assert_eq!(wire.take(alice.flow), []);
    bob.set_presence(&mut wire, 300, 100);
    assert_eq!(wire.take_one(alice.flow).header("CSeq").as_deref(), Some("3 BENOTIFY"));
}

#[test]
fn several_changes_at_once_are_one_list() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    let (bob, carol) = (Rtc::new(&mut wire, 2, "bob", "8bfb9f3f24"), Rtc::new(&mut wire, 3, "carol", "8bfb9f3f25"));
    wire.ask(alice.flow, &alice.batch("create", &["bob", "carol"], WAYS));
    bob.set_presence(&mut wire, 300, 400);
    carol.set_presence(&mut wire, 300, 400);
    assert_eq!(wire.take(alice.flow), [], "a moment after the first");
    wire.wait(Duration::from_secs(1));
    let (list, documents) = read_list(&wire.take_one(alice.flow));
    assert_eq!((outline(&list), documents.len()), ((1, Extent::Partial, 2), 2));
}

#[test]
fn a_list_is_changed_in_its_dialog() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    let (bob, carol) = (Rtc::new(&mut wire, 2, "bob", "8bfb9f3f24"), Rtc::new(&mut wire, 3, "carol", "8bfb9f3f25"));
    let first = wire.ask(alice.flow, &alice.batch("create", &["bob"], WAYS));
    let added = wire.ask(alice.flow, &again(&alice.batch("add", &["carol", "bob"], WAYS), &first, 50, ""));
    assert_eq!((added.status(), added.header("ms-piggyback-cseq").as_deref()), (Some(200), Some("2")));
    assert_eq!(msrtc::read(&added.body).unwrap().uri, "sip:carol@example.test", "only who came");
    wire.wait(Duration::from_secs(2));
    carol.set_presence(&mut wire, 300, 400);
    assert_eq!(msrtc::read(&wire.take_one(alice.flow).body).unwrap().uri, "sip:carol@example.test");
    let gone = wire.ask(alice.flow, &again(&alice.batch("delete", &["carol"], WAYS), &first, 51, ""));
    assert_eq!((gone.status(), gone.body.len(), gone.headers.has("ms-piggyback-cseq")), (Some(200), 0, false));
    wire.wait(Duration::from_secs(2));
    carol.set_presence(&mut wire, 0, 0);
    assert_eq!(wire.take(alice.flow), []);
    // A refresh names everybody anew, and everybody comes; without a body too.
    bob.set_presence(&mut wire, 300, 400);
    wire.take(alice.flow);
    for (cseq, text) in [(52, alice.batch("create", &["bob", "carol"], WAYS)), (53, alice.own("presence", "*/*", WAYS))] {
        let refreshed = wire.ask(alice.flow, &again(&text, &first, cseq, ""));
        let (list, documents) = read_list(&refreshed);
        assert_eq!((list.extent, list.resources.len(), documents.len()), (Extent::Full, 2, 2), "{cseq}");
    }
    let end = wire.ask(alice.flow, &again(&alice.own("presence", "*/*", WAYS), &first, 54, "Expires: 0"));
    assert_eq!((end.status(), end.header("subscription-state").as_deref()), (Some(200), Some("terminated;expires=0")));
    assert_eq!(end.body.len(), 0, "who leaves need not hear once more what they know");
    wire.wait(Duration::from_secs(2));
    bob.set_presence(&mut wire, 300, 500);
    assert_eq!(wire.take(alice.flow), []);
}

#[test]
fn people_who_refuse_wait_or_are_unknown_are_told_apart() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    for (user, handling) in [("bob", Handling::Block), ("carol", Handling::Confirm)] {
        wire.server.decide(&address(user), address("alice"), Some(handling), wire.now).unwrap();
    }
    let (list, documents) = read_list(&wire.ask(alice.flow, &alice.batch("create", &["bob", "carol", "nobody", "alice"], WAYS)));
    let states: Vec<_> = list.resources.iter().map(|r| (r.instances[0].state, r.instances[0].reason.as_deref())).collect();
    assert_eq!(
        states,
        [
            (State::Terminated, Some("rejected")),
            (State::Pending, None),
            (State::Terminated, Some("noresource")),
            (State::Active, None)
        ]
    );
    assert_eq!(documents.len(), 1);
    // A refusal later on is told as a list, since no document can say it.
    wire.server.decide(&address("bob"), address("alice"), Some(Handling::Allow), wire.now).unwrap();
    wire.collect();
    wire.wait(Duration::from_secs(2));
    assert_eq!(wire.take_one(alice.flow).content_type(), msrtc::MEDIA_TYPE);
    wire.server.decide(&address("bob"), address("alice"), Some(Handling::Block), wire.now).unwrap();
    wire.collect();
    wire.wait(Duration::from_secs(2));
    let (list, _) = read_list(&wire.take_one(alice.flow));
    assert_eq!((list.extent, list.resources[0].instances[0].state), (Extent::Partial, State::Terminated));
}

/// What RFC 6665 has and LCS adds, each alone and all together: sixteen servers.
#[test]
fn each_way_is_as_agreed() {
    let all = [Feature::Batch, Feature::Benotify, Feature::Piggyback, Feature::Autoextend];
    for set in 0..16_u32 {
        let off: Vec<Feature> = all.iter().enumerate().filter(|(n, _)| set >> n & 1 == 1).map(|(_, f)| *f).collect();
        let mut wire = lcs(&off);
        wire.server.oddities().no_keepalive = true;
        let has = |feature| !off.contains(&feature);
        let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "1f18002c0c"), Rtc::new(&mut wire, 2, "bob", "8bfb9f3f24"));
        let mut ways = WAYS.to_owned();
        if !has(Feature::Benotify) {
            let refused = wire.ask(alice.flow, &alice.own("vnd-microsoft-roaming-contacts", "*/*", WAYS));
            assert_eq!((refused.status(), refused.header("Unsupported").as_deref()), (Some(420), Some("ms-benotify")));
            ways = ways.replace("Proxy-Require: ms-benotify", "X-None: 1");
        }
        let single = "text/xml+msrtc.pidf, application/xpidf+xml, application/pidf+xml";
        let text = if has(Feature::Batch) {
            alice.batch("create", &["bob"], &ways)
        } else {
            let refused = wire.ask(alice.flow, &alice.batch("create", &["bob"], &ways));
            assert_eq!((refused.status(), refused.header("Unsupported").as_deref()), (Some(420), Some("adhoclist")));
            alice.request("SUBSCRIBE", "bob@example.test", &format!("Event: presence\nAccept: {single}\n{ways}"))
        };
        wire.send(alice.flow, &text);
        let mut got = wire.take(alice.flow);
        let ok = got.remove(0);
        assert_eq!(ok.status(), Some(200), "{off:?}");
        for (tag, feature) in [
            ("ms-benotify", Feature::Benotify),
            ("ms-piggyback-first-notify", Feature::Piggyback),
            ("com.microsoft.autoextend", Feature::Autoextend),
        ] {
            assert_eq!(ok.headers.lists_token("Supported", tag), has(feature), "{off:?} {tag}");
        }
        let method = if has(Feature::Benotify) { Method::Benotify } else { Method::Notify };
        assert_eq!(ok.headers.has("ms-piggyback-cseq"), has(Feature::Piggyback), "{off:?}");
        if has(Feature::Piggyback) {
            assert!(!ok.body.is_empty() && got.is_empty(), "{off:?}");
        } else {
            assert_eq!((ok.body.len(), got.len(), got[0].method()), (0, 1, Some(&method)), "{off:?}");
            assert!(!got[0].body.is_empty());
            if method == Method::Notify {
                wire.answer(alice.flow, &got[0], 200);
            }
        }
        // Half an hour later a notification extends the subscription, or does not.
        wire.wait(Duration::from_mins(30));
        bob.set_presence(&mut wire, 300, 400);
        let told = wire.take_one(alice.flow);
        assert_eq!(told.method(), Some(&method), "{off:?}");
        let left = if has(Feature::Autoextend) { "active;expires=3600" } else { "active;expires=1800" };
        assert_eq!(told.header("Subscription-State").as_deref(), Some(left), "{off:?}");
        if method == Method::Notify {
            wire.answer(alice.flow, &told, 200);
        }
        // Registrations have to be kept up meanwhile.
        for rtc in [&alice, &bob] {
            wire.ask(rtc.flow, &rtc_registration(rtc.user, rtc.epid));
        }
        wire.wait(Duration::from_secs(1801));
        let ended: Vec<_> = wire.take(alice.flow);
        assert_eq!(ended.is_empty(), has(Feature::Autoextend), "{off:?} {ended:?}");
    }
}

#[test]
fn who_did_not_ask_gets_plain_notifications() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    wire.send(alice.flow, &alice.batch("create", &["bob"], "X-None: 1"));
    let got = wire.take(alice.flow);
    assert_eq!((got[0].status(), got[0].body.len(), got[1].method()), (Some(200), 0, Some(&Method::Notify)));
    assert!(got[1].headers.has("Contact") && !got[0].headers.has("Supported"));
}

#[test]
fn lists_that_cannot_be_are_refused() {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.limits.list_entries = 3;
        config.poison.insert(Address::parse("poison@example.test").unwrap());
    });
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    let good = alice.batch("create", &["bob"], WAYS);
    let mut code = |text: &str| wire.ask(alice.flow, text).status().unwrap();
    assert_eq!(code(&alice.batch("create", &["a", "b", "c", "d"], WAYS)), 413);
    assert_eq!(code(&alice.batch("create", &["bob", "poison"], WAYS)), 400);
    assert_eq!(code(&alice.batch("add", &["bob"], WAYS)), 400, "there is nothing to add to");
    for bad in ["sip:b ob@example.test", "tel:+15551", "sip:@example.test", "sip:bob", &format!("sip:{}@x", "b".repeat(460))] {
        assert_eq!(code(&good.replace("sip:bob@example.test\"/>", &format!("{bad}\"/>"))), 400, "{bad}");
    }
    assert_eq!(code(&good.replace("adrl+xml\n", "resource-lists+xml\n")), 415);
    assert_eq!(code(&good.replace("<adhoclist", "<!DOCTYPE a [<!ENTITY b \"c\">]><adhoclist")), 400);
    assert_eq!(code(&good.replace("</adhoclist>", "")), 400);
    assert_eq!(code(&good.replace("Supported: eventlist", "Supported: path")), 421);
    assert_eq!(code(&good.replace("Accept: application/rlmi+xml, ", "Accept: ")), 406);
    assert_eq!(code(&good.replace("SUBSCRIBE sip:alice", "SUBSCRIBE sip:bob")), 403);
    assert_eq!(code(&good), 200);
    let first = wire.ask(alice.flow, &alice.batch("create", &["bob", "carol"], WAYS));
    let change = |text: String, cseq| again(&text, &first, cseq, "");
    assert_eq!(wire.ask(alice.flow, &change(alice.batch("add", &["x", "y"], WAYS), 60)).status(), Some(413));
    assert_eq!(wire.ask(alice.flow, &change(alice.batch("add", &["poison"], WAYS), 61)).status(), Some(400));
    let fine = wire.ask(alice.flow, &change(alice.own("presence", "*/*", WAYS), 62));
    assert_eq!(outline(&read_list(&fine).0), (1, Extent::Full, 2), "the list is as it was");
}

#[test]
fn all_lists_together_are_bounded() {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.limits.watched_per_user = 3;
    });
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    let first = wire.ask(alice.flow, &alice.batch("create", &["a", "b"], WAYS));
    assert_eq!(first.status(), Some(200));
    assert_eq!(wire.ask(alice.flow, &alice.batch("create", &["a", "b"], WAYS)).status(), Some(413));
    let change = |act: &str, people: &[&str], cseq| again(&alice.batch(act, people, WAYS), &first, cseq, "");
    for (act, people, code) in
        [("add", &["c", "d"][..], 413), ("add", &["c"], 200), ("delete", &["a", "b"], 200), ("create", &["x", "y", "z"], 200)]
    {
        let cseq = wire.branch + 100;
        assert_eq!(wire.ask(alice.flow, &change(act, people, cseq)).status(), Some(code), "{act} {people:?}");
    }
    assert_eq!(wire.ask(alice.flow, &alice.batch("create", &["q"], WAYS)).status(), Some(413));
    let cseq = wire.branch + 100;
    wire.ask(alice.flow, &again(&alice.own("presence", "*/*", WAYS), &first, cseq, "Expires: 0"));
    assert_eq!(wire.ask(alice.flow, &alice.batch("create", &["q", "r", "s"], WAYS)).status(), Some(200));
}

#[test]
fn an_empty_list_is_a_list() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    let ok = wire.ask(alice.flow, &alice.batch("create", &[], WAYS));
    assert_eq!(outline(&read_list(&ok).0), (0, Extent::Full, 0));
}

#[test]
fn without_lcs_there_is_nothing_of_it() {
    let mut wire = Wire::new(|config| config.features = Features::without(&[Feature::Digest, Feature::Ntlm, Feature::Lcs]));
    let flow = wire.tcp(1);
    let alice = Rtc { user: "alice", epid: "1f18002c0c", flow };
    for event in
        ["vnd-microsoft-roaming-contacts", "vnd-microsoft-roaming-ACL", "presence.wpending", "vnd-microsoft-provisioning"]
    {
        assert_eq!(wire.ask(flow, &alice.own(event, "*/*", "X-None: 1")).status(), Some(489), "{event}");
    }
    assert_eq!(wire.ask(flow, &alice.batch("create", &["bob"], "X-None: 1")).header("Unsupported").as_deref(), Some("adhoclist"));
    let said = SetPresence { availability: 300, activity: 400, ..alice.said() };
    let service = wire.ask(flow, &alice.service(&crate::formats::soap::Call::SetPresence(said)));
    assert_eq!((service.status(), service.headers.has("Allow")), (Some(501), true));
    let only = alice.request("SUBSCRIBE", "bob@example.test", "Event: presence\nAccept: text/xml+msrtc.pidf");
    assert_eq!(wire.ask(flow, &only).status(), Some(406));
}

#[test]
fn odd_notifications_as_a_test_wants_them() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "1f18002c0c"), Rtc::new(&mut wire, 2, "bob", "8bfb9f3f24"));
    let ways = WAYS.replace("ms-piggyback-first-notify", "path");
    wire.server.oddities().disorder = true;
    wire.server.oddities().version_gap = true;
    wire.send(alice.flow, &alice.batch("create", &["bob", "carol"], &ways));
    let mut numbers = vec![wire.take(alice.flow)[1].cseq().unwrap().number];
    for activity in [400, 600, 500] {
        wire.wait(Duration::from_secs(2));
        bob.set_presence(&mut wire, 300, activity);
        numbers.push(wire.take_one(alice.flow).cseq().unwrap().number);
    }
    assert_eq!(numbers, [0, 3, 2, 5]);
    let first = wire.ask(alice.flow, &alice.batch("create", &["bob"], WAYS));
    let refreshed = wire.ask(alice.flow, &again(&alice.own("presence", "*/*", WAYS), &first, 50, ""));
    assert_eq!((read_list(&first).0.version, read_list(&refreshed).0.version), (0, 2));
    let table = [
        (DocumentOddity::WrongEncoding, "<?xml version=\"1.0\" encoding=\"utf-16\"?><presentity "),
        (DocumentOddity::NoNamespace, "<presentity uri=\"bob@example.test\"><availability"),
        (DocumentOddity::SwappedNamespace, "xmlns=\"http://schemas.microsoft.com/09/2002/sip/presence\""),
    ];
    for (oddity, expected) in table {
        wire.server.oddities().document = oddity;
        let (_, documents) = read_list(&wire.ask(alice.flow, &alice.batch("create", &["bob"], WAYS)));
        assert!(documents[0].1.contains(expected), "{}", documents[0].1);
        assert!(msrtc::read(documents[0].1.as_bytes()).is_ok());
    }
}
