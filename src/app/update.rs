//! `update`: routing only.

use crate::app::{App, Effects, Msg};
use crate::model::Stamp;

/// Takes in what happened and says what is to be done. `at` is the wall time of the message.
pub fn update(app: &mut App, msg: Msg, at: Stamp) -> Effects {
    let _ = (app, msg, at);
    Vec::new()
}
