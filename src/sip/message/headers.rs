//! Header fields in order, as they came.

use std::borrow::Cow;

use super::split_commas;

/// One header field: its name as written and its value as it stood behind the colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    name: String,
    value: String,
}

impl Header {
    /// The name as written, perhaps compact.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The exact text behind the colon, blanks and folds included.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.value
    }

    /// The value without outer blanks, folds replaced by one blank.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        let trimmed = self.value.trim();
        if !trimmed.contains(['\r', '\n']) {
            return Cow::Borrowed(trimmed);
        }
        Cow::Owned(trimmed.lines().map(str::trim).collect::<Vec<_>>().join(" "))
    }
}

/// All header fields of a message. Names compare without regard to case; a compact name and its
/// long form are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// The first value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.iter().find(|h| same_name(&h.name, name)).map(Header::value)
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
        self.iter_named(name).next().is_some()
    }

    /// Adds a field at the end. CR, LF and NUL in the value become blanks, so that no value can
    /// start a field of its own.
    pub fn push(&mut self, name: &str, value: impl AsRef<str>) {
        self.0.push(new_header(name, value.as_ref()));
    }

    /// Adds a field before all others of its name, or at the top.
    pub fn push_front(&mut self, name: &str, value: impl AsRef<str>) {
        let at = self.0.iter().position(|h| same_name(&h.name, name)).unwrap_or(0);
        self.0.insert(at, new_header(name, value.as_ref()));
    }

    /// Replaces all fields of a name by one.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        let at = self.0.iter().position(|h| same_name(&h.name, name)).unwrap_or(self.0.len());
        self.remove(name);
        self.0.insert(at.min(self.0.len()), new_header(name, value.as_ref()));
    }

    /// Takes away all fields of a name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|h| !same_name(&h.name, name));
    }

    /// Takes away the first field of a name and returns its value.
    pub fn pop_first(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|h| same_name(&h.name, name))?;
        Some(self.0.remove(at).value().into_owned())
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a field exactly as it came.
    pub(crate) fn push_raw(&mut self, name: &str, raw: &str) {
        self.0.push(Header { name: name.to_owned(), value: raw.to_owned() });
    }

    fn iter_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Header> {
        self.0.iter().filter(move |h| same_name(&h.name, name))
    }
}

fn new_header(name: &str, value: &str) -> Header {
    let safe = value.replace(['\r', '\n', '\0'], " ");
    Header { name: name.to_owned(), value: format!(" {safe}") }
}

fn same_name(a: &str, b: &str) -> bool {
    long_name(a).eq_ignore_ascii_case(long_name(b))
}

/// The long form of a compact name (RFC 3261 section 7.3.3 and later registrations).
fn long_name(name: &str) -> &str {
    let &[letter] = name.as_bytes() else { return name };
    match letter.to_ascii_lowercase() {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'n' => "Identity-Info",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        b'y' => "Identity",
        _ => name,
    }
}
