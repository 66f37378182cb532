//! Connecting over the loopback interface, with names answered from a table.

use std::collections::BTreeMap;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::*;
use crate::net::resolve::{Lookup, LookupFault};

#[derive(Debug, Default)]
struct Table {
    srv: BTreeMap<String, Vec<Srv>>,
    hosts: BTreeMap<String, Vec<IpAddr>>,
    silent: bool,
}

impl Names for Table {
    fn srv(&self, name: &str) -> Lookup<Srv> {
        let found = self.srv.get(name).cloned();
        Box::pin(async move { found.ok_or(LookupFault::NotFound) })
    }

    fn addresses(&self, host: &str) -> Lookup<IpAddr> {
        let (found, silent) = (self.hosts.get(host).cloned(), self.silent);
        Box::pin(async move { if silent { std::future::pending().await } else { found.ok_or(LookupFault::NotFound) } })
    }
}

fn connector(names: Table, change: impl FnOnce(&mut ConnectSettings)) -> Connector {
    let mut settings = ConnectSettings::new(None, 1);
    settings.trust.system = false;
    change(&mut settings);
    Connector::with_names(settings, Arc::new(names))
}

fn target(host: &str, port: Option<u16>, transport: Option<Transport>) -> Target {
    Target { host: host.into(), port, transport, tls_name: host.into() }
}

async fn open(connector: &Connector, to: Target) -> Result<Opened, WaitReason> {
    connector.open(to, Progress::ignored()).await
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
    let srv = |priority, port, host: &str| Srv { priority, weight: 0, port, host: host.into() };
    let names = Table {
        srv: [("_sip._tcp.example.test".into(), vec![srv(2, port, "two.test"), srv(1, dead_port, "one.test")])].into(),
        hosts: [("one.test".into(), vec![HOME]), ("two.test".into(), vec![HOME])].into(),
        silent: false,
    };
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
    let names = Table { silent: true, ..Table::default() };
    let before = tokio::time::Instant::now();
    let fault = open(&connector(names, |_| {}), target("slow.test", Some(5060), Some(Transport::Tcp))).await.unwrap_err();
    assert_eq!(fault, WaitReason::NameNotFound { name: "slow.test".into() });
    assert_eq!(before.elapsed(), Limits::default().lookup);
}

#[tokio::test]
async fn a_host_that_never_answers_times_out() {
    // A listener whose queue is full drops what comes, as a black hole does.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(HOME, 0)).unwrap();
    let at = socket.local_addr().unwrap();
    let _full = socket.listen(0).unwrap();
    let mut held = Vec::new();
    let quick = Duration::from_millis(100);
    while let Ok(Ok(stream)) = timeout(quick, TcpStream::connect(at)).await {
        held.push(stream);
        assert!(held.len() < 64, "the queue never fills here");
    }
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
    assert_eq!(fault, WaitReason::Tls { detail: "the server does not speak TLS on this port".into() });
    connected.notified().await;
    assert!(timeout(Duration::from_millis(50), connected.notified()).await.is_err(), "tried again in clear");
}

#[tokio::test]
async fn clear_text_follows_where_no_tls_is_offered_and_the_user_allows_it() {
    let (_alive, port) = listener().await;
    let of = |name: &str, port, host: &str| (name.to_owned(), vec![Srv { priority: 1, weight: 0, port, host: host.into() }]);
    for allowed in [true, false] {
        let names = Table {
            // The target `.` declines the service (RFC 2782).
            srv: [of("_sips._tcp.example.test", 0, "."), of("_sip._tcp.example.test", port, "one.test")].into(),
            hosts: [("one.test".into(), vec![HOME])].into(),
            silent: false,
        };
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
