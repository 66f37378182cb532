//! Certificates in the report: those the server shows, and our own.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::ClientFiles;
use crate::model::Stamp;
use crate::net::tls::{Own, OwnFiles, Shown};

use super::report::{Check, Grade};

/// A certificate that ends within this time is warned of.
const SOON: Duration = Duration::from_hours(14 * 24);

/// Our own certificate: whether it can be used, by whom it is, until when.
pub(super) fn own(files: &ClientFiles, clock: Stamp) -> Vec<Check> {
    const STEP: &str = "own-certificate";
    let own = Own::load(&OwnFiles { cert: files.cert.clone(), key: files.key.clone() });
    let shown = match own {
        Ok(own) => own.shown,
        Err(why) => return vec![Check::failed(STEP, why, "check client_cert and client_key in the configuration")],
    };
    let said = format!("{}, until {}", shown.subject, day(shown.until));
    let renew = "get a new one from the server's administrator";
    let mut checks = vec![if clock > shown.until {
        Check::failed(STEP, format!("{said}: it is out of date"), renew)
    } else if clock < shown.from {
        Check::failed(STEP, format!("{said}: it counts only from {} on", day(shown.from)), "check this machine's clock")
    } else if clock.age(shown.until) < SOON {
        Check::odd(STEP, format!("{said}: it ends soon"), renew)
    } else {
        Check::fine(STEP, said)
    }];
    if let Some(weak) = &shown.weak {
        checks.push(Check::odd(STEP, format!("many servers refuse it: it is or has {weak}"), renew));
    }
    if readable_by_others(&files.key) {
        let text = format!("others on this machine can read {}", files.key.display());
        checks.push(Check::odd(STEP, text, "chmod 600 it, and get a new one if somebody may have read it"));
    }
    checks
}

#[cfg(unix)]
fn readable_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_file: &Path) -> bool {
    false
}

/// A warning, where the server's certificate ends soon.
pub(super) fn ends_soon(leaf: &Shown, clock: Stamp) -> Option<Check> {
    (clock.age(leaf.until) < SOON).then(|| {
        let text = format!("the server's certificate ends on {}", day(leaf.until));
        Check::odd("certificate", text, "tell the server's administrator to renew it in time")
    })
}

/// What to print of a chain: all of it where something is wrong, else the server's key.
pub(super) fn lines(check: &Check, verbose: bool) -> Vec<String> {
    if check.grade == Grade::Fine && !verbose {
        return check.chain.first().map(|leaf| format!("pin {}", leaf.pin)).into_iter().collect();
    }
    let numbered = check.chain.iter().enumerate();
    numbered.flat_map(|(at, shown)| certificate(at, shown, check.at == Some(at))).collect()
}

fn certificate(at: usize, shown: &Shown, at_fault: bool) -> Vec<String> {
    let mark = if at_fault { "  <-- here it fails" } else { "" };
    let mut lines = vec![
        format!("certificate {}: {}{mark}", at + 1, shown.subject),
        format!("  signed by {}", shown.issuer),
        format!("  valid from {} until {}; key {}", day(shown.from), day(shown.until), shown.key),
    ];
    lines.extend(shown.weak.as_ref().map(|weak| format!("  not safe: {weak}")));
    if !shown.names.is_empty() {
        lines.push(format!("  for {}", shown.names.join(", ")));
    }
    lines.push(format!("  SHA-256 {}", shown.fingerprint));
    lines.push(format!("  pin {}", shown.pin));
    lines
}

/// The chain in the event of a check.
pub(super) fn json(chain: &[Shown], at: Option<usize>) -> Value {
    let one = |(n, shown): (usize, &Shown)| {
        json!({
            "subject": shown.subject,
            "issuer": shown.issuer,
            "from": shown.from.to_rfc3339(),
            "until": shown.until.to_rfc3339(),
            "names": shown.names,
            "key": shown.key,
            "sha256": shown.fingerprint,
            "pin": shown.pin.to_string(),
            "weak": shown.weak,
            "at_fault": at == Some(n),
        })
    };
    chain.iter().enumerate().map(one).collect()
}

fn day(stamp: Stamp) -> String {
    stamp.to_rfc3339().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::lines as printed;
    use super::super::way;
    use super::*;
    use crate::model::{Distrust, Pin, WaitReason};
    use crate::net::survey::{Finding, Outcome};

    fn time(text: &str) -> Stamp {
        Stamp::parse_rfc3339(text).unwrap()
    }

    fn shown(subject: &str, issuer: &str, names: &[&str]) -> Shown {
        Shown {
            subject: subject.into(),
            issuer: issuer.into(),
            from: time("2026-01-01T00:00:00Z"),
            until: time("2027-01-01T00:00:00Z"),
            names: names.iter().map(|n| (*n).to_owned()).collect(),
            key: "EC 256".into(),
            fingerprint: "AB:CD".into(),
            pin: Pin::new([0x5a; 32]),
            weak: None,
        }
    }

    fn finding(step: &'static str, text: &str, outcome: Outcome, chain: Vec<Shown>, at: Option<usize>) -> Finding {
        Finding { step, text: text.into(), outcome, chain, at }
    }

    fn said(findings: &[Finding], reached: bool, clock: &str) -> String {
        let checks = way::told(findings, reached, reached, time(clock));
        checks.iter().flat_map(|check| printed(check, false)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_bad_chain_is_shown_whole_and_a_good_one_as_its_key() {
        let chain =
            vec![shown("CN=server\u{202e}", "CN=Between", &["sip.d.test", "d.test"]), shown("CN=Between", "CN=Root", &[])];
        let failed = Outcome::Failed(WaitReason::TlsUnknownCa { distrust: Distrust::Missing { issuer: "CN=Root".into() } });
        let names = finding("name", "SRV _sip._tls.d.test: no such record", Outcome::Fine, vec![], None);
        let address = |text| finding("address", text, Outcome::Fine, vec![], None);
        let bad = [
            names.clone(),
            address("sip.d.test:5061: 192.0.2.1:5061"),
            finding("tls", "with 192.0.2.1:5061, which should be d.test", failed, chain.clone(), Some(1)),
        ];
        let good = [
            names,
            address("sipinternal.d.test: no such name"),
            address("sip.d.test:5061: 192.0.2.1:5061"),
            finding("tls", "TLS 1.3; the server is d.test", Outcome::Fine, chain, None),
        ];
        let clock = "2026-06-01T00:00:00Z";
        insta::assert_snapshot!(
            [said(&bad, false, clock), said(&good, true, clock), said(&good, true, "2026-12-30T00:00:00Z")].join("\n\n")
        );
    }
}
