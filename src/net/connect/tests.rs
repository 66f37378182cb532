//! Connecting over the loopback interface, with names answered from a table.

mod clear;
mod policy;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use tokio::net::UdpSocket;

use super::*;
use crate::backend::servers::Met;
use crate::net::locate::tests::Table;

fn connector(names: Table, change: impl FnOnce(&mut ConnectSettings)) -> Connector {
    let mut settings = ConnectSettings::new(crate::model::TransportRules::default(), None, 1);
    settings.trust.system = false;
    change(&mut settings);
    Connector::with_names(settings, Arc::new(names))
}

fn target(host: &str, port: Option<u16>, transport: Option<Transport>) -> Target {
    Target { host: host.into(), port, transport, tls_name: host.into(), automatic: false }
}

async fn open(connector: &Connector, to: Target) -> Result<Opened, WaitReason> {
    connector.open(to, Known::default(), Progress::ignored()).await
}

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((HOME, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn srv_leads_to_the_port_and_dead_servers_are_passed_over() {
    let (_alive, port) = listener().await;
    let (dead, dead_port) = listener().await;
    drop(dead);
    let names = Table::default()
        .with_srv("_sip._tcp.example.test", 2, port, "two.test")
        .with_srv("_sip._tcp.example.test", 1, dead_port, "one.test")
        .with_host("one.test", &[HOME])
        .with_host("two.test", &[HOME]);
    let opened = open(&connector(names, |_| {}), target("example.test", None, Some(Transport::Tcp))).await.unwrap();
    assert_eq!(opened.peer.server, format!("two.test:{port}"));
    assert_eq!(opened.peer.transport, Transport::Tcp);
    assert_eq!(opened.peer.peer, SocketAddr::new(HOME, port));
}

#[tokio::test]
async fn a_refused_port_and_an_unknown_name_are_told_apart() {
    let (dead, port) = listener().await;
    drop(dead);
    let connector = connector(Table::default(), |_| {});
    let refused = open(&connector, target("127.0.0.1", Some(port), Some(Transport::Tcp))).await.unwrap_err();
    assert_eq!(refused, WaitReason::Refused { at: format!("127.0.0.1:{port}") });
    let unknown = open(&connector, target("nowhere.test", None, Some(Transport::Tcp))).await.unwrap_err();
    assert_eq!(unknown, WaitReason::NameNotFound { name: "nowhere.test".into() });
}

#[tokio::test(start_paused = true)]
async fn a_silent_name_server_is_given_up() {
    let names = Table::default().with_silence("slow.test");
    let before = tokio::time::Instant::now();
    let fault = open(&connector(names, |_| {}), target("slow.test", Some(5060), Some(Transport::Tcp))).await.unwrap_err();
    assert_eq!(fault, WaitReason::NameNotFound { name: "slow.test".into() });
    assert_eq!(before.elapsed(), Limits::default().answer);
}

#[tokio::test]
async fn a_host_that_never_answers_times_out() {
    let (_full, _held, at) = black_hole(HOME, 0).await;
    let quick = Duration::from_millis(100);
    let connector = connector(Table::default(), |settings| settings.limits.connect = quick);
    let fault = open(&connector, target("127.0.0.1", Some(at.port()), Some(Transport::Tcp))).await.unwrap_err();
    assert_eq!(fault, WaitReason::Timeout { at: at.to_string() });
}

#[tokio::test]
async fn clear_text_never_follows_a_failed_tls() {
    let (listener, port) = listener().await;
    let connected = Arc::new(Notify::new());
    let seen = connected.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            seen.notify_one();
            let _ = stream.write_all(b"SIP/2.0 400 Bad Request\r\n\r\n").await;
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    let cert = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert;
    std::fs::write(&ca, cert.pem()).unwrap();
    let connector = connector(Table::default(), |settings| {
        settings.clear_text = true;
        settings.trust.ca_file = Some(ca);
    });
    let fault = open(&connector, target("127.0.0.1", Some(port), None)).await.unwrap_err();
    let WaitReason::Tls { detail } = fault else { panic!("{fault:?}") };
    assert!(detail.starts_with("the server speaks SIP in clear on this port, not TLS"), "{detail}");
    connected.notified().await;
    assert!(timeout(Duration::from_millis(50), connected.notified()).await.is_err(), "tried again in clear");
}

#[tokio::test]
async fn clear_text_follows_where_no_tls_is_offered_and_the_user_allows_it() {
    let (_alive, port) = listener().await;
    for allowed in [true, false] {
        let names = Table::default()
            // The target `.` declines the service (RFC 2782).
            .with_srv("_sips._tcp.example.test", 1, 0, "")
            .with_srv("_sip._tcp.example.test", 1, port, "one.test")
            .with_host("one.test", &[HOME]);
        let outcome = open(&connector(names, |s| s.clear_text = allowed), target("example.test", None, None)).await;
        if allowed {
            let peer = outcome.unwrap().peer;
            assert_eq!((peer.transport, peer.peer.port()), (Transport::Tcp, port));
        } else {
            assert_eq!(outcome.unwrap_err(), WaitReason::NameNotFound { name: "example.test".into() });
        }
    }
}

#[tokio::test]
async fn datagrams_go_both_ways_whole() {
    let server = UdpSocket::bind((HOME, 0)).await.unwrap();
    let port = server.local_addr().unwrap().port();
    let opened = open(&connector(Table::default(), |_| {}), target("127.0.0.1", Some(port), Some(Transport::Udp))).await.unwrap();
    assert_eq!(opened.peer.transport, Transport::Udp);
    let mut link = crate::net::link::Link::new(opened.wire);
    link.send(bytes::Bytes::from_static(b"one")).unwrap();
    link.send(bytes::Bytes::from_static(b"two")).unwrap();
    let mut buffer = vec![0; 2048];
    let mut heard = Vec::new();
    let mut theirs = [0; 64];
    while heard.len() < 2 {
        tokio::select! {
            polled = std::future::poll_fn(|cx| link.poll(cx, true, &mut buffer)) => panic!("{polled:?}"),
            received = server.recv_from(&mut theirs) => {
                let (len, from) = received.unwrap();
                heard.push(theirs[..len].to_vec());
                server.send_to(&vec![b'r'; 1000 * heard.len()], from).await.unwrap();
            }
        }
    }
    assert_eq!(heard, [b"one", b"two"]);
    for len in [1000, 2000] {
        let polled = std::future::poll_fn(|cx| link.poll(cx, true, &mut buffer)).await;
        assert_eq!(polled, crate::net::link::Polled::Bytes(len));
    }
}

#[tokio::test]
async fn a_datagram_to_nobody_is_refused() {
    let gone = UdpSocket::bind((HOME, 0)).await.unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let opened = open(&connector(Table::default(), |_| {}), target("127.0.0.1", Some(port), Some(Transport::Udp))).await.unwrap();
    let mut link = crate::net::link::Link::new(opened.wire);
    // The network answers the first one; the second one, a retransmission in life, hears of it.
    link.send(bytes::Bytes::from_static(b"anybody?")).unwrap();
    link.send(bytes::Bytes::from_static(b"anybody?")).unwrap();
    let mut buffer = [0; 64];
    let ended = timeout(Duration::from_secs(5), std::future::poll_fn(|cx| link.poll(cx, true, &mut buffer)));
    let polled = ended.await.expect("the network says nothing");
    let why = WaitReason::Refused { at: format!("127.0.0.1:{port}") };
    assert_eq!(polled, crate::net::link::Polled::Ended(why));
}

/// A listener whose queue is full drops what comes, as a black hole does.
async fn black_hole(ip: IpAddr, port: u16) -> (tokio::net::TcpListener, Vec<TcpStream>, SocketAddr) {
    let socket = if ip.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }.unwrap();
    socket.bind(SocketAddr::new(ip, port)).unwrap();
    let at = socket.local_addr().unwrap();
    let full = socket.listen(0).unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(100), TcpStream::connect(at)).await {
        held.push(stream);
        assert!(held.len() < 64, "the queue never fills here");
    }
    (full, held, at)
}

fn automatic(domain: &str) -> Target {
    Target { automatic: true, ..target(domain, None, None) }
}

#[tokio::test]
async fn the_other_family_wins_when_the_first_one_leads_nowhere() {
    let (_alive, port) = listener().await;
    let hole = black_hole(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), port).await;
    // Without IPv6 on this machine the first address fails at once, which is as good here.
    let addresses = [IpAddr::V6(Ipv6Addr::LOCALHOST), hole.2.ip(), HOME];
    let names = Table::default().with_host("both.test", &addresses);
    let connector = connector(names, |settings| {
        settings.limits.head_start = Duration::from_millis(10);
        // Whoever waits for the black hole never comes back.
        settings.limits.connect = Duration::from_hours(1);
        settings.limits.total = Duration::from_hours(2);
    });
    let opened = open(&connector, target("both.test", Some(port), Some(Transport::Tcp))).await.unwrap();
    assert_eq!(opened.peer.peer, SocketAddr::new(HOME, port));
}

#[tokio::test]
async fn a_black_hole_is_passed_over_and_goes_behind_the_next_time() {
    let (_alive, port) = listener().await;
    let hole = black_hole(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3)), port).await;
    let names = Table::default()
        .with_srv("_sip._tcp.example.test", 1, port, "a.example.test")
        .with_srv("_sip._tcp.example.test", 1, port, "b.example.test")
        .with_host("a.example.test", &[hole.2.ip()])
        .with_host("b.example.test", &[HOME]);
    let mut tried = Vec::new();
    // A seed that leads to the black hole first.
    for seed in 0..16 {
        let names = Table { srv: names.srv.clone(), hosts: names.hosts.clone(), ..Table::default() };
        let connector = connector(names, |settings| {
            settings.seed = seed;
            settings.limits.connect = Duration::from_millis(300);
        });
        let to = Target { transport: Some(Transport::Tcp), ..automatic("example.test") };
        let first = open(&connector, to.clone()).await.unwrap();
        assert_eq!(first.peer.server, format!("b.example.test:{port}"));
        tried = connector.shared.failed_lately(&Known::default()).into_iter().collect();
        if !tried.is_empty() {
            assert_eq!(open(&connector, to).await.unwrap().peer.server, first.peer.server);
            break;
        }
    }
    assert_eq!(tried, [("a.example.test".to_owned(), port)]);
}

#[tokio::test(start_paused = true)]
async fn an_opening_ends_whatever_the_number_of_servers() {
    let (dead, port) = listener().await;
    drop(dead);
    let mut names = Table::default();
    for n in 0..100 {
        names = names.with_srv("_sip._tcp.example.test", n, port, &format!("h{n}.example.test"));
        names = names.with_silence(&format!("h{n}.example.test"));
    }
    let before = Instant::now();
    let to = Target { transport: Some(Transport::Tcp), ..automatic("example.test") };
    let why = open(&connector(names, |_| {}), to).await.unwrap_err();
    assert_eq!(why, WaitReason::NameNotFound { name: "h0.example.test".into() });
    assert_eq!(before.elapsed(), Limits::default().answer);
}

#[tokio::test]
async fn what_was_guessed_and_does_not_exist_is_no_reason() {
    let why = open(&connector(Table::default(), |s| s.clear_text = true), automatic("nowhere.test")).await.unwrap_err();
    assert_eq!(why, WaitReason::NameNotFound { name: "nowhere.test".into() });
}

#[tokio::test]
async fn a_server_outside_the_domain_is_told_as_such() {
    let names = Table::default().with_srv("_sip._tls.example.test", 1, 443, "example.hoster.test");
    let connector = connector(names, |settings| settings.strict_server_names = true);
    let why = open(&connector, automatic("example.test")).await.unwrap_err();
    assert_eq!(why, WaitReason::ServerOutside { server: "example.hoster.test".into(), domain: "example.test".into() });
}

/// A TLS server with a certificate for this name: its port, and the certificate.
async fn secured(dir: &std::path::Path, name: &str) -> (u16, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let (cert, key) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.key")));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(crate::net::tls::server(&cert, &key, None).unwrap()));
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            held.extend(acceptor.accept(stream).await.ok());
        }
    });
    (port, cert)
}

#[tokio::test]
async fn certificates_of_servers_found_for_a_domain() {
    // Server found, name in its certificate, whether it counts, and under the strict rule.
    let table = [
        ("sip.example.test", "example.test", true, true),
        ("sip.example.test", "sip.example.test", true, true),
        ("pool.example.test", "pool.example.test", true, false),
        ("pool.example.test", "sip.example.test", false, false),
        ("pool.hoster.test", "pool.hoster.test", false, false),
        ("pool.hoster.test", "example.test", true, false),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (server, certificate, counts, strictly) in table {
        let (port, ca) = secured(dir.path(), certificate).await;
        for strict in [false, true] {
            let names = Table::default().with_srv("_sip._tls.example.test", 1, port, server).with_host(server, &[HOME]);
            let connector = connector(names, |settings| {
                settings.trust.ca_file = Some(ca.clone());
                settings.strict_server_names = strict;
            });
            let outcome = open(&connector, automatic("example.test")).await.map(|opened| opened.peer.server);
            let case = (server, certificate, strict);
            if if strict { strictly } else { counts } {
                assert_eq!(outcome, Ok(format!("{server}:{port}")), "{case:?}");
            } else if strict && server != "sip.example.test" {
                let why = WaitReason::ServerOutside { server: server.into(), domain: "example.test".into() };
                assert_eq!(outcome, Err(why), "{case:?}");
            } else {
                let why = WaitReason::TlsName { expected: "example.test".into(), found: vec![certificate.into()] };
                assert_eq!(outcome, Err(why), "{case:?}");
            }
        }
    }
}

#[tokio::test]
async fn answers_that_led_nowhere_are_not_kept() {
    let (dead, port) = listener().await;
    drop(dead);
    let mut settings = ConnectSettings::new(crate::model::TransportRules::default(), None, 1);
    settings.dns = Some("127.0.0.1:9".into());
    let connector = Connector::new(settings);
    let names = async || connector.shared.kept.names(Some("127.0.0.1:9")).await.unwrap();
    let before = names().await;
    assert!(Arc::ptr_eq(&before, &names().await));
    let why = open(&connector, target("127.0.0.1", Some(port), Some(Transport::Tcp))).await.unwrap_err();
    assert!(matches!(why, WaitReason::Refused { .. }));
    assert!(!Arc::ptr_eq(&before, &names().await));
}

fn met(server: &str, at: SocketAddr) -> Met {
    Met { server: server.into(), at, spoke: false }
}

async fn open_knowing(connector: &Connector, to: &Target, known: Known) -> Result<Opened, WaitReason> {
    connector.open(to.clone(), known, Progress::ignored()).await
}

#[tokio::test]
async fn who_is_shut_is_not_gone_to_and_who_is_poor_comes_last() {
    let (_alive, port) = listener().await;
    let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));
    let _other = TcpListener::bind((other, port)).await.unwrap();
    let (dead, dead_port) = listener().await;
    drop(dead);
    let names = Table::default()
        .with_srv("_sip._tcp.example.test", 1, dead_port, "one.test")
        .with_srv("_sip._tcp.example.test", 2, port, "two.test")
        .with_srv("_sip._tcp.example.test", 3, port, "three.test")
        .with_host("one.test", &[HOME])
        .with_host("two.test", &[HOME, other])
        .with_host("three.test", &[HOME]);
    let connector = connector(names, |_| {});
    let to = target("example.test", None, Some(Transport::Tcp));
    let two = format!("two.test:{port}");
    let (at, at_other) = (SocketAddr::new(HOME, port), SocketAddr::new(other, port));
    let first = open_knowing(&connector, &to, Known::default()).await.unwrap().peer;
    assert_eq!((&first.server, first.peer, first.second_best), (&two, at, true));
    // One that was silent at an address may do better at another.
    let known = Known { poor: vec![met(&two, at)], ..Known::default() };
    assert_eq!(open_knowing(&connector, &to, known).await.unwrap().peer.peer, at_other);
    let known = Known { shut: vec![met(&two, at)], goes_on: true, ..Known::default() };
    assert_eq!(open_knowing(&connector, &to, known).await.unwrap().peer.peer, at_other);
    let shut = vec![met(&two, at), met(&two, at_other)];
    let known = Known { shut: shut.clone(), goes_on: true, ..Known::default() };
    assert_eq!(open_knowing(&connector, &to, known).await.unwrap().peer.server, format!("three.test:{port}"));
    // The dead one is tried once in an attempt, and may be there again in the next one.
    let _back = TcpListener::bind((HOME, dead_port)).await.unwrap();
    let shut = [shut, vec![met(&format!("three.test:{port}"), at)]].concat();
    let known = Known { shut: shut.clone(), goes_on: true, ..Known::default() };
    let why = open_knowing(&connector, &to, known).await.unwrap_err();
    assert_eq!(why, WaitReason::Refused { at: format!("127.0.0.1:{dead_port}") });
    let known = Known { shut: shut.clone(), ..Known::default() };
    let first = open_knowing(&connector, &to, known).await.unwrap().peer;
    assert_eq!((first.server, first.second_best), (format!("one.test:{dead_port}"), false));
    let shut = [shut, vec![met(&format!("one.test:{dead_port}"), SocketAddr::new(HOME, dead_port))]].concat();
    let known = Known { shut, ..Known::default() };
    assert_eq!(open_knowing(&connector, &to, known).await.unwrap_err(), WaitReason::NoOtherServer);
}

#[tokio::test]
async fn only_a_better_server_will_do() {
    let (dead, port) = listener().await;
    let (_alive, second) = listener().await;
    drop(dead);
    let names = Table::default()
        .with_srv("_sip._tcp.example.test", 1, port, "one.test")
        .with_srv("_sip._tcp.example.test", 2, second, "peer.test")
        .with_srv("_sip._tcp.example.test", 2, second, "two.test")
        .with_host("one.test", &[HOME])
        .with_host("peer.test", &[HOME])
        .with_host("two.test", &[HOME]);
    let connector = connector(names, |_| {});
    let to = target("example.test", None, Some(Transport::Tcp));
    let better = || Known { better_than: Some((Transport::Tcp, format!("two.test:{second}"))), ..Known::default() };
    let why = open_knowing(&connector, &to, better()).await.unwrap_err();
    assert_eq!(why, WaitReason::Refused { at: format!("127.0.0.1:{port}") }, "its peers are no better");
    let _back = TcpListener::bind((HOME, port)).await.unwrap();
    let opened = open_knowing(&connector, &to, better()).await.unwrap();
    assert_eq!((opened.peer.server, opened.peer.second_best), (format!("one.test:{port}"), false));
    let best = Known { better_than: Some((Transport::Tcp, format!("one.test:{port}"))), ..Known::default() };
    assert_eq!(open_knowing(&connector, &to, best).await.unwrap_err(), WaitReason::NoOtherServer);
}
