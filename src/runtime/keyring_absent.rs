//! The keyring where there is no D-Bus.

use crate::model::Secret;

/// There is none.
///
/// # Errors
/// Always.
pub fn passphrase(_make: bool) -> Result<Secret, String> {
    Err("keyrings are spoken to by D-Bus, which this system has not".to_owned())
}
