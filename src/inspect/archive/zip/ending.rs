//! The end of a zip archive (APPNOTE 4.3.16), with that of large ones (4.3.14, 4.3.15): where the directory is.

use crate::inspect::archive::Halt;
use crate::inspect::content::{Glance, Source, piece};
use crate::inspect::reason::Finding;

const SIGN: &[u8; 4] = b"PK\x05\x06";
const LARGE_SIGN: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_SIGN: &[u8; 4] = b"PK\x06\x07";
const RECORD_SIGN: &[u8; 4] = b"PK\x01\x02";
const LONG: usize = 22;

/// Where the directory is.
#[derive(Debug)]
pub(super) struct Ending {
    /// Octets before the first of the archive, which places in it do not count.
    pub(super) base: u64,
    /// Where the directory begins in the file.
    pub(super) start: u64,
    /// Where it ends.
    pub(super) end: u64,
    /// Where the archive ends, but for its comment.
    pub(super) last: u64,
    /// How many records it says it has.
    pub(super) entries: u64,
    /// What is odd about it.
    pub(super) findings: Vec<Finding>,
}

/// What an ending says.
struct Said {
    entries: u64,
    octets: u64,
    start: u64,
}

impl Ending {
    /// The end of an archive; `None`: there is none that leads to a directory.
    pub(super) fn find(source: &mut dyn Source, glance: &Glance) -> Result<Option<Self>, Halt> {
        let tail_at = glance.octets.saturating_sub(glance.tail.len() as u64);
        let mut findings = Vec::new();
        let Some(at) = position(&glance.tail, &mut findings) else { return Ok(None) };
        let Some(record) = glance.tail.get(at..at + LONG) else { return Ok(None) };
        let small = Said { entries: short(record, 10).into(), octets: long(record, 12).into(), start: long(record, 16).into() };
        if short(record, 4) != short(record, 6) || short(record, 8) != short(record, 10) {
            // A part of an archive that was split.
            findings.push(Finding::NotSearched);
        }
        let here = tail_at + at as u64;
        let (said, end) = large(source, here, &small, &mut findings)?.unwrap_or((small, here));
        let start = end.checked_sub(said.octets);
        let place = start.and_then(|start| Some((start, start.checked_sub(said.start)?)));
        let found = match place {
            Some((start, _)) if said.entries > 0 && !begins(source, start)? => None,
            found => found,
        };
        let Some((start, base)) = found else {
            // Some programs find it all the same, or take another end.
            let is_found = findings.contains(&Finding::Disagrees) || begins(source, said.start)?;
            return if is_found { Err(Halt::Damaged) } else { Ok(None) };
        };
        // Who counts from the beginning of the file would find another directory.
        if base > 0 && said.entries > 0 && begins(source, said.start)? {
            findings.push(Finding::Disagrees);
        }
        Ok(Some(Self { base, start, end, last: here + LONG as u64, entries: said.entries, findings }))
    }
}

/// The last place where an ending stands that ends with the file; else the last one at all.
fn position(tail: &[u8], findings: &mut Vec<Finding>) -> Option<usize> {
    let comment = |at: usize| tail.get(at..at + LONG).map(|record| usize::from(short(record, 20)));
    let all = || memchr::memmem::rfind_iter(tail, SIGN).filter_map(|at| Some((at, at + LONG + comment(at)?)));
    let mut whole = all().filter(|(_, end)| *end == tail.len());
    let Some((at, _)) = whole.next() else {
        let (at, end) = all().next()?;
        findings.push(if end < tail.len() { Finding::Trailing } else { Finding::Damaged });
        return Some(at);
    };
    // An archive within the comment of another is read as either. Many programs take the last sign of an end there is.
    if whole.next().is_some() || memchr::memmem::rfind(tail, SIGN) != Some(at) {
        findings.push(Finding::Disagrees);
    }
    Some(at)
}

/// The ending of a large archive before the small one, and where it begins.
fn large(source: &mut dyn Source, here: u64, small: &Said, findings: &mut Vec<Finding>) -> Result<Option<(Said, u64)>, Halt> {
    let Some(locator_at) = here.checked_sub(20) else { return Ok(None) };
    let locator = piece(source, locator_at, 20)?;
    if !locator.starts_with(LOCATOR_SIGN) {
        return Ok(None);
    }
    // It says where the record is, but not counting what stands before the archive; the usual place is right before.
    for at in [Some(wide(&locator, 8)), locator_at.checked_sub(56)].into_iter().flatten() {
        let record = piece(source, at, 56)?;
        if record.len() == 56 && record.starts_with(LARGE_SIGN) {
            let said = Said { entries: wide(&record, 32), octets: wide(&record, 40), start: wide(&record, 48) };
            let differs = |small: u64, large: u64, full: u64| small != full && small != large;
            if differs(small.entries, said.entries, 0xffff)
                || differs(small.octets, said.octets, 0xffff_ffff)
                || differs(small.start, said.start, 0xffff_ffff)
            {
                findings.push(Finding::Disagrees);
            }
            return Ok(Some((said, at)));
        }
    }
    Err(Halt::Damaged)
}

/// Whether a record begins there.
fn begins(source: &mut dyn Source, at: u64) -> Result<bool, Halt> {
    Ok(piece(source, at, 4)? == RECORD_SIGN)
}

/// Two octets as a number; 0 where they are missing.
pub(super) fn short(octets: &[u8], at: usize) -> u16 {
    octets.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u16::from_le_bytes)
}

/// Four octets as a number; 0 where they are missing.
pub(super) fn long(octets: &[u8], at: usize) -> u32 {
    octets.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u32::from_le_bytes)
}

/// Eight octets as a number; 0 where they are missing.
pub(super) fn wide(octets: &[u8], at: usize) -> u64 {
    octets.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u64::from_le_bytes)
}
