//! A daemon of `ClamAV`, at a socket of this machine.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::inspect::Scan;
use crate::inspect::scanner::{Instream, Reply};

const PIECE: usize = 256 * 1024;

/// What it says of a file.
pub(super) async fn scan(socket: &Path, file: &mut File) -> io::Result<Scan> {
    let mut stream = UnixStream::connect(socket).await?;
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
