//! Where to sign in: the place the user named, where registrars send us from there, and the home
//! server where that ended well ([MS-SIP] 4.1, RFC 3261 section 8.1.3.4).
//!
//! One sign-in follows few redirections and goes nowhere twice. The next one begins at the home
//! server; when that fails twice, where the user said. A home server remembered from an earlier run
//! is only a guess until it took us in: it gets one attempt.

use crate::backend::Target;

/// The places of one account.
#[derive(Debug)]
pub(super) struct Way {
    start: Target,
    home: Option<Target>,
    /// The home server is that of an earlier run, and has not taken us in yet.
    guess: bool,
    /// Attempts at the home server that failed, one after the other.
    misses: u32,
    /// Where this sign-in has been, the last one being where it is.
    tried: Vec<Target>,
    /// Redirections of this sign-in.
    hops: usize,
    /// Where the last one leads as well, best first.
    others: Vec<Target>,
}

impl Way {
    pub(super) const fn new(start: Target, remembered: Option<Target>) -> Self {
        Self { start, guess: remembered.is_some(), home: remembered, misses: 0, tried: Vec::new(), hops: 0, others: Vec::new() }
    }

    /// The home server, where there is one.
    pub(super) const fn home(&self) -> Option<&Target> {
        self.home.as_ref()
    }

    /// Whether this sign-in began at a home server that was only remembered.
    pub(super) const fn is_guess(&self) -> bool {
        self.guess
    }

    /// Where a new sign-in begins.
    pub(super) fn begin(&mut self) -> Target {
        if self.misses >= MOST_MISSES {
            self.leave_home();
        }
        self.misses += u32::from(self.home.is_some());
        let first = self.home.as_ref().unwrap_or(&self.start).clone();
        self.tried = vec![first.clone()];
        self.hops = 0;
        self.others.clear();
        first
    }

    /// Where it is now.
    pub(super) fn here(&self) -> &Target {
        self.tried.last().unwrap_or(&self.start)
    }

    /// The first of these places that this sign-in has not been to, if it may go on at all.
    pub(super) fn follow(&mut self, places: Vec<Target>) -> Option<Target> {
        let fresh = |to: &Target| !self.tried.iter().any(|t| (&t.host, t.port) == (&to.host, to.port));
        let mut places = places.into_iter().filter(fresh).take(MOST_HOPS);
        let next = places.next().filter(|_| self.hops < MOST_HOPS)?;
        let others = places.collect();
        self.others = others;
        self.hops += 1;
        self.tried.push(next.clone());
        Some(next)
    }

    /// Nobody could be reached here: the next place the last redirection named (RFC 3261 section
    /// 8.1.3.4).
    pub(super) fn next_place(&mut self) -> Option<Target> {
        let others = std::mem::take(&mut self.others);
        self.follow(others)
    }

    /// The server here is called so, for people and for comparing: `host:port`.
    pub(super) fn reached(&mut self, server: &str) {
        let Some((host, port)) = server.rsplit_once(':') else { return };
        let (host, Ok(port)) = (host.trim_matches(['[', ']']).to_ascii_lowercase(), port.parse()) else { return };
        let here = Target { host, port: Some(port), automatic: false, ..self.here().clone() };
        if self.tried.last().is_some_and(|last| (&last.host, last.port) != (&here.host, here.port)) {
            // Before the last one, which stays where it is.
            self.tried.insert(self.tried.len().saturating_sub(1), here);
        }
    }

    /// Signed in here.
    pub(super) fn arrived(&mut self) {
        self.misses = 0;
        self.guess = false;
        self.home = (*self.here() != self.start).then(|| self.here().clone());
    }

    /// Signed in, and sent elsewhere from now on.
    pub(super) fn moved(&mut self, places: Vec<Target>) {
        let here = self.here().clone();
        self.misses = 0;
        self.home = places.into_iter().find(|to| (&to.host, to.port) != (&here.host, here.port));
    }

    /// The home server is not to be gone to any more.
    pub(super) fn leave_home(&mut self) {
        self.home = None;
        self.guess = false;
        self.misses = 0;
    }
}

/// Redirections followed in one sign-in.
const MOST_HOPS: usize = 5;
/// Attempts at the home server before everything is looked up anew.
const MOST_MISSES: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Transport;

    fn at(host: &str, port: u16) -> Target {
        Target { host: host.into(), port: Some(port), transport: Some(Transport::Tls), tls_name: host.into(), automatic: false }
    }

    fn way() -> Way {
        let mut way = Way::new(at("start.test", 5061), None);
        assert_eq!(way.begin(), at("start.test", 5061));
        way
    }

    #[test]
    fn five_hops_and_nowhere_twice() {
        let mut way = way();
        assert_eq!(way.follow(vec![at("start.test", 5061), at("a.test", 1)]), Some(at("a.test", 1)));
        way.reached("b.test:2");
        assert_eq!(way.here(), &at("a.test", 1));
        assert_eq!(way.follow(vec![at("a.test", 1), at("b.test", 2)]), None);
        for n in 3..=6 {
            assert_eq!(way.follow(vec![at("a.test", n)]), Some(at("a.test", n)));
        }
        assert_eq!(way.follow(vec![at("a.test", 7)]), None, "five are enough");
        assert_eq!(way.begin(), at("start.test", 5061), "nothing was arrived at");
    }

    #[test]
    fn the_places_of_one_redirection_come_one_after_the_other() {
        let mut way = way();
        assert_eq!(way.next_place(), None);
        way.follow(vec![at("a.test", 1), at("start.test", 5061), at("a.test", 2), at("b.test", 3)]);
        assert_eq!(way.next_place(), Some(at("a.test", 2)));
        assert_eq!(way.next_place(), Some(at("b.test", 3)));
        assert_eq!(way.next_place(), None);
        way.follow(vec![at("c.test", 1), at("c.test", 2)]);
        way.begin();
        assert_eq!(way.next_place(), None, "a new sign-in asks the way anew");
    }

    #[test]
    fn a_remembered_home_is_a_guess_until_it_takes_us_in() {
        let mut way = Way::new(at("start.test", 5061), Some(at("home.test", 1)));
        assert_eq!(way.begin(), at("home.test", 1));
        assert!(way.is_guess());
        way.arrived();
        assert!(!way.is_guess());
        assert_eq!(way.home(), Some(&at("home.test", 1)));
        let mut way = Way::new(at("start.test", 5061), Some(at("home.test", 1)));
        way.begin();
        way.leave_home();
        assert_eq!(way.begin(), at("start.test", 5061));
        assert!(!way.is_guess());
    }

    #[test]
    fn home_is_tried_twice() {
        let mut way = way();
        way.follow(vec![at("home.test", 1)]);
        way.arrived();
        assert_eq!(way.begin(), at("home.test", 1));
        assert_eq!(way.begin(), at("home.test", 1));
        assert_eq!(way.begin(), at("start.test", 5061));
        way.follow(vec![at("home.test", 1)]);
        way.arrived();
        way.moved(vec![at("home.test", 1), at("new.test", 1)]);
        assert_eq!(way.begin(), at("new.test", 1));
        way.leave_home();
        assert_eq!(way.begin(), at("start.test", 5061));
        way.arrived();
        assert_eq!(way.begin(), at("start.test", 5061));
        assert_eq!(way.begin(), at("start.test", 5061));
    }
}
