//! tar (POSIX.1-2017 pax, with the long names of GNU): members one after the other.

mod head;

use std::ops::Range;

use head::{Head, Said, has_sum, kind, size};

use super::paths::{Links, last, leads_out, link_leads_out};
use super::stream::{Halt, Stream, Window};
use crate::inspect::look::{Look, Place};
use crate::inspect::name::SafeName;
use crate::inspect::reason::Finding;

const BLOCK: usize = 512;
/// Octets of a name, or of what is said of a member before it.
const LONGEST: u64 = 64 << 10;

/// Whether something begins with the head of a member.
pub(in crate::inspect) fn is_tar(octets: &[u8]) -> bool {
    octets.first_chunk::<BLOCK>().is_some_and(|block| block.first() != Some(&0) && has_sum(block))
}

/// Looks at all members; gives where the octets of each are.
pub(in crate::inspect) fn tar(look: &mut Look<'_>, stream: &mut dyn Stream, place: Place<'_>) -> Result<Vec<Range<u64>>, Halt> {
    let (mut said, mut links) = (Said::default(), Links::default());
    let mut members = Vec::new();
    let mut at = 0_u64;
    let mut block = [0; BLOCK];
    loop {
        match stream.fill(&mut block)? {
            0 => return Ok(members),
            BLOCK => at += BLOCK as u64,
            _ => return Err(Halt::Damaged),
        }
        if block.iter().all(|octet| *octet == 0) {
            rest(look, stream, place)?;
            return Ok(members);
        }
        if !has_sum(&block) {
            return Err(Halt::Damaged);
        }
        let octets = size(&block).ok_or(Halt::Damaged)?;
        let end = if Said::is_of(kind(&block)) {
            said.hear(kind(&block), &text(stream, octets)?)?;
            at.saturating_add(octets)
        } else {
            let head = Head::new(&block, std::mem::take(&mut said), octets);
            member(look, stream, place, &head, &mut links)?;
            let end = at.saturating_add(head.follows());
            members.push(at..end);
            end
        };
        at = end.saturating_add(padding(end));
    }
}

fn member(look: &mut Look<'_>, stream: &mut dyn Stream, place: Place<'_>, head: &Head, links: &mut Links) -> Result<(), Halt> {
    look.budget().enter()?;
    let name = SafeName::of(last(&head.path));
    let path = place.path_of(&head.path);
    let inner = Place { executable: head.executable, ..place.member(&path, &name) };
    if leads_out(&head.path) || links.carry(&head.path) {
        look.found(inner, Finding::Outside);
    }
    match head.kind {
        // A link that has another place leads elsewhere from there.
        b'1' if leads_out(&head.link) || links.hold(&head.link) => look.found(inner, Finding::Outside),
        b'2' if link_leads_out(&head.path, &head.link) => look.found(inner, Finding::Outside),
        b'1' | b'2' => look.found(inner, Finding::Link),
        b'3' | b'4' | b'6' => look.found(inner, Finding::Device),
        0 | b'0' | b'5' | b'7' => {}
        // Sparse files, parts of others, and what makers of tar have of their own.
        _ => look.found(inner, Finding::NotSearched),
    }
    if let b'1' | b'2' = head.kind {
        links.add(&head.path);
    }
    // Where nothing follows and a size is said all the same, some pass over so much.
    if head.disagrees || (head.is_bare() && head.octets > 0) {
        look.found(inner, Finding::Disagrees);
    }
    if !head.is_folder() {
        look.weigh_name(inner);
    }
    let octets = head.follows();
    if octets == 0 {
        return Ok(());
    }
    let mut window = Window { stream, left: octets };
    look.member(&mut window, inner, None)?;
    let left = window.left;
    if left > 0 {
        return Err(Halt::Damaged);
    }
    skip(stream, padding(octets))
}

/// What fills up the last block.
const fn padding(octets: u64) -> u64 {
    (BLOCK as u64 - octets % BLOCK as u64) % BLOCK as u64
}

/// Passes over so many octets.
fn skip(stream: &mut dyn Stream, octets: u64) -> Result<(), Halt> {
    if stream.skip(octets)? == octets { Ok(()) } else { Err(Halt::Damaged) }
}

/// What stands behind the end: zeros, up to a full block of the tape.
fn rest(look: &mut Look<'_>, stream: &mut dyn Stream, place: Place<'_>) -> Result<(), Halt> {
    let mut block = [0; BLOCK];
    loop {
        let count = stream.fill(&mut block)?;
        if count == 0 {
            return Ok(());
        }
        if block.iter().take(count).any(|octet| *octet != 0) {
            look.found(place, Finding::Trailing);
            // Some read on there, most do not; what it is, is not looked at.
            return Ok(());
        }
    }
}

/// A text of this length, and what fills up its last block.
fn text(stream: &mut dyn Stream, octets: u64) -> Result<Vec<u8>, Halt> {
    let long = usize::try_from(octets).ok().filter(|_| octets <= LONGEST).ok_or(Halt::Damaged)?;
    let mut text = vec![0; long];
    let whole = stream.fill(&mut text)? == long && stream.skip(padding(octets))? == padding(octets);
    if whole { Ok(text) } else { Err(Halt::Damaged) }
}
