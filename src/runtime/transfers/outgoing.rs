//! A file of ours that is sent.

use std::fs::File;
use std::io::{self, Read as _};
use std::time::SystemTime;

use crate::config::expand_home;

/// It, open from the offer to the end, so that what is sent is what was offered.
#[derive(Debug)]
pub(super) struct Outgoing {
    file: File,
    /// Its name, without folders.
    pub(super) name: String,
    /// Octets, as it was opened.
    pub(super) octets: u64,
    /// When it was last written to before that.
    written: Option<SystemTime>,
}

impl Outgoing {
    /// Opens it. Only files as such are sent: what has no end, such as a device or a pipe, is not one.
    ///
    /// # Errors
    /// Why it cannot be sent, as a clause.
    pub(super) fn open(path: &str) -> Result<Self, String> {
        let path = expand_home(path);
        let shown = path.display();
        // Looked at before it is opened: opening a pipe waits for its other end.
        let found = std::fs::metadata(&path).map_err(|why| format!("{shown} cannot be sent: {why}"))?;
        if found.is_dir() {
            return Err(format!("{shown} is a folder; pack it into one file first"));
        }
        if !found.is_file() {
            return Err(format!("{shown} is not a file that can be sent"));
        }
        let file = File::open(&path).map_err(|why| format!("{shown} cannot be read: {why}"))?;
        let found = file.metadata().map_err(|why| format!("{shown} cannot be read: {why}"))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !found.is_file() || name.is_empty() {
            return Err(format!("{shown} is not a file that can be sent"));
        }
        Ok(Self { file, name, octets: found.len(), written: found.modified().ok() })
    }

    /// Whether nobody has written to it since.
    pub(super) fn is_as_offered(&self) -> bool {
        self.file.metadata().is_ok_and(|now| now.len() == self.octets && now.modified().ok() == self.written)
    }

    /// Its next octets, at most so many; none at its end, and none where somebody wrote to it since it was opened.
    pub(super) fn read(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; most];
        let count = loop {
            match self.file.read(&mut octets) {
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        // Asked after each piece, the last one too: else half of what was and half of what is would go as one file.
        octets.truncate(if self.is_as_offered() { count } else { 0 });
        Ok(octets)
    }
}
