//! The tables of the configuration file.

/// Table of the file a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// `[accounts.NAME]`
    Account,
    /// `[ui]`
    Ui,
    /// `[idle]`
    Idle,
    /// `[messages]`
    Messages,
    /// `[history]`
    History,
    /// `[store]`
    Store,
    /// `[files]`
    Files,
    /// `[control]`
    Control,
    /// `[notify]`
    Notify,
    /// `[timing]`
    Timing,
    /// `[log]`
    Log,
    /// `[policy]`
    Policy,
}

impl Section {
    /// Every section but accounts, which come first.
    pub const GENERAL: &'static [Self] = match Self::ALL.split_first() {
        Some((Self::Account, others)) => others,
        _ => &Self::ALL,
    };

    /// Every section, in the order of the example file.
    pub const ALL: [Self; 12] = [
        Self::Account,
        Self::Ui,
        Self::Notify,
        Self::Idle,
        Self::Messages,
        Self::History,
        Self::Store,
        Self::Files,
        Self::Control,
        Self::Timing,
        Self::Log,
        Self::Policy,
    ];

    /// The table's name; accounts stand below it under names of their own.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Ui => "ui",
            Self::Idle => "idle",
            Self::Messages => "messages",
            Self::History => "history",
            Self::Store => "store",
            Self::Files => "files",
            Self::Control => "control",
            Self::Notify => "notify",
            Self::Timing => "timing",
            Self::Log => "log",
            Self::Policy => "policy",
        }
    }
}
