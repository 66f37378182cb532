//! What is said to a scanner of viruses and what it says: `INSTREAM` of clamd in octets, and the exit codes of programs.
//! Sockets and processes are elsewhere; the caller sends what [`Instream`] gives and hands what comes to [`Reply`].
//!
//! "OK" is one voice among others. Whatever is not plainly "OK" or "FOUND" counts as not looked at.

use thiserror::Error;

/// What a scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// Nothing was found.
    Clean,
    /// Something was, by this word of the scanner's; safe to show.
    Found(String),
    /// It was not looked at, or not as a whole.
    NotLooked(NotLooked),
}

/// Why a scanner did not look.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotLooked {
    /// It could not be reached, or the program not started.
    #[error("it could not be reached")]
    Unreachable,
    /// It did not answer in time.
    #[error("it did not answer in time")]
    Late,
    /// It said nothing before it hung up.
    #[error("it hung up without an answer")]
    Silent,
    /// The file is larger than it takes.
    #[error("the file is larger than it takes")]
    TooLarge,
    /// It stopped at a limit of its own, by this word.
    #[error("it stopped at a limit of its own ({0})")]
    Limit(String),
    /// It failed, in these words; safe to show.
    #[error("it failed ({0})")]
    Failed(String),
    /// What it said is no answer.
    #[error("its answer could not be understood")]
    Odd,
    /// The program ended with this code, which means no result.
    #[error("it ended with the code {0}")]
    Code(i32),
    /// The program was killed.
    #[error("it was stopped")]
    Stopped,
}

/// Octets of a chunk at most.
pub const CHUNK: usize = 64 << 10;
/// Octets of an answer at most.
const LONGEST: usize = 4096;
/// Letters of a word of the scanner's that are kept.
const WORD: usize = 128;

/// The words that begin a session of one file.
const BEGIN: &[u8] = b"zINSTREAM\0";
/// The chunk without octets that ends it.
const END: [u8; 4] = [0; 4];

/// What is sent to clamd for one file.
#[derive(Debug, Default)]
pub struct Instream {
    begun: bool,
}

impl Instream {
    /// A session that is to begin.
    #[must_use]
    pub const fn new() -> Self {
        Self { begun: false }
    }

    /// Writes the next octets of the file to `out`, as chunks with their lengths; without octets nothing.
    pub fn write(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        self.begin(out);
        for chunk in octets.chunks(CHUNK) {
            let long = u32::try_from(chunk.len()).unwrap_or_default();
            out.extend_from_slice(&long.to_be_bytes());
            out.extend_from_slice(chunk);
        }
    }

    /// Writes the end of the file. Where writing fails before, as with a file that is too large for clamd, its answer is
    /// to be read all the same.
    pub fn end(mut self, out: &mut Vec<u8>) {
        self.begin(out);
        out.extend_from_slice(&END);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if !self.begun {
            out.extend_from_slice(BEGIN);
            self.begun = true;
        }
    }
}

/// The answer of clamd while it comes.
#[derive(Debug, Default)]
pub struct Reply {
    octets: Vec<u8>,
}

impl Reply {
    /// An answer of which nothing has come.
    #[must_use]
    pub const fn new() -> Self {
        Self { octets: Vec::new() }
    }

    /// Takes octets; `Some`: that is the answer, and nothing more is waited for.
    pub fn push(&mut self, octets: &[u8]) -> Option<Scan> {
        let room = LONGEST.saturating_sub(self.octets.len());
        let taken = octets.get(..room).unwrap_or(octets);
        let from = self.octets.len();
        self.octets.extend_from_slice(taken);
        let end = self.octets.get(from..).and_then(|new| memchr::memchr(0, new));
        match end {
            // Something after the end was not asked for: then nobody knows which file it is about.
            Some(at) if from + at + 1 == self.octets.len() && taken.len() == octets.len() => {
                Some(meaning(self.octets.get(..from + at).unwrap_or_default()))
            }
            Some(_) => Some(Scan::NotLooked(NotLooked::Odd)),
            None => (taken.len() < octets.len() || self.octets.len() == LONGEST).then_some(Scan::NotLooked(NotLooked::Odd)),
        }
    }

    /// What it comes to where the connection ended before a whole answer. Half a word could be the half that matters, so
    /// it counts as none, but for a refusal.
    #[must_use]
    pub fn end(self) -> Scan {
        match meaning(&self.octets) {
            _ if self.octets.is_empty() => Scan::NotLooked(NotLooked::Silent),
            refusal @ Scan::NotLooked(_) => refusal,
            found @ Scan::Found(_) => found,
            Scan::Clean => Scan::NotLooked(NotLooked::Odd),
        }
    }
}

/// What a line of clamd's says: `stream: OK`, `stream: NAME FOUND`, `... ERROR`.
fn meaning(line: &[u8]) -> Scan {
    let Ok(line) = std::str::from_utf8(line) else { return Scan::NotLooked(NotLooked::Odd) };
    if line.chars().any(char::is_control) {
        return Scan::NotLooked(NotLooked::Odd);
    }
    if let Some(words) = line.strip_suffix(" ERROR") {
        let large = words.contains("size limit exceeded");
        return Scan::NotLooked(if large { NotLooked::TooLarge } else { NotLooked::Failed(word(words)) });
    }
    match line.strip_prefix("stream: ") {
        Some("OK") => Scan::Clean,
        Some(rest) => match rest.strip_suffix(" FOUND") {
            Some(name) if name.starts_with("Heuristics.Limits.Exceeded") => Scan::NotLooked(NotLooked::Limit(word(name))),
            Some(name) if !name.trim().is_empty() => Scan::Found(word(name)),
            _ => Scan::NotLooked(NotLooked::Odd),
        },
        None => Scan::NotLooked(NotLooked::Odd),
    }
}

/// A word of the scanner's, safe to show.
fn word(text: &str) -> String {
    let kept = text.trim().chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    kept.take(WORD).collect()
}

/// What the exit code of a scanner that is a program says, as those of `clamscan` and `clamdscan` do: 0 nothing found,
/// 1 something found, anything else a failure. `None`: it was killed.
#[must_use]
pub fn of_command(code: Option<i32>, output: &str) -> Scan {
    match code {
        Some(0) => Scan::Clean,
        Some(1) => {
            let line = output.lines().find_map(|line| line.trim_end().strip_suffix(" FOUND"));
            let name = line.map_or("no name", |line| line.rsplit_once(": ").map_or(line, |(_, name)| name));
            Scan::Found(word(name))
        }
        Some(code) => Scan::NotLooked(NotLooked::Code(code)),
        None => Scan::NotLooked(NotLooked::Stopped),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn odd() -> Scan {
        Scan::NotLooked(NotLooked::Odd)
    }

    #[test]
    fn a_file_goes_in_chunks_between_its_words() {
        let mut out = Vec::new();
        let mut session = Instream::new();
        session.write(b"abc", &mut out);
        session.write(b"", &mut out);
        session.write(b"d", &mut out);
        session.end(&mut out);
        assert_eq!(out, b"zINSTREAM\0\0\0\0\x03abc\0\0\0\x01d\0\0\0\0");
        let mut out = Vec::new();
        Instream::new().end(&mut out);
        assert_eq!(out, b"zINSTREAM\0\0\0\0\0");
        let mut out = Vec::new();
        Instream::new().write(&vec![7; CHUNK + 1], &mut out);
        assert_eq!(out.len(), 10 + 4 + CHUNK + 4 + 1);
    }

    #[test]
    fn answers_mean_what_clamd_means() {
        for (said, means) in [
            (&b"stream: OK\0"[..], Scan::Clean),
            (b"stream: Local.Eicar-Test.UNOFFICIAL FOUND\0", Scan::Found("Local.Eicar-Test.UNOFFICIAL".into())),
            (b"INSTREAM size limit exceeded. ERROR\0", Scan::NotLooked(NotLooked::TooLarge)),
            (
                b"stream: Can't allocate memory ERROR\0",
                Scan::NotLooked(NotLooked::Failed("stream: Can't allocate memory".into())),
            ),
            (
                b"stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0",
                Scan::NotLooked(NotLooked::Limit("Heuristics.Limits.Exceeded.MaxRecursion".into())),
            ),
            (b"stream: ok\0", odd()),
            (b"stream:  FOUND\0", odd()),
            (b"stream: OK\n\0", odd()),
            (b"stream: OK\0stream: X FOUND\0", odd()),
            (b"\0", odd()),
            (b"stream: \xff FOUND\0", odd()),
            (b"UNKNOWN COMMAND\0", odd()),
        ] {
            assert_eq!(Reply::new().push(said), Some(means), "{}", String::from_utf8_lossy(said));
        }
    }

    #[test]
    fn an_answer_that_breaks_off_is_no_ok() {
        assert_eq!(Reply::new().end(), Scan::NotLooked(NotLooked::Silent));
        for (said, means) in [
            (&b"stream: OK"[..], odd()),
            (b"stream: X FOUND", Scan::Found("X".into())),
            (b"stream: X FOU", odd()),
            (b"INSTREAM size limit exceeded. ERROR", Scan::NotLooked(NotLooked::TooLarge)),
        ] {
            let mut reply = Reply::new();
            assert_eq!(reply.push(said), None);
            assert_eq!(reply.end(), means);
        }
        assert_eq!(Reply::new().push(&[b'a'; 5000]), Some(odd()));
    }

    #[test]
    fn exit_codes_mean_what_clamscan_means() {
        assert_eq!(of_command(Some(0), ""), Scan::Clean);
        assert_eq!(of_command(Some(1), "/tmp/a: Eicar FOUND\n\n--- SUMMARY ---"), Scan::Found("Eicar".into()));
        assert_eq!(of_command(Some(1), "\x1b[31m"), Scan::Found("no name".into()));
        assert_eq!(of_command(Some(2), "a: OK"), Scan::NotLooked(NotLooked::Code(2)));
        assert_eq!(of_command(None, ""), Scan::NotLooked(NotLooked::Stopped));
    }

    proptest! {
        #[test]
        fn only_one_line_means_clean(said in prop::collection::vec(any::<u8>(), 0..60), cut in any::<prop::sample::Index>()) {
            let at = cut.index(said.len() + 1);
            let mut reply = Reply::new();
            let scan = reply.push(&said[..at]).or_else(|| reply.push(&said[at..])).unwrap_or_else(|| reply.end());
            prop_assert!(scan != Scan::Clean || said.starts_with(b"stream: OK\0"));
        }
    }
}
