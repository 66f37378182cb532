//! Notifications through the whole core: bytes in, `App` changed, answers out; and memory for each
//! contact. Beside it, in the same run, what `rsip` needs only to parse the same bytes.
//! `cargo bench --bench core`; figures in `docs/performance.md`.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "support/yes_server.rs"]
mod yes_server;

use std::time::{Duration, Instant};

use chinwag::app::palette::choices;
use chinwag::app::sample::sample_crowd;
use chinwag::app::{AccountView, Action, App, ListAct, Msg, update};
use chinwag::backend::account::Account;
use chinwag::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use chinwag::backend::{Backend, Command, Input, LinkId, Output, PeerInfo, Target};
use chinwag::model::{AccessList, AccountId, Address, Availability, Contact, Roster, Stamp, Transport};
use chinwag::policy::Policy;
use yes_server::YesServer;

const NOTIFICATIONS: u32 = 50_000;

fn main() {
    palette();
    let empty = resident_kib();
    let mut hundred = Client::sign_in(100);
    let bytes = hundred.server.burst(NOTIFICATIONS);
    let began = Instant::now();
    for chunk in bytes.chunks(16 * 1024) {
        hundred.take(chunk);
    }
    let core = began.elapsed();
    assert!(hundred.online() >= 99, "only {} of 100 are seen", hundred.online());

    let text = String::from_utf8(bytes).expect("text");
    let messages: Vec<&str> = text.split_inclusive("</presence>").collect();
    let began = Instant::now();
    let parsed = messages.iter().filter(|m| rsip::SipMessage::try_from(**m).is_ok()).count();
    let alone = began.elapsed();
    assert_eq!(parsed, messages.len());
    let rate = |time: Duration| f64::from(NOTIFICATIONS) / time.as_secs_f64();
    println!(
        "notifications through the core: {:.0}/s on one core; rsip only parsing the same bytes: {:.0}/s; ratio {:.2}",
        rate(core),
        rate(alone),
        rate(core) / rate(alone)
    );
    drop(hundred);

    let before = resident_kib().max(empty);
    let thousands = Client::sign_in(10_000);
    assert!(thousands.online() >= 9_999, "only {} of 10000 are seen", thousands.online());
    let each = (resident_kib() - before) / 10_000.0;
    println!("memory for each of 10000 contacts, individually subscribed and seen: {each:.2} KiB");
    drop(thousands);
    lists();
}

/// The contact list and the board of 10,000 people while their presence changes, beside building the list
/// anew for each frame. In time of the processor, so that other programs do not matter.
fn lists() {
    let mut app = chinwag::app::sample::sample_crowd(10_000);
    let id = AccountId::new("work");
    let mut at = 0;
    let mut storm = |app: &mut App, count: u32| {
        let began = cpu();
        for _ in 0..count {
            at += 1;
            let who = Address::parse(&format!("sip:person{}@example.test", (at * 7919) % 10_000)).expect("an address");
            let availability = Availability::ALL[(at % 7) as usize];
            let now = chinwag::model::Presence { availability, ..Default::default() };
            update(app, Msg::Account(id.clone(), chinwag::backend::Event::Presence { who, now }), Stamp::from_millis(at));
            assert!(app.rows().len() > 10_000);
        }
        (cpu() - began).as_secs_f64() * 1e6 / f64::from(count)
    };
    let list = storm(&mut app, 20_000);
    update(&mut app, Msg::Action(Action::List(ListAct::Board)), Stamp::default());
    update(&mut app, Msg::Action(Action::List(ListAct::Sort)), Stamp::default());
    assert!(app.board_rows().len() >= 10_000);
    let both = storm(&mut app, 20_000);
    let began = cpu();
    for _ in 0..50 {
        update(&mut app, Msg::Action(Action::List(ListAct::UnreadOnly)), Stamp::default());
        update(&mut app, Msg::Action(Action::List(ListAct::UnreadOnly)), Stamp::default());
        assert!(app.rows().len() > 10_000);
    }
    let anew = (cpu() - began).as_secs_f64() * 1e6 / 50.0;
    println!(
        "one change of presence among 10000 people: {list:.1} us, with the board by change {both:.1} us; the list built anew: {anew:.0} us"
    );
}

/// Time this thread had of the processor.
fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap_or(0), spent.tv_nsec.try_into().unwrap_or(0))
}

/// A key typed into the palette with many contacts: rating all of them, and making the rows.
fn palette() {
    for people in [5_000, 50_000] {
        let app = sample_crowd(people);
        for typed in ["", "p", "person", "pers 4999", "prsn17", "xyzzy", "/pane"] {
            let began = Instant::now();
            let mut found = 0;
            for _ in 0..20 {
                found = choices(&app, typed).len();
            }
            let each = began.elapsed().as_secs_f64() * 1_000.0 / 20.0;
            println!("palette, {people} contacts, {typed:?}: {each:.2} ms a key, {found} rows");
        }
    }
}

/// Resident memory of this process.
fn resident_kib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines().find_map(|l| l.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// The core of one signed-in program, joined to the server in memory.
struct Client {
    account: Account,
    app: App,
    id: AccountId,
    server: YesServer,
    link: LinkId,
    now: Instant,
}

impl Client {
    fn sign_in(people: usize) -> Self {
        let aor = Address::parse("sip:alice@example.test").expect("an address");
        let mut roster = Roster::default();
        for n in 0..people {
            roster.put(Contact::new(Address::parse(&format!("sip:person{n:05}@example.test")).expect("an address")));
        }
        let settings = SipSettings {
            aor: aor.clone(),
            display_name: String::new(),
            credentials: None,
            target: Target {
                host: "127.0.0.1".into(),
                port: Some(5060),
                transport: Some(Transport::Tcp),
                tls_name: "example.test".into(),
                automatic: false,
            },
            home: None,
            refusals: None,
            dialect: None,
            instance: uuid::Uuid::from_u128(1),
            expires: Expires::default(),
            list_uri: None,
            adhoc_list_uri: None,
            xcap_root: None,
            roster,
            access: AccessList::default(),
            subscribe_rate: 100_000,
            timing: Timing { ping: Duration::from_secs(95), ..Timing::default() },
            return_after: Duration::from_mins(5),
            refuse_md5: false,
            invitations: chinwag::model::InvitationRules::default(),
            schemes: chinwag::sip::auth::Schemes::ANY,
            clock: None,
            product: "bench".into(),
            ledger: false,
            acknowledge: Acknowledge::AtOnce,
            files: false,
            files_before: 0,
            received: Vec::new(),
            seed: [7; 32],
        };
        let id = AccountId::new("bench");
        let app = App::new([(id.clone(), AccountView::new(aor))], Policy::default());
        let mut client =
            Self { account: Account::new(settings), app, id, server: YesServer::new(5060), link: LinkId(0), now: Instant::now() };
        client.account.handle_command(Command::SignIn, client.now).expect("sign-in is accepted");
        client.settle();
        for _ in 0..people * 2 + 100 {
            if client.online() == people {
                break;
            }
            client.now += Duration::from_millis(50);
            client.account.handle_timeout(client.now);
            client.settle();
        }
        client
    }

    fn online(&self) -> usize {
        self.app.accounts[&self.id].roster.contacts().filter(|c| c.presence.availability != Availability::Unknown).count()
    }

    fn take(&mut self, data: &[u8]) {
        self.account.handle_input(Input::Bytes { link: self.link, data }, self.now);
        self.settle();
    }

    /// Drains the account; what the server answers goes back in until both are silent.
    fn settle(&mut self) {
        loop {
            let mut answers = Vec::new();
            let mut up = false;
            loop {
                match self.account.poll_output() {
                    Output::Open { link, .. } => {
                        self.link = link;
                        up = true;
                    }
                    Output::Transmit { bytes, .. } => answers.extend(self.server.feed(&bytes)),
                    Output::Close { .. } | Output::Ticket { .. } => {}
                    Output::Event(event) => {
                        update(&mut self.app, Msg::Account(self.id.clone(), event), Stamp::from_millis(0));
                    }
                    Output::Idle(_) => break,
                }
            }
            if up {
                let peer = PeerInfo {
                    transport: Transport::Tcp,
                    local: "127.0.0.1:40000".parse().expect("an address"),
                    peer: "127.0.0.1:5060".parse().expect("an address"),
                    server: "127.0.0.1:5060".into(),
                    second_best: false,
                };
                self.account.handle_input(Input::Up { link: self.link, peer: &peer }, self.now);
            } else if answers.is_empty() {
                return;
            }
            if !answers.is_empty() {
                self.account.handle_input(Input::Bytes { link: self.link, data: &answers }, self.now);
            }
        }
    }
}
