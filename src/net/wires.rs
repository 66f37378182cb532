//! All links of one account: those being opened, those that are up, those that are closing.
//!
//! One call, [`Wires::next`], tells the next thing that happened on any of them. It is safe to drop
//! that future at any time: nothing that happened is lost with it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::backend::servers::Known;
use crate::backend::{LinkId, LinkStage, PeerInfo, Target};
use crate::model::WaitReason;
use crate::net::link::{Link, Polled, READ_SIZE, Wire};
use crate::net::surroundings::{Ends, Surroundings};

/// How long the last bytes of a link that is being closed may take to leave.
pub const CLOSING_TIME: Duration = Duration::from_secs(3);

/// Steps on the way that may wait to be reported.
const PROGRESS_BOUND: usize = 16;

/// Says how far a link being opened is.
#[derive(Debug, Clone)]
pub struct Progress {
    link: LinkId,
    to: mpsc::Sender<Step>,
}

type Step = (LinkId, LinkStage);

impl Progress {
    /// Reports a step; one too many is dropped, since a later one says more.
    pub fn report(&self, stage: LinkStage) {
        let _ = self.to.try_send((self.link, stage));
    }

    /// Goes nowhere; for callers who do not wish to know.
    #[must_use]
    pub fn ignored() -> Self {
        Self { link: LinkId(0), to: mpsc::channel(1).0 }
    }
}

/// A link that came up.
#[derive(Debug)]
pub struct Opened {
    /// What it runs over.
    pub wire: Wire,
    /// What is known of the other end.
    pub peer: PeerInfo,
}

/// A link on its way up.
pub type Opening = Pin<Box<dyn Future<Output = Result<Opened, WaitReason>> + Send>>;

/// Opens links: the network in the program, pipes in tests.
pub trait Opener: fmt::Debug + Send {
    /// Begins to open a link. Dropping the future gives up.
    fn open(&self, to: Target, known: Known, progress: Progress) -> Opening;

    /// What tells that links may have died unnoticed.
    fn surroundings(&self) -> Surroundings {
        Surroundings::ignored()
    }
}

/// Something happened on a link.
#[derive(Debug, PartialEq, Eq)]
pub enum Happening {
    /// A link being opened got this far.
    Progress(LinkId, LinkStage),
    /// A link came up.
    Up(LinkId, PeerInfo),
    /// So many bytes are in [`Wires::buffer`].
    Bytes(LinkId, usize),
    /// A link ended or could not be opened.
    Down(LinkId, WaitReason),
}

/// All links of one account.
pub struct Wires {
    opener: Box<dyn Opener>,
    opening: BTreeMap<LinkId, Opening>,
    open: BTreeMap<LinkId, Link>,
    closing: Vec<(Link, Pin<Box<Sleep>>)>,
    happened: VecDeque<Happening>,
    progress: (mpsc::Sender<Step>, mpsc::Receiver<Step>),
    buffer: Vec<u8>,
    last: LinkId,
}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wires")
            .field("opening", &self.opening.len())
            .field("open", &self.open)
            .field("closing", &self.closing.len())
            .finish_non_exhaustive()
    }
}

impl Wires {
    /// Starts with no link.
    #[must_use]
    pub fn new(opener: Box<dyn Opener>) -> Self {
        Self {
            opener,
            opening: BTreeMap::new(),
            open: BTreeMap::new(),
            closing: Vec::new(),
            happened: VecDeque::new(),
            progress: mpsc::channel(PROGRESS_BOUND),
            buffer: vec![0; READ_SIZE],
            last: LinkId(0),
        }
    }

    /// Begins to open a link.
    pub fn open(&mut self, link: LinkId, to: Target, known: Known) {
        let progress = Progress { link, to: self.progress.0.clone() };
        self.opening.insert(link, self.opener.open(to, known, progress));
    }

    /// Takes bytes for a link. For a link that is gone they are dropped: its end was or will be told.
    pub fn send(&mut self, link: LinkId, bytes: Bytes) {
        let Some(found) = self.open.get_mut(&link) else { return };
        if found.send(bytes).is_err() {
            self.open.remove(&link);
            let detail = "the server no longer takes what is sent to it".to_owned();
            self.happened.push_back(Happening::Down(link, WaitReason::Network { detail }));
        }
    }

    /// Closes a link after what was given to it has been sent; nothing more is heard of it.
    pub fn close(&mut self, link: LinkId) {
        self.opening.remove(&link);
        if let Some(mut found) = self.open.remove(&link) {
            found.close();
            self.closing.push((found, Box::pin(sleep_until(Instant::now() + CLOSING_TIME))));
        }
        self.happened.retain(|h| !matches!(h, Happening::Down(l, _) | Happening::Up(l, _) if *l == link));
    }

    /// Both ends of every link that is up.
    #[must_use]
    pub fn ends(&self) -> Vec<Ends> {
        let ends = |(link, found): (&LinkId, &Link)| found.ends.map(|(local, peer)| Ends { link: *link, local, peer });
        self.open.iter().filter_map(ends).collect()
    }

    /// Whether there is any link, or one on its way up.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.is_empty() && self.opening.is_empty()
    }

    /// Gives a link up that is dead, whatever its socket says.
    pub fn lose(&mut self, link: LinkId, why: WaitReason) {
        if self.open.remove(&link).is_some() {
            self.happened.push_back(Happening::Down(link, why));
        }
    }

    /// Closes every link.
    pub fn close_all(&mut self) {
        self.opening.clear();
        for link in self.open.keys().copied().collect::<Vec<_>>() {
            self.close(link);
        }
    }

    /// The bytes [`Happening::Bytes`] speaks of.
    #[must_use]
    pub fn buffer(&self, len: usize) -> &[u8] {
        self.buffer.get(..len).unwrap_or(&[])
    }

    /// How much waits to be written on all links together.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.open.values().map(Link::queued).sum()
    }

    /// Waits for the next thing to happen. While `may_read` is off, only writing goes on.
    pub async fn next(&mut self, may_read: bool) -> Happening {
        poll_fn(|cx| self.poll_next(cx, may_read)).await
    }

    /// Waits until every closing link is gone; at most [`CLOSING_TIME`] from when it was closed.
    pub async fn closed(&mut self) {
        poll_fn(|cx| {
            self.poll_closing(cx);
            if self.closing.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, may_read: bool) -> Poll<Happening> {
        self.poll_closing(cx);
        self.poll_opening(cx);
        // Steps are told before the end of the way they lead to.
        if let Poll::Ready(Some((link, stage))) = self.progress.1.poll_recv(cx)
            && (self.opening.contains_key(&link)
                || self.happened.iter().any(|h| matches!(h, Happening::Up(l, _) | Happening::Down(l, _) if *l == link)))
        {
            return Poll::Ready(Happening::Progress(link, stage));
        }
        if let Some(happened) = self.happened.pop_front() {
            return Poll::Ready(happened);
        }
        self.poll_open(cx, may_read)
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>) {
        let mut done = Vec::new();
        for (link, opening) in &mut self.opening {
            if let Poll::Ready(outcome) = opening.as_mut().poll(cx) {
                done.push((*link, outcome));
            }
        }
        for (link, outcome) in done {
            self.opening.remove(&link);
            self.happened.push_back(match outcome {
                Ok(opened) => {
                    let mut new = Link::new(opened.wire);
                    new.ends = Some((opened.peer.local, opened.peer.peer));
                    self.open.insert(link, new);
                    Happening::Up(link, opened.peer)
                }
                Err(why) => Happening::Down(link, why),
            });
        }
    }

    /// Every link gets its turn: the search begins after the one that spoke last.
    fn poll_open(&mut self, cx: &mut Context<'_>, may_read: bool) -> Poll<Happening> {
        let last = self.last;
        let after = self.open.keys().copied().filter(|l| *l > last);
        let before = self.open.keys().copied().filter(|l| *l <= last);
        let order: Vec<LinkId> = after.chain(before).collect();
        for link in order {
            let Some(found) = self.open.get_mut(&link) else { continue };
            match found.poll(cx, may_read, &mut self.buffer) {
                Poll::Pending => {}
                Poll::Ready(Polled::Bytes(len)) => {
                    self.last = link;
                    return Poll::Ready(Happening::Bytes(link, len));
                }
                Poll::Ready(Polled::Ended(why)) => {
                    self.open.remove(&link);
                    return Poll::Ready(Happening::Down(link, why));
                }
            }
        }
        Poll::Pending
    }

    fn poll_closing(&mut self, cx: &mut Context<'_>) {
        let buffer = &mut self.buffer;
        self.closing
            .retain_mut(|(link, until)| link.poll(cx, false, buffer).is_pending() && until.as_mut().poll(cx).is_pending());
    }
}
