//! How long is waited, besides what holds for all transfers.

use std::time::Duration;

/// For the answer to a request, from when its last octet has gone (RFC 4975, section 7.1.1), or from when the last
/// answer to another came: whose answers come is slow, not gone.
pub const ANSWER: Duration = Duration::from_secs(30);
