//! RLS services (RFC 4826 section 4), `application/rls-services+xml`: addresses that stand for
//! lists, so that one subscription serves for all in the list.

use super::Fault;
use super::resource_lists::{self, List};
use super::xml::{self, Element, Space, Writer};

/// The media type.
pub const MEDIA_TYPE: &str = "application/rls-services+xml";

/// Who is in a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// These.
    Here(List),
    /// Those of a list in a resource-lists document, by its HTTP address.
    Elsewhere(String),
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The address to subscribe to.
    pub uri: String,
    /// Who.
    pub members: Members,
    /// Event packages it serves; none = all.
    pub packages: Vec<String>,
}

impl Service {
    /// Presence of these people under one address.
    #[must_use]
    pub fn presence(uri: &str, list: List) -> Self {
        Self { uri: uri.to_owned(), members: Members::Here(list), packages: vec!["presence".to_owned()] }
    }
}

/// Reads the services of a document. One without an address or without members is left out.
pub fn read(body: &[u8]) -> Result<Vec<Service>, Fault> {
    let root = xml::read(body, Space::RlsServices, "rls-services")?;
    let mut services = Vec::new();
    for element in root.all(Space::RlsServices, "service") {
        let Some(uri) = element.attribute("uri").map(str::trim).filter(|uri| !uri.is_empty()) else { continue };
        let Some(members) = members(element)? else { continue };
        let packages = element.child(Space::RlsServices, "packages");
        let packages = packages.into_iter().flat_map(|all| all.all(Space::RlsServices, "package"));
        let packages = packages.map(|package| package.trimmed().to_owned()).collect();
        services.push(Service { uri: uri.to_owned(), members, packages });
    }
    Ok(services)
}

fn members(service: &Element) -> Result<Option<Members>, Fault> {
    let list = service.child(Space::RlsServices, "list").or_else(|| service.child(Space::ResourceLists, "list"));
    if let Some(list) = list {
        return resource_lists::list(list, 1).map(|list| Some(Members::Here(list)));
    }
    let reference = service.child(Space::RlsServices, "resource-list").map(Element::trimmed);
    Ok(reference.filter(|uri| !uri.is_empty()).map(|uri| Members::Elsewhere(uri.to_owned())))
}

/// Writes the services as a document.
#[must_use]
pub fn write(services: &[Service]) -> String {
    let mut xml = Writer::new();
    xml.raw("<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\">");
    for service in services {
        xml.raw("<service").attribute("uri", &service.uri).raw(">");
        match &service.members {
            Members::Here(list) => resource_lists::write_list(&mut xml, list, "rl:"),
            Members::Elsewhere(uri) => {
                xml.element("resource-list", uri);
            }
        }
        if !service.packages.is_empty() {
            xml.raw("<packages>");
            for package in &service.packages {
                xml.element("package", package);
            }
            xml.raw("</packages>");
        }
        xml.raw("</service>");
    }
    xml.raw("</rls-services>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::resource_lists::Entry;

    #[test]
    fn exact_shape_and_back() {
        let mut list = List::of(["sip:bob@example.test"]);
        list.entries.push(Entry { uri: "sip:carol@example.test".into(), display_name: Some("Carol".into()) });
        let services = [
            Service::presence("sip:alice-list@example.test", list),
            Service { uri: "sip:b@x".into(), members: Members::Elsewhere("http://x/y".into()), packages: vec![] },
        ];
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" \
            xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\"><service uri=\"sip:alice-list@example.test\"><list>\
            <rl:entry uri=\"sip:bob@example.test\"/><rl:entry uri=\"sip:carol@example.test\"><rl:display-name>Carol</rl:display-name>\
            </rl:entry></list><packages><package>presence</package></packages></service>\
            <service uri=\"sip:b@x\"><resource-list>http://x/y</resource-list></service></rls-services>";
        assert_eq!(write(&services), body);
        assert_eq!(read(body.as_bytes()).unwrap(), services);
    }

    #[test]
    fn incomplete_services_are_left_out() {
        let body = b"<rls-services><service/><service uri='a'/><service uri='b'><resource-list/></service><service uri='c'><list/></service></rls-services>";
        let expected = Service { uri: "c".into(), members: Members::Here(List::default()), packages: vec![] };
        assert_eq!(read(body).unwrap(), [expected]);
    }
}
