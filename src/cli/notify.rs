//! `notify test`: tries every way to be told of something, and says what would keep it from being told.

use std::io::{IsTerminal as _, Write as _};
use std::time::SystemTime;

use tokio::sync::mpsc;

use crate::app::notices::Notice;
use crate::app::rules::Level;
use crate::app::{Hush, Msg};
use crate::config::Resolved;
use crate::history::Vault;
use crate::model::Stamp;
use crate::runtime::notifier::Notifier;
use crate::runtime::{rules_file, unlock};
use crate::ui::text;

use super::args::{Global, Notify};
use super::events;
use super::exit::{Exit, Failure};
use super::online::block_on;
use super::output::Diagnostics;
use super::settings;

/// Conversations named at most.
const NAMED: usize = 20;

/// Carries it out.
///
/// # Errors
/// Exit 7 when the settings cannot be used, 1 when nothing can be written.
pub fn run(task: Notify, global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let Notify::Test = task;
    let settings = settings::resolve(global, diagnostics)?;
    let (written, mut lines) = block_on(async {
        let (mail, mut answers) = mpsc::channel(16);
        let written = Notifier::new(&settings.notify, mail).tell(&Notice::test());
        loop {
            match answers.recv().await {
                Some(Msg::Tested(lines)) => return Ok((written, lines)),
                Some(_) => {}
                None => return Err(Failure::new(Exit::Failed, "the test gave no answer")),
            }
        }
    })?;
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        out.write_all(written.as_bytes())?;
    } else if !written.is_empty() {
        lines.push("Standard output is no terminal: what is for the terminal was not sent.".to_owned());
    }
    let against = against(&settings, now());
    if global.json {
        let json = serde_json::json!({ "ways": lines, "against": against });
        writeln!(out, "{}", events::harmless(json.to_string()))?;
    } else {
        for line in &lines {
            writeln!(out, "{}", text::line(line))?;
        }
        writeln!(out, "\nWhat keeps a message from being told:")?;
        for line in &against {
            writeln!(out, "- {}", text::line(line))?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// What is known here of what would be against telling something, at any time and now.
fn against(settings: &Resolved, now: Stamp) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(until) = settings.notify.quiet.until(now) {
        lines.push(format!("now: {}", Hush::Quiet(until).words(now)));
    }
    let vault = Vault::new(&settings.data_dir, unlock::permitted(settings));
    for account in &settings.accounts {
        match rules_file::load(&rules_file::path(&settings.data_dir, &account.aor), &vault) {
            Err(why) => lines.push(why),
            Ok(rules) => {
                let held = rules.people().filter_map(|(who, rule)| match rule.at(now)? {
                    (Level::All, _) => None,
                    (Level::Mention, until) => Some((who, Hush::MentionsOnly(until))),
                    (Level::None, until) => Some((who, Hush::Muted(until))),
                });
                let held: Vec<String> = held.map(|(who, hush)| format!("now: {}: {}", who.short(), hush.words(now))).collect();
                let more = held.len().saturating_sub(NAMED);
                lines.extend(held.into_iter().take(NAMED));
                if more > 0 {
                    lines.push(format!("now: {more} more conversations have such a rule"));
                }
            }
        }
    }
    lines.push("always: it is in the conversation that is open, and the terminal has the focus".to_owned());
    if settings.notify.silent_when_busy {
        lines.push("always: you are busy or on the phone ([notify] when_busy)".to_owned());
    }
    lines.push("always: who wrote is not on your contact list, and has no rule".to_owned());
    lines
}

fn now() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
