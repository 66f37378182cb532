//! Associations that are lost, renewed or over, and what becomes of requests meanwhile.

use super::*;

#[test]
fn one_refusal_is_answered_by_signing_again() {
    let mut pair = Pair::signed_in();
    pair.bench.send(&request(Method::Subscribe, "sip:bob@example.test", "s1"));
    let sent = pair.bench.sent();
    let mut demand = response(&sent, 401);
    demand.headers.push("WWW-Authenticate", pair.acceptor.offer());
    pair.bench.receive(&demand);
    let again = pair.bench.sent();
    let number = |m: &Message| SaHeader::all(m, "Authorization").next().unwrap().get("cnum").unwrap().parse::<u32>().unwrap();
    assert_eq!(number(&again), number(&sent) + 1);
    assert_eq!(again.cseq().unwrap().number, 2);
    assert_ne!(again.top_via().unwrap().branch(), sent.top_via().unwrap().branch());
    // The server believes it now.
    pair.server.handle_bytes(FLOW, &again.to_bytes(), pair.bench.now);
    pair.run();
    assert_eq!(pair.believed, ["SUBSCRIBE"]);
    assert_eq!(pair.words(), ["200"]);
}

#[test]
fn a_lost_association_parks_requests_until_there_is_a_new_one() {
    let mut pair = Pair::signed_in();
    pair.forgetful = 1;
    let first = pair.subscribe("s1");
    assert_eq!(pair.wire_words(), ["> SUBSCRIBE", "< 401", "> SUBSCRIBE", "< 401"]);
    let times = |words: Vec<String>| -> Vec<String> { words.into_iter().filter(|w| !w.starts_with("time")).collect() };
    assert_eq!(times(pair.words()), ["lost Refused"]);
    pair.forget();
    // What is asked for now waits without being sent.
    let second = pair.bench.send(&request(Method::Message, "sip:bob@example.test", "m1"));
    pair.run();
    assert!(pair.wire.is_empty());
    pair.sign_in();
    assert_eq!(
        pair.wire_words(),
        ["> REGISTER", "< 401", "> REGISTER", "< 401", "> REGISTER", "< 200", "> SUBSCRIBE", "> MESSAGE", "< 200", "< 200"]
    );
    let Some(Out::Response(last, _)) = pair.heard.last() else { panic!() };
    assert_eq!(*last, second);
    assert_eq!(times(pair.words()), ["associated NTLM", "200", "200", "200"]);
    assert_eq!(first, RequestId(2));
    let cseq = pair.wire[6].1.cseq().unwrap().number;
    assert_eq!(cseq, 3, "as its third sending");
    assert!(pair.bench.endpoint.next_timeout().is_some(), "the next renewal");
}

#[test]
fn several_lost_at_once_are_told_once() {
    let mut pair = Pair::signed_in();
    pair.server.dissociate(FLOW);
    for call in ["a", "b", "c"] {
        pair.bench.send(&request(Method::Subscribe, "sip:bob@example.test", call));
    }
    pair.run();
    let lost = pair.words().into_iter().filter(|w| w.starts_with("lost")).count();
    assert_eq!(lost, 1);
    pair.forget();
    pair.sign_in();
    assert_eq!(pair.believed.iter().filter(|w| *w == "SUBSCRIBE").count(), 3);
}

#[test]
fn parked_requests_fail_when_sign_in_does() {
    let mut pair = Pair::signed_in();
    pair.forgetful = 1;
    let refused = pair.subscribe("s1");
    let unsent = pair.bench.send(&request(Method::Message, "sip:bob@example.test", "m1"));
    pair.heard.clear();
    pair.password = "changed";
    pair.sign_in();
    let last: Vec<Out> = pair.heard.split_off(pair.heard.len() - 2);
    assert!(matches!(&last[0], Out::Response(id, r) if *id == refused && r.status() == Some(401)), "{last:?}");
    assert_eq!(last[1], Out::Failed(unsent, Failure::NotSent));
    assert!(pair.bench.endpoint.leaves_nothing() || pair.bench.endpoint.transactions() > 0);
}

#[test]
fn parked_requests_do_not_wait_for_ever() {
    let mut pair = Pair::signed_in();
    pair.forgetful = 1;
    let refused = pair.subscribe("s1");
    pair.heard.clear();
    pair.wait(31_000);
    assert!(pair.heard.is_empty());
    pair.wait(2_000);
    assert!(matches!(&pair.heard[0], Out::Response(id, r) if *id == refused && r.status() == Some(401)));
    // A link that goes takes them along.
    let waiting = pair.bench.send(&request(Method::Message, "sip:bob@example.test", "m1"));
    pair.bench.endpoint.flow_down(FLOW);
    assert!(pair.bench.out().contains(&Out::Failed(waiting, Failure::LinkDown)));
    assert!(pair.bench.endpoint.leaves_nothing());
}

#[test]
fn a_parked_invite_can_be_given_up() {
    let mut pair = Pair::signed_in();
    pair.forgetful = 1;
    pair.subscribe("s1");
    pair.heard.clear();
    let invite = pair.bench.send(&request(Method::Invite, "sip:bob@example.test", "i1"));
    pair.bench.endpoint.cancel(invite, pair.bench.now);
    assert_eq!(pair.bench.out(), [Out::Failed(invite, Failure::NotSent)]);
}

#[test]
fn the_association_is_renewed_before_it_ends() {
    let mut pair = Pair::signed_in();
    let old = pair.wire_opaque();
    pair.wait(7 * 3_600_000 + 54 * 60_000);
    assert_eq!(pair.words(), Vec::<String>::new());
    pair.wait(2 * 60_000);
    assert_eq!(pair.words(), ["lost Expired"]);
    // Until then the old one serves.
    pair.subscribe("s1");
    assert_eq!(pair.words(), ["200"]);
    pair.forget();
    pair.sign_in();
    assert_eq!(pair.wire_words(), ["> REGISTER", "< 401", "> REGISTER", "< 401", "> REGISTER", "< 200"]);
    assert!(!pair.wire[0].1.headers.has("Authorization"), "begins without authentication");
    assert_ne!(pair.wire_opaque(), old);
    pair.subscribe("s2");
    assert_eq!(pair.words().last().unwrap(), "200");
}

#[test]
fn an_association_that_ended_is_not_used() {
    let mut pair = Pair::signed_in();
    pair.wait(8 * 3_600_000 + 1);
    assert_eq!(pair.words(), ["lost Expired"]);
    pair.subscribe("s1");
    assert!(pair.wire.is_empty(), "it waits");
    pair.sign_in();
    assert_eq!(pair.believed, ["REGISTER", "SUBSCRIBE"]);
}

#[test]
fn a_refused_refresh_begins_anew_within_itself() {
    let mut pair = Pair::signed_in();
    pair.server.dissociate(FLOW);
    pair.sign_in();
    assert_eq!(pair.wire_words(), ["> REGISTER", "< 401", "> REGISTER", "< 401", "> REGISTER", "< 200"]);
    assert!(pair.wire[0].1.headers.has("Authorization"));
    assert_eq!(pair.words().last().unwrap(), "200");
    pair.subscribe("s1");
    assert_eq!(pair.words(), ["200"]);
}
