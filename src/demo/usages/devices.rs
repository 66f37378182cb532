//! Devices of LCS come and go with their registration, and what they said of their user with them.

use std::time::Instant;

use super::Server;
use crate::demo::registrar::{Binding, RtcDevice};
use crate::model::Address;
use crate::sip::endpoint::Flow;

impl Server {
    /// A device registered, for the first time or again.
    #[expect(clippy::unused_self, reason = "what devices say comes with SERVICE")]
    pub(in crate::demo) fn device_came(&mut self, _who: &Address, _rtc: &RtcDevice, _flow: Flow, _now: Instant) {}

    /// A device is signed out, or its registration ran out.
    #[expect(clippy::unused_self, reason = "what devices say comes with SERVICE")]
    pub(in crate::demo) fn device_left(&mut self, _who: &Address, _binding: &Binding) {}
}
