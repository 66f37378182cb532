//! Every policy there is: name, type, range, default, level, strict fallback, scope, documentation, old name.
//!
//! This table is the only place that knows them; checks, `policy schema`, `policy template`, the screen of
//! policies, the manual and `docs/policies.md` come from it. A new policy is a row here, the code that obeys
//! it, and its line in the table of tests, which fails without.
//!
//! Names are those administrators know from Windows Messenger and its successor Communicator where there was
//! one. Only a row with an old name is read from the keys of Windows Messenger too.

mod calls;
mod connection;
mod files;
mod messages;
mod none;
mod people;
mod records;
mod row;
mod start;
mod table;

pub use none::{NONE, Nothing};
pub use row::{Category, Fixed, Gives, Legacy, Levels, Lock, Row, Scope, When};
pub use table::{by_legacy, by_server, find, rows};

#[cfg(test)]
mod tests;
