//! The places for conversations.

use super::Context::Everywhere;
use super::{ActionSpec, cmd};
use crate::app::{Action, PaneAct, Toward, Way};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    cmd(
        Everywhere,
        "pane.split-below",
        &[],
        (&["split"], ""),
        Action::Pane(PaneAct::Split(Way::Below)),
        "Another conversation below",
    ),
    cmd(
        Everywhere,
        "pane.split-beside",
        &[],
        (&["vsplit"], ""),
        Action::Pane(PaneAct::Split(Way::Beside)),
        "Another conversation beside",
    ),
    cmd(
        Everywhere,
        "pane.close",
        &[],
        (&["unsplit"], ""),
        Action::Pane(PaneAct::Close),
        "Close the pane; the conversation goes on",
    ),
    cmd(Everywhere, "pane.only", &[], (&["only"], ""), Action::Pane(PaneAct::Only), "Close all other panes"),
    cmd(Everywhere, "pane.zoom", &["alt-z"], (&["zoom"], ""), Action::Pane(PaneAct::Zoom), "Show only this pane, or all again"),
    cmd(Everywhere, "pane.next", &["alt-n"], (&[], ""), Action::Pane(PaneAct::Next(false)), "Next pane"),
    cmd(Everywhere, "pane.previous", &[], (&[], ""), Action::Pane(PaneAct::Next(true)), "Previous pane"),
    cmd(Everywhere, "pane.left", &[], (&[], ""), Action::Pane(PaneAct::Focus(Toward::Left)), "The pane to the left"),
    cmd(Everywhere, "pane.right", &[], (&[], ""), Action::Pane(PaneAct::Focus(Toward::Right)), "The pane to the right"),
    cmd(Everywhere, "pane.up", &[], (&[], ""), Action::Pane(PaneAct::Focus(Toward::Up)), "The pane above"),
    cmd(Everywhere, "pane.down", &[], (&[], ""), Action::Pane(PaneAct::Focus(Toward::Down)), "The pane below"),
    cmd(
        Everywhere,
        "pane.move-left",
        &[],
        (&[], ""),
        Action::Pane(PaneAct::Move(Toward::Left)),
        "Exchange with the pane to the left",
    ),
    cmd(
        Everywhere,
        "pane.move-right",
        &[],
        (&[], ""),
        Action::Pane(PaneAct::Move(Toward::Right)),
        "Exchange with the pane to the right",
    ),
    cmd(Everywhere, "pane.move-up", &[], (&[], ""), Action::Pane(PaneAct::Move(Toward::Up)), "Exchange with the pane above"),
    cmd(Everywhere, "pane.move-down", &[], (&[], ""), Action::Pane(PaneAct::Move(Toward::Down)), "Exchange with the pane below"),
    cmd(
        Everywhere,
        "pane.border-left",
        &[],
        (&[], ""),
        Action::Pane(PaneAct::Push(Toward::Left)),
        "The pane's border to the left",
    ),
    cmd(
        Everywhere,
        "pane.border-right",
        &[],
        (&[], ""),
        Action::Pane(PaneAct::Push(Toward::Right)),
        "The pane's border to the right",
    ),
    cmd(Everywhere, "pane.border-up", &[], (&[], ""), Action::Pane(PaneAct::Push(Toward::Up)), "The pane's border up"),
    cmd(Everywhere, "pane.border-down", &[], (&[], ""), Action::Pane(PaneAct::Push(Toward::Down)), "The pane's border down"),
    cmd(Everywhere, "pane.even", &[], (&["even"], ""), Action::Pane(PaneAct::Even), "All panes the same size"),
    cmd(Everywhere, "place.back", &["alt-left"], (&[], ""), Action::Place(true), "Back to the conversation before this one"),
    cmd(Everywhere, "place.forward", &["alt-right"], (&[], ""), Action::Place(false), "Forward again"),
];
