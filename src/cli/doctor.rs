//! `doctor`: the whole way to the server, step by step, with what to do where it fails; the last
//! line is the one thing to do next.

mod certificates;
mod explain;
mod policies;
mod report;
mod way;

use std::time::Duration;

use crate::app::words;
use crate::backend::{Command, Event};
use crate::config::{AccountSettings, AuthChoice, Resolved, ServerChoice};
use crate::model::{Address, SignInPhase, Spoken, WaitReason};
use crate::net::gssapi::Grant;
use crate::net::survey::survey;
use crate::net::tickets;
use crate::runtime::account_from::{connect_settings, target};
use crate::runtime::probe::{self, ProbeError};
use crate::runtime::secrets::Secrets;

use super::args::Global;
use super::exit::{Exit, Failure};
use super::online::block_on;
use super::output::Diagnostics;
use super::printer::{Printer, Scope, now};
use super::session::{Session, Woke};
use super::{secrets, settings};
use report::{Check, Report};

pub use report::Trial;

/// A clock that is off by more than this makes certificates and tickets fail.
const SKEW_SECONDS: u64 = 300;

/// Longest wait for what the server can do, and for the counters.
const LATE: Duration = Duration::from_secs(2);

/// As long as this nothing more must have come that changes the picture.
const QUIET: Duration = Duration::from_millis(600);

/// Runs it: exit 0 when every step went well, else the code of the step that failed.
///
/// # Errors
/// Exit 7 without an account to ask about.
pub fn run(global: &Global, diagnostics: Diagnostics, who: Option<&Address>) -> Result<Exit, Failure> {
    let mut global = global.clone();
    if global.aor.is_none() {
        global.aor = who.cloned();
    }
    let mut settings = settings::resolve(&global, diagnostics)?;
    let account = settings::single_account(&settings)?.clone();
    let mut report = Report::new(Printer::new(global.json, Scope::Nothing, diagnostics), global.json, global.verbose > 0);
    let file = settings.config_file.as_ref().map_or_else(|| "none; defaults and options".to_owned(), |f| f.display().to_string());
    report.check(&Check::fine("configuration", file))?;
    if let Some(check) = policies::shaping(&settings.policy) {
        report.check(&check)?;
    }
    if let Some(denial) = &account.barred {
        let failure = Failure::from(denial.clone());
        report.fail("policies", "this account may not sign in as it is set", &failure)?;
        return report.end();
    }
    block_on(async {
        if let Some(answer) = way(&account, &mut report).await?
            && let Some(has_ticket) = kerberos(&account, answer.kerberos, &mut report).await?
        {
            // Only who has a ticket, can be asked for a password, or named a source of one, is signed in.
            match secrets::gather(&mut settings, &global) {
                Ok(secrets) if has_ticket || account.auth == AuthChoice::Kerberos || !secrets.is_empty() => {
                    sign_in(&settings, &account, secrets, &mut report).await?;
                }
                Ok(_) => {
                    let advice = "name a password with --password-env or --password-stdin to try";
                    report.check(&Check::odd("sign-in", "not tried, since there is no password", advice))?;
                }
                Err(failure) => report.fail("sign-in", "not tried", &failure)?,
            }
        }
        report.end()
    })
}

/// The same for settings that are not in force yet, with these passwords; nothing is printed.
///
/// # Errors
/// Exit 130 when the person gives up.
pub async fn trial(
    settings: &Resolved,
    account: &AccountSettings,
    secrets: Secrets,
    diagnostics: Diagnostics,
) -> Result<Trial, Failure> {
    let mut report = Report::quiet(Printer::new(false, Scope::Nothing, diagnostics));
    if let Some(answer) = way(account, &mut report).await?
        && kerberos(account, answer.kerberos, &mut report).await?.is_some()
    {
        sign_in(settings, account, secrets, &mut report).await?;
    }
    Ok(report.trial())
}

/// Names, addresses, TLS, and what the server says to a stranger; `None` when it is not reached.
async fn way(account: &AccountSettings, report: &mut Report) -> Result<Option<probe::Answer>, Failure> {
    let to = target(account);
    report.check(&configured(account))?;
    if let Some(files) = &account.client {
        report.checks(&certificates::own(files, now()))?;
    }
    let mut findings = Vec::new();
    let opened = survey(&to, &connect_settings(account, 1), |finding| findings.push(finding)).await;
    report.findings(&findings, opened.is_some())?;
    let Some(opened) = opened else {
        if report.worst == Exit::Done {
            let advice = format!(
                "No server was found for {}. Ask whoever runs it for its name, and give it (--server HOST:PORT).",
                account.aor.domain()
            );
            let failure = Failure::new(Exit::Unreachable, advice);
            report.fail("connect", "no way to the server was found", &failure)?;
        }
        return Ok(None);
    };
    let reliable = opened.peer.transport.is_reliable();
    match probe::ask(opened, &account.aor).await {
        Ok(mut answer) => {
            said(&answer, report)?;
            // Signatures depend on the order of messages, so there is no Kerberos over datagrams.
            answer.kerberos = answer.kerberos.filter(|_| reliable);
            Ok(Some(answer))
        }
        Err(error) => {
            let advice = match &error {
                ProbeError::Ended(why @ WaitReason::TlsOwn { .. }) => words::wait_reason(why),
                ProbeError::NotSip(Some(Spoken::Tls)) => {
                    "take --transport tls for this port, or name the port for TCP in clear".to_owned()
                }
                ProbeError::Ended(_) => {
                    "the port may be one for TLS (--transport tls), or for something else than SIP; check server and port"
                        .to_owned()
                }
                ProbeError::Silent | ProbeError::NotSip(_) | ProbeError::Start(_) => {
                    "check server, port and transport".to_owned()
                }
            };
            report.fail("server", &error.to_string(), &Failure::new(Exit::Unreachable, advice))?;
            Ok(None)
        }
    }
}

/// The ticket for the service the server names, where one may be used: whether there is one; `None` when there is no
/// other way.
async fn kerberos(account: &AccountSettings, host: Option<String>, report: &mut Report) -> Result<Option<bool>, Failure> {
    let only = account.auth == AuthChoice::Kerberos;
    let Some(host) = host.filter(|_| only || account.auth == AuthChoice::Auto) else { return Ok(Some(false)) };
    match tickets::look(host.clone()).await {
        Ok(Grant { ticket, principal }) => {
            let whose = if principal.is_empty() { String::new() } else { format!(" of {principal}") };
            let text = format!("ticket{whose} for sip/{host}, good for {}", words::span(ticket.life));
            report.check(&Check::fine("kerberos", text))?;
            Ok(Some(true))
        }
        Err(fault) if only => {
            report.fail("kerberos", &format!("no ticket for sip/{host}"), &Failure::from(&WaitReason::Kerberos(fault)))?;
            Ok(None)
        }
        Err(fault) => {
            let text = format!("no ticket for sip/{host}: another way is used if there is one");
            report.check(&Check::odd("kerberos", text, words::kerberos_fault(&fault)))?;
            Ok(Some(false))
        }
    }
}

/// Whether the server is found or was named.
fn configured(account: &AccountSettings) -> Check {
    let domain = account.aor.domain();
    match (&account.server, &account.unused_server) {
        (ServerChoice::Manual { host, port: Some(port) }, _) => Check::fine("way", format!("named by hand: {host}, port {port}")),
        (ServerChoice::Manual { host, port: None }, _) => Check::fine("way", format!("named by hand: {host}")),
        (ServerChoice::Automatic, None) => Check::fine("way", format!("found automatically, for {domain}")),
        (ServerChoice::Automatic, Some(unused)) => {
            let text = format!("found automatically, for {domain}; {unused}, which was named by hand, is not used");
            Check::fine("way", text)
        }
    }
}

fn said(answer: &probe::Answer, report: &mut Report) -> Result<(), Failure> {
    let name = answer.server.as_deref().unwrap_or("it does not say what it is");
    report.check(&Check::fine("server", format!("speaks SIP ({} {}); {name}", answer.code, answer.reason)))?;
    let known = |scheme: &String| {
        let scheme = scheme.to_ascii_lowercase();
        ["digest", "ntlm", "kerberos"].iter().any(|known| scheme.starts_with(known))
    };
    let offered = format!("the server offers {}", answer.schemes.join(", "));
    if answer.schemes.is_empty() && matches!(answer.code, 200..=299) {
        let advice = "ask its administrator whether that is meant";
        report.check(&Check::odd("authentication", "the server asks nobody for a password", advice))?;
    } else if answer.schemes.iter().any(known) {
        report.check(&Check::fine("authentication", offered))?;
    } else if answer.schemes.is_empty() {
        let text = format!("the server did not ask for a password but answered {}", answer.code);
        report.check(&Check::odd("authentication", text, "check the domain of the address"))?;
    } else {
        let advice = "chinwag knows Kerberos, NTLM and Digest; ask its administrator for one of them";
        report.check(&Check::failed("authentication", offered, advice))?;
        report.worst = Exit::SignInRefused;
    }
    if let Some(date) = answer.date {
        let now = now();
        let off = date.age(now).max(now.age(date)).as_secs();
        let text = format!("{off} s apart from the server's");
        let fine = off <= SKEW_SECONDS;
        report.check(&if fine { Check::fine("clock", text) } else { Check::odd("clock", text, "set this machine's clock") })?;
    }
    Ok(())
}

async fn sign_in(settings: &Resolved, account: &AccountSettings, secrets: Secrets, report: &mut Report) -> Result<(), Failure> {
    let quiet = Printer::new(report.is_json(), Scope::Nothing, Diagnostics::new(true));
    let only = Resolved { accounts: vec![account.clone()], ..settings.clone() };
    let mut session = Session::start(&only, secrets, quiet)?;
    let outcome = session.sign_in().await;
    if outcome.is_ok() {
        settle(&mut session, account).await?;
    }
    let view = session.view(&account.id).cloned();
    session.finish(false).await?;
    if let Err(failure) = outcome {
        return match failure.exit {
            Exit::Interrupted => Err(failure),
            _ => report.fail("sign-in", "refused", &failure),
        };
    }
    let Some(view) = view else { return Ok(()) };
    let name = if view.own_name().is_empty() { String::new() } else { format!(" ({})", view.own_name()) };
    let at = view.server.as_deref().map(|server| format!(" at {server}")).unwrap_or_default();
    let by = view.transport.map(|transport| format!(" by {}", transport.word())).unwrap_or_default();
    report.check(&Check::fine("sign-in", format!("signed in as {}{name}{at}{by}", account.aor)))?;
    match &view.capabilities {
        Some(able) => report.features(&explain::explain(&view, able))?,
        None => report.check(&Check::odd("capabilities", "the server did not show what it can do", "try again"))?,
    }
    report.checks(&explain::traffic(&view.traffic))
}

/// Waits for what comes a moment after sign-in: what the server can do, and the counters.
async fn settle(session: &mut Session, account: &AccountSettings) -> Result<(), Failure> {
    session.limit(Some(LATE));
    while session.view(&account.id).is_some_and(|view| view.capabilities.is_none()) {
        if is_over(&session.next().await?) {
            return Ok(());
        }
    }
    session.limit(Some(QUIET));
    while !is_over(&session.next().await?) {}
    session.order(&account.id, Command::ReportTraffic)?;
    session.limit(Some(LATE));
    loop {
        match session.next().await? {
            Woke::Report(_, Event::Traffic(_)) => return Ok(()),
            woke if is_over(&woke) => return Ok(()),
            _ => {}
        }
    }
}

const fn is_over(woke: &Woke) -> bool {
    matches!(woke, Woke::Timeout | Woke::Report(_, Event::Phase { phase: SignInPhase::Offline { .. }, .. }))
}
