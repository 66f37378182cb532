//! Compound files (MS-CFB): the directory of the streams in one, and what the names of the streams give away.
//!
//! The directory is read sector by sector along its chain. Chains may be made to run in circles, so their length is
//! bounded. Of streams only workbooks and presentations are read.

mod records;

use std::collections::BTreeSet;
use std::io::SeekFrom;

use super::sorts::{COMPOUND, EXCEL97, INSTALLER, LOCKED_OFFICE, MAIL, POWERPOINT97, Sort, WORD97};
use super::{Source, at, piece};
use crate::inspect::reason::Finding;

/// Entries of a directory that are read; documents have some dozens.
const MOST_ENTRIES: usize = 20_000;
/// Entries of the header for sectors of the table, and where they stand.
const IN_HEADER: u32 = 109;
const TABLE_AT: usize = 76;
/// From here on numbers of sectors have other meanings: the end of a chain, a free sector.
const NO_SECTOR: u32 = 0xffff_fffa;
const ENTRY: usize = 128;
/// Streams with fewer octets are kept together in another one.
const SMALL: u32 = 4096;
/// Octets of a workbook and of a presentation that are read.
const BEGINNING: usize = 1 << 20;
const PRESENTATION: usize = 32 << 20;
/// Workbooks and presentations in one file that are read.
const MOST_READ: usize = 8;
/// The stream of a presentation.
const PRESENTATION_NAME: &str = "powerpoint document";

/// What installers begin their class with, of packages, patches and transforms.
const INSTALLER_CLASSES: [[u8; 4]; 3] = [[0x84, 0x10, 0x0c, 0], [0x86, 0x10, 0x0c, 0], [0x82, 0x10, 0x0c, 0]];

/// What is in a compound file, and what was found.
pub(in crate::inspect) fn compound(source: &mut dyn Source) -> std::io::Result<(&'static Sort, Vec<Finding>)> {
    let header = piece(source, 0, 512)?;
    let Some(mut file) = File::read(source, &header) else { return Ok((COMPOUND, vec![Finding::Damaged])) };
    let (entries, whole) = file.directory();
    let mut findings = found_in(&entries);
    // Which of several one a program opens is its own affair.
    let mut read = entries.iter().filter(|entry| matches!(entry.name.as_str(), "workbook" | "book" | PRESENTATION_NAME));
    findings.extend(read.by_ref().take(MOST_READ).filter_map(|entry| file.records(entry)));
    if read.next().is_some() {
        findings.push(Finding::NotSearched);
    }
    if !whole {
        findings.push(Finding::Damaged);
    }
    Ok((sort(&entries), findings))
}

/// A stream in the directory: its name in small letters, the first octets of its class, where it is.
struct Entry {
    name: String,
    class: [u8; 4],
    first: u32,
    octets: u32,
}

fn sort(entries: &[Entry]) -> &'static Sort {
    if entries.first().is_some_and(|root| INSTALLER_CLASSES.contains(&root.class)) {
        return INSTALLER;
    }
    let has = |wanted: &str| entries.iter().any(|entry| entry.name == wanted);
    match () {
        () if has("encryptedpackage") => LOCKED_OFFICE,
        () if has("worddocument") => WORD97,
        () if has("workbook") || has("book") => EXCEL97,
        () if has(PRESENTATION_NAME) => POWERPOINT97,
        () if has("__properties_version1.0") => MAIL,
        () => COMPOUND,
    }
}

fn found_in(entries: &[Entry]) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    for entry in entries {
        match entry.name.as_str() {
            "vba" | "_vba_project" | "_vba_project_cur" | "macros" | "vbaproject" => found.insert(Finding::Macros),
            "\u{1}ole10native" | "objectpool" | "package" => found.insert(Finding::Embedded),
            name if name.starts_with("mbd") && name.len() == 11 => found.insert(Finding::Embedded),
            "encryptedpackage" | "encryptedsummary" => found.insert(Finding::Locked),
            _ => false,
        };
    }
    found.into_iter().collect()
}

/// A compound file, open.
struct File<'a> {
    source: &'a mut dyn Source,
    /// Octets of a sector: 512, or 4096 in version 4.
    sector: usize,
    first: u32,
    /// The sectors the table stands in.
    table: Vec<u32>,
}

impl<'a> File<'a> {
    fn read(source: &'a mut dyn Source, header: &[u8]) -> Option<Self> {
        let sector = match u16::from_le_bytes(at(header, 30)?) {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let first = number(header, 48)?;
        let mut file = Self { source, sector, first, table: Vec::new() };
        file.table(header)?;
        Some(file)
    }

    /// Gathers where the table of chains stands: first in the header, then in sectors that name the next of them.
    fn table(&mut self, header: &[u8]) -> Option<()> {
        let wanted = usize::try_from(number(header, 44)?).ok()?;
        let listed = (0..IN_HEADER as usize).filter_map(|entry| number(header, TABLE_AT + 4 * entry));
        self.table = listed.filter(|sector| *sector < NO_SECTOR).collect();
        let (mut next, mut left) = (number(header, 68)?, number(header, 72)?.min(256));
        while next < NO_SECTOR && left > 0 && self.table.len() < wanted {
            let sector = self.at(next)?;
            let last = sector.len().checked_sub(4)?;
            self.table.extend((0..last).step_by(4).filter_map(|place| number(&sector, place)).filter(|one| *one < NO_SECTOR));
            next = number(&sector, last)?;
            left -= 1;
        }
        Some(())
    }

    /// A whole sector.
    fn at(&mut self, sector: u32) -> Option<Vec<u8>> {
        let from = (u64::from(sector) + 1).checked_mul(self.sector as u64)?;
        let octets = piece(self.source, from, self.sector).ok()?;
        (octets.len() == self.sector).then_some(octets)
    }

    /// What follows a sector in its chain.
    fn after(&mut self, sector: u32) -> Option<u32> {
        let each = self.sector / 4;
        let index = usize::try_from(sector).ok()?;
        let holder = *self.table.get(index / each)?;
        let octets = self.at(holder)?;
        number(&octets, 4 * (index % each))
    }

    /// What is in a workbook or a presentation, as far as its records tell.
    fn records(&mut self, entry: &Entry) -> Option<Finding> {
        if entry.octets < SMALL {
            // Small streams lie in a stream of their own, which is not taken apart here.
            return Some(Finding::NotSearched);
        }
        if entry.name != PRESENTATION_NAME {
            return records::sheets(&self.stream(entry.first, BEGINNING).0);
        }
        let (octets, whole) = self.stream(entry.first, PRESENTATION);
        if records::has_project(&octets) {
            return Some(Finding::Macros);
        }
        (!whole).then_some(Finding::NotSearched)
    }

    /// A stream from its first sector on, so many octets at most, and whether its chain came to its end.
    fn stream(&mut self, first: u32, most: usize) -> (Vec<u8>, bool) {
        let mut octets = Vec::new();
        let mut sector = first;
        // No chain is longer than the file but one in a circle.
        let whole = self.source.seek(SeekFrom::End(0)).unwrap_or(0);
        let most = most.min(usize::try_from(whole).unwrap_or(usize::MAX));
        while sector < NO_SECTOR {
            if octets.len() >= most {
                return (octets, false);
            }
            let Some(found) = self.at(sector) else { return (octets, false) };
            octets.extend_from_slice(&found);
            let Some(next) = self.after(sector) else { return (octets, false) };
            sector = next;
        }
        (octets, true)
    }

    /// All entries, and whether the chain came to its end.
    fn directory(&mut self) -> (Vec<Entry>, bool) {
        let mut entries = Vec::new();
        let mut sector = self.first;
        // Sectors count, not entries: a circle of unused entries would never end.
        for _ in 0..MOST_ENTRIES * ENTRY / self.sector {
            if sector >= NO_SECTOR {
                return (entries, true);
            }
            let Some(octets) = self.at(sector) else { return (entries, false) };
            entries.extend(octets.chunks_exact(ENTRY).filter_map(entry));
            let Some(next) = self.after(sector) else { return (entries, false) };
            sector = next;
        }
        (entries, false)
    }
}

fn entry(octets: &[u8]) -> Option<Entry> {
    let long = usize::from(u16::from_le_bytes(at(octets, 64)?)).min(64);
    let letters = octets.get(..long.saturating_sub(2))?;
    let units: Vec<u16> = letters.chunks_exact(2).filter_map(|two| at(two, 0)).map(u16::from_le_bytes).collect();
    let class = at(octets, 80)?;
    let is_used = octets.get(66) != Some(&0);
    let (first, octets) = (number(octets, 116)?, number(octets, 120)?);
    is_used.then(|| Entry { name: String::from_utf16_lossy(&units).to_lowercase(), class, first, octets })
}

fn number(octets: &[u8], from: usize) -> Option<u32> {
    at(octets, from).map(u32::from_le_bytes)
}
