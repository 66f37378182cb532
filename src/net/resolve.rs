//! Where a name leads: the order of RFC 3263 as pure functions, and the lookups they need.
//!
//! Read RFC 3263 section 4 (client usage) and RFC 2782 (priority and weight) before changing this.
//! What is done today: an address literal or an explicit port goes straight to addresses; a bare
//! name asks SRV for every way that may be taken, and falls back to the name itself at the default
//! port of the way.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use crate::backend::Target;
use crate::model::Transport;

/// Addresses tried at most; a name with more is either a mistake or an attack.
pub const CANDIDATES: usize = 16;

/// SRV records looked at for one name.
const RECORDS: usize = 32;

/// Default port of SIP in clear text (RFC 3261 section 19.1.2).
pub const PORT: u16 = 5060;

/// Default port of SIP over TLS.
pub const TLS_PORT: u16 = 5061;

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lower is tried first.
    pub priority: u16,
    /// Share within the priority.
    pub weight: u16,
    /// Port of the service.
    pub port: u16,
    /// Name of the host, without the final dot; empty: the service is not offered.
    pub host: String,
}

/// What to look up for one way of travelling, before any answer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The way.
    pub transport: Transport,
    /// SRV names to ask, all of them; empty where RFC 3263 forbids the question.
    pub srv: Vec<String>,
    /// Port to be used with the name itself.
    pub port: u16,
}

/// A host to be tried; its addresses are raced among each other only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The way.
    pub transport: Transport,
    /// Name or address literal.
    pub name: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') && !self.name.starts_with('[') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// Why a lookup gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupFault {
    /// The name does not exist or has no such record.
    NotFound,
    /// The name server did not answer, or answered with a failure.
    NoAnswer,
}

/// A lookup under way.
pub type Lookup<T> = Pin<Box<dyn Future<Output = Result<Vec<T>, LookupFault>> + Send>>;

/// Answers questions about names.
pub trait Names: fmt::Debug + Send + Sync {
    /// SRV records of a name.
    fn srv(&self, name: &str) -> Lookup<Srv>;
    /// Addresses of a name, in the order to be tried.
    fn addresses(&self, host: &str) -> Lookup<IpAddr>;
}

/// The literal a host is, if it is one; brackets around IPv6 are understood.
#[must_use]
pub fn literal(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// What to look up, the best way first (RFC 3263 section 4.1, 4.2).
///
/// Without a transport TLS is wanted; clear text follows only if `clear_text` permits it.
#[must_use]
pub fn plan(to: &Target, clear_text: bool) -> Vec<Plan> {
    let ways: &[Transport] = match to.transport {
        Some(Transport::Tcp) => &[Transport::Tcp],
        Some(Transport::Udp) => &[Transport::Udp],
        None if clear_text => &[Transport::Tls, Transport::Tcp],
        None | Some(Transport::Tls) => &[Transport::Tls],
    };
    let direct = to.port.is_some() || literal(&to.host).is_some();
    let host = to.host.trim_end_matches('.');
    ways.iter()
        .map(|&transport| {
            let services: &[&str] = match transport {
                Transport::Tls => &["_sips._tcp", "_sip._tls"],
                Transport::Tcp => &["_sip._tcp"],
                Transport::Udp => &["_sip._udp"],
            };
            let srv = if direct { Vec::new() } else { services.iter().map(|s| format!("{s}.{host}")).collect() };
            Plan { transport, srv, port: to.port.unwrap_or(default_port(transport)) }
        })
        .collect()
}

/// The port where nothing says otherwise.
#[must_use]
pub const fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Tls => TLS_PORT,
        Transport::Tcp | Transport::Udp => PORT,
    }
}

/// Puts answers in the order to be tried.
///
/// `answers` holds one list for each SRV name of `plan`, in its order; the first name with records
/// is the one that counts. Without any, the name itself is tried.
#[must_use]
pub fn hosts(to: &Target, plan: &Plan, answers: Vec<Vec<Srv>>, dice: &mut Dice) -> Vec<Host> {
    let Some(records) = answers.into_iter().find(|a| !a.is_empty()) else {
        let name = to.host.trim_end_matches('.').to_owned();
        return vec![Host { transport: plan.transport, name, port: plan.port }];
    };
    let mut seen = BTreeSet::new();
    order(records, dice)
        .into_iter()
        .filter(|r| !r.host.is_empty() && r.port != 0)
        .filter(|r| seen.insert((r.host.clone(), r.port)))
        .map(|r| Host { transport: plan.transport, name: r.host, port: r.port })
        .take(CANDIDATES)
        .collect()
}

/// Whether answers say that this way is not offered: records exist and all of them are `.`.
#[must_use]
pub fn declined(answers: &[Vec<Srv>]) -> bool {
    let mut all = answers.iter().flatten().peekable();
    all.peek().is_some() && all.all(|r| r.host.is_empty())
}

/// The order of RFC 2782: by priority, within one by chance in proportion to weight.
#[must_use]
pub fn order(mut records: Vec<Srv>, dice: &mut Dice) -> Vec<Srv> {
    records.truncate(RECORDS);
    // Weight 0 first within a priority, as the RFC's algorithm wants it; the rest is a stable order
    // to draw from, so that a seed always gives the same result.
    records.sort_by(|a, b| (a.priority, a.weight, &a.host, a.port).cmp(&(b.priority, b.weight, &b.host, b.port)));
    let mut ordered = Vec::with_capacity(records.len());
    while !records.is_empty() {
        let priority = records.first().map_or(0, |r| r.priority);
        let group = records.iter().take_while(|r| r.priority == priority).count();
        let total: u64 = records.iter().take(group).map(|r| u64::from(r.weight)).sum();
        let drawn = dice.below(total.saturating_add(1));
        let mut running = 0;
        let chosen = records
            .iter()
            .take(group)
            .position(|r| {
                running += u64::from(r.weight);
                running >= drawn
            })
            .unwrap_or(0);
        ordered.push(records.remove(chosen));
    }
    ordered
}

/// Sorts addresses so that the two families alternate, the family of the first one leading
/// (RFC 8305 section 4).
#[must_use]
pub fn interleave(addresses: Vec<IpAddr>, port: u16) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (lead, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut lead, mut other) = (lead.into_iter(), other.into_iter());
    let mut sorted = Vec::new();
    loop {
        let pair = (lead.next(), other.next());
        if pair == (None, None) {
            break;
        }
        sorted.extend([pair.0, pair.1].into_iter().flatten());
    }
    let mut seen = BTreeSet::new();
    sorted.into_iter().filter(|a| seen.insert(*a)).take(CANDIDATES).map(|a| SocketAddr::new(a, port)).collect()
}

/// Chance from a seed (SplitMix64): fair enough to spread load, the same for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Seeds the dice.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to one less than `bound`; 0 if that is empty.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        if bound == 0 { 0 } else { z % bound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: Option<u16>, transport: Option<Transport>) -> Target {
        Target { host: host.into(), port, transport, tls_name: host.into() }
    }

    fn srv(priority: u16, weight: u16, host: &str) -> Srv {
        Srv { priority, weight, port: 5061, host: host.into() }
    }

    #[test]
    fn a_bare_name_asks_srv_and_tls_leads() {
        let plans = plan(&target("example.test.", None, None), true);
        assert_eq!(
            plans,
            [
                Plan {
                    transport: Transport::Tls,
                    srv: vec!["_sips._tcp.example.test".into(), "_sip._tls.example.test".into()],
                    port: 5061
                },
                Plan { transport: Transport::Tcp, srv: vec!["_sip._tcp.example.test".into()], port: 5060 },
            ]
        );
        assert_eq!(plan(&target("example.test", None, None), false).len(), 1);
    }

    #[test]
    fn a_port_or_a_literal_asks_no_srv() {
        for to in [
            target("example.test", Some(5060), Some(Transport::Udp)),
            target("192.0.2.1", None, Some(Transport::Udp)),
            target("[::1]", None, Some(Transport::Udp)),
        ] {
            assert_eq!(plan(&to, true), [Plan { transport: Transport::Udp, srv: vec![], port: 5060 }]);
        }
    }

    #[test]
    fn priority_comes_before_weight_and_a_seed_decides_the_rest() {
        let records = || vec![srv(20, 0, "c"), srv(10, 90, "a"), srv(10, 10, "b"), srv(10, 0, "z")];
        let mut firsts = std::collections::BTreeMap::<String, u32>::new();
        for seed in 0..1000 {
            let ordered = order(records(), &mut Dice::new(seed));
            assert_eq!(ordered.last().unwrap().host, "c");
            assert_eq!(ordered, order(records(), &mut Dice::new(seed)));
            *firsts.entry(ordered[0].host.clone()).or_default() += 1;
        }
        assert!(firsts["a"] > 800 && firsts["b"] > 50 && firsts["z"] < 50, "{firsts:?}");
    }

    #[test]
    fn first_answered_name_counts_and_doubles_go() {
        let to = target("example.test", None, Some(Transport::Tls));
        let plan = plan(&to, false).remove(0);
        let answers = vec![vec![], vec![srv(1, 0, "s1"), srv(1, 0, "s1"), srv(2, 0, "s2")]];
        let names: Vec<String> = hosts(&to, &plan, answers, &mut Dice::new(1)).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["s1:5061", "s2:5061"]);
        let names: Vec<String> =
            hosts(&to, &plan, vec![vec![], vec![]], &mut Dice::new(1)).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["example.test:5061"]);
    }

    #[test]
    fn a_dot_declines() {
        assert!(declined(&[vec![srv(0, 0, "")], vec![]]));
        assert!(!declined(&[vec![], vec![]]));
        assert!(!declined(&[vec![srv(0, 0, ""), srv(1, 0, "a")]]));
    }

    #[test]
    fn a_flood_of_records_is_cut() {
        let many: Vec<Srv> = (0..10_000).map(|n| srv(1, n, &format!("h{n}"))).collect();
        let to = target("example.test", None, Some(Transport::Tls));
        let plan = plan(&to, false).remove(0);
        assert_eq!(hosts(&to, &plan, vec![many], &mut Dice::new(3)).len(), CANDIDATES);
    }

    #[test]
    fn families_alternate() {
        let ips = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.1"].map(|t| t.parse().unwrap());
        let shown: Vec<String> = interleave(ips.to_vec(), 5061).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["[2001:db8::1]:5061", "192.0.2.1:5061", "[2001:db8::2]:5061"]);
    }
}
