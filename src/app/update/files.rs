//! Files: offering them, answering offers, and what becomes of them.

use std::collections::BTreeMap;

use super::{conversation, notices, order, pictures, requests};
use crate::app::transfers::{FileDeed, FileNews, FileStage, Transfer};
use crate::app::{AccountView, App, ChatKey, Effect, Effects, FileAct, News, NoticeKind, Peer};
use crate::backend::files::{FileCommand, FileEvent};
use crate::backend::{Command, NoticeLevel};
use crate::inspect::{self, Offer, SenderClass, Verdict};
use crate::model::{AccountId, Address, Entry, FileId, Happening, Stamp};

/// Files of an account that are remembered after their end, and those of one person.
const MOST_OVER: usize = 1_000;
const MOST_OF_ONE: usize = 100;
/// Lines in a row for files of one person that are not taken.
const MOST_BLOCKED: usize = 3;

/// What the user wants with a file.
pub(super) fn act(app: &mut App, what: FileAct, at: Stamp, effects: &mut Effects) {
    match what {
        FileAct::Send(path) => send(app, path, effects),
        FileAct::Accept(name) => answer(app, name.as_deref(), true, at, effects),
        FileAct::Decline(name) => answer(app, name.as_deref(), false, at, effects),
        FileAct::Offer { account, to, path } => offer(app, &account, to, path, effects),
        FileAct::View(name) => pictures::view(app, name.as_deref(), effects),
        FileAct::Look { account, id } => pictures::open(app, &account, id, effects),
        FileAct::Decide { account, id, yes } => decide(app, &account, id, yes, at, effects),
    }
}

fn send(app: &mut App, path: Option<String>, effects: &mut Effects) {
    let Some(peer) = app.open_chat().and_then(|(_, chat)| chat.person().cloned()) else {
        return app.note(None, NoticeLevel::Info, "open the conversation with the person first".to_owned(), effects);
    };
    let Some(path) = path else {
        let words = "write /send and the path of the file".to_owned();
        return app.note(Some(&peer.account), NoticeLevel::Info, words, effects);
    };
    offer(app, &peer.account, peer.who, path, effects);
}

/// Offers a file to somebody.
fn offer(app: &mut App, id: &AccountId, to: Address, path: String, effects: &mut Effects) {
    let file = app.next_file_id();
    let Some(account) = app.accounts.get_mut(id) else { return };
    app.next_file = app.next_file.saturating_add(1);
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let transfer = Transfer {
        peer: to,
        name,
        path: Some(path.clone()),
        octets: 0,
        secret: true,
        doubts: Vec::new(),
        blocked: false,
        stage: FileStage::Opening,
        warned: false,
    };
    account.transfers.insert(file, transfer);
    forget_old(account);
    effects.push(Effect::File(id.clone(), file, FileDeed::Open(path)));
    shown(app, id, file, effects);
}

/// Yes or no to a file: the one that is named, else the only one there is a question about.
fn answer(app: &mut App, name: Option<&str>, yes: bool, at: Stamp, effects: &mut Effects) {
    let wanted = match name.map(str::parse::<FileId>) {
        Some(Err(why)) => return app.note(None, NoticeLevel::Info, why, effects),
        Some(Ok(id)) => Some(id),
        None => None,
    };
    let open = app.open_chat().and_then(|(_, chat)| chat.person().cloned());
    let all = |fits: &dyn Fn(FileId, &Transfer) -> bool| -> Vec<(AccountId, FileId)> {
        (app.accounts.iter())
            .flat_map(|(account, view)| view.transfers.iter().map(move |(id, transfer)| (account, id, transfer)))
            .filter(|(_, id, transfer)| fits(**id, transfer))
            .map(|(account, id, _)| (account.clone(), *id))
            .collect()
    };
    let all = match wanted {
        Some(wanted) => all(&|id, transfer| id == wanted && !transfer.is_over()),
        None => match all(&|id, transfer| transfer.asks(id)) {
            // Nobody asks: then it is what is under way that is to be stopped.
            none if none.is_empty() && !yes => all(&|_, transfer| !transfer.is_over()),
            asked => asked,
        },
    };
    let here = |(account, id): &&(AccountId, FileId)| {
        let peer = app.transfer(account, *id).map(|transfer| Peer::new(account, &transfer.peer));
        open.is_some() && peer == open
    };
    let mut mine = all.iter().filter(here);
    let chosen = match (mine.next(), mine.next(), all.as_slice()) {
        (Some(one), None, _) | (None, _, [one]) => Some(one.clone()),
        _ => None,
    };
    match chosen {
        Some((account, id)) => decide(app, &account, id, yes, at, effects),
        None if all.is_empty() => app.note(None, NoticeLevel::Info, "there is no file to decide about".to_owned(), effects),
        None => {
            let word = if yes { "take" } else { "decline" };
            let words = format!(
                "there are several files; write /{word} and the name of one, such as {}",
                all.first().map_or_else(String::new, |(_, id)| id.to_string())
            );
            app.note(None, NoticeLevel::Info, words, effects);
        }
    }
}

/// Yes or no to this one; no also stops what is under way.
fn decide(app: &mut App, account: &AccountId, id: FileId, yes: bool, at: Stamp, effects: &mut Effects) {
    let Some(transfer) = app.transfer_mut(account, id) else { return };
    match (yes, &transfer.stage) {
        (true, FileStage::Offered) if id.is_sent() => {}
        (true, FileStage::Offered) if !transfer.secret && !transfer.warned => {
            transfer.warned = true;
            let words = "this file would travel unencrypted, for everybody on the way to read; take it once more if you want it all the same";
            app.note(Some(account), NoticeLevel::Warning, words.to_owned(), effects);
            shown(app, account, id, effects);
        }
        (true, FileStage::Offered) => {
            if order(app, account, Command::File(FileCommand::Accept(id)), at, effects) {
                set(app, account, id, FileStage::Agreeing, effects);
            } else {
                order(app, account, Command::File(FileCommand::Cancel(id)), at, effects);
                end(app, account, id, "your organisation forbids it", effects);
            }
        }
        (true, FileStage::Doubtful) => effects.push(Effect::File(account.clone(), id, FileDeed::Keep)),
        (true, _) | (false, FileStage::Done { .. } | FileStage::Ended { .. }) => {}
        (false, FileStage::Doubtful) => {
            effects.push(Effect::File(account.clone(), id, FileDeed::Stop));
            end(app, account, id, "you did not keep it", effects);
        }
        (false, stage) => {
            let why = if matches!(stage, FileStage::Offered) && !id.is_sent() { "you declined it" } else { "you cancelled it" };
            order(app, account, Command::File(FileCommand::Cancel(id)), at, effects);
            effects.push(Effect::File(account.clone(), id, FileDeed::Stop));
            end(app, account, id, why, effects);
        }
    }
}

/// The account is out: nobody answers its offers any more. `gone`: it is forgotten, with what is under way.
pub(super) fn stop_all(app: &mut App, account: &AccountId, gone: bool, effects: &mut Effects) {
    let Some(view) = app.accounts.get(account) else { return };
    let ends = |transfer: &Transfer| match transfer.stage {
        FileStage::Opening | FileStage::Offered => true,
        _ => gone && !transfer.is_over(),
    };
    let open: Vec<FileId> = view.transfers.iter().filter(|(_, transfer)| ends(transfer)).map(|(id, _)| *id).collect();
    for id in open {
        effects.push(Effect::File(account.clone(), id, FileDeed::Stop));
        end(app, account, id, "the account was signed out", effects);
    }
}

/// An account reports something of a file.
pub(super) fn take(app: &mut App, account: &AccountId, told: FileEvent, at: Stamp, effects: &mut Effects) {
    let id = told.id();
    match told {
        FileEvent::Offered { from, name, octets, secret, .. } => {
            offered(app, account, id, (from, name, octets, secret), at, effects);
        }
        FileEvent::Agreed { plan, .. } => {
            let Some(transfer) = app.transfer(account, id).filter(|transfer| !transfer.is_over()) else {
                order(app, account, Command::File(FileCommand::Cancel(id)), at, effects);
                return;
            };
            let Some(view) = app.accounts.get(account) else { return };
            let deed = if id.is_sent() {
                FileDeed::Send(plan)
            } else {
                FileDeed::Take { name: transfer.name.clone(), sender: sender_class(view, &transfer.peer), plan }
            };
            if transfer.stage != FileStage::Agreeing {
                set(app, account, id, FileStage::Agreeing, effects);
            }
            effects.push(Effect::File(account.clone(), id, deed));
        }
        FileEvent::Ended { why, .. } => {
            if app.transfer(account, id).is_some_and(|transfer| !transfer.is_over()) {
                effects.push(Effect::File(account.clone(), id, FileDeed::Stop));
                end(app, account, id, &why.words(), effects);
            }
        }
    }
}

fn offered(
    app: &mut App,
    account: &AccountId,
    id: FileId,
    (from, name, octets, secret): (Address, String, u64, bool),
    at: Stamp,
    effects: &mut Effects,
) {
    let rules = app.policy.table().invitations().files;
    let has_scanner = app.has_scanner;
    let Some(view) = app.accounts.get_mut(account) else { return };
    let shown_name = view.shown_name(&from).to_owned();
    let verdict =
        inspect::before(&Offer { name: &name, octets: Some(octets), sender: sender_class(view, &from) }, &rules, has_scanner);
    let transfer = Transfer {
        peer: from.clone(),
        name: name.clone(),
        path: None,
        octets,
        secret,
        doubts: verdict.reasons().iter().map(ToString::to_string).collect(),
        blocked: matches!(verdict, Verdict::Block { .. }),
        stage: FileStage::Offered,
        warned: false,
    };
    if transfer.blocked && !app.asks_nobody && were_blocked(view, &from) {
        app.dirty = true;
        order(app, account, Command::File(FileCommand::Cancel(id)), at, effects);
        return;
    }
    view.transfers.insert(id, transfer);
    forget_old(view);
    happened(app, account, &from, id, at, effects);
    if let Verdict::Block { reasons } = &verdict {
        order(app, account, Command::File(FileCommand::Cancel(id)), at, effects);
        let why = reasons.first().map_or_else(|| "it is not safe".to_owned(), ToString::to_string);
        return end(app, account, id, &why, effects);
    }
    shown(app, account, id, effects);
    let chat: ChatKey = Peer::new(account, &from).into();
    if app.is_being_read(&chat) {
        return;
    }
    let what = "offers you a file".to_owned();
    app.note(
        Some(account),
        NoticeLevel::Info,
        format!("{} {what}; it is in the conversation", conversation::printable(&shown_name)),
        effects,
    );
    let news = News { kind: NoticeKind::Invitation, chat, who: from, name: shown_name, what, text: None, mention: false };
    notices::notify(app, news, effects);
}

/// The shell has something to tell of a file.
pub(super) fn news(app: &mut App, account: &AccountId, id: FileId, news: FileNews, at: Stamp, effects: &mut Effects) {
    let Some(transfer) = app.transfer_mut(account, id) else { return };
    if transfer.is_over() {
        // It was given its name while it was stopped: what lies in the folder is said.
        if let (FileStage::Ended { .. }, FileNews::Kept { place }) = (&transfer.stage, news) {
            set(app, account, id, FileStage::Done { place: Some(place), confirmed: true }, effects);
        }
        return;
    }
    match news {
        FileNews::Opened { name, octets, fingerprint } => {
            let to = transfer.peer.clone();
            (transfer.name, transfer.octets) = (name.clone(), octets);
            let offer = FileCommand::Offer { id, to: to.clone(), name, octets, fingerprint };
            if order(app, account, Command::File(offer), at, effects) {
                // Who is sent something may answer, as who is written to may.
                requests::known(app, &Peer::new(account, &to), effects);
                set(app, account, id, FileStage::Offered, effects);
                happened(app, account, &to, id, at, effects);
            } else {
                effects.push(Effect::File(account.clone(), id, FileDeed::Stop));
                end(app, account, id, "your organisation forbids it", effects);
            }
        }
        FileNews::Listening { port, fingerprint } => {
            order(app, account, Command::File(FileCommand::Listening { id, port, fingerprint }), at, effects);
        }
        FileNews::Moved(progress) => set(app, account, id, FileStage::Moving(progress), effects),
        FileNews::Checking => {
            // The other side has done its part; whatever it says from here on stops nothing.
            order(app, account, Command::File(FileCommand::Done(id)), at, effects);
            set(app, account, id, FileStage::Checking, effects);
        }
        FileNews::Doubtful(why) => {
            transfer.doubts = why;
            set(app, account, id, FileStage::Doubtful, effects);
        }
        FileNews::Kept { place } => {
            set(app, account, id, FileStage::Done { place: Some(place), confirmed: true }, effects);
        }
        FileNews::Sent { confirmed } => {
            order(app, account, Command::File(FileCommand::Done(id)), at, effects);
            set(app, account, id, FileStage::Done { place: None, confirmed }, effects);
        }
        FileNews::Failed(why) => {
            // Nobody was asked yet, so there is no line of it to look at.
            if transfer.stage == FileStage::Opening {
                app.note(Some(account), NoticeLevel::Warning, format!("not sent: {why}"), effects);
            }
            order(app, account, Command::File(FileCommand::Cancel(id)), at, effects);
            end(app, account, id, &why, effects);
        }
    }
}

fn end(app: &mut App, account: &AccountId, id: FileId, why: &str, effects: &mut Effects) {
    set(app, account, id, FileStage::Ended { why: why.to_owned() }, effects);
}

fn set(app: &mut App, account: &AccountId, id: FileId, stage: FileStage, effects: &mut Effects) {
    if let Some(transfer) = app.transfer_mut(account, id) {
        transfer.stage = stage;
        shown(app, account, id, effects);
    }
}

/// It looks different now.
fn shown(app: &mut App, account: &AccountId, id: FileId, effects: &mut Effects) {
    app.dirty = true;
    effects.push(Effect::FileChanged(account.clone(), id));
}

/// The conversation has a line for it.
fn happened(app: &mut App, account: &AccountId, who: &Address, id: FileId, at: Stamp, effects: &mut Effects) {
    let peer = Peer::new(account, who);
    conversation::happened(app, &peer, Happening::File(id), at, effects);
}

/// Who somebody is to the user.
fn sender_class(view: &AccountView, who: &Address) -> SenderClass {
    if view.roster.contact(who).is_some() {
        SenderClass::Contact
    } else if who.domain().eq_ignore_ascii_case(view.aor.domain()) {
        SenderClass::Known
    } else {
        SenderClass::Federated
    }
}

/// Whether the last lines of a conversation are all about files that were not taken.
fn were_blocked(view: &AccountView, with: &Address) -> bool {
    let blocked = |id: &FileId| view.transfers.get(id).is_some_and(|transfer| transfer.blocked);
    let last = view.conversations.get(with).into_iter().flat_map(|talk| talk.entries.iter().rev()).take(MOST_BLOCKED);
    last.take_while(|entry| entry.file().as_ref().is_some_and(blocked)).count() == MOST_BLOCKED
}

/// Whoever offers many files has no part in how long those of others are remembered.
fn forget_old(view: &mut AccountView) {
    loop {
        let mut people: BTreeMap<&Address, Vec<FileId>> = BTreeMap::new();
        for (id, transfer) in view.transfers.iter().filter(|(_, transfer)| transfer.is_over()) {
            people.entry(&transfer.peer).or_default().push(*id);
        }
        let all: usize = people.values().map(Vec::len).sum();
        let Some((who, theirs)) = people.into_iter().max_by_key(|(_, theirs)| theirs.len()) else { return };
        if theirs.len() <= MOST_OF_ONE && all <= MOST_OVER {
            return;
        }
        // The order of their lines is that of their coming.
        let talk = view.conversations.get(who);
        let lines: Vec<FileId> = talk.into_iter().flat_map(|talk| &talk.entries).filter_map(Entry::file).collect();
        let oldest = theirs.into_iter().min_by_key(|id| lines.iter().position(|other| other == id));
        let Some(oldest) = oldest else { return };
        view.transfers.remove(&oldest);
    }
}
