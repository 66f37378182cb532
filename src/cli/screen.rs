//! The screen: `chinwag` alone, and `demo`.

use crate::config::{Loaded, PasswordSource, Resolved};
use crate::runtime::control::{Unreached, reach};
use crate::runtime::policies::Sources;
use crate::runtime::reread::{NoSource, Source};
use crate::runtime::tty::TerminalError;
use crate::runtime::tui::{self, Ended};
use crate::runtime::{Front, Shell, lines, logging};
use std::path::PathBuf;

use super::args::{self, Global};
use super::exit::{Exit, Failure};
use super::online::block_on;
use super::output::Diagnostics;
use super::{demo, secrets, settings, setup};

/// Shows the screen for the configured accounts.
///
/// # Errors
/// Exit 7 without an account, 2 without a terminal.
pub fn run(global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let mut settings = settings::resolve(global, diagnostics)?;
    let mut typed = None;
    if settings.accounts.is_empty() {
        match setup::first_run(global, diagnostics)? {
            setup::FirstRun::NotAsked => {}
            setup::FirstRun::Demo => return demo::run(&args::Demo { headless: false, seed: 1 }, global, diagnostics),
            setup::FirstRun::Written(secret) => {
                settings = settings::resolve(global, diagnostics)?;
                typed = secret;
            }
        }
    }
    if settings.accounts.is_empty() {
        return Err(settings::no_account());
    }
    alone(&settings, global)?;
    let _log = logging::start(&settings.state_dir, &settings.log.level, settings.log.keep)
        .inspect_err(|error| diagnostics.warn(&format!("there will be no log file: {error}")));
    if let (Some(secret), [account]) = (typed, settings.accounts.as_mut_slice()) {
        account.password = PasswordSource::Given(secret);
    }
    let secrets = secrets::gather(&mut settings, global)?;
    let password = secrets::given(&settings, global);
    block_on(async {
        let shell =
            Shell::for_front(&settings, secrets, Front::Screen).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        show(shell, &settings, diagnostics, &mut Asked { global: global.clone(), password }).await
    })
}

/// The file and everything that wins over it, as the command line named them.
struct Asked {
    global: Global,
    /// Where the command line says that all passwords come from.
    password: Option<PasswordSource>,
}

impl Source for Asked {
    fn read(&mut self) -> Loaded {
        let mut loaded = settings::load_all(&self.global).unwrap_or_else(|_| NoSource.read());
        if let Some(new) = &mut loaded.resolved {
            new.accounts.retain(|account| self.global.account.as_ref().is_none_or(|only| account.id.as_str() == only));
            for account in &mut new.accounts {
                account.password = self.password.clone().unwrap_or_else(|| account.password.clone());
            }
        }
        loaded
    }

    fn file(&self) -> Option<PathBuf> {
        // Who names an account on the command line has no file in mind.
        settings::paths(&self.global).ok().map(|paths| paths.config).filter(|_| self.global.aor.is_none())
    }
}

/// Makes sure that no other screen runs with the same data folder: the two would not know of each other's
/// messages.
fn alone(settings: &Resolved, global: &Global) -> Result<(), Failure> {
    match reach(&settings.data_dir, &settings.state_dir) {
        Ok((hello, _)) if !global.no_attach => {
            let text = format!(
                "chinwag runs already, as process {}. Go to its terminal (`tmux attach` if it is in tmux), or use it from here: \
                 `chinwag send`, `chinwag status`, `chinwag watch`. With another --data-dir, or with --no-attach, a second one \
                 runs beside it",
                hello.pid
            );
            Err(Failure::new(Exit::Failed, text))
        }
        // It is there, whether it lets anybody in or not.
        Err(why @ Unreached::Busy(_)) if !global.no_attach => Err(Failure::new(Exit::Failed, why.to_string())),
        _ => Ok(()),
    }
}

/// Shows the screen over a shell until it ends.
///
/// # Errors
/// Exit 2 without a terminal, 1 when it breaks.
pub async fn show(
    mut shell: Shell,
    settings: &Resolved,
    diagnostics: Diagnostics,
    source: &mut dyn Source,
) -> Result<Exit, Failure> {
    shell.open_socket(settings);
    shell.follow_policies(Sources::of(settings));
    let ended = if settings.ui.plain {
        lines::show(&mut shell, settings, source).await.map_err(TerminalError::from)
    } else {
        tui::show(&mut shell, settings, source).await
    };
    for lost in shell.app().left_behind() {
        diagnostics.error(&format!("chinwag: {}", crate::ui::text::line(&lost)));
    }
    // What ended it may have been a policy.
    shell.app().policy.run()?;
    match ended {
        Ok(Ended::Quit) => Ok(Exit::Done),
        Ok(Ended::Signal | Ended::Terminal(None)) => Ok(Exit::Interrupted),
        Ok(Ended::Terminal(Some(error))) => Err(Failure::new(Exit::Failed, format!("the terminal broke: {error}"))),
        Err(error) => Err(Failure::new(Exit::Usage, error.to_string())),
    }
}
