//! Keys in, cells out.
