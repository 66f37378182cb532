//! Menus, and lines to be typed.

use super::Context::Overlay;
use super::{ActionSpec, key};
use crate::app::{Action, KeyAct, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(Overlay, "menu.up", &["up", "ctrl-p"], Action::Move(Step::Up), "Up"),
    key(Overlay, "menu.down", &["down", "ctrl-n", "tab"], Action::Move(Step::Down), "Down"),
    key(Overlay, "menu.page-up", &["pageup"], Action::Move(Step::PageUp), "A page up"),
    key(Overlay, "menu.page-down", &["pagedown"], Action::Move(Step::PageDown), "A page down"),
    key(Overlay, "menu.accept", &["enter"], Action::Open, "Accept"),
    key(Overlay, "menu.accept-beside", &["alt-enter", "ctrl-o"], Action::Keys(KeyAct::Beside), "Open beside what is open"),
];
