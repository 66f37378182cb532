//! Looking at pictures that came or were sent. Nothing of one is read before the user asks for it.

use super::overlay;
use crate::app::transfers::{FileStage, Transfer};
use crate::app::{AccountView, App, ChatKey, Effect, Effects, Overlay, Peer, Showing, Sight, Step, Viewed};
use crate::backend::NoticeLevel;
use crate::model::{AccountId, FileId, Picture};

/// Looks at the picture that is named, else at the last one of the open conversation.
pub(super) fn view(app: &mut App, name: Option<&str>, effects: &mut Effects) {
    match found(app, name) {
        Ok((account, id)) => open(app, &account, id, effects),
        Err(why) => app.note(None, NoticeLevel::Info, why, effects),
    }
}

/// Which one is meant.
fn found(app: &App, name: Option<&str>) -> Result<(AccountId, FileId), String> {
    let here = app.screen.open();
    let Some(name) = name else {
        let last = here.and_then(|chat| Some((chat.account().clone(), *app.pictures_of(chat).last()?)));
        return last.ok_or_else(|| "there is no picture in this conversation".to_owned());
    };
    let wanted = name.parse::<FileId>();
    let fits = |(id, transfer): &(&FileId, &Transfer)| match wanted {
        Ok(wanted) => **id == wanted,
        Err(_) => transfer.name == name && transfer.place().is_some(),
    };
    let of = |(account, view): (&AccountId, &AccountView)| {
        let last = view.transfers.iter().rfind(fits);
        last.map(|(id, _)| (account.clone(), *id))
    };
    // Each account counts its files by itself: that of the conversation goes before the others.
    let near = here.and_then(|chat| app.accounts.get_key_value(chat.account())).and_then(of);
    near.or_else(|| app.accounts.iter().find_map(of))
        .ok_or_else(|| wanted.err().unwrap_or_else(|| format!("there is no file {name}")))
}

/// Looks at this one, if it may be looked at.
pub(super) fn open(app: &mut App, account: &AccountId, id: FileId, effects: &mut Effects) {
    let may = match app.policy.view() {
        Ok(may) => may,
        Err(denial) => return app.note(Some(account), NoticeLevel::Warning, denial.to_string(), effects),
    };
    let (name, place) = match fit(app, account, id) {
        Ok(fit) => fit,
        Err(why) => return app.note(Some(account), NoticeLevel::Info, why, effects),
    };
    let viewed = Viewed { account: account.clone(), id, name, place: place.clone(), sight: Sight::Reading };
    overlay::show(app, Overlay::Picture(viewed));
    effects.push(Effect::View(account.clone(), id, place, may));
}

/// Name and place of a file that can be looked at; else why it cannot.
fn fit(app: &App, account: &AccountId, id: FileId) -> Result<(String, String), String> {
    let known = app.accounts.get(account).and_then(|view| Some((view, view.transfers.get(&id)?)));
    let (view, transfer) = known.ok_or_else(|| format!("there is no file {id}"))?;
    let Some(place) = transfer.place() else {
        let why = match transfer.stage {
            FileStage::Ended { .. } if id.is_sent() => "that file was not sent",
            FileStage::Ended { .. } => "that file was not taken",
            _ => "that file is not through yet",
        };
        return Err(why.to_owned());
    };
    if !id.is_sent() && view.is_stranger(&transfer.peer) {
        return Err(format!("only pictures of people you know are shown; it lies at {place}"));
    }
    if app.showing == Showing::Words {
        return Err(format!("pictures cannot be shown here; open it with another program: {place}"));
    }
    Ok((transfer.name.clone(), place.to_owned()))
}

/// One was read, or could not be. What was closed meanwhile is not opened again.
pub(super) fn read(app: &mut App, account: &AccountId, id: FileId, read: Result<Picture, String>) {
    let Some(Overlay::Picture(viewed)) = &mut app.screen.overlay else { return };
    if (&viewed.account, viewed.id) == (account, id) && viewed.sight == Sight::Reading {
        viewed.sight = read.map_or_else(Sight::Failed, Sight::Seen);
        app.dirty = true;
    }
}

/// The one before, or after, in the same conversation.
pub(super) fn next(app: &mut App, step: Step, effects: &mut Effects) {
    let Some(Overlay::Picture(Viewed { account, id, .. })) = app.screen.overlay.clone() else { return };
    let Some(peer) = app.transfer(&account, id).map(|transfer| transfer.peer.clone()) else { return };
    let all = app.pictures_of(&ChatKey::Person(Peer::new(&account, &peer)));
    let at = all.iter().position(|one| *one == id).unwrap_or(0);
    let to = match step {
        Step::Up | Step::PageUp => at.saturating_sub(1),
        Step::Down | Step::PageDown => at + 1,
        Step::Top => 0,
        Step::Bottom => all.len().saturating_sub(1),
    };
    if let Some(other) = all.get(to).filter(|other| **other != id) {
        open(app, &account, *other, effects);
    }
}
