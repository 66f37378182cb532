//! When to try again: a pure back-off machine.
