//! The herd: 100,000 clients lose their server at once; it returns after a minute and can let in 500 a
//! second. Who arrives in a second that is full is refused (503) and waits anew. The waits are those
//! of [`chinwag::backend::reconnect::Reconnect`], the code the program runs; beside it, in the same simulation,
//! a fixed wait of 30 s, plain doubling without chance, and RFC 5626's formula.
//! `cargo bench --bench herd`; figures in `docs/performance.md`. `-- 300` for another length of the
//! outage in seconds. Time is simulated, so nothing depends on the machine.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use chinwag::backend::reconnect::{Reconnect, Verdict};
use chinwag::model::WaitReason;
use chinwag::sip::tokens::Tokens;

const CLIENTS: usize = 100_000;
/// Sign-ins a second the server has room for.
const CAPACITY: usize = 500;
/// Over so long the loss is noticed.
const NOTICED_MS: u64 = 2_000;

/// How long a client waits after a failure.
trait Waits {
    fn next(&mut self, failures: u32, refused: bool, at_ms: u64) -> u64;
}

/// The program's own.
struct Ours {
    machine: Reconnect,
    epoch: Instant,
}

impl Waits for Ours {
    fn next(&mut self, _failures: u32, refused: bool, at_ms: u64) -> u64 {
        let why = if refused {
            WaitReason::Busy { code: 503, reason: "Service Unavailable".into() }
        } else {
            WaitReason::Refused { at: "192.0.2.1:5061".into() }
        };
        match self.machine.failed(&why, Duration::ZERO, self.epoch + Duration::from_millis(at_ms)) {
            Verdict::After(wait) => wait.as_millis() as u64,
            Verdict::Never => panic!("a client gave up"),
        }
    }
}

struct Fixed;

impl Waits for Fixed {
    fn next(&mut self, _: u32, _: bool, _: u64) -> u64 {
        30_000
    }
}

struct Doubling;

impl Waits for Doubling {
    fn next(&mut self, failures: u32, _: bool, _: u64) -> u64 {
        (5_000 << failures.min(16)).min(1_800_000)
    }
}

/// RFC 5626 section 4.5 with a base of 30 s.
struct Rfc5626(Tokens);

impl Waits for Rfc5626 {
    fn next(&mut self, failures: u32, _: bool, _: u64) -> u64 {
        let most = (30_000_u64 << (failures + 1).min(16)).min(1_800_000);
        most / 2 + self.0.below(most / 2 + 1)
    }
}

/// Makes the waits of one client.
type Maker = Box<dyn Fn(usize) -> Box<dyn Waits>>;

struct Figures {
    /// Most arrivals in one second after the return.
    peak: usize,
    half: f64,
    most: f64,
    last: f64,
    longest: f64,
    attempts: f64,
}

fn main() {
    let outage = std::env::args().find_map(|word| word.parse::<u64>().ok()).unwrap_or(60);
    let best = CLIENTS as f64 / CAPACITY as f64;
    println!(
        "{CLIENTS} clients, {CAPACITY} sign-ins a second, {outage} s without a server; at best all are back {best:.0} s after"
    );
    println!("{:<24} {:>10} {:>8} {:>8} {:>8} {:>14} {:>9}", "", "peak", "50 %", "99 %", "last", "longest wait", "attempts");
    let epoch = Instant::now();
    let chance = |n: usize| Tokens::from_number(n as u64);
    let all: [(&str, Maker); 4] = [
        ("chinwag", Box::new(move |n| Box::new(Ours { machine: Reconnect::new(chance(n)), epoch }))),
        ("RFC 5626, base 30 s", Box::new(move |n| Box::new(Rfc5626(chance(n))))),
        ("30 s, fixed", Box::new(|_| Box::new(Fixed))),
        ("doubling, no chance", Box::new(|_| Box::new(Doubling))),
    ];
    for (name, waits) in all {
        let f = simulate(outage * 1000, waits);
        println!(
            "{name:<24} {:>6} {:.2} {:>7.0}s {:>7.0}s {:>7.0}s {:>13.0}s {:>9.2}",
            f.peak,
            f.peak as f64 / CAPACITY as f64,
            f.half,
            f.most,
            f.last,
            f.longest,
            f.attempts
        );
    }
}

fn simulate(outage: u64, waits: impl Fn(usize) -> Box<dyn Waits>) -> Figures {
    let mut clients: Vec<Box<dyn Waits>> = (0..CLIENTS).map(waits).collect();
    let mut noticed = Tokens::from_number(7);
    let mut agenda = BinaryHeap::with_capacity(CLIENTS);
    for (n, client) in clients.iter_mut().enumerate() {
        let at = noticed.below(NOTICED_MS);
        agenda.push(Reverse((at + client.next(0, false, at), n, 1_u32)));
    }
    let (mut second, mut arrived, mut peak) = (0, 0, 0);
    let (mut attempts, mut longest) = (0_usize, 0);
    let mut back = Vec::with_capacity(CLIENTS);
    while let Some(Reverse((at, n, failures))) = agenda.pop() {
        let mut refused = false;
        if at >= outage {
            if at / 1000 != second {
                (second, arrived) = (at / 1000, 0);
            }
            arrived += 1;
            attempts += 1;
            peak = peak.max(arrived);
            if arrived <= CAPACITY {
                back.push(at - outage);
                continue;
            }
            refused = true;
        }
        let wait = clients[n].next(failures, refused, at);
        longest = longest.max(wait);
        agenda.push(Reverse((at + wait, n, failures + 1)));
    }
    let seconds = |at: usize| back[at.min(back.len() - 1)] as f64 / 1000.0;
    Figures {
        peak,
        half: seconds(CLIENTS / 2),
        most: seconds(CLIENTS * 99 / 100),
        last: seconds(CLIENTS - 1),
        longest: longest as f64 / 1000.0,
        attempts: attempts as f64 / CLIENTS as f64,
    }
}
