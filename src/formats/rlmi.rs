//! Resource list meta-information (RFC 4662 section 5), `application/rlmi+xml`: which people of a
//! list a notification speaks of, and which part of it holds whose state.

use super::lcs::number;
use super::multipart::bare;
use super::xml::{self, Element, Space, Writer};
use super::{Extent, Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/rlmi+xml";

/// How the subscription behind an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// State is or will be told.
    Active,
    /// Waits for a decision.
    Pending,
    /// Over; [`Instance::reason`] says why.
    Terminated,
    /// To be subscribed to elsewhere, a word of Microsoft's later servers: at
    /// [`Instance::pool_fqdn`], or at the person's own address where there is none.
    Resubscribe,
}

impl State {
    const WORDS: [(Self, &'static str); 4] = [
        (Self::Active, "active"),
        (Self::Pending, "pending"),
        (Self::Terminated, "terminated"),
        (Self::Resubscribe, "resubscribe"),
    ];

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(state, _)| *state == self).map_or("pending", |(_, word)| word)
    }
}

/// One source of a person's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Names it within the person.
    pub id: String,
    /// How it stands.
    pub state: State,
    /// Why it ended, in the words of RFC 6665 section 4.1.3.
    pub reason: Option<String>,
    /// Name of the part with the state, without angle brackets.
    pub cid: Option<String>,
    /// The host to subscribe at again.
    pub pool_fqdn: Option<String>,
}

/// One person (or list) of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The address as it stands in the list.
    pub uri: String,
    /// The name the list has for it.
    pub name: Option<String>,
    /// Sources of state; none where nothing is known yet.
    pub instances: Vec<Instance>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The list's own address.
    pub uri: String,
    /// Counts up by one with each notification.
    pub version: u32,
    /// All people or only those of whom something changed.
    pub extent: Extent,
    /// Its name for people.
    pub name: Option<String>,
    /// Name of the part this document stands in, in lists within lists.
    pub cid: Option<String>,
    /// The people.
    pub resources: Vec<Resource>,
}

/// Reads a document. Instances with a state not in the standard, and people without address, are
/// left out.
pub fn read(body: &[u8]) -> Result<List, Fault> {
    let root = xml::read(body, Space::Rlmi, "list")?;
    let needed = |name| root.attribute(name).map(str::trim).ok_or(Offence::Missing.at(0));
    let extent = match needed("fullState")?.to_ascii_lowercase().as_str() {
        "true" | "1" => Extent::Full,
        "false" | "0" => Extent::Partial,
        _ => return Err(Offence::Value.at(0)),
    };
    Ok(List {
        uri: needed("uri")?.to_owned(),
        version: number(needed("version")?).ok_or(Offence::Value.at(0))?,
        extent,
        name: name(&root),
        cid: cid(&root),
        resources: root.all(Space::Rlmi, "resource").filter_map(resource).collect(),
    })
}

fn resource(element: &Element) -> Option<Resource> {
    let uri = element.attribute("uri")?.trim().to_owned();
    let instances = element.all(Space::Rlmi, "instance").filter_map(instance).collect();
    Some(Resource { uri, name: name(element), instances })
}

fn instance(element: &Element) -> Option<Instance> {
    let word = element.attribute("state")?.trim();
    let state = State::WORDS.iter().find(|(_, known)| *known == word).map(|(state, _)| *state)?;
    Some(Instance {
        id: element.attribute("id").unwrap_or_default().to_owned(),
        state,
        reason: element.attribute("reason").map(|reason| reason.trim().to_owned()),
        cid: cid(element),
        pool_fqdn: element.attribute("poolFqdn").map(str::trim).filter(|pool| !pool.is_empty()).map(str::to_owned),
    })
}

fn name(element: &Element) -> Option<String> {
    let name = element.child(Space::Rlmi, "name")?.trimmed();
    (!name.is_empty()).then(|| name.to_owned())
}

fn cid(element: &Element) -> Option<String> {
    let cid = bare(element.attribute("cid")?);
    (!cid.is_empty()).then(|| cid.to_owned())
}

/// Writes a document.
#[must_use]
pub fn write(list: &List) -> String {
    write_with(Writer::new(), list, "")
}

/// Writes a document in the form of Live Communications Server 2005: without declaration, one
/// person a line.
#[must_use]
pub fn write_as_lcs(list: &List) -> String {
    write_with(Writer::bare(), list, "\r\n")
}

fn write_with(mut xml: Writer, list: &List, line_end: &str) -> String {
    xml.raw("<list xmlns=\"urn:ietf:params:xml:ns:rlmi\"").attribute("uri", &list.uri);
    xml.attribute("version", &list.version.to_string());
    xml.attribute(
        "fullState",
        match list.extent {
            Extent::Full => "true",
            Extent::Partial => "false",
        },
    );
    if let Some(cid) = &list.cid {
        xml.attribute("cid", cid);
    }
    xml.raw(">").raw(line_end);
    if let Some(name) = &list.name {
        xml.element("name", name).raw(line_end);
    }
    for resource in &list.resources {
        write_resource(&mut xml, resource);
        xml.raw(line_end);
    }
    xml.raw("</list>");
    xml.finish()
}

fn write_resource(xml: &mut Writer, resource: &Resource) {
    xml.raw("<resource").attribute("uri", &resource.uri);
    if resource.name.is_none() && resource.instances.is_empty() {
        xml.raw("/>");
        return;
    }
    xml.raw(">");
    if let Some(name) = &resource.name {
        xml.element("name", name);
    }
    for instance in &resource.instances {
        xml.raw("<instance").attribute("id", &instance.id).attribute("state", instance.state.word());
        let optional = [("reason", &instance.reason), ("poolFqdn", &instance.pool_fqdn), ("cid", &instance.cid)];
        for (name, value) in optional {
            if let Some(value) = value {
                xml.attribute(name, value);
            }
        }
        xml.raw("/>");
    }
    xml.raw("</resource>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_shape_and_back() {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" \
            uri=\"sip:rls@example.test\" version=\"7\" fullState=\"false\" cid=\"x@y\"><name>Friends &amp; all</name>\
            <resource uri=\"sip:bob@example.test\"><name>Bob</name><instance id=\"i1\" state=\"terminated\" reason=\"rejected\"/>\
            <instance id=\"i2\" state=\"pending\"/></resource><resource uri=\"sip:carol@example.test\"/></list>";
        let instance = |id: &str, state, reason: Option<&str>| Instance {
            id: id.into(),
            state,
            reason: reason.map(Into::into),
            cid: None,
            pool_fqdn: None,
        };
        let list = List {
            uri: "sip:rls@example.test".into(),
            version: 7,
            extent: Extent::Partial,
            name: Some("Friends & all".into()),
            cid: Some("x@y".into()),
            resources: vec![
                Resource {
                    uri: "sip:bob@example.test".into(),
                    name: Some("Bob".into()),
                    instances: vec![instance("i1", State::Terminated, Some("rejected")), instance("i2", State::Pending, None)],
                },
                Resource { uri: "sip:carol@example.test".into(), name: None, instances: vec![] },
            ],
        };
        assert_eq!(write(&list), body);
        assert_eq!(read(body.as_bytes()), Ok(list));
    }

    #[test]
    fn to_be_subscribed_elsewhere() {
        let body = "<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:alice@example.test\" version=\"0\" fullState=\"true\">\r\n\
            <resource uri=\"sip:bob@example.test\"><instance id=\"0\" state=\"resubscribe\" poolFqdn=\"pool2.example.test\"/></resource>\r\n\
            <resource uri=\"sip:carol@example.test\"><instance id=\"0\" state=\"resubscribe\"/></resource>\r\n</list>";
        let list = read(body.as_bytes()).unwrap();
        let pools: Vec<_> = list.resources.iter().map(|r| (r.instances[0].state, r.instances[0].pool_fqdn.as_deref())).collect();
        assert_eq!(pools, [(State::Resubscribe, Some("pool2.example.test")), (State::Resubscribe, None)]);
        assert_eq!(write_as_lcs(&list), body);
    }

    #[test]
    fn names_of_parts_lose_their_brackets_and_bad_rows_go() {
        let body = b"<list uri='sip:l@x' version='0' fullState='1'><resource><instance id='1' state='active'/></resource>\
            <resource uri=' sip:b@x '><instance id='1' state='active' cid='&lt;p1@x>'/><instance id='2' state='odd'/></resource></list>";
        let list = read(body).unwrap();
        assert_eq!((list.extent, list.resources.len()), (Extent::Full, 1));
        assert_eq!(list.resources[0].uri, "sip:b@x");
        assert_eq!(list.resources[0].instances.iter().map(|i| i.cid.as_deref()).collect::<Vec<_>>(), [Some("p1@x")]);
    }

    #[test]
    fn bad_documents_are_faults() {
        for (body, what) in [
            ("<list version='0' fullState='1'/>", Offence::Missing),
            ("<list uri='x' fullState='1'/>", Offence::Missing),
            ("<list uri='x' version='0'/>", Offence::Missing),
            ("<list uri='x' version='x' fullState='1'/>", Offence::Value),
            ("<list uri='x' version='0' fullState='yes'/>", Offence::Value),
            ("<presence/>", Offence::WrongDocument),
        ] {
            assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{body}");
        }
    }
}
