//! How well typed letters fit a title: in order, with one slip, the beginnings of words first.

use crate::model::{fold, fold_into, is_mark};

/// Points for a letter; more at the beginning of a word, and next to the letter before.
const LETTER: i32 = 10;
const START: i32 = 8;
const NEXT: i32 = 6;
/// What a gap before a letter costs, and a letter that is not there.
const GAP: i32 = -3;
const SLIP: i32 = -12;
/// No way leads here.
const NEVER: i32 = i32::MIN / 2;
/// Letters looked at of a title, and of what is typed.
const MAX_TITLE: usize = 256;
const MAX_TYPED: usize = 64;
/// From so many letters on they may stand anywhere, and one of them may be wrong; fewer must be the
/// beginnings of words, or go on from one.
const LOOSE: usize = 4;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Needle {
    letters: Vec<char>,
    /// Which letters and digits it has.
    kinds: u64,
}

/// Room to work in, used again for the next title.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    title: Vec<char>,
    table: Table,
}

impl Needle {
    /// These words; blanks between them do not count.
    #[must_use]
    pub fn new(words: &str) -> Self {
        let letters: Vec<char> = fold(words).chars().filter(|c| !c.is_whitespace()).take(MAX_TYPED).collect();
        let kinds = letters.iter().filter_map(|c| u8::try_from(*c).ok()).fold(0, |all, byte| all | kind(byte));
        Self { letters, kinds }
    }

    /// Whether nothing is looked for, which everything fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Points for a title; `None` if it does not fit.
    #[must_use]
    pub fn points(&self, title: &str, scratch: &mut Scratch) -> Option<i32> {
        if self.letters.is_empty() {
            return Some(0);
        }
        if !self.has_kinds(title) {
            return None;
        }
        let Scratch { title: letters, table } = scratch;
        letters.clear();
        if title.is_ascii() {
            letters.extend(title.as_bytes().iter().take(MAX_TITLE).map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            letters_of(title, letters, |_| ());
        }
        let slips = self.slips(letters)?;
        if let Some(at) = self.whole(letters) {
            return Some(self.whole_points(at));
        }
        table.fill(&self.letters, letters, slips, None);
        table.best().map(|(points, ..)| points)
    }

    /// Where the letters are in a title, in characters.
    #[must_use]
    pub fn places(&self, title: &str) -> Vec<usize> {
        let (mut letters, mut of) = (Vec::new(), Vec::new());
        letters_of(title, &mut letters, |at| of.push(at));
        let Some(slips) = self.slips(&letters).filter(|_| !self.letters.is_empty()) else { return Vec::new() };
        let found = if let Some(at) = self.whole(&letters) {
            (at..at + self.letters.len()).collect()
        } else {
            let (mut table, mut came) = (Table::default(), Vec::new());
            table.fill(&self.letters, &letters, slips, Some(&mut came));
            table.places(&came)
        };
        // A character may stand for several letters.
        let mut places: Vec<usize> = found.into_iter().filter_map(|at| of.get(at).copied()).collect();
        places.dedup();
        places
    }

    /// Whether a title has the letters at all, but for the one that may be wrong. Most titles are
    /// dismissed by it, so it looks at octets only.
    fn has_kinds(&self, title: &str) -> bool {
        let mut kinds = 0;
        for byte in title.bytes() {
            if !byte.is_ascii() {
                return true;
            }
            kinds |= kind(byte);
        }
        let missing = (self.kinds & !kinds).count_ones();
        missing == 0 || (missing == 1 && self.letters.len() >= LOOSE)
    }

    /// How many letters must be wrong for the others to be there in order: none or one; `None` if that
    /// does not help either.
    fn slips(&self, title: &[char]) -> Option<usize> {
        let mut ends = [0_usize; MAX_TYPED + 1];
        let mut found = 0;
        let mut at = 0;
        for letter in &self.letters {
            let Some(next) = title.get(at..).and_then(|rest| rest.iter().position(|c| c == letter)) else { break };
            at += next + 1;
            found += 1;
            if let Some(end) = ends.get_mut(found) {
                *end = at;
            }
        }
        if found == self.letters.len() {
            return Some(0);
        }
        if self.letters.len() < LOOSE {
            return None;
        }
        // What follows the wrong letter, from the end: the part before it must end before that begins.
        let mut start = title.len();
        for (place, letter) in self.letters.iter().enumerate().rev() {
            if place <= found && ends.get(place).is_some_and(|end| *end <= start) {
                return Some(1);
            }
            match title.get(..start).and_then(|rest| rest.iter().rposition(|c| c == letter)) {
                Some(before) => start = before,
                None => return None,
            }
        }
        None
    }

    /// Where all of it stands together at the beginning of a word: nothing fits better.
    fn whole(&self, title: &[char]) -> Option<usize> {
        let first = self.letters.first()?;
        let here = |at: usize| title.get(at..).is_some_and(|rest| rest.starts_with(&self.letters));
        let firsts = title.iter().enumerate().filter(|(_, letter)| *letter == first);
        firsts.map(|(at, _)| at).find(|at| starts(title, *at) && here(*at))
    }

    fn whole_points(&self, at: usize) -> i32 {
        let count = i32::try_from(self.letters.len()).unwrap_or(0);
        count * (LETTER + NEXT) - NEXT + START + if at == 0 { 2 } else { 0 }
    }
}

/// Whether a word begins there.
fn starts(title: &[char], at: usize) -> bool {
    at == 0 || title.get(at - 1).is_some_and(|before| !before.is_alphanumeric())
}

/// The letters of a title as they are compared; with each, the number of the character it is of goes to
/// `of`.
fn letters_of(title: &str, letters: &mut Vec<char>, mut of: impl FnMut(usize)) {
    for (at, c) in title.chars().take(MAX_TITLE).enumerate().filter(|(_, c)| !is_mark(*c)) {
        fold_into(c, |letter| {
            letters.push(letter);
            of(at);
        });
    }
}

/// A bit for each letter and digit.
const fn kind(byte: u8) -> u64 {
    match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'A'..=b'Z' => 1 << (byte - b'A'),
        b'0'..=b'9' => 1 << (26 + byte - b'0'),
        _ => 0,
    }
}

/// For one letter, by slips and place of the title: where the letter before stood (0 = none), with how
/// many slips, and whether this letter is the slip.
type Came = [Vec<(usize, usize, bool)>; 2];

/// The best way to find the letters, step by step: for each place of the title the points with the
/// letters so far, the last of them there; without a slip, and with one. Place 0 is before the title.
#[derive(Debug, Clone, Default)]
struct Table {
    now: [Vec<i32>; 2],
    next: [Vec<i32>; 2],
}

impl Table {
    /// Takes all letters in. Slips are only looked for where there must be one.
    fn fill(&mut self, letters: &[char], title: &[char], slips: usize, mut trace: Option<&mut Vec<Came>>) {
        let strict = letters.len() < LOOSE;
        let places = title.len() + 1;
        for rows in [&mut self.now, &mut self.next] {
            for (of, row) in rows.iter_mut().enumerate() {
                row.clear();
                row.resize(if of <= slips { places } else { 0 }, NEVER);
            }
        }
        if let Some(before) = self.now[0].first_mut() {
            *before = 0;
        }
        for letter in letters {
            let mut came = trace.as_ref().map(|_| [vec![(0, 0, false); places], vec![(0, 0, false); places]]);
            for of in 0..=slips.min(1) {
                let (Some(was), Some(row)) = (self.now.get(of), self.next.get_mut(of)) else { continue };
                let came = came.as_mut().and_then(|came| came.get_mut(of));
                step(*letter, title, strict, of, (was, row), came);
            }
            if slips > 0 {
                let [_, slipped] = &mut self.next;
                for (place, (was, cell)) in self.now[0].iter().zip(slipped).enumerate() {
                    if *was > NEVER / 2 && was + SLIP > *cell {
                        *cell = was + SLIP;
                        if let Some(cell) = came.as_mut().and_then(|[_, row]| row.get_mut(place)) {
                            *cell = (place, 0, true);
                        }
                    }
                }
            }
            std::mem::swap(&mut self.now, &mut self.next);
            if let (Some(trace), Some(came)) = (&mut trace, came) {
                trace.push(came);
            }
        }
    }

    /// Points, slips and place of the best way.
    fn best(&self) -> Option<(i32, usize, usize)> {
        let mut best: Option<(i32, usize, usize)> = None;
        for (slips, row) in self.now.iter().enumerate() {
            for (place, points) in row.iter().enumerate().skip(1) {
                if *points > best.map_or(NEVER / 2, |(points, ..)| points) {
                    best = Some((*points, slips, place));
                }
            }
        }
        best
    }

    fn places(&self, came: &[Came]) -> Vec<usize> {
        let Some((_, mut slips, mut place)) = self.best() else { return Vec::new() };
        let mut places = Vec::new();
        for from in came.iter().rev() {
            let Some((whence, before, slip)) = from.get(slips).and_then(|row| row.get(place)).copied() else { break };
            if !slip {
                places.push(place.saturating_sub(1));
            }
            (place, slips) = (whence, before);
        }
        places.reverse();
        places
    }
}

/// One letter more: points for each place where it is.
fn step(
    letter: char,
    title: &[char],
    strict: bool,
    slips: usize,
    (was, row): (&[i32], &mut [i32]),
    mut came: Option<&mut Vec<(usize, usize, bool)>>,
) {
    let mut best = (NEVER, 0);
    let mut word = true;
    for (at, ((here, before), cell)) in title.iter().zip(was).zip(row.iter_mut().skip(1)).enumerate() {
        let start = std::mem::replace(&mut word, !here.is_alphanumeric());
        *cell = NEVER;
        if *here == letter {
            // Before the title nothing is next to anything, and the first letter has no gap.
            let near = if at > 0 { before + NEXT } else { *before };
            let near = if at == 0 && strict && !start { NEVER } else { near };
            let far = if strict && !start { NEVER } else { best.0 + GAP };
            let (points, whence) = if near >= far { (near, at) } else { (far, best.1) };
            if points > NEVER / 2 {
                *cell = points + LETTER + if start { START } else { 0 };
                if let Some(cell) = came.as_mut().and_then(|came| came.get_mut(at + 1)) {
                    *cell = (whence, slips, false);
                }
            }
        }
        if *before > best.0 {
            best = (*before, at);
        }
    }
    if let Some(before) = row.first_mut() {
        *before = NEVER;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How well the letters of `words` are found, in order, in `title`: points and their places.
    fn score(words: &str, title: &str) -> Option<(i32, Vec<usize>)> {
        let needle = Needle::new(words);
        let points = needle.points(title, &mut Scratch::default())?;
        Some((points, needle.places(title)))
    }

    #[test]
    fn letters_in_order_with_one_slip() {
        assert_eq!(score("bst", "Bob Stone").unwrap().1, [0, 4, 5]);
        assert!(score("bob", "Bob Stone") > score("bob", "Jacob Bo"));
        assert_eq!(score("xyz", "Bob Stone"), None);
        assert_eq!(score("", "Bob").unwrap().0, 0);
        // A letter too many, too few, another one, two exchanged, wherever they are.
        for slip in ["stone", "stonee", "stne", "stune", "stoen", "tsone", "xstone", "ston", "sstone"] {
            assert!(score(slip, "Bob Stone").is_some(), "{slip}");
        }
        for far in ["stuna", "xyzne", "enots"] {
            assert_eq!(score(far, "Bob Stone"), None, "{far}");
        }
    }

    #[test]
    fn the_better_way_is_found_though_another_begins_before_it() {
        assert_eq!(score("ba", "b xa ba").unwrap().1, [5, 6]);
        assert_eq!(score("mars", "Maria Marsden").unwrap().1, [6, 7, 8, 9]);
        assert_eq!(score("carl", "Cyril Arlo Carla").unwrap().1, [11, 12, 13, 14]);
        assert_eq!(score("zabc", "abc z").unwrap().1, [0, 1, 2]);
    }

    #[test]
    fn marks_and_case_do_not_matter() {
        assert_eq!(score("ines", "Inês").unwrap().1, [0, 1, 2, 3]);
        assert_eq!(score("INÊS", "ines").unwrap().1, [0, 1, 2, 3]);
        assert_eq!(score("広", "広志").unwrap().1, [0]);
        assert_eq!(score("ines", "Ine\u{302}s").unwrap().1, [0, 1, 2, 4], "a mark is no letter");
        assert_eq!(score("strasse", "Straße 1").unwrap().1, [0, 1, 2, 3, 4, 5], "one character is two letters");
        assert_eq!(score("שלום", "שָׁלוֹם").unwrap().1, [0, 3, 4, 6]);
    }

    #[test]
    fn nothing_typed_or_shown_breaks_it() {
        use proptest::prelude::*;
        proptest!(|(words in ".{0,80}", title in ".{0,300}")| {
            if let Some((_, places)) = score(&words, &title) {
                prop_assert!(places.windows(2).all(|two| two[0] < two[1]));
                prop_assert!(places.iter().all(|at| *at < title.chars().count()));
            }
        });
        proptest!(|(title in "[a-z ]{4,12}", at in 0..12_usize)| {
            // What is in it is found whatever letter is left out.
            let mut typed: Vec<char> = title.chars().filter(|c| *c != ' ').collect();
            if typed.len() > 4 {
                typed.remove(at % typed.len());
                let typed: String = typed.into_iter().collect();
                prop_assert!(score(&typed, &title).is_some(), "{typed} in {title}");
            }
        });
    }
}
