//! What is written where: facts to standard output, words about the run to standard error.

use std::io::Write as _;

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
    pub fn tell(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Something is odd, and the run goes on.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Something failed.
    #[allow(clippy::unused_self)] // Said the same way whatever the mode, but asked of the same value.
    pub fn error(&self, text: &str) {
        say(text);
    }
}

/// One line on standard error. If nobody reads it there is nobody to tell.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless(text));
}

/// Foreign text without anything that could steer a terminal or reorder a line.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Control characters of both sets, and the invisible ones that change direction or hide.
const fn steers(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Foreign text for people to read.
pub mod text {
    use super::harmless;

    /// For one row.
    #[must_use]
    pub fn line(text: &str) -> String {
        harmless(text)
    }

    /// For several rows.
    #[must_use]
    pub fn block(text: &str) -> String {
        text.split('\n').map(|row| harmless(row.trim_end_matches('\r'))).collect::<Vec<_>>().join("\n")
    }
}
