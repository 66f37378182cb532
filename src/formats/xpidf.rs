//! Presence from machine to machine, without server (MS-SIP sections 2.2.2, 4.11 and 7),
//! `application/xpidf+xml`: one person at one address.
//!
//! Its documents begin with a document type that points to nothing; it is passed over.

use super::lcs::{text_in, uri, with_scheme, without_scheme};
use super::xml::{self, Doctype, Element, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/xpidf+xml";

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whose presence, with `sip:` and without parameters.
    pub uri: String,
    /// Names the address within the document.
    pub id: String,
    /// Where the person is reached.
    pub address: String,
    /// Whether.
    pub status: Status,
    /// What the person does.
    pub substatus: Substatus,
    /// The name the person gives themselves.
    pub display_name: Option<String>,
}

/// Whether a person is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Yes.
    Open,
    /// No.
    Closed,
    /// Yes, but is busy.
    InUse,
}

impl Status {
    const WORDS: [(Self, &'static str); 3] = [(Self::Open, "open"), (Self::Closed, "closed"), (Self::InUse, "inuse")];
}

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Substatus {
    /// Not told, or a word not in the standard.
    Unknown,
    /// Is not there.
    Away,
    /// Is there.
    Online,
    /// Has not touched the machine for a while.
    Idle,
    /// Does not want to be disturbed.
    Busy,
    /// Comes back soon.
    BeRightBack,
    /// Is in a call.
    OnThePhone,
    /// Is eating.
    OutToLunch,
}

impl Substatus {
    const WORDS: [(Self, &'static str); 8] = [
        (Self::Unknown, "unknown"),
        (Self::Away, "away"),
        (Self::Online, "online"),
        (Self::Idle, "idle"),
        (Self::Busy, "busy"),
        (Self::BeRightBack, "berightback"),
        (Self::OnThePhone, "onthephone"),
        (Self::OutToLunch, "outtolunch"),
    ];
}

/// The value of a word, in any case of letters.
fn of_word<T: Copy>(words: &[(T, &str)], word: &str) -> Option<T> {
    words.iter().find(|(_, w)| w.eq_ignore_ascii_case(word)).map(|(value, _)| *value)
}

fn word_of<T: Copy + PartialEq>(words: &[(T, &'static str)], value: T) -> &'static str {
    words.iter().find(|(v, _)| *v == value).map_or("unknown", |(_, word)| *word)
}

/// Reads a document. Where it has several addresses the first counts.
pub fn read(body: &[u8]) -> Result<Presence, Fault> {
    let root = xml::read_any(body, Doctype::Skip)?;
    if &*root.name != "presence" {
        return Err(Offence::WrongDocument.at(0));
    }
    let whose = root.child_named("presentity").and_then(|presentity| presentity.lcs("uri")).unwrap_or_default();
    let whose = with_scheme(whose.split([';', '?']).next().unwrap_or_default());
    if without_scheme(&whose).is_empty() {
        return Err(Offence::Missing.at(0));
    }
    let atom = root.child_named("atom").ok_or(Offence::Missing.at(0))?;
    let address = atom.child_named("address").ok_or(Offence::Missing.at(0))?;
    let status = address.child_named("status").and_then(|status| status.lcs("status")).ok_or(Offence::Missing.at(0))?;
    // The schema has one spelling, its own sample another.
    let substatus = address.child_named("msnsubstatus").or_else(|| address.child_named("msnstatus"));
    let display = root.child_named("display").or_else(|| atom.child_named("display"));
    Ok(Presence {
        uri: whose,
        id: atom.lcs("id").unwrap_or_default().to_owned(),
        address: uri(address, "uri").unwrap_or_default(),
        status: of_word(&Status::WORDS, status).unwrap_or(Status::Closed),
        substatus: substatus.and_then(said).unwrap_or(Substatus::Unknown),
        display_name: display.and_then(|display| text_in(display, "name")),
    })
}

fn said(element: &Element) -> Option<Substatus> {
    of_word(&Substatus::WORDS, element.lcs("substatus")?)
}

/// Writes a document.
#[must_use]
pub fn write(presence: &Presence) -> String {
    let mut xml = Writer::bare();
    xml.raw("<?xml version=\"1.0\"?>\r\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\r\n");
    xml.raw("<presence>\r\n<presentity").attribute("uri", &format!("{};method=SUBSCRIBE", with_scheme(&presence.uri)));
    xml.raw("/>\r\n<atom").attribute("id", &presence.id).raw("><address").attribute("uri", &presence.address);
    xml.raw(" priority=\"0.600000\"><status").attribute("status", word_of(&Status::WORDS, presence.status));
    xml.raw("/><msnsubstatus").attribute("substatus", word_of(&Substatus::WORDS, presence.substatus));
    xml.raw("/></address></atom>\r\n");
    if let Some(name) = &presence.display_name {
        xml.raw("<display").attribute("name", name).raw("/>\r\n");
    }
    xml.raw("</presence>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "<?xml version=\"1.0\"?>\r\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\r\n<presence>\r\n\
        <presentity uri=\"sip:bob@192.0.2.20;method=SUBSCRIBE\"/>\r\n<atom id=\"1002\"><address uri=\"sip:bob@192.0.2.20\" priority=\"0.600000\">\
        <status status=\"open\"/><msnsubstatus substatus=\"online\"/></address></atom>\r\n<display name=\"Bob\"/>\r\n</presence>";

    fn sample() -> Presence {
        Presence {
            uri: "sip:bob@192.0.2.20".into(),
            id: "1002".into(),
            address: "sip:bob@192.0.2.20".into(),
            status: Status::Open,
            substatus: Substatus::Online,
            display_name: Some("Bob".into()),
        }
    }

    #[test]
    fn sample_in_its_exact_bytes() {
        assert_eq!(write(&sample()), SAMPLE);
        assert_eq!(read(SAMPLE.as_bytes()), Ok(sample()));
    }

    #[test]
    fn every_spelling_means_the_same() {
        for body in [
            SAMPLE.replace("msnsubstatus", "msnstatus"),
            SAMPLE.replace(";method=SUBSCRIBE", "?x=y"),
            SAMPLE.replace("\"open\"", "\"OPEN\"").replace("\"online\"", "\" OnLine \""),
            SAMPLE.split_once(".dtd\">").unwrap().1.to_owned(),
            SAMPLE.replace("<presence>", "<presence xmlns='u:v'>").replace("sip:bob", "bob"),
            SAMPLE.replace(
                "</presence>",
                "<atom id='2'><address uri='sip:c@d'><status status='closed'/></address></atom></presence>",
            ),
        ] {
            assert_eq!(read(body.as_bytes()), Ok(sample()), "{body}");
        }
        for (status, _) in Status::WORDS {
            for (substatus, _) in Substatus::WORDS {
                let presence = Presence { status, substatus, display_name: None, ..sample() };
                assert_eq!(read(write(&presence).as_bytes()), Ok(presence));
            }
        }
        let odd = SAMPLE.replace("\"open\"", "\"ajar\"").replace("\"online\"", "\"dreaming\"");
        let read = read(odd.as_bytes()).unwrap();
        assert_eq!((read.status, read.substatus), (Status::Closed, Substatus::Unknown));
    }

    #[test]
    fn bad_documents_are_faults() {
        for (body, what) in [
            ("<presence/>", Offence::Missing),
            ("<presence><presentity uri='sip:;x'/></presence>", Offence::Missing),
            ("<presence><presentity uri='a@b'/></presence>", Offence::Missing),
            ("<presence><presentity uri='a@b'/><atom/></presence>", Offence::Missing),
            ("<presence><presentity uri='a@b'/><atom><address uri='a@b'/></atom></presence>", Offence::Missing),
            ("<presentity uri='a@b'/>", Offence::WrongDocument),
        ] {
            assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{body}");
        }
        let evil = "<!DOCTYPE presence [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><presence><presentity uri='&x;'/></presence>";
        assert_eq!(read(evil.as_bytes()).unwrap_err().what, Offence::Entity);
    }
}
