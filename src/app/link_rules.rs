//! What policies leave of links: which are links at all, which may be opened, and how they are shown.

use std::borrow::Cow;
use std::ops::Range;

use super::App;
use super::links::{begins, links, may_lead, scheme};
use crate::policy::{Denial, InForce, LinkRule, Policy, ScreenRules};

/// What stands before a link that is to be none.
const MARK: char = '_';

/// For the screen.
impl App {
    /// Where the links in a text are that policies leave, in octets, in order.
    #[must_use]
    pub fn links_in(&self, text: &str) -> Vec<Range<usize>> {
        links_left(self.policy.screen(), text)
    }

    /// A text as it may be shown: where links are to be none, with a sign before each.
    #[must_use]
    pub fn as_shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        as_shown(self.policy.screen(), text)
    }

    /// The same with parts of it, each where it is then.
    #[must_use]
    pub fn parts_as_shown<'t>(&self, text: &'t str, parts: &[Range<usize>]) -> (Cow<'t, str>, Vec<Range<usize>>) {
        let marks = marks(self.policy.screen(), text);
        (self.as_shown(text), parts.iter().map(|part| moved(part, &marks)).collect())
    }

    /// Whether links may be told to the terminal, which opens them without a question of ours.
    #[must_use]
    pub fn tells_links(&self) -> bool {
        self.policy.screen().links == LinkRule::Open
    }
}

/// Where the links in a text are that policies leave, in octets, in order.
fn links_left(rules: &ScreenRules, text: &str) -> Vec<Range<usize>> {
    match rules.links {
        LinkRule::Defang | LinkRule::None => Vec::new(),
        LinkRule::Open | LinkRule::Ask => {
            let left = |link: &Range<usize>| text.get(link.clone()).is_some_and(|link| has_scheme(rules, link));
            links(text).into_iter().filter(left).collect()
        }
    }
}

/// A text as it may be shown: where links are to be none, with a sign before each.
fn as_shown<'t>(rules: &ScreenRules, text: &'t str) -> Cow<'t, str> {
    let places = marks(rules, text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + places.len());
    let mut from = 0;
    for at in places {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push(MARK);
        from = at;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where a text gets a sign by [`as_shown`]: before everything that begins as links do, however many there
/// are, also within others.
fn marks(rules: &ScreenRules, text: &str) -> Vec<usize> {
    if rules.links != LinkRule::Defang {
        return Vec::new();
    }
    let mut places = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let leads = |at: &usize| word.get(*at..).is_some_and(may_lead);
        places.extend(begins(word).filter(leads).map(|at| start + at));
        start += word.len();
    }
    places
}

/// A part of a text where that part is in what [`as_shown`] makes of the text.
fn moved(part: &Range<usize>, marks: &[usize]) -> Range<usize> {
    let before = |at: usize| marks.partition_point(|mark| *mark <= at);
    // What ends where a link begins does not take the sign in.
    let end = if part.end > part.start { part.end + before(part.end - 1) } else { part.start + before(part.start) };
    part.start + before(part.start)..end
}

/// Whether a link may be opened; else the policy that forbids it.
///
/// # Errors
/// [`Denial`] names the policy and where it was set.
pub fn may_open(policy: &Policy, link: &str) -> Result<(), Denial> {
    let rules = policy.screen();
    let name = match rules.links {
        LinkRule::Defang | LinkRule::None => "EnableURL",
        LinkRule::Open | LinkRule::Ask if !has_scheme(rules, link) => "AllowedUrlSchemes",
        LinkRule::Open | LinkRule::Ask => return Ok(()),
    };
    let unknown = || Denial { policy: name, origin: "it is not known where".to_owned(), managed: true };
    Err(policy.table().get(name).map_or_else(unknown, InForce::denial))
}

fn has_scheme(rules: &ScreenRules, link: &str) -> bool {
    let Some(allowed) = &rules.schemes else { return true };
    let own = scheme(link).and_then(|scheme| scheme.split(':').next());
    own.is_some_and(|own| allowed.iter().any(|other| other == own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(links: LinkRule, schemes: Option<&[&str]>) -> ScreenRules {
        let schemes = schemes.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        ScreenRules { links, schemes, ..ScreenRules::default() }
    }

    #[test]
    fn t34_rules_of_links_leave_plain_text_alone() {
        let text = "the file report.pif, setup.exe and .scr; www.bad.test, bad.test/x.pif and a@bad.test";
        for links in [LinkRule::Open, LinkRule::Ask, LinkRule::Defang, LinkRule::None] {
            assert_eq!(as_shown(&rules(links, Some(&[])), text), text);
            assert!(links_left(&rules(links, Some(&["https"])), text).is_empty());
        }
    }

    #[test]
    fn other_schemes_are_no_links() {
        let text = "https://a.test http://b.test SIP:bob@c.test http://d.test/?u=https://e.test";
        let left = |rules: &ScreenRules| links_left(rules, text).into_iter().map(|link| &text[link]).collect::<Vec<_>>();
        assert_eq!(left(&rules(LinkRule::Ask, None)).len(), 4);
        assert_eq!(left(&rules(LinkRule::Open, Some(&["https", "sip"]))), ["https://a.test", "SIP:bob@c.test"]);
        assert!(left(&rules(LinkRule::Open, Some(&[]))).is_empty());
        for none in [LinkRule::Defang, LinkRule::None] {
            assert!(left(&rules(none, None)).is_empty());
        }
    }

    #[test]
    fn a_sign_stands_before_everything_that_could_be_opened() {
        let defang = rules(LinkRule::Defang, Some(&["https"]));
        for (text, wanted) in [
            ("see https://a.test.", "see _https://a.test."),
            ("(http://a.test)\nmailto:b@c.test", "(_http://a.test)\n_mailto:b@c.test"),
            ("https://a.test/?u=sip:b@c.test", "_https://a.test/?u=_sip:b@c.test"),
            ("tel: 5, sip:(, https:// and xhttps://a.test", "tel: 5, sip:(, https:// and xhttps://a.test"),
            ("none", "none"),
        ] {
            assert_eq!(as_shown(&defang, text), wanted);
        }
        let many = "http://a.test ".repeat(500) + "http://" + &"b".repeat(3_000);
        assert_eq!(as_shown(&defang, &many).matches('_').count(), 501, "however many, however long");
        assert_eq!(as_shown(&rules(LinkRule::None, None), "https://a.test"), "https://a.test");
        let places = marks(&defang, "ab https://a.test");
        assert_eq!((places.clone(), moved(&(0..3), &places), moved(&(3..8), &places)), (vec![3], 0..3, 4..9));
    }
}
