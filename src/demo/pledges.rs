//! Devices of LCS that came back and must say anew what their user does: what they said before
//! holds for a while, and then the user is shown as offline (MS-SIP section 3.2.4.1).

use std::time::Instant;

use super::agenda::Agenda;
use crate::model::Address;

/// Devices that owe a word, and until when it is waited for.
#[derive(Debug, Default)]
pub(super) struct Pledges(Agenda<(Address, String)>);

impl Pledges {
    /// A device is to say something by then.
    pub(super) fn owe(&mut self, who: &Address, epid: &str, until: Instant) {
        self.0.set(&(who.clone(), epid.to_owned()), Some(until));
    }

    /// A device said something, or is gone.
    pub(super) fn settle(&mut self, who: &Address, epid: &str) {
        self.0.set(&(who.clone(), epid.to_owned()), None);
    }

    /// Takes out a device that said nothing in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<(Address, String)> {
        self.0.overdue(now)
    }

    /// When the next device is late.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.next()
    }
}
