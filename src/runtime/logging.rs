//! The log: one file a day, a few of them kept, readable by the user alone.
//!
//! What is logged holds no password, no text of a message and no header of another person: every
//! call site in this program logs codes, methods and ids only. Libraries get a word in only for
//! errors, since what they say at lower levels is not ours to vouch for.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::runtime::installation::private_dir;

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
    let filter: Targets = format!("error,chinwag={level}")
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, format!("`{level}` is not a level of logging")))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false).with_filter(filter);
    let subscriber = tracing_subscriber::registry().with(lines);
    // A second start in one process (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(LogGuard { _worker: Some(guard) })
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

impl Write for Daily {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        self.today(day)?.write(data)
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
}
