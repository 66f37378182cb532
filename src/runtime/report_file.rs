//! What a stranger wrote, in a file to be handed to who looks after the network. Nothing of it goes anywhere by
//! itself.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::app::{FrontNews, Msg, RequestReport};
use crate::net::link::plain;
use crate::runtime::installation::private_dir;
use crate::runtime::roster_file::file_name;
use crate::ui::text;

/// Files of one name that are tried.
const MOST_OF_A_NAME: u32 = 100;

/// Writes a report; what the user is told.
#[must_use]
pub fn told(data_dir: &Path, report: &RequestReport) -> Msg {
    match write(data_dir, report) {
        Ok(path) => Msg::Front(FrontNews::Words(format!("the report is in {}", path.display()))),
        Err(fault) => {
            let place = data_dir.join(FOLDER);
            Msg::Trouble(format!("the report could not be written to {}: {}", place.display(), plain(&fault)))
        }
    }
}

/// The folder of reports within the data folder.
const FOLDER: &str = "reports";

/// Writes a file of its own, which nobody else may read.
///
/// # Errors
/// What the system says.
fn write(data_dir: &Path, report: &RequestReport) -> io::Result<PathBuf> {
    let folder = data_dir.join(FOLDER);
    private_dir(&folder)?;
    let time = report.at.to_rfc3339().replace(':', "");
    let name = format!("{}-{}", time.get(..17).unwrap_or(&time), file_name(report.who.short()));
    for number in 0..MOST_OF_A_NAME {
        let more = if number == 0 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{more}.txt"));
        let mut options = OpenOptions::new();
        // One that is there already is another report, or a link somebody put there.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(words(report).as_bytes())?;
                file.sync_all()?;
                return Ok(path);
            }
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The text of the file: nothing in it steers a terminal, or begins a line by itself.
fn words(report: &RequestReport) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Messages of somebody who is not on the contact list");
    let _ = writeln!(out, "to:       {}", text::line(report.account.as_str()));
    let _ = writeln!(out, "from:     {}", text::line(report.who.as_str()));
    let _ = writeln!(out, "reported: {}", report.at.to_rfc3339());
    for warning in &report.warnings {
        let _ = writeln!(out, "note:     {}", text::line(warning));
    }
    for (at, said) in &report.said {
        let _ = writeln!(out, "\n{}", at.to_rfc3339());
        for line in said.lines() {
            let _ = writeln!(out, "| {}", text::line(line));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Stamp};

    fn report() -> RequestReport {
        RequestReport {
            account: Address::parse("alice@example.test").unwrap(),
            who: Address::parse("mallory@elsewhere.test").unwrap(),
            at: Stamp::from_millis(1_793_700_000_000),
            warnings: vec!["Letters of several scripts are mixed in it".to_owned()],
            said: vec![(Stamp::from_millis(1_793_600_000_000), "buy\u{1b}[2J now\nfrom: nobody\u{202e}".to_owned())],
        }
    }

    #[test]
    fn a_report_is_a_private_file_without_anything_that_steers_a_terminal() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), &report()).unwrap();
        let again = write(dir.path(), &report()).unwrap();
        assert!(path != again && path.starts_with(dir.path().join("reports")), "{path:?} {again:?}");
        let said = std::fs::read_to_string(&path).unwrap();
        assert!(said.contains("from:     sip:mallory@elsewhere.test\n") && said.contains("\n| from: nobody"), "{said}");
        assert!(said.contains("note:     Letters of several") && said.contains(&report().said[0].0.to_rfc3339()), "{said}");
        assert!(!said.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let Msg::Front(FrontNews::Words(words)) = told(dir.path(), &report()) else { panic!() };
        assert!(words.starts_with("the report is in /") || cfg!(windows), "{words}");
    }

    #[test]
    fn where_it_cannot_be_written_the_user_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("reports"), "").unwrap();
        let Msg::Trouble(words) = told(dir.path(), &report()) else { panic!() };
        assert!(words.starts_with("the report could not be written to "), "{words}");
    }
}
