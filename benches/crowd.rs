//! A crowd: so many chinwag accounts in one process, all signed in at `chinwag serve` in another, over TCP on
//! loopback; beside it, in the same run, as many plain connections between two processes that do nothing but
//! answer the same pings. `cargo bench --bench crowd`; figures in `docs/performance.md`. `-- 1000` for another
//! number, `-- quiet=120` for another length of the quiet part in seconds, `-- lcs` for the LCS dialect and NTLM.
//!
//! The program starts itself again for each part, so that memory and CPU of each side are those of a process.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "support/crowd_client.rs"]
mod crowd_client;
#[path = "support/crowd_plain.rs"]
mod crowd_plain;
#[path = "support/crowd_process.rs"]
mod crowd_process;

use std::process::Command;
use std::time::{Duration, Instant};

use crowd_process::{Process, Spent};

/// Messages are sent for so long.
const TALKING: Duration = Duration::from_secs(20);
/// What follows a sign-in (subscriptions, notifications) is over after so long.
const SETTLING: Duration = Duration::from_secs(5);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["part-accounts", port, count, dialect] => {
            return crowd_client::run(port.parse().unwrap(), count.parse().unwrap(), dialect);
        }
        ["part-answering", count] => return crowd_plain::answer(count.parse().unwrap()),
        ["part-pinging", port, count] => return crowd_plain::ping(port.parse().unwrap(), count.parse().unwrap()),
        _ => {}
    }
    let count: usize = words.iter().find_map(|word| word.parse().ok()).unwrap_or(10_000);
    let quiet = words.iter().find_map(|word| word.strip_prefix("quiet=")?.parse().ok()).unwrap_or(60);
    let quiet = Duration::from_secs(quiet);
    let lcs = words.contains(&"lcs");
    let (soft, hard) = limits();
    println!("{count} connections; file descriptors of a process: {soft}, at most {hard}; quiet for {} s", quiet.as_secs());
    let plain = plain_pair(count, quiet);
    let ours = crowd(count, quiet, lcs);
    println!(
        "\nfor each connection           memory KiB   CPU ms to sign in   CPU ms a minute, quiet   wake-ups a minute, quiet"
    );
    let sides = [("server", &ours.server, &plain.server), ("client", &ours.client, &plain.client)];
    for (side, ours, plain) in sides {
        println!("{side}, chinwag           {}", ours.row(count, quiet));
        println!("{side}, plain pair        {}", plain.row(count, quiet));
        println!(
            "{side}, ratio             memory {:.1}, CPU while quiet {:.1}",
            ours.memory() / plain.memory(),
            ours.idle() / plain.idle()
        );
    }
}

/// What one side took.
struct Side {
    before: Spent,
    up: Spent,
    still: Spent,
    after: Spent,
}

struct Pair {
    server: Side,
    client: Side,
}

impl Side {
    fn memory(&self) -> f64 {
        (self.after.kib - self.before.kib).max(1.0)
    }

    fn idle(&self) -> f64 {
        (self.after.cpu - self.still.cpu).as_secs_f64().max(0.01)
    }

    fn row(&self, count: usize, quiet: Duration) -> String {
        let minutes = quiet.as_secs_f64() / 60.0;
        let each = |whole: f64| whole / count as f64;
        format!(
            "{:>9.1} {:>15.2} {:>20.3} {:>25.2}",
            each(self.memory()),
            each((self.up.cpu - self.before.cpu).as_secs_f64() * 1000.0),
            each(self.idle() * 1000.0) / minutes,
            each((self.after.wakes - self.still.wakes) as f64) / minutes
        )
    }
}

/// Lets both settle, and then be quiet.
fn measure(server: &Process, client: &Process, before: (Spent, Spent), quiet: Duration) -> Pair {
    let up = (server.spent(), client.spent());
    std::thread::sleep(SETTLING);
    let still = (server.spent(), client.spent());
    std::thread::sleep(quiet);
    let after = (server.spent(), client.spent());
    Pair {
        server: Side { before: before.0, up: up.0, still: still.0, after: after.0 },
        client: Side { before: before.1, up: up.1, still: still.1, after: after.1 },
    }
}

fn crowd(count: usize, quiet: Duration, lcs: bool) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    let lines: String = (1..=count).map(|n| format!("u{n:05}:plain:pw-u{n:05}:User {n}\n")).collect();
    std::fs::write(&users, lines).unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    serve.args(["serve", "--domain", "example.test", "--listen", "127.0.0.1:0", "--connections", &count.to_string(), "--users"]);
    serve.arg(&users);
    if !lcs {
        serve.args(["--disable", "lcs"]);
    }
    let mut server = Process::start(&mut serve);
    let port = server.line().rsplit(':').next().unwrap().trim().to_owned();
    let dialect = if lcs { "lcs" } else { "simple" };
    let mut client = Process::start(Command::new(std::env::current_exe().unwrap()).args([
        "part-accounts",
        &port,
        &count.to_string(),
        dialect,
    ]));
    assert_eq!(client.line(), "ready");
    let before = (server.spent(), client.spent());
    let begin = Instant::now();
    client.tell("sign in");
    println!("chinwag: {}", client.line());
    println!(
        "chinwag: all signed in after {:.1} s, {:.0} a second",
        begin.elapsed().as_secs_f64(),
        count as f64 / begin.elapsed().as_secs_f64()
    );
    let pair = measure(&server, &client, before, quiet);
    let before = (server.spent(), client.spent());
    client.tell(&format!("talk {}", TALKING.as_secs()));
    println!("chinwag: {}", client.line());
    let cpu = |process: &Process, before: &Spent| (process.spent().cpu - before.cpu).as_secs_f64() / TALKING.as_secs_f64();
    println!("meanwhile the server used {:.2} and the client {:.2} of a core", cpu(&server, &before.0), cpu(&client, &before.1));
    client.tell("look");
    println!("chinwag: {}", client.line());
    pair
}

fn plain_pair(count: usize, quiet: Duration) -> Pair {
    let own = std::env::current_exe().unwrap();
    let mut server = Process::start(Command::new(&own).args(["part-answering", &count.to_string()]));
    let port = server.line();
    let mut client = Process::start(Command::new(&own).args(["part-pinging", &port, &count.to_string()]));
    assert_eq!(client.line(), "ready");
    let before = (server.spent(), client.spent());
    client.tell("connect");
    println!("plain pair: {}", client.line());
    measure(&server, &client, before, quiet)
}

fn limits() -> (u64, u64) {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX))
}
