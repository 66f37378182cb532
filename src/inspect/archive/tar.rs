//! tar (POSIX.1-2017 pax, with the long names of GNU): members one after the other.

use super::paths::{last, leads_out, link_leads_out};
use super::stream::{Halt, Stream, Window};
use crate::inspect::look::{Look, Place};
use crate::inspect::name::SafeName;
use crate::inspect::reason::Finding;

const BLOCK: usize = 512;
/// Octets of a name, or of what is said of a member before it.
const LONGEST: u64 = 64 << 10;
/// The largest size in eleven octal digits.
const MOST_OCTAL: u64 = (1 << 33) - 1;

/// Whether something begins with the head of a member.
pub(in crate::inspect) fn is_tar(octets: &[u8]) -> bool {
    octets.first_chunk::<BLOCK>().is_some_and(|block| block.first() != Some(&0) && has_sum(block))
}

/// Looks at all members.
pub(in crate::inspect) fn tar(look: &mut Look<'_>, stream: &mut dyn Stream, place: Place<'_>) -> Result<(), Halt> {
    let mut said = Said::default();
    let mut block = [0; BLOCK];
    loop {
        match stream.fill(&mut block)? {
            0 => return Ok(()),
            BLOCK => {}
            _ => return Err(Halt::Damaged),
        }
        if block.iter().all(|octet| *octet == 0) {
            return rest(look, stream, place);
        }
        if !has_sum(&block) {
            return Err(Halt::Damaged);
        }
        let octets = number(field(&block, 124, 12)).ok_or(Halt::Damaged)?;
        let kind = block.get(156).copied().unwrap_or_default();
        if let b'x' | b'L' | b'K' | b'g' = kind {
            said.hear(kind, &text(stream, octets)?)?;
            continue;
        }
        let head = Head::new(&block, std::mem::take(&mut said), octets);
        member(look, stream, place, &head, kind)?;
    }
}

/// What was said of the next member before it.
#[derive(Default)]
struct Said {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    octets: Option<u64>,
}

impl Said {
    fn hear(&mut self, kind: u8, text: &[u8]) -> Result<(), Halt> {
        match kind {
            b'L' => self.path = Some(until_zero(text).to_vec()),
            b'K' => self.link = Some(until_zero(text).to_vec()),
            // What is said of all members is no path and no size, unless somebody wants to be read in two ways.
            b'g' => {
                if records(text)?.iter().any(|(key, _)| matches!(*key, b"path" | b"linkpath" | b"size" | b"GNU.sparse.name")) {
                    return Err(Halt::Damaged);
                }
            }
            _ => {
                for (key, value) in records(text)? {
                    match key {
                        b"path" | b"GNU.sparse.name" => self.path = Some(value.to_vec()),
                        b"linkpath" => self.link = Some(value.to_vec()),
                        b"size" => self.octets = Some(decimal(value).ok_or(Halt::Damaged)?),
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}

/// A member's head.
struct Head {
    path: String,
    link: String,
    octets: u64,
    executable: bool,
    /// Two places say different things of it.
    disagrees: bool,
}

impl Head {
    fn new(block: &[u8; BLOCK], said: Said, octets: u64) -> Self {
        let name = until_zero(field(block, 0, 100));
        let is_posix = field(block, 257, 6) == b"ustar\0";
        let prefix = if is_posix { until_zero(field(block, 345, 155)) } else { &[] };
        let whole = if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() };
        let path = said.path.unwrap_or(whole);
        let link = said.link.unwrap_or_else(|| until_zero(field(block, 157, 100)).to_vec());
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let executable = number(field(block, 100, 8)).is_some_and(|mode| mode & 0o111 != 0);
        // Sizes that the head cannot hold are said before it; others are the same in both places, or a trap.
        let disagrees = said.octets.is_some_and(|said| said != octets && said <= MOST_OCTAL) || path.contains(&0);
        Self { path: text(&path), link: text(&link), octets: said.octets.unwrap_or(octets), executable, disagrees }
    }
}

fn member(look: &mut Look<'_>, stream: &mut dyn Stream, place: Place<'_>, head: &Head, kind: u8) -> Result<(), Halt> {
    look.budget().enter()?;
    let name = SafeName::of(last(&head.path));
    let path = place.path_of(&head.path);
    let inner = Place { executable: head.executable, ..place.member(&path, &name) };
    if leads_out(&head.path) {
        look.found(inner, Finding::Outside);
    }
    let is_folder = kind == b'5' || (matches!(kind, 0 | b'0') && head.path.ends_with('/'));
    match kind {
        b'1' if leads_out(&head.link) => look.found(inner, Finding::Outside),
        b'2' if link_leads_out(&head.path, &head.link) => look.found(inner, Finding::Outside),
        b'1' | b'2' => look.found(inner, Finding::Link),
        b'3' | b'4' | b'6' => look.found(inner, Finding::Device),
        0 | b'0' | b'5' | b'7' => {}
        // Sparse files, parts of others, and what makers of tar have of their own.
        _ => look.found(inner, Finding::NotSearched),
    }
    // After links, devices and folders nothing follows. Where a size is said all the same, some pass over so much.
    let is_bare = is_folder || matches!(kind, b'1'..=b'6');
    if head.disagrees || (is_bare && head.octets > 0) {
        look.found(inner, Finding::Disagrees);
    }
    if !is_folder {
        look.weigh_name(inner);
    }
    let octets = if is_bare { 0 } else { head.octets };
    if octets == 0 {
        return Ok(());
    }
    let mut window = Window { stream, left: octets };
    look.member(&mut window, inner, None)?;
    let left = window.left;
    if left > 0 {
        return Err(Halt::Damaged);
    }
    skip(stream, padding(octets))
}

/// What fills up the last block.
const fn padding(octets: u64) -> u64 {
    (BLOCK as u64 - octets % BLOCK as u64) % BLOCK as u64
}

/// Passes over so many octets.
fn skip(stream: &mut dyn Stream, octets: u64) -> Result<(), Halt> {
    if stream.skip(octets)? == octets { Ok(()) } else { Err(Halt::Damaged) }
}

/// What stands behind the end: zeros, up to a full block of the tape.
fn rest(look: &mut Look<'_>, stream: &mut dyn Stream, place: Place<'_>) -> Result<(), Halt> {
    let mut block = [0; BLOCK];
    loop {
        let count = stream.fill(&mut block)?;
        if count == 0 {
            return Ok(());
        }
        if block.iter().take(count).any(|octet| *octet != 0) {
            look.found(place, Finding::Trailing);
            // Some read on there, most do not; what it is, is not looked at.
            return Ok(());
        }
    }
}

/// A text of this length, and what fills up its last block.
fn text(stream: &mut dyn Stream, octets: u64) -> Result<Vec<u8>, Halt> {
    let long = usize::try_from(octets).ok().filter(|_| octets <= LONGEST).ok_or(Halt::Damaged)?;
    let mut text = vec![0; long];
    let whole = stream.fill(&mut text)? == long && stream.skip(padding(octets))? == padding(octets);
    if whole { Ok(text) } else { Err(Halt::Damaged) }
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
fn has_sum(block: &[u8; BLOCK]) -> bool {
    let Some(said) = number(field(block, 148, 8)) else { return false };
    let octets = || block.iter().enumerate().map(|(at, octet)| if (148..156).contains(&at) { b' ' } else { *octet });
    let unsigned: i64 = octets().map(i64::from).sum();
    let signed: i64 = octets().map(|octet| i64::from(octet.cast_signed())).sum();
    i64::try_from(said).is_ok_and(|said| said == unsigned || said == signed)
}

fn field(block: &[u8; BLOCK], from: usize, octets: usize) -> &[u8] {
    block.get(from..from + octets).unwrap_or_default()
}

fn until_zero(octets: &[u8]) -> &[u8] {
    memchr::memchr(0, octets).and_then(|at| octets.get(..at)).unwrap_or(octets)
}
