//! The user's own editor, for a text being written: `$VISUAL`, else `$EDITOR`.
//!
//! It runs beside everything else, on a file only the user can read, in a folder that goes with it
//! whatever happens. Its command is taken apart into words here; no shell sees it.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::timeout;

use crate::runtime::child;
use crate::runtime::signals::hang_up;
use crate::runtime::tty::Modes;

/// Octets of a file that are read; more than can be taken, so that it is seen that it is too long.
const MOST: u64 = 1024 * 1024;
/// So long an editor has to end when it is told to.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why an editor gave no text.
#[derive(Debug, thiserror::Error)]
pub enum EditorFault {
    /// None is named.
    #[error("no editor is named: set VISUAL or EDITOR, for instance to nano")]
    Unnamed,
    /// What is named cannot be read.
    #[error("the editor's command `{0}` has a quote without an end")]
    Quote(String),
    /// It cannot be started.
    #[error("the editor {program} cannot be started: {fault}")]
    Start {
        /// Which.
        program: String,
        /// What the system says.
        fault: io::Error,
    },
    /// There is no place for the text.
    #[error("there is no place for the text to edit: {0}")]
    Folder(io::Error),
    /// It ended as editors do when the user gives up, or by a fault.
    #[error("the editor gave up ({0})")]
    GaveUp(String),
    /// What it left cannot be read.
    #[error("what the editor wrote cannot be read: {0}")]
    Unreadable(io::Error),
}

/// An editor that runs.
#[derive(Debug)]
pub struct Editor {
    child: Child,
    file: PathBuf,
    /// Those of the terminal when it began.
    modes: Modes,
    /// Held: it goes, with all that is in it, when the editor is done with.
    _folder: TempDir,
}

/// An editor that can be started: everything is there but the terminal.
#[derive(Debug)]
pub struct Prepared {
    words: Vec<String>,
    file: PathBuf,
    folder: TempDir,
}

impl Prepared {
    /// Takes the command apart and puts the text into a file.
    ///
    /// # Errors
    /// [`EditorFault`]; nothing is left behind then.
    pub fn new(text: &str) -> Result<Self, EditorFault> {
        Self::with(&named(std::env::var_os("VISUAL"), std::env::var_os("EDITOR"))?, text)
    }

    fn with(command: &str, text: &str) -> Result<Self, EditorFault> {
        let words = words(command)?;
        let folder = private_folder().map_err(EditorFault::Folder)?;
        let file = folder.path().join("message.txt");
        write_private(&file, text).map_err(EditorFault::Folder)?;
        Ok(Self { words, file, folder })
    }

    /// Starts the editor. The terminal must be given back before.
    ///
    /// # Errors
    /// [`EditorFault::Start`].
    pub fn start(self) -> Result<Editor, EditorFault> {
        let Self { words, file, folder } = self;
        let (program, rest) = words.split_first().ok_or(EditorFault::Unnamed)?;
        let modes = Modes::now();
        let started = child::program(program).args(rest).arg(&file).kill_on_drop(true).spawn();
        let child = started.map_err(|fault| EditorFault::Start { program: program.clone(), fault })?;
        Ok(Editor { child, file, modes, _folder: folder })
    }
}

impl Editor {
    /// Waits for its end, and gives what was written. Safe to drop at any time.
    ///
    /// # Errors
    /// [`EditorFault`] if it gave up or left nothing.
    pub async fn finished(&mut self) -> Result<String, EditorFault> {
        let status = self.child.wait().await.map_err(EditorFault::Unreadable)?;
        self.modes.put_back();
        if !status.success() {
            return Err(EditorFault::GaveUp(status.to_string()));
        }
        read(&self.file).map_err(EditorFault::Unreadable)
    }

    /// Tells it to end, as a terminal does that is closed; gives what it had saved by then.
    pub async fn close(mut self) -> Option<String> {
        if let Some(id) = self.child.id() {
            hang_up(id);
        }
        if timeout(FAREWELL, self.child.wait()).await.is_err() {
            // It does not want to; dropping it kills it.
            tracing::warn!("the editor did not end when it was told to");
        }
        self.modes.put_back();
        read(&self.file).ok()
    }
}

/// The command of the editor.
fn named(visual: Option<OsString>, editor: Option<OsString>) -> Result<String, EditorFault> {
    let named = [visual, editor].into_iter().flatten().map(|name| name.to_string_lossy().into_owned());
    named.into_iter().find(|name| !name.trim().is_empty()).ok_or(EditorFault::Unnamed)
}

/// The words of a command: blanks part them, quotes and backslashes hold them together. Nothing else
/// has a meaning.
fn words(command: &str) -> Result<Vec<String>, EditorFault> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(EditorFault::Quote(command.to_owned()));
    }
    words.extend(word);
    if words.is_empty() { Err(EditorFault::Unnamed) } else { Ok(words) }
}

/// A folder of ours that nobody else can look into: where the session keeps such things in memory,
/// else with the other passing files.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("chinwag-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    match session.map(|folder| builder.tempdir_in(folder)) {
        Some(Ok(folder)) => Ok(folder),
        Some(Err(_)) | None => builder.tempdir(),
    }
}

fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    // Editors like a line end at the end.
    if text.is_empty() || text.ends_with('\n') { Ok(()) } else { file.write_all(b"\n") }
}

fn read(file: &Path) -> io::Result<String> {
    use std::io::Read as _;
    let mut octets = Vec::new();
    fs::File::open(file)?.take(MOST).read_to_end(&mut octets)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(command: &str) -> Vec<String> {
        words(command).unwrap()
    }

    #[test]
    fn commands_are_taken_apart_without_a_shell() {
        assert_eq!(split("vim"), ["vim"]);
        assert_eq!(split("  code --wait\t-n "), ["code", "--wait", "-n"]);
        assert_eq!(split(r#"'/opt/my editor/ed' "a \"b\" c" d\ e ''"#), ["/opt/my editor/ed", r#"a "b" c"#, "d e", ""]);
        assert_eq!(split("ed; rm -rf $HOME `x` > y"), ["ed;", "rm", "-rf", "$HOME", "`x`", ">", "y"]);
        assert!(matches!(words("ed 'x"), Err(EditorFault::Quote(_))));
        assert!(matches!(words("  "), Err(EditorFault::Unnamed)));
    }

    #[test]
    fn the_first_that_is_named_is_taken() {
        let os = |text: &str| Some(OsString::from(text));
        assert_eq!(named(os("a"), os("b")).unwrap(), "a");
        assert_eq!(named(os(" "), os("b")).unwrap(), "b");
        assert_eq!(named(None, os("b")).unwrap(), "b");
        assert!(matches!(named(None, os("")), Err(EditorFault::Unnamed)));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_text_goes_there_and_back_and_nothing_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let prepared = Prepared::with(r#"sh -c 'printf " more" >> "$0"'"#, "one").unwrap();
        let (file, folder) = (prepared.file.clone(), prepared.folder.path().to_owned());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let mut editor = prepared.start().unwrap();
        assert_eq!(editor.finished().await.unwrap(), "one\n more");
        drop(editor);
        assert!(!folder.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_editor_that_is_missing_or_gives_up_leaves_nothing_behind() {
        let prepared = Prepared::with("/nowhere/at-all", "text").unwrap();
        let folder = prepared.folder.path().to_owned();
        assert!(matches!(prepared.start(), Err(EditorFault::Start { .. })));
        assert!(!folder.exists());
        let mut editor = Prepared::with("false", "text").unwrap().start().unwrap();
        assert!(matches!(editor.finished().await, Err(EditorFault::GaveUp(_))));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_was_saved_before_the_end_comes_back() {
        // It saves, says so by another file, and waits to be told.
        let script = r#"sh -c 'echo saved > "$0"; touch "$0.done"; exec sleep 60'"#;
        let prepared = Prepared::with(script, "old").unwrap();
        let (folder, done) = (prepared.folder.path().to_owned(), prepared.folder.path().join("message.txt.done"));
        let editor = prepared.start().unwrap();
        while !done.exists() {
            tokio::task::yield_now().await;
        }
        assert_eq!(editor.close().await.as_deref(), Some("saved\n"));
        assert!(!folder.exists());
    }
}
