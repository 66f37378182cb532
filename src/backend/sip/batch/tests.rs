//! How a list follows the people wanted.

use super::*;

fn who(name: &str) -> Address {
    Address::parse(&format!("sip:{name}@example.test")).unwrap()
}

fn of(names: &[&str]) -> Batch {
    Batch::new(names.iter().map(|n| who(n)), Ways::Changes)
}

const WATCHER: &str = "sip:alice@example.test";

/// What a body asks for: the change and the people.
fn said(body: Option<Bytes>) -> Option<(Change, Vec<String>)> {
    let list = adrl::read(&body?).unwrap();
    let user = |uri: &String| Address::parse(uri).unwrap().user().to_owned();
    Some((list.change, list.resources.iter().map(user).collect()))
}

fn change(batch: &mut Batch) -> Option<(Change, Vec<String>)> {
    said(batch.next_change(WATCHER).map(|(body, _)| body))
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

fn standing(names: &[&str]) -> Batch {
    let mut batch = of(names);
    assert_eq!(said(batch.restated(false, WATCHER)), Some((Change::Create, people(names))));
    batch.begun();
    assert!(!batch.agreed());
    batch
}

#[test]
fn the_body_is_that_of_the_captures() {
    let expected = "<adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\" uri=\"sip:alice@example.test\" name=\"sip:alice@example.test\">\n\
        <create xmlns=\"\">\n<resource uri=\"sip:bob@example.test\"/>\n<resource uri=\"sip:carol@example.test\"/>\n</create>\n</adhoclist>";
    assert_eq!(of(&["bob", "carol"]).restated(false, WATCHER).unwrap(), expected);
}

#[test]
fn changes_are_gathered_and_go_one_after_the_other() {
    let mut batch = standing(&["bob", "carol"]);
    assert_eq!(change(&mut batch), None);
    batch.put(who("dave"));
    batch.put(who("erin"));
    batch.take_off(&who("bob"));
    assert_eq!(change(&mut batch), Some((Change::Add, people(&["dave", "erin"]))));
    batch.put(who("frank"));
    assert_eq!(change(&mut batch), None, "one at a time");
    assert!(batch.agreed());
    assert_eq!(change(&mut batch), Some((Change::Add, people(&["frank"]))));
    assert!(batch.agreed());
    assert_eq!(change(&mut batch), Some((Change::Delete, people(&["bob"]))));
    assert!(!batch.agreed());
    assert_eq!(change(&mut batch), None);
    let whole = Some((Change::Create, people(&["carol", "dave", "erin", "frank"])));
    assert_eq!(said(batch.restated(true, WATCHER)), whole);
    assert_eq!(batch.restated(true, WATCHER), None, "said already");
}

#[test]
fn who_comes_and_goes_costs_nothing() {
    let mut batch = standing(&["bob"]);
    batch.put(who("dave"));
    batch.take_off(&who("dave"));
    assert_eq!(change(&mut batch), None);
}

#[test]
fn a_refused_change_is_made_by_telling_all_and_then_not_at_all() {
    let mut batch = standing(&["bob", "carol"]);
    batch.put(who("dave"));
    batch.take_off(&who("bob"));
    change(&mut batch).unwrap();
    assert_eq!(batch.refused(), Refusal::TellWhole);
    assert_eq!(change(&mut batch), Some((Change::Create, people(&["carol", "dave"]))));
    assert_eq!(batch.refused(), Refusal::Otherwise(vec![who("dave")]));
    assert_eq!(change(&mut batch), None);
    assert!(batch.holds(&who("carol")) && !batch.holds(&who("dave")) && !batch.takes_more());
    assert_eq!(batch.refused(), Refusal::None);
}

#[test]
fn a_refresh_tells_only_what_was_agreed_to() {
    let mut batch = standing(&["bob"]);
    batch.put(who("dave"));
    assert_eq!(said(batch.restated(true, WATCHER)), Some((Change::Create, people(&["bob"]))));
    change(&mut batch).unwrap();
    batch.agreed();
    assert_eq!(said(batch.restated(true, WATCHER)), Some((Change::Create, people(&["bob", "dave"]))));
    batch.lost();
    assert_eq!(said(batch.restated(false, WATCHER)), Some((Change::Create, people(&["bob", "dave"]))));
}

#[test]
fn who_was_dropped_is_added_again_and_names_are_found_in_any_spelling() {
    let mut batch = standing(&["Carol", "bob"]);
    batch.dropped(&who("bob"));
    assert_eq!(change(&mut batch), Some((Change::Add, people(&["bob"]))));
    for spelling in ["carol@EXAMPLE.test", "sip:CAROL@example.test", "sips:Carol@example.test"] {
        assert_eq!(batch.named(spelling), Some(&who("Carol")), "{spelling}");
    }
    assert_eq!(batch.named("dave@example.test"), None);
    assert_eq!(batch.named("\u{0}"), None);
}
