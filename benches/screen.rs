//! The screen from outside, in a pseudo-terminal, beside a minimal ratatui program in the same run:
//! start to first frame, idle memory, idle wake-ups, and key to screen under a storm of
//! notifications. `cargo bench --bench screen`; figures in `docs/performance.md`.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[path = "support/yes_server.rs"]
mod yes_server;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use yes_server::YesServer;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
const RUNS: usize = 15;
const PEOPLE: usize = 50;
/// The long contact list: so many more, whose presence is not asked for.
const CROWD: usize = 10_000;

fn main() {
    if std::env::args().any(|a| a == "--minimal") {
        return minimal();
    }
    long_conversation();
    if std::env::args().any(|a| a == "--frames") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start();
    add_people(folder.path(), server.port);
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..RUNS {
        ours.push(Terminal::chinwag(folder.path(), server.port).first_frame);
        theirs.push(Terminal::minimal().first_frame);
    }
    report("start to first frame, median", median(&mut ours).as_secs_f64() * 1e3, median(&mut theirs).as_secs_f64() * 1e3, "ms");

    let chinwag = Terminal::chinwag(folder.path(), server.port);
    let minimal = Terminal::minimal();
    chinwag.wait("signed in", |s| s.contains("Online"));
    // Threads that looked something up at the start end by themselves after ten idle seconds.
    std::thread::sleep(Duration::from_secs(12));
    report("idle memory, its own (anonymous)", chinwag.anonymous_kib(), minimal.anonymous_kib(), "KiB");
    report("idle memory with its share of files (PSS)", chinwag.pss_kib(), minimal.pss_kib(), "KiB");
    report("idle memory with all files (RSS)", chinwag.rss_kib(), minimal.rss_kib(), "KiB");
    let (before, cpu) = (chinwag.switches(), chinwag.cpu_ticks());
    std::thread::sleep(Duration::from_secs(20));
    println!("idle for 20 s: {} wake-ups, {} ticks of CPU (10 ms each)", chinwag.switches() - before, chinwag.cpu_ticks() - cpu);
    drop(minimal);
    drop(chinwag);

    storm(folder.path(), &server, "");
    add_crowd(folder.path());
    let mut crowded: Vec<Duration> = (0..RUNS).map(|_| Terminal::chinwag(folder.path(), server.port).first_frame).collect();
    println!("start to first frame with {CROWD} contacts, median: {:.1} ms", median(&mut crowded).as_secs_f64() * 1e3);
    let chinwag = Terminal::chinwag(folder.path(), server.port);
    chinwag.wait("signed in", |s| s.contains("Online"));
    std::thread::sleep(Duration::from_secs(12));
    println!("idle memory with {CROWD} contacts, its own (anonymous): {:.0} KiB", chinwag.anonymous_kib());
    drop(chinwag);
    storm(folder.path(), &server, " of 10,050 contacts");
}

/// Puts a crowd on the roster, in its file: to add each by itself would take long.
fn add_crowd(folder: &Path) {
    use chinwag::history::{Content, Unlock, Vault, sealed_name};
    use std::fmt::Write as _;
    let file = folder.join("rosters").join("alice@example.test.toml");
    let vault = Vault::new(folder, Ok(Unlock::KeyFile));
    let (Content::Sealed(octets) | Content::Clear(octets)) =
        vault.open(&sealed_name(&file), std::fs::read(&file).expect("the contact list")).expect("its key");
    let mut text = String::from_utf8(octets).expect("the contact list");
    for n in 0..CROWD {
        let group = n % 40;
        let entry = format!(
            "\n[[contact]]\nuri = \"sip:crowd{n:05}@example.test\"\nname = \"Crowd Person {n}\"\ngroups = [\"Group {group}\"]\nsubscribed = false\n"
        );
        let _ = text.write_str(&entry);
    }
    let sealed = vault.seal(&sealed_name(&file), text.as_bytes()).expect("its key");
    std::fs::write(&file, sealed).expect("the contact list");
}

/// Frames of a conversation of 1,000,000 lines: at its end, in its middle, at its top, and moving there.
fn long_conversation() {
    use chinwag::app::sample::sample_app;
    use chinwag::app::{Action, Msg, Place, Step, update};
    use chinwag::model::{Author, Body, Entry, Line};
    use chinwag::ui::{Hits, Theme, shown, view};

    const LINES: i64 = 1_000_000;
    let mut app = sample_app();
    let chat = app.screen.open().cloned().expect("an open conversation");
    let bob = chat.person().expect("a person").who.clone();
    let now = app.now;
    let talk = app.accounts.values_mut().next().and_then(|account| account.conversations.get_mut(&bob)).expect("a conversation");
    talk.entries = (0..LINES)
        .map(|n| {
            let (by, body) = (Author::Them(bob.clone()), Body::plain(format!("line {n}: see https://example.test/r/{n}")));
            Entry::Said(Line { at: now, by, body, tag: None, id: None, fate: None, delayed: false })
        })
        .collect();
    let backend = ratatui::backend::TestBackend::new(COLUMNS, ROWS);
    let mut terminal = ratatui::Terminal::new(backend).expect("a terminal");
    let mut hits = Hits::default();
    for (what, place) in [("end", Place::END), ("middle", Place::from(LINES / 2)), ("top", Place::from(0))] {
        app.screen.pane_mut().place = place;
        let (mut times, mut laid_out) = (Vec::new(), 0);
        for turn in 0..101 {
            // A page there, a page back.
            let step = if (turn % 2 == 0) == (what == "top") { Step::PageDown } else { Step::PageUp };
            update(&mut app, Msg::Action(Action::Scroll(step)), now);
            let began = Instant::now();
            terminal.draw(|frame| view(&app, &Theme::new(true, false), frame, &mut hits)).expect("a frame");
            times.push(began.elapsed());
            laid_out = laid_out.max(hits.laid_out);
            if let Some(msg) = shown(&app, &hits) {
                update(&mut app, msg, now);
            }
        }
        let middle = median(&mut times).as_secs_f64() * 1e3;
        println!("frame at the {what} of {LINES} lines: median {middle:.2} ms, at most {laid_out} entries laid out");
    }
}

/// Puts people on the roster, through the program itself.
fn add_people(folder: &Path, port: u16) {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"))
        .args(["--aor", "sip:alice@example.test", "--transport", "tcp", "--password-env", "PW", "--server"])
        .arg(format!("127.0.0.1:{port}"))
        .arg("--data-dir")
        .arg(folder)
        .arg("say")
        .env("XDG_CONFIG_HOME", folder)
        .env("PW", "any")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("its input");
    for n in 0..PEOPLE {
        writeln!(input, "{{\"do\":\"add\",\"uri\":\"sip:person{n:02}@example.test\"}}").expect("an order");
    }
    drop(input);
    assert!(child.wait().expect("its end").success());
}

fn report(what: &str, ours: f64, theirs: f64, unit: &str) {
    println!("{what}: chinwag {ours:.1} {unit}, minimal {theirs:.1} {unit}, ratio {:.2}", ours / theirs);
}

fn median(values: &mut [Duration]) -> Duration {
    values.sort();
    values[values.len() / 2]
}

/// Types into the composer while the server sends 5,000 notifications a second.
fn storm(folder: &Path, server: &Server, whom: &str) {
    let mut terminal = Terminal::chinwag(folder, server.port);
    terminal.wait("signed in", |s| s.contains("Online"));
    terminal.wait("contacts", |s| s.contains("person01"));
    terminal.keys("/person01\r");
    terminal.wait("the composer", |s| s.contains("│ >"));
    server.rate.lock().expect("rate").replace(5_000);
    std::thread::sleep(Duration::from_secs(1));
    let mut latencies = Vec::new();
    let mut typed = String::from("q");
    // A draft of the run before may be there.
    terminal.keys("\x15q");
    let sent_before = *server.sent.lock().expect("sent");
    let began = Instant::now();
    for n in 0..400_u32 {
        let letter = char::from(b'a' + (n % 26) as u8);
        typed.push(letter);
        if typed.len() > 20 {
            typed.clear();
            typed.push(letter);
            terminal.keys("\x15"); // Ctrl-U: an empty line again
        }
        let at = Instant::now();
        terminal.keys(&letter.to_string());
        terminal.wait("the letter", |s| s.contains(&format!("│ > {typed}")) || s.contains(&format!("│ >{typed}")));
        latencies.push(at.elapsed());
        std::thread::sleep(Duration::from_millis(13));
    }
    let rate = (*server.sent.lock().expect("sent") - sent_before) as f64 / began.elapsed().as_secs_f64();
    server.rate.lock().expect("rate").take();
    latencies.sort();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "key to screen at {rate:.0} notifications/s{whom}: median {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// The smallest ratatui program: one frame, then waiting for a key.
fn minimal() {
    let mut terminal = ratatui::init();
    let _ = terminal.draw(|frame| frame.render_widget("minimal program", frame.area()));
    let _ = ratatui::crossterm::event::read();
    ratatui::restore();
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    screen: Arc<(Mutex<vt100::Parser>, std::sync::Condvar)>,
    first_frame: Duration,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn chinwag(folder: &Path, port: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["--aor", "sip:alice@example.test", "--transport", "tcp", "--password-env", "PW", "--server"]);
        command.arg(format!("127.0.0.1:{port}"));
        command.arg("--data-dir");
        command.arg(folder);
        command.env("XDG_CONFIG_HOME", folder);
        command.env("PW", "any");
        Self::start(command, "alice")
    }

    fn minimal() -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().expect("own path"));
        command.arg("--minimal");
        Self::start(command, "minimal program")
    }

    fn start(mut command: CommandBuilder, marker: &str) -> Self {
        command.env("TERM", "xterm-256color");
        let pty =
            native_pty_system().openpty(PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 }).expect("a pty");
        let mut reader = pty.master.try_clone_reader().expect("reader");
        let writer = pty.master.take_writer().expect("writer");
        let screen = Arc::new((
            Mutex::new(vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0)),
            std::sync::Condvar::new(),
        ));
        let began = Instant::now();
        let child = pty.slave.spawn_command(command).expect("the program starts");
        drop(pty.slave);
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                shared.0.lock().expect("screen").process(&buffer[..read]);
                shared.1.notify_all();
            }
        });
        let mut terminal = Self { child, writer, screen, first_frame: Duration::ZERO, _master: pty.master };
        terminal.wait(marker, |s| s.contains(marker));
        terminal.first_frame = began.elapsed();
        terminal
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("typing");
        self.writer.flush().expect("typing");
    }

    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let end = Instant::now() + Duration::from_secs(15);
        let mut parser = self.screen.0.lock().expect("screen");
        loop {
            let text = parser.screen().contents();
            if wanted(&text) {
                return;
            }
            assert!(Instant::now() < end, "never saw {what}:\n{text}");
            parser = self.screen.1.wait_timeout(parser, Duration::from_millis(200)).expect("screen").0;
        }
    }

    fn proc(&self, file: &str) -> String {
        let pid = self.child.process_id().expect("a process id");
        std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
    }

    fn field(text: &str, name: &str) -> f64 {
        text.lines().find_map(|l| l.strip_prefix(name)?.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
    }

    fn pss_kib(&self) -> f64 {
        Self::field(&self.proc("smaps_rollup"), "Pss:")
    }

    fn anonymous_kib(&self) -> f64 {
        Self::field(&self.proc("smaps_rollup"), "Pss_Anon:")
    }

    fn rss_kib(&self) -> f64 {
        Self::field(&self.proc("status"), "VmRSS:")
    }

    /// Context switches of all its threads.
    fn switches(&self) -> i64 {
        let pid = self.child.process_id().expect("a process id");
        std::fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|task| std::fs::read_to_string(task.path().join("status")).unwrap_or_default())
            .map(|text| Self::field(&text, "voluntary_ctxt_switches:") as i64)
            .sum()
    }

    fn cpu_ticks(&self) -> u64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        fields.iter().skip(11).take(2).filter_map(|f| f.parse::<u64>().ok()).sum()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that says yes to everything and, when told a rate, sends notifications.
struct Server {
    port: u16,
    rate: Arc<Mutex<Option<u32>>>,
    sent: Arc<Mutex<u64>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("address").port();
        let rate = Arc::new(Mutex::new(None));
        let sent = Arc::new(Mutex::new(0));
        let (shared_rate, shared_sent) = (Arc::clone(&rate), Arc::clone(&sent));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (rate, sent) = (Arc::clone(&shared_rate), Arc::clone(&shared_sent));
                std::thread::spawn(move || serve(stream, port, &rate, &sent));
            }
        });
        Self { port, rate, sent }
    }
}

fn serve(mut stream: TcpStream, port: u16, rate: &Mutex<Option<u32>>, sent: &Mutex<u64>) {
    let _ = stream.set_nodelay(true);
    let state = Arc::new(Mutex::new(YesServer::new(port)));
    let mut reader = stream.try_clone().expect("a second handle");
    let (mut answers, known) = (stream.try_clone().expect("a third handle"), Arc::clone(&state));
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            let answer = known.lock().expect("state").feed(&buffer[..read]);
            if answers.write_all(&answer).is_err() {
                break;
            }
        }
    });
    let mut pace: Option<(Instant, u32)> = None;
    loop {
        let Some(per_second) = *rate.lock().expect("rate") else {
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        // As many as should have left by now, every 10 ms.
        let (began, before) = *pace.get_or_insert_with(|| (Instant::now(), 0));
        let due = (began.elapsed().as_secs_f64() * f64::from(per_second)) as u32;
        let burst = state.lock().expect("state").burst(due - before);
        if (burst.is_empty() && due > before) || stream.write_all(&burst).is_err() {
            return;
        }
        pace = Some((began, due));
        *sent.lock().expect("sent") += u64::from(due - before);
        std::thread::sleep(Duration::from_millis(10));
    }
}
