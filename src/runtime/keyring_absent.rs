//! The keyring where there is no D-Bus.

use crate::model::{Address, Secret};

const WHY: &str = "keyrings are spoken to by D-Bus, which this system has not";

/// There is none.
///
/// # Errors
/// Always.
pub fn passphrase(_make: bool) -> Result<Secret, String> {
    Err(WHY.to_owned())
}

/// There is none.
///
/// # Errors
/// Always.
pub fn password(_whose: &Address) -> Result<Secret, String> {
    Err(WHY.to_owned())
}

/// There is none.
///
/// # Errors
/// Always.
pub fn password_behind(_whose: &Address) -> impl Future<Output = Result<Secret, String>> {
    std::future::ready(Err(WHY.to_owned()))
}

/// There is none.
///
/// # Errors
/// Always.
pub fn keep_password(_whose: &Address, _secret: &Secret) -> Result<(), String> {
    Err(WHY.to_owned())
}

/// There is none.
///
/// # Errors
/// Always.
pub fn forget_password(_whose: &Address) -> Result<bool, String> {
    Err(WHY.to_owned())
}

/// There is none.
#[must_use]
pub const fn is_there() -> bool {
    false
}
