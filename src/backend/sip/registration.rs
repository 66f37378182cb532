//! Keeping our binding alive (RFC 3261 section 10, RFC 5626 section 4.2).
//!
//! ```text
//!          link up                 200
//!   Idle ----------> Registering --------> Registered <-------------+
//!                     |   ^  423: Min-Expires     | 0.75..0.9 of the |
//!                     +---+  439: no outbound     | time granted     | 200
//!                     | other                     v                  |
//!                     v                       Refreshing ------------+
//!                   failed                        | 5xx: again, until the binding ends
//!                                                 | no answer: the link is dead
//!   Registered --sign-out--> Leaving --any answer--> Idle
//! ```

use std::time::{Duration, Instant};

use super::dialect;
use super::redirect;
use super::ua::{Leg, Purpose, Ua};
use crate::backend::Target;
use crate::backend::sip::incoming::ALLOW;
use crate::model::{Transport, WaitReason};
use crate::sip::auth::Algorithm;
use crate::sip::message::{Message, Method, NameAddr};

/// The registration of one link.
#[derive(Debug, Default)]
pub(super) struct Registration {
    state: State,
    leg: Option<Leg>,
    /// `Min-Expires` of a registrar that found our wish too short.
    least: u32,
    /// The first hop has no outbound (439): ask without it.
    plain: bool,
    refusals: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Registering,
    Registered {
        refresh: Instant,
        ends: Instant,
    },
    Refreshing {
        ends: Instant,
    },
    Leaving,
}

/// What an answer meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing for others.
    Going,
    /// The binding stands; what the registrar told of itself.
    Registered(Granted),
    /// The binding is gone, as we wished.
    Gone,
    /// The registrar sends us to one of these places, best first; the failure is what is to be
    /// told if none of them will do.
    Elsewhere(Vec<Target>, Failure),
    /// Sign-in failed, or the link is no good any more.
    Failed(Failure),
}

/// Why sign-in failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// Why.
    pub(super) why: WaitReason,
    /// The least wait the server asked for.
    pub(super) least: Duration,
}

/// What the registrar told of itself with its 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Granted {
    /// The first 200 on this link.
    pub(super) first: bool,
    /// `Flow-Timer`, seconds.
    pub(super) flow_timer: Option<u32>,
}

impl Registration {
    /// Begins on a new link.
    pub(super) fn start(&mut self, ua: &mut Ua, now: Instant) {
        self.state = State::Registering;
        self.refusals = 0;
        self.plain = false;
        self.leg = Some(Leg::new(ua.settings.aor.as_str(), &mut ua.tokens));
        self.send(ua.settings.expires.registration.max(self.least), ua, now);
    }

    /// The link is gone.
    pub(super) fn stop(&mut self) {
        self.state = State::Idle;
        self.leg = None;
    }

    /// Removes our binding; `false` if there is none.
    pub(super) fn leave(&mut self, ua: &mut Ua, now: Instant) -> bool {
        if matches!(self.state, State::Idle | State::Leaving) {
            return false;
        }
        self.state = State::Leaving;
        self.send(0, ua, now);
        true
    }

    /// Takes a final response.
    pub(super) fn on_response(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Outcome {
        if let Some(leg) = &mut self.leg {
            leg.heard(response);
        }
        let code = response.status().unwrap_or(0);
        if self.state == State::Leaving {
            // A refresh may still have been under way; only the last answer counts.
            return if self.leg.as_ref().map(|l| l.cseq) <= response.cseq().map(|c| c.number) {
                Outcome::Gone
            } else {
                Outcome::Going
            };
        }
        match code {
            200..=299 => self.accepted(response, ua, now),
            423 if self.refusals < MOST_REFUSALS => {
                self.refusals += 1;
                self.least = longer(response, ua.settings.expires.registration.max(self.least));
                self.send(self.least, ua, now);
                Outcome::Going
            }
            439 if !self.plain => {
                self.plain = true;
                self.send(ua.settings.expires.registration.max(self.least), ua, now);
                Outcome::Going
            }
            500.. if code < 600 && self.ends().is_some_and(|ends| ends > now) => self.again(retry_after(response), ua, now),
            300..=399 if self.state == State::Registering => {
                let from = ua.peer().map_or(Transport::Tls, |peer| peer.transport);
                Outcome::Elsewhere(redirect::places(response, from), failure(response, ua))
            }
            _ => Outcome::Failed(failure(response, ua)),
        }
    }

    /// No answer came.
    pub(super) fn on_failure(&mut self, ua: &Ua) -> Outcome {
        if self.state == State::Leaving {
            return Outcome::Gone;
        }
        let at = ua.peer().map(|p| p.server.clone()).unwrap_or_default();
        Outcome::Failed(Failure { why: WaitReason::Timeout { at }, least: Duration::ZERO })
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        if let State::Registered { refresh, ends } = self.state
            && refresh <= now
        {
            self.state = State::Refreshing { ends };
            self.send(ua.settings.expires.registration.max(self.least), ua, now);
        }
    }

    /// When [`Registration::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Registered { refresh, .. } => Some(refresh),
            State::Idle | State::Registering | State::Refreshing { .. } | State::Leaving => None,
        }
    }

    fn ends(&self) -> Option<Instant> {
        match self.state {
            State::Registered { ends, .. } | State::Refreshing { ends } => Some(ends),
            State::Idle | State::Registering | State::Leaving => None,
        }
    }

    fn accepted(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Outcome {
        let first = self.state == State::Registering;
        self.refusals = 0;
        let seconds = granted(response, ua).unwrap_or(ua.settings.expires.registration);
        let lifetime = Duration::from_secs(u64::from(seconds)).max(SHORTEST);
        let refresh = now + ua.share(lifetime, 750, 900);
        self.state = State::Registered { refresh, ends: now + lifetime };
        if first {
            ua.traits = dialect::traits(&ua.settings, response);
        }
        ua.outbound = response.headers.lists_token("Require", "outbound");
        ua.service_route = response.headers.list("Service-Route");
        let flow_timer = response.headers.get("Flow-Timer").and_then(|v| v.trim().parse().ok());
        Outcome::Registered(Granted { first, flow_timer })
    }

    /// A refresh failed, but the binding still stands for a while.
    fn again(&mut self, wish: Option<Duration>, ua: &mut Ua, now: Instant) -> Outcome {
        self.refusals = self.refusals.saturating_add(1);
        let pause = Duration::from_secs(30).saturating_mul(1 << self.refusals.min(5)) / 2;
        let pause = ua.share(pause, 500, 1000).max(wish.unwrap_or_default());
        if let Some(ends) = self.ends() {
            self.state = State::Registered { refresh: (now + pause).min(ends), ends };
        }
        Outcome::Going
    }

    fn send(&mut self, expires: u32, ua: &mut Ua, now: Instant) {
        let Some(leg) = &mut self.leg else { return };
        let registrar = format!("sip:{}", ua.settings.aor.domain());
        let mut request = ua.request(&Method::Register, &registrar, leg.next());
        let instance = format!("+sip.instance=\"<urn:uuid:{}>\"", ua.settings.instance);
        let contact = if self.plain {
            format!("<{}>;{instance}", ua.contact_uri())
        } else {
            format!("<{}>;reg-id=1;{instance}", ua.contact_uri())
        };
        request.headers.push("Contact", contact);
        request.headers.push("Expires", expires.to_string());
        request.headers.push("Supported", if self.plain { "path, gruu" } else { "path, outbound, gruu" });
        request.headers.push("Allow", ALLOW);
        ua.send(request, Purpose::Register, now);
    }
}

/// How long our own binding lives according to a 200: its parameter first, then the header field.
fn granted(response: &Message, ua: &Ua) -> Option<u32> {
    let instance = format!("<urn:uuid:{}>", ua.settings.instance);
    let ours = ua.contact_uri();
    let bindings = response.name_addrs("Contact");
    let is_instance = |b: &&NameAddr| b.params.get("+sip.instance").is_some_and(|i| i.eq_ignore_ascii_case(&instance));
    let same_uri = |b: &&NameAddr| b.uri.as_str() == ours;
    let own = bindings.iter().find(|b| is_instance(b) && same_uri(b));
    let own = own.or_else(|| bindings.iter().find(same_uri)).or_else(|| bindings.iter().find(is_instance));
    own.and_then(|b| b.params.get("expires")).and_then(|v| v.parse().ok()).or_else(|| response.expires())
}

/// `Retry-After`, if the server gave one; no server can put us off for longer than a day.
pub(super) fn retry_after(response: &Message) -> Option<Duration> {
    let value = response.headers.get("Retry-After")?;
    let digits = value.split([';', ' ', '(']).next()?.trim();
    digits.parse().ok().map(|seconds| Duration::from_secs(seconds).min(LONGEST_WISH))
}

/// The lifetime to ask for when a server found `asked` too short (423): what it wishes, but more
/// than before, and a week at most.
pub(super) fn longer(response: &Message, asked: u32) -> u32 {
    let wish = response.headers.get("Min-Expires").and_then(|v| v.trim().parse::<u32>().ok());
    wish.unwrap_or(asked.saturating_mul(2)).max(asked.saturating_add(1)).min(LONGEST)
}

/// What a refusal means to the user.
fn failure(response: &Message, ua: &Ua) -> Failure {
    let code = response.status().unwrap_or(0);
    let reason = response.reason().chars().filter(|c| !c.is_control()).take(120).collect::<String>();
    let why = match code {
        401 | 407 => challenged(response, ua),
        404 | 604 => WaitReason::UnknownUser,
        408 | 504 => WaitReason::Timeout { at: ua.peer().map(|p| p.server.clone()).unwrap_or_default() },
        300..=399 => {
            let detail = format!("the server sends us elsewhere ({code}), but names no place we have not been sent to already");
            WaitReason::Protocol { detail }
        }
        423 => WaitReason::Protocol { detail: "the server finds every lifetime too short".to_owned() },
        480 | 491 | 500..=599 => WaitReason::Busy { code, reason },
        _ => WaitReason::Forbidden { code, reason },
    };
    Failure { why, least: retry_after(response).unwrap_or_default() }
}

/// A challenge that was not answered, or not with success.
fn challenged(response: &Message, ua: &Ua) -> WaitReason {
    let challenges = response.headers.get_all("WWW-Authenticate").chain(response.headers.get_all("Proxy-Authenticate"));
    let offered: Vec<String> = challenges.map(|c| scheme_of(&c)).collect();
    let usable = |offer: &String| {
        let algorithm = offer.strip_prefix("Digest ").and_then(Algorithm::parse);
        algorithm.is_some_and(|known| known != Algorithm::Md5 || !ua.settings.refuse_md5)
    };
    if offered.is_empty() || offered.iter().any(usable) {
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

const MOST_REFUSALS: u32 = 2;
/// A registrar that grants less is not asked more often than this allows.
const SHORTEST: Duration = Duration::from_secs(10);
/// The longest lifetime a server can press on us: a week.
const LONGEST: u32 = 7 * 24 * 3600;
const LONGEST_WISH: Duration = Duration::from_hours(24);
