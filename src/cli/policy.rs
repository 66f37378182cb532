//! `policy`: what is in force and why, files checked before they are rolled out, templates, import.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::config::FileRead;
use crate::policy::catalogue::Row;
use crate::policy::{Fault, Level, Policy, Read, Shown, merge, template};
use crate::runtime::policies as files;
use crate::ui::text as safe;

use super::args;
use super::events;
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::policies;
use super::settings;

/// Carries out `policy`.
///
/// # Errors
/// Exit 7 when a file is at fault, 1 when something cannot be written.
pub fn run(task: &args::Policy, global: &args::Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    match task {
        args::Policy::Show { names, all } => {
            let paths = settings::paths(global)?;
            show(&policies::of(global, &FileRead::at(&paths), &paths)?, names, *all, global.json)
        }
        args::Policy::Check { files } => check(files, global.json, diagnostics),
        args::Policy::Schema => say(&template::schema()),
        args::Policy::Template { form } => {
            let text = match form {
                args::Template::Admx => template::admx(),
                args::Template::Adml => template::adml(),
                args::Template::Toml => template::toml(),
                args::Template::Json => template::json(),
                args::Template::Reg => template::reg(),
                args::Template::Markdown => template::markdown(),
            };
            say(&text)
        }
        args::Policy::Import { file, out, recommended } => import(file, out.as_deref(), *recommended, diagnostics),
    }
}

fn say(text: &str) -> Result<Exit, Failure> {
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

fn show(policy: &Policy, names: &[String], all: bool, as_json: bool) -> Result<Exit, Failure> {
    let table = policy.table();
    let named = |shown: &Shown| names.is_empty() || names.iter().any(|name| shown.name.eq_ignore_ascii_case(name));
    let shown: Vec<Shown> = table.shown(all || !names.is_empty()).into_iter().filter(named).collect();
    if let Some(missing) = names.iter().find(|name| !shown.iter().any(|one| one.name.eq_ignore_ascii_case(name))) {
        let near = crate::model::nearest(missing, crate::policy::catalogue::rows().map(|row| row.name));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Failure::new(Exit::Usage, format!("there is no policy {missing}{hint}")));
    }
    let mut out = std::io::stdout().lock();
    if as_json {
        let policies: Vec<Json> = shown.iter().map(|one| as_object(one, true)).collect();
        let faults: Vec<Json> = table.faults.iter().map(fault_object).collect();
        let json = json!({ "policies": policies, "faults": faults, "broken": table.is_broken() });
        writeln!(out, "{}", events::harmless(json.to_string()))?;
        return Ok(Exit::Done);
    }
    if shown.is_empty() && table.faults.is_empty() {
        writeln!(out, "no policies are set; `chinwag policy show --all` lists those there are")?;
    }
    for one in &shown {
        lines(&mut out, one, "")?;
        for loser in &one.losers {
            lines(&mut out, loser, "  ")?;
        }
    }
    for fault in &table.faults {
        writeln!(out, "fault: {}: {}", safe::line(&fault.origin.to_string()), safe::line(&fault.what))?;
    }
    Ok(Exit::Done)
}

fn lines(out: &mut impl std::io::Write, one: &Shown, indent: &str) -> std::io::Result<()> {
    let rank = one.rank.map_or_else(String::new, |rank| format!("{} {}  ", rank.level.word(), rank.scope.word()));
    let origin = one.origin.as_deref().unwrap_or_default();
    let line = format!("{indent}{} = {}  {rank}{origin}  {}", one.name, one.literal.as_deref().unwrap_or(&one.value), one.words);
    writeln!(out, "{}", safe::line(line.trim_end()))
}

fn as_object(one: &Shown, top: bool) -> Json {
    let value = one.literal.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok());
    let mut object = json!({
        "name": one.name,
        "value": value,
        "level": one.rank.map(|rank| rank.level.word()),
        "scope": one.rank.map(|rank| rank.scope.word()),
        "source": one.origin,
        "status": one.status,
        "words": one.words,
    });
    if top && let Some(fields) = object.as_object_mut() {
        let losers: Vec<Json> = one.losers.iter().map(|loser| as_object(loser, false)).collect();
        fields.insert("losers".to_owned(), losers.into());
        fields.insert("category".to_owned(), one.row.map(|row: &Row| row.category.title()).into());
    }
    object
}

fn fault_object(fault: &Fault) -> Json {
    json!({ "source": fault.origin.to_string(), "what": fault.what, "level": fault.rank.level.word(), "scope": fault.rank.scope.word() })
}

/// Tells what files would come to, as if they lay in the folder of managed policies in this order.
fn check(paths: &[std::path::PathBuf], as_json: bool, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let mut read = Read::default();
    for file in paths {
        read.append(files::check(file, Level::Managed).map_err(|why| Failure::new(Exit::Configuration, why))?);
    }
    let table = merge(read);
    let complaints = table.complaints();
    let policy_count = table.in_force.len();
    if as_json {
        let policies: Vec<Json> = table.shown(false).iter().map(|one| as_object(one, true)).collect();
        let faults: Vec<Json> = table.faults.iter().map(fault_object).collect();
        let mut out = std::io::stdout().lock();
        let json = json!({ "policies": policies, "faults": faults, "fine": complaints.is_empty() });
        writeln!(out, "{}", events::harmless(json.to_string()))?;
    } else {
        for complaint in &complaints {
            diagnostics.error(complaint);
        }
    }
    if complaints.is_empty() {
        diagnostics.tell(&format!("{policy_count} {} would be in force", if policy_count == 1 { "policy" } else { "policies" }));
        Ok(Exit::Done)
    } else {
        Ok(Exit::Configuration)
    }
}

/// Turns a file of the registry into one of ours. What is no policy is told, and left out.
fn import(file: &Path, out: Option<&Path>, recommended: bool, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let read = files::check(file, Level::Managed).map_err(|why| Failure::new(Exit::Failed, why))?;
    let broken = read.faults.iter().any(|fault| fault.whole);
    let entries = read.entries.clone();
    let complaints = merge(read).complaints();
    for complaint in &complaints {
        diagnostics.error(complaint);
    }
    if broken {
        return Err(Failure::new(
            Exit::Configuration,
            format!("{} cannot be read to its end, so nothing was written", file.display()),
        ));
    }
    // Each level for itself: what is managed does not hide what is recommended for the same policy.
    let (managed, low): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.rank.level == Level::Managed);
    let of = |entries| merge(Read { entries, faults: Vec::new() }).in_force;
    let (wanted, left) = if recommended { (of(low), of(managed).len()) } else { (of(managed), of(low).len()) };
    let mut text = format!("# From {}\n", safe::line(&file.file_name().unwrap_or_default().to_string_lossy()));
    for one in wanted {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} = {}", one.row.name, one.value.toml());
    }
    let other = if recommended { Level::Managed } else { Level::Recommended };
    if left > 0 {
        let with = if recommended { "without --recommended" } else { "with --recommended" };
        diagnostics.warn(&format!(
            "{left} {} {} in it for another file: import it once more {with}",
            other.word(),
            if left == 1 { "policy is" } else { "policies are" }
        ));
    }
    match out {
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
        Some(path) => {
            files::write(path, &text)
                .map_err(|fault| Failure::new(Exit::Failed, format!("{} cannot be written: {fault}", path.display())))?;
        }
    }
    Ok(if complaints.is_empty() { Exit::Done } else { Exit::Configuration })
}
