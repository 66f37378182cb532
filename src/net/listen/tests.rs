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
async fn one_too_many_is_turned_away() {
    let (mut flows, at) = listening(1).await;
    let first = TcpStream::connect(at).await.unwrap();
    let id = up(&mut flows).await;
    let mut second = TcpStream::connect(at).await.unwrap();
    assert_eq!(second.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert_eq!(flows.len(), 1);
    drop(first);
    assert_eq!(flows.next().await, FlowEvent::Down(id));
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
