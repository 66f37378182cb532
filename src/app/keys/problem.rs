//! What is wrong with a line of `[keys.*]`.

use std::fmt;

use crate::app::catalogue;
use crate::config::{Binding, Place, Severity};
use crate::model::nearest;

/// One thing wrong with the keys of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProblem {
    /// The line.
    pub binding: Binding,
    /// What.
    pub fault: KeyFault,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFault {
    /// No action has this name.
    Action,
    /// It is no key of a terminal, or not one sequence of keys.
    Chord,
    /// Ordinary terminals send the same for this other key.
    SameAs(String),
    /// It types a letter, which can no longer be written where text is written.
    Letter,
    /// Another line gives the same keys to something else; the later one counts.
    Twice(Place),
    /// Another line has keys of which these are the beginning, or that are the beginning of these;
    /// the later one counts.
    Begins(Place),
    /// It takes keys away from this action, and from so many others, of which it is the beginning or
    /// the end.
    Cuts(String, &'static str, usize),
    /// In another part of the screen this line gives the keys to something else.
    Hidden(Place, String),
}

impl KeyProblem {
    /// How bad it is. What is no key is an error, and everything else still does something.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self.fault {
            KeyFault::Chord => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// The nearest name, for a misspelt one.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        match self.fault {
            KeyFault::Action => nearest(&self.binding.action, catalogue().map(|action| action.name)),
            _ => None,
        }
    }
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action => f.write_str("there is no action of this name; `chinwag keys` lists them"),
            Self::Chord => f.write_str(
                "this is not a key: write it as `ctrl-k`, `alt-enter`, `f5`, `g`, or `ctrl-x g` for one after the other",
            ),
            Self::SameAs(other) => write!(f, "most terminals send the same for this key and for `{other}`, so it may never come"),
            Self::Letter => f.write_str("this letter can then no longer be written in a message"),
            Self::Twice(other) => write!(f, "line {} gives the same keys to something else; the later line counts", other.line),
            Self::Begins(other) => {
                write!(f, "of this line and line {} one is the beginning of the other, so only the later line counts", other.line)
            }
            Self::Cuts(keys, action, 0) => write!(f, "`{keys}` for {action} can no longer be typed then"),
            Self::Cuts(keys, action, more) => write!(f, "`{keys}` for {action} and {more} more can no longer be typed then"),
            Self::Hidden(other, context) => {
                write!(f, "line {} gives the same keys to something else in [keys.{context}], where that counts", other.line)
            }
        }
    }
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding { context, chord, action, place } = &self.binding;
        write!(f, "line {}: [keys.{context}] \"{}\"", place.line, chord.escape_debug())?;
        if self.fault == KeyFault::Action {
            write!(f, " = \"{}\"", action.escape_debug())?;
        }
        write!(f, ": {}", self.fault)
    }
}
