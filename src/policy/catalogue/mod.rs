//! Every policy there is: name, type, range, default, level, strict fallback, scope, documentation, old name.
//!
//! This table is the only place that knows them; checks, `policy schema`, `policy template`, the screen of
//! policies, the manual and `docs/policies.md` come from it. A new policy is a row here, the code that obeys
//! it, and its line in the table of tests, which fails without.
//!
//! Names are those administrators know from Windows Messenger and its successor Communicator where there was
//! one. Only a row with [`Row::legacy`] is read from the keys of Windows Messenger too.

mod calls;
mod connection;
mod files;
mod messages;
mod none;
mod people;
mod records;
mod row;
mod start;

pub use none::{NONE, Nothing};
pub use row::{Category, Door, Fixed, Gives, Legacy, Levels, Lock, Row, Scope, When};

/// The tables, in the order of documents.
const TABLES: [&[Row]; 7] =
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

#[cfg(test)]
mod tests;
