//! Tests through several rooms at once: one module for each topic.

mod pairs;
mod simple;
mod support;
