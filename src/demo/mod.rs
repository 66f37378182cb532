//! The embedded server, sans-IO throughout: registrar, presence, lists, message relay and store.
//!
//! Bytes of links in, bytes out. [`crate::runtime`] joins it to sockets; tests join it to a
//! client in memory.
