//! Makers of archives and documents, with every way to make them wrong.

use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

/// A member of a zip archive.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    /// The name its own head has.
    pub(super) local_name: Option<Vec<u8>>,
    pub(super) packed: Vec<u8>,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) sum: u32,
    pub(super) unpacked: u32,
    pub(super) mode: u32,
    pub(super) extra: Vec<u8>,
    /// It is left out of the directory.
    pub(super) unlisted: bool,
    /// It shares its octets with the member of this number.
    pub(super) same_as: Option<usize>,
}

pub(super) fn deflated(name: &str, octets: &[u8]) -> Member {
    let packed = compress_to_vec(octets, 6);
    Member { packed, method: 8, ..stored(name, octets) }
}

pub(super) fn stored(name: &str, octets: &[u8]) -> Member {
    Member {
        name: name.as_bytes().to_vec(),
        local_name: None,
        packed: octets.to_vec(),
        method: 0,
        flags: 0,
        sum: crc32fast::hash(octets),
        unpacked: u32::try_from(octets.len()).unwrap(),
        mode: 0o100_644,
        extra: Vec::new(),
        unlisted: false,
        same_as: None,
    }
}

/// A zip archive of members.
pub(super) fn zip(members: &[Member]) -> Vec<u8> {
    zip_after(&[], members, false)
}

/// A zip archive behind other octets; `counted`: its places count them.
pub(super) fn zip_after(before: &[u8], members: &[Member], counted: bool) -> Vec<u8> {
    let mut out = before.to_vec();
    let base = if counted { 0 } else { before.len() };
    let mut places = Vec::new();
    for member in members {
        places.push(member.same_as.map_or(out.len() - base, |other| places[other]));
        if member.same_as.is_none() {
            let name = member.local_name.as_ref().unwrap_or(&member.name);
            out.extend_from_slice(b"PK\x03\x04\x14\0");
            fields(&mut out, member);
            short(&mut out, name.len());
            short(&mut out, member.extra.len());
            out.extend_from_slice(name);
            out.extend_from_slice(&member.extra);
            out.extend_from_slice(&member.packed);
        }
    }
    let start = out.len();
    let listed = || members.iter().zip(&places).filter(|(member, _)| !member.unlisted);
    for (member, place) in listed() {
        out.extend_from_slice(b"PK\x01\x02\x14\x03\x14\0");
        fields(&mut out, member);
        short(&mut out, member.name.len());
        short(&mut out, member.extra.len());
        out.extend_from_slice(&[0; 6]);
        long(&mut out, (member.mode as usize) << 16);
        long(&mut out, *place);
        out.extend_from_slice(&member.name);
        out.extend_from_slice(&member.extra);
    }
    let octets = out.len() - start;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    short(&mut out, listed().count());
    short(&mut out, listed().count());
    long(&mut out, octets);
    long(&mut out, start - base);
    short(&mut out, 0);
    out
}

/// A zip archive with a comment.
pub(super) fn commented(mut archive: Vec<u8>, comment: &[u8]) -> Vec<u8> {
    archive.truncate(archive.len() - 2);
    short(&mut archive, comment.len());
    [archive, comment.to_vec()].concat()
}

/// A second name in UTF-8, as a field of a member.
pub(super) fn second_name(name: &str) -> Vec<u8> {
    let mut field = b"\x75\x70".to_vec();
    short(&mut field, name.len() + 5);
    [&field[..], b"\x01\0\0\0\0", name.as_bytes()].concat()
}

/// From the flags to the sizes: what both heads have.
fn fields(out: &mut Vec<u8>, member: &Member) {
    short(out, member.flags.into());
    short(out, member.method.into());
    long(out, 0);
    long(out, member.sum as usize);
    long(out, member.packed.len());
    long(out, member.unpacked as usize);
}

fn short(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u16::try_from(number).unwrap().to_le_bytes());
}

fn long(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
}

/// A gzip file, with the name in its head.
pub(super) fn gzip(name: &str, octets: &[u8]) -> Vec<u8> {
    let flags = if name.is_empty() { 0 } else { 8 };
    let mut out = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3];
    if !name.is_empty() {
        out.extend_from_slice(name.as_bytes());
        out.push(0);
    }
    out.extend_from_slice(&compress_to_vec(octets, 6));
    out.extend_from_slice(&crc32fast::hash(octets).to_le_bytes());
    long(&mut out, octets.len());
    out
}

/// A member of a tar archive: type, path, where a link leads, octets.
pub(super) type Entry<'a> = (u8, &'a str, &'a str, &'a [u8]);

/// A tar archive. Rights are 0644, or 0755 where the type is '*', which is a file.
pub(super) fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (kind, path, link, octets) in entries {
        let (kind, mode) = if *kind == b'*' { (b'0', "0000755\0") } else { (*kind, "0000644\0") };
        let mut block = [0; 512];
        block[..path.len()].copy_from_slice(path.as_bytes());
        block[100..108].copy_from_slice(mode.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", octets.len()).as_bytes());
        block[148..156].copy_from_slice(b"        ");
        block[156] = kind;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|octet| u32::from(*octet)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend_from_slice(&block);
        out.extend_from_slice(octets);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A record of pax.
pub(super) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let long = (rest..rest + 9).find(|long| rest + long.to_string().len() == *long).unwrap();
    format!("{long} {key}={value}\n").into_bytes()
}

/// A program for Windows, as far as one is known by its octets.
pub(super) fn pe() -> Vec<u8> {
    let mut out = vec![0; 0x100];
    out[..2].copy_from_slice(b"MZ");
    out[0x3c] = 0x80;
    out[0x80..0x84].copy_from_slice(b"PE\0\0");
    out
}

/// A program for Unix.
pub(super) fn elf() -> Vec<u8> {
    [&b"\x7fELF\x02\x01\x01"[..], &[0; 57]].concat()
}

/// A picture.
pub(super) fn png() -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &[0; 40]].concat()
}

/// A file with workbooks of Excel; the last has a sheet of a kind, the others nothing.
pub(super) fn workbook(names: &[&str], kind: u8) -> Vec<u8> {
    let start = b"\x09\x08\x04\0\0\x06\x05\0\x85\0\x08\0\0\0\0\0\0";
    compound_with(names, &[&start[..], &[kind, 1, b'A', 0x0a, 0, 0, 0]].concat())
}

/// A presentation of `PowerPoint` with a record somewhere in it.
pub(super) fn presentation(record: &[u8]) -> Vec<u8> {
    compound_with(&["PowerPoint Document"], &[&[7; 1001][..], record].concat())
}

/// A compound file whose last stream begins like this.
fn compound_with(names: &[&str], start: &[u8]) -> Vec<u8> {
    let mut stream = start.to_vec();
    stream.resize(4096, 0);
    let mut file = compound(names, [0; 4]);
    // It lies behind the directory, which is one sector; the entry says so.
    let entry = 2 * 512 + 128 * names.len();
    file[entry + 116] = 2;
    file[entry + 120..entry + 124].copy_from_slice(&4096_u32.to_le_bytes());
    for sector in 2..10_u32 {
        let next = if sector == 9 { 0xffff_fffe } else { sector + 1 };
        let at = 512 + 4 * sector as usize;
        file[at..at + 4].copy_from_slice(&next.to_le_bytes());
    }
    [file, stream].concat()
}

/// A compound file with streams of these names; the first octets of the class of its root.
pub(super) fn compound(names: &[&str], class: [u8; 4]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    header[30] = 9;
    header[44] = 1;
    header[48] = 1;
    header[68..72].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    header[76..].fill(0xff);
    header[76..80].fill(0);
    let mut entries: Vec<u8> = Vec::new();
    for (at, name) in ["Root Entry"].iter().chain(names).enumerate() {
        let mut entry = [0; 128];
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..units.len()].copy_from_slice(&units);
        entry[64] = u8::try_from(units.len() + 2).unwrap();
        entry[66] = if at == 0 { 5 } else { 2 };
        if at == 0 {
            entry[80..84].copy_from_slice(&class);
        }
        entries.extend_from_slice(&entry);
    }
    entries.resize(entries.len().next_multiple_of(512), 0);
    // The table is sector 0, the directory a chain from sector 1 on.
    let sectors = u32::try_from(entries.len() / 512).unwrap();
    let mut table: Vec<u8> = 0xffff_fffd_u32.to_le_bytes().to_vec();
    for sector in 1..=sectors {
        let next = if sector == sectors { 0xffff_fffe } else { sector + 1 };
        table.extend_from_slice(&next.to_le_bytes());
    }
    table.resize(512, 0xff);
    [&header[..], &table, &entries].concat()
}

/// A document of Office with these parts besides its own.
pub(super) fn office(types: &str, parts: &[Member]) -> Vec<u8> {
    let own = [
        deflated("[Content_Types].xml", format!("<?xml version=\"1.0\"?><Types>{types}</Types>").as_bytes()),
        deflated("word/document.xml", b"<?xml version=\"1.0\"?><w:document/>"),
    ];
    zip(&[&own[..], parts].concat())
}

/// A PDF with this in it, and with that in a packed stream of objects.
pub(super) fn pdf(plain: &str, packed: &str) -> Vec<u8> {
    pdf_with(plain, "/Type /ObjStm", packed)
}

/// A PDF with this in it, and with that in a packed stream of a kind.
pub(super) fn pdf_with(plain: &str, kind: &str, packed: &str) -> Vec<u8> {
    let stream = compress_to_vec_zlib(packed.as_bytes(), 6);
    let head = format!(
        "%PDF-1.7\n1 0 obj\n<< {plain} >>\nendobj\n2 0 obj\n<< {kind} /Filter /FlateDecode /Length {} >>\nstream\r\n",
        stream.len()
    );
    [head.as_bytes(), &stream, b"\nendstream\nendobj\n%%EOF\n"].concat()
}

/// The text every scanner of viruses knows, put together so that none finds it here.
pub(super) fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STAND", r"ARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}
