//! Keeping our binding alive (RFC 3261 section 10, RFC 5626 section 4.2; [MS-SIP] 3.1,
//! [MS-SIPREGE] 3.1 and 3.2).
//!
//! ```text
//!          link up                 200
//!   Idle ----------> Registering --------> Registered <-------------+
//!                     |   ^  423: Min-Expires     | 0.75..0.9 of the |
//!                     |   |  439: no outbound     | time granted, or | 200
//!                     +---+  489: no Event        | 30 s before (LCS)|
//!                     |      420, 421: without    v                  |
//!                     | other                 Refreshing ------------+
//!                     v                           | 5xx: again, until the binding ends
//!                   failed or elsewhere           | no answer: the link is dead
//!   Registered --sign-out--> Leaving --any answer--> Idle
//!   Registered --the server sees us elsewhere than our Contact says--> Refreshing, with that Contact
//!   Registered --(BE)NOTIFY registration-notify--> signed out by the server
//! ```

mod form;
mod notice;
mod refusal;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(super) use self::form::Form;
pub(super) use self::notice::Deregistered;
use self::refusal::failure;
pub(super) use self::refusal::{longer, retry_after, words};
use super::dialect;
use super::reach::{self, Teller};
use super::redirect;
use super::ua::{Leg, Purpose, Ua};
use crate::backend::{Event, NoticeLevel, Target};
use crate::model::{Transport, WaitReason};
use crate::sip::message::{Message, Method, NameAddr, Params};

/// The registration of one link.
#[derive(Debug, Default)]
pub(super) struct Registration {
    state: State,
    leg: Option<Leg>,
    /// `Min-Expires` of a registrar that found our wish too short.
    least: u32,
    form: Form,
    /// The Contact before the present one: the next REGISTER takes its binding away.
    stale: Option<String>,
    /// The registrar does not take another Contact.
    settled: bool,
    /// When a refresh was, or will be, sent before its time.
    hastened: Option<Instant>,
    refusals: u32,
    /// Refreshes that found the server out of reach (408, 504), one after the other.
    lapses: u32,
    /// The refresh under way came too early to make a new association.
    renew: bool,
    /// An answer to the sign-in was signed wrongly; so long a right one may still come.
    patience: Option<Instant>,
    /// The name the server's directory has for us, and what it had to say, as told last.
    own_name: String,
    said: Option<String>,
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
    /// `Flow-Timer` (RFC 5626), seconds: pings are wanted, and answered.
    pub(super) flow_timer: Option<u32>,
    /// `keep` of our Via (RFC 6223), seconds: the same; 0 leaves the interval to us.
    pub(super) keep: Option<u32>,
    /// The time-out of `ms-keep-alive` from hop to hop, seconds; pings may go unanswered.
    pub(super) keep_alive: Option<u32>,
}

impl Registration {
    /// Begins on a new link.
    pub(super) fn start(&mut self, ua: &mut Ua, now: Instant) {
        self.state = State::Registering;
        self.refusals = 0;
        self.lapses = 0;
        self.renew = false;
        (self.stale, self.settled, self.hastened) = (None, false, None);
        self.patience = None;
        self.said = None;
        self.form = dialect::register_form(&ua.settings);
        if self.form.simple {
            ua.offer_keep();
        }
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
            420 | 421 | 439 | 489 if self.form.refused(code, response) => {
                self.send(ua.settings.expires.registration.max(self.least), ua, now);
                Outcome::Going
            }
            400 | 402..=406 | 410..=599 if self.stale.is_some() => self.keep_contact(ua, now),
            408 | 500..=599 => self.unserved(code, response, ua, now),
            300..=399 => {
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

    /// The association of the link is no good any more: only a REGISTER makes a new one. One that
    /// is under way may be too old for that; then another follows it.
    pub(super) fn renew(&mut self, ua: &mut Ua, now: Instant) {
        match self.state {
            State::Registered { ends, .. } => {
                self.state = State::Refreshing { ends };
                self.send(ua.settings.expires.registration.max(self.least), ua, now);
            }
            State::Refreshing { .. } => self.renew = true,
            State::Idle | State::Registering | State::Leaving => {}
        }
    }

    /// An answer was signed wrongly, and so is nobody's word. While signing in that may have been the one
    /// we wait for: the right one gets a little time, and then the user is told.
    pub(super) fn distrusted(&mut self, now: Instant) {
        if self.state == State::Registering {
            self.patience.get_or_insert(now + PATIENCE);
        }
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) -> Outcome {
        match self.state {
            State::Registered { refresh, ends } if refresh <= now => {
                self.state = State::Refreshing { ends };
                self.send(ua.settings.expires.registration.max(self.least), ua, now);
            }
            State::Registering if self.patience.is_some_and(|until| until <= now) => {
                return Outcome::Failed(Failure { why: WaitReason::WrongSignature, least: Duration::ZERO });
            }
            _ => {}
        }
        Outcome::Going
    }

    /// When [`Registration::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Registered { refresh, .. } => Some(refresh),
            State::Registering => self.patience,
            State::Idle | State::Refreshing { .. } | State::Leaving => None,
        }
    }

    /// The server sees us at this address. Behind a NAT that is where we are to be reached, unless the registrar
    /// keeps our flow or has a name for us. `changed`: it was another before. A flow whose address changed has
    /// failed (RFC 5626 section 4.4.2).
    pub(super) fn seen_at(&mut self, at: SocketAddr, changed: bool, ua: &mut Ua, now: Instant) -> Outcome {
        let named = ua.reach.outbound || ua.reach.gruu.is_some();
        if changed && ua.reach.outbound && !ua.reliable() {
            let detail = "the network shows us to the server at another address than before".to_owned();
            return Outcome::Failed(Failure { why: WaitReason::Network { detail }, least: Duration::ZERO });
        }
        if named {
            ua.reach.public = None;
        } else if self.form.simple && !ua.traits.epid && !self.settled {
            let before = ua.contact_uri();
            ua.reach.public = Some(at).filter(|at| ua.peer().is_some_and(|peer| peer.local != *at));
            let contact = ua.contact_uri();
            if contact == before {
                return Outcome::Going;
            }
            self.stale = self.stale.take().or(Some(before)).filter(|stale| *stale != contact);
            self.hasten(now);
            return Outcome::Going;
        }
        if changed {
            self.hasten(now);
        }
        Outcome::Going
    }

    /// The next refresh comes at once; but a network that never rests brings one each [`HASTE`] only.
    fn hasten(&mut self, now: Instant) {
        if let State::Registered { refresh, .. } = &mut self.state {
            let at = self.hastened.map_or(now, |last| now.max(last + HASTE));
            *refresh = at.min(*refresh);
            self.hastened = Some(at);
        }
    }

    /// The registrar does not take another Contact in place of the one it has: that one must do.
    fn keep_contact(&mut self, ua: &mut Ua, now: Instant) -> Outcome {
        (self.stale, self.settled, ua.reach.public) = (None, true, None);
        if let State::Refreshing { ends } = self.state {
            let refresh = now + ua.share(ends.saturating_duration_since(now), 750, 900);
            self.state = State::Registered { refresh, ends };
        }
        Outcome::Going
    }

    fn ends(&self) -> Option<Instant> {
        match self.state {
            State::Registered { ends, .. } | State::Refreshing { ends } => Some(ends),
            State::Idle | State::Registering | State::Leaving => None,
        }
    }

    /// The server cannot serve now: sign-in failed, but a binding that stands need not end so.
    fn unserved(&mut self, code: u16, response: &Message, ua: &mut Ua, now: Instant) -> Outcome {
        let wish = retry_after(response);
        match self.ends() {
            Some(ends) if matches!(code, 408 | 504) && self.lapses < MOST_LAPSES => self.lapse(ends, wish, ua, now),
            Some(ends) if code >= 500 && ends > now => self.again(ends, wish, ua, now),
            _ => Outcome::Failed(failure(response, ua)),
        }
    }

    /// A refresh found the server out of reach: a minute later once more, even if the binding has
    /// ended by then, but not for ever.
    fn lapse(&mut self, ends: Instant, wish: Option<Duration>, ua: &mut Ua, now: Instant) -> Outcome {
        self.lapses = self.lapses.saturating_add(1);
        let pause = ua.share(LAPSE, 1000, 1100).max(wish.unwrap_or_default());
        self.state = State::Registered { refresh: now + pause, ends };
        Outcome::Going
    }

    fn accepted(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Outcome {
        let first = self.state == State::Registering;
        if !first && lost_our_state(response) {
            return Outcome::Failed(Failure { why: WaitReason::Moved, least: Duration::ZERO });
        }
        self.refusals = 0;
        self.lapses = 0;
        if first {
            ua.traits = dialect::traits(&ua.settings, response, ua.signed_by.is_some());
            // The words of LCS are of no use to others, who may keep them with the binding.
            if !ua.traits.epid {
                self.form.drop_lcs();
            }
        }
        let seconds = granted(response, ua).unwrap_or(ua.settings.expires.registration);
        let lifetime = Duration::from_secs(u64::from(seconds)).max(SHORTEST);
        let refresh = if ua.traits.epid {
            now + lifetime.saturating_sub(HEADSTART).max(lifetime / 2)
        } else {
            now + ua.share(lifetime, 750, 900)
        };
        self.state = State::Registered { refresh, ends: now + lifetime };
        self.tell(response, ua);
        self.stale = None;
        let (aor, instance) = (ua.settings.aor.clone(), ua.settings.instance);
        ua.reach.granted(response, &aor, instance);
        if let Some(at) = reach::seen_in(response) {
            let changed = ua.reach.learn(Teller::Via, at);
            if let Outcome::Failed(why) = self.seen_at(at, changed, ua, now) {
                return Outcome::Failed(why);
            }
        }
        if std::mem::take(&mut self.renew) {
            self.renew(ua, now);
        }
        let flow_timer = response.headers.get("Flow-Timer").and_then(|v| v.trim().parse().ok());
        let keep = response.top_via().and_then(|via| via.params.get("keep")?.parse().ok());
        Outcome::Registered(Granted { first, flow_timer, keep, keep_alive: keep_alive(response) })
    }

    /// What the server says beside its yes: its name for us, and words for people.
    fn tell(&mut self, response: &Message, ua: &mut Ua) {
        let name = response.from().map(|from| from.display).unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        if ua.traits.epid && !name.is_empty() && name != self.own_name {
            self.own_name.clone_from(&name);
            ua.emit(Event::OwnName(name));
        }
        let said = words(response);
        if self.said != said {
            self.said.clone_from(&said);
            if let Some(text) = said {
                ua.notice(NoticeLevel::Info, "server-says", format!("The server says: {text}"));
            }
        }
    }

    /// A refresh failed, but the binding still stands for a while.
    fn again(&mut self, ends: Instant, wish: Option<Duration>, ua: &mut Ua, now: Instant) -> Outcome {
        self.refusals = self.refusals.saturating_add(1);
        let pause = Duration::from_secs(30).saturating_mul(1 << self.refusals.min(5)) / 2;
        let pause = ua.share(pause, 500, 1000).max(wish.unwrap_or_default());
        self.state = State::Registered { refresh: (now + pause).min(ends), ends };
        Outcome::Going
    }

    fn send(&mut self, expires: u32, ua: &mut Ua, now: Instant) {
        let Some(leg) = &mut self.leg else { return };
        let registrar = format!("sip:{}", ua.settings.aor.domain());
        let mut request = ua.request(&Method::Register, &registrar, leg.next());
        self.form.write(&mut request, expires, expires == 0 || self.least > 0, self.stale.as_deref(), ua);
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
    let expires = |binding: &NameAddr| binding.params.get("expires").and_then(|v| v.parse().ok());
    // Behind `proxy=replace` ours has another address; if it is the only one, it is ours.
    let only = || bindings.first().filter(|_| bindings.len() == 1).and_then(expires);
    own.and_then(expires).or_else(|| response.expires()).or_else(only)
}

/// The time-out of `ms-keep-alive`, if the server keeps connections alive from hop to hop.
fn keep_alive(response: &Message) -> Option<u32> {
    let value = response.header("ms-keep-alive")?;
    let params = Params::parse(value.split_once(';')?.1);
    let hop = params.get("hop-hop").is_some_and(|hop| hop.eq_ignore_ascii_case("yes"));
    params.get("timeout").filter(|_| hop).and_then(|t| t.parse().ok()).filter(|seconds| *seconds > 0)
}

/// The answer to a refresh says that there was nothing to refresh ([MS-SIPREGE] 3.1.1.5.1).
fn lost_our_state(response: &Message) -> bool {
    let Some(value) = response.header("presence-state") else { return false };
    let action = Params::parse(&value).get("register-action").unwrap_or_default();
    action.eq_ignore_ascii_case("added") || action.eq_ignore_ascii_case("fixed")
}

const MOST_REFUSALS: u32 = 2;
/// Between two refreshes that come before their time.
const HASTE: Duration = Duration::from_mins(1);
/// Refreshes of a server out of reach before the connection is given up (as SIPE does).
const MOST_LAPSES: u32 = 5;
const LAPSE: Duration = Duration::from_mins(1);
/// So long a rightly signed answer may come after a wrong one.
const PATIENCE: Duration = Duration::from_secs(4);
/// A registrar that grants less is not asked more often than this allows.
const SHORTEST: Duration = Duration::from_secs(10);
/// So long before its end a binding is refreshed where devices have an `epid` (as SIPE does).
const HEADSTART: Duration = Duration::from_secs(30);
const LONGEST_NAME: usize = 200;
