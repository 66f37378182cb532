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
