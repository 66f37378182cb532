//! The rows of all tables, looked up by the names they have.

use super::row::Row;
use super::{calls, connection, files, messages, people, records, start};

/// The tables, in the order of documents.
pub(super) const TABLES: [&[Row]; 7] =
    [start::ROWS, connection::ROWS, people::ROWS, messages::ROWS, records::ROWS, files::ROWS, calls::ROWS];

/// Every row, in the order of documents.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.into_iter().flatten()
}

/// The row of this name, whatever its case: registries do not tell cases apart.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    rows().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// The row an old name of Windows Messenger stands for.
#[must_use]
pub fn by_legacy(value: &str) -> Option<&'static Row> {
    rows().find(|row| row.legacy.is_some_and(|legacy| legacy.value.eq_ignore_ascii_case(value)))
}

/// The row a setting that a server sends stands for.
#[must_use]
pub fn by_server(name: &str) -> Option<&'static Row> {
    rows().find(|row| row.server.is_some_and(|server| server.eq_ignore_ascii_case(name)))
}
