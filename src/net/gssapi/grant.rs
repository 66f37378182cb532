//! What asking for a ticket gave.

use crate::sip::auth::Ticket;

/// A ticket, and whose it is.
#[derive(Debug)]
pub struct Grant {
    /// To sign in with.
    pub ticket: Ticket,
    /// Its owner as Kerberos names it: `alice@EXAMPLE.TEST`; empty where the library does not say.
    pub principal: String,
}
