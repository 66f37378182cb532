//! The account against a server made of text: every byte that leaves and every event is looked at.

#![allow(clippy::format_push_string, clippy::format_collect, reason = "tests read better so")]

mod failover;
mod golden;
mod hostile;
mod kerberos;
mod lcs_golden;
mod lcs_presence;
mod lcs_services;
mod lcs_sign_in;
mod ledger;
mod liveness;
mod messages;
mod nat;
mod preferred;
mod presence;
mod sessions;
mod sign_in;
mod simple_golden;
pub(in crate::backend::sip) mod world;
