//! A terminal for one test: tmux on a socket of its own, with a shell in one window.

use std::path::Path;
use std::process::Command;

use super::wait_until;

/// A tmux server of our own with one window; it ends with the test.
pub struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    /// A shell in a window of this size.
    pub fn shell(columns: u16, rows: u16) -> Self {
        Self::open(columns, rows, "ready$ ", &[])
    }

    /// A shell as a new user has it: a home with nothing in it, `chinwag` in the path, and no tmux that nobody
    /// is attached to.
    pub fn at_home(columns: u16, rows: u16) -> Self {
        Self::open(
            columns,
            rows,
            "$ ",
            &[
                "TMUX",
                "XDG_CONFIG_HOME",
                "XDG_DATA_HOME",
                "XDG_STATE_HOME",
                "XDG_CACHE_HOME",
                "XDG_RUNTIME_DIR",
                "DBUS_SESSION_BUS_ADDRESS",
            ],
        )
    }

    fn open(columns: u16, rows: u16, prompt: &str, without: &[&str]) -> Self {
        let terminal = Self { folder: tempfile::tempdir().unwrap() };
        let home = terminal.folder.path();
        let bin = home.join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_chinwag"), bin.join("chinwag")).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        // `env` wants what it takes away before what it sets.
        let taken: Vec<String> = without.iter().map(|name| format!(" -u {name}")).collect();
        let taken = taken.concat();
        let own = if without.is_empty() { String::new() } else { format!(" HOME='{}'", home.display()) };
        let start = format!("env{taken}{own} PS1='{prompt}' PATH='{}:{path}' bash --norc --noprofile", bin.display());
        let (x, y) = (columns.to_string(), rows.to_string());
        let at = home.to_str().unwrap();
        terminal.tmux(&["new-session", "-d", "-x", &x, "-y", &y, "-s", "t", "-c", at, &start]);
        terminal.tmux(&["set", "-g", "status", "off"]);
        terminal.tmux(&["set", "-g", "escape-time", "0"]);
        terminal.resize(columns, rows);
        terminal.wait("the shell", 10, |s| s.contains(prompt.trim()));
        terminal
    }

    /// Lets tmux do something and gives what it prints.
    pub fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-f", "/dev/null", "-S"])
            .arg(self.socket())
            .args(arguments)
            .output()
            .unwrap_or_else(|e| panic!("tmux cannot be started ({e}): run tests/run.sh"));
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Another size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.tmux(&["resize-window", "-t", "t", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// What the screen shows, blanks at the ends of rows left out.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "t"])
    }

    /// Types a text.
    pub fn text(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "t", "-l", "--", text]);
    }

    /// Presses a key, by tmux's name of it.
    pub fn key(&self, key: &str) {
        self.tmux(&["send-keys", "-t", "t", key]);
    }

    /// Types a line.
    pub fn line(&self, text: &str) {
        self.text(text);
        self.key("Enter");
    }

    /// Waits until the screen is as wanted, and gives it.
    pub fn wait(&self, what: &str, seconds: u64, mut wanted: impl FnMut(&str) -> bool) -> String {
        let mut last = String::new();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until(what, seconds, || {
                last = self.screen();
                wanted(&last).then(|| last.clone())
            })
        }));
        result.unwrap_or_else(|_| panic!("{what}; the screen:\n{last}"))
    }

    fn socket(&self) -> std::path::PathBuf {
        self.home().join("socket")
    }

    /// Where the shell began; of a new user the home.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(self.socket()).arg("kill-server").output();
    }
}
