//! The catalogue as text: `docs/keys.md`.

use std::fmt::Write as _;

use super::{Context, catalogue};
use crate::app::Keymap;
use crate::config::{KeySet, UiSettings};

const HEAD: &str = "\
# Keys and commands

Written from the catalogue in `src/app/catalogue` and the key sets in `src/app/keys/sets`; do not edit by hand.

There are three sets of keys: `plain`, `vim` and `emacs`. Keys one after the other stand with a blank between them; after the first
the screen says what may follow. Every action can be given other keys, in each part of the screen by itself. An empty name takes
a key away. `chinwag keys` prints the keys in force and says what is wrong with these lines, and so does `chinwag config check`.

```toml
[ui]
keys = \"vim\"

[keys.everywhere]
\"ctrl-g\" = \"palette\"      # bind
\"ctrl-x g\" = \"help\"       # keys one after the other
\"ctrl-l\" = \"\"             # take away

[keys.roster]            # also messages, composer, normal, board, overlay, status, question
\"x\" = \"contact.remove\"
```

Where Alt is taken by something else: Esc and the key at once is the same, and what has only keys with Alt has `ctrl-x @` and
the key too.
";

/// The catalogue as the text of `docs/keys.md`.
#[must_use]
pub fn document() -> String {
    let mut out = String::from(HEAD);
    let maps = KeySet::ALL.map(|set| Keymap::new(&UiSettings { key_set: set, ..UiSettings::default() }).0);
    for context in Context::ALL {
        // Only one set has modes.
        let maps = if context == Context::Normal { maps.get(1..2) } else { maps.get(..) }.unwrap_or_default();
        let heads: Vec<&str> = maps.iter().map(|map| map.set().word()).collect();
        let rule = "| --- ".repeat(heads.len());
        let _ = write!(out, "\n## {}\n\n| what | {} | name |\n| --- {rule}| --- |\n", context.title(), heads.join(" | "));
        for spec in catalogue() {
            let cells: Vec<String> = maps.iter().map(|map| cell(map, context, spec.name)).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                let _ = writeln!(out, "| {} | {} | `{}` |", spec.help, cells.join(" | "), spec.name);
            }
        }
    }
    out.push_str("\n## Slash commands\n\nTyped as a message; `//` sends a text that begins with a slash.\n\n| command | what |\n| --- | --- |\n");
    for spec in catalogue().filter(|spec| !spec.slash.is_empty()) {
        let names: Vec<String> = spec.slash.iter().map(|name| format!("/{name}")).collect();
        let line = format!("{} {}", names.join(", "), spec.args);
        let _ = writeln!(out, "| `{}` | {} |", line.trim_end().replace('|', "\\|"), spec.help);
    }
    out
}

/// The keys of an action in a context, as in the configuration.
fn cell(map: &Keymap, context: Context, name: &str) -> String {
    let keys = map.of(name).iter().filter(|(of, _)| *of == context);
    keys.map(|(_, keys)| format!("`{keys}`").replace('|', "\\|")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
        if std::env::var_os("CHINWAG_WRITE_DOCS").is_some() {
            std::fs::write(&path, document()).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == document(), "docs/keys.md is out of date: run this test with CHINWAG_WRITE_DOCS=1");
    }
}
