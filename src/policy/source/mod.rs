//! What sources say, from bytes to [`crate::policy::Read`]: files of ours in TOML and JSON, the registry in its
//! three forms, what a server sends. Nothing here opens anything.
//!
//! | form | file | order |
//! | --- | --- | --- |
//! | TOML, JSON | names of policies and their values | – |
//! | `Registry.pol` | instructions ([MS-GPREG] 2.2.1) | applied in their order |
//! | `.reg` | text of the registry editor | applied in its order |
//! | the registry itself | keys and values | – |

mod file;
mod json_file;
mod pol;
mod reg;
pub mod registry;
mod server;
mod toml_file;

pub use file::{Form, LARGEST, read};
pub use server::from_server;

#[cfg(test)]
mod tests;
