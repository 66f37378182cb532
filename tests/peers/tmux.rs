//! The screen in a real terminal (tmux): sign in to the demo, talk, resize, leave.

use std::process::Command;

use crate::support::{Lcs, Terminal};

/// Starts the program with folders of its own.
fn chinwag(terminal: &Terminal, arguments: &str) {
    let folder = terminal.home().display();
    let program = env!("CARGO_BIN_EXE_chinwag");
    terminal.line(&format!("XDG_CONFIG_HOME={folder} {program} --data-dir {folder}/data {arguments}"));
}

/// The program is gone and the shell answers as before: echo on, main screen, cursor shown.
fn shell_is_intact(terminal: &Terminal) {
    terminal.wait("the shell's prompt", 10, |s| s.trim_end().ends_with("ready$"));
    terminal.text("echo in''tact");
    terminal.key("Enter");
    terminal.wait("the echo", 5, |s| s.contains("echo in''tact") && s.lines().any(|l| l.trim() == "intact"));
    assert_eq!(terminal.tmux(&["display-message", "-p", "-t", "t", "#{alternate_on} #{cursor_flag}"]).trim(), "0 1");
}

#[test]
fn demo_by_keyboard() {
    let terminal = Terminal::shell(80, 24);
    chinwag(&terminal, "demo --seed 1");
    // Nobody is attached to this tmux, which the program knows.
    terminal.wait("signed in, with contacts", 20, |s| s.contains("Away (tmux detached)") && s.contains("Bob Marlowe"));
    // Pick a person by keyboard and open the talk.
    terminal.text("/bob");
    terminal.wait("the filter", 5, |s| s.contains("/bob") && !s.contains("Carol"));
    terminal.key("Enter");
    terminal.wait("the composer", 5, |s| s.lines().any(|l| l.contains("│ >")));
    terminal.text("hello from the terminal");
    terminal.key("Enter");
    terminal
        .wait("our line with its tick", 10, |s| s.lines().any(|l| l.contains("you  hello from the terminal") && l.contains('✓')));
    terminal.wait("the answer below it", 30, |s| {
        let lines: Vec<&str> = s.lines().collect();
        let ours = lines.iter().position(|l| l.contains("hello from the terminal"));
        ours.is_some_and(|at| lines[at..].iter().any(|l| l.contains(" Bob  ")))
    });
    for (x, y) in [(120, 40), (40, 12), (20, 5), (8, 2), (80, 24)] {
        terminal.tmux(&["resize-window", "-t", "t", "-x", &x.to_string(), "-y", &y.to_string()]);
    }
    terminal.wait("the talk after resizing", 5, |s| s.contains("hello from the terminal"));
    terminal.key("C-q");
    shell_is_intact(&terminal);
}

#[test]
fn a_third_person_is_asked_in() {
    let terminal = Terminal::shell(80, 24);
    chinwag(&terminal, "demo --seed 1");
    terminal.wait("signed in to a server of LCS, over TLS", 20, |s| s.contains("LCS") && s.contains("TLS  127.0.0.1"));
    terminal.text("/bob");
    terminal.key("Enter");
    terminal.wait("the composer", 5, |s| s.lines().any(|l| l.contains("│ >")));
    terminal.key("M-i");
    terminal.wait("whom to ask in", 5, |s| s.contains("Begin a conversation of several people with"));
    terminal.text("frank");
    terminal.key("Enter");
    terminal.wait("both in", 20, |s| s.contains("Bob Marlowe joined") && s.contains("Frank Lindqvist joined"));
    terminal.text("hello both");
    terminal.key("Enter");
    terminal.wait("our line with its tick", 20, |s| s.lines().any(|l| l.contains("you    hello both") && l.contains('✓')));
    terminal.text("/leave");
    terminal.key("Enter");
    let left = terminal.wait("the end", 10, |s| s.contains("you left; this conversation is over"));
    assert!(left.contains("# Bob, Frank  over"), "{left}");
    terminal.key("C-q");
    shell_is_intact(&terminal);
}

/// Sends a signal to the program that the shell runs.
fn kill(terminal: &Terminal, signal: &str) {
    let pane = terminal.tmux(&["display-message", "-p", "-t", "t", "#{pane_pid}"]);
    let children = Command::new("ps").args(["-o", "pid=", "--ppid", pane.trim()]).output().unwrap();
    let pid = String::from_utf8_lossy(&children.stdout).trim().to_owned();
    assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
}

#[test]
fn the_terminal_is_restored_whatever_ends_it() {
    for signal in ["TERM", "HUP"] {
        let terminal = Terminal::shell(80, 24);
        chinwag(&terminal, "demo --seed 2");
        terminal.wait("the screen", 20, |s| s.contains("Contacts"));
        kill(&terminal, signal);
        shell_is_intact(&terminal);
    }
}

/// The demo with a conversation open, something written, and this editor. Passing files go to a folder of
/// the test's own.
fn writing(editor: &str) -> Terminal {
    let terminal = Terminal::shell(80, 24);
    let folder = terminal.home().display();
    std::fs::create_dir(terminal.home().join("run")).unwrap();
    std::fs::write(terminal.home().join("editor"), editor).unwrap();
    terminal.text(&format!("export XDG_RUNTIME_DIR={folder}/run VISUAL=\"sh '{folder}/editor'\""));
    terminal.key("Enter");
    chinwag(&terminal, "demo --seed 4");
    terminal.wait("the contacts", 20, |s| s.contains("Bob Marlowe"));
    terminal.text("/bob");
    terminal.key("Enter");
    terminal.wait("the composer", 5, |s| s.lines().any(|l| l.contains("│ >")));
    terminal.text("written here");
    terminal.wait("the draft", 5, |s| s.contains("> written here"));
    terminal.key("M-e");
    terminal
}

/// Folders that pass; that of the socket stays.
fn passing_files(terminal: &Terminal) -> usize {
    let all = std::fs::read_dir(terminal.home().join("run")).unwrap();
    all.filter(|entry| entry.as_ref().unwrap().file_name() != "chinwag").count()
}

#[test]
fn an_editor_has_the_terminal_and_gives_it_back() {
    let terminal = writing("echo editing; cat \"$1\"; read line; echo \"and $line\" >> \"$1\"");
    terminal
        .wait("the editor with the draft", 10, |s| s.lines().any(|l| l == "editing") && s.lines().any(|l| l == "written here"));
    assert_eq!(passing_files(&terminal), 1);
    // Its keys are its own, a Ctrl-C is for it alone, and the window changes meanwhile.
    terminal.tmux(&["resize-window", "-t", "t", "-x", "120", "-y", "40"]);
    terminal.text("over there");
    terminal.wait("what is typed, in the editor", 5, |s| s.lines().any(|l| l == "over there"));
    terminal.key("Enter");
    let back = terminal.wait("the draft of two lines", 10, |s| s.contains("> written here") && s.contains("  and over there"));
    assert!(back.lines().count() > 30 && back.contains("Bob Marlowe"), "drawn whole, at the new size:\n{back}");
    assert_eq!(passing_files(&terminal), 0);
    terminal.key("Enter");
    terminal.wait("both lines sent", 10, |s| s.contains("you") && s.contains("and over there") && s.contains('✓'));
    terminal.key("C-q");
    shell_is_intact(&terminal);
}

#[test]
fn an_editor_that_gives_up_changes_nothing() {
    let terminal = writing("trap 'exit 3' INT; echo editing; echo other > \"$1\"; while :; do read line; done");
    terminal.wait("the editor", 10, |s| s.lines().any(|l| l == "editing"));
    terminal.key("C-c");
    let back = terminal.wait("the screen again", 10, |s| s.contains("> written here"));
    assert!(back.contains("the editor gave up"), "{back}");
    assert_eq!(passing_files(&terminal), 0);
    terminal.key("C-c");
    terminal.key("C-q");
    shell_is_intact(&terminal);
}

#[test]
fn a_hang_up_within_the_editor_ends_everything_in_good_order() {
    let terminal = writing("echo editing; read line");
    terminal.wait("the editor", 10, |s| s.lines().any(|l| l == "editing"));
    kill(&terminal, "HUP");
    shell_is_intact(&terminal);
    assert_eq!(passing_files(&terminal), 0);
}

#[test]
fn suspends_and_comes_back() {
    let terminal = Terminal::shell(80, 24);
    chinwag(&terminal, "demo --seed 3");
    terminal.wait("the screen", 20, |s| s.contains("Contacts"));
    terminal.key("C-z");
    terminal.wait("the shell", 5, |s| s.contains("Stopped"));
    terminal.text("fg");
    terminal.key("Enter");
    terminal.wait("the screen again", 5, |s| s.contains("Contacts"));
    terminal.key("C-q");
    shell_is_intact(&terminal);
}

/// Bob's screen, at a server where Alice is too, with a picture of hers offered and taken.
fn with_a_picture(server: &Lcs, environment: &str) -> Terminal {
    let picture = server.folder("ours").join("rack.png");
    image::RgbImage::from_fn(90, 60, |x, y| image::Rgb([if x < 45 { 230 } else { 20 }, u8::try_from(y * 4).unwrap(), 60]))
        .save(&picture)
        .unwrap();
    let terminal = Terminal::shell(120, 30);
    let (folder, port) = (terminal.home().display().to_string(), server.port);
    let config = format!(
        "[files]\nfolder = \"{folder}/downloads\"\n[accounts.bob]\nuri = \"sip:bob@example.test\"\nserver = \"127.0.0.1:{port}\"\n\
         transport = \"tcp\"\npassword.env = \"PW\"\n"
    );
    std::fs::write(terminal.home().join("config.toml"), config).unwrap();
    terminal.line(&format!("export PW=pw-bob LANG=C.UTF-8 LC_ALL=C.UTF-8 {environment}"));
    chinwag(&terminal, &format!("--config {folder}/config.toml"));
    terminal.wait("signed in", 20, |s| s.contains("127.0.0.1:"));
    terminal.key("C-k");
    terminal.text("alice@example.test");
    terminal.key("Enter");
    terminal.wait("the composer", 5, |s| s.lines().any(|l| l.contains(" >")));
    // The line of the file shall be one row.
    terminal.key("F2");
    terminal.key("F3");
    terminal.line("may I have it?");
    let offering = std::thread::spawn({
        let mut send = server.command("alice", "tcp");
        send.args(["send", "bob", "--timeout", "60", "--file"]).arg(&picture);
        move || send.stdin(std::process::Stdio::null()).output().unwrap()
    });
    terminal.wait("the offer", 30, |s| s.contains("/take r1"));
    terminal.key("C-x");
    terminal.key("y");
    assert!(offering.join().unwrap().status.success());
    terminal.wait("the picture as a file", 20, |s| s.contains("came:"));
    terminal
}

#[test]
fn a_picture_within_tmux_is_of_half_blocks_and_leaves_nothing() {
    let server = Lcs::start(&["alice", "bob"], &[]);
    // The variable of a terminal outside that could do more.
    let terminal = with_a_picture(&server, "TERM=tmux-256color KITTY_WINDOW_ID=1");
    let before = terminal.wait("what shows it", 5, |s| s.contains("/view r1"));
    assert!(!before.contains('▀'));
    terminal.key("C-x");
    terminal.key("i");
    let seen = terminal.wait("the picture", 10, |s| s.contains("PNG, 90 by 60 pixels") && s.contains('▀'));
    assert!(seen.lines().filter(|row| row.contains("▀▀▀▀▀▀▀▀")).count() > 10, "{seen}");
    terminal.resize(60, 16);
    terminal.wait("a smaller one", 5, |s| s.lines().count() <= 16 && s.contains("PNG, 90 by 60 pixels") && s.contains("▀▀▀▀"));
    terminal.resize(120, 30);
    terminal.wait("the first again", 5, |s| s.lines().filter(|row| row.contains("▀▀▀▀▀▀▀▀")).count() > 10);
    terminal.key("Escape");
    terminal.wait("the conversation", 5, |s| !s.contains('▀') && s.contains("/view r1") && s.contains("may I have it?"));
    terminal.key("C-q");
    shell_is_intact(&terminal);
}

#[test]
fn without_colours_it_is_said_where_a_picture_lies() {
    let server = Lcs::start(&["alice", "bob"], &[]);
    let terminal = with_a_picture(&server, "TERM=tmux-256color NO_COLOR=1");
    terminal.line("/view r1");
    let said = terminal.wait("where it lies", 5, |s| s.contains("pictures cannot be shown here"));
    assert!(!said.contains('▀') && !said.contains("/view r1 shows it"), "{said}");
    terminal.key("C-q");
    shell_is_intact(&terminal);
}
