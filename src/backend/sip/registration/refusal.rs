//! What a refusal means to the user, and what a server wishes beside it.

use std::time::Duration;

use super::Failure;
use crate::backend::sip::ua::Ua;
use crate::model::WaitReason;
use crate::sip::auth::{Algorithm, Asker, Doubt, Scheme, offered as offered_by};
use crate::sip::message::{Message, Params};

/// `Retry-After`, if the server gave one; no server can put us off for longer than a day.
pub(in crate::backend::sip) fn retry_after(response: &Message) -> Option<Duration> {
    let value = response.headers.get("Retry-After")?;
    let digits = value.split([';', ' ', '(']).next()?.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    // What is too large for a number is longer than any wait.
    is_number.then(|| digits.parse().map_or(LONGEST_WISH, Duration::from_secs).min(LONGEST_WISH))
}

/// The lifetime to ask for when a server found `asked` too short (423): what it wishes, but more
/// than before, and a week at most.
pub(in crate::backend::sip) fn longer(response: &Message, asked: u32) -> u32 {
    let wish = response.headers.get("Min-Expires").and_then(|v| v.trim().parse::<u32>().ok());
    wish.unwrap_or(asked.saturating_mul(2)).max(asked.saturating_add(1)).min(LONGEST)
}

/// What a refusal means to the user.
pub(super) fn failure(response: &Message, ua: &Ua) -> Failure {
    let code = response.status().unwrap_or(0);
    let reason = words(response).unwrap_or_else(|| tame(response.reason()));
    let why = match code {
        401 | 407 => challenged(response, ua),
        404 | 604 => WaitReason::UnknownUser,
        408 => WaitReason::Timeout { at: ua.peer().map(|p| p.server.clone()).unwrap_or_default() },
        300..=399 => {
            let detail = format!("the server sends us elsewhere ({code}), but names no place we have not been sent to already");
            WaitReason::Protocol { detail }
        }
        423 => WaitReason::Protocol { detail: "the server finds every lifetime too short".to_owned() },
        480 | 491 | 500 | 502..=504 | 506..=599 => WaitReason::Busy { code, reason },
        _ => WaitReason::Forbidden { code, reason },
    };
    Failure { why, least: retry_after(response).unwrap_or_default() }
}

/// What the server has to say to people: the text of a `Warning` (RFC 3261 section 20.43), or the
/// reason in `ms-diagnostics-public` or `ms-diagnostics`.
pub(in crate::backend::sip) fn words(message: &Message) -> Option<String> {
    let warning = message.headers.list("Warning").into_iter().find_map(|w| quoted(&w));
    let diagnosis = || {
        let value = message.header("ms-diagnostics-public").or_else(|| message.header("ms-diagnostics"))?;
        Params::parse(value.split_once(';')?.1).get("reason")
    };
    warning.or_else(diagnosis).map(|text| tame(&text)).filter(|text| !text.is_empty())
}

/// What stands between the first quotes.
fn quoted(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('"')?;
    let mut out = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(out),
            '\\' => out.extend(chars.next()),
            other => out.push(other),
        }
    }
    None
}

/// Words of a server as they may stand in a sentence of ours.
fn tame(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect()
}

/// A challenge that was not answered, or not with success.
fn challenged(response: &Message, ua: &Ua) -> WaitReason {
    let challenges = response.headers.get_all("WWW-Authenticate").chain(response.headers.get_all("Proxy-Authenticate"));
    let offered: Vec<String> = challenges.map(|c| scheme_of(&c)).collect();
    match ua.distrust {
        Some(Doubt::WeakChallenge) => return WaitReason::NoCommonAuth { offered: "NTLM without signed messages".to_owned() },
        Some(_) => return WaitReason::Protocol { detail: "the server's NTLM challenge cannot be read".to_owned() },
        None => {}
    }
    let schemes = ua.settings.schemes;
    let knows_password = ua.settings.credentials.is_some();
    let kerberos = Asker::ALL.into_iter().any(|asker| offered_by(response, asker, Scheme::Kerberos).is_some());
    let kerberos = kerberos && schemes.has(Scheme::Kerberos) && ua.reliable();
    let signs = Asker::ALL.into_iter().any(|asker| offered_by(response, asker, Scheme::Ntlm).is_some());
    let usable = |offer: &String| {
        if offer.eq_ignore_ascii_case("NTLM") {
            return signs && schemes.has(Scheme::Ntlm) && ua.reliable();
        }
        let algorithm = offer.strip_prefix("Digest ").and_then(Algorithm::parse);
        let strong = algorithm.is_some_and(|known| known != Algorithm::Md5 || !ua.settings.refuse_md5);
        strong && schemes.has(Scheme::Digest)
    };
    let asks_password = offered.iter().any(usable);
    if kerberos && !(asks_password && knows_password) {
        WaitReason::Kerberos(ua.tickets.fault())
    } else if offered.is_empty() || asks_password {
        WaitReason::WrongPassword
    } else {
        WaitReason::NoCommonAuth { offered: offered.join(", ") }
    }
}

/// Scheme and algorithm of a challenge, in words such as `Digest MD5`.
fn scheme_of(challenge: &str) -> String {
    let scheme: String = challenge.trim().chars().take_while(char::is_ascii_alphanumeric).take(20).collect();
    if !scheme.eq_ignore_ascii_case("Digest") {
        return scheme;
    }
    let lower = challenge.to_ascii_lowercase();
    let algorithm = lower.split_once("algorithm").and_then(|(_, rest)| rest.trim_start().strip_prefix('='));
    let algorithm = algorithm.map_or("md5", |a| a.trim_start().trim_start_matches('"'));
    let name: String = algorithm.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect();
    format!("Digest {}", name.trim_end_matches("-sess").to_ascii_uppercase())
}

/// The longest lifetime a server can press on us: a week.
const LONGEST: u32 = 7 * 24 * 3600;
const LONGEST_WISH: Duration = Duration::from_hours(24);
const LONGEST_WORDS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says() {
        let said = |name: &str, value: &str| {
            let mut response = Message::response(403);
            response.headers.push(name, value);
            words(&response)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(said("Warning", "310 lcs1.example.test \"You are not \\\"enabled\\\"\""), some("You are not \"enabled\""));
        assert_eq!(said("ms-diagnostics-public", "4141;reason=\"User disabled\";source=\"x\""), some("User disabled"));
        assert_eq!(said("ms-diagnostics", "4010;reason=no epid"), some("no epid"));
        assert_eq!(said("Warning", "310 agent \"open"), None);
        assert_eq!(said("Warning", "310 agent \"\""), None);
        assert_eq!(said("Warning", &format!("310 agent \"{}\"", "x".repeat(10_000))).unwrap().len(), 200);
    }
}
