//! Text: what pages, scripts and settings are known by, where octets of a format are missing.

use super::at;
use super::sorts::{CERTIFICATE, LIKE_SCRIPT, MHT, PAGE, SCRIPT, SETTINGS, SVG, Sort, TEXT, TEXT_LINK, WINDOWS_SCRIPT, XML};

/// The sort of something that is text; `None`: it is none.
pub(super) fn sort(head: &[u8]) -> Option<&'static Sort> {
    let text = decoded(head)?.to_ascii_lowercase();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    Some(by_first_words(text).or_else(|| by_elements(text)).or_else(|| by_words(text)).unwrap_or(TEXT))
}

/// Octets as text, be they UTF-8, UTF-16 or of one octet a letter; `None` where they are none.
pub(super) fn decoded(head: &[u8]) -> Option<String> {
    match head {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        [_, 0, _, 0, ..] => return utf16(head, u16::from_le_bytes),
        [0, _, 0, _, ..] => return utf16(head, u16::from_be_bytes),
        _ => {}
    }
    if head.iter().any(|octet| is_binary(u16::from(*octet))) {
        return None;
    }
    match std::str::from_utf8(head) {
        Ok(text) => Some(text.to_owned()),
        // The end of the piece may stand within a letter.
        Err(fault) if fault.error_len().is_none() => Some(String::from_utf8_lossy(head).into_owned()),
        // An older way to write letters. Which one does not matter here: the words that are looked for are ASCII.
        Err(_) => Some(head.iter().map(|octet| char::from(*octet)).collect()),
    }
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Vec<u16> = octets.chunks_exact(2).filter_map(|two| at::<2>(two, 0)).map(unit).collect();
    let wrong = units.iter().any(|unit| is_binary(*unit) || matches!(unit, 0xfffe | 0xffff));
    (!wrong && !units.is_empty()).then(|| String::from_utf16_lossy(&units))
}

/// Controls that stand in no text: all but bell to carriage return, shifts of alphabets, end of file as DOS had it, and
/// escape.
const fn is_binary(unit: u16) -> bool {
    matches!(unit, 0..=6 | 0x10..=0x19 | 0x1c..=0x1f | 0x7f)
}

#[rustfmt::skip]
const FIRST_WORDS: &[(&str, &Sort)] = &[
    ("<?php", SCRIPT), ("#@~^", WINDOWS_SCRIPT), ("@echo off", WINDOWS_SCRIPT), ("@echo on", WINDOWS_SCRIPT),
    ("<!doctype html", PAGE), ("<html", PAGE), ("<head", PAGE), ("<body", PAGE), ("<script", PAGE), ("<iframe", PAGE), ("<meta", PAGE),
    ("<svg", SVG), ("<!doctype svg", SVG),
    ("[internetshortcut]", TEXT_LINK), ("[desktop entry]", TEXT_LINK), ("[shell]\r\ncommand", TEXT_LINK), ("[shell]\ncommand", TEXT_LINK),
    ("windows registry editor", SETTINGS), ("regedit4", SETTINGS), ("[autorun]", SETTINGS), ("[.shellclassinfo]", SETTINGS),
    ("[theme]", SETTINGS), ("web\r\n1\r\n", SETTINGS), ("web\n1\n", SETTINGS),
    ("full address:s:", SETTINGS), ("screen mode id:i:", SETTINGS),
    ("-----begin certificate", CERTIFICATE), ("-----begin pkcs7", CERTIFICATE),
    ("%!ps", TEXT),
];

/// First words that mean something only where another word follows: tables and notes begin like that too.
#[rustfmt::skip]
const PAIRS: &[(&str, &str, &Sort)] = &[
    ("<job", "<script", WINDOWS_SCRIPT), ("<package", "<script", WINDOWS_SCRIPT), ("<component", "<script", WINDOWS_SCRIPT),
    ("<scriptlet", "<script", WINDOWS_SCRIPT), ("[version]", "signature", SETTINGS),
    ("id;", "\nc;", SETTINGS), ("id;", "\nb;", SETTINGS), ("id;", "\no;", SETTINGS), ("id;", "\np;", SETTINGS),
];

fn by_first_words(text: &str) -> Option<&'static Sort> {
    let text = past_comments(text);
    if super::magic::is_script(text.as_bytes()) {
        return Some(SCRIPT);
    }
    let row = FIRST_WORDS.iter().find(|(word, _)| text.starts_with(word)).map(|(_, sort)| *sort);
    row.or_else(|| PAIRS.iter().find(|(first, then, _)| text.starts_with(first) && text.contains(then)).map(|(.., sort)| *sort))
}

/// What stands before the first element of a page counts for nothing.
fn past_comments(text: &str) -> &str {
    let mut rest = text;
    // A page of nothing but comments is left in the end.
    for _ in 0..64 {
        let after = rest.strip_prefix("<!--").and_then(|comment| comment.split_once("-->"));
        match after {
            Some((_, after)) => rest = after.trim_start(),
            None => break,
        }
    }
    rest
}

#[rustfmt::skip]
const ELEMENTS: &[(&str, &Sort)] = &[
    ("<hta:application", PAGE), ("<html", PAGE), ("<svg", SVG), ("<script", WINDOWS_SCRIPT),
    ("<librarydescription", TEXT_LINK), ("<persistedquery", TEXT_LINK), ("<searchconnectordescription", TEXT_LINK),
    ("<pcsettings", SETTINGS), ("<jnlp", SETTINGS), ("<appinstaller", SETTINGS), ("<asmv1:assembly", SETTINGS), ("<assembly", SETTINGS),
    ("<mmc_consolefile", SETTINGS),
];

/// XML by the elements in it; pages also where they begin with something else.
fn by_elements(text: &str) -> Option<&'static Sort> {
    if text.starts_with("<?xml") {
        let row = ELEMENTS.iter().find(|(word, _)| text.contains(word));
        return Some(row.map_or(XML, |(_, sort)| *sort));
    }
    // Browsers look for elements at the beginning only; a mail or a log may quote some later on.
    if text.starts_with('<') {
        let start = text.char_indices().nth(1024).map_or(text, |(at, _)| text.get(..at).unwrap_or(text));
        let is_page = ["<html", "<script", "<body", "<iframe", "<hta:application"].iter().any(|word| start.contains(word));
        // Word takes its own without a declaration too.
        let is_office = || ["worddocument", "xmlpackage", "<?mso-application"].iter().any(|word| text.contains(word));
        return if is_page { Some(PAGE) } else { is_office().then_some(XML) };
    }
    let is_mail = text.starts_with("mime-version:") || text.starts_with("from:");
    (is_mail && text.contains("multipart/related")).then_some(MHT)
}

/// Words that stand in scripts for Windows and hardly anywhere else.
const SCRIPT_WORDS: &[&str] = &[
    "wscript.createobject",
    "wscript.shell",
    "new activexobject(",
    "createobject(\"",
    "-encodedcommand ",
    "frombase64string(",
    "invoke-expression",
    "set-executionpolicy",
    "[scriptblock]::",
    "start-process ",
    "%comspec%",
];

fn by_words(text: &str) -> Option<&'static Sort> {
    SCRIPT_WORDS.iter().any(|word| text.contains(word)).then_some(LIKE_SCRIPT)
}

/// Words with which a page makes a file of itself.
const SMUGGLING: &[&[u8]] = &[b"createobjecturl", b"mssaveblob", b"mssaveoropenblob", b"data:application/octet-stream", b"atob("];

/// Whether a page carries a file in its script and hands it over when it is opened.
pub(in crate::inspect) fn smuggles(page: &[u8]) -> bool {
    let page = page.to_ascii_lowercase();
    SMUGGLING.iter().any(|word| memchr::memmem::find(&page, word).is_some())
}
