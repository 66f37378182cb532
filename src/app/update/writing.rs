//! What helps writing: texts sent before, an editor outside, doubts about what was pasted.

use super::{compose, drafts, overlay, resend};
use crate::app::{
    App, ChatKey, ComposeAct, Composer, Doubt, Edit, Effect, Effects, Focus, MAX_TEXT, Overlay, Resolve, Sent, Spoken,
};
use crate::backend::NoticeLevel;
use crate::model::{Author, Stamp};

/// The user wants something about what is being written.
pub(super) fn act(app: &mut App, what: ComposeAct, at: Stamp, effects: &mut Effects) {
    match what {
        ComposeAct::Sent(older) => walk(app, older, at, effects),
        ComposeAct::Search => search(app),
        ComposeAct::Editor => editor(app, effects),
        ComposeAct::Me(words) => me(app, words.as_deref(), at, effects),
        ComposeAct::Unsend => resend::unsend_last(app, at, effects),
        ComposeAct::Wide(columns) => app.screen.writing.columns = Some(columns),
    }
}

/// Keeps what was sent, or a command that was given.
pub(super) fn keep(app: &mut App, chat: &ChatKey, text: &str, verbatim: bool) {
    let spoken = Spoken { text: text.to_owned(), verbatim };
    app.screen.writing.sent.entry(chat.clone()).or_default().push(spoken);
}

/// In a conversation in which nothing was sent yet in this run, what is there of earlier ones counts.
pub(super) fn seed(app: &mut App, chat: &ChatKey) {
    if app.screen.writing.sent.contains_key(chat) {
        return;
    }
    let mut sent = Sent::default();
    let ours = app.conversation(chat).into_iter().flat_map(|talk| talk.lines().filter(|line| line.by == Author::Us));
    ours.for_each(|line| sent.push(Spoken { text: line.body.text.clone(), verbatim: true }));
    app.screen.writing.sent.insert(chat.clone(), sent);
}

/// A text sent before, or a later one again.
fn walk(app: &mut App, older: bool, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned().filter(|_| app.screen.overlay.is_none()) else { return };
    seed(app, &chat);
    let draft = compose::draft(app, &chat);
    let now = Spoken { text: draft.text().to_owned(), verbatim: draft.is_foreign() };
    let sent = app.screen.writing.sent.entry(chat.clone()).or_default();
    let found = if older { sent.older(now) } else { sent.newer(&now.text) };
    match found {
        Some(Spoken { text, verbatim }) => {
            app.focus = Focus::Composer;
            compose::draft(app, &chat).rewrite(&text, verbatim);
            compose::touched(app, &chat, at, effects);
        }
        None if older && sent.is_empty() => {
            app.note(None, NoticeLevel::Info, "nothing was sent here yet".to_owned(), effects);
        }
        None => {}
    }
}

/// Up in the first row and down in the last go on walking, as long as what was found is unchanged.
pub(super) fn walks_on(app: &mut App, chat: &ChatKey, step: Edit, at: Stamp, effects: &mut Effects) -> bool {
    let up = step == Edit::Up;
    if !up && step != Edit::Down {
        return false;
    }
    let width = app.screen.writing.width();
    let draft = compose::draft(app, chat);
    let (edge, text) = (draft.is_at_edge(up, width), draft.text().to_owned());
    let walks = edge && app.screen.writing.sent.get(chat).is_some_and(|sent| sent.is_walking(&text));
    if walks {
        walk(app, up, at, effects);
    }
    walks
}

/// Looks for something sent before; once more: the one before it.
fn search(app: &mut App) {
    if let Some(Overlay::Sent(chat, line, marked)) = &app.screen.overlay {
        let found = app.screen.sent_before(chat, line.text()).len();
        let next = (marked + 1) % found.max(1);
        if let Some(Overlay::Sent(_, _, marked)) = &mut app.screen.overlay {
            *marked = next;
        }
        app.dirty = true;
        return;
    }
    let Some(chat) = app.screen.open().cloned().filter(|_| app.screen.overlay.is_none()) else { return };
    seed(app, &chat);
    overlay::show(app, Overlay::Sent(chat, Composer::default(), 0));
}

/// Something sent before was chosen.
pub(super) fn chosen(app: &mut App, chat: &ChatKey, line: Composer, marked: usize, at: Stamp, effects: &mut Effects) {
    let spoken = app.screen.sent_before(chat, line.text()).get(marked).map(|spoken| (*spoken).clone());
    match spoken {
        Some(Spoken { text, verbatim }) => {
            app.focus = Focus::Composer;
            compose::draft(app, chat).rewrite(&text, verbatim);
            compose::touched(app, chat, at, effects);
        }
        None => app.screen.overlay = Some(Overlay::Sent(chat.clone(), line, marked)),
    }
}

/// Gives the draft to an editor; it stays as it is until the editor has ended.
fn editor(app: &mut App, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned().filter(|_| app.screen.overlay.is_none()) else {
        return app.note(None, NoticeLevel::Info, "open a conversation first".to_owned(), effects);
    };
    let text = compose::draft(app, &chat).text().to_owned();
    app.screen.writing.list = None;
    app.screen.writing.edited = Some(chat);
    effects.push(Effect::Edit(text));
}

/// The editor has ended: with another text, or not as it should have.
pub(super) fn edited(app: &mut App, outcome: Result<String, String>, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    let Some(chat) = app.screen.writing.edited.take() else { return };
    match outcome {
        Ok(text) => {
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let draft = compose::draft(app, &chat);
            if draft.text() == text {
                return;
            }
            draft.rewrite(text, true);
            app.focus = Focus::Composer;
            compose::touched(app, &chat, at, effects);
            cut_short(app, text.len(), effects);
        }
        Err(why) => {
            let text = format!("{why}; what you wrote is as it was");
            app.note(None, NoticeLevel::Warning, text, effects);
        }
    }
}

/// Says so where a text was too long to be taken whole.
pub(super) fn cut_short(app: &mut App, octets: usize, effects: &mut Effects) {
    if octets > MAX_TEXT {
        let text = format!("only the first {} KiB of the text were taken", MAX_TEXT / 1024);
        app.note(None, NoticeLevel::Warning, text, effects);
    }
}

/// `/me waves`: no network here knows such messages, so everybody reads `* Alice waves`.
fn me(app: &mut App, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let Some(words) = words else {
        let text = "say what you do: /me waves is sent as \"* your name waves\"".to_owned();
        return app.note(None, NoticeLevel::Info, text, effects);
    };
    let Some(account) = app.accounts.get(chat.account()) else { return };
    let name = match account.own_name() {
        "" => account.aor.user(),
        name => name,
    };
    let text = format!("* {name} {words}");
    if !compose::send(app, &chat, text, at, effects) {
        // It is a text like any other, and stays.
        compose::draft(app, &chat).rewrite(&format!("/me {words}"), false);
        drafts::changed(app, &chat, effects);
    }
}

/// What is to be done with a text there was a doubt about.
pub(super) fn resolved(app: &mut App, doubt: Doubt, marked: usize, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let Some((resolve, _)) = doubt.choices().get(marked) else { return };
    match (resolve, doubt) {
        (Resolve::Edit, Doubt::Pasted(text)) => compose::take_paste(app, &text, at, effects),
        (Resolve::Send, Doubt::Pasted(text)) => {
            let text = Composer::with(&text).text().trim_end().to_owned();
            seed(app, &chat);
            cut_short(app, text.len(), effects);
            if compose::send(app, &chat, text.clone(), at, effects) {
                keep(app, &chat, &text, true);
            } else {
                compose::take_paste(app, &text, at, effects);
            }
        }
        (Resolve::Send, Doubt::Command) => compose::submit_as(app, Some(false), at, effects),
        (Resolve::Command, Doubt::Command) => compose::submit_as(app, Some(true), at, effects),
        (Resolve::Drop | Resolve::Edit | Resolve::Command, _) => {}
    }
}
