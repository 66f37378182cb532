//! What the user sees, before it is drawn.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::app::keys::{KeyProblem, Keymap};
use crate::app::listing::Listing;
use crate::app::lock::Lock;
use crate::app::notices::Notices;
use crate::app::palette::{self, Choice};
use crate::app::rules::Rules;
use crate::app::screen::Written;
use crate::app::transfers::Transfer;
use crate::app::{ChatKey, Effect, Effects, Marks, Mode, Overlay, Peer, Requests, Screen, Showing, Today};
use crate::backend::{NoticeLevel, Traffic};
use crate::config::{IdleSettings, KeySet, SettingRow, UiSettings};
use crate::history::Hits;
use crate::model::{
    AccessList, AccountId, Address, Availability, Capabilities, Conversation, Fate, FileId, MessageRef, Multiplexer, OwnPresence,
    Presence, Room, RoomId, Roster, SignInPhase, Stamp, Strangers, TextStyle, Transport, WaitReason, WatcherState,
};
use crate::policy::{Denial, Policy};

/// Which part of the screen has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The contact list.
    #[default]
    Roster,
    /// The messages of the open conversation.
    Messages,
    /// The text being written.
    Composer,
}

/// A question that waits for an answer. It never takes the keyboard by itself: nobody shall
/// answer by the letters of a message being typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// May this person see us?
    Watcher {
        /// Who is asked about.
        who: Address,
        /// The name they give.
        name: Option<String>,
        /// On which account.
        account: AccountId,
    },
}

impl Prompt {
    /// Whether it asks about this person.
    #[must_use]
    pub fn is_about(&self, id: &AccountId, person: &Address) -> bool {
        match self {
            Self::Watcher { who, account, .. } => account == id && who == person,
        }
    }
}

/// What a question can be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They may see us.
    Allow,
    /// They may see us, and come on our list.
    AllowAndAdd,
    /// They see us offline and cannot write.
    Block,
    /// Not now; they are not asked about again in this session.
    Later,
}

impl Answer {
    /// What can be answered about somebody on the list, and about somebody who is not.
    const ABOUT_LISTED: [Self; 3] = [Self::Allow, Self::Block, Self::Later];
    const ABOUT_OTHERS: [Self; 4] = [Self::Allow, Self::Block, Self::Later, Self::AllowAndAdd];

    /// The word on its button.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::AllowAndAdd => "Add",
            Self::Block => "Block",
            Self::Later => "Later",
        }
    }
}

/// Something the user should know, as kept for the status bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Stamp,
    /// How bad.
    pub level: NoteLevel,
    /// About which account, if about one.
    pub account: Option<AccountId>,
    /// What; not yet made safe for a terminal.
    pub text: String,
}

/// A message of ours that is not in the ledger, where one is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Unkept {
    /// It could not be written, and would be lost if the program stopped.
    pub(super) failed: bool,
    /// Its fate, to be shown when it is written.
    pub(super) shown_later: Option<Fate>,
}

/// How bad a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// Something does not work as it should.
    Warning,
    /// Something failed.
    Error,
}

impl From<NoticeLevel> for NoteLevel {
    fn from(level: NoticeLevel) -> Self {
        match level {
            NoticeLevel::Info => Self::Info,
            NoticeLevel::Warning => Self::Warning,
            NoticeLevel::Error => Self::Error,
        }
    }
}

/// One account as the user sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountView {
    /// Our own address.
    pub aor: Address,
    /// The name the user chose for themselves; empty for none.
    pub chosen_name: String,
    /// The name the server has for us; empty for none. Not yet made safe for a terminal.
    pub listed_name: String,
    /// How far sign-in is.
    pub phase: SignInPhase,
    /// When the next try to sign in comes, while one is waited for.
    pub retry_at: Option<Stamp>,
    /// Host and port we are or were connected to.
    pub server: Option<String>,
    /// The way.
    pub transport: Option<Transport>,
    /// What the server can do.
    pub capabilities: Option<Capabilities>,
    /// Our own presence.
    pub own: OwnPresence,
    /// What the server shows others of us, once it said so.
    pub own_shown: Option<Availability>,
    /// Contacts and groups.
    pub roster: Roster,
    /// Presence of people who are not on the roster.
    pub others: BTreeMap<Address, Presence>,
    /// Decisions on access.
    pub access: AccessList,
    /// People who watch us.
    pub watchers: BTreeMap<Address, WatcherState>,
    /// People the user was asked about already.
    pub asked: BTreeSet<Address>,
    /// Conversations with one person, by person.
    pub conversations: BTreeMap<Address, Conversation>,
    /// What people wrote whom the user does not know.
    pub requests: Requests,
    /// Conversations of several people.
    pub rooms: BTreeMap<RoomId, Room>,
    /// Files on their way, and those of late.
    pub transfers: BTreeMap<FileId, Transfer>,
    /// What is told of whom.
    pub rules: Rules,
    /// Counters, as last reported.
    pub traffic: Traffic,
    /// What the user marked people with on this machine.
    pub marks: Marks,
    /// The policy that forbids the account as it is set.
    pub barred: Option<Denial>,
}

/// The whole state of the program.
#[derive(Debug)]
pub struct App {
    /// Accounts by id.
    pub accounts: BTreeMap<AccountId, AccountView>,
    /// Policies in force.
    pub policy: Policy,
    /// Which part has the keyboard.
    pub focus: Focus,
    /// There is no screen on which the user could be asked about people who are not known: what they send is passed
    /// on, and scripts decide by themselves.
    pub asks_nobody: bool,
    /// Something can look for viruses in files.
    pub has_scanner: bool,
    /// How pictures can be shown where the user looks.
    pub showing: Showing,
    /// Files offered by us so far.
    pub next_file: u64,
    /// Questions that wait, oldest first; the first is shown.
    pub prompts: VecDeque<Prompt>,
    /// Something visible changed since the last frame.
    pub dirty: bool,
    /// No activity for this long makes Online show as Idle; zero = never.
    pub idle_after: Duration,
    /// No activity for this long makes Online show as Away; zero = never.
    pub away_after: Duration,
    /// Whether the screen is locked, and can be.
    pub lock: Lock,
    /// What is told of what the user does not see.
    pub notices: Notices,
    /// Keep the terminal's title current; off where nobody looks at one.
    pub title: bool,
    /// The counts the title shows.
    pub(super) titled: Option<(usize, usize)>,
    /// Wall time of the last message taken in.
    pub now: Stamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether the terminal has the user's attention, as far as it tells.
    pub attended: bool,
    /// Nobody touched the keyboard for this long when a threshold passed; zero = somebody is there.
    pub(super) quiet: Duration,
    /// The terminal we run in is not before anybody's eyes, and which one that is.
    pub(super) detached: Option<Multiplexer>,
    /// How people changed today.
    pub today: Today,
    /// Notes for the user, oldest first; the last is shown until it is dismissed.
    pub notes: VecDeque<Note>,
    /// Number of the next message we send.
    pub next_tag: u64,
    /// Others are told how we are at sign-in: so for people and for scripts that stay; not for a
    /// command that only looks something up.
    pub announces: bool,
    /// Messages that had no fate yet when the user left.
    pub(super) leaving: Vec<(ChatKey, MessageRef)>,
    /// Messages are written down on this machine.
    pub ledger: bool,
    /// What is kept on this machine is being opened: nothing is sent before that is done.
    pub opening: bool,
    /// Everything that is said is kept, and can be looked up.
    pub history: bool,
    /// What the last search of the past found.
    pub hits: Hits,
    /// Which search was the last.
    pub(super) searches: u64,
    /// Messages of ours that are not on disk.
    pub(super) unkept: BTreeMap<MessageRef, Unkept>,
    /// The conversation in which something kept is on the screen and soon counts as seen.
    pub(super) reading: Option<ChatKey>,
    /// So long a message may wait to be sent over several runs.
    pub queue_for: Duration,
    /// Messages are not queued while there is no connection; what was written stays where it is.
    pub drafts_offline: bool,
    /// What becomes of messages of people the user does not know, where no policy says so.
    pub strangers: Strangers,
    /// Every link is asked about before it is opened.
    pub asks_links: bool,
    /// How the next messages are to look.
    pub look: TextStyle,
    /// What can be set, and who set it.
    pub settings: Vec<SettingRow>,
    /// Reports that policy did not let in.
    pub dropped: u64,
    /// Messages nobody had read when their conversation had to give way to others.
    pub crowded_out: usize,
    /// The keys in force.
    pub keys: Arc<Keymap>,
    /// What is open, selected, folded, scrolled and half written.
    pub screen: Screen,
}

/// Notes kept.
const MAX_NOTES: usize = 100;
/// The timer that takes a note off the status bar.
pub(super) const NOTE_TIMER: &str = "note";
const NOTE_TIME: Duration = Duration::from_secs(8);

impl AccountView {
    /// An account that has not signed in yet.
    #[must_use]
    pub fn new(aor: Address) -> Self {
        Self {
            aor,
            chosen_name: String::new(),
            listed_name: String::new(),
            phase: SignInPhase::Offline { why: None },
            retry_at: None,
            server: None,
            transport: None,
            capabilities: None,
            own: OwnPresence::default(),
            own_shown: None,
            roster: Roster::default(),
            others: BTreeMap::new(),
            access: AccessList::default(),
            watchers: BTreeMap::new(),
            asked: BTreeSet::new(),
            conversations: BTreeMap::new(),
            requests: Requests::default(),
            rooms: BTreeMap::new(),
            rules: Rules::default(),
            traffic: Traffic::default(),
            transfers: BTreeMap::new(),
            marks: Marks::default(),
            barred: None,
        }
    }

    /// Our own name: the user's choice, else the server's; empty for none. Not yet made safe for a
    /// terminal.
    #[must_use]
    pub fn own_name(&self) -> &str {
        if self.chosen_name.is_empty() { &self.listed_name } else { &self.chosen_name }
    }

    /// Whether the server was found able to do something.
    #[must_use]
    pub fn can(&self, what: impl Fn(&Capabilities) -> bool) -> bool {
        self.capabilities.as_ref().is_some_and(what)
    }

    /// Whether the server signed it out, and it stays so until the user wishes otherwise.
    #[must_use]
    pub const fn was_signed_out(&self) -> bool {
        matches!(self.phase, SignInPhase::Offline { why: Some(WaitReason::SignedOutByServer { .. }) })
    }

    /// Whether it is signed in.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        matches!(self.phase, SignInPhase::Online)
    }

    /// What is known of a person.
    #[must_use]
    pub fn presence_of(&self, who: &Address) -> Option<&Presence> {
        self.roster.contact(who).map(|contact| &contact.presence).or_else(|| self.others.get(who))
    }

    /// The best name for a person; not yet made safe for a terminal.
    #[must_use]
    pub fn shown_name<'a>(&'a self, who: &'a Address) -> &'a str {
        self.roster.contact(who).map_or_else(|| who.short(), |contact| contact.shown_name())
    }
}

impl App {
    /// What the next file that is offered will be called.
    #[must_use]
    pub const fn next_file_id(&self) -> FileId {
        FileId::Sent(self.next_file.saturating_add(1))
    }

    /// The state at start: these accounts, nobody signed in.
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = (AccountId, AccountView)>, policy: Policy) -> Self {
        Self {
            asks_nobody: false,
            has_scanner: false,
            showing: Showing::default(),
            next_file: 0,
            accounts: accounts.into_iter().collect(),
            policy,
            focus: Focus::default(),
            prompts: VecDeque::new(),
            dirty: true,
            idle_after: Duration::from_mins(5),
            away_after: Duration::from_mins(15),
            lock: Lock::default(),
            notices: Notices::default(),
            title: false,
            titled: None,
            now: Stamp::default(),
            size: (80, 24),
            attended: true,
            quiet: Duration::ZERO,
            detached: None,
            today: Today::default(),
            notes: VecDeque::new(),
            next_tag: 1,
            announces: false,
            leaving: Vec::new(),
            ledger: false,
            opening: false,
            history: false,
            hits: Hits::default(),
            searches: 0,
            unkept: BTreeMap::new(),
            reading: None,
            queue_for: Duration::from_hours(24),
            drafts_offline: false,
            strangers: Strangers::default(),
            asks_links: true,
            look: TextStyle::default(),
            settings: Vec::new(),
            dropped: 0,
            crowded_out: 0,
            keys: Keymap::plain(),
            screen: Screen::default(),
        }
    }

    /// Takes the settings over that matter here; gives what is wrong with the keys.
    pub fn configure(&mut self, ui: &UiSettings, idle: &IdleSettings) -> Vec<KeyProblem> {
        self.title = true;
        self.screen.mouse = ui.mouse;
        self.screen.theme.clone_from(&ui.theme);
        self.screen.online_only = ui.hide_offline;
        self.screen.apart = ui.accounts_apart;
        self.screen.writing.paste_lines = ui.paste_lines;
        self.asks_links = ui.ask_links;
        self.idle_after = idle.idle_after;
        self.away_after = idle.away_after;
        self.lock.after = idle.lock_after;
        let (keys, problems) = Keymap::new(ui);
        self.keys = keys;
        problems
    }

    /// What is found for what is typed into the palette, or to ask somebody in.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        self.screen.found.get_or_init(|| match &self.screen.overlay {
            Some(Overlay::Palette(line, _)) => palette::choices(self, line.text()),
            Some(Overlay::Invite(chat, line, _)) => palette::guests(self, chat, line.text()),
            _ => Vec::new(),
        })
    }

    /// Whether keys are commands in the text being written, not letters.
    #[must_use]
    pub fn is_modal(&self) -> bool {
        let writes = self.focus == Focus::Composer && self.screen.overlay.is_none() && self.screen.answering.is_none();
        let lists = self.screen.filtering || self.screen.board.shown || self.types_search() || self.screen.hinting.is_some();
        self.keys.set() == KeySet::Vim && writes && !lists && self.screen.vim.mode == Mode::Normal
    }

    /// Messages nobody has looked at, over all accounts.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.accounts.values().flat_map(AccountView::talks).map(|talk| talk.unread).sum()
    }

    /// What the question that is shown can be answered with, in order; nothing where none waits.
    #[must_use]
    pub fn answers(&self) -> &'static [Answer] {
        let Some(Prompt::Watcher { who, account, .. }) = self.prompts.front() else { return &[] };
        let listed = self.accounts.get(account).is_some_and(|account| account.roster.contact(who).is_some());
        if listed { &Answer::ABOUT_LISTED } else { &Answer::ABOUT_OTHERS }
    }

    /// Whether the end of this conversation is before the user's eyes.
    #[must_use]
    pub fn is_being_read(&self, chat: &ChatKey) -> bool {
        let pane = self.screen.pane();
        let covered = self.is_locked() || self.screen.board.shown || self.screen.overlay.is_some();
        self.attended
            && !covered
            && self.focus != Focus::Roster
            && self.at_end()
            && !pane.held
            && self.screen.open() == Some(chat)
    }

    /// Whether the end of the open conversation is in view.
    #[must_use]
    pub fn at_end(&self) -> bool {
        let left_out = |chat| self.conversation(chat).is_some_and(|talk| talk.past.gap);
        self.screen.pane().place.at_end() && !self.screen.open().is_some_and(left_out)
    }

    /// The contact list may be other than it was: its rows are built anew when they are asked for.
    pub(super) fn rows_changed(&mut self) {
        self.screen.rows.take();
        self.screen.board.rows.take();
        self.dirty = true;
    }

    /// What is remembered of the screen over restarts changed.
    pub(super) const fn reshaped(&mut self) {
        self.dirty = true;
        if self.screen.reshaped.is_none() {
            self.screen.reshaped = Some(Written::Wanted);
        }
    }

    /// Somebody's presence or talk changed: the lists that have them move them to where they belong.
    pub(super) fn person_changed(&mut self, peer: &Peer) {
        // Taken out while it looks at everything else.
        if let Some(mut rows) = self.screen.rows.take() {
            rows.changed(self, peer);
            let _ = self.screen.rows.set(rows);
        }
        if let Some(mut rows) = self.screen.board.rows.take() {
            rows.changed(self, peer);
            let _ = self.screen.board.rows.set(rows);
        }
        self.dirty = true;
    }

    /// Something was read or came: rows that are there for what is unread may go or come.
    pub(super) fn unread_changed(&mut self, chat: &ChatKey) {
        let asks = |rows: &OnceCell<Listing>| rows.get().is_some_and(Listing::asks_for_unread);
        if !asks(&self.screen.rows) && !asks(&self.screen.board.rows) {
            return;
        }
        match chat {
            ChatKey::Person(peer) => self.person_changed(peer),
            ChatKey::Room(_) => self.rows_changed(),
        }
    }

    /// Whether a question to make sure lies on top.
    #[must_use]
    pub const fn asks_to_confirm(&self) -> bool {
        matches!(self.screen.overlay, Some(Overlay::Confirm(_)))
    }

    /// Whether words to look for in the conversation are being typed.
    #[must_use]
    pub fn types_search(&self) -> bool {
        self.screen.overlay.is_none() && self.screen.search.as_ref().is_some_and(|search| search.typing)
    }

    /// The first account whose password was refused and that does not try again.
    #[must_use]
    pub fn refused_password(&self) -> Option<AccountId> {
        let refused = |account: &AccountView| {
            matches!(account.phase, SignInPhase::Offline { why: Some(WaitReason::WrongPassword | WaitReason::UnknownUser) })
        };
        self.accounts.iter().find(|(_, account)| refused(account)).map(|(id, _)| id.clone())
    }

    /// What is before the user's eyes now counts as read; a mark stays where the new lines begin.
    pub(super) fn look(&mut self) {
        let Some(chat) = self.screen.open().cloned() else { return };
        if !self.is_being_read(&chat) {
            return;
        }
        self.notices.read(&chat);
        let unread = self.conversation_mut(&chat).map_or(0, |talk| {
            talk.mentions = 0;
            std::mem::take(&mut talk.unread)
        });
        if unread > 0 {
            let mark = self.conversation(&chat).and_then(|talk| talk.number_from_end(unread));
            let pane = self.screen.pane_mut();
            (pane.mark, pane.new_lines) = (mark, unread);
            self.dirty = true;
        }
    }

    /// Sets the terminal's title when the count of unread messages changed.
    pub(super) fn retitle(&mut self, effects: &mut Effects) {
        if !self.title {
            return;
        }
        let counts = if self.is_locked() { (0, 0) } else { self.to_be_told() };
        if self.titled != Some(counts) {
            self.titled = Some(counts);
            let title = match counts {
                (0, _) => "chinwag".to_owned(),
                (unread, 0) => format!("chinwag ({unread})"),
                (unread, named) => format!("chinwag ({unread} @{named})"),
            };
            effects.push(Effect::Title(title));
        }
    }

    /// Keeps a note for the user and shows it.
    pub(super) fn note(&mut self, about: Option<&AccountId>, level: NoticeLevel, text: String, effects: &mut Effects) {
        if self.notes.len() >= MAX_NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back(Note { at: self.now, level: level.into(), account: about.cloned(), text });
        self.screen.note_shown = true;
        self.dirty = true;
        effects.push(Effect::StartTimer(NOTE_TIMER, NOTE_TIME));
    }

    /// Something was added to a conversation: what is new is counted on. `said` = it is a message of others.
    pub(super) fn added(&mut self, chat: &ChatKey, said: bool) {
        self.dirty = true;
        self.unread_changed(chat);
        for (_, pane) in self.screen.panes.iter_mut().filter(|(_, pane)| pane.chat.as_ref() == Some(chat)) {
            if said && pane.new_lines > 0 {
                pane.new_lines = pane.new_lines.saturating_add(1);
            }
        }
    }
}
