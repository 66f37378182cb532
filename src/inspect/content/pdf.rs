//! PDF (ISO 32000): names that mean scripts, programs and attachments, wherever they stand in the file.
//!
//! The file is not taken apart: names are looked for in its octets, in every way they can be written (`/J#53`), and in
//! object streams, which are unpacked, whether they say that they are such or only what such a stream must have. What stands in other compressed streams is shown, not run.

use std::collections::BTreeSet;
use std::io::SeekFrom;

use super::Source;
use crate::inspect::archive::{Halt, Inflater, Plain, Stream};
use crate::inspect::limits::Budget;
use crate::inspect::reason::Finding;

/// Longer names are none of those that are looked for.
const LONGEST: usize = 32;

/// Finds it; what was found before the look had to end counts too.
pub(in crate::inspect) fn pdf(source: &mut dyn Source, budget: &Budget, found: &mut BTreeSet<Finding>) -> Result<(), Halt> {
    let mut scan = Scan::default();
    let mut piece = [0; 8192];
    let mut place = 0;
    let mut streams = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    loop {
        let count = source.read(&mut piece)?;
        if count == 0 {
            break;
        }
        for octet in piece.iter().take(count) {
            place += 1;
            // Each stream is unpacked once, and only so many: the octets unpacked are counted anyway.
            match scan.take(*octet) {
                true if streams.len() < budget.limits.entries => streams.push(place),
                true => scan.packed_otherwise = true,
                false => {}
            }
        }
        if place >= budget.limits.searched {
            scan.found.insert(Finding::NotSearched);
            break;
        }
    }
    if scan.packed_otherwise {
        scan.found.insert(Finding::NotSearched);
    }
    found.append(&mut scan.found);
    streams.into_iter().try_for_each(|at| inside(source, at, budget, found))
}

/// Looks into an object stream. One that breaks off is looked at as far as it goes, as readers do.
fn inside(source: &mut dyn Source, at: u64, budget: &Budget, found: &mut BTreeSet<Finding>) -> Result<(), Halt> {
    source.seek(SeekFrom::Start(at))?;
    let mut unpacked = Inflater::zlib(Plain::counted(source, u64::MAX, budget), budget);
    let mut scan = Scan::default();
    let mut piece = [0; 4096];
    let mut any = false;
    let whole = loop {
        let pulled = unpacked.pull(&mut piece);
        any |= matches!(pulled, Ok(1..));
        match pulled {
            Err(Halt::Damaged) if !any => {
                found.insert(Finding::NotSearched);
                break Ok(());
            }
            Ok(0) | Err(Halt::Damaged) => break Ok(()),
            Ok(count) => piece.iter().take(count).for_each(|octet| _ = scan.take(*octet)),
            Err(halt) => break Err(halt),
        }
    };
    scan.end();
    found.append(&mut scan.found);
    whole
}

/// Where a scan stands.
#[derive(Default)]
struct Scan {
    found: BTreeSet<Finding>,
    name: Option<Vec<u8>>,
    /// The last letters, for the words `stream` and `endobj`.
    word: Vec<u8>,
    objects: bool,
    /// How many objects there are, and where the first is: nothing but a stream of objects says both.
    counted: bool,
    first: bool,
    packed: bool,
    /// It is packed in a way that is not undone here.
    altered: bool,
    /// There are streams of objects that are not looked into.
    packed_otherwise: bool,
    /// A stream of objects begins after the end of this line.
    awaits: bool,
}

impl Scan {
    /// Takes an octet; `true`: an object stream begins after it.
    fn take(&mut self, octet: u8) -> bool {
        if self.awaits && octet != b'\r' {
            self.awaits = false;
            // Where the line does not end as it should, readers may find it all the same.
            self.packed_otherwise |= octet != b'\n';
            return octet == b'\n';
        }
        let delimits =
            matches!(octet, b'\0' | b'\t'..=b'\r' | b' ' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%');
        if delimits {
            self.end();
            self.name = (octet == b'/').then(Vec::new);
        } else if let Some(name) = &mut self.name {
            name.truncate(3 * LONGEST);
            name.push(octet);
        } else {
            self.word.truncate(LONGEST);
            self.word.push(octet);
        }
        self.word == b"stream" && self.begins_stream()
    }

    fn begins_stream(&mut self) -> bool {
        let objects = self.objects || (self.counted && self.first);
        let plain = self.packed && !self.altered;
        self.awaits = objects && plain;
        self.packed_otherwise |= objects && !plain;
        self.forget();
        self.word.clear();
        false
    }

    /// A name or a word is over.
    fn end(&mut self) {
        if let Some(name) = self.name.take() {
            self.meaning(&unescaped(&name));
        }
        if self.word.ends_with(b"obj") {
            self.forget();
        }
        self.word.clear();
    }

    /// What was said of the last object.
    fn forget(&mut self) {
        (self.objects, self.counted, self.first) = (false, false, false);
        (self.packed, self.altered) = (false, false);
    }

    fn meaning(&mut self, name: &[u8]) {
        match name {
            b"JS" | b"JavaScript" => _ = self.found.insert(Finding::Script),
            b"Launch" => _ = self.found.insert(Finding::Launches),
            b"EmbeddedFile" | b"EmbeddedFiles" | b"RichMedia" => _ = self.found.insert(Finding::Embedded),
            b"Encrypt" => _ = self.found.insert(Finding::Locked),
            b"ObjStm" => self.objects = true,
            b"N" => self.counted = true,
            b"First" => self.first = true,
            b"FlateDecode" | b"Fl" => self.packed = true,
            b"Predictor" | b"ASCIIHexDecode" | b"AHx" | b"ASCII85Decode" | b"A85" | b"LZWDecode" | b"LZW" => self.altered = true,
            _ => {}
        }
    }
}

/// A name with `#53` as the letter it stands for.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|octet| char::from(*octet).to_digit(16));
        let escaped =
            digit(0).zip(digit(1)).filter(|_| *first == b'#').and_then(|(high, low)| u8::try_from(16 * high + low).ok());
        out.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out
}
