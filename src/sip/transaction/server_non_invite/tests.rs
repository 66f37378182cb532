//! One test for each arrow of the diagram.

use super::super::tests::script::{Clock, send, state, timers};
use super::*;

fn unreliable() -> (ServerNonInvite, Clock) {
    let clock = Clock::start();
    (ServerNonInvite::new(false, clock.at(0)), clock)
}

fn reliable() -> (ServerNonInvite, Clock) {
    let clock = Clock::start();
    (ServerNonInvite::new(true, clock.at(0)), clock)
}

#[test]
fn trying_absorbs_repetitions() {
    let (t, _) = unreliable();
    assert_eq!(t.on_repeat(), OnRepeat::Absorb);
}

#[test]
fn trying_to_proceeding_sends_100_when_timer_e_stands_at_t2() {
    for (mut t, clock) in [unreliable(), reliable()] {
        timers!(t, clock; 3500 => SendTrying);
        state!(t, Proceeding);
        assert_eq!(t.on_repeat(), OnRepeat::Resend);
        assert!(t.is_open());
    }
}

#[test]
fn trying_to_completed_on_final() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 200 at 100 => Send);
    state!(t, Completed);
    assert!(!t.is_open());
}

#[test]
fn proceeding_to_completed_on_final() {
    let (mut t, clock) = unreliable();
    timers!(t, clock; 3500 => SendTrying);
    send!(t, clock; 500 at 4000 => Send);
    state!(t, Completed);
}

#[test]
fn no_provisional_response_of_the_users() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 100 at 10 => Suppress, 183 at 20 => Suppress);
    state!(t, Trying);
}

#[test]
fn no_408_ever() {
    let (mut t, clock) = reliable();
    send!(t, clock; 408 at 100 => Suppress);
    state!(t, Terminated);
}

#[test]
fn no_final_response_after_the_other_side_stopped_waiting() {
    let (mut t, clock) = reliable();
    timers!(t, clock; 3500 => SendTrying, 32000 => Nothing);
    state!(t, Terminated);
    send!(t, clock; 200 at 32001 => Suppress);
}

#[test]
fn completed_resends_until_timer_j() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 200 at 1000 => Send, 500 at 1100 => Suppress);
    assert_eq!(t.on_repeat(), OnRepeat::Resend);
    timers!(t, clock; 33000 => Nothing);
    state!(t, Terminated);
    assert_eq!(t.on_repeat(), OnRepeat::Absorb);
}

#[test]
fn completed_takes_no_time_on_a_reliable_link() {
    let (mut t, clock) = reliable();
    send!(t, clock; 200 at 1000 => Send);
    state!(t, Terminated);
    assert_eq!(t.deadline(), None);
}
