//! Sign-in over a link with 50 ms round trip: messages, octets and time until the whole roster is
//! known. chinwag with everything LCS 2005 had, chinwag with all of it switched off on the server,
//! and finch with pidgin-sipe, all against the embedded server, each on the same wire.
//! `cargo bench --bench signin`; figures in `docs/performance.md`. `-- 10 100` for other sizes,
//! `-- --without-finch` where finch is not installed.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "support/lcs_world.rs"]
mod lcs_world;
#[path = "support/people.rs"]
mod people;
#[path = "support/tap.rs"]
mod tap;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chinwag::demo::Feature;
use tap::{Seen, Tap, Way};

/// One way.
const DELAY: Duration = Duration::from_millis(25);
/// Nothing passed for so long: sign-in is over.
const QUIET: Duration = Duration::from_secs(2);

/// What one sign-in took.
struct Figures {
    /// From the first packet to the last contact's state.
    time: Duration,
    /// Messages up, down until then, and both after authentication.
    up: usize,
    down: usize,
    after: usize,
    /// Messages after authentication until all is quiet.
    after_all: usize,
    octets_up: usize,
    octets_down: usize,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10, 100, 250, 1000] } else { sizes };
    let finch = !words.iter().any(|word| word == "--without-finch");
    let off = [Feature::Batch, Feature::Piggyback, Feature::Benotify, Feature::Autoextend];
    println!("contacts  client            seconds  messages up/down  after auth (until quiet)  octets up/down");
    for size in sizes {
        let batch = measure(size, &[], chinwag);
        show(size, "chinwag, all on", &batch);
        let singly = measure(size, &off, chinwag);
        show(size, "chinwag, all off", &singly);
        ratios("all on to all off", &batch, &singly);
        if finch {
            let other = measure_finch(size);
            show(size, "finch", &other);
            ratios("chinwag to finch", &batch, &other);
        }
    }
}

fn show(size: usize, client: &str, f: &Figures) {
    println!(
        "{size:>8}  {client:<16} {:>8.2}  {:>7} / {:<7} {:>12} ({})  {:>12} / {}",
        f.time.as_secs_f64(),
        f.up,
        f.down,
        f.after,
        f.after_all,
        f.octets_up,
        f.octets_down
    );
}

fn ratios(what: &str, ours: &Figures, theirs: &Figures) {
    let ratio = |a: usize, b: usize| a as f64 / b as f64;
    println!(
        "          {what}: messages {:.3}, octets {:.3}, time {:.3}",
        ratio(ours.after, theirs.after),
        ratio(ours.octets_up + ours.octets_down, theirs.octets_up + theirs.octets_down),
        ours.time.as_secs_f64() / theirs.time.as_secs_f64()
    );
}

fn chinwag(port: u16, folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chinwag"))
        .args(["--aor", "sip:me@example.test", "--server", &format!("127.0.0.1:{port}"), "--transport", "tcp"])
        .args(["--auth", "ntlm", "--dialect", "lcs", "--password-env", "PW", "--data-dir"])
        .arg(folder)
        .args(["say", "--json"])
        .env("PW", "pw-me")
        .env("XDG_CONFIG_HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Starts a client on a wire to a new server and waits until nothing more passes.
fn measure(size: usize, disabled: &[Feature], start: impl FnOnce(u16, &Path) -> Child) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let tap = Tap::to(lcs_world::start(size, disabled), DELAY);
    let mut client = start(tap.port, folder.path());
    let figures = watch(&tap, size);
    client.kill().unwrap();
    client.wait().unwrap();
    figures
}

fn measure_finch(size: usize) -> Figures {
    let folder = tempfile::Builder::new().prefix("f").tempdir().unwrap();
    let tap = Tap::to(lcs_world::start(size, &[]), DELAY);
    let peer = |words: &[&str]| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/finch/finch_peer.py");
        Command::new("python3").arg(script).arg(folder.path()).args(words).output().unwrap()
    };
    let server = format!("127.0.0.1:{}", tap.port);
    let started =
        peer(&["start", "--server", &server, "--user", "me@example.test", "--login", "EXAMPLE\\me", "--password", "pw-me"]);
    assert!(started.status.success(), "finch: {}", String::from_utf8_lossy(&started.stderr));
    let figures = watch(&tap, size);
    peer(&["stop"]);
    figures
}

fn watch(tap: &Tap, size: usize) -> Figures {
    let end = Instant::now() + Duration::from_secs(180);
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let quiet = tap.last().is_some_and(|at| at.elapsed() > QUIET);
        if quiet && known(&tap.messages()).len() >= size {
            break;
        }
        if Instant::now() > end {
            let seen = tap.messages();
            for one in &seen {
                println!("{:?} {:?}", one.way, one.message.start);
            }
            panic!("only {} of {size} contacts are known", known(&seen).len());
        }
    }
    let began = tap.began().unwrap();
    let seen = tap.messages();
    let mut told = BTreeSet::new();
    let last = seen
        .iter()
        .find(|one| {
            told.extend(people_in(one));
            told.len() >= size
        })
        .unwrap()
        .at;
    let registered =
        |one: &&Seen| one.message.status() == Some(200) && one.message.cseq().is_some_and(|c| c.method.as_str() == "REGISTER");
    let signed_in = seen.iter().find(registered).unwrap().at;
    Figures {
        time: last - began,
        up: seen.iter().filter(|s| s.way == Way::Up && s.at <= last).count(),
        down: seen.iter().filter(|s| s.way == Way::Down && s.at <= last).count(),
        after: seen.iter().filter(|s| s.at > signed_in && s.at <= last).count(),
        after_all: seen.iter().filter(|s| s.at > signed_in).count(),
        octets_up: tap.octets(Way::Up, last),
        octets_down: tap.octets(Way::Down, last),
    }
}

fn known(seen: &[Seen]) -> BTreeSet<String> {
    seen.iter().flat_map(people_in).collect()
}

/// The contacts whose presence documents a message of the server carries.
fn people_in(one: &Seen) -> Vec<String> {
    if one.way == Way::Up {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&one.message.body);
    let documents = text.match_indices("<presentity").chain(text.match_indices("<presence"));
    documents
        .filter_map(|(at, _)| {
            let tag = text[at..].split('>').next()?;
            let at = tag.find("c0").or_else(|| tag.find("c1"))?;
            tag[at..].split('@').next().map(str::to_owned)
        })
        .filter(|name| name.len() == 5 && name[1..].bytes().all(|b| b.is_ascii_digit()))
        .collect()
}
