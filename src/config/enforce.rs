//! What policy makes of an account, beyond the settings it locks.

use std::path::Path;

use super::problem::{Problem, Severity};
use super::resolved::{AccountSettings, AuthChoice, PasswordSource, TransportChoice};
use crate::model::{Dialect, Transport};
use crate::policy::{Denial, Policy};

/// Puts policy in force over an account. What it leaves nothing of is barred: it does not sign in.
pub(super) fn enforce(account: &mut AccountSettings, policy: &Policy, file: Option<&Path>, problems: &mut Vec<Problem>) {
    let table = policy.table();
    account.rules = table.transport();
    account.invitations = table.invitations();
    account.ntlm_domain = table.word("DefaultNTLMDomain").map(|ruled| ruled.value.to_owned()).filter(|domain| !domain.is_empty());
    if let Some(denial) = forbidden_source(&account.password, policy) {
        let key = format!("accounts.{}.password", account.id);
        let expected = format!("it is not used, and the password is asked for: {denial}");
        let file = file.map(Path::to_owned);
        problems.push(Problem { severity: Severity::Warning, file, line: 0, column: 0, key, expected, nearest: None });
        account.password = PasswordSource::Ask;
    }
    account.barred = auth(account, policy).or_else(|| transport(account, policy)).or_else(|| network(account, policy));
}

/// What forbids the place a password comes from.
fn forbidden_source(source: &PasswordSource, policy: &Policy) -> Option<Denial> {
    let forbids = match source {
        PasswordSource::File(_) | PasswordSource::Keyring => policy.table().forbids("SavePassword"),
        PasswordSource::Command(_) => policy.table().forbids("AllowPasswordCommand"),
        PasswordSource::Given(_) | PasswordSource::Env(_) | PasswordSource::Ask => None,
    };
    forbids.map(|ruled| ruled.denial)
}

/// Leaves the ways to authenticate that may be used; none is a bar.
fn auth(account: &mut AccountSettings, policy: &Policy) -> Option<Denial> {
    let all = [AuthChoice::Kerberos, AuthChoice::Ntlm, AuthChoice::Digest];
    let mut ways: Vec<AuthChoice> =
        all.into_iter().filter(|way| account.auth == AuthChoice::Auto || account.auth == *way).collect();
    // The first that leaves none is the one to name.
    let mut whose = None;
    if let Some(allowed) = policy.table().texts("AllowedAuthSchemes") {
        let word = |way: &AuthChoice| match way {
            AuthChoice::Kerberos => "kerberos",
            AuthChoice::Ntlm => "ntlm",
            AuthChoice::Digest => "digest",
            AuthChoice::Auto => "auto",
        };
        ways.retain(|way| allowed.value.iter().any(|one| one == word(way)));
        whose = ways.is_empty().then_some(allowed.denial);
    }
    if let Some(ruled) = policy.table().flag("DisableNTCredentials") {
        ways.retain(|way| *way != AuthChoice::Kerberos);
        whose = whose.or_else(|| ways.is_empty().then_some(ruled.denial));
    }
    account.auth_ways = ways;
    whose
}

/// An account that is left to choose takes the one way there may be; one that is set to another is barred.
fn transport(account: &mut AccountSettings, policy: &Policy) -> Option<Denial> {
    let (ways, _) = account.rules.allowed.as_ref()?;
    let wanted = match account.transport {
        TransportChoice::Auto => match ways.as_slice() {
            [Transport::Tcp] => return choose(account, TransportChoice::Tcp),
            [Transport::Udp] => return choose(account, TransportChoice::Udp),
            ways if ways.contains(&Transport::Tls) => return None,
            [Transport::Tcp, ..] => return choose(account, TransportChoice::Tcp),
            _ => None,
        },
        TransportChoice::Tls => Some(Transport::Tls),
        TransportChoice::Tcp => Some(Transport::Tcp),
        TransportChoice::Udp => Some(Transport::Udp),
    };
    if wanted.is_some_and(|wanted| ways.contains(&wanted)) {
        return None;
    }
    policy.table().texts("AllowedTransports").map(|ruled| ruled.denial)
}

const fn choose(account: &mut AccountSettings, way: TransportChoice) -> Option<Denial> {
    account.transport = way;
    None
}

/// The same for kinds of servers.
fn network(account: &mut AccountSettings, policy: &Policy) -> Option<Denial> {
    let allowed = policy.table().texts("AllowedNetworks")?;
    let may = |dialect: Dialect| allowed.value.iter().any(|one| one == dialect.word());
    match (account.dialect, may(Dialect::Lcs), may(Dialect::Simple)) {
        (Some(dialect), ..) if may(dialect) => return None,
        (None, true, true) => return None,
        (None, true, false) => account.dialect = Some(Dialect::Lcs),
        (None, false, true) => account.dialect = Some(Dialect::Simple),
        (Some(_), ..) | (None, false, false) => return Some(allowed.denial),
    }
    None
}
