//! What was found on the way to the server, as lines of the report.

use crate::app::words;
use crate::model::{Stamp, WaitReason};
use crate::net::connect::is_tls;
use crate::net::survey::{Finding, Outcome};

use super::certificates;
use super::report::Check;

/// The lines. What failed while another way led to the server (`reached`) is only odd; in `short`, names
/// that were looked up in vain and addresses are one line.
pub(super) fn told(findings: &[Finding], reached: bool, short: bool, clock: Stamp) -> Vec<Check> {
    let mut checks = Vec::new();
    for finding in findings {
        if short && finding.outcome == Outcome::Fine && is_passed_over(finding, findings) {
            continue;
        }
        let mut check = match &finding.outcome {
            Outcome::Fine => Check::fine(finding.step, &finding.text),
            Outcome::Odd => {
                Check::odd(finding.step, &finding.text, "it works all the same where another way leads to the server")
            }
            Outcome::Failed(why) if reached => Check::odd(finding.step, &finding.text, words::wait_reason(why)),
            Outcome::Failed(why) => Check::failed(finding.step, &finding.text, words::wait_reason(why)),
        };
        check.chain.clone_from(&finding.chain);
        check.at = finding.at;
        checks.push(check);
        if let (Outcome::Fine, Some(leaf)) = (&finding.outcome, finding.chain.first()) {
            checks.extend(certificates::ends_soon(leaf, clock));
        }
    }
    checks
}

/// What of the names says nothing to who got there: all but the last address.
fn is_passed_over(finding: &Finding, all: &[Finding]) -> bool {
    match finding.step {
        "name" => true,
        "address" => all.iter().rfind(|other| other.step == "address").is_some_and(|last| last != finding),
        _ => false,
    }
}

/// The failure that tells the user most: what TLS says, else the first.
pub(super) fn decisive(findings: &[Finding]) -> Option<&WaitReason> {
    let reasons = || {
        findings.iter().filter_map(|finding| match &finding.outcome {
            Outcome::Failed(why) => Some(why),
            Outcome::Fine | Outcome::Odd => None,
        })
    };
    reasons().find(|why| is_tls(why)).or_else(|| reasons().next())
}
