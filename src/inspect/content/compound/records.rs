//! Records of workbooks and presentations that tell of macros.

use super::super::at;
use crate::inspect::reason::Finding;

/// Records of a workbook: a sheet, a password, the end; and what a sheet of macros is called.
const SHEET: u16 = 0x85;
const FILE_PASS: u16 = 0x2f;
const END: u16 = 0x0a;
const MACRO_SHEET: u8 = 1;
/// Records of a presentation: what is known of its project of macros, and what that refers to.
const PROJECT: [u8; 2] = 0x03ff_u16.to_le_bytes();
const REFERENCE: [u8; 2] = 0x0400_u16.to_le_bytes();

/// What a workbook says of its sheets ([MS-XLS] 2.4.28): a sheet of macros of Excel 4 is in no stream of its own.
pub(super) fn sheets(workbook: &[u8]) -> Option<Finding> {
    let mut rest = workbook;
    while let (Some(kind), Some(long)) = (at(rest, 0).map(u16::from_le_bytes), at(rest, 2).map(u16::from_le_bytes)) {
        let data = rest.get(4..).unwrap_or_default();
        match kind {
            FILE_PASS => return Some(Finding::Locked),
            SHEET if data.get(5) == Some(&MACRO_SHEET) => return Some(Finding::Macros),
            END => return None,
            _ => {}
        }
        rest = data.get(usize::from(long)..).unwrap_or_default();
    }
    // The end of what is said of the whole must be there.
    Some(Finding::NotSearched)
}

/// Whether a presentation has a project of macros ([MS-PPT] 2.4.10). Where its records begin is said in so many places
/// that it is looked for wherever it could stand.
pub(super) fn has_project(presentation: &[u8]) -> bool {
    let kinds = memchr::memmem::find_iter(presentation, &PROJECT);
    kinds.filter_map(|at| presentation.get(at.checked_sub(2)?..)).any(is_project)
}

/// Whether a record tells of a project. Most presentations have the record, with nothing it refers to.
fn is_project(record: &[u8]) -> bool {
    let [Some(first), Some(second)] = [record.first(), record.get(1)] else { return false };
    let long = at(record, 4).map(u32::from_le_bytes).and_then(|long| usize::try_from(long).ok());
    let refers = at(record, 10) == Some(REFERENCE);
    // Others of these octets stand there by chance.
    let is_written = *second == 0 && *first < 0x20 && long.is_some_and(|long| long <= record.len());
    let is_record = first & 0x0f == 0x0f && (refers || is_written);
    is_record && !(refers && record.get(16..24) == Some(&[0; 8]))
}
