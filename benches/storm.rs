//! A storm of 100,000 best-effort notifications: how many a second are applied.
//!
//! First in memory: the client's core (account, endpoint, formats, `app::update`) takes what the
//! embedded server made: BENOTIFY, the same as NOTIFY (each answered), and signed BENOTIFY (each
//! verified). Then between processes over loopback: chinwag and finch with pidgin-sipe take the
//! same BENOTIFYs from the same program.
//! `cargo bench --bench storm`; figures in `docs/performance.md`. `-- --without-finch` where it is
//! not installed.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "support/people.rs"]
mod people;
#[path = "support/storm_server.rs"]
mod storm_server;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chinwag::app::{AccountView, App, Msg, update};
use chinwag::backend::Output;
use chinwag::model::{AccountId, Stamp};
use chinwag::policy::Policy;
use people::address;
use storm_server::{InMemory, OverTcp, PEOPLE};

const NOTIFICATIONS: usize = 100_000;

fn main() {
    let finch = !std::env::args().any(|word| word == "--without-finch");
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(NOTIFICATIONS);
    println!("in memory, {count} notifications about {PEOPLE} people:");
    let best_effort = in_memory(count, false, false);
    let answered = in_memory(count, false, true);
    // Three seconds of the server's time each, within the life of one association.
    let signed = in_memory(count.min(5_000), true, false);
    println!("  BENOTIFY          {best_effort:>9.0}/s");
    println!("  NOTIFY            {answered:>9.0}/s   BENOTIFY to NOTIFY {:.2}", best_effort / answered);
    println!("  BENOTIFY, signed  {signed:>9.0}/s   to unsigned {:.2}", signed / best_effort);

    println!("between processes:");
    let ours = chinwag(count);
    println!("  chinwag           {ours:>9.0}/s");
    if finch {
        let theirs = finch_process(count);
        println!("  finch             {theirs:>9.0}/s   chinwag to finch {:.1}", ours / theirs);
    }
}

/// Notifications a second through the core.
fn in_memory(count: usize, signed: bool, answered: bool) -> f64 {
    let mut world = InMemory::sign_in(signed);
    let mut storm = world.storm(count);
    if answered {
        storm = String::from_utf8(storm).unwrap().replace("BENOTIFY", "NOTIFY").into_bytes();
    }
    let id = AccountId::new("bench");
    let mut app = App::new([(id.clone(), AccountView::new(address("me")))], Policy::default());
    let mut told = 0;
    let began = Instant::now();
    for chunk in storm.chunks(16 * 1024) {
        world.feed(chunk, |output| {
            if let Output::Event(event) = output {
                told += usize::from(matches!(event, chinwag::backend::Event::Presence { .. }));
                update(&mut app, Msg::Account(id.clone(), event), Stamp::from_millis(0));
            }
        });
    }
    let took = began.elapsed();
    assert!(told >= count, "only {told} of {count} were applied");
    count as f64 / took.as_secs_f64()
}

/// Between processes: from the first octet sent to the last state shown.
fn chinwag(count: usize) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let server = OverTcp::listen();
    let mut client = Command::new(env!("CARGO_BIN_EXE_chinwag"))
        .args(["--aor", "sip:me@example.test", "--server", &format!("127.0.0.1:{}", server.port), "--transport", "tcp"])
        .args(["--dialect", "lcs", "--password-env", "PW", "--data-dir"])
        .arg(folder.path())
        .args(["say", "--json"])
        .env("PW", "pw-me")
        .env("XDG_CONFIG_HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut until = |wanted: &[&str]| {
        let found = lines.by_ref().map_while(Result::ok).any(|line| wanted.iter().all(|word| line.contains(word)));
        assert!(found, "chinwag ended before {wanted:?}");
    };
    until(&["\"phase\"", "\"online\""]);
    let began = server.send_storm(count);
    until(&["c0000@", "\"presence\"", "\"busy\""]);
    let took = began.elapsed();
    client.kill().unwrap();
    client.wait().unwrap();
    count as f64 / took.as_secs_f64()
}

fn finch_process(count: usize) -> f64 {
    let folder = tempfile::Builder::new().prefix("f").tempdir().unwrap();
    let server = OverTcp::listen();
    let peer = |words: &[&str]| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/finch/finch_peer.py");
        let output = Command::new("python3").arg(script).arg(folder.path()).args(words).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let at = format!("127.0.0.1:{}", server.port);
    let (started, why) = peer(&["start", "--server", &at, "--user", "me@example.test", "--password", "pw-me"]);
    assert!(started, "finch: {why}");
    let (online, why) = peer(&["wait-contact", "c0001@example.test", "offline", "--seconds", "30"]);
    assert!(online, "finch: {why}");
    let began = server.send_storm(count);
    let (shown, why) = peer(&["wait-contact", "c0000@example.test", "busy", "--seconds", "600"]);
    let took = began.elapsed();
    assert!(shown, "finch: {why}");
    peer(&["stop"]);
    std::thread::sleep(Duration::from_millis(100));
    count as f64 / took.as_secs_f64()
}
