//! Connections that die without a word, in virtual time: how soon it is noticed, and what noticing costs.

use std::time::Duration;

use chinwag::backend::{Command, Event};
use chinwag::model::{Dialect, SignInPhase, Transport};
use chinwag::sip::tokens::Tokens;

use crate::support::pair::{ClientId, Pair, Way};

/// Pings and octets a client sent from `from` on.
fn spent(pair: &Pair, client: ClientId, from: Duration) -> (usize, usize) {
    let sent: Vec<usize> =
        pair.wire().iter().filter(|w| w.client == client && w.way == Way::Up && w.at >= from).map(|w| w.text.len()).collect();
    (sent.len(), sent.iter().sum())
}

/// Lets time pass with somebody at the keyboard: one word every three seconds, as the program says it.
fn attended(pair: &mut Pair, client: ClientId, time: Duration) {
    let end = pair.now + time;
    while pair.now < end {
        pair.order(client, Command::Attend);
        pair.run_for((end - pair.now).min(Duration::from_secs(3)));
    }
}

/// How long until the loss is noticed.
fn until_noticed(pair: &mut Pair, client: ClientId, attends: bool) -> Duration {
    let begin = pair.now;
    pair.take_events(client);
    loop {
        if let Some(at) = pair.happened_at(client, |e| matches!(e, Event::AllStale)) {
            return at - begin;
        }
        if attends {
            pair.order(client, Command::Attend);
        }
        pair.run_for(Duration::from_millis(100));
        assert!(pair.now - begin < Duration::from_mins(10), "never noticed\n{}", pair.transcript());
    }
}

/// A hole that opens at a random moment.
fn phase(seed: u64) -> Duration {
    Duration::from_millis(Tokens::from_number(seed).below(90_000))
}

#[test]
fn attended_a_black_hole_is_noticed_within_fifteen_seconds() {
    let mut worst = Duration::ZERO;
    for seed in 0..200 {
        let mut pair = Pair::new();
        pair.seed(seed);
        let alice = pair.client_with("alice", |s| s.seed = [u8::try_from(seed).unwrap(); 32]);
        pair.sign_in(alice);
        attended(&mut pair, alice, phase(seed));
        pair.freeze(alice);
        let at = pair.elapsed();
        let noticed = until_noticed(&mut pair, alice, true);
        assert!(noticed <= Duration::from_secs(15), "seed {seed}: {noticed:?}\n{}", pair.transcript());
        assert!(spent(&pair, alice, at).1 <= 4 * 3, "seed {seed}: at most one ping each five seconds");
        worst = worst.max(noticed);
        pair.run_until("coming back", |p| p.phase(alice) == Some(SignInPhase::Online));
    }
    println!("attended, pongs: at most {worst:?}");
}

#[test]
fn unattended_within_interval_and_pong_wait() {
    let mut worst = Duration::ZERO;
    for seed in 0..200 {
        let mut pair = Pair::simple();
        pair.seed(seed);
        let alice = pair.client_with("alice", |s| s.seed = [u8::try_from(seed).unwrap(); 32]);
        pair.sign_in(alice);
        pair.run_for(phase(seed));
        pair.freeze(alice);
        let noticed = until_noticed(&mut pair, alice, false);
        // Pings every 30 s at most, and ten for the answer.
        assert!(noticed <= Duration::from_secs(40), "seed {seed}: {noticed:?}\n{}", pair.transcript());
        worst = worst.max(noticed);
    }
    println!("unattended, pongs: at most {worst:?}");
}

/// A server of the LCS family, which answers no pings: the system tells, eight seconds and a bit after
/// something was sent into the hole.
#[test]
fn without_pongs_the_system_tells() {
    let mut worst = [Duration::ZERO; 2];
    for seed in 0..100 {
        for attends in [true, false] {
            let mut pair = Pair::new();
            pair.seed(seed);
            pair.faults.no_pongs = true;
            pair.faults.user_timeout = Some(Duration::from_millis(8700));
            let alice = pair.client_with("alice", |s| {
                s.seed = [u8::try_from(seed).unwrap(); 32];
                s.dialect = Some(Dialect::Lcs);
            });
            pair.sign_in(alice);
            if attends {
                attended(&mut pair, alice, phase(seed));
            } else {
                pair.run_for(phase(seed));
            }
            assert_eq!(pair.phase(alice), Some(SignInPhase::Online), "no pong, no harm\n{}", pair.transcript());
            pair.freeze(alice);
            let noticed = until_noticed(&mut pair, alice, attends);
            // ms-keep-alive of 300 s, less a fifth.
            let most = if attends { Duration::from_secs(15) } else { Duration::from_secs(240 + 10) };
            assert!(noticed <= most, "seed {seed}, attended {attends}: {noticed:?}\n{}", pair.transcript());
            let slot = &mut worst[usize::from(attends)];
            *slot = noticed.max(*slot);
        }
    }
    println!("no pongs: attended at most {:?}, else at most {:?}", worst[1], worst[0]);
}

#[test]
fn what_noticing_costs() {
    let mut pair = Pair::simple();
    let alice = pair.signed_in("alice");
    pair.run_for(Duration::from_secs(10));
    let from = pair.elapsed();
    pair.run_for(Duration::from_mins(5));
    let pings = pair.wire().iter().filter(|w| w.client == alice && w.way == Way::Up && w.at >= from && w.kind() == "ping");
    let quiet: Vec<usize> = pings.map(|w| w.text.len()).collect();
    // One each 24 to 30 s.
    assert!((10..=13).contains(&quiet.len()), "{quiet:?}");
    assert!(quiet.iter().all(|octets| *octets == 4));
    let from = pair.elapsed();
    attended(&mut pair, alice, Duration::from_mins(5));
    let pings = pair.wire().iter().filter(|w| w.client == alice && w.way == Way::Up && w.at >= from && w.kind() == "ping");
    let busy = pings.count();
    assert!(busy <= 61, "one each 5 s: {busy}");
}

/// A client over UDP.
fn over_udp(pair: &mut Pair, seed: u64) -> ClientId {
    pair.seed(seed);
    let alice = pair.client_with("alice", |s| {
        s.seed = [u8::try_from(seed).unwrap(); 32];
        s.target.transport = Some(Transport::Udp);
    });
    pair.sign_in(alice);
    alice
}

#[test]
fn a_black_hole_of_datagrams_is_noticed_too() {
    let mut worst = [Duration::ZERO; 2];
    for seed in 0..100 {
        for attends in [true, false] {
            let mut pair = Pair::simple();
            let alice = over_udp(&mut pair, seed);
            if attends {
                attended(&mut pair, alice, phase(seed));
            } else {
                pair.run_for(phase(seed));
            }
            pair.freeze(alice);
            let noticed = until_noticed(&mut pair, alice, attends);
            // 29 s, and seven requests.
            let most = if attends { Duration::from_secs(15) } else { Duration::from_millis(29_000 + 39_500 + 100) };
            assert!(noticed <= most, "seed {seed}, attended {attends}: {noticed:?}\n{}", pair.transcript());
            let slot = &mut worst[usize::from(attends)];
            *slot = noticed.max(*slot);
        }
    }
    println!("datagrams: attended at most {:?}, else at most {:?}", worst[1], worst[0]);
}

#[test]
fn lost_datagrams_are_no_black_hole() {
    for seed in 0..50 {
        let mut pair = Pair::simple();
        pair.faults.drop_per_mille = 50;
        let alice = over_udp(&mut pair, seed);
        attended(&mut pair, alice, Duration::from_mins(5));
        pair.run_for(Duration::from_mins(30));
        let lost = pair.happened_at(alice, |e| matches!(e, Event::AllStale));
        assert_eq!(lost, None, "seed {seed}\n{}", pair.transcript());
    }
}
