//! Keys pressed one after the other, modes, menus, completing commands.

use super::{act as carry_out, compose, navigate, overlay};
use crate::app::menu::Menu;
use crate::app::palette::Target;
use crate::app::{App, Composer, Effects, Focus, KeyAct, Mode, Motion, Overlay, PaneAct, VimAct, Way, commands, keys};
use crate::backend::NoticeLevel;
use crate::model::Stamp;

/// Does what has to do with keys themselves.
pub(super) fn act(app: &mut App, what: KeyAct, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    match what {
        KeyAct::Pending(chords) => app.screen.pending = chords,
        KeyAct::Lost(chords) => {
            let said = format!("{} does nothing here", keys::shown(&chords));
            app.note(None, NoticeLevel::Info, said, effects);
        }
        KeyAct::Find(prefix) => overlay::show(app, Overlay::Palette(Composer::with(prefix), 0)),
        KeyAct::Help(words) => overlay::show(app, Overlay::Help(Composer::with(&words), 0)),
        KeyAct::Menu(None) => overlay::show(app, Overlay::Menu(Menu::here(app))),
        KeyAct::Menu(Some(menu)) => overlay::show(app, Overlay::Menu(menu)),
        KeyAct::Beside => beside(app, at, effects),
        KeyAct::CompleteBack => {
            if !complete(app, true) {
                navigate::focus_next(app, true);
            }
        }
        KeyAct::Vim(step) => vim(app, step, at, effects),
    }
}

/// Opens what is marked in the palette beside the conversation that is open; what is open already has its
/// place, and what is no conversation has none.
fn beside(app: &mut App, at: Stamp, effects: &mut Effects) {
    let chosen = match &app.screen.overlay {
        Some(Overlay::Palette(_, marked)) => app.choices().get(*marked).map(|choice| choice.target.clone()),
        _ => None,
    };
    if let Some(Target::Chat(chat)) = chosen
        && app.screen.panes.showing(&chat).is_none()
        && app.screen.open().is_some()
    {
        app.screen.overlay = None;
        carry_out(app, crate::app::Action::Pane(PaneAct::Split(Way::Beside)), at, effects);
        return navigate::open(app, &chat, at, effects);
    }
    overlay::accept(app, at, effects);
}

/// Enter in a menu.
pub(super) fn choose(app: &mut App, menu: &Menu, at: Stamp, effects: &mut Effects) {
    if let Some(spec) = menu.items().get(menu.marked) {
        carry_out(app, spec.action.clone(), at, effects);
    }
}

/// Tab in a command; `false` if there is nothing to complete.
pub(super) fn complete(app: &mut App, backwards: bool) -> bool {
    let Some((draft, cycle)) = commands::complete(app, backwards) else {
        // The name of a command that nothing fits stays where it is.
        return !backwards && commands::proposed(app).is_some_and(|proposed| proposed.about.is_none());
    };
    if let Some(chat) = app.screen.open().cloned() {
        let whole = draft.text().to_owned();
        compose::draft(app, &chat).rewrite(&whole, false);
    }
    app.screen.cycle = cycle;
    true
}

/// A step of normal mode on the draft of the open conversation.
fn vim(app: &mut App, step: VimAct, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    // Esc with nothing to give up: what it does elsewhere, but it stays with the text.
    let idle = app.screen.vim.mode == Mode::Normal && app.screen.vim.begun().is_empty();
    if step == VimAct::Normal && idle {
        app.screen.note_shown = false;
        super::past::to_end(app);
        return;
    }
    let mut vim = std::mem::take(&mut app.screen.vim);
    let draft = compose::draft(app, &chat);
    let leaves = step == VimAct::Motion(Motion::Up) && draft.is_empty() && vim.begun().is_empty();
    let changed = vim.step(step, draft);
    let empty = draft.is_empty();
    app.screen.vim = vim;
    if leaves {
        app.focus = Focus::Messages;
    }
    if changed {
        compose::tell_typing(app, &chat, !empty, at, effects);
    }
}
