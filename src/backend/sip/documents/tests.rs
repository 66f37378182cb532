//! Documents as servers write them.

use super::*;
use crate::model::Stamp;

fn presentity(inner: &str) -> Presence {
    let text = format!(
        "<presentity uri=\"bob@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">{inner}</presentity>"
    );
    read(msrtc::MEDIA_TYPE, text.as_bytes()).unwrap().now
}

fn numbers(availability: u32, activity: u32, epid: &str) -> String {
    format!(
        "<availability aggregate=\"{availability}\" description=\"\" epid=\"{epid}\"/><activity aggregate=\"{activity}\" description=\"\" epid=\"{epid}\"/>"
    )
}

fn device_of(epid: &str, availability: u32, activity: u32, age: u32, rest: &str) -> String {
    format!(
        "<devicePresence epid=\"{epid}\" ageOfPresence=\"{age}\"><availability aggregate=\"{availability}\"/>\
         <activity aggregate=\"{activity}\" {rest}/></devicePresence>"
    )
}

/// The sample of protocol document section 4.2.
#[test]
fn the_sample() {
    let document = "<presentity uri=\"bob@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">\
        <availability aggregate=\"300\" description=\"\" epid=\"8bfb9f3f24\"/><activity aggregate=\"500\" description=\"\" epid=\"8bfb9f3f24\"/>\
        <displayName displayName=\"Bob Example\"/><email email=\"bob@example.test\"/><phoneNumber label=\"\" number=\"+1 555 0100\"/>\
        <userInfo><note>stored</note></userInfo><devices><devicePresence epid=\"8bfb9f3f24\" ageOfPresence=\"315\">\
        <availability aggregate=\"300\" description=\"online\"/><activity aggregate=\"500\" description=\"In Call\" note=\"free text\"/>\
        <deviceName name=\"HOST1\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/client/presence\"/></devicePresence></devices></presentity>";
    let Read { about, now } = read(msrtc::MEDIA_TYPE, document.as_bytes()).unwrap();
    assert!(is_about(&about, &Address::parse("sip:bob@example.test").unwrap()));
    assert_eq!(now.availability, Availability::OnThePhone);
    assert_eq!(now.note.as_deref(), Some("free text"));
    assert_eq!(now.display_name.as_deref(), Some("Bob Example"));
    let [device] = &now.devices[..] else { panic!() };
    assert_eq!((device.id.as_str(), device.name.as_deref()), ("8bfb9f3f24", Some("HOST1")));
    assert_eq!(device.age, Some(Duration::from_secs(315)));
    let dated = now.came_at(Stamp::from_millis(1_000_000));
    assert_eq!(dated.since, Some(Stamp::from_millis(685_000)));
}

#[test]
fn name_spaces_and_labels_do_not_matter() {
    for (head, close) in [
        ("<presentity uri='sip:Bob@EXAMPLE.test'>", "</presentity>"),
        ("<presentity xmlns='http://schemas.microsoft.com/09/2002/sip/presence' uri='bob@example.test'>", "</presentity>"),
        (
            "<?xml version='1.0' encoding='utf-16'?><p:presentity xmlns:p='http://schemas.microsoft.com/2002/09/sip/presence' uri='bob@example.test'>",
            "</p:presentity>",
        ),
    ] {
        let prefix = if close.contains("p:") { "p:" } else { "" };
        let text = format!("{head}<{prefix}availability aggregate='300'/><{prefix}activity aggregate='600'/>{close}");
        let told = read(msrtc::MEDIA_TYPE, text.as_bytes()).unwrap();
        assert_eq!(told.now.availability, Availability::Busy, "{head}");
        assert!(is_about(&told.about, &Address::parse("sip:bob@example.test").unwrap()), "{head}");
    }
}

#[test]
fn the_server_decides_which_device_speaks() {
    let devices = device_of("desk", 300, 600, 20, "note=\"desk\"")
        + &device_of("lap", 300, 400, 5, "note=\"lap\"")
        + &device_of("old", 0, 0, 9, "");
    let now = presentity(&(numbers(300, 400, "LAP") + "<devices>" + &devices + "</devices>"));
    assert_eq!((now.availability, now.note.as_deref()), (Availability::Online, Some("lap")));
    assert_eq!(now.devices.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["desk", "lap"]);
    let stored = "<userInfo><note> stored </note></userInfo>";
    let now = presentity(&(numbers(300, 400, "x") + stored + "<devices>" + &devices + "</devices>"));
    assert_eq!(now.note.as_deref(), Some("stored"));
    let now = presentity(&(numbers(300, 400, "") + "<devices>" + &devices + "</devices>"));
    assert_eq!(now.note.as_deref(), Some("desk"), "better than none");
}

#[test]
fn who_is_offline_and_what_says_nothing() {
    assert_eq!(presentity(&numbers(0, 600, "")).availability, Availability::Offline);
    assert_eq!(presentity("").availability, Availability::Offline);
    assert_eq!(presentity(&numbers(300, 0, "")).availability, Availability::Online);
    assert_eq!(presentity(&numbers(4_000_000_000, 99, "")).availability, Availability::Online);
    assert_eq!(presentity(&numbers(0, 0, "")).devices, []);
}

#[test]
fn from_machine_to_machine() {
    let table = [
        ("open", "online", Availability::Online),
        ("open", "busy", Availability::Busy),
        ("open", "berightback", Availability::BeRightBack),
        ("open", "away", Availability::Away),
        ("open", "onthephone", Availability::OnThePhone),
        ("open", "outtolunch", Availability::OutToLunch),
        ("open", "idle", Availability::Idle),
        ("open", "unknown", Availability::Online),
        ("inuse", "online", Availability::Busy),
        ("inuse", "onthephone", Availability::OnThePhone),
        ("closed", "online", Availability::Offline),
    ];
    for (status, substatus, availability) in table {
        for name in ["msnsubstatus", "msnstatus"] {
            let text = format!(
                "<?xml version=\"1.0\"?>\r\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\r\n<presence>\
                 <presentity uri=\"sip:bob@192.0.2.20;method=SUBSCRIBE\"/><atom id=\"1002\"><address uri=\"sip:bob@192.0.2.20\" \
                 priority=\"0.6\"><status status=\"{status}\"/><{name} substatus=\"{substatus}\"/></address></atom>\
                 <display name=\"Bob\"/></presence>"
            );
            let told = read(xpidf::MEDIA_TYPE, text.as_bytes()).unwrap();
            assert_eq!(told.now.availability, availability, "{status} {substatus}");
            assert_eq!(told.now.display_name.as_deref(), Some("Bob"));
            assert!(is_about(&told.about, &Address::parse("bob@192.0.2.20").unwrap()));
        }
    }
}

#[test]
fn whose_it_is() {
    let bob = Address::parse("sip:Bob@example.test").unwrap();
    for same in [
        "sip:Bob@example.test",
        "bob@EXAMPLE.test",
        "pres:bob@example.test",
        "PRES:BOB@example.test",
        "sips:bob@example.test;x=y",
    ] {
        assert!(is_about(same, &bob), "{same}");
    }
    for other in ["", "bob", "sip:bobby@example.test", "sip:bob@example.test.evil.test", "tel:+1555"] {
        assert!(!is_about(other, &bob), "{other}");
    }
}

#[test]
fn several_documents_of_one_person() {
    let one = |availability: u32, activity: u32, epid: &str| {
        let device = device_of(epid, availability, activity, 1, "");
        presentity(
            &(numbers(availability, activity, epid) + "<displayName displayName=\"Bob\"/><devices>" + &device + "</devices>"),
        )
    };
    let now = together(vec![one(300, 100, "a"), one(300, 600, "b"), one(0, 0, "c")]);
    assert_eq!((now.availability, now.devices.len()), (Availability::Busy, 2));
    assert_eq!(now.display_name.as_deref(), Some("Bob"));
    assert_eq!(together(vec![]), Presence::default());
}

#[test]
fn hostile_documents_are_refused() {
    let deep = "<presentity uri='b@x'>".to_owned() + &"<a>".repeat(200_000);
    let laughs = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><presentity uri='b@x'>&b;</presentity>";
    for bad in ["", "x", deep.as_str(), laughs, "<presentity/>", "<presence/>", "\u{0}"] {
        assert!(read(msrtc::MEDIA_TYPE, bad.as_bytes()).is_err(), "{bad:.30}");
    }
    let long = format!("<displayName displayName=\"{}\"/>", "x".repeat(100_000));
    assert!(presentity(&(numbers(300, 400, "") + &long)).display_name.unwrap().len() <= 200);
}
