//! How messages that wait, or are not read, lie in the tables.

use rusqlite::{Row, Transaction, params};

use super::past;
use super::words::{Draft, Incoming, Keep, Outgoing, With};
use crate::model::{Address, Body, Fate, MessageRef, RoomId, Stamp, TextStyle};

/// The tables of what waits and of what nobody has read.
pub(super) const TABLES: &str = "
    CREATE TABLE outgoing (
        tag INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        peer TEXT NOT NULL,
        at INTEGER NOT NULL,
        text TEXT NOT NULL,
        content_type TEXT NOT NULL,
        style INTEGER NOT NULL,
        colour INTEGER,
        fate TEXT NOT NULL,
        why TEXT NOT NULL
    ) STRICT;
    CREATE TABLE incoming (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        id TEXT NOT NULL,
        room TEXT,
        peer TEXT NOT NULL,
        at INTEGER NOT NULL,
        text TEXT NOT NULL,
        content_type TEXT NOT NULL,
        style INTEGER NOT NULL,
        colour INTEGER,
        delayed INTEGER NOT NULL,
        known INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        UNIQUE (account, id)
    ) STRICT;
    CREATE INDEX incoming_unread ON incoming (account, peer) WHERE unread;
    CREATE TABLE drafts (
        account TEXT NOT NULL,
        room INTEGER NOT NULL,
        peer TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (account, room, peer)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE single (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
";

/// Writes one thing down; `false` if it is a message that is known already.
pub(super) fn write(to: &Transaction<'_>, keep: &Keep) -> rusqlite::Result<bool> {
    match keep {
        Keep::Outgoing(message) => put_outgoing(to, message)?,
        Keep::Leaving { tag, .. } => set_fate(to, *tag, &Fate::Sent)?,
        Keep::Fate(tag, fate) => set_fate(to, *tag, fate)?,
        Keep::Settled(tag, _) | Keep::TakenBack(tag) => {
            to.prepare_cached("DELETE FROM outgoing WHERE tag = ?1")?.execute([number(*tag)])?;
        }
        Keep::Incoming(message) => return put_incoming(to, message),
        Keep::Spoken { .. } => {}
        Keep::Read { account, with } => read(to, account, with)?,
        Keep::ReadKnown { account, from } => read_of(to, account, from, true)?,
        Keep::Known { account, from } => {
            let text = "UPDATE incoming SET known = 1 WHERE unread AND account = ?1 AND peer = ?2";
            to.prepare_cached(text)?.execute([account.as_str(), from.as_str()])?;
        }
        Keep::Discarded { account, from } => {
            past::forget_held(to, account, from)?;
            read_of(to, account, from, false)?;
        }
        Keep::Screen(text) => put_single(to, SCREEN, text)?,
        Keep::Draft(draft) => put_draft(to, draft)?,
    }
    Ok(true)
}

fn put_outgoing(to: &Transaction<'_>, message: &Outgoing) -> rusqlite::Result<()> {
    let (fate, why) = fate_words(&message.fate);
    let (style, colour) = style_numbers(&message.body.style);
    let text = "INSERT OR REPLACE INTO outgoing (tag, account, peer, at, text, content_type, style, colour, fate, why) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    to.prepare_cached(text)?
        .execute(params![
            number(message.tag),
            message.account.as_str(),
            message.to.as_str(),
            message.at.as_millis(),
            message.body.text,
            message.body.content_type,
            style,
            colour,
            fate,
            why
        ])
        .map(drop)
}

fn put_incoming(to: &Transaction<'_>, message: &Incoming) -> rusqlite::Result<bool> {
    let (style, colour) = style_numbers(&message.body.style);
    let text = "INSERT OR IGNORE INTO incoming \
                (account, id, room, peer, at, text, content_type, style, colour, delayed, known, unread) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1)";
    to.prepare_cached(text)?
        .execute(params![
            message.account.as_str(),
            message.id,
            message.room.as_ref().map(RoomId::as_str),
            message.from.as_str(),
            message.at.as_millis(),
            message.body.text,
            message.body.content_type,
            style,
            colour,
            message.delayed,
            message.known
        ])
        .map(|count| count > 0)
}

/// The name of how the screen is.
pub(super) const SCREEN: &str = "screen";

fn put_single(to: &Transaction<'_>, name: &str, text: &str) -> rusqlite::Result<()> {
    to.prepare_cached("INSERT OR REPLACE INTO single (name, text) VALUES (?1, ?2)")?.execute([name, text]).map(drop)
}

fn set_fate(to: &Transaction<'_>, tag: MessageRef, fate: &Fate) -> rusqlite::Result<()> {
    let (fate, why) = fate_words(fate);
    to.prepare_cached("UPDATE outgoing SET fate = ?2, why = ?3 WHERE tag = ?1")?
        .execute(params![number(tag), fate, why])
        .map(drop)
}

/// The text of what was read goes; its id stays for a while, so that a copy is known.
pub(super) fn read(to: &Transaction<'_>, account: &Address, with: &With) -> rusqlite::Result<()> {
    let (column, peer) = match with {
        With::Person(who) => ("room IS NULL AND peer", who.as_str()),
        With::Room(room) => ("room", room.as_str()),
    };
    let text = format!("UPDATE incoming SET unread = 0, text = '' WHERE unread AND account = ?1 AND {column} = ?2");
    to.prepare_cached(&text)?.execute([account.as_str(), peer])?;
    if let With::Person(who) = with {
        let text = "DELETE FROM outgoing WHERE account = ?1 AND peer = ?2 AND fate IN ('failed', 'unconfirmed')";
        to.prepare_cached(text)?.execute([account.as_str(), who.as_str()])?;
    }
    Ok(())
}

/// The same of what a person wrote to the user alone, while they were known or not.
fn read_of(to: &Transaction<'_>, account: &Address, from: &Address, known: bool) -> rusqlite::Result<()> {
    let text = "UPDATE incoming SET unread = 0, text = '' \
                WHERE unread AND account = ?1 AND peer = ?2 AND room IS NULL AND known = ?3";
    to.prepare_cached(text)?.execute(params![account.as_str(), from.as_str(), known]).map(drop)
}

fn put_draft(to: &Transaction<'_>, draft: &Draft) -> rusqlite::Result<()> {
    let (room, peer) = match &draft.with {
        With::Person(who) => (false, who.as_str()),
        With::Room(room) => (true, room.as_str()),
    };
    let account = draft.account.as_str();
    if draft.text.is_empty() {
        let text = "DELETE FROM drafts WHERE account = ?1 AND room = ?2 AND peer = ?3";
        return to.prepare_cached(text)?.execute(params![account, room, peer]).map(drop);
    }
    let text = "INSERT OR REPLACE INTO drafts (account, room, peer, text) VALUES (?1, ?2, ?3, ?4)";
    to.prepare_cached(text)?.execute(params![account, room, peer, draft.text]).map(drop)
}

/// Something half written; `None` if the row is not one this program wrote.
pub(super) fn draft(row: &Row<'_>) -> rusqlite::Result<Option<Draft>> {
    let (account, peer): (String, String) = (row.get("account")?, row.get("peer")?);
    let with = if row.get("room")? { Some(With::Room(RoomId::new(&peer))) } else { Address::parse(&peer).ok().map(With::Person) };
    let text = row.get("text")?;
    Ok(Address::parse(&account).ok().zip(with).map(|(account, with)| Draft { account, with, text }))
}

/// Columns from `at` on: `text`, `content_type`, `style`, `colour`.
fn body(row: &Row<'_>) -> rusqlite::Result<Body> {
    Ok(Body {
        text: row.get("text")?,
        content_type: row.get("content_type")?,
        style: style(row.get("style")?, row.get("colour")?),
    })
}

/// A message of ours; `None` if the row is not one this program wrote.
pub(super) fn outgoing(row: &Row<'_>) -> rusqlite::Result<Option<Outgoing>> {
    let (fate, why): (String, String) = (row.get("fate")?, row.get("why")?);
    let Some((account, to)) = people(row)? else { return Ok(None) };
    let tag: i64 = row.get("tag")?;
    let fate = match fate.as_str() {
        "queued" => Fate::Queued,
        "failed" => Fate::Failed { why },
        "unconfirmed" => Fate::Unconfirmed { why },
        // As `sent`: whatever it is, it may have arrived.
        _ => Fate::Sent,
    };
    let at = Stamp::from_millis(row.get("at")?);
    Ok(Some(Outgoing { tag: MessageRef(tag.unsigned_abs()), account, to, body: body(row)?, at, fate }))
}

/// A message to us; `None` if the row is not one this program wrote.
pub(super) fn incoming(row: &Row<'_>) -> rusqlite::Result<Option<Incoming>> {
    let Some((account, from)) = people(row)? else { return Ok(None) };
    let room: Option<String> = row.get("room")?;
    Ok(Some(Incoming {
        id: row.get("id")?,
        account,
        room: room.as_deref().map(RoomId::new),
        from,
        body: body(row)?,
        at: Stamp::from_millis(row.get("at")?),
        delayed: row.get("delayed")?,
        known: row.get("known")?,
    }))
}

fn people(row: &Row<'_>) -> rusqlite::Result<Option<(Address, Address)>> {
    let (account, peer): (String, String) = (row.get("account")?, row.get("peer")?);
    Ok(Address::parse(&account).ok().zip(Address::parse(&peer).ok()))
}

pub(super) fn number(tag: MessageRef) -> i64 {
    i64::try_from(tag.0).unwrap_or(i64::MAX)
}

fn fate_words(fate: &Fate) -> (&'static str, &str) {
    match fate {
        Fate::Queued => ("queued", ""),
        Fate::Sent | Fate::Stored | Fate::Delivered => ("sent", ""),
        Fate::Failed { why } => ("failed", why),
        Fate::Unconfirmed { why } => ("unconfirmed", why),
    }
}

/// The flags of a style as bits, its colour as one number.
pub(super) fn style_numbers(style: &TextStyle) -> (i64, Option<i64>) {
    let flags = [style.bold, style.italic, style.underline, style.strike, style.right_to_left];
    let bits = flags.iter().enumerate().map(|(n, on)| i64::from(*on) << n).sum();
    let colour = style.colour.map(|[r, g, b]| (i64::from(r) << 16) | (i64::from(g) << 8) | i64::from(b));
    (bits, colour)
}

pub(super) fn style(bits: i64, colour: Option<i64>) -> TextStyle {
    let on = |n: u32| bits >> n & 1 == 1;
    let part = |colour: i64, shift: u32| u8::try_from(colour >> shift & 0xff).unwrap_or(0);
    TextStyle {
        bold: on(0),
        italic: on(1),
        underline: on(2),
        strike: on(3),
        right_to_left: on(4),
        colour: colour.map(|c| [part(c, 16), part(c, 8), part(c, 0)]),
    }
}
