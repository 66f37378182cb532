//! What is told of the way, with names answered from a table.

use tokio::net::TcpListener;

use super::*;
use crate::net::locate::tests::Table;

fn domain(transport: Option<Transport>) -> Target {
    let domain = "d.test".to_owned();
    Target { tls_name: domain.clone(), host: domain, port: None, transport, automatic: true }
}

fn settings(change: impl FnOnce(&mut ConnectSettings)) -> ConnectSettings {
    let mut settings = ConnectSettings::new(crate::model::TransportRules::default(), None, 1);
    change(&mut settings);
    settings
}

async fn told(table: Table, to: &Target, settings: &ConnectSettings) -> (Vec<String>, Option<PeerInfo>) {
    let mut told = Vec::new();
    let opened = survey_with(Arc::new(table), to, settings, |finding| {
        let grade = match finding.outcome {
            Outcome::Fine => "fine",
            Outcome::Odd => "odd",
            Outcome::Failed(_) => "failed",
        };
        told.push(format!("{grade} {}: {}", finding.step, finding.text));
    })
    .await;
    (told, opened.map(|opened| opened.peer))
}

#[tokio::test]
async fn every_question_and_answer_is_told_in_order() {
    let (listener, port) = listener().await;
    let table = Table::default()
        .with_silence("_sipinternal._tcp.d.test")
        .with_naptr("d.test", 1, "SIP+D2T", "_a.d.test")
        .with_naptr("d.test", 2, "SIP+D2T", "_b.d.test")
        .with_srv("_a.d.test", 1, 0, "")
        .with_srv("_b.d.test", 1, port, "d.hoster.test")
        .with_srv("_b.d.test", 2, port, "nowhere.d.test")
        .with_srv("_b.d.test", 3, port, "sip.d.test")
        .with_host("sip.d.test", &["127.0.0.1".parse().unwrap()]);
    let (told, peer) =
        told(table, &domain(Some(Transport::Tcp)), &settings(|settings| settings.limits.answer = Duration::from_millis(20)))
            .await;
    assert_eq!(peer.unwrap().server, format!("sip.d.test:{port}"));
    let expected = [
        "odd name: SRV _sipinternal._tcp.d.test: the name server gave no answer".to_owned(),
        "fine name: NAPTR d.test for SIP+D2T: _a.d.test, _b.d.test".to_owned(),
        "odd name: SRV _a.d.test: the domain says it does not offer this".to_owned(),
        format!("fine name: SRV _b.d.test: d.hoster.test:{port}, nowhere.d.test:{port}, sip.d.test:{port}"),
        "failed name: a server was passed over".to_owned(),
        "failed address: nowhere.d.test".to_owned(),
        format!("fine address: sip.d.test:{port}: 127.0.0.1:{port}"),
    ];
    assert_eq!(told[..7], expected);
    drop(listener);
}

#[tokio::test]
async fn the_way_ends_where_a_connection_would_not_go_on() {
    let (listener, port) = listener().await;
    // A server that does not speak TLS, where TLS should be.
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"SIP/2.0 400 Bad Request\r\n\r\n").await;
        }
    });
    let table = Table::default()
        .with_srv("_sip._tls.d.test", 1, port, "sip.d.test")
        .with_srv("_sip._tcp.d.test", 1, port, "sip.d.test")
        .with_host("sip.d.test", &["127.0.0.1".parse().unwrap()]);
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, rcgen::generate_simple_self_signed(vec!["d.test".to_owned()]).unwrap().cert.pem()).unwrap();
    let settings = settings(|settings| {
        settings.clear_text = true;
        settings.trust.ca_file = Some(ca);
    });
    let (told, peer) = told(table, &domain(None), &settings).await;
    assert_eq!(peer, None);
    let last = "odd connect: nothing is tried in clear after a server that answered by TLS and is not who it should be";
    assert_eq!(told.last().map(String::as_str), Some(last), "{told:#?}");
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}
