//! Authentication: [`digest`] (RFC 7616, RFC 8760) for both sides, [`mod@choose`], which picks a
//! challenge, and [`realms`], what a client keeps of the challenges it met.

pub mod choose;
pub mod digest;
pub mod realms;

mod credentials;

pub use choose::{Asker, Demand, choose, demands};
pub use credentials::Credentials;
pub use digest::{Algorithm, Challenge, Presented, Qop, SecretHash, SecretHashes};
pub use realms::Realms;
