//! What a list subscription tells (RFC 4662 section 5, [MS-SIP] 3.3.5): which people are on the
//! list, and how each is.
//!
//! A full document replaces everything. A partial one changes what it names; if one was missed
//! (its version jumps) it is applied and full state is asked for. Versions seen before are passed
//! over. People on the list without an instance are not known yet. The address in the list names
//! the person, not the entity of the document within (section 5.5). Servers of the LCS family also
//! send one person's document by itself, and then its entity names the person.
//!
//! A document that cannot be read disturbs nobody but the person it is about, of whom is shown
//! what was known before.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::documents;
use crate::formats::media_type::MediaType;
use crate::formats::multipart::{self, Multipart, Part};
use crate::formats::rlmi::{self, Instance, List, State};
use crate::formats::{Extent, Fault};
use crate::model::{Address, Presence};

/// The people of one list subscription, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct ListTable {
    version: Option<u32>,
    /// Something was told in this dialog.
    is_told: bool,
    members: BTreeMap<Address, Presence>,
}

/// What a notification changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// People and what is known of them now.
    pub(super) told: Vec<(Address, Presence)>,
    /// People who are no longer on the list.
    pub(super) gone: Vec<Address>,
    /// People whose subscription within the list ended, and what follows.
    pub(super) ended: Vec<(Address, Ended)>,
    /// Something was missed: full state is wanted.
    pub(super) missed: bool,
    /// The document was a full one.
    pub(super) full: bool,
    /// Our own document, where [`Way::own`] is on the list: its type and its bytes.
    pub(super) own: Option<(String, Bytes)>,
    /// Offences of the server, in the words of traffic events.
    pub(super) faults: Vec<&'static str>,
}

/// What follows the end of one person's subscription within a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// We may not, or there is nobody.
    ForGood,
    /// It may be asked for at once.
    AtOnce,
    /// It may be asked for, but not soon.
    Later,
    /// The person is to be asked for alone.
    Alone,
    /// The person is to be asked for at this host.
    At(String),
}

/// How a body is to be read.
pub(super) struct Way<'a> {
    /// Finds the person on the list whom an address of the server means.
    pub(super) find: &'a dyn Fn(&str) -> Option<Address>,
    /// It is the answer to what we asked: it counts whatever its version.
    pub(super) answers: bool,
    /// It speaks of some only, whatever it says.
    pub(super) partial: bool,
    /// Ourselves.
    pub(super) own: Option<&'a Address>,
}

impl Way<'static> {
    /// A list made by the server: every address counts.
    pub(super) const fn any() -> Self {
        Way { find: &|uri| Address::parse(uri).ok(), answers: false, partial: false, own: None }
    }
}

impl ListTable {
    /// Whether a document of this dialog has come.
    pub(super) const fn is_told(&self) -> bool {
        self.is_told
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

    /// Nothing is known of a person any more.
    pub(super) fn forget(&mut self, who: &Address) {
        self.members.remove(who);
    }

    /// A new dialog starts a new counter; what is known of people stays until it is replaced.
    pub(super) const fn new_dialog(&mut self) {
        self.version = None;
        self.is_told = false;
    }

    /// Takes the body of a notification.
    pub(super) fn apply(&mut self, content_type: &str, body: &[u8], way: &Way<'_>) -> Result<Changes, Fault> {
        if MediaType::read(content_type).essence == rlmi::MEDIA_TYPE {
            let bare = Multipart { start: None, parts: Vec::new() };
            return Ok(self.apply_list(&rlmi::read(body)?, &bare, way));
        }
        let parts = multipart::read(content_type, body)?;
        let list = rlmi::read(parts.root().map(|root| root.body).unwrap_or_default())?;
        Ok(self.apply_list(&list, &parts, way))
    }

    /// Takes one person's document that came by itself.
    pub(super) fn apply_one(&mut self, content_type: &str, body: &[u8], way: &Way<'_>) -> Changes {
        let mut changes = Changes::default();
        let Ok(document) = documents::read(content_type, body) else {
            changes.faults.push("presence-unreadable");
            return changes;
        };
        let Some(who) = (way.find)(&document.about) else {
            changes.faults.push("presence-stranger");
            return changes;
        };
        self.is_told = true;
        if way.own == Some(&who) {
            changes.own = Some((content_type.to_owned(), Bytes::copy_from_slice(body)));
        }
        self.keep(who, document.now, &mut changes);
        changes
    }

    fn apply_list(&mut self, list: &List, parts: &Multipart<'_>, way: &Way<'_>) -> Changes {
        let mut changes = Changes::default();
        let full = list.extent == Extent::Full;
        let follows = self.version.is_none_or(|seen| list.version > seen) || (full && way.answers);
        if !follows {
            return changes;
        }
        let next = |seen: u32| list.version == seen.saturating_add(1);
        changes.missed = !full && !way.answers && !self.version.is_some_and(next);
        changes.full = full && !way.partial;
        self.version = Some(list.version);
        self.is_told = true;
        let mut named = BTreeMap::new();
        self.collect(list, parts, way, &mut named, &mut changes);
        if changes.full {
            let kept: BTreeSet<&Address> = named.keys().collect();
            changes.gone = self.members.keys().filter(|who| !kept.contains(who)).cloned().collect();
            for who in &changes.gone {
                self.members.remove(who);
            }
        }
        for (who, now) in named {
            self.keep(who, now, &mut changes);
        }
        changes
    }

    fn keep(&mut self, who: Address, now: Presence, changes: &mut Changes) {
        if self.members.len() < MOST_MEMBERS || self.members.contains_key(&who) {
            self.members.insert(who.clone(), now.clone());
            changes.told.push((who, now));
        }
    }

    /// Reads everybody named in a list, and in the lists within it. Each part is the state of one
    /// instance (RFC 4662 section 5.5) and is read once: else a short list could name one long
    /// part ten thousand times.
    fn collect(
        &self,
        list: &List,
        parts: &Multipart<'_>,
        way: &Way<'_>,
        named: &mut BTreeMap<Address, Presence>,
        changes: &mut Changes,
    ) {
        let by_name = parts.parts.iter().rev().filter_map(|part| Some((part.content_id.as_deref()?, part)));
        let mut unread: BTreeMap<&str, &Part<'_>> = by_name.collect();
        for resource in &list.resources {
            let mut take = |i: &Instance| i.cid.as_deref().and_then(|cid| unread.remove(cid));
            let told: Vec<Told<'_>> = resource.instances.iter().map(|i| Told { instance: i, part: take(i) }).collect();
            let inner = told.iter().filter_map(|t| t.part).find(|part| part.content_type.is_multipart());
            if let Some(part) = inner {
                self.collect_inner(part, way, named, changes);
                continue;
            }
            let Some(who) = (way.find)(&resource.uri) else {
                changes.faults.push("list-stranger");
                continue;
            };
            let now = self.state(&who, &told, way, changes);
            named.insert(who, now);
        }
    }

    fn collect_inner(&self, part: &Part<'_>, way: &Way<'_>, named: &mut BTreeMap<Address, Presence>, changes: &mut Changes) {
        let Ok(parts) = part.parts() else { return };
        let Some(Ok(list)) = parts.root().map(|root| rlmi::read(root.body)) else { return };
        self.collect(&list, &parts, way, named, changes);
    }

    /// One person's state out of all instances that have a document.
    fn state(&self, who: &Address, told: &[Told<'_>], way: &Way<'_>, changes: &mut Changes) -> Presence {
        let known = || self.members.get(who).cloned().unwrap_or_default();
        let active: Vec<&Told<'_>> = told.iter().filter(|t| t.instance.state == State::Active).collect();
        if active.is_empty() {
            changes.ended.extend(ended(told).map(|ended| (who.clone(), ended)));
            return Presence::default();
        }
        let mut read = Vec::new();
        let mut broken = false;
        for told in active {
            let Some(part) = told.part else {
                // It names a part that is not there, or was read for somebody else.
                broken |= told.instance.cid.is_some();
                continue;
            };
            let Ok(document) = documents::read(&part.content_type.essence, part.body) else {
                broken = true;
                continue;
            };
            read.push(document.now);
            if way.own == Some(who) {
                changes.own = Some((part.content_type.essence.clone(), Bytes::copy_from_slice(part.body)));
            }
        }
        if broken {
            changes.faults.push("presence-unreadable");
        }
        // Active, but nothing (new) is told: what was known stays.
        if read.is_empty() { known() } else { documents::together(read) }
    }
}

/// One source of a person's state, and the part that has it.
struct Told<'a> {
    instance: &'a Instance,
    part: Option<&'a Part<'a>>,
}

/// What follows where no source is active (RFC 4662 section 5.5, RFC 6665 section 4.1.3; the word
/// `resubscribe` as SIPE takes it).
fn ended(told: &[Told<'_>]) -> Option<Ended> {
    if let Some(elsewhere) = told.iter().find(|t| t.instance.state == State::Resubscribe) {
        let host = elsewhere.instance.pool_fqdn.as_deref().filter(|host| is_host(host));
        return Some(host.map_or(Ended::Alone, |host| Ended::At(host.to_ascii_lowercase())));
    }
    if told.iter().any(|t| t.instance.state != State::Terminated) {
        return None;
    }
    let instance = told.first()?.instance;
    Some(match instance.reason.as_deref().unwrap_or_default().to_ascii_lowercase().as_str() {
        "rejected" | "noresource" | "invariant" => Ended::ForGood,
        "deactivated" | "timeout" => Ended::AtOnce,
        // `probation`, `giveup`, none, and words to come.
        _ => Ended::Later,
    })
}

/// Whether a text may stand as the host of a URI.
fn is_host(text: &str) -> bool {
    text.len() <= 253
        && text.contains(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
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
        let changes =
            table.apply(TYPE, body(0, true, &resources, &[("bob1@example.test", &bob)]).as_bytes(), &Way::any()).unwrap();
        assert_eq!(told(&changes), [("bob", Availability::Online), ("carol", Availability::Unknown)]);
        assert_eq!(changes.told[0].1.note.as_deref(), Some("hello"));
        assert!(changes.full && !changes.missed && changes.gone.is_empty());
        assert!(table.covers(&who("carol")));
        let changes =
            table.apply(TYPE, body(1, true, "<resource uri=\"sip:carol@example.test\"/>", &[]).as_bytes(), &Way::any()).unwrap();
        assert_eq!(changes.gone, [who("bob")]);
    }

    #[test]
    fn versions() {
        let mut table = ListTable::default();
        let one =
            |version, full| body(version, full, &active("sip:bob@example.test", "b"), &[("b", &open("sip:bob@example.test"))]);
        let first = table.apply(TYPE, one(1, true).as_bytes(), &Way::any()).unwrap();
        assert!(!first.missed, "some lists begin with 1");
        assert!(!table.apply(TYPE, one(2, false).as_bytes(), &Way::any()).unwrap().missed);
        assert_eq!(table.apply(TYPE, one(2, false).as_bytes(), &Way::any()).unwrap(), Changes::default(), "seen before");
        assert_eq!(table.apply(TYPE, one(1, true).as_bytes(), &Way::any()).unwrap(), Changes::default(), "older");
        let gap = table.apply(TYPE, one(5, false).as_bytes(), &Way::any()).unwrap();
        assert!(gap.missed);
        assert_eq!(told(&gap), [("bob", Availability::Online)], "applied nevertheless");
        assert!(!table.apply(TYPE, one(6, false).as_bytes(), &Way::any()).unwrap().missed);
        table.new_dialog();
        assert_eq!(told(&table.apply(TYPE, one(0, true).as_bytes(), &Way::any()).unwrap()), [("bob", Availability::Online)]);
    }

    #[test]
    fn instances_that_ended_or_wait_are_unknown_and_active_without_part_keeps() {
        let mut table = ListTable::default();
        let bob = active("sip:bob@example.test", "b");
        table.apply(TYPE, body(0, true, &bob, &[("b", &open("sip:bob@example.test"))]).as_bytes(), &Way::any()).unwrap();
        let kept = table.apply(TYPE, body(1, false, &bob, &[]).as_bytes(), &Way::any()).unwrap();
        assert_eq!(told(&kept), [("bob", Availability::Online)]);
        for state in
            ["state=\"terminated\" reason=\"noresource\"", "state=\"pending\"", "state=\"terminated\" reason=\"rejected\""]
        {
            let version = table.version.unwrap() + 1;
            let resources = format!("<resource uri=\"sip:bob@example.test\"><instance id=\"1\" {state}/></resource>");
            let changes = table.apply(TYPE, body(version, false, &resources, &[]).as_bytes(), &Way::any()).unwrap();
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
        let changes = table.apply(TYPE, outer.as_bytes(), &Way::any()).unwrap();
        assert_eq!(told(&changes), [("bob", Availability::Online), ("dave", Availability::Online)]);
    }

    #[test]
    fn a_part_is_read_for_one_instance_only() {
        let mut table = ListTable::default();
        let people = active("sip:bob@example.test", "b") + &active("sip:carol@example.test", "b");
        let changes =
            table.apply(TYPE, body(0, true, &people, &[("b", &open("sip:bob@example.test"))]).as_bytes(), &Way::any()).unwrap();
        assert_eq!(told(&changes), [("bob", Availability::Online), ("carol", Availability::Unknown)]);
    }

    #[test]
    fn hostile_bodies_change_nothing() {
        let mut table = ListTable::default();
        for bad in ["", "--L1st--", "--L1st\r\n\r\nx\r\n--L1st--", "\u{0}", &"--L1st\r\n\r\n".repeat(10_000)] {
            assert!(table.apply(TYPE, bad.as_bytes(), &Way::any()).is_err(), "{bad:.20}");
        }
        assert!(table.apply("multipart/related", b"x", &Way::any()).is_err());
        assert!(table.apply("application/rlmi+xml", b"<list", &Way::any()).is_err());
        assert_eq!(table.members.len(), 0);
    }

    #[test]
    #[allow(clippy::format_collect, reason = "reads better so")]
    fn ten_thousand_people() {
        let mut table = ListTable::default();
        let resources: String = (0..10_000).map(|n| format!("<resource uri=\"sip:u{n}@example.test\"/>")).collect();
        let changes = table.apply(TYPE, body(0, true, &resources, &[]).as_bytes(), &Way::any()).unwrap();
        assert_eq!(changes.told.len(), 10_000);
    }
}
