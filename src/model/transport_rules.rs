//! What policy says of connections, as a value for whoever opens them.

use std::path::PathBuf;

use super::{Transport, WaitReason};

/// The rules for the connections of an account. The default forbids nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransportRules {
    /// The ways that may be used, and in whose name others may not; `None`: all.
    pub allowed: Option<(Vec<Transport>, String)>,
    /// TLS 1.3, and nothing below.
    pub newest_tls: bool,
    /// Certificates lead to a root in this file and to no other.
    pub roots: Option<PathBuf>,
    /// Connections leave from a port between these.
    pub ports: Option<(u16, u16)>,
    /// In whose name no connection may be opened at all.
    pub closed: Option<String>,
}

impl TransportRules {
    /// What forbids a way.
    #[must_use]
    pub fn refuse(&self, way: Transport) -> Option<WaitReason> {
        let forbidden = self.allowed.as_ref().filter(|(ways, _)| !ways.contains(&way)).map(|(_, whose)| whose);
        let whose = self.closed.as_ref().or(forbidden)?;
        Some(WaitReason::Policy { whose: whose.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_refused_in_somebodys_name() {
        let rules = TransportRules { allowed: Some((vec![Transport::Tls], "P".into())), ..TransportRules::default() };
        assert_eq!(rules.refuse(Transport::Tcp), Some(WaitReason::Policy { whose: "P".into() }));
        assert_eq!(rules.refuse(Transport::Tls), None);
        let closed = TransportRules { closed: Some("Q".into()), ..rules };
        assert_eq!(closed.refuse(Transport::Tls), Some(WaitReason::Policy { whose: "Q".into() }));
        assert_eq!(TransportRules::default().refuse(Transport::Udp), None);
    }
}
