//! Presence rules (RFC 5025 on RFC 4745), `application/auth-policy+xml`: who may see presence.
//!
//! What is written suits servers that take the first rule that matches, compare addresses octet
//! by octet and insist on conditions: each person stands in one rule only, in the one spelling,
//! and every rule names its people.

use super::xml::{self, Element, Space, Writer};
use super::{Fault, Offence};

/// The media type.
pub const MEDIA_TYPE: &str = "application/auth-policy+xml";

/// What becomes of a subscription (RFC 5025 section 3.2.1), weakest first: of several rules that
/// match, the highest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handling {
    /// Refused.
    Block,
    /// Waits for a decision.
    Confirm,
    /// Taken, but only ever told that we are offline.
    PoliteBlock,
    /// Taken.
    Allow,
}

impl Handling {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::Block, Self::Confirm, Self::PoliteBlock, Self::Allow];

    /// The word in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Confirm => "confirm",
            Self::PoliteBlock => "polite-block",
            Self::Allow => "allow",
        }
    }
}

/// Whom a rule is about; one of several is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// This person.
    One(String),
    /// Everybody, or everybody of a domain.
    Many {
        /// Only those.
        domain: Option<String>,
        /// But for these.
        except: Vec<Except>,
    },
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Except {
    /// This person.
    One(String),
    /// Everybody of this domain.
    Domain(String),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Names it within the document.
    pub id: String,
    /// About whom; none = about nobody.
    pub who: Vec<Who>,
    /// What becomes of them.
    pub handling: Handling,
}

impl Rule {
    /// A rule about these people, named after what it says.
    #[must_use]
    pub fn about<'a>(handling: Handling, people: impl IntoIterator<Item = &'a str>) -> Self {
        let who = people.into_iter().map(|uri| Who::One(uri.to_owned())).collect();
        Self { id: handling.word().to_owned(), who, handling }
    }

    /// Whether it is about a person.
    #[must_use]
    pub fn matches(&self, person: &str) -> bool {
        let domain = domain(person);
        self.who.iter().any(|who| match who {
            Who::One(one) => same_person(one, person),
            Who::Many { domain: only, except } => {
                only.as_deref().is_none_or(|only| only.eq_ignore_ascii_case(domain))
                    && !except.iter().any(|except| match except {
                        Except::One(one) => same_person(one, person),
                        Except::Domain(not) => not.eq_ignore_ascii_case(domain),
                    })
            }
        })
    }
}

/// What the rules say of a person: of those that match the highest; `None` if none does, which
/// the standard takes for [`Handling::Block`] and servers for [`Handling::Confirm`].
#[must_use]
pub fn decide(rules: &[Rule], person: &str) -> Option<Handling> {
    rules.iter().filter(|rule| rule.matches(person)).map(|rule| rule.handling).max()
}

/// Same but for the letter case of scheme and host, and parameters.
fn same_person(one: &str, other: &str) -> bool {
    let user = |uri: &'_ str| -> usize { bare(uri).rfind('@').unwrap_or(0) };
    let (a, b) = (bare(one), bare(other));
    let (scheme_a, rest_a) = a.split_once(':').unwrap_or(("sip", a));
    let (scheme_b, rest_b) = b.split_once(':').unwrap_or(("sip", b));
    scheme_a.eq_ignore_ascii_case(scheme_b)
        && domain(a).eq_ignore_ascii_case(domain(b))
        && rest_a.get(..user(rest_a)) == rest_b.get(..user(rest_b))
}

fn bare(uri: &str) -> &str {
    uri.trim().split([';', '?']).next().unwrap_or_default()
}

fn domain(uri: &str) -> &str {
    bare(uri).rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Reads the rules of a document.
///
/// A rule with conditions beyond identity is about nobody and left out, since a condition that is
/// not understood is not met (RFC 4745 section 7.1); so is one without a handling. A rule
/// without any conditions is about everybody.
pub fn read(body: &[u8]) -> Result<Vec<Rule>, Fault> {
    let root = xml::read(body, Space::CommonPolicy, "ruleset").or_else(|fault| {
        // Some write the root in the name space of the presence rules.
        if fault.what == Offence::WrongDocument { xml::read(body, Space::PresRules, "ruleset") } else { Err(fault) }
    })?;
    Ok(root.children.iter().filter(|child| &*child.name == "rule").filter_map(rule).collect())
}

fn rule(element: &Element) -> Option<Rule> {
    let handling = element.child_named("actions")?.child_named("sub-handling")?.trimmed();
    let handling = Handling::ALL.into_iter().find(|known| known.word() == handling)?;
    let id = element.attribute("id").unwrap_or_default().to_owned();
    let mut who = Vec::new();
    let conditions = element.child_named("conditions").map_or(&[][..], |conditions| &conditions.children);
    if conditions.is_empty() {
        who.push(Who::Many { domain: None, except: Vec::new() });
    }
    for condition in conditions {
        if &*condition.name != "identity" {
            return None;
        }
        who.extend(condition.children.iter().filter_map(identity));
    }
    Some(Rule { id, who, handling })
}

fn identity(element: &Element) -> Option<Who> {
    let owned = |element: &Element, name: &str| element.attribute(name).map(|value| value.trim().to_owned());
    match &*element.name {
        "one" => owned(element, "id").map(Who::One),
        "many" => {
            let except = element.children.iter().filter(|child| &*child.name == "except");
            let except = except
                .filter_map(|child| owned(child, "id").map(Except::One).or_else(|| owned(child, "domain").map(Except::Domain)));
            Some(Who::Many { domain: owned(element, "domain"), except: except.collect() })
        }
        _ => None,
    }
}

/// Writes the rules as a document. Rules about nobody are left out. Those who are let in are let
/// see everything.
#[must_use]
pub fn write(rules: &[Rule]) -> String {
    let mut xml = Writer::new();
    xml.raw("<cr:ruleset xmlns:cr=\"urn:ietf:params:xml:ns:common-policy\" xmlns=\"urn:ietf:params:xml:ns:pres-rules\">");
    for rule in rules.iter().filter(|rule| !rule.who.is_empty()) {
        xml.raw("<cr:rule").attribute("id", &rule.id).raw("><cr:conditions><cr:identity>");
        for who in &rule.who {
            write_who(&mut xml, who);
        }
        xml.raw("</cr:identity></cr:conditions><cr:actions>").element("sub-handling", rule.handling.word());
        xml.raw("</cr:actions>");
        match rule.handling {
            Handling::Allow => xml.raw(
                "<cr:transformations><provide-services><all-services/></provide-services>\
                 <provide-persons><all-persons/></provide-persons><provide-devices><all-devices/></provide-devices>\
                 <provide-all-attributes/></cr:transformations>",
            ),
            Handling::Block | Handling::Confirm | Handling::PoliteBlock => xml.raw("<cr:transformations/>"),
        };
        xml.raw("</cr:rule>");
    }
    xml.raw("</cr:ruleset>");
    xml.finish()
}

fn write_who(xml: &mut Writer, who: &Who) {
    match who {
        Who::One(uri) => {
            xml.raw("<cr:one").attribute("id", uri).raw("/>");
        }
        Who::Many { domain, except } => {
            xml.raw("<cr:many");
            if let Some(domain) = domain {
                xml.attribute("domain", domain);
            }
            if except.is_empty() {
                xml.raw("/>");
                return;
            }
            xml.raw(">");
            for except in except {
                match except {
                    Except::One(uri) => xml.raw("<cr:except").attribute("id", uri).raw("/>"),
                    Except::Domain(domain) => xml.raw("<cr:except").attribute("domain", domain).raw("/>"),
                };
            }
            xml.raw("</cr:many>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: &str = "sip:bob@example.test";

    #[test]
    fn exact_shape_and_back() {
        let rules = [
            Rule::about(Handling::Block, ["sip:eve@example.test"]),
            Rule::about(Handling::Allow, [BOB, "sip:carol@example.test"]),
        ];
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
            <cr:ruleset xmlns:cr=\"urn:ietf:params:xml:ns:common-policy\" xmlns=\"urn:ietf:params:xml:ns:pres-rules\">\
            <cr:rule id=\"block\"><cr:conditions><cr:identity><cr:one id=\"sip:eve@example.test\"/></cr:identity></cr:conditions>\
            <cr:actions><sub-handling>block</sub-handling></cr:actions><cr:transformations/></cr:rule>\
            <cr:rule id=\"allow\"><cr:conditions><cr:identity><cr:one id=\"sip:bob@example.test\"/>\
            <cr:one id=\"sip:carol@example.test\"/></cr:identity></cr:conditions>\
            <cr:actions><sub-handling>allow</sub-handling></cr:actions><cr:transformations>\
            <provide-services><all-services/></provide-services><provide-persons><all-persons/></provide-persons>\
            <provide-devices><all-devices/></provide-devices><provide-all-attributes/></cr:transformations></cr:rule></cr:ruleset>";
        assert_eq!(write(&rules), body);
        assert_eq!(read(body.as_bytes()).unwrap(), rules);
        // Nobody in a rule: no rule.
        assert_eq!(read(write(&[Rule::about(Handling::Allow, [])]).as_bytes()).unwrap(), []);
    }

    /// The form other clients of a common server store: everything in the name space of the rules.
    #[test]
    fn reads_the_form_of_others() {
        let body = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cr:ruleset xmlns=\"urn:ietf:params:xml:ns:pres-rules\" \
            xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\" xmlns:cr=\"urn:ietf:params:xml:ns:common-policy\"><cr:rule id=\"r1\">\
            <cr:conditions><cr:identity><cr:one id=\"sip:bob@example.test\"/></cr:identity></cr:conditions>\
            <cr:actions><pr:sub-handling>polite-block</pr:sub-handling></cr:actions><cr:transformations/></cr:rule></cr:ruleset>";
        let expected = Rule { id: "r1".into(), who: vec![Who::One(BOB.into())], handling: Handling::PoliteBlock };
        assert_eq!(read(body).unwrap(), [expected]);
    }

    #[test]
    fn highest_rule_that_matches_decides() {
        let many = |domain: Option<&str>, except| Who::Many { domain: domain.map(Into::into), except };
        let rule = |who, handling| Rule { id: "r".into(), who: vec![who], handling };
        let rules = [
            Rule::about(Handling::Block, [BOB]),
            rule(many(Some("example.test"), vec![Except::One("sip:eve@example.test".into())]), Handling::Confirm),
            rule(many(None, vec![Except::Domain("example.test".into())]), Handling::PoliteBlock),
        ];
        assert_eq!(decide(&rules, BOB), Some(Handling::Confirm));
        assert_eq!(decide(&rules, "SIP:bob@EXAMPLE.test;x=y"), Some(Handling::Confirm));
        assert_eq!(decide(&rules[..1], "sip:Bob@example.test"), None);
        assert_eq!(decide(&rules, "sip:eve@example.test"), None);
        assert_eq!(decide(&rules, "sip:bob@elsewhere.test"), Some(Handling::PoliteBlock));
        assert_eq!(read(write(&rules).as_bytes()).unwrap(), rules);
    }

    #[test]
    fn conditions_not_understood_are_not_met() {
        let action = "<actions><sub-handling>allow</sub-handling></actions>";
        let doc = |conditions: &str, action: &str| format!("<ruleset><rule id='a'>{conditions}{action}</rule></ruleset>");
        let read = |conditions: &str, action: &str| read(doc(conditions, action).as_bytes()).unwrap();
        assert_eq!(read("<conditions><sphere value='work'/></conditions>", action), []);
        assert_eq!(read("<conditions><identity><one/></identity></conditions>", action)[0].who, []);
        assert_eq!(read("", "<actions><sub-handling>dance</sub-handling></actions>"), []);
        assert_eq!(read("", ""), []);
        assert!(read("", action)[0].matches(BOB));
    }
}
