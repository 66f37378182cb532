//! What a file is, from its octets. Nothing its sender says of it counts here.

mod compound;
mod magic;
mod pdf;
mod rich;
mod sorts;
mod text;
mod xml;

use std::io::{self, Read, Seek, SeekFrom};

pub use sorts::Sort;
pub(super) use sorts::{
    APK, EMPTY, EPUB, JAR, MACRO_OFFICE, OFFICE, OPEN, PACKAGE, TEXT, UNKNOWN, Within, ZIP, is_claimed, is_zip_name,
};
pub(super) use {compound::compound, magic::has_pdf_inside, pdf::pdf, rich::rich, text::smuggles, xml::office_xml, xml::reduced};

/// Words in what a document of Office says of the sorts of its parts where there are macros.
pub(super) const MACRO_WORDS: [&str; 3] = ["macroenabled", "vbaproject", "macrosheet"];

/// What can be read from anywhere in it.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// Octets from the beginning that are looked at: an ISO image tells of itself after 32 KiB.
const HEAD: usize = 40 << 10;
/// Octets from the end: a zip archive may have a comment of 64 KiB there.
pub(super) const TAIL: usize = (64 << 10) + 512;

/// Both ends of a file.
#[derive(Debug)]
pub(super) struct Glance {
    pub(super) head: Vec<u8>,
    pub(super) tail: Vec<u8>,
    pub(super) octets: u64,
}

impl Glance {
    /// Reads both ends.
    pub(super) fn at(source: &mut dyn Source) -> io::Result<Self> {
        let octets = source.seek(SeekFrom::End(0))?;
        let head = piece(source, 0, HEAD)?;
        let tail = piece(source, octets.saturating_sub(TAIL as u64), TAIL)?;
        Ok(Self { head, tail, octets })
    }

    /// The beginning of something whose end is not known.
    pub(super) fn of_head(head: &[u8]) -> Self {
        let head = head.get(..HEAD).unwrap_or(head).to_vec();
        Self { octets: u64::MAX, head, tail: Vec::new() }
    }

    /// What it is, as far as both ends tell.
    pub(super) fn sort(&self) -> &'static Sort {
        if self.octets == 0 {
            return sorts::EMPTY;
        }
        magic::sort(&self.head, &self.tail).or_else(|| text::sort(&self.head)).unwrap_or(UNKNOWN)
    }
}

/// At most so many octets from a place on.
pub(super) fn piece(source: &mut dyn Source, from: u64, most: usize) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(from))?;
    let mut octets = Vec::new();
    source.take(most as u64).read_to_end(&mut octets)?;
    Ok(octets)
}

/// Octets at a place, if they are there.
fn at<const N: usize>(octets: &[u8], from: usize) -> Option<[u8; N]> {
    octets.get(from..)?.first_chunk().copied()
}
