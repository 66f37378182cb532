//! Calls and answers in their exact bytes, in every spelling that was seen, and broken.

use proptest::prelude::*;

use super::*;
use crate::formats::Offence;
use crate::formats::acl::{Sees, Subject};

fn both_ways(call: &Call, body: &str) {
    assert_eq!(write_call(call), body);
    assert_eq!(read_call(body.as_bytes()).as_ref(), Ok(call));
}

fn enveloped(method: &str) -> String {
    let method = method.replacen('>', " xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\">", 1);
    format!(
        "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>{method}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
}

/// The bodies of the message samples.
#[test]
fn samples_in_their_exact_bytes() {
    let dave = Call::SetContact {
        display_name: "Dave".into(),
        groups: vec![2],
        subscribed: true,
        uri: "sip:dave@example.test".into(),
        external_uri: String::new(),
        extension: None,
        delta_num: 13,
    };
    let body = enveloped(
        "<m:setContact><m:displayName>Dave</m:displayName><m:groups>2</m:groups><m:subscribed>true</m:subscribed>\
         <m:URI>sip:dave@example.test</m:URI><m:externalURI/><m:deltaNum>13</m:deltaNum></m:setContact>",
    );
    assert_eq!(body.len(), 385);
    both_ways(&dave, &body);
    let body = enveloped("<m:addGroup><m:name>Friends</m:name><m:externalURI/><m:deltaNum>14</m:deltaNum></m:addGroup>");
    assert_eq!(body.len(), 279);
    both_ways(&Call::AddGroup { name: "Friends".into(), external_uri: String::new(), delta_num: 14 }, &body);
    let body = enveloped("<m:addGroup><m:groupID>3</m:groupID></m:addGroup>");
    assert_eq!(body.len(), 236);
    assert_eq!(write_answer(&Answer::GroupAdded(3)), body);
    assert_eq!(read_answer(body.as_bytes()), Ok(Answer::GroupAdded(3)));
    let body = enveloped(
        "<m:setACE><m:type>USER</m:type><m:mask>sip:eve@partner.test</m:mask><m:rights>AA</m:rights><m:deltaNum>5</m:deltaNum></m:setACE>",
    );
    assert_eq!(body.len(), 315);
    let ace = Ace { subject: Subject::User("sip:eve@partner.test".into()), sees: Sees::Allow, may_write: true };
    both_ways(&Call::SetAce { ace, delta_num: 5 }, &body);
}

#[test]
fn set_presence_in_its_exact_bytes() {
    let body = "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>\r\n\
        <m:setPresence xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\">\r\n\
        <m:presentity m:uri=\"sip:alice@example.test\">\r\n\
        <m:availability m:aggregate=\"300\" m:description=\"online\"/>\r\n\
        <m:activity m:aggregate=\"400\" m:description=\"Active\" m:note=\"free text\"/>\r\n\
        <deviceName xmlns=\"http://schemas.microsoft.com/2002/09/sip/client/presence\" name=\"HOST1\"/>\r\n\
        <rtc:devicedata xmlns:rtc=\"http://schemas.microsoft.com/2002/09/sip/client/presence\" namespace=\"rtcService\"><![CDATA[<caps/>]]></rtc:devicedata>\r\n\
        </m:presentity></m:setPresence></SOAP-ENV:Body></SOAP-ENV:Envelope>";
    let presence = SetPresence {
        uri: "sip:alice@example.test".into(),
        availability: 300,
        activity: 400,
        availability_description: "online".into(),
        activity_description: "Active".into(),
        note: Some("free text".into()),
        device_name: Some("HOST1".into()),
        device_data: Some("<caps/>".into()),
        user_info: None,
    };
    both_ways(&Call::SetPresence(presence), body);
}

/// The samples of the sections: the rest of the methods.
#[test]
fn every_other_method_in_its_exact_bytes() {
    let delete = Call::DeleteContact { uri: "sip:bob@example.test".into(), delta_num: 687 };
    both_ways(
        &delete,
        &enveloped("<m:deleteContact><m:URI>sip:bob@example.test</m:URI><m:deltaNum>687</m:deltaNum></m:deleteContact>"),
    );
    let modify = Call::ModifyGroup { id: 2, name: "Crew".into(), external_uri: String::new(), delta_num: 689 };
    let body = "<m:modifyGroup><m:groupID>2</m:groupID><m:name>Crew</m:name><m:externalURI/><m:deltaNum>689</m:deltaNum></m:modifyGroup>";
    both_ways(&modify, &enveloped(body));
    let delete = Call::DeleteGroup { id: 2, delta_num: 690 };
    both_ways(&delete, &enveloped("<m:deleteGroup><m:groupID>2</m:groupID><m:deltaNum>690</m:deltaNum></m:deleteGroup>"));
    let poll = Call::GetPresence { uri: "sip:bob@example.test".into() };
    both_ways(&poll, &enveloped("<m:getPresence><presentity uri=\"sip:bob@example.test\"/></m:getPresence>"));
    let all = Ace { subject: Subject::All, sees: Sees::Deny, may_write: false };
    let body = "<m:setACE><m:type>ALL</m:type><m:rights>DD</m:rights><m:deltaNum>282</m:deltaNum></m:setACE>";
    both_ways(&Call::SetAce { ace: all, delta_num: 282 }, &enveloped(body));
    let domain = Ace { subject: Subject::Domain("partner.test".into()), sees: Sees::PoliteBlock, may_write: false };
    let body = "<m:setACE><m:type>DOMAIN</m:type><m:mask>partner.test</m:mask><m:rights>BD</m:rights><m:deltaNum>0</m:deltaNum></m:setACE>";
    both_ways(&Call::SetAce { ace: domain, delta_num: 0 }, &enveloped(body));
    let eve = Call::SetContact {
        display_name: String::new(),
        groups: vec![],
        subscribed: false,
        uri: "sip:eve@example.test".into(),
        external_uri: "http://x/?a&b".into(),
        extension: Some("<a xmlns=\"u:v\"/>".into()),
        delta_num: 1,
    };
    let body = "<m:setContact><m:displayName/><m:groups/><m:subscribed>false</m:subscribed><m:URI>sip:eve@example.test</m:URI>\
        <m:externalURI>http://x/?a&amp;b</m:externalURI><m:deltaNum>1</m:deltaNum>\
        <m:contactExtension><a xmlns=\"u:v\"/></m:contactExtension></m:setContact>";
    both_ways(&eve, &enveloped(body));
}

fn search_enveloped(inner: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><s:Body>\r\n\
         {inner}\r\n</s:Body></s:Envelope>"
    )
}

#[test]
fn search_and_its_answer_in_exact_bytes() {
    let term = |attribute: &str, value: &str| (attribute.to_owned(), value.to_owned());
    let search = Call::DirectorySearch { rows: vec![term("givenName", "Bo"), term("mail", "bob@")], max_results: 100 };
    let body = "<m:directorySearch><m:filter m:href=\"#searchArray\"/><m:maxResults>100</m:maxResults></m:directorySearch>\r\n\
        <m:Array m:id=\"searchArray\"><m:row m:attrib=\"givenName\" m:value=\"Bo\"/><m:row m:attrib=\"mail\" m:value=\"bob@\"/></m:Array>";
    both_ways(&search, &search_enveloped(body));
    let bob = Row {
        uri: "sip:bob@example.test".into(),
        display_name: Some("Bob <b>".into()),
        company: Some("Example".into()),
        country: None,
        email: Some("bob@example.test".into()),
    };
    let answer = Answer::Directory { rows: vec![bob, Row { uri: "sip:x@y".into(), ..Row::default() }], more: true };
    let body = search_enveloped(
        "<m:directorySearch><m:moreAvailable>true</m:moreAvailable></m:directorySearch>\r\n<m:Array>\
         <m:row uri=\"sip:bob@example.test\" displayName=\"Bob &lt;b&gt;\" company=\"Example\" email=\"bob@example.test\"/><m:row uri=\"sip:x@y\"/></m:Array>",
    );
    assert_eq!(write_answer(&answer), body);
    assert_eq!(read_answer(body.as_bytes()), Ok(answer));
    let nobody = Answer::Directory { rows: vec![], more: false };
    assert_eq!(read_answer(write_answer(&nobody).as_bytes()), Ok(nobody.clone()));
    for less in [
        "<m:directorySearch/>",
        "<m:Array/>",
        "<m:Array><m:row/></m:Array><m:directorySearch><moreAvailable>no</moreAvailable></m:directorySearch>",
    ] {
        assert_eq!(read_answer(search_enveloped(less).as_bytes()), Ok(nobody.clone()), "{less}");
    }
    let qualified = search_enveloped("<m:Array><m:row m:uri='x@y' m:displayName=''/></m:Array>");
    let Ok(Answer::Directory { rows, .. }) = read_answer(qualified.as_bytes()) else { panic!("no rows") };
    assert_eq!(rows, [Row { uri: "sip:x@y".into(), ..Row::default() }]);
}

/// As pidgin-sipe searches: in the other envelope, each element with its own declaration.
#[test]
fn search_in_another_spelling() {
    let body = "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>\
        <m:directorySearch xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><m:filter m:href=\"#searchArray\"/><m:maxResults>25</m:maxResults>\
        </m:directorySearch><m:Array xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\" m:id=\"searchArray\">\
        <m:row m:attrib=\"msRTCSIP-PrimaryUserAddress\" m:value=\"sip:bob@example.test\"/><m:row m:attrib=\"x\" m:value=\"\"/></m:Array>\
        </SOAP-ENV:Body></SOAP-ENV:Envelope>";
    let rows = vec![("msRTCSIP-PrimaryUserAddress".to_owned(), "sip:bob@example.test".to_owned())];
    assert_eq!(read_call(body.as_bytes()), Ok(Call::DirectorySearch { rows, max_results: 25 }));
}

/// Another envelope, other prefixes or none, blanks everywhere: as pidgin-sipe and others write.
#[test]
fn every_spelling_means_the_same() {
    let dave = Call::DeleteContact { uri: "sip:dave@example.test".into(), delta_num: 13 };
    for body in [
        "<Envelope><Body><deleteContact><URI>sip:dave@example.test</URI><deltaNum>13</deltaNum></deleteContact></Body></Envelope>",
        "<?xml version='1.0' encoding='utf-16'?>\r\n<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='http://schemas.microsoft.com/winrtc/2002/11/sip'>\
         <s:Header><m:x/></s:Header>\r\n<s:Body>\r\n<m:deleteContact>\r\n<m:URI> dave@example.test\r\n</m:URI> <m:deltaNum> 13 </m:deltaNum></m:deleteContact></s:Body></s:Envelope>",
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><x:other xmlns:x='u:v'/><deleteContact xmlns='http://schemas.microsoft.com/winrtc/2002/11/sip'>\
         <deltaNum>13</deltaNum><URI>SIP:dave@example.test</URI></deleteContact></e:Body></e:Envelope>",
    ] {
        assert_eq!(read_call(body.as_bytes()), Ok(dave.clone()), "{body}");
    }
}

/// What pidgin-sipe publishes: things after the user info that nobody else has, and a vocabulary
/// declared far from where it is used.
#[test]
fn set_presence_with_things_stored_and_things_unknown() {
    let body = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><s:Body>\
        <m:setPresence><m:presentity xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" m:uri=\"sip:alice@example.test\">\
        <m:availability m:aggregate=\"300\"/><m:activity m:aggregate=\"600\"/>\
        <deviceName xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\" name=\"host\"/>\
        <rtc:devicedata xmlns:rtc=\"http://schemas.microsoft.com/winrtc/2002/11/sip\" namespace=\"rtcService\"><![CDATA[<caps><renders_gif/></caps>]]></rtc:devicedata>\
        <userInfo xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\"><note>at work</note><states><state avail=\"6500\" \
        set=\"manual\" xsi:type=\"userState\">busy</state></states></userInfo>\
        <device xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\" deviceId=\"1f18002c0c\" since=\"2010-01-13T10:30:05Z\"><userInput>active</userInput></device>\
        </m:presentity></m:setPresence></s:Body></s:Envelope>";
    let inner = "<note>at work</note><states><state avail=\"6500\" set=\"manual\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
        xsi:type=\"userState\">busy</state></states>";
    let presence = SetPresence {
        uri: "sip:alice@example.test".into(),
        availability: 300,
        activity: 600,
        device_name: Some("host".into()),
        device_data: Some("<caps><renders_gif/></caps>".into()),
        user_info: Some(inner.into()),
        ..SetPresence::default()
    };
    assert_eq!(read_call(body.as_bytes()), Ok(Call::SetPresence(presence.clone())));
    let written = write_call(&Call::SetPresence(presence.clone()));
    let expected = format!("<userInfo xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">{inner}</userInfo>\r\n");
    assert!(written.contains(&expected), "{written}");
    assert_eq!(read_call(written.as_bytes()), Ok(Call::SetPresence(presence)));
}

#[test]
fn bad_calls_are_faults() {
    let terms = "<row attrib='a' value='b'/>".repeat(MAX_TERMS + 1);
    let presence = |inner: &str| format!("<setPresence><presentity uri='a'>{inner}</presentity></setPresence>");
    for (inner, what) in [
        (String::new(), Offence::Missing),
        ("<unknown/>".into(), Offence::WrongDocument),
        ("<x:deleteContact xmlns:x='u:v'/>".into(), Offence::Missing),
        ("<deleteContact><URI>a</URI></deleteContact>".into(), Offence::Missing),
        ("<deleteContact><URI/><deltaNum>1</deltaNum></deleteContact>".into(), Offence::Missing),
        ("<deleteContact><deltaNum>1</deltaNum></deleteContact>".into(), Offence::Missing),
        ("<addGroup><deltaNum>1</deltaNum></addGroup>".into(), Offence::Missing),
        ("<deleteGroup><groupID>65</groupID><deltaNum>1</deltaNum></deleteGroup>".into(), Offence::Value),
        ("<setACE><type>USER</type><rights>AA</rights><deltaNum>1</deltaNum></setACE>".into(), Offence::Value),
        ("<setACE><type>ALL</type><rights>ZA</rights><deltaNum>1</deltaNum></setACE>".into(), Offence::Value),
        ("<setACE><rights>AA</rights><deltaNum>1</deltaNum></setACE>".into(), Offence::Missing),
        ("<getPresence/>".into(), Offence::Missing),
        ("<getPresence><presentity/></getPresence>".into(), Offence::Missing),
        ("<setPresence/>".into(), Offence::Missing),
        (presence("<availability aggregate='1'/>"), Offence::Missing),
        (presence("<availability aggregate='1000'/><activity aggregate='1'/>"), Offence::Value),
        (presence("<availability aggregate='1'/><activity/>"), Offence::Value),
        ("<directorySearch/>".into(), Offence::Missing),
        ("<directorySearch><filter href='#a'/></directorySearch><Array id='b'/>".into(), Offence::Missing),
        (format!("<directorySearch/><Array>{terms}</Array>"), Offence::TooMany),
    ] {
        let body = format!("<Envelope><Body>{inner}</Body></Envelope>");
        assert_eq!(read_call(body.as_bytes()), Err(what.at(0)), "{inner}");
    }
    assert_eq!(read_call(b"<Envelope/>"), Err(Offence::Missing.at(0)));
    assert_eq!(read_call(b"<Body/>"), Err(Offence::WrongDocument.at(0)));
}

#[test]
fn bad_answers_are_faults() {
    let rows = format!("<Array>{}</Array>", "<row uri='a'/>".repeat(MAX_ROWS + 1));
    for (inner, what) in [
        ("", Offence::Missing),
        ("<other/>", Offence::Missing),
        ("<addGroup/>", Offence::Missing),
        ("<addGroup><groupID>x</groupID></addGroup>", Offence::Value),
        (rows.as_str(), Offence::TooMany),
    ] {
        assert_eq!(read_answer(format!("<Envelope><Body>{inner}</Body></Envelope>").as_bytes()), Err(what.at(0)), "{what}");
    }
}

fn text() -> impl Strategy<Value = String> {
    "[!-~é<&\"'😀]{0,20}"
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[!-~é<&\"'😀]{1,20}")
}

fn uri() -> impl Strategy<Value = String> {
    "sip:[a-z.&<\"]{1,8}@[a-z.]{1,8}"
}

prop_compose! {
    fn set_presence()(
        uri in uri(), availability in 0..1000_u32, activity in 0..1000_u32, availability_description in text(), activity_description in text(),
        note in some_text(), device_name in some_text(), device_data in some_text(), stored in text(),
    ) -> Call {
        let user_info = crate::formats::user_info::UserInfo::with_note(Some("<oof/>"), Some(&stored)).map(|info| info.inner);
        Call::SetPresence(SetPresence {
            uri, availability, activity, availability_description, activity_description, note, device_name, device_data, user_info,
        })
    }
}

prop_compose! {
    fn set_contact()(
        display_name in text(), groups in proptest::collection::btree_set(0..=64_u8, 0..5), subscribed in any::<bool>(), uri in uri(),
        external_uri in text(), delta_num in any::<u32>(), extended in any::<bool>(),
    ) -> Call {
        let extension = extended.then(|| "<a b=\"&lt;\">c</a>".to_owned());
        Call::SetContact { display_name, groups: groups.into_iter().collect(), subscribed, uri, external_uri, extension, delta_num }
    }
}

fn call() -> impl Strategy<Value = Call> {
    let ace = prop_oneof![Just(Subject::All), "[a-z.&<]{1,9}".prop_map(Subject::Domain), uri().prop_map(Subject::User),];
    let sees = prop_oneof![Just(Sees::Allow), Just(Sees::Deny), Just(Sees::Prompt), Just(Sees::PoliteBlock)];
    let terms = proptest::collection::vec(("[a-zA-Z-]{1,9}", "[!-~é]{1,9}"), 0..4);
    prop_oneof![
        set_presence(),
        set_contact(),
        uri().prop_map(|uri| Call::GetPresence { uri }),
        (uri(), any::<u32>()).prop_map(|(uri, delta_num)| Call::DeleteContact { uri, delta_num }),
        (text(), text(), any::<u32>()).prop_map(|(name, external_uri, delta_num)| Call::AddGroup {
            name,
            external_uri,
            delta_num
        }),
        (0..=64_u8, text(), text(), any::<u32>()).prop_map(|(id, name, external_uri, delta_num)| Call::ModifyGroup {
            id,
            name,
            external_uri,
            delta_num
        }),
        (0..=64_u8, any::<u32>()).prop_map(|(id, delta_num)| Call::DeleteGroup { id, delta_num }),
        (ace, sees, any::<bool>(), any::<u32>())
            .prop_map(|(subject, sees, may_write, delta_num)| Call::SetAce { ace: Ace { subject, sees, may_write }, delta_num }),
        (terms, any::<u32>()).prop_map(|(rows, max_results)| Call::DirectorySearch { rows, max_results }),
    ]
}

prop_compose! {
    fn row()(uri in uri(), display_name in some_text(), company in some_text(), country in some_text(), email in some_text()) -> Row {
        Row { uri, display_name, company, country, email }
    }
}

proptest! {
    #[test]
    fn calls_round_trip(call in call()) {
        prop_assert_eq!(read_call(write_call(&call).as_bytes()), Ok(call));
    }

    #[test]
    fn answers_round_trip(id in 0..=64_u8, rows in proptest::collection::vec(row(), 0..4), more in any::<bool>()) {
        for answer in [Answer::GroupAdded(id), Answer::Directory { rows, more }] {
            prop_assert_eq!(read_answer(write_answer(&answer).as_bytes()), Ok(answer));
        }
    }
}
