//! The settings in force, complete: every default filled in, every value checked.

use std::path::PathBuf;
use std::time::Duration;

use super::notify::NotifySettings;
use super::paths::downloads;
use super::raw::Binding;
use crate::model::{AccountId, Address, Dialect, InvitationRules, Pin, Retention, Secret, Strangers, TransportRules};
use crate::policy::{Denial, Policy};

/// Everything the program runs by.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Accounts in the order of the file; signed in at start unless `auto_sign_in` is off.
    pub accounts: Vec<AccountSettings>,
    /// The screen.
    pub ui: UiSettings,
    /// How the user is told of what they do not see.
    pub notify: NotifySettings,
    /// Automatic idle and away.
    pub idle: IdleSettings,
    /// Messages that wait.
    pub messages: MessageSettings,
    /// How long what was said is kept.
    pub keep: Retention,
    /// The passphrase of what is kept lies in the keyring of the desktop, where no other is given.
    pub keyring: bool,
    /// Prints the passphrase of what is kept; empty for none.
    pub unlock_command: Vec<String>,
    /// Files that others send.
    pub files: FileSettings,
    /// How other programs use this one.
    pub control: ControlSettings,
    /// The log file.
    pub log: LogSettings,
    /// Rosters, caches, identity of this installation.
    pub data_dir: PathBuf,
    /// Logs.
    pub state_dir: PathBuf,
    /// The file the settings came from, if there was one.
    pub config_file: Option<PathBuf>,
    /// What is allowed.
    pub policy: Policy,
    /// The folder that stands in for the policies of this machine, for tests.
    pub policy_dir: Option<PathBuf>,
    /// Files of policies that the configuration names.
    pub policy_files: Vec<PathBuf>,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSettings {
    /// Name of its table.
    pub id: AccountId,
    /// Our address.
    pub aor: Address,
    /// The name others see; empty for none.
    pub display_name: String,
    /// Authentication name.
    pub user: String,
    /// Where the password comes from.
    pub password: PasswordSource,
    /// Which server.
    pub server: ServerChoice,
    /// The server that was named by hand and is not used, since automatic configuration was asked for.
    pub unused_server: Option<String>,
    /// A server found by DNS must be called as the domain, or `sip.` and the domain.
    pub strict_server_names: bool,
    /// Which way.
    pub transport: TransportChoice,
    /// Clear text may follow where TLS is not offered and the transport is left open.
    pub allow_clear_text: bool,
    /// Additional trusted roots.
    pub ca_file: Option<PathBuf>,
    /// The roots of this machine are trusted too.
    pub system_roots: bool,
    /// Keys of which the server must have one; empty if any will do.
    pub pins: Vec<Pin>,
    /// Our certificate, for servers that ask.
    pub client: Option<ClientFiles>,
    /// Ask this name server instead of the system's: `host:port`.
    pub dns: Option<String>,
    /// Force a dialect.
    pub dialect: Option<Dialect>,
    /// How to authenticate.
    pub auth: AuthChoice,
    /// List on the server (RFC 4662).
    pub list_uri: Option<String>,
    /// List server that takes lists in requests (RFC 5367).
    pub adhoc_list_uri: Option<String>,
    /// XCAP root.
    pub xcap_root: Option<String>,
    /// Lifetime asked for at the registrar, seconds.
    pub registration_expires: u32,
    /// Lifetime asked for publications and subscriptions, seconds.
    pub presence_expires: u32,
    /// Individual subscriptions started each second.
    pub subscribe_rate: u32,
    /// How long everything may take; the same for every account.
    pub timing: Timing,
    /// Away from the preferred server: look after this long whether it is back; zero = never.
    pub return_after: Duration,
    /// Refuse Digest with MD5.
    pub refuse_md5: bool,
    /// Sign in at start.
    pub auto_sign_in: bool,
    /// The ways to authenticate that policy leaves of those that are chosen.
    pub auth_ways: Vec<AuthChoice>,
    /// The domain put before a name to authenticate with by NTLM that has none.
    pub ntlm_domain: Option<String>,
    /// What policy says of its connections.
    pub rules: TransportRules,
    /// What policy says of invitations.
    pub invitations: InvitationRules,
    /// The policy that leaves nothing of what is set, so that it does not sign in.
    pub barred: Option<Denial>,
}

impl AccountSettings {
    /// Whether an account that runs by these settings can go on under others: they differ in nothing it needs.
    /// A password that was given already need not be asked for again.
    #[must_use]
    pub fn holds_under(&self, new: &Self) -> bool {
        let given = matches!(self.password, PasswordSource::Given(_)) && matches!(new.password, PasswordSource::Ask);
        let password = if given { self.password.clone() } else { new.password.clone() };
        *self == Self { auto_sign_in: self.auto_sign_in, password, ..new.clone() }
    }
}

/// The files of a certificate of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// Certificate, PEM.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// Already known.
    Given(Secret),
    /// First line of a command's output.
    Command(Vec<String>),
    /// First line of a file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// The keyring of the desktop, by the account's address.
    Keyring,
    /// Asked for in the terminal.
    Ask,
}

/// Which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChoice {
    /// Found from the address's domain.
    Automatic,
    /// This one.
    Manual {
        /// Name or address literal.
        host: String,
        /// Port, if named.
        port: Option<u16>,
    },
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransportChoice {
    /// TLS, and TCP only where allowed.
    #[default]
    Auto,
    /// TLS only.
    Tls,
    /// TCP in clear.
    Tcp,
    /// Datagrams in clear.
    Udp,
}

/// How long everything may take, and how a dead connection is noticed: the keys of `[timing]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between two pings.
    pub ping_interval: Duration,
    /// Between two keep-alives over UDP.
    pub datagram_ping_interval: Duration,
    /// Silence before a ping while somebody is at the keyboard.
    pub attended_ping_interval: Duration,
    /// Longest wait for the answer to a ping.
    pub pong_wait: Duration,
    /// The same while somebody is at the keyboard.
    pub attended_pong_wait: Duration,
    /// So long after a key somebody is there.
    pub attended_for: Duration,
    /// A request without answer before the server is asked whether it lives.
    pub request_wait: Duration,
    /// The same while somebody is at the keyboard.
    pub attended_request_wait: Duration,
    /// Longest wait for a sign of life after sleep or a change of the network.
    pub probe_wait: Duration,
    /// Until the system gives up a connection that confirms nothing.
    pub tcp_user_timeout: Duration,
    /// Changes of the network and sleep are noticed.
    pub watch_network: bool,
    /// Between two looks at clock and addresses.
    pub look_interval: Duration,
    /// One question about a name.
    pub dns_answer_wait: Duration,
    /// All names of one link.
    pub dns_wait: Duration,
    /// One address to accept a connection.
    pub connect_wait: Duration,
    /// The TLS handshake.
    pub handshake_wait: Duration,
    /// Opening a link, whatever the number of servers.
    pub open_wait: Duration,
}

/// The screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiSettings {
    /// Take mouse events.
    pub mouse: bool,
    /// Line below line instead of a screen.
    pub plain: bool,
    /// The name of the theme.
    pub theme: String,
    /// Where the user's own themes are.
    pub themes: Option<PathBuf>,
    /// Colours off, whatever the terminal can do (`NO_COLOR`, `--color never`).
    pub no_color: bool,
    /// Colours on, whatever the terminal is called (`--color always`).
    pub always_color: bool,
    /// Symbols and lines.
    pub marks: MarksChoice,
    /// Letters instead of presence marks.
    pub plain_marks: bool,
    /// Letters of ambiguous width take two cells.
    pub wide: bool,
    /// Tell the terminal where links lead; `None` = if it is not known to choke on that.
    pub hyperlinks: Option<bool>,
    /// It is asked before any link is opened, not only where something is odd.
    pub ask_links: bool,
    /// How pictures are shown.
    pub pictures: PicturesChoice,
    /// The bell may ring.
    pub bell: bool,
    /// List only people who are online, at first.
    pub hide_offline: bool,
    /// Each account stands by itself in lists, at first.
    pub accounts_apart: bool,
    /// A paste of more lines than these is asked about.
    pub paste_lines: usize,
    /// Which keys there are to begin with.
    pub key_set: KeySet,
    /// Keys changed by the user, in the order of the file.
    pub keys: Vec<Binding>,
}

/// Keys that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeySet {
    /// Those that are easy to find.
    #[default]
    Plain,
    /// As in Vim: modes for writing.
    Vim,
    /// As in Emacs and readline.
    Emacs,
}

impl KeySet {
    /// Every set, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Vim, Self::Emacs];

    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Vim => "vim",
            Self::Emacs => "emacs",
        }
    }
}

/// Where files of others go, and what looks at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSettings {
    /// The folder they end in, if the user named one.
    pub named: Option<PathBuf>,
    /// The folder where neither user nor system names one.
    pub otherwise: PathBuf,
    /// What looks for viruses in them.
    pub scanner: Option<Scanner>,
}

impl FileSettings {
    /// The folder they end in: where the user says, else where the system has downloads. It is asked when a file comes.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.named.clone().or_else(downloads).unwrap_or_else(|| self.otherwise.clone())
    }
}

/// What looks for viruses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanner {
    /// A daemon of `ClamAV`, at this socket.
    Clamd(PathBuf),
    /// A program that gets the path of the file as its last argument, and ends with 0: nothing found, 1: found
    /// something, anything else: could not look.
    Command(Vec<String>),
}

/// How other programs use this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlSettings {
    /// The screen listens at a private socket.
    pub socket: bool,
}

/// Which symbols and lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarksChoice {
    /// What the terminal is known to have.
    #[default]
    Auto,
    /// All of them.
    Unicode,
    /// Lines, but letters for symbols: for fonts of 256 characters.
    Console,
    /// Letters only.
    Ascii,
}

/// How pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PicturesChoice {
    /// By what the terminal is known to have.
    #[default]
    Auto,
    /// By the graphics protocol of kitty.
    Kitty,
    /// By the inline images of iTerm2.
    Iterm,
    /// By sixels.
    Sixel,
    /// By half blocks in two colours.
    Blocks,
    /// Not at all.
    Off,
}

/// Messages that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageSettings {
    /// What is written while there is no connection stays a draft, and is not queued.
    pub drafts_offline: bool,
    /// So long a queued message may wait over several runs.
    pub queue_for: Duration,
    /// What becomes of messages of people the user does not know.
    pub strangers: Strangers,
}

/// Automatic idle and away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleSettings {
    /// After this, Idle; zero = never.
    pub idle_after: Duration,
    /// After this, Away; zero = never.
    pub away_after: Duration,
    /// After this, the screen is locked; zero = never.
    pub lock_after: Duration,
    /// Away while the session of tmux or screen we run in is detached.
    pub multiplexer: bool,
}

/// The log file.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug`, `trace`, or `off`.
    pub level: String,
    /// Daily files kept.
    pub keep: usize,
    /// Write a redacted wire trace too.
    pub wire: bool,
}

/// Which ways to authenticate are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthChoice {
    /// The best the server offers.
    #[default]
    Auto,
    /// Kerberos only.
    Kerberos,
    /// NTLM only.
    Ntlm,
    /// Digest only.
    Digest,
}
