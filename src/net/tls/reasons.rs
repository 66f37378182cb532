//! What a failed handshake means to the user, and what a fault after it.

use std::io;

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::shown::clean;
use crate::model::{OwnCertificate, Spoken, Unfit, WaitReason};
use crate::net::link::reason;

/// What a failed handshake means. `first` is what came first of all; `asked`, whether the server
/// asked for a certificate of ours and got one.
pub(super) fn handshake_reason(fault: &io::Error, first: &[u8], asked: Option<bool>, expected: &str) -> WaitReason {
    let Some(fault) = fault.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match reason(fault) {
            WaitReason::Closed if asked == Some(false) => WaitReason::TlsOwn { fault: OwnCertificate::Wanted },
            WaitReason::Closed => tls("the server closed the connection during the handshake; it may not speak TLS on this port"),
            other => other,
        };
    };
    let old = "the server speaks only versions of TLS older than 1.2, which are not safe; \
               it needs an update, or a TLS proxy in front of it";
    match fault {
        Error::InvalidCertificate(CertificateError::BadEncoding) => WaitReason::TlsUnfit { unfit: Unfit::Unreadable },
        Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        )
        | Error::AlertReceived(AlertDescription::ProtocolVersion) => tls(old),
        Error::InvalidMessage(_) => tls(&match Spoken::by(first) {
            Some(Spoken::Sip) => {
                "the server speaks SIP in clear on this port, not TLS; its port for TLS is another one, often 5061".to_owned()
            }
            Some(Spoken::Tls) | None => "the server does not speak TLS on this port".to_owned(),
            Some(other) => format!("the server does not speak TLS on this port, but {}", other.words()),
        }),
        Error::NoCertificatesPresented => tls("the server showed no certificate"),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            WaitReason::TlsName { expected: expected.to_owned(), found: Vec::new() }
        }
        Error::AlertReceived(alert) if asked.is_some() => own(*alert, asked),
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            tls("the server and this program have no way of encrypting in common")
        }
        Error::AlertReceived(alert) => tls(&format!("the server ended the handshake: {alert:?}")),
        other => tls(&other.to_string()),
    }
}

/// What a fault of TLS means to the user that comes after the handshake. With TLS 1.3 what the server
/// thinks of the client comes only then (RFC 8446 section 4.4.2.4).
pub fn session_reason(fault: &Error) -> WaitReason {
    match fault {
        Error::AlertReceived(
            alert @ (AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied),
        ) => own(*alert, Some(true)),
        Error::AlertReceived(alert) => tls(&format!("the server ended it: {alert:?}")),
        Error::DecryptError | Error::InvalidMessage(_) => tls("what came in between is not what the server sent"),
        other => tls(&other.to_string()),
    }
}

/// What a server says of the certificate it asked for.
fn own(alert: AlertDescription, asked: Option<bool>) -> WaitReason {
    let why = match alert {
        AlertDescription::CertificateRequired => return WaitReason::TlsOwn { fault: OwnCertificate::Wanted },
        _ if asked == Some(false) => return WaitReason::TlsOwn { fault: OwnCertificate::Wanted },
        AlertDescription::CertificateExpired => "it is out of date".to_owned(),
        AlertDescription::CertificateRevoked => "it was revoked".to_owned(),
        AlertDescription::UnknownCA => "the authority that signed it is not one the server trusts".to_owned(),
        AlertDescription::UnsupportedCertificate => "it is of a kind the server does not know".to_owned(),
        AlertDescription::AccessDenied => "it gives no access".to_owned(),
        AlertDescription::CertificateUnknown | AlertDescription::BadCertificate | AlertDescription::HandshakeFailure => {
            "the server does not say why; chinwag doctor shows what it may dislike".to_owned()
        }
        other => format!("the server says {other:?}"),
    };
    WaitReason::TlsOwn { fault: OwnCertificate::Refused { why } }
}

fn tls(detail: &str) -> WaitReason {
    WaitReason::Tls { detail: clean(detail) }
}
