//! Presence documents in their exact bytes, in every spelling that was seen, and broken.

use proptest::prelude::*;

use super::*;

/// The notification of the message samples: 475 octets.
const BUSY: &str = "<presentity uri=\"bob@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">\
    <availability aggregate=\"300\" description=\"\" epid=\"8bfb9f3f24\"/><activity aggregate=\"600\" description=\"\" epid=\"8bfb9f3f24\"/>\
    <displayName displayName=\"Bob Example\"/><devices><devicePresence epid=\"8bfb9f3f24\" ageOfPresence=\"0\">\
    <availability aggregate=\"300\" description=\"online\"/><activity aggregate=\"600\" description=\"Busy\" note=\"in a review\"/>\
    </devicePresence></devices></presentity>";

fn busy() -> Presentity {
    Presentity {
        uri: "sip:bob@example.test".into(),
        availability: 300,
        activity: 600,
        epid: "8bfb9f3f24".into(),
        display_name: Some("Bob Example".into()),
        devices: vec![DevicePresence {
            epid: "8bfb9f3f24".into(),
            age: Some(0),
            availability: 300,
            availability_description: "online".into(),
            activity: 600,
            description: "Busy".into(),
            note: Some("in a review".into()),
            ..DevicePresence::default()
        }],
        ..Presentity::default()
    }
}

#[test]
fn sample_in_its_exact_bytes() {
    assert_eq!(BUSY.len(), 475);
    assert_eq!(read(BUSY.as_bytes()), Ok(busy()));
    assert_eq!(write(&busy()), BUSY);
}

const FULL: &str = "<presentity uri=\"bob@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">\
    <availability aggregate=\"300\" description=\"\" epid=\"8bfb9f3f24\"/><activity aggregate=\"500\" description=\"\" epid=\"8bfb9f3f24\"/>\
    <displayName displayName=\"Bob Example\"/><email email=\"bob@example.test\"/><phoneNumber label=\"\" number=\"+1 555 0100\"/>\
    <userInfo><note>free</note><oof/></userInfo><devices><devicePresence epid=\"8bfb9f3f24\" ageOfPresence=\"315\">\
    <availability aggregate=\"300\" description=\"online\"/><activity aggregate=\"500\" description=\"In Call\" note=\"free text\"/>\
    <deviceName name=\"HOST1\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/client/presence\"/>\
    <rtc:devicedata namespace=\"rtcService\" xmlns:rtc=\"http://schemas.microsoft.com/2002/09/sip/client/presence\">\
    <![CDATA[<caps><renders_gif/><renders_isf/></caps>]]></rtc:devicedata></devicePresence></devices></presentity>";

fn full() -> Presentity {
    Presentity {
        activity: 500,
        email: Some("bob@example.test".into()),
        phone: Some("+1 555 0100".into()),
        user_info: Some(UserInfo { inner: "<note>free</note><oof/>".into(), note: Some("free".into()) }),
        devices: vec![DevicePresence {
            age: Some(315),
            activity: 500,
            description: "In Call".into(),
            note: Some("free text".into()),
            name: Some("HOST1".into()),
            data: Some("<caps><renders_gif/><renders_isf/></caps>".into()),
            ..busy().devices.remove(0)
        }],
        ..busy()
    }
}

#[test]
fn everything_a_document_can_say_in_its_exact_bytes() {
    assert_eq!(write(&full()), FULL);
    assert_eq!(read(FULL.as_bytes()), Ok(full()));
}

#[test]
fn somebody_of_whom_nothing_is_known_in_exact_bytes() {
    let body = "<presentity uri=\"dave@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">\
        <availability aggregate=\"0\" description=\"\" epid=\"\"/><activity aggregate=\"0\" description=\"\" epid=\"\"/></presentity>";
    let dave = Presentity { uri: "sip:dave@example.test".into(), ..Presentity::default() };
    assert_eq!(write(&dave), body);
    assert_eq!(read(body.as_bytes()), Ok(dave.clone()));
    for less in [
        "<presentity uri='dave@example.test'/>",
        "<presentity uri='dave@example.test'><devices/><userInfo/><email/><displayName displayName=' '/></presentity>",
    ] {
        assert_eq!(read(less.as_bytes()), Ok(dave.clone()));
    }
}

/// Name spaces swapped, forgotten, prefixed; addresses with and without scheme; a label that lies.
#[test]
fn every_spelling_means_the_same() {
    let space = "http://schemas.microsoft.com/2002/09/sip/presence";
    let swapped = "http://schemas.microsoft.com/09/2002/sip/presence";
    let prefixed = |mut text: String| {
        for word in [
            "presentity",
            "availability",
            "activity",
            "displayName",
            "email",
            "phoneNumber",
            "userInfo",
            "devices",
            "devicePresence",
        ] {
            text =
                text.replace(&format!("<{word} "), &format!("<p:{word} ")).replace(&format!("<{word}>"), &format!("<p:{word}>"));
            text = text.replace(&format!("</{word}>"), &format!("</p:{word}>"));
        }
        text.replace(&format!("xmlns=\"{space}\""), &format!("xmlns:p=\"{space}\""))
    };
    for body in [
        FULL.replace(space, swapped),
        FULL.replace(&format!(" xmlns=\"{space}\""), ""),
        format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n{FULL}"),
        format!("\u{feff}<?xml version='1.0' encoding='windows-1252'?>{FULL}\r\n\r\n"),
        FULL.replace("uri=\"bob", "uri=\" sip:bob"),
        FULL.replace("uri=\"bob@example.test", "uri=\"SIP:bob@example.test  "),
        FULL.replace("<presentity ", "<presentity xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\" ")
            .replace(" aggregate", " m:aggregate"),
        FULL.replace("aggregate=\"300\"", "aggregate=\" 300 \""),
        FULL.replace("\"/><", "\"/>\r\n\t <"),
        FULL.replace("<email", "<x:email xmlns:x='urn:x' email='z'/><email"),
        prefixed(FULL.to_owned()),
    ] {
        assert_eq!(read(body.as_bytes()), Ok(full()), "{body}");
    }
}

#[test]
fn foreign_roots_and_people_without_address_are_faults() {
    for (body, what) in [
        ("<presentity/>", Offence::Missing),
        ("<presentity uri=''/>", Offence::Missing),
        ("<presentity uri=' sip: '/>", Offence::Missing),
        ("<presentity xmlns='urn:other' uri='a@b'/>", Offence::WrongDocument),
        ("<presence uri='a@b'/>", Offence::WrongDocument),
    ] {
        assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{body}");
    }
}

#[test]
fn numbers_and_devices_stay_within_limits() {
    let devices = "<devicePresence epid='1'/>".repeat(MAX_DEVICES + 5);
    let body = format!("<presentity uri='a@b'><availability aggregate='4000000000'/><devices>{devices}</devices></presentity>");
    let read = read(body.as_bytes()).unwrap();
    assert_eq!((read.availability, read.activity, read.devices.len()), (MAX_AGGREGATE, 0, MAX_DEVICES));
}

/// What people store is sent back as it was, with the name spaces it needs, or not at all.
#[test]
fn stored_things_are_kept_whole_or_not_at_all() {
    let body = "<presentity uri='a@b' xmlns='http://schemas.microsoft.com/2002/09/sip/presence' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
        xmlns:unused='u:v'><userInfo>\r\n <states><state avail='9500' since='2010-01-13T10:30:05Z' validWith='any-device' deviceId='epid' set='manual' \
        xsi:type='userState'>busy</state></states><contact xmlns='http://schemas.microsoft.com/2002/09/sip/client/presence'><tel type='work'>tel:+1</tel>\
        </contact><note>a &lt; b</note></userInfo></presentity>";
    let info = read(body.as_bytes()).unwrap().user_info.unwrap();
    let inner = "<states><state avail=\"9500\" since=\"2010-01-13T10:30:05Z\" validWith=\"any-device\" deviceId=\"epid\" set=\"manual\" \
        xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"userState\">busy</state></states>\
        <contact xmlns=\"http://schemas.microsoft.com/2002/09/sip/client/presence\"><tel type=\"work\">tel:+1</tel></contact><note>a &lt; b</note>";
    assert_eq!((info.inner.as_str(), info.note.as_deref()), (inner, Some("a < b")));
    let long = |length: usize| format!("<presentity uri='a@b'><userInfo><x>{}</x></userInfo></presentity>", "é".repeat(length));
    assert!(read(long(1017).as_bytes()).unwrap().user_info.is_some());
    assert_eq!(read(long(1018).as_bytes()).unwrap().user_info, None);
    // Words of a vocabulary never declared cannot be sent on.
    assert_eq!(read(b"<presentity uri='a@b'><userInfo><q:x/></userInfo></presentity>").unwrap().user_info, None);
    let broken = Presentity { user_info: Some(UserInfo { inner: "</userInfo><x>".into(), note: None }), ..busy() };
    assert_eq!(write(&broken), BUSY);
}

fn text() -> impl Strategy<Value = String> {
    "[ -~é<&\"'\u{202e}😀]{0,20}".prop_map(|text| text.trim().to_owned())
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    text().prop_map(|text| Some(text).filter(|text| !text.is_empty()))
}

prop_compose! {
    fn device()(
        epid in "[0-9a-f]{0,10}", age in any::<Option<u32>>(), availability in 0..=MAX_AGGREGATE, activity in 0..=MAX_AGGREGATE,
        availability_description in text(), description in text(), note in some_text(), name in some_text(), data in some_text(),
    ) -> DevicePresence {
        DevicePresence { epid, age, availability, availability_description, activity, description, note, name, data }
    }
}

prop_compose! {
    fn presentity()(
        uri in "sip:[a-z.]{1,8}@[a-z.]{1,8}", availability in 0..=MAX_AGGREGATE, activity in 0..=MAX_AGGREGATE, epid in "[0-9a-f]{0,10}",
        display_name in some_text(), email in some_text(), phone in some_text(), note in text(),
        devices in proptest::collection::vec(device(), 0..4),
    ) -> Presentity {
        let user_info = UserInfo::with_note(Some("<oof/>"), Some(&note));
        Presentity { uri, availability, activity, epid, display_name, email, phone, user_info, devices }
    }
}

proptest! {
    #[test]
    fn round_trip(presentity in presentity()) {
        prop_assert_eq!(read(write(&presentity).as_bytes()), Ok(presentity));
    }
}
