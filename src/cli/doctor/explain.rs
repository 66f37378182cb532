//! What signing in showed of a server, line by line: what it means, and what to do.

use crate::app::{AccountView, words};
use crate::backend::Traffic;
use crate::model::{Capabilities, Dialect, RosterHome, Transport};

use super::report::Check;

/// Offences of a server whose messages are to be signed.
const DOUBTS: [&str; 4] = ["wrong_signature", "replayed_signature", "unsigned_message", "unknown_association"];

/// Kinds of offences named in one line.
const OFFENCES: usize = 12;

/// The lines about an account that is signed in and whose server is known.
#[must_use]
pub fn explain(view: &AccountView, able: &Capabilities) -> Vec<Check> {
    let mut checks = vec![dialect(able), authentication(able), signing(able, view)];
    checks.extend(notifications(able));
    checks.extend([
        presence(able),
        contacts(able),
        access(able),
        watchers(able),
        sessions(able),
        directory(able),
        keepalive(able),
        reach(able),
    ]);
    checks
}

/// The lines about what went over the wire until now.
#[must_use]
pub fn traffic(counted: &Traffic) -> Vec<Check> {
    let cost = format!(
        "signing in took {} messages and {} octets out, {} messages and {} octets in",
        counted.sip_out, counted.bytes_out, counted.sip_in, counted.bytes_in
    );
    let faults = if counted.faults.is_empty() {
        Check::fine("faults", "the server did nothing against the rules")
    } else {
        let named: Vec<String> = counted.faults.iter().take(OFFENCES).map(|(word, count)| offence(word, *count)).collect();
        let more = counted.faults.len().saturating_sub(OFFENCES);
        let rest = if more > 0 { format!(" and {more} other kinds") } else { String::new() };
        let text = format!("the server did against the rules: {}{rest}", named.join(", "));
        Check::odd("faults", text, "what could be passed over was, and the connection lived on; tell the server's administrator")
    };
    vec![Check::fine("traffic", cost), faults]
}

/// A kind of offence and how often it was seen; of broken messages also what is meant.
fn offence(word: &str, count: u64) -> String {
    match meaning(word) {
        Some(meaning) => format!("{word} {count} ({meaning})"),
        None => format!("{word} {count}"),
    }
}

/// What the words for broken messages mean, and whether the connection could go on behind them.
fn meaning(word: &str) -> Option<&'static str> {
    Some(match word {
        "start-line" => "a first line that is neither a request's nor an answer's",
        "sip-version" => "a version of SIP that is not 2.0",
        "status-code" => "an answer whose code is not between 100 and 699",
        "method" => "a request whose method is no word",
        "uri" => "an address that cannot be read",
        "header-line" => "a header line without a name or without a colon",
        "character" => "a character that may not stand there",
        "header-value" => "a header field whose value cannot be read",
        "header-missing" => "a message without a header field that must be there",
        "header-twice" => "a header field given twice",
        "headers-too-many" => "more header fields than are taken",
        "body-too-long" => "a body longer than is taken",
        "length-wrong" => "a body length that is no number; the connection was closed",
        "length-missing" => "a message that does not say how long its body is; the connection was closed",
        "head-too-long" => "header fields longer than is taken; the connection was closed",
        "ping-flood" => "keep-alives without end; the connection was closed",
        "message-truncated" => "a message that ends too early",
        "unreadable-flood" => "nothing but messages that cannot be read; the connection was closed",
        _ => return None,
    })
}

fn is_lcs(able: &Capabilities) -> bool {
    able.dialect == Dialect::Lcs
}

fn dialect(able: &Capabilities) -> Check {
    let text = match able.dialect {
        Dialect::Lcs => "LCS: the server speaks as Microsoft Live Communications Server 2005 does",
        Dialect::Simple => "SIMPLE: the server speaks the IETF's standards and none of Microsoft's extensions",
    };
    Check::fine("dialect", text)
}

fn authentication(able: &Capabilities) -> Check {
    let name = words::scheme(able.auth);
    match able.auth {
        "none" | "" => Check::odd(
            "authentication-used",
            "nobody asked for the password: the server believes whoever connects",
            "ask its administrator to require one",
        ),
        "kerberos" => Check::fine("authentication-used", format!("{name}; a ticket was shown, and no password was needed")),
        _ => Check::fine("authentication-used", format!("{name}; the password itself did not travel")),
    }
}

fn signing(able: &Capabilities, view: &AccountView) -> Check {
    let tls = view.transport == Some(Transport::Tls);
    let doubted: u64 = DOUBTS.iter().filter_map(|word| view.traffic.faults.get(word)).sum();
    if able.signed && doubted > 0 {
        return Check::failed(
            "signing",
            format!("{doubted} messages of the server were not signed as they must be; they were not believed"),
            "somebody may be changing messages on the way: use TLS (--transport tls), and tell the server's administrator",
        );
    }
    match (able.signed, tls) {
        (true, true) => Check::fine("signing", "every message in both directions is signed and checked, inside TLS"),
        (true, false) => Check::odd(
            "signing",
            "every message in both directions is signed and checked, but everybody on the way can read them",
            "use TLS (--transport tls) if the server has it",
        ),
        (false, true) => Check::fine("signing", "messages are not signed one by one; TLS protects them up to the server"),
        (false, false) => Check::odd(
            "signing",
            "messages are neither signed nor encrypted: everybody on the way can read and change them",
            "use TLS (--transport tls) if the server has it",
        ),
    }
}

/// How presence comes: three of the lines are about extensions only one dialect has.
fn notifications(able: &Capabilities) -> Vec<Check> {
    let mut checks = vec![if able.batch {
        Check::fine("batch", "one subscription brings the presence of the whole contact list")
    } else {
        let advice = match able.dialect {
            Dialect::Lcs => "it works all the same, slower with a long list; its administrator may have switched it off",
            Dialect::Simple => {
                "it works all the same, slower with a long list; name list_uri in the configuration if it keeps lists"
            }
        };
        Check::odd("batch", "each contact is asked for with a subscription of its own", advice)
    }];
    if is_lcs(able) {
        let carries_on = "it works all the same, with more messages; nothing to do";
        let line = |step, has: bool, with: &str, without: &str| {
            if has { Check::fine(step, with) } else { Check::odd(step, without, carries_on) }
        };
        checks.push(line(
            "benotify",
            able.benotify,
            "changes come as best-effort notifications that need no answer",
            "every notification is answered one by one",
        ));
        checks.push(line(
            "piggyback",
            able.piggyback,
            "the first state comes within the answer to the subscription",
            "the first state comes as a notification of its own",
        ));
        checks.push(line(
            "autoextend",
            able.autoextend,
            "subscriptions last as long as the server sees us, without being renewed",
            "subscriptions are renewed before they run out",
        ));
    }
    checks
}

fn presence(able: &Capabilities) -> Check {
    if able.publish {
        Check::fine("presence", "the server takes our presence and shows it to others")
    } else {
        let advice = "others may see you as offline or only as online; ask its administrator";
        Check::odd("presence", "the server does not take our presence", advice)
    }
}

fn contacts(able: &Capabilities) -> Check {
    match able.roster_home {
        RosterHome::Server => Check::fine("contacts", "the contact list is kept by the server, for all your devices"),
        RosterHome::Local => Check::fine("contacts", "the contact list is kept in a file on this machine"),
    }
}

fn access(able: &Capabilities) -> Check {
    if able.access_on_server {
        Check::fine("access", "the server keeps and enforces whom you allow and block")
    } else {
        Check::odd(
            "access",
            "blocks are kept on this machine: messages are refused here, but the server still shows your presence",
            "appear offline to be seen by nobody; ask its administrator for presence rules",
        )
    }
}

fn watchers(able: &Capabilities) -> Check {
    if able.watchers {
        Check::fine("watchers", "the server tells who wants to see you, so that you can decide")
    } else {
        Check::odd(
            "watchers",
            "the server does not tell who watches you",
            "decide beforehand with chinwag access allow and block",
        )
    }
}

fn sessions(able: &Capabilities) -> Check {
    match (able.sessions, able.dialect) {
        (true, _) => Check::fine("sessions", "messages travel in sessions: several people can talk at once, looks are kept"),
        (false, Dialect::Simple) => Check::fine("sessions", "each message travels by itself: two people at a time, plain text"),
        (false, Dialect::Lcs) => Check::odd(
            "sessions",
            "each message travels by itself: two people at a time, plain text",
            "it works all the same; nothing to do",
        ),
    }
}

fn directory(able: &Capabilities) -> Check {
    match (able.directory, able.dialect) {
        (true, _) => Check::fine("directory", "people can be looked up by name (chinwag find)"),
        (false, Dialect::Simple) => Check::fine("directory", "none; people are added by their address"),
        (false, Dialect::Lcs) => {
            Check::odd("directory", "the server offers no search of its directory", "add people by their address")
        }
    }
}

fn keepalive(able: &Capabilities) -> Check {
    match able.keepalive {
        Some(every) if matches!(able.ping, "stun" | "options") => {
            let (every, with) = (words::span(every), able.ping.to_ascii_uppercase());
            let text = format!("{with} every {every}: a dead connection is noticed, and a NAT on the way does not forget it");
            Check::fine("keep-alive", text)
        }
        Some(every) if able.pongs => {
            let every = words::span(every);
            Check::fine("keep-alive", format!("pings answered, every {every}: a dead connection and a dead server are noticed"))
        }
        Some(every) => {
            let every = words::span(every);
            let text = format!(
                "pings not answered, every {every}: the system notices a dead connection; a server that hangs is noticed \
                 when it does not answer a request"
            );
            Check::fine("keep-alive", text)
        }
        None => Check::odd(
            "keep-alive",
            "none: a dead connection is noticed only when something is sent",
            "use TCP or TLS rather than UDP",
        ),
    }
}

/// How what others send comes to us.
fn reach(able: &Capabilities) -> Check {
    let seen = able.seen_at.map(|at| format!("; the server sees us at {at}")).unwrap_or_default();
    let how = match (able.outbound, able.gruu) {
        (true, true) => "over this connection, which the server keeps (outbound), by a name of its own for this device (GRUU)",
        (true, false) => "over this connection, which the server keeps (outbound)",
        (false, true) => "by a name the server has for this device (GRUU)",
        (false, false) => "at our address",
    };
    Check::fine("reach", format!("what others send comes {how}{seen}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::report::Grade;
    use super::*;
    use crate::model::Address;

    fn able(dialect: Dialect, all: bool) -> Capabilities {
        Capabilities {
            dialect,
            batch: all,
            benotify: all,
            piggyback: all,
            autoextend: all,
            keepalive: all.then(|| Duration::from_mins(5)),
            pongs: all,
            ping: if all { "lines" } else { "none" },
            outbound: all,
            gruu: all,
            seen_at: all.then(|| ([203, 0, 113, 7], 49152).into()),
            auth: if all { "ntlm" } else { "none" },
            publish: all,
            watchers: all,
            access_on_server: all,
            roster_home: if all { RosterHome::Server } else { RosterHome::Local },
            sessions: all,
            directory: all,
            signed: all,
        }
    }

    fn lines(dialect: Dialect, all: bool, transport: Transport) -> Vec<Check> {
        let mut view = AccountView::new(Address::parse("alice@example.test").unwrap());
        view.transport = Some(transport);
        explain(&view, &able(dialect, all))
    }

    fn said(checks: &[Check]) -> String {
        let line = |check: &Check| {
            let advice = check.advice.as_deref().map(|advice| format!(" | {advice}")).unwrap_or_default();
            format!("{:<8} {}: {}{advice}", check.grade.word(), check.step, check.text)
        };
        checks.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_feature_is_explained() {
        let all = [
            lines(Dialect::Lcs, true, Transport::Tls),
            lines(Dialect::Lcs, false, Transport::Tcp),
            lines(Dialect::Simple, true, Transport::Tcp),
            lines(Dialect::Simple, false, Transport::Tls),
        ];
        insta::assert_snapshot!(all.iter().map(|checks| said(checks)).collect::<Vec<_>>().join("\n\n"));
        assert!(all[0].iter().all(|check| check.grade == Grade::Fine), "nothing odd where everything is there");
        for check in all.iter().flatten() {
            assert_eq!(check.grade != Grade::Fine, check.advice.is_some(), "{}: what is odd says what to do", check.step);
        }
    }

    #[test]
    fn what_is_not_signed_is_not_said_to_be() {
        let mut view = AccountView::new(Address::parse("alice@example.test").unwrap());
        view.transport = Some(Transport::Tls);
        for word in DOUBTS {
            view.traffic.faults = [(word, 3)].into_iter().collect();
            let told = said(&explain(&view, &able(Dialect::Lcs, true)));
            assert!(told.contains("failed   signing: 3 messages of the server were not signed as they must be"), "{told}");
        }
    }

    #[test]
    fn offences_are_counted_by_kind() {
        let calm = traffic(&Traffic::default());
        assert!(calm.iter().all(|check| check.grade == Grade::Fine), "{}", said(&calm));
        let words: &[&'static str] = &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];
        let counted = Traffic { faults: words.iter().map(|word| (*word, 2)).collect(), ..Traffic::default() };
        let told = said(&traffic(&counted));
        assert!(told.contains("warning  faults: the server did against the rules: a 2, b 2,"), "{told}");
        assert!(told.contains("l 2 and 1 other kinds"), "{told}");
        let counted = Traffic { faults: [("header-line", 3), ("invite", 1)].into(), ..Traffic::default() };
        let told = said(&traffic(&counted));
        assert!(told.contains(": header-line 3 (a header line without a name or without a colon), invite 1 |"), "{told}");
    }
}
