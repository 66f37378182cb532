//! Voice, video and shared programs. chinwag has none of them itself: these say in whose name an invitation is
//! declined, what the caller is told, and what the user is.

use super::row::{Category, Fixed, Row};
use crate::policy::value::{Kind, Word};

const fn row(name: &'static str, doc: &'static str) -> Row {
    Row::flag(name, Category::Calls, doc)
}

const ENCRYPTION: Kind = Kind::Choice(&[
    Word { word: "support", number: 0, doc: "With and without encryption" },
    Word { word: "require", number: 1, doc: "Only with encryption" },
    Word { word: "off", number: 2, doc: "Only without encryption" },
]);

pub(super) const ROWS: &[Row] = &[
    row("PC2PCAVEncryption", "Whether voice and video must be encrypted. An invitation that does otherwise is declined because of its encryption.")
        .of(ENCRYPTION, "support", Fixed::Text("require"))
        .strict(Some(Fixed::Text("require")))
        .guarded()
        .server("pc2pcAVEncryption"),
    row("DataCollaborationSecurity", "Whether shared programs and whiteboards must be encrypted. An invitation that does otherwise is declined because of its encryption.")
        .of(ENCRYPTION, "support", Fixed::Text("require"))
        .strict(Some(Fixed::Text("require")))
        .guarded(),
    row("DisableVideo", "Invitations to video are declined in the name of the organisation.").legacy("DisableVideo"),
    row("DisablePC2PCAudio", "Invitations to voice are declined in the name of the organisation.")
        .legacy_name("DisablePC2PCAudio"),
    row("DisableCollaborationApps", "Invitations to shared programs and whiteboards are declined in the name of the organisation.")
        .legacy_name("DisableCollaborationApps"),
];
