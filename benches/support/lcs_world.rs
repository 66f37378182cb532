//! The embedded server in this process, full of people who are signed in, listening on loopback.

use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use chinwag::backend::account::Account;
use chinwag::backend::{Backend, Command, Event, Input, LinkId, Output, PeerInfo};
use chinwag::demo::{Feature, Features, Server, ServerConfig, ServerOutput, User};
use chinwag::model::{Availability, Contact, OwnPresence, Roster, SignInPhase, Transport};
use chinwag::runtime::serve::{Doors, Serving, both_clocks};
use chinwag::sip::endpoint::{Flow, FlowInfo};

use crate::people::{DOMAIN, address, settings};

/// Contacts who are signed in at most; the others are known and away.
pub const PRESENT: usize = 100;

/// Everybody on the roster of `me`.
pub fn people(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("c{n:04}")).collect()
}

/// Starts the server with `me` (password `pw-me`) and that many contacts in ten groups; its port.
pub fn start(contacts: usize, disabled: &[Feature]) -> u16 {
    let names = people(contacts);
    let mut users = vec![User::with_password("me", "Me Myself", DOMAIN, "pw-me")];
    users.extend(names.iter().map(|name| User::with_password(name, &format!("Contact {name}"), DOMAIN, "secret")));
    let mut config = ServerConfig::new(DOMAIN, users, [5; 32], both_clocks());
    config.features = Features::without(disabled);
    config.limits.list_entries = 5000;
    config.limits.roster_entries = 5000;
    config.limits.subscriptions_per_user = 5000;
    let mut server = Server::new(config);
    let mut roster = Roster::default();
    for (n, name) in names.iter().enumerate() {
        let mut contact = Contact::new(address(name));
        contact.groups = vec![format!("Group {}", n % 10)];
        if n < 10 {
            roster.add_group(&format!("Group {n}")).unwrap();
        }
        roster.put(contact);
    }
    server.set_roster(&address("me"), roster, Instant::now()).unwrap();
    for (n, name) in names.iter().take(PRESENT).enumerate() {
        sign_in(&mut server, name, Flow(1_000_000 + n as u64), n);
    }
    let (tell, told) = channel();
    // Ends with the process.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let at: SocketAddr = "127.0.0.1:0".parse().unwrap();
            let doors = Doors { tcp: vec![at], tls: Vec::new(), client_ca: None };
            let (serving, open, orders) = Serving::open(server, doors).await.unwrap();
            tell.send(open[0].1.port()).unwrap();
            serving.run().await;
            drop(orders);
        });
    });
    told.recv().unwrap()
}

/// Signs a person in over a link in memory, and leaves them there.
fn sign_in(server: &mut Server, name: &str, flow: Flow, number: usize) {
    let shown = [Availability::Online, Availability::Busy, Availability::Away][number % 3];
    let mut account = Account::new(settings(name, "secret", number));
    let now = Instant::now();
    let own = OwnPresence { chosen: shown, note: format!("note of {name}"), ..OwnPresence::default() };
    account.handle_command(Command::SetPresence(own), now).unwrap();
    account.handle_command(Command::SignIn, now).unwrap();
    let local: SocketAddr = format!("127.0.0.1:{}", 20_000 + number).parse().unwrap();
    let peer = "127.0.0.1:5060".parse().unwrap();
    let peer = PeerInfo { transport: Transport::Tcp, local, peer, server: "memory".into(), second_best: false };
    let info = FlowInfo {
        transport: "TCP",
        reliable: true,
        local: "127.0.0.1:5060".into(),
        peer_ip: "127.0.0.1".into(),
        peer_port: local.port(),
    };
    let (mut link, mut online, mut settled) = (LinkId(0), false, 0);
    // Virtual time goes on so that waits of the client end.
    let mut clock = now;
    while settled < 50 {
        let mut quiet = true;
        loop {
            match account.poll_output() {
                Output::Open { link: opened, .. } => {
                    link = opened;
                    server.flow_up(flow, info.clone(), clock);
                    account.handle_input(Input::Up { link, peer: &peer }, clock);
                }
                Output::Transmit { bytes, .. } => server.handle_bytes(flow, &bytes, clock),
                Output::Event(Event::Phase { phase: SignInPhase::Online, .. }) => online = true,
                Output::Event(_) | Output::Close { .. } | Output::Ticket { .. } => continue,
                Output::Idle(_) => break,
            }
            quiet = false;
        }
        while let Some(output) = server.poll() {
            if let ServerOutput::Transmit { flow: to, bytes } = output
                && to == flow
            {
                quiet = false;
                account.handle_input(Input::Bytes { link, data: &bytes }, clock);
            }
        }
        if quiet {
            settled += 1;
            clock += Duration::from_millis(200);
            account.handle_timeout(clock);
            server.handle_timeout(clock);
        }
    }
    assert!(online, "{name} could not sign in");
}
