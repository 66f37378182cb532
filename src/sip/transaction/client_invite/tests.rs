//! One test for each arrow of the diagram.

use super::super::tests::script::{Clock, recv, state, timers};
use super::*;

fn unreliable() -> (ClientInvite, Clock) {
    let clock = Clock::start();
    (ClientInvite::new(false, clock.at(0)), clock)
}

fn reliable() -> (ClientInvite, Clock) {
    let clock = Clock::start();
    (ClientInvite::new(true, clock.at(0)), clock)
}

#[test]
fn calling_resends_on_timer_a_until_timer_b() {
    let (mut t, clock) = unreliable();
    timers!(t, clock; 500 => Resend, 1500 => Resend, 3500 => Resend, 7500 => Resend, 15500 => Resend, 31500 => Resend,
        32000 => TimedOut);
    state!(t, Terminated);
}

#[test]
fn calling_on_a_reliable_link_sends_nothing_twice() {
    let (mut t, clock) = reliable();
    timers!(t, clock; 32000 => TimedOut);
}

#[test]
fn calling_to_proceeding_on_1xx_ends_retransmission() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 100 at 100 => Deliver);
    state!(t, Proceeding);
    assert_eq!(clock.millis(t.deadline()), Some(200_100));
}

#[test]
fn calling_to_accepted_on_2xx() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 200 at 100 => Deliver);
    state!(t, Accepted);
}

#[test]
fn calling_to_completed_on_other_finals() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 486 at 100 => AcknowledgeAndDeliver);
    state!(t, Completed);
}

#[test]
fn proceeding_stays_on_1xx_which_restarts_timer_c() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 180 at 100 => Deliver, 180 at 60000 => Deliver);
    state!(t, Proceeding);
    timers!(t, clock; 260_000 => TimedOut);
    state!(t, Terminated);
}

#[test]
fn proceeding_to_accepted_on_2xx() {
    let (mut t, clock) = reliable();
    recv!(t, clock; 180 at 100 => Deliver, 202 at 200 => Deliver);
    state!(t, Accepted);
}

#[test]
fn proceeding_to_completed_on_other_finals() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 180 at 100 => Deliver, 603 at 200 => AcknowledgeAndDeliver);
    state!(t, Completed);
}

#[test]
fn proceeding_after_cancel_waits_32_seconds_and_no_longer() {
    let (mut t, clock) = reliable();
    recv!(t, clock; 180 at 100 => Deliver);
    t.on_cancel(clock.at(1000));
    recv!(t, clock; 180 at 20000 => Deliver);
    timers!(t, clock; 33000 => TimedOut);
}

#[test]
fn completed_acknowledges_again_until_timer_d() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 486 at 1000 => AcknowledgeAndDeliver, 486 at 1500 => Acknowledge, 180 at 1600 => Absorb, 200 at 1700 => Absorb);
    timers!(t, clock; 33000 => Nothing);
    state!(t, Terminated);
}

#[test]
fn completed_takes_no_time_on_a_reliable_link() {
    let (mut t, clock) = reliable();
    recv!(t, clock; 486 at 1000 => AcknowledgeAndDeliver);
    state!(t, Terminated);
    recv!(t, clock; 486 at 1001 => Absorb);
}

#[test]
fn accepted_delivers_every_2xx_until_timer_m_on_any_link() {
    for (mut t, clock) in [unreliable(), reliable()] {
        recv!(t, clock; 200 at 1000 => Deliver, 200 at 1500 => Deliver, 486 at 1600 => Absorb, 180 at 1700 => Absorb);
        timers!(t, clock; 33000 => Nothing);
        state!(t, Terminated);
        recv!(t, clock; 200 at 33001 => Absorb);
    }
}
