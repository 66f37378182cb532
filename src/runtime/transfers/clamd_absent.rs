//! There are no sockets of this kind here: `scan_command` takes the place of the daemon.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::inspect::Scan;

/// It cannot be asked.
#[allow(clippy::unused_async)] // as the other one
pub(super) async fn scan(_: &Path, _: &mut File) -> io::Result<Scan> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "there are no such sockets on this system"))
}
