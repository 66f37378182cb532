//! Files that are agreed upon by way of the embedded server: in calls of their own, and within sessions.

use chinwag::backend::files::{Carriage, FileCommand, FileEnd, FileEvent, FilePlan, FileWay, Over};
use chinwag::backend::sip::SipSettings;
use chinwag::backend::{Command, Event};
use chinwag::model::{FileId, Fingerprint};

use crate::support::pair::{ClientId, Pair, Way, address};

const SENT: FileId = FileId::Sent(1);
const CAME: FileId = FileId::Received(1);

fn takes_files(settings: &mut SipSettings) {
    settings.files = true;
}

fn two(mut pair: Pair) -> (Pair, ClientId, ClientId) {
    let (alice, bob) = (pair.client_with("alice", takes_files), pair.client_with("bob", takes_files));
    pair.sign_in(alice);
    pair.sign_in(bob);
    pair.settle();
    (pair, alice, bob)
}

fn file(pair: &mut Pair, client: ClientId, order: FileCommand) {
    pair.order(client, Command::File(order));
}

fn offer(pair: &mut Pair, client: ClientId) {
    let fingerprint = Fingerprint::new([1; 32]);
    file(pair, client, FileCommand::Offer { id: SENT, to: address("bob"), name: "a b.txt".into(), octets: 5, fingerprint });
}

fn offered(pair: &mut Pair, client: ClientId) {
    pair.until(client, "the offer", |event| matches!(event, Event::File(FileEvent::Offered { octets: 5, secret: true, .. })));
}

fn plan(pair: &mut Pair, client: ClientId) -> FilePlan {
    pair.until(client, "the plan", |event| matches!(event, Event::File(FileEvent::Agreed { .. })));
    let plan = |event: &Event| if let Event::File(FileEvent::Agreed { plan, .. }) = event { Some(plan.clone()) } else { None };
    pair.events(client).iter().find_map(plan).unwrap()
}

fn ends(pair: &mut Pair, client: ClientId, wanted: &FileEnd) {
    pair.until(client, "its end", |event| matches!(event, Event::File(FileEvent::Ended { why, .. }) if why == wanted));
}

#[test]
fn where_texts_go_one_by_one_a_file_has_a_call_of_its_own() {
    let (mut pair, alice, bob) = two(Pair::simple());
    offer(&mut pair, alice);
    offered(&mut pair, bob);
    file(&mut pair, bob, FileCommand::Accept(CAME));
    let taking = plan(&mut pair, bob);
    assert!(matches!(taking.way, FileWay::Listen(_)), "{taking:?}");
    file(&mut pair, bob, FileCommand::Listening { id: CAME, port: 6891, fingerprint: Some(Fingerprint::new([2; 32])) });
    let sending = plan(&mut pair, alice);
    let FileWay::Dial(place) = sending.way else { panic!("{sending:?}") };
    assert_eq!(place.port(), 6891);
    let (Carriage::Msrp(ours, Over::Tls(known)), Carriage::Msrp(theirs, Over::Tls(peer))) = (&sending.carriage, &taking.carriage)
    else {
        panic!("{sending:?} {taking:?}")
    };
    assert_eq!(
        (ours.ours.to_string(), ours.theirs.session().session()),
        (theirs.theirs.to_string(), theirs.ours.session().session())
    );
    assert_eq!((*known, *peer), (Some(Fingerprint::new([2; 32])), Some(Fingerprint::new([1; 32]))));
    file(&mut pair, alice, FileCommand::Done(SENT));
    pair.settle();
    assert_eq!(pair.wired(bob, Way::Down, "BYE").len(), 1);
    file(&mut pair, bob, FileCommand::Done(CAME));
    pair.settle();
    assert!(pair.wired(bob, Way::Up, "BYE").is_empty());
}

#[test]
fn one_is_declined_and_one_withdrawn() {
    let (mut pair, alice, bob) = two(Pair::simple());
    offer(&mut pair, alice);
    offered(&mut pair, bob);
    file(&mut pair, bob, FileCommand::Cancel(CAME));
    ends(&mut pair, alice, &FileEnd::Declined);
    pair.take_events(bob);
    offer(&mut pair, alice);
    offered(&mut pair, bob);
    file(&mut pair, alice, FileCommand::Cancel(SENT));
    ends(&mut pair, bob, &FileEnd::Cancelled);
}

#[test]
fn who_takes_none_by_calls_is_offered_it_by_messages() {
    let mut pair = Pair::simple();
    let (alice, bob) = (pair.client_with("alice", takes_files), pair.client("bob"));
    pair.sign_in(alice);
    pair.sign_in(bob);
    pair.settle();
    offer(&mut pair, alice);
    pair.until(alice, "its end", |event| matches!(event, Event::File(FileEvent::Ended { .. })));
    assert_eq!(pair.wired(bob, Way::Down, "INVITE").len(), 1);
    assert_eq!(pair.wired(bob, Way::Down, "MESSAGE").len(), 1);
}

#[test]
fn where_there_are_sessions_it_is_offered_within_one() {
    let (mut pair, alice, bob) = two(Pair::new());
    offer(&mut pair, alice);
    offered(&mut pair, bob);
    file(&mut pair, bob, FileCommand::Accept(CAME));
    let sending = plan(&mut pair, alice);
    assert!(matches!(sending.carriage, Carriage::Messenger(_)), "{sending:?}");
}
