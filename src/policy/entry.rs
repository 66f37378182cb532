//! One setting as a source has it, and where that is.

use std::fmt;
use std::path::PathBuf;

use super::value::Value;

/// Whether users may change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It holds unless the user sets something else.
    Recommended,
    /// It holds.
    Managed,
}

impl Level {
    /// The word in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::Managed => "managed",
        }
    }
}

/// For whom it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// By the user, who named a file in the configuration: below what anybody else decides.
    Own,
    /// By the server, for who signs in there.
    Server,
    /// For this user.
    User,
    /// For the whole machine.
    Machine,
}

impl Scope {
    /// The word in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Server => "server",
            Self::User => "user",
            Self::Machine => "machine",
        }
    }
}

/// How much a setting counts: a higher rank wins. The user's own settings stand between the recommended and
/// the managed ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// What counts first.
    pub level: Level,
    /// What counts next.
    pub scope: Scope,
}

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In a file.
    File {
        /// Which.
        path: PathBuf,
        /// Line, from 1; 0 where a file has none.
        line: usize,
    },
    /// In a file that is a list of instructions.
    Instruction {
        /// Which.
        path: PathBuf,
        /// The how many-th, from 1.
        number: usize,
    },
    /// In the registry of this machine.
    Registry {
        /// The key with its hive: `HKLM\Software\…`.
        key: String,
        /// The name of the value.
        value: String,
    },
    /// It came from the server of an account at sign-in.
    Server {
        /// The account.
        account: String,
    },
    /// A source that may have set it cannot be read.
    Unreadable(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Instruction { path, number } => write!(f, "{}#{number}", path.display()),
            Self::Registry { key, value } => write!(f, "{key}\\{value}"),
            Self::Server { account } => write!(f, "the server of {account}"),
            Self::Unreadable(path) => write!(f, "{} cannot be read", path.display()),
        }
    }
}

/// What a source says of a value, before it is known whether that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// This.
    Value(Value),
    /// Something no policy takes: a table, a date, binary data.
    Other(&'static str),
}

/// A name as a source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// Ours.
    Own(String),
    /// That of Windows Messenger, with the service it is for, if it is for one only.
    Legacy {
        /// Of the value.
        value: String,
        /// The service's key, as it is written.
        service: Option<String>,
    },
    /// That of a server.
    Server(String),
}

/// One setting of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it sets.
    pub name: Name,
    /// To what.
    pub typed: Typed,
    /// Whether numbers and single texts may stand for other types, as in a registry.
    pub loose: bool,
    /// How much it counts.
    pub rank: Rank,
    /// Where it stands.
    pub origin: Origin,
}

/// Something wrong with a source, apart from single values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The source, and the place in it.
    pub origin: Origin,
    /// What is wrong: a plain sentence without its full stop.
    pub what: String,
    /// How much the source would have counted.
    pub rank: Rank,
    /// Nothing of the source could be used, so that nobody knows what it says.
    pub whole: bool,
}

/// What was read of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// In its order.
    pub entries: Vec<Entry>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Read {
    /// A source of which nothing can be used.
    #[must_use]
    pub fn unreadable(path: impl Into<PathBuf>, rank: Rank, what: impl Into<String>) -> Self {
        let origin = Origin::File { path: path.into(), line: 0 };
        Self { entries: Vec::new(), faults: vec![Fault { origin, what: what.into(), rank, whole: true }] }
    }

    /// Puts another source behind this one: where both count the same, it wins.
    pub fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.faults.append(&mut other.faults);
    }
}
