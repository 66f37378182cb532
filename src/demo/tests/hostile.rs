//! Requests of clients of LCS with something broken about them, at every place: the server
//! answers or does not, and is as before.

use super::rtc::{Rtc, WAYS};
use super::*;
use crate::formats::soap::{Call, SetPresence};

/// Everything such a client says.
fn sayings(alice: &Rtc) -> Vec<String> {
    let said = SetPresence {
        availability: 300,
        activity: 400,
        note: Some("a note".into()),
        user_info: Some("<note>n</note>".into()),
        ..alice.said()
    };
    let contact = Call::SetContact {
        display_name: "Bob".into(),
        groups: vec![1],
        subscribed: true,
        uri: "sip:bob@example.test".into(),
        external_uri: String::new(),
        extension: None,
        delta_num: 1,
    };
    vec![
        rtc_registration("alice", "1f18002c0c"),
        alice.own("vnd-microsoft-roaming-contacts", "*/*", WAYS),
        alice.batch("create", &["bob", "carol"], WAYS),
        alice.service(&Call::SetPresence(said)),
        alice.service(&contact),
        alice.service(&Call::DirectorySearch { rows: vec![("mail".into(), "bob".into())], max_results: 5 }),
    ]
}

#[test]
fn nothing_broken_breaks_the_server() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "1f18002c0c");
    let mut link = 10;
    for saying in sayings(&alice) {
        let places: Vec<usize> = saying.char_indices().map(|(at, _)| at).collect();
        for at in places.into_iter().step_by(5) {
            let (before, after) = saying.split_at(at);
            let mut rest = after.chars();
            let first = rest.next().unwrap();
            for broken in [
                format!("{before}{}", rest.as_str()),
                format!("{before}{first}{first}{}", rest.as_str()),
                format!("{before}<{}", rest.as_str()),
                format!("{before}9999999999{}", rest.as_str()),
                format!("{before}\u{0}{}", rest.as_str()),
            ] {
                let flow = wire.tcp(link);
                link += 1;
                // What is broken in its first line is not even sent as a request.
                if broken.trim_start().lines().next().is_some_and(|line| line.split(' ').count() == 3) {
                    wire.send(flow, &broken);
                }
                wire.cut(flow);
            }
        }
    }
    assert_eq!(wire.ask(alice.flow, &alice.own("presence.wpending", "*/*", WAYS)).status(), Some(200));
    assert!(wire.server.next_timeout().is_some());
}
