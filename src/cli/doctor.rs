//! `doctor`: the whole way to the server, step by step, with what to do where it fails.

mod explain;

use std::time::Duration;

use crate::app::words;
use crate::backend::{Command, Event};
use crate::config::{AccountSettings, AuthChoice, Resolved, ServerChoice};
use crate::model::{Address, SignInPhase, WaitReason};
use crate::net::gssapi::Grant;
use crate::net::survey::{Finding, Outcome, survey};
use crate::net::tickets;
use crate::runtime::account_from::{connect_settings, target};
use crate::runtime::probe;

use super::args::Global;
use super::events::JsonEvent;
use super::exit::{Exit, Failure, exit_for};
use super::online::block_on;
use super::output::Diagnostics;
use super::printer::{Printer, Scope, now};
use super::session::{Session, Woke};
use super::{secrets, settings};

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
    let mut report =
        Report { printer: Printer::new(global.json, Scope::Nothing, diagnostics), json: global.json, worst: Exit::Done };
    match &settings.config_file {
        Some(file) => report.line("configuration", Grade::Fine, &file.display().to_string(), None)?,
        None => report.line("configuration", Grade::Fine, "none; defaults and options", None)?,
    }
    block_on(async {
        let Some(answer) = way(&account, &mut report).await? else { return Ok(report.worst) };
        let Some(has_ticket) = kerberos(&account, answer.kerberos, &mut report).await? else { return Ok(report.worst) };
        // Only who has a ticket, can be asked for a password, or named a source of one, is signed in.
        match secrets::gather(&mut settings, &global) {
            Ok(secrets) if has_ticket || account.auth == AuthChoice::Kerberos || !secrets.is_empty() => {
                sign_in(&settings, &account, secrets, &mut report).await?;
            }
            Ok(_) => {
                let advice = "name a password with --password-env or --password-stdin to try";
                report.line("sign-in", Grade::Odd, "not tried, since there is no password", Some(advice))?;
            }
            Err(failure) => report.fail("sign-in", "not tried", &failure)?,
        }
        Ok(report.worst)
    })
}

/// Names, addresses, TLS, and what the server says to a stranger; `None` when it is not reached.
async fn way(account: &AccountSettings, report: &mut Report) -> Result<Option<probe::Answer>, Failure> {
    let to = target(account);
    report.checks(&[configured(account)])?;
    let mut findings = Vec::new();
    let opened = survey(&to, &connect_settings(account, 1), |finding| findings.push(finding)).await;
    let reached = opened.is_some();
    for finding in findings {
        report.finding(&finding, reached)?;
    }
    let Some(opened) = opened else {
        if report.worst == Exit::Done {
            report.line("connect", Grade::Failed, "no way to the server was found", Some("name it with --server HOST:PORT"))?;
            report.worst = Exit::Unreachable;
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
            let failure = Failure::new(Exit::Unreachable, "Check server, port and transport.");
            report.fail("server", &error.to_string(), &failure)?;
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
            report.line("kerberos", Grade::Fine, &text, None)?;
            Ok(Some(true))
        }
        Err(fault) if only => {
            report.fail("kerberos", &format!("no ticket for sip/{host}"), &Failure::from(&WaitReason::Kerberos(fault)))?;
            Ok(None)
        }
        Err(fault) => {
            let text = format!("no ticket for sip/{host}: another way is used if there is one");
            report.line("kerberos", Grade::Odd, &text, Some(&words::kerberos_fault(&fault)))?;
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
    report.line("server", Grade::Fine, &format!("speaks SIP ({} {}); {name}", answer.code, answer.reason), None)?;
    let known = |scheme: &String| {
        let scheme = scheme.to_ascii_lowercase();
        ["digest", "ntlm", "kerberos"].iter().any(|known| scheme.starts_with(known))
    };
    let offered = format!("the server offers {}", answer.schemes.join(", "));
    if answer.schemes.is_empty() && matches!(answer.code, 200..=299) {
        let advice = "ask its administrator whether that is meant";
        report.line("authentication", Grade::Odd, "the server asks nobody for a password", Some(advice))?;
    } else if answer.schemes.iter().any(known) {
        report.line("authentication", Grade::Fine, &offered, None)?;
    } else if answer.schemes.is_empty() {
        let text = format!("the server did not ask for a password but answered {}", answer.code);
        report.line("authentication", Grade::Odd, &text, Some("check the domain of the address"))?;
    } else {
        let advice = "chinwag knows Kerberos, NTLM and Digest; ask its administrator for one of them";
        report.line("authentication", Grade::Failed, &offered, Some(advice))?;
        report.worst = Exit::SignInRefused;
    }
    if let Some(date) = answer.date {
        let now = now();
        let off = date.age(now).max(now.age(date)).as_secs();
        let (grade, advice) =
            if off > SKEW_SECONDS { (Grade::Odd, Some("set this machine's clock")) } else { (Grade::Fine, None) };
        report.line("clock", grade, &format!("{off} s apart from the server's"), advice)?;
    }
    Ok(())
}

async fn sign_in(
    settings: &Resolved,
    account: &AccountSettings,
    secrets: crate::runtime::secrets::Secrets,
    report: &mut Report,
) -> Result<(), Failure> {
    let quiet = Printer::new(report.json, Scope::Nothing, Diagnostics::new(true));
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
    report.line("sign-in", Grade::Fine, &format!("signed in as {}{name}{at}{by}", account.aor), None)?;
    match &view.capabilities {
        Some(able) => report.checks(&explain::explain(&view, able))?,
        None => report.line("capabilities", Grade::Odd, "the server did not show what it can do", Some("try again"))?,
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

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Check {
    step: &'static str,
    grade: Grade,
    text: String,
    /// What to do; always there where something is not as it should be.
    advice: Option<String>,
}

impl Check {
    fn fine(step: &'static str, text: impl Into<String>) -> Self {
        Self { step, grade: Grade::Fine, text: text.into(), advice: None }
    }

    fn failed(step: &'static str, text: impl Into<String>, advice: &str) -> Self {
        Self { grade: Grade::Failed, ..Self::odd(step, text, advice) }
    }

    fn odd(step: &'static str, text: impl Into<String>, advice: &str) -> Self {
        Self { step, grade: Grade::Odd, text: text.into(), advice: Some(advice.to_owned()) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Fine,
    Odd,
    Failed,
}

impl Grade {
    const fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Odd => "warning",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug)]
struct Report {
    printer: Printer,
    json: bool,
    worst: Exit,
}

impl Report {
    fn checks(&mut self, checks: &[Check]) -> Result<(), Failure> {
        if self.worst == Exit::Done && checks.iter().any(|check| check.grade == Grade::Failed) {
            self.worst = Exit::Failed;
        }
        checks.iter().try_for_each(|check| self.line(check.step, check.grade, &check.text, check.advice.as_deref()))
    }

    fn line(&mut self, step: &'static str, grade: Grade, text: &str, advice: Option<&str>) -> Result<(), Failure> {
        if self.json {
            let event = JsonEvent::new("check", now(), None)
                .with("step", step)
                .with("state", grade.word())
                .with("text", text)
                .with("advice", advice);
            return self.printer.event(&event);
        }
        let text = crate::ui::text::line(text);
        self.printer.line(&format!("{:<8} {step}: {text}", grade.word()))?;
        if let Some(advice) = advice {
            self.printer.line(&format!("{:<8} {}", "", crate::ui::text::line(advice)))?;
        }
        Ok(())
    }

    fn fail(&mut self, step: &'static str, text: &str, failure: &Failure) -> Result<(), Failure> {
        self.worst = failure.exit;
        self.line(step, Grade::Failed, text, Some(&failure.text))
    }

    /// A step that failed while another way succeeded is only odd.
    fn finding(&mut self, finding: &Finding, reached: bool) -> Result<(), Failure> {
        match &finding.outcome {
            Outcome::Fine => self.line(finding.step, Grade::Fine, &finding.text, None),
            Outcome::Odd => self.line(finding.step, Grade::Odd, &finding.text, None),
            Outcome::Failed(why) => {
                let grade = if reached { Grade::Odd } else { Grade::Failed };
                if !reached {
                    self.worst = exit_for(why);
                }
                self.line(finding.step, grade, &finding.text, Some(&words::wait_reason(why)))
            }
        }
    }
}
