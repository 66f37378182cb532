//! Talking to the person at the terminal, line by line; scripted in tests.

use std::io::{self, BufRead as _, Read as _, Write as _};

use crate::model::Secret;
use crate::runtime::tty::size;
use crate::ui::{hidden, text};

use super::super::exit::Failure;
use super::super::signals::Ending;

/// Longest answer taken, in octets.
const LONGEST: u64 = 1024;

/// Somebody who is asked.
pub(super) trait Talk {
    /// Asks; `None` when the input has ended.
    fn ask(&mut self, question: &str) -> io::Result<Option<String>>;
    /// Asks without showing what is typed; `None` when the person gives up.
    fn ask_hidden(&mut self, question: &str) -> io::Result<Option<Secret>>;
    /// Says something.
    fn say(&mut self, words: &str) -> io::Result<()>;
}

/// The person at the terminal.
#[derive(Debug)]
pub(super) struct Person {
    ending: Ending,
}

impl Person {
    /// # Errors
    /// Exit 1 when the system does not let us listen to signals.
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self { ending: Ending::new()? })
    }
}

/// One line; the rest of one that is too long is no answer to anything.
fn line() -> io::Result<String> {
    let mut input = io::stdin().lock();
    let mut line = String::new();
    if input.by_ref().take(LONGEST).read_line(&mut line)? > 0 && !line.ends_with('\n') {
        input.skip_until(b'\n')?;
    }
    Ok(line)
}

impl Talk for Person {
    fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        let mut out = io::stderr().lock();
        write!(out, "{}", rows(question))?;
        out.flush()?;
        let line = self.ending.or_ends(line).inspect_err(|_| drop(writeln!(out)))?;
        if line.is_empty() {
            writeln!(out)?;
            return Ok(None);
        }
        Ok(Some(line.trim().to_owned()))
    }

    fn ask_hidden(&mut self, question: &str) -> io::Result<Option<Secret>> {
        hidden(&rows(question), || self.ending.keys())
    }

    fn say(&mut self, words: &str) -> io::Result<()> {
        writeln!(io::stderr().lock(), "{}", rows(&text::block(words)))
    }
}

/// Broken between words for the terminal, not by it.
fn rows(words: &str) -> String {
    folded(words, usize::from(size().0))
}

/// Each line in rows of so many cells; rows after the first stand below what the first says behind its number.
fn folded(words: &str, cells: usize) -> String {
    let line = |line: &str| {
        let said = line.trim_start_matches(|c: char| c == ' ' || c == '.' || c.is_ascii_digit());
        let rows = text::hanging(line.trim_end(), cells, line.len() - said.len()).join("\n");
        // What is answered does not stick to the question.
        if line.ends_with(' ') { rows + " " } else { rows }
    };
    words.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Asks until the answer is one; `None` when the input ends.
pub(super) fn ask_until<T>(
    talk: &mut impl Talk,
    question: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    loop {
        let Some(said) = talk.ask(question)? else { return Ok(None) };
        match read(&said) {
            Ok(answer) => return Ok(Some(answer)),
            Err(why) => talk.say(&format!("  {why}"))?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn no_word_is_cut_in_two_at_the_edge() {
        let question = "\n2. Your password (not shown): ";
        assert_eq!(folded(question, 16), "\n2. Your password\n   (not shown): ");
        assert_eq!(folded("   Server, as host: ", 12), "   Server,\n   as host: ");
        assert_eq!(folded("127.0.0.1 is fine", 80), "127.0.0.1 is fine");
    }
}

#[cfg(test)]
pub(super) mod script {
    use std::collections::VecDeque;

    use super::*;

    /// Somebody whose answers are known; the input ends after the last.
    #[derive(Debug, Default)]
    pub(in super::super) struct Script {
        answers: VecDeque<String>,
        /// Everything asked and said.
        pub(in super::super) heard: String,
    }

    impl Script {
        pub(in super::super) fn of(answers: &[&str]) -> Self {
            Self { answers: answers.iter().map(|&answer| answer.to_owned()).collect(), heard: String::new() }
        }
    }

    impl Talk for Script {
        fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
            self.heard.push_str(question);
            self.heard.push('\n');
            Ok(self.answers.pop_front())
        }

        fn ask_hidden(&mut self, question: &str) -> io::Result<Option<Secret>> {
            Ok(self.ask(question)?.map(Secret::new))
        }

        fn say(&mut self, words: &str) -> io::Result<()> {
            self.heard.push_str(words);
            self.heard.push('\n');
            Ok(())
        }
    }
}
