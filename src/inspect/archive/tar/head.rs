//! What is said of a member of a tar archive: in its head, and in heads before it.

use super::BLOCK;
use crate::inspect::archive::Halt;

/// The largest size in eleven octal digits.
const MOST_OCTAL: u64 = (1 << 33) - 1;
/// Keys by which what is in a member is not what stands there: it has holes, of which only its own program knows.
const MAPS: [&[u8]; 2] = [b"SUN.holesdata", b"SCHILY.realsize"];
const SPARSE: &[u8] = b"GNU.sparse.";

/// What was said of the next member before it.
#[derive(Default)]
pub(super) struct Said {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    octets: Option<u64>,
    /// Two places say different things, or what only some programs obey. Which of them counts is the program's affair.
    disagrees: bool,
}

impl Said {
    /// Whether a head of this type says something of the next member. Solaris has a letter of its own for pax.
    pub(super) const fn is_of(kind: u8) -> bool {
        matches!(kind, b'x' | b'X' | b'L' | b'K' | b'g')
    }

    pub(super) fn hear(&mut self, kind: u8, text: &[u8]) -> Result<(), Halt> {
        match kind {
            b'L' => tell(&mut self.path, until_zero(text).to_vec(), &mut self.disagrees),
            b'K' => tell(&mut self.link, until_zero(text).to_vec(), &mut self.disagrees),
            // What is said of all members is no path and no size, unless somebody wants to be read in two ways.
            b'g' => {
                if records(text)?.iter().any(|(key, _)| matches!(*key, b"path" | b"linkpath" | b"size") || is_map(key)) {
                    return Err(Halt::Damaged);
                }
            }
            _ => {
                for (key, value) in records(text)? {
                    match key {
                        b"path" | b"GNU.sparse.name" => tell(&mut self.path, value.to_vec(), &mut self.disagrees),
                        b"linkpath" => tell(&mut self.link, value.to_vec(), &mut self.disagrees),
                        b"size" => tell(&mut self.octets, decimal(value).ok_or(Halt::Damaged)?, &mut self.disagrees),
                        _ => {}
                    }
                    self.disagrees |= is_map(key);
                }
            }
        }
        Ok(())
    }
}

/// Takes what is said; it may be said again, but not otherwise.
fn tell<T: PartialEq>(place: &mut Option<T>, value: T, disagrees: &mut bool) {
    *disagrees |= place.as_ref().is_some_and(|before| *before != value);
    *place = Some(value);
}

fn is_map(key: &[u8]) -> bool {
    key.starts_with(SPARSE) || MAPS.contains(&key)
}

/// A member's head.
pub(super) struct Head {
    pub(super) kind: u8,
    pub(super) path: String,
    pub(super) link: String,
    pub(super) octets: u64,
    pub(super) executable: bool,
    /// Two places say different things of it.
    pub(super) disagrees: bool,
}

impl Head {
    pub(super) fn new(block: &[u8; BLOCK], said: Said, octets: u64) -> Self {
        let name = until_zero(field(block, 0, 100));
        let is_posix = field(block, 257, 6) == b"ustar\0";
        let prefix = if is_posix { until_zero(field(block, 345, 155)) } else { &[] };
        let whole = if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() };
        let path = said.path.unwrap_or(whole);
        let link = said.link.unwrap_or_else(|| until_zero(field(block, 157, 100)).to_vec());
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let executable = number(field(block, 100, 8)).is_some_and(|mode| mode & 0o111 != 0);
        // Sizes that the head cannot hold are said before it; others are the same in both places, or a trap.
        let differs = said.octets.is_some_and(|said| said != octets && said <= MOST_OCTAL);
        let disagrees = said.disagrees || differs || path.contains(&0);
        let octets = said.octets.unwrap_or(octets);
        Self { kind: kind(block), path: text(&path), link: text(&link), octets, executable, disagrees }
    }

    pub(super) fn is_folder(&self) -> bool {
        self.kind == b'5' || (matches!(self.kind, 0 | b'0') && self.path.ends_with('/'))
    }

    /// Whether nothing follows, as after links, devices and folders.
    pub(super) fn is_bare(&self) -> bool {
        self.is_folder() || matches!(self.kind, b'1'..=b'6')
    }

    /// Octets that follow.
    pub(super) fn follows(&self) -> u64 {
        if self.is_bare() { 0 } else { self.octets }
    }
}

/// A key, and its value.
type Word<'a> = (&'a [u8], &'a [u8]);

/// Records of pax: `LENGTH KEY=VALUE\n`, where the length counts all of it.
fn records(text: &[u8]) -> Result<Vec<Word<'_>>, Halt> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && rest.first() != Some(&0) {
        let blank = memchr::memchr(b' ', rest).ok_or(Halt::Damaged)?;
        let long = rest.get(..blank).and_then(decimal).and_then(|long| usize::try_from(long).ok()).ok_or(Halt::Damaged)?;
        let record = rest.get(blank + 1..long).and_then(|record| record.strip_suffix(b"\n")).ok_or(Halt::Damaged)?;
        let equals = memchr::memchr(b'=', record).ok_or(Halt::Damaged)?;
        let (key, value) = record.split_at(equals);
        out.push((key, value.get(1..).unwrap_or_default()));
        rest = rest.get(long..).unwrap_or_default();
    }
    Ok(out)
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()))?.parse().ok()
}

/// A number in octal digits, or in octets where the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        let (high, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        return high.iter().all(|octet| *octet == 0).then(|| low.first_chunk().copied().map(u64::from_be_bytes))?;
    }
    let text = std::str::from_utf8(until_zero(field)).ok()?.trim();
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

/// Whether the sum of the octets is the one that is said; some count them with signs.
pub(super) fn has_sum(block: &[u8; BLOCK]) -> bool {
    let Some(said) = number(field(block, 148, 8)) else { return false };
    let octets = || block.iter().enumerate().map(|(at, octet)| if (148..156).contains(&at) { b' ' } else { *octet });
    let unsigned: i64 = octets().map(i64::from).sum();
    let signed: i64 = octets().map(|octet| i64::from(octet.cast_signed())).sum();
    i64::try_from(said).is_ok_and(|said| said == unsigned || said == signed)
}

/// Octets that are said to follow.
pub(super) fn size(block: &[u8; BLOCK]) -> Option<u64> {
    number(field(block, 124, 12))
}

/// The type.
pub(super) fn kind(block: &[u8; BLOCK]) -> u8 {
    block.get(156).copied().unwrap_or_default()
}

fn field(block: &[u8; BLOCK], from: usize, octets: usize) -> &[u8] {
    block.get(from..from + octets).unwrap_or_default()
}

fn until_zero(octets: &[u8]) -> &[u8] {
    memchr::memchr(0, octets).and_then(|at| octets.get(..at)).unwrap_or(octets)
}
