//! What a person stores with their presence on the server (`userInfo`, MS-SIP section 2.2.1): any
//! XML of at most 1024 characters, which the server keeps and shows to watchers.
//!
//! Who publishes must send back what others stored there, so it is kept as markup: written again
//! from what was read, the same in meaning. Longer content is dropped whole, never cut.

use super::xml::{self, Element, Keep, escape, limits};

/// Most characters of the content.
pub const MAX_CHARACTERS: usize = limits::MARKUP;

/// It is kept as markup, for a place whose words are those of presence documents.
pub(super) const KEPT: Keep = Keep {
    name: "userInfo",
    // Year and month stand in either order, and some documents forget the name space altogether.
    spaces: &[xml::PRESENCE_URI, "http://schemas.microsoft.com/09/2002/sip/presence", ""],
};

/// Content of `userInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserInfo {
    /// Well-formed XML, in the default name space of presence documents.
    pub inner: String,
    /// The remark in it, which later clients put there.
    pub note: Option<String>,
}

impl UserInfo {
    /// Of markup: read and written again. None for what is empty, too long or not well-formed.
    #[must_use]
    pub fn of(inner: &str) -> Option<Self> {
        if inner.len() > MAX_CHARACTERS * 4 {
            return None;
        }
        let whole = format!("<userInfo xmlns=\"{}\">{inner}</userInfo>", xml::PRESENCE_URI);
        Self::in_element(&xml::read_keeping(whole.as_bytes(), &[KEPT]).ok()?)
    }

    /// Of an element that was read with [`KEPT`].
    pub(super) fn in_element(element: &Element) -> Option<Self> {
        let inner = element.markup.as_deref()?.to_owned();
        let note = element.child(xml::Space::Lcs, "note").map(|note| note.trimmed().to_owned()).filter(|note| !note.is_empty());
        Some(Self { inner, note })
    }

    /// With another remark, everything else as it was. None if it would be empty or too long.
    #[must_use]
    pub fn with_note(inner: Option<&str>, note: Option<&str>) -> Option<Self> {
        let rest = inner.and_then(Self::of).map(|info| info.without_note()).unwrap_or_default();
        let note = note.map(str::trim).filter(|note| !note.is_empty());
        let note = note.map(|note| format!("<note>{}</note>", escape(note))).unwrap_or_default();
        Self::of(&format!("{note}{rest}"))
    }

    /// The markup without its remark. An element of the first level begins where no other is open.
    fn without_note(&self) -> String {
        let (mut rest, mut kept) = (self.inner.as_str(), String::new());
        let (mut depth, mut inside) = (0_usize, false);
        while let Some(begin) = rest.find('<') {
            let (text, tag) = rest.split_at(begin);
            // No `>` stands within an attribute: values are escaped.
            let (tag, after) = tag.split_at(tag.find('>').map_or(tag.len(), |end| end + 1));
            rest = after;
            if !inside {
                kept.push_str(text);
            }
            let (closes, empty) = (tag.starts_with("</"), tag.ends_with("/>"));
            depth = if closes { depth.saturating_sub(1) } else { depth + usize::from(!empty) };
            if inside {
                inside = !(closes && depth == 0);
            } else if !closes && depth == usize::from(!empty) && is_note(tag) {
                inside = !empty;
            } else {
                kept.push_str(tag);
            }
        }
        kept.push_str(rest);
        kept
    }
}

/// Whether a start tag is that of a remark, in the vocabulary of presence documents.
fn is_note(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').split([' ', '/', '>']).next();
    name == Some("note") && !tag.contains(" xmlns=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_written_again_the_same_in_meaning() {
        let given = "<!-- x --><states><state avail='9500' b=\"a&quot;&#10;&lt;\" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
            xsi:type='userState'>busy &amp; more<![CDATA[<i>]]></state></states><oof/><?pi?>";
        let info = UserInfo::of(given).unwrap();
        // Declarations come where they are first needed.
        let expected = "<states><state avail=\"9500\" b=\"a&quot;&#10;&lt;\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
            xsi:type=\"userState\">busy &amp; more&lt;i&gt;</state></states><oof/>";
        assert_eq!(info.inner, expected);
        assert_eq!(UserInfo::of(&info.inner), Some(info));
    }

    #[test]
    fn limits_hold_whole() {
        let text = |length: usize| "é".repeat(length);
        assert_eq!(UserInfo::of(&text(1024)).unwrap().inner, text(1024));
        assert_eq!(UserInfo::of(&text(1025)), None);
        for none in ["", "  ", "<a>", "</a>", "</userInfo><userInfo>", "<p:a/>", "&nbsp;", "<a b='1' b='2'/>", "<!DOCTYPE a>"] {
            assert_eq!(UserInfo::of(none), None, "{none}");
        }
    }

    #[test]
    fn the_remark_changes_and_the_rest_stays() {
        let inner = "<oof/><note a=\"b\">old <b>one</b></note><x><note>inner</note></x> <note/>t";
        let info = UserInfo::with_note(Some(inner), Some(" new <&\" \u{1b}")).unwrap();
        assert_eq!(info.inner, "<note>new &lt;&amp;\" </note><oof/><x><note>inner</note></x> t");
        assert_eq!(info.note.as_deref(), Some("new <&\""));
        assert_eq!(UserInfo::with_note(Some(&info.inner), None).unwrap().inner, "<oof/><x><note>inner</note></x> t");
        let others = "<note xmlns=\"u:v\"><note>x</note></note><a><note/></a>";
        assert_eq!(UserInfo::with_note(Some(others), None).unwrap().inner, others);
        assert_eq!(UserInfo::with_note(Some(others), Some("n")).unwrap().inner, format!("<note>n</note>{others}"));
        assert_eq!(UserInfo::with_note(None, None), None);
        assert_eq!(UserInfo::with_note(None, Some("n")).unwrap().inner, "<note>n</note>");
        assert_eq!(UserInfo::with_note(None, Some(&"n".repeat(1100))), None);
    }
}
