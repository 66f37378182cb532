//! The countdown to the next try: a tick each second, only while somebody can see it.

use std::time::Duration;

use crate::app::{App, Effect, Effects};
use crate::model::SignInPhase;

/// The timer that ticks.
pub(super) const RETRY_TIMER: &str = "retry";
/// From here on a wait is told by the time of day, which needs no ticks.
pub const COUNTED: Duration = Duration::from_secs(90);
const SECOND: Duration = Duration::from_secs(1);

/// Asks for the next tick, if there is anything to count and anybody to see it.
pub(super) fn count_down(app: &App, effects: &mut Effects) {
    if !app.title || !app.attended {
        return;
    }
    let waits = app.accounts.values().filter_map(|account| {
        let left = app.now.age(account.retry_at?);
        // A clock that was set back since tells nothing of the wait.
        matches!(account.phase, SignInPhase::Waiting { retry_in, .. } if left <= retry_in).then_some(left)
    });
    if let Some(next) = waits.filter_map(next_tick).min() {
        effects.push(Effect::StartTimer(RETRY_TIMER, next));
    }
}

/// When what is shown of a wait changes next; `None` when it is over.
fn next_tick(left: Duration) -> Option<Duration> {
    if left.is_zero() {
        return None;
    }
    if let Some(before) = left.checked_sub(COUNTED) {
        return Some(before + Duration::from_millis(1));
    }
    let part = Duration::from_millis(u64::from(left.subsec_millis()));
    Some(if part.is_zero() { SECOND } else { part })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{Msg, update};
    use crate::backend::Event;
    use crate::model::{Stamp, WaitReason};

    fn later(from: Stamp, millis: i64) -> Stamp {
        Stamp::from_millis(from.as_millis() + millis)
    }

    fn ticks(effects: &[Effect]) -> Vec<u128> {
        effects
            .iter()
            .filter_map(|e| if let Effect::StartTimer(RETRY_TIMER, t) = e { Some(t.as_millis()) } else { None })
            .collect()
    }

    fn wait(app: &mut App, millis: u64) -> Vec<u128> {
        let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
        let phase = SignInPhase::Waiting { retry_in: Duration::from_millis(millis), why: WaitReason::Closed };
        ticks(&update(app, Msg::Account(id, Event::Phase { phase, server: None, transport: None }), now))
    }

    fn on_screen() -> App {
        let mut app = sample_app();
        app.title = true;
        app
    }

    #[test]
    fn ticks_at_whole_seconds_until_the_wait_is_over() {
        let mut app = on_screen();
        let start = app.now;
        assert_eq!(wait(&mut app, 2_300), [300]);
        app.dirty = false;
        assert_eq!(ticks(&update(&mut app, Msg::Timer(RETRY_TIMER), later(start, 300))), [1_000]);
        assert!(app.dirty);
        assert_eq!(ticks(&update(&mut app, Msg::Timer(RETRY_TIMER), later(start, 1_301))), [999]);
        assert_eq!(ticks(&update(&mut app, Msg::Timer(RETRY_TIMER), later(start, 2_300))), [0; 0]);
        assert_eq!(wait(&mut app, 120_000), [30_001], "a long wait is told by the time of day");
    }

    #[test]
    fn nobody_looks_nothing_ticks() {
        assert_eq!(wait(&mut sample_app(), 5_000), [0; 0], "no screen");
        let mut app = on_screen();
        let start = app.now;
        update(&mut app, Msg::Attention(false), start);
        assert_eq!(wait(&mut app, 5_000), [0; 0]);
        assert_eq!(ticks(&update(&mut app, Msg::Attention(true), later(start, 1_500))), [500]);
        let id = app.accounts.keys().next().unwrap().clone();
        let online = Event::Phase { phase: SignInPhase::Online, server: None, transport: None };
        update(&mut app, Msg::Account(id, online), later(start, 1_600));
        app.dirty = false;
        assert_eq!(ticks(&update(&mut app, Msg::Timer(RETRY_TIMER), later(start, 2_000))), [0; 0]);
        assert!(!app.dirty);
    }
}
