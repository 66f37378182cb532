//! The words of scripts: acts in, events out, one JSON object a line.
//!
//! `say` speaks them on its standard input and output, a running program on its socket. [`acts`] is
//! what can be wished, [`events`] what is told, [`ids`] ties the one to the other, and [`reading`] is
//! the other end: it reads what was told and writes what is wished.

pub mod acts;
pub mod events;
pub mod ids;
pub mod reading;
