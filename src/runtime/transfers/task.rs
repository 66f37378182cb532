//! One file, from its beginning to its end.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::time::{sleep, sleep_until};

use super::Facts;
use super::check::check;
use super::outgoing::Outgoing;
use super::passage::{self, End, Side};
use super::quarantine::Quarantined;
use crate::app::Msg;
use crate::app::transfers::{FileDeed, FileNews, Progress as Shown};
use crate::backend::files::{Carriage, FilePlan, FileWay, Over};
use crate::config::FileSettings;
use crate::inspect::{Offer, SafeName, SenderClass, Verdict};
use crate::model::{AccountId, FileId};
use crate::net::ferry::{self, Guest, Identity, Port};
use crate::transfer::{Failure, Outcome, Progress, msrp, ports};

/// Longest wait for the other side to come to our port.
const VISIT: Duration = Duration::from_mins(1);
/// Those at our port who are met at once before they have shown who they are.
const MOST_MET: usize = 8;
/// After somebody who was not the right one.
const PAUSE: Duration = Duration::from_millis(50);
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
                let identity = match Identity::new() {
                    Ok(identity) => identity,
                    Err(why) => return Some(FileNews::Failed(why.to_string())),
                };
                let (name, fingerprint) = (file.name.clone(), identity.fingerprint());
                self.tell(FileNews::Opened { name, octets: file.octets, fingerprint });
                match self.deeds.recv().await? {
                    FileDeed::Send(plan) => self.send(&mut file, &plan, &identity).await,
                    _ => None,
                }
            }
            FileDeed::Take { name, sender, plan } => self.take(&name, sender, &plan).await,
            FileDeed::Send(_) | FileDeed::Stop | FileDeed::Keep => None,
        }
    }

    async fn send(&mut self, file: &mut Outgoing, plan: &FilePlan, identity: &Identity) -> Option<FileNews> {
        if !file.is_as_offered() {
            return Some(FileNews::Failed(Failure::FileChanged.to_string()));
        }
        match self.travel(plan, Cargo::Ours(file), identity).await {
            Ok(Outcome::Confirmed) => Some(FileNews::Sent { confirmed: true }),
            Ok(_) => Some(FileNews::Sent { confirmed: false }),
            Err(why) => why.map(FileNews::Failed),
        }
    }

    async fn take(&mut self, name: &str, sender: SenderClass, plan: &FilePlan) -> Option<FileNews> {
        let folder = self.settings.folder();
        let mut file = match Quarantined::new(&folder, plan.octets()) {
            Ok(file) => file,
            Err(why) => return Some(FileNews::Failed(why)),
        };
        let identity = match Identity::new() {
            Ok(identity) => identity,
            Err(why) => return Some(FileNews::Failed(why.to_string())),
        };
        if let Err(why) = self.travel(plan, Cargo::Theirs(&mut file), &identity).await {
            return why.map(FileNews::Failed);
        }
        if let Err(why) = file.share() {
            return Some(FileNews::Failed(why));
        }
        self.tell(FileNews::Checking);
        let offer = Offer { name, octets: Some(plan.octets()), sender };
        let looked = tokio::select! {
            biased;
            () = stopped(&mut self.deeds) => return None,
            looked = check(&mut file, &offer, &self.facts.rules, self.settings.scanner.as_ref()) => looked,
        };
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
        if let Err(why) = file.settle() {
            return Some(FileNews::Failed(why));
        }
        // It may have been stopped while it was looked into and written, which hears nothing.
        if matches!(self.deeds.try_recv(), Ok(FileDeed::Stop) | Err(TryRecvError::Disconnected)) {
            return None;
        }
        match file.release(&SafeName::of(name), &self.facts.peer) {
            Ok(place) => Some(FileNews::Kept { place: place.display().to_string() }),
            Err(why) => Some(FileNews::Failed(why)),
        }
    }

    /// Connects and moves the octets. `Err(None)`: stopped by the user, who knows.
    async fn travel(&mut self, plan: &FilePlan, mut cargo: Cargo<'_>, identity: &Identity) -> Result<Outcome, Option<String>> {
        match plan.way {
            FileWay::Dial(place) => {
                let stream = tokio::select! {
                    stream = ferry::dial(place) => stream.map_err(|why| Some(format!("{place} cannot be reached: {why}")))?,
                    () = stopped(&mut self.deeds) => return Err(None),
                };
                let mut tell = self.teller(plan.octets());
                let Over::Tls(peer) = over(&plan.carriage) else {
                    return judge(passage::run(stream, cargo.side(&plan.carriage), &mut self.deeds, &mut tell).await);
                };
                let stream = tokio::select! {
                    stream = identity.greet(stream, peer) => stream.map_err(|why| Some(unknown(&why)))?,
                    () = stopped(&mut self.deeds) => return Err(None),
                };
                judge(passage::run(stream, cargo.side(&plan.carriage), &mut self.deeds, &mut tell).await)
            }
            FileWay::Listen(at) => self.host(at, plan, cargo, identity).await,
        }
    }

    /// Opens a port and moves the octets with the right one of those who come there.
    async fn host(
        &mut self,
        at: IpAddr,
        plan: &FilePlan,
        mut cargo: Cargo<'_>,
        identity: &Identity,
    ) -> Result<Outcome, Option<String>> {
        let port = self.open(at)?;
        let number = port.number().map_err(|why| Some(why.to_string()))?;
        let carriage = at_port(&plan.carriage, number);
        let over = over(&carriage);
        let fingerprint = matches!(over, Over::Tls(_)).then(|| identity.fingerprint());
        self.tell(FileNews::Listening { port: number, fingerprint });
        // By MSRP who connects speaks first, by the other way who receives.
        let speaks = matches!(carriage, Carriage::Msrp(..)) || matches!(cargo, Cargo::Ours(_));
        let until = Instant::now() + VISIT;
        // What the last one came to who was not the right one, or failed before anything came.
        let mut last = String::new();
        // Those who have not shown who they are: the right one waits behind no stranger.
        let mut met: FuturesUnordered<LocalBoxFuture<'_, io::Result<Guest>>> = FuturesUnordered::new();
        loop {
            let waits = Instant::now() < until;
            if !waits && met.is_empty() {
                return Err(Some(format!("the other side did not connect in time{last}")));
            }
            let guest = tokio::select! {
                Some(came) = met.next() => match came {
                    Ok(guest) => guest,
                    Err(why) => {
                        last = format!("; the last who came failed: {}", unknown(&why));
                        continue;
                    }
                },
                came = port.visitor(), if waits && met.len() < MOST_MET => match came {
                    Ok(stream) => {
                        met.push(Box::pin(meet(stream, over, speaks, identity)));
                        continue;
                    }
                    Err(why) => return Err(Some(why.to_string())),
                },
                () = sleep_until(until.into()), if waits => continue,
                () = stopped(&mut self.deeds) => return Err(None),
            };
            let mut tell = self.teller(plan.octets());
            let side = cargo.side(&carriage);
            let end = match guest {
                Guest::Bare(stream) => passage::run(stream, side, &mut self.deeds, &mut tell).await,
                Guest::Secret(stream) => passage::run(*stream, side, &mut self.deeds, &mut tell).await,
            };
            // Somebody else may have come to the port; the right one may still come.
            let stranger = !end.begun && !matches!(end.how, Err(Failure::Cancelled | Failure::CancelledByPeer));
            if !stranger || (Instant::now() >= until && met.is_empty()) {
                return judge(end);
            }
            if let Err(failure) = end.how {
                last = format!("; the last who came failed: {failure}");
            }
            sleep(PAUSE).await;
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
    fn side(&mut self, carriage: &Carriage) -> Side<'_> {
        match self {
            Self::Ours(file) => Side::sends(carriage, file),
            Self::Theirs(file) => Side::takes(carriage, file),
        }
    }
}

/// What it goes over.
const fn over(carriage: &Carriage) -> Over {
    match carriage {
        Carriage::Msrp(_, over) => *over,
        Carriage::Messenger(_) => Over::Tcp,
    }
}

/// The same, with us at this port.
fn at_port(carriage: &Carriage, port: u16) -> Carriage {
    let mut carriage = carriage.clone();
    if let Carriage::Msrp(terms, _) = &mut carriage {
        let uri = terms.ours.session();
        let here = uri.session().and_then(|session| msrp::Uri::new(uri.is_secure(), &uri.host(), port, session));
        terms.ours = here.map_or_else(|| terms.ours.clone(), msrp::Path::from);
    }
    carriage
}

/// Finds out whether somebody who came is the right one, as far as that shows before the words of the protocol. `speaks`:
/// they are to speak first.
async fn meet(stream: TcpStream, over: Over, speaks: bool, identity: &Identity) -> io::Result<Guest> {
    let spoke = if speaks { ferry::first_octet(&stream).await } else { Ok(()) };
    let shown = match (spoke, over) {
        (Err(why), _) => Err(why),
        (Ok(()), Over::Tcp) => Ok(Guest::Bare(stream)),
        (Ok(()), Over::Tls(peer)) => identity.welcome(stream, peer).await.map(|stream| Guest::Secret(Box::new(stream))),
    };
    if shown.is_err() {
        // Who comes again and again does not get all of our time.
        sleep(PAUSE).await;
    }
    shown
}

fn unknown(why: &io::Error) -> String {
    format!("the other side could not show to be the right one: {why}")
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
