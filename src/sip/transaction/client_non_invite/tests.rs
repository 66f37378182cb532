//! One test for each arrow of the diagram.

use super::super::tests::script::{Clock, recv, state, timers};
use super::*;

fn unreliable() -> (ClientNonInvite, Clock) {
    let clock = Clock::start();
    (ClientNonInvite::new(false, clock.at(0)), clock)
}

fn reliable() -> (ClientNonInvite, Clock) {
    let clock = Clock::start();
    (ClientNonInvite::new(true, clock.at(0)), clock)
}

#[test]
fn trying_resends_on_timer_e_until_timer_f() {
    let (mut t, clock) = unreliable();
    timers!(t, clock; 500 => Resend, 1500 => Resend, 3500 => Resend, 7500 => Resend, 11500 => Resend, 15500 => Resend,
        19500 => Resend, 23500 => Resend, 27500 => Resend, 31500 => Resend, 32000 => TimedOut);
    state!(t, Terminated);
    assert_eq!(t.deadline(), None);
}

#[test]
fn trying_on_a_reliable_link_sends_nothing_twice() {
    let (mut t, clock) = reliable();
    timers!(t, clock; 32000 => TimedOut);
    state!(t, Terminated);
}

#[test]
fn trying_to_proceeding_on_1xx_and_timer_e_slows_to_t2() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 100 at 100 => Deliver);
    state!(t, Proceeding);
    timers!(t, clock; 500 => Resend, 4500 => Resend, 8500 => Resend);
}

#[test]
fn trying_to_completed_on_final() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 200 at 100 => Deliver);
    state!(t, Completed);
}

#[test]
fn proceeding_stays_on_1xx() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 100 at 100 => Deliver, 182 at 200 => Deliver);
    state!(t, Proceeding);
}

#[test]
fn proceeding_to_completed_on_final() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 100 at 100 => Deliver, 404 at 200 => Deliver);
    state!(t, Completed);
}

#[test]
fn proceeding_ends_on_timer_f() {
    let (mut t, clock) = reliable();
    recv!(t, clock; 100 at 100 => Deliver);
    timers!(t, clock; 32000 => TimedOut);
    state!(t, Terminated);
}

#[test]
fn completed_absorbs_until_timer_k() {
    let (mut t, clock) = unreliable();
    recv!(t, clock; 200 at 1000 => Deliver, 200 at 1100 => Absorb, 500 at 1200 => Absorb, 100 at 1300 => Absorb);
    timers!(t, clock; 6000 => Nothing);
    state!(t, Terminated);
}

#[test]
fn completed_takes_no_time_on_a_reliable_link() {
    let (mut t, clock) = reliable();
    recv!(t, clock; 200 at 1000 => Deliver);
    state!(t, Terminated);
    recv!(t, clock; 200 at 1001 => Absorb);
    assert_eq!(t.deadline(), None);
}

#[test]
fn a_clock_that_jumps_brings_one_retransmission_or_the_end() {
    let (mut t, clock) = unreliable();
    assert_eq!(t.on_timer(clock.at(20_000)), OnTimer::Resend);
    assert_eq!(t.on_timer(clock.at(20_000)), OnTimer::Nothing);
    assert_eq!(t.on_timer(clock.at(3_600_000)), OnTimer::TimedOut);
}
