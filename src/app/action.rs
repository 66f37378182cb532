//! Every intention of the user.
//!
//! A new action needs a variant, a row in [`crate::app::catalogue()`] and an arm in `update`; keys, help,
//! palette, slash commands and `docs/keys.md` follow by themselves.

use crate::app::lock::LockAct;
use crate::app::menu::Menu;
use crate::app::{Answer, Chord, Edit, Focus, Held, PaneId, Place, Reading, RowKey, Toward, VimAct, Way};
use crate::backend::Command;
use crate::model::{AccountId, Address, Availability, FileId};

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
    /// Something about the lock of the screen.
    Lock(LockAct),
    /// Close what lies on top, else clear the input, else get ready to quit.
    Interrupt,
    /// Close what lies on top, else step back towards the contact list. Never deletes text.
    Back,
    /// Keys and commands.
    Help,
    /// Go to anything.
    Palette,
    /// Something about the menu of one's own presence.
    Own(OwnAct),
    /// Show or hide a part of the screen.
    Toggle(Part),
    /// The keyboard to the next part of the screen; `true` = the one before.
    FocusNext(bool),
    /// The keyboard to this part.
    FocusOn(Focus),
    /// To another conversation, or away with this one.
    Chat(ChatAct),
    /// Something about the panes.
    Pane(PaneAct),
    /// Back to the conversation before (`true`), or forward again.
    Place(bool),
    /// Sign in or out.
    Sign(SignAct),
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
    /// Who is listed, in the contact list or on the board.
    List(ListAct),
    /// Something about contacts and groups.
    Contact(ContactAct, Option<String>),
    /// Ask somebody into the conversation.
    Invite(Option<String>),
    /// Leave the conversation of several people.
    Leave,
    /// Something with a file.
    File(FileAct),
    /// What is told of a conversation, and what is not.
    Notices(NoticeAct),
    /// How the next messages are to look: `bold color=red`.
    Look(Option<String>),
    /// Open the conversation with a person; further words are sent.
    Message(Option<String>),
    /// Send the last message that did not arrive again.
    Resend,
    /// Something with what was said.
    Reading(Reading),
    /// Something about what is being written.
    Compose(ComposeAct),
    /// Another theme by its name; without one the names are said.
    Theme(Option<String>),
    /// A step of editing what is written.
    Edit(Edit),
    /// Send what is written.
    Submit,
    /// Complete a command, else to the next part of the screen.
    Complete,
    /// Keys pressed one after the other, modes, menus.
    Keys(KeyAct),
    /// Something about requests of people who are not known; about whom.
    Requests(RequestAct, Option<String>),
    /// Something about the settings, or the policies over them.
    Settings(SettingAct),
    /// What the last frame showed: the first row of the contact list, and where one reads.
    Shown {
        /// First row of the contact list.
        roster_top: usize,
        /// Of each pane in which that became clear: where it was to be, and where it is.
        places: Vec<(PaneId, Place, Place)>,
    },
}

/// What can be done with files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAct {
    /// Offer the one with this path to the person of the open conversation.
    Send(Option<String>),
    /// Take the one with this name that is offered, or keep one that is doubtful.
    Accept(Option<String>),
    /// Decline it, or stop it.
    Decline(Option<String>),
    /// Look at the picture with this name, or at the last one of the conversation.
    View(Option<String>),
    /// Look at this one.
    Look {
        /// Of which account.
        account: AccountId,
        /// Which.
        id: FileId,
    },
    /// Offer the one with this path to a person.
    Offer {
        /// As which account.
        account: AccountId,
        /// To whom.
        to: Address,
        /// Where it is.
        path: String,
    },
    /// Take this one, or keep it, or else decline or stop it.
    Decide {
        /// Of which account.
        account: AccountId,
        /// Which.
        id: FileId,
        /// Whether it is wanted.
        yes: bool,
    },
}

/// Where one can go among the conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatAct {
    /// Open the next one with unread messages.
    NextUnread,
    /// Back to the one before.
    Last,
    /// The next one in the list; `true` = the one before.
    Next(bool),
    /// The one with this number.
    Number(usize),
    /// Close the open one.
    Close,
    /// Say who is in the open one.
    Who,
}

/// What can be done with the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignAct {
    /// Sign in all accounts that are not.
    In,
    /// Sign out everywhere.
    Out,
    /// Do not wait for the next try.
    Retry,
    /// Type another password, then sign in with it.
    Password,
}

/// What has to do with keys themselves.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyAct {
    /// These were pressed and begin something; none = it is given up.
    Pending(Vec<Chord>),
    /// These were pressed and mean nothing.
    Lost(Vec<Chord>),
    /// The palette, with this typed already.
    Find(&'static str),
    /// The help, searched for these words.
    Help(String),
    /// A menu for what has the keyboard, or this one.
    Menu(Option<Menu>),
    /// Open what is chosen beside what is open.
    Beside,
    /// The proposal before, else to the part of the screen before.
    CompleteBack,
    /// A step of normal mode.
    Vim(VimAct),
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
    /// The mouse takes hold of a line, or lets go.
    Hold(Option<Held>),
    /// The line before a pane to this share of both parts, in thousandths (mouse).
    Share(PaneId, Way, u16),
    /// The contact list this many columns wider.
    Widen(i16),
    /// The contact list this wide (mouse).
    Width(u16),
}

/// What can be done with the settings, and with the policies over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingAct {
    /// Show them all, or those that hold these words.
    Page(Option<String>),
    /// Set one: `ui.mouse true`.
    Set(Option<String>),
    /// The marked one is what it is when nobody sets it.
    Default,
    /// Read the configuration file again.
    Reload,
    /// Show the policies, or those that hold these words.
    Policies(Option<String>),
    /// Show the policies nobody has set too, or no longer.
    AllPolicies,
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
    /// Put a person on top, or no longer.
    Pin,
    /// Tell when somebody becomes something.
    Alert,
    /// Show whose changes are waited for.
    Alerts,
}

/// What can be done with requests: of people who wrote and are not known, and of those who ask to see us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestAct {
    /// Show them.
    Page,
    /// Take part in the conversation, or let them see us.
    Accept,
    /// The same, and put them on the list.
    AcceptAndAdd,
    /// Refuse them everything.
    Block,
    /// Throw away what they wrote.
    Delete,
    /// Write it to a file.
    Report,
}

/// What can be done with the menu of one's own presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAct {
    /// Open it.
    Menu,
    /// It is about the next account from now on, after the last about all.
    NextAccount,
}

/// What can be done with lists of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListAct {
    /// Type what people must have to be listed.
    Filter,
    /// List only people who can be reached, or all again.
    OnlineOnly,
    /// List only conversations with something unread, or all again.
    UnreadOnly,
    /// Show the board, or put it away.
    Board,
    /// The next order of the board.
    Sort,
    /// Only this account; without a name the next one, after the last all of them.
    Account(Option<String>),
    /// Each account by itself, or all together.
    Apart,
}

/// What can be done about being told of what one does not see. Words are those that follow the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeAct {
    /// Say the rule of the conversation at hand, or change it: `mention`, `none 1h`.
    Rule(Option<String>),
    /// Mute it, for ever or for so long.
    Mute(Option<String>),
    /// Take its rule away.
    Unmute,
    /// Mute it, or no longer.
    Toggle,
    /// Try every way.
    Test,
}

impl NoticeAct {
    /// The same with the words that followed its command.
    #[must_use]
    pub fn with_words(&self, words: Option<String>) -> Self {
        match self {
            Self::Rule(_) => Self::Rule(words),
            Self::Mute(_) => Self::Mute(words),
            other => other.clone(),
        }
    }
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
