//! Sentences for the user: what happened, and what to do about it.

mod certificates;
mod files;
mod presence;

use std::time::Duration;

pub use files::{file, transfer_line};
pub use presence::{age, day, why_automatic};

use crate::model::{
    Address, Availability, Capabilities, Dialect, Fate, FileId, Happening, KerberosFault, SignInPhase, WaitReason,
};

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
        WaitReason::Policy { whose } => format!("It is forbidden here: {whose}."),
        WaitReason::ServerOutside { server, domain } => format!(
            "The server name {server} is outside the domain {domain}, so it was passed over. \
             If it is the right one all the same, name it as the server yourself."
        ),
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
        WaitReason::TlsUnknownCa { .. }
        | WaitReason::TlsExpired { .. }
        | WaitReason::TlsKeyChanged { .. }
        | WaitReason::TlsUnfit { .. }
        | WaitReason::TlsOwn { .. } => certificates::sentence(why),
        WaitReason::Tls { detail } => {
            format!("No secure connection could be agreed: {detail}. Check the port, or ask the server's administrator.")
        }
        WaitReason::WrongPassword => "User name or password is wrong. Check both; nothing is tried again by itself, \
             so that the account is not locked."
            .to_owned(),
        WaitReason::UnknownUser => "The server does not know this account. Check the address.".to_owned(),
        WaitReason::Forbidden { code, reason } => {
            format!("The server refuses sign-in ({code} {reason}). Ask its administrator whether the account may be used.")
        }
        WaitReason::Busy { code, reason } => {
            format!("The server cannot serve now ({code} {reason}). It may work again in a moment.")
        }
        WaitReason::NoCommonAuth { offered } => format!(
            "The server offers no way to authenticate that can be used here (it offers {}). Leave the choice to chinwag if the settings restrict it (`auth`, --auth), or ask its administrator for Kerberos, NTLM or Digest.",
            if offered.is_empty() { "none" } else { offered }
        ),
        WaitReason::Kerberos(fault) => kerberos_fault(fault),
        WaitReason::NoOtherServer => "Every server was tried, or asked to be left alone for now. \
             One of them may work again in a moment."
            .to_owned(),
        WaitReason::Closed => "The server closed the connection. It may work again in a moment.".to_owned(),
        WaitReason::Moved => "The server asks to sign in anew; the account may have moved to another server. \
             It will be done by itself."
            .to_owned(),
        WaitReason::SignedOutByServer { reason } if reason.is_empty() => {
            "The server signed this account out. Sign in again when you want to.".to_owned()
        }
        WaitReason::SignedOutByServer { reason } => {
            format!("The server signed this account out: {reason}. Sign in again when you want to.")
        }
        WaitReason::WrongSignature => {
            "The server's answer to signing in is signed wrongly: somebody may be changing messages on \
             the way, or this is not the server it claims to be. Use TLS if you can, and tell the server's administrator."
                .to_owned()
        }
        WaitReason::Protocol { detail } => {
            format!("What the server sent cannot be understood: {detail}. Check server and port, or tell its administrator.")
        }
        WaitReason::Told { text, .. } => text.clone(),
    }
}

/// Why Kerberos does not let an account in, and what the user can do.
#[must_use]
pub fn kerberos_fault(fault: &KerberosFault) -> String {
    match fault {
        KerberosFault::NoLibrary { detail } => format!(
            "Kerberos needs the system's library for it, which cannot be used ({detail}). \
             Install libgssapi-krb5-2 (Debian, Ubuntu) or krb5-libs (Fedora, Red Hat)."
        ),
        KerberosFault::NotBuilt => {
            "This build of chinwag has no Kerberos. Sign in another way (--auth ntlm or digest).".to_owned()
        }
        KerberosFault::NoTicket => {
            "There is no Kerberos ticket on this machine. Run kinit to get one, then try again.".to_owned()
        }
        KerberosFault::Expired => "The Kerberos ticket has expired. Run kinit to get a new one, then try again.".to_owned(),
        KerberosFault::UnknownService { host } => format!(
            "Kerberos knows no service sip/{host}, as the server calls itself. \
             Ask its administrator to register that name, or sign in another way (--auth ntlm or digest)."
        ),
        KerberosFault::Unreachable => "No Kerberos server (KDC) answers. \
             Check the connection of this machine and its Kerberos settings (krb5.conf)."
            .to_owned(),
        KerberosFault::ClockSkew => {
            "This machine's clock is too far from that of the Kerberos server. Set the clock, then try again.".to_owned()
        }
        KerberosFault::Refused { host } => format!(
            "The server did not take the Kerberos ticket for sip/{host}. Check this machine's clock and the address; \
             if both are right, run kinit for a new ticket, or ask the server's administrator."
        ),
        KerberosFault::Other { detail } => {
            format!("No Kerberos ticket could be had: {detail}. Try kinit, or ask the administrator of Kerberos.")
        }
    }
}

const fn kerberos_fault_short(fault: &KerberosFault) -> &'static str {
    match fault {
        KerberosFault::NoLibrary { .. } => "no Kerberos library",
        KerberosFault::NotBuilt => "no Kerberos in this build",
        KerberosFault::NoTicket => "no Kerberos ticket",
        KerberosFault::Expired => "Kerberos ticket expired",
        KerberosFault::UnknownService { .. } => "unknown to Kerberos",
        KerberosFault::Unreachable => "no Kerberos server answers",
        KerberosFault::ClockSkew => "clock wrong for Kerberos",
        KerberosFault::Refused { .. } => "Kerberos ticket refused",
        KerberosFault::Other { .. } => "Kerberos failed",
    }
}

/// The same in a few words, for a status bar.
#[must_use]
pub const fn wait_reason_short(why: &WaitReason) -> &'static str {
    match why {
        WaitReason::NameNotFound { .. } => "server name not found",
        WaitReason::ServerOutside { .. } => "server outside the domain",
        WaitReason::Policy { .. } => "forbidden by your organisation",
        WaitReason::Refused { .. } => "nobody answers there",
        WaitReason::Timeout { .. } => "no answer",
        WaitReason::Network { .. } => "network unreachable",
        WaitReason::TlsName { .. } => "certificate for another name",
        WaitReason::TlsUnknownCa { .. } => "certificate not trusted",
        WaitReason::TlsExpired { .. } => "certificate out of date",
        WaitReason::TlsKeyChanged { .. } => "the server's key has changed",
        WaitReason::TlsUnfit { .. } => "certificate unfit",
        WaitReason::TlsOwn { .. } => "own certificate not usable",
        WaitReason::Tls { .. } => "secure connection failed",
        WaitReason::WrongPassword => "wrong name or password",
        WaitReason::UnknownUser => "account unknown",
        WaitReason::Forbidden { .. } => "sign-in refused",
        WaitReason::Busy { .. } => "server busy",
        WaitReason::NoCommonAuth { .. } => "no usable sign-in method",
        WaitReason::Kerberos(fault) => kerberos_fault_short(fault),
        WaitReason::NoOtherServer => "no server left to try",
        WaitReason::Closed => "connection closed",
        WaitReason::Moved => "to sign in anew",
        WaitReason::SignedOutByServer { .. } => "signed out by server",
        WaitReason::WrongSignature => "wrong signature of the server",
        WaitReason::Protocol { .. } => "server not understood",
        WaitReason::Told { why, .. } => why,
    }
}

/// How far sign-in is, in a few words.
#[must_use]
pub fn phase(phase: &SignInPhase) -> String {
    match phase {
        SignInPhase::Resolving => "looking up the server".to_owned(),
        SignInPhase::Connecting => "connecting".to_owned(),
        SignInPhase::Securing => "securing the connection".to_owned(),
        SignInPhase::Authenticating => "signing in".to_owned(),
        SignInPhase::Subscribing => "asking for contacts".to_owned(),
        SignInPhase::Online => "signed in".to_owned(),
        SignInPhase::Waiting { retry_in, why } => format!("{}, next try in {}", wait_reason_short(why), span(*retry_in)),
        SignInPhase::Offline { why: Some(why) } => format!("signed out: {}", wait_reason_short(why)),
        SignInPhase::Offline { why: None } => "signed out".to_owned(),
    }
}

/// A length of time as people say it: `4 s`, `12 min`, `3 h`, `2 d`.
#[must_use]
pub fn span(time: Duration) -> String {
    match time.as_secs() {
        0 => "a moment".to_owned(),
        s @ 1..=89 => format!("{s} s"),
        s @ 90..=5_399 => format!("{} min", (s + 30) / 60),
        s @ 5_400..=129_599 => format!("{} h", (s + 1_800) / 3_600),
        s => format!("{} d", (s + 43_200) / 86_400),
    }
}

/// A state of presence as a title.
#[must_use]
pub const fn availability(value: Availability) -> &'static str {
    match value {
        Availability::Online => "Online",
        Availability::Busy => "Busy",
        Availability::OnThePhone => "On the Phone",
        Availability::Idle => "Idle",
        Availability::BeRightBack => "Be Right Back",
        Availability::Away => "Away",
        Availability::OutToLunch => "Out to Lunch",
        Availability::Offline => "Offline",
        Availability::Unknown => "Unknown",
    }
}

/// What to say below a message that is not simply delivered; `None` where a tick says all.
#[must_use]
pub fn fate(fate: &Fate) -> Option<String> {
    match fate {
        Fate::Queued | Fate::Sent | Fate::Delivered => None,
        Fate::Stored => Some("kept by the server until they sign in".to_owned()),
        Fate::Failed { why } if why.is_empty() => Some("not delivered".to_owned()),
        Fate::Failed { why } => Some(format!("not delivered: {why}")),
        Fate::Unconfirmed { why } if why.is_empty() => Some("may not have arrived".to_owned()),
        Fate::Unconfirmed { why } => Some(format!("may not have arrived: {why}")),
    }
}

/// A dialect as its users call it.
#[must_use]
pub const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Lcs => "LCS",
        Dialect::Simple => "SIMPLE",
    }
}

/// A way to authenticate as people write it.
#[must_use]
pub fn scheme(word: &str) -> String {
    match word {
        "ntlm" => "NTLM".to_owned(),
        "kerberos" => "Kerberos".to_owned(),
        "digest" => "Digest".to_owned(),
        other => other.to_owned(),
    }
}

/// How a dead connection is noticed; `None`: it is not.
#[must_use]
pub fn keepalive(able: &Capabilities) -> Option<String> {
    let answered = match able.ping {
        "stun" => "STUN",
        "options" => "OPTIONS",
        _ if able.pongs => "pings answered",
        _ => "pings",
    };
    able.keepalive.map(|every| format!("{answered} each {}", span(every)))
}

/// What happened in a conversation of several people; `name` = how a person is called. Not yet made
/// safe for a terminal.
#[must_use]
pub fn happening(what: &Happening, name: impl Fn(&Address) -> String, file: impl Fn(FileId) -> String) -> String {
    match what {
        Happening::Opened(by) => format!("{} asked you in", name(by)),
        Happening::Invited(who) => format!("you asked {} in", name(who)),
        Happening::Joined(who) => format!("{} joined", name(who)),
        Happening::Left { who, why: None } => format!("{} left", name(who)),
        Happening::Left { who, why: Some(why) } => format!("{} is not in: {why}", name(who)),
        Happening::File(id) => file(*id),
        Happening::Became { who, now } => format!("{} is {} now", name(who), availability(*now).to_lowercase()),
        Happening::Closed { why: None } => "you left; this conversation is over".to_owned(),
        Happening::Closed { why: Some(why) } => format!("this conversation is over: {why}"),
    }
}

/// The question about a new watcher.
#[must_use]
pub fn watcher_question(who: &Address, name: Option<&str>) -> String {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} ({}) asks to see when you are online", who.short()),
        None => format!("{} asks to see when you are online", who.short()),
    }
}

/// The same where there is little room.
#[must_use]
pub fn watcher_question_short(who: &Address, name: Option<&str>) -> String {
    format!("{} asks to see you", name.filter(|name| !name.is_empty()).unwrap_or(who.short()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Distrust, OwnCertificate, Pin, Stamp, Unfit};

    fn expired(whose: Option<&str>, clock: i64) -> WaitReason {
        let day = |n: i64| Stamp::from_millis(n * 86_400_000);
        WaitReason::TlsExpired { whose: whose.map(str::to_owned), from: day(1), until: day(2), clock: day(clock) }
    }

    #[test]
    fn dates_are_told_with_our_clock() {
        assert_eq!(
            wait_reason(&expired(None, 5)),
            "The server's certificate is out of date: it ended on 1970-01-03; this machine's clock shows 1970-01-06. \
             If the clock is right, the server's administrator must renew the certificate."
        );
        assert!(
            wait_reason(&expired(Some("Root"), 0))
                .starts_with("The certificate of Root is not valid yet: it counts from 1970-01-02 on;")
        );
    }

    #[test]
    fn sentences_differ_and_end() {
        let reasons = [
            WaitReason::NameNotFound { name: "n".into() },
            WaitReason::ServerOutside { server: "s".into(), domain: "d".into() },
            WaitReason::Refused { at: "a".into() },
            WaitReason::Timeout { at: "a".into() },
            WaitReason::Network { detail: "d".into() },
            WaitReason::TlsName { expected: "e".into(), found: vec![] },
            WaitReason::TlsName { expected: "e".into(), found: vec!["f".into()] },
            WaitReason::TlsUnknownCa { distrust: Distrust::SelfSigned },
            WaitReason::TlsUnknownCa { distrust: Distrust::Missing { issuer: "i".into() } },
            WaitReason::TlsUnknownCa { distrust: Distrust::Stranger { root: "i".into() } },
            WaitReason::TlsUnknownCa { distrust: Distrust::OtherKey { issuer: "i".into() } },
            expired(None, 5),
            expired(None, 0),
            expired(Some("i"), 5),
            WaitReason::TlsKeyChanged { expected: vec![Pin::new([1; 32])], found: Pin::new([2; 32]) },
            WaitReason::TlsUnfit { unfit: Unfit::Revoked },
            WaitReason::TlsUnfit { unfit: Unfit::Purpose },
            WaitReason::TlsUnfit { unfit: Unfit::Authority },
            WaitReason::TlsUnfit { unfit: Unfit::Weak { what: "w".into() } },
            WaitReason::TlsUnfit { unfit: Unfit::Unreadable },
            WaitReason::TlsOwn { fault: OwnCertificate::Wanted },
            WaitReason::TlsOwn { fault: OwnCertificate::Refused { why: "w".into() } },
            WaitReason::TlsOwn { fault: OwnCertificate::Unusable { detail: "w".into() } },
            WaitReason::Tls { detail: "d".into() },
            WaitReason::WrongPassword,
            WaitReason::UnknownUser,
            WaitReason::Forbidden { code: 403, reason: "r".into() },
            WaitReason::Busy { code: 503, reason: "r".into() },
            WaitReason::NoCommonAuth { offered: String::new() },
            WaitReason::Kerberos(KerberosFault::NoLibrary { detail: "d".into() }),
            WaitReason::Kerberos(KerberosFault::NotBuilt),
            WaitReason::Kerberos(KerberosFault::NoTicket),
            WaitReason::Kerberos(KerberosFault::Expired),
            WaitReason::Kerberos(KerberosFault::UnknownService { host: "h".into() }),
            WaitReason::Kerberos(KerberosFault::Unreachable),
            WaitReason::Kerberos(KerberosFault::ClockSkew),
            WaitReason::Kerberos(KerberosFault::Refused { host: "h".into() }),
            WaitReason::Kerberos(KerberosFault::Other { detail: "d".into() }),
            WaitReason::NoOtherServer,
            WaitReason::Closed,
            WaitReason::Moved,
            WaitReason::SignedOutByServer { reason: String::new() },
            WaitReason::SignedOutByServer { reason: "r".into() },
            WaitReason::WrongSignature,
            WaitReason::Protocol { detail: "d".into() },
        ];
        let said: std::collections::BTreeSet<_> = reasons.iter().map(wait_reason).collect();
        assert_eq!(said.len(), reasons.len());
        assert!(said.iter().all(|s| s.ends_with('.') && !s.contains("  ")), "{said:#?}");
    }

    #[test]
    fn spans_read_well() {
        for (secs, said) in [(0, "a moment"), (4, "4 s"), (89, "89 s"), (90, "2 min"), (7_200, "2 h"), (200_000, "2 d")] {
            assert_eq!(span(Duration::from_secs(secs)), said);
        }
    }

    #[test]
    fn phases_read_well() {
        let waiting = SignInPhase::Waiting { retry_in: Duration::from_secs(4), why: WaitReason::Closed };
        assert_eq!(phase(&waiting), "connection closed, next try in 4 s");
    }
}
