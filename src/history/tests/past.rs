//! The history: pages without gap or overlap, searches, fates, retention, deletion.

use super::super::*;
use super::{incoming, open, outgoing, who};
use crate::model::{Author, Body, Fate, Line, MessageRef, Retention, RoomId, Stamp};

fn bob() -> With {
    With::Person(who("bob"))
}

fn said(n: usize) -> Keep {
    if n.is_multiple_of(3) {
        Keep::Outgoing(outgoing(n as u64, &format!("text {n}")))
    } else {
        Keep::Incoming(incoming(&format!("id-{n}"), &format!("text {n}")))
    }
}

fn texts(page: &Page) -> Vec<String> {
    page.lines.iter().map(|(_, line)| line.body.text.clone()).collect()
}

fn look(words: &str, count: usize) -> Search {
    Search { words: words.into(), with: None, before: None, count, held: true, ticket: Ticket::default() }
}

fn found(store: &mut Store, words: &str) -> Vec<String> {
    store.search(&look(words, 100)).unwrap().hits.into_iter().map(|hit| hit.excerpt).collect()
}

#[test]
fn of_a_message_that_was_taken_back_nothing_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let written = [outgoing(1, "kept words"), outgoing(2, "regretted words")].map(Keep::Outgoing);
    store.write(&written).unwrap();
    store.write(&[Keep::TakenBack(MessageRef(2))]).unwrap();
    assert_eq!(found(&mut store, "words"), ["kept words"]);
    drop(store);
    let store = open(dir.path());
    assert_eq!(texts(&store.page(&who("alice"), &bob(), &Part::End, 10).unwrap()), ["kept words"]);
    let waits: Vec<MessageRef> = store.read().unwrap().outgoing.iter().map(|message| message.tag).collect();
    assert_eq!(waits, [MessageRef(1)]);
}

#[test]
fn everything_said_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let room = RoomId::new("r-1");
    let in_room = Incoming { room: Some(room.clone()), from: who("carol"), ..incoming("03", "in a room") };
    let spoken = Keep::Spoken {
        account: who("alice"),
        room: room.clone(),
        tag: MessageRef(9),
        body: Body::plain("said there"),
        at: Stamp::from_millis(77),
    };
    store
        .write(&[
            Keep::Outgoing(outgoing(1, "one")),
            Keep::Incoming(incoming("01", "hello")),
            Keep::Incoming(incoming("01", "a copy")),
            Keep::Leaving { account: who("alice"), tag: MessageRef(1) },
            Keep::Settled(MessageRef(1), Fate::Stored),
            Keep::Settled(MessageRef(1), Fate::Delivered),
            Keep::Incoming(in_room.clone()),
            spoken,
            Keep::Fate(MessageRef(9), Fate::Failed { why: "nobody there".into() }),
            Keep::Read { account: who("alice"), with: bob() },
        ])
        .unwrap();
    drop(store);
    let store = open(dir.path());
    let page = store.page(&who("alice"), &bob(), &Part::End, 10).unwrap();
    let sent = outgoing(1, "one");
    let lines: Vec<Line> = page.lines.into_iter().map(|(_, line)| line).collect();
    let ours = Line {
        at: sent.at,
        by: Author::Us,
        body: sent.body,
        tag: Some(MessageRef(1)),
        id: None,
        fate: Some(Fate::Delivered),
        delayed: false,
    };
    let came = incoming("01", "hello");
    let theirs = Line {
        at: came.at,
        by: Author::Them(who("bob")),
        body: came.body,
        tag: None,
        id: Some("01".into()),
        fate: None,
        delayed: true,
    };
    assert_eq!(lines, [ours, theirs]);
    let page = store.page(&who("alice"), &With::Room(room.clone()), &Part::End, 10).unwrap();
    let by: Vec<_> = page.lines.iter().map(|(_, line)| (line.by.clone(), line.fate.clone())).collect();
    assert_eq!(by, [(Author::Them(who("carol")), None), (Author::Us, Some(Fate::Failed { why: "nobody there".into() }))]);
    let talks = store.talks().unwrap();
    let listed: Vec<_> = talks.iter().map(|talk| (talk.with.clone(), talk.people.clone(), talk.count)).collect();
    assert_eq!(listed, [(With::Room(room), vec![who("carol")], 2), (bob(), vec![who("bob")], 2)]);
    assert_eq!(store.read().unwrap().last_tag, 9);
}

#[test]
fn a_start_does_not_look_at_every_message() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&(0..10).map(said).collect::<Vec<_>>()).unwrap();
    let mut plan = store.database().prepare(&format!("EXPLAIN QUERY PLAN {}", super::super::store::LAST_TAG)).unwrap();
    let steps: Vec<String> = plan.query_map([], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
    let said: Vec<_> = steps.iter().filter(|step| step.contains(" said")).collect();
    assert!(!said.is_empty() && said.iter().all(|step| step.contains("INDEX said_tag")), "{steps:?}");
}

#[test]
fn pages_meet_without_gap_or_overlap_while_more_comes() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&(0..1_000).map(said).collect::<Vec<_>>()).unwrap();
    let page = |store: &Store, part: Part| store.page(&who("alice"), &bob(), &part, 37).unwrap();
    let mut now = page(&store, Part::End);
    assert!(now.more_before && !now.more_after);
    let mut all = texts(&now);
    let mut next = 1_000;
    while now.more_before {
        store.write(&[said(next)]).unwrap();
        next += 1;
        now = page(&store, Part::Before(Mark::Place(now.lines[0].0)));
        assert!(now.more_after);
        all.splice(0..0, texts(&now));
    }
    assert_eq!(all, (0..1_000).map(|n| format!("text {n}")).collect::<Vec<_>>());
    // And back to the end.
    let mut up = texts(&now);
    while now.more_after {
        now = page(&store, Part::After(Mark::Place(now.lines.last().unwrap().0)));
        up.extend(texts(&now));
    }
    let whole: Vec<String> = (0..next).map(|n| format!("text {n}")).collect();
    assert_eq!(up, whole);
    for (mark, n) in [(Mark::Id("id-500".into()), 500), (Mark::Tag(MessageRef(501)), 501)] {
        let around = page(&store, Part::Around(mark.clone()));
        assert_eq!(texts(&around), whole[n - 18..n + 19], "{mark:?}");
        assert!(around.more_before && around.more_after);
        assert_eq!(texts(&page(&store, Part::Before(mark.clone()))), whole[n - 37..n]);
        assert_eq!(texts(&page(&store, Part::After(mark))), whole[n + 1..n + 38]);
    }
    let unknown = page(&store, Part::Before(Mark::Id("nobody".into())));
    assert_eq!(texts(&unknown), whole[whole.len() - 37..], "what is not there is taken for the end");
    assert_eq!(store.page(&who("alice"), &With::Person(who("carol")), &Part::End, 5).unwrap().lines, []);
    assert_eq!(store.page(&who("bob"), &bob(), &Part::End, 5).unwrap().lines, [], "another account");
}

#[test]
fn searches_fold_and_take_beginnings_and_rows() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let all = [
        "Grüße aus Łódź",
        "the CAFÉ is open",
        "cafeteria, not café",
        "これは日本語です",
        "本日は休み",
        "see https://example.test/Path?q=1",
        "ok 👍🏽 then",
        "a b a c",
        "\"quoted\" NOT AND OR * ^ : ( )",
        "безопасность ПРЕЖДЕ всего",
    ];
    let keeps: Vec<Keep> = all.iter().enumerate().map(|(n, text)| Keep::Incoming(incoming(&n.to_string(), text))).collect();
    store.write(&keeps).unwrap();
    for (words, places) in [
        ("gruß", &[0][..]),
        ("russe", &[]),
        ("gru", &[0]),
        ("GRÜSSE lodz", &[0]),
        ("cafe", &[2, 1]),
        ("\"cafe\" open", &[1]),
        ("\"cafe\"", &[2, 1]),
        ("日本", &[3]),
        ("本", &[4, 3]),
        ("本日", &[4]),
        ("example.test", &[5]),
        ("example.te", &[5]),
        ("👍", &[6]),
        ("\"a c\"", &[7]),
        ("\"b c\"", &[]),
        ("b c", &[7]),
        ("NOT", &[8, 2]),
        ("AND OR", &[8]),
        ("безопас прежде", &[9]),
        ("x OR y", &[]),
        ("nothing*", &[]),
    ] {
        let wanted: Vec<&str> = places.iter().map(|n| all[*n]).collect();
        assert_eq!(found(&mut store, words), wanted, "{words}");
    }
    // Whatever is typed, it is no fault.
    for words in [
        "\"",
        "\"\"\"",
        "*",
        "a*b\"c",
        "text:",
        "{text} : a",
        "NEAR(a b)",
        "a AND",
        ") OR (",
        "-a",
        "\u{0}",
        "'; DROP TABLE said; --",
    ] {
        store.search(&look(words, 10)).unwrap();
    }
    let hit = store.search(&look("lodz", 1)).unwrap().hits.remove(0);
    assert_eq!(hit.marks.iter().map(|mark| &hit.excerpt[mark.clone()]).collect::<Vec<_>>(), ["Łódź"]);
    assert_eq!((hit.by, hit.with, hit.id.as_deref()), (Author::Them(who("bob")), bob(), Some("0")));
}

#[test]
fn searches_go_on_and_stay_in_a_conversation() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&(0..50).map(said).collect::<Vec<_>>()).unwrap();
    let other = Incoming { from: who("carol"), ..incoming("c", "text of another t1") };
    store.write(&[Keep::Incoming(other)]).unwrap();
    let first = store.search(&look("text", 20)).unwrap();
    assert!(first.more && first.hits.len() == 20 && first.hits[0].excerpt == "text of another t1");
    let with = Some((who("alice"), bob()));
    let next = Search { before: Some(first.hits[19].place), with: with.clone(), ..look("tex", 100) };
    let next = store.search(&next).unwrap();
    assert!(!next.more && next.hits.len() == 31);
    assert!(next.hits.iter().all(|hit| hit.place < first.hits[19].place && hit.with == bob()));
    assert_eq!(store.search(&Search { with, ..look("another", 9) }).unwrap().hits, []);
    let nobody = Some((who("alice"), With::Person(who("dave"))));
    assert_eq!(store.search(&Search { with: nobody, ..look("text", 9) }).unwrap().hits, []);
    assert_eq!(found(&mut store, "t1"), ["text of another t1"], "the mark of a conversation is no word");
}

#[test]
fn what_is_held_is_not_found_and_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let said = |from: &str, n: usize, known: bool| {
        let (id, text) = (format!("{from}-{n}"), format!("invoice {n} of {from}"));
        Keep::Incoming(Incoming { from: who(from), known, ..incoming(&id, &text) })
    };
    store.write(&[said("bob", 0, true), Keep::Outgoing(outgoing(1, "which invoice?"))]).unwrap();
    // Ten people with ten messages each: as many as one answer holds.
    let flood: Vec<Keep> = (0..100).map(|n| said(&format!("p{}", n % 10), n, false)).collect();
    store.write(&flood).unwrap();
    let in_room = Incoming { room: Some(RoomId::new("r")), from: who("p0"), ..incoming("room", "invoice in a room") };
    store.write(&[Keep::Incoming(in_room)]).unwrap();
    let found = |store: &mut Store, held: bool| {
        let hits = store.search(&Search { held, ..look("invoice", 100) }).unwrap();
        (hits.hits.into_iter().map(|hit| hit.excerpt).collect::<Vec<_>>(), hits.more)
    };
    let theirs = ["invoice in a room", "which invoice?", "invoice 0 of bob"];
    assert_eq!(found(&mut store, false), (theirs.map(String::from).to_vec(), false));
    let (all, more) = found(&mut store, true);
    assert!(all.len() == 100 && more && !all.contains(&theirs[1].to_owned()), "where strangers are shown, so are these");
    let of_one = Search { with: Some((who("alice"), With::Person(who("p1")))), held: false, ..look("invoice", 100) };
    assert_eq!(store.search(&of_one).unwrap().hits, []);
    // One is accepted; another was shown, and read, while strangers were.
    store.write(&[Keep::Known { account: who("alice"), from: who("p1") }]).unwrap();
    assert_eq!(store.search(&of_one).unwrap().hits.len(), 10);
    store.write(&[Keep::Read { account: who("alice"), with: With::Person(who("p2")) }]).unwrap();
    assert_eq!(found(&mut store, false).0.len(), 23);
}

#[test]
fn a_search_asks_the_ledger_by_names_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut plan = store.database().prepare(&format!("EXPLAIN QUERY PLAN {}", super::super::past::SEARCH)).unwrap();
    let steps = plan.query_map(rusqlite::params!["text", 0, 0, false], |row| row.get("detail")).unwrap();
    let steps: Vec<String> = steps.map(Result::unwrap).collect();
    let asked: Vec<_> = steps.iter().filter(|step| step.contains(" incoming")).collect();
    assert!(!asked.is_empty() && asked.iter().all(|step| step.contains("(account=? AND id=?)")), "{steps:?}");
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "nothing is sorted: {steps:?}");
}

#[test]
fn what_is_deleted_is_found_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&(0..2_500).map(said).collect::<Vec<_>>()).unwrap();
    let other = Incoming { from: who("carol"), at: Stamp::from_millis(5_000_000), ..incoming("c", "text of carol") };
    store
        .write(&[Keep::Incoming(other.clone()), Keep::Outgoing(Outgoing { to: who("carol"), ..outgoing(90_001, "waits") })])
        .unwrap();
    assert_eq!(store.forget_talk(&who("alice"), &bob()).unwrap(), 2_500);
    assert_eq!(found(&mut store, "text"), ["text of carol"]);
    assert_eq!(store.talks().unwrap().len(), 1);
    let left = store.read().unwrap();
    assert_eq!(left.incoming, [other], "what was to be read in it is gone as well");
    assert_eq!(left.outgoing.len(), 835, "what waits to be sent goes on waiting");
    assert_eq!(store.forget_before(Stamp::from_millis(4_000_000)).unwrap(), 1);
    assert_eq!(store.forget_before(Stamp::from_millis(6_000_000)).unwrap(), 1);
    assert_eq!(found(&mut store, "text"), Vec::<String>::new());
    let index = store.database();
    index.execute_batch("CREATE VIRTUAL TABLE temp.listed USING fts5vocab(main, words, row)").unwrap();
    let left: i64 = index.query_row("SELECT count(*) FROM listed", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "no word is left in the index");
}

#[test]
fn old_messages_go_after_their_days() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&(0..10).map(said).collect::<Vec<_>>()).unwrap();
    // As if it had come ten days ago.
    store.database().execute("UPDATE said SET came = came - 864000000 WHERE place <= 4", []).unwrap();
    drop(store);
    let days = |days| Store::open(dir.path(), &Unlock::KeyFile, Retention::Days(days)).unwrap().0;
    let mut store = days(11);
    assert!(!store.sweep().unwrap());
    drop(store);
    let mut store = days(10);
    while store.sweep().unwrap() {}
    assert_eq!(found(&mut store, "text").len(), 6);
    assert_eq!(store.read().unwrap().incoming.len(), 6, "what is not read yet stays");
    drop(store);
    let (mut store, _) = Store::open(dir.path(), &Unlock::KeyFile, Retention::Off).unwrap();
    assert!(!store.read().unwrap().history);
    store.write(&[said(100)]).unwrap();
    while store.sweep().unwrap() {}
    assert_eq!(found(&mut store, "text"), Vec::<String>::new());
    assert_eq!(store.read().unwrap().incoming.len(), 7);
}

#[test]
fn what_had_no_fate_when_the_program_died_is_unconfirmed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let spoken = Keep::Spoken {
        account: who("alice"),
        room: RoomId::new("r"),
        tag: MessageRef(2),
        body: Body::plain("x"),
        at: Stamp::from_millis(1),
    };
    store.write(&[Keep::Outgoing(outgoing(1, "waits")), spoken]).unwrap();
    drop(store);
    let store = open(dir.path());
    let fate = |with: &With| store.page(&who("alice"), with, &Part::End, 1).unwrap().lines.remove(0).1.fate.unwrap();
    assert_eq!(fate(&bob()), Fate::Queued, "it waits in the ledger");
    assert!(matches!(fate(&With::Room(RoomId::new("r"))), Fate::Unconfirmed { .. }));
}

#[test]
fn the_thread_answers_what_was_written_before() {
    let dir = tempfile::tempdir().unwrap();
    let (to, told) = std::sync::mpsc::channel();
    let vault = std::sync::Arc::new(Vault::new(dir.path(), Ok(Unlock::KeyFile)));
    let mut keeper = Keeper::start(vault, Retention::Forever, move |word| drop(to.send(word))).unwrap();
    keeper.keep(said(1)).unwrap();
    let page = Ask::Page { account: who("alice"), with: bob(), part: Part::End, count: 5 };
    keeper.ask(page.clone()).unwrap();
    keeper.ask(Ask::Search(look("text", 5))).unwrap();
    keeper.finish();
    assert!(matches!(keeper.ask(page).map_err(|found| *found), Err(Found::Nothing { .. })));
    let told: Vec<Told> = told.into_iter().collect();
    assert!(matches!(&told[0], Told::Opened(Ok(opened)) if opened.remembered.history));
    let found: Vec<&Found> =
        told.iter().filter_map(|told| if let Told::Found(found) = told { Some(found) } else { None }).collect();
    assert!(matches!(found[0], Found::Page(page) if texts(page) == ["text 1"]));
    assert!(matches!(found[1], Found::Hits(hits) if hits.hits.len() == 1));
}
