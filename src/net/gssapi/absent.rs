//! Systems on which Kerberos was not tried, and programs that cannot load its library: it is not there.

use super::Grant;
use crate::model::KerberosFault;
use crate::sip::auth::{Admitted, TicketTaker};

/// Whether tickets can be had at all, with the library there.
pub const IS_BUILT: bool = false;

/// Gets a ticket for the SIP service at a host.
///
/// # Errors
/// Always [`KerberosFault::NotBuilt`].
pub fn ticket(_host: &str) -> Result<Grant, KerberosFault> {
    Err(KerberosFault::NotBuilt)
}

/// The keys of a service.
#[derive(Debug)]
pub struct Keytab;

impl Keytab {
    /// Reads the keys of the SIP service at a host.
    ///
    /// # Errors
    /// Always, in words for the user.
    pub fn open(_host: &str, _file: &str) -> Result<Self, String> {
        Err("this build of chinwag has no Kerberos".to_owned())
    }
}

impl TicketTaker for Keytab {
    fn take(&mut self, _token: &[u8]) -> Option<Admitted> {
        None
    }
}
