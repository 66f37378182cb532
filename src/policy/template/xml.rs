//! XML, as little of it as templates of Group Policy need.

/// A document in the making.
pub(super) struct Xml {
    out: String,
    open: Vec<&'static str>,
}

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Xml {
    /// An empty document with a comment at its top, in which no two hyphens may follow each other.
    pub(super) fn new(comment: &str) -> Self {
        let out = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- {comment} -->\n");
        Self { out, open: Vec::new() }
    }

    /// Begins an element that holds others.
    pub(super) fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
    }

    /// Ends the element that was begun last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push_str(">\n");
        }
    }

    /// An element without anything in it.
    pub(super) fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// An element with a text in it.
    pub(super) fn text(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.tag(name, attributes);
        self.out.push('>');
        self.escaped(text);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// The document, with all elements ended.
    pub(super) fn done(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn tag(&mut self, name: &str, attributes: Attributes<'_>) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }

    /// Characters that XML cannot hold at all are left out.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\n' => self.out.push('\n'),
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
                c => self.out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        let mut xml = Xml::new("A comment.");
        xml.open("a", &[("b", "1 < 2 & \"3\"")]);
        xml.text("c", &[], "x > y\nz\u{1b}");
        xml.empty("d", &[("e", "")]);
        let wanted = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- A comment. -->\n\
                      <a b=\"1 &lt; 2 &amp; &quot;3&quot;\">\n  <c>x &gt; y\nz</c>\n  <d e=\"\"/>\n</a>\n";
        assert_eq!(xml.done(), wanted);
    }
}
