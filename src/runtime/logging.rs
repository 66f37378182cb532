//! The log: one file a day, a few of them kept, readable by the user alone.
//!
//! What is logged holds no password, no text of a message and no header of another person: every
//! call site in this program logs codes, methods and ids only. Libraries get a word in only for
//! errors, since what they say at lower levels is not ours to vouch for. Each event is one line without
//! anything a terminal obeys, whatever is in it, so that a log can be looked at and no line be forged.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::runtime::installation::private_dir;
use crate::ui::text;

/// Lines that may wait to be written; more are dropped and counted, the program never waits.
const LINES_WAITING: usize = 4096;

/// Writes the rest of the log when dropped; keep it until the program ends.
#[derive(Debug)]
#[must_use]
pub struct LogGuard {
    _worker: Option<WorkerGuard>,
}

/// Starts logging for the whole process. With level `off` nothing is opened.
///
/// # Errors
/// What the system says about the folder; the program runs as well without a log.
pub fn start(dir: &Path, level: &str, keep: usize) -> io::Result<LogGuard> {
    if level == "off" {
        return Ok(LogGuard { _worker: None });
    }
    let (writer, guard) = writer(dir, keep)?;
    // A second start in one process (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber(writer, level)?);
    Ok(LogGuard { _worker: Some(guard) })
}

/// What is written of what is told: of this program from the level on, of libraries errors only.
fn subscriber(writer: NonBlocking, level: &str) -> io::Result<impl Subscriber + Send + Sync> {
    let filter: Targets = format!("error,chinwag={level}")
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, format!("`{level}` is not a level of logging")))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false).with_filter(filter);
    Ok(tracing_subscriber::registry().with(lines))
}

fn writer(dir: &Path, keep: usize) -> io::Result<(NonBlocking, WorkerGuard)> {
    private_dir(dir)?;
    let daily = Daily { dir: dir.to_owned(), keep: keep.max(1), day: String::new(), file: None };
    Ok(NonBlockingBuilder::default().buffered_lines_limit(LINES_WAITING).lossy(true).finish(daily))
}

/// A file for each day, in UTC.
struct Daily {
    dir: PathBuf,
    keep: usize,
    day: String,
    file: Option<File>,
}

impl Daily {
    fn today(&mut self, day: String) -> io::Result<&mut File> {
        if self.day != day || self.file.is_none() {
            let mut options = OpenOptions::new();
            options.append(true).create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            self.file = Some(options.open(self.dir.join(format!("chinwag.{day}.log")))?);
            self.day = day;
            self.forget_old();
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Removes our oldest files; names sort by date.
    fn forget_old(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return };
        let mut ours: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| is_ours(path)).collect();
        ours.sort();
        let surplus = ours.len().saturating_sub(self.keep);
        for path in ours.into_iter().take(surplus) {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let day = name.strip_prefix("chinwag.").and_then(|rest| rest.strip_suffix(".log")).unwrap_or("");
    day.len() == 10 && day.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// An event as one line: what it quotes can neither begin another nor steer a terminal.
fn one_line(event: &[u8]) -> String {
    let event = String::from_utf8_lossy(event);
    text::line(event.strip_suffix('\n').unwrap_or(&event)) + "\n"
}

impl Write for Daily {
    /// Takes one event, whole.
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        self.today(day)?.write_all(one_line(data).as_bytes())?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_a_day_and_only_so_many() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("chinwag.toml.log"), "not ours").unwrap();
        let mut daily = Daily { dir: dir.path().to_owned(), keep: 2, day: String::new(), file: None };
        for day in ["2026-11-20", "2026-11-21", "2026-11-22"] {
            daily.today(day.to_owned()).unwrap().write_all(b"x\n").unwrap();
        }
        let mut names: Vec<String> =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["chinwag.2026-11-21.log", "chinwag.2026-11-22.log", "chinwag.toml.log"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(dir.path().join("chinwag.2026-11-22.log")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    /// What the files in a folder hold after this was logged at a level.
    fn logged(level: &str, log: impl FnOnce()) -> String {
        let dir = tempfile::tempdir().unwrap();
        let (writer, guard) = writer(dir.path(), 3).unwrap();
        tracing::subscriber::with_default(subscriber(writer, level).unwrap(), log);
        drop(guard);
        let files = std::fs::read_dir(dir.path()).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    #[test]
    fn t37_no_line_steers_a_terminal_or_forges_another() {
        let evil = "x\u{1b}]0;title\u{7}\u{9b}2J\r\n2026-11-27T00:00:00Z ERROR chinwag: forged\u{202e}\u{85}";
        let text = logged("info", || {
            tracing::error!(fault = %evil, "first");
            tracing::error!(fault = ?evil, "second");
            tracing::error!(fault = evil, "third {evil}");
        });
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
        assert!(text.lines().all(|line| !line.starts_with("2026-11-27T00:00:00Z")), "{text}");
    }

    #[test]
    fn of_libraries_errors_only() {
        let text = logged("trace", || {
            tracing::trace!("ours");
            tracing::warn!(target: "rustls::client", "theirs");
            tracing::error!(target: "zbus", "broken");
        });
        assert!(text.contains("ours") && text.contains("broken") && !text.contains("theirs"), "{text}");
        assert!(subscriber(writer(tempfile::tempdir().unwrap().path(), 1).unwrap().0, "loud").is_err());
    }
}
