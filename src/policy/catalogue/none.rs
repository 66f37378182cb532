//! Policies of the programs chinwag succeeds that mean nothing to it: known, so that they are not called
//! misspelt, and explained.

/// A name without effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nothing {
    /// The name.
    pub name: &'static str,
    /// Why it has none.
    pub why: &'static str,
}

const fn nothing(name: &'static str, why: &'static str) -> Nothing {
    Nothing { name, why }
}

/// The list.
pub const NONE: &[Nothing] = &[
    nothing("DisableHttpConnect", "chinwag never connects by way of HTTP"),
    nothing("DisablePC2Phone", "chinwag does not call telephones"),
    nothing("CorpPC2Phone", "chinwag does not call telephones"),
    nothing("MaxAudioVideoBitrate", "chinwag sends no voice or video"),
    nothing("CEIP", "chinwag reports nothing to anybody"),
    nothing("PreventAutoUpdate", "chinwag never updates itself"),
    nothing("PreventBackgroundDownload", "chinwag never downloads anything by itself"),
    nothing("PreventConsumerVersion", "there is one version only"),
    nothing("DisableServerCheck", "chinwag does not look at the version of a server"),
    nothing("ConfiguredServerCheckValues", "chinwag does not look at the version of a server"),
    nothing("SipCompression", "chinwag does not compress"),
    nothing("TabURL", "chinwag shows no pages"),
    nothing("CustomStateURL", "chinwag fetches nothing; CustomStates holds the states themselves"),
    nothing("LogRedaction", "passwords and texts of messages are never written to a log, and that cannot be switched off"),
];
