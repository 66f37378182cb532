//! Clear text is for who asked for it: however TLS fails, no octet reaches a port in clear text that
//! is there and would be gone to next.

use std::sync::PoisonError;

use tokio::io::AsyncReadExt;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::model::Pin;
use crate::net::tls::{Shown, server};

/// How TLS fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    Refused,
    Reset,
    Closed,
    Garbage,
    ClearSip,
    OldTls,
    Silent,
    SelfSigned,
    WrongName,
    WrongPin,
    WantsCertificate,
}

const ALL: [Failing; 11] = [
    Failing::Refused,
    Failing::Reset,
    Failing::Closed,
    Failing::Garbage,
    Failing::ClearSip,
    Failing::OldTls,
    Failing::Silent,
    Failing::SelfSigned,
    Failing::WrongName,
    Failing::WrongPin,
    Failing::WantsCertificate,
];

/// Certificate and key of a server, self-signed.
struct Papers {
    folder: tempfile::TempDir,
    pin: Pin,
}

impl Papers {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { folder, pin: Shown::read(made.cert.der()).unwrap().pin }
    }

    fn cert(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn acceptor(&self, demands: bool) -> TlsAcceptor {
        let cert = self.cert();
        let config = server(&cert, &self.folder.path().join("key.pem"), demands.then_some(cert.as_path())).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A port that should speak TLS and fails like this.
async fn failing(how: Failing, papers: &Papers) -> u16 {
    let (listener, port) = listener().await;
    if how == Failing::Refused {
        return port;
    }
    let acceptor = papers.acceptor(how == Failing::WantsCertificate);
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer: &[u8] = match how {
                Failing::Garbage => &[0xa5; 600],
                Failing::ClearSip => b"SIP/2.0 400 Bad Request\r\n\r\n",
                // The alert protocol_version of TLS 1.0.
                Failing::OldTls => b"\x15\x03\x01\x00\x02\x02\x46",
                _ => b"",
            };
            match how {
                Failing::Reset => {
                    let _ = stream.read(&mut [0; 10]).await;
                    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                }
                Failing::Closed => drop(stream.read(&mut [0; 4096]).await),
                Failing::Silent => held.push(stream),
                Failing::SelfSigned | Failing::WrongName | Failing::WrongPin | Failing::WantsCertificate => {
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
                }
                _ => {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(answer).await;
                }
            }
        }
    });
    port
}

/// What came of opening, and whether anybody came to the port in clear text.
async fn attempt(how: Failing, change: impl FnOnce(&mut ConnectSettings)) -> (Result<Opened, WaitReason>, bool) {
    let named = Papers::new(if how == Failing::WrongName { "other.test" } else { "example.test" });
    let other = Papers::new("example.test");
    let tls = failing(how, &named).await;
    let clear = std::net::TcpListener::bind((HOME, 0)).unwrap();
    clear.set_nonblocking(true).unwrap();
    let clear_port = clear.local_addr().unwrap().port();
    let names = Table::default()
        .with_srv("_sip._tls.example.test", 1, tls, "sip.example.test")
        .with_srv("_sip._tcp.example.test", 1, clear_port, "sip.example.test")
        .with_host("sip.example.test", &[HOME]);
    let connector = connector(names, |settings| {
        settings.limits.handshake = Duration::from_millis(200);
        // Trusted, but where that is what fails.
        settings.trust.ca_file = Some(if how == Failing::SelfSigned { other.cert() } else { named.cert() });
        if how == Failing::WrongPin {
            settings.trust.pins = vec![Pin::new([1; 32])];
        }
        change(settings);
    });
    let outcome = open(&connector, automatic("example.test")).await;
    // Whoever connected is in the queue since before the attempt was over.
    (outcome, clear.accept().is_ok())
}

#[tokio::test]
async fn without_consent_nothing_is_tried_in_clear() {
    for how in ALL {
        let (outcome, came) = attempt(how, |_| {}).await;
        // With TLS 1.3 the demand for a certificate comes after the handshake.
        assert_eq!(outcome.is_ok(), how == Failing::WantsCertificate, "{how:?}: {outcome:?}");
        assert!(!came, "{how:?}: a port in clear text was gone to");
    }
}

#[tokio::test]
async fn with_consent_clear_text_follows_only_where_there_is_no_tls() {
    for how in ALL {
        let (outcome, came) = attempt(how, |settings| settings.clear_text = true).await;
        let expected = matches!(how, Failing::Refused | Failing::Silent);
        assert_eq!(came, expected, "{how:?}: {outcome:?}");
        assert_eq!(outcome.is_ok_and(|opened| opened.peer.transport == Transport::Tcp), expected, "{how:?}");
    }
}

#[tokio::test]
async fn who_pins_a_key_is_never_led_into_clear_text() {
    for how in ALL {
        let (_, came) = attempt(how, |settings| {
            settings.clear_text = true;
            settings.trust.pins = vec![Pin::new([1; 32])];
        })
        .await;
        assert!(!came, "{how:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_was_replaced_is_noticed_at_the_next_link() {
    let (old, new) = (Papers::new("example.test"), Papers::new("example.test"));
    let (listener, port) = listener().await;
    let shown = Arc::new(Mutex::new(old.acceptor(false)));
    let current = shown.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.unwrap();
                let _ = stream.read(&mut [0; 1]).await;
            });
        }
    });
    let to = || Target { tls_name: "example.test".into(), ..target("127.0.0.1", Some(port), None) };
    let trusting = connector(Table::default(), |settings| settings.trust.ca_file = Some(old.cert()));
    let pinning = connector(Table::default(), |settings| settings.trust.pins = vec![old.pin]);
    let held = (open(&trusting, to()).await.unwrap(), open(&pinning, to()).await.unwrap());
    *shown.lock().unwrap() = new.acceptor(false);
    let why = open(&trusting, to()).await.unwrap_err();
    assert!(matches!(why, WaitReason::TlsUnknownCa { .. }), "{why:?}");
    let why = open(&pinning, to()).await.unwrap_err();
    assert_eq!(why, WaitReason::TlsKeyChanged { expected: vec![old.pin], found: new.pin });
    drop(held);
}
