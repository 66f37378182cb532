//! Finds out, with few questions, which lists a server takes: some take only so many people, and
//! some refuse a whole list for one address they cannot stand ([MS-SIP] 3.3.4.1 and what users of
//! such servers report).
//!
//! A list that is refused is halved, and its first half asked for. If that is taken, the culprit is
//! in the second, which is halved without asking; so one culprit among n costs about 2 log2 n
//! questions at worst, and what is taken on the way stays. A list that is too long sets the limit
//! for all others. Questions go one after the other while something is being looked for, else
//! together.

use std::collections::VecDeque;

use crate::model::Address;

/// Lists to be asked for.
#[derive(Debug, Default)]
pub(in crate::backend::sip) struct Division {
    /// The last one is asked for next.
    waiting: Vec<Piece>,
    asked: VecDeque<(u64, Piece)>,
    next: u64,
    /// Most people the server takes in one list, as far as is known.
    limit: Option<usize>,
    /// The longest list it took.
    longest: usize,
    /// The limit was found by trying and is not confirmed yet.
    trying: bool,
    culprits: Vec<Address>,
    questions: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    people: Vec<Address>,
    guilt: Guilt,
}

/// What is known of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guilt {
    /// Nothing.
    Open,
    /// The first half of a refused piece; the second lies below it.
    First,
    /// The second half.
    Second,
    /// Somebody in it must be the culprit.
    Certain,
}

/// A list to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip) struct Question {
    /// Names it.
    pub(in crate::backend::sip) id: u64,
    /// The list.
    pub(in crate::backend::sip) people: Vec<Address>,
}

/// What the server thinks of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::sip) enum Verdict {
    /// It takes it.
    Taken,
    /// It takes it for a broken request.
    Refused,
    /// It is too long.
    TooLong,
    /// It will not be asked for any more.
    Void,
}

impl Division {
    /// People to be put on lists.
    pub(in crate::backend::sip) fn add(&mut self, people: Vec<Address>) {
        if !people.is_empty() {
            // Below everything that is being looked for.
            self.waiting.insert(0, Piece { people, guilt: Guilt::Open });
        }
    }

    /// Everybody on a list that waits or is asked for, or found to be unacceptable just now.
    pub(in crate::backend::sip) fn people(&self) -> impl Iterator<Item = &Address> {
        let asked = self.asked.iter().map(|(_, piece)| piece);
        self.waiting.iter().chain(asked).flat_map(|piece| &piece.people).chain(&self.culprits)
    }

    /// Whether nothing waits and nothing is asked for.
    pub(in crate::backend::sip) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.asked.is_empty()
    }

    /// Most people of one list, as far as is known.
    pub(in crate::backend::sip) fn limit(&self) -> usize {
        self.limit.unwrap_or(LONGEST_LIST)
    }

    /// The next list to ask for, if one may be asked for now.
    pub(in crate::backend::sip) fn next(&mut self) -> Option<Question> {
        if self.questions >= MOST_QUESTIONS || (self.is_looking() && !self.asked.is_empty()) || self.asked.len() >= MOST_ASKED {
            return None;
        }
        loop {
            let mut piece = self.waiting.pop()?;
            let most = self.limit().max(1);
            if piece.people.len() > most {
                let rest = piece.people.split_off(most);
                self.waiting.push(Piece { people: rest, guilt: Guilt::Open });
                piece.guilt = Guilt::Open;
            } else if piece.guilt == Guilt::Certain && piece.people.len() > 1 {
                let second = piece.people.split_off(piece.people.len().div_ceil(2));
                self.waiting.push(Piece { people: second, guilt: Guilt::Second });
                self.waiting.push(Piece { guilt: Guilt::First, ..piece });
                continue;
            }
            self.next += 1;
            self.questions += 1;
            let question = Question { id: self.next, people: piece.people.clone() };
            self.asked.push_back((self.next, piece));
            return Some(question);
        }
    }

    /// The answer to a question.
    pub(in crate::backend::sip) fn answered(&mut self, id: u64, verdict: Verdict) {
        let Some(at) = self.asked.iter().position(|(asked, _)| *asked == id) else { return };
        let Some((_, piece)) = self.asked.remove(at) else { return };
        match verdict {
            Verdict::Taken => self.taken(&piece),
            Verdict::Refused => self.refused(piece),
            Verdict::TooLong => self.too_long(piece),
            Verdict::Void => self.acquit_second(&piece),
        }
    }

    fn taken(&mut self, piece: &Piece) {
        self.longest = self.longest.max(piece.people.len());
        self.trying = false;
        match piece.guilt {
            // So the other half must hold the culprit.
            Guilt::First => {
                if let Some(second) = self.waiting.last_mut().filter(|p| p.guilt == Guilt::Second) {
                    second.guilt = Guilt::Certain;
                }
            }
            // Nobody is guilty: what was refused before was too long.
            Guilt::Certain => {
                self.limit = Some(self.longest);
                for piece in &mut self.waiting {
                    piece.guilt = Guilt::Open;
                }
            }
            Guilt::Open | Guilt::Second => {}
        }
    }

    fn refused(&mut self, piece: Piece) {
        self.acquit_second(&piece);
        match piece.people.len() {
            0 => {}
            1 => self.culprits.extend(piece.people),
            _ => self.waiting.push(Piece { guilt: Guilt::Certain, ..piece }),
        }
    }

    fn too_long(&mut self, piece: Piece) {
        self.acquit_second(&piece);
        if piece.people.len() <= 1 {
            self.culprits.extend(piece.people);
            return;
        }
        let half = piece.people.len().div_ceil(2);
        self.limit = Some(self.limit.map_or(half, |limit| limit.min(half)));
        self.trying = true;
        self.waiting.push(Piece { guilt: Guilt::Open, ..piece });
    }

    /// The first half is to blame, or not to be heard of: the second may be innocent.
    fn acquit_second(&mut self, first: &Piece) {
        if first.guilt == Guilt::First
            && let Some(second) = self.waiting.last_mut().filter(|p| p.guilt == Guilt::Second)
        {
            second.guilt = Guilt::Open;
        }
    }

    /// The people found to be unacceptable, when all is asked.
    pub(in crate::backend::sip) fn take_culprits(&mut self) -> Vec<Address> {
        if self.is_done() { std::mem::take(&mut self.culprits) } else { Vec::new() }
    }

    /// The people still waiting when more questions would be too many.
    pub(in crate::backend::sip) fn give_up(&mut self) -> Vec<Address> {
        if self.questions < MOST_QUESTIONS {
            return Vec::new();
        }
        self.waiting.drain(..).flat_map(|piece| piece.people).collect()
    }

    fn is_looking(&self) -> bool {
        let suspect = |piece: &Piece| piece.guilt != Guilt::Open;
        self.trying || self.waiting.iter().any(suspect) || self.asked.iter().any(|(_, piece)| suspect(piece))
    }
}

/// No longer list is asked for.
const LONGEST_LIST: usize = 2000;
/// Questions of one connection.
const MOST_QUESTIONS: u32 = 256;
/// Questions unanswered at a time.
const MOST_ASKED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn people(count: usize) -> Vec<Address> {
        (0..count).map(|n| Address::parse(&format!("sip:u{n:04}@example.test")).unwrap()).collect()
    }

    /// A server that takes lists of at most `limit` people without any of `bad`; it calls a long
    /// list too long, or (`rude`) broken. Gives the lists taken, and how many it was asked for.
    fn play(division: &mut Division, limit: usize, rude: bool, bad: &[usize]) -> (Vec<usize>, u32) {
        let bad: Vec<Address> = bad.iter().map(|n| people(10_000)[*n].clone()).collect();
        let mut taken = Vec::new();
        let mut asked = 0;
        while !division.is_done() {
            let mut round = Vec::new();
            while let Some(question) = division.next() {
                asked += 1;
                round.push(question);
            }
            if round.is_empty() {
                break;
            }
            for question in round {
                let verdict = if question.people.len() > limit {
                    if rude { Verdict::Refused } else { Verdict::TooLong }
                } else if question.people.iter().any(|who| bad.contains(who)) {
                    Verdict::Refused
                } else {
                    taken.push(question.people.len());
                    Verdict::Taken
                };
                division.answered(question.id, verdict);
            }
        }
        (taken, asked)
    }

    #[test]
    fn one_list_where_nothing_is_wrong() {
        let mut division = Division::default();
        division.add(people(250));
        assert_eq!(play(&mut division, 1000, false, &[]), (vec![250], 1));
        assert!(division.take_culprits().is_empty());
    }

    #[test]
    fn culprits_are_found_with_few_questions_and_the_rest_is_kept() {
        for count in [1, 2, 3, 10, 250, 1000] {
            for culprit in [0, count / 3, count / 2, count - 1] {
                let mut division = Division::default();
                division.add(people(count));
                let (taken, asked) = play(&mut division, 5000, false, &[culprit]);
                assert_eq!(taken.iter().sum::<usize>(), count - 1, "{culprit} of {count}");
                assert_eq!(division.take_culprits(), [people(count)[culprit].clone()]);
                let bound = 2 * count.ilog2() + 3;
                assert!(asked <= bound, "{culprit} of {count}: {asked} questions, more than {bound}");
            }
        }
        let mut division = Division::default();
        division.add(people(1000));
        let culprits = [3, 4, 500, 999];
        let (taken, asked) = play(&mut division, 5000, false, &culprits);
        assert_eq!(taken.iter().sum::<usize>(), 996);
        assert!(asked <= 2 * 4 * 10, "{asked}");
        let mut found = division.take_culprits();
        found.sort();
        assert_eq!(found, culprits.map(|n| people(1000)[n].clone()));
    }

    #[test]
    fn a_limit_is_found_once() {
        let mut division = Division::default();
        division.add(people(1000));
        let (taken, asked) = play(&mut division, 100, false, &[]);
        assert_eq!(taken.iter().sum::<usize>(), 1000);
        assert!(taken.iter().all(|n| *n <= 100) && taken.len() == 16, "{taken:?}");
        assert_eq!(asked, 4 + 16, "1000, 500, 250 and 125 are too many");
        assert_eq!(division.limit(), 63);
        division.add(people(60));
        assert_eq!(play(&mut division, 100, false, &[]), (vec![60], 1));
    }

    #[test]
    fn a_limit_that_looks_like_a_broken_request_blames_nobody() {
        for count in [130, 250, 1000] {
            let mut division = Division::default();
            division.add(people(count));
            let (taken, asked) = play(&mut division, 100, true, &[]);
            assert_eq!(taken.iter().sum::<usize>(), count);
            assert!(division.take_culprits().is_empty());
            assert!(asked < 60, "{asked}");
        }
    }

    #[test]
    fn a_limit_and_culprits_together() {
        let mut division = Division::default();
        division.add(people(300));
        let (taken, _) = play(&mut division, 100, false, &[7, 250]);
        assert_eq!(taken.iter().sum::<usize>(), 298);
        assert_eq!(division.take_culprits().len(), 2);
    }

    #[test]
    fn a_server_that_refuses_everything_is_not_asked_for_ever() {
        let mut division = Division::default();
        division.add(people(5000));
        let (taken, asked) = play(&mut division, 0, true, &[]);
        assert!(taken.is_empty());
        assert_eq!(asked, MOST_QUESTIONS);
        let rest = division.give_up().len() + division.take_culprits().len();
        assert_eq!(rest, 5000, "nobody is lost");
    }

    #[test]
    fn answers_to_nothing_change_nothing() {
        let mut division = Division::default();
        division.answered(7, Verdict::Refused);
        division.add(Vec::new());
        assert!(division.is_done() && division.next().is_none());
    }
}
