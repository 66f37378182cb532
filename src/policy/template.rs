//! What administrators need, written from the catalogue: templates of Group Policy, a schema, examples, the
//! manual.

use std::fmt::Write as _;

use super::catalogue::{Category, rows};

/// A file of policies with every policy as a comment.
#[must_use]
pub fn toml() -> String {
    let mut out = String::from("# Policies of chinwag. Put such files into /etc/chinwag/policies/managed, or recommended.\n");
    for category in Category::ALL {
        let _ = write!(out, "\n# {}\n", category.title());
        for row in rows().filter(|row| row.category == category) {
            let _ = write!(out, "\n# {}\n#{} = {}\n", row.doc, row.name, row.example.value().toml());
        }
    }
    out
}
