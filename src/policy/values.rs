//! What rooms that do not know policies obey, as values for them.

use super::merge::Table;
use super::rules::Ruled;
use crate::model::{FileRules, InvitationRules, Secrecy, Transport, TransportRules};

/// What links in messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkRule {
    /// They can be opened; those in doubt always after a question, the others as the user wants it.
    #[default]
    Open,
    /// Every one is asked about.
    Ask,
    /// Shown with a character before them that makes them none.
    Defang,
    /// They are text like any other.
    None,
}

/// What the screen obeys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScreenRules {
    /// A line above every conversation.
    pub warning: Option<String>,
    /// What links are.
    pub links: LinkRule,
    /// The schemes of links, without their colons; `None`: all that are known.
    pub schemes: Option<Vec<String>>,
    /// States with a text that are offered: the word of a state, and the text.
    pub states: Vec<(String, String)>,
}

impl Table {
    /// The rules for connections.
    #[must_use]
    pub fn transport(&self) -> TransportRules {
        let ports = self.flag("PortRangeEnabled").map(|ruled| {
            let end = |name| self.number(name).and_then(|ruled| u16::try_from(ruled.value).ok());
            match (end("MinSipDynamicPort"), end("MaxSipDynamicPort")) {
                // One link may stand beside another while one takes over.
                (Some(low), Some(high)) if low < high => Ok((low, high)),
                _ => Err(ruled.denial.to_string()),
            }
        });
        let allowed = self.texts("AllowedTransports").map(|ruled| {
            let ways = [Transport::Tls, Transport::Tcp, Transport::Udp];
            let ways = ways.into_iter().filter(|way| ruled.value.iter().any(|word| word.eq_ignore_ascii_case(way.word())));
            (ways.collect(), ruled.denial.to_string())
        });
        TransportRules {
            allowed,
            newest_tls: self.word("TlsMinimumVersion").is_some_and(|ruled| ruled.value == "1.3"),
            roots: self.word("TrustedRootFile").map(|ruled| ruled.value.into()),
            closed: ports.clone().and_then(Result::err),
            ports: ports.and_then(Result::ok),
        }
    }

    /// The rules for invitations.
    #[must_use]
    pub fn invitations(&self) -> InvitationRules {
        let whose = |name| self.flag(name).map(|ruled| ruled.denial.to_string());
        let secrecy = |name| {
            let Ruled { value, denial } = self.word(name)?;
            let secrecy = match value {
                "require" => Secrecy::Required,
                "off" => Secrecy::Off,
                _ => return None,
            };
            Some((secrecy, denial.to_string()))
        };
        InvitationRules {
            voice: whose("DisablePC2PCAudio"),
            video: whose("DisableVideo"),
            sharing: whose("DisableCollaborationApps"),
            calls_secret: secrecy("PC2PCAVEncryption"),
            sharing_secret: secrecy("DataCollaborationSecurity"),
            files: self.files(),
        }
    }

    fn files(&self) -> FileRules {
        let list = |name| self.texts(name).map(|ruled| (ruled.value.to_vec(), ruled.denial.to_string()));
        FileRules {
            none: self.flag("DisableFileTransfer").map(|ruled| ruled.denial.to_string()),
            blocked: list("FileTransferBlockedTypes"),
            allowed: list("FileTransferAllowedTypes"),
            asked: list("FileTransferPromptTypes"),
            most: self.number("FileTransferMaxBytes").map(|ruled| (ruled.value, ruled.denial.to_string())),
            scanned: self
                .word("FileTransferScan")
                .filter(|ruled| ruled.value == "required")
                .map(|ruled| ruled.denial.to_string()),
        }
    }

    /// The rules for the screen.
    #[must_use]
    pub fn screen(&self) -> ScreenRules {
        let states = self.texts("CustomStates").map(|ruled| ruled.value).unwrap_or_default();
        ScreenRules {
            warning: self.word("IMWarning").map(|ruled| ruled.value.trim().to_owned()).filter(|text| !text.is_empty()),
            links: match self.word("EnableURL").map(|ruled| ruled.value) {
                Some("confirm") => LinkRule::Ask,
                Some("defang") => LinkRule::Defang,
                Some("off") => LinkRule::None,
                _ => LinkRule::Open,
            },
            schemes: self.texts("AllowedUrlSchemes").map(|ruled| ruled.value.to_vec()),
            states: states
                .iter()
                .filter_map(|line| line.split_once(':'))
                .map(|(state, text)| (state.to_owned(), text.to_owned()))
                .collect(),
        }
    }
}
