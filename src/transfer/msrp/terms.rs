//! What both sides agreed on before they connect.

use std::fmt;

use super::Path;

/// What the two sides of a transfer know of it before it begins: from the session descriptions, and from here.
#[derive(Clone, PartialEq, Eq)]
pub struct Terms {
    /// The way to us: our `a=path`.
    pub ours: Path,
    /// The way to the other side: its `a=path`.
    pub theirs: Path,
    /// Octets of the file, as announced.
    pub octets: u64,
    /// What the file is, for the receiver.
    pub media_type: String,
    /// The SHA-1 of the file, as announced; of account for who receives it.
    pub sha1: Option<[u8; 20]>,
    /// Whether we made the connection: then we speak first.
    pub active: bool,
    /// Letters and digits that nobody can guess, other ones for each transfer: what our requests are told apart by.
    /// Sixteen count.
    pub token: String,
}

impl Terms {
    /// The media type as it can stand on the wire.
    pub(super) fn said_media_type(&self) -> String {
        let said = self.media_type.trim();
        let sound =
            said.len() <= 256 && said.contains('/') && said.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic());
        if sound { said.to_owned() } else { "application/octet-stream".to_owned() }
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ours, theirs, octets, media_type, sha1, active, token: _ } = self;
        f.debug_struct("Terms")
            .field("ours", ours)
            .field("theirs", theirs)
            .field("octets", octets)
            .field("media_type", media_type)
            .field("sha1", &sha1.is_some())
            .field("active", active)
            .finish_non_exhaustive()
    }
}
