//! Provisioning (`vnd-microsoft-provisioning`), `application/vnd-microsoft-roaming-provisioning+xml`.
//!
//! Of this document no schema was found, only that it may name telephone lines a client can steer. Later servers
//! of the family put settings into groups ([MS-SIPREGE] 3.1, `provisionGroup`), which are read wherever they
//! stand. Whatever else is in it is passed over; nothing in it is needed.

use super::lcs::text_in;
use super::xml::{self, Element, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd-microsoft-roaming-provisioning+xml";
/// Most lines of a document.
pub const MAX_LINES: usize = 256;

/// What a document says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provisioning {
    /// Whose it is.
    pub user: Option<String>,
    /// Lines to be steered.
    pub lines: Vec<Line>,
    /// Settings of groups, by the name each has within its group, as later servers of the family send them.
    pub settings: Vec<(String, String)>,
}

/// One telephone line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, `tel:` mostly.
    pub uri: String,
    /// Who steers it.
    pub server: String,
}

/// Reads a document with any root.
pub fn read(body: &[u8]) -> Result<Provisioning, Fault> {
    let root = xml::read_any(body, xml::Doctype::Refuse)?;
    let mut found = Provisioning::default();
    for user in std::iter::once(&root).chain(&root.children).filter(|element| &*element.name == "user") {
        found.user = found.user.or_else(|| text_in(user, "uri"));
        found.lines.extend(user.all_named("line").filter_map(line));
    }
    settings(&root, GROUPS_WITHIN, &mut found.settings);
    if found.lines.len() > MAX_LINES || found.settings.len() > MAX_LINES {
        return Err(Offence::TooMany.at(0));
    }
    Ok(found)
}

/// How far below the root groups are looked for.
const GROUPS_WITHIN: usize = 4;

fn settings(element: &Element, depth: usize, into: &mut Vec<(String, String)>) {
    for child in &element.children {
        if &*child.name == "provisionGroup" {
            let leaves = child.children.iter().filter(|leaf| leaf.children.is_empty() && !leaf.text.trim().is_empty());
            into.extend(leaves.map(|leaf| (leaf.name.to_string(), leaf.text.trim().to_owned())));
        } else if depth > 0 {
            settings(child, depth - 1, into);
        }
    }
}

fn line(element: &Element) -> Option<Line> {
    Some(Line { uri: text_in(element, "uri")?, server: text_in(element, "server").unwrap_or_default() })
}

/// Writes a document. The name of the root is our choice.
#[must_use]
pub fn write(provisioning: &Provisioning) -> String {
    let mut xml = Writer::bare();
    xml.raw("<provisioning><user").attribute("uri", provisioning.user.as_deref().unwrap_or_default()).raw(">");
    for line in &provisioning.lines {
        xml.raw("<line").attribute("uri", &line.uri).attribute("server", &line.server).raw("/>");
    }
    xml.raw("</user>");
    if !provisioning.settings.is_empty() {
        xml.raw("<provisionGroup>");
        for (name, value) in &provisioning.settings {
            // A name that was read is one that can be written.
            xml.element(name, value);
        }
        xml.raw("</provisionGroup>");
    }
    xml.raw("</provisioning>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_and_back() {
        let line = Line { uri: "tel:+15550100".into(), server: "sip:cti@example.test".into() };
        let told = Provisioning { user: Some("sip:alice@example.test".into()), lines: vec![line], settings: vec![] };
        let body = "<provisioning><user uri=\"sip:alice@example.test\"><line uri=\"tel:+15550100\" server=\"sip:cti@example.test\"/></user></provisioning>";
        assert_eq!(write(&told), body);
        assert_eq!(read(body.as_bytes()), Ok(told));
        let nothing = Provisioning { user: None, lines: vec![], settings: vec![] };
        assert_eq!(read(write(&nothing).as_bytes()), Ok(nothing));
    }

    #[test]
    fn whatever_else_is_in_it_is_passed_over() {
        let line = |uri: &str, server: &str| Line { uri: uri.into(), server: server.into() };
        for body in [
            "<user uri='a'><line uri='tel:1' server='s'/><line/><line uri='tel:2'/></user>",
            "<x xmlns='urn:any' version='9'><other><user uri='no'/></other><user uri=' a '><line uri='tel:1' server='s'/></user><user uri='b'><line uri='tel:2'/></user></x>",
            "<?xml version='1.0' encoding='utf-16'?><p:x xmlns:p='u:v'><p:user uri='a'><p:line uri='tel:1' server='s'/><p:line uri='tel:2'/></p:user></p:x>",
        ] {
            let expected =
                Provisioning { user: Some("a".into()), lines: vec![line("tel:1", "s"), line("tel:2", "")], settings: vec![] };
            assert_eq!(read(body.as_bytes()), Ok(expected), "{body}");
        }
        assert_eq!(read(b"<anything/>"), Ok(Provisioning::default()));
        let many = format!("<user>{}</user>", "<line uri='a'/>".repeat(MAX_LINES + 1));
        assert_eq!(read(many.as_bytes()), Err(Offence::TooMany.at(0)));
    }
}
