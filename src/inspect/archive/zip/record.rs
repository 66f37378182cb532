//! What the directory says of a member (APPNOTE 4.3.12), and what its own head says (4.3.7).

use super::LOCAL;
use super::ending::{long, short, wide};
use super::names::{decoded, differ};
use crate::inspect::archive::Halt;
use crate::inspect::content::{Source, piece};

const SIGN: &[u8; 4] = b"PK\x01\x02";
const RECORD: usize = 46;
const HEAD: usize = 30;
/// Octets of a name that are believed to be one.
const LONGEST_NAME: usize = 4096;
/// The size that says that the true one is in a field of its own.
const FULL: u64 = 0xffff_ffff;
/// Fields: sizes of large files, a name in UTF-8, encryption with AES.
const LARGE_FIELD: u16 = 1;
const NAME_FIELD: u16 = 0x7075;
const AES_FIELD: u16 = 0x9901;
/// The bit that says it is encrypted, and those that say in which way: a stronger one, with the directory too.
const LOCKED: u16 = 1;
const HOW: u16 = 0x2040;
/// The bit that says that sizes and sum come after the octets.
const LATER: u16 = 8;
/// Systems that keep rights of Unix: Unix itself and macOS.
const UNIX: [u8; 2] = [3, 19];

/// A member.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) name: String,
    name_octets: Vec<u8>,
    pub(super) locked: bool,
    flags: u16,
    pub(super) method: u16,
    pub(super) sum: u32,
    pub(super) packed: u64,
    pub(super) unpacked: u64,
    head: u64,
    /// Where its octets begin, once its head was read.
    pub(super) data: Option<u64>,
    /// Rights and type as Unix has them; 0 where it was not packed there.
    pub(super) mode: u32,
    /// Two places say different things of it.
    pub(super) disagrees: bool,
}

impl Record {
    /// Reads the record at a place; gives where the next one is.
    pub(super) fn read(source: &mut dyn Source, at: u64, base: u64) -> Result<(Self, u64), Halt> {
        let record = whole(source, at, RECORD)?;
        if !record.starts_with(SIGN) {
            return Err(Halt::Damaged);
        }
        let [name, extra, comment] = [28, 30, 32].map(|field| usize::from(short(&record, field)));
        if name > LONGEST_NAME {
            return Err(Halt::Damaged);
        }
        let rest = whole(source, at + RECORD as u64, name + extra)?;
        let (name_octets, extras) = rest.split_at_checked(name).ok_or(Halt::Damaged)?;
        let mut sizes =
            Sizes { unpacked: long(&record, 24).into(), packed: long(&record, 20).into(), head: long(&record, 42).into() };
        sizes.widen(extras)?;
        let flags = short(&record, 8);
        let is_unix = record.get(5).is_some_and(|system| UNIX.contains(system));
        let found = Self {
            name: decoded(name_octets),
            name_octets: name_octets.to_vec(),
            locked: flags & LOCKED != 0,
            flags,
            method: short(&record, 10),
            sum: long(&record, 16),
            packed: sizes.packed,
            unpacked: sizes.unpacked,
            head: base.checked_add(sizes.head).ok_or(Halt::Damaged)?,
            data: None,
            mode: if is_unix { long(&record, 38) >> 16 } else { 0 },
            disagrees: contradicts(flags, name_octets, extras) || name_octets.contains(&0),
        };
        Ok((found, at + (RECORD + name + extra + comment) as u64))
    }

    /// Reads its head and compares; gives where it begins and where its octets end.
    pub(super) fn locate(&mut self, source: &mut dyn Source) -> Result<(u64, u64), Halt> {
        let head = whole(source, self.head, HEAD)?;
        if !head.starts_with(LOCAL) {
            return Err(Halt::Damaged);
        }
        let [name, extra] = [26, 28].map(|field| usize::from(short(&head, field)));
        let rest = whole(source, self.head + HEAD as u64, name + extra)?;
        let (octets, extras) = rest.split_at_checked(name).ok_or(Halt::Damaged)?;
        let mut sizes = Sizes { unpacked: long(&head, 22).into(), packed: long(&head, 18).into(), head: 0 };
        sizes.widen(extras)?;
        let flags = short(&head, 6);
        // Who packs a stream knows sizes and sum afterwards only, and says so.
        let same = |here: u64, there: u64| here == there || (flags & LATER != 0 && here == 0);
        self.disagrees |= octets != self.name_octets
            || contradicts(flags, octets, extras)
            || short(&head, 8) != self.method
            || (flags ^ self.flags) & LOCKED != 0
            || !same(sizes.packed, self.packed)
            || !same(sizes.unpacked, self.unpacked)
            || !same(long(&head, 14).into(), self.sum.into());
        let data = self.head + (HEAD + name + extra) as u64;
        self.data = Some(data);
        Ok((self.head, data.checked_add(self.packed).ok_or(Halt::Damaged)?))
    }

    /// Whether it is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.name.ends_with(['/', '\\'])
    }

    /// The type of file as Unix has it.
    pub(super) const fn file_type(&self) -> u32 {
        self.mode & 0o170_000
    }
}

struct Sizes {
    unpacked: u64,
    packed: u64,
    head: u64,
}

impl Sizes {
    /// Takes the true sizes from their field, which has only those that are not said elsewhere.
    fn widen(&mut self, extras: &[u8]) -> Result<(), Halt> {
        let mut rest = field(extras, LARGE_FIELD).unwrap_or_default();
        for size in [&mut self.unpacked, &mut self.packed, &mut self.head] {
            if *size == FULL && !rest.is_empty() {
                let (first, after) = rest.split_at_checked(8).ok_or(Halt::Damaged)?;
                *size = wide(first, 0);
                rest = after;
            }
        }
        Ok(())
    }
}

/// Exactly so many octets.
fn whole(source: &mut dyn Source, at: u64, octets: usize) -> Result<Vec<u8>, Halt> {
    let found = piece(source, at, octets)?;
    if found.len() == octets { Ok(found) } else { Err(Halt::Damaged) }
}

/// The fields of what is said besides, each with its number.
fn fields(extras: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = extras;
    std::iter::from_fn(move || {
        let number = short(rest.get(..4)?, 0);
        let end = 4 + usize::from(short(rest, 2));
        let value = rest.get(4..end)?;
        rest = rest.get(end..)?;
        Some((number, value))
    })
}

/// The first field of a number.
fn field(extras: &[u8], wanted: u16) -> Option<&[u8]> {
    fields(extras).find(|(number, _)| *number == wanted).map(|(_, value)| value)
}

/// Whether what is said besides is something else: how it is encrypted where it is not, which keeps some programs from
/// reading it and others not; other sizes; another name.
fn contradicts(flags: u16, name: &[u8], extras: &[u8]) -> bool {
    let all = |wanted: u16| fields(extras).filter(move |(number, _)| *number == wanted).map(|(_, value)| value);
    let is_marked = flags & HOW != 0 || all(AES_FIELD).next().is_some();
    let mut second = all(NAME_FIELD).filter_map(|field| field.get(5..));
    (is_marked && flags & LOCKED == 0) || all(LARGE_FIELD).count() > 1 || second.any(|second| differ(name, second))
}
