//! The documents about ourselves that a server may keep and tell of by subscription
//! ([MS-SIP] 3.7): contacts, access list, people who wait for a decision, provisioning.

use bytes::Bytes;

/// One of these documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum OwnEvent {
    /// People who want to see us and wait for a decision.
    Pending,
    /// Who may see us.
    Access,
    /// Contacts and groups.
    Contacts,
    /// What the administrator arranged; asked for once.
    Provisioning,
}

impl OwnEvent {
    /// In the order in which they are asked for (as SIPE does).
    pub(super) const ALL: [Self; 4] = [Self::Pending, Self::Access, Self::Contacts, Self::Provisioning];

    /// The event package.
    pub(super) const fn package(self) -> &'static str {
        match self {
            Self::Pending => "presence.wpending",
            Self::Access => "vnd-microsoft-roaming-ACL",
            Self::Contacts => "vnd-microsoft-roaming-contacts",
            Self::Provisioning => "vnd-microsoft-provisioning",
        }
    }

    /// The type of its document.
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Pending => "text/xml+msrtc.wpending",
            Self::Access => "application/vnd-microsoft-roaming-acls+xml",
            Self::Contacts => "application/vnd-microsoft-roaming-contacts+xml",
            Self::Provisioning => "application/vnd-microsoft-roaming-provisioning+xml",
        }
    }
}

/// Something about ourselves that a subscription told, on its way to who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// A document came.
    Document {
        /// Which.
        event: OwnEvent,
        /// `Content-Type`, in lower case and without parameters; may be empty.
        content_type: String,
        /// The bytes.
        body: Bytes,
    },
    /// A document cannot be had on this connection.
    Refused {
        /// Which.
        event: OwnEvent,
        /// The code of the refusal.
        code: u16,
    },
    /// Our presence came, as the server shows it to others.
    Presence {
        /// `Content-Type`, in lower case and without parameters.
        content_type: String,
        /// The bytes.
        body: Bytes,
    },
}

impl Told {
    /// Whether it is this document, or says that it cannot be had.
    pub(super) fn is_of(&self, document: OwnEvent) -> bool {
        matches!(self, Self::Document { event, .. } | Self::Refused { event, .. } if *event == document)
    }
}

/// A document as it came, in the answer to a SUBSCRIBE or in a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Document<'a> {
    /// `Content-Type`, in lower case and without parameters; may be empty.
    pub(super) content_type: &'a str,
    /// The bytes.
    pub(super) body: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_share_a_package() {
        let packages: std::collections::BTreeSet<_> = OwnEvent::ALL.iter().map(|e| e.package()).collect();
        let types: std::collections::BTreeSet<_> = OwnEvent::ALL.iter().map(|e| e.media_type()).collect();
        assert_eq!((packages.len(), types.len()), (4, 4));
    }
}
