//! The store with a million messages: open it, the last page, scroll to the oldest, search. Beside it, in the
//! same run, plain SQLite with the same tables, rows and index, not encrypted.
//! `cargo bench --bench store` (`-- 100000` for fewer messages); figures in `docs/performance.md`.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::time::{Duration, Instant};

use chinwag::history::{Incoming, Keep, Mark, Outgoing, Part, Search, Store, Ticket, Unlock, With, key_path, path};
use chinwag::model::{Address, Body, Fate, MessageRef, Retention, Secret, Stamp};
use rusqlite::{Connection, params};

const PAGE: usize = 200;
const HITS: usize = 100;
/// Every so many messages belong to the conversation that is scrolled.
const GREAT: usize = 10;
const PEOPLE: usize = 300;
const WORDS: usize = 30_000;
/// How often a connection is opened.
const COLD: usize = 21;

fn main() {
    let count = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), count);
    let plain = dir.path().join("plain.db");
    copy_in_clear(dir.path(), &plain);
    let size = |path: &Path| std::fs::metadata(path).unwrap().len() / (1024 * 1024);
    println!("{count} messages: {} MiB encrypted, {} MiB plain", size(&path(dir.path())), size(&plain));

    let before = resident();
    let (opened, store) = timed(|| Store::open(dir.path(), &Unlock::KeyFile, Retention::Forever).unwrap().0);
    let (read, _) = timed(|| store.read().unwrap());
    println!("open: {}, then read the ledger: {}", ms(opened), ms(read));
    drop(store);
    // The same statements on both, each connection new.
    for (name, connect) in
        [("encrypted", (&|| encrypted(dir.path())) as &dyn Fn() -> Connection), ("plain", &|| in_clear(&plain))]
    {
        let all: Vec<[Duration; 3]> = (0..COLD).map(|_| cold(connect)).collect();
        let [mut opens, mut ledgers, mut lasts] = [0, 1, 2].map(|which| all.iter().map(|times| times[which]).collect::<Vec<_>>());
        let (opens, ledgers, lasts) = (spread(&mut opens), spread(&mut ledgers), spread(&mut lasts));
        println!("  by SQL alone, {name}: open {opens}; ledger {ledgers}; last page {lasts}");
    }

    let (store, _) = Store::open(dir.path(), &Unlock::KeyFile, Retention::Forever).unwrap();
    let (alice, great) = (address("alice"), With::Person(address("great")));
    let first = timed(|| store.page(&alice, &great, &Part::End, PAGE).unwrap());
    println!("last page, cold: {}; resident memory for the store then: {} KiB", ms(first.0), resident() - before);
    let mut times = Vec::new();
    let mut part = Part::End;
    let mut seen = 0;
    let scrolled = Instant::now();
    loop {
        let (time, page) = timed(|| store.page(&alice, &great, &part, PAGE).unwrap());
        times.push(time);
        seen += page.lines.len();
        part = Part::Before(Mark::Place(page.lines[0].0));
        if !page.more_before {
            break;
        }
    }
    println!("scroll to the oldest of {seen}: {} in all; pages {}", ms(scrolled.elapsed()), spread(&mut times));
    drop(store);
    // The same statements on both.
    let (key, clear) = (encrypted(dir.path()), in_clear(&plain));
    for (name, database) in [("encrypted", &key), ("plain", &clear)] {
        let mut times = pages(database);
        let all: Duration = times.iter().sum();
        println!("  the same by SQL alone, {name}: {} in all; pages {}", ms(all), spread(&mut times));
    }

    let questions = questions();
    let mut all = [Vec::new(), Vec::new()];
    for (kind, asked) in &questions {
        let mut lines = Vec::new();
        for (database, all) in [&key, &clear].into_iter().zip(&mut all) {
            let mut times: Vec<Duration> = asked.iter().map(|words| timed(|| matches(database, words)).0).collect();
            times.extend(asked.iter().map(|words| timed(|| matches(database, words)).0));
            // The second time it is warm.
            let mut warm = times.split_off(asked.len());
            all.extend(warm.iter().copied());
            lines.push(spread(&mut warm));
        }
        println!("search {kind}, by SQL alone: encrypted {}; plain {}", lines[0], lines[1]);
    }
    let [one, other] = &mut all;
    println!("search of all kinds, by SQL alone: encrypted {}; plain {}", spread(one), spread(other));
    drop((key, clear));

    let (mut store, _) = Store::open(dir.path(), &Unlock::KeyFile, Retention::Forever).unwrap();
    let (mut times, mut found) = (Vec::new(), 0);
    for round in 0..2 {
        for words in questions.iter().flat_map(|(_, asked)| asked) {
            let (words, ticket) = (words.clone(), Ticket::default());
            let search = Search { words, with: None, before: None, count: HITS, held: false, ticket };
            let (time, hits) = timed(|| store.search(&search).unwrap());
            if round == 1 {
                times.push(time);
                found += hits.hits.len();
            }
        }
    }
    println!("search of all kinds by the store, with marks and excerpts: {}; {found} found", spread(&mut times));
    let mut times: Vec<Duration> = questions
        .iter()
        .flat_map(|(_, asked)| asked)
        .map(|words| {
            let with = Some((alice.clone(), With::Person(address("person7"))));
            let (words, ticket) = (words.clone(), Ticket::default());
            let search = Search { words, with, before: None, count: HITS, held: false, ticket };
            timed(|| store.search(&search).unwrap()).0
        })
        .collect();
    println!("the same in one conversation: {}", spread(&mut times));
    println!("resident memory with the store open, after all that: {} KiB more than before", resident() - before);
    let mut times = Vec::new();
    for n in 0..200 {
        let keep = came(count + n, &mut Chance(n as u64 + 1));
        times.push(timed(|| store.write(&[keep]).unwrap()).0);
    }
    println!("one message written: {}", spread(&mut times));
    drop(store);
    let unlock = Unlock::Passphrase(Secret::new("correct horse battery staple".into()));
    drop(Store::open(dir.path(), &unlock, Retention::Forever).unwrap());
    let (opened, _) = timed(|| Store::open(dir.path(), &unlock, Retention::Forever).unwrap());
    println!("open with a passphrase: {}", ms(opened));
}

/// A number that looks random, the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// As in a language: the first words are by far the most frequent.
    fn word(&mut self) -> String {
        let part = (self.next() % 1_000_000) as f64 / 1_000_000.0;
        word((WORDS as f64).powf(part) as usize)
    }
}

/// The n-th word: longer ones are rarer.
fn word(n: usize) -> String {
    let parts = [
        "ka", "to", "ri", "men", "su", "la", "ve", "no", "di", "pe", "sha", "ul", "or", "in", "est", "go", "bra", "ti", "ca",
        "ne",
    ];
    let (mut n, mut text) = (n.wrapping_mul(7) % (WORDS * 7), String::new());
    loop {
        text.push_str(parts[n % parts.len()]);
        n /= parts.len();
        if n == 0 {
            return text;
        }
    }
}

fn address(user: &str) -> Address {
    Address::parse(&format!("sip:{user}@example.test")).unwrap()
}

fn text(chance: &mut Chance) -> String {
    let count = 1 + chance.below(6) + chance.below(12);
    (0..count).map(|_| chance.word()).collect::<Vec<_>>().join(" ")
}

fn with(n: usize) -> Address {
    if n.is_multiple_of(GREAT) { address("great") } else { address(&format!("person{}", n % PEOPLE)) }
}

fn came(n: usize, chance: &mut Chance) -> Keep {
    let at = Stamp::from_millis(1_700_000_000_000 + n as i64 * 1_000);
    Keep::Incoming(Incoming {
        id: format!("{:016x}", (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        account: address("alice"),
        room: None,
        from: with(n),
        body: Body::plain(text(chance)),
        at,
        delayed: false,
        known: true,
    })
}

fn fill(dir: &Path, count: usize) {
    let (mut store, _) = Store::open(dir, &Unlock::KeyFile, Retention::Forever).unwrap();
    let mut chance = Chance(4711);
    let began = Instant::now();
    for start in (0..count).step_by(5_000) {
        let mut batch = Vec::new();
        for n in start..count.min(start + 5_000) {
            if chance.below(2) == 0 {
                batch.push(came(n, &mut chance));
            } else {
                let at = Stamp::from_millis(1_700_000_000_000 + n as i64 * 1_000);
                let (tag, body) = (MessageRef(n as u64 + 1), Body::plain(text(&mut chance)));
                batch.push(Keep::Outgoing(Outgoing {
                    tag,
                    account: address("alice"),
                    to: with(n),
                    body,
                    at,
                    fate: Fate::Queued,
                }));
                batch.push(Keep::Settled(tag, Fate::Delivered));
            }
        }
        let people = (0..PEOPLE).map(|n| address(&format!("person{n}"))).chain([address("great")]);
        batch.extend(people.map(|who| Keep::Read { account: address("alice"), with: With::Person(who) }));
        store.write(&batch).unwrap();
    }
    println!("filled in {:.0} s, 5,000 messages together", began.elapsed().as_secs_f64());
}

/// A connection to the encrypted store without the program around it.
fn encrypted(dir: &Path) -> Connection {
    let file = std::fs::read_to_string(key_path(dir)).unwrap();
    let key = file.trim().rsplit(' ').next().unwrap();
    let database = Connection::open(path(dir)).unwrap();
    database.execute_batch(&format!("PRAGMA key = \"x'{key}'\"; PRAGMA temp_store = MEMORY;")).unwrap();
    database.pragma_update(None, "cache_size", -16 * 1024).unwrap();
    database
}

/// The same for the other one.
fn in_clear(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    database.execute_batch("PRAGMA temp_store = MEMORY;").unwrap();
    database.pragma_update(None, "cache_size", -16 * 1024).unwrap();
    database
}

/// What a start wants: open, what waits and what is unread, the last page.
fn cold(connect: &dyn Fn() -> Connection) -> [Duration; 3] {
    let (opened, database) = timed(|| {
        let database = connect();
        one(&database, "PRAGMA user_version").unwrap();
        database
    });
    let asked = [
        "SELECT * FROM outgoing ORDER BY tag",
        "SELECT * FROM incoming WHERE unread ORDER BY place",
        "SELECT account, id FROM incoming ORDER BY place DESC LIMIT 4096",
        "SELECT max(tag) FROM said WHERE tag IS NOT NULL",
        "SELECT * FROM drafts",
    ];
    let (ledger, _) = timed(|| {
        for text in asked {
            let mut found = database.prepare(text).unwrap();
            let mut rows = found.query([]).unwrap();
            while rows.next().unwrap().is_some() {}
        }
    });
    let (last, _) = timed(|| page(&database, great(&database), i64::MAX));
    [opened, ledger, last]
}

/// All tables, with the index as it lies there.
fn copy_in_clear(dir: &Path, to: &Path) {
    let database = encrypted(dir);
    database.execute("ATTACH DATABASE ?1 AS clear KEY ''", params![to.to_str().unwrap()]).unwrap();
    let text = "SELECT name, sql, type FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
                AND name NOT LIKE 'words\\_%' ESCAPE '\\' ORDER BY type DESC";
    let mut found = database.prepare(text).unwrap();
    let all: Vec<(String, String, String)> =
        found.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    let mut tables = Vec::new();
    for (name, sql, kind) in &all {
        let sql = sql.replacen(&format!(" {name}"), &format!(" clear.{name}"), 1);
        database.execute_batch(&sql).unwrap_or_else(|fault| panic!("{sql}: {fault}"));
        if kind == "table" && name != "words" {
            tables.push(name.clone());
        }
    }
    tables.extend(["data", "idx", "docsize", "config"].map(|part| format!("words_{part}")));
    for name in tables {
        database
            .execute_batch(&format!("DELETE FROM clear.{name}; INSERT INTO clear.{name} SELECT * FROM main.{name};"))
            .unwrap();
    }
}

fn one(database: &Connection, text: &str) -> rusqlite::Result<i64> {
    database.query_row(text, [], |row| row.get(0))
}

fn great(database: &Connection) -> i64 {
    one(database, "SELECT talk FROM talk WHERE peer LIKE '%great%'").unwrap()
}

/// One page of a conversation; how long it is, and where it begins.
fn page(database: &Connection, talk: i64, mut before: i64) -> (usize, i64) {
    let text = "SELECT * FROM said WHERE talk = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3";
    let mut page = database.prepare_cached(text).unwrap();
    let mut rows = page.query(params![talk, before, PAGE as i64]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        before = row.get("place").unwrap();
        let _: String = row.get("text").unwrap();
        count += 1;
    }
    (count, before)
}

/// Every page of the great conversation, from the last to the first.
fn pages(database: &Connection) -> Vec<Duration> {
    let (talk, mut before, mut times) = (great(database), i64::MAX, Vec::new());
    loop {
        let (time, (count, begins)) = timed(|| page(database, talk, before));
        times.push(time);
        before = begins;
        if count < PAGE {
            return times;
        }
    }
}

/// What is searched for: words of all frequencies, what is typed on the way to one, several, rows of them.
fn questions() -> Vec<(&'static str, Vec<String>)> {
    let mut chance = Chance(99);
    let mut of = |count: usize, how: &mut dyn FnMut(&mut Chance) -> String| (0..count).map(|_| how(&mut chance)).collect();
    vec![
        (
            "as typed",
            of(300, &mut |c| {
                let word = c.word();
                let len = 1 + c.below(word.len());
                word[..len].to_owned()
            }),
        ),
        ("two words", of(200, &mut |c| format!("{} {}", c.word(), c.word()))),
        ("three words", of(100, &mut |c| format!("{} {} {}", c.word(), c.word(), c.word()))),
        ("a row of two", of(100, &mut |c| format!("\"{} {}\"", c.word(), c.word()))),
        ("rare words", of(200, &mut |c| word(WORDS / 2 + c.below(WORDS / 2)))),
        ("words that are nowhere", of(100, &mut |c| format!("{}xx", c.word()))),
    ]
}

/// The same question by SQL: what the store asks, without the marks.
fn matches(database: &Connection, words: &str) -> usize {
    let text = "SELECT said.*, talk.account, talk.room, talk.peer FROM words JOIN said ON said.place = words.rowid \
                JOIN talk ON talk.talk = said.talk WHERE words MATCH ?1 AND words.rowid < ?2 ORDER BY words.rowid DESC LIMIT ?3";
    let asked = match words.strip_prefix('"') {
        Some(row) => format!("text : (\"{})", row),
        None => format!("text : ({})", words.split(' ').map(|word| format!("\"{word}\" *")).collect::<Vec<_>>().join(" AND ")),
    };
    let mut found = database.prepare_cached(text).unwrap();
    let mut rows = found.query(params![asked, i64::MAX, HITS as i64]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let _: String = row.get("text").unwrap();
        count += 1;
    }
    count
}

fn timed<T>(what: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let out = what();
    (began.elapsed(), out)
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    format!("p50 {}, p99 {}, most {}", ms(at(50)), ms(at(99)), ms(at(100)))
}

/// Resident memory of this process, KiB.
fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
