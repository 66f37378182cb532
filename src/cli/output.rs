//! What is written where: facts to standard output, words about the run to standard error.

use std::io::Write as _;

use crate::ui::text as safe;

/// Words to the user on standard error; never on standard output.
#[derive(Debug, Clone, Copy)]
pub struct Diagnostics {
    quiet: bool,
}

impl Diagnostics {
    /// With `quiet`, only errors are said.
    #[must_use]
    pub const fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Good to know.
    pub fn tell(self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Something is odd, and the run goes on.
    pub fn warn(self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Something failed.
    #[allow(clippy::unused_self)] // Said the same way whatever the mode, but asked of the same value.
    pub fn error(self, text: &str) {
        say(text);
    }
}

/// One line on standard error. If nobody reads it there is nobody to tell.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", safe::line(text));
}
