//! The other end of the socket: finds the running program and talks with it.

use std::future::poll_fn;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::net::UnixStream as Blocking;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::hello::{Hello, Unreached};
use super::place;

/// Longest wait for the running program to say who it is. One that is stopped says nothing.
const HELLO_TIME: Duration = Duration::from_secs(5);

/// Longest first line.
const LONGEST_HELLO: u64 = 256 * 1024;

/// Other running programs that are named where the one looked for is not there.
const OTHERS: usize = 8;

/// Longest line taken of a running program: a contact list of 50,000 people is one line.
const LONGEST_LINE: usize = 64 * 1024 * 1024;

/// Longest wait for the running program to read what was said, at the end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A connection to a running program. Made without a runtime around it; turns into one that needs one.
#[derive(Debug)]
pub struct Line {
    stream: Stream,
    input: BytesMut,
    /// Octets of it that hold no end of a line.
    searched: usize,
    output: BytesMut,
}

#[derive(Debug)]
enum Stream {
    Idle(Option<Blocking>),
    Busy(UnixStream),
}

/// Reaches the program that runs with a data folder.
///
/// # Errors
/// Why not, in words for the user.
pub fn reach(data_dir: &Path, state_dir: &Path) -> Result<(Hello, Line), Unreached> {
    let name = place::name(data_dir);
    for folder in place::folders(state_dir) {
        match greet(&folder.join(&name)) {
            Err(Unreached::Nobody { .. }) => {}
            reached => return reached,
        }
    }
    Err(Unreached::Nobody { data_dir: data_dir.display().to_string(), others: Vec::new() })
}

/// Connects and hears who it is.
///
/// # Errors
/// [`Unreached`]; of a socket that nobody listens at any more, that there is nobody.
pub fn greet(path: &Path) -> Result<(Hello, Line), Unreached> {
    let nobody = || Unreached::Nobody { data_dir: String::new(), others: Vec::new() };
    if !place::is_socket_of_ours(path) {
        return Err(nobody());
    }
    let stream = Blocking::connect(path).map_err(|_| nobody())?;
    let mut first = Vec::new();
    let timed = stream.set_read_timeout(Some(HELLO_TIME));
    // Nothing more is said until something is asked, so nothing is read too early.
    let heard = timed.and_then(|()| BufReader::new(&stream).take(LONGEST_HELLO).read_until(b'\n', &mut first));
    if heard.is_err() {
        return Err(Unreached::Silent);
    }
    let hello = Hello::read(&first)?;
    let stream = Stream::Idle(Some(stream));
    Ok((hello, Line { stream, input: BytesMut::new(), searched: 0, output: BytesMut::new() }))
}

/// Programs that run with other data folders: folder and process.
#[must_use]
pub fn others(state_dir: &Path) -> Vec<(String, u32)> {
    let listed = place::folders(state_dir).into_iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let sockets =
        listed.flatten().flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "sock"));
    let paths: Vec<PathBuf> = sockets.take(OTHERS).collect();
    paths.iter().filter_map(|path| greet(path).ok()).map(|(hello, _)| (hello.data_dir, hello.pid)).collect()
}

impl Line {
    /// Says something; it leaves at once, or while [`Line::next`] is waited for.
    ///
    /// # Errors
    /// The program is gone.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        self.output.extend_from_slice(line.as_bytes());
        self.output.extend_from_slice(b"\n");
        self.stream()?;
        self.write()
    }

    /// The next line; `None` when the program is gone. Needs a tokio runtime around it. Safe to drop at any
    /// time.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Says that nothing more will be said. What was said is answered, then the program ends the connection.
    pub async fn end(&mut self) {
        let end = async {
            poll_fn(|cx| self.poll_written(cx)).await;
            if let Stream::Busy(stream) = &mut self.stream {
                // A stream that is gone cannot be closed, and need not be.
                let _ = tokio::io::AsyncWriteExt::shutdown(stream).await;
            }
        };
        let _ = timeout(LAST_WORDS, end).await;
    }

    fn stream(&mut self) -> io::Result<&UnixStream> {
        if let Stream::Idle(stream) = &mut self.stream {
            let stream = stream.take().ok_or(io::ErrorKind::NotConnected)?;
            stream.set_nonblocking(true)?;
            self.stream = Stream::Busy(UnixStream::from_std(stream)?);
        }
        match &self.stream {
            Stream::Busy(stream) => Ok(stream),
            Stream::Idle(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Sends as much as is taken.
    fn write(&mut self) -> io::Result<()> {
        while !self.output.is_empty() {
            let Stream::Busy(stream) = &self.stream else { return Ok(()) };
            match stream.try_write(&self.output) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => self.output.advance(taken),
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.stream().is_err() || self.write().is_err() || self.output.is_empty() {
                return Poll::Ready(());
            }
            let Stream::Busy(stream) = &self.stream else { return Poll::Ready(()) };
            match stream.poll_write_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        // Whether all is said or not: what comes is read.
        let _ = self.poll_written(cx);
        loop {
            let rest = self.input.get(self.searched..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', rest) {
                let line = self.input.split_to(self.searched + end);
                self.input.advance(1);
                self.searched = 0;
                return Poll::Ready(Some(line.to_vec()));
            }
            self.searched = self.input.len();
            let Ok(stream) = self.stream() else { return Poll::Ready(None) };
            if stream.poll_read_ready(cx).is_pending() {
                return Poll::Pending;
            }
            let mut buffer = [0; 16 * 1024];
            match stream.try_read(&mut buffer) {
                Ok(0) => return Poll::Ready(None),
                Ok(len) if self.input.len() + len <= LONGEST_LINE => {
                    self.input.extend_from_slice(buffer.get(..len).unwrap_or_default());
                }
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => return Poll::Ready(None),
            }
        }
    }
}
