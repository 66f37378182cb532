//! Tests of the endpoint, message by message.

mod golden;
