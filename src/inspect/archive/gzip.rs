//! gzip (RFC 1952): one or several packed streams in a row, each with a checksum.

use super::inflate::{Inflater, Pieces};
use super::stream::{Again, Halt, Plain, Stream};
use super::tar::tar;
use crate::inspect::content::Source;
use crate::inspect::limits::Budget;
use crate::inspect::look::{Look, Place};
use crate::inspect::name::SafeName;
use crate::inspect::reason::Finding;

/// Octets of the name in a head that are kept, and those after which a head is none.
const LONGEST_NAME: usize = 4096;
/// Zeros at the end that are passed over.
const MOST_ZEROS: usize = 1 << 20;
/// What a stream costs, however little is in it.
const TURN: usize = 4096;

/// Looks into a gzip file: at the tar archive in it where it is called one, which is not held in memory, or at the file.
pub(in crate::inspect) fn gzip(look: &mut Look<'_>, source: &mut dyn Source, place: Place<'_>) -> Result<(), Halt> {
    source.seek(std::io::SeekFrom::Start(0))?;
    let mut stream = Gunzip::new(Plain::new(source, u64::MAX), look.budget())?;
    let mut first = [0; 512];
    let count = stream.fill(&mut first)?;
    let first = first.get(..count).unwrap_or_default();
    if place.claims_tar() {
        // One without members is nothing but zeros. What is none is damaged.
        tar(look, &mut Again { first, rest: &mut stream }, place)?;
    } else {
        let named = stream.name.as_deref().map(|name| String::from_utf8_lossy(name).into_owned());
        let name = SafeName::of(named.as_deref().unwrap_or_else(|| place.name.stem()));
        let path = place.path_of(name.as_str());
        let inner = place.member(&path, &name);
        look.weigh_name(inner);
        // Some programs name it after the file, whatever name is in it.
        let outer = SafeName::of(place.name.stem());
        if outer != name && outer.extension().is_some() {
            look.weigh_name(place.member(&place.path_of(outer.as_str()), &outer));
        }
        look.member(&mut Again { first, rest: &mut stream }, inner, None)?;
    }
    if stream.trails {
        look.found(place, Finding::Trailing);
    }
    Ok(())
}

/// What unpacks it.
struct Gunzip<'b, S> {
    inner: Inflater<'b, S>,
    sum: crc32fast::Hasher,
    octets: u32,
    name: Option<Vec<u8>>,
    over: bool,
    trails: bool,
}

impl<'b, S: Stream> Gunzip<'b, S> {
    fn new(input: S, budget: &'b Budget) -> Result<Self, Halt> {
        let mut inner = Inflater::raw(input, budget);
        let magic = inner.pieces.octets::<2>()?;
        if magic != [0x1f, 0x8b] {
            return Err(Halt::Damaged);
        }
        let name = head(&mut inner.pieces)?;
        Ok(Self { inner, sum: crc32fast::Hasher::new(), octets: 0, name, over: false, trails: false })
    }

    /// Compares the checksum, and goes on to the next stream if there is one.
    fn turn(&mut self) -> Result<(), Halt> {
        self.inner.spend(TURN)?;
        let said = self.inner.pieces.octets::<4>().map(u32::from_le_bytes)?;
        let long = self.inner.pieces.octets::<4>().map(u32::from_le_bytes)?;
        let sum = std::mem::take(&mut self.sum).finalize();
        if said != sum || long != std::mem::take(&mut self.octets) {
            return Err(Halt::Damaged);
        }
        match self.inner.pieces.octet()? {
            Some(0x1f) if self.inner.pieces.octet()? == Some(0x8b) => {
                head(&mut self.inner.pieces)?;
                self.inner.again();
            }
            // Tapes and disks fill up with zeros.
            Some(0) => {
                self.over = true;
                let mut zeros = 1;
                while let Some(octet) = self.inner.pieces.octet()?
                    && !self.trails
                {
                    zeros += 1;
                    self.trails = octet != 0 || zeros > MOST_ZEROS;
                }
            }
            Some(_) => (self.over, self.trails) = (true, true),
            None => self.over = true,
        }
        Ok(())
    }
}

impl<S: Stream> Stream for Gunzip<'_, S> {
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Halt> {
        while !self.over && !out.is_empty() {
            let count = self.inner.pull(out)?;
            if count > 0 {
                self.sum.update(out.get(..count).unwrap_or_default());
                self.octets = self.octets.wrapping_add(u32::try_from(count).unwrap_or_default());
                return Ok(count);
            }
            self.turn()?;
        }
        Ok(0)
    }
}

/// The head after its first two octets; gives the name in it.
fn head<S: Stream>(pieces: &mut Pieces<S>) -> Result<Option<Vec<u8>>, Halt> {
    let [method, flags, ..] = pieces.octets::<8>()?;
    if method != 8 || flags & 0xe0 != 0 {
        return Err(Halt::Damaged);
    }
    if flags & 4 != 0 {
        let extra = pieces.octets::<2>().map(u16::from_le_bytes)?;
        for _ in 0..extra {
            pieces.octet()?;
        }
    }
    let name = if flags & 8 == 0 { None } else { Some(text(pieces)?) };
    if flags & 16 != 0 {
        text(pieces)?;
    }
    if flags & 2 != 0 {
        pieces.octets::<2>()?;
    }
    Ok(name)
}

/// Octets up to a zero.
fn text<S: Stream>(pieces: &mut Pieces<S>) -> Result<Vec<u8>, Halt> {
    let mut text = Vec::new();
    loop {
        match pieces.octet()?.ok_or(Halt::Damaged)? {
            0 => return Ok(text),
            _ if text.len() == LONGEST_NAME => return Err(Halt::Damaged),
            octet => text.push(octet),
        }
    }
}
