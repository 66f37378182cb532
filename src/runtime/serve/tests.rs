//! The embedded server behind real TLS, and a client that checks it.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;
use crate::app::{AccountView, Action, Msg};
use crate::backend::account::Account;
use crate::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use crate::backend::{Command, Event, Target};
use crate::demo::{ServerConfig, User};
use crate::model::{AccessList, AccountId, Address, Roster, SignInPhase, WaitReason};
use crate::net::connect::{ConnectSettings, Connector};
use crate::policy::Policy;
use crate::runtime::Network;
use crate::runtime::shell::Assembly;
use crate::runtime::{Happened, Shell};
use crate::sip::auth::Credentials;

struct World {
    folder: tempfile::TempDir,
    at: SocketAddr,
    _orders: mpsc::Sender<ServerOrder>,
}

/// A server with a certificate for these names, itself the trusted root.
async fn world(names: &[&str]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let user = User::with_password("alice", "Alice", "example.test", "secret");
    let server = Server::new(ServerConfig::new("example.test", vec![user], [1; 32], both_clocks()));
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let tls = vec![(any, folder.path().join("cert.pem"), folder.path().join("key.pem"))];
    let (serving, open, orders) = Serving::open(server, Doors { tcp: vec![any], tls, client_ca: None }).await.unwrap();
    assert_eq!(open.iter().map(|(transport, _)| *transport).collect::<Vec<_>>(), [Transport::Tcp, Transport::Tls]);
    tokio::spawn(serving.run());
    World { folder, at: open[1].1, _orders: orders }
}

/// The first phase that is an end: online, waiting or offline.
async fn sign_in(world: &World, trusts: bool, password: &str) -> SignInPhase {
    let aor = Address::parse("alice@example.test").unwrap();
    let host = world.at.ip().to_string();
    let settings = SipSettings {
        aor: aor.clone(),
        display_name: String::new(),
        credentials: Some(Credentials::new("alice", password)),
        target: Target { host: host.clone(), port: Some(world.at.port()), transport: None, tls_name: host, automatic: false },
        home: None,
        refusals: None,
        dialect: None,
        instance: uuid::Uuid::from_u128(1),
        expires: Expires::default(),
        list_uri: None,
        adhoc_list_uri: None,
        xcap_root: None,
        roster: Roster::default(),
        access: AccessList::default(),
        subscribe_rate: 20,
        timing: Timing::default(),
        return_after: Duration::from_mins(5),
        refuse_md5: true,
        invitations: crate::model::InvitationRules::default(),
        schemes: crate::sip::auth::Schemes::ANY,
        clock: None,
        product: "test".into(),
        ledger: false,
        acknowledge: Acknowledge::AtOnce,
        files: true,
        files_before: 0,
        received: Vec::new(),
        seed: [2; 32],
    };
    let mut connect = ConnectSettings::new(crate::model::TransportRules::default(), None, 1);
    connect.trust.system = !trusts;
    connect.trust.ca_file = trusts.then(|| world.folder.path().join("cert.pem"));
    connect.also_named = Some("example.test".to_owned());
    let id = AccountId::new("a");
    let network = Network { backend: Box::new(Account::new(settings)), opener: Box::new(Connector::new(connect)), trace: None };
    let assembly = Assembly::bare(id.clone(), AccountView::new(aor), network);
    let mut shell = Shell::assemble(Policy::default(), vec![assembly]);
    shell.submit(Msg::Action(Action::Order(id, Command::SignIn)));
    let ended = timeout(Duration::from_secs(20), async {
        loop {
            if let Happened::Report(_, Event::Phase { phase, transport, .. }) = shell.next().await
                && matches!(phase, SignInPhase::Online | SignInPhase::Waiting { .. } | SignInPhase::Offline { .. })
            {
                assert!(transport.is_none_or(|way| way == Transport::Tls), "{transport:?}");
                return phase;
            }
        }
    });
    ended.await.unwrap()
}

#[tokio::test]
async fn signs_in_over_tls_when_the_certificate_names_the_domain_or_the_address() {
    assert_eq!(sign_in(&world(&["example.test"]).await, true, "secret").await, SignInPhase::Online);
    assert_eq!(sign_in(&world(&["127.0.0.1"]).await, true, "secret").await, SignInPhase::Online);
}

#[tokio::test]
async fn stops_for_good_at_a_wrong_name_and_at_a_stranger() {
    let why = match sign_in(&world(&["other.test"]).await, true, "secret").await {
        SignInPhase::Offline { why: Some(why) } => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why, WaitReason::TlsName { expected: "127.0.0.1".into(), found: vec!["other.test".into()] });
    // Trusting the system's roots only; a machine without any says so instead.
    match sign_in(&world(&["example.test"]).await, false, "secret").await {
        SignInPhase::Offline { why: Some(WaitReason::TlsUnknownCa { .. }) } => {}
        SignInPhase::Waiting { why: WaitReason::Tls { detail }, .. } => assert!(detail.contains("no trusted roots"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_tried_again() {
    let phase = sign_in(&world(&["example.test"]).await, true, "wrong").await;
    assert_eq!(phase, SignInPhase::Offline { why: Some(WaitReason::WrongPassword) });
}

#[tokio::test]
async fn a_certificate_file_that_is_not_there_is_named() {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::new(ServerConfig::new("example.test", Vec::new(), [1; 32], both_clocks()));
    let missing = PathBuf::from("/nonexistent/cert.pem");
    let doors = Doors { tcp: Vec::new(), tls: vec![(any, missing.clone(), missing)], client_ca: None };
    let fault = Serving::open(server, doors).await.map(drop).unwrap_err();
    assert!(fault.to_string().contains("/nonexistent/cert.pem cannot be read"), "{fault}");
}

#[tokio::test]
async fn connections_that_were_sent_away_leave_room_for_others() {
    let mut config = ServerConfig::new("example.test", Vec::new(), [1; 32], both_clocks());
    config.limits.flows = 4;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let doors = Doors { tcp: vec![any], tls: Vec::new(), client_ca: None };
    let (serving, open, _orders) = Serving::open(Server::new(config), doors).await.unwrap();
    tokio::spawn(serving.run());
    let ask = async |bytes: &[u8]| {
        let mut stream = tokio::net::TcpStream::connect(open[0].1).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        answer
    };
    for _ in 0..8 {
        assert_eq!(ask(b"\0\r\n\r\n").await, b"");
        assert!(ask(b"GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.starts_with(b"HTTP/1.1 404"));
    }
}

#[tokio::test]
async fn silent_connections_do_not_keep_newcomers_out() {
    let mut config = ServerConfig::new("example.test", Vec::new(), [1; 32], both_clocks());
    config.limits.flows = 4;
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (serving, open, _orders) =
        Serving::open(Server::new(config), Doors { tcp: vec![any], tls: Vec::new(), client_ca: None }).await.unwrap();
    tokio::spawn(serving.run());
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(tokio::net::TcpStream::connect(open[0].1).await.unwrap());
    }
    // The first is gone before its time is up, and the last is served.
    let gone = timeout(Duration::from_secs(20), silent[0].read(&mut [0; 1])).await.unwrap();
    assert_eq!(gone.unwrap_or(0), 0);
    let last = silent.last_mut().unwrap();
    last.write_all(b"GET /none HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    timeout(Duration::from_secs(20), last.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
}

#[test]
fn lines_of_control() {
    let who = Address::parse("sip:alice@example.test").unwrap();
    let order = |epid: Option<&str>| ServerOrder::Deregister {
        who: who.clone(),
        epid: epid.map(str::to_owned),
        why: Deregistration::Rejected,
    };
    assert_eq!(ServerOrder::parse("deregister alice rejected", "example.test"), Ok(order(None)));
    assert_eq!(
        ServerOrder::parse(" deregister  sip:alice@example.test rejected 1f18002c0c ", "example.test"),
        Ok(order(Some("1f18002c0c")))
    );
    assert_eq!(ServerOrder::parse("cut", "example.test"), Ok(ServerOrder::Cut));
    for line in ["deregister alice", "deregister alice sacked", "deregister alice rejected a b", "dance", "cut it"] {
        assert!(ServerOrder::parse(line, "example.test").is_err(), "{line}");
    }
}
