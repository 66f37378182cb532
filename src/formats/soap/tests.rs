//! Calls and answers in their exact bytes, in every spelling that was seen, and broken.

use super::*;
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
