//! One member of a zip archive: its name and what kind of thing it is, then its content.

use super::record::Record;
use crate::inspect::archive::paths::{Links, last, leads_out, link_leads_out};
use crate::inspect::archive::{Halt, Inflater, Plain, Stream};
use crate::inspect::content::Source;
use crate::inspect::look::{Expected, Look, Place};
use crate::inspect::name::SafeName;
use crate::inspect::reason::Finding;

const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;
const FILE: u32 = 0o100_000;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Octets of a path a link leads to.
const LONGEST_LINK: u64 = 4096;

/// The links among members, of which no other may be a part.
pub(super) fn links(records: &[Record]) -> Links {
    let mut links = Links::default();
    for record in records.iter().filter(|record| record.file_type() == LINK) {
        links.add(&record.name);
    }
    links
}

/// Looks at what the directory says of it.
pub(super) fn name(look: &mut Look<'_>, record: &Record, links: &Links, place: Place<'_>) {
    with_place(record, place, |inner| {
        if leads_out(&record.name) || links.carry(&record.name) {
            look.found(inner, Finding::Outside);
        }
        if record.disagrees {
            look.found(inner, Finding::Disagrees);
        }
        if !matches!(record.file_type(), 0 | FOLDER | FILE | LINK) {
            look.found(inner, Finding::Device);
        }
        if !record.is_folder() {
            look.weigh_name(inner);
        }
    });
}

/// Looks at what is in it.
pub(super) fn examine(look: &mut Look<'_>, source: &mut dyn Source, record: &Record, place: Place<'_>) -> Result<(), Halt> {
    with_place(record, place, |inner| {
        if record.locked {
            look.found(inner, Finding::Locked);
            return Ok(());
        }
        let data = located(record, source)?;
        source.seek(std::io::SeekFrom::Start(data))?;
        let budget = look.budget();
        match record.method {
            STORED if record.packed != record.unpacked => look.found(inner, Finding::Disagrees),
            STORED => content(look, &mut Plain::counted(source, record.packed, budget), record, inner)?,
            DEFLATED => {
                let mut stream = Inflater::raw(Plain::new(source, record.packed), budget);
                content(look, &mut stream, record, inner)?;
                // Octets behind the packed ones, or more than the list says: others may read them.
                if record.packed > 0 && stream.skip(1).is_ok_and(|more| more > 0 || stream.packed() < record.packed) {
                    look.found(inner, Finding::Disagrees);
                }
            }
            _ => look.found(inner, Finding::Closed),
        }
        Ok(())
    })
}

/// Where its octets begin. Where the list broke off, its head was not read yet.
fn located(record: &Record, source: &mut dyn Source) -> Result<u64, Halt> {
    let mut record = record.clone();
    if record.data.is_none() {
        record.locate(source)?;
    }
    record.data.ok_or(Halt::Damaged)
}

fn content(look: &mut Look<'_>, stream: &mut dyn Stream, record: &Record, place: Place<'_>) -> Result<(), Halt> {
    if record.file_type() == LINK {
        return link(look, stream, record, place);
    }
    if record.is_folder() && record.unpacked == 0 {
        return Ok(());
    }
    let expected = Expected { octets: record.unpacked, sum: record.sum };
    look.member(stream, place, Some(expected))
}

fn link(look: &mut Look<'_>, stream: &mut dyn Stream, record: &Record, place: Place<'_>) -> Result<(), Halt> {
    let mut target = vec![0; usize::try_from(record.unpacked.min(LONGEST_LINK)).unwrap_or_default()];
    let count = stream.fill(&mut target)?;
    let target = String::from_utf8_lossy(target.get(..count).unwrap_or_default()).into_owned();
    let out = record.unpacked > LONGEST_LINK || link_leads_out(&record.name, &target);
    look.found(place, if out { Finding::Outside } else { Finding::Link });
    Ok(())
}

fn with_place<T>(record: &Record, place: Place<'_>, act: impl FnOnce(Place<'_>) -> T) -> T {
    let name = SafeName::of(last(&record.name));
    let path = place.path_of(&record.name);
    let executable = record.file_type() == FILE && record.mode & 0o111 != 0;
    act(Place { executable, ..place.member(&path, &name) })
}
