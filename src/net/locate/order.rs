//! In which order servers and addresses are tried: RFC 2782 (priority and weight) and RFC 8305
//! (addresses of both families), as pure functions.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::net::locate::names::Srv;

/// Servers tried at most on one way, and addresses of one server; a name with more is either a
/// mistake or an attack.
pub const CANDIDATES: usize = 16;

/// Records looked at in one answer.
pub const RECORDS: usize = 32;

/// The order of RFC 2782: by priority, within one by chance in proportion to weight.
#[must_use]
pub fn order(mut records: Vec<Srv>, dice: &mut Dice) -> Vec<Srv> {
    // Whatever a name server sends, the best ones are among those looked at.
    records.sort_by_key(|r| r.priority);
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

    fn srv(priority: u16, weight: u16, host: &str) -> Srv {
        Srv { priority, weight, port: 5061, host: host.into() }
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
    fn absurd_weights_and_floods_are_stood() {
        let mut many: Vec<Srv> = (0..10_000).map(|n| srv(2, u16::MAX, &format!("h{n}"))).collect();
        many.push(srv(1, 0, "best"));
        let ordered = order(many, &mut Dice::new(3));
        assert_eq!((ordered.len(), ordered[0].host.as_str()), (RECORDS, "best"));
        let hosts: BTreeSet<&String> = ordered.iter().map(|r| &r.host).collect();
        assert_eq!(hosts.len(), RECORDS, "none twice");
    }

    #[test]
    fn families_alternate() {
        let ips = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.1"].map(|t| t.parse().unwrap());
        let shown: Vec<String> = interleave(ips.to_vec(), 5061).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["[2001:db8::1]:5061", "192.0.2.1:5061", "[2001:db8::2]:5061"]);
    }
}
