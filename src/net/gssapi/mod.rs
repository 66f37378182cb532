//! Kerberos by the system's GSS-API library (RFC 2743, RFC 2744, RFC 4121), loaded when the first
//! ticket is wanted: this program starts and works where there is none.
//!
//! Where the library was never tried, which is Windows and macOS, and in a static program, which can
//! load none, `absent` stands in for it and says so.

#[cfg(all(unix, not(any(target_os = "macos", target_feature = "crt-static"))))]
mod library;
#[cfg(all(unix, not(any(target_os = "macos", target_feature = "crt-static"))))]
pub use library::{IS_BUILT, Keytab, ticket};

#[cfg(not(all(unix, not(any(target_os = "macos", target_feature = "crt-static")))))]
mod absent;
#[cfg(not(all(unix, not(any(target_os = "macos", target_feature = "crt-static")))))]
pub use absent::{IS_BUILT, Keytab, ticket};

mod grant;
pub use grant::Grant;
