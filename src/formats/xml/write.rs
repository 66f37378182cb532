//! Writes XML: small enough that each document writes itself in its exact shape.

use std::borrow::Cow;

/// Collects one document.
#[derive(Debug)]
pub struct Writer(String);

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// A document with its declaration and a line end.
    #[must_use]
    pub fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n".to_owned())
    }

    /// A document without declaration, as documents of LCS are.
    #[must_use]
    pub const fn bare() -> Self {
        Self(String::new())
    }

    /// Markup of our own, as it is.
    pub fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text or an attribute value.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(text));
        self
    }

    /// ` name="value"`.
    pub fn attribute(&mut self, name: &str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// `<name>text</name>`.
    pub fn element(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// `<name>text</name>`, or `<name/>` where there is no text.
    pub fn element_or_empty(&mut self, name: &str, text: &str) -> &mut Self {
        if text.is_empty() { self.raw("<").raw(name).raw("/>") } else { self.element(name, text) }
    }

    /// Text as it is between CDATA marks; what XML cannot carry is left out.
    pub fn cdata(&mut self, text: &str) -> &mut Self {
        let kept: String = text.chars().filter(|c| super::is_permitted(*c)).collect();
        let kept = kept.replace("]]>", "]]]]><![CDATA[>").replace('\r', "]]>&#13;<![CDATA[");
        self.raw("<![CDATA[").raw(&kept).raw("]]>")
    }

    /// The whole document.
    #[must_use]
    pub fn finish(self) -> String {
        self.0
    }
}

/// Escapes text for content and for attributes in double quotes.
///
/// Characters that XML cannot carry even escaped are left out. Line ends and tabs are written as
/// references, so that attributes keep them.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    let plain = |c: char| super::is_permitted(c) && !matches!(c, '<' | '>' | '&' | '"' | '\t' | '\n' | '\r');
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            c if super::is_permitted(c) => escaped.push(c),
            _ => {}
        }
    }
    Cow::Owned(escaped)
}
