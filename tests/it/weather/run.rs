//! Runs one schedule and says what was wrong.

use std::fmt::Write as _;
use std::time::Duration;

use chinwag::backend::Command;
use chinwag::model::{Availability, OwnPresence};

use super::oracle;
use super::plan::{Family, Plan};
use super::screen::Screen;
use super::world::World;

/// Longest time until everything is as it must be: two long waits, and what is refreshed in between.
const PATIENCE: Duration = Duration::from_mins(20);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(20);
/// Most messages of one client within the last look, when nothing is to be done any more.
const MOST_IN_A_LOOK: usize = 120;

/// How one schedule is played again.
const REPLAY: &str = "cargo nextest run --locked --test it weather::replay --no-capture";
/// Longest story, octets.
const LONGEST_STORY: usize = 4 << 20;

/// What came of a schedule.
pub struct Outcome {
    pub world: World,
    pub wrongs: Vec<String>,
    /// How long it took until all was well.
    pub settled: Duration,
}

impl Outcome {
    /// The schedule and the end of what happened, for people.
    pub fn story(&self, lines: usize) -> String {
        let mut out = self.world.story();
        for wrong in &self.wrongs {
            let _ = writeln!(out, "WRONG {wrong}");
        }
        let plan = &self.world.plan;
        let _ = writeln!(
            out,
            "settled after {:?}; again by: CHINWAG_FAMILY={:?} CHINWAG_SEED={} {REPLAY}",
            self.settled, plan.family, plan.seed
        );
        let text = self.world.told();
        let from = text.lines().count().saturating_sub(lines);
        for line in text.lines().skip(from) {
            let _ = writeln!(out, "{line}");
        }
        out.truncate(out.floor_char_boundary(LONGEST_STORY));
        out
    }
}

/// Plays a schedule to its end.
pub fn run(family: Family, seed: u64) -> Outcome {
    judge(World::new(Plan::draw(family, seed)))
}

/// Plays a schedule in a world that may have been tampered with.
pub fn judge(mut world: World) -> Outcome {
    let mut screens: Vec<Screen> = world.clients.iter().map(|_| Screen::new()).collect();
    for (device, screen) in screens.iter_mut().enumerate() {
        screen.wanted.contacts = world.first_contacts(device);
    }
    world.play();
    let over = world.now();
    listen(&mut world, &mut screens);
    settle(&mut world, &mut screens);
    let settled = world.now().saturating_sub(over);
    // Life goes on: everybody says and writes something new.
    for device in 0..screens.len() {
        if !screens[device].is_online() {
            continue;
        }
        let chosen = [Availability::Busy, Availability::Online, Availability::Away][device % 3];
        let own = OwnPresence { chosen, note: format!("after the storm {device}"), ..OwnPresence::default() };
        let _ = world.pair.try_order(world.clients[device], Command::SetPresence(own));
        let (me, all) = (world.plan.devices[device], world.plan.devices.clone());
        if let Some(to) = all.iter().find(|user| **user != me) {
            world.say(device, *to);
        }
    }
    world.pair.run_for(LOOK);
    listen(&mut world, &mut screens);
    settle(&mut world, &mut screens);
    let quiet = world.now();
    world.pair.run_for(LOOK);
    listen(&mut world, &mut screens);
    let sent: Vec<usize> = (0..screens.len()).map(|device| world.sent_since(device, quiet)).collect();
    // What a server dropped in the storm may come to light as late as at a refresh.
    settle(&mut world, &mut screens);
    let mut wrongs = oracle::unsettled(&world, &screens);
    wrongs.extend(oracle::ledger(&world, &screens));
    for (device, count) in sent.into_iter().enumerate() {
        if count > MOST_IN_A_LOOK {
            wrongs.push(format!("{} sent {count} messages when nothing was to be done", oracle::name(&world, device)));
        }
    }
    for (device, screen) in screens.iter_mut().enumerate() {
        let who = oracle::name(&world, device);
        wrongs.extend(screen.wrongs.iter().map(|wrong| format!("{who} {wrong}")));
    }
    Outcome { world, wrongs, settled }
}

fn settle(world: &mut World, screens: &mut [Screen]) {
    let end = world.now() + PATIENCE;
    while world.now() < end && !oracle::unsettled(world, screens).is_empty() {
        world.pair.run_for(LOOK);
        listen(world, screens);
    }
}

fn listen(world: &mut World, screens: &mut [Screen]) {
    for noted in world.listen() {
        let device = world.clients.iter().position(|client| *client == noted.client).unwrap();
        screens[device].take(&noted);
    }
    screens.iter_mut().for_each(Screen::settle_order);
}
