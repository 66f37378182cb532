//! One handshake: how it went, and what the server showed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reasons::handshake_reason;
use super::{Roots, Shown, server_name};
use crate::model::{TELLING, WaitReason};

/// It went well.
#[derive(Debug)]
pub struct Agreed<S> {
    /// The secured stream.
    pub stream: TlsStream<First<S>>,
    /// What the server showed, its own certificate first.
    pub chain: Vec<Shown>,
    /// Whether the server asked for our certificate, and if so, whether one was shown.
    pub asked: Option<bool>,
}

/// It did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for the user.
    pub why: WaitReason,
    /// What the server showed before it failed.
    pub chain: Vec<Shown>,
    /// Which of these is at fault.
    pub at: Option<usize>,
}

impl From<WaitReason> for Refusal {
    fn from(why: WaitReason) -> Self {
        Self { why, chain: Vec::new(), at: None }
    }
}

/// Secures a stream to a server that must be called one of `names`; the first of them is the one a
/// user would expect. `at` says where the server is.
///
/// # Errors
/// [`Refusal`].
pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    roots: &Roots,
    names: Vec<String>,
    expected: &str,
    at: &str,
    patience: Duration,
) -> Result<Agreed<S>, Refusal> {
    let (config, seen) = roots.client(names)?;
    let connect = TlsConnector::from(Arc::new(config)).connect(server_name(expected)?, First::new(stream));
    // The stream comes back with the fault, since what came first of all tells what the peer speaks.
    let outcome = timeout(patience, connect.into_fallible()).await;
    let noted = seen.take();
    let chain = Shown::chain(&noted.chain);
    match outcome {
        Ok(Ok(stream)) => Ok(Agreed { stream, chain, asked: noted.asked }),
        Ok(Err((fault, first))) => {
            let (mut why, at) = match noted.verdict {
                Some(verdict) => (verdict.why, verdict.at),
                None => (handshake_reason(&fault, first.seen(), noted.asked, expected), None),
            };
            if let WaitReason::TlsName { expected: name, .. } = &mut why {
                expected.clone_into(name);
            }
            Err(Refusal { why, chain, at })
        }
        Err(_) => {
            let at = format!("{at} in the TLS handshake");
            Err(Refusal { why: WaitReason::Timeout { at }, chain, at: None })
        }
    }
}

/// A stream that remembers the first octets that came.
#[derive(Debug)]
pub struct First<S> {
    inner: S,
    seen: Vec<u8>,
}

impl<S> First<S> {
    const fn new(inner: S) -> Self {
        Self { inner, seen: Vec::new() }
    }

    fn seen(&self) -> &[u8] {
        &self.seen
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for First<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, into))?;
        let room = TELLING.saturating_sub(self.seen.len());
        let came = into.filled().get(before..).unwrap_or_default();
        self.seen.extend(came.iter().take(room));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for First<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
