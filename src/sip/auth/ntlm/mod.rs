//! NTLM over SIP without a connection (MS-NLMP, MS-SIP section 3.1.5): the two messages of the
//! handshake, the NTLM version 2 computation, the keys and the signatures made with them.
//!
//! ```text
//!   client                                   server
//!      | <------- CHALLENGE (message 2) -------- |   [`Challenge`]
//!      | -------- AUTHENTICATE (message 3) ----> |   [`Authenticate`]
//!      both now hold one session key: [`SessionKey`], and sign with [`Keys`]
//! ```
//!
//! The client sends no NEGOTIATE. NTLM version 1 and LM are not here: they can be broken, so we
//! neither answer nor accept them.

mod authenticate;
mod challenge;
mod flags;
mod keys;
mod proof;
mod target;
mod wire;

pub use authenticate::Authenticate;
pub use challenge::Challenge;
pub use flags::Flags;
pub use keys::{Keys, SIGNATURE_OCTETS, Sender, SessionKey, Weakening};
pub use proof::{Fresh, Login, NtHash, Refusal, accept, answer};
pub use target::{AvPair, TargetInfo};
pub use wire::NtlmFault;

#[cfg(test)]
mod tests;
