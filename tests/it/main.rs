//! Tests through several rooms at once: one module for each topic.

#![allow(clippy::unwrap_used, clippy::panic)] // tests fail by panic, their helpers too

mod house;
mod lcs;
mod ntlm;
mod pairs;
mod services;
mod sessions;
mod simple;
mod support;
mod weather;
