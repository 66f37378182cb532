//! Ctrl-C and the system's wish to end.

use std::io::{self, BufRead as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::exit::Failure;

/// Listens for the signals that end a run.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    listening: [tokio::signal::unix::Signal; 4],
    #[cfg(not(unix))]
    listening: crate::runtime::signals::Signals,
}

#[cfg(unix)]
impl Signals {
    /// Starts to listen; from now on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// Exit 1 when the system refuses.
    pub fn new() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()];
        let [interrupt, terminate, hangup, quit] = kinds.map(signal);
        Ok(Self { listening: [interrupt?, terminate?, hangup?, quit?] })
    }

    /// Waits for one of them.
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup, quit] = &mut self.listening;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = quit.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Starts to listen; from now on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// Exit 1 when the system refuses.
    pub fn new() -> Result<Self, Failure> {
        Ok(Self { listening: crate::runtime::signals::Signals::new()? })
    }

    /// Waits for one of them: Ctrl-C, Ctrl-Break, the end of the window or of the session.
    pub async fn next(&mut self) {
        self.listening.next().await;
    }
}

/// So often is looked whether a signal came while an answer is waited for.
const LOOK: Duration = Duration::from_millis(100);

/// Hears of the signals while a question holds the thread, so that whoever asks ends in good order.
#[derive(Debug)]
pub struct Ending {
    came: Arc<AtomicBool>,
    /// Dropped, it ends the listening.
    _stop: oneshot::Sender<()>,
}

impl Ending {
    /// Starts to listen; from now on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// Exit 1 when the system refuses.
    pub fn new() -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _within = runtime.enter();
            Signals::new()?
        };
        let (stop, stopped) = oneshot::channel();
        let came = Arc::new(AtomicBool::new(false));
        let tell = came.clone();
        let listen = async move {
            tokio::select! {
                () = signals.next() => tell.store(true, Ordering::SeqCst),
                _ = stopped => {}
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(listen))?;
        Ok(Self { came, _stop: stop })
    }

    /// What is typed on a terminal in raw mode, as far as it belongs to one answer; nothing when it has ended.
    ///
    /// # Errors
    /// As [`Ending::or_ends`].
    pub fn keys(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        self.or_ends(|| {
            let mut input = io::stdin().lock();
            let there = input.fill_buf()?;
            let last = there.iter().position(|octet| matches!(octet, b'\r' | b'\n' | 0x03 | 0x04));
            let keys = Zeroizing::new(there[..last.map_or(there.len(), |last| last + 1)].to_vec());
            input.consume(keys.len());
            Ok(keys)
        })
    }

    /// Does something that waits for the person. No signal wakes who reads, so it is done beside.
    ///
    /// # Errors
    /// What it says; `Interrupted` when a signal came before it was done: the process is to end then.
    pub fn or_ends<T: Send + 'static>(&self, waits: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let (done, outcome) = mpsc::channel();
        std::thread::Builder::new().name("answer".to_owned()).spawn(move || done.send(waits()))?;
        loop {
            match outcome.recv_timeout(LOOK) {
                Ok(outcome) => return outcome,
                Err(RecvTimeoutError::Timeout) if !self.came.load(Ordering::SeqCst) => {}
                Err(_) => return Err(io::ErrorKind::Interrupted.into()),
            }
        }
    }
}
