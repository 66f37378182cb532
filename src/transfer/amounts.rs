//! Sizes and times as people read them.

use std::time::Duration;

/// Units of octets, from the largest.
const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];

/// Octets, with one digit behind the point where there is a larger unit: `4.2 MiB`. Cut off, not rounded, so that
/// nothing looks complete before it is.
#[must_use]
pub fn octets(count: u64) -> String {
    match UNITS.iter().find(|(_, shift)| count >> shift > 0) {
        None => format!("{count} B"),
        Some((unit, shift)) => {
            let (whole, part) = (count >> shift, count & ((1 << shift) - 1));
            // Parts are less than 2^40, so ten of them fit.
            format!("{whole}.{} {unit}", (part * 10) >> shift)
        }
    }
}

/// A time to wait, in whole seconds, rounded up: `5 s`, `2 min 5 s`, `1 h 3 min`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, 0) => format!("{min} min"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, _, _) if h >= 48 => format!("{} days", h / 24),
        (h, 0, _) => format!("{h} h"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1023.9 KiB"),
            (10 << 20, "10.0 MiB"),
            (3 << 30, "3.0 GiB"),
            (u64::MAX, "16777215.9 TiB"),
        ];
        for (count, words) in table {
            assert_eq!(octets(count), words);
        }
    }

    #[test]
    fn times() {
        let table = [
            (0, "0 s"),
            (1, "1 s"),
            (1_000, "1 s"),
            (59_001, "1 min"),
            (125_000, "2 min 5 s"),
            (3_600_000, "1 h"),
            (3_780_000, "1 h 3 min"),
            (47 * 3_600_000, "47 h"),
            (50 * 3_600_000, "2 days"),
        ];
        for (millis, words) in table {
            assert_eq!(duration(Duration::from_millis(millis)), words);
        }
        assert_eq!(duration(Duration::MAX), format!("{} days", u64::MAX / 86_400));
    }
}
