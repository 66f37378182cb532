//! **chinwag**, the terminal messenger for SIP networks.
//!
//! The plan of the house, from the ground up; calls go down only, facts come up as values:
//!
//! | storey | rooms |
//! | --- | --- |
//! | 5 | [`cli`]: the doors to the street |
//! | 4 | [`runtime`]: the shell; wires everything, awaits everything |
//! | 3 | [`ui`] keys in, cells out · [`net`] sockets · [`demo`] the embedded server |
//! | 2 | [`app`]: the pure core, `update(&mut App, Msg) -> Effects` |
//! | 1 | [`policy`] what is allowed · [`config`] settings |
//! | 0 | [`backend`]: networks as messengers |
//! | cellar | [`sip`] protocol machinery · [`formats`] message bodies · [`inspect`] files from others |
//! | ground | [`model`]: what is true |
//!
//! `docs/architecture.md` has the walks through it and the invariants; `tests/architecture.rs`
//! holds them.

pub mod app;
pub mod backend;
pub mod cli;
pub mod config;
pub mod demo;
pub mod formats;
pub mod history;
pub mod inspect;
pub mod model;
pub mod net;
pub mod policy;
pub mod runtime;
pub mod sip;
pub mod transfer;
pub mod ui;
