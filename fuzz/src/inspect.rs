//! Files that others send: whatever is in them and whatever they are called, a look at them ends, and what is shown of
//! them is safe.

use std::io::{Cursor, Read, Seek, SeekFrom};

use chinwag::inspect::scanner::Reply;
use chinwag::inspect::{Limits, Offer, SafeName, Scan, SenderClass, Verdict, after, before};
use chinwag::model::FileRules;

/// Far less than in earnest, so that each of them is met.
const LIMITS: Limits = Limits { depth: 3, ratio: 100, entries: 64, total: 4 << 20, held: 64 << 10, searched: 1 << 20 };
/// What is read of a file at most, beside some times its size.
const SMALL: u64 = 16 << 20;

/// The file under several names, its first octets as a name, and as the answer of a scanner.
pub fn file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let given = text.lines().next().unwrap_or_default();
    name(given);
    for called in ["a.zip", "a.docx", "a.tar.gz", "a.txt", given] {
        look(called, data);
    }
    let mut reply = Reply::new();
    let scan = reply.push(data).unwrap_or_else(|| reply.end());
    assert!(scan != Scan::Clean || data == b"stream: OK\0", "that is no clear answer");
}

fn name(given: &str) {
    let safe = SafeName::of(given);
    for text in [safe.as_str(), &safe.alternative(2)] {
        assert!(!text.is_empty() && text.len() <= 255 && !text.contains(['/', '\\', ':']), "{text:?}");
        assert!(!text.starts_with(['.', '-', '~']) && !text.ends_with(['.', ' ']), "{text:?}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert_eq!(SafeName::of(safe.as_str()).as_str(), safe.as_str(), "a safe name is left as it is");
}

fn look(called: &str, data: &[u8]) {
    let offer = Offer { name: called, octets: Some(data.len() as u64), sender: SenderClass::Known };
    let mut file = Counted { octets: Cursor::new(data), read: 0 };
    let rules = FileRules::default();
    let verdict = after(&offer, &mut file, &rules, None, LIMITS);
    assert!(file.read <= SMALL + 64 * data.len() as u64, "{} octets were read of {}", file.read, data.len());
    let sooner = before(&offer, &rules, false);
    assert!(weight(&sooner) <= weight(&verdict), "a file cannot be better than its name");
    for reason in verdict.reasons() {
        assert!(!reason.to_string().chars().any(char::is_control), "{reason}");
    }
}

fn weight(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Allow => 0,
        Verdict::Ask { .. } => 1,
        Verdict::Block { .. } => 2,
    }
}

/// A file, and what was read of it.
struct Counted<'a> {
    octets: Cursor<&'a [u8]>,
    read: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.octets.read(out)?;
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.octets.seek(to)
    }
}
