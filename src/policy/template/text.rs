//! Files with every policy and its example: TOML and the registry editor's form as comments, JSON, which has no
//! comments, as it is.

use std::fmt::Write as _;

use super::words::{of, preset, takes};
use crate::policy::catalogue::{Category, Row, rows};
use crate::policy::source::registry::{KEY, RECOMMENDED};
use crate::policy::value::{Kind, Value};

const TOML: &str = "\
# Policies of chinwag, all of them as comments with an example.
# Take the # away from what you need, and put the file, as root, into
#   /etc/chinwag/policies/managed        what it says holds
#   /etc/chinwag/policies/recommended    what it says holds until the user sets something else
# `chinwag policy check FILE` says what is wrong with a file, `chinwag policy show` what is in force.
";

const REG: &str = "\
Windows Registry Editor Version 5.00

; Policies of chinwag, all of them as comments with an example.
; Take the ; away from what you need. A list has a key of its own, whose line must go with its items.
; HKEY_CURRENT_USER in place of HKEY_LOCAL_MACHINE sets a policy for the user; if both are set, that of the machine counts.
; Values below the key Recommended hold until the user sets something else:";

/// A file of policies with every policy as a comment.
#[must_use]
pub fn toml() -> String {
    let mut out = TOML.to_owned();
    for category in Category::ALL {
        let _ = write!(out, "\n# {}\n", category.title());
        for row in of(category) {
            let _ = write!(out, "\n{}#{} = {}\n", about(row, "# "), row.name, row.example.value().toml());
        }
    }
    out
}

/// A file of policies with the example of every policy.
#[must_use]
pub fn json() -> String {
    let members: Vec<String> = rows().map(|row| format!("  \"{}\": {}", row.name, row.example.value().toml())).collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// The same as [`toml()`] for the registry editor, in UTF-8 with the line ends of Windows.
#[must_use]
pub fn reg() -> String {
    let mut out = format!("{REG}\n;   [HKEY_LOCAL_MACHINE\\{KEY}\\{RECOMMENDED}]\n\n[HKEY_LOCAL_MACHINE\\{KEY}]\n");
    let is_list = |row: &&Row| matches!(row.kind, Kind::List(_));
    // What follows the key of a list is in that key: lists come last.
    for row in rows().filter(|row| !is_list(row)) {
        let data = match row.example.value() {
            Value::Flag(flag) => format!("dword:{:08x}", u32::from(flag)),
            Value::Number(number) => format!("dword:{number:08x}"),
            Value::Text(text) => quoted(&text),
            Value::List(_) => continue,
        };
        let _ = write!(out, "\n{};\"{}\"={data}\n", about(row, "; "), row.name);
    }
    for row in rows().filter(is_list) {
        let _ = write!(out, "\n{};[HKEY_LOCAL_MACHINE\\{KEY}\\{}]\n", about(row, "; "), row.name);
        if let Value::List(texts) = row.example.value() {
            for (text, number) in texts.iter().zip(1..) {
                let _ = writeln!(out, ";\"{number}\"={}", quoted(text));
            }
        }
    }
    out.replace('\n', "\r\n")
}

/// What a policy does, in comments.
fn about(row: &Row, mark: &str) -> String {
    let mut lines = vec![row.doc.to_owned(), format!("It takes {}. {}", takes(row.kind), preset(row))];
    if let Kind::Choice(words) = row.kind {
        lines.extend(words.iter().map(|word| format!("  {}: {}", word.word, word.doc)));
    }
    lines.iter().fold(String::new(), |out, line| out + mark + line + "\n")
}

/// A text as the registry editor writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
