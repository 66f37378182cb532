//! Counters of messages and octets, for people who pay for them or care.

use std::collections::BTreeMap;

use crate::backend::Traffic;
use crate::sip::endpoint::EndpointEvent;
use crate::sip::message::Message;

/// What was sent and received since sign-in began.
#[derive(Debug, Default)]
pub(super) struct Counters(Traffic);

impl Counters {
    /// Starts anew.
    pub(super) fn reset(&mut self) {
        self.0 = Traffic::default();
    }

    /// The counters so far.
    pub(super) fn report(&self) -> Traffic {
        self.0.clone()
    }

    /// Adds what was counted elsewhere, which starts anew.
    pub(super) fn absorb(&mut self, other: &mut Self) {
        let Traffic { sip_out, sip_in, bytes_out, bytes_in, by_method, faults } = std::mem::take(&mut other.0);
        let sums = [
            (&mut self.0.sip_out, sip_out),
            (&mut self.0.sip_in, sip_in),
            (&mut self.0.bytes_out, bytes_out),
            (&mut self.0.bytes_in, bytes_in),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        for (method, more) in by_method {
            let sum = self.0.by_method.entry(method).or_default();
            *sum = sum.saturating_add(more);
        }
        for (word, more) in faults {
            let sum = self.0.faults.entry(word).or_default();
            *sum = sum.saturating_add(more);
        }
    }

    /// Octets came in.
    pub(super) fn bytes_in(&mut self, octets: usize) {
        self.0.bytes_in = self.0.bytes_in.saturating_add(octets as u64);
    }

    /// Bytes went out: one message, or a keep-alive.
    pub(super) fn sent(&mut self, bytes: &[u8]) {
        self.0.bytes_out = self.0.bytes_out.saturating_add(bytes.len() as u64);
        if let Some(method) = method_of(bytes) {
            self.0.sip_out = self.0.sip_out.saturating_add(1);
            count(&mut self.0.by_method, method);
        }
    }

    /// The other side did something against the rules; `word` names the kind of offence for good.
    pub(super) fn fault(&mut self, word: &'static str) {
        let count = self.0.faults.entry(word).or_default();
        *count = count.saturating_add(1);
    }

    /// A message came in.
    pub(super) fn received(&mut self, event: &EndpointEvent) {
        let message: &Message = match event {
            EndpointEvent::Response { response, .. } => response,
            EndpointEvent::Request { request, .. } | EndpointEvent::Ack { request, .. } => request,
            EndpointEvent::Failed { .. }
            | EndpointEvent::Cancelled { .. }
            | EndpointEvent::Associated { .. }
            | EndpointEvent::AssociationLost { .. }
            | EndpointEvent::Doubted { .. }
            | EndpointEvent::TicketWanted { .. }
            | EndpointEvent::ServerTime { .. }
            | EndpointEvent::Alive { .. }
            | EndpointEvent::Stun { .. }
            | EndpointEvent::Fault { .. } => return,
        };
        self.0.sip_in = self.0.sip_in.saturating_add(1);
        let answered = message.cseq().map(|c| c.method);
        if let Some(method) = message.method().or(answered.as_ref()) {
            count(&mut self.0.by_method, method.as_str());
        }
    }
}

fn count(table: &mut BTreeMap<String, u64>, method: &str) {
    if let Some(number) = table.get_mut(method) {
        *number = number.saturating_add(1);
    } else if table.len() < MOST_METHODS {
        table.insert(method.to_owned(), 1);
    }
}

/// Methods counted one by one; a peer that invents more is not remembered.
const MOST_METHODS: usize = 32;

/// The method of a message of ours, or of the request it answers; `None` for a keep-alive.
fn method_of(bytes: &[u8]) -> Option<&str> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    if !head.starts_with("SIP/2.0 ") {
        return head.split(' ').next().filter(|m| !m.is_empty());
    }
    let cseq = head.lines().find_map(|line| line.strip_prefix("CSeq:"))?;
    cseq.split_ascii_whitespace().nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_count_for_what_they_answer() {
        let mut counters = Counters::default();
        counters.sent(b"MESSAGE sip:b@x SIP/2.0\r\nCSeq: 1 MESSAGE\r\n\r\n");
        counters.sent(b"SIP/2.0 200 OK\r\nCSeq: 7 NOTIFY\r\n\r\n");
        counters.sent(b"\r\n\r\n");
        let traffic = counters.report();
        assert_eq!(traffic.sip_out, 2);
        assert_eq!(traffic.bytes_out, 46 + 37 - 1);
        assert_eq!(traffic.by_method.get("NOTIFY"), Some(&1));
        assert_eq!(traffic.by_method.get("MESSAGE"), Some(&1));
    }
}
