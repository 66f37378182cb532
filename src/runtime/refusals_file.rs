//! What is remembered of refused passwords between two runs, so that a program started over and over
//! does not lock the account. A file that cannot be understood is as good as none.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::backend::refusals::Refusals;
use crate::model::Address;
use crate::runtime::roster_file::{file_name, sweep, write_whole};

/// Largest file read: it holds three numbers.
const LARGEST: u64 = 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    mark: u16,
    times: u32,
    last: u64,
}

/// The file of one of our addresses.
#[must_use]
pub fn path(data_dir: &Path, aor: &Address) -> PathBuf {
    data_dir.join("refusals").join(format!("{}.json", file_name(aor.short())))
}

/// What is remembered, if anything.
#[must_use]
pub fn load(path: &Path) -> Option<Refusals> {
    sweep(path);
    let mut text = String::new();
    File::open(path).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    let OnDisk { mark, times, last } = serde_json::from_str(&text).ok()?;
    Some(Refusals { mark, times, last })
}

/// Writes it down, or removes the file where there is nothing.
///
/// # Errors
/// What the system says.
pub fn save(path: &Path, refusals: Option<Refusals>) -> io::Result<()> {
    let Some(Refusals { mark, times, last }) = refusals else {
        return match std::fs::remove_file(path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
            _ => Ok(()),
        };
    };
    let text = serde_json::to_string(&OnDisk { mark, times, last })?;
    write_whole(path, format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = path(dir.path(), &Address::parse("sip:alice@example.test").unwrap());
        assert_eq!(load(&path), None);
        let known = Refusals { mark: 7, times: 2, last: 1_800_000_000 };
        save(&path, Some(known)).unwrap();
        assert_eq!(load(&path), Some(known));
        for broken in
            ["", "{", "{\"mark\":70000,\"times\":1,\"last\":1}", "{\"mark\":1,\"times\":-1,\"last\":1}", &"9".repeat(5000)]
        {
            std::fs::write(&path, broken).unwrap();
            assert_eq!(load(&path), None, "{broken:.80}");
        }
        save(&path, None).unwrap();
        save(&path, None).unwrap();
        assert!(!path.exists());
    }
}
