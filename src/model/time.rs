//! Wall time as the user sees it. Protocol timers use [`std::time::Instant`], never this.

use std::fmt;
use std::time::Duration;

/// A point in wall time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Stamp(i64);

impl Stamp {
    /// From milliseconds since the epoch; values no calendar can show are clamped when shown.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time such as `2026-11-22T19:40:00Z`; `None` for anything else.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let time: jiff::Timestamp = text.trim().parse().ok()?;
        Some(Self(time.as_millisecond()))
    }

    /// The beginning of a day such as `2026-11-30` in the zone of this machine; `None` for anything else.
    #[must_use]
    pub fn parse_day(text: &str) -> Option<Self> {
        let day: jiff::civil::Date = text.trim().parse().ok().filter(|_| text.trim().len() == 10)?;
        let zoned = day.to_zoned(jiff::tz::TimeZone::system()).ok()?;
        Some(Self(zoned.timestamp().as_millisecond()))
    }

    /// Reads a mail date such as `Sun, 22 Nov 2026 19:40:00 GMT`; `None` for anything else.
    #[must_use]
    pub fn parse_rfc2822(text: &str) -> Option<Self> {
        let time = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Self(time.timestamp().as_millisecond()))
    }

    /// The time as in `Date` of SIP and HTTP: `Sun, 22 Nov 2026 19:40:00 GMT`.
    #[must_use]
    pub fn to_rfc1123(self) -> String {
        let time = self.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The time as RFC 3339 in UTC with milliseconds, for events and files.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// `HH:MM` in the zone of this machine, for a message line.
    #[must_use]
    pub fn clock(self) -> String {
        self.local("%H:%M")
    }

    /// `Wed 4 Nov 2026` in the zone of this machine, for the line between two days.
    #[must_use]
    pub fn day(self) -> String {
        self.local("%a %-d %b %Y")
    }

    /// `Wed 4 Nov 2026 10:02:07 +01:00` in the zone of this machine, where everything about a time is told.
    #[must_use]
    pub fn full(self) -> String {
        self.local("%a %-d %b %Y %H:%M:%S %:z")
    }

    /// Day of the week (0 is Monday) and minute of the day in the zone of this machine.
    #[must_use]
    pub fn week_time(self) -> (u8, u16) {
        self.week_time_in(&jiff::tz::TimeZone::system())
    }

    pub(super) fn week_time_in(self, zone: &jiff::tz::TimeZone) -> (u8, u16) {
        let time = zone.to_datetime(self.timestamp());
        let day = u8::try_from(time.weekday().to_monday_zero_offset()).unwrap_or(0);
        let minute = u16::try_from(time.hour()).unwrap_or(0) * 60 + u16::try_from(time.minute()).unwrap_or(0);
        (day, minute)
    }

    /// This much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
    }

    /// When the day of this time begins and ends in the zone of this machine.
    #[must_use]
    pub fn day_span(self) -> (Self, Self) {
        let zoned = self.timestamp().to_zoned(jiff::tz::TimeZone::system());
        let begin = zoned.start_of_day();
        let end = begin.as_ref().ok().and_then(|begin| begin.tomorrow().ok());
        let millis = |zoned: &jiff::Zoned| Self(zoned.timestamp().as_millisecond());
        (begin.as_ref().map_or(self, millis), end.as_ref().map_or(Self(i64::MAX), millis))
    }

    /// How long before `later` this was; zero if it was not.
    #[must_use]
    pub fn age(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }

    fn local(self, format: &str) -> String {
        let zoned = self.timestamp().to_zoned(jiff::tz::TimeZone::system());
        zoned.strftime(format).to_string()
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_round_trip() {
        let stamp = Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap();
        assert_eq!(stamp.to_rfc3339(), "2026-11-22T19:40:00.000Z");
        assert_eq!(Stamp::parse_rfc3339("2026-11-22T20:40:00+01:00"), Some(stamp));
        assert_eq!(Stamp::parse_rfc3339("yesterday"), None);
        assert_eq!(Stamp::parse_rfc2822("Sun, 22 Nov 2026 19:40:00 GMT"), Some(stamp));
        assert_eq!(Stamp::parse_rfc2822("yesterday"), None);
        let day = Stamp::parse_day("2026-11-22").unwrap();
        assert!(day.clock() == "00:00" && day.day() == "Sun 22 Nov 2026");
        assert_eq!([Stamp::parse_day("2026-11-22T10:00"), Stamp::parse_day("22.11.2026"), Stamp::parse_day("")], [None; 3]);
        assert_eq!(stamp.to_rfc1123(), "Sun, 22 Nov 2026 19:40:00 GMT");
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight() {
        let noon = Stamp::parse_rfc3339("2026-11-22T12:00:00Z").unwrap();
        let (from, until) = noon.day_span();
        assert!(from <= noon && noon < until);
        assert_eq!((from.clock().as_str(), until.clock().as_str()), ("00:00", "00:00"));
        assert_ne!(from.day(), until.day());
    }

    #[test]
    fn extreme_values_do_not_panic() {
        for millis in [i64::MIN, -1, 0, i64::MAX] {
            let _ = Stamp::from_millis(millis).to_rfc3339();
            let _ = Stamp::from_millis(millis).clock();
            let _ = Stamp::from_millis(millis).full();
            let _ = Stamp::from_millis(millis).day_span();
        }
        assert_eq!(Stamp::from_millis(i64::MIN).age(Stamp::from_millis(i64::MAX)).as_millis(), i64::MAX as u128);
    }
}
