//! Which way a command goes: through the chinwag that runs already, or by signing in itself.

use std::path::Path;
use std::time::Duration;

use crate::config::Resolved;
use crate::model::AccountId;
use crate::runtime::control::{Hello, Line, Unreached, others, reach};
use crate::runtime::secrets::Secrets;

use super::args::Global;
use super::attached::{Attached, Interest};
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::printer::Printer;
use super::session::{Session, Who};
use super::{secrets, settings};

/// What a command does when nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Uses the running program if it has the account.
    Attach,
    /// Signs in.
    SignIn,
}

/// A way that is open.
#[derive(Debug)]
pub struct Way {
    /// The accounts the command works with.
    pub accounts: Vec<Who>,
    how: How,
}

#[derive(Debug)]
enum How {
    Attached(Box<(Hello, Line)>),
    SignIn(Box<(Resolved, Secrets)>),
}

impl Way {
    /// Finds the way of a command that works with one account.
    ///
    /// # Errors
    /// Exit 2 and 7 for what is wrong with the settings, 4 when there is no running program and there must be.
    pub fn of_one(global: &Global, diagnostics: Diagnostics, manner: Manner) -> Result<(Self, Who), Failure> {
        let way = Self::open(global, diagnostics, manner, true)?;
        let account = way.accounts.first().cloned().ok_or_else(settings::no_account)?;
        Ok((way, account))
    }

    /// Finds the way of a command that works with every account.
    ///
    /// # Errors
    /// As [`Way::of_one`].
    pub fn of_all(global: &Global, diagnostics: Diagnostics, manner: Manner) -> Result<Self, Failure> {
        Self::open(global, diagnostics, manner, false)
    }

    fn open(global: &Global, diagnostics: Diagnostics, manner: Manner, one: bool) -> Result<Self, Failure> {
        if global.attach {
            return Self::through_the_running(global, one);
        }
        let mut resolved = settings::resolve(global, diagnostics)?;
        if resolved.accounts.is_empty() {
            return Err(settings::no_account());
        }
        if one {
            settings::single_account(&resolved)?;
        }
        let accounts: Vec<Who> = resolved.accounts.iter().map(Who::from).collect();
        // Who says how to sign in wants to.
        let may_attach =
            manner == Manner::Attach && !global.no_attach && sign_in_options(global).is_none() && global.aor.is_none();
        if may_attach
            && let Ok((hello, line)) = reach(&resolved.data_dir, &resolved.state_dir)
            && let Some(accounts) = served(&hello, &accounts)
        {
            return Ok(Self { accounts, how: How::Attached(Box::new((hello, line))) });
        }
        let secrets = secrets::gather(&mut resolved, global)?;
        Ok(Self { accounts, how: How::SignIn(Box::new((resolved, secrets))) })
    }

    /// `--attach`: what the running program has counts, not the configuration.
    fn through_the_running(global: &Global, one: bool) -> Result<Self, Failure> {
        if let Some(option) = sign_in_options(global) {
            let text = format!("{option} says how to sign in, and --attach not to");
            return Err(Failure::new(Exit::Usage, text));
        }
        let paths = settings::paths(global)?;
        let (hello, line) = reach(&paths.data_dir, &paths.state_dir).map_err(|why| unreached(why, &paths.state_dir))?;
        let wanted = |id: &AccountId, aor| match (&global.account, &global.aor) {
            (Some(name), _) => id.as_str() == name,
            (None, Some(wanted)) => aor == wanted,
            (None, None) => true,
        };
        let served = hello.accounts.iter().filter(|served| wanted(&served.id, &served.aor));
        let accounts: Vec<Who> = served.map(|served| Who { id: served.id.clone(), aor: served.aor.clone() }).collect();
        let names = || hello.accounts.iter().map(|served| served.id.as_str()).collect::<Vec<_>>().join(", ");
        match accounts.as_slice() {
            [] => Err(Failure::new(Exit::Usage, format!("the running chinwag has no such account; it has {}", names()))),
            [_, _, ..] if one => {
                let text = format!("the running chinwag has several accounts; choose one with --account ({})", names());
                Err(Failure::new(Exit::Usage, text))
            }
            _ => Ok(Self { accounts, how: How::Attached(Box::new((hello, line))) }),
        }
    }

    /// Whether it goes through the running program.
    #[must_use]
    pub const fn is_attached(&self) -> bool {
        matches!(self.how, How::Attached(_))
    }

    /// The same; files end in this folder, if one is named.
    #[must_use]
    pub fn with_files_in(mut self, folder: Option<&Path>) -> Self {
        if let (How::SignIn(with), Some(folder)) = (&mut self.how, folder) {
            with.0.files.named = Some(folder.to_owned());
        }
        self
    }

    /// Begins a session. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// Exit 1 when it cannot start.
    pub fn session(self, interest: Interest, printer: Printer) -> Result<Session, Failure> {
        match self.how {
            How::Attached(reached) => {
                let (hello, line) = *reached;
                let accounts: Vec<AccountId> = self.accounts.iter().map(|who| who.id.clone()).collect();
                Session::attached(Attached::new(line, &hello, &accounts, interest), printer)
            }
            How::SignIn(with) => Session::start(&with.0, with.1, printer),
        }
    }
}

/// The accounts as the running program has them, if it has all of them and is signed in, or about to be.
fn served(hello: &Hello, wanted: &[Who]) -> Option<Vec<Who>> {
    let one = |who: &Who| {
        let served = hello.accounts.iter().find(|served| served.aor == who.aor && !served.offline)?;
        Some(Who { id: served.id.clone(), aor: served.aor.clone() })
    };
    wanted.iter().map(one).collect()
}

/// An option that says how to sign in, if one is given.
fn sign_in_options(global: &Global) -> Option<&'static str> {
    [
        (global.user.is_some(), "--user"),
        (global.server.is_some(), "--server"),
        (global.transport.is_some(), "--transport"),
        (global.ca_file.is_some(), "--ca-file"),
        (global.dns.is_some(), "--dns"),
        (global.password_env.is_some(), "--password-env"),
        (global.password_stdin, "--password-stdin"),
        (global.auth.is_some(), "--auth"),
        (global.dialect.is_some(), "--dialect"),
    ]
    .into_iter()
    .find_map(|(given, name)| given.then_some(name))
}

fn unreached(why: Unreached, state_dir: &Path) -> Failure {
    let text = match why {
        Unreached::Nobody { data_dir, .. } => {
            let why = Unreached::Nobody { data_dir, others: others(state_dir) };
            format!("{why}; start `chinwag`, or leave --attach out to sign in")
        }
        why => why.to_string(),
    };
    Failure::new(Exit::Unreachable, text)
}

/// The least time a run may be given: with none at all it would leave before it began.
pub const LEAST_TIME: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::runtime::control::Served;

    #[test]
    fn the_running_program_must_have_all_that_is_wanted() {
        let who = |id: &str, aor: &str| Who { id: AccountId::new(id), aor: Address::parse(aor).unwrap() };
        let one = |id: &str, aor: &str, offline| Served { id: AccountId::new(id), aor: Address::parse(aor).unwrap(), offline };
        let accounts = vec![one("work", "sip:a@x.test", false), one("home", "sip:a@y.test", true)];
        let hello = Hello { pid: 1, data_dir: String::new(), accounts };
        assert_eq!(served(&hello, &[who("other", "sip:a@x.test")]), Some(vec![who("work", "sip:a@x.test")]), "by its address");
        assert_eq!(served(&hello, &[who("home", "sip:a@y.test")]), None, "signed out there");
        assert_eq!(served(&hello, &[who("work", "sip:a@x.test"), who("new", "sip:a@z.test")]), None);
    }
}
