//! Authentication: [`digest`] (RFC 7616, RFC 8760) for both sides, [`ntlm`] with signed messages
//! (MS-SIP section 3.1.5), [`mod@choose`], which picks a challenge, and [`realms`], what a client
//! keeps of the challenges it met.

pub mod choose;
pub mod digest;
pub mod ntlm;
pub mod realms;

mod credentials;
mod hex;

pub use choose::{Asker, Demand, choose, demands};
pub use credentials::Credentials;
pub use digest::{Algorithm, Challenge, Presented, Qop, SecretHash, SecretHashes};
pub use hex::hex;
pub use realms::Realms;
