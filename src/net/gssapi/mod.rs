//! Kerberos by the system's GSS-API library (RFC 2743, RFC 2744, RFC 4121), loaded when the first
//! ticket is wanted: this program starts and works where there is none.
//!
//! `ffi` is the one file of the program with `unsafe` in it, `layout` has its types; `system` makes tickets and signatures
//! of what it gives, `faults` tells what the library's numbers mean to the user. Where the library
//! was never tried, which is Windows and macOS, `absent` stands in for both and says so.

#[cfg(all(unix, not(target_os = "macos")))]
mod faults;
#[cfg(all(unix, not(target_os = "macos")))]
mod ffi;
#[cfg(all(unix, not(target_os = "macos")))]
mod layout;
#[cfg(all(unix, not(target_os = "macos")))]
mod system;
#[cfg(all(unix, not(target_os = "macos")))]
pub use system::{Keytab, ticket};

#[cfg(not(all(unix, not(target_os = "macos"))))]
mod absent;
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub use absent::{Keytab, ticket};

mod grant;
pub use grant::Grant;
