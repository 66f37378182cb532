//! The user agent core: bytes of links in, requests and responses out (RFC 3261 sections 8, 17, 22).
//!
//! An [`Endpoint`] frames and parses what links bring, matches it to transactions, retransmits
//! where the link is not reliable, answers 401 and 407 when it has credentials, signs and checks
//! messages where there is a security association, answers pings, and hands everything else to
//! its user as [`EndpointEvent`]s, in order. The client side and the embedded server use the same
//! type.
//!
//! `engine` holds the type and its clock, `inbound` takes bytes apart, `client` and `server` are
//! the two roles, `signed` is for links with an association, `stamp` puts on header fields.

mod client;
mod engine;
mod inbound;
mod server;
mod signed;
mod stamp;
mod vocabulary;

pub use engine::Endpoint;
pub use stamp::refuse_extensions;
pub use vocabulary::{
    EndpointConfig, EndpointEvent, EndpointOutput, Failure, Flow, FlowInfo, Loss, RequestId, ServerTransactionId,
};

#[cfg(test)]
mod tests;
