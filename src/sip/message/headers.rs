//! Header fields in order, as they came.
//!
//! What was read stays in one shared buffer; a field is a handful of offsets into it. What is
//! added later goes into a second buffer in wire form. Nothing is allocated for a field alone.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::lex::is_token_byte;
use super::names::Name;
use super::split_commas;

/// One header field: its name as written and its value as it stood behind the colon.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    line: &'a [u8],
    field: &'a Field,
}

impl<'a> Header<'a> {
    /// The name as written, perhaps compact.
    #[must_use]
    pub fn name(self) -> &'a str {
        std::str::from_utf8(self.name_bytes()).unwrap_or("")
    }

    /// The exact octets behind the colon, blanks and folds included.
    #[must_use]
    pub fn raw_bytes(self) -> &'a [u8] {
        self.line.get(self.field.value - self.field.start..).unwrap_or(&[])
    }

    /// The exact text behind the colon, blanks and folds included. Octets that are no UTF-8 show
    /// as U+FFFD here; [`Header::raw_bytes`] has them, and they are written as they came.
    #[must_use]
    pub fn raw(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.raw_bytes())
    }

    /// The value without outer blanks, folds replaced by one blank, octets that are no UTF-8 by
    /// U+FFFD.
    #[must_use]
    pub fn value(self) -> Cow<'a, str> {
        match self.value_bytes() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The octets of the value without outer blanks, folds replaced by one blank.
    #[must_use]
    pub fn value_bytes(self) -> Cow<'a, [u8]> {
        let trimmed = self.raw_bytes().trim_ascii();
        if memchr::memchr2(b'\r', b'\n', trimmed).is_none() {
            return Cow::Borrowed(trimmed);
        }
        let mut unfolded = Vec::with_capacity(trimmed.len());
        for part in trimmed.split(|b| matches!(b, b'\r' | b'\n')).map(<[u8]>::trim_ascii).filter(|p| !p.is_empty()) {
            if !unfolded.is_empty() {
                unfolded.push(b' ');
            }
            unfolded.extend_from_slice(part);
        }
        Cow::Owned(unfolded)
    }

    /// Whether the field goes by this name, long or compact, in any case.
    #[must_use]
    pub fn is_named(self, name: &str) -> bool {
        self.field.name_is(Name::of(name.as_bytes()), self.line, name.as_bytes())
    }

    /// Where it was read, in octets from the start of the message; 0 for one that was added.
    pub(super) fn offset(self) -> usize {
        if self.field.own { 0 } else { self.field.start }
    }

    fn name_bytes(self) -> &'a [u8] {
        self.line.get(..self.field.name_len).unwrap_or(&[])
    }
}

impl PartialEq for Header<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name_bytes() == other.name_bytes() && self.raw_bytes() == other.raw_bytes()
    }
}

impl Eq for Header<'_> {}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name(), self.raw())
    }
}

/// Where a field stands: `start..end` is the line without its CR LF, in one of two buffers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) own: bool,
    pub(super) start: usize,
    pub(super) name_len: usize,
    /// Offset of what follows the colon.
    pub(super) value: usize,
    pub(super) end: usize,
}

impl Field {
    fn name_is(&self, wanted: Name, line: &[u8], text: &[u8]) -> bool {
        self.name == wanted && (wanted != Name::OTHER || line.get(..self.name_len).is_some_and(|n| n.eq_ignore_ascii_case(text)))
    }
}

/// All header fields of a message. Names compare without regard to case; a compact name and its
/// long form are the same.
#[derive(Clone, Default)]
pub struct Headers {
    /// What was read, start line included.
    head: Bytes,
    /// Octets of the start line in `head` when they are not what we would write for it, else 0.
    odd_start: usize,
    /// What was added, each line with its CR LF.
    own: Vec<u8>,
    /// Octets in `own` that no field points to any more.
    waste: usize,
    fields: Vec<Field>,
}

impl Headers {
    /// The first value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.first(name).map(Header::value)
    }

    /// The first field of a name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<Header<'_>> {
        self.position(name).and_then(|at| self.fields.get(at)).map(|f| self.view(f))
    }

    /// Every value under a name, one for each header line.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, str>> {
        self.iter_named(name).map(Header::value)
    }

    /// Every element under a name, with comma-joined lines split. Not for challenges, whose
    /// parameters are joined by commas too.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.get_all(name).flat_map(|v| split_commas(&v).map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// Whether an element of a comma-joined list of tokens is there, such as an option tag.
    #[must_use]
    pub fn lists_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name).any(|v| split_commas(&v).any(|t| t.eq_ignore_ascii_case(token)))
    }

    /// Whether a name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// How many lines a name has.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.iter_named(name).count()
    }

    /// Adds a field at the end. CR, LF and NUL in the value become blanks, so that no value can
    /// start a field of its own.
    pub fn push(&mut self, name: &str, value: impl AsRef<str>) {
        self.insert(self.fields.len(), name, value.as_ref().as_bytes());
    }

    /// Adds a field before all others of its name, or at the top.
    pub fn push_front(&mut self, name: &str, value: impl AsRef<str>) {
        let at = self.position(name).unwrap_or(0);
        self.insert(at, name, value.as_ref().as_bytes());
    }

    /// Replaces all fields of a name by one, which stands where the first of them stood.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        let at = self.position(name).unwrap_or(self.fields.len());
        self.remove(name);
        self.insert(at.min(self.fields.len()), name, value.as_ref().as_bytes());
    }

    /// Replaces the value of the first field of a name and leaves the others; adds it at the top
    /// when there is none. This is how a received Via gets its `received`.
    pub fn set_first(&mut self, name: &str, value: impl AsRef<str>) {
        let at = self.position(name);
        if let Some(at) = at {
            self.discard(at);
        }
        self.insert(at.unwrap_or(0), name, value.as_ref().as_bytes());
    }

    /// Takes away all fields of a name.
    pub fn remove(&mut self, name: &str) {
        let wanted = Name::of(name.as_bytes());
        let (head, own) = (&self.head, &self.own);
        let mut waste = 0;
        self.fields.retain(|f| {
            let source: &[u8] = if f.own { own } else { head };
            let goes = f.name_is(wanted, source.get(f.start..f.end).unwrap_or(&[]), name.as_bytes());
            if goes && f.own {
                waste += f.end - f.start + 2;
            }
            !goes
        });
        self.wasted(waste);
    }

    /// Takes away the first field of a name and returns its value.
    pub fn pop_first(&mut self, name: &str) -> Option<String> {
        let at = self.position(name)?;
        let value = self.fields.get(at).map(|f| self.view(f).value().into_owned());
        self.discard(at);
        value
    }

    /// Copies every field of a name from another message, each octet of the values as it came but
    /// for folds, which become blanks.
    pub fn copy_from(&mut self, other: &Self, name: &str) {
        for header in other.iter_named(name) {
            self.insert(self.fields.len(), name, &header.value_bytes());
        }
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = Header<'_>> {
        self.fields.iter().map(|f| self.view(f))
    }

    /// The fields of a name in order.
    pub fn iter_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Header<'a>> {
        let wanted = Name::of(name.as_bytes());
        self.iter().filter(move |h| h.field.name_is(wanted, h.line, name.as_bytes()))
    }

    /// How many fields there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Fields that were read from `head`.
    pub(super) const fn from_read(head: Bytes, odd_start: usize, fields: Vec<Field>) -> Self {
        Self { head, odd_start, own: Vec::new(), waste: 0, fields }
    }

    /// The start line as it came, when it is not what we would write for it.
    pub(super) fn odd_start(&self) -> Option<&[u8]> {
        if self.odd_start == 0 { None } else { self.head.get(..self.odd_start) }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(super) fn view<'a>(&'a self, field: &'a Field) -> Header<'a> {
        Header { line: self.source(field.own).get(field.start..field.end).unwrap_or(&[]), field }
    }

    /// The buffer of what was added, or of what was read.
    pub(super) fn source(&self, own: bool) -> &[u8] {
        if own { &self.own } else { &self.head }
    }

    /// Where the first field of a name was read, in octets from the start of the message.
    pub(super) fn offset_of(&self, name: &str) -> usize {
        self.first(name).map_or(0, Header::offset)
    }

    fn position(&self, name: &str) -> Option<usize> {
        let wanted = Name::of(name.as_bytes());
        self.fields.iter().position(|f| f.name_is(wanted, self.view(f).line, name.as_bytes()))
    }

    fn insert(&mut self, at: usize, name: &str, value: &[u8]) {
        let start = self.own.len();
        self.own.reserve(name.len() + value.len() + 4);
        self.own.extend(name.bytes().map(|b| if is_token_byte(b) { b } else { b'-' }));
        self.own.push(b':');
        let after_colon = self.own.len();
        self.own.push(b' ');
        self.own.extend(value.iter().map(|b| if matches!(b, b'\r' | b'\n' | 0) { b' ' } else { *b }));
        let end = self.own.len();
        self.own.extend_from_slice(b"\r\n");
        let name = Name::of(name.as_bytes());
        self.fields.insert(at, Field { name, own: true, start, name_len: after_colon - 1 - start, value: after_colon, end });
    }

    fn discard(&mut self, at: usize) {
        let field = self.fields.remove(at);
        if field.own {
            self.wasted(field.end - field.start + 2);
        }
    }

    fn wasted(&mut self, octets: usize) {
        self.waste += octets;
        if self.waste > 1024 && self.waste * 2 > self.own.len() {
            self.tidy();
        }
    }

    /// Moves what is still in use together, so that a field set again and again takes no more room.
    fn tidy(&mut self) {
        let mut own = Vec::with_capacity(self.own.len().saturating_sub(self.waste));
        for field in self.fields.iter_mut().filter(|f| f.own) {
            let start = own.len();
            own.extend_from_slice(self.own.get(field.start..field.end).unwrap_or(&[]));
            own.extend_from_slice(b"\r\n");
            field.value = field.value - field.start + start;
            field.end = field.end - field.start + start;
            field.start = start;
        }
        self.own = own;
        self.waste = 0;
    }
}

impl PartialEq for Headers {
    /// The same fields in the same order, each octet of names and values alike.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
