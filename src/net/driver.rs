//! Drives one account: the only reader of the monotonic clock.
//!
//! ```text
//!   commands ──▶┌────────────────────────────────┐──▶ reports
//!               │ drain poll_output until Idle(t) │
//!   links    ──▶│ then wait: t, command, link,    │──▶ links
//!   opener   ──▶│ ticket, room for reports        │──▶ opener
//!   tickets  ──▶│                                │──▶ tickets
//!               └────────────────────────────────┘
//! ```
//!
//! | queue | bound | when full |
//! | --- | --- | --- |
//! | commands | [`COMMANDS`] | the sender is told [`Refused::Busy`] |
//! | reports | [`REPORTS`] | the task stops reading sockets, so TCP pushes back |
//! | writes of a link | [`crate::net::link::WRITE_LIMIT`] | the link is dropped: its peer is dead |

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::backend::{Backend, Command, DownCause, Event, Input, Output, Refused, TicketId};
use crate::model::{Fate, WaitReason};
use crate::net::surroundings::Surroundings;
use crate::net::tickets::{self, Issued, Tickets};
use crate::net::trace::{Direction, Trace};
use crate::net::wires::{CLOSING_TIME, Happening, Opener, Wires};

/// Orders that may wait for an account.
///
/// After a start everything that waited to be sent comes at once.
pub const COMMANDS: usize = 640;

/// Reports of an account that may wait for the program.
pub const REPORTS: usize = 256;

/// With nothing due the task still looks at the clock this often; costs nothing worth measuring.
const FAR: Duration = Duration::from_hours(24);

/// A timer that comes this late shows that the program, or the whole machine, stood still.
const LATE: Duration = Duration::from_secs(2);

/// So long what came meanwhile may be read before timers go on.
const CATCHING_UP: Duration = Duration::from_millis(200);

/// Something an account has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It happened.
    Event(Event),
    /// An order was refused.
    Refused(Refused),
}

/// The program's end of a driver.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    /// What the account reports; read it, or the account stops reading its sockets.
    pub reports: mpsc::Receiver<Report>,
    task: JoinHandle<()>,
    farewell: Duration,
}

impl Handle {
    /// Gives an order, without waiting.
    ///
    /// # Errors
    /// [`Refused::Busy`] when [`COMMANDS`] orders wait already; [`Refused::Offline`] when the task
    /// has ended.
    pub fn order(&self, command: Command) -> Result<(), Refused> {
        self.commands.try_send(command).map_err(|fault| match fault {
            mpsc::error::TrySendError::Full(_) => Refused::Busy,
            mpsc::error::TrySendError::Closed(_) => Refused::Offline,
        })
    }

    /// How long the last answers at sign-out may take.
    #[must_use]
    pub const fn farewell(&self) -> Duration {
        self.farewell
    }

    /// Ends the task: links are closed after what was given to them has been sent.
    pub async fn end(self) {
        let Self { commands, reports, mut task, .. } = self;
        drop(commands);
        drop(reports);
        if timeout(CLOSING_TIME + Duration::from_secs(1), &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Starts the task of one account. Needs a tokio runtime around it.
#[must_use]
pub fn start(backend: Box<dyn Backend>, opener: Box<dyn Opener>, trace: Option<Trace>) -> Handle {
    start_with(backend, opener, Tickets::system(), trace)
}

/// The same with tickets of Kerberos from elsewhere.
#[must_use]
pub fn start_with(backend: Box<dyn Backend>, opener: Box<dyn Opener>, tickets: Tickets, trace: Option<Trace>) -> Handle {
    let (commands, commands_rx) = mpsc::channel(COMMANDS);
    let (reports_tx, reports) = mpsc::channel(REPORTS);
    let farewell = backend.farewell();
    let driver = Driver {
        backend,
        surroundings: opener.surroundings(),
        wires: Wires::new(opener),
        tickets,
        commands: commands_rx,
        reports: reports_tx,
        backlog: VecDeque::new(),
        trace,
    };
    Handle { commands, reports, task: tokio::spawn(driver.run()), farewell }
}

#[derive(Debug)]
struct Driver {
    backend: Box<dyn Backend>,
    wires: Wires,
    tickets: Tickets,
    surroundings: Surroundings,
    commands: mpsc::Receiver<Command>,
    reports: mpsc::Sender<Report>,
    /// Reports of the last drain that found no room yet. While there are any, no socket is read, so
    /// it holds no more than one input, one order or one timer can bring about.
    backlog: VecDeque<Report>,
    trace: Option<Trace>,
}

impl Driver {
    async fn run(mut self) {
        let mut earliest = Instant::now();
        loop {
            let wants = self.drain();
            let due = wants.unwrap_or_else(|| Instant::now() + FAR).max(earliest);
            match self.wait(due, wants.is_some()).await {
                // The program was stopped: what came meanwhile is read before anybody is given up.
                Turn::Due if due + LATE < Instant::now() => {
                    self.backend.handle_input(Input::Disturbed, now());
                    earliest = Instant::now() + CATCHING_UP;
                }
                Turn::Due => {
                    self.backend.handle_timeout(now());
                    // A backend that is due again at once must not keep the others from running.
                    earliest = Instant::now() + Duration::from_millis(1);
                }
                Turn::Look => self.look(),
                Turn::Command(command) => self.order(command),
                Turn::Room => {}
                Turn::Happened(happening) => self.happened(&happening),
                Turn::Ticket(ticket, outcome) => {
                    tickets::log(&outcome);
                    self.backend.handle_input(Input::Ticket { ticket, outcome }, now());
                }
                Turn::End => break,
            }
        }
        self.wires.close_all();
        self.wires.closed().await;
    }

    /// Timers first: a flood from the network must not hold them up.
    async fn wait(&mut self, due: Instant, waits: bool) -> Turn {
        let matters = waits || !self.wires.is_idle();
        tokio::select! {
            biased;
            () = sleep_until(due) => Turn::Due,
            command = self.commands.recv(), if self.backlog.len() < REPORTS => command.map_or(Turn::End, Turn::Command),
            room = self.reports.reserve(), if !self.backlog.is_empty() => match room {
                Ok(room) => {
                    if let Some(report) = self.backlog.pop_front() {
                        room.send(report);
                    }
                    Turn::Room
                }
                Err(_) => Turn::End,
            },
            (ticket, issued) = self.tickets.next() => Turn::Ticket(ticket, issued),
            () = self.surroundings.due(matters) => Turn::Look,
            happening = self.wires.next(self.backlog.is_empty()) => Turn::Happened(happening),
        }
    }

    /// Takes every output until [`Output::Idle`]; never waits.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.backend.poll_output() {
                Output::Open { link, to, known } => self.wires.open(link, to, known),
                Output::Transmit { link, bytes } => {
                    if let Some(trace) = &mut self.trace {
                        trace.bytes(link, Direction::Out, &bytes);
                    }
                    self.wires.send(link, bytes);
                }
                Output::Close { link } => self.wires.close(link),
                Output::Ticket { ticket, host } => self.tickets.get(ticket, host),
                Output::Event(event) => self.report(Report::Event(event)),
                Output::Idle(due) => return due.map(Instant::from_std),
            }
        }
    }

    fn order(&mut self, command: Command) {
        let message = command.message();
        if let Err(refused) = self.backend.handle_command(command, now()) {
            self.report(match message {
                // A message that was refused has a fate like any other.
                Some(tag) => Report::Event(Event::Delivery { tag, fate: Fate::Failed { why: refused.to_string() } }),
                None => Report::Refused(refused),
            });
        }
    }

    /// Looks whether something happened around us by which links died unnoticed.
    fn look(&mut self) {
        let found = self.surroundings.look(&self.wires.ends());
        for link in found.lost {
            let detail = "this machine no longer has the address that the connection was made from".to_owned();
            self.wires.lose(link, WaitReason::Network { detail });
        }
        if found.disturbed {
            self.backend.handle_input(Input::Disturbed, now());
        }
    }

    fn happened(&mut self, happening: &Happening) {
        let input = match happening {
            Happening::Progress(link, stage) => Input::Progress { link: *link, stage: *stage },
            Happening::Up(link, peer) => {
                tracing::info!(%link, server = %peer.server, transport = peer.transport.word(), "link up");
                self.surroundings.reached(peer.peer);
                Input::Up { link: *link, peer }
            }
            Happening::Bytes(link, len) => {
                let data = self.wires.buffer(*len);
                if let Some(trace) = &mut self.trace {
                    trace.bytes(*link, Direction::In, data);
                }
                Input::Bytes { link: *link, data }
            }
            Happening::Down(link, why) => {
                tracing::info!(%link, ?why, "link down");
                Input::Down { link: *link, why: DownCause(why.clone()) }
            }
        };
        self.backend.handle_input(input, now());
    }

    fn report(&mut self, report: Report) {
        if self.backlog.is_empty() {
            match self.reports.try_send(report) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
                Err(mpsc::error::TrySendError::Full(report)) => self.backlog.push_back(report),
            }
        } else {
            self.backlog.push_back(report);
        }
    }
}

/// What waiting ended with.
enum Turn {
    Due,
    Look,
    Command(Command),
    Room,
    Happened(Happening),
    Ticket(TicketId, Issued),
    End,
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

#[cfg(test)]
mod tests;
