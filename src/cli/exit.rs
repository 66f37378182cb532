//! How a run ends: the one place where outcomes become exit codes and sentences.

use crate::app::words;
use crate::backend::Refused;
use crate::config::NoHome;
use crate::model::{AddressError, KerberosFault, RosterError, WaitReason};
use crate::policy::Denial;

/// The exit codes scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// The command line is wrong, or asks for what is not there yet.
    Usage,
    /// The server refused sign-in.
    SignInRefused,
    /// The server cannot be reached, or not securely.
    Unreachable,
    /// A policy forbids it.
    Forbidden,
    /// A message was not delivered, or its fate is not known.
    NotDelivered,
    /// The configuration cannot be used.
    Configuration,
    /// Ctrl-C, or asked to end by the system.
    Interrupted,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::SignInRefused => 3,
            Self::Unreachable => 4,
            Self::Forbidden => 5,
            Self::NotDelivered => 6,
            Self::Configuration => 7,
            Self::Interrupted => 130,
        }
    }
}

/// A run that ended otherwise than wished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Code to exit with.
    pub exit: Exit,
    /// What happened, and what to do; empty to end without a word.
    pub text: String,
}

impl Failure {
    /// A failure with its sentence.
    #[must_use]
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// Whoever read our output is gone: nothing more to say to anybody.
    #[must_use]
    pub const fn reader_gone() -> Self {
        Self { exit: Exit::Done, text: String::new() }
    }
}

/// The code for what ended an attempt to sign in.
#[must_use]
pub fn exit_for(why: &WaitReason) -> Exit {
    match why {
        WaitReason::WrongPassword
        | WaitReason::UnknownUser
        | WaitReason::Forbidden { .. }
        | WaitReason::NoCommonAuth { .. }
        | WaitReason::SignedOutByServer { .. } => Exit::SignInRefused,
        WaitReason::Kerberos(fault) => match fault {
            KerberosFault::NoLibrary { .. } | KerberosFault::NotBuilt => Exit::Configuration,
            KerberosFault::Unreachable => Exit::Unreachable,
            _ => Exit::SignInRefused,
        },
        WaitReason::Policy { .. } => Exit::Forbidden,
        WaitReason::Told { why, .. } => exit_for_word(why),
        WaitReason::NameNotFound { .. }
        | WaitReason::ServerOutside { .. }
        | WaitReason::Refused { .. }
        | WaitReason::Timeout { .. }
        | WaitReason::Network { .. }
        | WaitReason::TlsName { .. }
        | WaitReason::TlsUnknownCa { .. }
        | WaitReason::TlsExpired { .. }
        | WaitReason::TlsKeyChanged { .. }
        | WaitReason::TlsUnfit { .. }
        | WaitReason::TlsOwn { .. }
        | WaitReason::Tls { .. }
        | WaitReason::Busy { .. }
        | WaitReason::NoOtherServer
        | WaitReason::Closed
        | WaitReason::Moved
        | WaitReason::WrongSignature
        | WaitReason::Protocol { .. } => Exit::Unreachable,
    }
}

/// The same for the word that another chinwag told: what it stands for is not known in more detail.
fn exit_for_word(why: &str) -> Exit {
    match why {
        "wrong_password" | "unknown_user" | "forbidden" | "no_common_auth" | "signed_out_by_server" => Exit::SignInRefused,
        "policy" => Exit::Forbidden,
        "kerberos_no_library" | "kerberos_not_built" => Exit::Configuration,
        kerberos if kerberos.starts_with("kerberos_") && kerberos != "kerberos_unreachable" => Exit::SignInRefused,
        _ => Exit::Unreachable,
    }
}

impl From<&WaitReason> for Failure {
    fn from(why: &WaitReason) -> Self {
        Self::new(exit_for(why), words::wait_reason(why))
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::new(Exit::Failed, refused.to_string())
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        Self::new(Exit::Forbidden, denial.to_string())
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<NoHome> for Failure {
    fn from(error: NoHome) -> Self {
        Self::new(Exit::Configuration, error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::reader_gone(),
            std::io::ErrorKind::Interrupted => Self::new(Exit::Interrupted, ""),
            _ => Self::new(Exit::Failed, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_contract() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::SignInRefused,
            Exit::Unreachable,
            Exit::Forbidden,
            Exit::NotDelivered,
            Exit::Configuration,
            Exit::Interrupted,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4, 5, 6, 7, 130]);
    }

    #[test]
    fn refused_sign_in_and_unreachable_server_differ() {
        for (why, code) in [
            (WaitReason::WrongPassword, 3),
            (WaitReason::UnknownUser, 3),
            (WaitReason::Forbidden { code: 403, reason: String::new() }, 3),
            (WaitReason::NameNotFound { name: String::new() }, 4),
            (WaitReason::Refused { at: String::new() }, 4),
            (WaitReason::Timeout { at: String::new() }, 4),
            (WaitReason::TlsUnknownCa { distrust: crate::model::Distrust::SelfSigned }, 4),
            (WaitReason::Kerberos(KerberosFault::NoLibrary { detail: String::new() }), 7),
            (WaitReason::Kerberos(KerberosFault::NoTicket), 3),
            (WaitReason::Kerberos(KerberosFault::Refused { host: String::new() }), 3),
            (WaitReason::Kerberos(KerberosFault::Unreachable), 4),
        ] {
            assert_eq!(Failure::from(&why).exit.code(), code, "{why:?}");
            // What was told through the socket means the same.
            let told = WaitReason::Told { why: super::super::events::why_word(&why), text: String::new() };
            assert_eq!(exit_for(&told).code(), code, "{told:?}");
        }
    }
}
