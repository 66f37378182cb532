//! `demo`: the embedded server and its people, with the screen or without.

use std::time::Duration;

use crate::app::words;
use crate::backend::{Command, Event, NoticeLevel, RoomCommand, RoomEvent};
use crate::model::{AccountId, Address, Availability, Body, Capabilities, Fate, SignInPhase, Transport};
use crate::runtime::demo_world::DemoWorld;
use crate::runtime::reread::NoSource;
use crate::runtime::{Shell, logging};

use super::args::{self, Global};
use super::exit::{Exit, Failure};
use super::online::block_on;
use super::output::Diagnostics;
use super::printer::{Printer, Scope};
use super::screen;
use super::session::{Session, Woke};
use super::settings;

/// Longest time for everything together.
const WHOLE_TIME: Duration = Duration::from_secs(28);

/// Runs it.
///
/// # Errors
/// Exit 1 when something that is to be shown did not happen.
pub fn run(task: &args::Demo, global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    block_on(async {
        let mut world = DemoWorld::start(Some(task.seed)).await.map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        // Whoever has keys of their own wants them here too; a file that cannot be used is no matter of the demo.
        if let Some(own) = settings::load_all(global).ok().and_then(|loaded| loaded.resolved) {
            world.settings.ui = own.ui;
        }
        settings::adjust(&mut world.settings, global)?;
        let _log = logging::start(&world.settings.state_dir, &world.settings.log.level, world.settings.log.keep);
        let shell =
            Shell::new(&world.settings, world.secrets()).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        if !task.headless {
            return screen::show(shell, &world.settings, diagnostics, &mut NoSource).await;
        }
        let accounts: Vec<AccountId> = world.settings.accounts.iter().map(|account| account.id.clone()).collect();
        let Some(id) = accounts.first().cloned() else {
            return Err(Failure::new(Exit::Failed, "the demonstration has no account"));
        };
        // People read sentences about each step; programs get every event.
        let scope = if global.json { Scope::Everything } else { Scope::Nothing };
        let printer = Printer::new(global.json, scope, diagnostics);
        let mut session = Session::over(shell, accounts, false, printer)?.visible();
        session.limit(Some(WHOLE_TIME));
        session.run(true, async |session| headless(session, &id, &world).await).await
    })
}

/// Everything there is to show, in order; ends at the first thing that does not happen.
async fn headless(session: &mut Session, id: &AccountId, world: &DemoWorld) -> Result<Exit, Failure> {
    let view = session.view(id);
    let server = view.and_then(|view| view.server.clone()).unwrap_or_default();
    let way = view.and_then(|view| view.transport).map_or("", Transport::word);
    step(session, id, "demo_signed_in", &format!("signed in at {server} by {way}"))?;
    let able = capabilities(session, id)?;
    step(session, id, "demo_dialect", &agreed(&able))?;

    until(session, "the contact list", |session, _| people(session, id).next().is_some()).await?;
    let count = people(session, id).count();
    step(session, id, "demo_roster", &format!("{count} people on the contact list"))?;

    until(session, "presence of everybody", |session, _| all_known(session, id)).await?;
    if !capabilities(session, id)?.batch {
        return Err(Failure::new(Exit::Failed, "presence came one by one, not with one subscription"));
    }
    step(session, id, "demo_presence", &format!("presence of {count} people with one subscription"))?;

    let online = |(who, shown, _): (Address, Availability, bool)| (shown == Availability::Online).then_some(who);
    let mut there = people(session, id).filter_map(online);
    let (partner, third) = (there.next(), there.next());
    drop(there);
    let partner = partner.ok_or_else(|| Failure::new(Exit::Failed, "nobody in the demonstration is online"))?;
    chat(session, id, &partner).await?;
    let how = if able.sessions { " in a session" } else { "" };
    step(session, id, "demo_chat", &format!("a message delivered to {}, and the answer read{how}", partner.short()))?;
    if let Some(third) = third.filter(|_| able.sessions) {
        several(session, id, [&partner, &third]).await?;
        let names = format!("{} and {}", partner.short(), third.short());
        step(session, id, "demo_room", &format!("a conversation with {names}: heard by both, answered, and left"))?;
    }

    world.cut().await;
    until(session, "the loss of the connection", |session, _| !is_online(session, id)).await?;
    let marked = people(session, id).all(|(_, _, stale)| stale);
    if !marked {
        return Err(Failure::new(Exit::Failed, "the connection was lost, but not everybody's presence was marked"));
    }
    step(session, id, "demo_lost", "the connection was cut; everything known of others is marked as not confirmed")?;

    until(session, "the recovery", |session, _| is_online(session, id) && all_known(session, id)).await?;
    step(session, id, "demo_recovered", "signed in again; everybody's presence is confirmed anew")?;
    Ok(Exit::Done)
}

/// Writes to somebody, waits until it is delivered and answered.
async fn chat(session: &mut Session, id: &AccountId, partner: &Address) -> Result<(), Failure> {
    let tag = session.next_tag();
    let body = Body::plain("Hello! Shall we have lunch?");
    session.order(id, Command::SendText { to: partner.clone(), body, tag })?;
    let (mut delivered, mut answered) = (false, false);
    until(session, "the conversation", |_, event| {
        match event {
            Some(Event::Delivery { tag: about, fate: Fate::Delivered }) => delivered |= *about == tag,
            // Somebody may have said hello before; only what comes after the delivery is the answer.
            Some(Event::Text { from, .. }) => answered |= delivered && from == partner,
            _ => {}
        }
        delivered && answered
    })
    .await
}

/// Talks with two people at once: both come in, hear us, one answers; then we leave.
async fn several(session: &mut Session, id: &AccountId, guests: [&Address; 2]) -> Result<(), Failure> {
    let open = RoomCommand::Open(guests.map(Clone::clone).into());
    session.order(id, Command::Room(open))?;
    let mut room = None;
    let mut missing: Vec<&Address> = guests.into();
    let mut refusal = None;
    until(session, "the conversation of three", |_, event| {
        match event {
            Some(Event::Room(RoomEvent::Opened { room: opened, by: None, .. })) => room = Some(opened.clone()),
            Some(Event::Room(RoomEvent::Joined { room: of, who })) if room.as_ref() == Some(of) => {
                missing.retain(|one| *one != who);
            }
            Some(Event::Room(RoomEvent::Left { who, why, .. })) => {
                refusal = Some(format!("{} did not come in: {}", who.short(), why.as_deref().unwrap_or("no reason was given")));
            }
            _ => {}
        }
        refusal.is_some() || (room.is_some() && missing.is_empty())
    })
    .await?;
    if let Some(refusal) = refusal {
        return Err(Failure::new(Exit::Failed, refusal));
    }
    let Some(room) = room else { return Ok(()) };
    let tag = session.next_tag();
    let body = Body::plain("Hello both! Who comes along to lunch?");
    session.order(id, Command::Room(RoomCommand::Say { room: room.clone(), body, tag }))?;
    let (mut heard, mut answered) = (false, false);
    until(session, "the answer of the conversation of three", |_, event| {
        match event {
            Some(Event::Delivery { tag: about, fate: Fate::Delivered }) => heard |= *about == tag,
            Some(Event::Room(RoomEvent::Text { room: of, from, .. })) => answered |= *of == room && guests.contains(&from),
            _ => {}
        }
        heard && answered
    })
    .await?;
    session.order(id, Command::Room(RoomCommand::Leave(room.clone())))?;
    let closed = |event: &Event| matches!(event, Event::Room(RoomEvent::Closed { room: of, .. }) if *of == room);
    until(session, "the end of the conversation of three", |_, event| event.is_some_and(closed)).await
}

/// What the server can do, as known now.
fn capabilities(session: &Session, id: &AccountId) -> Result<Capabilities, Failure> {
    let able = session.view(id).and_then(|view| view.capabilities.clone());
    able.ok_or_else(|| Failure::new(Exit::Failed, "the server did not show what it can do"))
}

/// `LCS, signed by NTLM: batch, best effort, first state in the answer, extended by itself`.
fn agreed(able: &Capabilities) -> String {
    let dialect = words::dialect(able.dialect);
    let scheme = words::scheme(able.auth);
    let trust = if able.signed { format!("every message signed by {scheme}") } else { format!("signed in by {scheme}") };
    let parts = [
        (able.batch, "one subscription for all"),
        (able.benotify, "best-effort notifications"),
        (able.piggyback, "first state in the answer"),
        (able.autoextend, "subscriptions extended by the server"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|(has, _)| *has).map(|(_, said)| said).collect();
    format!("{dialect}, {trust}; {}", parts.join(", "))
}

fn step(session: &mut Session, id: &AccountId, code: &'static str, text: &str) -> Result<(), Failure> {
    if session.printer.is_json() {
        return session.printer.notice(Some(id), NoticeLevel::Info, code, text, None);
    }
    session.printer.line(&format!("ok  {}", crate::ui::text::line(text)))
}

/// Waits until something holds, looking again after everything that happens.
async fn until(
    session: &mut Session,
    what: &str,
    mut holds: impl FnMut(&Session, Option<&Event>) -> bool,
) -> Result<(), Failure> {
    if holds(session, None) {
        return Ok(());
    }
    loop {
        let woke = session.next().await?;
        let event = match &woke {
            Woke::Report(_, event) => Some(event),
            Woke::Timeout => return Err(Failure::new(Exit::Failed, format!("{what} did not come in time"))),
            Woke::Refused(_, refused) => return Err(Failure::new(Exit::Failed, format!("{what}: {refused}"))),
            Woke::File(..) | Woke::Changed | Woke::Line(_) => None,
        };
        if let Some(Event::Phase { phase: phase @ SignInPhase::Offline { .. }, .. }) = event
            && let Woke::Report(id, _) = &woke
        {
            session.check_phase(id, phase, false)?;
        }
        if holds(session, event) {
            return Ok(());
        }
    }
}

/// Everybody on the contact list: who, how, and whether that is only what was known before.
fn people<'a>(session: &'a Session, id: &AccountId) -> impl Iterator<Item = (Address, Availability, bool)> + 'a {
    let roster = session.view(id).map(|view| &view.roster);
    roster
        .into_iter()
        .flat_map(crate::model::Roster::contacts)
        .map(|contact| (contact.address.clone(), contact.presence.availability, contact.presence.stale))
}

fn all_known(session: &Session, id: &AccountId) -> bool {
    people(session, id).all(|(_, shown, stale)| shown != Availability::Unknown && !stale)
}

fn is_online(session: &Session, id: &AccountId) -> bool {
    session.view(id).is_some_and(|view| view.phase == SignInPhase::Online)
}
