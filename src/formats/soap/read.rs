//! Reads calls and answers. What a call needs and lacks is a fault: the server answers it with 400.

use super::{Answer, Call, DEFAULT_RESULTS, MAX_ROWS, MAX_TERMS, Row, SetPresence};
use crate::formats::acl::Ace;
use crate::formats::lcs::{is_true, number, number_in, text_in, uri, with_scheme};
use crate::formats::msrtc::{self, MAX_AGGREGATE};
use crate::formats::roaming::{self, group_id, groups};
use crate::formats::user_info::{self, UserInfo};
use crate::formats::xml::{self, Element, Keep, Space};
use crate::formats::{Fault, Offence};

const KEPT: &[Keep] = &[user_info::KEPT, roaming::KEPT];

/// Reads a call.
pub fn read_call(body: &[u8]) -> Result<Call, Fault> {
    let root = xml::read_keeping(body, KEPT)?;
    let body = soap_body(&root)?;
    let known = |element: &&Element| element.space == Space::Lcs || element.space == Space::None;
    let method = body.children.iter().find(known).ok_or(Offence::Missing.at(0))?;
    Ok(match &*method.name {
        "setPresence" => Call::SetPresence(set_presence(method)?),
        "getPresence" => Call::GetPresence { uri: uri(within(method, "presentity")?, "uri").ok_or(Offence::Missing.at(0))? },
        "setContact" => Call::SetContact {
            display_name: said(method, "displayName"),
            groups: groups(&said(method, "groups")),
            subscribed: method.child(Space::Lcs, "subscribed").is_none_or(|element| is_true(&element.text)),
            uri: address(method)?,
            external_uri: said(method, "externalURI"),
            extension: method.child(Space::Lcs, "contactExtension").and_then(|e| e.markup.as_deref()).map(str::to_owned),
            delta_num: delta_num(method)?,
        },
        "deleteContact" => Call::DeleteContact { uri: address(method)?, delta_num: delta_num(method)? },
        "addGroup" => Call::AddGroup {
            name: needed(method, "name")?.to_owned(),
            external_uri: said(method, "externalURI"),
            delta_num: delta_num(method)?,
        },
        "modifyGroup" => Call::ModifyGroup {
            id: group(method)?,
            name: needed(method, "name")?.to_owned(),
            external_uri: said(method, "externalURI"),
            delta_num: delta_num(method)?,
        },
        "deleteGroup" => Call::DeleteGroup { id: group(method)?, delta_num: delta_num(method)? },
        "setACE" => Call::SetAce { ace: ace(method)?, delta_num: delta_num(method)? },
        "directorySearch" => directory_search(body, method)?,
        _ => return Err(Offence::WrongDocument.at(0)),
    })
}

/// Reads an answer.
pub fn read_answer(body: &[u8]) -> Result<Answer, Fault> {
    let root = xml::read_any(body, xml::Doctype::Refuse)?;
    let body = soap_body(&root)?;
    if let Some(added) = body.child(Space::Lcs, "addGroup") {
        return Ok(Answer::GroupAdded(group(added)?));
    }
    let (search, array) = (body.child(Space::Lcs, "directorySearch"), body.child(Space::Lcs, "Array"));
    if search.is_none() && array.is_none() {
        return Err(Offence::Missing.at(0));
    }
    let more = search.and_then(|search| search.child(Space::Lcs, "moreAvailable")).is_some_and(|more| is_true(&more.text));
    let rows: Vec<_> = array.into_iter().flat_map(|array| array.all(Space::Lcs, "row")).filter_map(row).collect();
    if rows.len() > MAX_ROWS {
        return Err(Offence::TooMany.at(0));
    }
    Ok(Answer::Directory { rows, more })
}

fn row(element: &Element) -> Option<Row> {
    Some(Row {
        uri: uri(element, "uri")?,
        display_name: text_in(element, "displayName"),
        company: text_in(element, "company"),
        country: text_in(element, "country"),
        email: text_in(element, "email"),
    })
}

/// The body of the envelope, of whichever SOAP.
fn soap_body(root: &Element) -> Result<&Element, Fault> {
    if &*root.name != "Envelope" {
        return Err(Offence::WrongDocument.at(0));
    }
    root.child_named("Body").ok_or(Offence::Missing.at(0))
}

fn within<'e>(element: &'e Element, name: &str) -> Result<&'e Element, Fault> {
    element.child(Space::Lcs, name).ok_or(Offence::Missing.at(0))
}

/// The text of a child; empty if there is none.
fn said(method: &Element, name: &str) -> String {
    method.child(Space::Lcs, name).map(Element::trimmed).unwrap_or_default().to_owned()
}

fn needed<'e>(method: &'e Element, name: &str) -> Result<&'e str, Fault> {
    within(method, name).map(Element::trimmed)
}

fn address(method: &Element) -> Result<String, Fault> {
    let uri = needed(method, "URI")?;
    if uri.is_empty() { Err(Offence::Missing.at(0)) } else { Ok(with_scheme(uri)) }
}

fn delta_num(method: &Element) -> Result<u32, Fault> {
    number(needed(method, "deltaNum")?).ok_or(Offence::Value.at(0))
}

fn group(method: &Element) -> Result<u8, Fault> {
    group_id(needed(method, "groupID")?).ok_or(Offence::Value.at(0))
}

fn ace(method: &Element) -> Result<Ace, Fault> {
    let mask = method.child(Space::Lcs, "mask").map(Element::trimmed);
    Ace::of(needed(method, "type")?, mask, &said(method, "rights")).ok_or(Offence::Value.at(0))
}

fn set_presence(method: &Element) -> Result<SetPresence, Fault> {
    let presentity = within(method, "presentity")?;
    let aggregate = |name| {
        let state = within(presentity, name)?;
        let number = number_in(state, "aggregate").filter(|number| *number <= MAX_AGGREGATE);
        number.map(|number| (number, state)).ok_or(Offence::Value.at(0))
    };
    let (availability, available) = aggregate("availability")?;
    let (activity, active) = aggregate("activity")?;
    Ok(SetPresence {
        uri: uri(presentity, "uri").ok_or(Offence::Missing.at(0))?,
        availability,
        activity,
        availability_description: text_in(available, "description").unwrap_or_default(),
        activity_description: text_in(active, "description").unwrap_or_default(),
        note: text_in(active, "note"),
        device_name: msrtc::device_name(presentity),
        device_data: msrtc::device_data(presentity),
        user_info: presentity.child(Space::Lcs, "userInfo").and_then(UserInfo::in_element).map(|info| info.inner),
    })
}

/// What is looked for stands beside the method, in the array the method points to.
fn directory_search(body: &Element, method: &Element) -> Result<Call, Fault> {
    let wanted = method.child(Space::Lcs, "filter").and_then(|filter| filter.lcs("href"));
    let wanted = wanted.map(|href| href.trim_start_matches('#'));
    let array = body.all(Space::Lcs, "Array").find(|array| wanted.is_none() || array.lcs("id") == wanted);
    let mut rows = Vec::new();
    for row in array.ok_or(Offence::Missing.at(0))?.all(Space::Lcs, "row") {
        if rows.len() >= MAX_TERMS {
            return Err(Offence::TooMany.at(0));
        }
        let (attribute, value) = (text_in(row, "attrib"), text_in(row, "value"));
        rows.extend(attribute.zip(value));
    }
    let max_results = match method.child(Space::Lcs, "maxResults") {
        Some(most) => number(most.trimmed()).ok_or(Offence::Value.at(0))?,
        None => DEFAULT_RESULTS,
    };
    Ok(Call::DirectorySearch { rows, max_results })
}
