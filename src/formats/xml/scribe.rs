//! Writes the content of one element again while it is being read, so that it can stand in
//! another document: without comments and instructions, with the name spaces it needs.
//!
//! Words of the name space that is the default at the place the content is kept for are written
//! bare. Every other name space is declared where it is first used. What was written once is
//! written the same again.

use std::fmt::Write as _;

use super::{Attribute, Declared, escape, limits};

/// Characters that may be written before they are counted; markup is counted as it stands.
const MOST_OCTETS: usize = limits::MARKUP * 4;
/// Elements within elements: fewer than a document may have, for it goes deeper into another one.
const MOST_DEPTH: usize = limits::DEPTH / 2;

/// Collects the content of one element.
pub(super) struct Scribe {
    /// How deep the element is whose content this is.
    pub(super) depth: usize,
    /// Name spaces whose words are written bare.
    bare: &'static [&'static str],
    written: String,
    /// Names of the elements open within.
    open: Vec<String>,
    /// Whether the last start tag still lacks its end.
    pending: bool,
    /// Declarations written and in force: how many elements were open, the prefix, its URI.
    declared: Vec<(usize, Box<str>, Box<str>)>,
    /// It is too long or cannot be written.
    spoiled: bool,
}

impl Scribe {
    pub(super) const fn new(depth: usize, bare: &'static [&'static str]) -> Self {
        Self { depth, bare, written: String::new(), open: Vec::new(), pending: false, declared: Vec::new(), spoiled: false }
    }

    pub(super) fn start(&mut self, prefix: &str, name: &str, attributes: &[Attribute], spaces: &[Declared]) {
        if self.spoiled {
            return;
        }
        self.close_tag();
        let bare = prefix.is_empty() && self.bare.contains(&uri_of("", spaces).unwrap_or_default());
        let whole = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}:{name}") };
        self.spoiled |= !is_name(name) || !(prefix.is_empty() || is_name(prefix));
        let _ = write!(self.written, "<{whole}");
        self.open.push(whole);
        let declared = self.declared.len();
        if bare {
            self.declare("", self.default_space());
        } else {
            self.declare_as(prefix, spaces);
        }
        for attribute in attributes {
            let prefix = attribute.prefix();
            self.spoiled |= !is_name(attribute.local()) || !(prefix.is_empty() || is_name(prefix));
            if !prefix.is_empty() {
                self.declare_as(prefix, spaces);
            }
            let _ = write!(self.written, " {}=\"{}\"", attribute.name, escape(&attribute.value));
        }
        self.spoiled |= self.open.len() > MOST_DEPTH;
        self.spoiled |= attributes.len() + self.declared.len() - declared > limits::ATTRIBUTES;
        self.pending = true;
        self.check();
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.spoiled {
            return;
        }
        self.close_tag();
        for c in text.chars() {
            match c {
                '<' => self.written.push_str("&lt;"),
                '>' => self.written.push_str("&gt;"),
                '&' => self.written.push_str("&amp;"),
                '\r' => self.written.push_str("&#13;"),
                c => self.written.push(c),
            }
        }
        self.check();
    }

    pub(super) fn end(&mut self) {
        if self.spoiled {
            return;
        }
        let open = self.open.len();
        while self.declared.last().is_some_and(|(depth, ..)| *depth >= open) {
            self.declared.pop();
        }
        let name = self.open.pop().unwrap_or_default();
        if self.pending {
            self.written.push_str("/>");
            self.pending = false;
        } else {
            let _ = write!(self.written, "</{name}>");
        }
        self.check();
    }

    /// The content; none if it is empty, too long, or not to be written.
    pub(super) fn finish(self) -> Option<Box<str>> {
        let written = self.written.trim_matches([' ', '\t', '\n', '\r']);
        let fits = !self.spoiled && written.chars().count() <= limits::MARKUP;
        (fits && !written.is_empty()).then(|| written.into())
    }

    fn close_tag(&mut self) {
        if std::mem::take(&mut self.pending) {
            self.written.push('>');
        }
    }

    /// Declares a prefix as it is where the element was read.
    fn declare_as(&mut self, prefix: &str, spaces: &[Declared]) {
        if prefix == "xml" {
            return;
        }
        let uri = uri_of(prefix, spaces).or(prefix.is_empty().then_some(""));
        match uri {
            Some(uri) if prefix.is_empty() || !uri.is_empty() => self.declare(prefix, uri),
            _ => self.spoiled = true,
        }
    }

    fn declare(&mut self, prefix: &str, uri: &str) {
        let in_force = self.declared.iter().rev().find(|(_, p, _)| &**p == prefix).map(|(.., uri)| &**uri);
        let in_force = in_force.or(prefix.is_empty().then(|| self.default_space()));
        if in_force == Some(uri) {
            return;
        }
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        let _ = write!(self.written, " {name}=\"{}\"", escape(uri));
        self.declared.push((self.open.len(), prefix.into(), uri.into()));
    }

    fn default_space(&self) -> &'static str {
        self.bare.first().copied().unwrap_or_default()
    }

    fn check(&mut self) {
        self.spoiled |= self.written.len() > MOST_OCTETS;
    }
}

fn uri_of<'d>(prefix: &str, spaces: &'d [Declared]) -> Option<&'d str> {
    spaces.iter().rev().find(|declared| &*declared.prefix == prefix).map(|declared| &*declared.uri)
}

/// `NCName` of Namespaces in XML, roughly.
fn is_name(name: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    let goes_on = |c: char| begins(c) || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.starts_with(begins) && name.chars().all(goes_on)
}
