//! The report: its lines, how bad they are, and the one thing to do next.
//!
//! On a terminal what is well is told in few lines, so that all of it fits on one screen where all is
//! well; `--verbose` and `--json` tell everything.

use crate::net::survey::Finding;
use crate::net::tls::Shown;

use super::super::events::JsonEvent;
use super::super::exit::{Exit, Failure, exit_for};
use super::super::printer::{Printer, now};
use super::{certificates, way};

/// Advice that begins like this needs nobody to do anything.
const CARRIES_ON: &str = "it works all the same";

/// Cells before what is said of a step.
const HANG: usize = 9;

/// What came of signing in once, before the settings are in force.
#[derive(Debug)]
pub struct Trial {
    /// The code of the step that failed.
    pub exit: Exit,
    /// Sentences for the person: what became of it, and what to do or to know.
    pub said: Vec<String>,
    /// Every step in a line or more.
    pub steps: Vec<String>,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) step: &'static str,
    pub(super) grade: Grade,
    pub(super) text: String,
    /// What to do; always there where something is not as it should be.
    pub(super) advice: Option<String>,
    /// The certificates this is about.
    pub(super) chain: Vec<Shown>,
    /// Which of these is at fault.
    pub(super) at: Option<usize>,
}

impl Check {
    fn new(step: &'static str, grade: Grade, text: impl Into<String>, advice: Option<String>) -> Self {
        Self { step, grade, text: text.into(), advice, chain: Vec::new(), at: None }
    }

    pub(super) fn fine(step: &'static str, text: impl Into<String>) -> Self {
        Self::new(step, Grade::Fine, text, None)
    }

    pub(super) fn failed(step: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(step, Grade::Failed, text, Some(advice.into()))
    }

    pub(super) fn odd(step: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(step, Grade::Odd, text, Some(advice.into()))
    }

    /// What somebody must do about it.
    fn to_do(&self) -> Option<&str> {
        self.advice.as_deref().filter(|advice| self.grade != Grade::Fine && !advice.starts_with(CARRIES_ON))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    Fine,
    Odd,
    Failed,
}

impl Grade {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Odd => "warning",
            Self::Failed => "failed",
        }
    }
}

/// Prints, and remembers what was worst.
#[derive(Debug)]
pub(super) struct Report {
    printer: Printer,
    /// Lines are kept for later instead of printed.
    keeps: bool,
    /// Everything that was found, where it is kept.
    kept: Vec<Check>,
    json: bool,
    verbose: bool,
    /// Code to exit with.
    pub(super) worst: Exit,
    /// What to do next, and how bad that is which asks for it.
    next: Option<(Grade, String)>,
}

impl Report {
    pub(super) const fn new(printer: Printer, json: bool, verbose: bool) -> Self {
        Self { printer, keeps: false, kept: Vec::new(), json, verbose, worst: Exit::Done, next: None }
    }

    /// One that prints nothing.
    pub(super) fn quiet(printer: Printer) -> Self {
        Self { keeps: true, ..Self::new(printer, false, false) }
    }

    /// What was found, shortly and in lines, by one that printed nothing.
    pub(super) fn trial(self) -> Trial {
        let found = |step: &str| self.kept.iter().rev().find(|check| check.step == step);
        let mut said = Vec::new();
        match (self.worst, self.next) {
            (Exit::Done, _) => {
                said.extend(found("sign-in").map(|check| sentence(&check.text)));
                said.extend(found("signing").filter(|check| check.grade == Grade::Odd).map(|check| sentence(&check.text)));
            }
            (_, next) => said.extend(next.map(|(_, advice)| advice)),
        }
        let steps = self.kept.iter().flat_map(|check| lines(check, false)).collect();
        Trial { exit: self.worst, said, steps }
    }

    pub(super) const fn is_json(&self) -> bool {
        self.json
    }

    pub(super) fn checks(&mut self, checks: &[Check]) -> Result<(), Failure> {
        checks.iter().try_for_each(|check| self.check(check))
    }

    pub(super) fn check(&mut self, check: &Check) -> Result<(), Failure> {
        if self.worst == Exit::Done && check.grade == Grade::Failed {
            self.worst = Exit::Failed;
        }
        if let Some(advice) = check.to_do()
            && self.next.as_ref().is_none_or(|(grade, _)| *grade < check.grade)
        {
            self.next = Some((check.grade, advice.to_owned()));
        }
        self.print(check)
    }

    pub(super) fn fail(&mut self, step: &'static str, text: &str, failure: &Failure) -> Result<(), Failure> {
        self.worst = failure.exit;
        self.check(&Check::failed(step, text, failure.text.clone()))
    }

    /// The way to the server. What failed on it while another way led there is only odd.
    pub(super) fn findings(&mut self, findings: &[Finding], reached: bool) -> Result<(), Failure> {
        let short = reached && !self.json && !self.verbose;
        // Before the lines, so that the reason that tells most is the one to act on.
        if let Some(why) = way::decisive(findings).filter(|_| !reached) {
            self.worst = exit_for(why);
            self.next = Some((Grade::Failed, crate::app::words::wait_reason(why)));
        }
        self.checks(&way::told(findings, reached, short, now()))
    }

    /// What the server can do.
    pub(super) fn features(&mut self, checks: &[Check]) -> Result<(), Failure> {
        if self.json || self.verbose { self.checks(checks) } else { self.checks(&in_short(checks)) }
    }

    /// The last line.
    pub(super) fn end(&mut self) -> Result<Exit, Failure> {
        let last = match self.next.take() {
            Some((Grade::Failed, advice)) => Check::failed("next", advice.clone(), advice),
            Some((_, advice)) => Check::odd("next", advice.clone(), advice),
            None => Check::fine("next", "nothing to do: all is well"),
        };
        if self.json {
            self.print(&last)?;
        } else {
            self.printer.line_hanging(&format!("next     {}", crate::ui::text::line(&last.text)), HANG)?;
        }
        Ok(self.worst)
    }

    fn print(&mut self, check: &Check) -> Result<(), Failure> {
        if self.keeps {
            self.kept.push(check.clone());
            return Ok(());
        }
        if self.json {
            let mut event = JsonEvent::new("check", now(), None)
                .with("step", check.step)
                .with("state", check.grade.word())
                .with("text", check.text.as_str())
                .with("advice", check.advice.as_deref());
            if !check.chain.is_empty() {
                event = event.with("chain", certificates::json(&check.chain, check.at));
            }
            return self.printer.event(&event);
        }
        lines(check, self.verbose).iter().try_for_each(|line| self.printer.line_hanging(line, HANG))
    }
}

/// A check on a terminal; foreign text is made safe here.
pub(super) fn lines(check: &Check, verbose: bool) -> Vec<String> {
    let safe = crate::ui::text::line;
    let mut lines = vec![format!("{:<8} {}: {}", check.grade.word(), check.step, safe(&check.text))];
    lines.extend(check.advice.as_deref().map(|advice| format!("{:<8} {}", "", safe(advice))));
    lines.extend(certificates::lines(check, verbose).iter().map(|line| format!("    {}", safe(line))));
    lines
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// Features that are there, in one line; what is missing, as it was.
fn in_short(checks: &[Check]) -> Vec<Check> {
    const ALONE: [&str; 4] = ["dialect", "authentication-used", "signing", "keep-alive"];
    let plain = |check: &&Check| check.grade == Grade::Fine && !ALONE.contains(&check.step);
    let there: Vec<&str> = checks.iter().filter(plain).map(|check| check.step).collect();
    let mut told: Vec<Check> = checks.iter().filter(|check| !plain(check)).cloned().collect();
    if !there.is_empty() {
        told.push(Check::fine("features", format!("all well with {}", there.join(", "))));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_well_is_told_in_one_line() {
        let checks = [
            Check::fine("dialect", "LCS"),
            Check::fine("batch", "one subscription"),
            Check::odd("watchers", "none", "decide beforehand"),
            Check::fine("sessions", "several people"),
        ];
        let told: Vec<String> = in_short(&checks).iter().flat_map(|check| lines(check, false)).collect();
        assert_eq!(
            told,
            [
                "ok       dialect: LCS",
                "warning  watchers: none",
                "         decide beforehand",
                "ok       features: all well with batch, sessions",
            ]
        );
    }

    #[test]
    fn what_works_all_the_same_is_nothing_to_do() {
        assert_eq!(Check::odd("batch", "none", "it works all the same, slower").to_do(), None);
        assert_eq!(Check::odd("clock", "off", "set it").to_do(), Some("set it"));
        assert_eq!(Check::fine("clock", "right").to_do(), None);
    }
}
