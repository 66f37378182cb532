//! What a list subscription tells (RFC 4662 section 5): which people are on the list, and how each is.
//!
//! A full document replaces everything. A partial one changes what it names; if one was missed
//! (its version jumps) it is applied and full state is asked for. Versions seen before are passed
//! over. People on the list without an instance are not known yet. The address in the list names
//! the person, not the entity of the document within (section 5.5).

use std::collections::{BTreeMap, BTreeSet};

use super::presence;
use crate::formats::media_type::MediaType;
use crate::formats::multipart::{self, Multipart, Part};
use crate::formats::rlmi::{self, Instance, List, State};
use crate::formats::{Extent, Fault, pidf};
use crate::model::{Address, Presence};

/// The people of one list subscription, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct ListTable {
    version: Option<u32>,
    members: BTreeMap<Address, Presence>,
}

/// What a notification changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// People and what is known of them now.
    pub(super) told: Vec<(Address, Presence)>,
    /// People who are no longer on the list.
    pub(super) gone: Vec<Address>,
    /// Something was missed: full state is wanted.
    pub(super) missed: bool,
    /// The document was a full one.
    pub(super) full: bool,
}

impl ListTable {
    /// Whether a document of this dialog has come.
    pub(super) fn is_told(&self) -> bool {
        self.version.is_some()
    }

    /// Whether a person is on the list.
    pub(super) fn covers(&self, who: &Address) -> bool {
        self.members.contains_key(who)
    }

    /// What is known of a person.
    pub(super) fn known(&self, who: &Address) -> Option<&Presence> {
        self.members.get(who)
    }

    /// Everybody on the list.
    pub(super) fn members(&self) -> impl Iterator<Item = (&Address, &Presence)> {
        self.members.iter()
    }

    /// A new dialog starts a new counter; what is known of people stays until it is replaced.
    pub(super) fn new_dialog(&mut self) {
        self.version = None;
    }

    /// Takes the body of a notification.
    pub(super) fn apply(&mut self, content_type: &str, body: &[u8]) -> Result<Changes, Fault> {
        if MediaType::read(content_type).essence == rlmi::MEDIA_TYPE {
            let bare = Multipart { start: None, parts: Vec::new() };
            return Ok(self.apply_list(&rlmi::read(body)?, &bare));
        }
        let parts = multipart::read(content_type, body)?;
        let list = rlmi::read(parts.root().map(|root| root.body).unwrap_or_default())?;
        Ok(self.apply_list(&list, &parts))
    }

    fn apply_list(&mut self, list: &List, parts: &Multipart<'_>) -> Changes {
        let mut changes = Changes::default();
        let follows = self.version.is_none_or(|seen| list.version > seen);
        if !follows {
            return changes;
        }
        changes.full = list.extent == Extent::Full;
        changes.missed = !changes.full && self.version.is_none_or(|seen| list.version != seen.saturating_add(1));
        self.version = Some(list.version);
        let mut named = BTreeMap::new();
        self.collect(list, parts, &mut named);
        if changes.full {
            let kept: BTreeSet<&Address> = named.keys().collect();
            changes.gone = self.members.keys().filter(|who| !kept.contains(who)).cloned().collect();
            for who in &changes.gone {
                self.members.remove(who);
            }
        }
        for (who, now) in named {
            if self.members.len() >= MOST_MEMBERS && !self.members.contains_key(&who) {
                continue;
            }
            self.members.insert(who.clone(), now.clone());
            changes.told.push((who, now));
        }
        changes
    }

    /// Reads everybody named in a list, and in the lists within it. Each part is the state of one
    /// instance (RFC 4662 section 5.5) and is read once: else a short list could name one long
    /// part ten thousand times.
    fn collect(&self, list: &List, parts: &Multipart<'_>, named: &mut BTreeMap<Address, Presence>) {
        let by_name = parts.parts.iter().rev().filter_map(|part| Some((part.content_id.as_deref()?, part)));
        let mut unread: BTreeMap<&str, &Part<'_>> = by_name.collect();
        for resource in &list.resources {
            let mut take = |i: &Instance| i.cid.as_deref().and_then(|cid| unread.remove(cid));
            let told: Vec<(State, Option<&Part<'_>>)> = resource.instances.iter().map(|i| (i.state, take(i))).collect();
            let inner = told.iter().filter_map(|(_, part)| *part).find(|part| part.content_type.is_multipart());
            if let Some(part) = inner {
                self.collect_inner(part, named);
                continue;
            }
            let Ok(who) = Address::parse(&resource.uri) else { continue };
            let now = self.state(&who, &told);
            named.insert(who, now);
        }
    }

    fn collect_inner(&self, part: &Part<'_>, named: &mut BTreeMap<Address, Presence>) {
        let Ok(parts) = part.parts() else { return };
        let Some(Ok(list)) = parts.root().map(|root| rlmi::read(root.body)) else { return };
        self.collect(&list, &parts, named);
    }

    /// One person's state out of all instances that have a document.
    fn state(&self, who: &Address, told: &[(State, Option<&Part<'_>>)]) -> Presence {
        let mut active = told.iter().filter(|(state, _)| *state == State::Active).peekable();
        if active.peek().is_none() {
            return Presence::default();
        }
        let bodies: Vec<&[u8]> = active.filter_map(|(_, part)| part.map(|part| part.body)).collect();
        if bodies.is_empty() {
            // Active, but nothing new is told: what was known stays.
            return self.members.get(who).cloned().unwrap_or_default();
        }
        let documents: Vec<pidf::Presence> = bodies.into_iter().filter_map(|b| pidf::read(b).ok()).collect();
        presence::picture(&documents)
    }
}

/// People on one list that we keep.
const MOST_MEMBERS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Availability;

    const TYPE: &str = "multipart/related;type=\"application/rlmi+xml\";start=\"<rlmi0@example.test>\";boundary=\"L1st\"";

    /// The notification of protocol document appendix A.10.
    fn body(version: u32, full: bool, resources: &str, parts: &[(&str, &str)]) -> String {
        use std::fmt::Write as _;
        let mut out = format!(
            "--L1st\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <rlmi0@example.test>\r\n\
             Content-Type: application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n\
             <?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" \
             uri=\"sip:rls@example.test\" version=\"{version}\" fullState=\"{full}\">{resources}</list>\r\n"
        );
        for (cid, document) in parts {
            let _ = write!(
                out,
                "--L1st\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>\r\n\
                 Content-Type: application/pidf+xml;charset=\"UTF-8\"\r\n\r\n{document}\r\n"
            );
        }
        out + "--L1st--\r\n"
    }

    fn active(uri: &str, cid: &str) -> String {
        format!("<resource uri=\"{uri}\"><instance id=\"i1\" state=\"active\" cid=\"{cid}\"/></resource>")
    }

    fn open(uri: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"{uri}\">\
             <tuple id=\"b1\"><status><basic>open</basic></status><note>hello</note></tuple></presence>"
        )
    }

    fn who(name: &str) -> Address {
        Address::parse(&format!("sip:{name}@example.test")).unwrap()
    }

    fn told(changes: &Changes) -> Vec<(&str, Availability)> {
        changes.told.iter().map(|(who, now)| (who.user(), now.availability)).collect()
    }

    #[test]
    fn full_state_with_one_known_and_one_unknown() {
        let mut table = ListTable::default();
        let resources = active("sip:bob@example.test", "bob1@example.test") + "<resource uri=\"sip:carol@example.test\"/>";
        let bob = open("sip:bob@example.test");
        let changes = table.apply(TYPE, body(0, true, &resources, &[("bob1@example.test", &bob)]).as_bytes()).unwrap();
        assert_eq!(told(&changes), [("bob", Availability::Online), ("carol", Availability::Unknown)]);
        assert_eq!(changes.told[0].1.note.as_deref(), Some("hello"));
        assert!(changes.full && !changes.missed && changes.gone.is_empty());
        assert!(table.covers(&who("carol")));
        let changes = table.apply(TYPE, body(1, true, "<resource uri=\"sip:carol@example.test\"/>", &[]).as_bytes()).unwrap();
        assert_eq!(changes.gone, [who("bob")]);
    }

    #[test]
    fn versions() {
        let mut table = ListTable::default();
        let one =
            |version, full| body(version, full, &active("sip:bob@example.test", "b"), &[("b", &open("sip:bob@example.test"))]);
        let first = table.apply(TYPE, one(1, true).as_bytes()).unwrap();
        assert!(!first.missed, "some lists begin with 1");
        assert!(!table.apply(TYPE, one(2, false).as_bytes()).unwrap().missed);
        assert_eq!(table.apply(TYPE, one(2, false).as_bytes()).unwrap(), Changes::default(), "seen before");
        assert_eq!(table.apply(TYPE, one(1, true).as_bytes()).unwrap(), Changes::default(), "older");
        let gap = table.apply(TYPE, one(5, false).as_bytes()).unwrap();
        assert!(gap.missed);
        assert_eq!(told(&gap), [("bob", Availability::Online)], "applied nevertheless");
        assert!(!table.apply(TYPE, one(6, false).as_bytes()).unwrap().missed);
        table.new_dialog();
        assert_eq!(told(&table.apply(TYPE, one(0, true).as_bytes()).unwrap()), [("bob", Availability::Online)]);
    }

    #[test]
    fn instances_that_ended_or_wait_are_unknown_and_active_without_part_keeps() {
        let mut table = ListTable::default();
        let bob = active("sip:bob@example.test", "b");
        table.apply(TYPE, body(0, true, &bob, &[("b", &open("sip:bob@example.test"))]).as_bytes()).unwrap();
        let kept = table.apply(TYPE, body(1, false, &bob, &[]).as_bytes()).unwrap();
        assert_eq!(told(&kept), [("bob", Availability::Online)]);
        for state in
            ["state=\"terminated\" reason=\"noresource\"", "state=\"pending\"", "state=\"terminated\" reason=\"rejected\""]
        {
            let version = table.version.unwrap() + 1;
            let resources = format!("<resource uri=\"sip:bob@example.test\"><instance id=\"1\" {state}/></resource>");
            let changes = table.apply(TYPE, body(version, false, &resources, &[]).as_bytes()).unwrap();
            assert_eq!(told(&changes), [("bob", Availability::Unknown)], "{state}");
        }
    }

    #[test]
    fn a_list_within_the_list() {
        let inner = body(0, true, &active("sip:dave@example.test", "d"), &[("d", &open("sip:dave@example.test"))])
            .replace("L1st", "Inner");
        let outer = body(
            0,
            true,
            &(active("sip:team@example.test", "t") + &active("sip:bob@example.test", "b")),
            &[("b", &open("sip:bob@example.test"))],
        );
        let part = format!(
            "--L1st\r\nContent-ID: <t>\r\nContent-Type: multipart/related;boundary=Inner;start=\"<rlmi0@example.test>\"\r\n\r\n{inner}\r\n--L1st--"
        );
        let outer = outer.replace("--L1st--", &part);
        let mut table = ListTable::default();
        let changes = table.apply(TYPE, outer.as_bytes()).unwrap();
        assert_eq!(told(&changes), [("bob", Availability::Online), ("dave", Availability::Online)]);
    }

    #[test]
    fn a_part_is_read_for_one_instance_only() {
        let mut table = ListTable::default();
        let people = active("sip:bob@example.test", "b") + &active("sip:carol@example.test", "b");
        let changes = table.apply(TYPE, body(0, true, &people, &[("b", &open("sip:bob@example.test"))]).as_bytes()).unwrap();
        assert_eq!(told(&changes), [("bob", Availability::Online), ("carol", Availability::Unknown)]);
    }

    #[test]
    fn hostile_bodies_change_nothing() {
        let mut table = ListTable::default();
        for bad in ["", "--L1st--", "--L1st\r\n\r\nx\r\n--L1st--", "\u{0}", &"--L1st\r\n\r\n".repeat(10_000)] {
            assert!(table.apply(TYPE, bad.as_bytes()).is_err(), "{bad:.20}");
        }
        assert!(table.apply("multipart/related", b"x").is_err());
        assert!(table.apply("application/rlmi+xml", b"<list").is_err());
        assert_eq!(table.members.len(), 0);
    }

    #[test]
    #[allow(clippy::format_collect, reason = "reads better so")]
    fn ten_thousand_people() {
        let mut table = ListTable::default();
        let resources: String = (0..10_000).map(|n| format!("<resource uri=\"sip:u{n}@example.test\"/>")).collect();
        let changes = table.apply(TYPE, body(0, true, &resources, &[]).as_bytes()).unwrap();
        assert_eq!(changes.told.len(), 10_000);
    }
}
