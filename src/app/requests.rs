//! Messages of people the user does not know: held until the user has decided, and never more than there is
//! room for.
//!
//! Nothing of it counts as unread or is told of; it is no conversation. Who sends more than is held is refused,
//! so that nothing is said to have arrived that is not there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::app::{AccountView, App, Peer};
use crate::model::{AccountId, Address, Allowances, Doubts, Familiar, Line, Rate, RoomId, Stamp, Strangers, WatcherState};
use crate::policy::Facts as _;

/// People whose messages are held for one account.
pub const MAX_REQUESTS: usize = 100;
/// Octets of text held for one account.
pub const MAX_HELD: usize = 2 * 1024 * 1024;
/// Messages held of one person, and octets of their text.
const MAX_LINES: usize = 50;
const MAX_TEXT: usize = 128 * 1024;
/// Messages held of one person while it is not known yet who is on the contact list.
const MAX_EARLY_LINES: usize = 500;
/// Rows of the page that are only about being seen.
const MAX_WATCHERS: usize = 200;
/// Octets of one message that the page shows, and messages of one person.
const SHOWN_OCTETS: usize = 400;
const SHOWN_LINES: usize = 10;

/// What one stranger may send.
const OF_ONE: Rate = Rate { burst: 10, each: Duration::from_secs(30) };
/// What all strangers of one other domain may send.
const OF_A_DOMAIN: Rate = Rate { burst: 60, each: Duration::from_secs(5) };
/// What strangers of our own domain may send: their server knows who they are.
const OF_OURS: Rate = Rate { burst: 300, each: Duration::from_secs(1) };
/// What all strangers of other domains together may send.
const OF_ALL: Rate = Rate { burst: 600, each: Duration::from_millis(500) };
/// Senders and domains of whom it is remembered how much they sent.
const MAX_SENDERS: usize = 1_024;
const MAX_DOMAINS: usize = 256;
/// Conversations that are remembered because we were not let in.
const MAX_SHUT: usize = 256;

/// What one person wrote who is not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// What they wrote, oldest first; never empty.
    pub lines: VecDeque<Line>,
    /// Octets of it.
    text: usize,
    /// The place of the first, and of the last, in the order of coming.
    first: u64,
    latest: u64,
}

impl Request {
    /// When the last of it was written.
    #[must_use]
    pub fn last(&self) -> Stamp {
        self.lines.back().map_or_else(Stamp::default, |line| line.at)
    }
}

/// All that is held for an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Requests {
    held: BTreeMap<Address, Request>,
    text: usize,
    next: u64,
    limits: Limits,
    /// Messages of this run that were refused: their senders were told.
    pub refused: usize,
    /// Messages of this run that had to give way to others.
    pub gave_way: usize,
    /// The user was told that something is held, and has not looked since.
    pub told: bool,
    /// Conversations of several people into which we were not let; the oldest are forgotten.
    shut: VecDeque<RoomId>,
}

/// How much strangers may send.
#[derive(Debug, Clone, PartialEq)]
struct Limits {
    senders: Allowances,
    domains: Allowances,
    ours: Allowances,
    all: Allowances,
}

impl Default for Requests {
    fn default() -> Self {
        let limits = Limits {
            senders: Allowances::new(OF_ONE, MAX_SENDERS),
            domains: Allowances::new(OF_A_DOMAIN, MAX_DOMAINS),
            ours: Allowances::new(OF_OURS, 1),
            all: Allowances::new(OF_ALL, 1),
        };
        Self { held: BTreeMap::new(), text: 0, next: 0, limits, refused: 0, gave_way: 0, told: false, shut: VecDeque::new() }
    }
}

impl Limits {
    /// Takes one message of somebody if nobody sent too much.
    fn take(&mut self, who: &Address, local: bool, now: Stamp) -> bool {
        let domains = if local { &mut self.ours } else { &mut self.domains };
        // Who writes the same address in other letters is the same person.
        let (name, domain) = (who.as_str().to_ascii_lowercase(), who.domain().to_ascii_lowercase());
        // The fewest come first: a flood is refused without looking further. What others send does not keep out who is
        // of our own domain.
        let may = (local || self.all.has("", now)) && domains.has(&domain, now) && self.senders.has(&name, now);
        if may {
            if !local {
                self.all.take("", now);
            }
            domains.take(&domain, now);
            self.senders.take(&name, now);
        }
        may
    }
}

impl Requests {
    /// Who wrote, in the order in which they began.
    #[must_use]
    pub fn senders(&self) -> Vec<&Address> {
        let mut all: Vec<(&Address, &Request)> = self.held.iter().collect();
        all.sort_by_key(|(_, request)| request.first);
        all.into_iter().map(|(who, _)| who).collect()
    }

    /// What somebody wrote.
    #[must_use]
    pub fn of(&self, who: &Address) -> Option<&Request> {
        self.held.get(who)
    }

    /// How many people wrote.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nobody did.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Octets of text that are held.
    #[cfg(test)]
    const fn octets(&self) -> usize {
        self.text
    }

    /// How many senders and domains are remembered for their numbers of messages.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.limits.senders.len() + self.limits.domains.len()
    }

    /// Whether another message of somebody, of so many octets, can be held; it counts against what they may send.
    /// `early`: it is not known yet who is on the contact list, so nobody is refused for sending much.
    pub(super) fn has_room(&mut self, who: &Address, octets: usize, local: bool, early: bool, now: Stamp) -> bool {
        let most = if early { MAX_EARLY_LINES } else { MAX_LINES };
        let held = self.held.get(&self.spelling(who));
        let (lines, text) = held.map_or((0, 0), |request| (request.lines.len(), request.text));
        lines < most && text.saturating_add(octets) <= MAX_TEXT && self.lets(who, local, early, now)
    }

    /// Whether somebody may send one thing more, which counts against what they may send.
    pub(super) fn lets(&mut self, who: &Address, local: bool, early: bool, now: Stamp) -> bool {
        early || self.limits.take(who, local, now)
    }

    /// The address of somebody as what is held of them has it: the case of letters makes nobody another person.
    pub(super) fn spelling(&self, who: &Address) -> Address {
        if self.held.contains_key(who) {
            return who.clone();
        }
        let same = |held: &&Address| held.as_str().eq_ignore_ascii_case(who.as_str());
        self.held.keys().find(same).unwrap_or(who).clone()
    }

    /// We are not let into a conversation: of what comes of it later nothing is let in.
    pub(super) fn shut(&mut self, room: RoomId) {
        if self.shut.len() >= MAX_SHUT {
            self.shut.pop_front();
        }
        self.shut.push_back(room);
    }

    /// Whether that is so.
    pub(super) fn is_shut(&self, room: &RoomId) -> bool {
        self.shut.contains(room)
    }

    /// Holds a message. Who gives way for it, each with the number of their messages: people of other domains
    /// before those of ours, and of those who were silent for longest.
    pub(super) fn hold(&mut self, who: &Address, line: Line, own: &Address) -> Vec<(Address, usize)> {
        let (size, who) = (line.body.text.len(), &self.spelling(who));
        let next = self.next;
        let request = self.held.entry(who.clone()).or_insert_with(|| Request { first: next, ..Request::default() });
        request.lines.push_back(line);
        // When it says it was written is for its sender to choose.
        request.latest = next;
        request.text += size;
        self.next += 1;
        self.text += size;
        let mut gone = Vec::new();
        while self.held.len() > 1 && (self.held.len() > MAX_REQUESTS || self.text > MAX_HELD) {
            let others = self.held.iter().filter(|(other, _)| *other != who);
            let least = others.min_by_key(|(other, request)| (is_local(own, other), request.latest));
            let Some(least) = least.map(|(other, _)| other.clone()) else { break };
            let count = self.take(&least).map_or(0, |request| request.lines.len());
            self.gave_way = self.gave_way.saturating_add(count);
            gone.push((least, count));
        }
        gone
    }

    /// Takes out what somebody wrote.
    pub(super) fn take(&mut self, who: &Address) -> Option<Request> {
        let request = self.held.remove(who)?;
        self.text = self.text.saturating_sub(request.text);
        Some(request)
    }
}

/// Whether two people are of one domain.
#[must_use]
pub fn is_local(own: &Address, who: &Address) -> bool {
    own.domain().eq_ignore_ascii_case(who.domain())
}

/// The state of the page of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestPage {
    /// Which row is marked.
    pub marked: usize,
    /// Who stands there: rows move while others come and go.
    pub at: Option<Peer>,
    /// Whom the user knows, for telling who only looks like them.
    pub familiar: BTreeMap<AccountId, Arc<Familiar>>,
}

/// A row of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Who.
    pub peer: Peer,
    /// They wrote, and it is held.
    pub wrote: bool,
    /// They ask to see us.
    pub asks: bool,
}

/// What is said of the marked row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestTold {
    /// Warnings and facts, the weightiest first; not yet made safe for a terminal.
    pub about: Vec<String>,
    /// The first messages: when, and their first letters; not yet made safe.
    pub said: Vec<(Stamp, String)>,
    /// Messages that are not shown.
    pub more: usize,
}

impl RequestPage {
    /// What is odd about somebody.
    #[must_use]
    pub fn doubts(&self, peer: &Peer) -> Doubts {
        self.familiar.get(&peer.account).map_or_else(Doubts::default, |familiar| familiar.doubts(&peer.who))
    }
}

impl AccountView {
    /// Whether the user does not know somebody: they are not on the list, were never written to, and were not
    /// accepted.
    #[must_use]
    pub fn is_stranger(&self, who: &Address) -> bool {
        self.roster.contact(who).is_none() && *who != self.aor && !self.wrote_to(who)
    }

    /// Whom the user knows, by how they look.
    #[must_use]
    pub fn familiar(&self) -> Familiar {
        Familiar::new(&self.aor, self.roster.contacts().map(|contact| &contact.address))
    }
}

impl App {
    /// What becomes of messages of people the user does not know.
    #[must_use]
    pub fn strangers(&self) -> Strangers {
        match self.policy.strangers().unwrap_or(self.strangers) {
            // They are marked as requests instead.
            Strangers::Quarantine if self.asks_nobody => Strangers::Allow,
            strangers => strangers,
        }
    }

    /// People whose messages are held, over all accounts.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.accounts.values().map(|account| account.requests.len()).sum()
    }

    /// The rows of the page: who wrote, in the order in which they began, then who only asks to see us.
    #[must_use]
    pub fn request_rows(&self) -> Vec<RequestRow> {
        let asks = |account: &AccountView, who: &Address| {
            account.watchers.get(who) == Some(&WatcherState::Pending) && account.access.of(who).is_none()
        };
        let mut rows = Vec::new();
        for (id, account) in &self.accounts {
            let wrote = account.requests.senders().into_iter();
            rows.extend(wrote.map(|who| RequestRow { peer: Peer::new(id, who), wrote: true, asks: asks(account, who) }));
        }
        for (id, account) in &self.accounts {
            let only = account.watchers.keys().filter(|who| asks(account, who) && account.requests.of(who).is_none());
            rows.extend(only.take(MAX_WATCHERS).map(|who| RequestRow { peer: Peer::new(id, who), wrote: false, asks: true }));
        }
        rows
    }

    /// What is said of a row.
    #[must_use]
    pub fn request_told(&self, page: &RequestPage, row: &RequestRow) -> RequestTold {
        let Some(account) = self.accounts.get(&row.peer.account) else { return RequestTold::default() };
        let mut about = warnings(&page.doubts(&row.peer));
        if row.asks {
            about.push("Asks to see how you are.".to_owned());
        }
        let Some(request) = account.requests.of(&row.peer.who) else { return RequestTold { about, ..RequestTold::default() } };
        let said = request.lines.iter().take(SHOWN_LINES).map(|line| {
            let text = &line.body.text;
            let end = text.floor_char_boundary(SHOWN_OCTETS.min(text.len()));
            (line.at, text.get(..end).unwrap_or_default().to_owned() + if end < text.len() { "…" } else { "" })
        });
        RequestTold { about, said: said.collect(), more: request.lines.len().saturating_sub(SHOWN_LINES) }
    }
}

/// What is odd about an address, in sentences.
#[must_use]
pub fn warnings(doubts: &Doubts) -> Vec<String> {
    let mut all = Vec::new();
    let letters: Vec<String> = doubts.letters.iter().map(|c| format!("{} (U+{:04X})", shown(*c), u32::from(*c))).collect();
    let by = if letters.is_empty() { String::new() } else { format!(": {}", letters.join(", ")) };
    match (&doubts.like, &doubts.like_domain) {
        (Some(like), _) => all.push(format!("Looks like {}, but is another address{by}", like.short())),
        (None, Some(domain)) => all.push(format!("The domain looks like {domain}, but is another one{by}")),
        (None, None) if doubts.mixed => all.push(format!("Letters of several scripts are mixed in it{by}")),
        (None, None) => {}
    }
    if let Some(reads) = &doubts.reads {
        all.push(format!("The domain reads {reads}"));
    }
    all
}

/// A letter that can be seen.
fn shown(c: char) -> char {
    if c.is_alphanumeric() || c.is_ascii_graphic() { c } else { '?' }
}

/// What a person wrote, for a file of the user's.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestReport {
    /// Who we are there.
    pub account: Address,
    /// Who wrote.
    pub who: Address,
    /// When it was put together.
    pub at: Stamp,
    /// What is odd about the address.
    pub warnings: Vec<String>,
    /// What they wrote, oldest first; not yet made safe.
    pub said: Vec<(Stamp, String)>,
}

impl RequestReport {
    /// The report about somebody whose messages are held.
    #[must_use]
    pub fn about(account: &AccountView, who: &Address, at: Stamp) -> Option<Self> {
        let request = account.requests.of(who)?;
        Some(Self {
            account: account.aor.clone(),
            who: who.clone(),
            at,
            warnings: warnings(&account.familiar().doubts(who)),
            said: request.lines.iter().map(|line| (line.at, line.body.text.clone())).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Author, Body};

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn line(who: &Address, text: &str, at: Stamp) -> Line {
        Line { at, by: Author::Them(who.clone()), body: Body::plain(text), tag: None, id: None, fate: None, delayed: false }
    }

    fn at(seconds: i64) -> Stamp {
        Stamp::from_millis(1_000_000 + seconds * 1_000)
    }

    #[test]
    fn a_million_messages_of_ten_thousand_people_are_held_within_bounds() {
        let own = address("alice@example.test");
        let mut all = Requests::default();
        let people: Vec<Address> = (0..10_000).map(|n| address(&format!("p{n}@d{}.test", n % 500))).collect();
        let text = "x".repeat(1_000);
        let (mut held, mut gone) = (0, 0);
        for n in 0..1_000_000_usize {
            let who = &people[(n * 7_919) % people.len()];
            let now = Stamp::from_millis(i64::try_from(n).unwrap());
            if all.has_room(who, text.len(), false, false, now) {
                gone += all.hold(who, line(who, &text, now), &own).iter().map(|(_, count)| count).sum::<usize>();
                held += 1;
            }
            assert!(all.len() <= MAX_REQUESTS && all.octets() <= MAX_HELD && all.remembered() <= MAX_SENDERS + MAX_DOMAINS);
        }
        let there: usize = all.senders().iter().map(|who| all.of(who).unwrap().lines.len()).sum();
        assert_eq!(held, there + gone, "what was taken is there, or is known to have given way");
        // All of a thousand seconds: 600 at once, then two a second.
        assert!((2_000..=2_601).contains(&held), "{held}");
        assert_eq!(all.gave_way, gone);
    }

    #[test]
    fn without_limits_the_bounds_hold_all_the_same() {
        let own = address("alice@example.test");
        let mut all = Requests::default();
        let text = "x".repeat(100_000);
        for n in 0..2_000 {
            let who = address(&format!("p{n}@other.test"));
            if all.has_room(&who, text.len(), false, true, at(n)) {
                all.hold(&who, line(&who, &text, at(n)), &own);
            }
            assert!(all.len() <= MAX_REQUESTS && all.octets() <= MAX_HELD);
        }
        assert_eq!(all.len(), MAX_HELD / 100_000);
        assert!(all.of(&address("p1999@other.test")).is_some(), "the last is there");
    }

    #[test]
    fn people_of_other_domains_give_way_first_and_of_those_who_are_silent_for_longest() {
        let own = address("alice@example.test");
        let mut all = Requests::default();
        let ours = address("eve@example.test");
        all.hold(&ours, line(&ours, "hi", at(0)), &own);
        for n in 0..100 {
            let who = address(&format!("p{n}@other.test"));
            let gone = all.hold(&who, line(&who, "hi", at(n)), &own);
            assert_eq!(gone, if n < 99 { vec![] } else { vec![(address("p0@other.test"), 1)] });
        }
        assert!(all.of(&ours).is_some());
        assert_eq!(all.senders().first(), Some(&&ours), "in the order of coming");
    }

    #[test]
    fn who_sends_more_than_is_held_is_refused() {
        let (mut all, own, eve) = (Requests::default(), address("alice@example.test"), address("eve@other.test"));
        let mut held = 0;
        for n in 0..200 {
            // Slow enough for the limits.
            if all.has_room(&eve, 2, false, false, at(n * 60)) {
                all.hold(&eve, line(&eve, "hi", at(n * 60)), &own);
                held += 1;
            }
        }
        assert_eq!(held, MAX_LINES);
        assert_eq!(all.take(&eve).unwrap().lines.len(), MAX_LINES);
        assert_eq!((all.len(), all.octets()), (0, 0));
        all.hold(&eve, line(&eve, &"x".repeat(MAX_TEXT - 9), at(99_999)), &own);
        assert!(!all.has_room(&eve, 10, false, true, at(99_999)) && all.has_room(&eve, 9, false, true, at(99_999)));
    }

    #[test]
    fn who_says_to_have_written_in_the_future_gives_way_like_any_other() {
        let (mut all, own, eve) = (Requests::default(), address("alice@example.test"), address("eve@other.test"));
        all.hold(&eve, line(&eve, "hi", at(9_999_999)), &own);
        for n in 0..100 {
            let who = address(&format!("p{n}@other.test"));
            let gone = all.hold(&who, line(&who, "hi", at(n)), &own);
            assert_eq!(gone.first().map(|(who, _)| who), (n == 99).then_some(&eve));
        }
    }

    #[test]
    fn one_sender_one_domain_and_ours_have_limits_of_their_own() {
        let mut limits = Requests::default().limits;
        let mut count = |who: &str, local: bool, tries: usize| {
            let who = address(who);
            (0..tries).filter(|_| limits.take(&who, local, at(0))).count()
        };
        assert_eq!(count("eve@other.test", false, 50), 10);
        let domain: usize = (0..20).map(|n| count(&format!("p{n}@other.test"), false, 10)).sum();
        assert_eq!(domain, 50, "of this domain 60 altogether");
        assert_eq!(count("eve@third.test", false, 50), 10, "another domain is not touched by it");
        let ours: usize = (0..100).map(|n| count(&format!("p{n}@example.test"), true, 10)).sum();
        assert_eq!(ours, 300);
    }

    #[test]
    fn other_domains_do_not_use_up_what_ours_may_send() {
        let mut limits = Requests::default().limits;
        let foreign = (0..20).flat_map(|domain| (0..6).map(move |n| format!("p{n}@d{domain}.test")));
        let taken: usize = foreign.map(|who| (0..10).filter(|_| limits.take(&address(&who), false, at(0))).count()).sum();
        assert_eq!(taken, 600, "all that others may send together");
        assert!(!limits.take(&address("new@new.test"), false, at(0)));
        assert!(limits.take(&address("zoe@example.test"), true, at(0)));
    }

    #[test]
    fn other_letters_are_no_other_person() {
        let (mut all, own) = (Requests::default(), address("alice@example.test"));
        let spelt: Vec<Address> = ["eve@other.test", "EVE@other.test", "Eve@Other.test"].map(address).to_vec();
        let mut held = 0;
        for n in 0..60 {
            let who = &spelt[n % spelt.len()];
            if all.has_room(who, 2, false, false, at(0)) {
                all.hold(who, line(who, "hi", at(0)), &own);
                held += 1;
            }
        }
        assert_eq!((held, all.senders()), (10, vec![&spelt[0]]));
    }

    #[test]
    fn conversations_that_are_shut_are_remembered_within_bounds() {
        let mut all = Requests::default();
        let room = |n: usize| RoomId::new(&format!("r{n}"));
        (0..10_000).for_each(|n| all.shut(room(n)));
        assert!(all.shut.len() == MAX_SHUT && all.is_shut(&room(9_999)) && !all.is_shut(&room(0)));
    }

    #[test]
    fn warnings_name_the_letters() {
        let familiar = Familiar::new(&address("alice@example.test"), []);
        let said = |who: &str| warnings(&familiar.doubts(&address(who)));
        assert_eq!(said("аlice@example.test"), ["Looks like alice@example.test, but is another address: а (U+0430)"]);
        assert_eq!(said("eve@exаmple.test"), ["The domain looks like example.test, but is another one: а (U+0430)"]);
        assert_eq!(said("pаy@x.test"), ["Letters of several scripts are mixed in it: а (U+0430)"]);
        assert_eq!(said("eve@xn--bcher-kva.test"), ["The domain reads bücher.test"]);
        assert_eq!(said("a\u{200b}lice@example.test"), ["Looks like alice@example.test, but is another address: ? (U+200B)"]);
        assert!(said("eve@example.test").is_empty());
    }
}
