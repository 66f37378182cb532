//! A file of policies in any of its forms.

use std::path::Path;

use super::{json_file, pol, reg, toml_file};
use crate::policy::entry::{Fault, Origin, Rank, Read};

/// Octets of the largest file that is read.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// Policies one file can set, and faults that are told of one: there are not many more policies than sixty.
pub(super) const MOST: usize = 2_000;
const MOST_FAULTS: usize = 100;

/// The form of a file, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `.toml`
    Toml,
    /// `.json`
    Json,
    /// `.pol`
    Pol,
    /// `.reg`
    Reg,
}

impl Form {
    /// The form of a file of this name; `None` if it is none of these.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match end.as_str() {
            "toml" => Self::Toml,
            "json" => Self::Json,
            "pol" => Self::Pol,
            "reg" => Self::Reg,
            _ => return None,
        })
    }
}

/// Which hive of a registry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hive {
    /// `HKEY_LOCAL_MACHINE`
    Machine,
    /// `HKEY_CURRENT_USER`
    User,
}

/// What a file says. Whatever is in it, everything in the registry forms counts with the scope of `rank`: a file
/// that a user names cannot speak for the machine. Recommended values stand in a key of their own there.
#[must_use]
pub fn read(form: Form, bytes: &[u8], path: &Path, rank: Rank) -> Read {
    if bytes.len() > LARGEST {
        return Read::unreadable(path, rank, format!("the file is larger than {LARGEST} octets"));
    }
    let mut read = match form {
        Form::Toml => toml_file::read(bytes, path, rank),
        Form::Json => json_file::read(bytes, path, rank),
        Form::Pol => {
            let (mut tree, faults) = pol::read(bytes, path, rank);
            Read { entries: tree.entries(rank), faults }
        }
        Form::Reg => {
            let (mut trees, faults) = reg::read(bytes, path, rank);
            // Of the user first: of equal rank what is read last wins, and that is the machine's.
            let mut entries = trees.user.entries(rank);
            entries.append(&mut trees.machine.entries(rank));
            Read { entries, faults }
        }
    };
    if read.entries.len() > MOST {
        return Read::unreadable(path, rank, format!("it sets more than {MOST} policies, which nobody means"));
    }
    if read.faults.len() > MOST_FAULTS {
        let whole = read.faults.iter().any(|fault| fault.whole);
        read.faults.truncate(MOST_FAULTS);
        let origin = Origin::File { path: path.to_owned(), line: 0 };
        read.faults.push(Fault { origin, what: "there are more faults, which are not told".to_owned(), rank, whole });
    }
    read
}

/// Where the lines of a text begin, to tell in which one an octet stands.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.0.partition_point(|end| *end < at) + 1
    }
}

/// The text of a file, as UTF-8 or UTF-16 with its mark; whether it was UTF-16.
pub(super) fn text(bytes: &[u8]) -> Result<(String, bool), String> {
    let utf16 = |rest: &[u8], big: bool| {
        if rest.len() % 2 == 1 {
            return Err("the text is cut off in the middle of a character".to_owned());
        }
        let units =
            rest.as_chunks::<2>().0.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map(|text| (text, true)).map_err(|_| "the text is not UTF-16 as it says".to_owned())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, false),
        [0xfe, 0xff, rest @ ..] => utf16(rest, true),
        bytes => {
            let rest = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
            match std::str::from_utf8(rest) {
                Ok(text) => Ok((text.to_owned(), false)),
                Err(fault) => Err(format!("octet {} is not part of UTF-8 text", fault.valid_up_to() + 1)),
            }
        }
    }
}
