//! How long people are what they are: told by the minute while the board is shown, and somebody looks.

use std::time::Duration;

use crate::app::{App, Effect, Effects};

/// The timer that draws the ages anew.
pub(super) const AGES_TIMER: &str = "ages";
const MINUTE: Duration = Duration::from_mins(1);

/// The ages on the board are older now. Where none are shown, nothing wakes the program.
pub(super) fn count(app: &mut App, effects: &mut Effects) {
    if app.screen.board.shown && app.attended && app.quiet.is_zero() {
        app.dirty = true;
        effects.push(Effect::StartTimer(AGES_TIMER, MINUTE));
    }
}
