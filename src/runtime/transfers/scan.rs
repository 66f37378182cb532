//! Asks a scanner what it thinks of a file. Whatever goes wrong is an answer too: it has not looked.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::clamd;
use crate::config::Scanner;
use crate::inspect::Scan;
use crate::inspect::scanner::{NotLooked, of_command};
use crate::runtime::child;

/// Longest wait for a verdict: large archives take their time.
const LONGEST: Duration = Duration::from_mins(5);
/// Octets of a program's words that are read.
const WORDS: u64 = 4096;

/// What the scanner says.
pub(super) async fn scan(scanner: &Scanner, file: &mut File, path: &Path) -> Scan {
    let asked = async {
        match scanner {
            Scanner::Clamd(socket) => clamd::scan(socket, file).await,
            Scanner::Command(words) => command(words, path).await,
        }
    };
    match timeout(LONGEST, asked).await {
        Ok(Ok(scan)) => scan,
        Ok(Err(_)) => Scan::NotLooked(NotLooked::Unreachable),
        Err(_) => Scan::NotLooked(NotLooked::Late),
    }
}

/// A program, which sees no terminal.
async fn command(words: &[String], path: &Path) -> io::Result<Scan> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no program is named"));
    };
    let mut command = child::program(program);
    command.args(arguments).arg(path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut said = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        (&mut stdout).take(WORDS).read_to_end(&mut said).await?;
        // One that is not listened to any more is killed by what it says next.
        tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await?;
    }
    let status = child.wait().await?;
    Ok(of_command(status.code(), &String::from_utf8_lossy(&said)))
}
