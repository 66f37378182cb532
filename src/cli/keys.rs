//! `keys`: the keys in force, and what is wrong with the user's.

use std::io::Write as _;

use serde_json::json;

use crate::app::keys::{Bound, KeyProblem, Sequence, Source};
use crate::app::{Context, Keymap, catalogue};
use crate::config::{Severity, UiSettings};

use super::args::Global;
use super::events;
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::settings;

/// Prints the keys in force, in the order of the help, then what is wrong.
///
/// # Errors
/// Exit 7 when a line of the configuration has keys that are none, or the file cannot be used.
pub fn run(global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let loaded = settings::load_all(global)?;
    let ui = loaded.resolved.as_ref().map(|resolved| resolved.ui.clone());
    let ui = ui.unwrap_or_else(|| UiSettings { keys: loaded.bindings.clone(), ..UiSettings::default() });
    let (map, problems) = Keymap::new(&ui);
    let mut out = std::io::stdout().lock();
    if global.json {
        for (context, keys, bound) in in_order(&map) {
            writeln!(out, "{}", events::harmless(line_json(context, &keys, bound).to_string()))?;
        }
        for problem in &problems {
            writeln!(out, "{}", events::harmless(problem_json(problem).to_string()))?;
        }
    } else {
        writeln!(out, "keys: {}", map.set().word())?;
        print(&mut out, &map)?;
    }
    out.flush()?;
    for problem in problems.iter().filter(|_| !global.json) {
        diagnostics.warn(&format!("{}: {problem}", problem.severity().word()));
    }
    let broken = loaded.has_errors() || problems.iter().any(|problem| problem.severity() == Severity::Error);
    Ok(if broken { Exit::Configuration } else { Exit::Done })
}

fn print(out: &mut impl std::io::Write, map: &Keymap) -> std::io::Result<()> {
    let mut last = None;
    for (context, keys, bound) in in_order(map) {
        if last != Some(context) {
            writeln!(out, "\n[keys.{}]  {}", context.name(), context.title())?;
            last = Some(context);
        }
        let whose = if matches!(bound.source, Source::User(_)) { "*" } else { " " };
        writeln!(out, "{whose} {:<20} {:<24} {}", keys.to_string(), bound.spec.name, bound.spec.help)?;
    }
    writeln!(out, "\nWithout a key:")?;
    for spec in catalogue().filter(|spec| spec.is_in(map.set()) && map.of(spec.name).is_empty()) {
        let ways: Vec<String> = spec.slash.iter().map(|word| format!("/{word}")).collect();
        writeln!(out, "  {:<20} {:<24} {}", ways.join(" "), spec.name, spec.help)?;
    }
    Ok(())
}

/// The keys in force by context, in the order of the catalogue.
fn in_order(map: &Keymap) -> Vec<(Context, Sequence, &Bound)> {
    let mut all = Vec::new();
    for context in Context::ALL {
        for spec in catalogue() {
            for (_, keys) in map.of(spec.name).iter().filter(|(of, _)| *of == context) {
                all.extend(map.find(context, keys.chords()).map(|bound| (context, keys.clone(), bound)));
            }
        }
    }
    all
}

fn line_json(context: Context, keys: &Sequence, bound: &Bound) -> serde_json::Value {
    let (source, line) = match bound.source {
        Source::Row => ("plain", None),
        Source::Set => ("set", None),
        Source::User(place) => ("user", Some(place.line)),
    };
    json!({
        "key": keys.to_string(),
        "context": context.name(),
        "action": bound.spec.name,
        "help": bound.spec.help,
        "source": source,
        "line": line,
    })
}

fn problem_json(problem: &KeyProblem) -> serde_json::Value {
    json!({
        "problem": problem.fault.to_string(),
        "severity": problem.severity().word(),
        "key": problem.binding.chord,
        "context": problem.binding.context,
        "action": problem.binding.action,
        "line": problem.binding.place.line,
        "nearest": problem.nearest(),
    })
}
