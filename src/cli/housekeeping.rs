//! `config`, `completions`, `man`: what needs no network.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::app::{Context, Keymap, catalogue};
use crate::config::{Loaded, Problem, Severity, example};
use crate::policy::catalogue::{Category, rows};
use crate::runtime::themes;
use crate::ui::{Abilities, text};

use super::args::{Args, Config, Global};
use super::events;
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::settings;

/// Carries out `config`.
///
/// # Errors
/// Exit 7 when the file has errors, 1 when it cannot be written.
pub fn config(task: &Config, global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    let paths = settings::paths(global)?;
    match task {
        Config::Path => writeln!(out, "{}", paths.config.display())?,
        Config::Init { print: true } => out.write_all(example().as_bytes())?,
        Config::Init { print: false } => {
            write_new(&paths.config, &example())?;
            writeln!(out, "{}", paths.config.display())?;
            diagnostics.tell("now open it, name your account and take the # away from the lines you need");
        }
        Config::Check => {
            let mut loaded = settings::load_all(global)?;
            loaded.problems.extend(theme(&loaded));
            for problem in &loaded.problems {
                if global.json {
                    writeln!(out, "{}", events::harmless(problem_json(problem).to_string()))?;
                } else {
                    writeln!(out, "{}", text::line(&problem.to_string()))?;
                }
            }
            if loaded.has_errors() {
                return Ok(Exit::Configuration);
            }
            if !paths.config.exists() {
                diagnostics.tell(&format!("there is no file {}; the defaults are in force", paths.config.display()));
            } else if loaded.problems.is_empty() {
                diagnostics.tell(&format!("{} is fine", paths.config.display()));
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// What is wrong with the theme; the screen then shows the default one, and says so.
fn theme(loaded: &Loaded) -> Vec<Problem> {
    let Some(settings) = &loaded.resolved else { return Vec::new() };
    let why = match themes::load(&settings.ui.theme, settings.ui.themes.as_deref(), &Abilities::default()) {
        Ok((_, problems)) => return problems,
        Err(why) => why,
    };
    let row = loaded.rows.iter().find(|row| row.path() == "ui.theme");
    let place = row.and_then(|row| row.place);
    vec![Problem {
        severity: Severity::Warning,
        file: settings.config_file.clone().filter(|_| place.is_some()),
        line: place.map_or(0, |place| place.line),
        column: place.map_or(0, |place| place.column),
        key: "ui.theme".to_owned(),
        expected: why,
        nearest: None,
    }]
}

/// Prints a completion script.
///
/// # Errors
/// Only when nothing can be written.
pub fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "chinwag", &mut script);
    write_all(&script)
}

/// Prints the manual page.
///
/// # Errors
/// Only when nothing can be written.
pub fn man() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    keys(&mut page)?;
    policies(&mut page)?;
    write_all(&page)
}

/// In roff a backslash and a hyphen mean something, and so does a dot at the beginning, which no text here has.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('-', "\\-")
}

/// Every policy, as a section of the manual page.
fn policies(page: &mut Vec<u8>) -> std::io::Result<()> {
    writeln!(page, ".SH POLICIES")?;
    let about = "What an administrator decides, in files of the folders /etc/chinwag/policies/managed and recommended. Each policy \
                 is here with an example; \\fBchinwag policy template markdown\\fR prints the whole manual.";
    writeln!(page, "{about}")?;
    for category in Category::ALL {
        writeln!(page, ".SS \"{}\"", plain(category.title()))?;
        for row in rows().filter(|row| row.category == category) {
            writeln!(page, ".TP\n\\&{} = {}\n{}", row.name, plain(&row.example.value().toml()), plain(row.doc))?;
        }
    }
    Ok(())
}

/// The keys of the plain set and the slash commands, as a section of the manual page.
fn keys(page: &mut Vec<u8>) -> std::io::Result<()> {
    let map = Keymap::plain();
    writeln!(page, ".SH KEYS\nThose of the plain set; \\fBchinwag keys\\fR prints the ones in force.")?;
    for context in Context::ALL {
        let rows: Vec<_> = catalogue()
            .filter_map(|spec| {
                let keys = map.of(spec.name).iter().filter(|(of, _)| *of == context).map(|(_, keys)| keys.shown());
                let keys = keys.collect::<Vec<_>>().join(", ");
                (!keys.is_empty()).then_some((keys, spec.help))
            })
            .collect();
        if !rows.is_empty() {
            writeln!(page, ".SS \"{}\"", plain(context.title()))?;
        }
        for (keys, help) in rows {
            writeln!(page, ".TP\n\\&{}\n{}", plain(&keys), plain(help))?;
        }
    }
    writeln!(page, ".SH COMMANDS\nTyped as a message.")?;
    for spec in catalogue().filter(|spec| !spec.slash.is_empty()) {
        let names: Vec<String> = spec.slash.iter().map(|name| format!("/{name}")).collect();
        let line = format!("{} {}", names.join(", "), spec.args);
        writeln!(page, ".TP\n{}\n{}", plain(line.trim_end()), plain(spec.help))?;
    }
    Ok(())
}

fn write_all(bytes: &[u8]) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Writes a file that only its owner may read, and its folder where that is missing.
///
/// # Errors
/// Exit 1 when it is there already or cannot be written.
pub fn write_new(file: &std::path::Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "it exists already; `chinwag config init --print` shows the example".to_owned(),
            _ => error.to_string(),
        };
        Failure::new(Exit::Failed, format!("{} was not written: {why}", file.display()))
    };
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(failed)
}

fn problem_json(problem: &crate::config::Problem) -> serde_json::Value {
    serde_json::json!({
        "severity": problem.severity.word(),
        "file": problem.file.as_ref().map(|file| file.display().to_string()),
        "line": problem.line,
        "column": problem.column,
        "key": problem.key,
        "expected": problem.expected,
        "nearest": problem.nearest,
    })
}
