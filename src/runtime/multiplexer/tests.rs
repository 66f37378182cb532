//! With the real programs: sessions that are attached in a pseudo-terminal, and left.

use std::ffi::OsString;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::process::Command;

use super::*;

/// Longest wait for something the programs do.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who looks at a session.
struct Looker {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Looker {
    fn at(command: CommandBuilder) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let child = pty.slave.spawn_command(command).unwrap();
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        Self { child, _master: pty.master }
    }

    /// The terminal is closed, as when a connection of SSH ends.
    fn leaves(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn run(program: &str, arguments: &[&str], env: &[(&str, &Path)]) -> std::process::Output {
    let mut command = Command::new(program);
    command.args(arguments).env("TERM", "xterm").envs(env.iter().copied()).env_remove("TMUX").env_remove("STY");
    command
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|fault| panic!("{program} cannot be run: {fault}; apt-get install it"))
}

async fn next(around: &mut Multiplexers) -> Option<Multiplexer> {
    timeout(PATIENCE, around.changed()).await.expect("a change is noticed")
}

/// Several sessions, ended with the test.
struct Tmux {
    dir: tempfile::TempDir,
}

impl Tmux {
    async fn start(sessions: &[&str]) -> Self {
        let tmux = Self { dir: tempfile::tempdir().unwrap() };
        for session in sessions {
            let output = tmux.order(&["-f", "/dev/null", "new-session", "-d", "-s", session, "sleep 600"]).await;
            assert!(output.status.success(), "{output:?}");
        }
        tmux
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    async fn order(&self, words: &[&str]) -> std::process::Output {
        let socket = self.socket();
        let arguments: Vec<&str> = ["-S", socket.to_str().unwrap()].into_iter().chain(words.iter().copied()).collect();
        run("tmux", &arguments, &[]).await
    }

    async fn around(&self, session: &str) -> Around {
        let pane = self.order(&["display-message", "-p", "-t", session, "#{pane_id}"]).await;
        let pane = String::from_utf8(pane.stdout).unwrap().trim().to_owned();
        let mut tmux = OsString::from(self.socket());
        tmux.push(",123,0");
        Around::tmux(&tmux, Some(pane)).unwrap()
    }

    fn look(&self, session: &str) -> Looker {
        let mut command = CommandBuilder::new("tmux");
        command.arg("-S");
        command.arg(self.socket());
        command.args(["attach", "-t", session]);
        command.env("TERM", "xterm");
        command.env_remove("TMUX");
        Looker::at(command)
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = std::process::Command::new("tmux").arg("-S").arg(self.socket()).arg("kill-server").status();
    }
}

#[tokio::test]
async fn a_session_of_tmux_is_left_and_looked_at_again() {
    let tmux = Tmux::start(&["chat"]).await;
    let mut around = Multiplexers::over(vec![tmux.around("chat").await]);
    assert_eq!(next(&mut around).await, Some(Multiplexer::Tmux), "it began with nobody there");
    let looker = tmux.look("chat");
    assert_eq!(next(&mut around).await, None);
    looker.leaves();
    assert_eq!(next(&mut around).await, Some(Multiplexer::Tmux));
    let _looker = tmux.look("chat");
    assert_eq!(next(&mut around).await, None);
    tmux.order(&["detach-client", "-s", "chat"]).await;
    assert_eq!(next(&mut around).await, Some(Multiplexer::Tmux));
}

#[tokio::test]
async fn another_session_of_tmux_does_not_count() {
    let tmux = Tmux::start(&["chat", "work"]).await;
    let mut around = Multiplexers::over(vec![tmux.around("chat").await]);
    assert_eq!(next(&mut around).await, Some(Multiplexer::Tmux));
    // Ours comes first: of one that comes while another is looked at, the socket does not tell.
    let chat = tmux.look("chat");
    assert_eq!(next(&mut around).await, None);
    let _work = tmux.look("work");
    while !tmux.around("work").await.is_attached().await {
        tokio::task::yield_now().await;
    }
    chat.leaves();
    // The socket says nothing of it, since the other session is looked at; the lost focus does.
    while tmux.around("chat").await.is_attached().await {
        tokio::task::yield_now().await;
    }
    around.look();
    assert_eq!(next(&mut around).await, Some(Multiplexer::Tmux));
}

#[tokio::test]
async fn a_session_of_screen_is_left_and_looked_at_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let env = [("SCREENDIR", dir.path())];
    let output = run("screen", &["-c", "/dev/null", "-dmS", "chat", "sleep", "600"], &env).await;
    assert!(output.status.success(), "{output:?}");
    // screen goes to the background before it has made its socket.
    let session = loop {
        if let Some(entry) = std::fs::read_dir(dir.path()).unwrap().next() {
            break entry.unwrap().file_name();
        }
        tokio::task::yield_now().await;
    };
    let name = session.to_str().unwrap();
    let mut around = Multiplexers::over(vec![Around::screen(&session, Some(dir.path())).unwrap()]);
    assert_eq!(next(&mut around).await, Some(Multiplexer::Screen));
    let mut command = CommandBuilder::new("screen");
    command.args(["-c", "/dev/null", "-r", name]);
    command.env("SCREENDIR", dir.path());
    command.env("TERM", "xterm");
    command.env_remove("STY");
    let looker = Looker::at(command);
    assert_eq!(next(&mut around).await, None);
    looker.leaves();
    assert_eq!(next(&mut around).await, Some(Multiplexer::Screen));
    run("screen", &["-S", name, "-X", "quit"], &env).await;
}

#[tokio::test]
async fn what_cannot_be_found_out_is_nobody_away() {
    let gone = Around { kind: Multiplexer::Screen, socket: PathBuf::from("/nonexistent/socket"), pane: None };
    assert!(gone.is_attached().await);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("socket");
    std::fs::write(&file, "").unwrap();
    let left = Around { kind: Multiplexer::Screen, socket: file.clone(), pane: None };
    assert_eq!(detached_from(vec![left.clone()]).await, Some(Multiplexer::Screen));
    // One of two may be a name of another time.
    assert_eq!(detached_from(vec![left.clone(), gone]).await, None);
    assert_eq!(detached_from(Vec::new()).await, None);
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    assert!(left.is_attached().await);
    // A tmux that does not answer is no reason either.
    let silent = Around { kind: Multiplexer::Tmux, pane: Some("%0".into()), ..left };
    assert!(silent.is_attached().await);
    assert_eq!(Around::tmux(std::ffi::OsStr::new("nonsense"), None), None);
    assert_eq!(Around::screen(std::ffi::OsStr::new("1.no-such.session"), Some(dir.path())), None);
}
