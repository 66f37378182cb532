//! What can be done in the contact list.

use super::Context::Roster;
use super::{ActionSpec, cmd, key};
use crate::app::{Action, ContactAct, ListAct, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(Roster, "roster.up", &["up", "k"], Action::Move(Step::Up), "Up"),
    key(Roster, "roster.down", &["down", "j"], Action::Move(Step::Down), "Down"),
    key(Roster, "roster.page-up", &["pageup"], Action::Move(Step::PageUp), "A page up"),
    key(Roster, "roster.page-down", &["pagedown"], Action::Move(Step::PageDown), "A page down"),
    key(Roster, "roster.top", &["home", "g"], Action::Move(Step::Top), "To the first"),
    key(Roster, "roster.bottom", &["end", "shift-g"], Action::Move(Step::Bottom), "To the last"),
    key(Roster, "contact.open", &["enter"], Action::Open, "Open the conversation, or fold the group"),
    key(Roster, "roster.fold", &["left", "h"], Action::Fold(true), "Fold the group up"),
    key(Roster, "roster.unfold", &["right", "l"], Action::Fold(false), "Open the group"),
    key(Roster, "roster.filter", &["/"], Action::List(ListAct::Filter), "List only contacts that match"),
    key(Roster, "roster.online", &["o"], Action::List(ListAct::OnlineOnly), "Only people who are online, or all again"),
    key(Roster, "roster.unread", &["u"], Action::List(ListAct::UnreadOnly), "Only what is unread, or all again"),
    key(Roster, "roster.help", &["?"], Action::Help, "Keys and commands"),
    cmd(Roster, "contact.add", &["a"], (&["add"], "address [name]"), Action::Contact(ContactAct::Add, None), "Add a contact"),
    cmd(
        Roster,
        "contact.find",
        &[],
        (&["find"], "name"),
        Action::Contact(ContactAct::Find, None),
        "Look somebody up in the directory",
    ),
    cmd(
        Roster,
        "contact.rename",
        &["e"],
        (&["rename"], "name"),
        Action::Contact(ContactAct::Rename, None),
        "Rename the contact or group",
    ),
    cmd(
        Roster,
        "contact.groups",
        &["shift-m"],
        (&["groups", "move"], "group, group"),
        Action::Contact(ContactAct::Groups, None),
        "Change the contact's groups",
    ),
    cmd(Roster, "group.new", &["n"], (&["newgroup"], "name"), Action::Contact(ContactAct::NewGroup, None), "Make a group"),
    cmd(
        Roster,
        "contact.remove",
        &["d"],
        (&["remove"], "[address]"),
        Action::Contact(ContactAct::Remove, None),
        "Take off the list, or leave the room",
    ),
    cmd(Roster, "contact.block", &["b"], (&["block"], "[address]"), Action::Contact(ContactAct::Block, None), "Block the person"),
    cmd(
        Roster,
        "contact.allow",
        &["shift-a"],
        (&["allow"], "[address]"),
        Action::Contact(ContactAct::Allow, None),
        "Allow the person to see you",
    ),
    cmd(
        Roster,
        "contact.pin",
        &["p"],
        (&["pin"], "[who]"),
        Action::Contact(ContactAct::Pin, None),
        "Pin the person on top, or no longer",
    ),
    cmd(
        Roster,
        "contact.alert",
        &["w"],
        (&["alert"], "[who] online|free|away|…|any|off [always]"),
        Action::Contact(ContactAct::Alert, None),
        "Tell when the person comes online, is free, changes",
    ),
    cmd(
        Roster,
        "contact.alerts",
        &[],
        (&["alerts"], ""),
        Action::Contact(ContactAct::Alerts, None),
        "Show whose changes are waited for",
    ),
];
