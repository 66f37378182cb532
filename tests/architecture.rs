//! The plan of the house as a test: who may use whom, what stays out of which room, how big a
//! room may grow. `docs/architecture.md` gives the reasons.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Room → rooms it may use. What is not listed is forbidden.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("formats", &[]),
    ("sip", &[]),
    ("inspect", &["model"]),
    ("transfer", &["model"]),
    ("backend", &["model", "formats", "sip", "transfer"]),
    ("policy", &["model", "backend"]),
    ("config", &["model", "policy"]),
    ("history", &["model"]),
    ("app", &["model", "policy", "backend", "config", "history", "inspect", "transfer"]),
    ("ui", &["model", "app", "config"]),
    ("net", &["model", "backend", "config", "sip", "transfer"]),
    ("demo", &["model", "formats", "sip"]),
    ("runtime", &["model", "backend", "sip", "policy", "config", "app", "ui", "net", "demo", "history", "inspect", "transfer"]),
    ("cli", &["model", "backend", "policy", "config", "app", "ui", "net", "demo", "runtime", "history"]),
];

/// Rooms that must not know time, chance, tasks, sockets or files.
const PURE: &[&str] = &["model", "formats", "sip", "inspect", "transfer", "backend", "policy", "app", "demo"];

/// What a pure room must not say.
const IMPURE_WORDS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio",
    "std::thread",
    "std::fs",
    "std::env",
    "std::process",
    "std::io::stdin",
    "std::io::stdout",
    "TcpStream",
    "UdpSocket",
    "getrandom",
    "new_v4",
];

/// Outside crate → the only places that may name it.
const CONFINED: &[(&str, &[&str])] = &[
    ("rsip", &["sip/message/rsip.rs"]),
    ("quick_xml", &["formats/"]),
    ("ratatui", &["ui/", "runtime/tui.rs"]),
    ("crossterm", &["ui/", "runtime/tui.rs", "runtime/tty.rs", "runtime/tty_elsewhere.rs"]),
    ("tokio", &["net/", "runtime/", "cli/"]),
    ("rustls", &["net/", "runtime/serve.rs"]),
    ("tokio_rustls", &["net/"]),
    ("rcgen", &["runtime/demo_world.rs", "net/ferry/secret.rs"]),
    ("hickory_resolver", &["net/"]),
    ("socket2", &["net/"]),
    ("md5", &["sip/auth/"]),
    ("md4", &["sip/auth/ntlm/"]),
    ("rc4", &["sip/auth/ntlm/", "transfer/cipher.rs"]),
    ("hmac", &["sip/auth/ntlm/", "history/key.rs", "transfer/cipher.rs"]),
    ("sha1", &["transfer/"]),
    ("crc32fast", &["sip/auth/ntlm/", "inspect/"]),
    ("clap", &["cli/"]),
    ("toml", &["config/", "policy/source/toml_file.rs", "runtime/roster_file.rs", "runtime/marks_file.rs"]),
    ("toml_edit", &["config/edit.rs"]),
    ("rusqlite", &["history/"]),
    ("argon2", &["history/key.rs"]),
    ("chacha20poly1305", &["history/key.rs", "history/vault.rs"]),
    (
        "rustix",
        &[
            "runtime/crash.rs",
            "runtime/signals.rs",
            "runtime/tty.rs",
            "runtime/lines.rs",
            "runtime/descriptors.rs",
            "runtime/multiplexer.rs",
            "runtime/control/place.rs",
            "net/surroundings",
            "runtime/policies",
            "runtime/transfers/quarantine.rs",
            "runtime/transfers/tests.rs",
        ],
    ),
    ("tracing_appender", &["runtime/logging.rs"]),
    ("windows_registry", &["runtime/policies/registry.rs"]),
    ("libloading", &["net/gssapi/library/ffi.rs"]),
    ("zbus", &["runtime/desktop.rs", "runtime/keyring.rs"]),
    ("icu_normalizer", &["model/letters.rs", "inspect/name/letters.rs"]),
    ("miniz_oxide", &["inspect/"]),
    ("image", &["runtime/pictures.rs", "ui/pictures/print.rs"]),
    ("unicode_security", &["model/look_alike.rs"]),
    ("idna", &["model/look_alike.rs"]),
];

/// Lines of a file outside tests.
const MAX_LINES: usize = 700;
/// Variants of an enum; more of them want grouping.
const MAX_VARIANTS: usize = 48;

struct Source {
    /// Path below `src`, with forward slashes.
    path: String,
    /// The text without its inline test module and without comments.
    code: String,
    /// The whole text.
    text: String,
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let found: Vec<Source> = paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let code = code_of(&path, &text);
            Source { path, code, text }
        })
        .collect();
    assert!(found.len() > 40, "the walk found only {} files", found.len());
    found
}

/// Everything but comments and inline tests; nothing at all for files that are tests as a whole.
fn code_of(path: &str, text: &str) -> String {
    if is_test_file(path) {
        return String::new();
    }
    let body = match text.find("#[cfg(test)]\nmod ") {
        // `mod tests;` at the end of a file and `mod tests {` alike: the rest is tests.
        Some(at) => &text[..at],
        None => text,
    };
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Names of rooms that follow `crate::` in the code, braces included: `use crate::{app, model}`.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 && (c.is_alphanumeric() || c == '_') {
                    word.push(c);
                } else {
                    used.insert(std::mem::take(&mut word));
                    if c == ':' {
                        "\u{0}".clone_into(&mut word); // what follows `::` is not a room
                    }
                }
            }
            used.insert(word);
        } else {
            used.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    used
}

#[test]
fn rooms_use_only_what_the_plan_allows() {
    let plan: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let room = room_of(&source.path);
        if matches!(room, "main" | "lib") {
            continue;
        }
        let allowed = plan.get(room).unwrap_or_else(|| panic!("{room} is not in the plan"));
        for used in rooms_used(&source.code) {
            if used != room && plan.contains_key(used.as_str()) && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "not in the plan:\n{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_a_planted_violation() {
    assert!(rooms_used("use crate::net::driver;").contains("net"));
    assert!(rooms_used("use crate::{model::Stamp, net};").contains("net"));
    assert!(rooms_used("fn f() { crate::net::open() }").contains("net"));
    assert!(!rooms_used("use crate::{model::net, app};").contains("net"));
}

#[test]
fn pure_rooms_stay_pure() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !PURE.contains(&room_of(&source.path)) {
            continue;
        }
        for word in IMPURE_WORDS {
            if source.code.contains(word) {
                wrong.push(format!("{} says {word}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "must be given from outside:\n{}", wrong.join("\n"));
}

#[test]
fn of_protocols_the_network_knows_the_words_of_tickets_only() {
    let mut wrong = Vec::new();
    for source in sources().into_iter().filter(|source| room_of(&source.path) == "net") {
        for (at, _) in source.code.match_indices("crate::sip") {
            let rest = &source.code[at..];
            let end = rest.find(';').unwrap_or(rest.len());
            let ticket_words = ["Admitted", "Mechanism", "Ticket", "TicketTaker"];
            let named = rest[..end].strip_prefix("crate::sip::auth::").unwrap_or("everything");
            let mut words = named.trim_matches(['{', '}']).split(',').map(str::trim).filter(|word| !word.is_empty());
            if !words.all(|word| ticket_words.contains(&word)) {
                wrong.push(format!("{}: {}", source.path, &rest[..end]));
            }
        }
    }
    assert!(wrong.is_empty(), "net moves bytes, it does not read them: {wrong:?}");
}

/// What policy decides is made in one place each; nobody else can make it, or go round it.
const DOORS: &[(&str, &[&str])] = &[
    ("Permitted(", &["policy/gate.rs"]),
    ("Admitted(", &["policy/gate.rs"]),
    ("MayRun(", &["policy/gate.rs"]),
    ("MayView(", &["policy/gate.rs"]),
    // Orders reach a network here, and what is ordered was permitted: it is taken out of its `Permitted`.
    ("handle.order(", &["runtime/shell.rs", "runtime/shell/exchange.rs"]),
    // Whoever connects or signs in has its rules as values, from the one place that asks policy for them.
    ("ConnectSettings {", &["net/connect.rs", "runtime/account_from.rs"]),
    ("SipSettings {", &["backend/sip/settings.rs", "runtime/account_from.rs"]),
    ("AccountSettings {", &["config/resolved.rs", "config/resolve.rs", "runtime/demo_world.rs"]),
    ("enforce(", &["config/enforce.rs", "config/resolve.rs"]),
    // What opens the key as it is held now, to hold it otherwise: the one case in which that need not be as policy wants it.
    ("unlock::find(", &["cli/store.rs"]),
    ("take_event(", &["app/update/route.rs"]),
    // Programs are started without what opens anything, but for those that give passwords; one gets no environment at all.
    ("Command::new(", &["runtime/child.rs", "runtime/secrets.rs", "runtime/policies/owner.rs"]),
];

#[test]
fn the_doors_of_policy_are_the_only_way() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (word, places) in DOORS {
            let said = source.code.match_indices(word).any(|(at, _)| {
                // As a word of its own, and not where a function only takes or gives it.
                let before = source.code[..at].chars().next_back();
                let gives = source.code[..at].trim_end().ends_with("->") || source.code[..at].trim_end().ends_with("impl");
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && !gives
            });
            if said && !places.contains(&source.path.as_str()) {
                wrong.push(format!("{} says {word}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "past a door:\n{}", wrong.join("\n"));
    let shell = sources().into_iter().find(|source| source.path == "runtime/shell/assembling.rs").unwrap();
    assert!(shell.code.contains("settings.policy.run()?"), "no shell starts where policy prevents it");
}

#[test]
fn unsafe_stays_in_one_file() {
    let mut holds = Vec::new();
    for source in sources() {
        let says = |word: &str| source.code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == word);
        if says("unsafe") || says("unsafe_code") {
            holds.push(source.path.clone());
        }
        // Each block and each promise has its reason in the lines right above it.
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            if code.contains("unsafe {") || code.contains("unsafe impl") {
                let above = lines[..at].iter().rev().skip_while(|above| above.trim_end().ends_with('='));
                let reasons = above.take_while(|above| above.trim_start().starts_with("//"));
                let reasoned = { reasons }.any(|above| above.contains("// SAFETY: "));
                assert!(reasoned, "{}:{}: no SAFETY", source.path, at + 1);
            }
        }
    }
    assert_eq!(holds, ["net/gssapi/library/ffi.rs"]);
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"deny\""));
}

#[test]
fn outside_crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, places) in CONFINED {
            let named = source.code.contains(&format!("{name}::")) && mentions_crate(&source.code, name);
            if named && !places.iter().any(|place| source.path.starts_with(place)) {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "confined crates:\n{}", wrong.join("\n"));
}

/// Whether `name::` stands as the first part of a path.
fn mentions_crate(code: &str, name: &str) -> bool {
    let wanted = format!("{name}::");
    code.match_indices(&wanted).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn of_the_history_the_core_knows_the_words_only() {
    let things = ["Store::", "Keeper", "StoreFault"];
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|source| room_of(&source.path) == "app" && things.iter().any(|thing| source.code.contains(thing)))
        .map(|source| source.path)
        .collect();
    assert!(wrong.is_empty(), "the core says what is to be kept, and keeps nothing itself: {wrong:?}");
}

#[test]
fn only_the_dialect_files_ask_which_dialect_it_is() {
    let mut wrong = Vec::new();
    for source in sources() {
        let may = ["backend/sip/dialect.rs", "backend/sip/capabilities.rs", "backend/sip/settings.rs"];
        if source.path.starts_with("backend/") && !may.contains(&source.path.as_str()) && source.code.contains("Dialect::") {
            wrong.push(source.path);
        }
    }
    assert!(wrong.is_empty(), "ask for a capability instead: {wrong:?}");
}

#[test]
fn files_begin_with_what_they_are_for() {
    let wrong: Vec<_> = sources().into_iter().filter(|s| !s.text.starts_with("//!")).map(|s| s.path).collect();
    assert!(wrong.is_empty(), "no words at the top of {wrong:?}");
}

#[test]
fn files_stay_small() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter_map(|s| {
            let lines = match s.text.find("#[cfg(test)]\nmod tests {") {
                Some(at) => s.text[..at].lines().count(),
                None => s.text.lines().count(),
            };
            (lines > MAX_LINES && !is_test_file(&s.path)).then(|| format!("{}: {lines} lines", s.path))
        })
        .collect();
    assert!(wrong.is_empty(), "rooms to divide:\n{}", wrong.join("\n"));
}

#[test]
fn signboards_hold_no_logic() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|s| s.path.ends_with("/mod.rs") && !is_test_file(&s.path))
        .filter(|s| {
            s.code.lines().filter(|l| l.trim_start().starts_with("fn ") || l.trim_start().starts_with("pub fn ")).count() > 2
        })
        .map(|s| s.path)
        .collect();
    assert!(wrong.is_empty(), "mod.rs is a signboard: {wrong:?}");
}

#[test]
fn enums_stay_small() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (at, _) in source.code.match_indices("enum ") {
            let rest = &source.code[at..];
            let Some(open) = rest.find('{') else { continue };
            let name = rest["enum ".len()..open].trim().to_owned();
            if name.contains(['\n', ';', '$']) {
                continue;
            }
            let mut depth = 0;
            let mut variants = 0;
            for line in rest[open..].lines().skip(1) {
                let trimmed = line.trim();
                if depth == 0 && trimmed.starts_with('}') {
                    break;
                }
                if depth == 0 && trimmed.starts_with(|c: char| c.is_ascii_uppercase()) {
                    variants += 1;
                }
                depth += trimmed.matches(['{', '(']).count();
                depth = depth.saturating_sub(trimmed.matches(['}', ')']).count());
            }
            if variants > MAX_VARIANTS {
                wrong.push(format!("{}: {name} has {variants} variants", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "group them:\n{}", wrong.join("\n"));
}

#[test]
fn main_is_thin() {
    let main = sources().into_iter().find(|s| s.path == "main.rs").unwrap();
    assert!(main.text.lines().count() <= 60, "main.rs is the door, not a room");
}

#[test]
fn every_dependency_has_its_line() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let listed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dependencies.md")).unwrap();
    let mut missing = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies]");
        } else if inside
            && let Some((name, _)) = line.split_once('=')
            && !line.starts_with('#')
            && !listed.contains(&format!("`{}`", name.trim()))
        {
            missing.push(name.trim().to_owned());
        }
    }
    assert!(missing.is_empty(), "docs/dependencies.md says nothing of {missing:?}");
}

/// Texts of all sources and tests, with their paths.
fn all_texts() -> Vec<(String, String)> {
    fn walk(dir: &Path, out: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push((path.to_string_lossy().replace('\\', "/"), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    for folder in ["src", "tests"] {
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut out);
    }
    out
}

/// Names of the functions that are tests.
fn tests_there_are(texts: &[(String, String)]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in texts {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                names.insert(rest.split('(').next().unwrap().to_owned());
                is_test = false;
            }
        }
    }
    names
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn hostile_cases_have_their_tests() {
    let there = tests_there_are(&all_texts());
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md")).unwrap();
    let mut named = BTreeSet::new();
    for number in 1..=37 {
        let begin = format!("| T{number} | ");
        let row = manual.lines().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("no row of T{number}"));
        let held = row.rsplit(" | ").next().unwrap();
        let tests: Vec<&str> = quoted(held).collect();
        assert!(!tests.is_empty() || held.starts_with("No such code: "), "{row}");
        for test in tests {
            assert!(there.contains(test), "T{number}: there is no test {test}");
            named.insert(test);
        }
    }
    // The table above it names tests too, by names of more than one word.
    for test in
        quoted(&manual).filter(|word| word.matches('_').count() > 2 && !word.contains(|c: char| !c.is_alphanumeric() && c != '_'))
    {
        assert!(there.contains(test), "there is no test {test}");
    }
    let numbered = |name: &&String| {
        name.strip_prefix('t')
            .and_then(|rest| rest.get(..3))
            .is_some_and(|n| n.ends_with('_') && n[..2].bytes().all(|b| b.is_ascii_digit()))
    };
    let unnamed: Vec<_> = there.iter().filter(numbered).filter(|name| !named.contains(name.as_str())).collect();
    assert!(unnamed.is_empty(), "docs/security.md says nothing of {unnamed:?}");
}

/// What events in the log may tell, by the names of their fields: numbers, codes, faults of the system, names of
/// accounts and machines. A person, an address or a text is none of them.
const LOGGED: &[&str] = &[
    "account",
    "at",
    "changes",
    "devices",
    "doubt",
    "fate",
    "fault",
    "faults",
    "file",
    "flow",
    "host",
    "left",
    "link",
    "lost",
    "major",
    "minor",
    "path",
    "seconds",
    "server",
    "slept",
    "taken",
    "transport",
    "whose",
    "why",
];

/// The arguments of a macro, from behind its bracket.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut depth, mut quote, mut before) = (vec![String::new()], 0, false, ' ');
    for c in text.chars() {
        match c {
            '"' if before != '\\' => quote = !quote,
            '(' | '[' | '{' if !quote => depth += 1,
            ')' | ']' | '}' if !quote && depth == 0 => break,
            ')' | ']' | '}' if !quote => depth -= 1,
            ',' if !quote && depth == 0 => {
                all.push(String::new());
                before = c;
                continue;
            }
            _ => {}
        }
        before = c;
        all.last_mut().unwrap().push(c);
    }
    all.into_iter().map(|argument| argument.trim().to_owned()).filter(|argument| !argument.is_empty()).collect()
}

#[test]
fn the_log_is_told_of_nobody() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for source in sources() {
        for level in ["error", "warn", "info", "debug", "trace"] {
            let begin = format!("tracing::{level}!(");
            for (at, _) in source.code.match_indices(&begin) {
                seen += 1;
                for argument in arguments(&source.code[at + begin.len()..]) {
                    if let Some(words) = argument.strip_prefix('"') {
                        // A text that takes something in would do so unnamed.
                        if words.contains('{') {
                            wrong.push(format!("{}: {argument}", source.path));
                        }
                        continue;
                    }
                    let name = argument.split('=').next().unwrap().trim().trim_start_matches(['%', '?']);
                    let name = name.split(['.', '(']).next().unwrap();
                    if !LOGGED.contains(&name) {
                        wrong.push(format!("{}: {argument}", source.path));
                    }
                }
            }
        }
        for other in ["use tracing::", "#[instrument", "tracing::event!", "tracing::span!", "println!", "eprintln!"] {
            if source.code.contains(other) && !(other == "use tracing::" && source.path == "runtime/logging.rs") {
                wrong.push(format!("{} says {other}", source.path));
            }
        }
    }
    assert!(seen > 30, "only {seen} were found");
    assert!(wrong.is_empty(), "who may be named there, or what be quoted?\n{}", wrong.join("\n"));
    assert_eq!(arguments("%fault, who = %x.y(1, 2), \"a, b (c\")"), ["%fault", "who = %x.y(1, 2)", "\"a, b (c\""]);
}
