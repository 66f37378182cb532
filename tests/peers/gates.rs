//! What the screen costs a terminal, measured from outside: octets, wake-ups, modes, colours. Only what does
//! not depend on the speed of the machine; `docs/performance.md` says how to compare with others.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A figure and the most it may be.
const MOST: [(&str, f64); 10] = [
    ("octets a key, median", 9.0),
    ("octets a key, p99", 60.0),
    ("octets a received line", 110.0),
    ("octets a change of presence", 110.0),
    ("idle, octets a minute", 0.0),
    ("idle, wake-ups a second", 0.2),
    ("repaint 80x24, octets", 6_000.0),
    ("repaint 120x40, octets", 12_000.0),
    ("paste of 200, octets", 600.0),
    ("NO_COLOR: colours sent", 0.0),
];

#[test]
fn the_screen_keeps_its_manners() {
    let folder = tempfile::tempdir().unwrap();
    let figures = folder.path().join("figures.json");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/measure/compare.py");
    let output = Command::new("/usr/bin/python3")
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_chinwag"))
        .args(["--only", "chinwag", "--runs", "1", "--keys", "80", "--idle", "20", "--json"])
        .arg(&figures)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "python3-pyte is needed, which tests/run.sh installs: {said}");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(figures).unwrap()).unwrap();
    let ours = &all["chinwag"];
    let mut wrong = Vec::new();
    for (what, most) in MOST {
        match ours[what].as_f64() {
            Some(found) if found <= most => {}
            found => wrong.push(format!("{what}: {found:?}, at most {most} wanted")),
        }
    }
    if ours["alive at 40x12 to 1x1"] != true || ours["modes left on at SIGTERM"] != "" {
        wrong.push(format!("sizes or modes: {ours}"));
    }
    // Under load everything takes its time; what must not be is that it stays.
    if !ours["terminal closed: gone after, ms"].is_number() {
        wrong.push(format!("the terminal closed: {}", ours["terminal closed: gone after, ms"]));
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), String::from_utf8_lossy(&output.stdout));
}
