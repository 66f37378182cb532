//! The program as somebody meets it who has only the README: from nothing to messages, and on through all that
//! is on the screen, in a real terminal. Against the embedded server it is also the pictures of `docs/tour.md`.

mod pictures;

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{Chinwag, Kamailio, Lines, Terminal, chinwag_command, free_ports};

/// Seconds for what happens on the screen alone, on a slow machine.
const SOON: u64 = 20;
/// Seconds for what takes a server, a name service, or a program's start.
const LATE: u64 = 60;

/// Somebody at a terminal.
struct Tour {
    terminal: Terminal,
    /// The screens are pictures of the document.
    shown: bool,
}

impl Tour {
    fn begin(shown: bool) -> Self {
        Self { terminal: Terminal::at_home(80, 24), shown }
    }

    fn picture(&self, name: &str) {
        if self.shown {
            pictures::compare(&self.terminal, name);
        }
    }

    /// Waits until the screen holds all of these.
    fn see(&self, seconds: u64, words: &[&str]) -> String {
        self.terminal.wait(&format!("{words:?}"), seconds, |s| words.iter().all(|word| s.contains(word)))
    }

    /// Waits until these are gone.
    fn gone(&self, word: &str) {
        self.terminal.wait(&format!("no {word:?}"), SOON, |s| !s.contains(word));
    }

    /// Waits for a question of the first run, which the screen ends with, and answers it.
    fn answer(&self, question: &str, answer: &str) {
        self.terminal.wait(&format!("asked {question:?}"), LATE, |s| {
            let rows: Vec<&str> = s.trim_end().lines().collect();
            let tail = rows[rows.len().saturating_sub(3)..].join(" ");
            tail.ends_with(':') && tail.contains(question)
        });
        self.terminal.line(answer);
    }

    /// First run: the server is not found, the password is wrong, then all is well.
    fn sign_in(&self, server: &str) {
        self.terminal.line("chinwag");
        self.answer("1. Your address", "alice@example.test");
        self.answer("2. Your password", "pw-alcie");
        self.see(LATE, &["No server was found for example.test"]);
        self.answer("[q]uit", "s");
        self.answer("Server, as host", server);
        self.answer("Connection", "tcp");
        self.see(LATE, &["User name or password is wrong"]);
        self.see(SOON, &["or [q]uit:"]);
        self.picture("first-run");
        self.answer("[q]uit", "p");
        self.answer("2. Your password", "pw-alice");
        let screen = self.see(LATE, &["Signed in as sip:alice@example.test", "3. Whom to add"]);
        assert!(!screen.contains("pw-al"), "a password is on the screen:\n{screen}");
    }

    /// Goes to somebody by the switcher.
    fn go_to(&self, typed: &str, header: &str) {
        self.terminal.key("C-k");
        self.see(SOON, &["─ Go to ─"]);
        self.terminal.text(typed);
        self.see(SOON, &[&format!("> {typed}")]);
        self.terminal.key("Enter");
        self.terminal.wait(header, SOON, |s| !s.contains("─ Go to ─") && s.contains(&format!("│ {header}")));
    }

    /// Writes what arrives, and sees it ticked.
    fn tell(&self, bob: &mut Chinwag, text: &str) {
        self.terminal.text(text);
        self.see(SOON, &[&format!("> {text}")]);
        self.terminal.key("Enter");
        self.terminal.wait(&format!("{text} with its tick"), LATE, |s| ticked(s, text));
        bob.message(text, LATE);
    }

    /// Somebody answers.
    fn told(&self, by: &mut Chinwag, text: &str) {
        by.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": text}));
        self.see(LATE, &[text]);
    }

    /// A note and a state that others see.
    fn be_busy(&self, bob: &mut Chinwag) {
        self.terminal.key("F5");
        self.see(SOON, &["What others see", "n note: none"]);
        self.terminal.text("n");
        self.see(SOON, &["note: >"]);
        self.terminal.text("in a meeting");
        self.see(SOON, &["note: > in a meeting"]);
        self.picture("status");
        self.terminal.key("Enter");
        self.see(SOON, &["Online  \"in a meeting\""]);
        self.gone("What others see");
        self.terminal.key("F5");
        self.see(SOON, &["What others see"]);
        self.terminal.text("2");
        self.see(SOON, &["Busy  \"in a meeting\""]);
        bob.sees("alice", "busy", LATE);
    }

    fn search(&self, word: &str, count: &str) {
        self.terminal.key("C-f");
        self.see(SOON, &["Ctrl-F everywhere"]);
        self.terminal.text(word);
        self.see(SOON, &[&format!("/{word}"), count]);
        self.picture("search");
        self.terminal.key("Escape");
        self.gone(&format!("/{word}"));
    }

    fn board(&self, name: &str) {
        self.terminal.key("F7");
        self.see(SOON, &["Board by group", name]);
        self.picture("board");
        self.terminal.key("Escape");
        self.see(SOON, &["Contacts"]);
    }

    /// A setting is changed on the screen, and is in the file then.
    fn settings(&self) {
        self.terminal.key("F10");
        self.see(SOON, &["─ Settings ─"]);
        self.terminal.text("paste");
        self.see(SOON, &["> paste", "ui.paste_lines"]);
        self.gone("ui.keys");
        self.terminal.key("Enter");
        self.see(SOON, &["> 5"]);
        self.terminal.key("BSpace");
        self.terminal.text("8");
        self.see(SOON, &["> 8"]);
        self.terminal.key("Enter");
        self.terminal.wait("the new value", SOON, |s| {
            s.lines().any(|l| l.contains("ui.paste_lines") && l.contains(" 8 ") && l.contains("line "))
        });
        self.terminal.wait("no note in the last row", LATE, |s| !s.contains("written to"));
        self.picture("settings");
        self.terminal.key("Escape");
        self.gone("─ Settings ─");
        let file = std::fs::read_to_string(self.terminal.home().join(".config/chinwag/config.toml")).unwrap();
        assert!(file.contains("paste_lines = 8") && !file.contains("pw-alice"), "{file}");
    }

    /// Leaves with something half written, begins anew, and finds it and what was said.
    fn again(&self, said: &[&str]) {
        self.terminal.text("half a thought");
        self.see(SOON, &["> half a thought"]);
        self.terminal.key("C-q");
        self.terminal.wait("the shell", LATE, |s| s.trim_end().ends_with('$') && !s.contains("Contacts"));
        self.terminal.line("clear; chinwag");
        self.answer("Password of sip:alice@example.test", "pw-alice");
        self.see(LATE, &[said, &["> half a thought", "Contacts"]].concat());
        self.terminal.wait("signed in again", LATE, is_online);
        self.picture("again");
    }

    fn leave(&self) {
        self.terminal.key("C-q");
        self.terminal.wait("the shell", LATE, |s| s.trim_end().ends_with('$') && !s.contains("Contacts"));
        self.terminal.line("echo in''tact");
        self.terminal.wait("the echo", SOON, |s| s.lines().any(|l| l.trim() == "intact"));
    }
}

/// The row of a text has the mark of what was delivered.
fn ticked(screen: &str, text: &str) -> bool {
    screen.lines().any(|line| line.contains(text) && line.trim_end().ends_with('✓'))
}

/// The first row says that we are there.
fn is_online(screen: &str) -> bool {
    let own = screen.lines().next().unwrap_or_default();
    own.contains("  Online") || own.contains("  Busy")
}

/// `chinwag serve` as the README has it, which remembers; it ends with the value.
fn serve(folder: &Path, port: u16) -> Lines {
    let users = folder.join("users");
    let people = [("alice", "Alice Adams"), ("bob", "Bob Brown"), ("carol", "Carol Clark")];
    let lines: Vec<String> = people.iter().map(|(user, name)| format!("{user}:plain:pw-{user}:{name}")).collect();
    std::fs::write(&users, lines.join("\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command.arg("serve").arg("--users").arg(&users);
    command.args(["--domain", "example.test", "--listen", &format!("127.0.0.1:{port}")]);
    let mut server = Lines::start(command.arg("--store").arg(folder.join("kept.json")));
    server.line("its port", LATE, |line| line.starts_with("listening tcp"));
    server
}

/// Somebody else, who has Alice on the list.
fn friend(user: &str, port: u16, folder: &Path) -> Chinwag {
    std::fs::create_dir_all(folder).unwrap();
    let mut command = chinwag_command(user, folder);
    command.args(["--server", &format!("127.0.0.1:{port}"), "--transport", "tcp"]);
    let mut friend = Chinwag::start(command);
    friend.phase("online", LATE);
    friend.say(&json!({"do": "add", "uri": "sip:alice@example.test"}));
    friend
}

#[test]
fn with_the_embedded_server() {
    let folder = tempfile::tempdir().unwrap();
    let [port] = free_ports();
    let server = serve(folder.path(), port);
    let mut bob = friend("bob", port, &folder.path().join("bob"));
    let mut carol = friend("carol", port, &folder.path().join("carol"));
    carol.say(&json!({"do": "presence", "availability": "lunch", "note": "back at one"}));
    bob.say(&json!({"do": "presence", "availability": "online", "note": "on call"}));

    let tour = Tour::begin(true);
    tour.sign_in(&format!("127.0.0.1:{port}"));
    for who in ["bob", "carol"] {
        tour.answer("3. Whom to add", who);
        tour.answer("Which number", "1");
        tour.see(LATE, &[&format!("{who}@example.test is on your list")]);
    }
    tour.see(SOON, &["3. Whom to add"]);
    tour.picture("signed-in");
    tour.answer("3. Whom to add", "");
    tour.see(LATE, &["● Bob Brown  on call", "◒ Carol Clark  back at", "2/2"]);
    tour.picture("contacts");

    tour.terminal.text("/bob");
    tour.gone("Carol Clark");
    tour.terminal.key("Enter");
    tour.see(SOON, &["│ >"]);
    tour.tell(&mut bob, "Hello Bob, how is the build?");
    tour.told(&mut bob, "Green since ten, all of it.");
    tour.picture("conversation");
    // Only what stood before somebody's eyes for a moment, and nothing over it, is not new after a restart.
    pictures::steady(&tour.terminal);
    tour.be_busy(&mut bob);

    tour.terminal.key("C-k");
    tour.terminal.text("ca");
    tour.see(SOON, &["> ca", "Carol Clark"]);
    tour.picture("switcher");
    tour.terminal.key("Enter");
    tour.see(SOON, &["│ Carol Clark  ◒"]);
    tour.told(&mut carol, "The soup is good today.");
    tour.gone("1 unread");
    tour.go_to("bob", "Bob Brown");
    tour.search("build", "1/1");
    tour.board("Carol Clark");
    tour.settings();

    tour.terminal.resize(120, 40);
    tour.see(SOON, &["sip:bob@example.test"]);
    tour.terminal.key("C-x");
    tour.see(SOON, &["─ Ctrl-X … ─"]);
    tour.terminal.key("3");
    tour.terminal.wait("two panes", SOON, |s| s.matches("Green since ten").count() == 2);
    tour.go_to("carol", "Carol Clark");
    tour.see(SOON, &["The soup is good today.", "Green since ten"]);
    // As above.
    pictures::steady(&tour.terminal);
    tour.picture("split");
    tour.terminal.key("C-x");
    tour.terminal.key("0");
    tour.gone("The soup is good today.");
    tour.terminal.resize(80, 24);

    tour.again(&["how is the build?", "Green since ten"]);

    // Her own name comes from the server, a moment after the sign-in.
    tour.see(LATE, &["Alice Adams (alice@example.test)"]);
    drop(server);
    tour.see(LATE, &["waiting", "next try in", "not current"]);
    tour.picture("server-gone");
    let server = serve(folder.path(), port);
    bob.touch();
    bob.phase("online", LATE);
    tour.terminal.key("M-r");
    tour.terminal.wait("signed in again", LATE, |s| is_online(s) && s.contains("● Bob Brown"));
    tour.go_to("bob", "Bob Brown");
    tour.see(SOON, &["> half a thought"]);
    tour.terminal.key("C-u");
    tour.gone("> half a thought");
    tour.tell(&mut bob, "You are back!");
    tour.leave();
    drop(server);
}

#[test]
fn with_kamailio() {
    let server = Kamailio::start(&[]);
    let mut bob = friend("bob", server.port, &server.folder("bob"));
    let tour = Tour::begin(false);
    tour.sign_in(&format!("127.0.0.1:{}", server.port));
    tour.answer("3. Whom to add", "bob");
    tour.see(LATE, &["bob@example.test is on your list"]);
    tour.answer("3. Whom to add", "");
    tour.see(LATE, &["● bob@example.test", "1/1", "SIMPLE"]);

    tour.terminal.key("Enter");
    tour.see(SOON, &["│ >"]);
    tour.tell(&mut bob, "Hello Bob, how is the build?");
    tour.told(&mut bob, "Green since ten");
    tour.be_busy(&mut bob);
    tour.go_to("bo", "bob@example.test");
    tour.search("build", "1/1");
    tour.board("bob@example.test");
    tour.settings();
    tour.again(&["how is the build?", "Green since ten"]);

    // What is written while the server is gone waits, and leaves on return.
    server.crash();
    tour.see(LATE, &["waiting", "next try in"]);
    tour.go_to("bo", "bob@example.test");
    tour.see(SOON, &["> half a thought"]);
    tour.terminal.key("Enter");
    tour.see(SOON, &["half a thought", "waits until you are signed in"]);
    server.up();
    bob.touch();
    bob.phase("online", LATE);
    tour.terminal.key("M-r");
    // Who of the two is there first decides whether the server hands it on or keeps it for Bob's next sign-in.
    let fate = |s: &str, mark: char| s.lines().any(|l| l.contains("half a thought") && l.trim_end().ends_with(mark));
    let screen = tour.terminal.wait("it has left", LATE, |s| fate(s, '✓') || fate(s, '↥'));
    if fate(&screen, '✓') {
        bob.message("half a thought", LATE);
    }
    tour.tell(&mut bob, "You are back!");
    tour.leave();
}
