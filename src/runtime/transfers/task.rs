//! One file, from its beginning to its end.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout_at};

use super::Facts;
use super::check::check;
use super::outgoing::Outgoing;
use super::passage::{self, End, Side};
use super::quarantine::Quarantined;
use crate::app::Msg;
use crate::app::transfers::{FileNews, Progress as Shown};
use crate::backend::files::{FilePlan, FileWay};
use crate::config::FileSettings;
use crate::inspect::{SafeName, Verdict};
use crate::model::{AccountId, FileId};
use crate::net::ferry::{self, Port};
use crate::transfer::{Failure, Keys, Outcome, Progress, Protection, Terms, ports};

/// Longest wait for the other side to come to our port.
const VISIT: Duration = Duration::from_mins(1);
/// Between two words of how far it is.
const TELLING: Duration = Duration::from_millis(250);

/// What the user wants of it.
#[derive(Debug)]
pub(super) enum Order {
    /// Open the file that is to be sent.
    Open(String),
    /// Both sides want it.
    Run {
        /// Its name as it came.
        name: String,
        /// The sender is on the contact list.
        known: bool,
        /// The way.
        plan: FilePlan,
    },
    /// No more of it.
    Stop,
    /// It is to be kept, doubtful as it is.
    Keep,
}

/// It.
#[derive(Debug)]
pub(super) struct Task {
    key: (AccountId, FileId),
    facts: Facts,
    settings: FileSettings,
    /// How many began before it.
    turn: usize,
    orders: mpsc::UnboundedReceiver<Order>,
    mail: mpsc::Sender<Msg>,
    /// Dropped at its end.
    _alive: mpsc::Sender<()>,
}

impl Task {
    pub(super) const fn new(
        key: (AccountId, FileId),
        facts: Facts,
        settings: FileSettings,
        turn: usize,
        orders: mpsc::UnboundedReceiver<Order>,
        mail: mpsc::Sender<Msg>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self { key, facts, settings, turn, orders, mail, _alive: alive }
    }

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
        match self.orders.recv().await? {
            Order::Open(path) => {
                let mut file = match Outgoing::open(&path) {
                    Ok(file) => file,
                    Err(why) => return Some(FileNews::Failed(why)),
                };
                self.tell(FileNews::Opened { name: file.name.clone(), octets: file.octets });
                match self.orders.recv().await? {
                    Order::Run { plan, .. } => self.send(&mut file, plan).await,
                    _ => None,
                }
            }
            Order::Run { name, known, plan } => self.take(&name, known, plan).await,
            Order::Stop | Order::Keep => None,
        }
    }

    async fn send(&mut self, file: &mut Outgoing, plan: FilePlan) -> Option<FileNews> {
        let end = self.travel(&plan, Cargo::Ours(file)).await;
        match end {
            Ok(Outcome::Confirmed) => Some(FileNews::Sent { confirmed: true }),
            Ok(_) => Some(FileNews::Sent { confirmed: false }),
            Err(why) => why.map(FileNews::Failed),
        }
    }

    async fn take(&mut self, name: &str, known: bool, plan: FilePlan) -> Option<FileNews> {
        let mut file = match Quarantined::new(&self.settings.folder, plan.octets) {
            Ok(file) => file,
            Err(why) => return Some(FileNews::Failed(why)),
        };
        if let Err(why) = self.travel(&plan, Cargo::Theirs(&mut file)).await {
            return why.map(FileNews::Failed);
        }
        self.tell(FileNews::Checking);
        let looked = check(&mut file, (name, plan.octets, known), &self.facts, self.settings.scanner.as_ref()).await;
        let safe = SafeName::of(name);
        match looked {
            Verdict::Allow => {}
            Verdict::Block { reasons } => {
                let why = reasons.first().map_or_else(|| "it is not safe".to_owned(), ToString::to_string);
                return Some(FileNews::Failed(format!("it was deleted: {why}")));
            }
            Verdict::Ask { reasons } => {
                self.tell(FileNews::Doubtful(reasons.iter().map(ToString::to_string).collect()));
                loop {
                    match self.orders.recv().await? {
                        Order::Keep => break,
                        Order::Stop => return None,
                        Order::Open(_) | Order::Run { .. } => {}
                    }
                }
            }
        }
        match file.release(&safe, &self.facts.peer) {
            Ok(place) => Some(FileNews::Kept { place: place.display().to_string() }),
            Err(why) => Some(FileNews::Failed(why)),
        }
    }

    /// Connects and moves the octets. `Err(None)`: stopped by the user, who knows.
    async fn travel(&mut self, plan: &FilePlan, mut cargo: Cargo<'_>) -> Result<Outcome, Option<String>> {
        let terms = terms(plan);
        match plan.way {
            FileWay::Dial(place) => {
                let stream = tokio::select! {
                    stream = ferry::dial(place) => stream.map_err(|why| Some(format!("{place} cannot be reached: {why}")))?,
                    () = stopped(&mut self.orders) => return Err(None),
                };
                let mut tell = self.teller(plan.octets);
                judge(passage::run(stream, cargo.side(terms), &mut self.orders, &mut tell).await)
            }
            FileWay::Listen(at) => {
                let port = self.open(at)?;
                let number = port.number().map_err(|why| Some(why.to_string()))?;
                self.tell(FileNews::Listening(number));
                let until = Instant::now() + VISIT;
                loop {
                    let stream = tokio::select! {
                        came = timeout_at(until.into(), port.visitor()) => match came {
                            Ok(Ok(stream)) => stream,
                            Ok(Err(why)) => return Err(Some(why.to_string())),
                            Err(_) => return Err(Some("the other side did not come to fetch it".to_owned())),
                        },
                        () = stopped(&mut self.orders) => return Err(None),
                    };
                    let mut tell = self.teller(plan.octets);
                    let end = passage::run(stream, cargo.side(terms.clone()), &mut self.orders, &mut tell).await;
                    // Somebody else may have come to the port; the right one may still come.
                    let stranger = !end.begun && !matches!(end.how, Err(Failure::Cancelled | Failure::CancelledByPeer));
                    if !stranger || Instant::now() >= until {
                        return judge(end);
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn open(&self, at: IpAddr) -> Result<Port, Option<String>> {
        Port::open(at, &ports::candidates(None, self.turn)).map_err(|why| Some(format!("no port could be opened for it: {why}")))
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
async fn stopped(orders: &mut mpsc::UnboundedReceiver<Order>) {
    while !matches!(orders.recv().await, Some(Order::Stop) | None) {}
}

fn judge(end: End) -> Result<Outcome, Option<String>> {
    match end.how {
        Ok(outcome) => Ok(outcome),
        Err(Failure::Cancelled) => Err(None),
        Err(failure) => Err(Some(failure.to_string())),
    }
}

fn terms(plan: &FilePlan) -> Terms {
    let protection = match &plan.keys {
        Some(keys) => Protection::Secure(Keys::new(&keys.encryption, &keys.hash)),
        None => Protection::Plain,
    };
    Terms { user: plan.receiver.clone(), auth_cookie: plan.cookie, octets: plan.octets, protection }
}
