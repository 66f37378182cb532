//! The name a file is saved under, from the name somebody else gave it.
//!
//! A foreign name is a hint, never a path: what is left of it is one component that every common file system takes,
//! that no shell reads as an option or a home, and that reads as what it is.

mod devices;
mod letters;

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use super::kinds::{Class, kind_of};

/// Most octets of a name, as file systems of Unix have it.
const LONGEST: usize = 255;
/// Extensions longer than this are cut like anything else.
const LONGEST_EXTENSION: usize = 32;
/// What a file is called whose name says nothing.
const NAMELESS: &str = "file";

/// A name that is safe to save under, and what was odd about the one it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeName {
    text: String,
    extensions: Vec<String>,
    oddities: Vec<Oddity>,
}

/// What is odd about a foreign name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// It named a folder or a drive.
    Path,
    /// It had characters that are not seen, or that turn the direction of others.
    Hidden,
    /// It had so many blanks that its end could be out of sight.
    Padding,
    /// It ended with dots or blanks, which some systems drop.
    Trailing,
    /// It began like a hidden file, an option or a home.
    Leading,
    /// It had characters that file systems do not take. This alone is no reason to ask.
    Unwritable,
    /// It is the name of a device of Windows.
    Device,
    /// It looks like one kind of file and is another: `a.pdf.exe`.
    DoubleExtension,
    /// It was longer than file systems take.
    Long,
    /// Nothing was left of it.
    Empty,
}

impl Oddity {
    /// What follows of it.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Unwritable => Class::Allowed,
            _ => Class::Asked,
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "names a folder, not only a file",
            Self::Hidden => "has characters in its name that are not seen or turn others round",
            Self::Padding => "has so many blanks in its name that the end could be out of sight",
            Self::Trailing => "has a name that ends with dots or blanks, which some systems drop",
            Self::Leading => "has a name that begins like a hidden file or an option",
            Self::Unwritable => "has characters in its name that not every system takes",
            Self::Device => "has the name of a device",
            Self::DoubleExtension => "has a name that looks like one kind of file and is another",
            Self::Long => "has a name that is too long",
            Self::Empty => "has no name",
        })
    }
}

impl SafeName {
    /// What a foreign name comes to. Nothing is refused: in the worst case the file is called `file`.
    #[must_use]
    pub fn of(foreign: &str) -> Self {
        let mut oddities = Vec::new();
        let seen = letters::visible(foreign);
        note(&mut oddities, seen.hid, Oddity::Hidden);
        let base = base_name(&seen.text);
        note(&mut oddities, base.len() != seen.text.len(), Oddity::Path);
        let spaced = letters::spaced(base);
        note(&mut oddities, spaced.padded, Oddity::Padding);
        let written = letters::writable(&spaced.text);
        note(&mut oddities, written != spaced.text, Oddity::Unwritable);
        let trimmed = end_trimmed(&written).trim_start();
        note(&mut oddities, end_trimmed(&written) != written, Oddity::Trailing);
        let mut text = trimmed.to_owned();
        if text.is_empty() {
            oddities.push(Oddity::Empty);
            NAMELESS.clone_into(&mut text);
        }
        defuse(&mut text, &mut oddities);
        if text.len() > LONGEST {
            oddities.push(Oddity::Long);
            text = cut(&text, "");
        }
        let extensions = extensions_of(&text);
        note(&mut oddities, is_double(&extensions), Oddity::DoubleExtension);
        Self { text, extensions, oddities }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// All extensions in small letters, the one that counts last.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The extension that says what opens the file, in small letters.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.extensions.last().map(String::as_str)
    }

    /// What was odd about the foreign name.
    #[must_use]
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    /// The name to try where `number` - 1 files of this name are there already: `report (2).txt`, `all (3).tar.gz`.
    #[must_use]
    pub fn alternative(&self, number: u32) -> String {
        cut(&self.text, &format!(" ({number})"))
    }

    /// The name without its last extension, as what is packed in it is called.
    pub(super) fn stem(&self) -> &str {
        match self.text.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => &self.text,
        }
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn note(oddities: &mut Vec<Oddity>, is_so: bool, oddity: Oddity) {
    if is_so {
        oddities.push(oddity);
    }
}

/// What follows the last separator of either kind, and the drive.
fn base_name(text: &str) -> &str {
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    match base.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && drive.starts_with(|c: char| c.is_ascii_alphabetic()) => rest,
        _ => base,
    }
}

fn end_trimmed(text: &str) -> &str {
    text.trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Puts a line before what a shell or a system would take for something else.
fn defuse(text: &mut String, oddities: &mut Vec<Oddity>) {
    let leads = text.starts_with(['.', '-', '~']);
    let device = devices::is_device(text);
    note(oddities, leads, Oddity::Leading);
    note(oddities, device, Oddity::Device);
    if leads || device {
        text.insert(0, '_');
    }
}

/// Puts something between stem and extension, and cuts the stem where the whole would be too long.
fn cut(text: &str, between: &str) -> String {
    let (stem, tail) = tail_of(text);
    let room = LONGEST.saturating_sub(between.len() + tail.len());
    let mut kept = 0;
    for (at, grapheme) in stem.grapheme_indices(true) {
        let end = at + grapheme.len();
        if end > room {
            break;
        }
        kept = end;
    }
    let stem = end_trimmed(stem.get(..kept).unwrap_or_default());
    let stem = if stem.is_empty() { NAMELESS } else { stem };
    format!("{stem}{between}{tail}")
}

/// The stem and what is kept whole at the end: the extension, or two where one of them only packs.
fn tail_of(text: &str) -> (&str, &str) {
    let split = |text: &str| text.rfind('.').filter(|at| *at > 0 && text.len() - at <= LONGEST_EXTENSION);
    let Some(last) = split(text) else { return (text, "") };
    let before = text.get(..last).unwrap_or_default();
    match split(before) {
        Some(at) if before.get(at..).is_some_and(|inner| inner.eq_ignore_ascii_case(".tar")) => text.split_at(at),
        _ => text.split_at(last),
    }
}

fn extensions_of(text: &str) -> Vec<String> {
    text.split('.').skip(1).map(|part| part.trim().to_lowercase()).filter(|part| !part.is_empty()).collect()
}

/// Extensions that only pack or sign what the one before them names.
const WRAPPINGS: &[&str] = &["asc", "bz2", "gpg", "gz", "lz4", "p7s", "pgp", "sig", "xz", "z", "zst"];

/// Whether an extension before the last one promises something milder, or is one that is not taken.
fn is_double(extensions: &[String]) -> bool {
    let Some((last, inner)) = extensions.split_last() else { return false };
    let class = kind_of(last).map_or(Class::Asked, |kind| kind.class);
    let wrapped = WRAPPINGS.contains(&last.as_str());
    inner.iter().filter_map(|one| kind_of(one)).any(|kind| kind.class == Class::Blocked || (kind.class < class && !wrapped))
}
