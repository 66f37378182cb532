//! Where to listen for the other side.

use std::ops::RangeInclusive;

/// The ports that clients of the family connect to; to others the original does not.
pub const FAMILY: RangeInclusive<u16> = 6891..=6901;

/// The ports to try, in order, beginning with the one that `turn` falls on, so that several transfers do not all try
/// the same first.
#[must_use]
pub fn candidates(turn: usize) -> Vec<u16> {
    let mut ports: Vec<u16> = FAMILY.collect();
    let first = turn.checked_rem(ports.len()).unwrap_or(0);
    ports.rotate_left(first);
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_turn_begins_elsewhere() {
        let firsts: Vec<u16> = (0..11).filter_map(|turn| candidates(turn).first().copied()).collect();
        assert_eq!(firsts, FAMILY.collect::<Vec<_>>());
        assert_eq!(candidates(usize::MAX).len(), 11);
    }
}
