//! A part of a registry: what of it is about us, as values below keys.
//!
//! | key | what stands there |
//! | --- | --- |
//! | `Software\Policies\Chinwag` | managed values |
//! | `Software\Policies\Chinwag\Recommended` | recommended values |
//! | either, and the name of a policy that takes a list | its items, as values `1`, `2`, … |
//! | `Software\Policies\Microsoft\Messenger\Client` | values of Windows Messenger, managed; read only |
//! | the same, and the key of a service | the same, for that service |
//!
//! Names of keys and values have no case.

use std::collections::BTreeMap;

use crate::policy::catalogue;
use crate::policy::entry::{Entry, Level, Name, Origin, Rank, Typed};
use crate::policy::legacy;
use crate::policy::value::{Kind, Value};

/// Our key, in either hive.
pub const KEY: &str = r"Software\Policies\Chinwag";
/// The key of recommended values, below ours.
pub const RECOMMENDED: &str = "Recommended";

/// The data of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// `REG_DWORD`, `REG_QWORD`.
    Number(u64),
    /// `REG_SZ`.
    Text(String),
    /// `REG_MULTI_SZ`.
    Texts(Vec<String>),
    /// Of a type no policy takes; says which.
    Other(&'static str),
}

/// Keys and values that are about us, however they came here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// By the lower-case path of the key, then by the lower-case name of the value.
    keys: BTreeMap<String, BTreeMap<String, Held>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    /// As it is written.
    key: String,
    name: String,
    data: Data,
    origin: Origin,
}

/// Whether a key is about us: looked at before anything is kept of it.
#[must_use]
pub fn concerns(key: &str) -> bool {
    [KEY, legacy::KEY].iter().any(|ours| below(key, ours).is_some())
}

/// What follows `above` in a path; empty for `above` itself.
fn below<'a>(key: &'a str, above: &str) -> Option<&'a str> {
    let head = key.get(..above.len()).filter(|head| head.eq_ignore_ascii_case(above))?;
    let rest = key.get(head.len()..)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('\\') }
}

impl Tree {
    /// Sets a value. Of what nobody means the rest is left out; more than can be meant is told as such.
    pub fn set(&mut self, key: &str, name: &str, data: Data, origin: Origin) {
        if self.keys.len() > 2 * super::file::MOST
            || self.keys.get(&key.to_lowercase()).is_some_and(|values| values.len() > 2 * super::file::MOST)
        {
            return;
        }
        let held = Held { key: key.to_owned(), name: name.to_owned(), data, origin };
        self.keys.entry(key.to_lowercase()).or_default().insert(name.to_lowercase(), held);
    }

    /// Whether there is such a value.
    #[must_use]
    pub fn has(&self, key: &str, name: &str) -> bool {
        self.keys.get(&key.to_lowercase()).is_some_and(|values| values.contains_key(&name.to_lowercase()))
    }

    /// Takes a value away.
    pub fn delete(&mut self, key: &str, name: &str) {
        if let Some(values) = self.keys.get_mut(&key.to_lowercase()) {
            values.remove(&name.to_lowercase());
        }
    }

    /// Takes all values of a key away, but not the keys below it.
    pub fn delete_values(&mut self, key: &str) {
        self.keys.remove(&key.to_lowercase());
    }

    /// Takes a key away, with all below it.
    pub fn delete_key(&mut self, key: &str) {
        let key = key.to_lowercase();
        self.keys.retain(|path, _| below(path, &key).is_none());
    }

    /// What the values set, lower ranks first. The level is told by the key, the scope by `rank`; a file that is
    /// only recommended has no managed values.
    #[must_use]
    pub fn entries(&mut self, rank: Rank) -> Vec<Entry> {
        let mut entries = Vec::new();
        let keys = std::mem::take(&mut self.keys);
        // A list in a key of its own: its path, the name of its policy, what it holds.
        let mut lists: BTreeMap<(Level, String), Vec<Held>> = BTreeMap::new();
        for held in keys.into_values().flat_map(BTreeMap::into_values) {
            if let Some(rest) = below(&held.key, legacy::KEY) {
                let service = (!rest.is_empty()).then(|| rest.to_owned());
                if rank.level == Level::Managed {
                    entries.push(legacy_entry(held, service, rank));
                }
                continue;
            }
            let Some(rest) = below(&held.key, KEY) else { continue };
            let (level, rest) = match below(rest, RECOMMENDED) {
                Some(rest) => (Level::Recommended, rest),
                None => (rank.level, rest),
            };
            if rest.is_empty() {
                entries.push(own_entry(held.name, typed(held.data), Rank { level, ..rank }, held.origin));
            } else {
                lists.entry((level, rest.to_lowercase())).or_default().push(held);
            }
        }
        for ((level, path), mut items) in lists {
            let rank = Rank { level, ..rank };
            let row = catalogue::find(&path).filter(|row| matches!(row.kind, Kind::List(_)));
            let Some(row) = row else {
                // Told by the name of the key: no policy has keys of that name.
                if let Some(first) = items.into_iter().next() {
                    let name = first.key.rsplit('\\').next().unwrap_or_default().to_owned();
                    entries.push(own_entry(name, Typed::Other("a key"), rank, first.origin));
                }
                continue;
            };
            items.sort_by_key(|held| (held.name.parse::<u32>().unwrap_or(u32::MAX), held.name.to_lowercase()));
            let Some(origin) = items.first().map(|held| held.origin.clone()) else { continue };
            let texts: Option<Vec<String>> = items
                .into_iter()
                .map(|held| match held.data {
                    Data::Text(text) => Some(text),
                    _ => None,
                })
                .collect();
            let typed = texts.map_or(Typed::Other("values that are not texts"), |texts| Typed::Value(Value::List(texts)));
            entries.push(own_entry(row.name.to_owned(), typed, rank, origin));
        }
        entries
    }
}

fn own_entry(name: String, typed: Typed, rank: Rank, origin: Origin) -> Entry {
    Entry { name: Name::Own(name), typed, loose: true, rank, origin }
}

fn legacy_entry(held: Held, service: Option<String>, rank: Rank) -> Entry {
    Entry { name: Name::Legacy { value: held.name, service }, typed: typed(held.data), loose: true, rank, origin: held.origin }
}

fn typed(data: Data) -> Typed {
    match data {
        Data::Number(number) => Typed::Value(Value::Number(number)),
        Data::Text(text) => Typed::Value(Value::Text(text)),
        Data::Texts(texts) => Typed::Value(Value::List(texts)),
        Data::Other(what) => Typed::Other(what),
    }
}

/// The types of values ([MS-RRP] 2.2.9).
pub(super) mod kind {
    pub(crate) const SZ: u32 = 1;
    pub(crate) const EXPAND_SZ: u32 = 2;
    pub(crate) const DWORD: u32 = 4;
    pub(crate) const DWORD_BIG_ENDIAN: u32 = 5;
    pub(crate) const MULTI_SZ: u32 = 7;
    pub(crate) const QWORD: u32 = 11;
}

/// Data of a type, as it lies in the registry: texts are UTF-16, little-endian.
///
/// # Errors
/// A sentence for data that is not of its type.
pub fn data(kind: u32, octets: &[u8]) -> Result<Data, String> {
    let short = |want: usize| format!("a number of {} octets in place of {want}", octets.len());
    match kind {
        kind::DWORD => octets.try_into().map(|four| Data::Number(u32::from_le_bytes(four).into())).map_err(|_| short(4)),
        kind::DWORD_BIG_ENDIAN => {
            octets.try_into().map(|four| Data::Number(u32::from_be_bytes(four).into())).map_err(|_| short(4))
        }
        kind::QWORD => octets.try_into().map(|eight| Data::Number(u64::from_le_bytes(eight))).map_err(|_| short(8)),
        kind::SZ => Ok(Data::Text(first(&utf16(octets)?))),
        // Variables of the environment are the user's, and a policy must not be theirs to bend.
        kind::EXPAND_SZ => {
            let text = first(&utf16(octets)?);
            if text.contains('%') { Ok(Data::Other("a text with variables")) } else { Ok(Data::Text(text)) }
        }
        kind::MULTI_SZ => {
            let text = utf16(octets)?;
            Ok(Data::Texts(text.split('\0').filter(|text| !text.is_empty()).map(str::to_owned).collect()))
        }
        _ => Ok(Data::Other("binary data")),
    }
}

fn first(text: &str) -> String {
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// UTF-16 as it lies there.
pub(super) fn utf16(octets: &[u8]) -> Result<String, String> {
    let (units, rest) = octets.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("a text of an odd number of octets".to_owned());
    }
    let text: Result<String, _> = char::decode_utf16(units.iter().map(|pair| u16::from_le_bytes(*pair))).collect();
    text.map_err(|_| "a text that is not UTF-16".to_owned())
}
