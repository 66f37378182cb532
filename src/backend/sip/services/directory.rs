//! Searches of the directory ([MS-PRES], of which only what SIPE does is known).
//!
//! Whether the rows of one search are alternatives or conditions is not known. So each is asked for
//! by itself, and what is found is put together:
//!
//! | the user types | looked for |
//! | --- | --- |
//! | a word with `@` | mail; SIP address, which must begin with `sip:` |
//! | one word | given name; surname; display name; SIP address |
//! | several words | display name; given name and surname, the last word being the surname |
//!
//! A server that does not know the call (405, 501) has no directory, on this connection.

use std::time::Instant;

use super::exchange::{self, Errand, Outcome, Said};
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, Found, Refused};
use crate::formats::soap::{Answer, Call, Row};
use crate::model::{Address, Listing};

/// The searches of one connection.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// The server may have one.
    offered: bool,
    searches: Vec<Search>,
    next: u32,
}

/// What the user asked for once.
#[derive(Debug)]
struct Search {
    number: u32,
    words: String,
    /// Calls without answer.
    open: usize,
    /// One of them was answered as it should be.
    answered: bool,
    why: Option<String>,
    found: Found,
}

impl Directory {
    /// Signed in.
    pub(super) fn start(&mut self, offered: bool) {
        self.searches.clear();
        self.offered = offered;
    }

    /// The link is gone, and with it the answers.
    pub(super) fn stop(&mut self, ua: &mut Ua) {
        self.offered = false;
        for search in std::mem::take(&mut self.searches) {
            let why = "the connection was lost before the answer came".to_owned();
            ua.emit(Event::Search { words: search.words, found: Err(why) });
        }
    }

    /// Whether there is a directory, as far as we know.
    pub(super) const fn works(&self) -> bool {
        self.offered
    }

    /// The user searches.
    pub(super) fn search(&mut self, words: &str, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        if !self.offered {
            return Err(Refused::Unsupported("search its directory"));
        }
        if self.searches.len() >= MOST_SEARCHES {
            return Err(Refused::Busy);
        }
        let asked = questions(words);
        if asked.is_empty() {
            return Err(Refused::Unknown("a name or an address to look for is needed".to_owned()));
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let open = asked.len();
        for rows in asked {
            let call = Call::DirectorySearch { rows, max_results: MOST_RESULTS };
            if !exchange::ask(&call, Errand::Search(number), ua, now) {
                return Err(Refused::Offline);
            }
        }
        let (words, found) = (words.to_owned(), Found::default());
        self.searches.push(Search { number, words, open, answered: false, why: None, found });
        Ok(())
    }

    /// One of the calls of a search ended.
    pub(super) fn on_outcome(&mut self, number: u32, outcome: Outcome, ua: &mut Ua) {
        let Some(at) = self.searches.iter().position(|search| search.number == number) else { return };
        let Some(search) = self.searches.get_mut(at) else { return };
        search.open -= 1;
        match outcome {
            Outcome::Done(Said::Answer(Answer::Directory { rows, more })) => {
                search.answered = true;
                search.found.more |= more;
                search.take(rows);
            }
            // Nothing in it is nothing found.
            Outcome::Done(Said::Nothing) => search.answered = true,
            other => {
                self.offered &= !other.is_unknown();
                let none = other.is_unknown();
                search.why = Some(if none { "this server has no directory".to_owned() } else { other.why() });
            }
        }
        if search.open == 0 {
            let Search { words, answered, why, found, .. } = self.searches.remove(at);
            let found = match why {
                Some(why) if !answered => Err(why),
                _ => Ok(found),
            };
            ua.emit(Event::Search { words, found });
        }
    }
}

impl Search {
    fn take(&mut self, rows: Vec<Row>) {
        for row in rows {
            let Ok(address) = Address::parse(&row.uri) else { continue };
            if self.found.people.iter().any(|known| known.address == address) {
                continue;
            }
            if self.found.people.len() >= MOST_PEOPLE {
                self.found.more = true;
                return;
            }
            let text = |text: Option<String>| text.unwrap_or_default().chars().take(LONGEST_TEXT).collect();
            self.found.people.push(Listing {
                address,
                name: text(row.display_name),
                mail: text(row.email),
                company: text(row.company),
                country: text(row.country),
            });
        }
    }
}

/// The rows of each call that words of the user make.
fn questions(words: &str) -> Vec<Vec<(String, String)>> {
    let words: Vec<&str> = words.split_whitespace().take(MOST_WORDS).collect();
    let row = |attribute: &str, value: &str| (attribute.to_owned(), value.chars().take(LONGEST_TEXT).collect());
    let sip = |word: &str| {
        let is_whole = word.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sip:"));
        row(SIP, &if is_whole { word.to_owned() } else { format!("sip:{word}") })
    };
    if let Some(word) = words.iter().find(|word| word.contains('@')) {
        let mail = word.get(4..).filter(|_| word.to_ascii_lowercase().starts_with("sip:")).unwrap_or(word);
        return vec![vec![row("mail", mail)], vec![sip(word)]];
    }
    match words.as_slice() {
        [] => Vec::new(),
        [word] => {
            let named = ["givenName", "sn", "displayName"].map(|attribute| vec![row(attribute, word)]);
            named.into_iter().chain([vec![sip(word)]]).collect()
        }
        [given @ .., surname] => {
            let full = vec![row("displayName", &words.join(" "))];
            vec![full, vec![row("givenName", &given.join(" ")), row("sn", surname)]]
        }
    }
}

const SIP: &str = "msRTCSIP-PrimaryUserAddress";
/// People asked for at a time.
const MOST_RESULTS: u32 = 100;
/// People kept of one search.
const MOST_PEOPLE: usize = 400;
/// Searches under way.
const MOST_SEARCHES: usize = 8;
const MOST_WORDS: usize = 6;
const LONGEST_TEXT: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &str) -> Vec<String> {
        let join = |rows: Vec<(String, String)>| rows.iter().map(|(a, v)| format!("{a}={v}")).collect::<Vec<_>>().join("&");
        questions(words).into_iter().map(join).collect()
    }

    #[test]
    fn what_is_looked_for() {
        assert_eq!(asked("Bo"), ["givenName=Bo", "sn=Bo", "displayName=Bo", "msRTCSIP-PrimaryUserAddress=sip:Bo"]);
        assert_eq!(asked("bob@x.test"), ["mail=bob@x.test", "msRTCSIP-PrimaryUserAddress=sip:bob@x.test"]);
        assert_eq!(asked("SIP:bob@x"), ["mail=bob@x", "msRTCSIP-PrimaryUserAddress=SIP:bob@x"]);
        assert_eq!(asked(" Bob  van Dam "), ["displayName=Bob van Dam", "givenName=Bob van&sn=Dam"]);
        assert_eq!(asked(" \t "), Vec::<String>::new());
        assert_eq!(asked(&"word ".repeat(1000))[1], format!("givenName={}&sn=word", ["word"; 5].join(" ")));
    }
}
