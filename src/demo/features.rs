//! What the server does beyond the least, and can be told not to do.

use std::collections::BTreeSet;
use std::fmt;

/// One thing that can be switched off, as `--disable` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// One subscription for many people, with the list in the request (RFC 5367; LCS batch).
    Batch,
    /// Best-effort notifications (LCS).
    Benotify,
    /// First state within the answer to a subscription (LCS).
    Piggyback,
    /// Subscriptions extended without being asked (LCS).
    Autoextend,
    /// NTLM authentication (LCS).
    Ntlm,
    /// Kerberos authentication (LCS), where the server has a key.
    Kerberos,
    /// Digest authentication. Without it, and without another scheme, nobody is asked for a
    /// password: whoever connects is who they say they are.
    Digest,
    /// The LCS family as a whole; without it the server is a plain SIMPLE server.
    Lcs,
}

impl Feature {
    /// Every feature, in the order of the documentation.
    pub const ALL: [Self; 8] =
        [Self::Batch, Self::Benotify, Self::Piggyback, Self::Autoextend, Self::Ntlm, Self::Kerberos, Self::Digest, Self::Lcs];

    /// The word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Benotify => "benotify",
            Self::Piggyback => "piggyback",
            Self::Autoextend => "autoextend",
            Self::Ntlm => "ntlm",
            Self::Kerberos => "kerberos",
            Self::Digest => "digest",
            Self::Lcs => "lcs",
        }
    }

    /// What it is, in a few words for `--help`.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Batch => "One subscription for many people, the list in the request",
            Self::Benotify => "Best-effort notifications",
            Self::Piggyback => "First state within the answer to a subscription",
            Self::Autoextend => "Subscriptions extended without being asked",
            Self::Ntlm => "NTLM authentication",
            Self::Kerberos => "Kerberos authentication, where there is a keytab",
            Self::Digest => "Digest authentication; without any authentication whoever connects is believed",
            Self::Lcs => "All of LCS: a plain SIMPLE server",
        }
    }

    /// Reads the word on the command line.
    ///
    /// # Errors
    /// [`UnknownFeature`] names those there are.
    pub fn parse(word: &str) -> Result<Self, UnknownFeature> {
        Self::ALL
            .into_iter()
            .find(|f| f.word().eq_ignore_ascii_case(word.trim()))
            .ok_or_else(|| UnknownFeature(word.chars().filter(|c| !c.is_control()).take(40).collect()))
    }

    /// Whether it is part of LCS and of nothing else.
    #[must_use]
    pub const fn needs_lcs(self) -> bool {
        matches!(self, Self::Benotify | Self::Piggyback | Self::Autoextend | Self::Ntlm | Self::Kerberos)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A name that is none of a feature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no feature `{0}`: use batch, benotify, piggyback, autoextend, ntlm, kerberos, digest or lcs")]
pub struct UnknownFeature(pub String);

/// The features that are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features(BTreeSet<Feature>);

impl Default for Features {
    /// Everything the server can do. Kerberos also wants a key.
    fn default() -> Self {
        Self(Feature::ALL.into_iter().collect())
    }
}

impl Features {
    /// Everything the server can do, without those named; without [`Feature::Lcs`] all that is
    /// only part of LCS goes too.
    #[must_use]
    pub fn without(disabled: &[Feature]) -> Self {
        let mut features = Self::default();
        for feature in disabled {
            features.0.remove(feature);
        }
        if !features.has(Feature::Lcs) {
            features.0.retain(|feature| !feature.needs_lcs());
        }
        features
    }

    /// Puts features on: for tests.
    #[must_use]
    pub fn with(mut self, more: &[Feature]) -> Self {
        self.0.extend(more);
        self
    }

    /// Whether anybody is asked for a password. Kerberos does not count, since it needs a key as well.
    #[must_use]
    pub fn authenticate(&self) -> bool {
        self.has(Feature::Digest) || self.has(Feature::Ntlm)
    }

    /// Whether a feature is on.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.0.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for feature in Feature::ALL {
            assert_eq!(Feature::parse(feature.word()), Ok(feature));
        }
        assert_eq!(Feature::parse("video"), Err(UnknownFeature("video".into())));
    }

    #[test]
    fn switched_off_is_off() {
        assert!(Features::default().has(Feature::Batch));
        assert!(!Features::without(&[Feature::Batch]).has(Feature::Batch));
        let simple = Features::without(&[Feature::Lcs]);
        assert!(simple.has(Feature::Batch) && simple.has(Feature::Digest), "SIMPLE has these too");
        assert!(!simple.has(Feature::Benotify) && !simple.has(Feature::Piggyback) && !simple.has(Feature::Autoextend));
        assert!(!simple.has(Feature::Ntlm) && simple.authenticate());
        assert!(Features::without(&[Feature::Digest]).authenticate());
        assert!(!Features::without(&[Feature::Digest, Feature::Ntlm]).authenticate());
    }
}
