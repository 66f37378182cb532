//! Every intention of the user: one catalogue for keys, palette, slash commands, help and docs.
//!
//! A new action needs a variant, a row in [`CATALOGUE`] and an arm in `update`; keys, help,
//! palette, slash commands and `docs/keys.md` follow by themselves.

use std::fmt::Write as _;

use crate::app::{Answer, Edit, Focus, RowKey};
use crate::backend::Command;
use crate::model::{AccountId, Availability};

/// Something the user wants. Where text can be given (`/away lunch`), none means "ask for it" or
/// "the person that is selected".
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// A ready order to an account (scripts, `say`).
    Order(AccountId, Command),
    /// Draw everything anew.
    Redraw,
    /// Stop the program to the background.
    Suspend,
    /// Close what lies on top, else clear the input, else get ready to quit.
    Interrupt,
    /// Close what lies on top, else step back towards the contact list. Never deletes text.
    Back,
    /// Keys and commands.
    Help,
    /// Go to anything.
    Palette,
    /// Choose the own presence from a list.
    StatusMenu,
    /// Show or hide a part of the screen.
    Toggle(Pane),
    /// The keyboard to the next part of the screen; `true` = the one before.
    FocusNext(bool),
    /// The keyboard to this part.
    FocusOn(Focus),
    /// Open the next conversation with unread messages.
    NextUnread,
    /// Back to the conversation before.
    LastChat,
    /// The next conversation in the list; `true` = the one before.
    NextChat(bool),
    /// The conversation with this number.
    Chat(usize),
    /// Close the open conversation.
    CloseChat,
    /// Sign in all accounts that are not.
    SignIn,
    /// Sign out everywhere.
    SignOut,
    /// Do not wait for the next try.
    RetryNow,
    /// Type another password, then sign in with it.
    Password,
    /// Show others this, with a note.
    Presence(Availability, Option<String>),
    /// A presence by its word, as in `/status busy in a meeting`.
    PresenceByWord(Option<String>),
    /// Keep the presence, change the note.
    PresenceNote(Option<String>),
    /// Give the keyboard to the question that waits.
    Answer,
    /// Answer the question that waits.
    AnswerWith(Answer),
    /// Move in what has the keyboard.
    Move(Step),
    /// Scroll the messages, wherever the keyboard is.
    Scroll(Step),
    /// Scroll or mark by rows (mouse wheel): where, and how far down.
    Wheel(Focus, i16),
    /// Select a row of the contact list (mouse).
    Select(RowKey),
    /// Choose this row of what lies on top (mouse).
    Choose(usize),
    /// Open what is selected, or accept what lies on top.
    Open,
    /// Fold the group up (`true`) or open it.
    Fold(bool),
    /// List only contacts that hold a text.
    Filter,
    /// Something about contacts and groups.
    Contact(ContactAct, Option<String>),
    /// Ask somebody into the conversation.
    Invite(Option<String>),
    /// Say who is in the conversation.
    Who,
    /// Leave the conversation of several people.
    Leave,
    /// How the next messages are to look: `bold color=red`.
    Look(Option<String>),
    /// Open the conversation with a person; further words are sent.
    Message(Option<String>),
    /// Send the last message that did not arrive again.
    Resend,
    /// Put the last message on the clipboard.
    Copy,
    /// Another theme by its name; without one the names are said.
    Theme(Option<String>),
    /// A step of editing what is written.
    Edit(Edit),
    /// Send what is written.
    Submit,
    /// Complete a command, else to the next part of the screen.
    Complete,
    /// What the last frame showed: the first row of the contact list, and how far back the
    /// messages really were.
    Shown {
        /// First row of the contact list.
        roster_top: usize,
        /// Rows scrolled back.
        back: usize,
    },
}

/// A part of the screen that can be shown or hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The contact list.
    Roster,
    /// The details.
    Details,
    /// None that is drawn: mouse events are taken, or left to the terminal.
    Mouse,
}

/// What can be done with contacts and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactAct {
    /// Add a contact.
    Add,
    /// Look somebody up in the directory, to add them.
    Find,
    /// Give a contact or a group another name.
    Rename,
    /// Put a contact into these groups.
    Groups,
    /// Make a group.
    NewGroup,
    /// Take a contact or a group off the list, or leave a room.
    Remove,
    /// Let a person see us.
    Allow,
    /// Refuse a person everything.
    Block,
}

/// A step in a list or in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
}

/// Where an action makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Anywhere.
    Everywhere,
    /// The contact list has the focus.
    Roster,
    /// The messages have the focus.
    Messages,
    /// The text being written has the focus.
    Composer,
    /// A menu or a line to be typed lies on top.
    Overlay,
    /// The question that waits has the keyboard.
    Question,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 6] = [Self::Everywhere, Self::Roster, Self::Messages, Self::Composer, Self::Overlay, Self::Question];

    /// The title in the help.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Roster => "Contact list",
            Self::Messages => "Messages",
            Self::Composer => "Writing",
            Self::Overlay => "Menus and questions",
            Self::Question => "Requests to see you",
        }
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone)]
pub struct ActionSpec {
    /// Name in the configuration and the docs, such as `contact.open`.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Default keys.
    pub keys: &'static [&'static str],
    /// Where.
    pub context: Context,
    /// The action.
    pub action: Action,
    /// Names as a slash command, the usual one first.
    pub slash: &'static [&'static str],
    /// What may follow the slash command.
    pub args: &'static str,
}

const fn key(
    context: Context,
    name: &'static str,
    keys: &'static [&'static str],
    action: Action,
    help: &'static str,
) -> ActionSpec {
    ActionSpec { name, help, keys, context, action, slash: &[], args: "" }
}

const fn cmd(
    context: Context,
    name: &'static str,
    keys: &'static [&'static str],
    slash: (&'static [&'static str], &'static str),
    action: Action,
    help: &'static str,
) -> ActionSpec {
    ActionSpec { name, help, keys, context, action, slash: slash.0, args: slash.1 }
}

use Context::{Composer, Everywhere, Messages, Overlay, Question, Roster};

/// Every action with a name.
pub const CATALOGUE: &[ActionSpec] = &[
    cmd(Everywhere, "help", &["f1"], (&["help"], ""), Action::Help, "Keys and commands"),
    cmd(Everywhere, "palette", &["ctrl-k"], (&["go"], ""), Action::Palette, "Go to a person or do anything, by typing"),
    key(Everywhere, "chat.next-unread", &["alt-a"], Action::NextUnread, "Next conversation with unread messages"),
    key(Everywhere, "chat.last", &["alt-/"], Action::LastChat, "Back to the conversation before"),
    key(Everywhere, "chat.next", &["ctrl-n", "alt-down"], Action::NextChat(false), "Next conversation"),
    key(Everywhere, "chat.previous", &["ctrl-p", "alt-up"], Action::NextChat(true), "Previous conversation"),
    key(Everywhere, "chat.1", &["alt-1"], Action::Chat(1), "First conversation"),
    key(Everywhere, "chat.2", &["alt-2"], Action::Chat(2), "Second conversation"),
    key(Everywhere, "chat.3", &["alt-3"], Action::Chat(3), "Third conversation"),
    key(Everywhere, "chat.4", &["alt-4"], Action::Chat(4), "Fourth conversation"),
    key(Everywhere, "chat.5", &["alt-5"], Action::Chat(5), "Fifth conversation"),
    key(Everywhere, "chat.6", &["alt-6"], Action::Chat(6), "Sixth conversation"),
    key(Everywhere, "chat.7", &["alt-7"], Action::Chat(7), "Seventh conversation"),
    key(Everywhere, "chat.8", &["alt-8"], Action::Chat(8), "Eighth conversation"),
    key(Everywhere, "chat.9", &["alt-9"], Action::Chat(9), "Ninth conversation"),
    key(Everywhere, "chat.10", &["alt-0"], Action::Chat(10), "Tenth conversation"),
    cmd(Everywhere, "chat.close", &[], (&["close"], ""), Action::CloseChat, "Close the conversation"),
    cmd(Everywhere, "chat.invite", &["alt-i"], (&["invite"], "who"), Action::Invite(None), "Ask somebody into the conversation"),
    cmd(Everywhere, "chat.who", &[], (&["who"], ""), Action::Who, "Say who is in the conversation"),
    cmd(Everywhere, "chat.leave", &[], (&["leave", "part"], ""), Action::Leave, "Leave the conversation of several people"),
    cmd(
        Everywhere,
        "message.look",
        &["f4"],
        (&["format"], "bold italic color=red"),
        Action::Look(None),
        "How your next messages look",
    ),
    key(Everywhere, "focus.next", &["tab", "f6"], Action::FocusNext(false), "Next part of the screen"),
    key(Everywhere, "focus.previous", &["shift-tab", "shift-f6"], Action::FocusNext(true), "Previous part of the screen"),
    key(Everywhere, "view.roster", &["f2"], Action::Toggle(Pane::Roster), "Show or hide the contact list"),
    key(Everywhere, "view.details", &["f3"], Action::Toggle(Pane::Details), "Show or hide the details of the conversation"),
    key(Everywhere, "view.mouse", &["f8"], Action::Toggle(Pane::Mouse), "Mouse on or off"),
    key(Everywhere, "view.redraw", &["ctrl-l"], Action::Redraw, "Draw the screen anew"),
    cmd(
        Everywhere,
        "view.theme",
        &[],
        (&["theme"], "[name]"),
        Action::Theme(None),
        "Other colours; without a name, say which there are",
    ),
    key(Everywhere, "status.menu", &["f5"], Action::StatusMenu, "Choose what others see of you"),
    cmd(
        Everywhere,
        "status.online",
        &[],
        (&["online", "back"], "[note]"),
        Action::Presence(Availability::Online, None),
        "Be online",
    ),
    cmd(Everywhere, "status.busy", &[], (&["busy", "dnd"], "[note]"), Action::Presence(Availability::Busy, None), "Be busy"),
    cmd(Everywhere, "status.away", &[], (&["away"], "[note]"), Action::Presence(Availability::Away, None), "Be away"),
    cmd(Everywhere, "status.brb", &[], (&["brb"], "[note]"), Action::Presence(Availability::BeRightBack, None), "Be right back"),
    cmd(
        Everywhere,
        "status.phone",
        &[],
        (&["phone"], "[note]"),
        Action::Presence(Availability::OnThePhone, None),
        "Be on the phone",
    ),
    cmd(
        Everywhere,
        "status.lunch",
        &[],
        (&["lunch"], "[note]"),
        Action::Presence(Availability::OutToLunch, None),
        "Be out to lunch",
    ),
    cmd(
        Everywhere,
        "status.invisible",
        &[],
        (&["invisible"], ""),
        Action::Presence(Availability::Offline, None),
        "Appear offline",
    ),
    cmd(
        Everywhere,
        "status.set",
        &[],
        (&["status"], "state [note]"),
        Action::PresenceByWord(None),
        "Be what the word says, with a note",
    ),
    cmd(Everywhere, "status.note", &[], (&["note"], "[text]"), Action::PresenceNote(None), "Change the note others see"),
    cmd(Everywhere, "account.sign-in", &[], (&["connect", "signin"], ""), Action::SignIn, "Sign in"),
    cmd(Everywhere, "account.sign-out", &[], (&["disconnect", "signout"], ""), Action::SignOut, "Sign out"),
    cmd(Everywhere, "account.retry", &["alt-r"], (&["retry"], ""), Action::RetryNow, "Try to sign in now, do not wait"),
    cmd(Everywhere, "account.password", &[], (&["password"], ""), Action::Password, "Sign in with another password"),
    key(Everywhere, "request.answer", &["alt-p"], Action::Answer, "Answer the request that waits"),
    key(Everywhere, "back", &["esc"], Action::Back, "Close what lies on top, or step back"),
    key(Everywhere, "interrupt", &["ctrl-c"], Action::Interrupt, "Close, then clear the input, then quit"),
    key(Everywhere, "suspend", &["ctrl-z"], Action::Suspend, "Stop to the background"),
    cmd(Everywhere, "quit", &["ctrl-q"], (&["quit", "exit"], ""), Action::Quit, "Sign out and leave"),
    key(Roster, "roster.up", &["up", "k"], Action::Move(Step::Up), "Up"),
    key(Roster, "roster.down", &["down", "j"], Action::Move(Step::Down), "Down"),
    key(Roster, "roster.page-up", &["pageup"], Action::Move(Step::PageUp), "A page up"),
    key(Roster, "roster.page-down", &["pagedown"], Action::Move(Step::PageDown), "A page down"),
    key(Roster, "roster.top", &["home", "g"], Action::Move(Step::Top), "To the first"),
    key(Roster, "roster.bottom", &["end", "shift-g"], Action::Move(Step::Bottom), "To the last"),
    key(Roster, "contact.open", &["enter"], Action::Open, "Open the conversation, or fold the group"),
    key(Roster, "roster.fold", &["left", "h"], Action::Fold(true), "Fold the group up"),
    key(Roster, "roster.unfold", &["right", "l"], Action::Fold(false), "Open the group"),
    key(Roster, "roster.filter", &["/"], Action::Filter, "List only contacts that match"),
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
        Messages,
        "message.to",
        &[],
        (&["msg", "query"], "who [text]"),
        Action::Message(None),
        "Open a conversation, or send at once",
    ),
    key(Messages, "messages.up", &["up", "k"], Action::Scroll(Step::Up), "A row up"),
    key(Messages, "messages.down", &["down", "j"], Action::Scroll(Step::Down), "A row down"),
    key(Messages, "messages.page-up", &["pageup"], Action::Scroll(Step::PageUp), "A page up"),
    key(Messages, "messages.page-down", &["pagedown"], Action::Scroll(Step::PageDown), "A page down"),
    key(Messages, "messages.top", &["home", "g"], Action::Scroll(Step::Top), "To the first message"),
    key(Messages, "messages.bottom", &["end", "shift-g"], Action::Scroll(Step::Bottom), "To the last message"),
    key(Messages, "messages.write", &["enter", "i"], Action::FocusOn(Focus::Composer), "Write"),
    cmd(Messages, "message.resend", &["shift-r"], (&["resend"], ""), Action::Resend, "Send the last lost message again"),
    key(Messages, "message.copy", &["y"], Action::Copy, "Copy the last message"),
    key(Messages, "messages.help", &["?"], Action::Help, "Keys and commands"),
    key(Composer, "message.send", &["enter"], Action::Submit, "Send"),
    key(Composer, "edit.newline", &["alt-enter", "ctrl-j", "shift-enter"], Action::Edit(Edit::Newline), "New line"),
    key(Composer, "edit.complete", &["tab"], Action::Complete, "Complete a command, else to the next part"),
    key(Composer, "messages.back", &["pageup"], Action::Scroll(Step::PageUp), "Messages a page up"),
    key(Composer, "messages.on", &["pagedown"], Action::Scroll(Step::PageDown), "Messages a page down"),
    key(Composer, "messages.row-back", &["shift-up"], Action::Scroll(Step::Up), "Messages a row up"),
    key(Composer, "messages.row-on", &["shift-down"], Action::Scroll(Step::Down), "Messages a row down"),
    key(Composer, "edit.left", &["left", "ctrl-b"], Action::Edit(Edit::Left), "Left"),
    key(Composer, "edit.right", &["right", "ctrl-f"], Action::Edit(Edit::Right), "Right"),
    key(Composer, "edit.up", &["up"], Action::Edit(Edit::Up), "Line up; from empty text to the messages"),
    key(Composer, "edit.down", &["down"], Action::Edit(Edit::Down), "Line down"),
    key(Composer, "edit.word-left", &["ctrl-left", "alt-b"], Action::Edit(Edit::WordLeft), "A word left"),
    key(Composer, "edit.word-right", &["ctrl-right", "alt-f"], Action::Edit(Edit::WordRight), "A word right"),
    key(Composer, "edit.home", &["home", "ctrl-a"], Action::Edit(Edit::Home), "Beginning of the line"),
    key(Composer, "edit.end", &["end", "ctrl-e"], Action::Edit(Edit::End), "End of the line"),
    key(Composer, "edit.backspace", &["backspace", "ctrl-h"], Action::Edit(Edit::Backspace), "Delete before the cursor"),
    key(Composer, "edit.delete", &["delete", "ctrl-d"], Action::Edit(Edit::Delete), "Delete at the cursor"),
    key(Composer, "edit.cut-word", &["ctrl-w", "alt-backspace"], Action::Edit(Edit::KillWordLeft), "Cut the word before"),
    key(Composer, "edit.cut-word-right", &["alt-d"], Action::Edit(Edit::KillWordRight), "Cut the word after"),
    key(Composer, "edit.cut-to-start", &["ctrl-u"], Action::Edit(Edit::KillToStart), "Cut to the beginning of the line"),
    key(Composer, "edit.cut-to-end", &["alt-k"], Action::Edit(Edit::KillToEnd), "Cut to the end of the line"),
    key(Composer, "edit.paste-cut", &["ctrl-y"], Action::Edit(Edit::Yank), "Put back what was cut"),
    key(Composer, "edit.transpose", &["ctrl-t"], Action::Edit(Edit::Transpose), "Exchange two letters"),
    key(Composer, "edit.undo", &["ctrl-_", "ctrl-/"], Action::Edit(Edit::Undo), "Undo"),
    key(Overlay, "menu.up", &["up", "ctrl-p"], Action::Move(Step::Up), "Up"),
    key(Overlay, "menu.down", &["down", "ctrl-n", "tab"], Action::Move(Step::Down), "Down"),
    key(Overlay, "menu.page-up", &["pageup"], Action::Move(Step::PageUp), "A page up"),
    key(Overlay, "menu.page-down", &["pagedown"], Action::Move(Step::PageDown), "A page down"),
    key(Overlay, "menu.accept", &["enter"], Action::Open, "Accept"),
    key(Question, "request.left", &["left", "shift-tab"], Action::Move(Step::Up), "To the answer before"),
    key(Question, "request.right", &["right", "tab"], Action::Move(Step::Down), "To the next answer"),
    key(Question, "request.accept", &["enter"], Action::Open, "Give the answer that is marked"),
    key(Question, "request.allow", &["a", "y"], Action::AnswerWith(Answer::Allow), "Allow"),
    key(Question, "request.add", &["c", "+"], Action::AnswerWith(Answer::AllowAndAdd), "Allow, and add to your contacts"),
    key(Question, "request.block", &["b", "n"], Action::AnswerWith(Answer::Block), "Block"),
    key(Question, "request.later", &["l"], Action::AnswerWith(Answer::Later), "Later"),
];

/// The row with this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static ActionSpec> {
    CATALOGUE.iter().find(|spec| spec.name == name)
}

/// The catalogue as the text of `docs/keys.md`.
#[must_use]
pub fn document() -> String {
    let mut out = String::from(
        "# Keys and commands\n\nWritten from the catalogue in `src/app/action.rs`; do not edit by hand.\n\
         Every name can be given other keys in the configuration:\n\n```toml\n[keys.everywhere]\n\"ctrl-g\" = \"palette\"   # bind\n\
         \"ctrl-l\" = \"\"          # unbind\n```\n",
    );
    for context in Context::ALL {
        let _ = write!(out, "\n## {}\n\n| keys | what | name |\n| --- | --- | --- |\n", context.title());
        for spec in CATALOGUE.iter().filter(|spec| spec.context == context && !spec.keys.is_empty()) {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(out, "| {} | {} | `{}` |", keys.join(" "), spec.help, spec.name);
        }
    }
    out.push_str("\n## Slash commands\n\nTyped as a message; `//` sends a text that begins with a slash.\n\n| command | what |\n| --- | --- |\n");
    for spec in CATALOGUE.iter().filter(|spec| !spec.slash.is_empty()) {
        let names: Vec<String> = spec.slash.iter().map(|name| format!("/{name}")).collect();
        let line = format!("{} {}", names.join(", "), spec.args);
        let _ = writeln!(out, "| `{}` | {} |", line.trim_end(), spec.help);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_keys_and_commands_are_unique() {
        let mut names = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let mut words = BTreeSet::new();
        for spec in CATALOGUE {
            assert!(names.insert(spec.name), "{}", spec.name);
            assert!(!spec.help.is_empty() && !spec.help.ends_with('.'), "{}", spec.name);
            for key in spec.keys {
                assert!(keys.insert((spec.context, *key)), "{key} twice in {:?}", spec.context);
            }
            for word in spec.slash {
                assert!(words.insert(*word), "/{word}");
            }
        }
    }

    #[test]
    fn document_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
        if std::env::var_os("CHINWAG_WRITE_DOCS").is_some() {
            std::fs::write(&path, document()).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == document(), "docs/keys.md is out of date: run this test with CHINWAG_WRITE_DOCS=1");
    }
}
