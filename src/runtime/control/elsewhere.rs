//! Systems without sockets of the user's own: nobody can steer a running program there, and it is said.

use std::convert::Infallible;
use std::io;
use std::path::Path;

use super::hello::{Hello, Unreached};
use crate::app::{App, Msg};
use crate::backend::{Event, Refused};
use crate::model::{AccountId, FileId, Stamp};

/// Never happens here.
#[derive(Debug)]
pub struct Asked(Infallible);

/// Never made here.
#[derive(Debug)]
pub struct Control(Infallible);

impl Control {
    /// There is none.
    ///
    /// # Errors
    /// Always.
    pub fn open(_: &Path, _: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never called.
    pub async fn next(&mut self) -> Asked {
        match self.0 {}
    }

    /// Never called.
    pub fn obey(&mut self, asked: Asked, _: &App, _: Stamp) -> Option<Msg> {
        match asked.0 {}
    }

    /// Never called.
    pub fn told(&mut self, _: &App, _: &AccountId, _: &Event, _: Stamp) {
        match self.0 {}
    }

    /// Never called.
    pub fn refused(&mut self, _: &AccountId, _: &Refused, _: Stamp) {
        match self.0 {}
    }

    /// Never called.
    pub fn file(&mut self, _: &App, _: &AccountId, _: FileId, _: Stamp) {
        match self.0 {}
    }

    /// Never called.
    pub fn close(&mut self) {
        match self.0 {}
    }

    /// Never called.
    pub async fn last_words(&mut self) {
        match self.0 {}
    }
}

/// Never made here.
#[derive(Debug)]
pub struct Line(Infallible);

impl Line {
    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn say(&mut self, _: &str) -> io::Result<()> {
        match self.0 {}
    }

    /// Never called.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        match self.0 {}
    }

    /// Never called.
    pub async fn end(&mut self) {
        match self.0 {}
    }
}

/// There is none to reach.
///
/// # Errors
/// Always [`Unreached::NotHere`].
pub fn reach(_: &Path, _: &Path) -> Result<(Hello, Line), Unreached> {
    Err(Unreached::NotHere)
}

/// There are none.
#[must_use]
pub const fn others(_: &Path) -> Vec<(String, u32)> {
    Vec::new()
}
