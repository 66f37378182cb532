//! The two doors: [`Policy::permit`] for what leaves, [`Policy::admit`] for what enters.

use crate::backend::{Command, Event};

/// An order that policy allows. Only this file can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted<T>(T);

impl<T> Permitted<T> {
    /// What was permitted.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// A look at what was permitted.
    pub const fn as_inner(&self) -> &T {
        &self.0
    }
}

/// A report that policy lets in. Only this file can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted<T>(T);

impl<T> Admitted<T> {
    /// What was admitted.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// A look at what was admitted.
    pub const fn as_inner(&self) -> &T {
        &self.0
    }
}

/// A policy said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("set by your organisation: {policy} ({origin})")]
pub struct Denial {
    /// Name of the policy.
    pub policy: &'static str,
    /// Where it was set: file and line, or registry key.
    pub origin: String,
}

/// The policies in force; an immutable snapshot. Today it holds none and allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {}

impl Policy {
    /// May this order leave?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub const fn permit(&self, command: Command) -> Result<Permitted<Command>, Denial> {
        Ok(Permitted(command))
    }

    /// May this report enter?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub const fn admit(&self, event: Event) -> Result<Admitted<Event>, Denial> {
        Ok(Admitted(event))
    }
}
