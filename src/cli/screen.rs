//! The screen: `chinwag` alone, and `demo`.

use crate::config::Resolved;
use crate::runtime::tty::TerminalError;
use crate::runtime::tui::{self, Ended};
use crate::runtime::{Front, Shell, lines, logging};

use super::args::Global;
use super::exit::{Exit, Failure};
use super::online::block_on;
use super::output::Diagnostics;
use super::{secrets, settings, setup};

/// Shows the screen for the configured accounts.
///
/// # Errors
/// Exit 7 without an account, 2 without a terminal.
pub fn run(global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let mut settings = settings::resolve(global, diagnostics)?;
    if settings.accounts.is_empty() && setup::first_run(global)? {
        settings = settings::resolve(global, diagnostics)?;
    }
    if settings.accounts.is_empty() {
        return Err(settings::no_account());
    }
    let _log = logging::start(&settings.state_dir, &settings.log.level, settings.log.keep)
        .inspect_err(|error| diagnostics.warn(&format!("there will be no log file: {error}")));
    let secrets = secrets::gather(&mut settings, global)?;
    block_on(async {
        let shell =
            Shell::for_front(&settings, secrets, Front::Screen).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        show(shell, &settings, diagnostics).await
    })
}

/// Shows the screen over a shell until it ends.
///
/// # Errors
/// Exit 2 without a terminal, 1 when it breaks.
pub async fn show(mut shell: Shell, settings: &Resolved, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let ended = if settings.ui.plain {
        lines::show(&mut shell, settings).await.map_err(TerminalError::from)
    } else {
        tui::show(&mut shell, settings).await
    };
    for lost in shell.app().left_behind() {
        diagnostics.error(&format!("chinwag: {}", crate::ui::text::line(&lost)));
    }
    match ended {
        Ok(Ended::Quit) => Ok(Exit::Done),
        Ok(Ended::Signal | Ended::Terminal(None)) => Ok(Exit::Interrupted),
        Ok(Ended::Terminal(Some(error))) => Err(Failure::new(Exit::Failed, format!("the terminal broke: {error}"))),
        Err(error) => Err(Failure::new(Exit::Usage, error.to_string())),
    }
}
