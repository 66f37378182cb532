//! What is wrong with the settings, and where.

use std::fmt;
use std::path::PathBuf;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The settings can be used.
    Warning,
    /// They cannot.
    Error,
}

impl Severity {
    /// The word shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// In which file; `None` for the environment and the command line.
    pub file: Option<PathBuf>,
    /// Line, from 1; 0 where there is none.
    pub line: usize,
    /// Column in characters, from 1; 0 where there is none.
    pub column: usize,
    /// Whole name of the key, such as `accounts.work.uri`; empty for broken TOML.
    pub key: String,
    /// What was expected, or what is wrong: a plain sentence without its full stop.
    pub expected: String,
    /// The nearest known name, for a misspelt one.
    pub nearest: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if self.line > 0 {
                write!(f, "{}:{}:", self.line, self.column)?;
            }
            f.write_str(" ")?;
        }
        write!(f, "{}: ", self.severity.word())?;
        if !self.key.is_empty() {
            // Keys are typed by the user, or by whoever gave the file: nothing in them may move a cursor.
            write!(f, "{}: ", self.key.escape_debug())?;
        }
        f.write_str(&self.expected)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}
