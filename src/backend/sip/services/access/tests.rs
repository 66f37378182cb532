//! The access list against answers and documents written by hand.

use std::time::{Duration, Instant};

use super::*;
use crate::backend::Event;
use crate::backend::sip::services::tests::desk::{self, OK, notices, refused};
use crate::backend::sip::services::wish::Wish;
use crate::backend::sip::tests::world::who;
use crate::sip::message::parse_datagram;

struct Bench {
    ua: Ua,
    rules: AccessRules,
    now: Instant,
    asked: usize,
    shown: AccessList,
    events: Vec<Event>,
}

/// The document of appendix A.4.
const LIST: &str = "<ACLlist deltaNum=\"5\"><userACL>\r\n\
    <ace type=\"USER\" mask=\"sip:carol@example.test\" rights=\"BD\"/>\r\n\
    <ace type=\"DOMAIN\" mask=\"partner.test\" rights=\"AA\"/>\r\n\
    <ace type=\"ALL\" rights=\"PA\"/>\r\n</userACL></ACLlist>";

fn eve() -> Address {
    Address::parse("sip:eve@partner.test").unwrap()
}

impl Bench {
    fn new(local: AccessList) -> Self {
        let mut bench = Self {
            ua: desk::ua(),
            rules: AccessRules::new(local),
            now: Instant::now(),
            asked: 0,
            shown: AccessList::default(),
            events: Vec::new(),
        };
        bench.rules.start(true, bench.now);
        bench
    }

    fn with_list() -> Self {
        let mut bench = Self::new(AccessList::default());
        bench.document(LIST);
        bench
    }

    fn document(&mut self, text: &str) {
        let mut wishes = Wishes::new();
        self.rules.on_document(text.as_bytes(), &mut self.ua, &mut wishes, self.now);
        self.take(wishes);
    }

    fn aces(&mut self, version: u32, aces: &str) {
        self.document(&format!("<ACLlist deltaNum='{version}'><userACL>{aces}</userACL></ACLlist>"));
    }

    fn set(&mut self, who: &Address, access: Access) -> Result<(), Refused> {
        let done = self.rules.set(who.clone(), access, &mut self.ua, self.now);
        self.take(Wishes::new());
        done
    }

    fn allow_new(&mut self, who: &Address) {
        self.rules.allow_new(who, &mut self.ua, self.now);
        self.take(Wishes::new());
    }

    fn answer(&mut self, outcome: &Outcome) {
        let mut wishes = Wishes::new();
        self.rules.on_outcome(outcome, &mut self.ua, &mut wishes, self.now);
        self.take(wishes);
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        let mut wishes = Wishes::new();
        self.rules.handle_timeout(&mut wishes, self.now);
        self.take(wishes);
    }

    fn take(&mut self, wishes: Wishes) {
        for wish in wishes {
            match wish {
                Wish::Resubscribe(OwnEvent::Access) => self.asked += 1,
                other => panic!("{other:?}"),
            }
        }
        if let Some(list) = self.rules.news() {
            self.shown = list;
        }
    }

    fn sent(&mut self) -> Vec<Vec<u8>> {
        let (sent, events) = desk::drain(&mut self.ua);
        self.events.extend(events);
        sent.into_iter().map(|message| message.body.to_vec()).collect()
    }

    /// Masks, letters and versions of what left.
    fn calls(&mut self) -> Vec<(String, bool, u32)> {
        let read = |body: Vec<u8>| match crate::formats::soap::read_call(&body).unwrap() {
            Call::SetAce { ace: Ace { subject: acl::Subject::User(mask), sees, may_write }, delta_num } => {
                assert_eq!(sees, if may_write { acl::Sees::Allow } else { acl::Sees::PoliteBlock });
                (mask, may_write, delta_num)
            }
            other => panic!("{other:?}"),
        };
        self.sent().into_iter().map(read).collect()
    }

    fn told(&mut self) -> Vec<String> {
        assert_eq!(self.calls(), []);
        let events = std::mem::take(&mut self.events);
        notices(&events).into_iter().map(str::to_owned).collect()
    }
}

fn call(name: &str, allow: bool, version: u32) -> (String, bool, u32) {
    (format!("sip:{name}"), allow, version)
}

#[test]
fn the_list_and_the_answer_of_the_appendix() {
    let mut bench = Bench::new(AccessList::default());
    assert!(bench.rules.reading() && bench.rules.on_server() && !bench.rules.works());
    bench.document(LIST);
    assert!(!bench.rules.reading() && bench.rules.works());
    assert_eq!(bench.shown.of(&who("carol")), Some(Access::Block));
    assert!(!bench.shown.may_write(&who("carol")) && bench.shown.may_write(&who("bob")));
    assert_eq!(bench.shown.rights(&eve()), Rights::ALL);
    assert_eq!(bench.shown.rights(&who("bob")), Rights { sees: Sees::Prompt, may_write: true });
    assert_eq!(bench.shown.rules().count(), 2);
    bench.set(&eve(), Access::Allow).unwrap();
    let path = format!("{}/tests/fixtures/wire/a04-1-service.sip", env!("CARGO_MANIFEST_DIR"));
    let expected = parse_datagram(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(bench.sent(), [expected.body.to_vec()]);
    assert_eq!(bench.shown.of(&eve()), Some(Access::Allow), "at once");
    bench.answer(&OK);
    bench.set(&who("CAROL"), Access::Allow).unwrap();
    assert_eq!(bench.calls(), [call("carol@example.test", true, 6)], "under the mask the server has");
    bench.answer(&OK);
    bench.set(&who("dave"), Access::Block).unwrap();
    assert_eq!(bench.calls(), [call("dave@example.test", false, 7)]);
    assert_eq!(bench.shown.of(&who("carol")), Some(Access::Allow));
}

#[test]
fn letters_and_rules() {
    let mut bench = Bench::with_list();
    let aces = "<ace type='USER' mask='bob@example.test' rights='DA'/><ace type='USER' mask='sip:eve@partner.test' rights='PDX'/>\
        <ace type='DOMAIN' mask='Lab.partner.test' rights='DD'/><ace type='ALL' rights='BD'/><ace type='USER' mask='tel:+1' rights='DD'/>\
        <ace type='NEW' rights='AA'/><ace type='USER' mask='sip:x@y.test' rights='Q'/>";
    bench.aces(6, aces);
    let rights = |sees, may_write| Rights { sees, may_write };
    for (name, expected) in [
        ("bob@example.test", rights(Sees::Deny, true)),
        ("eve@partner.test", rights(Sees::Prompt, false)),
        ("x@lab.partner.test", rights(Sees::Deny, false)),
        ("x@other.test", Rights::NONE),
        ("x@partner.test", Rights::ALL),
    ] {
        assert_eq!(bench.shown.rights(&Address::parse(name).unwrap()), expected, "{name}");
    }
    assert!(bench.told().is_empty());
}

#[test]
fn later_documents_name_what_changed() {
    let mut bench = Bench::with_list();
    bench.aces(6, "<ace type='USER' mask='sip:bob@example.test' rights='BD'/>");
    assert_eq!((bench.shown.of(&who("bob")), bench.shown.of(&who("carol"))), (Some(Access::Block), Some(Access::Block)));
    // A gap: what is named counts at once, the rest is asked for.
    bench.aces(9, "<ace type='USER' mask='sip:bob@example.test' rights='AA'/>");
    assert_eq!((bench.asked, bench.shown.of(&who("bob"))), (1, Some(Access::Allow)));
    bench.aces(9, "<ace type='USER' mask='sip:dave@example.test' rights='BD'/>");
    assert_eq!((bench.asked, bench.shown.of(&who("dave"))), (1, Some(Access::Block)));
    // Numbers that go back: asked for, and not believed until it came.
    bench.aces(2, "<ace type='USER' mask='sip:dave@example.test' rights='AA'/>");
    assert_eq!(bench.shown.of(&who("dave")), Some(Access::Block));
    bench.pass(1);
    assert_eq!(bench.asked, 2);
    bench.set(&who("eve"), Access::Block).unwrap();
    assert_eq!(bench.calls(), [], "which version it is, is not known");
    bench.aces(2, "<ace type='USER' mask='sip:dave@example.test' rights='AA'/>");
    assert_eq!(bench.shown.of(&who("dave")), Some(Access::Allow));
    assert_eq!(bench.calls(), [call("eve@example.test", false, 2)]);
    assert_eq!(bench.shown.of(&who("carol")), Some(Access::Block), "nobody is let in by what is not named");
    // The first document of a connection is all there is.
    bench.rules.stop();
    bench.rules.start(true, bench.now);
    bench.aces(3, "<ace type='ALL' rights='AA'/>");
    assert_eq!(bench.shown.of(&who("carol")), None);
    assert_eq!(bench.calls(), [call("eve@example.test", false, 3)], "what was decided is not forgotten");
}

/// The server tells of our own change before its 200, after it, late, or not at all.
#[test]
fn our_own_change_is_counted_once() {
    let block = "<ace type='USER' mask='sip:bob@example.test' rights='BD'/>";
    let allow = "<ace type='USER' mask='sip:bob@example.test' rights='AA'/>";
    for when in ["before", "after", "never", "late"] {
        let mut bench = Bench::with_list();
        bench.set(&who("bob"), Access::Block).unwrap();
        assert_eq!(bench.calls(), [call("bob@example.test", false, 5)]);
        if when == "before" {
            bench.aces(6, block);
        }
        bench.answer(&OK);
        if when == "after" {
            bench.aces(6, block);
        }
        bench.set(&who("bob"), Access::Allow).unwrap();
        assert_eq!(bench.calls(), [call("bob@example.test", true, 6)], "{when}");
        bench.answer(&OK);
        if when == "late" {
            bench.aces(6, block);
            bench.aces(7, allow);
        }
        bench.aces(8, "<ace type='USER' mask='sip:dave@example.test' rights='BD'/>");
        assert_eq!((bench.asked, bench.shown.of(&who("bob"))), (0, Some(Access::Allow)), "{when}");
        assert_eq!(bench.shown.of(&who("dave")), Some(Access::Block));
    }
}

#[test]
fn refusals_and_conflicts() {
    for first in [refused(400), refused(403), refused(409), refused(500), Outcome::Silent] {
        for second in [refused(400), Outcome::Silent, OK] {
            let mut bench = Bench::with_list();
            bench.set(&who("bob"), Access::Block).unwrap();
            bench.set(&who("dave"), Access::Allow).unwrap();
            assert_eq!(bench.calls(), [call("bob@example.test", false, 5)]);
            bench.answer(&first);
            assert_eq!((bench.calls(), bench.asked), (vec![], 1));
            assert_eq!(bench.shown.of(&who("bob")), Some(Access::Block));
            bench.aces(8, "<ace type='USER' mask='sip:bob@example.test' rights='AA'/>");
            assert_eq!(bench.calls(), [call("bob@example.test", false, 8)]);
            bench.answer(&second);
            if second == OK {
                assert_eq!(bench.calls(), [call("dave@example.test", true, 9)]);
                assert!(bench.told().is_empty());
                continue;
            }
            assert_eq!(bench.shown.of(&who("bob")), Some(Access::Allow), "as the server has it");
            let told = bench.told();
            assert!(told[0].starts_with("bob@example.test could not be blocked: the server "), "{told:?}");
            bench.pass(1);
            bench.aces(8, "");
            assert_eq!(bench.calls(), [call("dave@example.test", true, 8)]);
        }
    }
    let mut bench = Bench::with_list();
    bench.set(&who("bob"), Access::Block).unwrap();
    bench.calls();
    bench.answer(&refused(501));
    assert_eq!((bench.asked, bench.shown.of(&who("bob"))), (0, None));
}

#[test]
fn who_is_added_may_see_us_unless_it_was_decided() {
    let mut bench = Bench::with_list();
    bench.allow_new(&who("bob"));
    assert_eq!(bench.calls(), [call("bob@example.test", true, 5)]);
    bench.answer(&OK);
    bench.allow_new(&who("carol"));
    bench.allow_new(&who("bob"));
    assert_eq!(bench.calls(), [], "decided already");
    bench.rules.stop();
    bench.rules = AccessRules::new(AccessList::default());
    bench.rules.start(false, bench.now);
    bench.allow_new(&who("dave"));
    assert_eq!(bench.calls(), [], "the server has no such list");
}

#[test]
fn who_is_blocked_here_only_stays_so() {
    let local: AccessList =
        [(who("bob"), Access::Block), (who("dave"), Access::Block), (who("eve"), Access::Allow)].into_iter().collect();
    let mut bench = Bench::new(local);
    bench.document(LIST);
    assert_eq!(bench.shown.of(&who("bob")), Some(Access::Block));
    assert_eq!(bench.shown.of(&who("eve")), None, "who was allowed here only is as the server says");
    bench.aces(6, "<ace type='USER' mask='sip:bob@example.test' rights='AA'/>");
    assert_eq!((bench.shown.of(&who("bob")), bench.shown.of(&who("dave"))), (Some(Access::Allow), Some(Access::Block)));
}

#[test]
fn bounds_and_what_cannot_be_read() {
    let mut bench = Bench::with_list();
    for n in 0..MOST_DECISIONS {
        bench.set(&who(&format!("u{n}")), Access::Block).unwrap();
    }
    assert_eq!(bench.set(&who("bob"), Access::Block), Err(Refused::Busy));
    bench.calls();
    for bad in ["", "<ACLlist", "<x/>", "<!DOCTYPE a><ACLlist deltaNum='6'><userACL/></ACLlist>", "<ACLlist><userACL/></ACLlist>"]
    {
        bench.document(bad);
    }
    assert_eq!(bench.ua.traffic.report().faults.get("access-document"), Some(&5));
    assert_eq!(bench.told().len(), 1);
    assert_eq!(bench.shown.of(&who("carol")), Some(Access::Block));
    let mut bench = Bench::new(AccessList::default());
    bench.rules.on_refused();
    assert!(!bench.rules.reading() && !bench.rules.on_server() && bench.rules.next_timeout().is_none());
}
