//! The connections to the socket of this program, and the socket itself.
//!
//! | queue | bound | when full |
//! | --- | --- | --- |
//! | connections | [`CONNECTIONS`] | the one goes that follows nothing, waits for nothing and was silent longest; else the new one is refused |
//! | lines of a connection | 100 a second | they wait in the socket |
//! | what waits to be read by all connections | [`UNREAD`] | the slowest reader is dropped with a notice |
//!
//! Nothing here ever waits for a connection. The socket is the user's own: whoever else comes is sent away.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::acting::{complain, id_of, obey, stop};
use super::client::{Client, Heard};
use super::following::{self, Knowledge};
use super::hello::Hello;
use super::place;
use crate::app::{AccountView, App, Msg};
use crate::backend::{Event, NoticeLevel, Refused};
use crate::model::{AccountId, FileId, RosterHome, SignInPhase, Stamp};
use crate::runtime::script::acts::BadAct;
use crate::runtime::script::events::{self, JsonEvent};

/// Connections at a time.
pub const CONNECTIONS: usize = 16;

/// Octets that may wait to be read, over all connections: the state of 50,000 people is half of it.
pub const UNREAD: usize = 32 * 1024 * 1024;

/// Connections taken or refused in a row.
const ROW: usize = 16;

/// So long nobody is let in after the system could not open a connection.
const REST: Duration = Duration::from_secs(1);

/// So long after an order a refusal may be its answer: refusals do not say what they refuse.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);

/// Orders that are remembered for that.
const ORDERS: usize = 256;

/// What is not known of people so long after sign-in will not be known in a moment either.
const SETTLED: Duration = Duration::from_secs(10);

/// Between two looks whether somebody who says nothing any more is gone, while a file of theirs is under way.
const LOOK: Duration = Duration::from_secs(1);

/// What is said while the screen is locked.
const LOCKED: &str = "its screen is locked; unlock it first";

/// Longest wait at the end for connections to take what was told.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What a connection wants.
#[derive(Debug)]
pub struct Asked {
    number: u64,
    /// Nothing: it came.
    heard: Option<Heard>,
}

/// The socket and its connections.
#[derive(Debug)]
pub struct Control {
    listener: Option<UnixListener>,
    path: PathBuf,
    /// What tells the file that is our socket from one that took its place: numbers are used again.
    made: [i128; 3],
    data_dir: String,
    clients: Vec<Client>,
    next: u64,
    /// Who is heard first the next time.
    turn: usize,
    resting: Option<Instant>,
    pause: Pin<Box<Sleep>>,
    online: BTreeMap<AccountId, Instant>,
    /// Accounts whose server has told its contact list since they signed in.
    listed: BTreeSet<AccountId>,
    orders: VecDeque<(Instant, AccountId, u64)>,
}

impl Control {
    /// Opens the socket of a data folder. Whoever calls this holds the lock of the folder, so nobody else
    /// uses the place. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// What the system says, for each place tried.
    pub fn open(data_dir: &Path, state_dir: &Path) -> io::Result<Self> {
        let name = place::name(data_dir);
        let mut faults = Vec::new();
        for folder in place::folders(state_dir) {
            match Self::open_at(&folder.join(&name), data_dir) {
                Ok(control) => return Ok(control),
                Err(fault) => faults.push(fault.to_string()),
            }
        }
        Err(io::Error::other(faults.join("; ")))
    }

    /// The same at a path.
    ///
    /// # Errors
    /// What the system says.
    pub fn open_at(path: &Path, data_dir: &Path) -> io::Result<Self> {
        let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
        place::prepare(folder)?;
        place::clear(path)?;
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let meta = std::fs::symlink_metadata(path)?;
        Ok(Self {
            listener: Some(listener),
            path: path.to_owned(),
            made: mark(&meta),
            data_dir: data_dir.display().to_string(),
            clients: Vec::new(),
            next: 0,
            turn: 0,
            resting: None,
            pause: Box::pin(sleep(Duration::ZERO)),
            online: BTreeMap::new(),
            listed: BTreeSet::new(),
            orders: VecDeque::new(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.clients.len()
    }

    /// Waits until a connection wants something; sends meanwhile what was told. Safe to drop at any time.
    pub async fn next(&mut self) -> Asked {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Asked> {
        let now = Instant::now();
        if let Some(number) = self.accept(cx, now) {
            return Poll::Ready(Asked { number, heard: None });
        }
        let mut due = self.resting;
        let count = self.clients.len();
        let mut heard = None;
        for step in 0..count {
            let at = (self.turn + step) % count;
            let Some(client) = self.clients.get_mut(at) else { continue };
            client.write(cx);
            if heard.is_some() {
                continue;
            }
            match client.hear(cx, now) {
                Ok(line) => {
                    heard = Some(Asked { number: client.number, heard: Some(line) });
                    self.turn = at + 1;
                }
                Err(later) => due = [due, later].into_iter().flatten().min(),
            }
        }
        if let Some(asked) = heard {
            // Who said its last word is not forgotten before it is obeyed.
            return Poll::Ready(asked);
        }
        if let Some(client) = self.clients.iter().find(|client| client.leaves_files(cx)) {
            return Poll::Ready(Asked { number: client.number, heard: Some(Heard::Gone) });
        }
        if self.clients.iter().any(Client::may_be_gone) {
            due = Some(due.map_or(now + LOOK, |due| due.min(now + LOOK)));
        }
        self.clients.retain(|client| !client.is_over());
        if let Some(due) = due {
            self.pause.as_mut().reset(due);
            if self.pause.as_mut().poll(cx).is_ready() {
                cx.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }

    /// Lets the next one in.
    fn accept(&mut self, cx: &mut Context<'_>, now: Instant) -> Option<u64> {
        if self.resting.is_some_and(|until| now < until) {
            return None;
        }
        self.resting = None;
        for _ in 0..ROW {
            let stream = match self.listener.as_ref()?.poll_accept(cx) {
                Poll::Pending => return None,
                Poll::Ready(Err(fault)) => {
                    tracing::warn!(%fault, "no connection to the socket can be taken");
                    self.resting = Some(now + REST);
                    return None;
                }
                Poll::Ready(Ok((stream, _))) => stream,
            };
            let whose = stream.peer_cred().map(|peer| peer.uid());
            if !is_ours(whose.as_ref().ok().copied(), place::our_uid()) {
                tracing::warn!(?whose, "somebody else came to the socket and was sent away");
                continue;
            }
            if self.make_room() {
                let number = self.next;
                self.next += 1;
                self.clients.push(Client::new(number, stream, now));
                return Some(number);
            }
            send_away(&stream);
        }
        cx.waker().wake_by_ref();
        None
    }

    /// Whether there is room for one more.
    fn make_room(&mut self) -> bool {
        if self.clients.len() < CONNECTIONS {
            return true;
        }
        let idle = self.clients.iter().filter(|client| client.is_idle()).min_by_key(|client| (client.heard, client.number));
        let Some(number) = idle.map(|client| client.number) else { return false };
        self.clients.retain(|client| client.number != number);
        true
    }

    /// Obeys; what is to be submitted comes back.
    pub fn obey(&mut self, asked: Asked, app: &App, at: Stamp) -> Option<Msg> {
        let (now, online, listed) = (Instant::now(), &self.online, &self.listed);
        let client = self.clients.iter_mut().find(|client| client.number == asked.number)?;
        // What it began is stopped, locked or not.
        if let Some(Heard::Gone) = asked.heard {
            return client.files.pop_first().map(|(account, id)| Msg::Action(stop(account, id)));
        }
        if app.is_locked() {
            // Whoever follows something already goes on; nobody else learns anything.
            let last = events::notice(JsonEvent::new("notice", at, None), NoticeLevel::Error, "locked", LOCKED);
            match asked.heard {
                None => client.drop_with(&last.line()),
                Some(Heard::Line(line)) => client.tell(&last.with_some("id", id_of(&line)).line()),
                Some(_) => client.tell(&last.line()),
            }
            return None;
        }
        let Some(heard) = asked.heard else {
            client.tell(&Hello::line(app, &self.data_dir, at));
            return None;
        };
        let knows = |id: &AccountId, view: &AccountView| Knowledge {
            listed: view.is_online() && (listed.contains(id) || !view.can(|able| able.roster_home == RosterHome::Server)),
            settled: online.get(id).is_some_and(|since| *since + SETTLED <= now),
        };
        let wanted = obey(client, heard, app, at, knows);
        self.spare_the_program(at);
        let wanted = wanted?;
        if wanted.answered {
            if self.orders.len() >= ORDERS {
                self.orders.pop_front();
            }
            self.orders.push_back((now, wanted.account, asked.number));
        }
        Some(wanted.msg)
    }

    /// Tells what happened to those who want to know. Call it when the core has taken it in.
    pub fn told(&mut self, app: &App, id: &AccountId, event: &Event, at: Stamp) {
        if let Event::Phase { phase, .. } = event {
            match phase {
                SignInPhase::Online => drop(self.online.entry(id.clone()).or_insert_with(Instant::now)),
                SignInPhase::Offline { .. } => {
                    self.online.remove(id);
                    self.listed.remove(id);
                }
                _ => drop(self.online.remove(id)),
            }
        }
        if let Event::RosterReset { .. } = event {
            self.listed.insert(id.clone());
        }
        if self.clients.is_empty() {
            return;
        }
        let Some(view) = app.accounts.get(id) else { return };
        let answered = |client: &Client| client.ids.get(id).is_some_and(|ids| ids.answers(event));
        for client in self.clients.iter().filter(|client| answered(client)) {
            if let Some(at) = self.orders.iter().position(|(_, of, number)| of == id && *number == client.number) {
                self.orders.remove(at);
            }
        }
        following::tell(&mut self.clients, id, view, event, at);
        self.spare_the_program(at);
    }

    /// An account refused an order: whoever gave one last, and has no answer, is told.
    pub fn refused(&mut self, id: &AccountId, refused: &Refused, at: Stamp) {
        let now = Instant::now();
        self.orders.retain(|(when, ..)| now < *when + REFUSED_WITHIN);
        let Some(place) = self.orders.iter().position(|(_, of, _)| of == id) else { return };
        let Some((_, _, number)) = self.orders.remove(place) else { return };
        if let Some(client) = self.clients.iter_mut().find(|client| client.number == number) {
            let answer = client.ids.get_mut(id).and_then(crate::runtime::script::ids::Ids::oldest);
            complain(client, Some(id), BadAct { code: "refused", text: refused.to_string(), id: answer }, at);
        }
    }

    /// A file looks different now: whoever offered it is told.
    pub fn file(&mut self, app: &App, account: &AccountId, id: FileId, at: Stamp) {
        following::tell_file(&mut self.clients, app, account, id, at);
        self.spare_the_program(at);
    }

    /// Who does not read does not fill our memory.
    fn spare_the_program(&mut self, at: Stamp) {
        while self.clients.iter().map(Client::waiting).sum::<usize>() > UNREAD {
            let slowest = self.clients.iter_mut().filter(|client| !client.is_leaving()).max_by_key(|client| client.waiting());
            let Some(slowest) = slowest else { return };
            let text = "too much waits to be read here; ask for less, or read faster";
            let last = events::notice(JsonEvent::new("notice", at, None), NoticeLevel::Error, "too_slow", text);
            slowest.drop_with(&last.line());
        }
    }

    /// The program ends: nobody is let in or heard any more.
    pub fn close(&mut self) {
        if self.listener.take().is_some() {
            self.remove();
        }
        self.clients.iter_mut().for_each(Client::quit);
    }

    /// Gives those who read a moment to take what was told them.
    pub async fn last_words(&mut self) {
        let all = poll_fn(|cx| {
            self.clients.iter_mut().for_each(|client| client.write(cx));
            if self.clients.iter().all(Client::is_told) { Poll::Ready(()) } else { Poll::Pending }
        });
        // Who reads too slowly loses the end.
        let _ = timeout(LAST_WORDS, all).await;
    }

    /// Removes the socket, if it is still ours.
    fn remove(&self) {
        let ours = std::fs::symlink_metadata(&self.path).is_ok_and(|meta| mark(&meta) == self.made);
        if ours && let Err(fault) = std::fs::remove_file(&self.path) {
            tracing::warn!(%fault, path = %self.path.display(), "the socket could not be removed");
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.close();
    }
}

/// Device, number, and when the file was made or changed.
fn mark(meta: &std::fs::Metadata) -> [i128; 3] {
    let changed = i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec());
    [meta.dev().into(), meta.ino().into(), changed]
}

/// Whether whoever came is the user that runs this program.
fn is_ours(whose: Option<u32>, us: u32) -> bool {
    whose == Some(us)
}

/// Says that there is no room; as much of it as is taken at once.
fn send_away(stream: &UnixStream) {
    let text = "too many programs are connected to this chinwag; try again in a moment";
    let line = events::notice(JsonEvent::new("notice", Stamp::default(), None), NoticeLevel::Error, "busy", text).line();
    let _ = stream.try_write(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests;
