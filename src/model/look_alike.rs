//! Addresses that can be taken for others: letters that look like other letters (UTS 39), scripts that are
//! mixed, and domains whose letters are hidden in the spelling of DNS.

use std::collections::{BTreeMap, BTreeSet};

use unicode_security::{MixedScript as _, skeleton};
use unicode_width::UnicodeWidthChar;

use super::Address;

/// Letters that are named.
const NAMED: usize = 6;

/// What is odd about an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doubts {
    /// A known address it looks like, and is not.
    pub like: Option<Address>,
    /// A known domain that its domain looks like, and is not.
    pub like_domain: Option<String>,
    /// The domain in its own letters, where it is spelt in those of DNS (`xn--`).
    pub reads: Option<String>,
    /// One part of it, or one label, has letters of several scripts.
    pub mixed: bool,
    /// The letters by which it differs, in order: at most six.
    pub letters: Vec<char>,
}

impl Doubts {
    /// Whether there are none that are worth a warning. That a domain has letters of its own is no doubt.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.like.is_none() && self.like_domain.is_none() && !self.mixed
    }
}

/// Addresses and domains the user knows, by how they look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Familiar {
    people: BTreeMap<String, Address>,
    known: BTreeSet<Address>,
    domains: BTreeMap<String, String>,
}

impl Familiar {
    /// Our own address, and those of people on the list.
    #[must_use]
    pub fn new<'a>(own: &'a Address, people: impl IntoIterator<Item = &'a Address>) -> Self {
        let mut all = Self::default();
        for who in std::iter::once(own).chain(people) {
            for look in looks(&whole(who)) {
                all.people.entry(look).or_insert_with(|| who.clone());
            }
            for look in looks(&readable(who.domain())) {
                all.domains.entry(look).or_insert_with(|| who.domain().to_owned());
            }
            all.known.insert(who.clone());
        }
        all
    }

    /// What is odd about an address. Nothing is about one that is known.
    #[must_use]
    pub fn doubts(&self, who: &Address) -> Doubts {
        if self.known.contains(who) {
            return Doubts::default();
        }
        let (user, domain) = (decoded(who.user()), readable(who.domain()));
        let like = looks(&whole(who)).find_map(|look| self.people.get(&look)).cloned();
        let like_domain = looks(&domain).find_map(|look| self.domains.get(&look)).filter(|known| *known != who.domain()).cloned();
        let mixed = !user.as_str().is_single_script() || domain.split('.').any(|label| !label.is_single_script());
        let mut doubts = Doubts { like, like_domain, reads: None, mixed, letters: Vec::new() };
        if !doubts.is_empty() {
            doubts.letters = odd_letters(&whole(who), doubts.like.as_ref());
        }
        doubts.reads = (domain != who.domain()).then_some(domain);
        doubts
    }
}

/// What two texts have in common that can be taken for each other. Capitals look like other letters than small
/// ones do (`I` and `l`), so a text has a look as it is written, and one in small letters.
fn looks(text: &str) -> impl Iterator<Item = String> {
    let look = |text: &str| skeleton(&visible(text)).collect::<String>().to_lowercase();
    [look(text), look(&text.to_lowercase())].into_iter()
}

/// Without what takes no room on a screen and is not left out of a skeleton: marks of annotations, and marks at the
/// beginning, which have no letter to stand on.
fn visible(text: &str) -> String {
    let mut seen = text.chars().filter(|c| !matches!(c, '\u{fff9}'..='\u{fffb}')).peekable();
    while seen.next_if(|c| UnicodeWidthChar::width(*c) == Some(0)).is_some() {}
    seen.collect()
}

/// A domain in its other spelling: in its own letters where it is written in those of DNS (`xn--`), and the other way
/// round. `None` where there is no other.
#[must_use]
pub fn other_spelling(domain: &str) -> Option<String> {
    let written = domain.to_lowercase();
    let reads = readable(&written);
    if reads != written {
        return Some(reads);
    }
    let has_own_letters = !domain.is_ascii();
    has_own_letters.then(|| idna::domain_to_ascii(domain).ok()).flatten().filter(|other| *other != written)
}

/// The address as it reads.
fn whole(who: &Address) -> String {
    format!("{}@{}", decoded(who.user()), readable(who.domain()))
}

/// A domain in its own letters.
fn readable(domain: &str) -> String {
    if !domain.split('.').any(|label| label.starts_with("xn--")) {
        return domain.to_owned();
    }
    let (text, result) = idna::domain_to_unicode(domain);
    // What is no correct spelling stays as it is: nobody can take it for anything.
    if result.is_ok() { text } else { domain.to_owned() }
}

/// A user part without its escapes (RFC 3261 section 19.1.2), where they are UTF-8.
fn decoded(user: &str) -> String {
    let mut octets = Vec::with_capacity(user.len());
    let mut rest = user.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(octet) = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            octets.push(octet);
            rest = after.get(2..).unwrap_or_default();
        } else {
            octets.push(*first);
            rest = after;
        }
    }
    String::from_utf8(octets).unwrap_or_else(|_| user.to_owned())
}

/// The letters by which an address differs from the one it looks like; else those that are not ASCII.
fn odd_letters(text: &str, like: Option<&Address>) -> Vec<char> {
    let like = like.map(whole).unwrap_or_default();
    let mut odd: Vec<char> = Vec::new();
    let differs: Vec<char> = if !text.is_ascii() {
        text.chars().filter(|c| !c.is_ascii() && !like.contains(*c)).collect()
    } else if text.chars().count() == like.chars().count() {
        text.chars().zip(like.chars()).filter(|(is, seems)| is != seems).map(|(is, _)| is).collect()
    } else {
        Vec::new()
    };
    for c in differs {
        if !odd.contains(&c) && odd.len() < NAMED {
            odd.push(c);
        }
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn familiar() -> Familiar {
        let people = ["bob@example.test", "carla.m@example.test", "дмитрий@example.test", "zoe@bücher.test"].map(address);
        Familiar::new(&address("alice@example.test"), &people)
    }

    #[test]
    fn who_looks_like_somebody_is_told() {
        for (who, like, letters) in [
            ("аlice@example.test", "alice@example.test", "а"),
            ("b0b@example.test", "bob@example.test", "0"),
            ("aIice@example.test", "alice@example.test", "I"),
            ("BOB@example.test", "bob@example.test", "BO"),
            ("carla.rn@example.test", "carla.m@example.test", ""),
            ("b\u{200b}ob@example.test", "bob@example.test", "\u{200b}"),
            ("b\u{fff9}ob@example.test", "bob@example.test", "\u{fff9}"),
            ("\u{301}bob@example.test", "bob@example.test", "\u{301}"),
            ("b%D0%BEb@example.test", "bob@example.test", "о"),
            ("bob@examp1e.test", "bob@example.test", "1"),
            ("bob@ехample.test", "bob@example.test", "ех"),
        ] {
            let doubts = familiar().doubts(&address(who));
            assert_eq!(doubts.like, Some(address(like)), "{who}");
            assert_eq!(doubts.letters, letters.chars().collect::<Vec<_>>(), "{who}");
            assert!(!doubts.is_empty());
        }
    }

    #[test]
    fn a_domain_that_looks_like_one_is_told_for_anybody_in_it() {
        let doubts = familiar().doubts(&address("mallory@exаmple.test"));
        assert_eq!((doubts.like, doubts.like_domain.as_deref()), (None, Some("example.test")));
        assert!(doubts.mixed && doubts.letters == ['а']);
        let spelt = familiar().doubts(&address("mallory@xn--exmple-4nf.test"));
        assert_eq!((spelt.like_domain.as_deref(), spelt.reads.as_deref()), (Some("example.test"), Some("exаmple.test")));
    }

    #[test]
    fn who_is_known_or_merely_foreign_is_no_doubt() {
        for who in [
            "bob@example.test",
            "alice@example.test",
            "eve@example.test",
            "bob@elsewhere.test",
            "дмитрий@example.test",
            "иван@example.test",
            "山田太郎@example.test",
            "やまだ太郎@example.test",
            "zoë@example.test",
            "b@[::1]",
        ] {
            let doubts = familiar().doubts(&address(who));
            assert!(doubts.is_empty() && doubts.letters.is_empty(), "{who}: {doubts:?}");
        }
        let spelt = familiar().doubts(&address("zoe@xn--bcher-kva.test"));
        assert_eq!(spelt.reads.as_deref(), Some("bücher.test"));
        assert_eq!(spelt.like, Some(address("zoe@bücher.test")), "two spellings of one domain are two addresses");
    }

    #[test]
    fn scripts_within_one_part_are_told_apart() {
        assert!(familiar().doubts(&address("pаypal@other.test")).mixed);
        assert!(!familiar().doubts(&address("иван@other.test")).mixed, "one script in each part");
        assert!(familiar().doubts(&address("sales@shоp.other.test")).mixed);
    }

    #[test]
    fn nonsense_is_no_fault() {
        for who in ["%@%.test", "%zz%4@x", "%ff%fe@x.test", "a@xn--.test", "a@xn--zzzzzzzzzz99999.test", "\u{200b}@\u{feff}"] {
            if let Ok(who) = Address::parse(who) {
                let _ = familiar().doubts(&who);
            }
        }
    }
}
