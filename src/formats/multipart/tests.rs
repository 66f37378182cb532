//! Parts in their exact bytes, and bodies of every kind of damage.

use proptest::prelude::*;

use super::*;
use crate::formats::{Extent, pidf, rlmi};

const TYPE: &str = "multipart/related;type=\"application/rlmi+xml\";start=\"<rlmi0@example.test>\";boundary=\"L1st\"";

/// The list notification of the message samples: 770 octets.
const NOTIFIED: &str = "--L1st\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <rlmi0@example.test>\r\n\
    Content-Type: application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:rls@example.test\" version=\"0\" fullState=\"true\">\
    <resource uri=\"sip:bob@example.test\"><instance id=\"i1\" state=\"active\" cid=\"bob1@example.test\"/></resource>\
    <resource uri=\"sip:carol@example.test\"/></list>\r\n\
    --L1st\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <bob1@example.test>\r\n\
    Content-Type: application/pidf+xml;charset=\"UTF-8\"\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.test\"><tuple id=\"b1\"><status><basic>open</basic>\
    </status><note>hello</note></tuple></presence>\r\n--L1st--\r\n";

#[test]
fn list_notification_in_its_exact_bytes() {
    assert_eq!(NOTIFIED.len(), 770);
    let body = read(TYPE, NOTIFIED.as_bytes()).unwrap();
    let root = body.root().unwrap();
    assert_eq!(root.content_type.essence, rlmi::MEDIA_TYPE);
    let list = rlmi::read(root.body).unwrap();
    assert_eq!((list.version, list.extent, list.resources.len()), (0, Extent::Full, 2));
    let cid = list.resources[0].instances[0].cid.clone().unwrap();
    let state = pidf::read(body.part(&cid).unwrap().body).unwrap();
    assert_eq!((state.is_open(), state.tuples[0].notes[0].text.as_str()), (true, "hello"));

    let parts: Vec<_> = body.parts.iter().map(|p| (p.content_id.clone().unwrap(), p.body)).collect();
    let parts: Vec<_> = parts
        .iter()
        .zip(["application/rlmi+xml;charset=\"UTF-8\"", "application/pidf+xml;charset=\"UTF-8\""])
        .map(|((id, body), content_type)| NewPart { content_type, content_id: id, body })
        .collect();
    let written = write_related("L1st", &parts);
    assert_eq!(written.content_type, TYPE);
    assert_eq!(String::from_utf8(written.body).unwrap(), NOTIFIED);
}

#[test]
fn tolerates_what_is_seen_in_the_field() {
    let body = b"preamble\n--b c  \nContent-ID: one\nContent-Type:\n text/plain;\n charset=x\n\nfirst\n\n--b c\n\nno head\n--b cx\n--b c--\nepilogue\n--b c\n";
    let parts = read("multipart/mixed; boundary=\"b c\"; start=one", body).unwrap();
    assert_eq!(parts.parts.iter().map(|p| p.body).collect::<Vec<_>>(), [&b"first\n"[..], b"no head\n--b cx"]);
    assert_eq!(parts.root().unwrap().content_type.parameter("charset"), Some("x"));
    assert_eq!(parts.parts[1].content_type.essence, "text/plain");
    assert_eq!(parts.part("<one>"), parts.root());
    // A start that names nothing: the first part. No parts at all: no root.
    assert_eq!(read("multipart/related;boundary=x;start=\"<no>\"", b"--x\n\na\n--x--").unwrap().root().unwrap().body, b"a");
    assert_eq!(read("multipart/related;boundary=x", b"--x--").unwrap().root(), None);
}

/// As Live Communications Server writes it: names without brackets, parameters without quotes.
#[test]
fn list_of_lcs_in_its_exact_bytes() {
    let (list, bob) = ("<list/>", "<presentity/>");
    let parts = [
        NewPart { content_type: "application/rlmi+xml", content_id: "resourceList", body: list.as_bytes() },
        NewPart { content_type: "text/xml+msrtc.pidf", content_id: "bob@example.test", body: bob.as_bytes() },
    ];
    let written = write_related_as_lcs("e7904a528704417c9a90", &parts);
    assert_eq!(
        written.content_type,
        "multipart/related;type=\"application/rlmi+xml\";start=resourceList;boundary=e7904a528704417c9a90"
    );
    let body = "--e7904a528704417c9a90\r\nContent-Transfer-Encoding: binary\r\nContent-ID: resourceList\r\n\
        Content-Type: application/rlmi+xml\r\n\r\n<list/>\r\n\r\n--e7904a528704417c9a90\r\nContent-Transfer-Encoding: binary\r\n\
        Content-ID: bob@example.test\r\nContent-Type: text/xml+msrtc.pidf\r\n\r\n<presentity/>\r\n\r\n--e7904a528704417c9a90--\r\n";
    assert_eq!(String::from_utf8(written.body).unwrap(), body);
    // The sample has a blank before the type, and other brackets are as good.
    for content_type in [
        "multipart/related; type=\"application/rlmi+xml\";start=resourceList;boundary=e7904a528704417c9a90",
        "MULTIPART/RELATED;start=\"<resourceList>\" ; Boundary=\"e7904a528704417c9a90\"",
    ] {
        let read = read(content_type, body.as_bytes()).unwrap();
        assert_eq!(read.root().unwrap().body, b"<list/>\r\n");
        for id in ["bob@example.test", "<bob@example.test>", " <bob@example.test> "] {
            assert_eq!(read.part(id).unwrap().body, b"<presentity/>\r\n", "{id}");
        }
        assert_eq!(read.part("carol@example.test"), None);
    }
}

/// Of two parts with one name the first counts, and a start that is not there is the first part.
#[test]
fn names_twice_and_names_of_nothing() {
    let body = b"--b\r\nContent-ID: <a>\r\n\r\n1\r\n--b\r\nContent-ID: a\r\n\r\n2\r\n--b\r\nContent-ID: \r\n\r\n3\r\n--b--";
    let read = read("multipart/related;boundary=b;start=nothing", body).unwrap();
    assert_eq!((read.part("<a>").unwrap().body, read.root().unwrap().body), (&b"1"[..], &b"1"[..]));
    assert_eq!(read.parts.len(), 3);
}

#[test]
fn parts_within_parts_down_to_the_limit() {
    let mut content_type = "text/plain".to_owned();
    let mut body = b"innermost".to_vec();
    for level in 0..5 {
        let written =
            write_related(&format!("b{level}"), &[NewPart { content_type: &content_type, content_id: "i", body: &body }]);
        (content_type, body) = (written.content_type, written.body);
    }
    let one = read(&content_type, &body).unwrap();
    let two = one.parts[0].parts().unwrap();
    let three = two.parts[0].parts().unwrap();
    let four = three.parts[0].parts().unwrap();
    assert_eq!(four.parts[0].parts(), Err(Offence::TooDeep.at(0)));
}

#[test]
fn bad_bodies_are_faults() {
    for (content_type, body, fault) in [
        ("text/plain", &b"x"[..], Offence::WrongDocument.at(0)),
        ("multipart/mixed", b"x", Offence::Boundary.at(0)),
        ("multipart/mixed;boundary=\"\"", b"x", Offence::Boundary.at(0)),
        ("multipart/mixed;boundary=x", b"", Offence::Truncated.at(0)),
        ("multipart/mixed;boundary=x", b"--x\n\nabc\n--x", Offence::Truncated.at(12)),
        ("multipart/mixed;boundary=x", b"--x\nA: \xff\n\n--x--", Offence::Encoding.at(4)),
    ] {
        assert_eq!(read(content_type, body), Err(fault), "{content_type}");
    }
    let long = format!("multipart/mixed;boundary={}", "x".repeat(71));
    assert_eq!(read(&long, b""), Err(Offence::Boundary.at(0)));
    let many = "--x\n\n".repeat(MAX_PARTS + 2);
    assert_eq!(read("multipart/mixed;boundary=x", many.as_bytes()).unwrap_err().what, Offence::TooManyParts);
    let head = format!("--x\n{}\n--x--", "A: b\n".repeat(10_000));
    assert_eq!(read("multipart/mixed;boundary=x", head.as_bytes()).unwrap_err().what, Offence::TooLong);
}

#[test]
fn boundary_makes_room_for_content() {
    let body = b"--b\r\nContent-Type: x/y\r\n\r\n--b--\r\n--b.1x\r\n";
    let written = write_related("b", &[NewPart { content_type: "a/b", content_id: "i", body }]);
    assert_eq!(read(&written.content_type, &written.body).unwrap().parts[0].body, body);
}

proptest! {
    #[test]
    fn binary_round_trip(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..6)) {
        let parts: Vec<_> = bodies.iter().map(|body| NewPart { content_type: "a/b", content_id: "i", body }).collect();
        let written = write_related("bnd", &parts);
        let read = read(&written.content_type, &written.body).unwrap();
        prop_assert_eq!(read.parts.iter().map(|p| p.body.to_vec()).collect::<Vec<_>>(), bodies);
    }

    #[test]
    fn garbage_never_panics(mut body in proptest::collection::vec(prop_oneof![Just(b'-'), Just(b'x'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..80)) {
        let _ = read("multipart/mixed;boundary=x", &body);
        body.extend_from_slice(b"\n--x--");
        let _ = read("multipart/mixed;boundary=x", &body);
    }
}
