//! Tests of the endpoint, message by message.

mod challenges;
mod client;
mod golden;
mod hostile;
mod server;
mod signed;
mod streams;
mod support;
mod weather;
