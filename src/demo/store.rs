//! Messages for users who are away, kept in order and within bounds (RFC 3428 section 7).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::config::ServerLimits;
use crate::model::{Address, Stamp};

/// A message that waits for its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The From field of the request, with its tag.
    pub from: String,
    /// Its Call-ID: messages of one talk stay together.
    pub call_id: String,
    /// Its CSeq number: with the two above it names the message. Who has it already, and only the
    /// answer was lost, knows it by them.
    pub cseq: u32,
    /// Content-Type as it came.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
    /// When it came to the server.
    pub at: Stamp,
}

/// There is no room for another message of this recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreFull;

/// All waiting messages.
#[derive(Debug, Default)]
pub struct Store {
    waiting: BTreeMap<Address, VecDeque<StoredMessage>>,
}

impl Store {
    /// Keeps a message.
    ///
    /// # Errors
    /// [`StoreFull`]: nothing has changed then.
    pub fn keep(&mut self, to: &Address, message: StoredMessage, limits: &ServerLimits) -> Result<(), StoreFull> {
        let waiting = self.waiting.get(to);
        let octets: usize = waiting.into_iter().flatten().map(|m| m.body.len()).sum();
        let count = waiting.map_or(0, VecDeque::len);
        if count >= limits.stored_messages || octets + message.body.len() > limits.stored_octets {
            return Err(StoreFull);
        }
        self.waiting.entry(to.clone()).or_default().push_back(message);
        Ok(())
    }

    /// The message for a user after so many older ones; it stays until [`Store::delivered`].
    #[must_use]
    pub fn after(&self, to: &Address, older: usize) -> Option<&StoredMessage> {
        self.waiting.get(to)?.get(older)
    }

    /// How many messages wait for a user.
    #[must_use]
    pub fn count(&self, to: &Address) -> usize {
        self.waiting.get(to).map_or(0, VecDeque::len)
    }

    /// The message after so many older ones has arrived.
    pub fn delivered(&mut self, to: &Address, older: usize) {
        if let Some(waiting) = self.waiting.get_mut(to) {
            waiting.remove(older);
            if waiting.is_empty() {
                self.waiting.remove(to);
            }
        }
    }
}

/// A time as the Date header field has it (RFC 3261 section 20.17): `Sun, 22 Nov 2026 19:40:00 GMT`.
#[must_use]
pub fn sip_date(at: Stamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = at.as_millis().div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let weekday = usize::try_from(days.rem_euclid(7)).ok().and_then(|d| DAYS.get(d)).unwrap_or(&"Thu");
    let text = at.to_rfc3339();
    let mut date = text.split(['-', 'T']);
    let (year, month, day) = (date.next().unwrap_or("1970"), date.next().unwrap_or("01"), date.next().unwrap_or("01"));
    let month = month.parse::<usize>().ok().and_then(|m| MONTHS.get(m.wrapping_sub(1))).unwrap_or(&"Jan");
    format!("{weekday}, {day} {month} {year} {:02}:{:02}:{:02} GMT", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> StoredMessage {
        StoredMessage {
            from: "<sip:bob@example.test>;tag=1".into(),
            call_id: "c".into(),
            cseq: 1,
            content_type: "text/plain".into(),
            body: Bytes::copy_from_slice(text.as_bytes()),
            at: Stamp::from_millis(0),
        }
    }

    #[test]
    fn in_order_and_bounded() {
        let to = Address::parse("alice@example.test").unwrap();
        let limits = ServerLimits { stored_messages: 2, stored_octets: 10, ..ServerLimits::default() };
        let mut store = Store::default();
        assert_eq!(store.keep(&to, message("12345678901"), &limits), Err(StoreFull));
        store.keep(&to, message("one"), &limits).unwrap();
        store.keep(&to, message("two"), &limits).unwrap();
        assert_eq!(store.keep(&to, message("3"), &limits), Err(StoreFull));
        assert_eq!(store.after(&to, 0).unwrap().body, "one");
        store.delivered(&to, 0);
        assert_eq!(store.after(&to, 0).unwrap().body, "two");
        store.delivered(&to, 0);
        assert_eq!(store.count(&to), 0);
    }

    #[test]
    fn dates() {
        let at = |text| sip_date(Stamp::parse_rfc3339(text).unwrap());
        assert_eq!(at("2026-11-22T19:40:05Z"), "Sun, 22 Nov 2026 19:40:05 GMT");
        assert_eq!(at("2010-11-13T23:29:00Z"), "Sat, 13 Nov 2010 23:29:00 GMT");
        assert_eq!(at("1969-12-31T23:59:59Z"), "Wed, 31 Dec 1969 23:59:59 GMT");
    }
}
