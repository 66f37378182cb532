//! The command line: every option and subcommand, as documented to the user.

mod serve;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::app::Condition;
use crate::config::parse_server;
use crate::model::{Address, Availability, Stamp, TextStyle};

pub use serve::Serve;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "chinwag",
    version = super::about::short(),
    long_version = super::about::long(),
    about = "The terminal messenger for SIP networks",
    after_help = "Examples:\n  \
        chinwag demo                                   try it without server and account\n  \
        chinwag --aor sip:alice@example.test           sign in without any configuration\n  \
        chinwag send bob@example.test \"lunch?\"         one message; exit code 0 = delivered, or kept by the server\n  \
        chinwag watch --json                           presence of the contact list, for scripts\n  \
        chinwag status away \"lunch until 1\"            while chinwag runs: how others see you\n\n\
        Exit codes: 0 done; 1 failed; 2 usage; 3 sign-in refused; 4 unreachable; 5 forbidden by policy;\n\
        6 message not delivered or its fate unknown; 7 configuration; 130 interrupted.",
    disable_help_subcommand = false,
    propagate_version = false
)]
pub struct Args {
    /// Options for everything.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the screen when absent.
    #[command(subcommand)]
    pub command: Option<Task>,
}

/// Options valid before and after the subcommand.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options for every command")]
pub struct Global {
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", env = "CHINWAG_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Which configured account
    #[arg(long, global = true, value_name = "ID")]
    pub account: Option<String>,
    /// Sign in as this address without any configuration file
    #[arg(long, global = true, value_name = "SIP-URI", value_parser = address, conflicts_with = "account")]
    pub aor: Option<Address>,
    /// Authentication name, when it differs from the address's user part (`DOMAIN\user` is fine)
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// This server instead of the one DNS names
    #[arg(long, global = true, value_name = "HOST[:PORT]", value_parser = server)]
    pub server: Option<String>,
    /// How to connect
    #[arg(long, global = true, value_name = "HOW")]
    pub transport: Option<TransportArg>,
    /// Additional trusted root certificates
    #[arg(long, global = true, value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// Ask this name server instead of the system's
    #[arg(long, global = true, value_name = "HOST:PORT", value_parser = server)]
    pub dns: Option<String>,
    /// The password is in this environment variable
    #[arg(long, global = true, value_name = "VAR", conflicts_with = "password_stdin")]
    pub password_env: Option<String>,
    /// The password is the first line of standard input
    #[arg(long, global = true)]
    pub password_stdin: bool,
    /// Authenticate only this way
    #[arg(long, global = true, value_name = "SCHEME")]
    pub auth: Option<AuthArg>,
    /// Force the server's dialect instead of finding it out
    #[arg(long, global = true, value_name = "DIALECT")]
    pub dialect: Option<DialectArg>,
    /// One JSON object a line on standard output, nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Where contact lists, caches and logs are kept
    #[arg(long, global = true, value_name = "DIR", env = "CHINWAG_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,
    /// Only through the chinwag that runs already, with its connection; fail if there is none
    #[arg(long, global = true, conflicts_with = "no_attach")]
    pub attach: bool,
    /// Never through the chinwag that runs already: sign in
    #[arg(long, global = true)]
    pub no_attach: bool,
    /// Read managed policies from here (tests only)
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    pub policy_dir: Option<PathBuf>,
    /// Say more on standard error; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Write line below line instead of a screen: for screen readers and dumb terminals
    #[arg(long, global = true)]
    pub plain: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<ColorArg>,
}

/// `--transport`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TransportArg {
    /// TLS; TCP only where that is allowed
    Auto,
    /// TLS only
    Tls,
    /// TCP in clear
    Tcp,
    /// UDP in clear, for SIMPLE servers
    Udp,
}

/// `--auth`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthArg {
    /// The best the server offers: Kerberos if there is a ticket, else NTLM, else Digest
    Auto,
    /// NTLM version 2, every message signed
    Ntlm,
    /// Kerberos with the ticket of kinit, every message signed; no password is asked for
    Kerberos,
    /// HTTP Digest
    Digest,
}

impl AuthArg {
    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ntlm => "ntlm",
            Self::Kerberos => "kerberos",
            Self::Digest => "digest",
        }
    }
}

/// `--dialect`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectArg {
    /// Find out
    Auto,
    /// Live Communications Server 2005
    Lcs,
    /// The IETF's standards
    Simple,
}

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A subcommand.
#[derive(Debug, Clone, Subcommand)]
pub enum Task {
    /// Try it: an embedded server on this machine with people who answer
    Demo(Demo),
    /// Run the embedded server by itself
    Serve(Box<Serve>),
    /// Deliver one message and wait for its fate
    Send(Send),
    /// Show presence and follow it
    Watch(Watch),
    /// Show how others see you, or change it
    Status(Status),
    /// Wait until somebody is online, free, away …
    Wait(Wait),
    /// Follow everything: messages, presence, typing, watchers, files
    Listen(Listen),
    /// Take files that others offer
    Receive(Receive),
    /// Scriptable session: commands as JSON lines in, events as JSON lines out
    Say,
    /// The contact list
    #[command(subcommand)]
    Roster(Roster),
    /// Who may see you and write to you
    #[command(subcommand)]
    Access(Access),
    /// Search the server's directory
    Find {
        /// What to look for
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Explain the whole way to the server, step by step
    Doctor {
        /// Whose server; default: the configured account
        #[arg(value_name = "AOR", value_parser = address)]
        who: Option<Address>,
    },
    /// How you are told of what you do not see
    #[command(subcommand)]
    Notify(Notify),
    /// The configuration file
    #[command(subcommand)]
    Config(Config),
    /// Print the keys in force, and what is wrong with yours
    Keys,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// What was said before, kept encrypted on this machine
    #[command(subcommand)]
    History(History),
    /// The encrypted file of all that is kept, its key and its passphrase
    #[command(subcommand)]
    Store(Store),
    /// The password of an account in the keyring of your desktop
    #[command(subcommand)]
    Password(Password),
    /// What administrators decided, and files and templates for them
    #[command(subcommand)]
    Policy(Policy),
}

impl Task {
    /// Whether it only tells about the program and its settings: that is never forbidden.
    #[must_use]
    pub const fn is_about_the_program(&self) -> bool {
        matches!(self, Self::Policy(_) | Self::Config(_) | Self::Keys | Self::Completions { .. } | Self::Man)
    }
}

/// `notify`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Notify {
    /// Try every way, and say what was sent, what answered, and what keeps a message from being told
    Test,
}

/// `policy`
#[derive(Debug, Clone, Subcommand)]
pub enum Policy {
    /// What is in force, where it was set, and what lost against it
    Show {
        /// Only these
        names: Vec<String>,
        /// Those that nobody has set, too
        #[arg(long)]
        all: bool,
    },
    /// Tell what is wrong with files of policies; exit 0 when nothing is, 7 when something is
    Check {
        /// .toml, .json, .pol or .reg, in the order of their folder
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// A JSON Schema of files of policies
    Schema,
    /// Write a template for administrators to standard output
    Template {
        /// Which
        form: Template,
    },
    /// Turn a Registry.pol or .reg file into a file of policies
    Import {
        /// The file
        file: PathBuf,
        /// Write here, not to standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The recommended values in it, not the managed ones
        #[arg(long)]
        recommended: bool,
    },
}

/// `policy template`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Group Policy: the policies
    Admx,
    /// Group Policy: their texts, in English
    Adml,
    /// A file of policies with everything as a comment
    Toml,
    /// A file of policies with every policy's example
    Json,
    /// The same for the registry editor
    Reg,
    /// The manual
    Markdown,
}

/// `history`
#[derive(Debug, Clone, Subcommand)]
pub enum History {
    /// Every conversation that is kept
    List,
    /// The last messages of a conversation
    Show {
        /// With whom: an address, or the name of a conversation of several people
        who: String,
        /// How many messages
        #[arg(long, value_name = "N", default_value_t = 50)]
        last: u32,
    },
    /// Messages that hold all these words, newest first
    Search {
        /// What to look for: words or their beginnings; "in quotes" as it stands
        #[arg(required = true)]
        words: Vec<String>,
        /// Only in this conversation
        #[arg(long, value_name = "WHO")]
        with: Option<String>,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        count: u32,
    },
    /// Write everything to standard output, as text or, with --json, one object a line
    Export {
        /// Only this conversation
        who: Option<String>,
    },
    /// Delete a conversation, or what is older than a day
    Delete {
        /// Which conversation
        #[arg(required_unless_present = "before")]
        who: Option<String>,
        /// Everything written before this day (2026-11-30) or time (RFC 3339)
        #[arg(long, value_name = "DATE", value_parser = date, conflicts_with = "who")]
        before: Option<Stamp>,
    },
}

/// `store`
#[derive(Debug, Clone, Subcommand)]
pub enum Store {
    /// Where it is, and how its key is held
    Status,
    /// Encrypt everything that is kept with a new key
    Rekey,
    /// Change the passphrase that opens the key
    Passphrase {
        /// Take the new one from this environment variable, instead of asking
        #[arg(long, value_name = "NAME", conflicts_with = "remove")]
        new_env: Option<String>,
        /// Do without one: the key lies in its file as it is from now on
        #[arg(long)]
        remove: bool,
    },
}

/// `password`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Password {
    /// Put it there, in place of the one that is there: asked for, or the first line of standard input
    Set,
    /// Take it away
    Forget,
}

/// A day of this machine's zone, or a time.
fn date(text: &str) -> Result<Stamp, String> {
    let found = Stamp::parse_day(text).or_else(|| Stamp::parse_rfc3339(text));
    found.ok_or_else(|| "it needs a day such as 2026-11-30, or a time such as 2026-11-30T12:00:00Z".to_owned())
}

/// `demo`
#[derive(Debug, Clone, clap::Args)]
pub struct Demo {
    /// Without a terminal: runs through everything, prints each step, exits 0 only if all happened
    #[arg(long)]
    pub headless: bool,
    /// Makes every run the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// `send`
#[derive(Debug, Clone, clap::Args)]
pub struct Send {
    /// To whom; a bare name is completed with your own domain
    pub to: String,
    /// The message; without it, standard input
    pub text: Vec<String>,
    /// Send this file, in place of a message; may be given several times
    #[arg(long, value_name = "PATH", conflicts_with_all = ["text", "format"])]
    pub file: Vec<String>,
    /// How it is to look, such as "bold italic color=red"
    #[arg(long, value_name = "WORDS", value_parser = crate::app::look::read, default_value = "none", hide_default_value = true)]
    pub format: TextStyle,
    /// Give up after this many seconds from the start (exit code 6; 4 if not signed in by then); with files, only the
    /// wait for an answer counts [default: 40, with files 600]
    #[arg(long, value_name = "S", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// `receive`
#[derive(Debug, Clone, clap::Args)]
pub struct Receive {
    /// Only from these people; default: from everybody on your contact list
    #[arg(value_name = "WHO")]
    pub from: Vec<String>,
    /// End after this many files
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), default_value = "1")]
    pub count: u64,
    /// Put them into this folder, not into that of the configuration
    #[arg(long, value_name = "DIR")]
    pub into: Option<std::path::PathBuf>,
    /// Take those too that are asked about, such as documents and archives
    #[arg(long)]
    pub yes: bool,
    /// End after this many seconds from the start (exit code 1; 4 if not signed in by then)
    #[arg(long, value_name = "S", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// `watch`
#[derive(Debug, Clone, clap::Args)]
pub struct Watch {
    /// Whose presence; default: the whole contact list
    pub who: Vec<String>,
    /// Print the first full state and end
    #[arg(long)]
    pub once: bool,
    /// End after this many seconds from the start (exit code 4 if not signed in by then); 0: once signed in
    #[arg(long, value_name = "S", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// `status`
#[derive(Debug, Clone, clap::Args)]
pub struct Status {
    /// How others are to see you from now on; without it, how they do is shown
    #[arg(value_name = "STATE", value_parser = state)]
    pub state: Option<Availability>,
    /// A note to it; without it, there is none
    #[arg(value_name = "NOTE")]
    pub note: Vec<String>,
    /// Sign in for it, and stay signed in until interrupted
    #[arg(long, requires = "state", conflicts_with = "attach")]
    pub stay: bool,
}

/// `online`, `busy` and so on.
fn state(word: &str) -> Result<Availability, String> {
    let found = Availability::from_word(word).filter(|state| !matches!(state, Availability::Unknown | Availability::Idle));
    found.ok_or_else(|| "it must be one of online, busy, brb, away, phone, lunch, offline".to_owned())
}

/// `wait`
#[derive(Debug, Clone, clap::Args)]
pub struct Wait {
    /// For whom
    pub who: String,
    /// What they must be: online (signed in), free, busy, away, or one of brb, phone, lunch, idle, offline, unknown
    #[arg(long, value_name = "STATE", default_value = "online", value_parser = condition)]
    pub status: Condition,
    /// Give up after this many seconds from the start (exit code 1, or 4 if not signed in by then)
    #[arg(long, value_name = "S", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// `listen`
#[derive(Debug, Clone, clap::Args)]
pub struct Listen {
    /// End after this many seconds from the start (exit code 4 if not signed in by then); 0: once signed in
    #[arg(long, value_name = "S", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// End after this many messages have come
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
}

/// `roster`
#[derive(Debug, Clone, Subcommand)]
pub enum Roster {
    /// Show the contact list
    List,
    /// Add a person
    Add {
        /// Whom
        who: String,
        /// Your name for the person
        #[arg(long)]
        name: Option<String>,
        /// Groups to put the person in; may be given several times
        #[arg(long, value_name = "GROUP")]
        group: Vec<String>,
    },
    /// Take a person off the list
    Remove {
        /// Whom
        who: String,
    },
    /// Put a person in these groups and no others
    Move {
        /// Whom
        who: String,
        /// The groups; none = in no group
        groups: Vec<String>,
    },
    /// Change your name for a person
    Rename {
        /// Whom
        who: String,
        /// The new name
        name: String,
    },
    /// Show the groups, or change them
    Groups {
        /// What to change
        #[command(subcommand)]
        change: Option<Groups>,
    },
}

/// `roster groups`
#[derive(Debug, Clone, Subcommand)]
pub enum Groups {
    /// Make a group
    Add {
        /// Its name
        name: String,
    },
    /// Give a group another name
    Rename {
        /// Present name
        from: String,
        /// New name
        to: String,
    },
    /// Remove a group; its people stay on the list
    Remove {
        /// Its name
        name: String,
    },
}

/// `access`
#[derive(Debug, Clone, Subcommand)]
pub enum Access {
    /// Show all decisions
    List,
    /// Let a person see you and write to you
    Allow {
        /// Whom
        who: String,
    },
    /// Be offline for a person and refuse messages
    Block {
        /// Whom
        who: String,
    },
}

/// `config`
#[derive(Debug, Clone, Subcommand)]
pub enum Config {
    /// Write an example file to start from
    Init {
        /// To standard output instead of the file
        #[arg(long)]
        print: bool,
    },
    /// Look for mistakes
    Check,
    /// Say which file is read
    Path,
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|error| error.to_string())
}

fn server(text: &str) -> Result<String, String> {
    match parse_server(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("it needs the form HOST or HOST:PORT, such as sip.example.test:5061".to_owned()),
    }
}

/// A state to wait for.
fn condition(text: &str) -> Result<Condition, String> {
    Condition::from_word(text)
        .ok_or_else(|| "it is one of online, free, busy, away, brb, phone, lunch, idle, offline, unknown".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let units = [('s', 1.0), ('m', 60.0), ('h', 3600.0)];
    let with_unit = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(*unit)?, *factor)));
    let (number, factor) = with_unit.unwrap_or((text, 1.0));
    let seconds = number.parse::<f64>().map(|n| n * factor).ok().filter(|s| (0.0..=31_536_000.0).contains(s));
    seconds
        .and_then(|s| Duration::try_from_secs_f64(s).ok())
        .ok_or_else(|| "it needs seconds, or a number with s, m or h, such as 30 or 5m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_the_subcommand() {
        for line in ["chinwag --json --server h:1 send bob hi", "chinwag send bob hi --json --server h:1"] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert!(args.global.json);
            assert_eq!(args.global.server.as_deref(), Some("h:1"));
            assert!(matches!(args.command, Some(Task::Send(send)) if send.to == "bob" && send.text == ["hi"]));
        }
    }

    #[test]
    fn durations() {
        for (text, millis) in
            [("1", Some(1000)), ("0.5", Some(500)), ("2m", Some(120_000)), ("x", None), ("-1", None), ("", None)]
        {
            assert_eq!(duration(text).ok().map(|d| d.as_millis()), millis, "{text}");
        }
    }
}
