//! chinwag against programs other people wrote, on loopback: Kamailio, baresip, `ClamAV`, dnsmasq, finch with
//! pidgin-sipe, MIT Kerberos, OpenSSL, SIPp, pyspnego, tmux.
//!
//! `tests/run.sh` installs the packages. A peer that is missing fails its tests; none is skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod baresip;
mod blackhole;
mod crash;
mod dns;
mod failover;
mod faults;
mod files;
mod finch;
mod gates;
mod kamailio;
mod kerberos;
mod kills;
mod msrp;
mod nat;
mod ntlm;
mod outages;
mod sipp;
mod support;
mod tls;
mod tmux;
mod tour;
mod xcap;
