//! Sockets: the only room that names `tokio::net`, rustls and the resolver.
//!
//! [`driver`] runs one account; [`wires`] are its links, each a [`link`]; [`connect`] opens them by
//! way of [`locate`], [`dns`] and [`tls`], and [`surroundings`] tells when they may have died unnoticed. [`listen`] is
//! the other side, for the embedded server. [`tickets`] gets those of Kerberos, by way of [`gssapi`].
//! [`trace`] writes down what went over the wire without what is private.

pub mod connect;
pub mod dns;
pub mod driver;
pub mod ferry;
pub mod gssapi;
pub mod link;
pub mod listen;
pub mod locate;
mod octets;
pub mod surroundings;
pub mod survey;
pub mod tickets;
pub mod tls;
pub mod trace;
pub mod wires;
