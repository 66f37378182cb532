//! What `--version` says.

use std::sync::LazyLock;

use crate::net::gssapi;

/// The commit this was built from, where the build was told (`CHINWAG_COMMIT`).
const COMMIT: Option<&str> = option_env!("CHINWAG_COMMIT");

/// Ways to prove who one is.
const SCHEMES: &str = if gssapi::IS_BUILT { "kerberos ntlm digest" } else { "ntlm digest" };

static SHORT: LazyLock<String> = LazyLock::new(|| match COMMIT {
    Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
    None => env!("CARGO_PKG_VERSION").to_owned(),
});

static LONG: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{version}\ncommit: {commit}\nsystem: {os} {arch}\nfeatures: dialects lcs simple; transports tls tcp udp; \
         authentication {SCHEMES}; TLS 1.2 and 1.3 by rustls; history encrypted by SQLCipher",
        version = env!("CARGO_PKG_VERSION"),
        commit = COMMIT.unwrap_or("not recorded"),
        os = std::env::consts::OS,
        arch = std::env::consts::ARCH,
    )
});

/// One line, for `-V`.
#[must_use]
pub fn short() -> &'static str {
    &SHORT
}

/// Version, commit and what this build can do, for `--version`.
#[must_use]
pub fn long() -> &'static str {
    &LONG
}
