//! "Is composing" (RFC 3994), `application/im-iscomposing+xml`.

use super::xml::{self, Space, Writer};
use super::{Fault, Offence, timestamp};

/// The media type.
pub const MEDIA_TYPE: &str = "application/im-iscomposing+xml";

/// Whether the other end is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Is writing.
    Active,
    /// Is not. Also what any unknown state means (RFC 3994 section 3.3).
    Idle,
}

/// One status message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsComposing {
    /// Whether.
    pub state: State,
    /// When the last key was pressed, in milliseconds since 1970 UTC.
    pub last_active: Option<i64>,
    /// What is being written, such as `text/plain`.
    pub content_type: Option<String>,
    /// Seconds until the state is to be repeated or forgotten.
    pub refresh: Option<u32>,
}

impl IsComposing {
    /// Is writing plain text; the state is repeated each `refresh` seconds.
    #[must_use]
    pub fn active(refresh: u32) -> Self {
        Self { state: State::Active, last_active: None, content_type: Some("text/plain".to_owned()), refresh: Some(refresh) }
    }

    /// Has stopped writing.
    #[must_use]
    pub fn idle() -> Self {
        Self { state: State::Idle, last_active: None, content_type: Some("text/plain".to_owned()), refresh: None }
    }
}

/// Reads a status message. Unknown elements are passed over, a broken optional one is as if absent.
pub fn read(body: &[u8]) -> Result<IsComposing, Fault> {
    let root = xml::read(body, Space::IsComposing, "isComposing")?;
    let field = |name| root.child(Space::IsComposing, name).map(xml::Element::trimmed).filter(|text| !text.is_empty());
    let state = match field("state").ok_or(Offence::Missing.at(0))? {
        "active" => State::Active,
        _ => State::Idle,
    };
    Ok(IsComposing {
        state,
        last_active: field("lastactive").and_then(timestamp::read),
        content_type: field("contenttype").map(str::to_owned),
        refresh: field("refresh").and_then(|seconds| seconds.parse().ok()),
    })
}

/// Writes a status message.
#[must_use]
pub fn write(message: &IsComposing) -> String {
    let mut xml = Writer::new();
    xml.raw("<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">");
    xml.element(
        "state",
        match message.state {
            State::Active => "active",
            State::Idle => "idle",
        },
    );
    if let Some(at) = message.last_active {
        xml.element("lastactive", &timestamp::write(at));
    }
    if let Some(content_type) = &message.content_type {
        xml.element("contenttype", content_type);
    }
    if let Some(refresh) = message.refresh {
        xml.element("refresh", &refresh.to_string());
    }
    xml.raw("</isComposing>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIVE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\
        <state>active</state><contenttype>text/plain</contenttype><refresh>60</refresh></isComposing>";

    #[test]
    fn exact_shape_and_back() {
        assert_eq!(write(&IsComposing::active(60)), ACTIVE);
        assert_eq!(read(ACTIVE.as_bytes()), Ok(IsComposing::active(60)));
        let idle = IsComposing { last_active: Some(1_795_376_400_000), ..IsComposing::idle() };
        assert_eq!(read(write(&idle).as_bytes()), Ok(idle));
    }

    /// The example of RFC 3994 section 6.
    #[test]
    fn reads_the_example_of_the_standard() {
        let body = br#"<?xml version="1.0" encoding="UTF-8"?>
         <isComposing
            xmlns="urn:ietf:params:xml:ns:im-iscomposing"
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:schemaLocation="urn:ietf:params:xml:ns:im-composing iscomposing.xsd">
           <state>idle</state>
           <lastactive>2003-01-27T10:43:00Z</lastactive>
           <contenttype>audio</contenttype>
         </isComposing>"#;
        let expected = IsComposing {
            state: State::Idle,
            last_active: Some(1_043_664_180_000),
            content_type: Some("audio".to_owned()),
            refresh: None,
        };
        assert_eq!(read(body), Ok(expected));
    }

    #[test]
    fn unknown_state_is_idle_and_missing_state_is_a_fault() {
        let body = b"<isComposing><state>dreaming</state><refresh>soon</refresh><new xmlns='x:y'/></isComposing>";
        assert_eq!(read(body), Ok(IsComposing { content_type: None, ..IsComposing::idle() }));
        assert_eq!(read(b"<isComposing/>"), Err(Offence::Missing.at(0)));
        assert_eq!(read(b"<presence/>"), Err(Offence::WrongDocument.at(0)));
    }
}
