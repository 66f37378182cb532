//! The client by itself: its bytes, and servers of every temper.

use std::time::Duration;

use super::*;
use crate::backend::Target;
use crate::backend::sip::settings::{Acknowledge, Expires, Timing};
use crate::model::Transport;
use crate::sip::auth::Credentials;

pub(super) fn settings() -> SipSettings {
    SipSettings {
        aor: address("alice"),
        display_name: String::new(),
        credentials: Some(Credentials::new("alice", "pw-alice")),
        target: Target { host: "127.0.0.1".into(), port: Some(5060), transport: None, tls_name: String::new(), automatic: false },
        home: None,
        refusals: None,
        dialect: None,
        instance: uuid::Uuid::nil(),
        expires: Expires::default(),
        list_uri: Some("sip:alice-list@example.test".into()),
        adhoc_list_uri: None,
        xcap_root: Some("http://127.0.0.1:5060/xcap-root".into()),
        roster: Roster::default(),
        access: AccessList::default(),
        subscribe_rate: 20,
        timing: Timing { ping: Duration::from_mins(1), ..Timing::default() },
        return_after: Duration::from_mins(5),
        refuse_md5: false,
        invitations: crate::model::InvitationRules::default(),
        schemes: crate::sip::auth::Schemes::ANY,
        clock: None,
        product: "chinwag/test".into(),
        ledger: false,
        acknowledge: Acknowledge::AtOnce,
        files: true,
        files_before: 0,
        received: Vec::new(),
        seed: [7; 32],
    }
}

pub(super) fn address(user: &str) -> Address {
    Address::complete(user, Some("example.test")).unwrap()
}

/// The client with a link that a test answers by hand.
struct Desk {
    xcap: Xcap,
    now: Instant,
    link: Option<LinkId>,
    target: Option<Target>,
}

impl Desk {
    fn new() -> Self {
        Self { xcap: Xcap::new(&settings()).unwrap(), now: Instant::now(), link: None, target: None }
    }

    fn started() -> Self {
        let mut desk = Self::new();
        desk.xcap.start(desk.now);
        desk
    }

    /// What the client sends next, opening links as asked.
    fn sent(&mut self) -> Option<String> {
        while let Some(output) = self.xcap.next_output() {
            match output {
                Output::Open { link, to, .. } => {
                    self.link = Some(link);
                    self.target = Some(to);
                    self.xcap.handle_up(link);
                }
                Output::Close { .. } => self.link = None,
                Output::Transmit { bytes, .. } => return Some(String::from_utf8(bytes.to_vec()).unwrap()),
                Output::Event(_) | Output::Ticket { .. } | Output::Idle(_) => unreachable!(),
            }
        }
        None
    }

    fn first_line(&mut self) -> String {
        self.sent().unwrap().lines().next().unwrap().to_owned()
    }

    fn answer(&mut self, head: &str, body: &str) {
        let bytes = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.xcap.handle_bytes(self.link.unwrap(), bytes.as_bytes(), self.now);
    }

    fn events(&mut self) -> Vec<XcapEvent> {
        std::iter::from_fn(|| self.xcap.next_event()).collect()
    }

    /// Past the reading of three documents that are not there.
    fn settled() -> Self {
        let mut desk = Self::started();
        for _ in 0..3 {
            desk.sent().unwrap();
            desk.answer("404 Not Found", "");
        }
        assert_eq!(desk.sent(), None);
        assert_eq!(desk.link, None, "an idle link is closed");
        assert_eq!(desk.events(), [XcapEvent::NoRoster, XcapEvent::Access(AccessList::default())]);
        desk
    }

    fn put_bob(&mut self) {
        let change = RosterChange::Put { address: address("bob"), name: "Bob".into(), groups: vec!["Work".into()] };
        self.xcap.change_roster(change, self.now).unwrap();
    }
}

#[test]
fn first_requests_in_their_exact_bytes() {
    let mut desk = Desk::started();
    assert_eq!(
        desk.sent().unwrap(),
        "GET /xcap-root/resource-lists/users/sip:alice@example.test/index HTTP/1.1\r\nHost: 127.0.0.1:5060\r\n\
         User-Agent: chinwag/test\r\n\r\n"
    );
    assert_eq!(
        desk.target,
        Some(Target {
            host: "127.0.0.1".into(),
            port: Some(5060),
            transport: Some(Transport::Tcp),
            tls_name: "127.0.0.1".into(),
            automatic: false,
        })
    );
    desk.answer("404 Not Found", "");
    assert_eq!(desk.first_line(), "GET /xcap-root/pres-rules/users/sip:alice@example.test/index HTTP/1.1");
    desk.answer("404 Not Found", "");
    assert_eq!(desk.first_line(), "GET /xcap-root/rls-services/users/sip:alice@example.test/index HTTP/1.1");
    desk.answer("404 Not Found", "");
    assert_eq!(desk.sent(), None);
    desk.put_bob();
    // Something may have been written since: looked at again, as not every server would tell.
    assert_eq!(desk.first_line(), "GET /xcap-root/resource-lists/users/sip:alice@example.test/index HTTP/1.1");
    desk.answer("404 Not Found", "");
    assert_eq!(
        desk.sent().unwrap(),
        "PUT /xcap-root/resource-lists/users/sip:alice@example.test/index HTTP/1.1\r\n\
         Content-Type: application/resource-lists+xml\r\nIf-None-Match: *\r\nHost: 127.0.0.1:5060\r\nUser-Agent: chinwag/test\r\n\
         Content-Length: 218\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
         <resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"Work\"><entry uri=\"sip:bob@example.test\">\
         <display-name>Bob</display-name></entry></list></resource-lists>"
    );
    desk.answer("201 Created\r\nETag: \"r1\"", "");
    let service = desk.sent().unwrap();
    assert!(service.starts_with("PUT /xcap-root/rls-services/users/sip:alice@example.test/index HTTP/1.1\r\n"), "{service}");
    assert!(
        service.contains("<service uri=\"sip:alice-list@example.test\"><list><rl:entry uri=\"sip:bob@example.test\"/></list>")
    );
    desk.answer("201 Created\r\nETag: \"s1\"", "");
    assert_eq!(desk.events()[2..], [XcapEvent::Stored(Document::Roster), XcapEvent::Stored(Document::Service)]);
    desk.xcap.set_access(address("eve"), Some(Access::Block), desk.now).unwrap();
    desk.sent().unwrap();
    desk.answer("404 Not Found", "");
    let rules = desk.sent().unwrap();
    assert!(rules.contains("Content-Type: application/auth-policy+xml\r\nIf-None-Match: *\r\n"), "{rules}");
    assert!(
        rules.contains("<cr:one id=\"sip:eve@example.test\"/></cr:identity></cr:conditions><cr:actions><sub-handling>block<")
    );
}

#[test]
fn an_empty_roster_is_not_written() {
    let mut desk = Desk::settled();
    desk.xcap.put_roster(&Roster::default(), desk.now);
    assert_eq!(desk.sent(), None);
    assert_eq!(desk.events(), []);
}

#[test]
fn challenges_are_answered_and_nonces_used_again() {
    let mut desk = Desk::started();
    assert!(!desk.sent().unwrap().contains("Authorization"));
    let challenge =
        "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"example.test\", nonce=\"n1\", qop=\"auth\", algorithm=MD5";
    desk.answer(challenge, "");
    let second = desk.sent().unwrap();
    assert!(second.contains(
        "Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"n1\", \
        uri=\"/xcap-root/resource-lists/users/sip:alice@example.test/index\", response="
    ));
    assert!(second.contains("nc=00000001"));
    desk.answer("404 Not Found", "");
    assert!(desk.sent().unwrap().contains("nc=00000002"));
    // An old nonce, used again without being asked, is refused: the new one is taken.
    desk.answer(&challenge.replace("n1", "n2"), "");
    let again = desk.sent().unwrap();
    assert!(again.starts_with("GET /xcap-root/pres-rules") && again.contains("nonce=\"n2\"") && again.contains("nc=00000001"));
    // Refused although the nonce is new: the password is wrong, and nothing more is tried.
    desk.answer(challenge, "");
    assert_eq!(desk.sent(), None);
    assert_eq!(desk.events().last(), Some(&XcapEvent::Failed { document: Document::Rules, why: XcapFailure::Credentials }));
    assert_eq!(desk.xcap.next_timeout(), None);
}

#[test]
fn changes_survive_a_conflict() {
    let mut desk = Desk::settled();
    desk.put_bob();
    desk.sent().unwrap();
    desk.answer("404 Not Found", "");
    desk.sent().unwrap();
    // A second change while the first is on its way.
    desk.xcap.change_roster(RosterChange::Group(GroupChange::Add("Home".into())), desk.now).unwrap();
    assert_eq!(desk.sent(), None);
    desk.answer("412 Precondition Failed", "");
    assert!(desk.first_line().starts_with("GET /xcap-root/resource-lists/"));
    let other = "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list name='Ops'><entry uri='sip:carol@example.test'/></list></resource-lists>";
    desk.answer("200 OK\r\nETag: \"x7\"", other);
    let Some(XcapEvent::Roster(roster)) = desk.xcap.next_event() else { panic!() };
    assert_eq!(roster.groups(), ["Ops", "Work", "Home"]);
    assert_eq!(roster.len(), 2);
    let put = desk.sent().unwrap();
    assert!(put.contains("If-Match: \"x7\"\r\n"), "{put}");
    assert!(put.contains("carol@") && put.contains("bob@") && put.contains("<list name=\"Home\"></list>"), "{put}");
    desk.answer("200 OK\r\nETag: \"x8\"", "");
    assert_eq!(desk.events(), [XcapEvent::Stored(Document::Roster)]);
    // Endless conflicts end.
    desk.sent().unwrap();
    desk.answer("200 OK", "");
    desk.events();
    desk.put_bob();
    for _ in 0..=MAX_CONFLICTS {
        assert!(desk.first_line().starts_with("PUT"));
        desk.answer("412 Precondition Failed", "");
        if desk.sent().is_some() {
            desk.answer("200 OK\r\nETag: \"y\"", other);
        }
    }
    assert_eq!(desk.events().last(), Some(&XcapEvent::Failed { document: Document::Roster, why: XcapFailure::Conflict }));
}

#[test]
fn a_first_document_of_another_program_is_not_written_over() {
    let mut desk = Desk::settled();
    desk.put_bob();
    assert!(desk.first_line().starts_with("GET /xcap-root/resource-lists/"));
    let other = "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list><entry uri='sip:carol@example.test'/></list></resource-lists>";
    desk.answer("200 OK\r\nETag: \"1\"", other);
    let put = desk.sent().unwrap();
    assert!(put.contains("If-Match: \"1\"") && put.contains("sip:carol@") && put.contains("sip:bob@"), "{put}");
}

#[test]
fn unreadable_documents_are_left_alone() {
    let mut desk = Desk::started();
    desk.sent().unwrap();
    desk.answer("200 OK\r\nETag: \"1\"", "<!DOCTYPE x><resource-lists/>");
    assert_eq!(desk.events(), [XcapEvent::Failed { document: Document::Roster, why: XcapFailure::Unreadable }]);
    desk.sent().unwrap();
    desk.answer("200 OK", "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'/>");
    desk.sent().unwrap();
    desk.answer("403 Forbidden", "");
    assert_eq!(
        desk.events(),
        [
            XcapEvent::Access(AccessList::default()),
            XcapEvent::Failed { document: Document::Service, why: XcapFailure::Refused(403) }
        ]
    );
    desk.put_bob();
    assert_eq!(desk.sent(), None);
}

#[test]
fn a_lost_link_is_opened_again_and_a_dead_server_is_left() {
    let mut desk = Desk::started();
    desk.sent().unwrap();
    desk.answer("404 Not Found", "");
    desk.sent().unwrap();
    // Closed by the server after an answer, as idle links are: the request goes out again.
    let old = desk.link.unwrap();
    desk.xcap.handle_down(old, desk.now);
    assert!(desk.first_line().starts_with("GET /xcap-root/pres-rules/"));
    assert_ne!(desk.link, Some(old));
    // A link that never carried an answer: wait, try again, thrice.
    for wait in RETRIES {
        desk.xcap.handle_down(desk.link.unwrap(), desk.now);
        assert_eq!(desk.sent(), None);
        assert_eq!(desk.xcap.next_timeout(), Some(desk.now + wait));
        desk.now += wait;
        desk.xcap.handle_timeout(desk.now);
        assert!(desk.first_line().starts_with("GET /xcap-root/pres-rules/"));
    }
    desk.now += Duration::from_secs(15);
    desk.xcap.handle_timeout(desk.now);
    assert_eq!((desk.sent(), desk.xcap.next_timeout()), (None, None));
    let failed = XcapEvent::Failed { document: Document::Rules, why: XcapFailure::Unreachable };
    assert_eq!(desk.events(), [XcapEvent::NoRoster, failed]);
    desk.xcap.start(desk.now);
    assert!(desk.first_line().starts_with("GET /xcap-root/resource-lists/"));
}

#[test]
fn garbage_and_strangers_do_no_harm() {
    let mut desk = Desk::started();
    desk.sent().unwrap();
    desk.xcap.handle_bytes(LinkId(1), b"HTTP/1.1 200 OK\r\n\r\n", desk.now);
    desk.xcap.handle_down(LinkId(1), desk.now);
    assert!(!desk.xcap.owns(LinkId(1)));
    let link = desk.link.unwrap();
    desk.xcap.handle_bytes(link, b"\xff\xfe garbage\r\n\r\n", desk.now);
    assert_eq!(desk.events(), [XcapEvent::Failed { document: Document::Roster, why: XcapFailure::Unreachable }]);
    desk.xcap.stop();
    assert_eq!(desk.xcap.next_timeout(), None);
    assert!(Xcap::new(&SipSettings { xcap_root: Some("ftp://x".into()), ..settings() }).is_none());
    assert!(Xcap::new(&SipSettings { xcap_root: None, ..settings() }).is_none());
}

#[test]
fn changes_are_unfinished_until_they_are_written_or_given_up() {
    let mut desk = Desk::settled();
    assert!(!desk.xcap.unfinished());
    let put = || RosterChange::Put { address: address("bob"), name: String::new(), groups: Vec::new() };
    desk.xcap.change_roster(put(), desk.now).unwrap();
    desk.xcap.set_access(address("eve"), Some(Access::Block), desk.now).unwrap();
    let mut open = 0;
    while let Some(request) = desk.sent() {
        // Each document is looked at once more before its first writing.
        let read = request.starts_with("GET ");
        open += usize::from(desk.xcap.unfinished());
        desk.answer(if read { "404 Not Found" } else { "201 Created" }, "");
        if desk.xcap.unfinished() {
            continue;
        }
        break;
    }
    assert_eq!((open, desk.xcap.unfinished()), (4, false));
    let mut desk = Desk::settled();
    desk.xcap.change_roster(put(), desk.now).unwrap();
    desk.sent().unwrap();
    desk.answer("404 Not Found", "");
    desk.sent().unwrap();
    assert!(desk.xcap.unfinished());
    desk.answer("403 Forbidden", "");
    assert!(!desk.xcap.unfinished(), "the server will not have it");
    assert!(desk.xcap.is_closed(), "and what it has is not known any more");
    desk.xcap.stop();
    desk.xcap.start(desk.now);
    assert!(!desk.xcap.is_closed(), "it may be known again");
    let mut desk = Desk::settled();
    desk.xcap.change_roster(put(), desk.now).unwrap();
    desk.xcap.stop();
    assert!(!desk.xcap.unfinished(), "nobody works on it");
}
