//! Every intention of the user.
//!
//! A new action needs a variant, a row in [`crate::app::catalogue()`] and an arm in `update`; keys, help,
//! palette, slash commands and `docs/keys.md` follow by themselves.

use crate::app::{Answer, Edit, Focus, PaneId, RowKey, Toward, Way};
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
    Toggle(Part),
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
    /// Something about the panes.
    Pane(PaneAct),
    /// Back to the conversation before (`true`), or forward again.
    Place(bool),
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
    /// Something about what is being written.
    Compose(ComposeAct),
    /// Put the last message on the clipboard.
    Copy,
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
        /// Rows scrolled back, of each pane that was shown.
        back: Vec<(PaneId, usize)>,
    },
}

/// What can be done with the places for conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaneAct {
    /// Divide the focused one.
    Split(Way),
    /// Take the focused one away.
    Close,
    /// Take all others away.
    Only,
    /// Show only the focused one, or all again.
    Zoom,
    /// The keyboard to the next; `true` = the one before.
    Next(bool),
    /// The keyboard to the one that lies there.
    Focus(Toward),
    /// The keyboard to this one (mouse).
    To(PaneId),
    /// Exchange it with the one that lies there.
    Move(Toward),
    /// Move its border.
    Push(Toward),
    /// All the same size.
    Even,
}

/// What can be done about a text being written, besides editing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComposeAct {
    /// A text that was sent before (`true`), or a later one again.
    Sent(bool),
    /// Look for a text that was sent before; again: for the one before it.
    Search,
    /// Write in an editor outside.
    Editor,
    /// Say what one does: `/me waves`.
    Me(Option<String>),
    /// Take back the last message that has not left.
    Unsend,
    /// What the last frame showed: cells of a row of the draft.
    Wide(usize),
}

/// A part of the screen that can be shown or hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
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
