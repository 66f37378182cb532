//! How long what was said is kept.

/// How long messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retention {
    /// Until they are deleted.
    #[default]
    Forever,
    /// So many days from when they came.
    Days(u32),
    /// Not at all; what was kept before is deleted.
    Off,
}
