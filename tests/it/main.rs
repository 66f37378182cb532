//! Tests through several rooms at once: one module for each topic.

#![allow(clippy::unwrap_used, clippy::panic)] // tests fail by panic, their helpers too

mod failover;
mod files;
mod house;
mod kerberos;
mod lcs;
mod liveness;
mod ntlm;
mod pairs;
mod services;
mod sessions;
mod simple;
mod support;
mod weather;
