//! Whether anybody looks at the terminal we run in, where tmux or screen keeps it running.
//!
//! Both take the execute bit off their socket when the last terminal leaves, so a watch on that file
//! tells at once, and nothing wakes up while nothing changes. tmux does so for all its sessions
//! together: where others are looked at, it is asked for ours, when the focus is lost or the
//! keyboard fell silent.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::model::Multiplexer;
use crate::runtime::child;

/// Longest wait for an answer of tmux.
const ANSWER: Duration = Duration::from_secs(2);

/// Where screen keeps its sockets, in folders of their owners.
const SCREENS: [&str; 4] = ["/run/screen", "/var/run/screen", "/tmp/screens", "/tmp/uscreens"];

/// One program around us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    kind: Multiplexer,
    socket: PathBuf,
    /// Our place in it, where it has several sessions.
    pane: Option<String>,
}

impl Around {
    /// tmux, by what it puts into the environment of its panes.
    #[must_use]
    pub fn tmux(tmux: &OsStr, pane: Option<String>) -> Option<Self> {
        let (socket, _) = tmux.to_str()?.split_once(',')?;
        Some(Self { kind: Multiplexer::Tmux, socket: PathBuf::from(socket), pane })
    }

    /// screen, by the name of its session, which is the name of its socket.
    #[must_use]
    pub fn screen(session: &OsStr, dir: Option<&Path>) -> Option<Self> {
        let owners = |base: &&str| std::fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.path());
        let home = std::env::home_dir().map(|home| home.join(".screen"));
        let dirs = dir.map(Path::to_owned).into_iter().chain(SCREENS.iter().flat_map(owners)).chain(home);
        let socket = dirs.map(|dir| dir.join(session)).find(|socket| socket.exists())?;
        Some(Self { kind: Multiplexer::Screen, socket, pane: None })
    }

    /// Whether a terminal shows it. What cannot be found out counts as yes.
    async fn is_attached(&self) -> bool {
        #[cfg(unix)]
        match std::fs::metadata(&self.socket).map(|kept| std::os::unix::fs::PermissionsExt::mode(&kept.permissions())) {
            Err(_) => return true,
            Ok(mode) if mode & 0o100 == 0 => return false,
            Ok(_) => {}
        }
        match &self.pane {
            Some(pane) => self.ask(pane).await.unwrap_or(true),
            None => true,
        }
    }

    /// tmux's own word about the session of our pane; nothing where it gives none.
    async fn ask(&self, pane: &str) -> Option<bool> {
        let asked = child::program("tmux")
            .arg("-S")
            .arg(&self.socket)
            .args(["display-message", "-p", "-t", pane, "#{session_attached} #{session_group_attached}"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(ANSWER, asked).await.ok()?.ok().filter(|output| output.status.success())?;
        let counts: Vec<u32> =
            String::from_utf8_lossy(&output.stdout).split_whitespace().filter_map(|word| word.parse().ok()).collect();
        (!counts.is_empty()).then(|| counts.iter().any(|count| *count > 0))
    }
}

/// The programs around us, watched.
#[derive(Debug, Default)]
pub struct Multiplexers {
    around: Vec<Around>,
    bell: Option<bell::Bell>,
    /// It is time for a look.
    due: bool,
    looking: Option<JoinHandle<Option<Multiplexer>>>,
    said: Option<Multiplexer>,
}

impl Multiplexers {
    /// Those the environment tells of.
    #[must_use]
    pub fn around_us() -> Self {
        let tmux = std::env::var_os("TMUX").and_then(|tmux| Around::tmux(&tmux, std::env::var("TMUX_PANE").ok()));
        let dir = std::env::var_os("SCREENDIR").map(PathBuf::from);
        let screen = std::env::var_os("STY").and_then(|session| Around::screen(&session, dir.as_deref()));
        Self::over(tmux.into_iter().chain(screen).collect())
    }

    /// These.
    #[must_use]
    pub fn over(around: Vec<Around>) -> Self {
        let bell = if around.is_empty() { None } else { bell::Bell::hang(around.iter().map(|one| one.socket.clone()).collect()) };
        let due = !around.is_empty();
        Self { around, bell, due, looking: None, said: None }
    }

    /// Something made it worth a look; what comes of it is told by [`Self::changed`].
    pub fn look(&mut self) {
        self.due = !self.around.is_empty();
    }

    /// Waits until somebody left (by which program), or is back. Safe to drop at any time.
    pub async fn changed(&mut self) -> Option<Multiplexer> {
        loop {
            if let Some(looking) = &mut self.looking {
                let found = looking.await.unwrap_or(None);
                self.looking = None;
                if found != self.said {
                    self.said = found;
                    return found;
                }
            }
            if !self.due {
                bell::Bell::ring(&mut self.bell).await;
            }
            self.due = false;
            self.looking = Some(tokio::spawn(detached_from(self.around.clone())));
        }
    }
}

/// Which of them nobody looks at. With two, one may be of another time, and only its name be left in the
/// environment: nobody is away unless both say so.
async fn detached_from(around: Vec<Around>) -> Option<Multiplexer> {
    let mut kind = None;
    for one in around {
        if one.is_attached().await {
            return None;
        }
        kind = kind.or(Some(one.kind));
    }
    kind
}

#[cfg(target_os = "linux")]
mod bell {
    use std::path::PathBuf;

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use tokio::net::unix::pipe::Receiver;

    /// Rings when the rights of a file change. For tokio, which knows no inotify, this is a pipe like others: it
    /// is read, and nothing else.
    #[derive(Debug)]
    pub(super) struct Bell {
        events: Receiver,
        files: Vec<PathBuf>,
    }

    impl Bell {
        pub(super) fn hang(files: Vec<PathBuf>) -> Option<Self> {
            let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
            let bell = Self { events: Receiver::from_owned_fd_unchecked(events).ok()?, files };
            bell.watch();
            Some(bell)
        }

        /// A file that was made anew is another file; one that is watched already stays so.
        fn watch(&self) {
            for file in &self.files {
                let flags = WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
                if let Err(fault) = inotify::add_watch(&self.events, file, flags) {
                    tracing::debug!(%fault, file = %file.display(), "the socket of a multiplexer is not watched");
                }
            }
        }

        /// Waits for a change; for ever without a bell.
        pub(super) async fn ring(bell: &mut Option<Self>) {
            let Some(hung) = bell else { return std::future::pending().await };
            if hung.events.readable().await.is_err() {
                *bell = None;
                return std::future::pending().await;
            }
            let mut buffer = [0; 4096];
            while hung.events.try_read(&mut buffer).is_ok_and(|read| read > 0) {}
            hung.watch();
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod bell {
    use std::path::PathBuf;

    /// Nothing tells of changes here; looks are taken when the focus or the keys say so.
    #[derive(Debug)]
    pub(super) struct Bell;

    impl Bell {
        pub(super) fn hang(_: Vec<PathBuf>) -> Option<Self> {
            None
        }

        pub(super) async fn ring(_: &mut Option<Self>) {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
