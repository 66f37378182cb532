//! What administrators need, written from the catalogue.
//!
//! | function | what it writes |
//! | --- | --- |
//! | [`admx()`], [`adml()`] | templates of Group Policy ([MS-GPREG] 2.2.2.2 and 7): the policies, and their texts in English |
//! | [`schema()`] | a JSON Schema of files of policies |
//! | [`toml()`], [`json`], [`reg`] | files with every policy and its example |
//! | [`markdown`] | the manual, `docs/policies.md` |

mod adml;
mod admx;
mod manual;
mod schema;
mod text;
mod words;
mod xml;

pub use adml::adml;
pub use admx::admx;
pub use manual::markdown;
pub use schema::schema;
pub use text::{json, reg, toml};

#[cfg(test)]
mod tests;
