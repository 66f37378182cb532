//! The program itself, driven through `say`: orders as JSON lines in, events as JSON lines out.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Kamailio, Lines};

/// One signed-in chinwag.
pub struct Chinwag {
    lines: Lines,
}

/// The built program with a password and folders of its own.
pub fn command(user: &str, data: &Path) -> Command {
    let mut command = bare(user, data);
    command.args(["--aor", &format!("sip:{user}@example.test")]);
    command
}

/// The same without saying who signs in.
pub fn bare(user: &str, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command
        .env("CHINWAG_TEST_PASSWORD", format!("pw-{user}"))
        .env("XDG_CONFIG_HOME", data)
        .env_remove("CHINWAG_CONFIG")
        .env_remove("NO_COLOR")
        .args(["--password-env", "CHINWAG_TEST_PASSWORD"])
        .arg("--data-dir")
        .arg(data);
    command
}

impl Chinwag {
    /// The program set up for a user of this server, without a subcommand yet.
    pub fn command(server: &Kamailio, user: &str, transport: &str) -> Command {
        let port = if transport == "tls" { server.tls_port } else { server.port };
        let mut command = command(user, &server.folder(&format!("chinwag-{user}")));
        command.args(["--server", &format!("127.0.0.1:{port}"), "--transport", transport]);
        if transport == "tls" {
            command.arg("--ca-file").arg(server.ca());
        }
        command
    }

    /// The program set up by a configuration file with this text.
    pub fn configured(server: &Kamailio, user: &str, config: &str) -> Command {
        Self::device(server, user, user, config)
    }

    /// The same as one of several devices, each with folders of its own.
    pub fn device(server: &Kamailio, user: &str, device: &str, config: &str) -> Command {
        let folder = server.folder(&format!("chinwag-{device}"));
        let file = folder.join("config.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = bare(user, &folder);
        command.arg("--config").arg(file);
        command
    }

    /// Starts `say` and waits until it is signed in.
    pub fn sign_in(server: &Kamailio, user: &str, transport: &str) -> Self {
        let mut chinwag = Self::start(Self::command(server, user, transport));
        chinwag.phase("online", 15);
        chinwag
    }

    /// Starts `say` with the options given so far.
    pub fn start(mut command: Command) -> Self {
        Self { lines: Lines::start(command.args(["say", "--json"])) }
    }

    /// Writes a line that orders nothing: somebody is there.
    pub fn touch(&mut self) {
        self.lines.tell("");
    }

    /// Gives an order.
    pub fn say(&mut self, order: &Value) {
        self.lines.tell(&order.to_string());
    }

    /// The next event that satisfies `wanted`. Everything on standard output must be JSON.
    pub fn event(&mut self, what: &str, seconds: u64, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let mut found = Value::Null;
        self.lines.line(what, seconds, |line| {
            if line.starts_with("stderr: ") || line.is_empty() {
                return false;
            }
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"));
            assert!(event["event"].is_string() && event["at"].is_string() && event["account"].is_string(), "incomplete: {event}");
            let hit = wanted(&event);
            if hit {
                found = event;
            }
            hit
        });
        found
    }

    /// The newest event so far that `about` picks out, if it satisfies `wanted`; else the next one that does.
    pub fn now_or_event(
        &mut self,
        what: &str,
        seconds: u64,
        about: impl Fn(&Value) -> bool,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let known = self.lines.seen.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(|e| about(e));
        match known {
            Some(event) if wanted(&event) => event,
            _ => self.event(what, seconds, |e| about(e) && wanted(e)),
        }
    }

    /// Somebody's presence is this already, or becomes so.
    pub fn sees(&mut self, who: &str, availability: &str, seconds: u64) -> Value {
        let who = format!("sip:{who}@example.test");
        let about = |e: &Value| e["event"] == "presence" && e["who"] == who.as_str();
        self.now_or_event(&format!("{who} {availability}"), seconds, about, |e| {
            e["availability"] == availability && e["stale"] == false
        })
    }

    /// Waits for a step of signing in.
    pub fn phase(&mut self, phase: &str, seconds: u64) -> Value {
        self.event(phase, seconds, |e| e["event"] == "phase" && e["phase"] == phase)
    }

    /// Waits for a message with this text (some programs end theirs with a line break).
    pub fn message(&mut self, text: &str, seconds: u64) -> Value {
        self.event(text, seconds, |e| e["event"] == "message" && e["text"].as_str().map(str::trim_end) == Some(text))
    }

    /// Waits for somebody's presence to become this.
    pub fn presence(&mut self, who: &str, availability: &str, seconds: u64) -> Value {
        let who = format!("sip:{who}@example.test");
        self.event(&format!("{who} {availability}"), seconds, |e| {
            e["event"] == "presence" && e["who"] == who.as_str() && e["availability"] == availability && e["stale"] == false
        })
    }

    /// Waits for the fate of a message.
    pub fn delivery(&mut self, fate: &str, seconds: u64) -> Value {
        self.event(fate, seconds, |e| e["event"] == "delivery" && e["fate"] == fate)
    }

    /// Everything it printed so far.
    pub fn seen(&self) -> &[String] {
        &self.lines.seen
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.lines.runs()
    }

    /// Ends its input and waits for its exit code.
    pub fn finish(&mut self) -> i32 {
        self.lines.end_input();
        self.lines.exit_code(10)
    }
}
