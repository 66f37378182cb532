//! zip (PKWARE APPNOTE 6.3): the directory at the end, and the heads of the members, which must say the same.
//!
//! Programs that unpack differ in which of the two they believe, and in where they look for the directory. Whatever
//! could be read in two ways is told, so that nothing hides in what only the other program sees.

mod ending;
mod member;
mod names;
mod record;

use std::ops::Range;

use ending::Ending;
use member::examine;
use record::Record;

use super::stream::Halt;
use crate::inspect::content::{self, Glance, Sort, Source, piece};
use crate::inspect::limits::Budget;
use crate::inspect::look::{Look, Place};
use crate::inspect::reason::Finding;

/// What the head of a member begins with.
const LOCAL: &[u8; 4] = b"PK\x03\x04";

/// The directory of an archive.
pub(in crate::inspect) struct Directory {
    records: Vec<Record>,
    /// What is odd about the archive as a whole.
    findings: Vec<Finding>,
}

impl Directory {
    /// What the names of the members make of the archive.
    pub(in crate::inspect) fn sort(&self) -> &'static Sort {
        let names: Vec<String> = self.records.iter().map(|record| record.name.replace('\\', "/").to_lowercase()).collect();
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        match () {
            () if has("appxmanifest.xml") || has("appxmetadata/appxbundlemanifest.xml") => content::PACKAGE,
            () if has("[content_types].xml") && self.macros() => content::MACRO_OFFICE,
            () if has("[content_types].xml") => content::OFFICE,
            () if has("mimetype") && has("meta-inf/container.xml") => content::EPUB,
            () if has("mimetype") && has("meta-inf/manifest.xml") => content::OPEN,
            () if has("androidmanifest.xml") => content::APK,
            () if has("meta-inf/manifest.mf") => content::JAR,
            () => content::ZIP,
        }
    }

    /// Whether it is packed as documents of Office are.
    fn is_package(&self) -> bool {
        self.records.iter().any(|record| record.name.eq_ignore_ascii_case("[Content_Types].xml"))
    }

    /// Whether a document has macros in it, by the names of its parts.
    pub(in crate::inspect) fn macros(&self) -> bool {
        self.records.iter().any(|record| {
            let name = record.name.replace('\\', "/").to_lowercase();
            name.ends_with("vbaproject.bin")
                || name.contains("/macrosheets/")
                || name.starts_with("basic/")
                || name.starts_with("scripts/")
        })
    }
}

/// Where a zip archive begins and ends; `None`: there is none.
pub(in crate::inspect) fn reach(source: &mut dyn Source, glance: &Glance) -> Result<Option<Range<u64>>, Halt> {
    Ok(Ending::find(source, glance)?.map(|ending| ending.base..ending.last))
}

/// The directory of a zip archive; `None`: there is none.
pub(in crate::inspect) fn directory(
    source: &mut dyn Source,
    glance: &Glance,
    budget: &Budget,
) -> Result<Option<Directory>, Halt> {
    let Some(ending) = Ending::find(source, glance)? else { return Ok(None) };
    let mut directory = Directory { records: Vec::new(), findings: ending.findings.clone() };
    let whole = records(source, &ending, &mut directory, budget)?;
    if whole {
        layout(source, &ending, &mut directory, budget)?;
    }
    Ok(Some(directory))
}

/// Reads the records; `false`: there are more than are looked at.
fn records(source: &mut dyn Source, ending: &Ending, directory: &mut Directory, budget: &Budget) -> Result<bool, Halt> {
    let mut at = ending.start;
    for _ in 0..ending.entries {
        if let Err(Halt::Entries) = budget.enter() {
            directory.findings.push(Finding::TooMany);
            return Ok(false);
        }
        let (record, next) = Record::read(source, at, ending.base)?;
        at = next;
        if at > ending.end {
            return Err(Halt::Damaged);
        }
        directory.records.push(record);
    }
    if at != ending.end {
        directory.findings.push(Finding::Disagrees);
    }
    Ok(true)
}

/// Looks at where everything lies: nothing may overlap, and no head of a member may stand where no record points.
fn layout(source: &mut dyn Source, ending: &Ending, directory: &mut Directory, budget: &Budget) -> Result<(), Halt> {
    let mut places = Vec::with_capacity(directory.records.len());
    for record in &mut directory.records {
        places.push(record.locate(source)?);
    }
    places.sort_unstable();
    let mut end = ending.base;
    let mut left = budget.limits.searched;
    if places.first().map_or(ending.start, |first| first.0) > 0 {
        directory.findings.push(Finding::TwoKinds);
    }
    for (from, to) in places.into_iter().chain([(ending.start, ending.start)]) {
        if from < end || to < from {
            directory.findings.push(Finding::Overlap);
            return Ok(());
        }
        directory.findings.extend(gap(source, end, from, &mut left)?);
        end = to;
    }
    Ok(())
}

/// What hides between two members.
fn gap(source: &mut dyn Source, from: u64, to: u64, left: &mut u64) -> Result<Option<Finding>, Halt> {
    let long = to - from;
    if long > *left {
        return Ok(Some(Finding::NotSearched));
    }
    *left -= long;
    let mut at = from;
    while at < to {
        let octets = piece(source, at, usize::try_from(to - at).unwrap_or(usize::MAX).min(64 << 10))?;
        if memchr::memmem::find(&octets, LOCAL).is_some() {
            return Ok(Some(Finding::Unlisted));
        }
        // A head may lie across two pieces.
        at += (octets.len() as u64).saturating_sub(3).max(1);
    }
    Ok(None)
}

/// Looks at all members: at all names first, so that no content keeps one from being seen.
pub(in crate::inspect) fn walk(
    look: &mut Look<'_>,
    source: &mut dyn Source,
    directory: &Directory,
    place: Place<'_>,
) -> Result<(), Halt> {
    for finding in &directory.findings {
        look.found(place, *finding);
    }
    let place = Place { in_package: place.in_package || directory.is_package(), ..place };
    let links = member::links(&directory.records);
    for record in &directory.records {
        member::name(look, record, &links, place);
    }
    // What overlaps is a bomb, or made to be read in two ways.
    if directory.findings.contains(&Finding::Overlap) {
        return Ok(());
    }
    for record in &directory.records {
        examine(look, source, record, place)?;
    }
    Ok(())
}
