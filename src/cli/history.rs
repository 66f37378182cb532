//! `history`: what was said before, listed, shown, searched, written out and deleted. Signs nobody in.

use std::io::{BufWriter, StdoutLock, Write};
use std::path::Path;

use crate::config::Resolved;
use crate::history::{Found, Hit, Mark, Part, Search, Store, StoreFault, Talk, Ticket, With, exists};
use crate::model::{AccountId, Address, Author, Fate, Line, Strangers};
use crate::runtime::installation::Installation;
use crate::runtime::unlock;
use crate::ui::text as safe;

use super::args;
use super::events::{self, JsonEvent};
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::settings;

/// Messages read together.
const PAGE: usize = 500;

/// Carries out `history`.
///
/// # Errors
/// Exit 7 when the store is locked or the configuration cannot be used, 1 when it cannot be read or somebody
/// has no history.
pub fn run(task: &args::History, global: &args::Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let settings = settings::resolve(global, diagnostics)?;
    let mut out = Out { json: global.json, settings: &settings, to: BufWriter::new(std::io::stdout().lock()), day: None };
    if !exists(&settings.data_dir) {
        return match task {
            args::History::List | args::History::Search { .. } | args::History::Export { who: None } => {
                diagnostics.tell(&format!("nothing is kept in {}", settings.data_dir.display()));
                Ok(Exit::Done)
            }
            _ => Err(Failure::new(Exit::Failed, format!("nothing is kept in {}", settings.data_dir.display()))),
        };
    }
    let (mut store, _installation) = open(&settings, diagnostics)?;
    let ours =
        |talk: &Talk| global.account.is_none() && global.aor.is_none() || settings.accounts.iter().any(|a| a.aor == talk.account);
    let talks: Vec<Talk> = store.talks().map_err(failed)?.into_iter().filter(ours).collect();
    match task {
        args::History::List => talks.iter().try_for_each(|talk| out.talk(talk))?,
        args::History::Show { who, last } => show(&store, one_of(&talks, who)?, *last as usize, &mut out)?,
        args::History::Search { words, with, count } => {
            let with = with.as_deref().map(|who| one_of(&talks, who)).transpose()?;
            let search = Search {
                words: words.join(" "),
                with: with.map(|talk| (talk.account.clone(), talk.with.clone())),
                before: None,
                count: *count as usize,
                held: settings.messages.strangers == Strangers::Allow,
                ticket: Ticket::default(),
            };
            find(&mut store, search, &mut out)?;
        }
        args::History::Export { who: Some(who) } => export(&store, one_of(&talks, who)?, &mut out)?,
        args::History::Export { who: None } => talks.iter().try_for_each(|talk| export(&store, talk, &mut out))?,
        args::History::Delete { who, before } => {
            let count = match (who, before) {
                (Some(who), _) => {
                    let talk = one_of(&talks, who)?;
                    store.forget_talk(&talk.account, &talk.with)
                }
                (None, Some(before)) => store.forget_before(*before),
                (None, None) => Ok(0),
            };
            let count = count.map_err(failed)?;
            diagnostics.tell(&format!("{count} {} deleted", if count == 1 { "message was" } else { "messages were" }));
        }
    }
    out.to.flush()?;
    Ok(Exit::Done)
}

/// The store, and the name of this installation, so that no other program takes the folder meanwhile.
fn open(settings: &Resolved, diagnostics: Diagnostics) -> Result<(Store, Installation), Failure> {
    let dir = settings.data_dir.as_path();
    let installation = Installation::in_dir(dir).map_err(|fault| in_use(dir, &fault.to_string()))?;
    if !installation.is_held() {
        return Err(in_use(dir, "another chinwag uses it; end that first"));
    }
    let unlock = unlock::permitted(settings).map_err(|why| Failure::new(Exit::Configuration, why))?;
    let (store, aside) = Store::open(dir, &unlock, settings.keep).map_err(|fault| match fault {
        StoreFault::Key(_) | StoreFault::OtherKey { .. } => Failure::new(Exit::Configuration, fault.to_string()),
        _ => failed(fault),
    })?;
    if let Some(aside) = aside {
        diagnostics.warn(&format!("the file of kept messages was broken; it was put aside as {}", aside.display()));
    }
    Ok((store, installation))
}

fn in_use(dir: &Path, why: &str) -> Failure {
    Failure::new(Exit::Failed, format!("what is kept in {} cannot be read: {why}", dir.display()))
}

#[allow(clippy::needless_pass_by_value)] // As `map_err` wants it.
fn failed(fault: StoreFault) -> Failure {
    Failure::new(Exit::Failed, fault.to_string())
}

/// The conversation somebody means by an address, the part before its `@`, or the name of a conversation of several.
fn one_of<'a>(talks: &'a [Talk], who: &str) -> Result<&'a Talk, Failure> {
    let is_meant = |talk: &&Talk| match &talk.with {
        With::Person(person) => Address::complete(who, Some(talk.account.domain())).is_ok_and(|meant| meant == *person),
        With::Room(room) => room.as_str() == who,
    };
    let mut found = talks.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(talk), None) => Ok(talk),
        (Some(_), Some(_)) => {
            let text = format!("several accounts have a history with {who}; choose one with --account");
            Err(Failure::new(Exit::Usage, text))
        }
        (None, _) => {
            let text = format!("nothing is kept of a conversation with {who}; `chinwag history list` shows what is");
            Err(Failure::new(Exit::Failed, text))
        }
    }
}

fn show(store: &Store, talk: &Talk, last: usize, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut pages = Vec::new();
    let (mut left, mut part) = (last, Part::End);
    while left > 0 {
        let page = store.page(&talk.account, &talk.with, &part, left.min(PAGE)).map_err(failed)?;
        let Some((first, _)) = page.lines.first() else { break };
        part = Part::Before(Mark::Place(*first));
        left = left.saturating_sub(page.lines.len());
        let more = page.more_before;
        pages.push(page.lines);
        if !more {
            break;
        }
    }
    pages.iter().rev().flatten().try_for_each(|(_, line)| out.line(talk, line))
}

fn export(store: &Store, talk: &Talk, out: &mut Out<'_>) -> Result<(), Failure> {
    out.heading(talk)?;
    let mut after = Mark::Place(crate::history::Place(0));
    loop {
        let page = store.page(&talk.account, &talk.with, &Part::After(after), PAGE).map_err(failed)?;
        page.lines.iter().try_for_each(|(_, line)| out.line(talk, line))?;
        match page.lines.last() {
            Some((place, _)) if page.more_after => after = Mark::Place(*place),
            _ => return Ok(()),
        }
    }
}

fn find(store: &mut Store, search: Search, out: &mut Out<'_>) -> Result<(), Failure> {
    match store.answer(&crate::history::Ask::Search(search)) {
        Found::Hits(found) => found.hits.iter().try_for_each(|hit| out.hit(hit)),
        Found::Nothing { why, .. } => Err(Failure::new(Exit::Failed, why)),
        Found::Page(_) => Ok(()),
    }
}

/// Where it is printed, and how.
struct Out<'a> {
    json: bool,
    settings: &'a Resolved,
    to: BufWriter<StdoutLock<'a>>,
    /// The day that stands above the lines.
    day: Option<String>,
}

impl Out<'_> {
    fn event(&self, name: &'static str, at: crate::model::Stamp, account: &Address) -> JsonEvent {
        let id: Option<&AccountId> = self.settings.accounts.iter().find(|one| one.aor == *account).map(|one| &one.id);
        JsonEvent::new(name, at, id).with("self", account.as_str())
    }

    fn talk(&mut self, talk: &Talk) -> Result<(), Failure> {
        let people: Vec<&str> = talk.people.iter().map(Address::as_str).collect();
        if self.json {
            let room = room(&talk.with).map(serde_json::Value::from);
            let event = self.event("conversation", talk.last, &talk.account).with("people", people).with_some("room", room);
            let event = event.with("messages", talk.count).with("first", talk.first.to_rfc3339());
            return Ok(writeln!(self.to, "{}", event.line())?);
        }
        let messages = if talk.count == 1 { "1 message".to_owned() } else { format!("{} messages", talk.count) };
        let (account, name) = (safe::line(talk.account.short()), safe::line(&name(talk)));
        Ok(writeln!(self.to, "{name}  {messages}, the last {} {}  ({account})", talk.last.day(), talk.last.clock())?)
    }

    fn heading(&mut self, talk: &Talk) -> Result<(), Failure> {
        self.day = None;
        if self.json {
            return Ok(());
        }
        Ok(writeln!(self.to, "== {} with {}", safe::line(talk.account.short()), safe::line(&name(talk)))?)
    }

    fn line(&mut self, talk: &Talk, line: &Line) -> Result<(), Failure> {
        if self.json {
            let event = self.message(&talk.account, &talk.with, line.at, &line.by);
            let id = line.id.clone().or_else(|| line.tag.map(|tag| tag.to_string()));
            let event = event.with("text", line.body.text.as_str()).with("content_type", line.body.content_type.as_str());
            let event = event.with("id", id).with("delayed", line.delayed).with_some("style", events::style(&line.body.style));
            let event = event.with_some("fate", line.fate.as_ref().map(|fate| fate.word().into()));
            let event = event.with_some("why", line.fate.as_ref().and_then(why).map(Into::into));
            return Ok(writeln!(self.to, "{}", event.line())?);
        }
        let day = line.at.day();
        if self.day.as_ref() != Some(&day) {
            writeln!(self.to, "-- {day}")?;
            self.day = Some(day);
        }
        let text = safe::block(&line.body.text).replace('\n', "\n      ");
        let not_arrived = match &line.fate {
            Some(fate @ (Fate::Failed { why } | Fate::Unconfirmed { why })) => {
                format!("  [{}: {}]", fate.word(), safe::line(why))
            }
            _ => String::new(),
        };
        Ok(writeln!(self.to, "{} {}: {text}{not_arrived}", line.at.clock(), safe::line(author(&talk.account, &line.by).short()))?)
    }

    fn hit(&mut self, hit: &Hit) -> Result<(), Failure> {
        if self.json {
            let id = hit.id.clone().or_else(|| hit.tag.map(|tag| tag.to_string()));
            let marks: Vec<Vec<usize>> = hit.marks.iter().map(|mark| vec![mark.start, mark.end]).collect();
            let event = self.message(&hit.account, &hit.with, hit.at, &hit.by);
            let event = event.with("excerpt", hit.excerpt.as_str()).with("marks", serde_json::json!(marks)).with("id", id);
            return Ok(writeln!(self.to, "{}", event.line())?);
        }
        let with = match &hit.with {
            With::Person(who) => safe::line(who.short()),
            With::Room(room) => safe::line(room.as_str()),
        };
        let (excerpt, cut) = (safe::line(&hit.excerpt), if hit.cut { "…" } else { "" });
        let by = safe::line(author(&hit.account, &hit.by).short());
        Ok(writeln!(self.to, "{} {} with {with}, {by}: {cut}{excerpt}", hit.at.day(), hit.at.clock())?)
    }

    fn message(&self, account: &Address, with: &With, at: crate::model::Stamp, by: &Author) -> JsonEvent {
        let to = match (by, with) {
            (Author::Us, With::Person(who)) => Some(who.as_str()),
            (Author::Us, With::Room(_)) => None,
            (Author::Them(_), _) => Some(account.as_str()),
        };
        let event = self.event("message", at, account).with("from", author(account, by).as_str()).with("to", to);
        event.with_some("room", room(with).map(Into::into))
    }
}

const fn author<'a>(account: &'a Address, by: &'a Author) -> &'a Address {
    match by {
        Author::Us => account,
        Author::Them(who) => who,
    }
}

fn room(with: &With) -> Option<&str> {
    match with {
        With::Room(room) => Some(room.as_str()),
        With::Person(_) => None,
    }
}

fn why(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Failed { why } | Fate::Unconfirmed { why } => Some(why),
        _ => None,
    }
}

/// What a conversation is called in a list.
fn name(talk: &Talk) -> String {
    match &talk.with {
        With::Person(who) => who.short().to_owned(),
        With::Room(room) => {
            let people: Vec<&str> = talk.people.iter().map(Address::short).collect();
            format!("{room} ({})", people.join(", "))
        }
    }
}
