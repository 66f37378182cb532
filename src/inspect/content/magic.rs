//! Octets by which formats are known.

use super::at;
use super::sorts::{
    AAC, ACCESS, ACE, AIFF, AMR, AR, ARJ, ASF, AVI, BMP, BZIP2, CABINET, COMPOUND, COMPRESS, CPIO, DEB, DEX, DISK, DOS, ELF,
    EXTENSION, FLAC, FLASH, FONT, GIF, GZIP, HEIF, HELP, ICON, JAVA, JPEG, JXL, LHA, LINK, LZ4, LZIP, MACHO, MATROSKA, MIDI, MP3,
    MP4, MPEG, OGG, OLD_HELP, ONENOTE, OUTLOOK, PDF, PE, PNG, PSD, PYTHON, RAR, RICH, RPM, SCRIPT, SEVEN, SQLITE, Sort, TAR,
    TIFF, WASM, WAVE, WEBP, WINDOWS_SCRIPT, Within, XAR, XZ, ZIP, ZSTD,
};
use crate::inspect::kinds::Class;

/// Where, what, and what it is then.
type Row = (usize, &'static [u8], &'static Sort);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (0, b"\x7fELF", ELF),
    (0, b"\xfe\xed\xfa\xce", MACHO), (0, b"\xfe\xed\xfa\xcf", MACHO),
    (0, b"\xce\xfa\xed\xfe", MACHO), (0, b"\xcf\xfa\xed\xfe", MACHO),
    (0, b"\xca\xfe\xba\xbf", MACHO), (0, b"\xbf\xba\xfe\xca", MACHO), (0, b"\xbe\xba\xfe\xca", MACHO),
    (0, b"dex\n", DEX), (0, b"dey\n", DEX), (0, b"\0asm", WASM), (0, b"Cr24", EXTENSION), (0, b"JM\x01\0", JAVA),
    (0, b"FWS", FLASH), (0, b"CWS", FLASH), (0, b"ZWS", FLASH),
    (0, b"#@~^", WINDOWS_SCRIPT),
    (0, b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", LINK),
    (0, b"ITSF", HELP), (0, b"?_\x03\0", OLD_HELP),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", COMPOUND),
    (0, b"!<arch>\ndebian-binary", DEB), (0, b"!<arch>\n", AR), (0, b"\xed\xab\xee\xdb", RPM), (0, b"xar!", XAR),
    (0, b"MSCF", CABINET), (0, b"ISc(", CABINET),
    (0, b"conectix", DISK), (0, b"vhdxfile", DISK), (0, b"KDMV", DISK), (0, b"QFI\xfb", DISK), (0, b"cxsparse", DISK),
    (0x40, b"\x7f\x10\xda\xbe", DISK),
    (0x8001, b"CD001", DISK), (0x8001, b"BEA01", DISK), (0x8801, b"CD001", DISK), (0x8001, b"NSR0", DISK),
    (4, b"Standard Jet DB", ACCESS), (4, b"Standard ACE DB", ACCESS), (0, b"!BDN", OUTLOOK),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", ONENOTE),
    (0, b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", ONENOTE),
    (0, b"{\\rt", RICH),
    (0, b"PK\x03\x04", ZIP), (0, b"PK\x05\x06", ZIP), (0, b"PK\x07\x08PK\x03\x04", ZIP), (0, b"PK00PK\x03\x04", ZIP),
    (0, b"\x1f\x8b", GZIP), (0, b"BZh", BZIP2), (0, b"\xfd7zXZ\0", XZ), (0, b"\x28\xb5\x2f\xfd", ZSTD), (0, b"\x04\x22\x4d\x18", LZ4),
    (0, b"LZIP", LZIP), (0, b"\x1f\x9d", COMPRESS), (0, b"\x1f\xa0", COMPRESS), (0, b"7z\xbc\xaf\x27\x1c", SEVEN), (0, b"Rar!\x1a\x07", RAR),
    (7, b"**ACE**", ACE), (0, b"\x60\xea", ARJ), (2, b"-lh", LHA), (2, b"-lz", LHA),
    (0, b"070701", CPIO), (0, b"070702", CPIO), (0, b"070707", CPIO), (0, b"\xc7\x71", CPIO),
    (0, b"\x89PNG\r\n\x1a\n", PNG), (0, b"\xff\xd8\xff", JPEG), (0, b"GIF87a", GIF), (0, b"GIF89a", GIF),
    (0, b"II*\0", TIFF), (0, b"MM\0*", TIFF), (0, b"II+\0", TIFF), (0, b"MM\0+", TIFF), (0, b"\0\0\x01\0", ICON), (0, b"8BPS", PSD),
    (0, b"\xff\x0a", JXL), (0, b"\0\0\0\x0cJXL \r\n\x87\n", JXL),
    (0, b"ID3", MP3), (0, b"\xff\xfb", MP3), (0, b"\xff\xf3", MP3), (0, b"\xff\xf2", MP3), (0, b"\xff\xfa", MP3),
    (0, b"\xff\xf1", AAC), (0, b"\xff\xf9", AAC), (0, b"ADIF", AAC),
    (0, b"OggS", OGG), (0, b"fLaC", FLAC), (0, b"MThd", MIDI), (0, b"#!AMR", AMR),
    (0, b"\x1a\x45\xdf\xa3", MATROSKA), (0, b"\0\0\x01\xba", MPEG), (0, b"\0\0\x01\xb3", MPEG),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (0, b"\0\x01\0\0\0", FONT), (0, b"OTTO", FONT), (0, b"wOFF", FONT), (0, b"wOF2", FONT), (0, b"SQLite format 3\0", SQLITE),
];

/// Octets in which a PDF may begin; what reads them is that patient.
const PDF_WITHIN: usize = 1024;

/// The sort by its octets; `None`: no format is known by them.
pub(super) fn sort(head: &[u8], tail: &[u8]) -> Option<&'static Sort> {
    let first = by_first_octets(head).or_else(|| is_disk_by_its_end(tail).then_some(DISK));
    // A tar archive begins with the name of a member, which may be anything. What is dangerous or is looked into stays
    // what it is, and is looked at as an archive too.
    let may_be_named = first.is_none_or(|sort| sort.class != Class::Blocked && sort.within == Within::Nothing);
    if may_be_named && crate::inspect::archive::is_tar(head) {
        return Some(TAR);
    }
    let start = head.get(..PDF_WITHIN).unwrap_or(head);
    first.or_else(|| memchr::memmem::find(start, b"%PDF-").map(|_| PDF))
}

fn by_first_octets(head: &[u8]) -> Option<&'static Sort> {
    let row = || ROWS.iter().find(|(from, octets, _)| head.get(*from..).is_some_and(|rest| rest.starts_with(octets)));
    branched(head).or_else(|| row().map(|(.., sort)| *sort))
}

/// Whether a PDF begins where something else is already.
pub(in crate::inspect) fn has_pdf_inside(head: &[u8]) -> bool {
    memchr::memmem::find(head.get(..PDF_WITHIN).unwrap_or(head), b"%PDF-").is_some_and(|at| at > 0)
}

/// Whether it begins with the name of an interpreter. Sources in Rust begin much like that, and one format of sound.
pub(super) fn is_script(head: &[u8]) -> bool {
    let rest = head.strip_prefix(b"#!").unwrap_or_default();
    rest.trim_ascii_start().first().is_some_and(|first| *first != b'[')
        && !rest.starts_with(b"AMR\n")
        && !rest.starts_with(b"AMR-")
}

/// Formats that share their first octets with others.
fn branched(head: &[u8]) -> Option<&'static Sort> {
    if is_script(head) {
        return Some(SCRIPT);
    }
    match at::<4>(head, 0)? {
        [b'M', b'Z', ..] | [b'Z', b'M', ..] => program(head),
        [0xca, 0xfe, 0xba, 0xbe] => Some(java_or_fat(head)),
        [b'R', b'I', b'F', b'F'] => match &at::<4>(head, 8)? {
            b"WEBP" => Some(WEBP),
            b"WAVE" => Some(WAVE),
            b"AVI " => Some(AVI),
            b"RMID" => Some(MIDI),
            _ => None,
        },
        [b'F', b'O', b'R', b'M'] if matches!(&at::<4>(head, 8)?, b"AIFF" | b"AIFC") => Some(AIFF),
        // A size, and four octets that are 0: else it is text that begins like that.
        [b'B', b'M', ..] if at::<4>(head, 6) == Some([0; 4]) => Some(BMP),
        [_, _, b'\r', b'\n'] if at::<2>(head, 4).is_some() && head.get(4..8) == Some(&[0; 4]) => Some(PYTHON),
        _ if at::<4>(head, 4).as_ref() == Some(b"ftyp") => Some(brand(head)),
        _ if at::<4>(head, 4).as_ref().is_some_and(|word| matches!(word, b"moov" | b"mdat" | b"wide" | b"free")) => Some(MP4),
        _ => None,
    }
}

/// A program of Windows or DOS, unless it is text that begins like one.
fn program(head: &[u8]) -> Option<&'static Sort> {
    let new = at::<4>(head, 0x3c).and_then(|place| usize::try_from(u32::from_le_bytes(place)).ok());
    if new.and_then(|place| at::<2>(head, place)).is_some_and(|word| matches!(&word, b"PE" | b"NE" | b"LE" | b"LX")) {
        return Some(PE);
    }
    super::text::decoded(head).is_none().then_some(DOS)
}

/// A class of Java has the version there, 45 and more; a program of macOS the number of its parts, which are few.
fn java_or_fat(head: &[u8]) -> &'static Sort {
    match at::<4>(head, 4).map(u32::from_be_bytes) {
        Some(0..=0x2c) => MACHO,
        _ => JAVA,
    }
}

fn brand(head: &[u8]) -> &'static Sort {
    match &at::<4>(head, 8).unwrap_or_default() {
        b"heic" | b"heix" | b"heif" | b"mif1" | b"msf1" | b"avif" | b"avis" | b"hevc" => HEIF,
        _ => MP4,
    }
}

/// Images of disks say so in their last 512 octets.
fn is_disk_by_its_end(tail: &[u8]) -> bool {
    let last = tail.len().checked_sub(512).and_then(|from| tail.get(from..)).unwrap_or_default();
    last.starts_with(b"koly") || last.starts_with(b"conectix")
}
