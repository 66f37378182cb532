//! The screen is locked and unlocked.

use std::time::Duration;

use crate::app::lock::LockAct;
use crate::app::{Action, App, Effect, Effects, FileAct};
use crate::backend::NoticeLevel;
use crate::model::Stamp;

/// Whether a locked screen takes this from whoever is there; orders of accounts that begin go on.
pub(super) const fn takes(action: &Action) -> bool {
    // A file is stopped, too: whoever had it offered is gone.
    let stops = matches!(action, Action::File(FileAct::Decide { yes: false, .. }));
    stops || matches!(action, Action::Lock(_) | Action::Order(..) | Action::Shown { .. } | Action::Redraw)
}

pub(super) fn act(app: &mut App, what: &LockAct, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    match what {
        LockAct::Now if app.is_locked() => {}
        LockAct::Now => match objection(app) {
            Some(why) => app.note(None, NoticeLevel::Warning, why.to_owned(), effects),
            None => lock(app, effects),
        },
        LockAct::Type(text) => app.lock.type_in(text.expose()),
        LockAct::Erase => app.lock.erase(false),
        LockAct::Clear => app.lock.erase(true),
        LockAct::Try => effects.extend(app.lock.attempt(at).map(Effect::TryPassphrase)),
    }
}

/// Why the screen cannot be locked: nobody could unlock it.
const fn objection(app: &App) -> Option<&'static str> {
    if app.lock.untypable {
        return Some(
            "the screen cannot be locked, since your passphrase could not be typed to unlock it: it is longer than 4096 octets, or \
             holds a tab or another control character",
        );
    }
    if !app.lock.possible {
        return Some(
            "the screen can be locked only where a passphrase of yours opens what is kept: give one by `[store] unlock_command` or \
             CHINWAG_PASSPHRASE",
        );
    }
    if !app.ledger {
        return Some("the screen cannot be locked while what is kept is not open: nobody knows whether your passphrase is right");
    }
    None
}

fn lock(app: &mut App, effects: &mut Effects) {
    app.lock.shut();
    app.notices.lock(true);
    app.screen.pending.clear();
    effects.push(Effect::Redraw);
}

/// Nobody touched the keyboard for this long.
pub(super) fn idle(app: &mut App, quiet: Duration, effects: &mut Effects) {
    let due = !app.lock.after.is_zero() && quiet >= app.lock.after;
    if due && !app.is_locked() {
        if objection(app).is_none() {
            app.dirty = true;
            lock(app, effects);
        } else {
            doubt(app, effects);
        }
    }
}

/// Says once that the screen will not be locked after a while, where its user wants that and could unlock it.
pub(super) fn doubt(app: &mut App, effects: &mut Effects) {
    let wanted = app.lock.possible && !app.lock.after.is_zero();
    if wanted && !app.ledger && !app.opening && !std::mem::replace(&mut app.lock.told, true) {
        let text = "the screen is not locked after a while, as [idle] lock_after wants: what is kept is not open in this program, so nobody \
                    knows whether your passphrase is right";
        app.note(None, NoticeLevel::Warning, text.to_owned(), effects);
    }
}

/// What was typed was looked at.
pub(super) fn tried(app: &mut App, right: bool, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if right {
        app.lock.open();
        app.notices.lock(false);
        effects.push(Effect::Redraw);
        app.look();
    } else {
        app.lock.was_wrong(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{Msg, NewSettings, update};
    use crate::model::Secret;

    fn app() -> App {
        let mut app = sample_app();
        (app.lock.possible, app.ledger, app.title) = (true, true, true);
        app
    }

    fn now(seconds: i64) -> Stamp {
        Stamp::from_millis(1_000 * seconds)
    }

    fn lock_act(app: &mut App, what: LockAct, seconds: i64) -> Effects {
        update(app, Msg::Action(Action::Lock(what)), now(seconds))
    }

    fn typed(app: &mut App, text: &str) {
        for letter in text.chars() {
            lock_act(app, LockAct::Type(Secret::new(letter.to_string())), 0);
        }
    }

    #[test]
    fn only_the_passphrase_opens_it_and_wrong_ones_cost_time() {
        let mut app = app();
        lock_act(&mut app, LockAct::Now, 0);
        assert!(app.is_locked());
        assert_eq!(lock_act(&mut app, LockAct::Try, 0), [], "nothing is typed");
        typed(&mut app, "wronx");
        lock_act(&mut app, LockAct::Erase, 0);
        typed(&mut app, "g");
        assert_eq!(app.lock.letters(), 5);
        assert_eq!(lock_act(&mut app, LockAct::Try, 0), [Effect::TryPassphrase(Secret::new("wrong".into()))]);
        typed(&mut app, "x");
        assert_eq!(lock_act(&mut app, LockAct::Try, 0), [], "one at a time");
        lock_act(&mut app, LockAct::Clear, 0);
        update(&mut app, Msg::Passphrase(false), now(10));
        assert!(app.is_locked() && app.lock.said().contains("not the passphrase"));
        typed(&mut app, "right");
        assert_eq!(lock_act(&mut app, LockAct::Try, 11), [], "too soon");
        assert_eq!(lock_act(&mut app, LockAct::Try, 12), [Effect::TryPassphrase(Secret::new("right".into()))]);
        update(&mut app, Msg::Passphrase(true), now(12));
        assert!(!app.is_locked());
    }

    #[test]
    fn it_is_offered_only_where_somebody_can_unlock_it() {
        let mut app = app();
        for (possible, ledger) in [(false, true), (true, false)] {
            (app.lock.possible, app.ledger) = (possible, ledger);
            lock_act(&mut app, LockAct::Now, 0);
            assert!(!app.is_locked() && app.notes.back().unwrap().text.contains("the screen can"));
            app.lock.after = Duration::from_mins(5);
            update(&mut app, Msg::KeyboardIdle(Duration::from_mins(5)), now(0));
            assert!(!app.is_locked());
        }
    }

    /// Who locked it with a passphrase that no key types would have to kill the program.
    #[test]
    fn it_is_locked_only_with_a_passphrase_that_can_be_typed() {
        let (full, over) = ("x".repeat(4096), "x".repeat(4097));
        for (passphrase, locks) in [(full.as_str(), true), (over.as_str(), false), ("a\ttab", false), ("two\nlines", false)] {
            let mut app = app();
            app.lock.fit(Some(&Secret::new(passphrase.to_owned())));
            app.lock.after = Duration::from_mins(5);
            update(&mut app, Msg::KeyboardIdle(Duration::from_mins(5)), now(0));
            assert_eq!(app.is_locked(), locks);
            lock_act(&mut app, LockAct::Now, 0);
            assert_eq!(app.is_locked(), locks);
            if !locks {
                assert!(app.notes.back().unwrap().text.contains("could not be typed"));
                continue;
            }
            lock_act(&mut app, LockAct::Type(Secret::new(passphrase.to_owned())), 0);
            let tried = lock_act(&mut app, LockAct::Try, 0);
            assert_eq!(tried, [Effect::TryPassphrase(Secret::new(passphrase.to_owned()))], "the whole of it");
        }
        let mut app = app();
        app.lock.fit(None);
        lock_act(&mut app, LockAct::Now, 0);
        assert!(!app.is_locked() && app.notes.back().unwrap().text.contains("only where a passphrase of yours"));
    }

    #[test]
    fn that_it_does_not_lock_by_itself_is_said_once() {
        let said = |app: &App| app.notes.iter().filter(|note| note.text.contains("lock_after wants")).count();
        let mut app = app();
        (app.ledger, app.opening, app.lock.after) = (false, true, Duration::from_mins(5));
        update(&mut app, Msg::KeyboardIdle(Duration::from_mins(5)), now(0));
        assert_eq!(said(&app), 0, "it may be open in a moment");
        app.opening = false;
        for _ in 0..2 {
            update(&mut app, Msg::KeyboardIdle(Duration::from_mins(5)), now(0));
            assert_eq!((said(&app), app.is_locked()), (1, false));
        }
        // Where it is known from the start, nobody has to wait for it.
        (app.lock.told, app.lock.after) = (false, Duration::ZERO);
        let settings = NewSettings { rows: Vec::new(), general: None, problems: Vec::new(), said: None, policy: None };
        for (after, times) in [(Duration::ZERO, 1), (Duration::from_mins(1), 2), (Duration::from_mins(1), 2)] {
            app.lock.after = after;
            update(&mut app, Msg::Settings(Box::new(settings.clone())), now(0));
            assert_eq!(said(&app), times, "{after:?}");
        }
    }

    #[test]
    fn it_locks_by_itself_after_its_time() {
        let mut app = app();
        app.lock.after = Duration::from_mins(5);
        update(&mut app, Msg::KeyboardIdle(Duration::from_mins(4)), now(0));
        assert!(!app.is_locked());
        update(&mut app, Msg::KeyboardIdle(Duration::from_mins(5)), now(0));
        assert!(app.is_locked());
        update(&mut app, Msg::KeyboardIdle(Duration::ZERO), now(0));
        assert!(app.is_locked(), "a key alone opens nothing");
        app.lock = crate::app::lock::Lock::default();
        update(&mut app, Msg::KeyboardIdle(Duration::from_hours(1)), now(0));
        assert!(!app.is_locked(), "zero is never");
    }

    #[test]
    fn while_it_is_locked_nothing_else_is_obeyed_and_what_is_pasted_is_typed() {
        let mut app = app();
        lock_act(&mut app, LockAct::Now, 0);
        let before = format!("{:?}", app.screen);
        for action in
            [Action::Quit, Action::Suspend, Action::Help, Action::Palette, Action::Submit, Action::Back, Action::Interrupt]
        {
            assert_eq!(update(&mut app, Msg::Action(action.clone()), now(0)), [], "{action:?}");
        }
        assert_eq!(format!("{:?}", app.screen), before);
        update(&mut app, Msg::Paste("right\nmore".into()), now(0));
        assert_eq!(app.lock.letters(), 5);
        assert!(!format!("{:?}", app.lock).contains("right"));
        assert!(!format!("{:?}", LockAct::Type(Secret::new("right".into()))).contains("right"));
    }
}
