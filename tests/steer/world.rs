//! A server, people on screens, and commands of theirs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longest wait for anything; only a failure takes this long.
pub const PATIENCE: Duration = Duration::from_secs(30);
const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// Waits until something holds, looking again often.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        // What is waited for happens in another process.
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

pub fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

/// A child that does not outlive its test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Reads lines of its output until one is wanted.
    pub fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let out = self.0.stdout.as_mut().unwrap();
        let mut line = Vec::new();
        let end = Instant::now() + PATIENCE;
        loop {
            // One octet at a time: what follows is for the next call.
            let mut octet = [0];
            assert!(Instant::now() < end && out.read(&mut octet).unwrap() > 0, "the line did not come");
            if octet == *b"\n" {
                let text = String::from_utf8(std::mem::take(&mut line)).unwrap();
                if wanted(&text) {
                    return text;
                }
            } else {
                line.push(octet[0]);
            }
        }
    }

    pub fn event(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let line = self.line(|line| {
            let event: Value = serde_json::from_str(line).expect("every line is JSON");
            event["event"] == name && wanted(&event)
        });
        serde_json::from_str(&line).unwrap()
    }

    pub fn exit_code(&mut self) -> Option<i32> {
        let mut code = None;
        until("it does not end", || self.0.try_wait().unwrap().inspect(|status| code = status.code()).is_some());
        code
    }
}

/// Alice and others, each with a configuration and a data folder.
pub struct World {
    folder: tempfile::TempDir,
    pub server: Running,
}

impl World {
    pub fn new(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let users = "alice:plain:wonderland:Alice\nbob:plain:builder:Bob\ncarol:plain:sesame:Carol\n";
        std::fs::write(folder.path().join("users"), users).unwrap();
        let run = folder.path().join("run");
        std::fs::create_dir(&run).unwrap();
        let mut command = program(folder.path(), "serve");
        command.arg("serve").arg("--users").arg(folder.path().join("users")).args(["--domain", "example.test"]);
        command.args(["--listen", "127.0.0.1:0"]).args(options);
        let mut server = Running(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let line = server.line(|line| line.starts_with("listening "));
        let address = line.rsplit(' ').next().unwrap().to_owned();
        for (name, password) in [("alice", "wonderland"), ("bob", "builder"), ("carol", "sesame")] {
            let home = folder.path().join(name).join("config").join("chinwag");
            std::fs::create_dir_all(&home).unwrap();
            let config = format!(
                "[accounts.work]\nuri = \"sip:{name}@example.test\"\nautomatic = false\nserver = \"{address}\"\ntransport = \"tcp\"\n\
                 password = {{ env = \"TEST_PASSWORD\" }}\n"
            );
            std::fs::write(home.join("config.toml"), config).unwrap();
            std::fs::write(folder.path().join(name).join("password"), password).unwrap();
        }
        Self { folder, server }
    }

    /// The configuration file of somebody.
    pub fn config(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).join("config").join("chinwag").join("config.toml")
    }

    /// A command of somebody.
    pub fn run(&self, name: &str, words: &[&str]) -> Command {
        let mut command = program(self.folder.path(), name);
        command.env("TEST_PASSWORD", std::fs::read_to_string(self.folder.path().join(name).join("password")).unwrap());
        command.args(words);
        command
    }

    pub fn output(&self, name: &str, words: &[&str]) -> Output {
        self.run(name, words).stdin(Stdio::null()).output().unwrap()
    }

    /// A command whose output is read while it runs.
    pub fn start(&self, name: &str, words: &[&str]) -> Running {
        let mut command = self.run(name, words);
        Running(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Somebody signs in on a screen.
    pub fn screen(&self, name: &str) -> Screen {
        let screen = Screen::start(&self.run(name, &[]));
        until(&format!("{name} is not signed in"), || {
            let status = self.output(name, &["status", "--attach", "--json"]);
            status.status.success()
        });
        screen
    }

    /// The socket of the only screen.
    pub fn socket(&self) -> PathBuf {
        let mut sockets = self.sockets();
        assert_eq!(sockets.len(), 1, "{sockets:?}");
        sockets.remove(0)
    }

    pub fn sockets(&self) -> Vec<PathBuf> {
        let Ok(folder) = std::fs::read_dir(self.folder.path().join("run").join("chinwag")) else { return Vec::new() };
        folder.map(|entry| entry.unwrap().path()).collect()
    }
}

fn program(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for name in ["CHINWAG_CONFIG", "CHINWAG_DATA_DIR", "NO_COLOR"] {
        command.env_remove(name);
    }
    let home = folder.join(name);
    // Nothing of this machine's user is read.
    command.env("HOME", &home).env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("share"));
    command.env("XDG_STATE_HOME", home.join("state")).env("XDG_RUNTIME_DIR", folder.join("run"));
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The lines of an output as events, without their times.
pub fn events(output: &Output) -> Vec<Value> {
    let read = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        event.as_object_mut().unwrap().remove("at").unwrap();
        event
    };
    text(&output.stdout).lines().map(read).collect()
}

/// A chinwag with a screen.
pub struct Screen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn std::io::Write + Send>,
    shown: Arc<Mutex<vt100::Parser>>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Screen {
    pub fn start(command: &Command) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        builder.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let shown = Arc::new(Mutex::new(vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0)));
        let (mut output, onto) = (pair.master.try_clone_reader().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(len @ 1..) = output.read(&mut buffer) {
                onto.lock().unwrap().process(&buffer[..len]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, shown, _terminal: pair.master }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub fn rows(&self) -> Vec<String> {
        self.shown.lock().unwrap().screen().rows(0, COLUMNS).collect()
    }

    pub fn wait_for(&self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.rows().iter().any(|row| row.contains(words)) {
            assert!(Instant::now() < end, "`{words}` is not shown, but:\n{}", self.rows().join("\n"));
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Kills it as nothing can be caught.
    pub fn kill(&mut self) {
        signal(self.pid(), Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Ends it as the user does.
    pub fn quit(&mut self) {
        signal(self.pid(), Signal::TERM);
        until("it does not end", || self.child.try_wait().unwrap().is_some());
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of another hand at the socket.
pub struct Peer(pub BufReader<UnixStream>);

impl Peer {
    pub fn connect(to: &Path) -> Self {
        let stream = UnixStream::connect(to).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn say(&mut self, line: &str) {
        writeln!(self.0.get_mut(), "{line}").unwrap();
    }

    /// The next line of this kind; `None` at the end.
    pub fn event(&mut self, name: &str) -> Option<Value> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["event"] == name {
                return Some(event);
            }
        }
    }
}
