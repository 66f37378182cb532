//! Prints what happens: JSON lines for programs, sentences for people.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Stdout, Write as _};
use std::time::SystemTime;

use serde_json::Value;

use crate::app::transfers::FileStage;
use crate::app::{App, words};
use crate::backend::{Event, Found, NoticeLevel, RoomEvent};
use crate::model::{AccountId, Address, Availability, Fate, FileId, Presence, RoomId, Roster, SignInPhase, Stamp, Transport};
use crate::runtime::script::ids::Ids;
use crate::ui::text;

use super::events::{self, JsonEvent};
use super::exit::Failure;
use super::output::Diagnostics;

/// Which events a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// None by itself.
    Nothing,
    /// Presence, sign-in and notices.
    Presence,
    /// Files, sign-in and notices.
    Files,
    /// Everything.
    Everything,
}

/// People whose last state is remembered: as many as a contact list may have.
const MAX_SAID: usize = 50_000;

/// The one who prints.
#[derive(Debug)]
pub struct Printer {
    out: Stdout,
    json: bool,
    scope: Scope,
    diagnostics: Diagnostics,
    /// Only these people's presence, when not empty.
    only: Vec<Address>,
    /// The script's ids, for commands that have any.
    pub ids: Ids,
    received: u64,
    /// What was printed last of each person's availability.
    said: BTreeMap<(AccountId, Address), Availability>,
    has_roster: bool,
    /// We are signing out by our own wish.
    leaving: bool,
}

impl Printer {
    /// One that prints what `scope` says.
    #[must_use]
    pub fn new(json: bool, scope: Scope, diagnostics: Diagnostics) -> Self {
        Self {
            out: std::io::stdout(),
            json,
            scope,
            diagnostics,
            only: Vec::new(),
            ids: Ids::default(),
            received: 0,
            said: BTreeMap::new(),
            has_roster: false,
            leaving: false,
        }
    }

    /// Whether messages are among what is printed.
    #[must_use]
    pub const fn prints_messages(&self) -> bool {
        matches!(self.scope, Scope::Everything)
    }

    /// Whether files are among what is printed.
    #[must_use]
    pub const fn prints_files(&self) -> bool {
        matches!(self.scope, Scope::Files)
    }

    /// Whether lines are JSON.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether an account has told its whole contact list.
    #[must_use]
    pub const fn has_roster(&self) -> bool {
        self.has_roster
    }

    /// Messages received so far, printed or not.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// From now on we sign out: that everybody's presence is then old needs no words.
    pub const fn leave(&mut self) {
        self.leaving = true;
    }

    /// From now on presence of these people only; everybody's when empty.
    pub fn restrict(&mut self, people: Vec<Address>) {
        self.only = people;
    }

    /// Prints one line and lets it out at once.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        let mut out = self.out.lock();
        writeln!(out, "{line}")?;
        out.flush()?;
        Ok(())
    }

    /// Prints a safe line for people; on a terminal broken between words, further rows so many cells in.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn line_hanging(&mut self, line: &str, hang: usize) -> Result<(), Failure> {
        if !self.out.is_terminal() {
            return self.line(line);
        }
        let columns = usize::from(crate::runtime::tty::size().0);
        text::hanging(line, columns, hang).iter().try_for_each(|row| self.line(row))
    }

    /// Prints a JSON event.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn event(&mut self, event: &JsonEvent) -> Result<(), Failure> {
        self.line(&event.line())
    }

    /// Prints a notice of our own making.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn notice(
        &mut self,
        account: Option<&AccountId>,
        level: NoticeLevel,
        code: &str,
        text: &str,
        id: Option<Value>,
    ) -> Result<(), Failure> {
        if self.json {
            return self.event(&events::notice(JsonEvent::new("notice", now(), account), level, code, text).with_some("id", id));
        }
        self.say_notice(level, text);
        Ok(())
    }

    /// Prints the refusal of an order; its id is that of the oldest order that still waits.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn refusal(&mut self, account: &AccountId, text: &str) -> Result<(), Failure> {
        let id = self.ids.oldest();
        self.notice(Some(account), NoticeLevel::Error, "refused", text, id)
    }

    /// Prints what an account reports, where the command's scope has it. Call it after the core
    /// has taken the report in.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn report(&mut self, account: &AccountId, event: &Event, app: &App) -> Result<(), Failure> {
        let Some(view) = app.accounts.get(account) else { return Ok(()) };
        if matches!(event, Event::Text { .. } | Event::Room(RoomEvent::Text { .. })) {
            self.received += 1;
        }
        self.has_roster |= matches!(event, Event::RosterReset { .. });
        if !self.is_wanted(event) {
            self.aside(event);
            return Ok(());
        }
        if let Event::AllStale = event {
            // Everybody of whom something was known is now marked: one line each.
            if self.leaving {
                return Ok(());
            }
            let marked: Vec<_> =
                events::gone_stale(view).filter(|(who, _)| self.only.is_empty() || self.only.contains(who)).collect();
            for (who, now) in marked {
                self.presence(account, who, &now, &view.roster)?;
            }
            return Ok(());
        }
        if !self.json {
            return self.tell(event, &view.roster);
        }
        if let Event::Presence { who, now } = event {
            return self.presence(account, who, now, &view.roster);
        }
        let base = JsonEvent::new(events::name_of(event), now(), Some(account));
        match self.ids.line(base, event, view) {
            Some(line) => self.event(&line),
            None => Ok(()),
        }
    }

    /// Prints how far a file is, where the command's scope has it.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn file(&mut self, account: &AccountId, id: FileId, app: &App) -> Result<(), Failure> {
        if !matches!(self.scope, Scope::Everything | Scope::Files) {
            return Ok(());
        }
        let Some((view, transfer)) = app.accounts.get(account).and_then(|view| Some((view, view.transfers.get(&id)?))) else {
            return Ok(());
        };
        if self.json {
            let line = events::file(JsonEvent::new("file", now(), Some(account)), &view.aor, id, transfer);
            let of_script = self.ids.of_file(id, transfer.is_over());
            let name = of_script.unwrap_or_else(|| id.to_string().into());
            return self.event(&line.with("id", name));
        }
        let line = text::line(&words::transfer_line(view.shown_name(&transfer.peer), id, transfer));
        match transfer.stage {
            FileStage::Moving(_) => {
                self.diagnostics.tell(&line);
                Ok(())
            }
            _ => self.line(&format!("{} {line}", now().clock())),
        }
    }

    /// Prints somebody's presence.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn presence(&mut self, account: &AccountId, who: &Address, shown: &Presence, roster: &Roster) -> Result<(), Failure> {
        if self.json {
            let line = events::presence(JsonEvent::new("presence", now(), Some(account)), who, shown);
            let previous = self.previous(account, who, shown.availability).map(|before| before.word().into());
            return self.event(&line.with_some("previous", previous));
        }
        let name = roster.contact(who).map(|contact| text::line(contact.shown_name())).filter(|name| *name != who.short());
        let mut line = format!("{:<30} {:<8}", text::line(who.short()), shown.availability.word());
        for extra in [name, shown.note.as_deref().map(|note| format!("\"{}\"", text::line(note)))].into_iter().flatten() {
            line.push_str("  ");
            line.push_str(&extra);
        }
        if shown.stale {
            line.push_str("  (not confirmed since the connection was lost)");
        }
        self.line(line.trim_end())
    }

    /// What was said of this person before, where that was something else.
    fn previous(&mut self, account: &AccountId, who: &Address, now: Availability) -> Option<Availability> {
        let key = (account.clone(), who.clone());
        if self.said.len() >= MAX_SAID && !self.said.contains_key(&key) {
            self.said.pop_first();
        }
        self.said.insert(key, now).filter(|before| *before != now)
    }

    fn is_wanted(&self, event: &Event) -> bool {
        match self.scope {
            Scope::Nothing => false,
            Scope::Everything => match event {
                Event::Presence { who, .. } => self.only.is_empty() || self.only.contains(who),
                _ => true,
            },
            Scope::Files => matches!(event, Event::Phase { .. } | Event::Notice { .. }),
            Scope::Presence => match event {
                Event::Presence { who, .. } => self.only.is_empty() || self.only.contains(who),
                Event::AllStale | Event::Phase { .. } | Event::Notice { .. } | Event::Traffic(_) => true,
                _ => false,
            },
        }
    }

    /// What is not printed still gets a word on standard error where it is bad.
    fn aside(&self, event: &Event) {
        if let Event::Notice { level, text, .. } = event {
            self.say_notice(*level, text);
        }
    }

    fn say_notice(&self, level: NoticeLevel, text: &str) {
        match level {
            NoticeLevel::Info => self.diagnostics.tell(text),
            NoticeLevel::Warning => self.diagnostics.warn(text),
            NoticeLevel::Error => self.diagnostics.error(text),
        }
    }

    fn tell(&mut self, event: &Event, roster: &Roster) -> Result<(), Failure> {
        let clock = now().clock();
        match event {
            Event::Phase { phase, server, transport } => {
                self.tell_phase(phase, server.as_deref(), transport.map(Transport::word));
                Ok(())
            }
            Event::Capabilities(_)
            | Event::AccessReset(_)
            | Event::ListsConfirmed
            | Event::AllStale
            | Event::File(_)
            | Event::Home(_)
            | Event::Arranged(_)
            | Event::Leaving(_)
            | Event::Refusals(_)
            | Event::Typing { active: false, .. } => Ok(()),
            Event::RosterReset { .. } | Event::RosterChanged { .. } => {
                self.diagnostics.tell(&format!("{} people on the contact list", roster.len()));
                Ok(())
            }
            Event::Presence { who, now } => self.presence(&AccountId::new(""), who, now, roster),
            Event::OwnPresence(shown) => {
                self.diagnostics.tell(&format!("others see you as {}", shown.word()));
                Ok(())
            }
            Event::Text { id: _, from, body, sent, delayed } => {
                let when = sent.map_or(clock, Stamp::clock);
                let late = if *delayed { " (written earlier)" } else { "" };
                let said = text::block(&body.text).replace('\n', "\n      ");
                self.line(&format!("{when} {}{late}: {said}", text::line(from.short())))
            }
            Event::Typing { from, active: true } => self.line(&format!("{clock} {} is writing", text::line(from.short()))),
            Event::Delivery { tag, fate } => self.line(&format!("{clock} message {tag}: {}", fate_sentence(fate))),
            Event::Watcher { who, state, .. } => {
                self.line(&format!("{clock} {} watches you: {}", text::line(who.short()), state.word()))
            }
            Event::Notice { level, text, .. } => {
                self.say_notice(*level, text);
                Ok(())
            }
            Event::Search { found: Err(why), .. } => {
                self.diagnostics.error(why);
                Ok(())
            }
            Event::Search { found: Ok(found), .. } => self.found(found),
            Event::OwnName(name) => {
                self.diagnostics.tell(&format!("the server knows you as {}", text::line(name)));
                Ok(())
            }
            Event::Room(told) => self.tell_room(told, &clock),
            Event::Traffic(counters) => {
                self.diagnostics.tell(&format!(
                    "{} messages and {} octets out, {} messages and {} octets in",
                    counters.sip_out, counters.bytes_out, counters.sip_in, counters.bytes_in
                ));
                Ok(())
            }
        }
    }

    /// Prints the people a search found.
    ///
    /// # Errors
    /// A quiet end when nobody reads it.
    pub fn found(&mut self, found: &Found) -> Result<(), Failure> {
        for one in &found.people {
            let cell = |text: &str, cells| text::fit(&text::line(text), cells);
            let (who, name) = (text::line(one.address.short()), text::line(&one.name));
            let who = if text::width(&who) < 30 { text::fit(&who, 30) } else { who };
            let name = if text::width(&name) < 24 { text::fit(&name, 24) } else { name };
            let line = format!("{who}  {name}  {}  {}  {}", cell(&one.company, 20), cell(&one.country, 4), text::line(&one.mail));
            self.line(line.trim_end())?;
        }
        if found.people.is_empty() {
            self.diagnostics.tell("the directory knows nobody of that name");
        }
        if found.more {
            self.diagnostics.tell("there are more people than the server names; look for something narrower");
        }
        Ok(())
    }

    fn tell_room(&mut self, told: &RoomEvent, clock: &str) -> Result<(), Failure> {
        let why = |why: &Option<String>| why.as_deref().map(|why| format!(": {}", text::line(why))).unwrap_or_default();
        let named = |room: &RoomId| text::line(room.as_str());
        match told {
            RoomEvent::Opened { room, people, .. } => {
                let names: Vec<String> = people.iter().map(|who| text::line(who.short())).collect();
                self.line(&format!("{clock} conversation {} with {}", named(room), names.join(", ")))
            }
            RoomEvent::Joined { room, who } => {
                self.line(&format!("{clock} {} joined conversation {}", text::line(who.short()), named(room)))
            }
            RoomEvent::Left { room, who, why: reason } => {
                self.line(&format!("{clock} {} left conversation {}{}", text::line(who.short()), named(room), why(reason)))
            }
            RoomEvent::Closed { room, why: reason } => {
                self.line(&format!("{clock} conversation {} is over{}", named(room), why(reason)))
            }
            RoomEvent::Text { room, from, body, .. } => {
                let said = text::block(&body.text).replace('\n', "\n      ");
                self.line(&format!("{clock} {} in {}: {said}", text::line(from.short()), named(room)))
            }
        }
    }

    fn tell_phase(&self, phase: &SignInPhase, server: Option<&str>, transport: Option<&str>) {
        match phase {
            SignInPhase::Online => {
                let way = transport.map(|transport| format!(" by {transport}")).unwrap_or_default();
                self.diagnostics.tell(&format!("signed in at {}{way}", server.unwrap_or("the server")));
            }
            SignInPhase::Waiting { retry_in, why } => {
                let seconds = retry_in.as_secs().max(1);
                self.diagnostics.warn(&format!("{} Next try in {seconds} s.", words::wait_reason(why)));
            }
            _ => {}
        }
    }
}

/// What became of a message, for people; not yet made safe for a terminal.
#[must_use]
pub fn fate_sentence(fate: &Fate) -> String {
    let sentence = match fate {
        Fate::Queued => "waits to be sent".to_owned(),
        Fate::Sent => "on its way".to_owned(),
        Fate::Delivered => "delivered".to_owned(),
        Fate::Stored => "kept by the server until the person signs in".to_owned(),
        Fate::Failed { why } => format!("not delivered: {why}"),
        Fate::Unconfirmed { why } => format!("it may or may not have arrived: {why}"),
    };
    text::line(&sentence)
}

/// The wall time, for events.
#[must_use]
pub fn now() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
