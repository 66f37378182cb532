//! Tickets, and signatures made with them, of the library the system has.

use std::ffi::OsString;
use std::time::Duration;

use super::faults::fault;
use super::ffi::{Api, Context, Credential};
use crate::model::KerberosFault;
use crate::net::gssapi::Grant;
use crate::sip::auth::{Admitted, Mechanism, Ticket, TicketTaker};

/// Names the library in place of those below: a path, or a name the system's loader knows.
const OVERRIDE: &str = "CHINWAG_GSSAPI";

/// MIT Kerberos as installed, as installed for building, and Heimdal.
const NAMES: [&str; 4] = ["libgssapi_krb5.so.2", "libgssapi_krb5.so", "libgssapi.so.3", "libgssapi.so"];

fn api() -> Result<&'static Api, String> {
    match std::env::var_os(OVERRIDE).filter(|name| !name.is_empty()) {
        Some(name) => Api::load(&[name]).map_err(|detail| format!("{OVERRIDE}: {detail}")),
        None => Api::load(&NAMES.map(OsString::from)),
    }
}

/// Gets a ticket for the SIP service at a host. It may read files and ask servers of Kerberos, and takes as long as
/// these take.
///
/// # Errors
/// [`KerberosFault`] with what stands in the way.
pub fn ticket(host: &str) -> Result<Grant, KerberosFault> {
    let api = api().map_err(|detail| KerberosFault::NoLibrary { detail })?;
    let found = api.initiate(&service(host)).map_err(|status| {
        tracing::info!(major = status.major, minor = status.minor, "no Kerberos ticket");
        fault(&status, host)
    })?;
    let ticket = Ticket { token: found.token, mechanism: Box::new(found.context), life: seconds(found.life) };
    Ok(Grant { ticket, principal: found.principal })
}

/// The keys of a service, by which it knows tickets for it.
#[derive(Debug)]
pub struct Keytab {
    credential: Credential,
}

impl Keytab {
    /// Reads the keys of the SIP service at a host from a file (or what the library takes for one, such as
    /// `FILE:/etc/krb5.keytab`).
    ///
    /// # Errors
    /// In words for the user: there is no library, or no such key.
    pub fn open(host: &str, file: &str) -> Result<Self, String> {
        let api = api().map_err(|detail| format!("there is no Kerberos library ({detail}); install libgssapi-krb5-2"))?;
        let credential = api
            .acceptor(&service(host), file)
            .map_err(|status| format!("the keytab {file} cannot be used for sip/{host}: {}", status.text))?;
        Ok(Self { credential })
    }
}

impl TicketTaker for Keytab {
    fn take(&mut self, token: &[u8]) -> Option<Admitted> {
        match self.credential.accept(token) {
            Ok(found) => {
                Some(Admitted { principal: found.principal, mechanism: Box::new(found.context), life: seconds(found.life) })
            }
            Err(status) => {
                tracing::warn!(why = %status.text, "a Kerberos ticket was not taken");
                None
            }
        }
    }
}

impl Mechanism for Context {
    fn sign(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        self.mic(text).inspect_err(|status| tracing::warn!(why = %status.text, "a message could not be signed")).ok()
    }

    fn verify(&mut self, text: &[u8], signature: &[u8]) -> bool {
        self.has_made(text, signature)
    }
}

/// A service by its host, as the library wants it (RFC 2743 section 4.1).
fn service(host: &str) -> String {
    format!("sip@{host}")
}

fn seconds(life: u32) -> Duration {
    Duration::from_secs(u64::from(life))
}
