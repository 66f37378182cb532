//! `config`, `completions`, `man`: what needs no network.

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::config::example;

use super::args::{Args, Config, Global};
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
            let loaded = settings::load_all(global)?;
            for problem in &loaded.problems {
                if global.json {
                    writeln!(out, "{}", problem_json(problem))?;
                } else {
                    writeln!(out, "{problem}")?;
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
    write_all(&page)
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
