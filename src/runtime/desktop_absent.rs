//! Notifications of the desktop where there is no D-Bus.

use crate::app::notices::Notice;

/// Longest time for one notice.
pub const LIMIT: std::time::Duration = std::time::Duration::from_secs(2);

/// The desktop.
#[derive(Debug, Default)]
pub struct Desktop;

/// Whether there is a session bus.
#[must_use]
pub fn is_there() -> bool {
    false
}

impl Desktop {
    /// The desktop of the bus at this address.
    #[must_use]
    pub fn at(_: &str) -> Self {
        Self
    }

    /// Shows nothing.
    ///
    /// # Errors
    /// Always.
    #[expect(clippy::unused_async, reason = "the same door as where there is one")]
    pub async fn show(&mut self, _: &Notice) -> Result<String, String> {
        Err("there is no D-Bus on this system; take the bell, or a command".to_owned())
    }

    /// Takes nothing back.
    #[expect(clippy::unused_async, reason = "the same door as where there is one")]
    pub async fn close(&mut self, _: u32) {}
}
