//! Moves the octets of one file between the connection, the file and the machine that knows the protocol.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use super::outgoing::Outgoing;
use super::quarantine::Quarantined;
use crate::app::transfers::FileDeed;
use crate::backend::files::Carriage;
use crate::transfer::{Event, Failure, Machine, Outcome, Output, Receiver, Sender, Sends, Takes, msrp};

/// Octets read from the connection at once.
const PIECE: usize = 64 * 1024;
/// After our last word, so long is read and forgotten what comes.
const LINGER: Duration = Duration::from_secs(3);

/// Which side we are, and the file.
#[derive(Debug)]
pub(super) enum Side<'a> {
    /// We send.
    Sends(Box<dyn Sends>, &'a mut Outgoing),
    /// We receive.
    Takes(Box<dyn Takes>, &'a mut Quarantined),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Whether the file itself had begun.
    pub(super) begun: bool,
    /// How.
    pub(super) how: Result<Outcome, Failure>,
}

impl<'a> Side<'a> {
    pub(super) fn sends(carriage: &Carriage, file: &'a mut Outgoing) -> Self {
        let now = Instant::now();
        let machine: Box<dyn Sends> = match carriage {
            Carriage::Messenger(terms) => Box::new(Sender::new(terms.clone(), now)),
            Carriage::Msrp(terms, _) => Box::new(msrp::Sender::new((**terms).clone(), now)),
        };
        Self::Sends(machine, file)
    }

    pub(super) fn takes(carriage: &Carriage, file: &'a mut Quarantined) -> Self {
        let now = Instant::now();
        let machine: Box<dyn Takes> = match carriage {
            Carriage::Messenger(terms) => Box::new(Receiver::new(terms.clone(), now)),
            Carriage::Msrp(terms, _) => Box::new(msrp::Receiver::new((**terms).clone(), now)),
        };
        Self::Takes(machine, file)
    }

    fn machine(&mut self) -> &mut dyn Machine {
        match self {
            Self::Sends(machine, _) => machine.as_mut(),
            Self::Takes(machine, _) => machine.as_mut(),
        }
    }

    /// Reads from the file for a sender, writes to it for a receiver.
    fn serve(&mut self, output: &Output, now: Instant) {
        match (self, output) {
            (Self::Sends(machine, file), Output::Read(most)) => match file.read(*most) {
                Ok(octets) => machine.file(&octets, now),
                Err(_) => machine.read_failed(),
            },
            (Self::Takes(machine, file), Output::Store(octets)) => match file.store(octets) {
                Ok(()) => machine.stored(octets.len() as u64, now),
                Err(fault) => machine.store_failed(fault),
            },
            _ => {}
        }
    }
}

/// Runs one to its end. `tell` hears how many octets are through.
pub(super) async fn run<S: AsyncRead + AsyncWrite>(
    stream: S,
    mut side: Side<'_>,
    deeds: &mut mpsc::UnboundedReceiver<FileDeed>,
    mut tell: impl FnMut(u64),
) -> End {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut end = End { begun: false, how: Err(Failure::Closed) };
    let (mut pending, mut sent) = (Vec::new(), 0);
    let mut piece = vec![0; PIECE];
    // Whether the other side may still say something, and whether we may.
    let (mut hears, mut obeys, mut closing) = (true, true, false);
    loop {
        // What has gone need not be kept, though more is added behind it.
        pending.drain(..std::mem::take(&mut sent));
        let mut deadline = None;
        loop {
            match side.machine().poll_output() {
                Output::Write(octets) => pending.extend_from_slice(&octets),
                Output::Event(Event::Started) => end.begun = true,
                Output::Event(Event::Progress(done)) => tell(done),
                Output::Event(Event::Done(outcome)) => end.how = Ok(outcome),
                Output::Event(Event::Failed(failure)) => end.how = Err(failure),
                Output::Close => closing = true,
                Output::Idle(at) => {
                    deadline = at;
                    break;
                }
                file => side.serve(&file, Instant::now()),
            }
            if closing {
                break;
            }
        }
        if closing {
            farewell(&mut reader, &mut writer, pending.get(sent..).unwrap_or_default()).await;
            return end;
        }
        let waits = sent < pending.len();
        let due = deadline.unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
        tokio::select! {
            gone = writer.write(pending.get(sent..).unwrap_or_default()), if waits => match gone {
                Ok(octets) if octets > 0 => {
                    sent += octets;
                    if sent >= pending.len() {
                        pending.clear();
                        sent = 0;
                    }
                    side.machine().written(octets, Instant::now());
                }
                _ => {
                    pending.clear();
                    sent = 0;
                    side.machine().closed(Instant::now());
                }
            },
            came = reader.read(&mut piece), if hears => match came {
                Ok(octets) if octets > 0 => side.machine().receive(piece.get(..octets).unwrap_or_default(), Instant::now()),
                _ => {
                    hears = false;
                    side.machine().closed(Instant::now());
                }
            },
            deed = deeds.recv(), if obeys => match deed {
                Some(FileDeed::Stop) => side.machine().cancel(),
                // The program ends.
                None => {
                    obeys = false;
                    side.machine().cancel();
                }
                Some(_) => {}
            },
            () = sleep_until(due.into()) => side.machine().tick(Instant::now()),
        }
    }
}

/// Our last words, then the end: what the other side still says is read, so that the system does not take ours back.
async fn farewell<S: AsyncRead + AsyncWrite>(reader: &mut ReadHalf<S>, writer: &mut WriteHalf<S>, last: &[u8]) {
    let all = async {
        writer.write_all(last).await?;
        writer.shutdown().await?;
        let mut rest = [0; 4096];
        while reader.read(&mut rest).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    // Nobody is told whether they heard it.
    let _ = timeout(LINGER, all).await;
}
