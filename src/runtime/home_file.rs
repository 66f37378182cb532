//! The home server of an account: where registrars sent us the last time, to begin there the next
//! time ([MS-SIP] 4.1).
//!
//! It counts for the settings it was found with only: who names another server is not sent back to
//! the old one. A file that cannot be understood is as good as none.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::backend::Target;
use crate::model::{Address, Transport};
use crate::runtime::roster_file::{file_name, sweep, write_whole};

/// Largest file read: it holds two names.
const LARGEST: u64 = 4096;

/// Longest name of a host (RFC 1035 section 2.3.4).
const LONGEST: usize = 253;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    /// Where the settings say.
    start: Place,
    /// Where that led.
    home: Place,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    host: String,
    port: Option<u16>,
    transport: Option<String>,
}

impl Place {
    fn of(target: &Target) -> Self {
        let transport = target.transport.map(|transport| transport.word().to_owned());
        Self { host: target.host.clone(), port: target.port, transport }
    }
}

/// The file of one of our addresses.
#[must_use]
pub fn path(data_dir: &Path, aor: &Address) -> PathBuf {
    data_dir.join("homes").join(format!("{}.json", file_name(aor.short())))
}

/// The home server found from `start`; `None` where none is known. `clear_text`: places that are
/// reached in clear count even though `start` does not ask for them.
///
/// # Errors
/// What is wrong with the file; callers say so and go on without.
pub fn load(path: &Path, start: &Target, clear_text: bool) -> Result<Option<Target>, String> {
    sweep(path);
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file.take(LARGEST).read_to_string(&mut text).map_err(|fault| fault.to_string())?,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault.to_string()),
    };
    let disk: OnDisk = serde_json::from_str(&text).map_err(|fault| fault.to_string())?;
    let known = [Transport::Tls, Transport::Tcp, Transport::Udp];
    let transport = known.into_iter().find(|known| disk.home.transport.as_deref() == Some(known.word()));
    let transport = transport.ok_or("it names no way to the server")?;
    let host = disk.home.host;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || host.len() > LONGEST || !host.chars().all(plain) || disk.home.port == Some(0) {
        return Err("it names no server".to_owned());
    }
    let permitted =
        transport == Transport::Tls || start.transport == Some(transport) || (start.transport.is_none() && clear_text);
    if disk.start != Place::of(start) || !permitted {
        return Ok(None);
    }
    Ok(Some(Target { tls_name: host.clone(), host, port: disk.home.port, transport: Some(transport), automatic: false }))
}

/// Writes the home server down, or removes the file where there is none.
///
/// # Errors
/// What the system says.
pub fn save(path: &Path, start: &Target, home: Option<&Target>) -> io::Result<()> {
    let Some(home) = home else {
        return match std::fs::remove_file(path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
            _ => Ok(()),
        };
    };
    let text = serde_json::to_string_pretty(&OnDisk { start: Place::of(start), home: Place::of(home) })?;
    write_whole(path, format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: Option<u16>, transport: Option<Transport>, automatic: bool) -> Target {
        Target { host: host.into(), port, transport, tls_name: host.into(), automatic }
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = path(dir.path(), &Address::parse("sip:alice@example.test").unwrap());
        (dir, path)
    }

    #[test]
    fn it_comes_back_for_the_same_settings_only() {
        let (_dir, path) = folder();
        let start = target("example.test", None, None, true);
        assert_eq!(load(&path, &start, false), Ok(None));
        let home = target("hs2.example.test", Some(5061), Some(Transport::Tls), false);
        save(&path, &start, Some(&home)).unwrap();
        assert_eq!(load(&path, &start, false), Ok(Some(home)));
        for other in [
            target("example.org", None, None, true),
            target("example.test", Some(5061), None, false),
            target("example.test", None, Some(Transport::Tcp), true),
        ] {
            assert_eq!(load(&path, &other, true), Ok(None), "{other:?}");
        }
        save(&path, &start, None).unwrap();
        save(&path, &start, None).unwrap();
        assert_eq!(load(&path, &start, false), Ok(None));
    }

    #[test]
    fn clear_text_is_not_remembered_into() {
        let (_dir, path) = folder();
        let start = target("example.test", None, None, true);
        let home = target("hs2.example.test", Some(5060), Some(Transport::Tcp), false);
        save(&path, &start, Some(&home)).unwrap();
        assert_eq!(load(&path, &start, false), Ok(None), "it is no longer allowed");
        assert_eq!(load(&path, &start, true), Ok(Some(home)));
    }

    #[test]
    fn a_broken_file_is_none_and_is_told() {
        let (_dir, path) = folder();
        let start = target("example.test", None, None, true);
        let of =
            |home: &str| format!("{{\"start\":{{\"host\":\"example.test\",\"port\":null,\"transport\":null}},\"home\":{home}}}");
        let long = format!("{{\"host\":\"{}\",\"port\":1,\"transport\":\"tls\"}}", "a".repeat(300));
        let texts = [
            String::new(),
            "{".to_owned(),
            "\u{0}".repeat(100_000),
            of("{\"host\":\"\",\"port\":1,\"transport\":\"tls\"}"),
            of("{\"host\":\"a b\",\"port\":1,\"transport\":\"tls\"}"),
            of("{\"host\":\"a.test\",\"port\":0,\"transport\":\"tls\"}"),
            of("{\"host\":\"a.test\",\"port\":70000,\"transport\":\"tls\"}"),
            of("{\"host\":\"a.test\",\"port\":1,\"transport\":\"pigeon\"}"),
            of(&long),
        ];
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        for text in texts {
            std::fs::write(&path, &text).unwrap();
            assert!(load(&path, &start, true).is_err(), "{text:.80}");
        }
        std::fs::write(&path, of("{\"host\":\"a.test\",\"port\":1,\"transport\":\"tls\"}")).unwrap();
        assert!(load(&path, &start, true).unwrap().is_some());
    }
}
