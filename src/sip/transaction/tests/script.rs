//! A small language for the tests of the machines: a clock that only the test moves, and lines
//! such as `at!(500 => Resend)`.

use std::time::{Duration, Instant};

/// Milliseconds since the transaction began.
pub(in crate::sip::transaction) struct Clock(Instant);

impl Clock {
    pub(in crate::sip::transaction) fn start() -> Self {
        Self(Instant::now())
    }

    pub(in crate::sip::transaction) fn at(&self, millis: u64) -> Instant {
        self.0 + Duration::from_millis(millis)
    }

    pub(in crate::sip::transaction) fn millis(&self, at: Option<Instant>) -> Option<u64> {
        at.map(|at| u64::try_from((at - self.0).as_millis()).unwrap())
    }
}

/// `timers!(machine, clock; 500 => Resend, 1500 => Resend)`: the machine's next deadlines are
/// exactly these, with these answers.
macro_rules! timers {
    ($machine:ident, $clock:ident; $($millis:literal => $answer:ident),* $(,)?) => {
        $(
            assert_eq!($clock.millis($machine.deadline()), Some($millis), "next deadline");
            assert_eq!($machine.on_timer($clock.at($millis - 1)), OnTimer::Nothing, "nothing before {} ms", $millis);
            assert_eq!($machine.on_timer($clock.at($millis)), OnTimer::$answer, "at {} ms", $millis);
        )*
    };
}

/// `recv!(machine, clock; 180 at 100 => Deliver)`: a response comes.
macro_rules! recv {
    ($machine:ident, $clock:ident; $($code:literal at $millis:literal => $answer:ident),* $(,)?) => {
        $(assert_eq!($machine.on_response($code, $clock.at($millis)), OnResponse::$answer, "{} at {} ms", $code, $millis);)*
    };
}

/// `send!(machine, clock; 180 at 100 => Send)`: the user answers.
macro_rules! send {
    ($machine:ident, $clock:ident; $($code:literal at $millis:literal => $answer:ident),* $(,)?) => {
        $(assert_eq!($machine.on_reply($code, $clock.at($millis)), OnReply::$answer, "{} at {} ms", $code, $millis);)*
    };
}

/// `state!(machine, Proceeding)`
macro_rules! state {
    ($machine:ident, $state:ident) => {
        assert!(matches!($machine.state(), State::$state { .. }), "{:?} is not {}", $machine.state(), stringify!($state));
    };
}

pub(in crate::sip::transaction) use {recv, send, state, timers};
