//! Finds servers: from a name to the addresses to be tried, in one order.
//!
//! [`steps`] is that order, as a table; [`search`] walks it and asks; [`order`] sorts what comes
//! back; [`fitting`] tells which servers may speak for a domain. [`names`] is what is asked of name
//! servers, whoever answers.

pub mod fitting;
pub mod names;
pub mod order;
pub mod search;
pub mod steps;

#[cfg(test)]
pub mod tests;
