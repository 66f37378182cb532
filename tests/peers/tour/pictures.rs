//! The pictures of `docs/tour.md`: each stands in a block of text below a line with its name. With
//! `CHINWAG_WRITE_DOCS` set they are taken anew, else the screen must come to show them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{Terminal, wait_until};

/// So long a screen must not change to be taken as a new picture.
const STEADY: Duration = Duration::from_secs(2);

/// Waits until the screen shows the picture of this name, or takes it anew.
pub fn compare(terminal: &Terminal, name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/tour.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- picture: {name} -->\n```text\n");
    let from = document.find(&begin).unwrap_or_else(|| panic!("docs/tour.md has no picture {name}")) + begin.len();
    let until = from + document[from..].find("```").unwrap();
    if std::env::var_os("CHINWAG_WRITE_DOCS").is_some() {
        let picture = steady(terminal);
        return std::fs::write(&path, format!("{}{picture}{}", &document[..from], &document[until..])).unwrap();
    }
    let wanted = &document[from..until];
    let mut last = String::new();
    let same = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait_until("the picture", 30, || {
            last = constant(&terminal.screen());
            (last == wanted).then_some(())
        });
    }));
    assert!(
        same.is_ok(),
        "docs/tour.md is out of date: run this test with CHINWAG_WRITE_DOCS=1. The picture {name}:\n{wanted}\nThe screen:\n{last}"
    );
}

/// The screen, as soon as it stays as it is.
pub fn steady(terminal: &Terminal) -> String {
    let (mut last, mut since) = (String::new(), Instant::now());
    wait_until("a screen that stays as it is", 60, || {
        let now = constant(&terminal.screen());
        if now != last {
            (last, since) = (now, Instant::now());
        }
        (since.elapsed() >= STEADY).then(|| last.clone())
    })
}

/// The screen with other times, dates and ports, which no two runs have in common; nothing moves by it.
fn constant(screen: &str) -> String {
    let rows = screen.trim_end().lines().map(|row| {
        let row = each(row, "00:00", "10:00", &[':']);
        let row = each(&row, "127.0.0.1:00000", "127.0.0.1:50600", &[]);
        let row = each(&row, "next try in 00 s", "next try in 30 s", &[]);
        let row = each(&row, "next try in 0 s ", "next try in 30 s", &[]);
        let row = each(&row, "10:00 0m ", "10:00 now", &[]);
        dated(waiting(&row).trim_end())
    });
    rows.collect::<Vec<_>>().join("\n") + "\n"
}

/// Other letters in each place that looks like `form`, in which 0 is any digit, where no digit and none of
/// these stand beside it.
fn each(row: &str, form: &str, other: &str, beside: &[char]) -> String {
    let letters: Vec<char> = row.chars().collect();
    let form: Vec<char> = form.chars().collect();
    let apart = |c: Option<&char>| c.is_none_or(|c| !c.is_ascii_digit() && !beside.contains(c));
    let (mut out, mut at) = (String::new(), 0);
    while at < letters.len() {
        let here = letters.get(at..at + form.len());
        let alike = |(c, f): (&char, &char)| c == f || *f == '0' && c.is_ascii_digit();
        if here.is_some_and(|here| here.iter().zip(&form).all(alike))
            && apart(at.checked_sub(1).and_then(|at| letters.get(at)))
            && apart(letters.get(at + form.len()))
        {
            out.push_str(other);
            at += form.len();
        } else {
            out.push(letters[at]);
            at += 1;
        }
    }
    out
}

/// Why the next attempt is waited for: the lost connection, or that nobody answered since.
fn waiting(row: &str) -> String {
    const WHY: &str = " nobody answers there, next try in 30 s";
    let Some((why, rest)) = row.split_once(", next try in 30 s") else { return row.to_owned() };
    let column = why.chars().count() + 18 + rest.chars().take_while(|c| *c == ' ').count();
    let rest = rest.trim_start();
    if rest.is_empty() { WHY.to_owned() } else { format!("{WHY:<column$}{rest}") }
}

/// Lines of a day, `──── Fri 27 Nov 2026 ────`, with another day.
fn dated(row: &str) -> String {
    const DAY: &str = " Mon 16 Nov 2026 ";
    let Some((begin, end)) = line_of_day(row) else {
        // Another may stand behind the first line of the row.
        let Some(line) = row.find('─') else { return row.to_owned() };
        let end = row[line..].find(|c| c != '─').map_or(row.len(), |at| line + at);
        return format!("{}{}", &row[..end], if end < row.len() { dated(&row[end..]) } else { String::new() });
    };
    let cells = row[begin..end].chars().count();
    let before = cells.saturating_sub(DAY.len()) / 2;
    let after = cells.saturating_sub(DAY.len() + before);
    format!("{}{}{DAY}{}{}", &row[..begin], "─".repeat(before), "─".repeat(after), dated(&row[end..]))
}

/// Where it begins and ends.
fn line_of_day(row: &str) -> Option<(usize, usize)> {
    let begin = row.find('─')?;
    let said = begin + row[begin..].find(|c| c != '─')?;
    let words: Vec<&str> = row[said..].split_whitespace().take(4).collect();
    let [_, day, _, year] = words.as_slice() else { return None };
    (day.parse::<u8>().is_ok() && year.len() == 4 && year.parse::<u16>().is_ok()).then_some(())?;
    let rest = said + row[said..].find('─')?;
    let end = row[rest..].find(|c| c != '─').map_or(row.len(), |at| rest + at);
    Some((begin, end))
}

#[test]
fn what_varies_is_made_constant_and_nothing_moves() {
    let screen = " a │ ── Fri 7 Nov 2025 ──── │── Fri 27 Nov 2026 ─ 127.0.0.1:33211\n23:59 Bob  12:34:56 1:2\ngone, next try in 7 s                          x\n 23:59 3m    x\n\n";
    let wanted = " a │ ── Mon 16 Nov 2026 ─── │─ Mon 16 Nov 2026 ── 127.0.0.1:50600\n10:00 Bob  12:34:56 1:2\n nobody answers there, next try in 30 s        x\n 10:00 now   x\n";
    assert_eq!(constant(screen), wanted);
}
