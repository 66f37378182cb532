//! chinwag against programs other people wrote, on loopback: Kamailio, baresip, SIPp, tmux.
//!
//! `tests/run.sh` installs the packages. A peer that is missing fails its tests; none is skipped.

mod baresip;
mod kamailio;
mod sipp;
mod support;
mod tmux;
