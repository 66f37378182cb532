//! What policies cost: at the start with none and with many, and from a change on disk until it is obeyed. Beside
//! it, in the same run, only reading the same files. `cargo bench --bench policies`; figures in
//! `docs/performance.md`.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chinwag::policy::Policy;
use chinwag::runtime::policies::{Followed, Sources};

const RUNS: usize = 101;

fn main() {
    let none = Sources { folder: "/nonexistent".into(), ..Sources::of_this_machine() };
    println!("start without policies: {}", of_runs(|| drop(none.policy())));

    let many = tempfile::tempdir().unwrap();
    for at in 0..50 {
        let text = format!(
            "IdleAfter = {at}\nBlockedDomains = [\"a{at}.test\", \"b.test\"]\nIMWarning = \"number {at}\"\nNobodyKnows = true\n"
        );
        std::fs::write(many.path().join(format!("{at:02}.toml")), text).unwrap();
    }
    std::fs::write(many.path().join("Registry.pol"), foreign(10_000)).unwrap();
    let sources = Sources::of_this_machine().tried(many.path().to_owned());
    assert_eq!(sources.policy().table().get("IMWarning").unwrap().value.shown(), "a registry");
    let start = of_runs(|| drop(sources.policy()));
    let files: Vec<PathBuf> = std::fs::read_dir(many.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let plain = of_runs(|| files.iter().for_each(|file| drop(std::fs::read(file).unwrap())));
    println!("start with 50 files and a Registry.pol of 10,000 foreign values: {start}; only reading the files: {plain}");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut times = Vec::new();
    runtime.block_on(async {
        for at in 0..RUNS {
            let mut followed = Followed::new(sources.clone());
            let begin = Instant::now();
            write(&many.path().join("99.toml"), &format!("IdleAfter = {}\n", 1_000 + at));
            let policy: Policy = followed.next().await;
            times.push(begin.elapsed());
            assert_eq!(policy.table().get("IdleAfter").unwrap().value.shown(), (1_000 + at).to_string());
        }
    });
    println!("from a change on disk until it is known: {}", told(times));
}

fn write(path: &Path, text: &str) {
    let aside = path.with_extension("new");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, path).unwrap();
}

/// A `Registry.pol` of another program's values, and one of ours.
fn foreign(count: usize) -> Vec<u8> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut out = b"PReg\x01\0\0\0".to_vec();
    let mut add = |key: &str, name: &str, kind: u32, data: &[u8]| {
        out.extend(wide(&format!("[{key}\0;{name}\0;")));
        out.extend(kind.to_le_bytes());
        out.extend(wide(";"));
        out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        out.extend(wide(";"));
        out.extend(data);
        out.extend(wide("]"));
    };
    for at in 0..count {
        add(r"Software\Policies\Somebody\Program", &format!("Value{at}"), 4, &[1, 0, 0, 0]);
    }
    add(r"Software\Policies\Chinwag", "IMWarning", 1, &wide("a registry\0"));
    out
}

fn of_runs(work: impl Fn()) -> String {
    let times = (0..RUNS).map(|_| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    });
    told(times.collect())
}

fn told(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1_000.0;
    format!("median {:.3} ms, most {:.3} ms of {}", ms(times.len() / 2), ms(times.len() - 1), times.len())
}
