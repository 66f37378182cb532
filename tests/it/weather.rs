//! Proof by faults: thousands of random schedules, each from one seed, in which users do what users
//! do while links and servers break; then the weather clears up, and the judge looks whether every
//! screen tells the truth and every text came to what its writer was told. See docs/testing.md.

mod bites;
mod chance;
mod found;
mod oracle;
mod plan;
mod run;
mod screen;
mod world;

use plan::Family;

/// Schedules of each of the ten tests below, unless the environment says otherwise.
const SCHEDULES: u64 = 60;
/// Stories told of one test: of schedules that go wrong there are few or very many.
const STORIES: usize = 2;

/// Plays one tenth of all schedules: those of the seeds from `first` on.
fn schedules(family: Family, first: u64) {
    let count = std::env::var("CHINWAG_SCHEDULES").map_or(SCHEDULES, |count| count.parse().unwrap());
    let (mut wrong, mut stories) = (Vec::new(), String::new());
    for seed in first..first + count {
        let outcome = run::run(family, seed);
        if !outcome.wrongs.is_empty() {
            if wrong.len() < STORIES {
                stories.push_str(&outcome.story(300));
            }
            wrong.push(format!("{family:?} {seed}: {}", outcome.wrongs.join(" | ")));
        }
        // Once in a while: the same seed gives the same bytes at the same times.
        if seed.is_multiple_of(97) {
            assert!(run::run(family, seed).world.told() == outcome.world.told(), "{family:?} {seed} is not the same twice");
        }
    }
    assert!(wrong.is_empty(), "{stories}\n{} of {count} schedules went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn simple_over_tcp_1() {
    schedules(Family::SimpleTcp, 0);
}

#[test]
fn simple_over_tcp_2() {
    schedules(Family::SimpleTcp, 10_000);
}

#[test]
fn simple_over_tcp_3() {
    schedules(Family::SimpleTcp, 20_000);
}

#[test]
fn simple_over_udp_1() {
    schedules(Family::SimpleUdp, 0);
}

#[test]
fn simple_over_udp_2() {
    schedules(Family::SimpleUdp, 10_000);
}

#[test]
fn lists_on_a_document_server_1() {
    schedules(Family::Xcap, 0);
}

#[test]
fn lists_on_a_document_server_2() {
    schedules(Family::Xcap, 10_000);
}

#[test]
fn lcs_1() {
    schedules(Family::Lcs, 0);
}

#[test]
fn lcs_2() {
    schedules(Family::Lcs, 10_000);
}

#[test]
fn lcs_3() {
    schedules(Family::Lcs, 20_000);
}

/// The schedule that the environment names, with its story; without a name, the first one.
#[test]
fn replay() {
    let seed = std::env::var("CHINWAG_SEED").map_or(0, |seed| seed.parse().unwrap());
    let name = std::env::var("CHINWAG_FAMILY").unwrap_or_default();
    let family = Family::ALL.into_iter().find(|family| format!("{family:?}") == name).unwrap_or(Family::SimpleTcp);
    let outcome = run::run(family, seed);
    let story = outcome.story(100_000);
    if std::env::var_os("CHINWAG_SEED").is_some() {
        std::io::Write::write_all(&mut std::io::stderr(), story.as_bytes()).unwrap();
    }
    assert!(outcome.wrongs.is_empty(), "{story}");
}
