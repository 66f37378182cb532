//! The course of the first run.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use crate::config::{AccountSettings, Resolved, shown_place};
use crate::model::{Address, Secret};
use crate::runtime::keyring;
use crate::runtime::secrets::{Secrets, find};

use super::super::args::Global;
use super::super::doctor::{self, Trial};
use super::super::exit::{Exit, Failure};
use super::super::housekeeping::write_new;
use super::super::online::block_on;
use super::super::output::Diagnostics;
use super::super::printer::{Printer, Scope};
use super::super::session::Session;
use super::super::settings;
use super::answers::{Answers, First, file, interview, password, root, server};
use super::people;
use super::talk::{Person, Talk, ask_until};

/// The keyring of the desktop, for a password that is to be kept.
#[derive(Debug, Clone, Copy)]
struct Keyring {
    is_there: fn() -> bool,
    keep: fn(&Address, &Secret) -> Result<(), String>,
}

/// How the first run went.
#[derive(Debug)]
pub enum FirstRun {
    /// This is no place for questions: no terminal, or a file that is there already.
    NotAsked,
    /// The file is written; the password that was typed, and is kept nowhere, is used for this run.
    Written(Option<Secret>),
    /// The person wants to look around without an account.
    Demo,
}

/// What to do after a sign-in that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Again,
    Server,
    Root,
    Password,
    Details,
    Write,
    Leave,
}

const GAVE_UP: &str = "nothing was written; `chinwag demo` shows everything without an account";

/// Asks who the user is, tries the sign-in and writes the configuration file.
///
/// # Errors
/// Exit 7 when the person gives up or the file cannot be written, 130 on Ctrl-C.
pub fn first_run(global: &Global, diagnostics: Diagnostics) -> Result<FirstRun, Failure> {
    let paths = settings::paths(global)?;
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() || paths.config.exists() {
        return Ok(FirstRun::NotAsked);
    }
    let keyring = Keyring { is_there: keyring::is_there, keep: keyring::keep_password };
    run(&mut Person::new()?, global, diagnostics, &paths.config, keyring)
}

fn run(
    talk: &mut impl Talk,
    global: &Global,
    diagnostics: Diagnostics,
    path: &Path,
    keyring: Keyring,
) -> Result<FirstRun, Failure> {
    let gave_up = || Failure::new(Exit::Configuration, GAVE_UP);
    let mut answers = match interview(talk)? {
        First::Answers(answers) => *answers,
        First::Demo => return Ok(FirstRun::Demo),
        First::End => return Err(gave_up()),
    };
    loop {
        let text = file(&answers);
        let mut settings = settings::of_text(global, &text, path)?;
        let Some(secrets) = secrets(&mut settings, &answers, talk)? else { return Err(gave_up()) };
        talk.say("\nSigning in …")?;
        let trial = trial(&settings, secrets.clone(), diagnostics)?;
        trial.said.iter().try_for_each(|sentence| talk.say(sentence))?;
        let next = if trial.exit == Exit::Done { Next::Write } else { after_failure(talk, &trial)? };
        match next {
            Next::Again | Next::Details => {}
            Next::Server if server(talk, &mut answers)? => {}
            Next::Root if root(talk, &mut answers)? => {}
            Next::Password if password(talk, &mut answers)? => {}
            Next::Server | Next::Root | Next::Password | Next::Leave => return Err(gave_up()),
            Next::Write => {
                if trial.exit == Exit::Done {
                    keep(talk, &settings, &mut answers, keyring)?;
                }
                write_new(path, &file(&answers))?;
                let asked = match answers.typed {
                    Some(_) => " The password is not in it: you are asked for it at each start.",
                    None if answers.keyring => " The password is not in it, but in the keyring of your desktop.",
                    None => "",
                };
                talk.say(&format!("\nWritten to {}.{asked}", shown_place(path)))?;
                if trial.exit == Exit::Done
                    && let Err(failure) = block_on(contacts(&settings, secrets, talk, diagnostics))
                {
                    if failure.exit == Exit::Interrupted {
                        return Err(failure);
                    }
                    // The account works; people can be added on the screen as well.
                    talk.say(&format!("Nobody more was added: {} Press a in the contact list to add people.", failure.text))?;
                }
                return Ok(FirstRun::Written(answers.typed));
            }
        }
    }
}

/// The password for the trial; `None` if its source fails and the person gives up.
fn secrets(settings: &mut Resolved, answers: &Answers, talk: &mut impl Talk) -> Result<Option<Secrets>, Failure> {
    let mut secrets = Secrets::new();
    for account in &settings.accounts {
        let found = match &answers.typed {
            Some(typed) => Some(typed.clone()),
            None if answers.command.is_empty() => None,
            None => match find(account) {
                Ok(found) => found,
                Err(error) => {
                    talk.say(&format!("  {error}"))?;
                    None
                }
            },
        };
        if let Some(secret) = found {
            secrets.insert(account.id.clone(), secret);
        }
    }
    Ok(Some(secrets))
}

/// Puts a password that is good into the keyring, where there is one and the person wants that.
fn keep(talk: &mut impl Talk, settings: &Resolved, answers: &mut Answers, keyring: Keyring) -> Result<(), Failure> {
    let may = settings.policy.table().forbids("SavePassword").is_none();
    let Some(typed) = answers.typed.clone().filter(|_| may && (keyring.is_there)()) else { return Ok(()) };
    let question = "\nKeep the password in the keyring of your desktop? Else you are asked for it at each start. [y]es or [n]o: ";
    let wanted = ask_until(talk, question, |said| match said.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('y') => Ok(true),
        Some('n') => Ok(false),
        _ => Err("y or n, please".to_owned()),
    })?;
    if wanted != Some(true) {
        return Ok(());
    }
    match (keyring.keep)(&answers.address, &typed) {
        Ok(()) => (answers.typed, answers.keyring) = (None, true),
        Err(why) => talk.say(&format!("  the keyring did not take it: {why}"))?,
    }
    Ok(())
}

/// Tries the whole way to the server, step by step, as `doctor` does.
fn trial(settings: &Resolved, secrets: Secrets, diagnostics: Diagnostics) -> Result<Trial, Failure> {
    let account = settings::single_account(settings)?.clone();
    block_on(doctor::trial(settings, &account, secrets, diagnostics))
}

/// Asks what to do now, and shows the steps to whoever wants to see them.
fn after_failure(talk: &mut impl Talk, trial: &Trial) -> Result<Next, Failure> {
    let question = "\nAnother [p]assword, name the [s]erver or a [r]oot certificate, try [a]gain, see the [d]etails, [w]rite the \
                    file as it is, or [q]uit: ";
    loop {
        let said = ask_until(talk, question, |said| match said.chars().next().map(|c| c.to_ascii_lowercase()) {
            Some('a') => Ok(Next::Again),
            Some('s') => Ok(Next::Server),
            Some('r') => Ok(Next::Root),
            Some('p') => Ok(Next::Password),
            Some('d') => Ok(Next::Details),
            Some('w') => Ok(Next::Write),
            Some('q') => Ok(Next::Leave),
            _ => Err("p, s, r, a, d, w or q, please".to_owned()),
        })?;
        match said {
            Some(Next::Details) => trial.steps.iter().try_for_each(|line| talk.say(line))?,
            said => return Ok(said.unwrap_or(Next::Leave)),
        }
    }
}

async fn contacts(
    settings: &Resolved,
    secrets: Secrets,
    talk: &mut impl Talk,
    diagnostics: Diagnostics,
) -> Result<Exit, Failure> {
    let account: AccountSettings = settings::single_account(settings)?.clone();
    let session = Session::start(settings, secrets, Printer::new(false, Scope::Nothing, diagnostics))?;
    session
        .run(false, async |session| {
            people::find(session, &account, talk).await?;
            Ok(Exit::Done)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::super::talk::script::Script;
    use super::*;

    fn global() -> Global {
        <super::super::super::args::Args as clap::Parser>::parse_from(["chinwag"]).global
    }

    const NONE: Keyring = Keyring { is_there: || false, keep: |_, _| Err("there is none".to_owned()) };

    #[test]
    fn a_good_password_goes_into_the_keyring_of_who_wants_that() {
        let taking = Keyring { is_there: || true, keep: |_, _| Ok(()) };
        let failing = Keyring { is_there: || true, keep: |_, _| Err("it was not unlocked".to_owned()) };
        for (keyring, said, asked, kept) in [
            (taking, &["x", "y"][..], 2, true),
            (taking, &["n"], 1, false),
            (taking, &[], 1, false),
            (failing, &["yes"], 1, false),
            (NONE, &[], 0, false),
        ] {
            let First::Answers(mut answers) = interview(&mut Script::of(&["alice@example.test", "planted-secret"])).unwrap()
            else {
                panic!("no answers")
            };
            let settings = settings::of_text(&global(), &file(&answers), Path::new("config.toml")).unwrap();
            let mut script = Script::of(said);
            keep(&mut script, &settings, &mut answers, keyring).unwrap();
            assert_eq!(script.heard.matches("Keep the password in the keyring").count(), asked, "{}", script.heard);
            assert_eq!((answers.keyring, answers.typed.is_none()), (kept, kept));
            let written = file(&answers);
            assert_eq!(written.contains("password.keyring = true"), kept, "{written}");
            assert!(!written.contains("planted-secret"));
        }
        let First::Answers(mut answers) = interview(&mut Script::of(&["alice@example.test", "secret"])).unwrap() else {
            panic!("no answers")
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), "SavePassword = false\n").unwrap();
        let ruled = Global { policy_dir: Some(folder.path().to_owned()), ..global() };
        let settings = settings::of_text(&ruled, &file(&answers), Path::new("config.toml")).unwrap();
        let mut script = Script::default();
        keep(&mut script, &settings, &mut answers, taking).unwrap();
        assert_eq!(script.heard, "", "what a policy forbids is not offered");
    }

    #[test]
    fn a_failed_sign_in_is_explained_and_writes_nothing_unless_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let global = Global { data_dir: Some(folder.path().join("data")), ..global() };
        // Nobody listens there.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = format!("127.0.0.1:{}", closed.port());
        let said = ["alice@example.test", "secret", "s", &server, "tcp", "x", "r", "no such file", "", "d", "q"];
        // The first try asks the system's resolver for a name that cannot exist (RFC 6761).
        let mut script = Script::of(&said);
        let failure = run(&mut script, &global, Diagnostics::new(true), &path, NONE).unwrap_err();
        assert_eq!((failure.exit, failure.text.as_str()), (Exit::Configuration, GAVE_UP));
        assert!(script.heard.contains("name the [s]erver") && script.heard.contains("p, s, r, a, d, w or q"), "{}", script.heard);
        assert!(script.heard.contains("No server was found for example.test"), "{}", script.heard);
        // The sentence is said, the steps only to who asks.
        assert!(script.heard.contains("  there is no file no such file"), "{}", script.heard);
        assert_eq!(script.heard.matches(&format!("Nobody listens at {server}.")).count(), 3, "{}", script.heard);
        assert_eq!(script.heard.matches("failed   connect: tcp to").count(), 1, "{}", script.heard);
        assert!(!path.exists());
        let mut script = Script::of(&["alice@example.test", "secret", "s", &server, "tcp", "w"]);
        let done = run(&mut script, &global, Diagnostics::new(true), &path, NONE).unwrap();
        assert!(matches!(done, FirstRun::Written(Some(_))));
        assert!(std::fs::read_to_string(&path).unwrap().contains("transport = \"tcp\""));
    }
}
