//! A process under measurement: its lines, and what it has used of the machine (Linux).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A process that ends with this one's interest in it.
pub struct Process {
    child: Child,
    input: ChildStdin,
    lines: BufReader<ChildStdout>,
}

/// What was used so far.
pub struct Spent {
    /// Resident memory.
    pub kib: f64,
    /// In user and system mode.
    pub cpu: Duration,
    /// How often it slept and was woken.
    pub wakes: u64,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, lines }
    }

    pub fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// The next line it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the process ended");
        line.trim_end().to_owned()
    }

    pub fn spent(&self) -> Spent {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap();
        let status = read("status");
        let number = |name: &str| -> u64 {
            let value = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
            value.unwrap_or_else(|| panic!("no {name} in /proc"))
        };
        // Nanoseconds on a core of the first thread, which does all the work in both.
        let on_core = read(&format!("task/{}/schedstat", self.child.id()));
        let on_core: u64 = on_core.split(' ').next().unwrap().parse().unwrap();
        Spent { kib: number("VmRSS:") as f64, cpu: Duration::from_nanos(on_core), wakes: number("voluntary_ctxt_switches:") }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
