//! The manual of policies: `docs/policies.md`.

use std::fmt::Write as _;

use super::words::{of, preset, shown, strict, takes};
use crate::policy::catalogue::{Category, Gives, Levels, Lock, NONE, Row, Scope, When};
use crate::policy::value::Kind;

/// How policies work, before the list of them.
const HEAD: &str = include_str!("manual.md");

/// The manual.
#[must_use]
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    contents(&mut out);
    for category in Category::ALL {
        let _ = write!(out, "\n## {}\n", category.title());
        if let Some(note) = category.note() {
            let _ = write!(out, "\n{note}\n");
        }
        for row in of(category) {
            policy(&mut out, row);
        }
    }
    out.push_str("\n## Names without effect\n\nWhat may stand in files that were made for other programs, and means nothing to chinwag. It is told as such, not as misspelt.\n\n");
    out.push_str("| name | why it has no effect |\n| --- | --- |\n");
    for nothing in NONE {
        let _ = writeln!(out, "| `{}` | {} |", nothing.name, nothing.why);
    }
    out
}

fn contents(out: &mut String) {
    out.push_str("\n## Every policy\n\n| about | policies |\n| --- | --- |\n");
    for category in Category::ALL {
        let link = |row: &Row| format!("[`{}`](#{})", row.name, row.name.to_ascii_lowercase());
        let links: Vec<String> = of(category).map(link).collect();
        let _ = writeln!(out, "| {} | {} |", category.title(), links.join(" "));
    }
}

fn policy(out: &mut String, row: &Row) {
    let _ = write!(out, "\n### {}\n\n{}\n\n", row.name, row.doc);
    if let Kind::Choice(words) = row.kind {
        out.push_str("- Type: one of these words:\n");
        for word in words {
            let _ = writeln!(out, "  - `{}` (in a registry also {}): {}.", word.word, word.number, word.doc);
        }
    } else {
        let _ = writeln!(out, "- Type: {}.", takes(row.kind));
    }
    let _ = writeln!(out, "- {}", preset(row));
    let levels = match row.levels {
        Levels::Managed => "managed only",
        Levels::Either => "managed or recommended",
    };
    let scope = match row.scope {
        Scope::Both => "for the machine or for a user",
        Scope::Machine => "for the machine only",
    };
    let _ = writeln!(out, "- It can be {levels}, {scope}.");
    let _ = writeln!(out, "- {}", strict(row));
    for lock in row.locks {
        let _ = writeln!(out, "- {}", decides(lock));
    }
    if let Some(legacy) = row.legacy {
        let known = if legacy.documented { "documented" } else { "not documented: only the name is known to have been used" };
        let _ = writeln!(out, "- In Windows Messenger: `{}`; its meaning is {known}.", legacy.value);
    }
    if let Some(server) = row.server {
        let _ = writeln!(out, "- A server can send it at sign-in, as `{server}`.");
    }
    let _ = writeln!(out, "- Example: `{} = {}`", row.name, row.example.value().toml());
}

/// What a policy does to a setting.
fn decides(lock: &Lock) -> String {
    let when = match lock.when {
        When::Always => String::new(),
        When::Is(value) => format!("With {}: ", shown(&value.value())),
        When::Not(value) => format!("With anything but {}: ", shown(&value.value())),
    };
    match lock.gives {
        Gives::Same => format!("{when}`{}` has the value of the policy.", lock.key),
        Gives::This(value) => format!("{when}`{} = {}`.", lock.key, value.value().toml()),
    }
}
