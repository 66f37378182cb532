//! `kill -9` of the program at random moments, while it gives what is kept another key or another passphrase, and
//! while a file travels: what was acknowledged before is there afterwards, and whole.
//!
//! `CHINWAG_KILLS=1000` kills so often in each test.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

mod files;
mod keys;

/// Kills of each test.
fn kills(usual: u32) -> u32 {
    std::env::var("CHINWAG_KILLS").ok().map_or(usual, |number| number.parse().expect("CHINWAG_KILLS is a number"))
}

/// Kills it by its process id; how it ended, which may have been before.
fn kill(child: &mut Child) -> ExitStatus {
    // Nobody has waited for it yet, so the number is still its own.
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    child.wait().unwrap()
}

fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::KILL.as_raw())
}

/// Waits until a moment.
fn pass_until(moment: Instant) {
    while let Some(left) = moment.checked_duration_since(Instant::now()).filter(|left| *left > Duration::ZERO) {
        std::thread::park_timeout(left);
    }
}
