//! Listeners over the loopback interface.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::net::link::WRITE_LIMIT;

async fn listening(connections: usize) -> (Flows, SocketAddr) {
    let mut flows = Flows::new(connections);
    let at = flows.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None).await.unwrap();
    (flows, at)
}

async fn up(flows: &mut Flows) -> u64 {
    match flows.next().await {
        FlowEvent::Up(id, facts) => {
            assert_eq!(facts.transport, Transport::Tcp);
            id
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn bytes_go_both_ways_and_the_end_is_told() {
    let (mut flows, at) = listening(4).await;
    let mut client = TcpStream::connect(at).await.unwrap();
    let id = up(&mut flows).await;
    client.write_all(b"ping").await.unwrap();
    assert_eq!(flows.next().await, FlowEvent::Bytes(id, Bytes::from_static(b"ping")));
    flows.send(id, Bytes::from_static(b"pong"));
    let mut word = [0; 4];
    client.read_exact(&mut word).await.unwrap();
    assert_eq!(&word, b"pong");
    drop(client);
    assert_eq!(flows.next().await, FlowEvent::Down(id));
    assert!(flows.is_empty());
}

#[tokio::test]
async fn close_lets_the_rest_out_and_cut_does_not_wait() {
    let (mut flows, at) = listening(4).await;
    let mut client = TcpStream::connect(at).await.unwrap();
    let id = up(&mut flows).await;
    flows.send(id, Bytes::from_static(b"bye"));
    flows.close(id);
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "bye");
    assert_eq!(flows.next().await, FlowEvent::Down(id), "who holds something for it must learn that it is gone");

    let mut client = TcpStream::connect(at).await.unwrap();
    let id = up(&mut flows).await;
    flows.cut_all();
    assert_eq!(flows.next().await, FlowEvent::Down(id));
    assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn one_too_many_waits_until_another_ends() {
    let (mut flows, at) = listening(1).await;
    let _first = TcpStream::connect(at).await.unwrap();
    let id = up(&mut flows).await;
    let mut second = TcpStream::connect(at).await.unwrap();
    second.write_all(b"hello").await.unwrap();
    flows.cut(id);
    assert_eq!(flows.next().await, FlowEvent::Down(id));
    let next = up(&mut flows).await;
    assert_eq!(flows.next().await, FlowEvent::Bytes(next, Bytes::from_static(b"hello")));
}

#[tokio::test]
async fn who_waits_longest_at_a_full_door_gives_way() {
    let (mut flows, at) = listening(1).await;
    let _first = TcpStream::connect(at).await.unwrap();
    let id = up(&mut flows).await;
    let mut waiting = Vec::new();
    for _ in 0..=AT_THE_DOOR {
        waiting.push(TcpStream::connect(at).await.unwrap());
    }
    assert_eq!(waiting[0].read(&mut [0; 1]).await.unwrap_or(0), 0, "turned away");
    flows.cut(id);
    assert_eq!(flows.next().await, FlowEvent::Down(id));
    waiting[1].write_all(b"hello").await.unwrap();
    let next = up(&mut flows).await;
    assert_eq!(flows.next().await, FlowEvent::Bytes(next, Bytes::from_static(b"hello")), "the others stay");
}

#[tokio::test]
async fn silent_handshakes_give_way_to_new_ones() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut flows = Flows::new(1);
    let at = flows.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Some(Arc::new(config))).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..AT_THE_DOOR {
        silent.push(TcpStream::connect(at).await.unwrap());
    }
    let stream = TcpStream::connect(at).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let _client = connector.connect(name, stream).await.unwrap();
    assert!(matches!(flows.next().await, FlowEvent::Up(_, FlowFacts { transport: Transport::Tls, .. })));
    assert_eq!(silent[0].read(&mut [0; 1]).await.unwrap_or(0), 0, "turned away");
}

#[tokio::test]
async fn a_client_that_never_reads_is_dropped_and_costs_the_others_nothing() {
    let (mut flows, at) = listening(4).await;
    let _deaf = TcpStream::connect(at).await.unwrap();
    let deaf = up(&mut flows).await;
    let mut client = TcpStream::connect(at).await.unwrap();
    let other = up(&mut flows).await;
    // More than its socket buffers and ours can hold.
    let piece = Bytes::from(vec![b'x'; WRITE_LIMIT / 2]);
    for _ in 0..64 {
        flows.send(deaf, piece.clone());
        tokio::task::yield_now().await;
    }
    assert_eq!(flows.next().await, FlowEvent::Down(deaf));
    flows.send(other, Bytes::from_static(b"still here"));
    let mut words = [0; 10];
    client.read_exact(&mut words).await.unwrap();
    assert_eq!(&words, b"still here");
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_and_one_that_was_left_is_free() {
    let (mut flows, at) = listening(1).await;
    assert_eq!(Flows::new(1).listen(at, None).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    flows.stop_listening().await;
    assert_eq!(TcpStream::connect(at).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    flows.listen(at, None).await.unwrap();
}

#[tokio::test]
async fn nobody_is_turned_away_because_many_come_at_once() {
    // Fewer than the system's queue holds where it is short.
    let most = AT_THE_DOOR + 32;
    let (mut flows, at) = listening(most).await;
    // The door had no turn yet: they wait in the system's queue.
    let clients: Vec<_> = (0..most).map(|_| std::net::TcpStream::connect(at).unwrap()).collect();
    for _ in 0..most {
        up(&mut flows).await;
    }
    assert_eq!(flows.len(), clients.len());
}
