//! Hours in which nothing shall be heard: `22:00-07:00`, `mon-fri 22:00-07:00`, `sat,sun`.
//!
//! They are hours of the wall clock: on the days on which clocks are changed a span is an hour longer or
//! shorter, as the night is.

use super::Stamp;

/// Minutes of a day.
const DAY: u16 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Spans taken of one setting.
const MAX_SPANS: usize = 50;

/// One span: on these days, from then until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// The days on which it begins; bit 0 is Monday.
    days: u8,
    /// Minute of the day.
    from: u16,
    /// Minute of the same day, or where it is not behind `from`, of the next one.
    to: u16,
}

/// When nothing shall be heard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuietHours(Vec<Span>);

impl QuietHours {
    /// Reads spans; `None` if one of them cannot be read.
    pub fn parse<'a>(spans: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let spans: Vec<Span> = spans.into_iter().map(Span::parse).collect::<Option<_>>()?;
        (spans.len() <= MAX_SPANS).then_some(Self(spans))
    }

    /// Whether nothing shall be heard now, by the clock of this machine; until when, as `07:00`.
    #[must_use]
    pub fn until(&self, now: Stamp) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let (day, minute) = now.week_time();
        self.until_at(day, minute)
    }

    /// The same for a day of the week (0 is Monday) and a minute of it.
    fn until_at(&self, day: u8, minute: u16) -> Option<String> {
        let ends = self.0.iter().filter_map(|span| span.left(day, minute)).max()?;
        let end = (u32::from(minute) + u32::from(ends)) % u32::from(DAY);
        Some(format!("{:02}:{:02}", end / 60, end % 60))
    }
}

impl Span {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (days, hours) = match text.split_once(char::is_whitespace) {
            Some((days, hours)) => (days_of(days)?, hours.trim()),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => (0b111_1111, text.as_str()),
            None => (days_of(&text)?, "00:00-24:00"),
        };
        let (from, to) = hours.split_once('-')?;
        let (from, to) = (minute_of(from)?, minute_of(to)?);
        (from < DAY && from != to).then_some(Self { days, from, to })
    }

    /// Minutes left of it; `None` when it does not hold.
    fn left(self, day: u8, minute: u16) -> Option<u16> {
        let begins = |day: u8| self.days & (1 << (day % 7)) != 0;
        let over_midnight = self.to < self.from;
        if begins(day) && minute >= self.from && (over_midnight || minute < self.to) {
            let end = if over_midnight { self.to + DAY } else { self.to };
            return Some(end - minute);
        }
        (over_midnight && begins(day + 6) && minute < self.to).then(|| self.to - minute)
    }
}

/// `mon`, `sat,sun`, `mon-fri`, `fri-mon`.
fn days_of(text: &str) -> Option<u8> {
    let day = |name: &str| DAYS.iter().position(|known| *known == name);
    let mut all = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        all |= (first..=first + count).fold(0, |days, day| days | 1 << (day % 7));
    }
    Some(all)
}

fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number =
        |digits: &str| digits.parse::<u16>().ok().filter(|_| digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit()));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let fine = minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
    fine.then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRIDAY: u8 = 4;

    fn until(spans: &[&str], day: u8, time: &str) -> Option<String> {
        QuietHours::parse(spans.iter().copied()).unwrap().until_at(day, minute_of(time).unwrap())
    }

    #[test]
    fn over_midnight_and_within_a_day() {
        for (time, end) in
            [("21:59", None), ("22:00", Some("07:00")), ("23:59", Some("07:00")), ("00:00", Some("07:00")), ("07:00", None)]
        {
            assert_eq!(until(&["22:00-07:00"], FRIDAY, time).as_deref(), end, "{time}");
        }
        for (time, end) in [("11:59", None), ("12:00", Some("13:30")), ("13:29", Some("13:30")), ("13:30", None)] {
            assert_eq!(until(&["12:00-13:30"], FRIDAY, time).as_deref(), end, "{time}");
        }
        assert_eq!(until(&["00:00-24:00"], FRIDAY, "23:59").as_deref(), Some("00:00"));
        assert_eq!(until(&[], FRIDAY, "23:59"), None);
    }

    #[test]
    fn days_are_those_on_which_it_begins() {
        let nights = ["mon-fri 22:00-07:00"];
        assert!(until(&nights, FRIDAY, "22:00").is_some());
        assert!(until(&nights, FRIDAY + 1, "06:59").is_some(), "it began on Friday");
        assert!(until(&nights, FRIDAY + 1, "22:00").is_none());
        assert!(until(&nights, 0, "06:00").is_none(), "Sunday is no day of it");
        assert!(until(&nights, 0, "22:00").is_some());
        assert!(until(&["sat,sun"], 6, "12:00").is_some() && until(&["sat,sun"], FRIDAY, "23:00").is_none());
        assert!(until(&["fri-mon 10:00-11:00"], 0, "10:30").is_some() && until(&["fri-mon 10:00-11:00"], 1, "10:30").is_none());
        assert_eq!(until(&["22:00-07:00", "sun 00:00-10:00"], 6, "06:00").as_deref(), Some("10:00"), "the longest counts");
    }

    #[test]
    fn the_clocks_are_changed() {
        let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let quiet = QuietHours::parse(["02:30-03:30"]).unwrap();
        let at = |text: &str| {
            let (day, minute) = Stamp::parse_rfc3339(text).unwrap().week_time_in(&zone);
            quiet.until_at(day, minute).is_some()
        };
        // 29 March 2026: 02:00 becomes 03:00 at 01:00Z. The half hour that is not there is not missed.
        assert!(
            !at("2026-03-29T00:59:00Z")
                && at("2026-03-29T01:00:00Z")
                && at("2026-03-29T01:29:00Z")
                && !at("2026-03-29T01:30:00Z")
        );
        // 25 October 2026: 03:00 becomes 02:00 at 01:00Z. It begins twice.
        assert!(
            at("2026-10-25T00:30:00Z")
                && !at("2026-10-25T01:00:00Z")
                && at("2026-10-25T01:30:00Z")
                && !at("2026-10-25T02:30:00Z")
        );
    }

    #[test]
    fn what_cannot_be_read() {
        for bad in [
            "",
            "22-7",
            "22:00",
            "25:00-07:00",
            "22:60-07:00",
            "22:00-22:00",
            "24:00-07:00",
            "mo 22:00-07:00",
            "mon 22:00-07:00-08:00",
            "+1:00-02:00",
            "mon-",
        ] {
            assert_eq!(QuietHours::parse([bad]), None, "{bad}");
        }
        assert!(QuietHours::parse(std::iter::repeat_n("22:00-07:00", MAX_SPANS + 1)).is_none());
    }
}
