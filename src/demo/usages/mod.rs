//! What the server does with requests: one file for each usage, each a part of [`super::Server`].

mod cast;
mod deregister;
mod devices;
mod dialog;
mod invite;
mod list;
mod message;
mod notify;
mod options;
mod publish;
mod register;
mod room;
mod search;
mod service;
mod subscribe;
mod talk;

pub use deregister::Deregistration;

use super::server::Server;
