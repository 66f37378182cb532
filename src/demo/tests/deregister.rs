//! The server signs devices out.

use super::*;
use crate::demo::Deregistration;
use crate::model::Address;

#[test]
fn a_device_is_told_in_the_dialog_of_its_register() {
    let mut wire = lcs(&[]);
    let flow = wire.tcp(1);
    let alice = Address::parse("alice@example.test").unwrap();
    let text = with_header(&rtc_registration("alice", "1f18002c0c"), "Call-ID: 4037df92843544de9065195bd57a4b14");
    assert_eq!(wire.ask(flow, &text).status(), Some(200));
    assert_eq!(wire.server.deregister(&alice, None, Deregistration::Rejected, wire.now), 1);
    wire.collect();
    let told = wire.take_one(flow);
    assert_eq!(told.method(), Some(&Method::Benotify));
    assert_eq!(told.uri(), "sip:192.0.2.11:40000;transport=tcp;ms-received-cid=100");
    assert_eq!(told.header("To").as_deref(), Some("<sip:alice@example.test>;tag=3e49177a52;epid=1f18002c0c"));
    assert!(told.from().unwrap().tag().is_some());
    assert_eq!(told.call_id().as_deref(), Some("4037df92843544de9065195bd57a4b14"));
    assert_eq!(told.header("CSeq").as_deref(), Some("1 BENOTIFY"));
    assert_eq!(told.header("Event").as_deref(), Some("registration-notify"));
    assert_eq!(told.header("subscription-state").as_deref(), Some("terminated;expires=0"));
    assert_eq!(told.content_type(), "text/registration-event");
    assert_eq!(told.body, "deregistered;event=rejected");
    assert_eq!(wire.server.deregister(&alice, None, Deregistration::Rejected, wire.now), 0, "nobody there any more");
}

#[test]
fn without_benotify_it_is_a_notify() {
    let mut wire = lcs(&[Feature::Benotify]);
    let flow = wire.tcp(1);
    let alice = Address::parse("alice@example.test").unwrap();
    wire.ask(flow, &rtc_registration("alice", "1f18002c0c"));
    wire.server.deregister(&alice, Some("1f18002c0c"), Deregistration::Deactivated, wire.now);
    wire.collect();
    let told = wire.take_one(flow);
    assert_eq!((told.header("CSeq").as_deref(), &told.body[..]), (Some("1 NOTIFY"), &b"deregistered;event=deactivated"[..]));
    wire.answer(flow, &told, 200);
    assert_eq!(wire.take(flow), []);
}

#[test]
fn one_of_several_devices() {
    let mut wire = lcs(&[]);
    let (desk, phone) = (wire.tcp(1), wire.tcp(2));
    let alice = Address::parse("alice@example.test").unwrap();
    wire.ask(desk, &rtc_registration("alice", "aaaaaaaaaa"));
    wire.ask(phone, &rtc_registration("alice", "bbbbbbbbbb"));
    assert_eq!(wire.server.deregister(&alice, Some("cccccccccc"), Deregistration::Unregistered, wire.now), 0);
    assert_eq!(wire.server.deregister(&alice, Some("bbbbbbbbbb"), Deregistration::Unregistered, wire.now), 1);
    wire.collect();
    assert_eq!((wire.take(desk).len(), wire.take(phone).len()), (0, 1));
}

#[test]
fn too_many_devices_sign_the_oldest_out() {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.limits.bindings_per_user = 2;
    });
    let flows = [wire.tcp(1), wire.tcp(2), wire.tcp(3)];
    for (flow, epid) in flows.into_iter().zip(["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"]) {
        assert_eq!(wire.ask(flow, &rtc_registration("alice", epid)).status(), Some(200));
    }
    let told = wire.take_one(flows[0]);
    assert_eq!(told.body, "deregistered;event=unregistered");
    assert!(wire.logs.iter().any(|l| matches!(l, ServerLog::SignedOut { flow, .. } if *flow == flows[0])));
    assert_eq!((wire.take(flows[1]).len(), wire.take(flows[2]).len()), (0, 0));
}
