//! The program in a pseudo-terminal: what it leaves behind, what it does when the terminal goes away or
//! does not read, and what it sends. Each test is one trap that programs with a screen fall into.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
/// Longest wait for what must come; far more than it takes.
const LONGEST: Duration = Duration::from_secs(30);

/// What came out of the terminal.
struct Seen {
    bytes: Vec<u8>,
    emulator: vt100::Parser,
    /// Nobody reads.
    stopped: bool,
    ended: bool,
}

/// A program in a pseudo-terminal that an emulator watches.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Option<Box<dyn std::io::Write + Send>>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    master: Option<Box<dyn MasterPty + Send>>,
    _folder: tempfile::TempDir,
}

impl Terminal {
    fn demo(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut builder = CommandBuilder::new(env!("CARGO_BIN_EXE_chinwag"));
        builder.args(["demo", "--seed", "1"]);
        builder.args(arguments);
        Self::start(builder, environment)
    }

    fn start(mut builder: CommandBuilder, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["NO_COLOR", "COLORTERM", "TMUX", "STY", "SSH_TTY", "SSH_CONNECTION", "CHINWAG_CONFIG", "CHINWAG_DATA_DIR"] {
            builder.env_remove(name);
        }
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            builder.env(name, folder.path());
        }
        builder.env("LC_ALL", "C.UTF-8");
        builder.env("TERM", "xterm-256color");
        for (name, value) in environment {
            builder.env(name, value);
        }
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(builder).unwrap();
        let emulator = vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
        let seen = Arc::new((Mutex::new(Seen { bytes: Vec::new(), emulator, stopped: false, ended: false }), Condvar::new()));
        let (mut output, onto) = (pair.master.try_clone_reader().unwrap(), seen.clone());
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let mut now = onto.0.lock().unwrap();
                while now.stopped {
                    now = onto.1.wait(now).unwrap();
                }
                drop(now);
                let Ok(len @ 1..) = output.read(&mut buffer) else { break };
                let mut now = onto.0.lock().unwrap();
                now.bytes.extend_from_slice(&buffer[..len]);
                now.emulator.process(&buffer[..len]);
                onto.1.notify_all();
            }
            onto.0.lock().unwrap().ended = true;
            onto.1.notify_all();
        });
        let keys = Some(pair.master.take_writer().unwrap());
        Self { child, keys, seen, master: Some(pair.master), _folder: folder }
    }

    /// Waits until what was seen is as wanted.
    fn wait<T>(&self, what: &str, mut wanted: impl FnMut(&Seen) -> Option<T>) -> T {
        let until = Instant::now() + LONGEST;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            if let Some(found) = wanted(&seen) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            let rows: Vec<String> = seen.emulator.screen().rows(0, COLUMNS).collect();
            assert!(!left.is_zero(), "{what} did not come; the screen:\n{}", rows.join("\n"));
            seen = self.seen.1.wait_timeout(seen, left.min(Duration::from_millis(500))).unwrap().0;
        }
    }

    fn shows(&self, words: &str) {
        self.wait(words, |seen| seen.emulator.screen().contents().contains(words).then_some(()));
    }

    fn type_in(&mut self, keys: &str) {
        let to = self.keys.as_mut().unwrap();
        to.write_all(keys.as_bytes()).and_then(|()| to.flush()).unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap().try_into().unwrap()).unwrap()
    }

    /// Waits for the end; how long it took and the exit code.
    fn ends(&mut self) -> (Duration, u32) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (began.elapsed(), status.exit_code());
            }
            assert!(began.elapsed() < LONGEST, "it is still there");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Everything that was written, once the program is gone.
    fn all(&self) -> Vec<u8> {
        self.wait("the end of what is written", |seen| seen.ended.then(|| seen.bytes.clone()))
    }

    /// The terminal is as it was before: nothing is left on.
    fn is_restored(&self) {
        self.wait("the terminal given back", |seen| {
            let screen = seen.emulator.screen();
            let quiet = !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None;
            // What the emulator does not know: focus events, wrapping, a synchronized update.
            let last = |on: &str, off: &str| {
                let text = String::from_utf8_lossy(&seen.bytes).into_owned();
                text.rfind(off).is_some_and(|off| text.rfind(on).is_none_or(|on| on < off))
            };
            let modes = last("\x1b[?1004h", "\x1b[?1004l") && last("\x1b[?7l", "\x1b[?7h") && last("\x1b[?2026h", "\x1b[?2026l");
            (quiet && modes).then_some(())
        });
        let modes = self.master.as_ref().unwrap().get_termios().unwrap();
        let flags = format!("{:?}", modes.local_flags);
        assert!(flags.contains("ECHO") && flags.contains("ICANON"), "letters are shown and lines are read again: {flags}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_signal_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT, Signal::INT] {
        let mut terminal = Terminal::demo(&[], &[]);
        terminal.shows("Contacts");
        terminal.signal(signal);
        let (_, code) = terminal.ends();
        assert_eq!(code, 130, "{signal:?}");
        terminal.is_restored();
    }
}

/// An editor that fails or is killed leaves the terminal as it needed it; that is not how it was before us.
#[test]
fn what_an_editor_left_is_not_taken_for_what_was() {
    let leaves = |ends: &str| format!("sh -c 'stty -echo -icanon; {ends}'");
    let mut terminal = Terminal::demo(&[("VISUAL", &leaves("exit 3"))], &[]);
    terminal.shows("Contacts");
    terminal.type_in("\r");
    terminal.shows("Nothing said yet");
    terminal.type_in("\x1be");
    terminal.shows("the editor gave up");
    terminal.type_in("\x11");
    terminal.ends();
    terminal.is_restored();
    // And where the editor runs while we are told to end.
    let mut terminal = Terminal::demo(&[("VISUAL", &leaves("echo begun; exec sleep 60"))], &[]);
    terminal.shows("Contacts");
    terminal.type_in("\r");
    terminal.shows("Nothing said yet");
    terminal.type_in("\x1be");
    terminal.shows("begun");
    terminal.signal(Signal::TERM);
    terminal.ends();
    terminal.is_restored();
}

/// While a password is typed nothing is shown; that must not stay so.
#[test]
fn a_signal_at_a_question_gives_the_terminal_back() {
    let shows = |terminal: &Terminal| {
        let modes = terminal.master.as_ref().unwrap().get_termios().unwrap();
        format!("{:?}", modes.local_flags)
    };
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT, Signal::INT] {
        let mut builder = CommandBuilder::new(env!("CARGO_BIN_EXE_chinwag"));
        builder.args(["--aor", "sip:alice@example.test", "--server", "127.0.0.1:1", "--transport", "tcp"]);
        let mut terminal = Terminal::start(builder, &[]);
        let before = shows(&terminal);
        terminal.shows("Password of");
        assert_ne!(shows(&terminal), before, "it is not shown");
        terminal.signal(signal);
        assert_eq!(terminal.ends().1, 130, "{signal:?}");
        assert_eq!(shows(&terminal), before, "{signal:?}");
    }
}

/// "Ctrl-C leaves at any time", also when something was tried before.
#[test]
fn an_interrupt_leaves_the_first_run_at_every_question() {
    // Nobody listens there.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let asked = ["Your address", "Your password", "[q]uit"];
    for answered in 0..asked.len() {
        let mut builder = CommandBuilder::new(env!("CARGO_BIN_EXE_chinwag"));
        builder.args(["--server", &server, "--transport", "tcp"]);
        let mut terminal = Terminal::start(builder, &[]);
        for question in &asked[..answered] {
            terminal.shows(question);
            terminal.type_in(if *question == "Your address" { "alice@example.test\r" } else { "secret\r" });
        }
        terminal.shows(asked[answered]);
        terminal.signal(Signal::INT);
        assert_eq!(terminal.ends().1, 130, "at {}", asked[answered]);
    }
}

/// The test runs itself once more as the program that panics.
#[test]
fn a_panic_gives_the_terminal_back_and_can_be_read() {
    if std::env::var_os("CHINWAG_TEST_PANICS").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (tty, _keyboard) = chinwag::runtime::tty::Tty::enter().unwrap();
            std::mem::forget(tty); // as where a panic drops nothing
            panic!("something is broken inside");
        });
    }
    let mut builder = CommandBuilder::new(std::env::current_exe().unwrap());
    builder.args(["--exact", "a_panic_gives_the_terminal_back_and_can_be_read", "--nocapture"]);
    let mut terminal = Terminal::start(builder, &[("CHINWAG_TEST_PANICS", "1")]);
    terminal.ends();
    terminal.wait("the words", |seen| {
        let text = String::from_utf8_lossy(&seen.bytes).into_owned();
        let (left, words) = (text.find("\x1b[?1049l")?, text.find("something is broken inside")?);
        (left < words).then_some(())
    });
    let modes = terminal.master.as_ref().unwrap().get_termios().unwrap();
    assert!(format!("{:?}", modes.local_flags).contains("ICANON"));
}

#[test]
fn a_closed_terminal_ends_it_soon() {
    let mut terminal = Terminal::demo(&[], &[]);
    terminal.shows("Online");
    terminal.keys = None;
    terminal.master = None;
    // The thread that reads holds the other end; it goes with the program's hang-up.
    terminal.signal(Signal::HUP);
    let (took, _) = terminal.ends();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// A terminal that is not ours to be told of: no signal comes, only the end of what can be read.
#[test]
fn a_terminal_that_reads_as_its_end_does_not_make_it_spin() {
    ends_with_its_terminal(&["demo", "--seed", "1"], "Contacts");
    // A question gets no answer any more, and is not asked again and again.
    let asks = ["--aor", "sip:alice@example.test", "--server", "127.0.0.1:1", "--transport", "tcp"];
    ends_with_its_terminal(&asks, "Password of");
}

/// Starts the program, and closes its terminal when that shows these words.
fn ends_with_its_terminal(arguments: &[&str], words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let name = pair.master.tty_name().unwrap();
    let open = || std::fs::File::options().read(true).write(true).open(&name).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_chinwag"))
        .args(arguments)
        .env("TERM", "xterm")
        .env("XDG_CONFIG_HOME", folder.path())
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_STATE_HOME", folder.path())
        .stdin(open())
        .stdout(open())
        .stderr(open())
        .spawn()
        .unwrap();
    let mut output = pair.master.try_clone_reader().unwrap();
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(words) {
        let mut buffer = [0; 4096];
        let len = output.read(&mut buffer).unwrap();
        all.extend_from_slice(&buffer[..len]);
    }
    drop((output, pair));
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(5) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the terminal is gone, and it is still there");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn a_terminal_that_does_not_read_holds_nothing_up() {
    let mut terminal = Terminal::demo(&[], &[]);
    terminal.shows("Online");
    let stop = |stopped: bool| {
        terminal.seen.0.lock().unwrap().stopped = stopped;
        terminal.seen.1.notify_all();
    };
    stop(true);
    let before = terminal.seen.0.lock().unwrap().bytes.len();
    // A thousand times the whole screen, which would be four million bytes.
    let mut keys = terminal.keys.take().unwrap();
    for _ in 0..1_000 {
        keys.write_all(b"\x0c").unwrap();
    }
    // It still hears: a filter is typed.
    keys.write_all(b"/carol").unwrap();
    keys.flush().unwrap();
    // The keys are taken although nothing can be shown: nothing of them is left in the terminal.
    let until = Instant::now() + LONGEST;
    loop {
        let left =
            rustix::io::ioctl_fionread(std::fs::File::open(terminal.master.as_ref().unwrap().tty_name().unwrap()).unwrap())
                .unwrap();
        if left == 0 {
            break;
        }
        assert!(Instant::now() < until, "{left} keys are not heard");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    stop(false);
    terminal.shows("/carol");
    let sent = terminal.seen.0.lock().unwrap().bytes.len() - before;
    assert!(sent < 200_000, "stale frames are not drawn: {sent}");
    terminal.keys = Some(keys);
    // And it ends when it is told to while nobody reads.
    terminal.seen.0.lock().unwrap().stopped = true;
    for _ in 0..200 {
        terminal.type_in("\x0c");
    }
    terminal.signal(Signal::TERM);
    let (took, _) = terminal.ends();
    assert!(took < Duration::from_secs(5), "{took:?}");
    terminal.seen.0.lock().unwrap().stopped = false;
    terminal.seen.1.notify_all();
}

#[test]
fn without_colours_nothing_is_coloured_and_the_selection_is_seen() {
    let mut terminal = Terminal::demo(&[("NO_COLOR", "1")], &[]);
    terminal.shows("Online");
    terminal.type_in("jj");
    terminal.wait("a row reversed from edge to edge", |seen| {
        let screen = seen.emulator.screen();
        let reversed = |y: u16| (0..20).all(|x| screen.cell(y, x).is_some_and(vt100::Cell::inverse));
        (2..ROWS - 1).any(reversed).then_some(())
    });
    terminal.type_in("\x11");
    terminal.ends();
    let all = String::from_utf8_lossy(&terminal.all()).into_owned();
    for codes in all.split("\x1b[").skip(1).filter_map(|rest| rest.split_once('m').map(|(codes, _)| codes)) {
        if codes.chars().all(|c| c.is_ascii_digit() || c == ';') {
            assert!(codes.split(';').all(|code| code.is_empty() || code.parse::<u16>().unwrap() < 30), "{codes}");
        }
    }
}

#[test]
fn a_typed_key_is_few_bytes() {
    let mut terminal = Terminal::demo(&[], &[]);
    terminal.shows("Online");
    terminal.type_in("/frank\r");
    terminal.shows("Nothing said yet");
    let mut sizes = Vec::new();
    let mut typed = String::new();
    for letter in "hello there how are you".chars() {
        typed.push(letter);
        let before = terminal.seen.0.lock().unwrap().bytes.len();
        terminal.type_in(&letter.to_string());
        let wanted = format!("> {}", typed.trim_end());
        let after = terminal.wait("the letter", |seen| {
            (seen.bytes.len() > before && seen.emulator.screen().contents().contains(&wanted)).then_some(seen.bytes.len())
        });
        sizes.push(after - before);
    }
    sizes.sort_unstable();
    // Somebody may come online meanwhile; most keys are alone.
    assert!(sizes[sizes.len() / 2] <= 9, "{sizes:?}");
}

#[test]
fn what_is_pasted_is_neither_sent_nor_obeyed() {
    let mut terminal = Terminal::demo(&[], &[]);
    terminal.shows("Online");
    terminal.type_in("/frank\r");
    terminal.shows("Nothing said yet");
    terminal.type_in("\x1b[200~one\r/quit\rthree\x1b[201~");
    // Whatever is asked about it, it is all there, and nothing was done with it.
    terminal.wait("the text", |seen| seen.emulator.screen().contents().contains("/quit").then_some(()));
    assert!(terminal.child.try_wait().unwrap().is_none(), "it is still there");
}

#[test]
fn a_dumb_terminal_is_told_what_to_do() {
    let mut terminal = Terminal::demo(&[("TERM", "dumb")], &[]);
    let (_, code) = terminal.ends();
    assert_eq!(code, 2);
    let all = String::from_utf8_lossy(&terminal.all()).into_owned();
    assert!(all.contains("(TERM=dumb) cannot show the screen") && all.contains("chinwag --plain"), "{all}");
    assert!(!all.contains('\x1b'), "{all:?}");
}

#[test]
fn lines_do_all_that_the_screen_does_in_a_dumb_terminal() {
    let mut terminal = Terminal::demo(&[("TERM", "dumb")], &["--plain"]);
    terminal.shows("-- signed in");
    terminal.type_in("/msg bob hello from a line\r");
    terminal.shows("Bob Marlowe> ");
    // The answer is a line of its own.
    terminal.wait("the answer", |seen| {
        let text = String::from_utf8_lossy(&seen.bytes).into_owned();
        text.lines().any(|line| line.get(3..).is_some_and(|rest| rest.contains(" Bob Marlowe: "))).then_some(())
    });
    terminal.type_in("/go\r");
    terminal.shows("Type a number, or words");
    terminal.type_in("carol\r");
    // How she is may stand between.
    terminal.wait("Carol alone", |seen| {
        seen.emulator
            .screen()
            .rows(0, COLUMNS)
            .any(|row| row.trim_start().starts_with("1. ") && row.contains("Carol"))
            .then_some(())
    });
    terminal.type_in("1\r");
    terminal.wait("the prompt", |seen| seen.emulator.screen().contents().contains("Carol").then_some(()));
    terminal.type_in("/quit\r");
    let (_, code) = terminal.ends();
    assert_eq!(code, 0);
    let all = terminal.all();
    assert!(!all.contains(&0x1b), "no sequence at all: {}", String::from_utf8_lossy(&all));
}

#[test]
fn lines_show_the_settings_of_the_file() {
    let mut builder = CommandBuilder::new(env!("CARGO_BIN_EXE_chinwag"));
    builder.args(["--plain", "--aor", "sip:alice@example.test", "--server", "127.0.0.1:1", "--transport", "tcp"]);
    builder.args(["--password-env", "SECRET"]);
    let mut terminal = Terminal::start(builder, &[("SECRET", "x")]);
    terminal.shows(">");
    terminal.type_in("/settings paste_lines\r");
    terminal.shows("ui.paste_lines");
}

#[test]
fn a_theme_is_changed_at_once() {
    let mut terminal = Terminal::demo(&[("COLORTERM", "truecolor")], &[]);
    terminal.shows("Online");
    terminal.type_in("/frank\r");
    terminal.shows("Nothing said yet");
    terminal.type_in("/theme drak\r");
    terminal.shows("did you mean dark?");
    let ground = |seen: &Seen| seen.emulator.screen().cell(5, 60).map(vt100::Cell::bgcolor);
    assert_eq!(ground(&terminal.seen.0.lock().unwrap()), Some(vt100::Color::Default));
    terminal.type_in("/theme dark\r");
    terminal.wait("the dark ground", |seen| (ground(seen) == Some(vt100::Color::Rgb(0x1b, 0x1d, 0x21))).then_some(()));
}

/// What goes wrong after the screen was entered, and before anything runs, leaves it too. The test runs itself
/// once more as the program that ends by an error.
#[test]
fn an_early_error_gives_the_terminal_back_and_can_be_read() {
    fn begin() -> Result<(), String> {
        let (_tty, _keyboard) = chinwag::runtime::tty::Tty::enter().map_err(|why| why.to_string())?;
        Err("it cannot go on like this".to_owned())
    }
    if std::env::var_os("CHINWAG_TEST_FAILS").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        eprintln!("{}", runtime.block_on(async { begin() }).unwrap_err());
        return;
    }
    let mut builder = CommandBuilder::new(std::env::current_exe().unwrap());
    builder.args(["--exact", "an_early_error_gives_the_terminal_back_and_can_be_read", "--nocapture"]);
    let mut terminal = Terminal::start(builder, &[("CHINWAG_TEST_FAILS", "1")]);
    terminal.ends();
    terminal.wait("the words", |seen| {
        let text = String::from_utf8_lossy(&seen.bytes).into_owned();
        let (left, words) = (text.find("\x1b[?1049l")?, text.find("it cannot go on like this")?);
        (left < words).then_some(())
    });
    terminal.is_restored();
}

/// What the user should know when the screen is gone is said behind it, where it stays.
#[test]
fn last_words_come_after_the_screen_was_left() {
    // Nobody listens there any more.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut builder = CommandBuilder::new(env!("CARGO_BIN_EXE_chinwag"));
    builder.args(["--aor", "sip:alice@example.test", "--server", &server, "--transport", "tcp", "--password-env", "SECRET"]);
    let mut terminal = Terminal::start(builder, &[("SECRET", "x")]);
    terminal.shows("Nobody listens at");
    terminal.type_in("\x0b");
    terminal.shows("Go to");
    terminal.type_in("bob@example.test\r");
    terminal.shows("Nothing said yet");
    terminal.type_in("not sent yet\r");
    terminal.wait("the message", |seen| {
        let text = seen.emulator.screen().contents();
        (text.contains("not sent yet") && !text.contains("> not sent yet")).then_some(())
    });
    terminal.signal(Signal::TERM);
    terminal.ends();
    let all = String::from_utf8_lossy(&terminal.all()).into_owned();
    let (left, words) = (all.rfind("\x1b[?1049l"), all.find("1 message to bob"));
    assert!(left.is_some() && words > left, "{left:?} {words:?}: {all:?}");
}
