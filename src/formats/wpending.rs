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
}
