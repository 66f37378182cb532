//! How long is waited.

use std::time::Duration;

/// For each line of the other side before the file, and for the authentication code after it.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// For anything of the file to move.
pub const STALL: Duration = Duration::from_mins(1);
/// For a receiver to say that it has all of the file. Some never do.
pub const CONFIRMATION: Duration = Duration::from_mins(1);
