//! Child processes whose lines are read by a thread, and which end with the test.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A script of `tests/peers`.
pub fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

/// Ports nobody listens on now, the UDP side free too.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let held: Vec<TcpListener> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    std::array::from_fn(|i| held[i].local_addr().unwrap().port())
}

/// Looks again and again until something is so; panics with `what` when it is not in time.
pub fn wait_until<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not in {seconds} s: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// A child process, its input, and the lines it prints (both streams).
pub struct Lines {
    child: Child,
    input: Option<ChildStdin>,
    printed: Receiver<String>,
    /// Everything seen so far, for the words of a failure.
    pub seen: Vec<String>,
}

impl Lines {
    /// Starts it with pipes on all three streams.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        let (send, printed) = channel();
        for (stream, mark) in [
            (Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>, ""),
            (Box::new(child.stderr.take().unwrap()), "stderr: "),
        ] {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).split(b'\n') {
                    let Ok(line) = line else { break };
                    if send.send(format!("{mark}{}", String::from_utf8_lossy(&line))).is_err() {
                        break;
                    }
                }
            });
        }
        let input = child.stdin.take();
        Self { child, input, printed, seen: Vec::new() }
    }

    /// Writes one line to its input.
    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("input is closed");
        writeln!(input, "{line}").unwrap_or_else(|e| panic!("cannot write to it: {e}; it said:\n{}", self.seen.join("\n")));
        input.flush().unwrap();
    }

    /// Closes its input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The first line from now on that satisfies `wanted`; panics when none comes in time.
    pub fn line(&mut self, what: &str, seconds: u64, mut wanted: impl FnMut(&str) -> bool) -> String {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.printed.recv_timeout(left) else {
                panic!("not in {seconds} s: {what}; it said:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if wanted(&line) {
                return line;
            }
        }
    }

    /// Asks the same again and again until a line satisfies `wanted`.
    pub fn ask(&mut self, question: &str, what: &str, seconds: u64, mut wanted: impl FnMut(&str) -> bool) {
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            self.tell(question);
            let again = Instant::now() + Duration::from_millis(500);
            while let Ok(line) = self.printed.recv_timeout(again.saturating_duration_since(Instant::now())) {
                self.seen.push(line.clone());
                if wanted(&line) {
                    return;
                }
            }
        }
        panic!("not in {seconds} s: {what}; it said:\n{}", self.seen.join("\n"));
    }

    /// Waits for its end and returns its exit code.
    pub fn exit_code(&mut self, seconds: u64) -> i32 {
        self.input = None;
        let child = &mut self.child;
        let status = wait_until("the process ends", seconds, || child.try_wait().unwrap());
        while let Ok(line) = self.printed.recv_timeout(Duration::from_secs(2)) {
            self.seen.push(line);
        }
        status.code().unwrap_or(-1)
    }

    /// Stops it in its tracks: connections stay, nobody answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Sends it a signal, by its process id.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success(), "kill -{name}");
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
