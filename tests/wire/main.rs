//! The SIP message layer against bytes: what it reads, what it keeps, what it refuses.

mod framing;
mod lossless;
