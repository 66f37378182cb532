//! A file on loopback, by the program's own tasks: two ends, real sockets and folders, by MSRP and as Messenger, encrypted and in clear.
//! Beside them, in the same run, a plain TCP connection and `cp` of the same file.
//! `cargo bench --bench files` (`-- 64 512` for other sizes, in MiB; Linux); figures in `docs/performance.md`.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chinwag::app::Msg;
use chinwag::app::transfers::{FileDeed, FileNews};
use chinwag::backend::files::{Carriage, FilePlan, FileWay, Over};
use chinwag::config::FileSettings;
use chinwag::inspect::SenderClass;
use chinwag::model::{AccountId, Address, FileId, FileRules};
use chinwag::runtime::transfers::{Facts, Transfers};
use chinwag::transfer::{Keys, Protection, Terms, msrp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rc4::{Rc4, StreamCipher as _};
use sha1::Sha1;
use tokio::sync::mpsc;

const MIB: u64 = 1 << 20;
const ROUNDS: usize = 3;
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PIECE: usize = 64 * 1024;

/// What one copy took.
#[derive(Clone, Copy)]
struct Took {
    /// Until all had come.
    came: Duration,
    /// Until it was looked into and on the disk.
    kept: Duration,
    /// On a core, both ends.
    cpu: Duration,
    /// Resident memory, KiB: the most, beyond what there was before.
    memory: i64,
}

fn main() {
    let mut sizes: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![256, 2048];
    }
    let dir = tempfile::tempdir().unwrap();
    for size in sizes {
        let file = dir.path().join("film.dat");
        write(&file, size * MIB);
        let (into, copy) = (dir.path().join("in"), dir.path().join("copy"));
        let ways: [(&str, &dyn Fn() -> Took); 6] = [
            ("MSRP over TLS", &|| by_msrp(&file, &into, true)),
            ("MSRP", &|| by_msrp(&file, &into, false)),
            ("MSN_SECURE_FTP", &|| carry(&file, &into, Protection::Secure(Keys::new(&[7; 24], &[9; 24])))),
            ("MSNFTP", &|| carry(&file, &into, Protection::Plain)),
            ("plain TCP", &|| over_tcp(&file, &copy)),
            ("cp", &|| cp(&file, &copy)),
        ];
        // By turns, so that what else goes on meets all of them.
        let mut took = ways.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for ((_, way), took) in ways.iter().zip(&mut took) {
                took.push(way());
                for made in [&into, &copy] {
                    let _ = std::fs::remove_dir_all(made).or_else(|_| std::fs::remove_file(made));
                }
            }
        }
        println!("{size} MiB, medians of {ROUNDS}:");
        let gib = (size * MIB) as f64 / (1024 * MIB) as f64;
        for ((name, _), took) in ways.iter().zip(&took) {
            let median = |of: fn(&Took) -> f64| {
                let mut all: Vec<f64> = took.iter().map(of).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() / 2]
            };
            let (came, kept) = (median(|took| took.came.as_secs_f64()), median(|took| took.kept.as_secs_f64()));
            println!(
                "  {name}: {:.0} MiB/s until all came ({came:.2} s), {:.0} MiB/s until it was kept ({kept:.2} s), {:.2} s of CPU a GiB, \
                 {:.0} KiB more memory at most",
                size as f64 / came,
                size as f64 / kept,
                median(|took| took.cpu.as_secs_f64()) / gib,
                median(|took| took.memory as f64)
            );
        }
    }
    ciphers();
}

/// Octets that cannot be made shorter.
fn write(path: &Path, octets: u64) {
    let (mut file, mut state) = (File::create(path).unwrap(), 0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..octets / MIB {
        let mut piece = Vec::with_capacity(MIB as usize);
        while piece.len() < MIB as usize {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece.extend_from_slice(&state.to_le_bytes());
        }
        file.write_all(&piece).unwrap();
    }
    file.sync_all().unwrap();
}

/// The program's part that carries files.
struct Program {
    transfers: Transfers,
    told: mpsc::Receiver<Msg>,
    account: AccountId,
    facts: Facts,
}

const SENT: FileId = FileId::Sent(1);
const RECEIVED: FileId = FileId::Received(1);

impl Program {
    fn new(into: &Path) -> Self {
        let (mail, told) = mpsc::channel(1024);
        let settings = FileSettings { named: Some(into.to_owned()), otherwise: into.to_owned(), scanner: None };
        let facts = Facts { peer: Address::parse("bob@example.test").unwrap(), rules: FileRules::default() };
        Self { transfers: Transfers::new(settings, mail), told, account: AccountId::new("a"), facts }
    }

    fn order(&mut self, id: FileId, deed: FileDeed) {
        assert_eq!(self.transfers.order(&self.account, id, deed, Some(self.facts.clone())), None);
    }

    /// The next that is told, but for how far it is.
    fn next(&mut self) -> (FileId, FileNews) {
        loop {
            match self.told.blocking_recv().unwrap() {
                Msg::File(_, _, FileNews::Moved(_)) => {}
                Msg::File(_, id, news) => return (id, news),
                other => panic!("{other:?}"),
            }
        }
    }

    fn take(&mut self, plan: FilePlan) {
        self.order(RECEIVED, FileDeed::Take { name: "film.dat".into(), sender: SenderClass::Contact, plan });
    }

    /// Until it is kept; when it had come.
    fn finish(mut self, before: Before) -> Took {
        let mut came = None;
        loop {
            match self.next() {
                (_, FileNews::Checking) => came = Some(before.began.elapsed()),
                (id, FileNews::Doubtful(_)) => self.order(id, FileDeed::Keep),
                (_, FileNews::Kept { .. }) => break,
                (_, FileNews::Sent { .. }) => {}
                (_, news) => panic!("{news:?}"),
            }
        }
        before.took(came.unwrap())
    }
}

/// By the program, as Messenger sends files.
fn carry(file: &Path, into: &Path, protection: Protection) -> Took {
    let mut program = Program::new(into);
    let before = Before::now();
    program.order(SENT, FileDeed::Open(file.display().to_string()));
    let (_, FileNews::Opened { octets, .. }) = program.next() else { panic!("it cannot be opened") };
    let plan = |way| {
        let terms = Terms { user: "alice@example.test".into(), auth_cookie: 4711, octets, protection: protection.clone() };
        FilePlan { carriage: Carriage::Messenger(terms), way }
    };
    program.order(SENT, FileDeed::Send(plan(FileWay::Listen(HERE))));
    let (_, FileNews::Listening { port, .. }) = program.next() else { panic!("it does not listen") };
    program.take(plan(FileWay::Dial(SocketAddr::new(HERE, port))));
    program.finish(before)
}

/// By the program, as the standard has it.
fn by_msrp(file: &Path, into: &Path, secure: bool) -> Took {
    let uri = |session: &str, port| msrp::Path::from(msrp::Uri::new(secure, "127.0.0.1", port, session).unwrap());
    let plan = |ours, theirs, octets, peer, way| {
        let active = matches!(way, FileWay::Dial(_));
        let token = if active { "a1b2c3d4e5f6a7b8" } else { "b1b2c3d4e5f6a7b8" };
        let media_type = "application/octet-stream".into();
        let terms = msrp::Terms { ours, theirs, octets, media_type, sha1: None, active, token: token.into() };
        let over = if secure { Over::Tls(peer) } else { Over::Tcp };
        FilePlan { carriage: Carriage::Msrp(Box::new(terms), over), way }
    };
    let mut program = Program::new(into);
    let before = Before::now();
    program.order(SENT, FileDeed::Open(file.display().to_string()));
    let (_, FileNews::Opened { octets, fingerprint, .. }) = program.next() else { panic!("it cannot be opened") };
    program.take(plan(uri("bob", 9), uri("alice", 9), octets, Some(fingerprint), FileWay::Listen(HERE)));
    let (_, FileNews::Listening { port, fingerprint }) = program.next() else { panic!("it does not listen") };
    let way = FileWay::Dial(SocketAddr::new(HERE, port));
    program.order(SENT, FileDeed::Send(plan(uri("alice", 9), uri("bob", port), octets, fingerprint, way)));
    program.finish(before)
}

/// By nothing but the sockets of the system.
fn over_tcp(file: &Path, to: &Path) -> Took {
    let before = Before::now();
    let listener = TcpListener::bind((HERE, 0)).unwrap();
    let place = listener.local_addr().unwrap();
    let mut from = File::open(file).unwrap();
    let sender = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut piece = vec![0; PIECE];
        while let count @ 1.. = from.read(&mut piece).unwrap() {
            stream.write_all(&piece[..count]).unwrap();
        }
    });
    let (mut stream, mut to) = (TcpStream::connect(place).unwrap(), File::create(to).unwrap());
    let mut piece = vec![0; PIECE];
    while let count @ 1.. = stream.read(&mut piece).unwrap() {
        to.write_all(&piece[..count]).unwrap();
    }
    sender.join().unwrap();
    let came = before.began.elapsed();
    to.sync_all().unwrap();
    before.took(came)
}

fn cp(file: &Path, to: &Path) -> Took {
    let before = Before::now();
    // Octets are copied, also where the file system could let two files share them.
    assert!(Command::new("cp").arg("--reflink=never").arg(file).arg(to).status().unwrap().success());
    let came = before.began.elapsed();
    File::open(to).unwrap().sync_all().unwrap();
    before.took(came)
}

/// What the protocol asks for at both ends, and nothing else.
fn ciphers() {
    let (mut octets, began) = (vec![7; PIECE], cpu());
    let mut rc4 = Rc4::new(&[7; 32].into());
    for _ in 0..1024 * MIB / PIECE as u64 {
        rc4.apply_keystream(&mut octets);
    }
    let stream = cpu() - began;
    let mut code = Hmac::<Sha1>::new_from_slice(&[9; 16]).unwrap();
    for _ in 0..1024 * MIB / PIECE as u64 {
        code.update(&octets);
    }
    let code_took = cpu() - began - stream;
    std::hint::black_box((octets, code.finalize()));
    println!(
        "RC4 alone: {:.2} s a GiB, HMAC-SHA1 alone: {:.2} s; each is done at both ends",
        stream.as_secs_f64(),
        code_took.as_secs_f64()
    );
}

/// The state of this process when something begins.
struct Before {
    began: Instant,
    cpu: Duration,
    memory: i64,
}

impl Before {
    fn now() -> Self {
        // The most so far counts from here on.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        Self { memory: memory("VmRSS:"), cpu: cpu(), began: Instant::now() }
    }

    fn took(self, came: Duration) -> Took {
        let kept = self.began.elapsed();
        Took { came, kept, cpu: cpu() - self.cpu, memory: memory("VmHWM:") - self.memory }
    }
}

/// Time this process and those that ended in it were on a core.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name may hold anything; utime, stime, cutime and cstime are the 14th to the 17th.
    let rest = text.rsplit(") ").next().unwrap();
    let ticks: u64 = rest.split(' ').skip(11).take(4).map(|word| word.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// A figure of this process, KiB.
fn memory(name: &str) -> i64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok()).unwrap()
}
