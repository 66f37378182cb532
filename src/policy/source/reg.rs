//! Text of the registry editor: `.reg`.
//!
//! The editor passes bad lines over in silence; here each is told with its line. One trap is in the data of
//! texts in hexadecimal: they are UTF-16 in a file that is UTF-16, and of 8 bits in one that begins with
//! `REGEDIT4`. A file that says 5.00 but is UTF-8, as made by other tools, may have either: what looks like
//! UTF-16 is taken so, and told.

use std::path::Path;

use super::file::{Hive, text};
use super::registry::{Data, Tree, concerns, data, kind};
use crate::policy::entry::{Fault, Origin, Rank};

/// What a file says of either hive.
#[derive(Debug, Default)]
pub(super) struct Trees {
    pub(super) machine: Tree,
    pub(super) user: Tree,
}

/// Of what the data of texts in hexadecimal consists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Of UTF-16.
    Two,
    /// Of octets.
    One,
    /// Nobody knows.
    Either,
}

/// Longest line, with what continues it; octets of data.
const LONGEST: usize = 1024 * 1024;

pub(super) fn read(bytes: &[u8], path: &Path, rank: Rank) -> (Trees, Vec<Fault>) {
    let mut trees = Trees::default();
    let fault =
        |line: usize, what: String, whole| Fault { origin: Origin::File { path: path.to_owned(), line }, what, rank, whole };
    let (text, utf16) = match text(bytes) {
        Ok(text) => text,
        // Files of 8 bits come in any code page; all that counts here is ASCII, but for texts.
        Err(_) if bytes.starts_with(b"REGEDIT4") => (bytes.iter().map(|octet| char::from(*octet)).collect(), false),
        Err(why) => return (trees, vec![fault(0, why, true)]),
    };
    let mut lines = text.lines().zip(1..);
    let width = match lines.by_ref().map(|(line, _)| line.trim()).find(|line| !line.is_empty()) {
        Some("Windows Registry Editor Version 5.00") if utf16 => Width::Two,
        Some("Windows Registry Editor Version 5.00") => Width::Either,
        Some("REGEDIT4") => Width::One,
        _ => {
            let what = "this is no text of the registry editor: its first line is neither \"Windows Registry Editor Version 5.00\" nor \"REGEDIT4\"";
            return (trees, vec![fault(1, what.to_owned(), true)]);
        }
    };
    let mut faults = Vec::new();
    // The key whose values follow: hive and path; none where it is not about us, or was deleted.
    let mut key: Option<(Hive, String)> = None;
    while let Some((line, number)) = lines.next() {
        let mut line = line.trim().to_owned();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if line.starts_with('[') {
            match heading(&line) {
                Ok(Heading::Key(hive, path)) => key = concerns(&path).then_some((hive, path)),
                Ok(Heading::Delete(hive, path)) => {
                    trees.of(hive).delete_key(&path);
                    key = None;
                }
                Ok(Heading::Foreign) => key = None,
                Err(what) => {
                    faults.push(fault(number, what.to_owned(), false));
                    key = None;
                }
            }
            continue;
        }
        while line.ends_with('\\') && !line.ends_with("\"\\") && line.len() < LONGEST {
            line.pop();
            let Some((more, _)) = lines.next() else { break };
            line.push_str(more.trim());
        }
        let Some((hive, key)) = &key else { continue };
        match value(&line, width) {
            Ok((name, Some((data, doubt)))) => {
                if doubt {
                    let what = format!("{} is taken as UTF-16, which the file itself is not", name.escape_debug());
                    faults.push(fault(number, what, false));
                }
                let origin = Origin::File { path: path.to_owned(), line: number };
                trees.of(*hive).set(key, &name, data, origin);
            }
            Ok((name, None)) => trees.of(*hive).delete(key, &name),
            Err(what) => faults.push(fault(number, what, false)),
        }
    }
    (trees, faults)
}

impl Trees {
    const fn of(&mut self, hive: Hive) -> &mut Tree {
        match hive {
            Hive::Machine => &mut self.machine,
            Hive::User => &mut self.user,
        }
    }
}

enum Heading {
    /// Values of this key follow.
    Key(Hive, String),
    /// The key is deleted.
    Delete(Hive, String),
    /// It is in a hive that says nothing of policies.
    Foreign,
}

/// `[HKEY_LOCAL_MACHINE\Software\…]`, or with `-` before the hive to delete the key.
fn heading(line: &str) -> Result<Heading, &'static str> {
    let inner = line
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or("a key stands in brackets: [HKEY_LOCAL_MACHINE\\…]")?;
    let (delete, inner) = inner.strip_prefix('-').map_or((false, inner), |rest| (true, rest));
    let (hive, path) = inner.split_once('\\').unwrap_or((inner, ""));
    let hive = match hive.to_ascii_uppercase().as_str() {
        "HKEY_LOCAL_MACHINE" | "HKLM" => Hive::Machine,
        "HKEY_CURRENT_USER" | "HKCU" => Hive::User,
        "HKEY_CLASSES_ROOT" | "HKEY_USERS" | "HKEY_CURRENT_CONFIG" | "HKCR" | "HKU" | "HKCC" => return Ok(Heading::Foreign),
        _ => return Err("the key is in no hive that is known"),
    };
    let path = path.trim_end_matches('\\').to_owned();
    Ok(if delete { Heading::Delete(hive, path) } else { Heading::Key(hive, path) })
}

/// The name of a value, and its data; none where the value is deleted. The flag: the data was taken as UTF-16 on
/// its looks.
type Line = (String, Option<(Data, bool)>);

fn value(line: &str, width: Width) -> Result<Line, String> {
    let (name, rest) = match line.strip_prefix('@') {
        Some(rest) => (String::new(), rest),
        None => quoted(line).ok_or("a value is \"Name\"=…, or @=…")?,
    };
    let rest = rest.trim_start().strip_prefix('=').ok_or("after the name stands =")?.trim();
    if rest == "-" {
        return Ok((name, None));
    }
    if rest.starts_with('"') {
        let (text, after) = quoted(rest).ok_or("the text has no end")?;
        // A comment may follow.
        if !after.trim_start().is_empty() && !after.trim_start().starts_with(';') {
            return Err("something stands behind the text".to_owned());
        }
        return Ok((name, Some((Data::Text(text), false))));
    }
    let (form, digits) = rest.split_once(':').ok_or("expected a text in quotes, dword: or hex:")?;
    if form.eq_ignore_ascii_case("dword") {
        let digits = digits.split(';').next().unwrap_or_default().trim();
        let fine = (1..=8).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
        let number =
            u32::from_str_radix(digits, 16).ok().filter(|_| fine).ok_or("dword: wants one to eight hexadecimal digits")?;
        return Ok((name, Some((Data::Number(number.into()), false))));
    }
    let number = match form.to_ascii_lowercase().as_str() {
        "hex" => 3,
        form => {
            let inner = form.strip_prefix("hex(").and_then(|rest| rest.strip_suffix(')'));
            inner.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or("expected a text in quotes, dword: or hex:")?
        }
    };
    let octets: Option<Vec<u8>> = digits
        .split(';')
        .next()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect();
    let octets = octets.ok_or("hex: wants octets of two hexadecimal digits, with commas")?;
    let is_text = matches!(number, kind::SZ | kind::EXPAND_SZ | kind::MULTI_SZ);
    let looks_wide = octets.len().is_multiple_of(2) && octets.ends_with(&[0, 0]);
    let (octets, doubt) = match width {
        Width::Either if is_text && looks_wide => (octets, true),
        Width::One | Width::Either if is_text => (octets.iter().flat_map(|octet| [*octet, 0]).collect(), false),
        _ => (octets, false),
    };
    Ok((name, Some((data(number, &octets)?, doubt))))
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix('"')?;
    let (mut inner, mut escaped) = (String::new(), false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => {
                inner.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((inner, rest.get(at + 1..)?)),
            c => inner.push(c),
        }
    }
    None
}
