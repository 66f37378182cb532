//! The bodies of the sample messages through the readers and writers of `formats`: what a sample
//! says is read, and what is written is its very bytes, but for what is told at each place.

use chinwag::formats::keyboard::KeyboardActivity;
use chinwag::formats::media_type::MediaType;
use chinwag::formats::multipart::{self, NewPart};
use chinwag::formats::rlmi::State;
use chinwag::formats::roaming::Document;
use chinwag::formats::soap::{Answer, Call};
use chinwag::formats::{acl, keyboard, msrtc, rlmi, roaming, sdp, soap};
use chinwag::sip::message::{Message, parse_datagram};

use crate::files;

fn message(name: &str) -> Message {
    let (_, data) = files("tests/fixtures/wire").into_iter().find(|(n, _)| n == name).unwrap();
    parse_datagram(&data).unwrap()
}

/// The body of a sample, after a look at its type.
fn body(name: &str, media_type: &str) -> String {
    let message = message(name);
    let essence = MediaType::read(&message.headers.get("Content-Type").unwrap()).essence;
    assert_eq!(essence, media_type.to_ascii_lowercase(), "{name}");
    String::from_utf8(message.body.to_vec()).unwrap()
}

#[test]
fn contacts_and_a_change_of_them() {
    let sample = body("a01-2-200", roaming::MEDIA_TYPE);
    let read = roaming::read(sample.as_bytes()).unwrap();
    let Document::List(list) = &read else { panic!("not a list") };
    assert_eq!((list.delta_num, list.groups.len(), list.contacts.len()), (12, 2, 2));
    assert_eq!((list.contacts[0].uri.as_str(), &list.contacts[0].groups[..]), ("sip:bob@example.test", &[1, 2][..]));
    // No blank after the last group: pidgin-sipe would take it for one more.
    assert_eq!(roaming::write(&read), sample.replace("2 \"", "2\""));

    let sample = body("a02-1-benotify", roaming::MEDIA_TYPE);
    let read = roaming::read(sample.as_bytes()).unwrap();
    let Document::Delta(delta) = &read else { panic!("not a change") };
    assert_eq!((delta.delta_num, delta.prev_delta_num, delta.changes.len()), (13, 12, 1));
    // In a change the address has its scheme: pidgin-sipe passes over one without.
    assert_eq!(roaming::write(&read), sample.replace("\"1 \"", "\"1\"").replace("uri=\"", "uri=\"sip:"));
}

#[test]
fn calls_and_answers() {
    for name in ["a03-1-service", "a03-3-service", "a04-1-service"] {
        let sample = body(name, soap::MEDIA_TYPE);
        let call = soap::read_call(sample.as_bytes()).unwrap();
        assert_eq!(soap::write_call(&call), sample, "{name}");
        match (name, call) {
            ("a03-1-service", Call::SetContact { uri, groups, delta_num: 13, .. }) => {
                assert_eq!((uri.as_str(), groups), ("sip:dave@example.test", vec![2]))
            }
            ("a03-3-service", Call::AddGroup { name, delta_num: 14, .. }) => assert_eq!(name, "Friends"),
            ("a04-1-service", Call::SetAce { ace, delta_num: 5 }) => {
                assert_eq!(ace.subject, acl::Subject::User("sip:eve@partner.test".into()))
            }
            (name, call) => panic!("{name}: {call:?}"),
        }
    }
    let sample = body("a03-4-200", soap::MEDIA_TYPE);
    assert_eq!(soap::read_answer(sample.as_bytes()), Ok(Answer::GroupAdded(3)));
    assert_eq!(soap::write_answer(&Answer::GroupAdded(3)), sample);
}

#[test]
fn presence_of_one_person() {
    let sample = body("a05-2-notify", msrtc::MEDIA_TYPE);
    let read = msrtc::read(sample.as_bytes()).unwrap();
    assert_eq!((read.availability, read.activity, read.devices[0].note.as_deref()), (300, 600, Some("in a review")));
    assert_eq!(msrtc::write(&read), sample);
}

#[test]
fn presence_of_a_list() {
    let message = message("a06-1-benotify");
    let content_type = message.headers.get("Content-Type").unwrap();
    let parts = multipart::read(&content_type, &message.body).unwrap();
    assert_eq!((parts.start.as_deref(), parts.parts.len()), (Some("resourceList"), 2));
    let root = parts.root().unwrap();
    assert_eq!(root.content_type.essence, rlmi::MEDIA_TYPE);
    let list = rlmi::read(root.body).unwrap();
    assert_eq!(rlmi::write_as_lcs(&list).as_bytes(), root.body);
    let [carol, dave] = &list.resources[..] else { panic!("not two people") };
    assert_eq!((carol.instances[0].state, carol.instances[0].reason.as_deref()), (State::Terminated, Some("rejected")));
    let cid = dave.instances[0].cid.as_deref().unwrap();
    let part = parts.part(&format!("<{cid}>")).unwrap();
    let read = msrtc::read(part.body).unwrap();
    assert_eq!(msrtc::write(&read).as_bytes(), part.body);

    let rlmi = rlmi::write_as_lcs(&list);
    let document = msrtc::write(&read);
    let written = multipart::write_related_as_lcs(
        "b0undary0001",
        &[
            NewPart { content_type: rlmi::MEDIA_TYPE, content_id: "resourceList", body: rlmi.as_bytes() },
            NewPart { content_type: msrtc::MEDIA_TYPE, content_id: cid, body: document.as_bytes() },
        ],
    );
    assert_eq!(written.content_type, content_type);
    // An empty line before each boundary, for the clients that need it.
    let sample = String::from_utf8(message.body.to_vec()).unwrap().replace("\r\n--b0undary0001", "\r\n\r\n--b0undary0001");
    assert_eq!(String::from_utf8(written.body).unwrap(), sample);
}

#[test]
fn conversations() {
    for (name, peer) in [("a07-1-invite", "sip:alice@example.test"), ("a07-2-200", "sip:bob@example.test")] {
        let sample = body(name, sdp::MEDIA_TYPE);
        let offer = sdp::read(sample.as_bytes()).unwrap().message.unwrap();
        assert_eq!((offer.media, offer.target.as_deref()), (sdp::Media::Message, Some(peer)));
        assert_eq!(sdp::write(&offer), sample);
    }
    let sample = body("a07-4-info", keyboard::MEDIA_TYPE);
    assert_eq!(keyboard::read(sample.as_bytes()), Ok(KeyboardActivity::Type));
    assert_eq!(keyboard::write(&KeyboardActivity::Type), sample);
}
