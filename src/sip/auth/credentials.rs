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
    /// The domain of a name that names none, for NTLM; empty for none.
    pub domain: String,
}

impl Credentials {
    /// These, without a domain.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: Zeroizing::new(password.to_owned()), domain: String::new() }
    }

    /// The same with a domain for names that name none.
    #[must_use]
    pub fn with_domain(self, domain: Option<&str>) -> Self {
        Self { domain: domain.unwrap_or_default().to_owned(), ..self }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([secret])")
    }
}
