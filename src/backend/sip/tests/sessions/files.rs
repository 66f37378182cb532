//! Files: what is said about them.

use std::net::SocketAddr;
use std::time::Duration;

use super::super::world::{World, settings, who};
use super::{Leg, Talk};
use crate::backend::files::{Carriage, FileCommand, FileEnd, FileEvent, FilePlan, FileWay};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, Refused};
use crate::model::{FileId, FileRules, Fingerprint, InvitationRules};
use crate::transfer::{Keys, Protection, Terms};

const FINGERPRINT: Fingerprint = Fingerprint::new([0xAB; 32]);
const INVITE: &str = "text/x-msmsgsinvite; charset=UTF-8";

/// Alice, whose program takes files, in a session with bob.
fn talk() -> (Talk, Leg) {
    talk_after(0)
}

/// The same, to whom so many files were offered before.
fn talk_after(files_before: u64) -> (Talk, Leg) {
    let settings = SipSettings { files: true, files_before, ..settings() };
    let mut talk = Talk::over(World::new(settings));
    let mut leg = talk.invite("bob", "c1", &[]);
    let ok = talk.expect_answer(200);
    leg.ours = ok.to().unwrap().tag().unwrap();
    talk.request_numbered(&leg, 1, "ACK", &[], ("", ""));
    talk.world.take_events();
    (talk, leg)
}

/// What bob's program says, in the words of the documents.
fn says(talk: &mut Talk, leg: &mut Leg, lines: &str) {
    let body = lines.replace('\n', "\r\n");
    talk.request(leg, "MESSAGE", &[], (INVITE, &body));
    talk.expect_answer(200);
}

fn offers(talk: &mut Talk, leg: &mut Leg, cookie: u32, more: &str) {
    let lines = format!(
        "Application-Name: File Transfer\nApplication-GUID: {{5D3E02AB-6190-11d3-BBBB-00C04F795683}}\n\
         Invitation-Command: INVITE\nInvitation-Cookie: {cookie}\nApplication-File: report.txt\n\
         Application-FileSize: 20480\n{more}"
    );
    says(talk, leg, &lines);
}

/// The next thing told of a file.
fn told(talk: &mut Talk) -> Option<FileEvent> {
    let events = talk.world.take_events();
    let mut told = events.into_iter().filter_map(|event| if let Event::File(told) = event { Some(told) } else { None });
    let first = told.next();
    assert_eq!(told.next(), None, "after {first:?}");
    first
}

fn order(talk: &mut Talk, order: FileCommand) -> Result<(), Refused> {
    talk.world.command(Command::File(order))
}

/// What our program says next, as fields; bob's answers 200.
fn said(talk: &mut Talk) -> Vec<(String, String)> {
    let message = talk.expect("MESSAGE");
    assert_eq!(message.header("Content-Type").unwrap(), INVITE);
    talk.world.answer(&message, 200, &[]);
    let text = String::from_utf8(message.body.to_vec()).unwrap();
    text.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn field<'a>(said: &'a [(String, String)], name: &str) -> Option<&'a str> {
    said.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn terms(plan: &FilePlan) -> Terms {
    let Carriage::Messenger(terms) = &plan.carriage else { panic!("{plan:?}") };
    terms.clone()
}

fn agreed(talk: &mut Talk) -> FilePlan {
    match told(talk) {
        Some(FileEvent::Agreed { plan, .. }) => plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_is_taken_from_who_can_be_connected_to() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 482_311_907, "Encryption: R\n");
    let id = FileId::Received(1);
    let offered = FileEvent::Offered { id, from: who("bob"), name: "report.txt".into(), octets: 20480, secret: true };
    assert_eq!(told(&mut talk), Some(offered));
    order(&mut talk, FileCommand::Accept(id)).unwrap();
    let yes = said(&mut talk);
    assert_eq!(field(&yes, "Invitation-Command"), Some("ACCEPT"));
    assert_eq!(field(&yes, "Invitation-Cookie"), Some("482311907"));
    assert_eq!(field(&yes, "Request-Data"), Some("IP-Address:"));
    assert_eq!(field(&yes, "Encryption-Key").map(str::len), Some(32));
    assert_eq!(field(&yes, "Hash-Key").map(str::len), Some(32));
    assert_ne!(field(&yes, "Encryption-Key"), field(&yes, "Hash-Key"));
    assert_eq!(field(&yes, "IP-Address"), None);
    assert_eq!(told(&mut talk), None);
    says(
        &mut talk,
        &mut leg,
        "Invitation-Command: ACCEPT\nInvitation-Cookie: 482311907\nIP-Address: 192.0.2.10\nPort: 6891\nPortX: 11178\nAuthCookie: 1234567\n",
    );
    let plan = agreed(&mut talk);
    let Terms { user, auth_cookie, octets, protection } = terms(&plan);
    assert_eq!((octets, auth_cookie, user.as_str()), (20480, 1_234_567, "alice@example.test"));
    assert_eq!(plan.way, FileWay::Dial("192.0.2.10:6891".parse::<SocketAddr>().unwrap()));
    assert!(matches!(protection, Protection::Secure(_)));
    order(&mut talk, FileCommand::Done(id)).unwrap();
    talk.nothing();
}

#[test]
fn numbers_go_on_where_an_account_begins_anew() {
    let (mut talk, mut leg) = talk_after(7);
    offers(&mut talk, &mut leg, 1, "");
    assert_eq!(told(&mut talk).map(|told| told.id()), Some(FileId::Received(8)));
}

#[test]
fn one_is_taken_from_who_cannot_be_connected_to() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 7, "Connectivity: N\nEncryption: R\n");
    let id = FileId::Received(1);
    told(&mut talk).unwrap();
    order(&mut talk, FileCommand::Accept(id)).unwrap();
    talk.nothing();
    let plan = agreed(&mut talk);
    assert!(matches!(plan.way, FileWay::Listen(_)), "{plan:?}");
    order(&mut talk, FileCommand::Listening { id, port: 6895, fingerprint: None }).unwrap();
    let yes = said(&mut talk);
    assert_eq!(field(&yes, "Port"), Some("6895"));
    assert_eq!(field(&yes, "PortX"), Some("11178"));
    assert_eq!(field(&yes, "Sender-Connect"), Some("TRUE"));
    assert_eq!(field(&yes, "AuthCookie"), Some(terms(&plan).auth_cookie.to_string().as_str()));
    assert!(field(&yes, "IP-Address").is_some() && field(&yes, "Encryption-Key").is_some());
}

#[test]
fn one_is_sent_to_who_comes_for_it() {
    let (mut talk, mut leg) = talk();
    let id = FileId::Sent(1);
    order(
        &mut talk,
        FileCommand::Offer { id, to: who("bob"), name: "/home/alice/a b.txt".into(), octets: 5, fingerprint: FINGERPRINT },
    )
    .unwrap();
    let offer = said(&mut talk);
    assert_eq!(field(&offer, "Application-File"), Some("a b.txt"), "where it lies is nobody's business");
    assert_eq!(field(&offer, "Application-FileSize"), Some("5"));
    assert_eq!(field(&offer, "Encryption"), Some("R"));
    let cookie = field(&offer, "Invitation-Cookie").unwrap().to_owned();
    let keys = "Encryption-Key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\nHash-Key: GBkaGxwdHh8gISIjJCUmJygpKissLS4v\n";
    says(
        &mut talk,
        &mut leg,
        &format!("Invitation-Command: ACCEPT\nInvitation-Cookie: {cookie}\nRequest-Data: IP-Address:\n{keys}"),
    );
    let plan = agreed(&mut talk);
    assert!(matches!(plan.way, FileWay::Listen(_)));
    assert_eq!(terms(&plan).user, "bob@example.test");
    let octets = |from: u8| std::array::from_fn(|at| from + u8::try_from(at).unwrap());
    assert_eq!(terms(&plan).protection, Protection::Secure(Keys::new(&octets(0), &octets(24))));
    order(&mut talk, FileCommand::Listening { id, port: 6891, fingerprint: None }).unwrap();
    let place = said(&mut talk);
    assert_eq!(field(&place, "Sender-Connect"), None);
    assert_eq!(field(&place, "Encryption-Key"), None, "keys come from the receiver");
    assert_eq!(field(&place, "AuthCookie"), Some(terms(&plan).auth_cookie.to_string().as_str()));
}

#[test]
fn one_is_sent_to_who_listens() {
    let (mut talk, mut leg) = talk();
    let id = FileId::Sent(1);
    order(&mut talk, FileCommand::Offer { id, to: who("bob"), name: "a".into(), octets: 5, fingerprint: FINGERPRINT }).unwrap();
    let cookie = field(&said(&mut talk), "Invitation-Cookie").unwrap().to_owned();
    let yes = |place: &str, keys: &str| {
        format!("Invitation-Command: ACCEPT\nInvitation-Cookie: {cookie}\n{keys}{place}AuthCookie: 9\nSender-Connect: TRUE\n")
    };
    let keys = "Encryption-Key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\nHash-Key: GBkaGxwdHh8gISIjJCUmJygpKissLS4v\n";
    says(&mut talk, &mut leg, &yes("IP-Address: 192.0.2.10\nPort: 6891\n", keys));
    let plan = agreed(&mut talk);
    assert_eq!((plan.way, terms(&plan).auth_cookie), (FileWay::Dial("192.0.2.10:6891".parse().unwrap()), 9));
    // The second yes is none.
    says(&mut talk, &mut leg, &yes("IP-Address: 192.0.2.66\nPort: 6891\n", keys));
    assert_eq!(told(&mut talk), None);
    talk.nothing();
}

#[test]
fn what_others_say_leads_nowhere_dangerous_and_never_into_the_clear() {
    let keys = "Encryption-Key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\nHash-Key: GBkaGxwdHh8gISIjJCUmJygpKissLS4v\n";
    let table = [
        ("no keys", "IP-Address: 192.0.2.10\nPort: 6891\nAuthCookie: 9\n"),
        ("half of the keys", "Hash-Key: GBkaGxwdHh8gISIjJCUmJygpKissLS4v\nIP-Address: 192.0.2.10\nPort: 6891\nAuthCookie: 9\n"),
        ("this machine", &format!("{keys}IP-Address: 127.0.0.1\nPort: 6891\nAuthCookie: 9\n")),
        ("nowhere", &format!("{keys}IP-Address: 0.0.0.0\nPort: 6891\nAuthCookie: 9\n")),
        ("many", &format!("{keys}IP-Address: 224.0.0.1\nPort: 6891\nAuthCookie: 9\n")),
        ("a service", &format!("{keys}IP-Address: 192.0.2.10\nPort: 25\nAuthCookie: 9\n")),
        ("no place", &format!("{keys}AuthCookie: 9\n")),
        ("no number", &format!("{keys}IP-Address: 192.0.2.10\nPort: 6891\n")),
    ];
    for (what, lines) in table {
        let (mut talk, mut leg) = talk();
        let id = FileId::Sent(1);
        order(&mut talk, FileCommand::Offer { id, to: who("bob"), name: "a".into(), octets: 5, fingerprint: FINGERPRINT })
            .unwrap();
        let cookie = field(&said(&mut talk), "Invitation-Cookie").unwrap().to_owned();
        let lines = format!("Invitation-Command: ACCEPT\nInvitation-Cookie: {cookie}\nSender-Connect: TRUE\n{lines}");
        says(&mut talk, &mut leg, &lines);
        assert!(matches!(told(&mut talk), Some(FileEvent::Ended { why: FileEnd::Failed(_), .. })), "{what}");
        assert_eq!(field(&said(&mut talk), "Invitation-Command"), Some("CANCEL"), "{what}");
    }
}

#[test]
fn either_side_gives_up_at_any_time() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 7, "Encryption: R\n");
    let id = FileId::Received(1);
    told(&mut talk).unwrap();
    order(&mut talk, FileCommand::Cancel(id)).unwrap();
    let no = said(&mut talk);
    assert_eq!((field(&no, "Invitation-Command"), field(&no, "Cancel-Code")), (Some("CANCEL"), Some("REJECT")));
    assert_eq!(told(&mut talk), Some(FileEvent::Ended { id, why: FileEnd::Withdrawn }));
    order(&mut talk, FileCommand::Accept(id)).unwrap();
    assert!(matches!(told(&mut talk), Some(FileEvent::Ended { why: FileEnd::Failed(_), .. })));
    // The same number again is another offer now.
    offers(&mut talk, &mut leg, 7, "Encryption: R\n");
    told(&mut talk).unwrap();
    says(&mut talk, &mut leg, "Invitation-Command: CANCEL\nInvitation-Cookie: 7\nCancel-Code: TIMEOUT\n");
    assert_eq!(told(&mut talk), Some(FileEvent::Ended { id: FileId::Received(2), why: FileEnd::Cancelled }));
    for (at, (code, why)) in [
        ("REJECT", FileEnd::Declined),
        ("REJECT_NOT_INSTALLED", FileEnd::Failed("their program takes no files".into())),
        ("FTTIMEOUT", FileEnd::TimedOut),
        ("", FileEnd::Cancelled),
    ]
    .into_iter()
    .enumerate()
    {
        let id = FileId::Sent(at as u64);
        order(&mut talk, FileCommand::Offer { id, to: who("bob"), name: "a".into(), octets: 5, fingerprint: FINGERPRINT })
            .unwrap();
        let cookie = field(&said(&mut talk), "Invitation-Cookie").unwrap().to_owned();
        says(&mut talk, &mut leg, &format!("Invitation-Command: CANCEL\nInvitation-Cookie: {cookie}\nCancel-Code: {code}\n"));
        assert_eq!(told(&mut talk), Some(FileEvent::Ended { id, why }), "{code}");
    }
    talk.nothing();
}

#[test]
fn nobody_waits_for_ever() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 7, "Encryption: R\n");
    told(&mut talk).unwrap();
    talk.seconds(600);
    assert_eq!(told(&mut talk), Some(FileEvent::Ended { id: FileId::Received(1), why: FileEnd::TimedOut }));
}

#[test]
fn a_program_that_goes_on_with_nothing_is_given_up() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 8, "Encryption: R\n");
    told(&mut talk).unwrap();
    order(&mut talk, FileCommand::Accept(FileId::Received(1))).unwrap();
    said(&mut talk);
    talk.seconds(Duration::from_mins(1).as_secs());
    assert_eq!(told(&mut talk), Some(FileEvent::Ended { id: FileId::Received(1), why: FileEnd::TimedOut }));
    assert_eq!(field(&said(&mut talk), "Cancel-Code"), Some("TIMEOUT"));
}

#[test]
fn an_offer_that_is_refused_fails() {
    let (mut talk, _) = talk();
    let id = FileId::Sent(1);
    order(&mut talk, FileCommand::Offer { id, to: who("bob"), name: "a".into(), octets: 5, fingerprint: FINGERPRINT }).unwrap();
    let message = talk.expect("MESSAGE");
    talk.world.answer(&message, 415, &[]);
    let Some(FileEvent::Ended { why: FileEnd::Failed(_), .. }) = told(&mut talk) else { panic!("it goes on") };
    // One that a server keeps for later is none either.
    order(&mut talk, FileCommand::Offer { id, to: who("bob"), name: "a".into(), octets: 5, fingerprint: FINGERPRINT }).unwrap();
    let message = talk.expect("MESSAGE");
    talk.world.answer(&message, 202, &[]);
    let why = FileEnd::Failed("they are not signed in".into());
    assert_eq!(told(&mut talk), Some(FileEvent::Ended { id, why }));
}

#[test]
fn a_person_cannot_flood_us_with_offers() {
    let (mut talk, mut leg) = talk();
    for number in 1..=8 {
        offers(&mut talk, &mut leg, number, "Encryption: R\n");
        assert!(told(&mut talk).is_some());
        // The same one once more is no other.
        offers(&mut talk, &mut leg, number, "Encryption: R\n");
        assert_eq!(told(&mut talk), None);
    }
    offers(&mut talk, &mut leg, 9, "Encryption: R\n");
    assert_eq!(told(&mut talk), None);
    assert_eq!(field(&said(&mut talk), "Cancel-Code"), Some("REJECT"));
}

#[test]
fn policy_declines_before_anybody_is_asked() {
    let (mut talk, mut leg) = talk();
    talk.world.command(Command::PutContact { address: who("bob"), name: String::new(), groups: Vec::new() }).unwrap();
    while talk.take().is_some() {}
    talk.world.take_events();
    let rules = FileRules { none: Some("set by your organisation".into()), ..FileRules::default() };
    talk.world.command(Command::Obey(Box::new(InvitationRules { files: rules, ..InvitationRules::default() }))).unwrap();
    let body = "Invitation-Command: INVITE\r\nInvitation-Cookie: 3\r\nApplication-Name: File Transfer\r\n\
                Application-GUID: {5D3E02AB-6190-11d3-BBBB-00C04F795683}\r\nApplication-File: a\r\nApplication-FileSize: 1\r\n";
    talk.request(&mut leg, "MESSAGE", &[], (INVITE, body));
    assert_eq!(talk.expect_answer(606).header("Warning").unwrap(), "309 chinwag \"forbidden by policy\"");
    assert_eq!(told(&mut talk), None);
    // Of somebody who is not on the list the core is told first: they may not be heard at all.
    talk.world.command(Command::RemoveContact(who("bob"))).unwrap();
    while talk.take().is_some() {}
    talk.world.take_events();
    talk.request(&mut leg, "MESSAGE", &[], (INVITE, body));
    talk.expect_answer(200);
    assert!(matches!(told(&mut talk), Some(FileEvent::Offered { .. })));
}

#[test]
fn who_signs_out_lets_nobody_wait() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 7, "Encryption: R\n");
    told(&mut talk).unwrap();
    talk.world.command(Command::SignOut).unwrap();
    assert_eq!(field(&said(&mut talk), "Cancel-Code"), Some("REJECT"));
    assert_eq!(told(&mut talk), Some(FileEvent::Ended { id: FileId::Received(1), why: FileEnd::Withdrawn }));
}

#[test]
fn what_stands_in_the_way_of_a_lost_connection_ends_and_what_travels_goes_on() {
    let (mut talk, mut leg) = talk();
    offers(&mut talk, &mut leg, 1, "Connectivity: N\nEncryption: R\n");
    told(&mut talk).unwrap();
    order(&mut talk, FileCommand::Accept(FileId::Received(1))).unwrap();
    agreed(&mut talk);
    order(&mut talk, FileCommand::Listening { id: FileId::Received(1), port: 6891, fingerprint: None }).unwrap();
    said(&mut talk);
    offers(&mut talk, &mut leg, 2, "Encryption: R\n");
    told(&mut talk).unwrap();
    talk.world.cut();
    let Some(FileEvent::Ended { id: FileId::Received(2), .. }) = told(&mut talk) else { panic!("it goes on") };
}
