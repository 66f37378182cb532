//! Proof by faults: thousands of random schedules, each from one seed, in which users do what users
//! do while links and servers break; then the weather clears up, and [`oracle`] looks whether every
//! screen tells the truth and every text came to what its writer was told.
//!
//! One schedule again, with its story:
//! `CHINWAG_FAMILY=SimpleTcp CHINWAG_SEED=17 cargo nextest run --test it weather::replay --no-capture`

mod chance;
mod oracle;
mod plan;
mod run;
mod screen;
mod world;

use plan::Family;

/// Plays the schedules of these seeds; fails with the stories of the first ones that go wrong.
fn seeds(family: Family, range: std::ops::Range<u64>) {
    let mut wrong = Vec::new();
    for seed in range {
        let outcome = run::run(family, seed);
        if !outcome.wrongs.is_empty() {
            wrong.push((seed, outcome.wrongs.clone()));
        }
    }
    for (seed, wrongs) in &wrong {
        eprintln!("{family:?} {seed}: {}", wrongs.join(" | "));
    }
    assert!(wrong.is_empty(), "{} schedules went wrong", wrong.len());
}

#[test]
fn simple_tcp_0() {
    seeds(Family::SimpleTcp, range());
}
#[test]
fn simple_udp_0() {
    seeds(Family::SimpleUdp, range());
}
#[test]
fn xcap_0() {
    seeds(Family::Xcap, range());
}
#[test]
fn lcs_0() {
    seeds(Family::Lcs, range());
}

fn range() -> std::ops::Range<u64> {
    let n = |name: &str, or| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(or);
    n("FROM", 0)..n("TO", 100)
}

/// The schedule that the environment names; without one, the first.
#[test]
fn replay() {
    let seed = std::env::var("CHINWAG_SEED").ok().map_or(0, |seed| seed.parse().unwrap());
    let family = match std::env::var("CHINWAG_FAMILY").as_deref() {
        Ok("Lcs") => Family::Lcs,
        Ok("Xcap") => Family::Xcap,
        Ok("SimpleUdp") => Family::SimpleUdp,
        _ => Family::SimpleTcp,
    };
    let outcome = run::run(family, seed);
    eprintln!("{}", outcome.story(100_000));
    assert!(outcome.wrongs.is_empty());
}
