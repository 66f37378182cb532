//! The one door through which XML comes in: a small tree of elements, read under hard limits.
//!
//! No document type definitions, no entities beyond the five of XML itself, nothing fetched.
//! Documents are UTF-8 whatever their declaration says; a byte order mark is skipped. Name spaces
//! are resolved to [`Space`], so that prefixes never matter. Reading takes time proportional to
//! the input. Read before changing it: XML 1.0 sections 2.2, 2.8, 4.1; Namespaces in XML 1.0.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

use super::{Fault, Offence};

mod scribe;
mod write;
use scribe::Scribe;
pub use write::{Writer, escape};

/// Hard limits on what is read.
pub mod limits {
    /// Octets of a document.
    pub const SIZE: usize = 1024 * 1024;
    /// Elements within elements.
    pub const DEPTH: usize = 64;
    /// Elements of a document.
    pub const ELEMENTS: usize = 65_536;
    /// Attributes of one element.
    pub const ATTRIBUTES: usize = 64;
    /// Name space declarations in force at one place.
    pub const SPACES: usize = 256;
    /// Characters of markup that is kept as it is, see [`super::read_keeping`].
    pub const MARKUP: usize = 1024;
}

/// The vocabularies we know, by their name space URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    /// No name space at all. Some clients forget theirs; [`Element::is`] lets it pass for any.
    None,
    /// Presence information, RFC 3863 (and its draft, `cpim-pidf`).
    Pidf,
    /// Presence data model, RFC 4479.
    DataModel,
    /// Rich presence, RFC 4480 and its drafts.
    Rpid,
    /// Contact information, RFC 4482.
    Cipid,
    /// Resource list meta-information, RFC 4662.
    Rlmi,
    /// Watcher information, RFC 3858.
    WatcherInfo,
    /// "Is composing", RFC 3994.
    IsComposing,
    /// Resource lists, RFC 4826.
    ResourceLists,
    /// RLS services, RFC 4826.
    RlsServices,
    /// Common policy, RFC 4745.
    CommonPolicy,
    /// Presence rules, RFC 5025.
    PresRules,
    /// XCAP errors, RFC 4825.
    XcapError,
    /// Live Communications Server 2005: presence, its client's extensions, the methods of SERVICE
    /// and the rooms of several people. Documents mix these freely, so they are one vocabulary.
    Lcs,
    /// The envelope of SOAP 1.1.
    Soap,
    /// Ad hoc lists of a SUBSCRIBE, MS-SIP section 3.3.
    Adrl,
    /// The `xml:` prefix.
    Xml,
    /// Any other, or a prefix that was never declared.
    Other,
}

impl Space {
    /// The vocabulary of a URI.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        match uri.trim() {
            "" => Self::None,
            "urn:ietf:params:xml:ns:pidf" | "urn:ietf:params:xml:ns:cpim-pidf:" | "urn:ietf:params:xml:ns:cpim-pidf" => {
                Self::Pidf
            }
            "urn:ietf:params:xml:ns:pidf:data-model" => Self::DataModel,
            "urn:ietf:params:xml:ns:pidf:cipid" => Self::Cipid,
            "urn:ietf:params:xml:ns:rlmi" => Self::Rlmi,
            "urn:ietf:params:xml:ns:watcherinfo" => Self::WatcherInfo,
            "urn:ietf:params:xml:ns:im-iscomposing" => Self::IsComposing,
            "urn:ietf:params:xml:ns:resource-lists" => Self::ResourceLists,
            "urn:ietf:params:xml:ns:rls-services" => Self::RlsServices,
            "urn:ietf:params:xml:ns:common-policy" => Self::CommonPolicy,
            "urn:ietf:params:xml:ns:pres-rules" => Self::PresRules,
            "urn:ietf:params:xml:ns:xcap-error" => Self::XcapError,
            "urn:ietf:params:xml:ns:adrl" => Self::Adrl,
            "http://schemas.xmlsoap.org/soap/envelope/" => Self::Soap,
            // Year and month stand in either order; the schema and the wire disagree.
            PRESENCE_URI
            | "http://schemas.microsoft.com/09/2002/sip/presence"
            | CLIENT_PRESENCE_URI
            | "http://schemas.microsoft.com/09/2002/sip/client/presence"
            | METHODS_URI
            | "http://schemas.microsoft.com/sip/multiparty/" => Self::Lcs,
            // The drafts of rich presence used several names with this in it.
            uri if uri.starts_with("urn:ietf:params:xml:ns:pidf:") && uri.contains("rpid") => Self::Rpid,
            _ => Self::Other,
        }
    }
}

/// Name space of presence documents of LCS.
pub(super) const PRESENCE_URI: &str = "http://schemas.microsoft.com/2002/09/sip/presence";
/// Name space of what clients add to them.
pub(super) const CLIENT_PRESENCE_URI: &str = "http://schemas.microsoft.com/2002/09/sip/client/presence";
/// Name space of the methods of SERVICE.
pub(super) const METHODS_URI: &str = "http://schemas.microsoft.com/winrtc/2002/11/sip";

/// What to do with a document type definition. Its entities are never defined in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doctype {
    /// A fault.
    Refuse,
    /// Passed over, for the one old format that always carries one.
    Skip,
}

/// One element with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Whose word it is.
    pub space: Space,
    /// The word, without prefix.
    pub name: Box<str>,
    /// Elements directly within, in order.
    pub children: Vec<Element>,
    /// Text directly within, joined; references resolved.
    pub text: String,
    /// What is within, written again as XML: only where [`read_keeping`] was asked to keep it, and
    /// only if it is no longer than [`limits::MARKUP`]. Alone it is well-formed.
    pub markup: Option<Box<str>>,
    attributes: Vec<Attribute>,
}

/// One attribute, its value with references resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribute {
    space: Space,
    /// As written.
    name: Box<str>,
    value: String,
}

impl Attribute {
    fn local(&self) -> &str {
        self.name.split_once(':').map_or(&*self.name, |(_, local)| local)
    }

    fn prefix(&self) -> &str {
        self.name.split_once(':').map_or("", |(prefix, _)| prefix)
    }
}

impl Element {
    /// Whether it is this word of this vocabulary; an element without any name space passes too.
    #[must_use]
    pub fn is(&self, space: Space, name: &str) -> bool {
        &*self.name == name && (self.space == space || self.space == Space::None)
    }

    /// The value of an attribute, by its name as written (`id`, `xml:lang`).
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| &*a.name == name).map(|a| a.value.as_str())
    }

    /// The value of an attribute of an LCS document: by its local name, whether it is qualified by
    /// one of the name spaces of LCS or not at all. Blanks around it are no part of it.
    #[must_use]
    pub fn lcs(&self, name: &str) -> Option<&str> {
        let is = |a: &&Attribute| matches!(a.space, Space::None | Space::Lcs) && a.local() == name;
        self.attributes.iter().find(is).map(|a| a.value.trim())
    }

    /// The elements directly within that are this word.
    pub fn all<'e>(&'e self, space: Space, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.is(space, name))
    }

    /// The first of them.
    #[must_use]
    pub fn child(&self, space: Space, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(space, name))
    }

    /// The first of them by its word alone, whatever its vocabulary.
    #[must_use]
    pub fn child_named(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| &*child.name == name)
    }

    /// All of them by their word alone.
    pub fn all_named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| &*child.name == name)
    }

    /// The text without blanks around it.
    #[must_use]
    pub fn trimmed(&self) -> &str {
        self.text.trim()
    }
}

/// Reads a document of which the root must be this word; document types are refused.
pub fn read(body: &[u8], space: Space, root: &str) -> Result<Element, Fault> {
    let element = read_any(body, Doctype::Refuse)?;
    if element.is(space, root) { Ok(element) } else { Err(Offence::WrongDocument.at(0)) }
}

/// Reads a document of any kind.
pub fn read_any(body: &[u8], doctype: Doctype) -> Result<Element, Fault> {
    grow(body, Tree::new(doctype, &[]))
}

/// An element whose content is kept as markup, to be written into another document.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Its name, in whatever name space.
    pub name: &'static str,
    /// Name spaces whose words are written bare: that which is the default at the place the markup
    /// is for, and others that mean the same.
    pub spaces: &'static [&'static str],
}

/// Reads a document of any kind and keeps what is within some elements, see [`Element::markup`].
pub fn read_keeping(body: &[u8], keep: &'static [Keep]) -> Result<Element, Fault> {
    grow(body, Tree::new(Doctype::Refuse, keep))
}

fn grow(body: &[u8], tree: Tree) -> Result<Element, Fault> {
    if body.len() > limits::SIZE {
        return Err(Offence::TooLong.at(limits::SIZE));
    }
    let bom = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let rest = body.get(bom..).unwrap_or_default();
    let text = std::str::from_utf8(rest).map_err(|e| Offence::Encoding.at(bom + e.valid_up_to()))?;
    if let Some(at) = forbidden(text) {
        return Err(Offence::Character.at(bom + at));
    }
    tree.grow(text).map_err(|fault| Fault { offset: fault.offset + bom, ..fault })
}

/// Where the first character is that no document may have: control characters, and the two that
/// are none, U+FFFE and U+FFFF.
fn forbidden(text: &str) -> Option<usize> {
    let octets = text.as_bytes();
    let control = octets.iter().position(|b| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'));
    let none = memchr::memchr_iter(0xef, octets).find(|at| matches!(octets.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])));
    control.into_iter().chain(none).min()
}

/// A tree under construction.
struct Tree {
    doctype: Doctype,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    spaces: Vec<Declared>,
    /// Elements whose content is kept as markup.
    keep: &'static [Keep],
    /// Writes down the content of such an element, the outermost one.
    scribe: Option<Scribe>,
}

/// A declaration in force.
struct Declared {
    /// How deep it was made.
    depth: usize,
    prefix: Box<str>,
    space: Space,
    uri: Box<str>,
}

impl Tree {
    const fn new(doctype: Doctype, keep: &'static [Keep]) -> Self {
        Self { doctype, open: Vec::new(), root: None, elements: 0, spaces: Vec::new(), keep, scribe: None }
    }

    fn grow(mut self, text: &str) -> Result<Element, Fault> {
        let mut reader = Reader::from_str(text);
        loop {
            let at = position(reader.buffer_position());
            let event = reader.read_event().map_err(|error| offence(&error).at(position(reader.error_position())))?;
            match event {
                Event::Start(start) => self.start(&start).map_err(|o| o.at(at))?,
                Event::Empty(start) => {
                    self.start(&start).map_err(|o| o.at(at))?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => self.text(&text.xml10_content()).map_err(|o| o.at(at))?,
                Event::CData(text) => self.text(&text.xml10_content()).map_err(|o| o.at(at))?,
                Event::GeneralRef(name) => {
                    let character = match name.resolve_char_ref() {
                        Ok(Some(c)) if is_permitted(c) => c,
                        Ok(Some(_)) | Err(_) => return Err(Offence::Character.at(at)),
                        Ok(None) => predefined(&name).ok_or(Offence::Entity.at(at))?,
                    };
                    self.text(character.encode_utf8(&mut [0; 4])).map_err(|o| o.at(at))?;
                }
                Event::DocType(_) if self.doctype == Doctype::Refuse => return Err(Offence::Doctype.at(at)),
                Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof if self.open.is_empty() => return self.root.ok_or(Offence::Truncated.at(at)),
                Event::Eof => return Err(Offence::Truncated.at(at)),
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Offence> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Offence::Syntax);
        }
        if self.open.len() >= limits::DEPTH {
            return Err(Offence::TooDeep);
        }
        self.elements += 1;
        if self.elements > limits::ELEMENTS {
            return Err(Offence::TooManyElements);
        }
        let depth = self.open.len() + 1;
        let mut attributes = Vec::new();
        for (count, attribute) in start.attributes().enumerate() {
            if count >= limits::ATTRIBUTES {
                return Err(Offence::TooManyAttributes);
            }
            let attribute = attribute.map_err(|_| Offence::Syntax)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| offence(&error))?;
            if !value.chars().all(is_permitted) {
                return Err(Offence::Character);
            }
            let name = attribute.key.into_inner();
            let declared = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
            if let Some(prefix) = declared {
                if self.spaces.len() >= limits::SPACES {
                    return Err(Offence::TooManySpaces);
                }
                let uri = value.trim().into();
                self.spaces.push(Declared { depth, prefix: prefix.into(), space: Space::of(&value), uri });
            } else {
                attributes.push(Attribute { space: Space::None, name: name.into(), value: value.into_owned() });
            }
        }
        for attribute in &mut attributes {
            if !attribute.prefix().is_empty() {
                attribute.space = self.resolve(attribute.prefix());
            }
        }
        let name = start.name().into_inner();
        let (prefix, name) = name.split_once(':').unwrap_or(("", name));
        if name.is_empty() {
            return Err(Offence::Syntax);
        }
        let space = self.resolve(prefix);
        if let Some(scribe) = &mut self.scribe {
            scribe.start(prefix, name, &attributes, &self.spaces);
        } else if let Some(keep) = self.keep.iter().find(|keep| keep.name == name) {
            self.scribe = Some(Scribe::new(depth, keep.spaces));
        }
        let (name, children, text) = (name.into(), Vec::new(), String::new());
        self.open.push(Element { space, name, children, text, markup: None, attributes });
        Ok(())
    }

    fn resolve(&self, prefix: &str) -> Space {
        let known = self.spaces.iter().rev().find(|declared| &*declared.prefix == prefix).map(|declared| declared.space);
        known.unwrap_or(match prefix {
            "" => Space::None,
            "xml" => Space::Xml,
            _ => Space::Other,
        })
    }

    fn end(&mut self) {
        let depth = self.open.len();
        while self.spaces.last().is_some_and(|declared| declared.depth >= depth) {
            self.spaces.pop();
        }
        let Some(mut done) = self.open.pop() else { return };
        if self.scribe.as_ref().is_some_and(|scribe| scribe.depth == depth) {
            done.markup = self.scribe.take().and_then(Scribe::finish);
        } else if let Some(scribe) = &mut self.scribe {
            scribe.end();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None => self.root = Some(done),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Offence> {
        match self.open.last_mut() {
            Some(element) => {
                element.text.push_str(text);
                if let Some(scribe) = &mut self.scribe {
                    scribe.text(text);
                }
            }
            None if text.trim().is_empty() => {}
            None => return Err(Offence::Syntax),
        }
        Ok(())
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

/// `Char` of XML 1.0 section 2.2.
const fn is_permitted(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn offence(error: &Error) -> Offence {
    use quick_xml::errors::{IllFormedError, SyntaxError};
    use quick_xml::escape::EscapeError;
    match error {
        Error::Syntax(SyntaxError::InvalidBangMarkup) => Offence::Syntax,
        // Every other syntax error is something opened and never closed.
        Error::Syntax(_) | Error::IllFormed(IllFormedError::MissingEndTag(_)) => Offence::Truncated,
        Error::Encoding(_) => Offence::Encoding,
        Error::Escape(EscapeError::UnrecognizedEntity(..)) => Offence::Entity,
        Error::Escape(EscapeError::InvalidCharRef(_)) => Offence::Character,
        Error::Io(_) | Error::IllFormed(_) | Error::InvalidAttr(_) | Error::Escape(_) | Error::Namespace(_) => Offence::Syntax,
    }
}

#[cfg(test)]
mod tests;
