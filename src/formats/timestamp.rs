//! Date and time as XML documents write them (RFC 3339) to milliseconds since 1970 and back.

const DAY: i64 = 86_400_000;

/// Reads `2026-11-22T19:40:00Z`, with or without a fraction, with any offset.
///
/// Gives milliseconds since 1970-01-01 UTC; `None` if it is no date and time. A missing offset is
/// taken as UTC, since some clients leave it out.
#[must_use]
pub fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    let mut fields = date.splitn(3, '-').map(number);
    let (year, month, day) = (fields.next()??, fields.next()??, fields.next()??);
    let (clock, offset) = offset(clock)?;
    let mut fields = clock.splitn(3, ':');
    let (hour, minute) = (number(fields.next()?)?, number(fields.next()?)?);
    let (second, millis) = second(fields.next()?)?;
    let days = days_from_civil(year, month, day)?;
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    Some(days * DAY + (hour * 3600 + minute * 60 + second - offset * 60) * 1000 + millis)
}

/// Writes milliseconds since 1970-01-01 UTC as `2026-11-22T19:40:00Z`; a fraction only if there is one.
#[must_use]
pub fn write(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second, fraction) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    if fraction == 0 {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
    }
}

fn number(digits: &str) -> Option<i64> {
    let good = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    good.then(|| digits.parse().ok()).flatten()
}

/// Splits the offset off: minutes east of UTC.
fn offset(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = clock.rfind(['+', '-']) else { return Some((clock, 0)) };
    let (clock, zone) = clock.split_at(at);
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 24 || minutes > 59 {
        return None;
    }
    let size = hours * 60 + minutes;
    Some((clock, if zone.starts_with('-') { -size } else { size }))
}

fn second(text: &str) -> Option<(i64, i64)> {
    let Some((whole, fraction)) = text.split_once('.') else { return Some((number(text)?, 0)) };
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
    Some((number(whole)?, millis))
}

/// Days since 1970-01-01 of a date in the Gregorian calendar; years counted from March so that
/// the leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_is_seen_in_the_field() {
        let at = 1_795_376_400_000;
        for text in [
            "2026-11-22T19:40:00Z",
            "2026-11-22t19:40:00.000z",
            " 2026-11-22T20:40:00+01:00 ",
            "2026-11-22T14:10:00-05:30",
            "2026-11-22T19:40:00",
        ] {
            assert_eq!(read(text), Some(at), "{text}");
        }
        assert_eq!(read("2026-11-22T19:40:00.5Z"), Some(at + 500));
        assert_eq!(read("2026-11-22T19:40:00.123456789Z"), Some(at + 123));
        assert_eq!(read("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(read("2000-02-29T00:00:00Z"), Some(951_782_400_000));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "T", "now", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22T25:00:00Z", "99999-01-01T00:00:00Z"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("2026-11-22T19:40:00.Z"), None);
        assert_eq!(read("2026-11-22T19:40:00+1"), None);
    }

    proptest! {
        #[test]
        fn round_trip(millis in 0i64..253_402_300_800_000) {
            prop_assert_eq!(read(&write(millis)), Some(millis));
        }

        #[test]
        fn never_fails(text in ".{0,40}", millis: i64) {
            let _ = read(&text);
            let _ = write(millis);
        }
    }
}
