//! Files between two tasks, over real sockets and real folders.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use tokio::sync::mpsc;

use super::task::Task;
use super::*;
use crate::backend::files::{Carriage, FilePlan, FileWay, Over};
use crate::inspect::SenderClass;
use crate::model::Fingerprint;
use crate::transfer::{Keys, Protection, Terms, msrp};

struct Running {
    orders: mpsc::UnboundedSender<FileDeed>,
    mail: mpsc::Receiver<Msg>,
    thread: std::thread::JoinHandle<()>,
}

impl Running {
    fn of(id: FileId, folder: &Path, scanner: Option<crate::config::Scanner>, first: FileDeed) -> Self {
        let (orders, taken) = mpsc::unbounded_channel();
        let (mail, told) = mpsc::channel(1024);
        let facts = Facts { peer: address("bob"), rules: FileRules::default() };
        let settings = FileSettings { named: Some(folder.to_owned()), otherwise: folder.to_owned(), scanner };
        let key = (AccountId::new("a"), id);
        let task = Task { key, facts, settings, turn: 0, deeds: taken, mail, _alive: mpsc::channel(1).0 };
        orders.send(first).unwrap();
        Self { orders, mail: told, thread: std::thread::spawn(move || task.run()) }
    }

    /// The next news that is not about how far it is.
    fn next(&mut self) -> Option<FileNews> {
        loop {
            match self.mail.blocking_recv()? {
                Msg::File(_, _, FileNews::Moved(_)) => {}
                Msg::File(_, _, news) => return Some(news),
                other => panic!("{other:?}"),
            }
        }
    }
}

fn address(user: &str) -> Address {
    Address::parse(&format!("{user}@example.test")).unwrap()
}

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn plan(octets: u64, way: FileWay) -> FilePlan {
    let protection = Protection::Secure(Keys::new(&[7; 24], &[9; 24]));
    let terms = Terms { user: "alice@example.test".into(), auth_cookie: 4711, octets, protection };
    FilePlan { carriage: Carriage::Messenger(terms), way }
}

fn take(name: &str, plan: FilePlan) -> FileDeed {
    FileDeed::Take { name: name.into(), sender: SenderClass::Contact, plan }
}

fn opened(file: &Path, into: &Path) -> (Running, u64) {
    let mut sender = Running::of(FileId::Sent(1), into, None, FileDeed::Open(file.display().to_string()));
    let Some(FileNews::Opened { octets, .. }) = sender.next() else { panic!("it cannot be opened") };
    (sender, octets)
}

/// Sends a file from one folder into the other under a name, one of the two listening; the last words of both.
fn carried(file: &Path, into: &Path, name: &str, sender_listens: bool) -> (FileNews, FileNews) {
    let (mut sender, octets) = opened(file, into);
    let listen = plan(octets, FileWay::Listen(HERE));
    let dial = |port| plan(octets, FileWay::Dial(SocketAddr::new(HERE, port)));
    let mut receiver;
    if sender_listens {
        sender.orders.send(FileDeed::Send(listen)).unwrap();
        let Some(FileNews::Listening { port, .. }) = sender.next() else { panic!("it does not listen") };
        receiver = Running::of(FileId::Received(1), into, None, take(name, dial(port)));
    } else {
        receiver = Running::of(FileId::Received(1), into, None, take(name, listen));
        let Some(FileNews::Listening { port, .. }) = receiver.next() else { panic!("it does not listen") };
        sender.orders.send(FileDeed::Send(dial(port))).unwrap();
    }
    let sent = sender.next().unwrap();
    let mut came = receiver.next().unwrap();
    if came == FileNews::Checking {
        came = receiver.next().unwrap();
    }
    if let FileNews::Doubtful(_) = came {
        receiver.orders.send(FileDeed::Keep).unwrap();
        came = receiver.next().unwrap();
    }
    sender.thread.join().unwrap();
    receiver.thread.join().unwrap();
    (sent, came)
}

fn left_in_quarantine(folder: &Path) -> usize {
    fs::read_dir(folder.join(".chinwag-quarantine")).map_or(0, Iterator::count)
}

#[test]
fn a_file_goes_through_whoever_listens() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("words.txt");
    let text = "one line of many\n".repeat(100_000);
    fs::write(&file, &text).unwrap();
    for (sender_listens, name) in [(true, "words.txt"), (false, "words (2).txt")] {
        let (sent, came) = carried(&file, into.path(), "words.txt", sender_listens);
        assert_eq!(sent, FileNews::Sent { confirmed: true });
        let place = into.path().join(name);
        assert_eq!(came, FileNews::Kept { place: place.display().to_string() });
        assert_eq!(fs::read_to_string(&place).unwrap(), text);
        assert_eq!(left_in_quarantine(into.path()), 0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn it_is_nobody_elses_to_read_and_not_to_be_run_and_marked() {
    use std::os::unix::fs::PermissionsExt as _;
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("a.txt");
    fs::write(&file, "words").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o777)).unwrap();
    carried(&file, into.path(), "a.txt", true);
    let place = into.path().join("a.txt");
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(into.path().join(".chinwag-quarantine")).unwrap().permissions().mode() & 0o777, 0o700);
    let mut mark = [0; 64];
    // Not every file system of a test machine has marks.
    if let Ok(long) = rustix::fs::getxattr(&place, "user.xdg.origin.url", &mut mark) {
        assert_eq!(&mark[..long], b"sip:bob@example.test");
    }
}

#[test]
fn names_lead_nowhere_and_overwrite_nothing() {
    let (from, outer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let into = outer.path().join("in");
    let file = from.path().join("a");
    fs::write(&file, "words").unwrap();
    fs::create_dir(&into).unwrap();
    fs::write(outer.path().join("x.txt"), "precious").unwrap();
    fs::write(into.join("y.txt"), "precious").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outer.path().join("x.txt"), into.join("z.txt")).unwrap();
    for name in ["../x.txt", "..\\x.txt", "y.txt", "z.txt", "/etc/x.txt", "C:\\x.txt", "~/.ssh/x.txt"] {
        let (_, came) = carried(&file, &into, name, true);
        let FileNews::Kept { place } = came else { panic!("{name}: {came:?}") };
        assert_eq!(Path::new(&place).parent(), Some(into.as_path()), "{name}");
    }
    assert_eq!(fs::read_to_string(outer.path().join("x.txt")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(into.join("y.txt")).unwrap(), "precious");
}

#[test]
fn what_is_dangerous_is_deleted() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("a");
    fs::write(&file, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".repeat(20)).unwrap();
    let (_, came) = carried(&file, into.path(), "holiday.jpg", true);
    let FileNews::Failed(why) = came else { panic!("{came:?}") };
    assert!(why.starts_with("it was deleted: "), "{why}");
    assert_eq!(fs::read_dir(into.path()).unwrap().count(), 1, "only the quarantine");
    assert_eq!(left_in_quarantine(into.path()), 0);
}

#[test]
fn what_cannot_be_sent_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for (path, words) in [(folder.path().to_owned(), "is a folder"), (folder.path().join("none"), "cannot be sent")] {
        let mut sender = Running::of(FileId::Sent(1), folder.path(), None, FileDeed::Open(path.display().to_string()));
        let Some(FileNews::Failed(why)) = sender.next() else { panic!("it can be sent") };
        assert!(why.contains(words), "{why}");
        sender.thread.join().unwrap();
    }
}

#[test]
fn who_stops_it_leaves_nothing_behind() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("a.txt");
    fs::write(&file, "words").unwrap();
    let mut receiver = Running::of(FileId::Received(1), into.path(), None, take("a.txt", plan(5, FileWay::Listen(HERE))));
    let Some(FileNews::Listening { .. }) = receiver.next() else { panic!("it does not listen") };
    assert_eq!(left_in_quarantine(into.path()), 1);
    receiver.orders.send(FileDeed::Stop).unwrap();
    assert_eq!(receiver.next(), None);
    receiver.thread.join().unwrap();
    assert_eq!(left_in_quarantine(into.path()), 0);
}

#[test]
fn what_a_killed_program_left_is_swept_away() {
    let into = tempfile::tempdir().unwrap();
    let held = super::quarantine::Quarantined::new(into.path(), 5).unwrap();
    let left = into.path().join(".chinwag-quarantine/left");
    fs::write(&left, "by a killed program").unwrap();
    let other = super::quarantine::Quarantined::new(into.path(), 5).unwrap();
    assert_eq!(left_in_quarantine(into.path()), 3, "who made one a moment ago may be about to lock it");
    for old in [held.path(), &left] {
        let an_hour_ago = std::time::SystemTime::now() - Duration::from_hours(1);
        fs::File::options().write(true).open(old).unwrap().set_modified(an_hour_ago).unwrap();
    }
    held.share().unwrap();
    let third = super::quarantine::Quarantined::new(into.path(), 5).unwrap();
    assert_eq!(left_in_quarantine(into.path()), 3, "what is held stays");
    assert!(!left.exists());
    drop((held, other, third));
    assert_eq!(left_in_quarantine(into.path()), 0);
}

#[test]
fn what_was_written_to_since_it_was_offered_is_not_sent() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("a.txt");
    fs::write(&file, "words").unwrap();
    let (mut sender, octets) = opened(&file, from.path());
    let changed = fs::File::options().write(true).open(&file).unwrap();
    changed.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    sender.orders.send(FileDeed::Send(plan(octets, FileWay::Listen(HERE)))).unwrap();
    let why = "the file changed while it was sent; offer it again".to_owned();
    assert_eq!(sender.next(), Some(FileNews::Failed(why)));
    sender.thread.join().unwrap();
}

#[test]
fn what_is_written_to_while_it_is_sent_does_not_go_mixed() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("a.txt");
    // More than may be unanswered.
    fs::write(&file, "words\n".repeat(300_000)).unwrap();
    let (mut sender, octets) = opened(&file, from.path());
    let listener = std::net::TcpListener::bind((HERE, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (ours, theirs) = (path(false, "alice", 9), path(false, "bob", port));
    let terms = Box::new(terms(ours.clone(), theirs.clone(), octets, true));
    let (carriage, way) = (Carriage::Msrp(terms, Over::Tcp), FileWay::Dial(SocketAddr::new(HERE, port)));
    sender.orders.send(FileDeed::Send(FilePlan { carriage, way })).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut begin = [0; 4];
    stream.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"MSRP");
    // It is on its way, and somebody writes into it, so that it is as long as before.
    let mut changed = fs::File::options().write(true).open(&file).unwrap();
    changed.write_all(b"other").unwrap();
    changed.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let paths = format!("To-Path: {ours}\r\nFrom-Path: {theirs}\r\n");
    write!(stream, "MSRP a1b2c3d4e5f6a7b80 200 OK\r\n{paths}-------a1b2c3d4e5f6a7b80$\r\n").unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"#\r\n") && (rest.len() as u64) < octets, "it says that no more will come");
    drop(stream);
    let why = "the file changed while it was sent; offer it again".to_owned();
    assert_eq!(sender.next(), Some(FileNews::Failed(why)));
    sender.thread.join().unwrap();
}

#[test]
fn the_last_piece_of_what_was_written_to_is_not_given() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("a.txt");
    fs::write(&file, "words").unwrap();
    let mut outgoing = super::outgoing::Outgoing::open(&file.display().to_string()).unwrap();
    assert_eq!(outgoing.read(3).unwrap(), b"wor");
    let changed = fs::File::options().write(true).open(&file).unwrap();
    changed.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(outgoing.read(2).unwrap().is_empty());
}

/// A file on its way to somebody with a scanner; the receiver, and a sender that must not be dropped before the end.
#[cfg(unix)]
fn scanned_by(script: &str, from: &Path, into: &Path) -> (Running, Running) {
    let file = from.join("a.txt");
    fs::write(&file, "words").unwrap();
    let (mut sender, octets) = opened(&file, into);
    sender.orders.send(FileDeed::Send(plan(octets, FileWay::Listen(HERE)))).unwrap();
    let Some(FileNews::Listening { port, .. }) = sender.next() else { panic!("it does not listen") };
    let scanner = crate::config::Scanner::Command(["sh", "-c", script, "sh"].map(str::to_owned).to_vec());
    let way = FileWay::Dial(SocketAddr::new(HERE, port));
    (Running::of(FileId::Received(1), into, Some(scanner), take("a.txt", plan(octets, way))), sender)
}

#[cfg(unix)]
#[test]
fn a_scanner_may_say_more_than_is_listened_to() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let says = "grep -q words \"$1\" || exit 2; yes | head -c 200000 || exit 3; exit 0";
    let (mut receiver, _sender) = scanned_by(says, from.path(), into.path());
    assert_eq!(receiver.next(), Some(FileNews::Checking));
    let place = into.path().join("a.txt").display().to_string();
    assert_eq!(receiver.next(), Some(FileNews::Kept { place }));
}

#[cfg(unix)]
#[test]
fn who_stops_it_while_it_is_looked_into_does_not_get_it() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut receiver, _sender) = scanned_by("sleep 60", from.path(), into.path());
    assert_eq!(receiver.next(), Some(FileNews::Checking));
    receiver.orders.send(FileDeed::Stop).unwrap();
    assert_eq!(receiver.next(), None);
    receiver.thread.join().unwrap();
    assert_eq!(fs::read_dir(into.path()).unwrap().count(), 1, "only the quarantine");
    assert_eq!(left_in_quarantine(into.path()), 0);
}

/// The way to a session at a port of this machine.
pub(super) fn path(secure: bool, session: &str, port: u16) -> msrp::Path {
    msrp::Uri::new(secure, "127.0.0.1", port, session).unwrap().into()
}

/// What both sides of a transfer by MSRP know; who is active connects.
pub(super) fn terms(ours: msrp::Path, theirs: msrp::Path, octets: u64, active: bool) -> msrp::Terms {
    let token = if active { "a1b2c3d4e5f6a7b8" } else { "b1b2c3d4e5f6a7b8" };
    msrp::Terms { ours, theirs, octets, media_type: "text/plain".to_owned(), sha1: None, active, token: token.into() }
}

/// Sends a file by MSRP into another folder, to a port where so many strangers say nothing: what both said last.
fn by_msrp(file: &Path, into: &Path, secure: bool, known: bool, strangers: usize) -> (FileNews, FileNews) {
    let uri = |session, port| path(secure, session, port);
    let mut sender = Running::of(FileId::Sent(1), into, None, FileDeed::Open(file.display().to_string()));
    let Some(FileNews::Opened { octets, fingerprint, .. }) = sender.next() else { panic!("it cannot be opened") };
    let told = if known { fingerprint } else { Fingerprint::new([0; 32]) };
    let over = |peer| if secure { Over::Tls(peer) } else { Over::Tcp };
    let carriage = Carriage::Msrp(Box::new(terms(uri("bob", 9), uri("alice", 9), octets, false)), over(Some(told)));
    let mut receiver =
        Running::of(FileId::Received(1), into, None, take("words.txt", FilePlan { carriage, way: FileWay::Listen(HERE) }));
    let Some(FileNews::Listening { port, fingerprint }) = receiver.next() else { panic!("it does not listen") };
    assert_eq!(fingerprint.is_some(), secure);
    let _silent: Vec<_> = (0..strangers).map(|_| std::net::TcpStream::connect((HERE, port)).unwrap()).collect();
    let carriage = Carriage::Msrp(Box::new(terms(uri("alice", 9), uri("bob", port), octets, true)), over(fingerprint));
    let way = FileWay::Dial(SocketAddr::new(HERE, port));
    sender.orders.send(FileDeed::Send(FilePlan { carriage, way })).unwrap();
    let sent = sender.next().unwrap();
    if !known {
        receiver.orders.send(FileDeed::Stop).unwrap();
        sender.thread.join().unwrap();
        receiver.thread.join().unwrap();
        return (sent.clone(), sent);
    }
    let mut came = receiver.next().unwrap();
    if came == FileNews::Checking {
        came = receiver.next().unwrap();
    }
    sender.thread.join().unwrap();
    receiver.thread.join().unwrap();
    (sent, came)
}

#[test]
fn a_file_goes_through_by_msrp() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("words.txt");
    let text = "one line of many\n".repeat(200_000);
    fs::write(&file, &text).unwrap();
    for secure in [true, false] {
        let into = tempfile::tempdir().unwrap();
        let (sent, came) = by_msrp(&file, into.path(), secure, true, 0);
        let place = into.path().join("words.txt");
        assert_eq!((sent, came), (FileNews::Sent { confirmed: true }, FileNews::Kept { place: place.display().to_string() }));
        assert!(fs::read_to_string(place).unwrap() == text);
        assert_eq!(left_in_quarantine(into.path()), 0);
    }
}

#[test]
fn strangers_who_say_nothing_do_not_hold_it_up() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("words.txt");
    fs::write(&file, "words").unwrap();
    for secure in [true, false] {
        let into = tempfile::tempdir().unwrap();
        let begin = std::time::Instant::now();
        // Of eight that are met at once the right one is the last.
        let (sent, came) = by_msrp(&file, into.path(), secure, true, 7);
        let place = into.path().join("words.txt").display().to_string();
        assert_eq!((sent, came), (FileNews::Sent { confirmed: true }, FileNews::Kept { place }));
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(10), "each was waited for, one after the other: {took:?}");
    }
}

#[test]
fn who_is_not_known_by_the_certificate_gets_nothing() {
    let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("words.txt");
    fs::write(&file, "words").unwrap();
    let (sent, _) = by_msrp(&file, into.path(), true, false, 0);
    let FileNews::Failed(_) = sent else { panic!("{sent:?}") };
    assert!(!into.path().join("words.txt").exists());
}
