//! Sentences about certificates.

use crate::model::{Distrust, OwnCertificate, Pin, Stamp, Unfit, WaitReason};

/// Pins named in one sentence.
const PINS_SHOWN: usize = 4;

/// What is wrong with a certificate, and what to do.
pub(super) fn sentence(why: &WaitReason) -> String {
    match why {
        WaitReason::TlsUnknownCa { distrust } => distrusted(distrust),
        WaitReason::TlsExpired { whose, from, until, clock } => {
            let whose = whose
                .as_deref()
                .map_or_else(|| "The server's certificate".to_owned(), |name| format!("The certificate of {name}"));
            let wrong = if clock < from {
                format!("{whose} is not valid yet: it counts from {} on", date(*from))
            } else {
                format!("{whose} is out of date: it ended on {}", date(*until))
            };
            format!(
                "{wrong}; this machine's clock shows {}. If the clock is right, the server's administrator must renew the certificate.",
                date(*clock)
            )
        }
        WaitReason::TlsKeyChanged { expected, found } => {
            let shown: Vec<String> = expected.iter().take(PINS_SHOWN).map(Pin::to_string).collect();
            format!(
                "The server's key is not the one that is pinned: expected {}, found {found}. Somebody may be in between. \
                 Ask the server's administrator whether the key has changed; only if so, put the new one in pin \
                 (chinwag doctor shows it).",
                shown.join(" or ")
            )
        }
        WaitReason::TlsUnfit { unfit } => unfitting(unfit),
        WaitReason::TlsOwn { fault } => own(fault),
        // The caller has the others.
        _ => String::new(),
    }
}

fn distrusted(distrust: &Distrust) -> String {
    match distrust {
        Distrust::SelfSigned => {
            "The server signed its certificate itself, so anybody could have made it. If it is the right one, \
             name it (--ca-file, or ca_file in the configuration) or pin its key (pin; chinwag doctor shows it)."
                .to_owned()
        }
        Distrust::Missing { issuer } => format!(
            "The server's certificate is signed by an authority this machine does not trust: {issuer}, which the server does \
             not show. If it is your organisation's own, name its root certificate (--ca-file, or ca_file in the \
             configuration); if not, the server's administrator must add the intermediate certificate that is missing."
        ),
        Distrust::Stranger { root } => format!(
            "The server's certificate is signed by an authority this machine does not trust: {root}. \
             If it is your organisation's own, name its root certificate (--ca-file, or ca_file in the configuration)."
        ),
        Distrust::OtherKey { issuer } => format!(
            "The server's certificate names {issuer} as its authority, but another key than that one's signed it. If the \
             authority has a new key, name its new root certificate (--ca-file, or ca_file in the configuration)."
        ),
    }
}

fn unfitting(unfit: &Unfit) -> String {
    match unfit {
        Unfit::Revoked => "The server's certificate was revoked: its key may be in wrong hands. \
             The server's administrator must install a new one."
            .to_owned(),
        Unfit::Purpose => "The server's certificate was not made for servers (extended key usage). \
             The server's administrator must install one for TLS servers."
            .to_owned(),
        Unfit::Authority => "The server shows the certificate of an authority as its own. \
             The server's administrator must install one for the server itself."
            .to_owned(),
        Unfit::Weak { what } => format!(
            "The server's certificate is not safe, or of a kind that is not known here: {what}. \
             The server's administrator must install one of today's kind."
        ),
        Unfit::Unreadable => {
            "The server's certificate cannot be read. The server's administrator must install another one.".to_owned()
        }
    }
}

fn own(fault: &OwnCertificate) -> String {
    match fault {
        OwnCertificate::Wanted => "The server wants a certificate of its users. Get one from its administrator and set \
             client_cert and client_key in the configuration."
            .to_owned(),
        OwnCertificate::Refused { why } => format!(
            "The server does not take your certificate: {why}. Check client_cert, or get a new one from its administrator."
        ),
        OwnCertificate::Unusable { detail } => format!("Your own certificate cannot be used: {detail}."),
    }
}

/// The day in UTC, as certificates count.
fn date(stamp: Stamp) -> String {
    stamp.to_rfc3339().chars().take(10).collect()
}
