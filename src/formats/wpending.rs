//! Watchers who wait for an answer (`presence.wpending`), `text/xml+msrtc.wpending`: people whose
//! subscription waits because the access list says the person is to be asked.
//!
//! No schema of this document was found; people are recognised by the one word `watcher`, wherever
//! it stands below the root, whatever the root and the name space.

use super::lcs::{text_in, uri, with_scheme};
use super::xml::{self, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "text/xml+msrtc.wpending";
/// Most watchers of a document.
pub const MAX_WATCHERS: usize = 4096;

/// Somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The address, with `sip:`.
    pub uri: String,
    /// The name in the directory.
    pub display_name: Option<String>,
}

/// Reads a document. Watchers without address are left out.
pub fn read(body: &[u8]) -> Result<Vec<Pending>, Fault> {
    let root = xml::read_any(body, xml::Doctype::Refuse)?;
    let watchers: Vec<_> = root
        .all_named("watcher")
        .filter_map(|watcher| Some(Pending { uri: uri(watcher, "uri")?, display_name: text_in(watcher, "displayName") }))
        .collect();
    if watchers.len() > MAX_WATCHERS {
        return Err(Offence::TooMany.at(0));
    }
    Ok(watchers)
}

/// Writes a document.
#[must_use]
pub fn write(watchers: &[Pending]) -> String {
    let mut xml = Writer::bare();
    xml.raw("<watchers>");
    for watcher in watchers {
        xml.raw("<watcher").attribute("uri", &with_scheme(&watcher.uri));
        if let Some(name) = &watcher.display_name {
            xml.attribute("displayName", name);
        }
        xml.raw("/>");
    }
    xml.raw("</watchers>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_in_its_exact_bytes() {
        let body = "<watchers><watcher uri=\"sip:eve@partner.test\" displayName=\"Eve\"/></watchers>";
        let eve = [Pending { uri: "sip:eve@partner.test".into(), display_name: Some("Eve".into()) }];
        assert_eq!(write(&eve), body);
        assert_eq!(read(body.as_bytes()).unwrap(), eve);
    }

    #[test]
    fn every_spelling_means_the_same() {
        let eve = vec![
            Pending { uri: "sip:eve@partner.test".into(), display_name: Some("Eve".into()) },
            Pending { uri: "sip:bob@example.test".into(), display_name: None },
        ];
        for body in [
            "<watchers><watcher uri=' eve@partner.test ' displayName='Eve'/><watcher uri='sip:bob@example.test' displayName=''/></watchers>",
            "<watchers deltaNum='3' xmlns='urn:any'><watcher uri='SIP:eve@partner.test' displayName=' Eve '>x</watcher><other/><watcher/><watcher uri=''/>\
             <watcher uri='bob@example.test'/></watchers>",
            "<?xml version='1.0' encoding='utf-16'?><m:pending xmlns:m='http://schemas.microsoft.com/winrtc/2002/11/sip'>\
             <m:watcher m:uri='sip:eve@partner.test' m:displayName='Eve'/><m:watcher m:uri='sip:bob@example.test'/></m:pending>",
        ] {
            assert_eq!(read(body.as_bytes()), Ok(eve.clone()), "{body}");
        }
        assert_eq!(read(write(&eve).as_bytes()), Ok(eve));
        assert_eq!(read(b"<anything/>"), Ok(vec![]));
        assert_eq!(write(&[]), "<watchers></watchers>");
    }

    #[test]
    fn limits_hold() {
        let many = format!("<w>{}</w>", "<watcher uri='a'/>".repeat(MAX_WATCHERS + 1));
        assert_eq!(read(many.as_bytes()), Err(Offence::TooMany.at(0)));
    }
}
