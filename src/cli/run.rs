//! From arguments to an exit code: reads the command line and hands over to the subcommand.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::runtime::crash;
use crate::ui::text;

use super::args::{Args, Task};
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::{demo, doctor, history, housekeeping, keys, notify, online, password, policies, policy, screen, serve, store};

/// Runs the program and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    crash::report_without_words_of_others();
    crash::leave_no_core();
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return unreadable(&error),
    };
    let diagnostics = Diagnostics::new(args.global.quiet);
    let exit = match carry_out(args, diagnostics) {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.text.is_empty() {
                diagnostics.error(&format!("chinwag: {}", failure.text));
            }
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

/// Says what is wrong with the command line, or what was asked for: help and version come this way too. If nobody
/// reads it there is nobody to tell.
fn unreadable(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // It quotes what was typed, or what a script took from others.
        let _ = write!(std::io::stderr().lock(), "{}", text::block(&error.render().to_string()));
        return ExitCode::from(Exit::Usage.code());
    }
    let _ = error.print();
    ExitCode::from(Exit::Done.code())
}

fn carry_out(args: Args, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let Args { global, command } = args;
    // Before the network, the keyring, the history, and any file of the user's.
    if !command.as_ref().is_some_and(Task::is_about_the_program) {
        policies::of_machine(&global)?.policy().run()?;
    }
    match command {
        Some(Task::Config(task)) => housekeeping::config(&task, &global, diagnostics),
        Some(Task::Keys) => keys::run(&global, diagnostics),
        Some(Task::Completions { shell }) => housekeeping::completions(shell),
        Some(Task::Man) => housekeeping::man(),
        Some(Task::History(task)) => history::run(&task, &global, diagnostics),
        Some(Task::Store(task)) => store::run(&task, &global, diagnostics),
        Some(Task::Password(task)) => password::run(task, &global, diagnostics),
        Some(Task::Policy(task)) => policy::run(&task, &global, diagnostics),
        Some(Task::Send(task)) => online::send(&global, diagnostics, &task),
        Some(Task::Watch(task)) => online::watch(&global, diagnostics, &task),
        Some(Task::Status(task)) => online::status(&global, diagnostics, &task),
        Some(Task::Wait(task)) => online::wait(&global, diagnostics, &task),
        Some(Task::Listen(task)) => online::listen(&global, diagnostics, &task),
        Some(Task::Receive(task)) => online::receive(&global, diagnostics, &task),
        Some(Task::Say) => online::say(&global, diagnostics),
        Some(Task::Roster(task)) => online::roster(&global, diagnostics, &task),
        Some(Task::Access(task)) => online::access(&global, diagnostics, &task),
        Some(Task::Find { words }) => online::find(&global, diagnostics, &words),
        Some(Task::Notify(task)) => notify::run(task, &global, diagnostics),
        Some(Task::Doctor { who }) => doctor::run(&global, diagnostics, who.as_ref()),
        Some(Task::Serve(task)) => serve::run(&task, diagnostics),
        Some(Task::Demo(task)) => demo::run(&task, &global, diagnostics),
        None => screen::run(&global, diagnostics),
    }
}
