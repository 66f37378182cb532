//! One question to a server, to learn what it says before anybody signs in: a REGISTER without
//! credentials and without a contact changes nothing (RFC 3261 section 10.2.3). It names an endpoint,
//! without which servers of the LCS family do not even say how they authenticate ([MS-SIPREGE]).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::model::{Address, Spoken, Stamp, TELLING, WaitReason};
use crate::net::link::{Wire, reason};
use crate::net::wires::Opened;
use crate::runtime::shell::{StartError, random};
use crate::sip::auth::ticket::service_host;
use crate::sip::auth::{Asker, Scheme, offered};
use crate::sip::framing::{Frame, Framer, Limits};
use crate::sip::message::{Message, StartLine, parse_datagram};

/// Longest wait for the answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub code: u16,
    /// The server's words.
    pub reason: String,
    /// Ways to authenticate it offers: `Digest SHA-256`.
    pub schemes: Vec<String>,
    /// The host of the service it wants tickets of Kerberos for.
    pub kerberos: Option<String>,
    /// Its name for itself.
    pub server: Option<String>,
    /// Its clock.
    pub date: Option<Stamp>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Nothing came.
    #[error("no answer to a question in {} s; the port may not speak SIP", ANSWER_TIME.as_secs())]
    Silent,
    /// The connection ended.
    #[error("the server closed the connection instead of answering")]
    Ended(WaitReason),
    /// What came is not SIP.
    #[error("{}", not_sip(*.0))]
    NotSip(Option<Spoken>),
    /// No random numbers.
    #[error(transparent)]
    Start(#[from] StartError),
}

fn ended(fault: &std::io::Error) -> ProbeError {
    ProbeError::Ended(reason(fault))
}

fn not_sip(spoken: Option<Spoken>) -> String {
    match spoken {
        Some(Spoken::Sip) | None => "the answer is not SIP".to_owned(),
        Some(Spoken::Tls) => "the server speaks TLS on this port, not SIP in clear".to_owned(),
        Some(other) => format!("the server does not speak SIP on this port, but {}", other.words()),
    }
}

/// Asks.
///
/// # Errors
/// [`ProbeError`].
pub async fn ask(opened: Opened, who: &Address) -> Result<Answer, ProbeError> {
    let question = question(&opened, who, u64::from_le_bytes(random()?));
    match timeout(ANSWER_TIME, exchange(opened.wire, question.as_bytes())).await {
        Ok(answer) => answer,
        Err(_) => Err(ProbeError::Silent),
    }
}

fn question(opened: &Opened, who: &Address, chance: u64) -> String {
    let (way, local) = (opened.peer.transport.word().to_ascii_uppercase(), opened.peer.local);
    let domain = who.domain();
    format!(
        "REGISTER sip:{domain} SIP/2.0\r\n\
         Via: SIP/2.0/{way} {local};branch=z9hG4bK{chance:016x};rport\r\n\
         Max-Forwards: 70\r\n\
         From: <{who}>;tag={chance:016x};epid={epid:010x}\r\n\
         To: <{who}>\r\n\
         Call-ID: {chance:016x}@probe\r\n\
         CSeq: 1 REGISTER\r\n\
         User-Agent: chinwag/{version}\r\n\
         Content-Length: 0\r\n\r\n",
        epid = chance & 0xff_ffff_ffff,
        version = env!("CARGO_PKG_VERSION"),
    )
}

async fn exchange(wire: Wire, question: &[u8]) -> Result<Answer, ProbeError> {
    match wire {
        Wire::Datagram(socket) => {
            let mut buffer = vec![0; 65_535];
            socket.send(question).await.map_err(|fault| ended(&fault))?;
            loop {
                let len = socket.recv(&mut buffer).await.map_err(|fault| ended(&fault))?;
                let message = parse_datagram(buffer.get(..len).unwrap_or_default()).map_err(|_| ProbeError::NotSip(None))?;
                if let Some(answer) = answer(&message) {
                    return Ok(answer);
                }
            }
        }
        Wire::Stream(mut stream) => {
            let written = stream.write_all(question).await;
            let written = if written.is_ok() { stream.flush().await } else { written };
            let mut first = Vec::new();
            let mut framer = Framer::new(Limits::default());
            let mut buffer = vec![0; 16 * 1024];
            loop {
                // Even where nothing could be written the server may have said why.
                let len = stream.read(&mut buffer).await.map_err(|fault| ended(&fault))?;
                if len == 0 {
                    return Err(written.err().map_or(ProbeError::Ended(WaitReason::Closed), |fault| ended(&fault)));
                }
                let came = buffer.get(..len).unwrap_or_default();
                let room = TELLING.saturating_sub(first.len());
                first.extend(came.iter().take(room));
                if let Some(other) = Spoken::by(&first).filter(|spoken| *spoken != Spoken::Sip) {
                    return Err(ProbeError::NotSip(Some(other)));
                }
                framer.push(came);
                while let Some(frame) = framer.next_frame().map_err(|_| ProbeError::NotSip(Spoken::by(&first)))? {
                    match frame {
                        Frame::Message(message) => {
                            if let Some(answer) = answer(&message) {
                                return Ok(answer);
                            }
                        }
                        Frame::Unreadable(_) => return Err(ProbeError::NotSip(Spoken::by(&first))),
                        Frame::Ping | Frame::Pong => {}
                    }
                }
            }
        }
    }
}

/// A final answer; `None` for anything else.
fn answer(message: &Message) -> Option<Answer> {
    let StartLine::Status { code, reason } = &message.start else { return None };
    if *code < 200 {
        return None;
    }
    let mut schemes = Vec::new();
    for challenge in message.headers.get_all("WWW-Authenticate").chain(message.headers.get_all("Proxy-Authenticate")) {
        let scheme = challenge.split_whitespace().next().unwrap_or_default().to_owned();
        let algorithm = challenge
            .split(',')
            .find_map(|part| part.trim().rsplit(' ').next()?.strip_prefix("algorithm="))
            .map(|name| name.trim_matches('"').to_owned());
        schemes.push(match algorithm {
            Some(algorithm) => format!("{scheme} {algorithm}"),
            None => scheme,
        });
    }
    schemes.truncate(8);
    let kerberos = Asker::ALL.into_iter().find_map(|asker| {
        let offer = offered(message, asker, Scheme::Kerberos)?;
        service_host(&offer).map(str::to_owned)
    });
    let server = message.headers.get("Server").or_else(|| message.headers.get("User-Agent")).map(std::borrow::Cow::into_owned);
    let date = message.headers.get("Date").and_then(|date| jiff::fmt::rfc2822::parse(&date).ok());
    let date = date.map(|date| Stamp::from_millis(date.timestamp().as_millisecond()));
    Some(Answer { code: *code, reason: reason.clone(), schemes, kerberos, server, date })
}
