//! The driver over pipes in memory and a clock that stands still.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::backend::servers::Known;
use crate::backend::{Input, LinkId, LinkStage, PeerInfo, Target};
use crate::model::{Availability, KerberosFault, Transport, WaitReason};
use crate::net::link::{WRITE_LIMIT, Wire};
use crate::net::wires::{Opened, Opening, Progress};

/// What the scripted network saw.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Saw {
    Command(Command),
    Progress(LinkStage),
    Up,
    Bytes(usize),
    Down(WaitReason),
    Ticket(TicketId, KerberosFault),
    Disturbed,
    Timeout,
}

/// A network that opens one link at sign-in, answers bytes as told, and writes down what it sees.
#[derive(Debug)]
struct Scripted {
    outputs: VecDeque<Output>,
    saw: UnboundedSender<Saw>,
    on_bytes: OnBytes,
    due: Option<std::time::Instant>,
}

#[derive(Debug, Clone, Copy)]
enum OnBytes {
    Nothing,
    /// So many reports for each piece.
    Reports(usize),
    /// So many octets back for each piece.
    Answer(usize),
}

const LINK: LinkId = LinkId(1);

impl Backend for Scripted {
    fn handle_command(&mut self, command: Command, now: std::time::Instant) -> Result<(), Refused> {
        self.saw.send(Saw::Command(command.clone())).unwrap();
        match command {
            Command::SignIn => {
                let to = Target { host: "h".into(), port: None, transport: None, tls_name: "h".into(), automatic: false };
                self.outputs.push_back(Output::Open { link: LINK, to, known: Known::default() });
            }
            Command::SignOut => {
                self.outputs.push_back(Output::Transmit { link: LINK, bytes: Bytes::from_static(b"bye") });
                self.outputs.push_back(Output::Close { link: LINK });
            }
            Command::ConfirmLists => self.outputs.push_back(Output::Ticket { ticket: TicketId(3), host: "h".into() }),
            Command::RetryNow => self.due = Some(now + Duration::from_secs(30)),
            _ => return Err(Refused::Offline),
        }
        Ok(())
    }

    fn handle_input(&mut self, input: Input<'_>, _: std::time::Instant) {
        let saw = match input {
            Input::Progress { stage, .. } => Saw::Progress(stage),
            Input::Up { .. } => Saw::Up,
            Input::Bytes { data, .. } => {
                match self.on_bytes {
                    OnBytes::Nothing => {}
                    OnBytes::Reports(n) => {
                        let event = || Output::Event(Event::OwnPresence(Availability::Online));
                        self.outputs.extend(std::iter::repeat_with(event).take(n));
                    }
                    OnBytes::Answer(n) => self.outputs.push_back(Output::Transmit { link: LINK, bytes: vec![b'a'; n].into() }),
                }
                Saw::Bytes(data.len())
            }
            Input::Down { why, .. } => Saw::Down(why.0),
            Input::Ticket { ticket, outcome } => Saw::Ticket(ticket, outcome.unwrap_err()),
            Input::Disturbed => Saw::Disturbed,
        };
        self.saw.send(saw).unwrap();
    }

    fn handle_timeout(&mut self, now: std::time::Instant) {
        if self.due.is_some_and(|due| now >= due) {
            self.due = None;
            self.saw.send(Saw::Timeout).unwrap();
        }
    }

    fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Idle(self.due))
    }
}

/// Opens one pipe, or fails.
#[derive(Debug)]
struct Pipes(Arc<Mutex<Option<Result<DuplexStream, WaitReason>>>>);

impl Opener for Pipes {
    fn open(&self, _: Target, _: Known, progress: Progress) -> Opening {
        let pipe = self.0.lock().unwrap().take();
        Box::pin(async move {
            progress.report(LinkStage::Resolving);
            progress.report(LinkStage::Connecting);
            let Some(pipe) = pipe else { return std::future::pending().await };
            let any = "127.0.0.1:1".parse().unwrap();
            let peer = PeerInfo { transport: Transport::Tcp, local: any, peer: any, server: "h:1".into(), second_best: false };
            pipe.map(|pipe| Opened { wire: Wire::Stream(Box::new(pipe)), peer })
        })
    }
}

fn run(pipe: Result<DuplexStream, WaitReason>, on_bytes: OnBytes) -> (Handle, UnboundedReceiver<Saw>) {
    let (saw, seen) = unbounded_channel();
    let backend = Scripted { outputs: VecDeque::new(), saw, on_bytes, due: None };
    (start(Box::new(backend), Box::new(Pipes(Arc::new(Mutex::new(Some(pipe))))), None), seen)
}

async fn signed_in(pipe: DuplexStream, on_bytes: OnBytes) -> (Handle, UnboundedReceiver<Saw>) {
    let (handle, mut seen) = run(Ok(pipe), on_bytes);
    handle.order(Command::SignIn).unwrap();
    for expected in
        [Saw::Command(Command::SignIn), Saw::Progress(LinkStage::Resolving), Saw::Progress(LinkStage::Connecting), Saw::Up]
    {
        assert_eq!(seen.recv().await, Some(expected));
    }
    (handle, seen)
}

#[tokio::test(start_paused = true)]
async fn steps_come_before_the_end_of_the_way() {
    let (_near, far) = duplex(64);
    let _ = signed_in(far, OnBytes::Nothing).await;
}

#[tokio::test]
async fn a_ticket_is_got_and_brought_back() {
    let (saw, mut seen) = unbounded_channel();
    let backend = Scripted { outputs: VecDeque::new(), saw, on_bytes: OnBytes::Nothing, due: None };
    let opener = Box::new(Pipes(Arc::new(Mutex::new(None))));
    let issuer = Tickets::from(Arc::new(|host| Err(KerberosFault::UnknownService { host: host.to_owned() })));
    let handle = start_with(Box::new(backend), opener, issuer, None);
    handle.order(Command::ConfirmLists).unwrap();
    assert_eq!(seen.recv().await, Some(Saw::Command(Command::ConfirmLists)));
    let fault = KerberosFault::UnknownService { host: "h".into() };
    assert_eq!(seen.recv().await, Some(Saw::Ticket(TicketId(3), fault)));
}

#[tokio::test(start_paused = true)]
async fn a_failed_opening_is_told() {
    let why = WaitReason::Refused { at: "h:1".into() };
    let (handle, mut seen) = run(Err(why.clone()), OnBytes::Nothing);
    handle.order(Command::SignIn).unwrap();
    for expected in
        [Saw::Command(Command::SignIn), Saw::Progress(LinkStage::Resolving), Saw::Progress(LinkStage::Connecting), Saw::Down(why)]
    {
        assert_eq!(seen.recv().await, Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_timer_comes_when_due_and_not_before() {
    let (_near, far) = duplex(64);
    let (handle, mut seen) = signed_in(far, OnBytes::Nothing).await;
    let before = Instant::now();
    handle.order(Command::RetryNow).unwrap();
    assert_eq!(seen.recv().await, Some(Saw::Command(Command::RetryNow)));
    assert_eq!(seen.recv().await, Some(Saw::Timeout));
    assert_eq!(before.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn refusals_come_back_and_a_full_queue_says_busy() {
    let (handle, mut seen) = run(Err(WaitReason::Closed), OnBytes::Nothing);
    for _ in 0..COMMANDS {
        handle.order(Command::ReportTraffic).unwrap();
    }
    assert_eq!(handle.order(Command::ReportTraffic), Err(Refused::Busy));
    assert_eq!(seen.recv().await, Some(Saw::Command(Command::ReportTraffic)));
    let mut handle = handle;
    for _ in 0..COMMANDS {
        assert_eq!(handle.reports.recv().await, Some(Report::Refused(Refused::Offline)));
    }
    handle.order(Command::ReportTraffic).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_report_queue_stops_reading_and_loses_nothing() {
    let (mut near, far) = duplex(1024);
    let (mut handle, mut seen) = signed_in(far, OnBytes::Reports(REPORTS * 2)).await;
    near.write_all(b"first").await.unwrap();
    assert_eq!(seen.recv().await, Some(Saw::Bytes(5)));
    near.write_all(b"second").await.unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(seen.try_recv().is_err(), "read although nobody takes reports");
    for _ in 0..REPORTS * 2 {
        assert!(handle.reports.recv().await.is_some());
    }
    assert_eq!(seen.recv().await, Some(Saw::Bytes(6)));
}

#[tokio::test(start_paused = true)]
async fn writing_goes_on_while_reading() {
    // Both pipes hold 16 octets; each side sends 64 KiB before the other has read any.
    let (near, far) = duplex(16);
    let (_handle, mut seen) = signed_in(far, OnBytes::Answer(64)).await;
    let (mut reader, mut writer) = tokio::io::split(near);
    let sent = tokio::spawn(async move { writer.write_all(&vec![b'q'; 64 * 1024]).await });
    let mut pieces = 0;
    let mut taken = 0;
    let mut buffer = [0; 4096];
    while taken < 64 * 1024 {
        tokio::select! {
            Some(saw) = seen.recv() => match saw {
                Saw::Bytes(n) => { pieces += 1; taken += n; }
                other => panic!("{other:?}"),
            },
            read = reader.read(&mut buffer) => assert!(read.unwrap() > 0),
        }
    }
    sent.await.unwrap().unwrap();
    assert!(pieces > 1);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_is_dropped() {
    let (mut near, far) = duplex(64);
    let (_handle, mut seen) = signed_in(far, OnBytes::Answer(WRITE_LIMIT / 4)).await;
    let mut down = None;
    while down.is_none() {
        let _ = near.write_all(b"x").await;
        match seen.recv().await.unwrap() {
            Saw::Bytes(_) => {}
            Saw::Down(why) => down = Some(why),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(down, Some(WaitReason::Network { .. })), "{down:?}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_is_told_once() {
    let (near, far) = duplex(64);
    let (_handle, mut seen) = signed_in(far, OnBytes::Nothing).await;
    drop(near);
    assert_eq!(seen.recv().await, Some(Saw::Down(WaitReason::Closed)));
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(seen.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn half_close_by_the_peer_ends_the_link() {
    let (mut near, far) = duplex(64);
    let (_handle, mut seen) = signed_in(far, OnBytes::Nothing).await;
    near.write_all(b"last").await.unwrap();
    near.shutdown().await.unwrap();
    assert_eq!(seen.recv().await, Some(Saw::Bytes(4)));
    assert_eq!(seen.recv().await, Some(Saw::Down(WaitReason::Closed)));
}

#[tokio::test(start_paused = true)]
async fn close_sends_the_rest_first_and_says_no_more() {
    let (mut near, far) = duplex(2);
    let (handle, mut seen) = signed_in(far, OnBytes::Nothing).await;
    handle.order(Command::SignOut).unwrap();
    let mut text = String::new();
    near.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "bye");
    assert_eq!(seen.recv().await, Some(Saw::Command(Command::SignOut)));
    assert!(seen.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn ending_waits_for_the_last_bytes_but_not_for_ever() {
    let (near, far) = duplex(2);
    let (handle, mut seen) = signed_in(far, OnBytes::Nothing).await;
    handle.order(Command::SignOut).unwrap();
    assert_eq!(seen.recv().await, Some(Saw::Command(Command::SignOut)));
    let before = Instant::now();
    handle.end().await;
    assert!(before.elapsed() <= CLOSING_TIME + Duration::from_secs(1), "{:?}", before.elapsed());
    drop(near);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_comes_far_too_late_tells_of_it_first_and_what_came_is_read() {
    let (mut near, far) = duplex(64);
    let (handle, mut seen) = signed_in(far, OnBytes::Nothing).await;
    handle.order(Command::RetryNow).unwrap();
    assert_eq!(seen.recv().await, Some(Saw::Command(Command::RetryNow)));
    // Everything stood still for a minute; the timer was due after thirty seconds.
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(seen.recv().await, Some(Saw::Disturbed));
    near.write_all(b"came").await.unwrap();
    for expected in [Saw::Bytes(4), Saw::Timeout] {
        assert_eq!(seen.recv().await, Some(expected));
    }
}
