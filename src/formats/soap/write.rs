//! Writes calls and answers.

use super::{Answer, Call, Row, SetPresence};
use crate::formats::lcs::with_scheme;
use crate::formats::roaming::{extension, groups_text};
use crate::formats::user_info::UserInfo;
use crate::formats::xml::{CLIENT_PRESENCE_URI, METHODS_URI, PRESENCE_URI, Writer};

const OPEN: &str = "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>";
const CLOSE: &str = "</SOAP-ENV:Body></SOAP-ENV:Envelope>";
/// The envelope of searches, which declares the name space of the methods itself.
const OPEN_SEARCH: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
    xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><s:Body>\r\n";
const CLOSE_SEARCH: &str = "\r\n</s:Body></s:Envelope>";

/// Writes a call.
#[must_use]
pub fn write_call(call: &Call) -> String {
    match call {
        Call::SetPresence(presence) => set_presence(presence),
        Call::GetPresence { uri } => method("getPresence", |xml| {
            xml.raw("<presentity").attribute("uri", &with_scheme(uri)).raw("/>");
        }),
        Call::SetContact { display_name, groups, subscribed, uri, external_uri, extension: inner, delta_num } => {
            method("setContact", |xml| {
                xml.element_or_empty("m:displayName", display_name);
                xml.element_or_empty("m:groups", &groups_text(groups));
                xml.element("m:subscribed", if *subscribed { "true" } else { "false" });
                xml.element("m:URI", &with_scheme(uri)).element_or_empty("m:externalURI", external_uri);
                number(xml, "m:deltaNum", *delta_num);
                if let Some(inner) = inner.as_deref().and_then(extension) {
                    xml.raw("<m:contactExtension>").raw(&inner).raw("</m:contactExtension>");
                }
            })
        }
        Call::DeleteContact { uri, delta_num } => method("deleteContact", |xml| {
            xml.element("m:URI", &with_scheme(uri));
            number(xml, "m:deltaNum", *delta_num);
        }),
        Call::AddGroup { name, external_uri, delta_num } => method("addGroup", |xml| {
            group(xml, name, external_uri, *delta_num);
        }),
        Call::ModifyGroup { id, name, external_uri, delta_num } => method("modifyGroup", |xml| {
            number(xml, "m:groupID", u32::from(*id));
            group(xml, name, external_uri, *delta_num);
        }),
        Call::DeleteGroup { id, delta_num } => method("deleteGroup", |xml| {
            number(xml, "m:groupID", u32::from(*id));
            number(xml, "m:deltaNum", *delta_num);
        }),
        Call::SetAce { ace, delta_num } => method("setACE", |xml| {
            xml.element("m:type", ace.kind());
            if let Some(mask) = ace.mask() {
                xml.element("m:mask", &mask);
            }
            xml.element("m:rights", &ace.rights());
            number(xml, "m:deltaNum", *delta_num);
        }),
        Call::DirectorySearch { rows, max_results } => directory_search(rows, *max_results),
    }
}

/// Writes an answer.
#[must_use]
pub fn write_answer(answer: &Answer) -> String {
    match answer {
        Answer::GroupAdded(id) => method("addGroup", |xml| number(xml, "m:groupID", u32::from(*id))),
        Answer::Directory { rows, more } => {
            let mut xml = Writer::bare();
            xml.raw(OPEN_SEARCH).raw("<m:directorySearch>");
            xml.element("m:moreAvailable", if *more { "true" } else { "false" }).raw("</m:directorySearch>\r\n<m:Array>");
            for row in rows {
                write_row(&mut xml, row);
            }
            xml.raw("</m:Array>").raw(CLOSE_SEARCH);
            xml.finish()
        }
    }
}

fn method(name: &str, content: impl FnOnce(&mut Writer)) -> String {
    let mut xml = Writer::bare();
    xml.raw(OPEN).raw("<m:").raw(name).attribute("xmlns:m", METHODS_URI).raw(">");
    content(&mut xml);
    xml.raw("</m:").raw(name).raw(">").raw(CLOSE);
    xml.finish()
}

fn number(xml: &mut Writer, name: &str, number: u32) {
    xml.element(name, &number.to_string());
}

fn group(xml: &mut Writer, name: &str, external_uri: &str, delta_num: u32) {
    xml.element_or_empty("m:name", name).element_or_empty("m:externalURI", external_uri);
    number(xml, "m:deltaNum", delta_num);
}

/// One state a line, as the captures have it.
fn set_presence(presence: &SetPresence) -> String {
    let mut xml = Writer::bare();
    xml.raw(OPEN).raw("\r\n<m:setPresence").attribute("xmlns:m", METHODS_URI);
    xml.raw(">\r\n<m:presentity").attribute("m:uri", &with_scheme(&presence.uri));
    xml.raw(">\r\n<m:availability");
    state(&mut xml, presence.availability, &presence.availability_description);
    xml.raw("/>\r\n<m:activity");
    state(&mut xml, presence.activity, &presence.activity_description);
    if let Some(note) = &presence.note {
        xml.attribute("m:note", note);
    }
    xml.raw("/>\r\n");
    // Markup of others is read again before it goes out.
    if let Some(info) = presence.user_info.as_deref().and_then(UserInfo::of) {
        xml.raw("<userInfo").attribute("xmlns", PRESENCE_URI).raw(">").raw(&info.inner).raw("</userInfo>\r\n");
    }
    if let Some(name) = &presence.device_name {
        xml.raw("<deviceName").attribute("xmlns", CLIENT_PRESENCE_URI).attribute("name", name).raw("/>\r\n");
    }
    if let Some(data) = &presence.device_data {
        xml.raw("<rtc:devicedata").attribute("xmlns:rtc", CLIENT_PRESENCE_URI).raw(" namespace=\"rtcService\">");
        xml.cdata(data).raw("</rtc:devicedata>\r\n");
    }
    xml.raw("</m:presentity></m:setPresence>").raw(CLOSE);
    xml.finish()
}

fn state(xml: &mut Writer, aggregate: u32, description: &str) {
    xml.attribute("m:aggregate", &aggregate.to_string());
    if !description.is_empty() {
        xml.attribute("m:description", description);
    }
}

fn directory_search(rows: &[(String, String)], max_results: u32) -> String {
    let mut xml = Writer::bare();
    xml.raw(OPEN_SEARCH).raw("<m:directorySearch><m:filter m:href=\"#searchArray\"/>");
    number(&mut xml, "m:maxResults", max_results);
    xml.raw("</m:directorySearch>\r\n<m:Array m:id=\"searchArray\">");
    for (attribute, value) in rows {
        xml.raw("<m:row").attribute("m:attrib", attribute).attribute("m:value", value).raw("/>");
    }
    xml.raw("</m:Array>").raw(CLOSE_SEARCH);
    xml.finish()
}

fn write_row(xml: &mut Writer, row: &Row) {
    xml.raw("<m:row").attribute("uri", &with_scheme(&row.uri));
    let columns =
        [("displayName", &row.display_name), ("company", &row.company), ("country", &row.country), ("email", &row.email)];
    for (name, value) in columns {
        if let Some(value) = value {
            xml.attribute(name, value);
        }
    }
    xml.raw("/>");
}
