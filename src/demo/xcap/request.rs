//! What a request asks for: the place its target names, the conditions it sets.

use super::Application;
use crate::formats::http1::Message;
use crate::model::Address;

/// The root all places begin with.
const ROOT: &str = "/xcap-root/";

/// What a target names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The document of a user.
    Document(Address, Application),
    /// The list of what can be stored.
    Capabilities,
    /// A part of a document.
    Within,
    /// Nothing there is.
    Nowhere,
}

/// Finds the place of a target, `/xcap-root/APPLICATION/users/USER/index`.
pub(super) fn place_of(target: &str, domain: &str) -> Place {
    let target = target.split('?').next().unwrap_or_default();
    let Some(rest) = target.strip_prefix(ROOT) else { return Place::Nowhere };
    if rest.contains("/~~") {
        return Place::Within;
    }
    if rest == "xcap-caps/global/index" {
        return Place::Capabilities;
    }
    let mut segments = rest.split('/');
    let (application, tree, user, file, more) =
        (segments.next(), segments.next(), segments.next(), segments.next(), segments.next());
    let application = Application::ALL.into_iter().find(|known| Some(known.word()) == application);
    let user = user.and_then(unescape).and_then(|user| Address::complete(&user, Some(domain)).ok());
    match (application, user) {
        (Some(application), Some(user)) if tree == Some("users") && file == Some("index") && more.is_none() => {
            Place::Document(user, application)
        }
        _ => Place::Nowhere,
    }
}

/// Resolves `%XX` (RFC 3986 section 2.1); `None` if what comes out is no text.
fn unescape(segment: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16).and_then(|d| u8::try_from(d).ok());
        octets.push(digit(rest.next())? * 16 + digit(rest.next())?);
    }
    String::from_utf8(octets).ok()
}

/// The conditions of a request (RFC 9110 section 13.1).
pub(super) struct Conditions<'r> {
    /// `If-Match`: one of these must be there.
    wanted: Option<&'r str>,
    /// `If-None-Match`: none of these may be there.
    unwanted: Option<&'r str>,
}

impl<'r> Conditions<'r> {
    pub(super) fn of(request: &'r Message) -> Self {
        Self { wanted: request.fields.value("If-Match"), unwanted: request.fields.value("If-None-Match") }
    }

    /// Whether a write may go on over what is there.
    pub(super) fn permit(&self, there: Option<&str>) -> bool {
        self.wanted.is_none_or(|tags| meets(tags, there)) && !self.unwanted.is_some_and(|tags| meets(tags, there))
    }

    /// Whether the client has what is there already.
    pub(super) fn is_known(&self, there: &str) -> bool {
        self.unwanted.is_some_and(|tags| meets(tags, Some(there)))
    }
}

fn meets(tags: &str, there: Option<&str>) -> bool {
    there.is_some_and(|there| tags.split(',').map(str::trim).any(|tag| tag == "*" || tag == there))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let alice = Address::parse("alice@example.test").unwrap();
        let place = |target: &str| place_of(target, "example.test");
        for target in [
            "/xcap-root/pres-rules/users/sip:alice@example.test/index",
            "/xcap-root/pres-rules/users/sip%3Aalice%40example.test/index?x=y",
            "/xcap-root/pres-rules/users/alice/index",
        ] {
            assert_eq!(place(target), Place::Document(alice.clone(), Application::PresRules), "{target}");
        }
        assert_eq!(place("/xcap-root/xcap-caps/global/index"), Place::Capabilities);
        assert_eq!(place("/xcap-root/resource-lists/users/alice/index/~~/resource-lists/list"), Place::Within);
        for target in [
            "/",
            "/xcap-root/",
            "/xcap-root/other/users/alice/index",
            "/xcap-root/pres-rules/global/index",
            "/xcap-root/pres-rules/users/alice/other",
            "/xcap-root/pres-rules/users/alice/index/more",
            "/xcap-root/pres-rules/users/%ff/index",
            "/xcap-root/pres-rules/users/%4/index",
            "/xcap-root/pres-rules/users//index",
        ] {
            assert_eq!(place(target), Place::Nowhere, "{target}");
        }
    }

    #[test]
    fn conditions() {
        let of = |name: &str, value: &str, there: Option<&str>| {
            Conditions::of(&Message::request("PUT", "/").with(name, value)).permit(there)
        };
        assert!(of("If-Match", "\"a\", \"b\"", Some("\"b\"")));
        assert!(!of("If-Match", "\"a\"", Some("\"b\"")));
        assert!(!of("If-Match", "*", None));
        assert!(of("If-None-Match", "*", None));
        assert!(!of("If-None-Match", "*", Some("\"a\"")));
        assert!(of("If-None-Match", "\"b\"", Some("\"a\"")));
        assert!(of("X", "y", Some("\"a\"")));
    }
}
