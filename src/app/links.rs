//! Links in texts, and what may be wrong with them. What is opened is what is shown: a link is found in the
//! text as it was made safe for the screen, and nothing is decoded, completed or looked up.

use std::fmt::Write as _;
use std::ops::Range;

use crate::model::other_spelling;

/// What a link may begin with. Nothing here does anything by being opened.
const SCHEMES: [&str; 6] = ["https://", "http://", "mailto:", "sips:", "sip:", "tel:"];
/// Octets of the longest link, and links found in one text.
const LONGEST: usize = 2_000;
const MOST: usize = 100;

/// Why it is asked before a link is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkDoubt {
    /// Who sent it is not on the list.
    Stranger,
    /// Something stands before the name of the host, which only looks like one.
    Disguise,
    /// The host is a number, not a name.
    Number,
    /// The name of the host is written in letters that can look like others.
    Letters,
    /// It holds characters no link should hold.
    Odd,
    /// Whoever administers this machine has every link asked about.
    Rule,
}

impl LinkDoubt {
    /// In a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stranger => "Whoever sent it is not on your list.",
            Self::Disguise => "What stands before the @ is not where it leads.",
            Self::Number => "It leads to a number, not to a name.",
            Self::Letters => "The name is written in letters that can look like others.",
            Self::Odd => "It holds characters no link should hold.",
            Self::Rule => "Your organisation has every link asked about.",
        }
    }
}

/// Where the links in a text are, in octets, in order.
#[must_use]
pub fn links(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let start = from;
        from += word.len();
        // Most words hold no colon.
        if found.len() >= MOST || !word.contains(':') {
            continue;
        }
        let first = begins(word).next();
        if let Some(rest) = first.and_then(|at| word.get(at..)) {
            let whole = extent(rest);
            let at = start + first.unwrap_or(0);
            if whole.len() <= LONGEST && leads_somewhere(whole) {
                found.push(at..at + whole.len());
            }
        }
    }
    found
}

/// Where in a word something begins as links do.
pub(super) fn begins(word: &str) -> impl Iterator<Item = usize> {
    word.char_indices().map(|(at, _)| at).filter(|at| {
        let before = word.get(..*at).and_then(|before| before.chars().next_back());
        !before.is_some_and(char::is_alphanumeric) && word.get(*at..).is_some_and(|rest| scheme(rest).is_some())
    })
}

/// Whether it is a telephone number.
#[must_use]
pub fn is_call(link: &str) -> bool {
    scheme(link) == Some("tel:")
}

/// Whether it is a link that may be opened.
#[must_use]
pub fn is_known(link: &str) -> bool {
    scheme(link).is_some()
}

/// What the link begins with.
pub(super) fn scheme(link: &str) -> Option<&'static str> {
    SCHEMES.into_iter().find(|scheme| link.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme)))
}

/// As far as a link goes: signs at its end belong to the sentence, and so does a bracket that was not
/// opened in it.
fn extent(rest: &str) -> &str {
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»'));
    let mut link = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    while let Some(last) = link.chars().next_back() {
        let opened = |open: char| link.matches(open).count() >= link.matches(last).count();
        let belongs = match last {
            ')' => opened('('),
            ']' => opened('['),
            '}' => opened('{'),
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '…' | '。' | '、' => false,
            _ => true,
        };
        if belongs {
            break;
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
    link
}

fn leads_somewhere(link: &str) -> bool {
    let Some(rest) = scheme(link).and_then(|scheme| link.get(scheme.len()..)) else { return false };
    may_lead(link) && (link.contains("://") || rest.contains(|c: char| c == '@' || c.is_ascii_digit()))
}

/// Whether something goes on after its scheme as links do.
pub(super) fn may_lead(link: &str) -> bool {
    let rest = scheme(link).and_then(|scheme| link.get(scheme.len()..)).unwrap_or_default();
    rest.chars().next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '[' | '+'))
}

/// The person a link leads to, if it leads to one of this network.
#[must_use]
pub fn person(link: &str) -> Option<&str> {
    let begins = matches!(scheme(link)?, "sip:" | "sips:");
    begins.then(|| link.split(['?', ';']).next().unwrap_or(link))
}

/// What may be wrong with a link.
#[must_use]
pub fn doubts(link: &str) -> Vec<LinkDoubt> {
    let mut doubts = Vec::new();
    let Some(kind) = scheme(link) else { return vec![LinkDoubt::Odd] };
    let rest = link.get(kind.len()..).unwrap_or_default();
    if kind.ends_with("//") && authority(rest).contains('@') {
        doubts.push(LinkDoubt::Disguise);
    }
    let name = host(link);
    let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let number = last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    if name.starts_with('[') || number {
        doubts.push(LinkDoubt::Number);
    }
    let foreign = name.split('.').any(|label| label.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("xn--")));
    if foreign || !name.is_ascii() || name.contains('%') {
        doubts.push(LinkDoubt::Letters);
    }
    if rest.contains('\\') || link.contains(char::is_control) {
        doubts.push(LinkDoubt::Odd);
    }
    doubts
}

/// What stands between the scheme and the path. Browsers take a backslash for a slash.
fn authority(rest: &str) -> &str {
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default()
}

/// The name of the host a link leads to; empty where it leads to none.
fn host(link: &str) -> &str {
    let Some(kind) = scheme(link).filter(|kind| *kind != "tel:") else { return "" };
    let host = authority(link.get(kind.len()..).unwrap_or_default()).rsplit('@').next().unwrap_or_default();
    let host = host.split(';').next().unwrap_or_default();
    if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() }
}

/// The name of the host in its other spelling, where it has one, in a sentence.
#[must_use]
pub fn spelling(link: &str) -> Option<String> {
    let other = other_spelling(host(link))?;
    Some(if other.is_ascii() { format!("DNS calls it {other}.") } else { format!("Its name reads {other}.") })
}

/// The link in the letters a program takes: everything outside ASCII by its octets.
#[must_use]
pub fn plain(link: &str) -> String {
    let mut out = String::with_capacity(link.len());
    for byte in link.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|link| &text[link]).collect()
    }

    #[test]
    fn links_end_where_the_sentence_goes_on() {
        for (text, wanted) in [
            ("log: https://example.test/r/4711.", vec!["https://example.test/r/4711"]),
            ("(see https://example.test/a_(b)), or HTTP://x.test!", vec!["https://example.test/a_(b)", "HTTP://x.test"]),
            ("<https://example.test/?q=1&r=2#x>", vec!["https://example.test/?q=1&r=2#x"]),
            (
                "write to mailto:bob@example.test, sip:bob@example.test or tel:+4670",
                vec!["mailto:bob@example.test", "sip:bob@example.test", "tel:+4670"],
            ),
            ("https://[::1]:8080/x", vec!["https://[::1]:8080/x"]),
            ("**https://a.test/x**", vec!["https://a.test/x"]),
            ("xhttps://a.test ftp://a.test javascript:alert(1) https:// mailto: sip:x file:///etc/passwd data:,x", vec![]),
            ("https://a.test/日本、そして", vec!["https://a.test/日本、そして"]),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
        assert_eq!(links(&"http://a.test ".repeat(500)).len(), MOST);
        assert!(links(&format!("http://{}", "a".repeat(3_000))).is_empty());
    }

    #[test]
    fn what_looks_unusual_is_doubted() {
        for (link, wanted) in [
            ("https://example.test/a?b=@c", vec![]),
            ("https://example.test:8443/", vec![]),
            ("mailto:bob@example.test", vec![]),
            ("sip:bob@example.test;transport=tls", vec![]),
            ("tel:+4670123", vec![]),
            ("https://bank.test@evil.test/", vec![LinkDoubt::Disguise]),
            ("https://bank.test\\@evil.test/", vec![LinkDoubt::Odd]),
            ("http://192.0.2.1/", vec![LinkDoubt::Number]),
            ("http://3221225985/", vec![LinkDoubt::Number]),
            ("http://0x7f.0x1/", vec![LinkDoubt::Number]),
            ("https://[2001:db8::1]/", vec![LinkDoubt::Number]),
            ("https://xn--bnk-0na.test/", vec![LinkDoubt::Letters]),
            ("https://b\u{430}nk.test/", vec![LinkDoubt::Letters]),
            ("https://b%61nk.test/", vec![LinkDoubt::Letters]),
            ("file:///etc/passwd", vec![LinkDoubt::Odd]),
        ] {
            assert_eq!(doubts(link), wanted, "{link}");
        }
        for (link, other) in [
            ("https://example.test/xn--a", None),
            ("https://XN--bnk-0na.test:8443/x", Some("Its name reads bønk.test.")),
            ("https://u@b\u{430}nk.test/x", Some("DNS calls it xn--bnk-6cd.test.")),
            ("https://xn--.test/", None),
            ("tel:+4670", None),
        ] {
            assert_eq!(spelling(link).as_deref(), other, "{link}");
        }
        assert_eq!(plain("https://a.test/ä b"), "https://a.test/%C3%A4%20b");
        assert_eq!(person("sip:bob@example.test;x=1?y"), Some("sip:bob@example.test"));
        assert_eq!(person("mailto:bob@example.test"), None);
    }

    #[test]
    fn t31_what_would_do_more_than_show_is_no_link() {
        for text in [
            "\\\\host\\share\\x.exe",
            "//host/share",
            "file://host/share",
            "file:///etc/passwd",
            "sip:-x",
            "-x",
            "--help",
            "smb://host/x",
            "ssh://-oProxyCommand=x/",
            "ms-msdt:/id",
            "vnd.x:y@z1",
            "javascript:alert(1)",
            "data:text/html,x1",
            "chinwag:run@x1",
            "C:\\x.exe",
            "sip: a@b",
            "mailto:-x@b",
            "tel:-1",
            "http://-x.test/",
        ] {
            assert!(links(text).is_empty(), "{text}: {:?}", found(text));
        }
        // What a link says of header fields, methods and bodies is nobody's order: a conversation is opened, and no more.
        for link in ["sip:a@b?Subject=x&body=y", "sip:a@b;method=REGISTER", "sip:a@b?Route=%3Csip:evil%3E", "sips:a@b;x?y=z"] {
            assert_eq!(found(link), [link]);
            assert!(matches!(person(link), Some("sip:a@b" | "sips:a@b")), "{link}");
        }
        // An argument that begins with a letter is no option of the program that opens it.
        for link in found("https://-x.test/ https://a.test/-x mailto:a@b?attach=/etc/passwd") {
            assert!(plain(link).starts_with(|c: char| c.is_ascii_alphabetic()), "{link}");
        }
    }

    proptest! {
        #[test]
        fn places_are_places(text in "(.|https://|[.()<> @/]){0,30}") {
            let mut last = 0;
            for link in links(&text) {
                prop_assert!(link.start >= last && text.get(link.clone()).is_some());
                prop_assert!(!text[link.clone()].contains(char::is_whitespace));
                last = link.end;
            }
        }
    }
}
