//! Every key the configuration file may hold: name, kind, default, documentation.

mod section;

use super::raw::Value;
use crate::model::Strangers;

pub use section::Section;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A person's address.
    Address,
    /// `host` or `host:port`.
    HostPort,
    /// Path of a file; `~/` is the home folder.
    Path,
    /// One or several hashes of a server's key.
    Pins,
    /// Address of a list: `sip:` or `sips:`.
    SipUri,
    /// Root of an XCAP server: `http:` or `https:`.
    HttpUri,
    /// A program and its arguments.
    Words,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One or several of these words, or none of them.
    Choices(&'static [&'static str]),
    /// One or several texts.
    Texts,
    /// One or several spans of the day.
    Hours,
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Count {
        /// Least.
        min: u64,
        /// Greatest.
        max: u64,
    },
    /// Whole days, `"forever"` or `"off"`.
    Days {
        /// Most.
        max: u64,
    },
    /// Seconds, or text such as `"5m"`, within these bounds in seconds.
    Seconds {
        /// Least.
        min: u64,
        /// Greatest.
        max: u64,
    },
}

impl Kind {
    /// What is expected, for messages: completes "expected …".
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Text => "text in quotes".to_owned(),
            Self::Address => "an address such as \"sip:alice@example.test\"".to_owned(),
            Self::HostPort => "a host name or address, with or without port, such as \"sip.example.test:5061\"".to_owned(),
            Self::Path => "the path of a file, in quotes".to_owned(),
            Self::Pins => {
                "the SHA-256 of the server's key such as \"sha256:64 hexadecimal digits\", or a list of these".to_owned()
            }
            Self::SipUri => "an address that begins with sip: or sips:".to_owned(),
            Self::HttpUri => "an address that begins with http:// or https://".to_owned(),
            Self::Words => "a program and its arguments, such as [\"pass\", \"show\", \"sip\"]".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Choices(words) => format!("one of {}, or a list of these", words.join(", ")),
            Self::Texts => "a text in quotes, or a list of these, such as [\"deploy\", \"db3\"]".to_owned(),
            Self::Hours => "hours such as \"22:00-07:00\" or \"mon-fri 22:00-07:00\", or a list of these".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Count { min, max } => format!("a whole number from {min} to {max}"),
            Self::Days { max } => format!("a whole number of days from 1 to {max}, \"forever\" or \"off\""),
            Self::Seconds { min, max } => format!("seconds from {min} to {max}, or text such as \"90s\", \"5m\", \"1h\""),
        }
    }

    /// The same for who types the value on the screen, where nothing stands in quotes or brackets.
    #[must_use]
    pub fn typed(self) -> String {
        match self {
            Self::Text | Self::Texts => "a text".to_owned(),
            Self::Path => "the path of a file".to_owned(),
            Self::Pins => "the SHA-256 of the server's key, such as sha256:64 hexadecimal digits, or several".to_owned(),
            Self::Words => "a program and its arguments, such as pass show sip".to_owned(),
            Self::Choices(words) => format!("one of {}", words.join(", ")),
            Self::Hours => "hours such as 22:00-07:00 or mon-fri 22:00-07:00".to_owned(),
            _ => self.expected().replace('"', ""),
        }
    }
}

/// Value of a key that the file does not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Not set; the example shows this instead (TOML).
    Unset(&'static str),
    /// Text.
    Text(&'static str),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
}

impl Preset {
    /// As TOML, for the example file.
    #[must_use]
    pub fn toml(self) -> String {
        match self {
            Self::Unset(sample) => sample.to_owned(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }

    /// As a value; `None` where nothing is set.
    #[must_use]
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Unset(_) => None,
            Self::Text(text) => Some(Value::Text(text.to_owned())),
            Self::Number(number) => Some(Value::Number(number)),
            Self::Flag(flag) => Some(Value::Flag(flag)),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownKey {
    /// Its table.
    pub section: Section,
    /// Its name within the table; with a dot where it is in a table of its own.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds when it is absent.
    pub preset: Preset,
    /// What it does, in plain words.
    pub doc: &'static str,
}

/// The key `name` of `section`.
#[must_use]
pub fn known(section: Section, name: &str) -> Option<&'static KnownKey> {
    KNOWN.iter().find(|key| key.section == section && key.name == name)
}

/// Names of all keys of `section`.
pub fn names(section: Section) -> impl Iterator<Item = &'static str> {
    KNOWN.iter().filter(move |key| key.section == section).map(|key| key.name)
}

/// Where keys can be bound: the tables below `[keys]`.
pub const KEY_CONTEXTS: &[&str] =
    &["everywhere", "roster", "messages", "composer", "normal", "board", "overlay", "status", "question", "requests"];

const fn account(name: &'static str, kind: Kind, preset: Preset, doc: &'static str) -> KnownKey {
    KnownKey { section: Section::Account, name, kind, preset, doc }
}

const fn ui(name: &'static str, kind: Kind, preset: Preset, doc: &'static str) -> KnownKey {
    KnownKey { section: Section::Ui, name, kind, preset, doc }
}

const fn notify(name: &'static str, kind: Kind, preset: Preset, doc: &'static str) -> KnownKey {
    KnownKey { section: Section::Notify, name, kind, preset, doc }
}

/// A time in seconds.
const fn timing(name: &'static str, (min, max): (u64, u64), preset: u64, doc: &'static str) -> KnownKey {
    KnownKey { section: Section::Timing, name, kind: Kind::Seconds { min, max }, preset: Preset::Number(preset), doc }
}

/// The table.
pub const KNOWN: &[KnownKey] = &[
    account(
        "uri",
        Kind::Address,
        Preset::Unset("\"sip:alice@example.test\""),
        "Your address. Needed; everything else can be left out.",
    ),
    account("display_name", Kind::Text, Preset::Text(""), "The name others see."),
    account(
        "user",
        Kind::Text,
        Preset::Unset("\"alice\""),
        "Name to authenticate with, when it is not the part of uri before the @.",
    ),
    account(
        "password.command",
        Kind::Words,
        Preset::Unset("[\"pass\", \"show\", \"sip/alice\"]"),
        "The password is the first line this program prints. Without any password key you are asked for it.",
    ),
    account(
        "password.file",
        Kind::Path,
        Preset::Unset("\"~/.config/chinwag/password\""),
        "Or: the password is the first line of this file, which only you may be able to read.",
    ),
    account(
        "password.env",
        Kind::Text,
        Preset::Unset("\"CHINWAG_PASSWORD\""),
        "Or: the password is in this environment variable.",
    ),
    account("password.keyring", Kind::Flag, Preset::Flag(false), "Or: it is in your desktop's keyring: `chinwag password set`."),
    account(
        "server",
        Kind::HostPort,
        Preset::Text("auto"),
        "\"auto\" finds the server by DNS; or name it: \"host\" or \"host:port\".",
    ),
    account(
        "automatic",
        Kind::Flag,
        Preset::Flag(false),
        "Find the server by DNS even where server names one. --server on the command line still wins.",
    ),
    account(
        "strict_server_names",
        Kind::Flag,
        Preset::Flag(false),
        "Of servers found by DNS take only those called as your domain, or sip. and your domain.",
    ),
    account(
        "transport",
        Kind::Choice(&["auto", "tls", "tcp", "udp"]),
        Preset::Text("auto"),
        "How to connect. \"auto\" is TLS, and TCP in clear only where that is allowed. \"udp\" is for SIMPLE servers.",
    ),
    account(
        "allow_clear_text",
        Kind::Flag,
        Preset::Flag(false),
        "With transport \"auto\": connect by TCP in clear where the server offers no TLS. Everybody on the way can read along then.",
    ),
    account(
        "ca_file",
        Kind::Path,
        Preset::Unset("\"/etc/ssl/our-root.pem\""),
        "Additional root certificates (PEM) to trust for this account.",
    ),
    account(
        "pin",
        Kind::Pins,
        Preset::Unset("\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""),
        "The server must have this key, or one of a list of keys; who signed its certificate and whom it names does not \
         matter then. `chinwag doctor` shows the key.",
    ),
    account(
        "client_cert",
        Kind::Path,
        Preset::Unset("\"~/.config/chinwag/alice.pem\""),
        "Your own certificate (PEM), for servers that ask for one; client_key is its private key.",
    ),
    account(
        "client_key",
        Kind::Path,
        Preset::Unset("\"~/.config/chinwag/alice.key\""),
        "The private key of client_cert (PEM, without a passphrase), which only you should be able to read.",
    ),
    account("dns", Kind::HostPort, Preset::Unset("\"192.0.2.53:53\""), "Ask this name server instead of the system's."),
    account(
        "dialect",
        Kind::Choice(&["auto", "lcs", "simple"]),
        Preset::Text("auto"),
        "Kind of server: \"auto\" finds out, \"lcs\" is Live Communications Server, \"simple\" the IETF standards.",
    ),
    account(
        "auth",
        Kind::Choice(&["auto", "kerberos", "ntlm", "digest"]),
        Preset::Text("auto"),
        "How to authenticate: \"auto\" takes Kerberos where the server offers it and there is a ticket, else NTLM, else Digest; \
         the others allow one way only. With \"kerberos\" no password is used.",
    ),
    account(
        "list_uri",
        Kind::SipUri,
        Preset::Unset("\"sip:alice-list@example.test\""),
        "Your contact list kept on a list server (RFC 4662).",
    ),
    account(
        "adhoc_list_uri",
        Kind::SipUri,
        Preset::Unset("\"sip:rls@example.test\""),
        "A list server that takes the list with each request (RFC 5367).",
    ),
    account(
        "xcap_root",
        Kind::HttpUri,
        Preset::Unset("\"https://xcap.example.test/xcap-root\""),
        "Root of the XCAP server that keeps contact list and permissions (RFC 4825).",
    ),
    account(
        "registration_expires",
        Kind::Seconds { min: 60, max: 86_400 },
        Preset::Number(600),
        "How long the server is asked to remember this sign-in, in seconds.",
    ),
    account(
        "presence_expires",
        Kind::Seconds { min: 60, max: 86_400 },
        Preset::Number(3600),
        "How long presence and subscriptions are asked to last, in seconds.",
    ),
    account(
        "subscribe_rate",
        Kind::Count { min: 1, max: 1000 },
        Preset::Number(20),
        "Single subscriptions started each second, where the server cannot take a list.",
    ),
    account(
        "return_after",
        Kind::Seconds { min: 0, max: 86_400 },
        Preset::Number(300),
        "Signed in at a spare server because the preferred one was down: look after this long, in seconds, whether it \
         is back, and go back without signing out; 0 = never.",
    ),
    account("refuse_md5", Kind::Flag, Preset::Flag(false), "Do not answer Digest challenges weaker than SHA-256."),
    account("auto_sign_in", Kind::Flag, Preset::Flag(true), "Sign in when the program starts."),
    ui(
        "keys",
        Kind::Choice(&["plain", "vim", "emacs"]),
        Preset::Text("plain"),
        "Which keys: \"plain\" ones, those of \"emacs\" and readline, or those of \"vim\" with its modes. `chinwag keys` lists them.",
    ),
    ui("mouse", Kind::Flag, Preset::Flag(true), "Take clicks and the wheel. Off leaves the mouse to the terminal."),
    ui("color", Kind::Choice(&["auto", "always", "never"]), Preset::Text("auto"), "Colours; \"auto\" respects NO_COLOR."),
    ui(
        "mode",
        Kind::Choice(&["full", "plain"]),
        Preset::Text("full"),
        "\"plain\" writes line below line, for screen readers and terminals that can do no more; so does --plain.",
    ),
    ui(
        "theme",
        Kind::Text,
        Preset::Text("terminal"),
        "terminal, dark, light, contrast, ansi16, mono, or a file of yours: themes/NAME.toml beside this one.",
    ),
    ui(
        "marks",
        Kind::Choice(&["auto", "unicode", "console", "ascii"]),
        Preset::Text("auto"),
        "Symbols and lines: what the terminal is known to have, or these.",
    ),
    ui("plain_marks", Kind::Flag, Preset::Flag(false), "Letters instead of symbols as presence marks, as marks = \"ascii\"."),
    ui(
        "ambiguous",
        Kind::Choice(&["narrow", "wide"]),
        Preset::Text("narrow"),
        "How many cells your terminal gives to letters of ambiguous width: one, or, as some in East Asia, two.",
    ),
    ui(
        "hyperlinks",
        Kind::Choice(&["auto", "on", "off"]),
        Preset::Text("auto"),
        "Tell the terminal where links lead, so that it can open them; chinwag asks nothing then.",
    ),
    ui(
        "ask_links",
        Kind::Choice(&["always", "odd"]),
        Preset::Text("always"),
        "Ask before a link is opened: \"always\", or only where something is odd about it or about who sent it.",
    ),
    ui(
        "pictures",
        Kind::Choice(&["auto", "kitty", "iterm", "sixel", "blocks", "off"]),
        Preset::Text("auto"),
        "How /view shows pictures: \"auto\" is what the terminal is known to have; or \"kitty\", \"iterm\", \"sixel\", half \"blocks\", \
         \"off\". Nothing is decoded before you ask for it. Within tmux, screen and Zellij only half blocks, or none.",
    ),
    ui(
        "paste_lines",
        Kind::Count { min: 1, max: 1000 },
        Preset::Number(5),
        "A paste of more lines than these is asked about before it goes anywhere.",
    ),
    ui("bell", Kind::Flag, Preset::Flag(true), "Ring, where `[notify]` wants a bell at all."),
    ui(
        "hide_offline",
        Kind::Flag,
        Preset::Flag(false),
        "List only people who are online at first; `o` in the contact list shows all.",
    ),
    ui(
        "accounts",
        Kind::Choice(&["together", "apart"]),
        Preset::Text("together"),
        "People of several accounts in the same groups, each with the short name of the account, or each account by itself \
         below a heading with its own status. /accounts changes between the two, Alt-C lists only one account.",
    ),
    notify(
        "via",
        Kind::Choices(&["auto", "osc99", "osc777", "osc9", "bell", "desktop", "command"]),
        Preset::Text("auto"),
        "How you are told of what you do not see. \"auto\": the desktop, or over SSH what your terminal knows; else the bell. \
         `chinwag notify test` tries it. [] is never.",
    ),
    notify(
        "command",
        Kind::Words,
        Preset::Unset("[\"notify-send\", \"chinwag\", \"something is new\"]"),
        "With \"command\" in via: run this program without a shell, the notice as JSON on its standard input.",
    ),
    notify(
        "show",
        Kind::Choice(&["auto", "full", "sender", "count"]),
        Preset::Text("auto"),
        "What is said: the text too, who it is from, or only how many. \"auto\" is \"full\" at your desk and \"sender\" over SSH; \
         take \"count\" where others see your screen.",
    ),
    notify(
        "words",
        Kind::Texts,
        Preset::Unset("[\"deploy\", \"db3\"]"),
        "Words that count as if you were named. Whole words, whatever their case and accents.",
    ),
    notify(
        "quiet",
        Kind::Hours,
        Preset::Unset("[\"22:00-07:00\", \"sat,sun\"]"),
        "Nothing is heard in these hours of your local time; a day is the one on which they begin.",
    ),
    notify(
        "when_busy",
        Kind::Choice(&["silent", "all"]),
        Preset::Text("silent"),
        "While you are busy or on the phone: nothing is heard, or all as usual.",
    ),
    notify("title", Kind::Flag, Preset::Flag(true), "Show in the title of the terminal how much is unread."),
    KnownKey {
        section: Section::Idle,
        name: "idle_after",
        kind: Kind::Seconds { min: 0, max: 86_400 },
        preset: Preset::Number(300),
        doc: "Show Idle after this long without a key, in seconds; 0 = never.",
    },
    KnownKey {
        section: Section::Idle,
        name: "away_after",
        kind: Kind::Seconds { min: 0, max: 86_400 },
        preset: Preset::Number(900),
        doc: "Show Away after this long without a key, in seconds; 0 = never.",
    },
    KnownKey {
        section: Section::Idle,
        name: "lock_after",
        kind: Kind::Seconds { min: 0, max: 86_400 },
        preset: Preset::Number(0),
        doc: "Lock the screen after this long without a key, in seconds; 0 = never. It needs a passphrase that opens what is kept ([store]).",
    },
    KnownKey {
        section: Section::Idle,
        name: "multiplexer",
        kind: Kind::Flag,
        preset: Preset::Flag(true),
        doc: "Show Away while the tmux or screen session that chinwag runs in is detached.",
    },
    timing(
        "ping_interval",
        (5, 3600),
        60,
        "Seconds between two keep-alive pings. A server's wish for more of them counts; where it names its own time-out, that.",
    ),
    timing(
        "datagram_ping_interval",
        (5, 3600),
        29,
        "The same over UDP, where a NAT forgets soon: STUN, or OPTIONS where the server answers no STUN. Each comes up to 17 % sooner.",
    ),
    timing(
        "attended_ping_interval",
        (2, 600),
        5,
        "While you are at the keyboard: ping after so many seconds without a word from the server.",
    ),
    timing(
        "pong_wait",
        (1, 120),
        10,
        "Longest wait for the answer to a ping before the connection counts as lost, in seconds; of servers that answer pings.",
    ),
    timing("attended_pong_wait", (1, 120), 9, "The same while you are at the keyboard, in seconds."),
    timing(
        "attended_for",
        (5, 3600),
        30,
        "So many seconds after a key, or after a line for `say`, you count as at the keyboard.",
    ),
    timing(
        "request_wait",
        (5, 600),
        32,
        "Ask whether the server lives when it has been silent for so many seconds after a request.",
    ),
    timing("attended_request_wait", (2, 600), 10, "The same while you are at the keyboard, in seconds."),
    timing(
        "probe_wait",
        (1, 120),
        5,
        "Longest wait for a sign of life after the machine slept or the network changed, in seconds.",
    ),
    timing(
        "tcp_user_timeout",
        (3, 3600),
        8,
        "Seconds until the system gives up a connection on which nobody confirms what was sent (Linux and Android).",
    ),
    KnownKey {
        section: Section::Timing,
        name: "watch_network",
        kind: Kind::Flag,
        preset: Preset::Flag(true),
        doc: "Notice changes of the network and sleep of the machine, and look at the connection then.",
    },
    timing(
        "look_interval",
        (1, 3600),
        60,
        "Seconds between two looks at clock and addresses for that. Linux tells of changes at once; other systems are looked at every 10 seconds at least.",
    ),
    timing("dns_answer_wait", (1, 120), 7, "Longest wait for the answer to one question about a name, in seconds."),
    timing("dns_wait", (1, 300), 12, "Longest wait for all names on the way to one connection, in seconds."),
    timing("connect_wait", (1, 300), 8, "Longest wait for one address to accept a connection, in seconds."),
    timing("handshake_wait", (1, 300), 10, "Longest wait for the TLS handshake, in seconds."),
    timing("open_wait", (5, 3600), 60, "Longest time for opening a connection, whatever the number of servers, in seconds."),
    KnownKey {
        section: Section::Messages,
        name: "offline",
        kind: Kind::Choice(&["queue", "draft"]),
        preset: Preset::Text("queue"),
        doc: "What becomes of a message written while there is no connection: \"queue\" sends it on return, \"draft\" leaves it where it was written.",
    },
    KnownKey {
        section: Section::Messages,
        name: "queue_for",
        kind: Kind::Seconds { min: 0, max: 30 * 86_400 },
        preset: Preset::Number(86_400),
        doc: "A queued message that is older than this at the next start is not sent but shown as failed, in seconds.",
    },
    KnownKey {
        section: Section::Messages,
        name: "strangers",
        kind: Kind::Choice(&Strangers::WORDS),
        preset: Preset::Text("quarantine"),
        doc: "What becomes of a message of somebody who is not on your list and to whom you never wrote: \"quarantine\" holds it as a request, without a sound, until you have answered; \"allow\" shows it among the others, without a sound until you say /notify all there; \"block\" throws it away.",
    },
    KnownKey {
        section: Section::History,
        name: "keep",
        kind: Kind::Days { max: 36_500 },
        preset: Preset::Text("forever"),
        doc: "How long everything that is said is kept, encrypted, on this machine: \"forever\", days such as 90, or \"off\". What is older is deleted; with \"off\" only what waits to be sent or read is kept, and what was kept before is deleted.",
    },
    KnownKey {
        section: Section::Store,
        name: "key",
        kind: Kind::Choice(&["file", "keyring"]),
        preset: Preset::Text("file"),
        doc: "Where the key of what is kept lies where no passphrase is given: \"file\" is store.key in the data folder, as it is; with \"keyring\" that file is sealed with a passphrase of 256 random bits, which lies in the keyring of your desktop (Secret Service). Without that keyring nothing can be opened then.",
    },
    KnownKey {
        section: Section::Store,
        name: "unlock_command",
        kind: Kind::Words,
        preset: Preset::Unset("[\"pass\", \"show\", \"chinwag\"]"),
        doc: "The passphrase that unlocks what is kept is the first line this program prints; else the environment variable CHINWAG_PASSPHRASE holds it. Without either the key lies where `key` says; in a file as it is, whoever can read your files can read your messages.",
    },
    KnownKey {
        section: Section::Files,
        name: "folder",
        kind: Kind::Path,
        preset: Preset::Unset("\"~/Downloads\""),
        doc: "Files that others send you end here, once they were looked into; else in the folder the system has for downloads.",
    },
    KnownKey {
        section: Section::Files,
        name: "clamd",
        kind: Kind::Path,
        preset: Preset::Unset("\"/run/clamav/clamd.ctl\""),
        doc: "The socket of a ClamAV daemon, which looks for viruses in files before you can open them. What it cannot look at, you are asked about.",
    },
    KnownKey {
        section: Section::Files,
        name: "scan_command",
        kind: Kind::Words,
        preset: Preset::Unset("[\"clamscan\", \"--no-summary\"]"),
        doc: "A program that looks for viruses, where no daemon does: it gets the path of the file as its last argument, and ends with 0 if there is nothing, with 1 if there is something.",
    },
    KnownKey {
        section: Section::Control,
        name: "socket",
        kind: Kind::Flag,
        preset: Preset::Flag(true),
        doc: "Let `chinwag send` and other commands of yours use the connection of the chinwag on the screen, by a socket that only you can open.",
    },
    KnownKey {
        section: Section::Log,
        name: "level",
        kind: Kind::Choice(&["off", "error", "warn", "info", "debug", "trace"]),
        preset: Preset::Text("warn"),
        doc: "How much is written to the log file.",
    },
    KnownKey {
        section: Section::Log,
        name: "keep",
        kind: Kind::Count { min: 1, max: 365 },
        preset: Preset::Number(7),
        doc: "Daily log files kept.",
    },
    KnownKey {
        section: Section::Log,
        name: "wire",
        kind: Kind::Flag,
        preset: Preset::Flag(false),
        doc: "Write a trace of the protocol too, without passwords and message texts.",
    },
    KnownKey {
        section: Section::Policy,
        name: "files",
        kind: Kind::Texts,
        preset: Preset::Unset("[\"/etc/company/Registry.pol\"]"),
        doc: "Files of policies to obey besides those of this machine: .toml, .json, .reg, or a Registry.pol of a domain. They count less than what an administrator set.",
    },
];
