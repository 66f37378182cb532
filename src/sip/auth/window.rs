//! Which numbers of signed messages were seen: none is good twice (MS-SIP section 3.1.5.1).

/// The highest number seen, and which of the 256 below it were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    last: u32,
    /// One bit for each number below the last; the lowest bit of the first word is the next below.
    below: [u64; WORDS],
}

const WORDS: usize = 4;
/// How far behind the highest number one may come late.
pub const REACH: u32 = 256;

impl Window {
    /// Whether a number was not seen and is not too old to tell; takes note of it.
    pub fn take(&mut self, number: u32) -> bool {
        if number > self.last {
            self.advance(number - self.last);
            self.last = number;
            return true;
        }
        let behind = self.last - number;
        // Numbers begin with 1.
        if number == 0 || behind == 0 || behind > REACH {
            return false;
        }
        let (word, bit) = place(behind);
        let Some(word) = self.below.get_mut(word) else { return false };
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    /// Moves everything down by a number of steps and marks what was the highest.
    fn advance(&mut self, steps: u32) {
        let mut moved = [0; WORDS];
        for (to, word) in moved.iter_mut().enumerate() {
            let whole = usize::try_from(steps / 64).unwrap_or(usize::MAX);
            let part = steps % 64;
            let at = |index: Option<usize>| index.and_then(|i| self.below.get(i)).copied().unwrap_or(0);
            let from = to.checked_sub(whole);
            *word = at(from) << part;
            if part > 0 {
                *word |= at(from.and_then(|f| f.checked_sub(1))) >> (64 - part);
            }
        }
        self.below = moved;
        // Number 0 is nobody's, so it does no harm that it is marked.
        if steps <= REACH {
            let (word, bit) = place(steps);
            if let Some(word) = self.below.get_mut(word) {
                *word |= bit;
            }
        }
    }
}

/// Word and bit of the number that is `behind` (at least 1) below the last.
const fn place(behind: u32) -> (usize, u64) {
    let index = behind - 1;
    ((index / 64) as usize, 1 << (index % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The rule as it is written down, without any cleverness.
    #[derive(Default)]
    struct Naive {
        last: u32,
        seen: BTreeSet<u32>,
    }

    impl Naive {
        fn take(&mut self, number: u32) -> bool {
            let low = self.last.saturating_sub(REACH).max(1);
            if number < low {
                return false;
            }
            self.last = self.last.max(number);
            self.seen.insert(number)
        }
    }

    #[test]
    fn each_number_once_and_none_too_late() {
        let mut window = Window::default();
        let taken: Vec<bool> = [0, 1, 1, 3, 2, 2, 303, 47, 46, 303, 302, u32::MAX, u32::MAX, u32::MAX - 256, u32::MAX - 257]
            .into_iter()
            .map(|n| window.take(n))
            .collect();
        assert_eq!(
            taken,
            [
                false, true, false, true, true, false, // in order and out of it
                true, true, false, false, true, // a jump by 300: 256 below it are good, no more
                true, false, true, false // up to the last number there is
            ]
        );
        assert!(Window::default().take(256), "the first may be any");
    }

    proptest! {
        #[test]
        fn as_the_naive_rule(steps in proptest::collection::vec(prop_oneof![8 => -300_i64..300, 1 => -3000_i64..3000], 1..200)) {
            let (mut window, mut naive) = (Window::default(), Naive::default());
            let mut at = 500_i64;
            for step in steps {
                at = (at + step).max(0);
                let number = u32::try_from(at).unwrap();
                prop_assert_eq!(window.take(number), naive.take(number), "{}", number);
            }
        }
    }
}
