//! Access lists kept on the server (MS-SIP sections 2.2.3 and 8),
//! `application/vnd-microsoft-roaming-acls+xml`: who may see a person's presence and who may write.
//!
//! The server holds watchers to the first letter of an entry; the client itself must hold writers
//! to the second. Letters after these two are for later and passed over.

use super::lcs::{number_in, with_scheme};
use super::xml::{self, Element, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd-microsoft-roaming-acls+xml";
/// Most entries of a list.
pub const MAX_ACES: usize = 4096;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// Its version.
    pub delta_num: u32,
    /// The entries.
    pub aces: Vec<Ace>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// Of whom it speaks.
    pub subject: Subject,
    /// Whether they see the person's presence.
    pub sees: Sees,
    /// Whether they may write to the person and call.
    pub may_write: bool,
}

/// Of whom an entry speaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Everybody of whom no other entry speaks.
    All,
    /// Everybody of a domain and of those below it.
    Domain(String),
    /// One person, by address with `sip:`.
    User(String),
}

/// Whether they see the person's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sees {
    /// Yes.
    Allow,
    /// No.
    Deny,
    /// The person is to be asked.
    Prompt,
    /// They see the person offline.
    PoliteBlock,
}

impl Sees {
    const LETTERS: [(Self, char); 4] = [(Self::Allow, 'A'), (Self::Deny, 'D'), (Self::Prompt, 'P'), (Self::PoliteBlock, 'B')];
}

impl Ace {
    /// The entry a type, a mask and letters make; none where they make none.
    pub(super) fn of(kind: &str, mask: Option<&str>, rights: &str) -> Option<Self> {
        let mask = mask.map(str::trim).filter(|mask| !mask.is_empty());
        let subject = match kind.trim().to_ascii_uppercase().as_str() {
            "ALL" => Subject::All,
            "DOMAIN" => Subject::Domain(mask?.to_owned()),
            "USER" => Subject::User(with_scheme(mask?)),
            _ => return None,
        };
        let mut letters = rights.trim().chars().map(|letter| letter.to_ascii_uppercase());
        // Nothing at all is `AA`.
        let (first, second) = (letters.next().unwrap_or('A'), letters.next().unwrap_or('A'));
        let sees = Sees::LETTERS.iter().find(|(_, letter)| *letter == first).map(|(sees, _)| *sees)?;
        let may_write = match second {
            'A' => true,
            'D' => false,
            _ => return None,
        };
        Some(Self { subject, sees, may_write })
    }

    /// `ALL`, `DOMAIN` or `USER`.
    pub(super) const fn kind(&self) -> &'static str {
        match self.subject {
            Subject::All => "ALL",
            Subject::Domain(_) => "DOMAIN",
            Subject::User(_) => "USER",
        }
    }

    /// The domain or the address.
    pub(super) fn mask(&self) -> Option<String> {
        match &self.subject {
            Subject::All => None,
            Subject::Domain(domain) => Some(domain.clone()),
            Subject::User(uri) => Some(with_scheme(uri)),
        }
    }

    /// The two letters.
    pub(super) fn rights(&self) -> String {
        let first = Sees::LETTERS.iter().find(|(sees, _)| *sees == self.sees).map_or('A', |(_, letter)| *letter);
        [first, if self.may_write { 'A' } else { 'D' }].iter().collect()
    }
}

/// Reads a list. Entries with letters or types that are not in the standard are left out.
pub fn read(body: &[u8]) -> Result<Acl, Fault> {
    let root = xml::read_any(body, xml::Doctype::Refuse)?;
    if !super::lcs::is_word(&root, "ACLlist") {
        return Err(Offence::WrongDocument.at(0));
    }
    let delta_num = match (number_in(&root, "deltaNum"), root.lcs("deltaNum")) {
        (Some(number), _) => number,
        (None, Some(_)) => return Err(Offence::Value.at(0)),
        (None, None) => return Err(Offence::Missing.at(0)),
    };
    let lists = root.children.iter().filter(|child| super::lcs::is_word(child, "userACL"));
    let aces: Vec<_> = lists.flat_map(|list| list.all_named("ace")).filter_map(ace).collect();
    if aces.len() > MAX_ACES {
        return Err(Offence::TooMany.at(0));
    }
    Ok(Acl { delta_num, aces })
}

fn ace(element: &Element) -> Option<Ace> {
    Ace::of(element.lcs("type")?, element.lcs("mask"), element.lcs("rights").unwrap_or_default())
}

/// Writes a list.
#[must_use]
pub fn write(acl: &Acl) -> String {
    let mut xml = Writer::bare();
    xml.raw("<ACLlist").attribute("deltaNum", &acl.delta_num.to_string()).raw("><userACL>\r\n");
    for ace in &acl.aces {
        xml.raw("<ace").attribute("type", ace.kind());
        if let Some(mask) = ace.mask() {
            xml.attribute("mask", &mask);
        }
        xml.attribute("rights", &ace.rights()).raw("/>\r\n");
    }
    xml.raw("</userACL></ACLlist>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = "<ACLlist deltaNum=\"5\"><userACL>\r\n<ace type=\"USER\" mask=\"sip:carol@example.test\" rights=\"BD\"/>\r\n\
        <ace type=\"DOMAIN\" mask=\"partner.test\" rights=\"AA\"/>\r\n<ace type=\"ALL\" rights=\"PA\"/>\r\n</userACL></ACLlist>";

    fn sample() -> Acl {
        let ace = |subject, sees, may_write| Ace { subject, sees, may_write };
        Acl {
            delta_num: 5,
            aces: vec![
                ace(Subject::User("sip:carol@example.test".into()), Sees::PoliteBlock, false),
                ace(Subject::Domain("partner.test".into()), Sees::Allow, true),
                ace(Subject::All, Sees::Prompt, true),
            ],
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
            SAMPLE.replace("\r\n", ""),
            SAMPLE.replace("ACLlist", "aclList").replace("userACL", "UserAcl"),
            SAMPLE.replace("\"USER\"", "\"user\"").replace("\"BD\"", "\"bd\"").replace("\"ALL\"", "\" All \""),
            SAMPLE.replace("sip:carol", " carol").replace("partner.test", "partner.test "),
            SAMPLE.replace("\"BD\"", "\"BDXYZ9\""),
            SAMPLE.replace("rights=\"AA\"", ""),
            SAMPLE.replace("rights=\"AA\"", "rights=\"\"").replace("\"PA\"", "\"P\""),
            SAMPLE.replace("<ACLlist", "<ACLlist xmlns=\"http://schemas.microsoft.com/winrtc/2002/11/sip\""),
            SAMPLE.replace("</userACL>", "<ace type=\"USER\" rights=\"AA\"/><ace rights=\"AA\"/><ace type=\"ALL\" rights=\"XA\"/><ace type=\"ALL\" rights=\"AX\"/><ace type=\"ROLE\" mask=\"a\" rights=\"AA\"/></userACL>"),
            format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n{SAMPLE}"),
        ] {
            assert_eq!(read(body.as_bytes()), Ok(sample()), "{body}");
        }
    }

    #[test]
    fn all_rights_there_and_back() {
        let rights = ["AA", "AD", "PA", "PD", "DA", "DD", "BA", "BD"];
        for letters in rights {
            let ace = Ace::of("ALL", None, letters).unwrap();
            assert_eq!((ace.rights().as_str(), ace.may_write), (letters, letters.ends_with('A')));
        }
        let sees: Vec<_> = ["AA", "DD", "PA", "BD"].map(|letters| Ace::of("ALL", None, letters).unwrap().sees).into();
        assert_eq!(sees, [Sees::Allow, Sees::Deny, Sees::Prompt, Sees::PoliteBlock]);
    }

    #[test]
    fn bad_documents_are_faults() {
        let many = format!("<ACLlist deltaNum='1'><userACL>{}</userACL></ACLlist>", "<ace type='ALL'/>".repeat(MAX_ACES + 1));
        for (body, what) in [
            ("<ACLlist/>", Offence::Missing),
            ("<ACLlist deltaNum='x'/>", Offence::Value),
            ("<acl deltaNum='1'/>", Offence::WrongDocument),
            (many.as_str(), Offence::TooMany),
        ] {
            assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{what}");
        }
        assert_eq!(read(b"<ACLlist deltaNum='7'/>"), Ok(Acl { delta_num: 7, aces: vec![] }));
    }

    fn subject() -> impl Strategy<Value = Subject> {
        prop_oneof![
            Just(Subject::All),
            "[a-z.&<\"]{1,12}".prop_map(Subject::Domain),
            "sip:[a-z.&<\"]{1,8}@[a-z.]{1,8}".prop_map(Subject::User),
        ]
    }

    proptest! {
        #[test]
        fn round_trip(delta_num in any::<u32>(), aces in proptest::collection::vec((subject(), 0..4_usize, any::<bool>()), 0..6)) {
            let ace = |(subject, sees, may_write): (Subject, usize, bool)| Ace { subject, sees: Sees::LETTERS[sees].0, may_write };
            let acl = Acl { delta_num, aces: aces.into_iter().map(ace).collect() };
            prop_assert_eq!(read(write(&acl).as_bytes()), Ok(acl));
        }
    }
}
