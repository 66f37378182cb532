//! Settings, and the policies over them.

use super::Context::{Everywhere, Overlay};
use super::{ActionSpec, cmd, key};
use crate::app::{Action, SettingAct};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    cmd(
        Everywhere,
        "settings",
        &["f10"],
        (&["settings"], "[words]"),
        Action::Settings(SettingAct::Page(None)),
        "See and change the settings",
    ),
    cmd(
        Everywhere,
        "settings.set",
        &[],
        (&["set"], "name value"),
        Action::Settings(SettingAct::Set(None)),
        "Set one, as in /set ui.mouse true",
    ),
    cmd(
        Everywhere,
        "settings.reload",
        &[],
        (&["reload"], ""),
        Action::Settings(SettingAct::Reload),
        "Read the configuration file again",
    ),
    cmd(
        Everywhere,
        "policies",
        &["ctrl-x p"],
        (&["policies"], "[words]"),
        Action::Settings(SettingAct::Policies(None)),
        "What your organisation has set",
    ),
    key(
        Overlay,
        "policies.all",
        &["ctrl-x l"],
        Action::Settings(SettingAct::AllPolicies),
        "Show the policies nobody has set too",
    ),
    key(Overlay, "settings.default", &["ctrl-x d"], Action::Settings(SettingAct::Default), "Take the setting out of the file"),
];
