//! Signals of the system that concern a program with a screen.

use std::io;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End in good order (terminate, quit).
    End,
    /// The user's Ctrl-C where the terminal makes a signal of it: the same, unless it was meant for
    /// another program on the terminal.
    Interrupt,
    /// The terminal is gone, or about to: end in good order, and soon.
    HangUp,
    /// The terminal has another size.
    Resize,
    /// Stop until continued (terminal job control).
    Suspend,
    /// Running again after having been stopped.
    Continue,
}

/// Listens for signals; while it lives they do not act by themselves.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    streams: [(Signal, tokio::signal::unix::Signal); 7],
}

#[cfg(unix)]
impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let raw = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            streams: [
                (Signal::End, signal(SignalKind::terminate())?),
                (Signal::HangUp, signal(SignalKind::hangup())?),
                (Signal::End, signal(SignalKind::quit())?),
                (Signal::Resize, signal(SignalKind::window_change())?),
                (Signal::Interrupt, signal(SignalKind::interrupt())?),
                (Signal::Suspend, signal(raw(rustix::process::Signal::TSTP))?),
                (Signal::Continue, signal(raw(rustix::process::Signal::CONT))?),
            ],
        })
    }

    /// Waits for the next one. Safe to drop at any time.
    pub async fn next(&mut self) -> Signal {
        std::future::poll_fn(|cx| {
            for (meaning, stream) in &mut self.streams {
                if stream.poll_recv(cx).is_ready() {
                    return std::task::Poll::Ready(*meaning);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Nothing to prepare here.
    ///
    /// # Errors
    /// None here.
    pub const fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for Ctrl-C.
    pub async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::End
    }
}

/// Tells a program that its terminal is gone; nothing happens where there is no such signal.
pub fn hang_up(id: u32) {
    #[cfg(unix)]
    if let Some(id) = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw)
        && let Err(fault) = rustix::process::kill_process(id, rustix::process::Signal::HUP)
    {
        tracing::warn!(%fault, "a program could not be told to end");
    }
    #[cfg(not(unix))]
    let _ = id;
}

/// Stops this program and its process group, as Ctrl-Z does; [`Signal::Continue`] follows when it
/// runs again.
///
/// # Errors
/// What the system says; where there is no job control, always.
pub fn stop_here() -> io::Result<()> {
    #[cfg(unix)]
    return rustix::process::kill_current_process_group(rustix::process::Signal::STOP).map_err(io::Error::from);
    #[cfg(not(unix))]
    Err(io::ErrorKind::Unsupported.into())
}
