//! What a server keeps for us, through the whole account: which of its documents and answers become
//! which events, and which calls leave.

use super::golden::assert_bytes;
use super::lcs_golden::alice;
use super::lcs_presence::sign_in;
use super::world::{GRANTS, World, who};
use crate::backend::{Command, Event, GroupChange, Refused, RosterChange};
use crate::formats::soap::{self, Answer, Call, Row};
use crate::model::{
    Access, AccessList, Address, Availability, Capabilities, OwnPresence, Roster, RosterHome, SignInPhase, Stamp, WatcherState,
};
use crate::sip::message::Message;

const ALL: &str = "Allow-Events: vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,presence,presence.wpending";
const LIST: &str = "<contactList deltaNum=\"13\"><group id=\"1\" name=\"~\" externalURI=\"\"/><group id=\"2\" name=\"Team\" externalURI=\"\"/>\
    <contact uri=\"bob@example.test\" name=\"\" groups=\"1 2 \" subscribed=\"true\" externalURI=\"\"/></contactList>";
const RULES: &str = "<ACLlist deltaNum=\"5\"><userACL><ace type=\"USER\" mask=\"sip:carol@example.test\" rights=\"BD\"/>\
    <ace type=\"DOMAIN\" mask=\"partner.test\" rights=\"AD\"/><ace type=\"ALL\" rights=\"PA\"/></userACL></ACLlist>";
const WAITING: &str = "<watchers><watcher uri=\"sip:eve@partner.test\" displayName=\"Eve\"/></watchers>";
const OWN: &str = "<presentity uri=\"alice@example.test\"><availability aggregate=\"0\"/><activity aggregate=\"0\"/>\
    <userInfo><note>in the lab</note></userInfo></presentity>";

/// The documents of one sign-in.
struct Says {
    contacts: Option<&'static str>,
    access: &'static str,
    pending: &'static str,
    provisioning: &'static str,
}

const SAYS: Says = Says { contacts: Some(LIST), access: RULES, pending: WAITING, provisioning: "<x/>" };

/// Answers everything that is asked at sign-in; what else left.
fn serve(world: &mut World, says: &Says) -> Vec<Message> {
    let mut others = Vec::new();
    while let Some(message) = world.take() {
        if message.method().is_none_or(|m| m.as_str() != "SUBSCRIBE") {
            others.push(message);
            continue;
        }
        let kind = message.header("Event").unwrap();
        let (content_type, body) = match kind.as_str() {
            "presence.wpending" => ("text/xml+msrtc.wpending", says.pending),
            "vnd-microsoft-roaming-ACL" => ("application/vnd-microsoft-roaming-acls+xml", says.access),
            "vnd-microsoft-roaming-contacts" => {
                let Some(list) = says.contacts else {
                    world.answer(&message, 403, &[]);
                    continue;
                };
                ("application/vnd-microsoft-roaming-contacts+xml", list)
            }
            "vnd-microsoft-provisioning" => ("application/vnd-microsoft-roaming-provisioning+xml", says.provisioning),
            "presence" => {
                let people = super::lcs_golden::people_in(&message);
                let document = if people.is_empty() { "" } else { OWN };
                let list = lists(document);
                world.piggyback(
                    &message,
                    GRANTS,
                    "multipart/related;type=\"application/rlmi+xml\";start=resourceList;boundary=b",
                    &list,
                );
                continue;
            }
            _ => panic!("{message:?}"),
        };
        world.piggyback(&message, GRANTS, content_type, body);
    }
    others
}

fn lists(own: &str) -> String {
    format!(
        "--b\r\nContent-ID: resourceList\r\nContent-Type: application/rlmi+xml\r\n\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" \
         uri=\"sip:alice@example.test\" version=\"0\" fullState=\"true\"><resource uri=\"sip:alice@example.test\">\
         <instance id=\"0\" state=\"active\" cid=\"alice\"/></resource></list>\r\n\r\n\
         --b\r\nContent-ID: alice\r\nContent-Type: text/xml+msrtc.pidf\r\n\r\n{own}\r\n\r\n--b--\r\n"
    )
}

/// Signed in, everything told; the events of it.
fn signed_in() -> (World, Vec<Event>) {
    let mut world = World::new(alice(&[]));
    sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
    assert_eq!(serve(&mut world, &SAYS), []);
    assert_eq!(world.last_phase(), SignInPhase::Online);
    let events = world.take_events();
    (world, events)
}

fn call(message: &Message) -> Call {
    soap::read_call(&message.body).unwrap()
}

/// The server answers with a body of SOAP.
fn answer_with(world: &mut World, request: &Message, answer: &Answer) {
    let mut bytes = world.answer_bytes(request, 200, &["Content-Type: application/SOAP+xml"]);
    let body = soap::write_answer(answer);
    bytes.truncate(bytes.len() - b"Content-Length: 0\r\n\r\n".len());
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    world.feed(&bytes);
}

fn capabilities(events: &[Event]) -> Capabilities {
    let told = |event: &Event| if let Event::Capabilities(told) = event { Some(told.clone()) } else { None };
    events.iter().rev().find_map(told).unwrap()
}

fn put(name: &str, groups: &[&str]) -> Command {
    Command::PutContact { address: who(name), name: String::new(), groups: groups.iter().map(|g| (*g).to_owned()).collect() }
}

#[test]
fn documents_become_the_events_of_any_other_home() {
    let (_, events) = signed_in();
    let roster = |event: &Event| match event {
        Event::RosterReset { roster, home } => Some((roster.clone(), *home)),
        _ => None,
    };
    // First what is known here, then what the server has.
    let resets: Vec<(Roster, RosterHome)> = events.iter().filter_map(roster).collect();
    assert_eq!(
        resets.last().map(|(roster, home)| (roster.groups().to_vec(), *home)),
        Some((vec!["Team".into()], RosterHome::Server))
    );
    let access = |event: &Event| if let Event::AccessReset(list) = event { Some(list.clone()) } else { None };
    let access: Vec<AccessList> = events.iter().filter_map(access).collect();
    assert_eq!(access.last().unwrap().of(&who("carol")), Some(Access::Block));
    assert_eq!(access.last().unwrap().rules().count(), 2);
    let eve = Address::parse("sip:eve@partner.test").unwrap();
    assert!(events.contains(&Event::Watcher { who: eve, name: Some("Eve".into()), state: WatcherState::Pending }));
    assert!(events.contains(&Event::OwnPresence(Availability::Online)));
    let able = capabilities(&events);
    assert!(able.access_on_server && able.directory && able.publish && able.watchers && able.roster_home == RosterHome::Server);
}

#[test]
fn exact_bytes_of_our_presence() {
    let mut world = World::new(alice(&[]));
    world.publishes = true;
    let own =
        OwnPresence { chosen: Availability::OnThePhone, note: "free <text>".into(), automatic: None, since: Stamp::default() };
    world.command(Command::SetPresence(own)).unwrap();
    sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
    let others = serve(&mut world, &SAYS);
    let [service] = others.as_slice() else { panic!("{others:?}") };
    assert_bytes(
        service,
        "SERVICE sip:alice@example.test SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:49152;branch={branch};rport
Max-Forwards: 70
From: <sip:alice@example.test>;tag={tag};epid=1f18002c0c
To: <sip:alice@example.test>
Call-ID: {call}
CSeq: 1 SERVICE
Contact: <sip:alice@example.test:49152;maddr=192.0.2.10;transport=tls>;proxy=replace
Content-Type: application/SOAP+xml
User-Agent: chinwag/0.1
Content-Length: 627

<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>
<m:setPresence xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\">
<m:presentity m:uri=\"sip:alice@example.test\">
<m:availability m:aggregate=\"300\" m:description=\"online\"/>
<m:activity m:aggregate=\"500\" m:description=\"In Call\" m:note=\"free &lt;text&gt;\"/>
<userInfo xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\"><note>in the lab</note></userInfo>
<deviceName xmlns=\"http://schemas.microsoft.com/2002/09/sip/client/presence\" name=\"chinwag\"/>
</m:presentity></m:setPresence></SOAP-ENV:Body></SOAP-ENV:Envelope>",
    );
}

#[test]
fn contacts_are_changed_by_calls_and_watched() {
    let (mut world, _) = signed_in();
    world.command(put("dave", &["Team"])).unwrap();
    let dave = RosterChange::Put { address: who("dave"), name: String::new(), groups: vec!["Team".into()] };
    assert!(world.take_events().contains(&Event::RosterChanged { changes: vec![dave], home: RosterHome::Server }), "at once");
    let mut sent: Vec<Message> = Vec::new();
    while let Some(message) = world.take() {
        sent.push(message);
    }
    let service = sent.iter().find(|m| m.method().is_some_and(|m| m.as_str() == "SERVICE")).unwrap().clone();
    assert!(matches!(call(&service), Call::SetContact { delta_num: 13, .. }));
    assert!(sent.iter().any(|m| m.method().is_some_and(|m| m.as_str() == "SUBSCRIBE")), "{sent:?}");
    world.answer(&service, 200, &[]);
    // Whom the user added may see them.
    let allow = world.expect("SERVICE");
    assert!(matches!(call(&allow), Call::SetAce { delta_num: 5, .. }));
    world.answer(&allow, 200, &[]);
    let told = world.take_events();
    assert!(
        told.iter().any(|e| matches!(e, Event::AccessReset(list) if list.of(&who("dave")) == Some(Access::Allow))),
        "{told:?}"
    );
    // The server does not want a group: it is gone again, and the user is told.
    world.command(Command::Group(GroupChange::Add("New".into()))).unwrap();
    let first = world.expect("SERVICE");
    world.answer(&first, 403, &[]);
    let again = serve(&mut world, &SAYS);
    let [again] = again.as_slice() else { panic!("{again:?}") };
    assert_eq!(call(again), Call::AddGroup { name: "New".into(), external_uri: String::new(), delta_num: 13 });
    world.answer(again, 403, &[]);
    world.seconds(1);
    assert_eq!(serve(&mut world, &SAYS), []);
    let events = world.take_events();
    assert!(events.iter().any(|e| matches!(e, Event::Notice { code: "contacts-refused", .. })), "{events:?}");
    let mut groups = Vec::new();
    for event in &events {
        if let Event::RosterReset { roster, .. } = event {
            groups = roster.groups().to_vec();
        }
        if let Event::RosterChanged { changes, .. } = event {
            for change in changes {
                match change {
                    RosterChange::Group(GroupChange::Add(name)) => groups.push(name.clone()),
                    RosterChange::Group(GroupChange::Remove(name)) => groups.retain(|g| g != name),
                    _ => {}
                }
            }
        }
    }
    assert!(!groups.contains(&"New".to_owned()), "{events:?}");
}

#[test]
fn who_may_not_write_finds_nobody_there() {
    let (mut world, _) = signed_in();
    let mut call_id = 0;
    let mut answered = |world: &mut World, from: &str| {
        call_id += 1;
        world.message(from, &format!("c{call_id}"), &[], "text/plain", b"hello");
        let code = world.take().unwrap().status().unwrap();
        let shown = world.take_events().iter().any(|e| matches!(e, Event::Text { .. }));
        (code, shown)
    };
    assert_eq!(answered(&mut world, "carol"), (480, false));
    assert_eq!(answered(&mut world, "CAROL"), (480, false));
    assert_eq!(answered(&mut world, "dave"), (200, true));
    // Typing and the like tell nothing either.
    let composing = b"<isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing'><state>active</state></isComposing>";
    world.message("carol", "t1", &[], "application/im-iscomposing+xml", composing);
    world.expect_answer(480);
    assert_eq!(world.take_events(), []);
    world.command(Command::SetAccess { who: who("dave"), access: Access::Block }).unwrap();
    world.expect("SERVICE");
    assert_eq!(answered(&mut world, "dave"), (480, false), "at once, also before the server knows");
    // Nor do they see us write.
    world.command(Command::Typing { to: who("dave"), active: true }).unwrap();
    world.nothing_sent();
}

#[test]
fn a_search() {
    let (mut world, _) = signed_in();
    world.command(Command::Search { words: "bo@x.test".into() }).unwrap();
    let (mail, sip) = (world.expect("SERVICE"), world.expect("SERVICE"));
    world.nothing_sent();
    assert_eq!(mail.header("To").unwrap(), "<sip:example.test>");
    let row = |uri: &str, name: &str| Row { uri: uri.into(), display_name: Some(name.into()), ..Row::default() };
    answer_with(&mut world, &sip, &Answer::Directory { rows: vec![row("sip:bo@x.test", "Bo")], more: false });
    assert_eq!(world.take_events(), []);
    let rows = vec![row("bo@x.test", "Bo"), row("<>", "nobody"), row("bob@x.test", "Bob")];
    answer_with(&mut world, &mail, &Answer::Directory { rows, more: true });
    let events = world.take_events();
    let [Event::Search { words, found: Ok(found) }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(words, "bo@x.test");
    let names: Vec<_> = found.people.iter().map(|p| (p.address.short(), p.name.as_str())).collect();
    assert_eq!(names, [("bo@x.test", "Bo"), ("bob@x.test", "Bob")]);
    assert!(found.more);
    // One refusal of two is not the end.
    world.command(Command::Search { words: "bo@x.test".into() }).unwrap();
    let (mail, sip) = (world.expect("SERVICE"), world.expect("SERVICE"));
    world.answer(&mail, 500, &[]);
    answer_with(&mut world, &sip, &Answer::Directory { rows: vec![], more: false });
    assert!(matches!(world.take_events().as_slice(), [Event::Search { found: Ok(found), .. }] if found.people.is_empty()));
    // What is no answer is not nobody.
    world.command(Command::Search { words: "a@b".into() }).unwrap();
    for service in [world.expect("SERVICE"), world.expect("SERVICE")] {
        let mut bytes = world.answer_bytes(&service, 200, &["Content-Type: application/SOAP+xml"]);
        bytes.truncate(bytes.len() - b"Content-Length: 0\r\n\r\n".len());
        bytes.extend_from_slice(b"Content-Length: 4\r\n\r\njunk");
        world.feed(&bytes);
    }
    assert!(matches!(world.take_events().as_slice(), [Event::Search { found: Err(_), .. }]));
    // All refused: why. No answer: why.
    for (code, sentence) in [(Some(503), "the server refuses it (503)"), (None, "the server does not answer")] {
        world.command(Command::Search { words: "a@b".into() }).unwrap();
        for service in [world.expect("SERVICE"), world.expect("SERVICE")] {
            if let Some(code) = code {
                world.answer(&service, code, &[]);
            }
        }
        world.seconds(33);
        let events = world.take_events();
        let searched = events.iter().find(|e| matches!(e, Event::Search { .. }));
        assert_eq!(searched, Some(&Event::Search { words: "a@b".into(), found: Err(sentence.into()) }), "{events:?}");
    }
    // A lost connection ends it too.
    world.command(Command::Search { words: "a@b".into() }).unwrap();
    world.cut();
    assert!(world.take_events().iter().any(|e| matches!(e, Event::Search { found: Err(_), .. })));
    assert_eq!(world.command(Command::Search { words: "a@b".into() }), Err(Refused::Offline));
}

#[test]
fn a_server_without_directory_says_so_once() {
    for code in [405, 501] {
        let (mut world, _) = signed_in();
        world.command(Command::Search { words: "a@b".into() }).unwrap();
        for service in [world.expect("SERVICE"), world.expect("SERVICE")] {
            world.answer(&service, code, &[]);
        }
        let events = world.take_events();
        assert!(!capabilities(&events).directory);
        let found = Err("this server has no directory".to_owned());
        assert!(events.contains(&Event::Search { words: "a@b".into(), found }));
        assert!(matches!(world.command(Command::Search { words: "a@b".into() }), Err(Refused::Unsupported(_))));
        // The rest goes on.
        world.command(put("dave", &[])).unwrap();
        assert!(std::iter::from_fn(|| world.take()).any(|m| m.method().is_some_and(|m| m.as_str() == "SERVICE")));
    }
}

#[test]
fn presence_goes_the_other_way_where_service_is_refused() {
    for code in [403, 404, 405, 501] {
        let mut world = World::new(alice(&[]));
        world.publishes = true;
        sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
        let service = serve(&mut world, &SAYS).remove(0);
        world.answer(&service, code, &[]);
        let publish = world.expect("PUBLISH");
        world.take_events();
        world.answer(&publish, 200, &["SIP-ETag: a", "Expires: 3600"]);
        assert!(world.take_events().contains(&Event::OwnPresence(Availability::Online)));
        // From now on that way.
        world.seconds(10);
        world.command(Command::SetPresence(OwnPresence { chosen: Availability::Busy, ..OwnPresence::default() })).unwrap();
        let publish = world.expect("PUBLISH");
        world.answer(&publish, 501, &[]);
        world.seconds(300);
        let left: Vec<Message> = std::iter::from_fn(|| world.take()).collect();
        let again = left.iter().any(|m| m.method().is_some_and(|m| matches!(m.as_str(), "PUBLISH" | "SERVICE")));
        assert!(!again, "once each: {left:?}");
    }
}

#[test]
fn signing_out_waits_for_what_the_user_changed() {
    let (mut world, _) = signed_in();
    world.command(put("dave", &["New"])).unwrap();
    world.command(Command::SignOut).unwrap();
    let sent: Vec<Message> = std::iter::from_fn(|| world.take()).collect();
    assert!(sent.iter().all(|m| m.method().is_some_and(|m| m.as_str() != "REGISTER")), "{sent:?}");
    let service = sent.iter().find(|m| m.method().is_some_and(|m| m.as_str() == "SERVICE")).unwrap().clone();
    answer_with(&mut world, &service, &Answer::GroupAdded(3));
    let contact = world.expect("SERVICE");
    assert!(matches!(call(&contact), Call::SetContact { .. }));
    world.answer(&contact, 200, &[]);
    let allow = world.expect("SERVICE");
    world.answer(&allow, 200, &[]);
    let left: Vec<Message> = std::iter::from_fn(|| world.take()).collect();
    let register = left.iter().find(|m| m.method().is_some_and(|m| m.as_str() == "REGISTER")).unwrap();
    assert_eq!(register.header("Expires").unwrap(), "0");
    world.answer(register, 200, &[]);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
    // But not for ever.
    let (mut world, _) = signed_in();
    world.command(put("dave", &[])).unwrap();
    world.command(Command::SignOut).unwrap();
    world.seconds(1);
    assert!(std::iter::from_fn(|| world.take()).any(|m| m.method().is_some_and(|m| m.as_str() == "REGISTER")));
    world.seconds(2);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
}

fn confirmations(world: &mut World) -> usize {
    world.take_events().iter().filter(|event| **event == Event::ListsConfirmed).count()
}

/// However slow the server is: that a change shows at once is no confirmation.
#[test]
fn lists_are_confirmed_when_the_server_has_every_change() {
    let (mut world, _) = signed_in();
    world.command(Command::ConfirmLists).unwrap();
    assert_eq!(confirmations(&mut world), 1, "nothing was changed");
    world.command(put("dave", &["New"])).unwrap();
    world.command(Command::ConfirmLists).unwrap();
    let group = world.expect("SERVICE");
    world.seconds(15);
    assert_eq!(confirmations(&mut world), 0);
    answer_with(&mut world, &group, &Answer::GroupAdded(3));
    for change in ["the contact", "that they may see us"] {
        let is_service = |m: &Message| m.method().is_some_and(|m| m.as_str() == "SERVICE");
        let change = std::iter::from_fn(|| world.take()).find(is_service).expect(change);
        assert_eq!(confirmations(&mut world), 0);
        world.answer(&change, 200, &[]);
    }
    assert_eq!(confirmations(&mut world), 1);
    // Told once for each time it is asked.
    world.command(Command::SetAccess { who: who("eve"), access: Access::Block }).unwrap();
    let (block, _) = world.until("SERVICE");
    world.answer(&block, 200, &[]);
    assert_eq!(confirmations(&mut world), 0);
}

#[test]
fn a_lost_connection_confirms_nothing() {
    let (mut world, _) = signed_in();
    world.command(Command::SetAccess { who: who("eve"), access: Access::Block }).unwrap();
    world.command(Command::ConfirmLists).unwrap();
    world.expect("SERVICE");
    world.cut();
    assert_eq!(confirmations(&mut world), 0);
    // What was asked before signing out is not asked of the next session.
    world.command(Command::SignOut).unwrap();
    assert_eq!(confirmations(&mut world), 0);
}

/// A change refused twice, the second time while signing out, is told of before the end.
#[test]
fn a_change_that_is_refused_while_signing_out_is_told() {
    let refused = |world: &World| {
        let told = |e: &Event| matches!(e, Event::Notice { code: "contacts-refused", .. });
        world.events.iter().any(told)
    };
    let (mut world, _) = signed_in();
    world.command(put("dave", &[])).unwrap();
    let first = world.expect("SERVICE");
    world.command(Command::SignOut).unwrap();
    world.answer(&first, 409, &[]);
    // The list is asked for anew, and the change made once more on top of it.
    let left = serve(&mut world, &SAYS);
    assert!(!world.phases().contains(&"offline"), "it was not waited for: {left:?}");
    let again = left.into_iter().find(|m| m.method().is_some_and(|m| m.as_str() == "SERVICE")).or_else(|| world.take()).unwrap();
    assert!(!refused(&world));
    world.answer(&again, 409, &[]);
    assert!(refused(&world), "{:?}", world.events);
}

/// What the server had no time to confirm is told of too.
#[test]
fn a_change_without_answer_at_sign_out_is_told() {
    let (mut world, _) = signed_in();
    world.command(put("dave", &[])).unwrap();
    world.expect("SERVICE");
    world.command(Command::SignOut).unwrap();
    world.seconds(5);
    assert_eq!(world.last_phase(), SignInPhase::Offline { why: None });
    assert!(world.events.iter().any(|e| matches!(e, Event::Notice { code: "lists-unconfirmed", .. })), "{:?}", world.events);
}

#[test]
fn a_list_that_is_refused_leaves_the_local_one() {
    let mut world = World::new(alice(&["bob"]));
    sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
    serve(&mut world, &Says { contacts: None, ..SAYS });
    assert_eq!(world.last_phase(), SignInPhase::Online);
    let events = world.take_events();
    assert_eq!(capabilities(&events).roster_home, RosterHome::Local);
    assert!(events.iter().any(|e| matches!(e, Event::Notice { code: "contacts-local", .. })), "{events:?}");
    world.command(put("dave", &[])).unwrap();
    let home = |e: &Event| matches!(e, Event::RosterChanged { home: RosterHome::Local, .. });
    assert!(world.take_events().iter().any(home));
}

#[test]
fn broken_documents_disturb_nothing_else() {
    for broken in ["", "junk", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<contactList", "<a><b></a></b>"] {
        let mut world = World::new(alice(&["bob"]));
        sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
        serve(&mut world, &Says { contacts: Some(broken), access: broken, pending: broken, provisioning: broken });
        world.seconds(4);
        serve(&mut world, &SAYS);
        assert_eq!(world.last_phase(), SignInPhase::Online, "{broken}");
        let events = world.take_events();
        let notices = events.iter().filter(|e| matches!(e, Event::Notice { code: "document-failed", .. })).count();
        assert_eq!(notices, if broken.is_empty() { 0 } else { 3 }, "{broken}: {events:?}");
        world.command(Command::ReportTraffic).unwrap();
        let events = world.take_events();
        let Some(Event::Traffic(traffic)) = events.last() else { panic!() };
        if !broken.is_empty() {
            for word in ["contacts-document", "access-document", "pending-document", "provisioning-document"] {
                assert_eq!(traffic.faults.get(word), Some(&1), "{broken}: {:?}", traffic.faults);
            }
        }
        world.message("dave", "c1", &[], "text/plain", b"hello");
        assert!(world.take_events().iter().any(|e| matches!(e, Event::Text { .. })));
    }
}

#[test]
fn what_the_administrator_arranged_is_asked_for_once() {
    let mut world = World::new(alice(&[]));
    sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
    let mut asked = 0;
    for _ in 0..20 {
        for message in std::iter::from_fn(|| world.take()).collect::<Vec<_>>() {
            asked += usize::from(message.header("Event").as_deref() == Some("vnd-microsoft-provisioning"));
            match message.method().map(|m| m.as_str().to_owned()).as_deref() {
                Some("REGISTER") => world.answer(&message, 200, &["Expires: 900", "Supported: com.microsoft.msrtc.presence"]),
                Some("SUBSCRIBE") => {
                    world.answer(&message, 200, &["Expires: 1800", "Contact: <sip:lcs1.example.test;transport=tls>"]);
                }
                _ => world.answer(&message, 200, &[]),
            }
        }
        world.seconds(300);
    }
    assert_eq!(asked, 1);
}

#[test]
fn documents_that_are_refused_hold_nothing_up() {
    for code in [400, 403, 404, 405, 415, 489, 500, 501, 503] {
        let mut world = World::new(alice(&["bob"]));
        sign_in(&mut world, &[ALL, "Supported: adhoclist"]);
        let mut people = false;
        while let Some(message) = world.take() {
            let of_people = message.header("Event").as_deref() == Some("presence");
            people |= of_people;
            if of_people {
                world.piggyback(
                    &message,
                    GRANTS,
                    "multipart/related;type=\"application/rlmi+xml\";start=resourceList;boundary=b",
                    &lists(OWN),
                );
            } else if message.method().is_some_and(|m| m.as_str() == "SUBSCRIBE") {
                world.answer(&message, code, &[]);
            } else {
                world.answer(&message, 200, &[]);
            }
        }
        assert!(people, "{code}: people are asked for all the same");
        // After 500 and 503 the contact list is asked for again; that is awaited for so long.
        world.seconds(3);
        assert_eq!(world.last_phase(), SignInPhase::Online, "{code}");
        let able = capabilities(&world.take_events());
        assert!(able.roster_home != RosterHome::Server && !able.access_on_server, "{code}: {able:?}");
    }
}
