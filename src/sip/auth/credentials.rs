//! Name and password.

use std::fmt;

use zeroize::Zeroizing;

/// Name and password to answer challenges with; never shown, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Authentication name.
    pub user: String,
    /// Password.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([secret])")
    }
}
