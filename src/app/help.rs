//! The help: keys in force, those of what has the keyboard first, then commands; as rows.

use crate::app::{ActionSpec, App, Context, catalogue, keys, named};
use crate::config::KeySet;

/// A row of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys, a command, or the title of a section.
    pub keys: String,
    /// What they do; empty for a title and for a blank row.
    pub what: String,
}

/// Keys shown of one action.
const MAX_KEYS: usize = 3;

/// What whoever opens the help for the first time looks for.
const BEGINNING: [&str; 9] =
    ["palette", "menu", "focus.next", "chat.next-unread", "status.menu", "board", "search", "settings", "quit"];

/// The rows for what is typed to search them; with nothing typed, all.
#[must_use]
pub fn rows(app: &App, typed: &str) -> Vec<HelpRow> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut rows = Vec::new();
    if words.is_empty() {
        append(&mut rows, "To begin with", beginning(app));
    }
    for context in order(app) {
        let section = in_context(app, context, &words);
        append(&mut rows, context.title(), section);
    }
    append(&mut rows, "Commands, typed as a message", commands(&words));
    if !words.is_empty() {
        append(&mut rows, "Without a key", without(app, &words));
    }
    rows
}

fn append(rows: &mut Vec<HelpRow>, title: &str, section: Vec<HelpRow>) {
    if section.is_empty() {
        return;
    }
    if !rows.is_empty() {
        rows.push(HelpRow { keys: String::new(), what: String::new() });
    }
    rows.push(HelpRow { keys: title.to_owned(), what: String::new() });
    rows.extend(section);
}

/// What has the keyboard beneath the help, everywhere, then the others.
fn order(app: &App) -> Vec<Context> {
    let modes = app.keys.set() == KeySet::Vim;
    let first = keys::contexts_beneath(app).first().copied().unwrap_or(Context::Everywhere);
    let mut order = vec![first, Context::Everywhere];
    let others = Context::ALL.into_iter().filter(|context| modes || *context != Context::Normal);
    order.extend(others.filter(|context| *context != first && *context != Context::Everywhere));
    order
}

/// Whether an action is among those that are needed first.
#[must_use]
pub fn is_needed_first(spec: &ActionSpec) -> bool {
    BEGINNING.contains(&spec.name)
}

/// The few with which everything else is found, by their first keys.
fn beginning(app: &App) -> Vec<HelpRow> {
    let row = |name: &&str| {
        let spec = named(name)?;
        let keys = app.keys.of(name).iter().find(|(context, _)| *context == Context::Everywhere)?.1.shown();
        Some(HelpRow { keys, what: spec.help.to_owned() })
    };
    BEGINNING.iter().filter_map(row).collect()
}

/// The actions with keys in a context, in the order of the catalogue.
fn in_context(app: &App, context: Context, words: &[String]) -> Vec<HelpRow> {
    let mut rows: Vec<HelpRow> = Vec::new();
    // `chat.1` to `chat.10` are one row: what they are called alike, and the first of them.
    let mut run: Option<(&str, HelpRow)> = None;
    for spec in catalogue() {
        let keys: Vec<String> =
            app.keys.of(spec.name).iter().filter(|(of, _)| *of == context).map(|(_, keys)| keys.shown()).collect();
        let Some(first) = keys.first() else { continue };
        let text = keys.iter().take(MAX_KEYS).cloned().collect::<Vec<_>>().join("  ");
        if !holds(words, &[&text, spec.help, spec.name]) {
            continue;
        }
        let stem = spec.name.trim_end_matches(|c: char| c.is_ascii_digit());
        if stem.len() == spec.name.len() || !words.is_empty() {
            rows.push(HelpRow { keys: text, what: said(spec, words) });
            continue;
        }
        match (&run, rows.last_mut()) {
            (Some((of, begin)), Some(last)) if *of == stem => *last = until(begin, first, spec.help),
            _ => {
                let begin = HelpRow { keys: first.clone(), what: spec.help.to_owned() };
                rows.push(begin.clone());
                run = Some((stem, begin));
            }
        }
    }
    rows
}

/// The row for a run of actions: `First … Tenth conversation`.
fn until(begin: &HelpRow, keys: &str, what: &str) -> HelpRow {
    let what = match (begin.what.rsplit_once(' '), what.rsplit_once(' ')) {
        (Some((one, of)), Some((_, too))) if of == too && begin.what != what => format!("{one} … {what}"),
        _ => begin.what.clone(),
    };
    HelpRow { keys: format!("{} … {keys}", begin.keys), what }
}

fn commands(words: &[String]) -> Vec<HelpRow> {
    let lines = catalogue().filter(|spec| !spec.slash.is_empty()).filter_map(|spec| {
        let names: Vec<String> = spec.slash.iter().map(|name| format!("/{name}")).collect();
        let keys = format!("{} {}", names.join(" "), spec.args).trim_end().to_owned();
        holds(words, &[&keys, spec.help, spec.name]).then(|| HelpRow { keys, what: said(spec, words) })
    });
    lines.collect()
}

/// What can be given a key, and has none.
fn without(app: &App, words: &[String]) -> Vec<HelpRow> {
    let set = app.keys.set();
    let bare = catalogue().filter(|spec| spec.is_in(set) && app.keys.of(spec.name).is_empty() && spec.slash.is_empty());
    bare.filter(|spec| holds(words, &[spec.help, spec.name]))
        .map(|spec| HelpRow { keys: "–".to_owned(), what: said(spec, words) })
        .collect()
}

/// Whoever searches may want the name, to give it another key.
fn said(spec: &ActionSpec, words: &[String]) -> String {
    if words.is_empty() { spec.help.to_owned() } else { format!("{}  {}", spec.help, spec.name) }
}

fn holds(words: &[String], texts: &[&str]) -> bool {
    words.iter().all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Focus;
    use crate::app::keys::script::{line, play};
    use crate::app::sample::sample_app;
    use crate::config::{IdleSettings, UiSettings};

    fn app(set: KeySet) -> App {
        let mut app = sample_app();
        app.prompts.clear();
        let keys = vec![line("everywhere", "ctrl-g", "help", 1), line("everywhere", "f1", "", 2)];
        let idle = IdleSettings {
            idle_after: std::time::Duration::ZERO,
            away_after: std::time::Duration::ZERO,
            lock_after: std::time::Duration::ZERO,
            multiplexer: false,
        };
        assert_eq!(app.configure(&UiSettings { key_set: set, keys, ..UiSettings::default() }, &idle), []);
        app
    }

    fn keys_of(rows: &[HelpRow], what: &str) -> Vec<String> {
        rows.iter().filter(|row| row.what.starts_with(what)).map(|row| row.keys.clone()).collect()
    }

    #[test]
    fn keys_in_force_the_context_first() {
        let mut app = app(KeySet::Plain);
        app.focus = Focus::Roster;
        let rows = rows(&app, "");
        assert_eq!(rows[0].keys, "To begin with");
        assert_eq!((rows[1].keys.as_str(), rows[9].keys.as_str()), ("Ctrl-K", "Ctrl-Q"));
        assert_eq!(rows[11].keys, "Contact list");
        assert!(keys_of(&rows, "Keys and commands").contains(&"Ctrl-G".to_owned()));
        assert!(!rows.iter().any(|row| row.keys.contains("F1  ") || row.keys == "F1"));
        assert_eq!(keys_of(&rows, "First … Tenth conversation"), ["Alt-1 … Alt-0"]);
        assert!(rows.iter().any(|row| row.keys == "/away [note]"));
        assert!(!rows.iter().any(|row| row.keys == Context::Normal.title()), "no modes, no normal mode");
    }

    #[test]
    fn what_is_typed_searches_keys_words_and_names() {
        let mut app = app(KeySet::Vim);
        for (typed, what) in [("undo", "Undo"), ("ctrl-w v", "Another conversation beside"), ("/zoom", "Show only this pane")] {
            assert!(!keys_of(&rows(&app, typed), what).is_empty(), "{typed}");
        }
        assert_eq!(rows(&app, "no such thing"), []);
        play(&mut app, "<C-g>join");
        let Some(crate::app::Overlay::Help(line, 0)) = &app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
        assert_eq!(keys_of(&rows(&app, line.text()), "Join the next line"), ["J"]);
    }
}
