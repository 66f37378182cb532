//! How everything that was said lies in the tables, and how it is read and found again.
//!
//! A message lies there once, in the order of coming. Its words are in an index of their own (FTS5), which
//! holds no text; a conversation is a word of it too, so that a search within one reads no others.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::asks::{Hit, Hits, Mark, Page, Part, Place, Search, Talk};
use super::fold;
use super::rows::{number, style, style_numbers};
use super::search::Query;
use super::words::{Keep, With};
use crate::model::{Address, Author, Body, Fate, Line, MessageRef, RoomId, Stamp};

/// The tables. Lists of the index for the first letters of words make a search quick as it is typed; they
/// cost as much room as the words themselves.
pub(super) const TABLES: &str = "
    CREATE TABLE talk (
        talk INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        room INTEGER NOT NULL,
        peer TEXT NOT NULL,
        UNIQUE (account, room, peer)
    ) STRICT;
    CREATE TABLE said (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        talk INTEGER NOT NULL,
        tag INTEGER,
        id TEXT,
        author TEXT,
        at INTEGER NOT NULL,
        came INTEGER NOT NULL,
        text TEXT NOT NULL,
        content_type TEXT,
        style INTEGER NOT NULL,
        colour INTEGER,
        delayed INTEGER NOT NULL,
        fate INTEGER,
        why TEXT
    ) STRICT;
    CREATE INDEX said_talk ON said (talk);
    CREATE UNIQUE INDEX said_tag ON said (tag) WHERE tag IS NOT NULL;
    CREATE UNIQUE INDEX said_id ON said (talk, id) WHERE id IS NOT NULL;
    CREATE INDEX said_open ON said (tag) WHERE fate < 2;
    CREATE VIRTUAL TABLE words USING fts5(text, talk, content='', tokenize='ascii', prefix='1 2 3 4');
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
";

/// Media type that is not written out.
const PLAIN: &str = "text/plain";
/// Messages one answer has at most.
const MOST: usize = 1_000;

/// Writes one thing down, as far as it is about something said.
pub(super) fn keep(to: &Transaction<'_>, keep: &Keep, came: Stamp) -> rusqlite::Result<()> {
    match keep {
        Keep::Outgoing(message) => {
            let talk = talk_for(to, &message.account, &With::Person(message.to.clone()))?;
            let line = ours(message.tag, &message.body, message.at, &message.fate);
            put(to, talk, &line, None, came)
        }
        Keep::Spoken { account, room, tag, body, at } => {
            let talk = talk_for(to, account, &With::Room(room.clone()))?;
            put(to, talk, &ours(*tag, body, *at, &Fate::Queued), None, came)
        }
        Keep::Incoming(message) => {
            let with = message.room.clone().map_or_else(|| With::Person(message.from.clone()), With::Room);
            let talk = talk_for(to, &message.account, &with)?;
            let author = message.room.as_ref().map(|_| &message.from);
            let line = Line {
                at: message.at,
                by: Author::Them(message.from.clone()),
                body: message.body.clone(),
                tag: None,
                id: Some(message.id.clone()),
                fate: None,
                delayed: message.delayed,
            };
            put(to, talk, &line, author, came)
        }
        Keep::Leaving { tag, .. } => set_fate(to, *tag, &Fate::Sent),
        Keep::Fate(tag, fate) | Keep::Settled(tag, fate) => set_fate(to, *tag, fate),
        Keep::TakenBack(tag) => forget(to, Old::Ours(*tag), 1).map(drop),
        // What is to be discarded was, with the ledger's part of it.
        Keep::Read { .. }
        | Keep::ReadKnown { .. }
        | Keep::Known { .. }
        | Keep::Discarded { .. }
        | Keep::Screen(_)
        | Keep::Draft(_) => Ok(()),
    }
}

fn ours(tag: MessageRef, body: &Body, at: Stamp, fate: &Fate) -> Line {
    Line { at, by: Author::Us, body: body.clone(), tag: Some(tag), id: None, fate: Some(fate.clone()), delayed: false }
}

/// Puts a message at the end, unless it is there.
pub(super) fn put(to: &Transaction<'_>, talk: i64, line: &Line, author: Option<&Address>, came: Stamp) -> rusqlite::Result<()> {
    let (style, colour) = style_numbers(&line.body.style);
    let (fate, why) = line.fate.as_ref().map_or((None, None), |fate| (Some(fate_number(fate)), why(fate)));
    let content_type = Some(line.body.content_type.as_str()).filter(|kind| *kind != PLAIN);
    let text = "INSERT OR IGNORE INTO said \
                (talk, tag, id, author, at, came, text, content_type, style, colour, delayed, fate, why) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let put = to.prepare_cached(text)?.execute(params![
        talk,
        line.tag.map(number),
        line.id,
        author.map(Address::as_str),
        line.at.as_millis(),
        came.as_millis(),
        line.body.text,
        content_type,
        style,
        colour,
        line.delayed,
        fate,
        why
    ])?;
    if put > 0 {
        let text = "INSERT INTO words (rowid, text, talk) VALUES (?1, ?2, ?3)";
        to.prepare_cached(text)?.execute(params![to.last_insert_rowid(), fold::indexed(&line.body.text), talk_word(talk)])?;
    }
    Ok(())
}

fn set_fate(to: &Transaction<'_>, tag: MessageRef, fate: &Fate) -> rusqlite::Result<()> {
    to.prepare_cached("UPDATE said SET fate = ?2, why = ?3 WHERE tag = ?1")?
        .execute(params![number(tag), fate_number(fate), why(fate)])
        .map(drop)
}

/// Messages of an earlier run whose fate is open and for which nothing waits any more.
pub(super) fn close_open_fates(to: &Transaction<'_>) -> rusqlite::Result<()> {
    let text = "UPDATE said SET fate = 5, why = 'chinwag stopped before the answer came' \
                WHERE fate < 2 AND tag NOT IN (SELECT tag FROM outgoing)";
    to.execute(text, []).map(drop)
}

/// The word of the index for a conversation.
pub(super) fn talk_word(talk: i64) -> String {
    format!("t{talk}")
}

fn with_words(with: &With) -> (bool, &str) {
    match with {
        With::Person(who) => (false, who.as_str()),
        With::Room(room) => (true, room.as_str()),
    }
}

/// The number of a conversation, if anything was said in it.
pub(super) fn talk_of(database: &Connection, account: &Address, with: &With) -> rusqlite::Result<Option<i64>> {
    let (room, peer) = with_words(with);
    let text = "SELECT talk FROM talk WHERE account = ?1 AND room = ?2 AND peer = ?3";
    database.prepare_cached(text)?.query_row(params![account.as_str(), room, peer], |row| row.get(0)).optional()
}

/// The number of a conversation.
pub(super) fn talk_for(to: &Transaction<'_>, account: &Address, with: &With) -> rusqlite::Result<i64> {
    if let Some(talk) = talk_of(to, account, with)? {
        return Ok(talk);
    }
    let (room, peer) = with_words(with);
    let text = "INSERT INTO talk (account, room, peer) VALUES (?1, ?2, ?3)";
    to.prepare_cached(text)?.execute(params![account.as_str(), room, peer])?;
    Ok(to.last_insert_rowid())
}

/// A part of a conversation.
pub(super) fn page(database: &Connection, account: &Address, with: &With, part: &Part, count: usize) -> rusqlite::Result<Page> {
    let count = count.clamp(1, MOST);
    let empty = Page {
        account: account.clone(),
        with: with.clone(),
        part: part.clone(),
        lines: Vec::new(),
        more_before: false,
        more_after: false,
    };
    let Some(talk) = talk_of(database, account, with)? else { return Ok(empty) };
    let at = |mark: &Mark| place_of(database, talk, mark);
    let read = |from: i64, down: bool, count: usize| side(database, talk, with, from, down, count);
    // What is not there, since it could not be kept or was deleted, is taken for the end.
    let ((older, more_before), (newer, more_after)) = match part {
        Part::End => (read(i64::MAX, true, count)?, (Vec::new(), false)),
        Part::Before(mark) => match at(mark)? {
            Some(place) => (read(place, true, count)?, (Vec::new(), true)),
            None => (read(i64::MAX, true, count)?, (Vec::new(), false)),
        },
        Part::After(mark) => match at(mark)? {
            Some(place) => ((Vec::new(), true), read(place, false, count)?),
            None => ((Vec::new(), false), (Vec::new(), false)),
        },
        Part::Around(mark) => match at(mark)? {
            Some(place) => (read(place, true, count / 2)?, read(place - 1, false, count.div_ceil(2))?),
            None => (read(i64::MAX, true, count)?, (Vec::new(), false)),
        },
    };
    Ok(Page { lines: older.into_iter().rev().chain(newer).collect(), more_before, more_after, ..empty })
}

fn place_of(database: &Connection, talk: i64, mark: &Mark) -> rusqlite::Result<Option<i64>> {
    match mark {
        Mark::Place(place) => Ok(Some(place.0)),
        Mark::Tag(tag) => {
            let text = "SELECT place FROM said WHERE tag = ?1 AND talk = ?2";
            database.prepare_cached(text)?.query_row(params![number(*tag), talk], |row| row.get(0)).optional()
        }
        Mark::Id(id) => {
            let text = "SELECT place FROM said WHERE talk = ?1 AND id = ?2";
            database.prepare_cached(text)?.query_row(params![talk, id], |row| row.get(0)).optional()
        }
    }
}

type Side = (Vec<(Place, Line)>, bool);

/// Messages from a place on, down to older ones or up to newer ones; whether there are more.
fn side(database: &Connection, talk: i64, with: &With, from: i64, down: bool, count: usize) -> rusqlite::Result<Side> {
    if count == 0 {
        return Ok((Vec::new(), true));
    }
    let text = if down {
        "SELECT * FROM said WHERE talk = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3"
    } else {
        "SELECT * FROM said WHERE talk = ?1 AND place > ?2 ORDER BY place LIMIT ?3"
    };
    let limit = i64::try_from(count + 1).unwrap_or(i64::MAX);
    let mut found = database.prepare_cached(text)?;
    let found = found.query_map(params![talk, from, limit], |row| Ok((Place(row.get("place")?), line(row, with)?)))?;
    let mut lines = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = lines.len() > count;
    lines.truncate(count);
    Ok((lines, more))
}

/// A row, by its names.
pub(super) fn line(row: &Row<'_>, with: &With) -> rusqlite::Result<Line> {
    let fate: Option<i64> = row.get("fate")?;
    let fate = fate.map(|fate| Ok::<_, rusqlite::Error>(fate_of(fate, row.get::<_, Option<String>>("why")?.unwrap_or_default())));
    Ok(Line {
        at: Stamp::from_millis(row.get("at")?),
        by: author(row, with)?,
        body: Body {
            text: row.get("text")?,
            style: style(row.get("style")?, row.get("colour")?),
            content_type: row.get::<_, Option<String>>("content_type")?.unwrap_or_else(|| PLAIN.to_owned()),
        },
        tag: row.get::<_, Option<i64>>("tag")?.map(|tag| MessageRef(tag.unsigned_abs())),
        id: row.get("id")?,
        fate: fate.transpose()?,
        delayed: row.get("delayed")?,
    })
}

fn author(row: &Row<'_>, with: &With) -> rusqlite::Result<Author> {
    if row.get::<_, Option<i64>>("tag")?.is_some() {
        return Ok(Author::Us);
    }
    let author: Option<String> = row.get("author")?;
    let named = author.as_deref().and_then(|who| Address::parse(who).ok());
    Ok(match (named, with) {
        (Some(who), _) => Author::Them(who),
        (None, With::Person(who)) => Author::Them(who.clone()),
        // No row this program wrote.
        (None, With::Room(_)) => Author::Us,
    })
}

fn with_of(row: &Row<'_>) -> rusqlite::Result<Option<(Address, With)>> {
    let (account, room, peer): (String, bool, String) = (row.get("account")?, row.get("room")?, row.get("peer")?);
    let with = if room { Some(With::Room(RoomId::new(&peer))) } else { Address::parse(&peer).ok().map(With::Person) };
    Ok(Address::parse(&account).ok().zip(with))
}

/// Messages with some words, newest first. The ledger has a name once only, so it costs little to ask it about each;
/// what is held is left out here, since whoever sends much would fill the answer with it.
pub(super) const SEARCH: &str = "SELECT said.*, talk.account, talk.room, talk.peer FROM words \
    JOIN said ON said.place = words.rowid JOIN talk ON talk.talk = said.talk \
    WHERE words MATCH ?1 AND words.rowid < ?2 \
    AND (?4 OR NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.account = talk.account AND incoming.id = said.id \
    AND incoming.unread AND NOT incoming.known AND incoming.room IS NULL)) \
    ORDER BY words.rowid DESC LIMIT ?3";

/// Messages with all these words, newest first.
pub(super) fn search(database: &Connection, search: &Search) -> rusqlite::Result<Hits> {
    let nothing = Hits { ticket: search.ticket, ..Hits::default() };
    let Some(query) = Query::read(&search.words) else { return Ok(nothing) };
    let talk = match &search.with {
        None => None,
        Some((account, with)) => match talk_of(database, account, with)? {
            None => return Ok(nothing),
            talk => talk,
        },
    };
    let count = search.count.clamp(1, MOST);
    let before = search.before.map_or(i64::MAX, |place| place.0);
    let limit = i64::try_from(count + 1).unwrap_or(i64::MAX);
    let mut found = database.prepare_cached(SEARCH)?;
    let mut rows = found.query(params![query.to_index(talk), before, limit, search.held])?;
    let (mut hits, mut seen) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        seen += 1;
        let Some((account, with)) = with_of(row)?.filter(|_| seen <= count) else { continue };
        let by = author(row, &with)?;
        let text: String = row.get("text")?;
        let (excerpt, cut, marks) = query.excerpt(&text);
        let (place, at) = (Place(row.get("place")?), Stamp::from_millis(row.get("at")?));
        let (tag, id) = (row.get::<_, Option<i64>>("tag")?.map(|tag| MessageRef(tag.unsigned_abs())), row.get("id")?);
        hits.push(Hit { place, account, with, at, by, tag, id, excerpt, cut, marks });
    }
    Ok(Hits { hits, more: seen > count, ..nothing })
}

/// Every conversation, the one with the newest message first.
pub(super) fn talks(database: &Connection) -> rusqlite::Result<Vec<Talk>> {
    let text = "SELECT talk.*, bounds.count, first.at AS first, last.at AS last FROM talk \
                JOIN (SELECT talk, count(*) AS count, min(place) AS low, max(place) AS high FROM said GROUP BY talk) AS bounds \
                  ON bounds.talk = talk.talk \
                JOIN said AS first ON first.place = bounds.low JOIN said AS last ON last.place = bounds.high \
                ORDER BY bounds.high DESC";
    let mut people =
        database.prepare("SELECT DISTINCT author FROM said WHERE talk = ?1 AND author IS NOT NULL ORDER BY author")?;
    let mut found = database.prepare(text)?;
    let mut rows = found.query([])?;
    let mut talks = Vec::new();
    while let Some(row) = rows.next()? {
        let Some((account, with)) = with_of(row)? else { continue };
        let people = match &with {
            With::Person(who) => vec![who.clone()],
            With::Room(_) => {
                let names = people.query_map([row.get::<_, i64>("talk")?], |row| row.get::<_, String>(0))?;
                names.filter_map(|name| name.map(|name| Address::parse(&name).ok()).transpose()).collect::<Result<_, _>>()?
            }
        };
        let (first, last) = (Stamp::from_millis(row.get("first")?), Stamp::from_millis(row.get("last")?));
        talks.push(Talk { account, with, people, count: row.get::<_, i64>("count")?.unsigned_abs(), first, last });
    }
    Ok(talks)
}

/// What is to go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Old {
    /// Everything of a conversation.
    Talk(i64),
    /// What is held in it of a person.
    Held(i64),
    /// One message of ours.
    Ours(MessageRef),
    /// What was written before this time.
    Written(Stamp),
    /// What came before this time; as the order is that of coming, the first that stays ends it.
    Came(Stamp),
}

/// Those of a conversation that are held, by what the ledger knows.
const HELD: &str = "SELECT place, talk, text FROM said WHERE talk = ?1 AND id IN \
    (SELECT incoming.id FROM incoming JOIN talk ON talk.talk = ?1 AND incoming.account = talk.account AND incoming.peer = talk.peer \
    WHERE incoming.unread AND NOT incoming.known AND incoming.room IS NULL) LIMIT ?2";

/// Deletes what is held of a person.
pub(super) fn forget_held(to: &Transaction<'_>, account: &Address, from: &Address) -> rusqlite::Result<()> {
    let talk = talk_of(to, account, &With::Person(from.clone()))?;
    talk.map_or(Ok(()), |talk| forget(to, Old::Held(talk), usize::MAX).map(drop))
}

/// Deletes some of it; how many.
pub(super) fn forget(to: &Transaction<'_>, old: Old, most: usize) -> rusqlite::Result<usize> {
    let (text, bound) = match old {
        Old::Talk(talk) => ("SELECT place, talk, text FROM said WHERE talk = ?1 ORDER BY place LIMIT ?2", talk),
        Old::Held(talk) => (HELD, talk),
        Old::Ours(tag) => ("SELECT place, talk, text FROM said WHERE tag = ?1 LIMIT ?2", number(tag)),
        Old::Written(before) => ("SELECT place, talk, text FROM said WHERE at < ?1 ORDER BY place LIMIT ?2", before.as_millis()),
        Old::Came(before) => {
            ("SELECT place, talk, text FROM (SELECT * FROM said ORDER BY place LIMIT ?2) WHERE came < ?1", before.as_millis())
        }
    };
    let mut found = to.prepare_cached(text)?;
    let found = found.query_map(params![bound, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    })?;
    let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut from_index = to.prepare_cached("INSERT INTO words (words, rowid, text, talk) VALUES ('delete', ?1, ?2, ?3)")?;
    let mut row = to.prepare_cached("DELETE FROM said WHERE place = ?1")?;
    for (place, talk, text) in &found {
        from_index.execute(params![place, fold::indexed(text), talk_word(*talk)])?;
        row.execute([place])?;
    }
    to.execute("DELETE FROM talk WHERE NOT EXISTS (SELECT 1 FROM said WHERE said.talk = talk.talk)", [])?;
    Ok(found.len())
}

const fn fate_number(fate: &Fate) -> i64 {
    match fate {
        Fate::Queued => 0,
        Fate::Sent => 1,
        Fate::Stored => 2,
        Fate::Delivered => 3,
        Fate::Failed { .. } => 4,
        Fate::Unconfirmed { .. } => 5,
    }
}

fn why(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Failed { why } | Fate::Unconfirmed { why } => Some(why),
        _ => None,
    }
}

fn fate_of(number: i64, why: String) -> Fate {
    match number {
        0 => Fate::Queued,
        1 => Fate::Sent,
        2 => Fate::Stored,
        3 => Fate::Delivered,
        4 => Fate::Failed { why },
        _ => Fate::Unconfirmed { why },
    }
}
