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
    #[cfg(not(unix))]
    streams: Consoles,
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

/// What a console of Windows tells.
#[cfg(not(unix))]
#[derive(Debug)]
struct Consoles {
    interrupt: tokio::signal::windows::CtrlC,
    end: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    log_off: tokio::signal::windows::CtrlLogoff,
    shut_down: tokio::signal::windows::CtrlShutdown,
}

#[cfg(not(unix))]
impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        let streams = Consoles {
            interrupt: ctrl_c()?,
            end: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        };
        Ok(Self { streams })
    }

    /// Waits for the next one. Safe to drop at any time. The system gives a program whose window was closed
    /// some seconds to end.
    pub async fn next(&mut self) -> Signal {
        let streams = &mut self.streams;
        tokio::select! {
            _ = streams.interrupt.recv() => Signal::Interrupt,
            _ = streams.end.recv() => Signal::End,
            _ = streams.close.recv() => Signal::HangUp,
            _ = streams.log_off.recv() => Signal::HangUp,
            _ = streams.shut_down.recv() => Signal::HangUp,
        }
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
