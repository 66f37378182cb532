//! Devices of LCS come and go with their registration, and what they said of their user with them.
//!
//! A device that registered and has said nothing is not shown: nobody knows what its user does.

use std::time::Instant;

use super::Server;
use crate::demo::registrar::{Binding, RtcDevice};
use crate::model::Address;
use crate::sip::endpoint::Flow;

impl Server {
    /// A device registered, for the first time or again. One that comes by another link keeps
    /// what it said until it was to say it anew.
    pub(in crate::demo) fn device_came(&mut self, who: &Address, rtc: &RtcDevice, flow: Flow, now: Instant) {
        if self.publications.moved(who, &rtc.epid, flow, now) {
            self.pledges.owe(who, &rtc.epid, now + self.config.limits.presence_wait);
        }
    }

    /// A device is signed out, or its registration ran out.
    pub(in crate::demo) fn device_left(&mut self, who: &Address, binding: &Binding) {
        let Some(epid) = &binding.epid else { return };
        self.pledges.settle(who, epid);
        if self.publications.hush(who, epid) {
            self.presence_changed(who);
        }
    }

    /// Devices that did not say anew what their user does are shown no more.
    pub(in crate::demo) fn collect_pledges(&mut self, now: Instant) {
        while let Some((who, epid)) = self.pledges.overdue(now) {
            if self.publications.hush(&who, &epid) {
                self.presence_changed(&who);
            }
        }
    }
}
