//! Whether a document of a series says all or only what changed.

/// How much one document of a series tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Everything: replaces what was known.
    Full,
    /// Only what changed.
    Partial,
}
