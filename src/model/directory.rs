//! What a directory knows of people.

use super::Address;

/// Somebody found in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Their address.
    pub address: Address,
    /// The name the directory has for them; empty for none.
    pub name: String,
    /// Their mail address; empty for none.
    pub mail: String,
    /// Where they work; empty for nothing known.
    pub company: String,
    /// Country; empty for nothing known.
    pub country: String,
}
