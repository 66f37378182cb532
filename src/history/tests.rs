//! The ledger: what comes back after a start, what is gone when it was read, broken and full disks.

mod import;
mod past;
mod rekey;

use std::path::Path;

use super::*;
use crate::model::{Address, Body, Fate, MessageRef, Retention, RoomId, Stamp, TextStyle};

fn who(name: &str) -> Address {
    Address::parse(&format!("sip:{name}@example.test")).unwrap()
}

fn outgoing(tag: u64, text: &str) -> Outgoing {
    let style = TextStyle { bold: true, strike: true, colour: Some([255, 1, 128]), ..TextStyle::default() };
    let body = Body { style, ..Body::plain(text) };
    let at = Stamp::from_millis(1_000 + i64::try_from(tag).unwrap());
    Outgoing { tag: MessageRef(tag), account: who("alice"), to: who("bob"), body, at, fate: Fate::Queued }
}

fn incoming(id: &str, text: &str) -> Incoming {
    Incoming {
        id: id.into(),
        account: who("alice"),
        room: None,
        from: who("bob"),
        body: Body::plain(text),
        at: Stamp::from_millis(5),
        delayed: true,
        known: false,
    }
}

fn half_written(with: With, text: &str) -> Keep {
    Keep::Draft(Draft { account: who("alice"), with, text: text.into() })
}

#[test]
fn what_is_half_written_comes_back_until_it_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let bob = || With::Person(who("bob"));
    let room = With::Room(RoomId::new("sip:bob@example.test"));
    let mut ledger = open(dir.path());
    let all = [("h", bob()), ("hi", bob()), ("in a room", room.clone())];
    ledger.write(&all.map(|(text, with)| half_written(with, text))).unwrap();
    drop(ledger);
    let mut ledger = open(dir.path());
    let found: Vec<Keep> = ledger.read().unwrap().drafts.into_iter().map(Keep::Draft).collect();
    assert_eq!(found, [half_written(bob(), "hi"), half_written(room.clone(), "in a room")]);
    ledger.write(&[half_written(bob(), "")]).unwrap();
    assert_eq!(ledger.read().unwrap().drafts.len(), 1);
}

#[test]
fn what_is_discarded_leaves_nothing_and_what_was_read_before_stays() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let other = Incoming { from: who("carla"), ..incoming("04", "other words") };
    let in_room = Incoming { room: Some(RoomId::new("r")), ..incoming("05", "in a room") };
    store.write(&[Keep::Incoming(incoming("01", "long ago")), read_all(With::Person(who("bob")))]).unwrap();
    let all = [incoming("02", "unwanted"), incoming("03", "unwanted too"), other.clone(), in_room.clone()];
    store.write(&all.map(Keep::Incoming)).unwrap();
    store.write(&[Keep::Discarded { account: who("alice"), from: who("bob") }]).unwrap();
    assert_eq!(store.read().unwrap().incoming, [other, in_room]);
    let said: Vec<String> = {
        let mut texts = store.database().prepare("SELECT text FROM said ORDER BY place").unwrap();
        let texts = texts.query_map([], |row| row.get(0)).unwrap();
        texts.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(said, ["long ago", "other words", "in a room"]);
    // A copy that comes later is known.
    store.write(&[Keep::Incoming(incoming("02", "unwanted"))]).unwrap();
    assert_eq!(store.read().unwrap().incoming.len(), 2);
    // Of somebody who wrote nothing there is nothing to discard.
    store.write(&[Keep::Discarded { account: who("alice"), from: who("nobody") }]).unwrap();
}

#[test]
fn of_one_person_what_is_held_is_apart_from_what_was_shown() {
    let dir = tempfile::tempdir().unwrap();
    let known = || Incoming { known: true, ..incoming("01", "while she was on the list") };
    let (account, from) = (who("alice"), who("bob"));
    let all = || [known(), incoming("02", "when she was not any more")].map(Keep::Incoming);
    let mut store = open(dir.path());
    store.write(&all()).unwrap();
    store.write(&[Keep::ReadKnown { account: account.clone(), from: from.clone() }]).unwrap();
    assert_eq!(store.read().unwrap().incoming, [incoming("02", "when she was not any more")], "it was not seen");
    store.write(&[Keep::Known { account: account.clone(), from: from.clone() }]).unwrap();
    let came = Incoming { known: true, ..incoming("02", "when she was not any more") };
    assert_eq!(store.read().unwrap().incoming, [came]);
    drop(store);
    // What is thrown away is what was held only.
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&all()).unwrap();
    store.write(&[Keep::Discarded { account: account.clone(), from: from.clone() }]).unwrap();
    assert_eq!(store.read().unwrap().incoming, [known()]);
    let page = store.page(&account, &With::Person(from), &Part::End, 9).unwrap();
    assert_eq!(page.lines.len(), 1);
}

fn read_all(with: With) -> Keep {
    Keep::Read { account: who("alice"), with }
}

fn open(dir: &Path) -> Store {
    let (store, aside) = try_open(dir).unwrap();
    assert_eq!(aside, None);
    store
}

fn file(dir: &Path) -> std::path::PathBuf {
    path(dir)
}

/// The thread over a store that is open; its answers about what was written.
fn keeper(store: Store, to: std::sync::mpsc::Sender<Answer>) -> Keeper {
    let tell = move |told| match told {
        Told::Kept(answer) => drop(to.send(answer)),
        Told::Opened(opened) => assert!(opened.is_ok()),
        Told::Found(found) => panic!("nobody asked: {found:?}"),
        Told::Read(read) => panic!("nobody asked: {read:?}"),
    };
    let remembered = store.read().unwrap();
    Keeper::with(move || Ok((store, remembered, None)), tell).unwrap()
}

fn try_open(dir: &Path) -> Result<(Store, Option<std::path::PathBuf>), StoreFault> {
    Store::open(dir, &Unlock::KeyFile, Retention::Forever)
}

#[test]
fn everything_comes_back_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let unconfirmed = Fate::Unconfirmed { why: "no answer".into() };
    let room = Incoming { room: Some(RoomId::new("r-1")), ..incoming("03", "in a room") };
    let mut ledger = open(path);
    ledger
        .write(&[
            Keep::Outgoing(outgoing(1, "one")),
            Keep::Outgoing(outgoing(2, "two\nlines")),
            Keep::Outgoing(outgoing(3, "three")),
            Keep::Leaving { account: who("alice"), tag: MessageRef(2) },
            Keep::Fate(MessageRef(3), unconfirmed.clone()),
            Keep::Outgoing(outgoing(4, "four")),
            Keep::Settled(MessageRef(4), Fate::Delivered),
            Keep::Incoming(incoming("01", "hello")),
            Keep::Incoming(incoming("02", "again \u{0}\u{1b}")),
            Keep::Incoming(incoming("01", "a copy")),
            Keep::Incoming(room.clone()),
        ])
        .unwrap();
    drop(ledger);
    let found = open(path).read().unwrap();
    let sent = Outgoing { fate: Fate::Sent, ..outgoing(2, "two\nlines") };
    assert_eq!(found.outgoing, [outgoing(1, "one"), sent, Outgoing { fate: unconfirmed, ..outgoing(3, "three") }]);
    assert_eq!(found.incoming, [incoming("01", "hello"), incoming("02", "again \u{0}\u{1b}"), room]);
    let received: Vec<&str> = found.received.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(received, ["03", "02", "01"]);
}

#[test]
fn what_was_read_is_gone_and_its_id_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let mut ledger = open(path);
    let failed = Fate::Failed { why: "refused".into() };
    ledger
        .write(&[
            Keep::Incoming(incoming("01", "a secret that was read")),
            Keep::Incoming(Incoming { from: who("carol"), ..incoming("02", "unread") }),
            Keep::Incoming(Incoming { room: Some(RoomId::new("r")), ..incoming("03", "in a room") }),
            Keep::Outgoing(outgoing(1, "waits")),
            Keep::Outgoing(outgoing(2, "failed")),
            Keep::Fate(MessageRef(2), failed),
            read_all(With::Person(who("bob"))),
        ])
        .unwrap();
    let found = ledger.read().unwrap();
    assert_eq!(
        found.incoming.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(),
        ["02", "03"],
        "the room is another conversation"
    );
    assert_eq!(found.outgoing, [outgoing(1, "waits")], "what waits is not read away");
    ledger.write(&[read_all(With::Room(RoomId::new("r"))), Keep::Incoming(incoming("01", "a late copy"))]).unwrap();
    let found = ledger.read().unwrap();
    assert_eq!(found.incoming.len(), 1, "a copy of what was read does not come back");
    assert_eq!(found.received.len(), 3);
    ledger.wipe().unwrap();
    for name in ["store.db", "store.db-wal"] {
        let bytes = std::fs::read(dir.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(8).any(|w| w == b"a secret"), "{name} still holds what was read");
    }
}

#[test]
fn only_the_user_can_read_it_and_only_one_program_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let ledger = open(path);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
        }
    }
    assert!(try_open(path).unwrap_err().to_string().contains("another chinwag"));
    drop(ledger);
    open(path);
}

#[test]
fn a_broken_file_is_put_aside_each_time_under_a_new_name_and_a_newer_one_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    for n in 1..3 {
        drop(open(path));
        // Its key opens it, and half of it is gone.
        let whole = std::fs::read(file(path)).unwrap();
        std::fs::write(file(path), &whole[..whole.len() / 2 / 4096 * 4096]).unwrap();
        let broken = std::fs::read(file(path)).unwrap();
        let aside = try_open(path).unwrap().1.unwrap();
        assert_eq!(aside, path.join(format!("store.db.broken-{n}")));
        assert_eq!(std::fs::read(&aside).unwrap(), broken, "nothing is thrown away");
    }
    let mut ledger = open(path);
    ledger.write(&[Keep::Outgoing(outgoing(1, "one"))]).unwrap();
    ledger.database().pragma_update(None, "user_version", 7).unwrap();
    drop(ledger);
    let before = std::fs::read(file(path)).unwrap();
    let fault = try_open(path).unwrap_err();
    assert!(matches!(fault, StoreFault::Newer { found: 7, .. }), "{fault}");
    assert_eq!(std::fs::read(file(path)).unwrap(), before);
    let nowhere = try_open(&path.join("no/folder")).unwrap_err();
    assert!(matches!(nowhere, StoreFault::Key(KeyFault::File { .. })), "{nowhere}");
}

#[test]
fn a_page_that_is_damaged_costs_no_start_and_is_never_taken_for_what_was_kept() {
    let (dir, damaged) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut store = open(dir.path());
    // Some reach over several pages.
    let text = |n: u64| format!("number {n} ").repeat(if n.is_multiple_of(100) { 1_500 } else { 8 });
    let both = |n: u64| [Keep::Incoming(incoming(&format!("{n:03}"), &text(n))), Keep::Outgoing(outgoing(n, &text(n)))];
    store.write(&(1..=300).flat_map(both).collect::<Vec<_>>()).unwrap();
    let kept = store.read().unwrap();
    assert_eq!((kept.incoming.len(), kept.outgoing.len()), (300, 300));
    drop(store);
    let whole = std::fs::read(file(dir.path())).unwrap();
    let _ = std::fs::copy(key_path(dir.path()), key_path(damaged.path())).unwrap();
    let (mut broken, mut untouched) = (0, 0);
    // Of one that is damaged in its first page nobody can tell whether it is another one's.
    for page in 1..whole.len() / 4096 {
        let mut octets = whole.clone();
        octets[page * 4096 + 2_000] ^= 1;
        std::fs::write(file(damaged.path()), &octets).unwrap();
        let (store, aside) = try_open(damaged.path()).unwrap_or_else(|fault| panic!("page {page}: {fault}"));
        let found = store.read().unwrap();
        drop(store);
        if let Some(aside) = aside {
            assert_eq!(found, Remembered { history: true, ..Remembered::default() }, "page {page}: it begins anew");
            assert!(std::fs::read(&aside).unwrap() == octets, "page {page}: nothing is thrown away");
            std::fs::remove_file(aside).unwrap();
            broken += 1;
        } else {
            assert!(found == kept, "page {page}: what a start does not read is damaged, or nothing");
            untouched += 1;
        }
    }
    assert!(broken > 20 && untouched > 20, "{broken}, {untouched}");
}

#[test]
fn of_what_its_key_does_not_open_nothing_is_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (there, taken) = (dir.path().join("there"), dir.path().join("taken"));
    for folder in [&there, &taken] {
        std::fs::create_dir(folder).unwrap();
    }
    let mut store = open(&there);
    store.write(&[Keep::Incoming(incoming("01", "text"))]).unwrap();
    // As a killed process leaves it, with a journal that was not taken over.
    for name in ["store.db", "store.db-wal", "store.key"] {
        std::fs::copy(there.join(name), taken.join(name)).unwrap();
    }
    drop(store);
    let (right, other) = (std::fs::read(key_path(&taken)).unwrap(), format!("chinwag store key 1\nplain {}\n", "0".repeat(64)));
    let all = || ["store.db", "store.db-wal"].map(|name| std::fs::read(taken.join(name)).unwrap());
    let before = all();
    std::fs::write(key_path(&taken), &other).unwrap();
    for _ in 0..2 {
        let fault = try_open(&taken).unwrap_err();
        assert!(matches!(fault, StoreFault::OtherKey { .. }) && fault.to_string().contains("does not fit"), "{fault}");
        let key = std::fs::read(key_path(&taken)).unwrap();
        assert!(matches!(change_key(&taken, &Unlock::KeyFile), Err(StoreFault::OtherKey { .. })));
        assert!(std::fs::read(key_path(&taken)).unwrap() == key, "a key that does not fit stays as it is");
        assert!(all() == before, "and its journal neither");
        assert_eq!(std::fs::read_dir(&taken).unwrap().count(), 4, "nothing but the lock came to it");
    }
    std::fs::write(key_path(&taken), &right).unwrap();
    assert_eq!(open(&taken).read().unwrap().incoming.len(), 1);
    // What is damaged at its beginning looks the same to everybody.
    std::fs::write(file(&taken), b"this is no database, and long enough to be looked at as one: ".repeat(100)).unwrap();
    assert!(matches!(try_open(&taken), Err(StoreFault::OtherKey { .. })));
    std::fs::remove_file(file(&taken)).unwrap();
    assert_eq!(open(&taken).read().unwrap().incoming, []);
}

#[test]
fn a_file_cut_anywhere_opens() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut_to) = (dir.path().join("whole"), dir.path().join("cut"));
    for folder in [&whole, &cut_to] {
        std::fs::create_dir(folder).unwrap();
    }
    let mut ledger = open(&whole);
    ledger.wipe().unwrap();
    let _ = std::fs::copy(key_path(&whole), key_path(&cut_to)).unwrap();
    for n in 0..20 {
        ledger.write(&[Keep::Incoming(incoming(&format!("{n:02}"), "text"))]).unwrap();
    }
    // As a killed process leaves it: the database and a journal that was not taken over.
    let (base, journal) = (std::fs::read(file(&whole)).unwrap(), std::fs::read(whole.join("store.db-wal")).unwrap());
    assert!(journal.len() > 10_000);
    let mut before = 0;
    for cut in (0..=journal.len()).step_by(10_007) {
        std::fs::write(file(&cut_to), &base).unwrap();
        std::fs::write(cut_to.join("store.db-wal"), &journal[..cut]).unwrap();
        let found = open(&cut_to).read().unwrap();
        let ids: Vec<String> = found.incoming.iter().map(|m| m.id.clone()).collect();
        assert_eq!(ids, (0..ids.len()).map(|n| format!("{n:02}")).collect::<Vec<_>>(), "in order, none missing, at {cut}");
        assert!(ids.len() >= before, "more of the journal cannot hold less");
        before = ids.len();
    }
    assert!(before >= 18, "{before}");
}

#[test]
fn unread_messages_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path());
    let text = "x".repeat(1024 * 1024);
    for n in 0..80 {
        ledger.write(&[Keep::Incoming(incoming(&format!("{n:02}"), &text))]).unwrap();
    }
    let found = ledger.read().unwrap();
    assert!((48..=69).contains(&found.incoming.len()), "{}", found.incoming.len());
    assert_eq!(found.incoming.last().unwrap().id, "79", "the newest stay");
}

#[test]
fn the_thread_answers_in_order_when_it_is_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let (to, answers) = std::sync::mpsc::channel();
    let mut keeper = keeper(open(path), to);
    for n in 0..500 {
        keeper.keep(Keep::Outgoing(outgoing(n, "x"))).unwrap();
        keeper.keep(Keep::Leaving { account: who("alice"), tag: MessageRef(n) }).unwrap();
    }
    keeper.finish();
    assert!(keeper.keep(Keep::Settled(MessageRef(1), Fate::Delivered)).is_err(), "it has ended");
    let mut tags = Vec::new();
    for answer in answers {
        assert_eq!(answer.why, None);
        tags.extend(answer.kept.into_iter().filter_map(|kept| match kept {
            Kept::Leaving { tag, .. } => Some(tag.0),
            Kept::Outgoing { .. } => None,
            Kept::Incoming { .. } => panic!("nothing came"),
        }));
    }
    assert_eq!(tags, (0..500).collect::<Vec<_>>());
    assert!(open(path).read().unwrap().outgoing.iter().all(|m| m.fate == Fate::Sent));
}

#[test]
fn what_cannot_be_written_is_told_and_does_not_keep_the_rest_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let ledger = open(path);
    ledger.limit_pages();
    let (to, answers) = std::sync::mpsc::channel();
    let mut keeper = keeper(ledger, to);
    keeper.keep(Keep::Incoming(incoming("01", "small"))).unwrap();
    keeper.keep(Keep::Incoming(incoming("02", &"large ".repeat(1_000_000)))).unwrap();
    keeper.keep(Keep::Incoming(incoming("03", "small"))).unwrap();
    keeper.finish();
    let (mut ids, mut whys) = (Vec::new(), Vec::new());
    for answer in answers {
        whys.extend(answer.why);
        let answered = answer.kept.into_iter().chain(answer.failed);
        ids.extend(answered.map(|kept| if let Kept::Incoming { id, .. } = kept { id } else { String::new() }));
    }
    ids.sort();
    assert_eq!(ids, ["01", "02", "03"], "all are answered for");
    assert!(!whys.is_empty() && whys.iter().all(|why| why.contains("full")), "{whys:?}");
    let found: Vec<String> = open(path).read().unwrap().incoming.into_iter().map(|m| m.id).collect();
    assert_eq!(found, ["01", "03"]);
}

#[test]
fn strangers_give_way_before_contacts() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path());
    ledger.write(&[Keep::Incoming(Incoming { known: true, ..incoming("boss", "come at once") })]).unwrap();
    for n in 0..22 {
        let flood = |k| Keep::Incoming(incoming(&format!("{n}-{k}"), "spam"));
        ledger.write(&(0..1_000).map(flood).collect::<Vec<_>>()).unwrap();
    }
    let found = ledger.read().unwrap().incoming;
    assert!((20_000..=21_000).contains(&found.len()), "{}", found.len());
    assert_eq!(found[0].id, "boss");
    assert_eq!(found.last().unwrap().id, "21-999");
}

#[test]
fn a_file_that_was_taken_away_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let mut ledger = open(path);
    std::fs::remove_file(file(path)).unwrap();
    let fault = ledger.write(&[Keep::Outgoing(outgoing(1, "one"))]).unwrap_err();
    assert!(matches!(fault, StoreFault::File { .. }), "{fault}");
    drop(ledger);
    std::fs::create_dir(file(path)).unwrap();
    assert!(try_open(path).unwrap_err().to_string().ends_with("it is not a file"));
}
