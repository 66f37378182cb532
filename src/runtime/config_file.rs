//! Changes to the configuration file that the user makes on the screen.

use std::io::{self, Read as _};
use std::path::Path;

use crate::config::{Value, edit, keys::KnownKey};
use crate::runtime::roster_file::write_whole;

/// Largest file that is changed, in octets.
const LARGEST: u64 = 1024 * 1024;

/// Sets a key in the file, or, for no value, takes it out. A file that is not there is made.
///
/// # Errors
/// A sentence for the user; the file is as it was.
pub fn change(path: &Path, account: Option<&str>, key: &KnownKey, value: Option<&Value>) -> Result<(), String> {
    let told = |fault: io::Error| format!("{} was not changed: {fault}", path.display());
    let mut text = String::new();
    match std::fs::File::open(path) {
        Ok(file) => drop(file.take(LARGEST).read_to_string(&mut text).map_err(told)?),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
        Err(fault) => return Err(told(fault)),
    }
    if text.len() as u64 >= LARGEST {
        return Err(format!("{} was not changed: it is too large", path.display()));
    }
    let changed = edit(&text, account, key, value).map_err(|why| format!("{} was not changed: {why}", path.display()))?;
    write_whole(path, changed.as_bytes()).map_err(told)
}
