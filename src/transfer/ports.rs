//! Where to listen for the other side.

use std::ops::RangeInclusive;

/// The ports that clients of the family connect to; to others the original does not.
pub const FAMILY: RangeInclusive<u16> = 6891..=6901;

/// The ports to try, in order: those of the family that are within a policy's range, if there is one, beginning with
/// the one that `turn` falls on, so that several transfers do not all try the same first. Empty where the policy
/// permits none of them: then nothing can listen.
#[must_use]
pub fn candidates(permitted: Option<&RangeInclusive<u16>>, turn: usize) -> Vec<u16> {
    let mut ports: Vec<u16> = FAMILY.filter(|port| permitted.is_none_or(|range| range.contains(port))).collect();
    let first = turn.checked_rem(ports.len()).unwrap_or(0);
    ports.rotate_left(first);
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_both_usual_and_permitted() {
        assert_eq!(candidates(None, 0), FAMILY.collect::<Vec<_>>());
        assert_eq!(candidates(Some(&(6000..=6892)), 0), [6891, 6892]);
        assert_eq!(candidates(Some(&(6900..=u16::MAX)), 3), [6901, 6900]);
        assert!(candidates(Some(&(7000..=8000)), 5).is_empty());
        #[expect(clippy::reversed_empty_ranges)]
        let nothing = 6901..=6891;
        assert!(candidates(Some(&nothing), 1).is_empty());
    }

    #[test]
    fn each_turn_begins_elsewhere() {
        let firsts: Vec<u16> = (0..11).filter_map(|turn| candidates(None, turn).first().copied()).collect();
        assert_eq!(firsts, FAMILY.collect::<Vec<_>>());
        assert_eq!(candidates(None, usize::MAX).len(), 11);
    }
}
