//! How a running program is steered: a private socket that speaks the words of `say`.
//!
//! ```text
//!   chinwag send ──▶ reach ─ ─ socket ─ ─▶ client ──▶ server ──▶ acting ──▶ Shell::submit, like a key
//!       ▲                                                          │
//!       └─ ─ ─ ─ ─ lines of what happens ◀─ ─ ─ ─ ─ following ◀────┴─── Effect::Report
//! ```
//!
//! [`place`] says where the socket is and that nobody else can be there; `server` has the connections,
//! `client` one of them, `acting` obeys a line, `following` tells what happens; [`mod@reach`] is the other end,
//! for the command line. On systems without such sockets all of it says so.

#[cfg(unix)]
mod acting;
#[cfg(unix)]
mod client;
#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod following;
mod hello;
#[cfg(unix)]
pub mod place;
#[cfg(unix)]
pub mod reach;
#[cfg(unix)]
mod server;

#[cfg(not(unix))]
pub use elsewhere::{Asked, Control, Line, others, reach};
pub use hello::{Hello, Served, Unreached};
#[cfg(unix)]
pub use reach::{Line, others, reach};
#[cfg(unix)]
pub use server::{Asked, Control};
