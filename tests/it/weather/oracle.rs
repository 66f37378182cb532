//! The judge: is what every screen shows true, and did every text come to what its writer was told?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag::demo::DefaultHandling;
use chinwag::demo::accounts::Handling;
use chinwag::model::{Access, Address, Availability, Fate, Roster};

use super::plan::Family;
use super::screen::Screen;
use super::world::{USERS, World, Written};
use crate::support::pair::address;

/// Name and groups of contacts, and all groups.
type Picture = (BTreeMap<String, (String, BTreeSet<String>)>, BTreeSet<String>);

/// What is not yet as it must be once the weather is over: it may still become so.
pub fn unsettled(world: &World, screens: &[Screen]) -> Vec<String> {
    let mut wrongs = Vec::new();
    for (device, screen) in screens.iter().enumerate() {
        let who = name(world, device);
        let is_out = matches!(screen.phase, chinwag::model::SignInPhase::Offline { why: None });
        if !screen.is_online() && !is_out {
            wrongs.push(format!("{who} is not back: {:?}", screen.phase));
        }
        if screen.is_online() {
            wrongs.extend(presence(world, screens, device));
            wrongs.extend(lists(world, screens, device));
        }
    }
    for written in &world.written {
        let last = screens[written.from].fates.get(&written.tag).and_then(|f| f.last()).map(|(_, f)| f);
        if last.is_none_or(|fate| !fate.is_final()) {
            wrongs.push(format!("{} of {} is still {last:?}", written.text, name(world, written.from)));
        }
        if last == Some(&Fate::Stored)
            && copies(world, screens, written).iter().sum::<usize>() == 0
            && screens.iter().zip(&world.plan.devices).any(|(s, user)| *user == written.to && s.is_online())
            && !lost_by_server(world, screens, written)
            && !blocked(world, screens, written)
        {
            wrongs.push(format!("{} was stored and has not come, though {} is online", written.text, USERS[written.to]));
        }
    }
    wrongs
}

/// What is wrong for ever.
pub fn ledger(world: &World, screens: &[Screen]) -> Vec<String> {
    let mut wrongs = Vec::new();
    for written in &world.written {
        let copies = copies(world, screens, written);
        if copies.iter().any(|count| *count > 1) {
            wrongs.push(format!("{} came {copies:?} times", written.text));
        }
        let came = copies.iter().any(|count| *count > 0);
        let fate = screens[written.from].fates.get(&written.tag).and_then(|f| f.last()).map(|(_, f)| f);
        match fate {
            Some(Fate::Delivered) if !came => wrongs.push(format!("{} is told as delivered and did not come", written.text)),
            Some(Fate::Failed { why }) if came => wrongs.push(format!("{} is told as failed ({why}) and came", written.text)),
            _ => {}
        }
    }
    for (device, screen) in screens.iter().enumerate() {
        for (_, from, text) in &screen.texts {
            let known = world.written.iter().any(|w| {
                w.text == *text && world.plan.devices[device] == w.to && address(USERS[world.plan.devices[w.from]]) == *from
            });
            if !known {
                wrongs.push(format!("{} got {text:?} of {from}, which nobody wrote to them", name(world, device)));
            }
        }
        wrongs.extend(order(world, screens, device));
    }
    wrongs
}

/// Over UDP a text goes to two devices of one user by itself, and the faster one answers for both.
fn is_forked(world: &World, device: usize) -> bool {
    let user = world.plan.devices[device];
    world.plan.family == Family::SimpleUdp && world.plan.devices.iter().filter(|of| **of == user).count() > 1
}

/// Texts of one device that are told as delivered must have come in the order in which they were written.
fn order(world: &World, screens: &[Screen], device: usize) -> Vec<String> {
    let mut last: BTreeMap<usize, (usize, &str)> = BTreeMap::new();
    let mut wrongs = Vec::new();
    if is_forked(world, device) {
        return wrongs;
    }
    for (_, _, text) in &screens[device].texts {
        let Some(number) = world.written.iter().position(|w| w.text == *text) else { continue };
        let written = &world.written[number];
        let fates = screens[written.from].fates.get(&written.tag);
        if fates.is_none_or(|fates| fates.last().map(|(_, f)| f) != Some(&Fate::Delivered)) {
            continue;
        }
        if let Some((before, other)) = last.insert(written.from, (number, text))
            && before > number
        {
            wrongs.push(format!("{} got {text} after {other}", name(world, device)));
        }
    }
    wrongs
}

/// How often a text came to each device of whom it is for.
fn copies(world: &World, screens: &[Screen], written: &Written) -> Vec<usize> {
    let of_user = screens.iter().zip(&world.plan.devices).filter(|(_, user)| **user == written.to);
    of_user.map(|(s, _)| s.texts.iter().filter(|(_, _, text)| *text == written.text).count()).collect()
}

/// Texts kept for who is away are lost when the server begins anew: it does not write them down.
fn lost_by_server(world: &World, screens: &[Screen], written: &Written) -> bool {
    let stored = screens[written.from].fates.get(&written.tag).and_then(|f| f.last()).map(|(at, _)| *at);
    world.restarts.iter().any(|restart| *restart >= written.at && stored.is_some_and(|at| *restart >= at.saturating_sub(MOMENT)))
}

/// Whether the receiver does not take texts of the writer; a device may refuse what the server kept.
fn blocked(world: &World, screens: &[Screen], written: &Written) -> bool {
    let from = address(USERS[world.plan.devices[written.from]]);
    let of_user = screens.iter().zip(&world.plan.devices).filter(|(_, user)| **user == written.to);
    of_user.into_iter().any(|(s, _)| s.ever_blocked.contains(&from))
}

/// A restart may overtake the answer that a text is kept.
const MOMENT: Duration = Duration::from_secs(40);

fn presence(world: &World, screens: &[Screen], device: usize) -> Vec<String> {
    let mut wrongs = Vec::new();
    let (screen, me) = (&screens[device], world.plan.devices[device]);
    for contact in screen.roster.contacts() {
        let Some(user) = USERS.iter().position(|name| address(name) == contact.address) else { continue };
        let others = screens.iter().zip(&world.plan.devices).filter(|(s, of)| **of == user && s.is_online());
        let own: Vec<_> = others.map(|(s, _)| (s.own.effective(), s.own.note.clone())).collect();
        let account = world.pair.server.account(&contact.address).unwrap();
        let handling = account.handling_of(&address(USERS[me]), DefaultHandling::Allow);
        let shown = screen.people.get(&contact.address).cloned().unwrap_or_default();
        let seen = (shown.availability, shown.note.clone().unwrap_or_default());
        let fits = match handling {
            Handling::Block => matches!(seen.0, Availability::Offline | Availability::Unknown),
            Handling::PoliteBlock => seen.0 == Availability::Offline,
            Handling::Confirm => seen.0 == Availability::Unknown,
            Handling::Allow => match &own[..] {
                [] | [(Availability::Offline, _)] => seen.0 == Availability::Offline,
                [one] => seen == *one,
                many => many.iter().any(|(availability, _)| *availability == seen.0),
            },
        };
        if !fits || shown.stale {
            let stale = if shown.stale { ", stale" } else { "" };
            wrongs.push(format!(
                "{} sees {} as {seen:?}{stale}, who is {own:?} ({handling:?})",
                name(world, device),
                USERS[user]
            ));
        }
    }
    wrongs
}

fn lists(world: &World, screens: &[Screen], device: usize) -> Vec<String> {
    let (screen, me) = (&screens[device], world.plan.devices[device]);
    let shown = picture(&screen.roster);
    let decided: BTreeMap<Address, Access> = screen.access.iter().map(|(who, access)| (who.clone(), access)).collect();
    let mut wrongs = Vec::new();
    match world.plan.family {
        Family::SimpleTcp | Family::SimpleUdp => {
            let wanted = screen.wanted.contacts.iter().map(|(who, what)| (who.as_str().to_owned(), what.clone()));
            let wanted: BTreeMap<_, _> = wanted.collect();
            if shown.0 != wanted {
                wrongs.push(format!("{} shows {:?} and wants {wanted:?}", name(world, device), shown.0));
            }
            if decided != screen.wanted.access {
                wrongs.push(format!("{} decided {:?} and shows {decided:?}", name(world, device), screen.wanted.access));
            }
        }
        Family::Xcap | Family::Lcs => {
            // A document server tells one device nothing of what another one changes.
            let is_alone = world.plan.devices.iter().filter(|user| **user == me).count() == 1;
            if world.plan.family == Family::Xcap && !is_alone {
                return wrongs;
            }
            let account = world.pair.server.account(&address(USERS[me])).unwrap();
            let kept = picture(account.roster());
            // Decisions that a document server lost count here on, and are not given to it again.
            let lost = world.plan.family == Family::Xcap && world.has_forgotten();
            if shown != kept {
                wrongs.push(format!("{} shows {shown:?}, the server has {kept:?}", name(world, device)));
            }
            let kept: BTreeMap<Address, Access> = account.access().iter().map(|(who, access)| (who.clone(), access)).collect();
            let fits = if lost { kept.iter().all(|(who, access)| decided.get(who) == Some(access)) } else { decided == kept };
            if !fits {
                wrongs.push(format!("{} shows access {decided:?}, the server has {kept:?}", name(world, device)));
            }
        }
    }
    wrongs
}

fn picture(roster: &Roster) -> Picture {
    let people = roster.contacts().map(|c| (c.address.as_str().to_owned(), (c.name.clone(), c.groups.iter().cloned().collect())));
    (people.collect(), roster.groups().iter().cloned().collect())
}

/// A device, for people.
pub fn name(world: &World, device: usize) -> String {
    format!("{}[{device}]", USERS[world.plan.devices[device]])
}
