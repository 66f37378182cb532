//! People who live in the server: they come and go, change their notes, type, answer, and now and
//! then begin to talk themselves.
//!
//! Sans-IO like everything here: what they do comes out of [`Cast::step`] as [`Act`]s, at times
//! that follow from the seed and from what was said to them, and from nothing else. With nobody
//! signed in to see it they rest.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::scripts::{CAST, GATHERINGS, LET_IN, Mood, Persona, THEMES, TO_COMPANY, TO_LONG, TO_LOUD, TO_QUESTIONS};
use crate::formats::msgr::Look;
use crate::model::{Address, Availability, Contact, Roster};
use crate::sip::tokens::Tokens;

/// Something a persona does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Shows another mood.
    Feel {
        /// Who.
        who: Address,
        /// How.
        mood: Mood,
    },
    /// Begins or stops to write.
    Type {
        /// Who.
        who: Address,
        /// To whom.
        to: Address,
        /// Begins.
        active: bool,
    },
    /// Says something.
    Say {
        /// Who.
        who: Address,
        /// To whom.
        to: Address,
        /// What.
        text: String,
    },
    /// Says something to everybody in a conversation of several people.
    Tell {
        /// Who.
        who: Address,
        /// Call-ID of the conversation.
        room: String,
        /// What.
        text: String,
    },
    /// Begins a conversation of three.
    Gather {
        /// Who.
        who: Address,
        /// With which other persona.
        with: Address,
        /// And with whom from outside.
        to: Address,
        /// Its Call-ID.
        room: String,
        /// What is said first.
        text: String,
    },
}

/// The people, and what they are about to do.
#[derive(Debug)]
pub struct Cast {
    people: BTreeMap<Address, Person>,
    audience: BTreeMap<Address, Guest>,
    agenda: BTreeMap<(Instant, u64), Plan>,
    order: u64,
    chance: Tokens,
    is_life_going_on: bool,
}

/// One persona now.
#[derive(Debug)]
struct Person {
    script: &'static Persona,
    mood: Mood,
    last_line: &'static str,
    /// Texts that wait until they are back: from whom, bounded.
    unread: Vec<(Address, String)>,
}

/// Somebody signed in from outside.
#[derive(Debug)]
struct Guest {
    name: String,
    is_here: bool,
    was_thanked: bool,
    was_gathered: bool,
    last_talk: Option<Instant>,
}

#[derive(Debug, Clone)]
enum Plan {
    Act(Act),
    /// Something happens somewhere.
    Life,
}

/// When the other persona says something in a conversation of three that was begun.
const GATHERING_PAUSE: Duration = Duration::from_secs(7);
const MAX_UNREAD: usize = 8;
const MAX_PLANS: usize = 512;
const MAX_GUESTS: usize = 1024;

impl Cast {
    /// Everybody, in the mood they begin with.
    #[must_use]
    pub fn new(domain: &str, chance: Tokens) -> Self {
        let people = CAST.iter().filter_map(|script| {
            let address = Address::complete(script.user, Some(domain)).ok()?;
            Some((address, Person { script, mood: script.mood, last_line: "", unread: Vec::new() }))
        });
        Self {
            people: people.collect(),
            audience: BTreeMap::new(),
            agenda: BTreeMap::new(),
            order: 0,
            chance,
            is_life_going_on: false,
        }
    }

    /// Nobody at all.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            people: BTreeMap::new(),
            audience: BTreeMap::new(),
            agenda: BTreeMap::new(),
            order: 0,
            chance: Tokens::from_number(0),
            is_life_going_on: false,
        }
    }

    /// Whether somebody is a persona.
    #[must_use]
    pub fn has(&self, who: &Address) -> bool {
        self.people.contains_key(who)
    }

    /// Everybody with name and present mood.
    pub fn people(&self) -> impl Iterator<Item = (&Address, &'static str, Mood)> {
        self.people.iter().map(|(who, person)| (who, person.script.display, person.mood))
    }

    /// Whether a persona is signed in.
    #[must_use]
    pub fn is_here(&self, who: &Address) -> bool {
        self.people.get(who).is_some_and(|p| p.mood.availability != Availability::Offline)
    }

    /// Somebody signed in from outside; `name` is what they are called.
    pub fn arrives(&mut self, who: &Address, name: &str, now: Instant) {
        if self.people.is_empty() || self.audience.get(who).is_some_and(|g| g.is_here) {
            return;
        }
        if self.audience.len() >= MAX_GUESTS && !self.audience.contains_key(who) {
            return;
        }
        let first = name.split_whitespace().next().filter(|n| !n.is_empty()).unwrap_or(who.user()).to_owned();
        let is_new = !self.audience.contains_key(who);
        let guest = self.audience.entry(who.clone()).or_insert(Guest {
            name: first,
            is_here: true,
            was_thanked: false,
            was_gathered: false,
            last_talk: None,
        });
        guest.is_here = true;
        if is_new {
            self.welcome(who, now);
        }
        if !self.is_life_going_on {
            self.is_life_going_on = true;
            let pause = self.between(6_000, 10_000);
            self.plan(now + pause, Plan::Life);
        }
    }

    /// Somebody from outside has no device signed in any more.
    pub fn leaves(&mut self, who: &Address) {
        if let Some(guest) = self.audience.get_mut(who) {
            guest.is_here = false;
        }
    }

    /// Somebody writes to a persona.
    pub fn hears(&mut self, who: &Address, from: &Address, text: &str, now: Instant) {
        if let Some(guest) = self.audience.get_mut(from) {
            guest.last_talk = Some(now);
        }
        let Some(person) = self.people.get_mut(who) else { return };
        if person.mood.availability == Availability::Offline {
            if person.unread.len() < MAX_UNREAD {
                person.unread.push((from.clone(), text.chars().take(500).collect()));
            }
            return;
        }
        let slow = !matches!(person.mood.availability, Availability::Online);
        let answer = self.answer_to(who, text);
        let reading = if slow { self.between(1_200, 2_500) } else { self.between(400, 1_000) };
        self.speak(who, from, answer, now + reading);
    }

    /// Somebody says something in a conversation of several people, of whom `crowd` are personas.
    /// Who is named answers, else the one whose turn it is.
    #[allow(clippy::too_many_arguments, reason = "each is a fact of its own about one text")]
    pub fn hears_in_room(
        &mut self,
        who: &Address,
        from: &Address,
        room: &str,
        text: &str,
        crowd: &[Address],
        is_next: bool,
        now: Instant,
    ) {
        if let Some(guest) = self.audience.get_mut(from) {
            guest.last_talk = Some(now);
        }
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).take(200).collect();
        let is_named = |who: &Address| {
            let name = self.people.get(who).map_or(String::new(), |p| first_name(p.script).to_lowercase());
            words.contains(&name.as_str())
        };
        let answers = if crowd.iter().any(&is_named) { is_named(who) } else { is_next };
        if !answers || !self.is_here(who) {
            return;
        }
        let line = self.answer_to(who, text);
        let name = self.audience.get(from).map_or(from.user(), |guest| guest.name.as_str());
        let text = line.replace("{name}", name);
        let pause = self.between(1_500, 3_500);
        self.plan(now + pause, Plan::Act(Act::Tell { who: who.clone(), room: room.to_owned(), text }));
    }

    /// A persona comes into a conversation of several people.
    pub fn enters_room(&mut self, who: &Address, room: &str, now: Instant) {
        if let Some(text) = self.fresh_line(who, TO_COMPANY) {
            let act = Act::Tell { who: who.clone(), room: room.to_owned(), text: text.to_owned() };
            self.plan(now + Duration::from_millis(2_500), Plan::Act(act));
        }
    }

    /// How what a persona says now looks, where that can be shown; `None` for plain.
    pub fn look_of(&mut self, who: &Address) -> Option<Look> {
        let look = self.people.get(who)?.script.look.clone()?;
        (self.chance.below(2) == 0).then_some(look)
    }

    /// A user lets a persona see them who had to ask.
    pub fn is_let_in(&mut self, who: &Address, user: &Address, now: Instant) {
        let is_newcomer = self.people.get(who).is_some_and(|p| p.script.groups.is_empty());
        let Some(guest) = self.audience.get_mut(user).filter(|g| is_newcomer && !g.was_thanked) else { return };
        guest.was_thanked = true;
        self.speak(who, user, LET_IN, now + Duration::from_millis(900));
    }

    /// The next thing somebody does now.
    pub fn step(&mut self, now: Instant) -> Option<Act> {
        while self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
            let (_, plan) = self.agenda.pop_first()?;
            match plan {
                Plan::Act(act) => {
                    if self.is_still_right(&act) {
                        self.note(&act, now);
                        return Some(act);
                    }
                }
                Plan::Life => self.live(now),
            }
        }
        None
    }

    /// When somebody does something next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// The first minutes of a new guest: somebody comes in, somebody says hello.
    fn welcome(&mut self, to: &Address, now: Instant) {
        let mut online: Vec<Address> = Vec::new();
        for script in CAST {
            online.extend(self.people.keys().find(|a| a.user() == script.user).cloned());
        }
        let (Some(greeter), Some(late)) = (online.first().cloned(), online.get(2).cloned()) else { return };
        if let Some(mood) = self.people.get(&late).and_then(|p| p.script.moods.first()).copied() {
            self.plan(now + Duration::from_millis(1_500), Plan::Act(Act::Feel { who: late, mood }));
        }
        let opener = self.people.get(&greeter).and_then(|p| p.script.openers.first()).copied().unwrap_or("Hello, {name}!");
        let begin = self.between(1_000, 1_500);
        self.speak(&greeter, to, opener, now + begin);
    }

    /// One small thing happens, and the next is planned; with nobody there to see it, life rests.
    fn live(&mut self, now: Instant) {
        let guests: Vec<Address> = self.audience.iter().filter(|(_, g)| g.is_here).map(|(a, _)| a.clone()).collect();
        if guests.is_empty() {
            self.is_life_going_on = false;
            return;
        }
        let people: Vec<Address> = self.people.keys().cloned().collect();
        let who = self.one_of(&people);
        let guest = self.one_of(&guests);
        if let (Some(who), Some(guest)) = (who, guest) {
            // Nobody is talked to who has just been talking.
            let is_quiet = self.audience.get(&guest).and_then(|g| g.last_talk).is_none_or(|t| now >= t + Duration::from_secs(45));
            let begins = is_quiet && self.is_here(&who) && self.chance.below(4) == 0;
            if begins && self.gather(&who, &guest, now) {
            } else if begins {
                let openers = self.people.get(&who).map_or(&[][..], |p| p.script.openers);
                if let Some(opener) = self.fresh_line(&who, openers) {
                    self.speak(&who, &guest, opener, now);
                }
            } else if let Some(mood) = self.other_mood(&who) {
                self.plan(now, Plan::Act(Act::Feel { who, mood }));
            }
        }
        let pause = self.between(9_000, 24_000);
        self.plan(now + pause, Plan::Life);
    }

    /// Now and then, once for each guest, two of the house begin a conversation of three.
    fn gather(&mut self, who: &Address, to: &Address, now: Instant) -> bool {
        if self.audience.get(to).is_none_or(|guest| guest.was_gathered) || self.chance.below(2) == 0 {
            return false;
        }
        let others: Vec<Address> = self.people.keys().filter(|other| *other != who && self.is_here(other)).cloned().collect();
        let (Some(with), Some(topic)) = (self.one_of(&others), self.one_of(GATHERINGS)) else { return false };
        let Some(guest) = self.audience.get_mut(to) else { return false };
        guest.was_gathered = true;
        let name = |address: &Address| self.people.get(address).map_or("", |p| first_name(p.script)).to_owned();
        let (other, guest) = (name(&with), guest.name.clone());
        let worded = |line: &str| line.replace("{name}", &guest).replace("{other}", &other);
        let room = self.chance.call_id();
        let (who, to) = (who.clone(), to.clone());
        let text = worded(topic.opener);
        let reply = Act::Tell { who: with.clone(), room: room.clone(), text: worded(topic.reply) };
        self.plan(now, Plan::Act(Act::Gather { who, with, to, room, text }));
        self.plan(now + GATHERING_PAUSE, Plan::Act(reply));
        true
    }

    fn other_mood(&mut self, who: &Address) -> Option<Mood> {
        let person = self.people.get(who)?;
        let others: Vec<Mood> = person.script.moods.iter().copied().filter(|m| *m != person.mood).collect();
        self.one_of(&others)
    }

    /// Plans typing and saying a line.
    fn speak(&mut self, who: &Address, to: &Address, line: &str, begin: Instant) {
        let name = self.audience.get(to).map_or(to.user(), |g| g.name.as_str());
        let text = line.replace("{name}", name);
        let letters = u64::try_from(text.chars().count()).unwrap_or(100);
        let writing = Duration::from_millis((letters * 35).clamp(700, 3_500));
        let (who, to) = (who.clone(), to.clone());
        self.plan(begin, Plan::Act(Act::Type { who: who.clone(), to: to.clone(), active: true }));
        self.plan(begin + writing, Plan::Act(Act::Say { who, to, text }));
    }

    /// What a persona answers to a text.
    fn answer_to(&mut self, who: &Address, text: &str) -> &'static str {
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(200).collect();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let is_loud = letters >= 6 && text.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
        let theme = THEMES.iter().find(|t| t.words.iter().any(|w| words.contains(w)));
        let lines = match theme {
            _ if is_loud => TO_LOUD,
            Some(theme) => theme.answers,
            None if text.chars().count() > 280 => TO_LONG,
            None if text.trim_end().ends_with('?') => TO_QUESTIONS,
            None => self.people.get(who).map_or(TO_QUESTIONS, |p| p.script.answers),
        };
        self.fresh_line(who, lines).unwrap_or("Hm.")
    }

    /// A line other than the one said last.
    fn fresh_line(&mut self, who: &Address, lines: &'static [&'static str]) -> Option<&'static str> {
        let last = self.people.get(who).map_or("", |p| p.last_line);
        let fresh: Vec<&'static str> = lines.iter().copied().filter(|l| lines.len() == 1 || *l != last).collect();
        let line = self.one_of(&fresh)?;
        if let Some(person) = self.people.get_mut(who) {
            person.last_line = line;
        }
        Some(line)
    }

    /// Whether an act planned earlier still makes sense: who has left neither types nor talks.
    fn is_still_right(&self, act: &Act) -> bool {
        match act {
            Act::Feel { who, mood } => self.people.get(who).is_some_and(|p| p.mood != *mood),
            Act::Type { who, .. } | Act::Say { who, .. } | Act::Tell { who, .. } => self.is_here(who),
            Act::Gather { who, with, .. } => self.is_here(who) && self.is_here(with),
        }
    }

    fn note(&mut self, act: &Act, now: Instant) {
        match act {
            Act::Feel { who, mood } => {
                let Some(person) = self.people.get_mut(who) else { return };
                person.mood = *mood;
                if mood.availability != Availability::Offline {
                    for (from, text) in std::mem::take(&mut person.unread) {
                        self.hears(who, &from, &text, now + Duration::from_secs(2));
                    }
                }
            }
            Act::Say { to, .. } => {
                if let Some(guest) = self.audience.get_mut(to) {
                    guest.last_talk = Some(now);
                }
            }
            Act::Type { .. } | Act::Tell { .. } | Act::Gather { .. } => {}
        }
    }

    fn plan(&mut self, at: Instant, plan: Plan) {
        if self.agenda.len() >= MAX_PLANS && !matches!(plan, Plan::Life) {
            return;
        }
        self.order += 1;
        self.agenda.insert((at, self.order), plan);
    }

    /// Makes somebody do something at once.
    #[cfg(test)]
    pub(in crate::demo) fn plan_now(&mut self, act: Act, now: Instant) {
        self.plan(now, Plan::Act(act));
    }

    fn between(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(low + self.chance.below(high.saturating_sub(low)))
    }

    fn one_of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        let count = u64::try_from(items.len()).unwrap_or(0);
        let at = usize::try_from(self.chance.below(count)).unwrap_or(0);
        items.get(at).cloned()
    }
}

fn first_name(script: &Persona) -> &'static str {
    script.display.split(' ').next().unwrap_or(script.display)
}

/// The name of a persona's only device (`epid`): the same at every start.
#[must_use]
pub fn epid_of(who: &Address) -> String {
    // FNV-1a; it need only differ for ten people.
    let hash =
        who.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{:010x}", hash >> 24)
}

/// The roster a user of the demonstration begins with: everybody but the newcomer, in groups.
#[must_use]
pub fn prefilled_roster(domain: &str) -> Roster {
    let mut roster = Roster::default();
    for persona in CAST.iter().filter(|p| !p.groups.is_empty()) {
        if let Ok(address) = Address::complete(persona.user, Some(domain)) {
            let groups = persona.groups.iter().map(|g| (*g).to_owned()).collect();
            roster.put(Contact { name: persona.display.to_owned(), groups, ..Contact::new(address) });
        }
    }
    roster
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Address {
        Address::parse("alice@example.test").unwrap()
    }

    fn bob() -> Address {
        Address::parse("bob@example.test").unwrap()
    }

    /// Everything done within a time, with its milliseconds.
    fn watch(cast: &mut Cast, start: Instant, from: u64, to: u64) -> Vec<(u64, Act)> {
        let mut seen = Vec::new();
        let mut at = start + Duration::from_millis(from);
        let end = start + Duration::from_millis(to);
        while at <= end {
            while let Some(act) = cast.step(at) {
                seen.push((u64::try_from((at - start).as_millis()).unwrap(), act));
            }
            match cast.next_timeout() {
                Some(next) if next <= end => at = next.max(at),
                _ => break,
            }
        }
        seen
    }

    #[test]
    fn the_same_seed_lives_the_same_life() {
        let start = Instant::now();
        let life = |seed| {
            let mut cast = Cast::new("example.test", Tokens::from_number(seed));
            cast.arrives(&alice(), "Alice Adams", start);
            let mut seen = watch(&mut cast, start, 0, 10_000);
            cast.hears(&bob(), &alice(), "hello Bob, lunch?", start + Duration::from_secs(10));
            seen.extend(watch(&mut cast, start, 10_000, 600_000));
            seen
        };
        assert_eq!(life(1), life(1));
        assert_ne!(life(1), life(2));
        let minutes = life(1);
        assert!((20..120).contains(&minutes.len()), "neither dull nor noisy: {}", minutes.len());
    }

    #[test]
    fn something_happens_within_three_seconds() {
        let start = Instant::now();
        for seed in 0..20 {
            let mut cast = Cast::new("example.test", Tokens::from_number(seed));
            cast.arrives(&alice(), "Alice Adams", start);
            let seen = watch(&mut cast, start, 0, 3_000);
            assert!(seen.iter().any(|(_, a)| matches!(a, Act::Feel { .. })), "{seed}: {seen:?}");
            assert!(seen.iter().any(|(_, a)| matches!(a, Act::Type { active: true, .. })), "{seed}: {seen:?}");
            let greeting = watch(&mut cast, start, 3_000, 6_000);
            assert!(
                greeting.iter().any(|(_, a)| matches!(a, Act::Say { text, .. } if text.contains("Alice") && !text.contains('{'))),
                "{greeting:?}"
            );
        }
    }

    #[test]
    fn answers_fit_and_do_not_repeat() {
        let start = Instant::now();
        let mut cast = Cast::new("example.test", Tokens::from_number(3));
        cast.arrives(&alice(), "Alice", start);
        let mut said = Vec::new();
        for (n, text) in ["thanks!", "Thanks again", "THE SERVER IS DOWN", "coffee?", "what is the plan?"].iter().enumerate() {
            let at = 100_000 * (n as u64 + 1);
            watch(&mut cast, start, at - 1, at);
            cast.hears(&bob(), &alice(), text, start + Duration::from_millis(at));
            let seen = watch(&mut cast, start, at, at + 8_000);
            let (when, line) = seen
                .iter()
                .find_map(|(t, a)| match a {
                    Act::Say { who, text, .. } if *who == bob() => Some((*t, text.clone())),
                    _ => None,
                })
                .unwrap_or_else(|| panic!("no answer to {text}: {seen:?}"));
            assert!((900..7_500).contains(&(when - at)), "{}", when - at);
            assert_ne!(said.last(), Some(&line));
            said.push(line);
        }
        assert!(TO_LOUD.contains(&said[2].as_str()), "{said:?}");
    }

    #[test]
    fn who_is_away_answers_when_back_and_nobody_plays_to_an_empty_room() {
        let start = Instant::now();
        let mut cast = Cast::new("example.test", Tokens::from_number(3));
        assert_eq!(cast.next_timeout(), None);
        cast.arrives(&alice(), "Alice", start);
        let dave = Address::parse("dave@example.test").unwrap();
        cast.hears(&dave, &alice(), "are you there?", start);
        let seen = watch(&mut cast, start, 0, 12_000);
        let back = seen.iter().position(|(_, a)| matches!(a, Act::Feel { who, .. } if *who == dave)).unwrap();
        let answer = seen.iter().position(|(_, a)| matches!(a, Act::Say { who, .. } if *who == dave)).unwrap();
        assert!(back < answer, "{seen:?}");
        cast.leaves(&alice());
        watch(&mut cast, start, 12_000, 120_000);
        assert_eq!(cast.next_timeout(), None);
    }

    #[test]
    fn the_roster_has_groups_and_no_strangers() {
        let roster = prefilled_roster("example.test");
        assert!(roster.len() >= 8);
        assert_eq!(roster.groups(), ["Ops", "Team", "Friends"]);
        assert!(roster.contact(&Address::parse("nora@example.test").unwrap()).is_none());
    }
}
