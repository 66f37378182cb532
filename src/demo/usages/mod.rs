//! What the server does with requests: one file for each usage, each a part of [`super::Server`].

mod message;
mod options;
mod register;

use super::server::Server;
