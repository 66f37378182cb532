//! Asks a scanner what it thinks of a file. Whatever goes wrong is an answer too: it has not looked.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use crate::config::Scanner;
use crate::inspect::Scan;
use crate::inspect::scanner::{Instream, NotLooked, Reply, of_command};

/// Longest wait for a verdict: large archives take their time.
const LONGEST: Duration = Duration::from_mins(5);
const PIECE: usize = 256 * 1024;
/// Octets of a program's words that are read.
const WORDS: u64 = 4096;

/// What the scanner says.
pub(super) async fn scan(scanner: &Scanner, file: &mut File, path: &Path) -> Scan {
    let asked = async {
        match scanner {
            Scanner::Clamd(socket) => clamd(socket, file).await,
            Scanner::Command(words) => command(words, path).await,
        }
    };
    match timeout(LONGEST, asked).await {
        Ok(Ok(scan)) => scan,
        Ok(Err(_)) => Scan::NotLooked(NotLooked::Unreachable),
        Err(_) => Scan::NotLooked(NotLooked::Late),
    }
}

#[cfg(unix)]
async fn clamd(socket: &Path, file: &mut File) -> io::Result<Scan> {
    let mut stream = tokio::net::UnixStream::connect(socket).await?;
    file.seek(SeekFrom::Start(0))?;
    let (mut words, mut piece, mut out) = (Instream::new(), vec![0; PIECE], Vec::new());
    // It may say no before it has heard all, and then hears no more; what it said is read all the same.
    loop {
        let read = file.read(&mut piece)?;
        out.clear();
        if read == 0 {
            words.end(&mut out);
            let _ = stream.write_all(&out).await;
            break;
        }
        words.write(piece.get(..read).unwrap_or_default(), &mut out);
        if stream.write_all(&out).await.is_err() {
            break;
        }
    }
    let mut reply = Reply::new();
    let mut octets = [0; 1024];
    loop {
        match stream.read(&mut octets).await {
            Ok(read) if read > 0 => {
                if let Some(scan) = reply.push(octets.get(..read).unwrap_or_default()) {
                    return Ok(scan);
                }
            }
            _ => return Ok(reply.end()),
        }
    }
}

#[cfg(not(unix))]
async fn clamd(_: &Path, _: &mut File) -> io::Result<Scan> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "there are no such sockets on this system; name a scan_command instead"))
}

/// A program, which sees no terminal.
async fn command(words: &[String], path: &Path) -> io::Result<Scan> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no program is named"));
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(WORDS).read_to_end(&mut said).await?;
    }
    let status = child.wait().await?;
    Ok(of_command(status.code(), &String::from_utf8_lossy(&said)))
}
