//! Section 1.2 and appendix A.9 to A.11 from the server's side.

use super::*;

/// Section 1.2: a device signs in. What it is seen by, and what the server can do.
#[test]
fn a_device_signs_in() {
    let mut wire = server(12, 5);
    let ours = exchange(&mut wire, fixture!("s01-1-register")).remove(0);
    let golden = read(fixture!("s01-2-200"));
    // Ours tells its time, and how long an answer to a ping may take.
    let more = ["date", "flow-timer", "ms-keep-alive", "allow-events", "supported", "from"];
    let kept = |message: &Message| {
        let names = message.headers.iter().map(|h| h.name().to_ascii_lowercase());
        let mut names: Vec<String> = names.filter(|name| !more.contains(&name.as_str())).collect();
        names.retain(|name| !["authentication-info", "server"].contains(&name.as_str()));
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(kept(&ours), kept(&golden));
    for name in ["Call-ID", "CSeq", "Via", "Contact"] {
        let plain = |message: &Message| message.header(name).map(|v| v.replace(";expires=900", ""));
        assert!(plain(&ours).unwrap().starts_with(&plain(&golden).unwrap()), "{name}: {ours:?}");
    }
    let name = |message: &Message| (message.from().unwrap().display, message.from().unwrap().tag());
    assert_eq!(name(&ours), name(&golden), "the directory's name for the user");
    for name in ["Allow-Events", "Supported"] {
        for token in golden.headers.list(name) {
            assert!(ours.headers.lists_token(name, &token), "{name}: {token}");
        }
    }
    assert!(ours.header("ms-keep-alive").unwrap().replace(' ', "").contains("hop-hop=yes"));
}

/// A.9: a publication, and one that names what the server does not have.
#[test]
fn presence_is_published() {
    let mut wire = server(12, 5);
    let ours = exchange(&mut wire, fixture!("a09-1-publish")).remove(0);
    let golden = read(fixture!("a09-2-200"));
    assert_same_fields(&ours, &golden, &[]);
    let etag = ours.header("SIP-ETag").unwrap();
    assert_ne!(etag, "a.1", "or the next one would be right");
    let lost = exchange(&mut wire, fixture!("a09-3-publish")).remove(0);
    assert_same_fields(&lost, &read(fixture!("a09-4-412")), &[]);
    let again = String::from_utf8(fixture!("a09-3-publish").to_vec()).unwrap();
    let again = again.replace("SIP-If-Match: a.1", &format!("SIP-If-Match: {etag}")).replace("pub002", "pub003");
    assert_eq!(exchange(&mut wire, again.replace("2 PUBLISH", "3 PUBLISH").as_bytes())[0].status(), Some(200));
}

/// A.10: a list in the request, and the state of everybody on it in one notification.
#[test]
fn a_list_in_the_request() {
    let mut wire = server(12, 5);
    let answers = exchange(&mut wire, fixture!("a10-1-subscribe"));
    let golden = read(fixture!("a10-2-200"));
    assert_same_fields(&answers[0], &golden, &[]);
    let (ours, golden) = (&answers[1], read(fixture!("a10-3-notify")));
    for name in ["Event", "Require", "CSeq", "Call-ID", "To"] {
        assert_eq!(ours.header(name), golden.header(name), "{name}");
    }
    assert!(ours.header("Subscription-State").unwrap().starts_with("active;expires=3600"));
    assert_eq!(ours.content_type(), golden.content_type());
    let people = |message: &Message| {
        let (list, _) = read_list(message);
        list.resources.iter().map(|resource| resource.uri.clone()).collect::<Vec<_>>()
    };
    assert_eq!(people(ours), people(&golden));
}

/// A.11: a message for somebody who is away is kept.
#[test]
fn a_message_is_kept() {
    let mut wire = server(12, 5);
    let ours = exchange(&mut wire, fixture!("a11-1-message")).remove(0);
    assert_same_fields(&ours, &read(fixture!("a11-2-202")), &[]);
}
