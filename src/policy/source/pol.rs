//! `Registry.pol` ([MS-GPREG] 2.2.1): a list of instructions for one hive.
//!
//! ```text
//!   50 52 65 67  01 00 00 00    then any number of   [ key \0 ; name \0 ; type ; size ; data ]
//! ```
//!
//! Brackets and semicolons are two octets, type and size four, little-endian. The data is read by its size:
//! brackets may stand in it.

use std::path::Path;

use super::registry::{KEY, Tree, concerns, data, utf16};
use crate::policy::entry::{Fault, Origin, Rank};
use crate::policy::legacy::KEY as LEGACY;

/// "`PReg`", version 1.
const HEAD: [u8; 8] = [0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0];
/// Instructions that are read, octets of a key, of a name, of data.
const MOST: usize = 100_000;
const LONGEST_KEY: usize = 2 * 512;
const LONGEST_NAME: usize = 2 * 260;
const LONGEST_DATA: usize = 65_535;

pub(super) fn read(bytes: &[u8], path: &Path, rank: Rank) -> (Tree, Vec<Fault>) {
    let mut tree = Tree::default();
    let fault = |number: usize, what: String, whole| {
        let path = path.to_owned();
        let origin = if number == 0 { Origin::File { path, line: 0 } } else { Origin::Instruction { path, number } };
        Fault { origin, what, rank, whole }
    };
    let Some(mut rest) = bytes.strip_prefix(&HEAD) else {
        return (tree, vec![fault(0, "this is no Registry.pol of version 1: it begins otherwise".to_owned(), true)]);
    };
    let mut faults = Vec::new();
    for number in 1.. {
        if rest.is_empty() {
            break;
        }
        if number > MOST {
            faults.push(fault(number, format!("there are more than {MOST} instructions"), true));
            break;
        }
        let Some(found) = instruction(&mut rest) else {
            faults.push(fault(number, "the list of instructions breaks off here; what follows is not read".to_owned(), true));
            break;
        };
        let origin = || Origin::Instruction { path: path.to_owned(), number };
        if let Err(what) = apply(&mut tree, &found, origin) {
            faults.push(fault(number, what, false));
        }
    }
    (tree, faults)
}

/// One instruction as it lies there.
struct Instruction<'a> {
    key: &'a [u8],
    name: &'a [u8],
    kind: u32,
    data: &'a [u8],
}

/// Takes an instruction off the front; `None` where there is none.
fn instruction<'a>(rest: &mut &'a [u8]) -> Option<Instruction<'a>> {
    let octets = &mut &**rest;
    mark(octets, b'[')?;
    let key = text(octets, LONGEST_KEY)?;
    mark(octets, b';')?;
    let name = text(octets, LONGEST_NAME)?;
    mark(octets, b';')?;
    let kind = number(octets)?;
    mark(octets, b';')?;
    let size = usize::try_from(number(octets)?).ok().filter(|size| *size <= LONGEST_DATA)?;
    mark(octets, b';')?;
    let (data, after) = octets.split_at_checked(size)?;
    *octets = after;
    mark(octets, b']')?;
    *rest = octets;
    Some(Instruction { key, name, kind, data })
}

fn mark(octets: &mut &[u8], wanted: u8) -> Option<()> {
    *octets = octets.strip_prefix(&[wanted, 0])?;
    Some(())
}

fn number(octets: &mut &[u8]) -> Option<u32> {
    let (four, rest) = octets.split_first_chunk::<4>()?;
    *octets = rest;
    Some(u32::from_le_bytes(*four))
}

/// A text up to its NUL, without it.
fn text<'a>(octets: &mut &'a [u8], longest: usize) -> Option<&'a [u8]> {
    let units = octets.as_chunks::<2>().0;
    let end = units.iter().take(longest / 2).position(|unit| *unit == [0, 0])? * 2;
    let (text, rest) = octets.split_at_checked(end)?;
    *octets = rest.get(2..)?;
    Some(text)
}

/// Whether a key is one of ours, one below or one above, as it lies there.
fn may_concern(key: &[u8]) -> bool {
    let lies = key.as_chunks::<2>().0;
    [KEY, LEGACY]
        .into_iter()
        .any(|ours| ours.bytes().zip(lies).all(|(wanted, unit)| unit[1] == 0 && unit[0].eq_ignore_ascii_case(&wanted)))
}

/// Carries an instruction out, if it is about us.
fn apply(tree: &mut Tree, instruction: &Instruction<'_>, origin: impl FnOnce() -> Origin) -> Result<(), String> {
    // Most of a domain's file is about others.
    if !may_concern(instruction.key) {
        return Ok(());
    }
    let key = utf16(instruction.key)?;
    let name = utf16(instruction.name)?;
    let lower = name.to_ascii_lowercase();
    let parts = || -> Result<Vec<String>, String> {
        let text = utf16(instruction.data)?;
        Ok(text.trim_end_matches('\0').split(';').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    };
    // Deleting a key above ours, or one of ours by its parent, is about us too.
    if lower == "**deletekeys" {
        for part in parts()? {
            tree.delete_key(&format!("{key}\\{part}"));
        }
        return Ok(());
    }
    if !concerns(&key) {
        return Ok(());
    }
    match lower.as_str() {
        "**deletevalues" => {
            for part in parts()? {
                tree.delete(&key, &part);
            }
        }
        // Written both ways.
        "**delvals." | "**delvals" => tree.delete_values(&key),
        // The rights to a key: nothing to us.
        "**securekey" => {}
        _ if lower.starts_with("**del.") => tree.delete(&key, name.get("**del.".len()..).unwrap_or_default()),
        _ if lower.starts_with("**soft.") => {
            let name = name.get("**soft.".len()..).unwrap_or_default();
            if !tree.has(&key, name) {
                tree.set(&key, name, data(instruction.kind, instruction.data)?, origin());
            }
        }
        _ if lower.starts_with("**") => return Err(format!("{} is no instruction that is known", name.escape_debug())),
        // A key without a value.
        "" => {}
        _ => tree.set(&key, &name, data(instruction.kind, instruction.data)?, origin()),
    }
    Ok(())
}
