//! What policy says of connections is done by whoever opens them, whatever they were asked for.

use super::*;
use crate::model::TransportRules;

fn forbids(words: &str) -> WaitReason {
    WaitReason::Policy { whose: words.to_owned() }
}

#[tokio::test]
async fn a_way_that_is_not_allowed_is_not_gone() {
    let (_alive, port) = listener().await;
    let rules = TransportRules { allowed: Some((vec![Transport::Tls], "P".into())), ..TransportRules::default() };
    let closed = connector(Table::default(), |settings| settings.policy = rules.clone());
    let tcp = target("127.0.0.1", Some(port), Some(Transport::Tcp));
    assert_eq!(open(&closed, tcp.clone()).await.err(), Some(forbids("P")));
    // Nobody was asked, and nothing was sent.
    let udp = target("127.0.0.1", Some(port), Some(Transport::Udp));
    assert_eq!(open(&closed, udp).await.err(), Some(forbids("P")));
    let shut = TransportRules { closed: Some("Q".into()), ..TransportRules::default() };
    assert_eq!(open(&connector(Table::default(), |settings| settings.policy = shut), tcp).await.err(), Some(forbids("Q")));
}

#[tokio::test]
async fn links_leave_from_a_port_of_the_range() {
    // Two ports that were free a moment ago.
    let low = loop {
        let port = listener().await.1;
        if port < 65_000 && TcpListener::bind((HOME, port + 1)).await.is_ok() {
            break port;
        }
    };
    let (server, port) = listener().await;
    let rules = TransportRules { ports: Some((low, low + 1)), ..TransportRules::default() };
    let connector = connector(Table::default(), |settings| settings.policy = rules);
    let to = target("127.0.0.1", Some(port), Some(Transport::Tcp));
    let one = open(&connector, to.clone()).await.unwrap();
    let two = open(&connector, to.clone()).await.unwrap();
    let mut used = [one.peer.local.port(), two.peer.local.port()];
    used.sort_unstable();
    assert_eq!(used, [low, low + 1]);
    assert_eq!(server.accept().await.unwrap().1.port(), one.peer.local.port());
    let why = open(&connector, to).await.unwrap_err();
    assert!(matches!(&why, WaitReason::Network { .. }), "no port is left: {why:?}");
    let datagrams = UdpSocket::bind((HOME, 0)).await.unwrap();
    let udp = target("127.0.0.1", Some(datagrams.local_addr().unwrap().port()), Some(Transport::Udp));
    let third = open(&connector, udp).await.unwrap();
    assert!((low..=low + 1).contains(&third.peer.local.port()));
}
