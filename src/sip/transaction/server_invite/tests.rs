//! One test for each arrow of the diagram.

use super::super::tests::script::{Clock, send, state, timers};
use super::*;

fn unreliable() -> (ServerInvite, Clock) {
    let clock = Clock::start();
    (ServerInvite::new(false, clock.at(0)), clock)
}

fn reliable() -> (ServerInvite, Clock) {
    let clock = Clock::start();
    (ServerInvite::new(true, clock.at(0)), clock)
}

#[test]
fn proceeding_sends_100_after_200_ms() {
    let (mut t, clock) = reliable();
    timers!(t, clock; 200 => SendTrying);
    state!(t, Proceeding);
    assert_eq!(t.deadline(), None);
}

#[test]
fn proceeding_sends_no_100_when_the_user_was_faster() {
    let (mut t, clock) = reliable();
    send!(t, clock; 180 at 100 => Send, 183 at 150 => Send);
    state!(t, Proceeding);
    assert_eq!(t.deadline(), None);
}

#[test]
fn proceeding_resends_on_repetition() {
    let (t, _) = unreliable();
    assert_eq!(t.on_repeat(), OnRepeat::Resend);
}

#[test]
fn proceeding_to_accepted_on_2xx() {
    let (mut t, clock) = reliable();
    send!(t, clock; 200 at 100 => Send);
    state!(t, Accepted);
}

#[test]
fn proceeding_to_completed_on_other_finals() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 180 at 10 => Send, 486 at 100 => Send);
    state!(t, Completed);
}

#[test]
fn completed_resends_on_timer_g_and_repetition_until_timer_h() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 486 at 0 => Send, 200 at 1 => Suppress);
    assert_eq!(t.on_repeat(), OnRepeat::Resend);
    timers!(t, clock; 500 => Resend, 1500 => Resend, 3500 => Resend, 7500 => Resend, 11500 => Resend, 15500 => Resend,
        19500 => Resend, 23500 => Resend, 27500 => Resend, 31500 => Resend, 32000 => Nothing);
    state!(t, Terminated);
}

#[test]
fn completed_on_a_reliable_link_only_waits_for_ack() {
    let (mut t, clock) = reliable();
    send!(t, clock; 486 at 0 => Send);
    timers!(t, clock; 32000 => Nothing);
    state!(t, Terminated);
}

#[test]
fn completed_to_confirmed_on_ack_until_timer_i() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 486 at 0 => Send);
    assert_eq!(t.on_ack(clock.at(1000)), OnAck::Absorb);
    state!(t, Confirmed);
    assert_eq!(t.on_ack(clock.at(1100)), OnAck::Absorb);
    assert_eq!(t.on_repeat(), OnRepeat::Absorb);
    timers!(t, clock; 6000 => Nothing);
    state!(t, Terminated);
}

#[test]
fn confirmed_takes_no_time_on_a_reliable_link() {
    let (mut t, clock) = reliable();
    send!(t, clock; 486 at 0 => Send);
    assert_eq!(t.on_ack(clock.at(1000)), OnAck::Absorb);
    state!(t, Terminated);
}

#[test]
fn accepted_repeats_2xx_until_ack_on_any_link() {
    for (mut t, clock) in [unreliable(), reliable()] {
        send!(t, clock; 200 at 0 => Send, 200 at 1 => Suppress);
        timers!(t, clock; 500 => Resend, 1500 => Resend, 3500 => Resend, 7500 => Resend, 11500 => Resend);
        assert_eq!(t.on_ack(clock.at(11600)), OnAck::Deliver);
        assert_eq!(t.on_ack(clock.at(11700)), OnAck::Absorb, "the user knows");
        timers!(t, clock; 32000 => Nothing);
        state!(t, Terminated);
    }
}

#[test]
fn accepted_of_a_proxy_repeats_2xx_on_unreliable_links_only_and_passes_every_ack() {
    for (mut t, clock) in [unreliable(), reliable()] {
        t.pass_back();
        let repeats = t == unreliable_proxy(&clock);
        send!(t, clock; 200 at 0 => Send);
        if repeats {
            timers!(t, clock; 500 => Resend, 1500 => Resend);
        }
        for at in [1600, 1700] {
            assert_eq!(t.on_ack(clock.at(at)), OnAck::Deliver);
        }
        timers!(t, clock; 32000 => Nothing);
        state!(t, Terminated);
    }
}

/// A machine of a proxy as it begins, on datagrams.
fn unreliable_proxy(clock: &Clock) -> ServerInvite {
    let mut t = ServerInvite::new(false, clock.at(0));
    t.pass_back();
    t
}

#[test]
fn accepted_absorbs_repetitions() {
    let (mut t, clock) = unreliable();
    send!(t, clock; 200 at 0 => Send);
    assert_eq!(t.on_repeat(), OnRepeat::Absorb);
}

#[test]
fn accepted_without_ack_ends_on_timer_l() {
    let (mut t, clock) = reliable();
    send!(t, clock; 200 at 0 => Send);
    assert_eq!(t.on_timer(clock.at(32000)), OnTimer::Nothing);
    state!(t, Terminated);
}
