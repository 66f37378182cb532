//! Sentences for the user: what happened, and what to do about it.

use crate::model::WaitReason;

/// Why a connection or an attempt to sign in ended, and what the user can do.
///
/// What a server or the system said is part of some sentences as it came: whoever shows the
/// sentence makes it safe for a terminal first.
#[must_use]
pub fn wait_reason(why: &WaitReason) -> String {
    match why {
        WaitReason::NameNotFound { name } => {
            format!("The server's name {name} was not found. Check the address for typing errors, or name the server yourself.")
        }
        WaitReason::Refused { at } => {
            format!("Nobody listens at {at}. Check server and port, or ask whether the server is running.")
        }
        WaitReason::Timeout { at } => {
            format!("No answer from {at} in time. The network may be down, or a firewall in between drops the connection.")
        }
        WaitReason::Network { detail } => {
            format!("The network cannot be reached: {detail}. Check the connection of this machine.")
        }
        WaitReason::TlsName { expected, found } if found.is_empty() => {
            format!(
                "The server's certificate names nobody, but should name {expected}. Check the server's name with its administrator."
            )
        }
        WaitReason::TlsName { expected, found } => format!(
            "The server's certificate is for {}, not for {expected}. Check the server's name, or ask its administrator.",
            found.join(", ")
        ),
        WaitReason::TlsUnknownCa => "The server's certificate is signed by an authority this machine does not trust. \
             If it is your organisation's own, name its root certificate (--ca-file, or ca_file in the configuration)."
            .to_owned(),
        WaitReason::TlsExpired => "The server's certificate is out of date or not valid yet. \
             Check this machine's clock; if it is right, the server's administrator must renew the certificate."
            .to_owned(),
        WaitReason::Tls { detail } => {
            format!("No secure connection could be agreed: {detail}. Check that the port really speaks TLS.")
        }
        WaitReason::WrongPassword => "User name or password is wrong. Check both; nothing is tried again by itself, \
             so that the account is not locked."
            .to_owned(),
        WaitReason::UnknownUser => "The server does not know this account. Check the address.".to_owned(),
        WaitReason::Forbidden { code, reason } => {
            format!("The server refuses sign-in ({code} {reason}). Ask its administrator whether the account may be used.")
        }
        WaitReason::Busy { code, reason } => {
            format!("The server cannot serve now ({code} {reason}). It will be tried again by itself.")
        }
        WaitReason::NoCommonAuth { offered } => format!(
            "The server offers no way to authenticate that can be used here (it offers {}). Ask its administrator for Digest.",
            if offered.is_empty() { "none" } else { offered }
        ),
        WaitReason::Closed => "The server closed the connection. It will be tried again by itself.".to_owned(),
        WaitReason::SignedOutByServer { reason } if reason.is_empty() => {
            "The server signed this account out. Sign in again when you want to.".to_owned()
        }
        WaitReason::SignedOutByServer { reason } => {
            format!("The server signed this account out: {reason}. Sign in again when you want to.")
        }
        WaitReason::Protocol { detail } => {
            format!("What the server sent cannot be understood: {detail}. Check that server and port speak SIP.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_differ_and_end() {
        let reasons = [
            WaitReason::NameNotFound { name: "n".into() },
            WaitReason::Refused { at: "a".into() },
            WaitReason::Timeout { at: "a".into() },
            WaitReason::Network { detail: "d".into() },
            WaitReason::TlsName { expected: "e".into(), found: vec![] },
            WaitReason::TlsName { expected: "e".into(), found: vec!["f".into()] },
            WaitReason::TlsUnknownCa,
            WaitReason::TlsExpired,
            WaitReason::Tls { detail: "d".into() },
            WaitReason::WrongPassword,
            WaitReason::UnknownUser,
            WaitReason::Forbidden { code: 403, reason: "r".into() },
            WaitReason::Busy { code: 503, reason: "r".into() },
            WaitReason::NoCommonAuth { offered: String::new() },
            WaitReason::Closed,
            WaitReason::SignedOutByServer { reason: String::new() },
            WaitReason::SignedOutByServer { reason: "r".into() },
            WaitReason::Protocol { detail: "d".into() },
        ];
        let said: std::collections::BTreeSet<_> = reasons.iter().map(wait_reason).collect();
        assert_eq!(said.len(), reasons.len());
        assert!(said.iter().all(|s| s.ends_with('.') && !s.contains("  ")), "{said:#?}");
    }
}
