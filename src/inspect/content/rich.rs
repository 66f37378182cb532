//! Rich text: its control words, one after the other, wherever they stand.

use std::collections::BTreeSet;

use super::Source;
use crate::inspect::reason::Finding;

/// Longer words are none of those that are looked for.
const LONGEST: usize = 32;

/// What was found in rich text, up to so many octets.
pub(in crate::inspect) fn rich(source: &mut dyn Source, most: u64) -> std::io::Result<Vec<Finding>> {
    source.seek(std::io::SeekFrom::Start(0))?;
    let mut found = BTreeSet::new();
    let mut word: Option<Vec<u8>> = None;
    let mut read = 0;
    let mut piece = [0; 8192];
    loop {
        let count = source.read(&mut piece)?;
        if count == 0 {
            return Ok(found.into_iter().collect());
        }
        for octet in piece.iter().take(count) {
            match (&mut word, octet) {
                (Some(letters), b'a'..=b'z' | b'A'..=b'Z') if letters.len() < LONGEST => letters.push(octet.to_ascii_lowercase()),
                (before, _) => {
                    found.extend(before.take().and_then(|letters| meaning(&letters)));
                    word = (*octet == b'\\').then(Vec::new);
                }
            }
        }
        read += count as u64;
        if read >= most {
            found.insert(Finding::NotSearched);
            return Ok(found.into_iter().collect());
        }
    }
}

fn meaning(word: &[u8]) -> Option<Finding> {
    match word {
        b"objdata" | b"object" | b"objemb" | b"objocx" | b"objhtml" => Some(Finding::Embedded),
        b"objupdate" | b"objautlink" | b"objlink" => Some(Finding::Launches),
        b"template" => Some(Finding::Remote),
        _ => None,
    }
}
