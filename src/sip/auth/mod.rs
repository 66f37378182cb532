//! Authentication: [`digest`] (RFC 7616, RFC 8760) and [`ntlm`] (MS-NLMP) for both sides, [`ticket`]
//! for Kerberos, [`association`] with signed messages (MS-SIP section 3.1), [`mod@choose`], which picks a
//! challenge, and [`realms`], what a client keeps of the challenges it met.

pub mod acceptor;
pub mod association;
pub mod choose;
pub mod digest;
pub mod fake;
pub mod ntlm;
pub mod realms;
pub mod sa_header;
pub mod signing;
pub mod ticket;
pub mod window;

mod clock;
mod credentials;
mod handshake;
mod prank;
mod scheme;

pub use acceptor::{Acceptor, AcceptorSettings, Rejected};
pub use association::{Association, Terms, TextVersion, Wrong};
pub use choose::{Asker, Demand, choose, demands};
pub use clock::Clock;
pub use credentials::Credentials;
pub use digest::{Algorithm, Challenge, Presented, Qop, SecretHash, SecretHashes};
pub use handshake::offered;
pub use prank::{Mischief, Prank};
pub use realms::Realms;
pub use sa_header::SaHeader;
pub use scheme::{Scheme, Schemes};
pub use signing::{Doubt, Judgement, Proof, Signing};
pub use ticket::{Admitted, Mechanism, Ticket, TicketTaker};
