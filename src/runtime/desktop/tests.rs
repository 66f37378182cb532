//! A real bus with a small notification server, a bus that never answers, and none.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tokio::time::Instant;

use super::*;

/// A bus of our own; it ends with the test.
pub struct Daemon {
    child: Child,
    pub address: String,
}

impl Daemon {
    pub fn start() -> Self {
        let mut child = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|fault| panic!("dbus-daemon cannot be started ({fault}): run tests/run.sh"));
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned() }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes the name of the notification service and answers `calls` calls; gives what was asked.
async fn server(address: &str, calls: usize, markup: bool) -> Vec<String> {
    use futures_util::StreamExt as _;
    let path = sockets(|name| (name == "DBUS_SESSION_BUS_ADDRESS").then(|| address.into())).remove(0);
    let stream = UnixStream::connect(path).await.unwrap().into_std().unwrap();
    let connection = Builder::unix_stream(stream).build().await.unwrap();
    let mut messages = zbus::MessageStream::from(&connection);
    connection.request_name(SERVICE).await.unwrap();
    let mut asked = Vec::new();
    while asked.len() < calls {
        let message = messages.next().await.unwrap().unwrap();
        let header = message.header();
        if header.interface().is_none_or(|interface| interface.as_str() != SERVICE) {
            continue;
        }
        let member = header.member().unwrap().as_str().to_owned();
        match member.as_str() {
            "GetServerInformation" => connection.reply(&header, &("paper", "tests", "1", "1.2")).await.unwrap(),
            "GetCapabilities" => {
                let able: Vec<&str> = if markup { vec!["body", "body-markup"] } else { vec!["body"] };
                connection.reply(&header, &able).await.unwrap();
            }
            "Notify" => {
                type Arguments = (String, u32, String, String, String, Vec<String>, HashMap<String, zbus::OwnedVariant>, i32);
                let arguments: Arguments = message.body().deserialize().unwrap();
                asked.push(format!("{} {} {} | {}", arguments.0, arguments.1, arguments.3, arguments.4));
                connection.reply(&header, &42_u32).await.unwrap();
            }
            "CloseNotification" => {
                let (number,): (u32,) = message.body().deserialize().unwrap();
                asked.push(format!("close {number}"));
                connection.reply(&header, &()).await.unwrap();
            }
            other => panic!("{other}"),
        }
    }
    asked
}

fn notice(id: u32, body: &str) -> Notice {
    Notice { id, title: "Bob\u{1b}]0;x\u{7}".into(), body: body.into(), ..Notice::test() }
}

#[tokio::test]
async fn a_real_bus_shows_replaces_and_closes() {
    let daemon = Daemon::start();
    let serving = tokio::spawn({
        let address = daemon.address.clone();
        async move { server(&address, 4, true).await }
    });
    let mut desktop = Desktop::at(&daemon.address);
    // Until the server has its name the bus says that there is none.
    let began = Instant::now();
    let first = loop {
        match desktop.show(&notice(1, "a <b>&amp; c\u{202e}")).await {
            Err(why) if began.elapsed() < Duration::from_secs(20) => {
                assert_eq!(why, "no program that shows notifications runs on this desktop");
                tokio::task::yield_now().await;
            }
            other => break other,
        }
    };
    assert_eq!(first.unwrap(), "paper 1 (tests) took it as number 42");
    desktop.show(&notice(1, "more")).await.unwrap();
    desktop.show(&notice(2, "other")).await.unwrap();
    desktop.close(1).await;
    desktop.close(1).await;
    let asked = serving.await.unwrap();
    assert_eq!(
        asked,
        [
            "chinwag 0 Bob\u{241b}]0;x\u{2407} | a &lt;b&gt;&amp;amp; c",
            "chinwag 42 Bob\u{241b}]0;x\u{2407} | more",
            "chinwag 0 Bob\u{241b}]0;x\u{2407} | other",
            "close 42"
        ]
    );
}

/// A socket that takes connections in and never says a word.
fn mute_bus(folder: &Path) -> (std::os::unix::net::UnixListener, String) {
    let path = folder.join("bus");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    (listener, format!("unix:path={}", path.display()))
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_never_answers_costs_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let (_listener, address) = mute_bus(folder.path());
    let began = Instant::now();
    let why = Desktop::at(&address).show(&notice(1, "x")).await.unwrap_err();
    assert_eq!(why, "no answer within 2 s");
    assert!(began.elapsed() < LIMIT + Duration::from_millis(100));
}

#[tokio::test]
async fn no_bus_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!("unix:path={}/bus", folder.path().display());
    assert!(Desktop::at(&nowhere).show(&notice(1, "x")).await.unwrap_err().starts_with("the session bus cannot be reached"));
    for other in ["unixexec:path=/bin/sh,argv1=-c,argv2=false", "tcp:host=127.0.0.1,port=1", "autolaunch:", "", "unix:path=%zz"] {
        assert!(Desktop::at(other).show(&notice(1, "x")).await.unwrap_err().starts_with("there is no session bus"), "{other}");
    }
}

#[test]
fn addresses_of_the_bus() {
    let of = |address: &str| sockets(|name| (name == "DBUS_SESSION_BUS_ADDRESS").then(|| address.into()));
    assert_eq!(of("unix:path=/run/user/1000/bus,guid=1"), [PathBuf::from("/run/user/1000/bus")]);
    assert_eq!(of("tcp:host=x;unix:guid=1,path=/a%20b"), [PathBuf::from("/a b")]);
    assert_eq!(of("unix:abstract=/tmp/x"), [PathBuf::from("\0/tmp/x")]);
    let usual = sockets(|name| (name == "XDG_RUNTIME_DIR").then(|| "/run/user/7".into()));
    assert_eq!(usual, [PathBuf::from("/run/user/7/bus")]);
}
