//! SIP messages, lossless: what is not understood is kept as it came (RFC 3261 sections 7 and 25).
//!
//! [`Message`] holds the start line, the header fields in order with their exact bytes, and the
//! body as bytes. Typed views ([`Uri`], [`NameAddr`], [`Via`], [`CSeq`]) are read from it on
//! demand and never written back unless changed.

mod auth_params;
mod check;
mod headers;
mod lex;
mod method;
mod name_addr;
mod names;
mod params;
mod parse;
mod rsip;
mod salvage;
mod status;
mod typed;
mod uri;
mod write;

pub use self::rsip::Untranslatable;
pub use auth_params::AuthParams;
pub use headers::{Header, Headers};
pub(crate) use lex::is_token_byte;
pub use lex::{quote, split_commas};
pub use method::Method;
pub use name_addr::NameAddr;
pub use params::Params;
pub(crate) use parse::{MAX_FIELDS, read_head};
pub use parse::{parse_datagram, parse_head};
pub(crate) use salvage::{remains, stated_length, stray_break};
pub use status::default_reason;
pub use typed::{CSeq, Message, StartLine, Via};
pub use uri::Uri;
