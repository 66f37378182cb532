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
    // How much of what is pending was written, and how much of the last of it may lie in the stream still: TLS keeps what
    // the system did not take.
    let (mut pending, mut sent, mut unflushed) = (Vec::new(), 0, 0);
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
            gone = push(&mut writer, pending.get(sent..).unwrap_or_default()), if waits || unflushed > 0 => match gone {
                Ok(0) if !waits => side.machine().written(std::mem::take(&mut unflushed), Instant::now()),
                Ok(octets) if octets > 0 => {
                    sent += octets;
                    if sent < pending.len() {
                        side.machine().written(octets, Instant::now());
                    } else {
                        unflushed += octets;
                    }
                }
                _ => {
                    pending.clear();
                    (sent, unflushed) = (0, 0);
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

/// Writes some of it; where there is none, has what was written before leave.
async fn push<W: AsyncWrite + Unpin>(writer: &mut W, octets: &[u8]) -> io::Result<usize> {
    if octets.is_empty() {
        writer.flush().await?;
        return Ok(0);
    }
    writer.write(octets).await
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use tokio::io::{DuplexStream, ReadBuf};

    use super::super::tests::{path, terms};
    use super::*;
    use crate::backend::files::Over;

    /// A stream that keeps what is written until it is flushed, as TLS does where the system takes no more.
    struct Keeping(DuplexStream, Vec<u8>);

    impl AsyncRead for Keeping {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, into)
        }
    }

    impl AsyncWrite for Keeping {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
            self.1.extend_from_slice(octets);
            Poll::Ready(Ok(octets.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            while !self.1.is_empty() {
                let Self(stream, kept) = &mut *self;
                let gone = ready!(Pin::new(stream).poll_write(cx, kept))?;
                kept.drain(..gone);
            }
            Pin::new(&mut self.0).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            ready!(self.as_mut().poll_flush(cx))?;
            Pin::new(&mut self.0).poll_shutdown(cx)
        }
    }

    fn carriage(ours: &str, theirs: &str, octets: u64, active: bool) -> Carriage {
        let (ours, theirs) = (path(false, ours, 9), path(false, theirs, 9));
        Carriage::Msrp(Box::new(terms(ours, theirs, octets, active)), Over::Tcp)
    }

    #[tokio::test]
    async fn what_the_stream_keeps_leaves_it_before_an_answer_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words.txt");
        std::fs::write(&path, "one line of many\n".repeat(20_000)).unwrap();
        let octets = std::fs::metadata(&path).unwrap().len();
        let mut file = Outgoing::open(&path.display().to_string()).unwrap();
        let mut kept = Quarantined::new(&dir.path().join("q"), octets).unwrap();
        let (here, there) = tokio::io::duplex(4096);
        let (_stay, mut deeds) = mpsc::unbounded_channel();
        let (_stay_too, mut other_deeds) = mpsc::unbounded_channel();
        let sends = Side::sends(&carriage("alice", "bob", octets, true), &mut file);
        let takes = Side::takes(&carriage("bob", "alice", octets, false), &mut kept);
        let sent = run(Keeping(here, Vec::new()), sends, &mut deeds, |_| {});
        let taken = run(there, takes, &mut other_deeds, |_| {});
        let (sent, taken) = tokio::join!(sent, taken);
        assert_eq!((sent.how, taken.how), (Ok(Outcome::Confirmed), Ok(Outcome::Unauthenticated)));
        assert_eq!(std::fs::metadata(kept.path()).unwrap().len(), octets);
    }
}
