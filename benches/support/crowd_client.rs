//! Very many accounts of the program in one process, each with its driver and its own connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag::backend::account::Account;
use chinwag::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use chinwag::backend::{Command, Event, Target};
use chinwag::model::{AccessList, Address, Body, Fate, MessageRef, Roster, SignInPhase, Transport};
use chinwag::net::connect::{ConnectSettings, Connector};
use chinwag::net::driver::{self, Handle, Report};
use chinwag::net::tls::Trust;
use chinwag::runtime::descriptors;
use chinwag::sip::auth::{Credentials, Scheme, Schemes};
use chinwag::sip::tokens::Tokens;
use tokio::sync::{Semaphore, mpsc};

/// Sign-ins under way at a time.
const AT_ONCE: usize = 64;
/// Messages under way at a time.
const MESSAGES: usize = 64;

/// Something that matters; with the number of the account, or of the message and whether it was delivered.
enum Told {
    Online(usize),
    Lost,
    Fate(u64, Option<String>),
    Text,
}

/// Obeys lines on standard input: `sign in`, `talk SECONDS`, `look`.
pub fn run(port: u16, count: usize, dialect: &str) {
    descriptors::make_room(count as u64 + 64).unwrap();
    let schemes = Schemes::only(if dialect == "lcs" { Scheme::Ntlm } else { Scheme::Digest });
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        println!("ready");
        let mut crowd = None;
        loop {
            let line = next_line().await;
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["sign", "in"] => crowd = Some(Crowd::sign_in(port, count, schemes).await),
                ["talk", seconds] => crowd.as_mut().unwrap().talk(Duration::from_secs(seconds.parse().unwrap())).await,
                ["look"] => crowd.as_mut().unwrap().look(),
                _ => return,
            }
        }
    });
}

/// The next line of standard input, without holding up the others.
pub async fn next_line() -> String {
    let read = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        line
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

struct Crowd {
    handles: Vec<Handle>,
    told: mpsc::UnboundedReceiver<Told>,
    lost: usize,
}

impl Crowd {
    async fn sign_in(port: u16, count: usize, schemes: Schemes) -> Self {
        let trust = Trust { system: false, ca_file: None, pins: Vec::new(), own: None, newest: false };
        let connector = Connector::new(ConnectSettings {
            trust,
            clear_text: true,
            ..ConnectSettings::new(chinwag::model::TransportRules::default(), None, 7)
        });
        let (tell, mut told) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let begin = Instant::now();
        let (mut handles, mut online, mut lost, mut times) = (Vec::new(), 0, 0, Vec::new());
        let mut started = BTreeMap::new();
        let mut held = BTreeMap::new();
        while online < count {
            tokio::select! {
                permit = room.clone().acquire_owned(), if handles.len() < count => {
                    let number = handles.len();
                    handles.push(account(number, port, schemes, &connector, &tell));
                    held.insert(number, permit.unwrap());
                    started.insert(number, Instant::now());
                }
                Some(what) = told.recv() => match what {
                    Told::Online(number) => {
                        online += 1;
                        held.remove(&number);
                        times.extend(started.remove(&number).map(|at| at.elapsed().as_secs_f64() * 1000.0));
                    }
                    Told::Lost => lost += 1,
                    Told::Fate(..) | Told::Text => {}
                },
            }
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{count} signed in after {:.1} s, {AT_ONCE} at a time; each in {:.0} ms (median), {:.0} ms (99 %); {lost} attempts failed",
            begin.elapsed().as_secs_f64(),
            times[count / 2],
            times[count * 99 / 100],
        );
        Self { handles, told, lost }
    }

    /// Sends messages between random pairs; each of the senders waits until its message is delivered.
    async fn talk(&mut self, time: Duration) {
        let mut chance = Tokens::from_number(11);
        let (begin, mut sent, mut delivered, mut failed, mut came) = (Instant::now(), 0_u64, 0_u64, 0_u64, 0_u64);
        let mut open: BTreeMap<u64, Instant> = BTreeMap::new();
        let mut times = Vec::new();
        let mut faults: BTreeMap<String, u64> = BTreeMap::new();
        while begin.elapsed() < time || !open.is_empty() {
            while begin.elapsed() < time && open.len() < MESSAGES {
                let [from, to] = [0, 1].map(|_| chance.below(self.handles.len() as u64) as usize);
                if from == to {
                    continue;
                }
                sent += 1;
                let text = Body::plain(format!("message {sent}"));
                self.handles[from].order(Command::SendText { to: address(to), body: text, tag: MessageRef(sent) }).unwrap();
                open.insert(sent, Instant::now());
            }
            match self.told.recv().await.unwrap() {
                Told::Fate(tag, fault) => {
                    times.extend(open.remove(&tag).map(|at| at.elapsed().as_secs_f64() * 1000.0));
                    match fault {
                        None => delivered += 1,
                        Some(why) => {
                            failed += 1;
                            *faults.entry(why).or_default() += 1;
                        }
                    }
                }
                Told::Text => came += 1,
                Told::Lost => self.lost += 1,
                Told::Online(_) => {}
            }
        }
        let rate = delivered as f64 / begin.elapsed().as_secs_f64();
        times.sort_by(f64::total_cmp);
        println!(
            "{rate:.0} messages a second between random pairs, {MESSAGES} at a time; {delivered} delivered, {failed} not {faults:?}, {came} came; \
             each in {:.1} ms (median), {:.1} ms (99 %)",
            times[times.len() / 2],
            times[times.len() * 99 / 100]
        );
    }

    fn look(&mut self) {
        while let Ok(what) = self.told.try_recv() {
            self.lost += usize::from(matches!(what, Told::Lost));
        }
        println!("{} connections were lost on the way", self.lost);
    }
}

fn address(number: usize) -> Address {
    Address::parse(&format!("sip:u{:05}@example.test", number + 1)).unwrap()
}

/// Starts an account and signs it in.
fn account(number: usize, port: u16, schemes: Schemes, connector: &Connector, tell: &mpsc::UnboundedSender<Told>) -> Handle {
    let account = Account::new(settings(number, port, schemes));
    let mut handle = driver::start(Box::new(account), Box::new(connector.clone()), None);
    handle.order(Command::SignIn).unwrap();
    let mut reports = std::mem::replace(&mut handle.reports, mpsc::channel(1).1);
    let tell = tell.clone();
    tokio::spawn(async move {
        while let Some(report) = reports.recv().await {
            let what = match report {
                Report::Event(Event::Phase { phase: SignInPhase::Online, .. }) => Told::Online(number),
                Report::Event(Event::Phase { phase: SignInPhase::Waiting { .. } | SignInPhase::Offline { .. }, .. }) => {
                    Told::Lost
                }
                Report::Event(Event::Delivery { tag, fate: Fate::Delivered }) => Told::Fate(tag.0, None),
                Report::Event(Event::Delivery { tag, fate: Fate::Stored }) => {
                    Told::Fate(tag.0, Some("kept by the server".into()))
                }
                Report::Event(Event::Delivery { tag, fate: Fate::Failed { why } | Fate::Unconfirmed { why } }) => {
                    Told::Fate(tag.0, Some(why))
                }
                Report::Event(Event::Text { .. }) => Told::Text,
                _ => continue,
            };
            if tell.send(what).is_err() {
                return;
            }
        }
    });
    handle
}

fn settings(number: usize, port: u16, schemes: Schemes) -> SipSettings {
    let aor = address(number);
    let password = zeroize::Zeroizing::new(format!("pw-{}", aor.user()));
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(number as u64 + 1).to_le_bytes());
    SipSettings {
        credentials: Some(Credentials { user: aor.user().to_owned(), password, domain: String::new() }),
        aor,
        display_name: String::new(),
        target: Target {
            host: "127.0.0.1".into(),
            port: Some(port),
            transport: Some(Transport::Tcp),
            tls_name: "example.test".into(),
            automatic: false,
        },
        home: None,
        refusals: None,
        dialect: None,
        instance: uuid::Uuid::from_u128(number as u128 + 1),
        expires: Expires::default(),
        list_uri: None,
        adhoc_list_uri: None,
        xcap_root: None,
        roster: Roster::default(),
        access: AccessList::default(),
        subscribe_rate: 25,
        timing: Timing::default(),
        return_after: Duration::from_mins(5),
        refuse_md5: false,
        invitations: chinwag::model::InvitationRules::default(),
        schemes,
        clock: None,
        product: "bench".into(),
        ledger: false,
        acknowledge: Acknowledge::AtOnce,
        files: false,
        files_before: 0,
        received: Vec::new(),
        seed,
    }
}
