//! Obeys the lines of a connection: what they wish goes the way of a key of the screen.

use std::path::Path;
use std::time::Duration;

use super::client::{Client, Heard, LONGEST_LINE};
use super::following::{self, Follow, Knowledge};
use crate::app::{AccountView, Action, App, FileAct, Msg};
use crate::backend::{Command, NoticeLevel, RoomCommand};
use crate::model::{AccountId, Address, Fate, FileId, MessageRef, Presence, Stamp};
use crate::runtime::script::acts::{BadAct, Deed, Ground, Wish};
use crate::runtime::script::events::{self, JsonEvent};
use crate::runtime::script::ids::Cause;

/// What a line that is answered with everything there is costs more than others: ten of these a second.
const DEAR: Duration = Duration::from_millis(90);

/// What a line wishes of the program.
#[derive(Debug)]
pub struct Wanted {
    /// To be submitted.
    pub msg: Msg,
    /// Of which account.
    pub account: AccountId,
    /// Whether a refusal is to be told.
    pub answered: bool,
}

/// Obeys a line; what has no answer of its own comes back. `knows` is asked what an account knows by now.
pub fn obey(
    client: &mut Client,
    heard: Heard,
    app: &App,
    at: Stamp,
    knows: impl Fn(&AccountId, &AccountView) -> Knowledge,
) -> Option<Wanted> {
    let line = match heard {
        Heard::TooLong => {
            let text = format!("this line is too long ({} KiB at most)", LONGEST_LINE / 1024);
            complain(client, None, BadAct { code: "malformed", text, id: None }, at);
            return None;
        }
        Heard::Line(line) => line,
        Heard::Gone => return None,
    };
    if line.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let wish = match Wish::read(&line) {
        Ok(wish) if wish.word() == "quit" => {
            client.quit();
            return None;
        }
        Ok(wish) => wish,
        Err(bad) => {
            complain(client, None, bad, at);
            return None;
        }
    };
    let (id, view) = match account(&wish, app) {
        Ok(found) => found,
        Err(bad) => {
            complain(client, None, bad, at);
            return None;
        }
    };
    let wanted = if wish.word() == "follow" {
        client.charge(DEAR);
        Follow::read(&wish, view.aor.domain()).map(|follow| {
            following::state(client, id, view, follow, knows(id, view), &wish, at);
            None
        })
    } else {
        act(client, &wish, id, view, app, at)
    };
    wanted.unwrap_or_else(|bad| {
        complain(client, Some(id), bad, at);
        None
    })
}

/// The account a line is about: the one it names, or the only one.
fn account<'a>(wish: &Wish, app: &'a App) -> Result<(&'a AccountId, &'a AccountView), BadAct> {
    let names = || app.accounts.keys().map(AccountId::as_str).collect::<Vec<_>>().join(", ");
    if let Some(name) = wish.field("account") {
        let found = name.as_str().and_then(|name| app.accounts.get_key_value(&AccountId::new(name)));
        found.ok_or_else(|| wish.bad("bad_field", format!("\"account\" must be one of {}", names())))
    } else {
        let only = app.accounts.iter().next().filter(|_| app.accounts.len() == 1);
        only.ok_or_else(|| wish.bad("bad_field", format!("\"account\" is needed: one of {}", names())))
    }
}

fn act(
    client: &mut Client,
    wish: &Wish,
    id: &AccountId,
    view: &AccountView,
    app: &App,
    at: Stamp,
) -> Result<Option<Wanted>, BadAct> {
    let act = wish.act(Ground { domain: view.aor.domain(), roster: &view.roster, now: at })?;
    let tag = MessageRef(app.next_tag);
    let command = match act.deed {
        Deed::Quit => return Ok(None),
        Deed::OfferFile { to, path } => return offer(client, wish, id, (to, path), app).map(Some),
        Deed::Decide { file, yes: false } if client.files.contains(&(id.clone(), file)) => {
            return Ok(Some(Wanted { msg: Msg::Action(stop(id.clone(), file)), account: id.clone(), answered: false }));
        }
        Deed::Decide { .. } => {
            let why = "files of others are taken and declined on the screen, or by a `say` of its own (leave --attach out)";
            return Err(wish.bad("unsupported", why.to_owned()));
        }
        Deed::Roster => {
            client.charge(DEAR);
            let event = events::roster(JsonEvent::new("roster", at, Some(id)), &view.roster);
            client.tell(&event.with_some("id", act.id).line());
            return Ok(None);
        }
        Deed::Send { to, body } => Command::SendText { to, body, tag },
        Deed::Say { room, body } => Command::Room(RoomCommand::Say { room, body, tag }),
        // What is known is told at once. The rest is followed from now on: then the next one who asks has it.
        Deed::Order(Command::Watch(people) | Command::Look(people)) => {
            for who in &people {
                if let Some(now) = known(view, who) {
                    client.tell(&events::presence(JsonEvent::new("presence", at, Some(id)), who, now).line());
                }
            }
            Command::Watch(people)
        }
        Deed::Order(command) => command,
    };
    if let Err(denial) = app.permit(id, command.clone()) {
        return Err(wish.bad("forbidden", denial.to_string()));
    }
    let ids = client.ids.entry(id.clone()).or_default();
    let mut answered = false;
    if command.message().is_some() {
        let name = act.id.unwrap_or_else(|| tag.to_string().into());
        if app.drafts_offline && !view.is_online() {
            let fate = Fate::Failed { why: "there is no connection, so it was not sent".to_owned() };
            let line = events::delivery(JsonEvent::new("delivery", at, Some(id)), tag, Some(name), &fate);
            client.tell(&line.line());
            return Ok(None);
        }
        ids.name_message(tag, name);
        client.open.insert(tag);
    } else if let Some(cause) = Cause::of_order(&command) {
        answered = act.id.is_some();
        ids.name_cause(cause, act.id);
    }
    let msg = Msg::Action(Action::Order(id.clone(), command));
    Ok(Some(Wanted { msg, account: id.clone(), answered }))
}

/// Offers a file of this machine: whoever is let in here may read what the user may.
fn offer(
    client: &mut Client,
    wish: &Wish,
    account: &AccountId,
    (to, path): (Address, String),
    app: &App,
) -> Result<Wanted, BadAct> {
    if !Path::new(&path).is_absolute() && !path.starts_with("~/") {
        let why = "offer_file: \"path\" must begin with / or ~/: the running chinwag is in another folder".to_owned();
        return Err(wish.bad("bad_field", why));
    }
    let id = app.next_file_id();
    app.may_offer_file(account, &to).map_err(|denial| wish.bad("forbidden", denial.to_string()))?;
    if let Some(name) = wish.id() {
        client.ids.entry(account.clone()).or_default().name_file(id, name.clone());
    }
    client.files.insert((account.clone(), id));
    let msg = Msg::Action(Action::File(FileAct::Offer { account: account.clone(), to, path }));
    Ok(Wanted { msg, account: account.clone(), answered: false })
}

/// Stops a file.
pub fn stop(account: AccountId, id: FileId) -> Action {
    Action::File(FileAct::Decide { account, id, yes: false })
}

/// The id of a line that is not obeyed.
pub fn id_of(line: &[u8]) -> Option<serde_json::Value> {
    Wish::read(line).ok().and_then(|wish| wish.id().cloned())
}

/// What is known of a person for sure.
fn known<'a>(view: &'a AccountView, who: &Address) -> Option<&'a Presence> {
    let listed = view.roster.contact(who).map(|contact| &contact.presence).filter(|now| **now != Presence::default());
    listed.or_else(|| view.others.get(who)).filter(|now| !now.stale)
}

/// Tells a connection what is wrong with its line.
pub fn complain(client: &mut Client, account: Option<&AccountId>, bad: BadAct, at: Stamp) {
    let notice = events::notice(JsonEvent::new("notice", at, account), NoticeLevel::Error, bad.code, &bad.text);
    client.tell(&notice.with_some("id", bad.id).line());
}
