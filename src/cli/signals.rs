//! Ctrl-C and the system's wish to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::exit::Failure;

/// Listens for the signals that end a run.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    listening: [tokio::signal::unix::Signal; 4],
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
    /// Nothing to prepare here.
    ///
    /// # Errors
    /// None here.
    pub fn new() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Waits for Ctrl-C.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

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

    /// Whether one came.
    #[must_use]
    pub fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }
}
