//! One file, from its beginning to its end.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::time::{sleep, timeout_at};

use super::Facts;
use super::check::check;
use super::outgoing::Outgoing;
use super::passage::{self, End, Side};
use super::quarantine::Quarantined;
use crate::app::Msg;
use crate::app::transfers::{FileDeed, FileNews, Progress as Shown};
use crate::backend::files::{FilePlan, FileWay};
use crate::config::FileSettings;
use crate::inspect::{Offer, SafeName, SenderClass, Verdict};
use crate::model::{AccountId, FileId};
use crate::net::ferry::{self, Port};
use crate::transfer::{Failure, Outcome, Progress, Terms, ports};

/// Longest wait for the other side to come to our port.
const VISIT: Duration = Duration::from_mins(1);
/// Between two words of how far it is.
const TELLING: Duration = Duration::from_millis(250);

/// It.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) key: (AccountId, FileId),
    pub(super) facts: Facts,
    pub(super) settings: FileSettings,
    /// How many there were when it began.
    pub(super) turn: usize,
    /// What the user wants of it.
    pub(super) deeds: mpsc::UnboundedReceiver<FileDeed>,
    pub(super) mail: mpsc::Sender<Msg>,
    /// Dropped at its end.
    pub(super) _alive: mpsc::Sender<()>,
}

impl Task {
    /// Runs it, on the thread of the caller.
    pub(super) fn run(mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => {
                if let Some(last) = runtime.block_on(self.whole()) {
                    self.tell(last);
                }
            }
            Err(why) => self.tell(FileNews::Failed(format!("the system cannot wait for a connection: {why}"))),
        }
    }

    /// The whole of it; the last word comes back, if there is one that the core does not know.
    async fn whole(&mut self) -> Option<FileNews> {
        match self.deeds.recv().await? {
            FileDeed::Open(path) => {
                let mut file = match Outgoing::open(&path) {
                    Ok(file) => file,
                    Err(why) => return Some(FileNews::Failed(why)),
                };
                self.tell(FileNews::Opened { name: file.name.clone(), octets: file.octets });
                match self.deeds.recv().await? {
                    FileDeed::Send(plan) => self.send(&mut file, &plan).await,
                    _ => None,
                }
            }
            FileDeed::Take { name, sender, plan } => self.take(&name, sender, &plan).await,
            FileDeed::Send(_) | FileDeed::Stop | FileDeed::Keep => None,
        }
    }

    async fn send(&mut self, file: &mut Outgoing, plan: &FilePlan) -> Option<FileNews> {
        if !file.is_as_offered() {
            return Some(FileNews::Failed(Failure::FileChanged.to_string()));
        }
        match self.travel(plan, Cargo::Ours(file)).await {
            Ok(Outcome::Confirmed) => Some(FileNews::Sent { confirmed: true }),
            Ok(_) => Some(FileNews::Sent { confirmed: false }),
            Err(why) => why.map(FileNews::Failed),
        }
    }

    async fn take(&mut self, name: &str, sender: SenderClass, plan: &FilePlan) -> Option<FileNews> {
        let folder = self.settings.folder();
        let mut file = match Quarantined::new(&folder, plan.terms.octets) {
            Ok(file) => file,
            Err(why) => return Some(FileNews::Failed(why)),
        };
        if let Err(why) = self.travel(plan, Cargo::Theirs(&mut file)).await {
            return why.map(FileNews::Failed);
        }
        if let Err(why) = file.share() {
            return Some(FileNews::Failed(why));
        }
        self.tell(FileNews::Checking);
        let offer = Offer { name, octets: Some(plan.terms.octets), sender };
        let looked = tokio::select! {
            biased;
            () = stopped(&mut self.deeds) => return None,
            looked = check(&mut file, &offer, &self.facts.rules, self.settings.scanner.as_ref()) => looked,
        };
        // It may have been stopped while it was looked into, which hears nothing.
        if matches!(self.deeds.try_recv(), Ok(FileDeed::Stop) | Err(TryRecvError::Disconnected)) {
            return None;
        }
        match looked {
            Verdict::Allow => {}
            Verdict::Block { reasons } => {
                let why = reasons.first().map_or_else(|| "it is not safe".to_owned(), ToString::to_string);
                return Some(FileNews::Failed(format!("it was deleted: {why}")));
            }
            Verdict::Ask { reasons } => {
                self.tell(FileNews::Doubtful(reasons.iter().map(ToString::to_string).collect()));
                loop {
                    match self.deeds.recv().await? {
                        FileDeed::Keep => break,
                        FileDeed::Stop => return None,
                        FileDeed::Open(_) | FileDeed::Send(_) | FileDeed::Take { .. } => {}
                    }
                }
            }
        }
        match file.release(&SafeName::of(name), &self.facts.peer) {
            Ok(place) => Some(FileNews::Kept { place: place.display().to_string() }),
            Err(why) => Some(FileNews::Failed(why)),
        }
    }

    /// Connects and moves the octets. `Err(None)`: stopped by the user, who knows.
    async fn travel(&mut self, plan: &FilePlan, mut cargo: Cargo<'_>) -> Result<Outcome, Option<String>> {
        let terms = plan.terms.clone();
        match plan.way {
            FileWay::Dial(place) => {
                let stream = tokio::select! {
                    stream = ferry::dial(place) => stream.map_err(|why| Some(format!("{place} cannot be reached: {why}")))?,
                    () = stopped(&mut self.deeds) => return Err(None),
                };
                let mut tell = self.teller(terms.octets);
                judge(passage::run(stream, cargo.side(terms), &mut self.deeds, &mut tell).await)
            }
            FileWay::Listen(at) => {
                let port = self.open(at)?;
                let number = port.number().map_err(|why| Some(why.to_string()))?;
                self.tell(FileNews::Listening(number));
                let until = Instant::now() + VISIT;
                // What the last one came to who was not the right one, or failed before anything came.
                let mut last = String::new();
                loop {
                    let stream = tokio::select! {
                        came = timeout_at(until.into(), port.visitor()) => match came {
                            Ok(Ok(stream)) => stream,
                            Ok(Err(why)) => return Err(Some(why.to_string())),
                            Err(_) => return Err(Some(format!("the other side did not connect in time{last}"))),
                        },
                        () = stopped(&mut self.deeds) => return Err(None),
                    };
                    let mut tell = self.teller(terms.octets);
                    let end = passage::run(stream, cargo.side(terms.clone()), &mut self.deeds, &mut tell).await;
                    // Somebody else may have come to the port; the right one may still come.
                    let stranger = !end.begun && !matches!(end.how, Err(Failure::Cancelled | Failure::CancelledByPeer));
                    if !stranger || Instant::now() >= until {
                        return judge(end);
                    }
                    if let Err(failure) = end.how {
                        last = format!("; the last who came failed: {failure}");
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn open(&self, at: IpAddr) -> Result<Port, Option<String>> {
        Port::open(at, &ports::candidates(self.turn)).map_err(|why| Some(format!("no port could be opened for it: {why}")))
    }

    /// What is told of how far it is, now and then.
    fn teller(&self, octets: u64) -> impl FnMut(u64) + use<> {
        let (mail, (account, id)) = (self.mail.clone(), self.key.clone());
        let mut progress = Progress::new(octets, Instant::now());
        let mut told: Option<Instant> = None;
        move |done| {
            let now = Instant::now();
            progress.advance(done, now);
            if done < octets && told.is_some_and(|told| now < told + TELLING) {
                return;
            }
            told = Some(now);
            let shown = Shown { done, rate: progress.rate(now), left: progress.left(now) };
            // Where the core is too busy to hear of it, it hears of the next.
            let _ = mail.try_send(Msg::File(account.clone(), id, FileNews::Moved(shown)));
        }
    }

    /// Tells the core something it must know. It is gone only where the program ends.
    fn tell(&self, news: FileNews) {
        let (account, id) = self.key.clone();
        let mail = self.mail.clone();
        let msg = Msg::File(account, id, news);
        if let Err(mpsc::error::TrySendError::Full(msg)) = mail.try_send(msg) {
            // The mail box is full of words about progress: what must be known waits for room, on this thread.
            let _ = std::thread::scope(|scope| scope.spawn(|| mail.blocking_send(msg).is_ok()).join());
        }
    }
}

/// The file that travels.
enum Cargo<'a> {
    Ours(&'a mut Outgoing),
    Theirs(&'a mut Quarantined),
}

impl Cargo<'_> {
    fn side(&mut self, terms: Terms) -> Side<'_> {
        match self {
            Self::Ours(file) => Side::sends(terms, file),
            Self::Theirs(file) => Side::takes(terms, file),
        }
    }
}

/// Waits until the user wants no more of it, or the program ends.
async fn stopped(deeds: &mut mpsc::UnboundedReceiver<FileDeed>) {
    while !matches!(deeds.recv().await, Some(FileDeed::Stop) | None) {}
}

fn judge(end: End) -> Result<Outcome, Option<String>> {
    match end.how {
        Ok(outcome) => Ok(outcome),
        Err(Failure::Cancelled) => Err(None),
        Err(failure) => Err(Some(failure.to_string())),
    }
}
